//! The SDK's worker on a thread of its own, until it is killed with whatever it has in its hands.

use std::{net::SocketAddr, thread::JoinHandle};

use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio_util::sync::CancellationToken;

use super::server;

/// Runs flows with these options, which are made on the thread; the token kills it.
pub fn run(
    address: SocketAddr,
    options: impl FnOnce() -> WorkerOptions + Send + 'static,
) -> (CancellationToken, JoinHandle<()>) {
    let kill = CancellationToken::new();
    let killed = kill.clone();
    let work = move || {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio.block_on(async {
            let runtime = Runtime::from_current_tokio(Default::default()).unwrap();
            let client = server::connect(address).await;
            let mut worker = Worker::new(&runtime, client, options()).unwrap();
            tokio::select! {
                ran = worker.run() => ran.unwrap(),
                () = killed.cancelled() => {}
            }
        });
        tokio.shutdown_background();
    };
    (kill, std::thread::spawn(work))
}
