//! What this door does not take, in words, with what would be right.

use domain::rejection::Rejection;
use prost_reflect::MethodDescriptor;
use tonic::{
    Status,
    body::Body,
    codegen::http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};

use super::{error, timeout_of};
use crate::status::status;

/// How long a call may take, in milliseconds.
pub(super) const TIMEOUT: &str = "connect-timeout-ms";
/// The version of the protocol, where a client names it.
const VERSION: &str = "connect-protocol-version";

/// A refusal for how was asked, not for what.
#[derive(Clone)]
pub(super) struct No {
    /// In the terms of gRPC, for the record.
    pub(super) status: Status,
    /// In those of HTTP, which has more words for this.
    http: StatusCode,
}

impl No {
    fn new(http: StatusCode, reason: &str, field: &str, message: &str) -> No {
        No { status: status(Rejection::invalid(reason, field, message)), http }
    }

    /// The answer: this one, unless the gate had another.
    pub(super) fn answer(&self, answer: Response<Body>) -> Response<Body> {
        let said = Status::from_header_map(answer.headers());
        let said = said.as_ref().unwrap_or(&self.status);
        let mut shown = error::answer(said);
        if said.code() == self.status.code() && said.message() == self.status.message() {
            *shown.status_mut() = self.http;
            if self.http == StatusCode::METHOD_NOT_ALLOWED {
                shown.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
        }
        shown
    }
}

/// Every verb but `POST`.
pub(super) fn verb() -> No {
    let message = "a method is called by POST; right would be: POST /package.Service/Method with \
                   content-type: application/json; the one thing to GET is /openapi.json";
    No::new(StatusCode::METHOD_NOT_ALLOWED, "NOT_POST", "method", message)
}

/// Over HTTP/1.1, what is not JSON.
pub(super) fn content() -> No {
    let message = "over HTTP/1.1 only JSON is taken; right would be: content-type: \
                   application/json, or gRPC over HTTP/2";
    No::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "NOT_JSON", "content-type", message)
}

/// What the head of a request may say.
pub(super) fn head(headers: &HeaderMap, content: Option<&[u8]>) -> Result<(), No> {
    let parameters = content.unwrap_or_default().split(|byte| *byte == b';').skip(1);
    let charset = |text: &[u8]| text.trim_ascii().to_ascii_lowercase();
    let other = parameters.map(charset).find(|text| {
        text.strip_prefix(b"charset=").is_some_and(|set| !matches!(set, b"utf-8" | b"\"utf-8\""))
    });
    if let Some(other) = other {
        let message = format!("{}: right would be: UTF-8", String::from_utf8_lossy(&other));
        let unsupported = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(No::new(unsupported, "NOT_UTF8", "content-type", &message));
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let message = "the body is taken as it is; right would be: no content-encoding";
        let unsupported = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(No::new(unsupported, "ENCODED", "content-encoding", message));
    }
    if headers.get(VERSION).is_some_and(|version| version != "1") {
        let message = "there is one version of the protocol; right would be: 1";
        return Err(No::new(StatusCode::BAD_REQUEST, "UNKNOWN_VERSION", VERSION, message));
    }
    if headers.contains_key(TIMEOUT) && timeout_of(headers).is_none() {
        let message = "right would be: milliseconds, up to ten digits";
        return Err(No::new(StatusCode::BAD_REQUEST, "WRONG_VALUE", TIMEOUT, message));
    }
    Ok(())
}

/// A path that is no method here.
pub(super) fn unknown(path: &str) -> No {
    let path: String = path.chars().take(200).collect();
    let message = format!("{path} is no method at this door; GET /openapi.json lists them");
    let status = Status::unimplemented(message);
    No { status, http: StatusCode::NOT_FOUND }
}

/// A method that takes a stream.
pub(super) fn client_stream(method: &MethodDescriptor) -> No {
    let message = format!("{} takes a stream of messages; call it by gRPC", method.full_name());
    No { status: Status::unimplemented(message), http: StatusCode::NOT_IMPLEMENTED }
}

/// A method that answers with a stream, asked without a word about it.
pub(super) fn stream(method: &MethodDescriptor) -> No {
    let name = method.full_name();
    let message =
        format!("{name} answers with a stream; right would be: accept: text/event-stream");
    No::new(StatusCode::NOT_ACCEPTABLE, "STREAM_ONLY", "accept", &message)
}
