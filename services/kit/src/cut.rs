//! A connection that can be cut from outside.
//!
//! The transport keeps its connections in tasks of its own and has no way to end them by force.
//! So the stream itself fails as soon as its token is cancelled, and the transport drops the
//! connection with everything in flight. Whoever may cut it hears by a second token when it is gone,
//! and may ask how much was heard on it.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

/// A stream that fails when it is cut, and what lives as long as it does.
pub(crate) struct Cut<S, K> {
    stream: S,
    pub(crate) kept: K,
    /// How many bytes have come.
    pub(crate) heard: Arc<AtomicUsize>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    _gone: DropGuard,
}

impl<S, K> Cut<S, K> {
    /// The stream fails once `cut` is cancelled; when it is dropped, `cut` is cancelled by it.
    pub(crate) fn new(stream: S, kept: K, cut: CancellationToken) -> Cut<S, K> {
        let guard = cut.clone().drop_guard();
        let heard = Arc::default();
        Cut { stream, kept, heard, cut: Box::pin(cut.cancelled_owned()), _gone: guard }
    }
}

impl<S: Unpin, K: Unpin> Cut<S, K> {
    fn whole(&mut self, context: &mut Context<'_>) -> io::Result<Pin<&mut S>> {
        match self.cut.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(Pin::new(&mut self.stream)),
        }
    }
}

impl<S: AsyncRead + Unpin, K: Unpin> AsyncRead for Cut<S, K> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = self.whole(context)?.poll_read(context, buffer);
        self.heard.fetch_add(buffer.filled().len() - before, Ordering::Relaxed);
        read
    }
}

impl<S: AsyncWrite + Unpin, K: Unpin> AsyncWrite for Cut<S, K> {
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
