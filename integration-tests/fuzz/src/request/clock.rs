//! Requests of an office about the clocks of a case.

use domain::rejection::Rejection;
use proto::whistle::{ExtendLimitRequest, HoldClockRequest, ResumeClockRequest};

use super::{case_id, command, decoded, reason};

pub(super) fn hold(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<HoldClockRequest>(bytes, |request| gateway::asking::clock::hold(request).map(drop))
}

pub(super) fn resume(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ResumeClockRequest>(bytes, |request| {
        gateway::asking::clock::resume(request).map(drop)
    })
}

pub(super) fn extend(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ExtendLimitRequest>(bytes, |request| {
        gateway::asking::clock::extend(request).map(drop)
    })
}

/// A hold.
pub(super) fn held() -> HoldClockRequest {
    HoldClockRequest {
        command: command(),
        case_id: case_id(),
        unit: "housing".to_owned(),
        reason: reason(),
    }
}

/// An extension.
pub(super) fn extended() -> ExtendLimitRequest {
    ExtendLimitRequest {
        command: command(),
        case_id: case_id(),
        unit: "housing".to_owned(),
        duty: proto::case::Duty::Dispose.into(),
        by: "2wd".to_owned(),
        reason: reason(),
    }
}
