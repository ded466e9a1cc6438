//! The span of a call, on the side of who calls: short, from the call until its answer begins.
//!
//! It is a child of the work that is going on, and the server's span is a child of it. Where nobody
//! looks at spans it costs a test of a flag, and the context goes on as it was.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use tonic::{
    Code, Status,
    body::Body,
    codegen::{
        Service,
        http::{Request, Response},
    },
    service::interceptor::InterceptedService,
};
use tracing::{Span, field::Empty};

use super::Outbound;
use crate::{line::Line, trace};

type Inner = InterceptedService<Line, Outbound>;
type Answer =
    Result<<Inner as Service<Request<Body>>>::Response, <Inner as Service<Request<Body>>>::Error>;

/// Calls with a span around each; cheap to clone.
#[derive(Clone)]
pub struct Called {
    inner: Inner,
}

impl Called {
    pub(super) fn new(inner: Inner) -> Called {
        Called { inner }
    }
}

impl fmt::Debug for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Called").finish_non_exhaustive()
    }
}

impl Service<Request<Body>> for Called {
    type Response = <Inner as Service<Request<Body>>>::Response;
    type Error = <Inner as Service<Request<Body>>>::Error;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::<Request<Body>>::poll_ready(&mut self.inner, context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let span = span(request.uri().path());
        trace::adopt(&span);
        // The context that goes with the call is that of this span.
        let answer = span.in_scope(|| self.inner.call(request));
        Box::pin(async move {
            let answer = answer.await;
            note(&span, &answer);
            answer
        })
    }
}

fn span(path: &str) -> Span {
    let whole = path.trim_start_matches('/');
    let (service, method) = whole.split_once('/').unwrap_or(("", whole));
    tracing::info_span!(
        target: "muster::calls",
        "calls",
        otel.name = whole,
        otel.kind = "client",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = Empty,
    )
}

/// Notes the status; one that comes after a stream is not waited for.
fn note<B, E>(span: &Span, answer: &Result<Response<B>, E>) {
    let code = match answer {
        Ok(answer) => Status::from_header_map(answer.headers()).map_or(Code::Ok, |no| no.code()),
        Err(_) => Code::Unavailable,
    };
    span.record("rpc.grpc.status_code", i64::from(i32::from(code)));
    if code != Code::Ok {
        span.record("otel.status_code", "ERROR");
    }
}
