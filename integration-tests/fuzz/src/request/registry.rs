//! What people ask of the registry of rights and duties, up to the judgement of an amendment.

use domain::{
    registry::{Registry, check},
    rejection::Rejection,
    routing,
};
use gateway::registry::{Wish, asking};
use kit::page;
use proto::registry::{
    Amendment, ApproveAmendmentRequest, HandOverCasesRequest, ListAmendmentsRequest,
    ListTouchedCasesRequest, ProposeAmendmentRequest, RejectAmendmentRequest, WhoAnswersRequest,
    WithdrawAmendmentRequest,
};

use super::{NOW, Read, case_id, city, command, decoded, next_page, party, reason, seed};

/// Each method of the registry.
pub(super) const METHODS: [(&str, Read); 9] = [
    ("WhoAnswers", who),
    ("ProposeAmendment", propose),
    ("ApproveAmendment", approve),
    ("RejectAmendment", reject),
    ("WithdrawAmendment", withdraw),
    ("ListAmendments", list),
    ("ListTouchedCases", touched),
    ("HandOverCases", hand_over),
    ("AmendmentProposed", said),
];

fn who(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<WhoAnswersRequest>(bytes, |request| {
        let who = asking::who(request)?;
        let (_, on) = who.on(city(), NOW);
        routing::route(city(), &Registry::default(), &who.issue_type, &who.grid, None, on).map(drop)
    })
}

fn propose(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ProposeAmendmentRequest>(bytes, |request| {
        gateway::asking::by(party("admin/li"), request.command)?;
        let Wish::Propose(amendment) = asking::propose(request.amendment)? else { return Ok(()) };
        let said = proto::amendment::amendment_out(&amendment);
        let read = proto::amendment::amendment_in(said).expect("what was read is read again");
        assert_eq!(read, amendment);
        check::propose(city(), &Registry::default(), &amendment, NOW)
    })
}

fn approve(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ApproveAmendmentRequest>(bytes, |request| asking::approve(request).map(drop))
}

fn reject(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<RejectAmendmentRequest>(bytes, |request| asking::reject(request).map(drop))
}

fn withdraw(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<WithdrawAmendmentRequest>(bytes, |request| asking::withdraw(request).map(drop))
}

fn list(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListAmendmentsRequest>(bytes, |request| {
        asking::list(&request)?;
        page::wanted(request.page).map(drop)
    })
}

fn touched(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListTouchedCasesRequest>(bytes, |request| {
        asking::amendment_id(request.amendment_id)?;
        page::wanted(request.page).map(drop)
    })
}

fn hand_over(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<HandOverCasesRequest>(bytes, |request| asking::hand_over(request).map(drop))
}

/// What the worker and the gateway read from the record.
fn said(bytes: &[u8]) -> Result<(), Rejection> {
    const KINDS: [&str; 4] =
        ["AmendmentProposed", "AmendmentApproved", "AmendmentRejected", "AmendmentWithdrawn"];
    let [kind, body @ ..] = bytes else { return Ok(()) };
    let kind = format!("muster.registry.v1.{}", KINDS[usize::from(*kind) % KINDS.len()]);
    let Some(fact) = proto::amendment::read(&kind, body)? else { return Ok(()) };
    let (name, again) = proto::amendment::write(&fact);
    let read = proto::amendment::read(&name, &again).expect("what was read is read again");
    assert_eq!((name, read.as_ref()), (kind, Some(&fact)));
    let mut registry = Registry::default();
    registry.apply(&fact, NOW);
    Ok(())
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let who = WhoAnswersRequest {
        issue_type: "open_air_bbq".to_owned(),
        grid: "WS-KH-001".to_owned(),
        day: "2026-11-30".to_owned(),
    };
    let amendment = Amendment {
        issue_types: vec!["open_air_bbq".to_owned()],
        territory: "subdistrict_kaihua".to_owned(),
        leads: vec!["environment".to_owned()],
        cooperating: vec!["enforcement".to_owned()],
        responsible: vec!["subdistricts".to_owned()],
        basis: "NT-1.2".to_owned(),
        from: "2026-12-01".to_owned(),
        precedent_case: case_id(),
        ..Amendment::default()
    };
    let propose = ProposeAmendmentRequest { command: command(), amendment: Some(amendment) };
    let amendment_id = format!("A{}", case_id());
    let reject = RejectAmendmentRequest {
        command: command(),
        amendment_id: amendment_id.clone(),
        reason: reason(),
    };
    let list = ListAmendmentsRequest {
        state: 2,
        issue_type: "open_air_bbq".to_owned(),
        page: next_page(),
    };
    let hand_over = HandOverCasesRequest {
        command: command(),
        amendment_id,
        case_ids: vec![case_id()],
        lead: "environment".to_owned(),
        is_preview: false,
        digest: "ab".repeat(32),
    };
    vec![
        seed("WhoAnswers", &who),
        seed("ProposeAmendment", &propose),
        seed("RejectAmendment", &reject),
        seed("ListAmendments", &list),
        seed("HandOverCases", &hand_over),
    ]
}
