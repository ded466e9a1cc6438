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

/// A service that calls over the newest line; cheap to clone.
#[derive(Clone)]
pub struct Line {
    shared: Arc<Mutex<Shared>>,
    laid: u64,
    channel: Channel,
}

struct Shared {
    changes: Changes,
    lay: Box<dyn Fn() -> Channel + Send>,
    laid: u64,
    channel: Channel,
}

impl Line {
    pub(crate) fn new(changes: Changes, lay: impl Fn() -> Channel + Send + 'static) -> Line {
        let channel = lay();
        let shared = Shared { changes, lay: Box::new(lay), laid: 0, channel: channel.clone() };
        Line { shared: Arc::new(Mutex::new(shared)), laid: 0, channel }
    }

    fn follow(&mut self) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.changes.seen() {
            shared.laid += 1;
            shared.channel = (shared.lay)();
        }
        if self.laid != shared.laid {
            self.laid = shared.laid;
            self.channel = shared.channel.clone();
        }
    }
}

impl Service<Request<Body>> for Line {
    type Response = Response<Body>;
    type Error = transport::Error;
    type Future = <Channel as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), transport::Error>> {
        self.follow();
        Service::poll_ready(&mut self.channel, context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.channel.call(request)
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("laid", &self.laid).finish_non_exhaustive()
    }
}
