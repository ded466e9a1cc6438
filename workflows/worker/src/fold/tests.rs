//! The fold over records: what is kept, what is told, what is believed.

mod approvals;
mod away;
mod credit;
mod decisions;
mod incidents;
mod operations;
mod registry;
mod replay;
mod sight;

use domain::{
    case::{Fact, Stage},
    envelope::Envelope,
    id::{RequestId, UnitId},
    party::{Party, Role},
    rejection::Rejection,
};
use kit::{
    clock::Clock,
    stats::Stats,
    store::{Asked, Store},
};
use proto::record::Received;
use tempfile::TempDir;

use super::*;
use crate::steps;

/// A store, and a bus that takes everything at once.
struct Desk {
    dir: TempDir,
    store: Store<Fold>,
    numbers: u64,
    place: u64,
    published: u64,
}

fn case_id() -> CaseId {
    CaseId::parse("1").unwrap()
}

fn flow() -> Flow {
    Flow::Case(case_id())
}

fn unit(id: &str) -> UnitId {
    UnitId::parse(id).unwrap()
}

fn open_store(dir: &TempDir) -> Store<Fold> {
    open_in(dir, steps::tests::wenshan())
}

fn open_in(dir: &TempDir, city: City) -> Store<Fold> {
    let fold = Fold::new(Arc::new(city), "");
    let clock = Clock::fixed(Moment(1_000_000));
    Store::open(dir.path(), fold, clock, Stats::default()).unwrap()
}

impl Desk {
    fn new() -> Desk {
        let dir = TempDir::new().unwrap();
        let store = open_store(&dir);
        Desk::over(dir, store)
    }

    fn over(dir: TempDir, store: Store<Fold>) -> Desk {
        Desk { dir, store, numbers: 0, place: 0, published: 0 }
    }

    async fn hear(&mut self, source: &str, fact: &Fact, at: i64) {
        let (kind, body) = proto::fact::write(fact);
        self.numbers += 1;
        let envelope = Envelope {
            id: format!("e{}", self.numbers).parse().unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject: "case/wenshan/1".into(),
            time: Moment(at),
            recipient: None,
            number: self.numbers,
            actor: None,
            on_behalf_of: None,
            traceparent: Some("00-1-2-01".into()),
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        };
        self.take(proto::envelope::to_wire(&envelope), at).await;
    }

    async fn take(&mut self, wire: proto::envelope::Wire, at: i64) {
        self.place += 1;
        let received = Received {
            place: self.place,
            accepted_at_ms: at,
            envelope: Some(wire),
            log_id: String::new(),
        };
        self.store.receive(vec![received]).await.unwrap();
    }

    async fn send(&self, step: Step) -> Result<u64, Rejection> {
        let name = steps::name(&case_id(), &step);
        let asked = Asked {
            caller: Party::service(Role::Worker),
            request_id: RequestId::parse(name.as_str()).unwrap(),
            fingerprint: [7; 32],
        };
        let answer = self.store.execute(asked, Command::Send(case_id(), step)).await?;
        Ok(answer.count)
    }

    /// What was sent since the last time comes back in the record.
    async fn bring_back(&mut self, at: i64) -> usize {
        let records = self.store.records_after(self.published, 1_000).unwrap();
        self.published = records.last().map_or(self.published, |(place, _)| *place);
        let wires: Vec<_> = records.into_iter().flat_map(|(_, record)| record.outgoing).collect();
        let count = wires.len();
        for wire in wires {
            self.take(wire, at).await;
        }
        count
    }

    async fn told(&self) -> Option<String> {
        let mark = self.store.read(|tx| mark(tx, &flow())).unwrap()?;
        self.store.tell(Command::Told(flow(), mark.clone())).await.unwrap();
        Some(mark.name)
    }

    fn kept(&self) -> Kept {
        self.store.read(|tx| kept(tx, &case_id())).unwrap().unwrap()
    }

    fn is_under_way(&self) -> bool {
        self.store.read(|tx| is_under_way(tx, &flow())).unwrap()
    }

    fn open_cases(&self) -> usize {
        self.store.read(|tx| open(tx, None, 10)).unwrap().len()
    }

    async fn whistle(&mut self) {
        let whistle = steps::tests::whistle("street_vending", "enforcement");
        self.hear("service/gateway", &Fact::Whistled(whistle), 1).await;
    }

    async fn called(&mut self) {
        self.whistle().await;
        assert_eq!(self.told().await.as_deref(), Some("WhistleRaised"));
        for step in [Step::Route, Step::Call(1, unit("enforcement"))] {
            assert_eq!(self.send(step).await.unwrap(), 1);
            assert_eq!(self.bring_back(2).await, 1);
        }
    }
}

fn enforcement(word: &str, round: u32) -> Fact {
    let unit = unit("enforcement");
    let (summary, evidence) = (String::from("done"), vec![]);
    match word {
        "accept" => Fact::Accepted { round, unit },
        "arrive" => Fact::Arrived { round, unit },
        "dispose" => Fact::Disposed { round, unit, summary, evidence },
        "declare" => Fact::Declared { round, unit, summary },
        _ => Fact::Refused { round, unit, reason: "no".into(), named_unit: None },
    }
}

#[tokio::test]
async fn only_milestones_are_told() {
    let mut desk = Desk::new();
    desk.called().await;
    // The flow has read its own steps back.
    assert_eq!(desk.told().await, None);
    for word in ["accept", "arrive", "dispose"] {
        desk.hear("unit/enforcement", &enforcement(word, 1), 3).await;
        assert_eq!(desk.told().await, None, "{word}");
    }
    desk.hear("unit/enforcement", &enforcement("declare", 1), 4).await;
    assert_eq!(desk.told().await.as_deref(), Some("CaseDeclared"));
    let back = Fact::SentBack { round: 1, reason: "no".into(), evidence: vec![] };
    desk.hear("service/gateway", &back, 5).await;
    assert_eq!(desk.told().await.as_deref(), Some("CaseSentBack"));
    assert_eq!(desk.send(Step::Rework(2)).await.unwrap(), 1);
    desk.bring_back(6).await;
    assert_eq!(desk.told().await, None);
    desk.hear("unit/enforcement", &enforcement("refuse", 2), 7).await;
    assert_eq!(desk.told().await.as_deref(), Some("TaskRefused"));
}

#[tokio::test]
async fn a_deadline_that_comes_earlier_is_told() {
    let arrive = ("standard,*,arrive,4h,80m,1h", "standard,*,arrive,10m,2m,2m");
    let city = steps::tests::wenshan_with(arrive.0, arrive.1);
    let dir = TempDir::new().unwrap();
    let store = open_in(&dir, city);
    let mut desk = Desk::over(dir, store);
    desk.called().await;
    let minute = 60_000;
    assert_eq!(desk.kept().alarm, Some(Moment(2 + 80 * minute)));
    desk.hear("unit/enforcement", &enforcement("accept", 1), 3).await;
    assert_eq!(desk.told().await.as_deref(), Some("TaskAccepted"));
    assert_eq!(desk.kept().alarm, Some(Moment(3 + 8 * minute)));
}

#[tokio::test]
async fn a_flow_may_see_more_than_it_was_told_and_is_told_what_is_earlier_than_that() {
    let dispose = ("standard,*,dispose,3d,1d,6h", "standard,*,dispose,12m,6m,1m");
    let dir = TempDir::new().unwrap();
    let store = open_in(&dir, steps::tests::wenshan_with(dispose.0, dispose.1));
    let mut desk = Desk::over(dir, store);
    let mut whistle = steps::tests::whistle("street_vending", "enforcement");
    whistle.called_units.push(unit("market_regulation"));
    desk.hear("service/gateway", &Fact::Whistled(whistle), 1).await;
    let call = |id: &str| Step::Call(1, unit(id));
    for step in [Step::Route, call("enforcement"), call("market_regulation")] {
        assert_eq!(desk.send(step).await.unwrap(), 1);
        desk.bring_back(2).await;
    }
    let (round, other) = (1, || unit("market_regulation"));
    desk.hear("unit/enforcement", &enforcement("accept", 1), 3).await;
    desk.hear("unit/market_regulation", &Fact::Accepted { round, unit: other() }, 4).await;
    desk.told().await;
    desk.hear("unit/market_regulation", &Fact::Arrived { round, unit: other() }, 5).await;
    assert_eq!(desk.told().await.as_deref(), Some("TaskArrived"));
    // The flow looks only now: nobody has to dispose of anything within minutes any more.
    let (summary, evidence) = (String::from("done"), vec![]);
    let disposed = Fact::Disposed { round, unit: other(), summary, evidence };
    desk.hear("unit/market_regulation", &disposed, 6).await;
    assert_eq!(desk.told().await, None);
    desk.hear("unit/enforcement", &enforcement("arrive", 1), 7).await;
    assert_eq!(desk.told().await.as_deref(), Some("TaskArrived"));
}

#[tokio::test]
async fn a_deadline_that_comes_later_is_not_told() {
    let mut desk = Desk::new();
    desk.called().await;
    let (minute, hour) = (60_000, 3_600_000);
    // Called at 2 ms: to be accepted within 2 h, and reminded 40 min before that.
    assert_eq!(desk.kept().alarm, Some(Moment(2 + 80 * minute)));
    desk.hear("unit/enforcement", &enforcement("accept", 1), 3).await;
    desk.hear("unit/enforcement", &enforcement("arrive", 1), 4).await;
    // To be disposed of within 3 d: the alarm may ring before, for nothing, and is set by that then.
    assert_eq!((desk.told().await, desk.kept().alarm), (None, Some(Moment(4 + 48 * hour))));
    let at = 10 * hour;
    desk.hear("unit/enforcement", &enforcement("dispose", 1), at).await;
    assert_eq!((desk.told().await, desk.kept().alarm), (None, Some(Moment(at + 48 * hour))));
    // The word goes to the community on the second day: 2 d less 16 h from there are later too.
    desk.hear("unit/enforcement", &enforcement("declare", 1), at).await;
    assert_eq!(desk.told().await.as_deref(), Some("CaseDeclared"));
    assert_eq!(desk.kept().alarm, Some(Moment(at + 32 * hour)));
}

#[tokio::test]
async fn a_fact_counts_from_the_right_party_only() {
    let mut desk = Desk::new();
    let whistle = steps::tests::whistle("street_vending", "enforcement");
    desk.hear("unit/enforcement", &Fact::Whistled(whistle), 1).await;
    assert_eq!(desk.open_cases(), 0);
    desk.called().await;
    let before = desk.kept();
    desk.hear("unit/housing", &enforcement("accept", 1), 3).await;
    desk.hear("service/gateway", &enforcement("accept", 1), 3).await;
    desk.hear("unit/enforcement", &Fact::Confirmed { round: 1, ratings: vec![] }, 3).await;
    let outcome = domain::case::Outcome::Confirmed;
    desk.hear("service/gateway", &Fact::Closed { round: 1, outcome }, 3).await;
    assert_eq!(desk.kept(), before);
}

#[tokio::test]
async fn a_step_is_sent_once_and_is_under_way_until_the_record_has_it() {
    let mut desk = Desk::new();
    assert_eq!(desk.send(Step::Route).await.unwrap_err().reason, "UNKNOWN_CASE");
    desk.whistle().await;
    assert!(!desk.is_under_way());
    for _ in 0..2 {
        desk.send(Step::Route).await.unwrap();
        assert!(desk.is_under_way());
    }
    assert_eq!(desk.bring_back(2).await, 1);
    assert!(!desk.is_under_way());
    assert_eq!(desk.kept().course.stage, Stage::Called);
    // What an old picture asks for is not sent, and not under way.
    assert_eq!(desk.send(Step::Reassign(2)).await.unwrap(), 0);
    assert!(!desk.is_under_way());
}

#[tokio::test]
async fn a_newer_mark_outlives_the_telling_of_an_older() {
    let mut desk = Desk::new();
    desk.whistle().await;
    let older = desk.store.read(|tx| mark(tx, &flow())).unwrap().unwrap();
    assert!(older.is_start);
    desk.send(Step::Route).await.unwrap();
    desk.bring_back(2).await;
    desk.hear("unit/enforcement", &enforcement("refuse", 1), 3).await;
    desk.store.tell(Command::Told(flow(), older)).await.unwrap();
    assert_eq!(desk.told().await.as_deref(), Some("TaskRefused"));
    assert_eq!(desk.told().await, None);
}

#[tokio::test]
async fn a_closed_case_is_not_open_and_owes_nobody_a_word() {
    let mut desk = Desk::new();
    desk.called().await;
    for word in ["accept", "arrive", "dispose", "declare"] {
        desk.hear("unit/enforcement", &enforcement(word, 1), 3).await;
    }
    desk.hear("service/gateway", &Fact::Confirmed { round: 1, ratings: vec![] }, 4).await;
    assert_eq!(desk.open_cases(), 1);
    let close = Step::Close(1, domain::case::Outcome::Confirmed);
    assert_eq!(desk.send(close).await.unwrap(), 1);
    assert_eq!(desk.bring_back(5).await, 2);
    assert_eq!((desk.open_cases(), desk.told().await), (0, None));
    assert_eq!(desk.kept().course.stage, Stage::Closed);
}

#[tokio::test]
async fn a_view_that_is_filled_again_is_the_same() {
    let mut desk = Desk::new();
    desk.called().await;
    desk.hear("unit/enforcement", &enforcement("refuse", 1), 3).await;
    desk.send(Step::Reassign(2)).await.unwrap();
    let Desk { dir, store, .. } = desk;
    let before = store.dump().unwrap();
    let copy = TempDir::new().unwrap();
    let journal = copy.path().join("journal");
    std::fs::create_dir_all(&journal).unwrap();
    for entry in std::fs::read_dir(dir.path().join("journal")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), journal.join(entry.file_name())).unwrap();
        }
    }
    assert_eq!(open_store(&copy).dump().unwrap(), before);
}

#[tokio::test]
async fn a_merged_case_is_told_at_once_and_calls_nobody_any_more() {
    let mut desk = Desk::new();
    desk.whistle().await;
    desk.told().await;
    desk.send(Step::Route).await.unwrap();
    desk.bring_back(2).await;
    let merged = Fact::Merged {
        into: CaseId::parse("7").unwrap(),
        confirmed_by: "community/kaihua_dongfeng".parse().unwrap(),
        note: String::new(),
    };
    // Nobody else may say so.
    desk.hear("unit/enforcement", &merged, 3).await;
    assert_eq!(desk.told().await, None);
    desk.hear("service/gateway", &merged, 3).await;
    assert_eq!(desk.told().await.as_deref(), Some("CaseMerged"));
    assert_eq!(desk.send(Step::Call(1, unit("enforcement"))).await.unwrap(), 0);
    let close = Step::Close(1, domain::case::Outcome::Merged);
    assert_eq!(desk.send(close).await.unwrap(), 1);
    assert_eq!(desk.bring_back(4).await, 1, "nobody was called: only the record is told");
    assert_eq!((desk.open_cases(), desk.told().await), (0, None));
}
