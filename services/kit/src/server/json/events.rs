//! A stream of answers as server-sent events.
//!
//! Each message is one `data:` line of JSON. The last event says how it went: `end`, or `error`
//! with what an error says. A stream that says nothing for a while has a comment, so that both
//! sides and all between know that it is there. Nothing is read ahead of who takes it: one message
//! is under way, whatever waits behind it.

use std::time::Duration;

use futures::stream;
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};
use prost_reflect::MessageDescriptor;
use tokio::time::{Instant, sleep_until};
use tonic::{Code, Status, body::Body, codegen::http::Response};

use super::{
    EVENTS,
    answer::{passed, refusal},
    error,
    frame::Frames,
    message::written,
};

/// What is said when nothing is to be said.
const SILENCE: &str = ": still here\n\n";

/// The events of an answer; a refusal that came before it began is an answer of its own.
pub(super) fn events(
    of: &MessageDescriptor,
    answer: Response<Body>,
    keepalive: Duration,
) -> Response<Body> {
    let (head, body) = answer.into_parts();
    if let Some(no) = refusal(&head.headers) {
        return error::answer(&no);
    }
    let told = Telling { of: of.clone(), frames: Some(Frames::new(body)), keepalive };
    let told = stream::unfold(told, Telling::next);
    let mut answer = Response::new(Body::new(StreamBody::new(told)));
    *answer.headers_mut() = passed(head.headers, EVENTS);
    answer
}

type Piece = Result<Frame<Bytes>, Status>;

struct Telling {
    of: MessageDescriptor,
    /// None after the last event.
    frames: Option<Frames>,
    keepalive: Duration,
}

impl Telling {
    async fn next(mut self) -> Option<(Piece, Telling)> {
        let mut frames = self.frames.take()?;
        let silent = sleep_until(Instant::now() + self.keepalive);
        let text = tokio::select! {
            message = frames.next() => match message.map(|bytes| written(&self.of, &bytes)) {
                Some(Ok(json)) => {
                    self.frames = Some(frames);
                    format!("data: {json}\n\n")
                }
                Some(Err(no)) => last(&no),
                None => last(&frames.end()),
            },
            () = silent => {
                self.frames = Some(frames);
                SILENCE.to_owned()
            }
        };
        Some((Ok(Frame::data(text.into())), self))
    }
}

/// The last event.
fn last(status: &Status) -> String {
    if status.code() == Code::Ok {
        return "event: end\ndata: {\"code\":\"ok\"}\n\n".to_owned();
    }
    format!("event: error\ndata: {}\n\n", error::value(status))
}
