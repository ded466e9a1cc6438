//! The fold over what is said about credit: who is believed, when a flow is told, what is said once.

use connector::Answer;
use domain::credit::{
    Cause, DeliveryId, Fact as Said, Step as Due, Violation, ViolationId, decide, is_owed,
};

use super::*;
use crate::credit::tests::dengfeng;

/// A store in Dengfeng, and the object.
struct Office {
    desk: Desk,
    object: ObjectId,
}

impl Office {
    fn new() -> Office {
        let dir = TempDir::new().unwrap();
        let store = open_in(&dir, dengfeng());
        Office { desk: Desk::over(dir, store), object: "hauler-1".parse().unwrap() }
    }

    async fn hear(&mut self, source: &str, said: &Said) {
        let (kind, body) = proto::credit::write(said);
        self.desk.numbers += 1;
        let envelope = Envelope {
            id: format!("e{}", self.desk.numbers).parse().unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject: format!("credit/dengfeng/{}", self.object),
            time: Moment(1),
            recipient: None,
            number: self.desk.numbers,
            actor: None,
            on_behalf_of: None,
            traceparent: Some("00-1-2-01".into()),
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        };
        self.desk.take(proto::envelope::to_wire(&envelope), 10).await;
    }

    fn kept(&self) -> Option<KeptCredit> {
        self.desk.store.read(|tx| credit(tx, &self.object)).unwrap()
    }

    fn flow(&self) -> Flow {
        Flow::Credit(self.object.clone())
    }

    fn mark(&self) -> Option<Mark> {
        self.desk.store.read(|tx| mark(tx, &self.flow())).unwrap()
    }

    fn is_open(&self) -> bool {
        self.desk.open_cases() == 1
    }

    /// Has a step said, as often as asked for; how many envelopes that made.
    async fn say(&self, step: &Due) -> usize {
        let before = self.sent();
        for _ in 0..2 {
            let asked = Asked {
                caller: Party::service(Role::Worker),
                request_id: RequestId::parse(step.name()).unwrap(),
                fingerprint: [7; 32],
            };
            let command = Command::SendCredit(self.object.clone(), step.clone());
            self.desk.store.execute(asked, command).await.unwrap();
        }
        self.sent() - before
    }

    fn sent(&self) -> usize {
        let records = self.desk.store.records_after(0, 1_000).unwrap();
        records.iter().map(|(_, record)| record.outgoing.len()).sum()
    }

    /// Everything is said until only the outside is owed.
    async fn settle(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        let rules = dengfeng().credit.unwrap();
        loop {
            let plan = decide(&self.kept().unwrap().ledger, &rules);
            if plan.steps.is_empty() {
                return said;
            }
            for step in plan.steps {
                self.say(&step).await;
                said.push(step.name());
            }
            self.desk.bring_back(11).await;
        }
    }
}

fn confirmed(decision: &str, points: u32) -> Said {
    by("public_security", decision, points)
}

fn by(unit: &str, decision: &str, points: u32) -> Said {
    let unit = unit.parse().unwrap();
    Said::Confirmed(Violation {
        id: ViolationId { unit, decision: decision.parse().unwrap() },
        code: "speeding".parse().unwrap(),
        fact: decision.parse().unwrap(),
        person: "p-1".parse().unwrap(),
        at: Moment(1_795_000_000_000),
        points,
    })
}

const POLICE: &str = "unit/public_security";

#[tokio::test]
async fn a_flow_is_wanted_only_where_something_is_owed() {
    let mut office = Office::new();
    office.hear("unit/enforcement", &confirmed("lie", 90)).await;
    assert!(office.kept().is_none(), "another's decision is nobody's");
    office.hear("unit/enforcement", &by("enforcement", "d-0", 90)).await;
    assert!(office.kept().is_none(), "a unit decides within its power");
    office.hear(POLICE, &confirmed("d-1", 40)).await;
    assert!(office.kept().is_some() && office.mark().is_none() && !office.is_open());
    office.hear(POLICE, &confirmed("d-2", 1)).await;
    assert!(office.is_open(), "59 is below 60");
    let mark = office.mark().unwrap();
    assert_eq!((&*mark.name, mark.is_start), ("ViolationConfirmed", false));
}

#[tokio::test]
async fn a_crossing_is_said_once_and_rests_when_the_outside_has_it() {
    let mut office = Office::new();
    office.hear(POLICE, &confirmed("d-1", 41)).await;
    assert!(office.mark().unwrap().is_start);
    let rules = dengfeng().credit.unwrap();
    let first = decide(&office.kept().unwrap().ledger, &rules).steps.remove(0);
    assert_eq!(office.say(&first).await, 1, "asked for twice, said once");
    office.desk.bring_back(11).await;
    assert_eq!(office.say(&first).await, 0, "it is not wanted any more");
    assert_eq!(office.settle().await, ["start/ext_zhengzhou_credit/listed/1"]);
    let receiver = "ext_zhengzhou_credit".parse().unwrap();
    let delivery = DeliveryId { receiver, cause: Cause::Listed(1) };
    let taken = Answer::Taken { receipt: "r-1".into() };
    let answered = Command::Answered(office.object.clone(), delivery, taken);
    for _ in 0..2 {
        office.desk.store.tell(answered.clone()).await.unwrap();
        office.desk.bring_back(12).await;
    }
    assert_eq!(office.settle().await.len(), 4, "the units that punish jointly");
    assert!(!office.is_open() && office.mark().is_none());
    assert!(!is_owed(&office.kept().unwrap().ledger, &rules));
    let subjects = office.desk.store.records_after(0, 1_000).unwrap();
    let notices = subjects.iter().flat_map(|(_, record)| &record.outgoing);
    let notices = notices.filter(|wire| wire.r#type == "muster.notice.v1.NoticeGiven");
    assert_eq!(notices.count(), 4, "each of them once");
}

#[tokio::test]
async fn what_is_confirmed_where_nobody_has_rules_begins_nothing() {
    let mut office = Office::new();
    let dir = TempDir::new().unwrap();
    let store = open_store(&dir);
    office.desk = Desk::over(dir, store);
    office.hear(POLICE, &confirmed("d-1", 41)).await;
    assert!(office.kept().is_none() && !office.is_open());
}
