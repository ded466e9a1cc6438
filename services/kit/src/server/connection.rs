//! One connection: the verified TLS stream, whose it is, and a way to cut it.
//!
//! It is cut when the server ends, and when whoever shook hands would no longer be let in.

use std::{net::SocketAddr, sync::Arc};

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

/// A connection that is cut with the server, and as soon as `tls` would let it in no more.
pub(super) fn guarded(
    stream: TlsStream<TcpStream>,
    link: Link,
    tls: &ServerTls,
    cut: &CancellationToken,
    place: OwnedSemaphorePermit,
) -> Connection {
    let (_, session) = stream.get_ref();
    let chain = session.peer_certificates().unwrap_or_default().to_vec();
    let cut = cut.child_token();
    tokio::spawn(guard(tls.clone(), chain, link.address, cut.clone()));
    Cut::new(stream, Guest { link, _place: place }, cut)
}

async fn guard(
    tls: ServerTls,
    chain: Vec<CertificateDer<'static>>,
    address: SocketAddr,
    cut: CancellationToken,
) {
    tokio::select! {
        () = cut.cancelled() => {}
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
