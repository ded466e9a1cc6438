//! What the gateway shows of stops, and what the office decides: who sees what, what is flagged, what
//! counts from whom, and that a penalty that is set aside counts for no credit.

use domain::{
    credit::{Fact as Credit, Violation, ViolationId},
    inspection::{About, End, Fact as Said, Found, Opened, Outcome, Seized, SeizureId},
    rejection::Rejection,
};
use kit::client::Channel;
use proto::{
    credit_wire::{GetScoreRequest, ViolationState, credit_service_client::CreditServiceClient},
    inspection_wire::{
        AssignFindingRequest, ChoosePenaltyRequest, DecisionRef, FindingState,
        GetInspectionRequest, GetSeizureRequest, Inspection, ListFlagsRequest,
        ListInspectionsRequest, ListSeizuresRequest, SeizureEnd,
        inspection_service_client::InspectionServiceClient,
    },
};

use super::{credit::start, world::World, *};

const OFFICE: &str = "office/leading_group_office";
const ENFORCEMENT: &str = "unit/enforcement";
const POLICE: &str = "unit/public_security";

fn found(code: &str, fact: &str) -> Found {
    Found {
        code: code.parse().unwrap(),
        fact: fact.parse().unwrap(),
        at: NOW,
        text: "seen".into(),
        evidence: vec![],
    }
}

fn stop(id: &str, findings: Vec<Found>) -> Opened {
    Opened {
        id: id.parse().unwrap(),
        unit: "enforcement".parse().unwrap(),
        person: "p-1".parse().unwrap(),
        vehicle: None,
        place: "gate".into(),
        at: NOW,
        operation: None,
        findings,
    }
}

fn penalty(id: &str, finding: u32, unit: &str, decision: &str) -> Said {
    let outcome =
        Outcome::Penalty { decision: decision.parse().unwrap(), kind: "fine".into(), fen: 1 };
    let (id, unit, person) = (id.parse().unwrap(), unit.parse().unwrap(), "p-2".parse().unwrap());
    Said::Settled { id, finding, unit, person, outcome }
}

fn charged(unit: &str, code: &str, decision: &str, fact: &str) -> Credit {
    Credit::Confirmed(Violation {
        id: ViolationId { unit: unit.parse().unwrap(), decision: decision.parse().unwrap() },
        code: code.parse().unwrap(),
        fact: fact.parse().unwrap(),
        person: "p-2".parse().unwrap(),
        at: NOW,
        points: 4,
    })
}

impl World {
    async fn found(&mut self, running: &Running, said: &[(&str, Said)]) {
        let write = |(source, said): &(&str, Said)| {
            let (kind, body) = proto::inspection::write(said);
            self.wrote(source, "inspection/wenshan/hauler-1", kind, body)
        };
        let received = said.iter().map(write).collect();
        running.gateway.store().receive(received).await.unwrap();
    }

    async fn charges(&mut self, running: &Running, source: &str, said: &Credit) {
        let (kind, body) = proto::credit::write(said);
        let received = vec![self.wrote(source, "credit/wenshan/hauler-1", kind, body)];
        running.gateway.store().receive(received).await.unwrap();
    }
}

impl Running {
    fn stops(&self, party: &str) -> InspectionServiceClient<Channel> {
        InspectionServiceClient::new(self.channel(party))
    }

    async fn inspection(&self, party: &str, id: &str) -> Result<Inspection, Rejection> {
        let request = GetInspectionRequest { inspection_id: id.into() };
        let answer = self.stops(party).get_inspection(request).await.map_err(refused)?;
        Ok(answer.into_inner().inspection.unwrap())
    }

    async fn listed(&self, party: &str, is_open: bool) -> Vec<String> {
        let request = ListInspectionsRequest { page: None, is_open };
        let answer = self.stops(party).list_inspections(request).await.unwrap().into_inner();
        answer.inspections.into_iter().map(|one| one.inspection_id).collect()
    }

    /// How many findings each flag has.
    async fn flags(&self) -> Vec<usize> {
        let answer = self.stops(OFFICE).list_flags(ListFlagsRequest::default()).await.unwrap();
        answer.into_inner().flags.iter().map(|flag| flag.findings.len()).collect()
    }

    async fn assign(&self, request: &str, finding: u32, unit: &str) -> Result<(), Rejection> {
        let request = AssignFindingRequest {
            command: command(request),
            inspection_id: "i-1".into(),
            finding,
            unit: unit.into(),
            reason: "it is nearest".into(),
        };
        self.stops(OFFICE).assign_finding(request).await.map(drop).map_err(refused)
    }

    async fn choose(&self, request: &str, fact: &str, by: &str) -> Result<(), Rejection> {
        let (unit, decision) = by.split_once('/').unwrap();
        let stands = DecisionRef { unit: unit.into(), decision: decision.into() };
        let request = ChoosePenaltyRequest {
            command: command(request),
            object: "hauler-1".into(),
            fact: fact.into(),
            stands: Some(stands),
            reason: "it saw it first".into(),
        };
        self.stops(OFFICE).choose_penalty(request).await.map(drop).map_err(refused)
    }
}

fn states(stop: &Inspection) -> Vec<FindingState> {
    stop.findings.iter().map(proto::inspection_wire::Finding::state).collect()
}

#[tokio::test]
async fn a_stop_shows_what_is_pending_and_is_closed_when_all_of_it_is() {
    let running = start().await;
    let mut world = World::default();
    assert_eq!(running.inspection(OFFICE, "i-1").await.unwrap_err().reason, "UNKNOWN_INSPECTION");
    let findings = vec![found("mud_on_road", "f-1"), found("speeding", "f-2")];
    let opened = Said::Opened(stop("i-1", findings));
    let beyond = penalty("i-1", 2, "enforcement", "d-9");
    world.found(&running, &[(POLICE, opened.clone())]).await;
    assert!(running.listed(OFFICE, false).await.is_empty(), "another's word");
    world.found(&running, &[(ENFORCEMENT, opened), (ENFORCEMENT, beyond)]).await;
    let seen = running.inspection(ENFORCEMENT, "i-1").await.unwrap();
    assert_eq!(states(&seen), [FindingState::Pending; 2], "a decision beyond its power");
    let refused = running.inspection("unit/transport", "i-1").await.unwrap_err();
    assert_eq!((&*refused.reason, &*refused.field), ("NOT_A_READER", "inspection_id"));
    assert!(running.listed("unit/transport", false).await.is_empty());
    assert_eq!(running.listed(POLICE, true).await, ["i-1"]);
    world.found(&running, &[(ENFORCEMENT, penalty("i-1", 1, "enforcement", "d-1"))]).await;
    assert_eq!(running.inspection(POLICE, "i-1").await.unwrap().open, 1);
    world.found(&running, &[(POLICE, penalty("i-1", 2, "public_security", "d-1"))]).await;
    let seen = running.inspection(POLICE, "i-1").await.unwrap();
    assert!(seen.open == 0 && seen.closed_at_ms > 0);
    assert!(running.listed(POLICE, true).await.is_empty());
    let again = Said::Opened(stop("i-1", vec![found("mud_on_road", "f-9")]));
    let (kind, body) = proto::inspection::write(&again);
    let other = world.wrote(ENFORCEMENT, "inspection/wenshan/hauler-2", kind, body);
    running.gateway.store().receive(vec![other]).await.unwrap();
    assert_eq!(running.listed(OFFICE, false).await, ["i-1"]);
    assert_eq!(running.inspection(POLICE, "i-1").await.unwrap().object, "hauler-1", "it stays");
}

#[tokio::test]
async fn what_is_nobodys_waits_for_the_office_and_goes_where_it_says() {
    let running = start().await;
    let mut world = World::default();
    let opened = Said::Opened(stop("i-1", vec![found("odd", "f-1")]));
    world.found(&running, &[(ENFORCEMENT, opened)]).await;
    assert_eq!(running.flags().await, [1]);
    assert_eq!(running.assign("a", 2, "transport").await.unwrap_err().reason, "UNKNOWN_FINDING");
    assert_eq!(running.assign("b", 1, "media").await.unwrap_err().reason, "UNKNOWN_UNIT");
    running.assign("c", 1, "transport").await.unwrap();
    running.assign("c", 1, "transport").await.unwrap();
    assert_eq!(running.assign("d", 1, "housing").await.unwrap_err().reason, "UNDER_WAY");
    world.echo(&running).await;
    assert!(running.flags().await.is_empty());
    let seen = running.inspection("unit/transport", "i-1").await.unwrap();
    assert_eq!((&*seen.findings[0].owner, &*seen.findings[0].note), ("transport", "it is nearest"));
    assert_eq!(running.assign("e", 1, "housing").await.unwrap_err().reason, "HAS_AN_OWNER");
}

#[tokio::test]
async fn the_office_says_which_of_two_penalties_stands_and_the_other_counts_for_no_credit() {
    let running = start().await;
    let mut world = World::default();
    let findings = vec![found("mud_on_road", "f-1"), found("speeding", "f-1")];
    world
        .found(
            &running,
            &[
                (ENFORCEMENT, Said::Opened(stop("i-1", findings))),
                (ENFORCEMENT, penalty("i-1", 1, "enforcement", "d-1")),
                (POLICE, penalty("i-1", 2, "public_security", "d-2")),
            ],
        )
        .await;
    let first = charged("enforcement", "mud_on_road", "d-1", "f-1");
    let second = charged("public_security", "speeding", "d-2", "f-1");
    world.charges(&running, ENFORCEMENT, &first).await;
    world.charges(&running, POLICE, &second).await;
    assert_eq!(running.flags().await, [2]);
    let seen = running.inspection(OFFICE, "i-1").await.unwrap();
    assert_eq!(states(&seen), [FindingState::Penalized, FindingState::Double]);
    let none = running.choose("a", "f-9", "enforcement/d-1").await.unwrap_err();
    assert_eq!(none.reason, "NOT_A_DOUBLE");
    let wrong = running.choose("b", "f-1", "enforcement/d-2").await.unwrap_err();
    assert_eq!((&*wrong.reason, &*wrong.field), ("UNKNOWN_DECISION", "stands"));
    running.choose("c", "f-1", "public_security/d-2").await.unwrap();
    let late = running.choose("d", "f-1", "enforcement/d-1").await.unwrap_err();
    assert_eq!(late.reason, "UNDER_WAY");
    world.echo(&running).await;
    let seen = running.inspection(OFFICE, "i-1").await.unwrap();
    assert_eq!(states(&seen), [FindingState::SetAside, FindingState::Penalized]);
    assert!(seen.closed_at_ms > 0 && running.flags().await.is_empty());
    let request = GetScoreRequest { object: "hauler-1".into() };
    let mut credits = CreditServiceClient::new(running.channel(OFFICE));
    let score = credits.get_score(request).await.unwrap().into_inner().score.unwrap();
    let counted: Vec<_> = score.violations.iter().map(|one| one.state()).collect();
    assert_eq!(counted, [ViolationState::Revoked, ViolationState::Charged]);
}

#[tokio::test]
async fn a_seizure_is_shown_to_whom_it_concerns_also_when_it_is_over() {
    let running = start().await;
    let mut world = World::default();
    let id = || SeizureId { unit: "public_security".parse().unwrap(), number: 1 };
    let seized = Said::Seized(Seized {
        id: id(),
        person: "p-2".parse().unwrap(),
        vehicle: "v-1".parse().unwrap(),
        kind: "三轮车".into(),
        place: "yard".into(),
        at: NOW,
        reason: "no plate".into(),
        about: About::Case("20261122-7QK3M9ZT".parse().unwrap()),
    });
    let (end, person) = (End::Disposed, "p-2".parse().unwrap());
    let ended = Said::Ended { id: id(), end, person, reason: "scrapped by order 7".into() };
    world.found(&running, &[(POLICE, seized), (ENFORCEMENT, ended.clone())]).await;
    let show = async |party: &str| {
        let request = GetSeizureRequest { seizure: "public_security/1".into() };
        let answer = running.stops(party).get_seizure(request).await.map_err(refused);
        answer.map(|answer| answer.into_inner().seizure.unwrap())
    };
    assert_eq!(show(POLICE).await.unwrap().end(), SeizureEnd::Unspecified, "not another's word");
    world.found(&running, &[(POLICE, ended)]).await;
    let shown = show(OFFICE).await.unwrap();
    assert_eq!((shown.end(), &*shown.ended_reason), (SeizureEnd::Disposed, "scrapped by order 7"));
    assert_eq!(show(ENFORCEMENT).await.unwrap_err().reason, "NOT_A_READER");
    let count = async |party: &str| {
        let listed = running.stops(party).list_seizures(ListSeizuresRequest::default()).await;
        listed.unwrap().into_inner().seizures.len()
    };
    assert_eq!((count(OFFICE).await, count(POLICE).await, count(ENFORCEMENT).await), (1, 1, 0));
}
