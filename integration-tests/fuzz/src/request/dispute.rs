//! Requests about whose matter a case is and about danger, through the code by which their handlers
//! read them.

use domain::rejection::Rejection;
use kit::page;
use proto::{
    case::Severity,
    page::Page,
    unit::{
        ContestRulingRequest, GiveOpinionRequest, ListDisputesRequest,
        RaiseSeverityRequest as RaiseAtDesk, RequestPoliceAssistRequest, RetypeTaskRequest,
    },
    whistle::{ListAgendaRequest, ListPrecedentsRequest, RaiseSeverityRequest, RuleDisputeRequest},
};

use super::{Read, act, case_id, city, command, decoded, next_page, party, photo, reason, seed};

pub(super) const METHODS: [(&str, Read); 10] = [
    ("RetypeTask", act::<RetypeTaskRequest>),
    ("ContestRuling", act::<ContestRulingRequest>),
    ("RaiseSeverityAtDesk", act::<RaiseAtDesk>),
    ("GiveOpinion", give_opinion),
    ("ListDisputes", list_disputes),
    ("RequestPoliceAssist", request_police_assist),
    ("RuleDispute", rule),
    ("RaiseSeverity", worsen),
    ("ListAgenda", list_agenda),
    ("ListPrecedents", list_precedents),
];

fn give_opinion(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GiveOpinionRequest>(bytes, |request| {
        let caller = party("unit/housing");
        let word = unit::asking::word(caller, "GiveOpinion", request.command.clone(), &request)?;
        unit::asking::opinion(request, word.person, String::new()).map(drop)
    })
}

fn request_police_assist(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<RequestPoliceAssistRequest>(bytes, |request| {
        let caller = party("unit/housing");
        let word =
            unit::asking::word(caller, "RequestPoliceAssist", request.command.clone(), &request)?;
        let police = city().police.clone();
        unit::asking::assistance(request, police, word.person, String::new()).map(drop)
    })
}

fn pages(page: Option<Page>) -> Result<(), Rejection> {
    page::wanted(page).map(drop)
}

fn list_disputes(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListDisputesRequest>(bytes, |request| unit::asking::disputes(request).map(drop))
}

fn list_agenda(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListAgendaRequest>(bytes, |request| pages(request.page))
}

fn list_precedents(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListPrecedentsRequest>(bytes, |request| {
        let issue_type = gateway::asking::issue_type(request.issue_type)?;
        domain::routing::check_issue(city(), &issue_type)?;
        pages(request.page)
    })
}

fn rule(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<RuleDisputeRequest>(bytes, |request| gateway::asking::rule(request).map(drop))
}

fn worsen(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<RaiseSeverityRequest>(bytes, |request| {
        gateway::asking::worsen(request, |_| None).map(drop)
    })
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let retype = RetypeTaskRequest {
        command: command(),
        case_id: case_id(),
        issue_type: "noise".to_owned(),
        reason: reason(),
        grid: "WS-WL-001".to_owned(),
    };
    let opinion = GiveOpinionRequest {
        command: command(),
        case_id: case_id(),
        text: "属小区内违法建筑".to_owned(),
        named_unit: "natural_resources".to_owned(),
    };
    let rule = RuleDisputeRequest {
        command: command(),
        case_id: case_id(),
        lead: "housing".to_owned(),
        cooperating: vec!["enforcement".to_owned()],
        reason: reason(),
    };
    let worsen = RaiseSeverityRequest {
        command: command(),
        case_id: case_id(),
        severity: Severity::Emergency.into(),
        reason: "燃气泄漏".to_owned(),
        evidence: vec![photo()],
    };
    let assist = RequestPoliceAssistRequest {
        command: command(),
        case_id: case_id(),
        text: "暴力抗法".to_owned(),
    };
    let precedents =
        ListPrecedentsRequest { issue_type: "pipeline_occupied".to_owned(), page: next_page() };
    vec![
        seed("RetypeTask", &retype),
        seed("GiveOpinion", &opinion),
        seed("RuleDispute", &rule),
        seed("RaiseSeverity", &worsen),
        seed("RequestPoliceAssist", &assist),
        seed("ListPrecedents", &precedents),
    ]
}
