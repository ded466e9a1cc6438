//! A status as the Connect protocol writes an error: a code in words, a sentence, the details.
//!
//! Each detail is there twice: as its bytes for programs that know its type, and under `debug` for
//! everybody else: the reason and the facts, the field at fault, how long to wait.

use prost::Message as _;
use serde_json::{Value, json};
use tonic::{
    Code, Status,
    body::Body,
    codegen::http::{HeaderValue, Response, StatusCode, header},
    metadata::BinaryMetadataValue,
};
use tonic_types::{ErrorDetails, StatusExt as _, pb};

/// The answer for a refusal or an error.
pub(super) fn answer(status: &Status) -> Response<Body> {
    let text = value(status).to_string();
    let mut answer = Response::new(Body::new(http_body_util::Full::from(text)));
    *answer.status_mut() = http(status.code());
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let wait = status.get_error_details().retry_info().and_then(|info| info.retry_delay);
    if let Some(wait) = wait {
        // Whole seconds, and never too early.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// The error as JSON.
pub(super) fn value(status: &Status) -> Value {
    json!({
        "code": word(status.code()),
        "message": status.message(),
        "details": details(status),
    })
}

fn details(status: &Status) -> Vec<Value> {
    let said = pb::Status::decode(status.details()).unwrap_or_default();
    let known = status.get_error_details();
    let shown = said.details.iter().map(|detail| {
        let kind = detail.type_url.rsplit('/').next().unwrap_or_default();
        let bytes = BinaryMetadataValue::from_bytes(&detail.value);
        let bytes = String::from_utf8_lossy(bytes.as_encoded_bytes()).into_owned();
        json!({ "type": kind, "value": bytes, "debug": debug(kind, &known) })
    });
    shown.collect()
}

/// A detail as it reads.
fn debug(kind: &str, known: &ErrorDetails) -> Value {
    match kind {
        "google.rpc.ErrorInfo" => known.error_info().map_or(Value::Null, |info| {
            json!({ "reason": info.reason, "domain": info.domain, "metadata": info.metadata })
        }),
        "google.rpc.BadRequest" => known.bad_request().map_or(Value::Null, |bad| {
            let violations = bad.field_violations.iter();
            let violations = violations
                .map(|one| json!({ "field": one.field, "description": one.description }));
            json!({ "fieldViolations": violations.collect::<Vec<_>>() })
        }),
        "google.rpc.RetryInfo" => {
            let wait = known.retry_info().and_then(|info| info.retry_delay).unwrap_or_default();
            json!({ "retryDelay": format!("{}s", wait.as_secs_f64()) })
        }
        _ => Value::Null,
    }
}

/// The code in the words of the protocol.
pub(super) fn word(code: Code) -> &'static str {
    match code {
        Code::Ok => "ok",
        Code::Cancelled => "canceled",
        Code::Unknown => "unknown",
        Code::InvalidArgument => "invalid_argument",
        Code::DeadlineExceeded => "deadline_exceeded",
        Code::NotFound => "not_found",
        Code::AlreadyExists => "already_exists",
        Code::PermissionDenied => "permission_denied",
        Code::ResourceExhausted => "resource_exhausted",
        Code::FailedPrecondition => "failed_precondition",
        Code::Aborted => "aborted",
        Code::OutOfRange => "out_of_range",
        Code::Unimplemented => "unimplemented",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::DataLoss => "data_loss",
        Code::Unauthenticated => "unauthenticated",
    }
}

/// The status of HTTP that the protocol has for a code.
fn http(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
