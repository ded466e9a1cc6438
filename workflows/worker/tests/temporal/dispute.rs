//! The flow of a case that nobody wants: handed on, disputed, ruled, contested, decided, done; with
//! each step failing, each done twice, and the worker killed in the middle.

use domain::{
    case::{Body, Dispute, Fact, Outcome, Severity, Stage},
    party::Party,
};
use temporalio_common::protos::temporal::api::enums::v1::EventType;

use super::{
    desk::{self, Desk},
    flow::{Story, forward},
    history::{events, names, replay},
    pack::unit,
    server,
    until::until,
};

/// Two hours: the limit for an opinion.
const OPINION_S: u64 = 7_200;

fn office() -> Party {
    "office/gov_city".parse().unwrap()
}

impl Story {
    async fn sent(&self, part: &str) {
        until(part, async || self.desk.has_sent(part)).await;
    }

    async fn refuse(&self, id: &str, named: &str) {
        let round = self.desk.lock().case.course.round;
        let (reason, named_unit) = ("not ours".into(), Some(unit(named)));
        self.desk.say(&Fact::Refused { round, unit: unit(id), reason, named_unit });
        self.tell(&format!("refused-{round}")).await;
    }

    async fn rule(&self, body: Body) {
        let round = self.desk.lock().case.course.round + 1;
        let (cooperating, reason) = (vec![unit("market_regulation")], "so".into());
        let lead = unit("environment");
        let ruled = Dispute::Ruled { round, lead, cooperating, reason, body, ruled_by: office() };
        self.desk.say(&Fact::Dispute(ruled));
        self.tell(&format!("ruled-{round}")).await;
        self.sent(&format!("{round}/call/market_regulation")).await;
    }

    /// Enforcement hands it to environment, which hands it back: both are asked.
    async fn dispute(&self) {
        self.sent("1/call/market_regulation").await;
        self.refuse("enforcement", "environment").await;
        self.sent("2/call/market_regulation").await;
        self.refuse("environment", "enforcement").await;
        self.sent("3/reassign").await;
        until("the flow rests", async || self.stage().await == "disputed").await;
    }

    /// From the dispute to the closing.
    async fn decide(&self) {
        let (round, text, named_unit) = (2, "theirs".into(), None);
        let said = Dispute::Opinion { round, unit: unit("environment"), text, named_unit };
        self.desk.say(&Fact::Dispute(said));
        forward(self, "silence", OPINION_S + 60).await;
        self.sent("2/silent/enforcement").await;
        assert!(!self.desk.has_sent("2/silent/environment"), "it has spoken");
        self.rule(Body::Government).await;
        let contested =
            Dispute::Contested { round: 3, unit: unit("environment"), reason: "no".into() };
        self.desk.say(&Fact::Dispute(contested));
        self.tell("contested").await;
        self.sent("3/convene").await;
        assert_eq!(self.desk.lock().case.course.owner, office());
        self.rule(Body::Conference).await;
        for id in ["market_regulation", "environment"] {
            self.desk.work(id);
        }
        assert_eq!(self.desk.lock().case.course.stage, Stage::Confirming);
        self.tell("declared").await;
        until("the flow has seen it", async || self.stage().await == "confirming").await;
        let ended = self.confirmed().await;
        assert_eq!((ended.round, ended.outcome), (4, Some(Outcome::Confirmed)));
    }

    /// Those who help go on through the ruling, and the case does not end over them.
    async fn decide_with_helpers(&self) {
        forward(self, "silence", OPINION_S + 60).await;
        self.sent("2/silent/enforcement").await;
        self.rule(Body::Government).await;
        let helpers = ["emergency", "fire_rescue"];
        for id in ["market_regulation", "environment"] {
            self.desk.work(id);
        }
        assert_eq!(self.desk.lock().case.course.stage, Stage::Called);
        for id in helpers {
            let (round, unit) = (2, unit(id));
            let (summary, evidence) = (String::from("safe"), vec![]);
            self.desk.say(&Fact::Accepted { round, unit: unit.clone() });
            self.desk.say(&Fact::Arrived { round, unit: unit.clone() });
            self.desk.say(&Fact::Disposed { round, unit, summary, evidence });
        }
        assert_eq!(self.desk.lock().case.course.stage, Stage::Confirming);
        self.tell("declared").await;
        let ended = self.confirmed().await;
        assert_eq!((ended.round, ended.outcome), (3, Some(Outcome::Confirmed)));
        assert!(!self.desk.has_sent("3/call/fire_rescue"), "nobody is called twice");
    }

    /// Nothing was sent twice, and everything once.
    fn all_sent_once(&self) {
        let sent = self.desk.lock().sent.clone();
        let mut once = sent.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), sent.len(), "{sent:#?}");
        let count = |part: &str| sent.iter().filter(|id| id.contains(part)).count();
        // Each round calls its lead and its helper; who is asked hears of the dispute besides.
        let counts = ["/call/", "2/reassign", "3/reassign", "/silent/", "/convene"].map(count);
        assert_eq!(counts, [8, 1, 3, 1, 1], "{sent:#?}");
    }
}

#[tokio::test]
async fn a_case_that_nobody_wants_is_decided_and_its_history_replays() {
    let story = Story::begin("unwanted").await;
    story.dispute().await;
    story.decide().await;
    story.all_sent_once();
    let events = events(&story.flow).await;
    let count = |kind| events.iter().filter(|event| event.event_type() == kind).count();
    assert_eq!(count(EventType::ActivityTaskScheduled), 0, "{}", names(&events));
    assert_eq!(count(EventType::WorkflowTaskFailed), 0, "{}", names(&events));
    println!("{} events: {}", events.len(), names(&events));
    assert_eq!(replay(events).await, Ok(()));
}

#[tokio::test]
async fn a_fault_at_any_step_of_a_dispute_is_overcome_and_nothing_is_sent_twice() {
    // A look and what it leads to, for each time that the flow is told or its limit has passed.
    for after in [1, 3, 4, 6, 8, 10, 12, 13, 15] {
        let name = format!("quarrel-{after}");
        let fail = |desk: &Desk| desk.lock().faults = Some((after, 2));
        let story = Story::with(&name, server::shared(), desk::long(), fail).await;
        story.dispute().await;
        story.decide().await;
        assert_eq!(story.desk.lock().faults, Some((after, 0)), "the fault came");
        story.all_sent_once();
    }
}

#[tokio::test]
async fn each_step_of_a_dispute_done_twice_is_done_once() {
    let twice = |desk: &Desk| desk.lock().is_twice = true;
    let story = Story::with("quarrel-twice", server::shared(), desk::long(), twice).await;
    story.dispute().await;
    story.decide().await;
    story.all_sent_once();
}

#[tokio::test]
async fn a_worker_killed_in_a_dispute_is_replaced_and_the_limit_still_passes() {
    let mut story = Story::begin("quarrel-killed").await;
    story.dispute().await;
    story.kill();
    story.revive();
    story.decide().await;
    story.all_sent_once();
}

#[tokio::test]
async fn danger_in_a_dispute_is_sent_at_once_and_the_dispute_waits_on() {
    let story = Story::begin("danger").await;
    story.dispute().await;
    let (severity, reason) = (Severity::Emergency, "gas".into());
    let raised = Dispute::Raised { severity, reason, evidence: vec![], raised_by: office() };
    story.desk.say(&Fact::Dispute(raised));
    story.tell("danger").await;
    for id in ["fire_rescue", "emergency"] {
        story.sent(&format!("0/alert/unit/{id}")).await;
    }
    assert_eq!(story.desk.lock().case.course.stage, Stage::Disputed);
    story.decide_with_helpers().await;
}
