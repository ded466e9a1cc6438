//! Requests of the ladder: urging by hand, the direct report, its answer, the withdrawal.

use domain::rejection::Rejection;
use proto::whistle::{
    InstructUnitRequest, ReportToGovernmentRequest, UrgeCaseRequest, WithdrawCaseRequest,
};

use super::{Read, case_id, command, decoded, photo, reason, seed};

/// The methods.
pub(super) const METHODS: [(&str, Read); 4] = [
    ("UrgeCase", urge),
    ("ReportToGovernment", report),
    ("WithdrawCase", withdraw),
    ("InstructUnit", instruct),
];

fn urge(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<UrgeCaseRequest>(bytes, |request| gateway::asking::urge(request).map(drop))
}

fn report(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ReportToGovernmentRequest>(bytes, |request| {
        gateway::asking::report(request, |_| None).map(drop)
    })
}

fn withdraw(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<WithdrawCaseRequest>(bytes, |request| gateway::asking::withdraw(request).map(drop))
}

fn instruct(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<InstructUnitRequest>(bytes, |request| gateway::asking::instruct(request).map(drop))
}

/// A good request of each.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let urge = UrgeCaseRequest {
        command: command(),
        case_id: case_id(),
        party: "unit/housing".to_owned(),
        note: reason(),
    };
    let report = ReportToGovernmentRequest {
        command: command(),
        case_id: case_id(),
        reason: reason(),
        evidence: vec![photo()],
    };
    let instruct = InstructUnitRequest {
        command: command(),
        case_id: case_id(),
        lead: "housing".to_owned(),
        cooperating: vec!["enforcement".to_owned()],
        within_ms: 86_400_000,
        text: reason(),
    };
    let withdraw = WithdrawCaseRequest { command: command(), case_id: case_id(), reason: reason() };
    vec![
        seed("UrgeCase", &urge),
        seed("ReportToGovernment", &report),
        seed("InstructUnit", &instruct),
        seed("WithdrawCase", &withdraw),
    ]
}
