//! The sockets of the console: HTTP on loopback, or TLS, with a limit on everything.
//!
//! One more connection than there may be waits. A request whose head does not come in time is cut.
//! TLS is rustls with ring, and HTTP/1.1 within it. At the end, what is in flight may finish.

use std::{path::Path, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::{Config, Error, form::From};

/// How long the head of a request may take, and how long a connection may be silent.
const HEAD: Duration = Duration::from_secs(30);
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long what is in flight may take at the end.
const DRAIN: Duration = Duration::from_secs(5);
/// How long to wait when the system has no socket to give.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until the token is cancelled.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    config: &Config,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let tls = acceptor(config)?;
    let places = Arc::new(Semaphore::new(config.connections));
    loop {
        let place = tokio::select! {
            () = shutdown.cancelled() => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, address)) => {
                let routes = routes.clone().layer(axum::Extension(From(address)));
                let one = One { tls: tls.clone(), routes, place, shutdown: shutdown.clone() };
                tokio::spawn(one.answer(socket));
            }
            Err(error) => {
                tracing::warn!("the console can't accept: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    let whole = u32::try_from(config.connections).unwrap_or(u32::MAX);
    let ended = async { drop(places.acquire_many(whole).await) };
    drop(tokio::time::timeout(DRAIN, ended).await);
    Ok(())
}

/// One connection.
struct One {
    tls: Option<TlsAcceptor>,
    routes: Router,
    place: OwnedSemaphorePermit,
    shutdown: CancellationToken,
}

impl One {
    async fn answer(self, socket: TcpStream) {
        drop(socket.set_nodelay(true));
        match self.tls.clone() {
            None => self.speak(socket).await,
            Some(tls) => match tokio::time::timeout(HANDSHAKE, tls.accept(socket)).await {
                Ok(Ok(stream)) => self.speak(stream).await,
                Ok(Err(error)) => tracing::debug!("a browser's handshake failed: {error}"),
                Err(_) => tracing::debug!("a browser's handshake took too long"),
            },
        }
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let routes = self.routes.map_request(|request: hyper::Request<hyper::body::Incoming>| {
            request.map(axum::body::Body::new)
        });
        let mut http = hyper::server::conn::http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(64 << 10);
        let serving = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
        let mut serving = pin!(serving);
        // Whoever goes away in the middle asks again.
        tokio::select! {
            ended = serving.as_mut() => drop(ended),
            () = self.shutdown.cancelled() => {
                serving.as_mut().graceful_shutdown();
                drop(tokio::time::timeout(DRAIN, serving).await);
            }
        }
        drop(self.place);
    }
}

fn acceptor(config: &Config) -> Result<Option<TlsAcceptor>, Error> {
    let (Some(certificate), Some(key)) = (&config.certificate, &config.key) else {
        return Ok(None);
    };
    let wrong = |path: &Path, why: String| Error::Papers { path: path.to_owned(), why };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| wrong(certificate, error.to_string()))?;
    let secret =
        PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|tls| tls.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| wrong(certificate, error.to_string()))?;
    Ok(Some(TlsAcceptor::from(Arc::new(tls))))
}
