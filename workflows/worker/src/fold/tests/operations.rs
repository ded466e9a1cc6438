//! The fold over an operation: what its flow is told, and what has arrived at its units.

use domain::operation::{Crew, Ending, Fact as Said, Release, Step as Does};
use proto::record::{Progress, Settled};

use super::*;
use crate::{approvals::tests::dengfeng, operations::tests::planned};

fn id() -> OperationId {
    "O1".parse().unwrap()
}

fn of_operation() -> Flow {
    Flow::Operation(id())
}

impl Desk {
    async fn of_team(&mut self, source: &str, said: &Said, at: i64) {
        let (kind, body) = proto::operate::write(said);
        self.numbers += 1;
        let envelope = Envelope {
            id: format!("e{}", self.numbers).parse().unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject: "operation/dengfeng/O1".into(),
            time: Moment(at),
            recipient: None,
            number: self.numbers,
            actor: None,
            on_behalf_of: None,
            traceparent: None,
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        };
        self.take(proto::envelope::to_wire(&envelope), at).await;
    }

    async fn operates(&mut self, step: Does, at: i64) {
        let asked = Asked {
            caller: Party::service(Role::Worker),
            request_id: RequestId::parse(format!("{}/{at}", step.name().replace(',', ".")))
                .unwrap(),
            fingerprint: [7; 32],
        };
        self.store.execute(asked, Command::SendOperation(id(), step)).await.unwrap();
        self.bring_back(at).await;
    }

    /// The bus says that the first that was sent to a unit has arrived there, or was skipped.
    async fn arrived(&self, unit: &str, number: u64, is_skipped: bool) {
        let settled = Settled { recipient: format!("unit/{unit}"), number, is_skipped };
        let progress = Progress { settled: vec![settled], ..Progress::default() };
        self.store.progress(progress).await.unwrap();
    }

    async fn is_called_on(&self) -> Option<String> {
        let mark = self.store.read(|tx| mark(tx, &of_operation())).unwrap()?;
        self.store.tell(Command::Told(of_operation(), mark.clone())).await.unwrap();
        Some(mark.name)
    }

    fn operation(&self) -> KeptOperation {
        self.store.read(|tx| operation(tx, &id())).unwrap().unwrap()
    }
}

fn comes(by: &str) -> Said {
    let crew = Crew { people: vec!["p-1".parse().unwrap()], ..Crew::default() };
    Said::Confirmed { unit: unit(by), crew }
}

#[tokio::test]
async fn a_flow_is_told_what_it_must_do_and_knows_by_receipts_who_has_let_go() {
    let dir = TempDir::new().unwrap();
    let store = open_in(&dir, dengfeng());
    let mut desk = Desk::over(dir, store);
    desk.of_team("unit/enforcement", &Said::Planned(planned()), 1).await;
    assert!(desk.store.read(|tx| operation(tx, &id())).unwrap().is_none(), "no unit plans");
    desk.of_team("service/gateway", &Said::Planned(planned()), 1).await;
    assert_eq!(desk.is_called_on().await.as_deref(), Some("OperationPlanned"));
    let both = vec![unit("enforcement"), unit("public_security")];
    desk.operates(Does::Register { units: both.clone() }, 2).await;
    for one in &both {
        desk.operates(Does::Invite { unit: one.clone() }, 2).await;
    }
    assert_eq!(desk.is_called_on().await, None, "its own words");
    desk.arrived("enforcement", 1, false).await;
    desk.arrived("public_security", 1, true).await;
    let invited = desk.operation().receipts.invited;
    assert_eq!(invited, [unit("enforcement")].into(), "what was skipped has not arrived");
    assert_eq!(desk.is_called_on().await, None, "there is nothing to do");

    desk.of_team("unit/enforcement", &comes("public_security"), 3).await;
    assert!(!desk.operation().operation.members[&unit("public_security")].is_confirmed());
    desk.of_team("unit/enforcement", &comes("enforcement"), 3).await;
    assert_eq!(desk.is_called_on().await, None, "one is not enough");
    desk.of_team("unit/public_security", &comes("public_security"), 4).await;
    assert_eq!(desk.is_called_on().await.as_deref(), Some("PartConfirmed"), "it can begin");

    let by = "office/command_hq_office".parse().unwrap();
    let (how, reason) = (Ending::Aborted, "rain".to_owned());
    let ended = Said::Ended { how, by, reason, is_series: true };
    desk.of_team("service/gateway", &ended, 5).await;
    assert_eq!(desk.is_called_on().await.as_deref(), Some("OperationEnded"));
    for one in &both {
        desk.operates(Does::Release { unit: one.clone() }, 6).await;
    }
    desk.arrived("enforcement", 2, false).await;
    assert_eq!(desk.is_called_on().await.as_deref(), Some("Arrived"));
    desk.operates(Does::NoteReleased { units: vec![unit("enforcement")] }, 7).await;
    let kept = desk.operation();
    assert_eq!(kept.operation.members[&unit("enforcement")].release, Release::Done);
    assert_eq!(kept.operation.unreleased().count(), 1);
    desk.arrived("public_security", 2, true).await;
    assert_eq!(desk.is_called_on().await, None, "skipped: an operator has to settle it");
}

#[test]
fn a_flow_of_an_operation_is_read_as_it_was_written() {
    let city = "dengfeng".parse().unwrap();
    for (flow, workflow) in [
        (of_operation(), "operation/dengfeng/O1"),
        (Flow::Credit("O1".parse().unwrap()), "credit/dengfeng/O1"),
        (Flow::Approval("O1".parse().unwrap()), "approval/dengfeng/O1"),
    ] {
        assert_eq!(flow.workflow(&city), workflow);
        assert_eq!(Flow::try_from(flow.to_string()).unwrap(), flow);
    }
    assert_eq!(domain::operation::of_subject(&city, "operation/dengfeng/O1"), Some(id()));
    assert_eq!(domain::operation::of_subject(&city, "operation/wuhan/O1"), None);
}
