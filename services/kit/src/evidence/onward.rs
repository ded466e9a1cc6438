//! A piece that lies in the store of another role: asked for there, and passed on as it comes.
//!
//! One piece is in hand at a time, however large the whole is: the next is asked for when the caller
//! has taken the last. The store that has it hashes it before the first byte. What that store answers
//! is told as what it is, with whose store it is; what the transport says of a role that is away
//! helps nobody, and that a store refuses us is no refusal of the caller.

use std::time::Duration;

use domain::{party::Party, rejection::Rejection};
use futures::stream;
use proto::evidence::{
    DownloadRequest, DownloadResponse, evidence_service_client::EvidenceServiceClient,
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status, Streaming};

use super::service::{Pieces, stopping};
use crate::{
    client::{self, Channel},
    status::{rejection, status},
};

/// The store of another role.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// Whose it is: `unit/housing`.
    pub of: Party,
    /// The way to who keeps it.
    pub way: Channel,
}

impl Elsewhere {
    /// Asks for the bytes from the offset on, with the caller's own deadline; they come as they are
    /// taken, until `shutdown`.
    pub(super) async fn download(
        self,
        digest: String,
        offset: u64,
        deadline: Option<Duration>,
        shutdown: CancellationToken,
    ) -> Result<Pieces, Status> {
        let Elsewhere { of, way } = self;
        let mut request = Request::new(DownloadRequest { digest, offset, unit: of.id.clone() });
        if let Some(deadline) = deadline {
            request = client::deadline(request, deadline);
        }
        let answer = EvidenceServiceClient::new(way).download(request).await;
        let pieces = answer.map_err(|no| told(&of, &no))?.into_inner();
        Ok(Box::pin(stream::try_unfold((pieces, of, shutdown), next)))
    }
}

/// What is passed on: the stream, whose store it comes from, and what ends it early.
type Passing = (Streaming<DownloadResponse>, Party, CancellationToken);

async fn next(passing: Passing) -> Result<Option<(DownloadResponse, Passing)>, Status> {
    let (mut pieces, of, shutdown) = passing;
    let next = tokio::select! {
        next = pieces.message() => next.map_err(|no| told(&of, &no))?,
        () = shutdown.cancelled() => return Err(stopping()),
    };
    Ok(next.map(|piece| (piece, (pieces, of, shutdown))))
}

/// What another store has answered, with whose it is.
fn told(of: &Party, no: &Status) -> Status {
    let said = rejection(no);
    let no = match no.code() {
        Code::DeadlineExceeded | Code::Cancelled => {
            let message = format!("the store of {of}, which keeps it, did not answer in time");
            return Status::deadline_exceeded(message);
        }
        Code::Unavailable if no.details().is_empty() => {
            let message =
                format!("the store of {of}, which keeps it, can't be reached; try again later");
            Rejection::unavailable("STORE_UNREACHABLE", message).at("unit")
        }
        Code::PermissionDenied | Code::Unauthenticated => {
            let message = format!("the store of {of} does not let us read it: {}", said.message);
            Rejection::conflict("STORE_REFUSES", message).at("unit")
        }
        _ => Rejection { message: format!("the store of {of}: {}", said.message), ..said },
    };
    status(no)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_store_answers_is_told_as_what_it_is() {
        let of: Party = "unit/housing".parse().unwrap();
        let absent = Rejection::unknown("UNKNOWN_EVIDENCE", "digest", "it is not here");
        let refused = Rejection::forbidden("NOT_SHARED", "service/gateway shares no case");
        for (answer, code, reason, word) in [
            (status(absent), Code::NotFound, "UNKNOWN_EVIDENCE", "it is not here"),
            (status(refused), Code::FailedPrecondition, "STORE_REFUSES", "shares no case"),
            (Status::unauthenticated("?"), Code::FailedPrecondition, "STORE_REFUSES", "?"),
            (Status::unavailable("os error 111"), Code::Unavailable, "STORE_UNREACHABLE", "later"),
            (stopping(), Code::Unavailable, "STOPPING", "is stopping"),
            (Status::cancelled("x"), Code::DeadlineExceeded, "DEADLINE_EXCEEDED", "in time"),
        ] {
            let said = told(&of, &answer);
            let no = rejection(&said);
            assert_eq!((said.code(), no.reason.as_str()), (code, reason), "{answer:?}");
            assert!(no.message.contains(word) && no.message.contains("unit/housing"), "{no}");
            assert!(!no.message.contains("111"), "{no}");
        }
    }
}
