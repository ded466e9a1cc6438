//! One connection: the verified TLS stream, whose it is, and a way to cut it.
//!
//! It is cut when the server ends, when whoever shook hands would no longer be let in, and when
//! nothing is said after the handshake: until it is known which HTTP is spoken, nobody else watches.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rustls::pki_types::CertificateDer;
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;

use crate::{
    cut::Cut,
    identity::{Credential, Peer, PeerError, ServerTls},
};

/// The first words of HTTP/2; by then it is known which HTTP it is.
const PREFACE_BYTES: usize = 24;

/// What every call of a connection knows about it.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// Who it is; or why a certificate of our authority names nobody who may come in. TLS has no
    /// word for that, so the connection is taken and every call is told.
    pub(super) peer: Result<Peer, PeerError>,
    /// The certificate that it has shown, to check what it signs.
    pub(super) credential: Option<Arc<Credential>>,
    pub(super) address: SocketAddr,
    /// The calls that may still begin.
    pub(super) calls: Arc<Semaphore>,
}

/// What a connection holds as long as it is open.
pub(super) struct Guest {
    link: Link,
    /// Its place among all connections.
    _place: OwnedSemaphorePermit,
}

pub(super) type Connection = Cut<TlsStream<TcpStream>, Guest>;

/// A connection that is cut with the server, as soon as `tls` would let it in no more, and when its
/// first words take longer than `patience`.
pub(super) fn guarded(
    stream: TlsStream<TcpStream>,
    link: Link,
    (tls, patience): (&ServerTls, Duration),
    cut: &CancellationToken,
    place: OwnedSemaphorePermit,
) -> Connection {
    let (_, session) = stream.get_ref();
    let chain = session.peer_certificates().unwrap_or_default().to_vec();
    let (cut, address) = (cut.child_token(), link.address);
    let connection = Cut::new(stream, Guest { link, _place: place }, cut.clone());
    let silent = silent(Arc::clone(&connection.heard), patience);
    tokio::spawn(guard(tls.clone(), chain, address, silent, cut));
    connection
}

/// Ends when nothing was said in time.
async fn silent(heard: Arc<AtomicUsize>, patience: Duration) {
    tokio::time::sleep(patience).await;
    if heard.load(Ordering::Relaxed) >= PREFACE_BYTES {
        pending().await
    }
}

async fn guard(
    tls: ServerTls,
    chain: Vec<CertificateDer<'static>>,
    address: SocketAddr,
    silent: impl Future<Output = ()>,
    cut: CancellationToken,
) {
    tokio::select! {
        () = cut.cancelled() => {}
        () = silent => {
            tracing::warn!(%address, "cut: it has said nothing");
            cut.cancel();
        }
        refusal = tls.until_refused(&chain) => {
            tracing::warn!(%address, "cut: {refusal}");
            cut.cancel();
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Link;

    fn connect_info(&self) -> Link {
        self.kept.link.clone()
    }
}
