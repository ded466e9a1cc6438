//! Outside systems as a real HTTP server: each path is one, with what it does next.
//!
//! What it takes it takes once for each key, as the key asks for, and says so with the same receipt
//! again; a request whose signature does not hold, or that is another one under a known key, fails
//! the test when it looks.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use connector::signature;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use kit::{clock::Clock, identity::Credential};
use serde_json::Value;
use tokio::net::TcpListener;

/// What it does with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Takes it.
    Take,
    /// Does not take it, with this status.
    Say(u16),
    /// Says nothing for longer than anybody waits.
    Stall,
    /// Takes it and breaks off before it has answered.
    Reset,
    /// Takes it and says nothing.
    Keep,
}

/// One outside system.
#[derive(Default)]
struct System {
    /// What it does next; the last one for ever.
    acts: VecDeque<Act>,
    /// Every request that came, by its key.
    came: Vec<String>,
    /// What was taken, by its key.
    taken: BTreeMap<String, Value>,
    /// In the order in which it was taken.
    order: Vec<String>,
    bodies: BTreeMap<String, Bytes>,
    /// What stands in a body that it refuses.
    refuses: Option<String>,
    faults: Vec<String>,
}

/// All of them.
#[derive(Clone, Default)]
pub struct Outside {
    systems: Arc<Mutex<BTreeMap<String, System>>>,
    signer: Arc<Mutex<Option<Credential>>>,
    /// What it answers to whoever asks what became of something; 404 while it says nothing.
    report: Arc<Mutex<Option<String>>>,
}

impl Outside {
    /// Opens it; says where it listens.
    pub async fn open() -> (Outside, SocketAddr) {
        Outside::default().listen(0).await
    }

    /// The same on a port where nobody was before and which others try already, so that it is known
    /// before who signs.
    pub async fn open_at(port: u16, signer: Credential) -> Outside {
        let outside = Outside::default();
        outside.trust(signer);
        outside.listen(port).await.0
    }

    async fn listen(self, port: u16) -> (Outside, SocketAddr) {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let (outside, address) = (self, listener.local_addr().unwrap());
        let serving = outside.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let one = serving.clone();
                let service = service_fn(move |request| one.clone().answer(request));
                let io = TokioIo::new(stream);
                tokio::spawn(http1::Builder::new().serve_connection(io, service));
            }
        });
        (outside, address)
    }

    /// From now on requests must be signed by this one.
    pub fn trust(&self, signer: Credential) {
        *self.signer.lock().unwrap() = Some(signer);
    }

    /// What a system does from now on; the last one for ever.
    pub fn does(&self, system: &str, acts: &[Act]) {
        self.with(system, |system| system.acts = acts.iter().copied().collect());
    }

    /// From now on it refuses whatever has these words in it, and nothing else for that reason.
    pub fn refuses(&self, system: &str, words: Option<&str>) {
        self.with(system, |system| system.refuses = words.map(str::to_owned));
    }

    /// From now on it says this to whoever asks what became of something.
    pub fn reports(&self, report: &str) {
        *self.report.lock().unwrap() = Some(report.to_owned());
    }

    /// The keys of all requests that came.
    pub fn came(&self, system: &str) -> Vec<String> {
        self.with(system, |system| system.came.clone())
    }

    /// The causes of what was taken, in order: `listed/1`.
    pub fn taken(&self, system: &str) -> Vec<String> {
        let fault = self.with(system, |system| system.faults.first().cloned());
        assert_eq!(fault, None, "{system}");
        let order = self.with(system, |system| system.order.clone());
        order.iter().map(|key| key.splitn(4, '/').nth(3).unwrap().to_owned()).collect()
    }

    /// What was taken, in order.
    pub fn events(&self, system: &str) -> Vec<Value> {
        let fault = self.with(system, |system| system.faults.first().cloned());
        assert_eq!(fault, None, "{system}");
        self.with(system, |system| {
            system.order.iter().map(|key| system.taken[key].clone()).collect()
        })
    }

    /// What was said under the cause.
    pub fn data(&self, system: &str, cause: &str) -> Value {
        let found = self.with(system, |system| {
            system.taken.iter().find(|(key, _)| key.ends_with(cause)).map(|(_, one)| one.clone())
        });
        found.unwrap()["data"].clone()
    }

    fn with<T>(&self, system: &str, see: impl FnOnce(&mut System) -> T) -> T {
        see(self.systems.lock().unwrap().entry(system.to_owned()).or_default())
    }

    async fn answer(self, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let path = head.uri.path_and_query().unwrap().as_str().to_owned();
        let system = head.uri.path().trim_start_matches('/').to_owned();
        let header = |name: &str| Some(head.headers.get(name)?.to_str().ok()?.to_owned());
        let signer = self.signer.lock().unwrap().clone();
        let now = Clock::system().now();
        let request = (head.method.as_str(), path.as_str(), &body[..]);
        let key = match signer.map(|signer| signature::verify(&signer, request, header, now)) {
            Some(Ok(key)) => key,
            wrong => {
                self.with(&system, |system| system.faults.push(format!("{wrong:?}")));
                return Ok(response(401, "nobody knows you"));
            }
        };
        if head.method == "GET" {
            let report = self.report.lock().unwrap().clone();
            return Ok(report.map_or_else(|| response(404, ""), |report| response(200, &report)));
        }
        match self.with(&system, |system| system.meet(&key, &body)) {
            Act::Take => Ok(response(200, &format!("{{\"receipt\":\"receipt of {key}\"}}"))),
            Act::Say(status) => Ok(response(status, "not this one")),
            Act::Stall | Act::Keep => {
                tokio::time::sleep(Duration::from_secs(600)).await;
                Ok(response(200, "too late"))
            }
            Act::Reset => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }
}

impl System {
    fn meet(&mut self, key: &str, body: &Bytes) -> Act {
        self.came.push(key.to_owned());
        if self.bodies.entry(key.to_owned()).or_insert_with(|| body.clone()) != body {
            self.faults.push(format!("{key} came with another body"));
        }
        let is_refused =
            |words: &String| body.windows(words.len()).any(|part| part == words.as_bytes());
        if self.refuses.as_ref().is_some_and(is_refused) {
            return Act::Say(422);
        }
        let act = match self.acts.len() {
            0 => Act::Take,
            1 => self.acts[0],
            _ => self.acts.pop_front().unwrap_or(Act::Take),
        };
        if matches!(act, Act::Take | Act::Reset | Act::Keep) && !self.taken.contains_key(key) {
            self.taken.insert(key.to_owned(), serde_json::from_slice(body).unwrap());
            self.order.push(key.to_owned());
        }
        act
    }
}

fn response(status: u16, body: &str) -> Response<Full<Bytes>> {
    let body = Full::new(Bytes::from(body.to_owned()));
    Response::builder().status(status).body(body).unwrap()
}
