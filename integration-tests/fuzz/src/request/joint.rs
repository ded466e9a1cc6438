//! Joint approvals and opinions about them, through the code by which their handlers read them.

use domain::rejection::Rejection;
use kit::page;
use proto::approval::{
    ApplyForApprovalRequest, Condition, GetApprovalRequest, GiveReviewRequest,
    ListApprovalsRequest, Proposal, Verdict, WithdrawApprovalRequest,
};

use super::{Read, command, decoded, party, reason, seed};

pub(super) const METHODS: [(&str, Read); 5] = [
    ("ApplyForApproval", apply),
    ("GetApproval", get_approval),
    ("ListApprovals", list_approvals),
    ("WithdrawApproval", withdraw),
    ("GiveReview", give_review),
];

fn apply(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ApplyForApprovalRequest>(bytes, |request| {
        gateway::asking::by(party("unit/housing"), request.command.clone())?;
        gateway::asking::application(request).map(drop)
    })
}

fn get_approval(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetApprovalRequest>(bytes, |request| {
        gateway::asking::approval_id(request.approval_id).map(drop)
    })
}

/// The lists of approvals and of what waits for a unit are asked for alike.
fn list_approvals(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListApprovalsRequest>(bytes, |request| page::wanted(request.page).map(drop))
}

fn withdraw(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<WithdrawApprovalRequest>(bytes, |request| {
        gateway::asking::by(party("unit/housing"), request.command.clone())?;
        gateway::asking::withdrawal(request).map(drop)
    })
}

fn give_review(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GiveReviewRequest>(bytes, |request| {
        let command = request.command.clone();
        unit::asking::word(party("unit/housing"), "GiveReview", command, &request)?;
        let unit = "housing".parse().map_err(|_| Rejection::conflict("UNIT", "no unit"))?;
        unit::asking::review(request, &unit).map(drop)
    })
}

/// A good application.
fn application() -> ApplyForApprovalRequest {
    let item = Proposal {
        id: "1".to_owned(),
        grid: "DF-SY-001".to_owned(),
        text: reason(),
        outcome: "remove".to_owned(),
    };
    let (kind, title) = ("bollards".to_owned(), reason());
    ApplyForApprovalRequest { command: command(), kind, title, items: vec![item] }
}

/// A good opinion.
fn review() -> GiveReviewRequest {
    GiveReviewRequest {
        command: command(),
        approval_id: "P20261122-7QK3M9ZT".to_owned(),
        items: vec!["1".to_owned()],
        verdict: Verdict::Approve.into(),
        reason: reason(),
        conditions: vec![Condition { kind: 1, text: reason() }],
    }
}

/// A good request of each that people use.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    vec![seed("ApplyForApproval", &application()), seed("GiveReview", &review())]
}
