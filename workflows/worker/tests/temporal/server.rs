//! The development server that the tests of one process share.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tempfile::TempDir;
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions, Url};
use tokio::runtime::Runtime;
use worker::{
    SEARCH_ATTRIBUTES,
    devserver::{DevServer, Options, default_cache, locate},
};

/// A server with a runtime of its own, so that it outlives the test that has started it.
pub struct Server {
    dev: Option<DevServer>,
    runtime: Option<Runtime>,
    _dir: TempDir,
}

static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());

/// The shared server; it ends with the last test that holds it.
pub fn shared() -> Arc<Server> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return server;
    }
    let server = Arc::new(own(&[]));
    *shared = Arc::downgrade(&server);
    server
}

/// A server for one test, with dynamic configuration.
pub fn own(dynamic: &[(&str, &str)]) -> Server {
    let dir = TempDir::new().unwrap();
    let mut options = options(&dir, 0);
    options.dynamic_config.extend(dynamic.iter().map(|(k, v)| ((*k).into(), (*v).into())));
    start(dir, options)
}

/// A server on a port that was used before, with nothing of what was there.
pub fn again(port: u16) -> Server {
    let dir = TempDir::new().unwrap();
    let options = options(&dir, port);
    start(dir, options)
}

fn options(dir: &TempDir, port: u16) -> Options {
    let binary = locate(&default_cache().unwrap(), |_| {}).unwrap();
    let mut options =
        Options::new(binary, dir.path().join("temporal.db"), dir.path().join("temporal.log"));
    options.port = port;
    options.search_attributes =
        SEARCH_ATTRIBUTES.map(|(name, kind)| (name.into(), kind.into())).to_vec();
    let skipping = ("frontend.WorkflowTimeSkippingEnabled".into(), "true".into());
    options.dynamic_config = BTreeMap::from([skipping]).into_iter().collect();
    options
}

fn start(dir: TempDir, options: Options) -> Server {
    let begin = move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let dev = runtime.block_on(DevServer::start(options)).unwrap();
        (runtime, dev)
    };
    // Blocking inside a runtime is not allowed, on a thread of its own it is.
    let (runtime, dev) = std::thread::spawn(begin).join().unwrap();
    Server { dev: Some(dev), runtime: Some(runtime), _dir: dir }
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.dev.as_ref().unwrap().address()
    }

    /// Where its metrics are.
    pub fn metrics(&self) -> SocketAddr {
        self.dev.as_ref().unwrap().metrics_address()
    }

    /// A client.
    pub async fn client(&self) -> Client {
        connect(self.address()).await
    }
}

/// A client of a server.
pub async fn connect(address: SocketAddr) -> Client {
    let url: Url = format!("http://{address}").parse().unwrap();
    let connection = Connection::connect(ConnectionOptions::new(url).build()).await.unwrap();
    Client::new(connection, ClientOptions::new("default").build()).unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.dev.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
