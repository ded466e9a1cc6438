//! Our own outages: noticed by missing marks, recorded once, charged to nobody, told once.

use std::time::Duration;

use domain::case::owes;
use proto::{body, notice::NoticeGiven};

use super::*;

const AFTER: Duration = Duration::from_secs(60);

impl Desk {
    async fn well(&self, at: i64) {
        self.store.tell(Command::Here(Moment(at), AFTER)).await.unwrap();
    }

    fn outages(&self) -> Vec<Outage> {
        self.store.read(|tx| outages(tx, Moment(0))).unwrap()
    }

    fn due(&self) -> Moment {
        let kept = self.kept();
        let limits = self.store.read(|tx| self.store.machine().limits(tx, &kept)).unwrap();
        owes(&kept.course, &limits)[0].due
    }

    /// The subjects of what was sent about no case.
    fn said(&self) -> Vec<(String, String)> {
        let records = self.store.records_after(0, 1_000).unwrap();
        let wires = records.into_iter().flat_map(|(_, record)| record.outgoing);
        let envelopes = wires.map(|wire| proto::envelope::from_wire(wire).unwrap());
        let other = envelopes.filter(|one| !one.subject.starts_with("case/"));
        other.map(|one| (one.subject, one.id.to_string())).collect()
    }
}

#[tokio::test]
async fn a_gap_between_two_marks_is_an_outage_and_no_clock_runs_in_it() {
    let mut desk = Desk::new();
    desk.called().await;
    for at in [10_000, 20_000, 80_000] {
        desk.well(at).await;
    }
    let due = desk.due();
    assert_eq!((desk.outages(), desk.said()), (vec![], vec![]));
    desk.well(140_001).await;
    let outage = Outage { from: Moment(80_000), to: Moment(140_001) };
    assert_eq!(desk.outages(), std::slice::from_ref(&outage));
    assert_eq!(desk.due(), due + Duration::from_millis(60_001));
    assert_eq!(desk.said(), [("outage/wenshan".to_owned(), "outage/80000".to_owned())]);
    // A clock that is set back is no outage, and moves no mark back.
    desk.well(5_000).await;
    desk.well(190_000).await;
    assert_eq!(desk.outages().len(), 1);
    // One before the case began is none of its time.
    let later = desk.store.read(|tx| outages(tx, Moment(140_001))).unwrap();
    assert_eq!(later, []);
    // The whole of it is in the journal: another view is the same.
    let Desk { dir, store, .. } = desk;
    let view = dir.path().join("view");
    drop(store);
    let again = loop {
        // The writer of the store ends a moment after its last handle.
        let fold = Fold::new(Arc::new(steps::tests::wenshan()), "");
        let _absent_at_the_second_try = std::fs::remove_dir_all(&view);
        match Store::open(dir.path(), fold, Clock::fixed(Moment(1)), Stats::default()) {
            Ok(store) => break store,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    assert_eq!(again.read(|tx| outages(tx, Moment(0))).unwrap(), [outage]);
}

#[tokio::test]
async fn each_unit_is_told_once_of_an_outage_whatever_comes_between() {
    let mut desk = Desk::new();
    desk.called().await;
    desk.well(10_000).await;
    desk.well(7_210_000).await;
    let outage = desk.store.read(untold).unwrap().unwrap();
    let tell =
        |text: &str| Command::Tell(outage.clone(), unit("enforcement"), Some(text.to_owned()));
    let asked = || Asked {
        caller: Party::service(Role::Worker),
        request_id: "outage/10000/enforcement".parse().unwrap(),
        fingerprint: [7; 32],
    };
    desk.store.execute(asked(), tell("first")).await.unwrap();
    // Killed in between and started again, it may count other cases: it says nothing more.
    desk.store.execute(asked(), tell("second")).await.unwrap();
    let name = "worker/outage-10000-enforcement";
    let notice = (format!("notice/wenshan/{name}"), format!("notice/{name}"));
    let for_the_desk = ("outage/wenshan".to_owned(), "outage/10000/enforcement".to_owned());
    assert_eq!(desk.said()[1..], [for_the_desk, notice]);
    let records = desk.store.records_after(0, 1_000).unwrap();
    let last = records.into_iter().flat_map(|(_, record)| record.outgoing).last().unwrap();
    let envelope = proto::envelope::from_wire(last).unwrap();
    assert_eq!(envelope.recipient, Some(Party::unit(&unit("enforcement"))));
    let given = body::read::<NoticeGiven>(&envelope.kind, &envelope.body).unwrap();
    assert_eq!((given.notice_id.as_str(), given.text.as_str()), (name, "first"));
    desk.store.tell(Command::AllTold(outage.clone())).await.unwrap();
    assert_eq!(desk.store.read(untold).unwrap(), None);
    desk.store.tell(tell("third")).await.unwrap();
    assert_eq!(desk.said().len(), 3);
}
