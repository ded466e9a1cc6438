//! Enforcement decisions and words about them, through the code by which their handlers read them.

use domain::rejection::Rejection;
use kit::page;
use proto::{
    case::Evidence,
    decision::{
        By, Draft, DraftDecisionRequest, File, GetDecisionRequest, ListDecisionsRequest,
        ListProceduresRequest, ListPublicationsRequest, ProceedWithDecisionRequest, Review,
        ReviewVerdict, SuperviseDecisionRequest, proceed_with_decision_request::Word,
    },
};

use super::{Read, command, decoded, party, reason, seed};

pub(super) const METHODS: [(&str, Read); 7] = [
    ("GetDecision", get_decision),
    ("ListDecisions", list_decisions),
    ("SuperviseDecision", supervise),
    ("ListPublications", list_publications),
    ("ListProcedures", list_procedures),
    ("DraftDecision", draft_decision),
    ("ProceedWithDecision", proceed),
];

fn get_decision(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetDecisionRequest>(bytes, |request| {
        gateway::asking::decision_id(request.decision_id).map(drop)
    })
}

fn list_decisions(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListDecisionsRequest>(bytes, |request| page::wanted(request.page).map(drop))
}

fn list_publications(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListPublicationsRequest>(bytes, |request| page::wanted(request.page).map(drop))
}

fn list_procedures(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListProceduresRequest>(bytes, |request| page::wanted(request.page).map(drop))
}

fn supervise(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<SuperviseDecisionRequest>(bytes, |request| {
        gateway::asking::by(party("office/leading_group_office"), request.command.clone())?;
        gateway::asking::supervision(request).map(drop)
    })
}

fn draft_decision(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<DraftDecisionRequest>(bytes, |request| {
        let command = request.command.clone();
        let word =
            unit::asking::word(party("unit/enforcement"), "DraftDecision", command, &request)?;
        let unit = "enforcement".parse().map_err(|_| Rejection::conflict("UNIT", "no unit"))?;
        unit::asking::draft(request, (&unit, &word.person)).map(drop)
    })
}

fn proceed(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ProceedWithDecisionRequest>(bytes, |request| {
        let command = request.command.clone();
        unit::asking::word(party("unit/justice"), "ProceedWithDecision", command, &request)?;
        unit::asking::proceeding(request).map(drop)
    })
}

fn file() -> File {
    let piece = Evidence {
        digest: format!("sha256:{}", "07".repeat(32)),
        size: 9,
        kind: "photo".to_owned(),
        media_type: "image/jpeg".to_owned(),
    };
    File { text: reason(), evidence: vec![piece] }
}

fn drafted() -> DraftDecisionRequest {
    let draft = Draft {
        by: Some(By::default()),
        kind: "demolition".to_owned(),
        about: "case/1".to_owned(),
        issue_type: "new_illegal_construction".to_owned(),
        grid: "WS-KH-001".to_owned(),
        object: reason(),
        nature: reason(),
        area_m2: 40,
        file: Some(file()),
        amount: 0,
        joint: vec!["housing".to_owned()],
        follows: String::new(),
    };
    DraftDecisionRequest { command: command(), draft: Some(draft) }
}

fn said(word: Word) -> ProceedWithDecisionRequest {
    let decision_id = "enforcement-57".to_owned();
    ProceedWithDecisionRequest { command: command(), decision_id, word: Some(word) }
}

/// A good request of each that people use.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let review = Review { verdict: ReviewVerdict::Return.into(), reason: reason() };
    let supervision = SuperviseDecisionRequest {
        command: command(),
        decision_id: "enforcement-57".to_owned(),
        text: reason(),
    };
    vec![
        seed("DraftDecision", &drafted()),
        seed("ProceedWithDecision", &said(Word::Review(review))),
        seed("SuperviseDecision", &supervision),
    ]
}
