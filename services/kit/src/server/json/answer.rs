//! An answer of gRPC becomes one in JSON.

use prost_reflect::MessageDescriptor;
use tonic::{
    Code, Status,
    body::Body,
    codegen::http::{HeaderMap, HeaderValue, Response, header},
};

use super::{error, frame::Frames, message::written};
use crate::status::internal;

/// One message, or the error.
pub(super) async fn unary(of: &MessageDescriptor, answer: Response<Body>) -> Response<Body> {
    let (head, body) = answer.into_parts();
    if let Some(no) = refusal(&head.headers) {
        return error::answer(&no);
    }
    match message(of, body).await {
        Ok(text) => {
            let mut answer = Response::new(Body::new(http_body_util::Full::from(text)));
            *answer.headers_mut() = passed(head.headers, "application/json");
            answer
        }
        Err(no) => error::answer(&no),
    }
}

/// The document, or why it is not shown.
pub(super) fn document(answer: Response<Body>) -> Response<Body> {
    match refusal(answer.headers()) {
        Some(no) => error::answer(&no),
        None => answer,
    }
}

/// The error that stands in the head of an answer.
pub(super) fn refusal(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers).filter(|status| status.code() != Code::Ok)
}

async fn message(of: &MessageDescriptor, body: Body) -> Result<String, Status> {
    let mut frames = Frames::new(body);
    let first = frames.next().await;
    // What comes behind it is the end.
    if frames.next().await.is_some() {
        return Err(internal("a unary method has answered with two messages"));
    }
    let end = frames.end();
    match first {
        Some(bytes) if end.code() == Code::Ok => written(of, &bytes),
        None if end.code() == Code::Ok => Err(internal("a unary method has answered nothing")),
        _ => Err(end),
    }
}

/// The metadata of an answer, without what is gRPC's own.
pub(super) fn passed(mut headers: HeaderMap, content: &'static str) -> HeaderMap {
    let ours = headers.keys().filter(|name| name.as_str().starts_with("grpc-"));
    for name in ours.cloned().collect::<Vec<_>>() {
        headers.remove(name);
    }
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
}
