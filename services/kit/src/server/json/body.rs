//! A request in JSON becomes one of gRPC.

use domain::rejection::Rejection;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Bytes;
use prost_reflect::MessageDescriptor;
use tonic::{
    Status,
    body::Body,
    codegen::http::{HeaderMap, HeaderValue, Request, Version, header},
};

use super::{frame::frame, message::Message, refuse::TIMEOUT};
use crate::status::status;

/// The same request with its message as protobuf; at most `bytes_max` bytes of text are read.
pub(super) async fn framed(
    of: &MessageDescriptor,
    request: Request<Body>,
    bytes_max: usize,
) -> Result<Request<Body>, Status> {
    let (mut head, body) = request.into_parts();
    let text = text(body, bytes_max).await?;
    let message = Message::read(of, &text).map_err(status)?.encode();
    let framed = frame(&message).ok_or_else(|| too_large(bytes_max))?;
    translate(&mut head.headers);
    head.version = Version::HTTP_2;
    Ok(Request::from_parts(head, Body::new(http_body_util::Full::new(framed))))
}

async fn text(body: Body, bytes_max: usize) -> Result<Bytes, Status> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(bytes_max)),
        Err(error) => {
            let message = format!("the request broke off: {error}");
            Err(status(Rejection::invalid("MALFORMED_JSON", "request", message)))
        }
    }
}

fn too_large(bytes_max: usize) -> Status {
    let message = format!("the request is too large: the limit is {bytes_max} bytes; send less");
    status(Rejection::invalid("TOO_LARGE", "request", message))
}

/// What is said of the JSON is not true of the frame; all else goes on as metadata.
fn translate(headers: &mut HeaderMap) {
    let ours = [
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::TRANSFER_ENCODING,
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::CONNECTION,
        header::EXPECT,
        header::HOST,
    ];
    for name in ours {
        headers.remove(name);
    }
    for name in [TIMEOUT, "grpc-timeout", "grpc-encoding", "grpc-accept-encoding"] {
        headers.remove(name);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
}
