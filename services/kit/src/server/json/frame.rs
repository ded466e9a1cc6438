//! The frames of gRPC: a flag, a length, and the message.

use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use tonic::{Code, Status, body::Body};

/// What stands before each message.
const HEAD: usize = 5;

/// One message in its frame.
pub(super) fn frame(message: &[u8]) -> Option<Bytes> {
    let length = u32::try_from(message.len()).ok()?;
    let mut framed = Vec::with_capacity(HEAD + message.len());
    framed.push(0);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    Some(framed.into())
}

/// The messages of an answer, one after the other, and how it ends.
///
/// At most one message is held that nobody has taken yet. A wait for the next may be given up and
/// begun again.
pub(super) struct Frames {
    body: Body,
    held: Vec<u8>,
    end: Option<Status>,
}

impl Frames {
    pub(super) fn new(body: Body) -> Frames {
        Frames { body, held: Vec::new(), end: None }
    }

    /// The next message; none at the end, which [`Frames::end`] knows.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(message) = self.take() {
                return Some(message);
            }
            if self.end.is_some() {
                return None;
            }
            self.read().await;
        }
    }

    /// How it ended; what broke off in the middle has not ended well.
    pub(super) fn end(self) -> Status {
        let cut = || Status::unavailable("the answer broke off; ask again");
        self.end.filter(|end| end.code() != Code::Ok || self.held.is_empty()).unwrap_or_else(cut)
    }

    async fn read(&mut self) {
        match self.body.frame().await {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => self.held.extend_from_slice(&data),
                Err(frame) => {
                    let trailers = frame.into_trailers().unwrap_or_default();
                    let said = Status::from_header_map(&trailers);
                    self.end = Some(said.unwrap_or_else(|| Status::ok("")));
                }
            },
            Some(Err(status)) => self.end = Some(status),
            None => self.end = Some(Status::unavailable("the answer broke off; ask again")),
        }
    }

    /// The message at the head, where all of it is there.
    fn take(&mut self) -> Option<Vec<u8>> {
        let length = self.held.get(1..HEAD)?.try_into().ok().map(u32::from_be_bytes)?;
        let end = HEAD.checked_add(usize::try_from(length).ok()?)?;
        let message = self.held.get(HEAD..end)?.to_vec();
        self.held.drain(..end);
        Some(message)
    }
}
