//! A line to a server that is laid anew when our identity is replaced.
//!
//! A connection keeps the certificates that its handshake was made with. So a new identity needs a
//! new connection; calls that begin after the replacement go over it, and the old one ends when the
//! last call on it has ended. Clones share the lines: there is one of each time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use tonic::{
    body::Body,
    codegen::{
        Service,
        http::{Request, Response},
    },
    transport::{self, Channel},
};

use crate::identity::Changes;

/// A service that calls over the newest line; cheap to clone. Between calls it holds no line, so that
/// a clone that lies idle keeps no old one open.
pub struct Line {
    shared: Arc<Mutex<Shared>>,
    /// The line that is ready for the next call, and which it is.
    next: Option<(u64, Channel)>,
}

struct Shared {
    changes: Changes,
    lay: Box<dyn Fn() -> Channel + Send>,
    laid: u64,
    channel: Channel,
}

impl Clone for Line {
    fn clone(&self) -> Line {
        Line { shared: Arc::clone(&self.shared), next: None }
    }
}

impl Line {
    pub(crate) fn new(changes: Changes, lay: impl Fn() -> Channel + Send + 'static) -> Line {
        let channel = lay();
        let shared = Shared { changes, lay: Box::new(lay), laid: 0, channel };
        Line { shared: Arc::new(Mutex::new(shared)), next: None }
    }

    /// The newest line.
    fn newest(&mut self) -> &mut Channel {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.changes.seen() {
            shared.laid += 1;
            shared.channel = (shared.lay)();
        }
        let next = self.next.take().filter(|(laid, _)| *laid == shared.laid);
        let next = next.unwrap_or_else(|| (shared.laid, shared.channel.clone()));
        &mut self.next.insert(next).1
    }
}

impl Service<Request<Body>> for Line {
    type Response = Response<Body>;
    type Error = transport::Error;
    type Future = <Channel as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), transport::Error>> {
        Service::poll_ready(self.newest(), context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.next.take() {
            Some((_, mut ready)) => ready.call(request),
            // Nobody calls what has not said that it is ready.
            None => self.newest().call(request),
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("next", &self.next.as_ref().map(|(laid, _)| laid))
            .finish_non_exhaustive()
    }
}
