//! What is said on the ladder, while it is on its way to the bus and when it is back.

use std::time::Duration;

use domain::case::{Dispute, Fact, Ladder};
use proto::{
    case::Rating,
    ledger::{CaseFilter, GroupBy},
    whistle::{
        AssignCaseRequest, CaseStage, ConfirmCaseRequest, DirectReportCondition as Unmet,
        DirectReportState as State, InstructUnitRequest, MergeCaseRequest,
        ReportToGovernmentRequest, UrgeCaseRequest, WithdrawCaseRequest,
    },
};

use super::{world::World, *};

const OFFICE: &str = "office/leading_group_office";
const GOVERNMENT: &str = "office/gov_city";
const SUBDISTRICT: &str = "unit/subdistrict_kaihua";

impl Running {
    async fn urge(&self, party: &str, act: &str, id: &str, whom: &str) -> Result<u32, Status> {
        let (case_id, whom, note) = (id.into(), whom.into(), "hurry".into());
        let request = UrgeCaseRequest { command: command(act), case_id, party: whom, note };
        Ok(self.client(party).urge_case(request).await?.into_inner().number)
    }

    async fn report(&self, act: &str, id: &str) -> Result<u32, Status> {
        let request = ReportToGovernmentRequest {
            command: command(act),
            case_id: id.into(),
            reason: "still there".into(),
            evidence: vec![self.photo("still there")],
        };
        Ok(self.client(DONGFENG).report_to_government(request).await?.into_inner().round)
    }

    async fn withdraw(&self, party: &str, act: &str, id: &str) -> Result<(), Status> {
        let (command, case_id) = (command(act), id.into());
        let request = WithdrawCaseRequest { command, case_id, reason: "an error".into() };
        self.client(party).withdraw_case(request).await.map(drop)
    }

    async fn instruct(&self, party: &str, act: &str, id: &str) -> Result<u32, Status> {
        let request = InstructUnitRequest {
            command: command(act),
            case_id: id.into(),
            lead: "housing".into(),
            cooperating: vec!["environment".into(), "housing".into()],
            within_ms: 60_000,
            text: "today".into(),
        };
        Ok(self.client(party).instruct_unit(request).await?.into_inner().round)
    }

    /// What would end a case, or give it to somebody else.
    async fn others(&self, id: &str, act: &str) -> Vec<String> {
        let rating = |unit: &str| Rating { unit: unit.into(), stars: 5, ..Rating::default() };
        let confirm = ConfirmCaseRequest {
            command: command(&format!("confirm/{act}")),
            case_id: id.into(),
            ratings: ["enforcement", "environment"].map(rating).into(),
        };
        let assign = AssignCaseRequest {
            command: command(&format!("assign/{act}")),
            case_id: id.into(),
            lead: "housing".into(),
            ..AssignCaseRequest::default()
        };
        let merge = MergeCaseRequest {
            command: command(&format!("merge/{act}")),
            case_id: id.into(),
            same_as: id.into(),
            note: String::new(),
        };
        let (community, office) = (self.client(DONGFENG), self.client(GOVERNMENT));
        vec![
            reason(community.clone().confirm_case(confirm).await.map(drop)),
            reason(office.clone().assign_case(assign).await.map(drop)),
            reason(community.clone().merge_case(merge).await.map(drop)),
            reason(self.withdraw(SUBDISTRICT, &format!("withdraw/{act}"), id).await),
        ]
    }
}

fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    status::rejection(&answer.unwrap_err()).reason
}

fn opened() -> Fact {
    let unit = "enforcement".parse().unwrap();
    Fact::Ladder(Ladder::RightOpened { round: 1, unit, due: NOW })
}

/// Called, and the right is open.
async fn late(running: &Running, world: &mut World) -> String {
    let id = running.raise(running.stall("w1")).await;
    world.echo(running).await;
    let worker = "service/worker";
    let called = ["enforcement", "environment"].map(|unit| (worker, world::called(1, unit)));
    world.tell(running, &id, &[(worker, world::routed(1, true))]).await;
    world.tell(running, &id, &called).await;
    world.tell(running, &id, &[(worker, opened())]).await;
    id
}

#[tokio::test]
async fn who_is_asked_whose_matter_it_is_is_told_that_somebody_is_instructed() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = late(&running, &mut world).await;
    let unit = |id: &str| id.parse().unwrap();
    let (lead, reason) = (unit("enforcement"), "not ours".to_owned());
    let refused = Fact::Refused { round: 1, unit: lead, reason, named_unit: None };
    let opened = Fact::Dispute(Dispute::Opened {
        round: 1,
        units: vec![unit("enforcement"), unit("transport"), unit("housing")],
        reason: "nobody wants it".into(),
        owner: OFFICE.parse().unwrap(),
        within_ms: 1,
    });
    let said = [("unit/enforcement", refused), ("service/worker", opened)];
    world.tell(&running, &id, &said).await;
    running.report("r1", &id).await.unwrap();
    world.echo(&running).await;
    running.instruct(GOVERNMENT, "i1", &id).await.unwrap();
    world.echo(&running).await;
    let history = running.history(GOVERNMENT, &id).await.unwrap();
    let said = history.iter().filter(|entry| entry.r#type.ends_with("GovernmentInstructed"));
    let told: Vec<&str> = said.map(|entry| entry.recipient.as_str()).collect();
    assert_eq!(told, ["", "unit/enforcement", "unit/transport"], "who is named is called");
}

#[tokio::test]
async fn a_report_on_its_way_to_the_bus_holds_everything_up_already() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = late(&running, &mut world).await;
    assert_eq!(reason(running.instruct(GOVERNMENT, "i0", &id).await), "NOT_REPORTED");
    assert_eq!(running.report("r1", &id).await.unwrap(), 1);
    assert_eq!(running.report("r1", &id).await.unwrap(), 1, "the same once more");
    let held = vec!["UNDER_DIRECT_REPORT".to_owned(); 4];
    assert_eq!(running.others(&id, "before").await, held);
    assert_eq!(reason(running.report("r2", &id).await), "UNDER_DIRECT_REPORT");
    assert_eq!(reason(running.instruct(GOVERNMENT, "i1", &id).await), "REPORT_ON_ITS_WAY");

    world.echo(&running).await;
    let direct = running.get(DONGFENG, &id).await.unwrap().direct_report.unwrap();
    assert_eq!((direct.state(), direct.against), (State::Reported, vec!["enforcement".to_owned()]));
    assert_eq!(running.others(&id, "after").await, held);
    assert_eq!(reason(running.instruct(OFFICE, "i2", &id).await), "NOT_THE_GOVERNMENT");
    assert_eq!(running.instruct(GOVERNMENT, "i3", &id).await.unwrap(), 2);
    // One decision for each round.
    assert_eq!(reason(running.instruct(GOVERNMENT, "i4", &id).await), "ALREADY_ANSWERED");
    world.echo(&running).await;

    // Who is named is called; who had a part and is not named is told.
    let history = running.history(GOVERNMENT, &id).await.unwrap();
    let said = history.iter().filter(|entry| entry.r#type.ends_with("GovernmentInstructed"));
    let told: Vec<&str> = said.map(|entry| entry.recipient.as_str()).collect();
    assert_eq!(told, ["", "unit/enforcement"]);

    let case = running.get(DONGFENG, &id).await.unwrap();
    assert_eq!(
        (case.round, case.stage(), case.owner.as_str()),
        (2, CaseStage::Called, "unit/housing")
    );
    let units: Vec<&str> = case.parts.iter().map(|part| part.unit.as_str()).collect();
    assert_eq!(units, ["environment", "housing"], "nobody twice");
    let direct = case.direct_report.unwrap();
    assert_eq!((direct.state(), direct.instruction.as_str()), (State::Answered, "today"));
    // It is answered and free again, but nobody ends what was reported without its being settled.
    let free = ["WRONG_STAGE", "WRONG_STAGE", "UNDER_DIRECT_REPORT", "UNDER_DIRECT_REPORT"];
    assert_eq!(running.others(&id, "answered").await, free);
}

#[tokio::test]
async fn urgings_by_hand_are_counted_each_for_itself_and_only_when_somebody_is_late() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = late(&running, &mut world).await;
    let lead = "unit/enforcement";
    assert_eq!(reason(running.urge(OFFICE, "u0", &id, lead).await), "NOT_LATE");
    assert_eq!(reason(running.urge(OFFICE, "u0", &id, "unit/housing").await), "NOTHING_OWED");
    // The limit to accept is two working hours.
    running.clock.advance(Duration::from_secs(3 * 24 * 3_600));
    for (number, party) in (1..).zip([OFFICE, GOVERNMENT, SUBDISTRICT]) {
        let act = format!("u{number}");
        assert_eq!(running.urge(party, &act, &id, lead).await.unwrap(), number, "{party}");
        assert_eq!(running.urge(party, &act, &id, lead).await.unwrap(), number, "once more");
    }
    for party in ["unit/subdistrict_wolong", "unit/enforcement", "office/housing", DONGFENG] {
        assert_eq!(reason(running.urge(party, "no", &id, lead).await), "NOT_THE_OFFICE", "{party}");
    }
    world.echo(&running).await;
    let case = running.get(OFFICE, &id).await.unwrap();
    let urgings: Vec<u32> = case.parts.iter().map(|part| part.urgings).collect();
    assert_eq!(urgings, [3, 0]);
    for number in 4..=50 {
        let urged = running.urge(OFFICE, &format!("u{number}"), &id, lead).await;
        assert_eq!(urged.unwrap(), number);
    }
    assert_eq!(reason(running.urge(OFFICE, "u51", &id, lead).await), "TOO_MANY_URGINGS");
}

#[tokio::test]
async fn our_own_outage_makes_nobody_late_for_who_urges_and_for_who_reports() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("w1")).await;
    world.echo(&running).await;
    let worker = "service/worker";
    let called = ["enforcement", "environment"].map(|unit| (worker, world::called(1, unit)));
    world.tell(&running, &id, &[(worker, world::routed(1, true))]).await;
    world.tell(&running, &id, &called).await;
    let days = |days: i64| Moment(NOW.0 + days * 24 * 3_600_000);
    running.clock.advance(Duration::from_secs(40 * 24 * 3_600));
    let outage = domain::outage::Outage { from: NOW, to: days(39) };
    let (kind, body) = proto::outage::write(&outage);
    let received = world.wrote(worker, "outage/wenshan", kind, body);
    let direct = running.get(DONGFENG, &id).await.unwrap().direct_report.unwrap();
    assert_eq!(direct.state(), State::Open, "nobody knows of it yet");
    let overdue = CaseFilter { overdue: true, ..CaseFilter::default() };
    let due = running.due(OFFICE, &overdue, 9).await;
    assert!(due[0].0 < days(39).0, "and it is late for everybody");
    running.gateway.store().receive(vec![received]).await.unwrap();
    let moved = running.due(OFFICE, &overdue, 9).await;
    assert!(moved[0].0 > days(39).0, "an outage moves what is due");
    assert_eq!(reason(running.report("r1", &id).await), "TOO_EARLY");
    running.clock.advance(Duration::from_secs(40 * 24 * 3_600));
    assert_eq!(running.urge(OFFICE, "u1", &id, "unit/enforcement").await.unwrap(), 1);
    let (kind, body) =
        proto::outage::write(&domain::outage::Outage { from: days(39), to: days(80) });
    let received = world.wrote(worker, "outage/wenshan", kind, body);
    running.gateway.store().receive(vec![received]).await.unwrap();
    assert_eq!(reason(running.urge(OFFICE, "u2", &id, "unit/enforcement").await), "NOT_LATE");
    let late = running.counted(OFFICE, &overdue, GroupBy::Unspecified).await.1;
    assert_eq!(late, 0, "and nobody counts it as late");
}

#[tokio::test]
async fn a_case_that_is_withdrawn_is_nobodys_any_more() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = late(&running, &mut world).await;
    assert_eq!(reason(running.withdraw("unit/enforcement", "w0", &id).await), "NOT_YOUR_CASE");
    running.withdraw(SUBDISTRICT, "w1", &id).await.unwrap();
    let gone = vec!["CASE_WITHDRAWN".to_owned(); 4];
    assert_eq!(running.others(&id, "before").await, gone);
    assert_eq!(reason(running.report("r1", &id).await), "CASE_WITHDRAWN");
    world.echo(&running).await;
    assert_eq!(running.others(&id, "after").await, gone);
    let case = running.get(DONGFENG, &id).await.unwrap();
    assert!(case.owed.is_empty(), "{case:?}");
    assert_eq!(case.direct_report.unwrap().unmet(), Unmet::Over);
}

#[tokio::test]
async fn what_is_missing_for_a_report_is_named_and_the_office_ends_nothing_of_its_own_house() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("w1")).await;
    let unmet = async |id: &str| {
        let direct = running.get(DONGFENG, id).await.unwrap().direct_report.unwrap();
        (direct.state(), direct.unmet())
    };
    assert_eq!(unmet(&id).await, (State::Closed, Unmet::NotCalled));
    assert_eq!(reason(running.report("r0", &id).await), "NOT_REPORTED_TO_A_DEPARTMENT");
    world.echo(&running).await;
    let worker = "service/worker";
    let called = (worker, world::called(1, "enforcement"));
    world.tell(&running, &id, &[(worker, world::routed(1, true)), called]).await;
    assert_eq!(unmet(&id).await, (State::Closed, Unmet::StillInTime));
    assert_eq!(reason(running.report("r1", &id).await), "TOO_EARLY");

    // Enforcement leads it, and houses the office.
    let merge = |party: &'static str| {
        let request = MergeCaseRequest {
            command: command(&format!("merge/{party}")),
            case_id: id.clone(),
            same_as: id.clone(),
            note: String::new(),
        };
        let mut client = running.client(party);
        async move { reason(client.merge_case(request).await.map(drop)) }
    };
    assert_eq!(merge(OFFICE).await, "NOT_THE_RULER");
    assert_eq!(merge(GOVERNMENT).await, "MERGE_INTO_ITSELF");
    // By the limits alone: to accept, arrive and dispose, and three days more.
    running.clock.advance(Duration::from_secs(14 * 24 * 3_600));
    assert_eq!(unmet(&id).await, (State::Open, Unmet::Unspecified));
    assert_eq!(running.report("r2", &id).await.unwrap(), 1);
}
