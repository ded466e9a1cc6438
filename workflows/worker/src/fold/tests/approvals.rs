//! The fold over an approval: what its flow is told, and that its work is there once.

use domain::approval::{Fact as Said, Step as Does, Verdict};

use super::*;
use crate::approvals::tests::{applied, dengfeng, says};

fn id() -> ApprovalId {
    "P1".parse().unwrap()
}

fn of_approval() -> Flow {
    Flow::Approval(id())
}

impl Desk {
    async fn hears(&mut self, source: &str, said: &Said, at: i64) {
        let (kind, body) = proto::joint::write(said);
        self.numbers += 1;
        let envelope = Envelope {
            id: format!("e{}", self.numbers).parse().unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject: "approval/dengfeng/P1".into(),
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

    async fn does(&self, step: Does, request_id: &str) -> u64 {
        let asked = Asked {
            caller: Party::service(Role::Worker),
            request_id: RequestId::parse(request_id).unwrap(),
            fingerprint: [7; 32],
        };
        self.store.execute(asked, Command::SendApproval(id(), step)).await.unwrap().count
    }

    async fn is_told(&self) -> Option<String> {
        let mark = self.store.read(|tx| mark(tx, &of_approval())).unwrap()?;
        self.store.tell(Command::Told(of_approval(), mark.clone())).await.unwrap();
        Some(mark.name)
    }

    fn of_work(&self) -> Vec<String> {
        let open = self.store.read(|tx| open(tx, None, 10)).unwrap();
        open.iter().map(|flow| flow.workflow(&self.store.machine().city().id)).collect()
    }
}

#[tokio::test]
async fn only_what_completes_something_is_told_and_the_work_is_there_once() {
    let dir = TempDir::new().unwrap();
    let store = open_in(&dir, dengfeng());
    let mut desk = Desk::over(dir, store);
    desk.hears("unit/enforcement", &Said::Applied(applied()), 1).await;
    assert!(desk.of_work().is_empty(), "a unit asks for nothing in the gateway's name");
    desk.hears("service/gateway", &Said::Applied(applied()), 1).await;
    assert_eq!(desk.is_told().await.as_deref(), Some("ApprovalRequested"));
    let yes = |unit: &str| says(unit, Verdict::Approve, &["1", "2"]);
    desk.hears("unit/public_security", &yes("public_security"), 2).await;
    assert_eq!(desk.is_told().await, None, "one yes completes nothing");
    desk.hears("unit/public_security", &yes("enforcement"), 2).await;
    assert_eq!(desk.is_told().await, None, "nobody consents for another");
    desk.hears("unit/enforcement", &yes("enforcement"), 3).await;
    assert_eq!(desk.is_told().await.as_deref(), Some("ReviewGiven"));

    let settle = || Does::Settle { batch: 1 };
    assert_eq!(desk.does(settle(), "one").await, 1);
    assert_eq!(desk.does(settle(), "one").await, 1, "the same answer again");
    assert!(desk.store.read(|tx| is_under_way(tx, &of_approval())).unwrap());
    let sent = desk.bring_back(4).await;
    assert_eq!(sent, 4 + 2, "to four, and two whistles: once");
    assert_eq!(desk.does(settle(), "two").await, 0, "nothing is left to be said");
    assert!(!desk.store.read(|tx| is_under_way(tx, &of_approval())).unwrap());
    assert_eq!(desk.is_told().await, None, "its own word");
    assert_eq!(desk.of_work(), ["case/dengfeng/P1-1", "case/dengfeng/P1-2"], "and it is closed");

    // Another view of the same journal.
    let Desk { dir, store, .. } = desk;
    drop(store);
    let again = loop {
        // The writer of the store ends a moment after its last handle.
        let (fold, clock) = (Fold::new(Arc::new(dengfeng()), ""), Clock::fixed(Moment(1)));
        match Store::open(dir.path(), fold, clock, Stats::default()) {
            Ok(store) => break store,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let kept = again.read(|tx| approval(tx, &id())).unwrap().unwrap();
    assert!(kept.approval.is_closed(), "the same after a restart");
}

#[test]
fn a_flow_of_an_approval_is_read_as_it_was_written() {
    let city = "dengfeng".parse().unwrap();
    for (flow, workflow) in [
        (of_approval(), "approval/dengfeng/P1"),
        (Flow::Case("P1-1".parse().unwrap()), "case/dengfeng/P1-1"),
    ] {
        assert_eq!(flow.workflow(&city), workflow);
        assert_eq!(Flow::try_from(flow.to_string()).unwrap(), flow);
    }
    assert_eq!(domain::approval::of_subject(&city, "approval/dengfeng/P1"), Some(id()));
}
