//! What happens around every call: its peer, whether it may call this, its span, its place, its
//! deadline, and the record of its refusal.
//!
//! A refusal is recorded here whoever decided it: the policies about the method, a handler about
//! the thing, or nobody because a stranger called. It is recorded before it is answered.
//!
//! The deadline and the place count until the answer begins, so a stream may live as long as both
//! sides want. The span ends there too: a stream of three weeks is no span. The transport has a
//! deadline and a limit of its own; they are not used because they answer `CANCELLED` and leave
//! no trace of the call.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use domain::{party::Role, rejection::Rejection};
use tonic::{
    Code, Status,
    body::Body,
    codegen::{
        Service,
        http::{HeaderMap, Request, Response},
    },
    metadata::MetadataMap,
    service::Routes,
};
use tracing::{Span, field::Empty};

use super::{
    Limits,
    connection::Link,
    json::{self, Json},
    speaking::{self, Voice},
};
use crate::{
    access::{Access, Refused},
    identity::PeerError,
    status::{rejection, status},
    trace::{self, TraceContext},
};

/// A client's deadline is answered a moment before it ends: the transport watches it as well, and
/// would answer `CANCELLED`.
const AHEAD: Duration = Duration::from_millis(5);

/// As whom strangers are recorded: all of them are one caller.
const STRANGER: &str = "stranger";

type Answer = Result<Response<Body>, Infallible>;

/// The routes, with what is around every call.
#[derive(Clone)]
pub(super) struct Calls {
    routes: Routes,
    json: Json,
    gate: Gate,
    deadline: Duration,
    deadline_max: Duration,
}

/// Whose door it is, and who may come in.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) access: Access,
    pub(super) door: Role,
}

impl Gate {
    /// What a stranger is told, whatever it calls.
    async fn turn_away(self, method: String, error: PeerError) -> Response<Body> {
        let message = format!("{error}; right would be: one of a party of this city");
        let answer = status(Rejection::forbidden("NO_PARTY", message)).into_http();
        let stranger = Caller { name: STRANGER.to_owned(), through: None };
        if let Some(refused) = refused(&stranger, method, &answer) {
            self.access.record(refused).await;
        }
        answer
    }
}

/// Who calls, as the record names it.
#[derive(Clone)]
struct Caller {
    name: String,
    /// Whose certificate it is, where that party speaks for the caller.
    through: Option<String>,
}

impl Caller {
    fn of(voice: &Voice) -> Caller {
        let through = voice.through.as_ref().map(ToString::to_string);
        Caller { name: voice.peer.party.to_string(), through }
    }
}

/// The refusal that an answer is, if it is one.
fn refused(caller: &Caller, method: String, answer: &Response<Body>) -> Option<Refused> {
    let no = Status::from_header_map(answer.headers())?;
    let is_refused = matches!(no.code(), Code::PermissionDenied | Code::Unauthenticated);
    let Rejection { reason, message, .. } = is_refused.then(|| rejection(&no))?;
    let Caller { name, through } = caller.clone();
    Some(Refused { caller: name, through, method, reason, message })
}

impl Calls {
    pub(super) fn new(routes: Routes, json: Json, gate: Gate, limits: &Limits) -> Calls {
        Calls { routes, json, gate, deadline: limits.deadline, deadline_max: limits.deadline_max }
    }

    fn patience(&self, headers: &HeaderMap) -> Duration {
        match timeout_of(headers).or_else(|| json::timeout_of(headers)) {
            Some(asked) => asked.saturating_sub(AHEAD).min(self.deadline_max),
            None => self.deadline,
        }
    }
}

impl Service<Request<Body>> for Calls {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.routes, context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Some(link) = request.extensions_mut().remove::<Link>() else {
            let unknown = Status::unauthenticated("the connection names no party");
            return Box::pin(async move { Ok(unknown.into_http()) });
        };
        let asked = self.json.asked(&request);
        let method = asked.method(request.uri().path()).to_owned();
        let peer = match &link.peer {
            Ok(peer) => peer.clone(),
            Err(error) => {
                let (gate, error) = (self.gate.clone(), error.clone());
                return Box::pin(async move {
                    Ok(asked.answer(gate.turn_away(method, error).await).await)
                });
            }
        };
        let patience = self.patience(request.headers());
        let metadata = MetadataMap::from_headers(request.headers().clone());
        let parent = TraceContext::from_metadata(&metadata).unwrap_or_else(TraceContext::root);
        let gate = self.gate.clone();
        let (voice, may) = match speaking::voice(&gate.access, &peer, &method, request.headers()) {
            Ok(voice) => {
                let may = gate.access.may_call(&voice.peer.party, &method, gate.door);
                (voice, may)
            }
            Err(no) => (Voice { peer, through: None }, Err(no)),
        };
        let span = span(request.uri().path(), &voice, &link, &parent);
        let caller = Caller::of(&voice);
        // What a party has signed is its own: nobody shows the certificate of another.
        if let Some(credential) = link.credential.as_ref().filter(|_| voice.through.is_none()) {
            request.extensions_mut().insert(Arc::clone(credential));
        }
        request.extensions_mut().insert(voice.peer);
        let answer = may.map(|()| asked.clone().call(self.routes.clone(), request));
        Box::pin(trace::within(parent, span, async move {
            let answer = match answer {
                Ok(answer) => within_limits(&link, patience, answer).await,
                Err(no) => status(no).into_http(),
            };
            if let Some(refused) = refused(&caller, method, &answer) {
                gate.access.record(refused).await;
            }
            note(&answer);
            Ok(asked.answer(answer).await)
        }))
    }
}

async fn within_limits(
    link: &Link,
    patience: Duration,
    answer: impl Future<Output = Answer>,
) -> Response<Body> {
    let Ok(_place) = link.calls.try_acquire() else {
        let message = "this connection has too many calls at once; wait for some to end";
        return status(Rejection::exhausted("TOO_MANY_CALLS", message)).into_http();
    };
    match tokio::time::timeout(patience, answer).await {
        Ok(Ok(answer)) => unread(&answer).unwrap_or(answer),
        Err(_) => Status::deadline_exceeded("the call took longer than it may").into_http(),
    }
}

/// A message that never came to its handler: the transport refuses what is too large or no message
/// at all with codes that say "try again" or "our fault", and without a reason.
fn unread(answer: &Response<Body>) -> Option<Response<Body>> {
    let found = Status::from_header_map(answer.headers()).filter(|no| no.details().is_empty())?;
    let text = found.message();
    let no = match found.code() {
        Code::OutOfRange if text.contains("message length too large") => {
            let sizes = text.rsplit("too large: ").next().unwrap_or_default();
            let message = format!("the request is too large: {sizes}; send less at once");
            Rejection::invalid("TOO_LARGE", "request", message)
        }
        Code::Internal if text.starts_with("failed to decode Protobuf message") => {
            let message = format!("the request is not what the method takes: {text}");
            Rejection::invalid("MALFORMED_MESSAGE", "request", message)
        }
        _ => return None,
    };
    Some(status(no).into_http())
}

fn span(method: &str, voice: &Voice, link: &Link, parent: &TraceContext) -> Span {
    let whole = method.trim_start_matches('/');
    let (service, method) = whole.split_once('/').unwrap_or(("", whole));
    tracing::info_span!(
        "call",
        otel.name = whole,
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = Empty,
        network.peer.address = %link.address,
        muster.party = %voice.peer.party,
        muster.through = voice.through.as_ref().map(tracing::field::display),
        trace = parent.trace_id(),
    )
}

/// Records the status; one that comes after a stream is not waited for.
fn note(answer: &Response<Body>) {
    let code = Status::from_header_map(answer.headers()).map_or(Code::Ok, |status| status.code());
    Span::current().record("rpc.grpc.status_code", i32::from(code));
    // Of a server those are errors that are its own; a refusal is an answer.
    let is_ours = matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    );
    if is_ours {
        Span::current().record("otel.status_code", "ERROR");
    }
    tracing::debug!(?code, "answered");
}

/// The time that a client gives a call, as gRPC writes it: up to eight digits and a unit.
pub fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let digits = (1..=8).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let number: u64 = digits.then(|| number.parse().ok()).flatten()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3_600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_a_client_gives_is_read() {
        for (text, expected) in [
            ("2H", Some(Duration::from_secs(7_200))),
            ("3M", Some(Duration::from_secs(180))),
            ("10S", Some(Duration::from_secs(10))),
            ("99999999m", Some(Duration::from_millis(99_999_999))),
            ("5u", Some(Duration::from_micros(5))),
            ("7n", Some(Duration::from_nanos(7))),
            ("100000000S", None),
            ("S", None),
            ("+1S", None),
            ("10", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            assert_eq!(timeout_of(&headers), expected, "{text}");
        }
        assert_eq!(timeout_of(&HeaderMap::new()), None);
    }

    #[test]
    fn a_call_has_the_servers_time_or_the_clients_up_to_a_most() {
        let seconds = Duration::from_secs;
        let (deadline, deadline_max) = (seconds(30), seconds(600));
        let limits = Limits { deadline, deadline_max, ..Limits::default() };
        let gate = Gate { access: crate::access::tests::access(), door: Role::Bus };
        let calls = Calls::new(Routes::default(), Json::new(&[], 0, deadline), gate, &limits);
        for (asked, expected) in [
            (None, deadline),
            (Some("1S"), seconds(1) - AHEAD),
            (Some("60S"), seconds(60) - AHEAD),
            (Some("1H"), deadline_max),
            (Some("1m"), Duration::ZERO),
            (Some("nonsense"), deadline),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(asked) = asked {
                headers.insert("grpc-timeout", asked.parse().unwrap());
            }
            assert_eq!(calls.patience(&headers), expected, "{asked:?}");
        }
    }
}
