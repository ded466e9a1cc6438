//! One connection: the verified TLS stream, whose it is, and a way to cut it.
//!
//! The transport keeps its connections in tasks of its own and has no way to end them by force.
//! So the stream itself fails as soon as the server's `cut` is cancelled, and the transport drops
//! the connection with everything in flight.

use std::{
    future::Future as _,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

use crate::identity::{Peer, PeerError};

/// What every call of a connection knows about it.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// Who it is; or why a certificate of our authority names nobody who may come in. TLS has no
    /// word for that, so the connection is taken and every call is told.
    pub(super) peer: Result<Peer, PeerError>,
    pub(super) address: SocketAddr,
    /// The calls that may still begin.
    pub(super) calls: Arc<Semaphore>,
}

pub(super) struct Connection {
    stream: TlsStream<TcpStream>,
    link: Link,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Its place among all connections.
    _place: OwnedSemaphorePermit,
}

impl Connection {
    pub(super) fn new(
        stream: TlsStream<TcpStream>,
        link: Link,
        cut: CancellationToken,
        place: OwnedSemaphorePermit,
    ) -> Connection {
        Connection { stream, link, cut: Box::pin(cut.cancelled_owned()), _place: place }
    }

    fn whole(&mut self, context: &mut Context<'_>) -> io::Result<Pin<&mut TlsStream<TcpStream>>> {
        match self.cut.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(Pin::new(&mut self.stream)),
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Link;

    fn connect_info(&self) -> Link {
        self.link.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.whole(context)?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.whole(context)?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.whole(context)?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.whole(context)?.poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.whole(context)?.poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
