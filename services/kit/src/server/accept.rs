//! From a socket to a verified connection.
//!
//! Handshakes run side by side, each within its time, at most so many at once. A connection that
//! is one too many is closed before it costs a handshake. Who is refused, and why, is in the log:
//! TLS tells a client next to nothing.

use std::{future::pending, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Limits,
    connection::{Connection, Link, guarded},
};
use crate::identity::{Credential, Peer, ServerTls};

/// How long to wait when the system has no socket to give.
const PAUSE: Duration = Duration::from_millis(50);

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the handshake took longer than {0:?}")]
    Slow(Duration),
    #[error("TLS: {0}")]
    Tls(#[from] io::Error),
}

#[derive(Clone)]
pub(super) struct Acceptor {
    tls: ServerTls,
    patience: Duration,
    calls: usize,
    places: Arc<Semaphore>,
    handshakes: usize,
    cut: CancellationToken,
    connected: mpsc::Sender<Connection>,
}

impl Acceptor {
    pub(super) fn new(
        tls: &ServerTls,
        limits: &Limits,
        cut: CancellationToken,
        connected: mpsc::Sender<Connection>,
    ) -> Acceptor {
        Acceptor {
            tls: tls.clone(),
            patience: limits.handshake,
            calls: limits.calls_per_connection,
            places: Arc::new(Semaphore::new(limits.connections)),
            handshakes: limits.handshakes.max(1),
            cut,
            connected,
        }
    }

    /// Accepts until `stop`; then the listener is closed and handshakes that go on are dropped.
    pub(super) async fn run(self, listener: TcpListener, stop: &CancellationToken) {
        let mut handshakes = JoinSet::new();
        loop {
            let full = handshakes.len() >= self.handshakes;
            tokio::select! {
                () = stop.cancelled() => break,
                _ = finished(&mut handshakes) => {}
                accepted = listener.accept(), if !full => match accepted {
                    Ok((socket, address)) => self.begin(&mut handshakes, socket, address),
                    Err(e) => {
                        tracing::warn!("cannot accept: {e}");
                        sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    fn begin(&self, handshakes: &mut JoinSet<()>, socket: TcpStream, address: SocketAddr) {
        match self.places.clone().try_acquire_owned() {
            Ok(place) => {
                let acceptor = self.clone();
                handshakes.spawn(async move { acceptor.let_in(socket, address, place).await });
            }
            Err(_) => tracing::warn!(%address, "refused: too many connections"),
        }
    }

    async fn let_in(self, socket: TcpStream, address: SocketAddr, place: OwnedSemaphorePermit) {
        match self.handshake(socket, address, place).await {
            // Nobody takes it any more: the server is ending.
            Ok(connection) => drop(self.connected.send(connection).await),
            Err(refusal) => tracing::warn!(%address, "refused: {refusal}"),
        }
    }

    async fn handshake(
        &self,
        socket: TcpStream,
        address: SocketAddr,
        place: OwnedSemaphorePermit,
    ) -> Result<Connection, Refusal> {
        socket.set_nodelay(true)?;
        let stream = timeout(self.patience, self.tls.acceptor().accept(socket))
            .await
            .map_err(|_| Refusal::Slow(self.patience))??;
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().unwrap_or_default();
        let peer = Peer::of(chain, self.tls.city());
        if let Err(error) = &peer {
            tracing::warn!(%address, "it may call nothing: {error}");
        }
        let shown = Arc::new(chain.iter().map(|one| one.to_vec()).collect());
        let credential = Credential::read(&shown, self.tls.city()).ok().map(Arc::new);
        let link = Link { peer, credential, address, calls: Arc::new(Semaphore::new(self.calls)) };
        Ok(guarded(stream, link, (&self.tls, self.patience), &self.cut, place))
    }
}

/// Waits for one to finish; for ever when there is none.
async fn finished(handshakes: &mut JoinSet<()>) {
    if handshakes.join_next().await.is_none() {
        pending().await
    }
}
