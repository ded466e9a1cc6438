//! The desk of a unit with an enforcement decision: what it drafts and says, and whom it believes.

use domain::{
    decision::{By, Classed, Draft as Drafted, Fact as Said, Verdict, terms},
    id::PersonId,
    inspection::{Fact as Finding, Found, Opened},
};
use proto::decision::{
    CallPolice, Decision, DecisionStage, Draft, DraftDecisionRequest, File, Issue,
    ListProceduresRequest, ProceedWithDecisionRequest,
    procedure_service_client::ProcedureServiceClient, proceed_with_decision_request::Word,
};

use proto::inspection_wire::{
    Outcome, Penalty, SettleFindingRequest, finding_service_client::FindingServiceClient,
    outcome::Outcome as How,
};

use super::*;

type Client = ProcedureServiceClient<Channel>;

impl Running {
    fn procedures(&self, town: &Town, unit: &str) -> Client {
        ProcedureServiceClient::new(self.channel(town, &format!("unit/{unit}")))
    }

    /// Something about a decision comes to the mailbox of a unit.
    async fn hears_of(&self, source: &str, unit: &str, (number, id): (u64, &str), said: &Said) {
        let actor = said.by().map(|by| by.person.clone());
        let subject = format!("decision/wenshan/{id}");
        let said = proto::decree::write(said);
        self.hears_about((source, actor), unit, (number, subject), said).await;
    }

    async fn hears_about(
        &self,
        (source, actor): (&str, Option<PersonId>),
        unit: &str,
        (number, subject): (u64, String),
        (kind, body): (String, Vec<u8>),
    ) {
        let envelope = Envelope {
            id: format!("decision/{number}").parse().unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject,
            time: NOW,
            recipient: Some(format!("unit/{unit}").parse().unwrap()),
            number,
            actor,
            on_behalf_of: None,
            traceparent: Some(TRACE.into()),
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        };
        let received = Received {
            accepted_at_ms: NOW.0,
            envelope: Some(proto::envelope::to_wire(&envelope)),
            ..Received::default()
        };
        self.stores[unit].receive(vec![received]).await.unwrap();
    }
}

fn draft() -> Draft {
    let piece = proto::case::Evidence {
        digest: format!("sha256:{}", "07".repeat(32)),
        size: 9,
        kind: "photo".into(),
        media_type: "image/jpeg".into(),
    };
    Draft {
        kind: "demolition".into(),
        issue_type: "new_illegal_construction".into(),
        grid: "WS-KH-001".into(),
        object: "Zhang San".into(),
        nature: "a shed".into(),
        area_m2: 40,
        file: Some(File { text: "found on day one".into(), evidence: vec![piece] }),
        joint: vec!["housing".into()],
        ..Draft::default()
    }
}

async fn listed(client: &mut Client, is_waiting: bool) -> Vec<Decision> {
    let request = ListProceduresRequest { page: None, is_waiting };
    client.list_procedures(request).await.unwrap().into_inner().decisions
}

async fn say(client: &mut Client, act: &str, id: &str, word: Word) -> Result<Decision, Status> {
    let (command, decision_id) = (asks(act), id.into());
    let request = ProceedWithDecisionRequest { command, decision_id, word: Some(word) };
    Ok(client.proceed_with_decision(request).await?.into_inner().decision.unwrap())
}

/// The gates of what this unit has drafted.
fn gates(shown: &Decision) -> (Box<Classed>, Drafted) {
    let city = wenshan();
    let mut wire = shown.draft.clone().unwrap();
    wire.by = Some(proto::decision::By { unit: "enforcement".into(), person: "li.na".into() });
    let draft = proto::decree::draft_in(wire).unwrap();
    let terms = terms(&city, "", &draft).unwrap();
    (Box::new(Classed { draft: draft.clone(), terms }), draft)
}

#[tokio::test]
async fn a_unit_drafts_while_there_is_no_bus_and_believes_the_worker_and_the_reviewer_only() {
    let town = Town::new();
    let host = town.start(&["enforcement", "housing"]).await;
    let mut desk = host.procedures(&town, "enforcement");
    let request = DraftDecisionRequest { command: asks("draft"), draft: Some(draft()) };
    let drafted = desk.draft_decision(request.clone()).await.unwrap().into_inner();
    let drafted = drafted.decision.unwrap();
    let again = desk.draft_decision(request).await.unwrap().into_inner().decision.unwrap();
    assert_eq!(again, drafted, "a repeat gets the first answer");
    let id = drafted.decision_id.as_str();
    assert!(id.starts_with("enforcement-"), "{id}");
    assert_eq!(drafted.draft.clone().unwrap().by.unwrap().person, "li.na", "who asks");
    let no = say(&mut desk, "early", id, Word::Issue(Issue {})).await.unwrap_err();
    assert_eq!(reason(&no), "NOT_CLASSED_YET");

    let (classed, _) = gates(&drafted);
    let mut easy = classed.clone();
    (easy.terms.is_major, easy.terms.reviewer) = (false, None);
    host.hears_of("unit/housing", "enforcement", (1, id), &Said::Classed(easy)).await;
    assert_eq!(listed(&mut desk, false).await[0].stage(), DecisionStage::Drafted);
    host.hears_of("service/worker", "enforcement", (2, id), &Said::Classed(classed.clone())).await;
    assert_eq!(listed(&mut desk, false).await[0].stage(), DecisionStage::InReview);
    let approve = |unit: &str| Said::Reviewed {
        by: By { unit: unit.parse().unwrap(), person: "wu.jun".parse().unwrap() },
        verdict: Verdict::Approve,
        reason: String::new(),
    };
    host.hears_of("unit/housing", "enforcement", (3, id), &approve("justice")).await;
    host.hears_of("unit/housing", "enforcement", (4, id), &approve("housing")).await;
    let no = say(&mut desk, "early", id, Word::Issue(Issue {})).await.unwrap_err();
    assert_eq!(reason(&no), "REVIEW_NEEDED");
    host.hears_of("unit/justice", "enforcement", (5, id), &approve("justice")).await;
    assert_eq!(listed(&mut desk, true).await.len(), 1, "it waits for the handler");
    say(&mut desk, "issue", id, Word::Issue(Issue {})).await.unwrap();

    let sent = host.waiting("enforcement");
    let to: Vec<String> = sent
        .iter()
        .map(|one| one.recipient.as_ref().map(ToString::to_string).unwrap_or_default())
        .collect();
    assert_eq!(to, ["", "", "unit/housing", "unit/justice"], "the draft, and what was issued");
    assert!(listed(&mut host.procedures(&town, "housing"), false).await.is_empty());
    host.end().await;
}

/// What the office says of a finding that is in nobody's power: it is enforcement's.
fn assigned() -> Finding {
    let found = Found {
        code: "new_shed".parse().unwrap(),
        fact: "shed-1".parse().unwrap(),
        at: NOW,
        text: "a shed".into(),
        evidence: vec![],
    };
    let opened = Opened {
        id: "I-housing-1".parse().unwrap(),
        unit: "housing".parse().unwrap(),
        person: "li.na".parse().unwrap(),
        vehicle: None,
        place: "the yard".into(),
        at: NOW,
        operation: None,
        findings: vec![found],
    };
    Finding::Assigned {
        opened,
        finding: 1,
        unit: "enforcement".parse().unwrap(),
        person: "li.na".parse().unwrap(),
        reason: "it builds".into(),
    }
}

#[tokio::test]
async fn a_penalty_under_a_decision_counts_only_when_that_is_issued() {
    let town = Town::new();
    let host = town.start(&["enforcement"]).await;
    let mut desk = host.procedures(&town, "enforcement");
    let request = DraftDecisionRequest { command: asks("draft"), draft: Some(draft()) };
    let drafted = desk.draft_decision(request).await.unwrap().into_inner().decision.unwrap();
    let id = drafted.decision_id.as_str();
    let (classed, _) = gates(&drafted);
    host.hears_of("service/worker", "enforcement", (1, id), &Said::Classed(classed)).await;
    let subject = "inspection/wenshan/zhang-san".to_owned();
    let of_office = proto::inspection::write(&assigned());
    let gateway = ("service/gateway", Some("li.na".parse().unwrap()));
    host.hears_about(gateway, "enforcement", (2, subject), of_office).await;

    let mut findings = FindingServiceClient::new(host.channel(&town, "unit/enforcement"));
    let mut settle = async |command: &str| {
        let penalty = Penalty { decision: id.into(), kind: "罚款".into(), fen: 100 };
        findings
            .settle_finding(SettleFindingRequest {
                command: asks(command),
                inspection_id: "I-housing-1".into(),
                finding: 1,
                outcome: Some(Outcome { outcome: Some(How::Penalty(penalty)) }),
            })
            .await
    };
    assert_eq!(reason(&settle("early").await.unwrap_err()), "NOT_ISSUED");
    let approved = Said::Reviewed {
        by: By { unit: "justice".parse().unwrap(), person: "wu.jun".parse().unwrap() },
        verdict: Verdict::Approve,
        reason: String::new(),
    };
    host.hears_of("unit/justice", "enforcement", (1, id), &approved).await;
    say(&mut desk, "issue", id, Word::Issue(Issue {})).await.unwrap();
    settle("issued").await.unwrap();
    host.end().await;
}

#[tokio::test]
async fn a_call_for_the_police_goes_out_before_the_word_and_overtakes() {
    let town = Town::new();
    let host = town.start(&["enforcement"]).await;
    let mut desk = host.procedures(&town, "enforcement");
    let request = DraftDecisionRequest { command: asks("draft"), draft: Some(draft()) };
    let drafted = desk.draft_decision(request).await.unwrap().into_inner().decision.unwrap();
    let id = drafted.decision_id.as_str();
    let (classed, _) = gates(&drafted);
    host.hears_of("service/worker", "enforcement", (1, id), &Said::Classed(classed)).await;
    let call = Word::CallPolice(CallPolice { text: "stones fly".into() });
    let paused = say(&mut desk, "call", id, call).await.unwrap();
    assert!(paused.paused_by.contains("call 1 for the police"), "{}", paused.paused_by);
    assert_eq!(listed(&mut desk, false).await[0].calls.len(), 1, "once");
    let sent = host.waiting("enforcement");
    let urgent = sent.iter().find(|one| one.priority == u8::MAX).unwrap();
    assert!(urgent.subject.starts_with("notice/wenshan/"), "{}", urgent.subject);
    let police = "unit/public_security".parse().unwrap();
    assert_eq!(urgent.recipient, Some(police));
    let told = sent.iter().filter(|one| one.kind.ends_with("OfficersObstructed")).count();
    assert_eq!(told, 4, "the record, who joins, who reviews, the police");
    host.end().await;
}
