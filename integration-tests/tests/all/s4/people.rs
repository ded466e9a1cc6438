//! The people of the checkpoint: who stops the truck, who settles, and the office that looks on.

use std::sync::LazyLock;

use kit::clock::Clock;
use proto::{
    credit_wire::{GetScoreRequest, Score, credit_service_client::CreditServiceClient},
    inspection_wire::{
        DecisionRef, Finding, FindingState, Found, GetInspectionRequest, Inspection,
        ListFindingsRequest, OpenInspectionRequest, Outcome, Penalty, RevokeFindingRequest,
        SettleFindingRequest, finding_service_client::FindingServiceClient,
        inspection_service_client::InspectionServiceClient, outcome::Outcome as How,
    },
};
use tonic::Status;

use crate::{
    city::City,
    people::{another, command},
    s1::stage::until,
};

/// 城管.
pub const ENFORCEMENT: &str = "enforcement";
/// 市交警, a part of 市公安局, which has the desk.
pub const POLICE: &str = "public_security";
/// Who looks on and decides what no unit can.
pub const OFFICE: &str = "office/command_hq_office";
/// The hauling company.
pub const TRUCKS: &str = "hauler-9";

/// One moment for a whole run: what is said again is the same.
static NOW: LazyLock<i64> = LazyLock::new(|| Clock::system().now().0);

/// The six findings of the story, three for each unit.
pub const SIX: [(&str, &str); 6] = [
    ("no_approval", ENFORCEMENT),
    ("unsealed_load", ENFORCEMENT),
    ("mud_on_road", ENFORCEMENT),
    ("plate_covered", POLICE),
    ("red_light", POLICE),
    ("speeding", POLICE),
];

fn desk(city: &City, unit: &str) -> FindingServiceClient<kit::client::Channel> {
    FindingServiceClient::new(city.line(&format!("unit/{unit}"), &["units", unit]))
}

/// The gateway, as a party.
pub fn gate(city: &City, party: &str) -> InspectionServiceClient<kit::client::Channel> {
    InspectionServiceClient::new(city.line(party, &["gateway"]))
}

/// A unit stops the company's truck and says what it has found: kinds, and the facts.
pub async fn stops(
    city: &City,
    unit: &str,
    act: &str,
    findings: &[(&str, &str)],
) -> Result<Inspection, Status> {
    let now = *NOW;
    let found = |(code, fact): &(&str, &str)| Found {
        code: (*code).into(),
        fact: (*fact).into(),
        at_ms: now - 60_000,
        text: "seen at the checkpoint".into(),
        evidence: vec![],
    };
    let request = OpenInspectionRequest {
        command: command("p.officer", act),
        object: TRUCKS.into(),
        vehicle: "YA-12345".into(),
        place: "the east checkpoint".into(),
        at_ms: now - 60_000,
        operation_id: String::new(),
        findings: findings.iter().map(found).collect(),
    };
    let answer = desk(city, unit).open_inspection(request).await?;
    Ok(answer.into_inner().inspection.unwrap())
}

/// A unit punishes a finding.
pub async fn punishes(
    city: &City,
    unit: &str,
    (id, finding): (&str, u32),
    decision: &str,
) -> Result<Finding, Status> {
    let (decision, kind) = (decision.to_owned(), "罚款".to_owned());
    let penalty = How::Penalty(Penalty { decision, kind, fen: 50_000 });
    let request = SettleFindingRequest {
        command: another("p.officer"),
        inspection_id: id.into(),
        finding,
        outcome: Some(Outcome { outcome: Some(penalty) }),
    };
    Ok(desk(city, unit).settle_finding(request).await?.into_inner().finding.unwrap())
}

/// A unit takes back what it has settled.
pub async fn takes_back(city: &City, unit: &str, (id, finding): (&str, u32)) {
    let request = RevokeFindingRequest {
        command: another("p.officer"),
        inspection_id: id.into(),
        finding,
        reason: "another truck of the same colour".into(),
    };
    desk(city, unit).revoke_finding(request).await.unwrap();
}

/// What a unit has still to settle, when it is so many.
pub async fn pending(city: &City, unit: &str, count: usize) -> Vec<Finding> {
    let look = async || {
        let request = ListFindingsRequest { page: None, is_pending: true };
        let listed = desk(city, unit).list_findings(request).await;
        listed.map(|listed| listed.into_inner().findings).unwrap_or_default()
    };
    until("they are on its desk", look, |found| found.len() == count).await
}

/// A stop as the office sees it, when it is so.
pub async fn seen(
    city: &City,
    id: &str,
    what: &str,
    is_so: impl Fn(&Inspection) -> bool,
) -> Inspection {
    let look = async || {
        let request = GetInspectionRequest { inspection_id: id.into() };
        let found = gate(city, OFFICE).get_inspection(request).await;
        found.ok().and_then(|found| found.into_inner().inspection)
    };
    until(what, look, |one| one.as_ref().is_some_and(&is_so)).await.unwrap()
}

/// How its findings stand.
pub fn states(one: &Inspection) -> Vec<FindingState> {
    one.findings.iter().map(Finding::state).collect()
}

/// The score of the company, when it is so.
pub async fn score(city: &City, what: &str, is_so: impl Fn(&Score) -> bool) -> Score {
    let look = async || {
        let line = city.line(OFFICE, &["gateway"]);
        let request = GetScoreRequest { object: TRUCKS.into() };
        let found = CreditServiceClient::new(line).get_score(request).await;
        found.ok().and_then(|found| found.into_inner().score)
    };
    until(what, look, |score| score.as_ref().is_some_and(&is_so)).await.unwrap()
}

/// A decision of a unit.
pub fn decision(unit: &str, number: &str) -> Option<DecisionRef> {
    Some(DecisionRef { unit: unit.into(), decision: number.into() })
}
