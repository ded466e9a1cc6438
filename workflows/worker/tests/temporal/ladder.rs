//! The ladder in the flow, over days: the rungs, the direct report, its answer, the binding round.

use std::time::Duration;

use domain::{
    case::{Fact, Ladder, Outcome},
    pack::{Limit, Limits},
};
use flows::whistle::Ended;
use temporalio_common::protos::temporal::api::enums::v1::EventType;

use super::{
    desk,
    flow::{Story, forward},
    history::{count, events, own, replay},
    pack::unit,
    server,
    until::until,
};

/// What happens to each step of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Nothing,
    /// It fails twice before it succeeds.
    Fault,
    /// It is done twice.
    Twice,
    /// The worker is killed before it, and replaced.
    Kill,
}

const HOUR: u64 = 3_600;

/// Two hours for each step, an hour more to the notice, a day more to the right.
fn limits() -> Limits {
    let within = |hours: u64| Limit { within_ms: hours * HOUR * 1_000, ..Limit::default() };
    let answer = desk::long().accept;
    Limits { notice: within(1), direct: within(24), answer, ..desk::long() }
}

fn reported() -> Fact {
    Fact::Ladder(Ladder::Reported {
        round: 1,
        against: vec![unit("enforcement")],
        reason: "nobody comes".into(),
        evidence: vec![],
        reported_by: "community/kaihua_dongfeng".parse().unwrap(),
        to: "office/gov_city".parse().unwrap(),
        is_answered_before: false,
    })
}

fn instructed() -> Fact {
    Fact::Ladder(Ladder::Instructed {
        round: 2,
        lead: unit("enforcement"),
        cooperating: vec![],
        within_ms: 7 * 24 * HOUR * 1_000,
        text: "at once".into(),
        instructed_by: "office/gov_city".parse().unwrap(),
    })
}

/// Everything that is sent, in order, without the moments and the recipients.
const SENT: [&str; 14] = [
    "1/route",
    "1/call/enforcement",
    "1/call/market_regulation",
    "1/remind-accept/unit/enforcement",
    "1/urge-accept/unit/enforcement",
    "1/notice-accept/unit/enforcement",
    "1/open-right/enforcement",
    "1/remind-answer/office/gov_city",
    "1/urge-answer/office/gov_city",
    "2/call/enforcement",
    // It was late under a direct report: it has to answer for it.
    "2/account/enforcement",
    "sheet",
    "2/close",
    "2/close",
];

fn assert_sent(story: &Story) {
    let id = story.desk.case_id();
    let sent = story.desk.lock().sent.clone();
    assert_eq!(sent.len(), SENT.len(), "{sent:#?}");
    for (sent, wanted) in sent.iter().zip(SENT) {
        let wanted = match wanted {
            "sheet" => format!("sheet/{id}/enforcement/open"),
            step => format!("{id}/{step}"),
        };
        assert!(sent.starts_with(&wanted), "{sent} for {wanted}");
    }
}

/// The case's clock goes on with the flow's.
async fn pass(story: &Story, name: &str, hours: u64) {
    forward(story, name, hours * HOUR).await;
    story.desk.lock().ahead += Duration::from_secs(hours * HOUR);
}

struct Told {
    story: Story,
    trouble: Trouble,
    /// How many events the history has after each thing that happened.
    events: Vec<(&'static str, usize)>,
}

impl Told {
    async fn begin(name: &str, trouble: Trouble) -> Told {
        let prepare = |desk: &desk::Desk| desk.lock().is_twice = trouble == Trouble::Twice;
        let story = Story::with(name, server::shared(), limits(), prepare).await;
        Told { story, trouble, events: vec![] }
    }

    /// What is to go wrong goes wrong with what comes next.
    fn trouble(&self) {
        if self.trouble == Trouble::Fault {
            let mut desk = self.story.desk.lock();
            desk.faults = Some((desk.done, 2));
        }
    }

    /// Somebody says something, and the flow is told.
    async fn say(&mut self, name: &str, fact: &Fact) {
        if self.trouble == Trouble::Kill {
            self.story.worker = None;
        }
        self.trouble();
        self.story.desk.say(fact);
        self.story.tell(name).await;
        if self.trouble == Trouble::Kill {
            let (address, queue) = (self.story.server.address(), self.story.queue.clone());
            self.story.worker = Some(desk::run(address, &queue, &self.story.desk));
        }
    }

    async fn sent(&mut self, what: &'static str) {
        until(what, async || self.story.desk.has_sent(what)).await;
        until("the flow rests", async || self.story.stage().await == "called").await;
        self.events.push((what, own(&events(&self.story.flow).await)));
    }

    async fn play(&mut self) -> Ended {
        self.story.called().await;
        self.story.desk.work("market_regulation");
        until("the flow rests", async || self.story.stage().await == "called").await;
        self.trouble();
        pass(&self.story, "notice", 4).await;
        self.sent("notice-accept").await;
        self.trouble();
        pass(&self.story, "open", 27).await;
        self.sent("open-right").await;
        let looks = self.story.desk.lock().looks;
        self.say("reported", &reported()).await;
        until("it has looked", async || self.story.desk.lock().looks > looks).await;
        until("the flow rests", async || self.story.stage().await == "called").await;
        self.events.push(("reported", own(&events(&self.story.flow).await)));
        self.trouble();
        pass(&self.story, "silent", 3).await;
        self.sent("urge-answer").await;
        self.say("instructed", &instructed()).await;
        self.sent("2/call/enforcement").await;
        self.story.desk.work("enforcement");
        self.story.tell("declared").await;
        until("asked", async || self.story.stage().await == "confirming").await;
        self.story.confirmed().await
    }
}

#[tokio::test]
async fn the_ladder_is_climbed_over_days_and_a_direct_report_costs_little() {
    let mut told = Told::begin("ladder", Trouble::Nothing).await;
    let ended = told.play().await;
    assert_eq!(ended, Ended { round: 2, outcome: Some(Outcome::Confirmed) });
    assert_sent(&told.story);
    let all = events(&told.story.flow).await;
    println!("{:?}, in all {}", told.events, all.len());
    assert_eq!(count(&all, EventType::ActivityTaskScheduled), 0, "nothing had to be remote");
    let of = |what: &str| told.events.iter().find(|(name, _)| *name == what).unwrap().1;
    // The report wakes the flow once, the answer once.
    assert!(of("reported") - of("open-right") <= 5, "{:?}", told.events);
    assert!(of("2/call/enforcement") - of("urge-answer") <= 7, "{:?}", told.events);
    assert_eq!(replay(all).await, Ok(()));
}

#[tokio::test]
async fn a_fault_at_any_rung_is_overcome_and_no_rung_is_climbed_twice() {
    for (name, trouble) in [
        ("rung-fault", Trouble::Fault),
        ("rung-twice", Trouble::Twice),
        ("rung-kill", Trouble::Kill),
    ] {
        let mut told = Told::begin(name, trouble).await;
        let ended = told.play().await;
        assert_eq!(ended, Ended { round: 2, outcome: Some(Outcome::Confirmed) }, "{trouble:?}");
        assert_sent(&told.story);
    }
}

#[tokio::test]
async fn a_reported_case_is_not_closed_by_silence_and_a_withdrawn_one_ends_its_flow() {
    let story = Story::with("frozen", server::shared(), limits(), |_| {}).await;
    story.called().await;
    story.desk.work("market_regulation");
    story.desk.work("enforcement");
    story.tell("declared").await;
    until("asked", async || story.stage().await == "confirming").await;
    story.desk.say(&reported());
    story.tell("reported").await;
    // The community would have been closed over after 2 h 20 min.
    pass(&story, "silent", 9).await;
    until("an urging", async || story.desk.has_sent("urge-answer")).await;
    assert!(!story.desk.has_sent("close") && !story.desk.has_sent("confirm"));

    let story = Story::with("withdrawn", server::shared(), limits(), |_| {}).await;
    story.called().await;
    let withdrawn_by = "community/kaihua_dongfeng".parse().unwrap();
    let reason = "an error".into();
    story.desk.say(&Fact::Ladder(Ladder::Withdrawn { round: 1, reason, withdrawn_by }));
    story.tell("withdrawn").await;
    let ended = story.flow.get_result(Default::default()).await.unwrap();
    assert_eq!(ended, Ended { round: 1, outcome: Some(Outcome::Withdrawn) });
}
