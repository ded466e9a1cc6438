//! Incidents over a real store: a step that fails of each kind is one record however often it fails,
//! what is decided is kept before it is done, and all of it is there after a restart.

use std::time::Duration;

use domain::incident::{Patience, Remedy, Resolved, Trouble};

use super::*;
use crate::{
    activities::{Outside, Work},
    fold::{self, KeptIncident},
    outage::Presence,
    watch::Watch,
};

const SHORT: Duration = Duration::from_millis(1);

/// The store of a worker that was killed, open again: the one before lets go of its folder first.
async fn reopened(dir: &TempDir) -> Store<Fold> {
    for _ in 0..20_000 {
        let fold = Fold::new(Arc::new(steps::tests::wenshan()), "");
        let clock = Clock::fixed(Moment(1_000_000));
        if let Ok(store) = Store::open(dir.path(), fold, clock, Stats::default()) {
            return store;
        }
        tokio::time::sleep(SHORT).await;
    }
    panic!("the store does not open again");
}

struct Flows {
    work: Work,
    watch: Watch,
    store: Store<Fold>,
}

impl Flows {
    /// What flows ask of a worker that counts to three.
    fn of(store: &Store<Fold>) -> Flows {
        let presence = Presence::new(Duration::from_secs(10));
        presence.well(store.clock().now());
        let patience = Patience { failures: 3, after_ms: 3_600_000 };
        let watch = Watch::new(store.clone(), presence.clone(), patience);
        let work = Work::new(store.clone(), presence, Outside::default(), watch.clone());
        Flows { work, watch, store: store.clone() }
    }

    async fn sends(&self, step: Step) -> Result<(), String> {
        let done = self.work.perform("1", &[step], SHORT).await;
        done.map(drop).map_err(|no| no.reason)
    }

    fn incident(&self) -> Option<KeptIncident> {
        self.store.read(|tx| fold::incident_of(tx, &flow())).unwrap()
    }

    fn all(&self) -> Vec<KeptIncident> {
        let all = self.store.read(|tx| fold::incidents(tx, b"", 100)).unwrap();
        all.into_iter().map(|(_, kept)| kept).collect()
    }

    fn records(&self) -> usize {
        self.store.records_after(0, 10_000).unwrap().len()
    }

    async fn resolve(&self, remedy: Remedy) -> Result<(), String> {
        let id = self.all()[0].incident.opened.id;
        let (party, person) = ("admin/root".parse().unwrap(), "chen".parse().unwrap());
        let resolved = Resolved { remedy, party, person, reason: "seen to".into() };
        let done = self.store.tell(Command::Resolve(id, resolved)).await;
        done.map(drop).map_err(|no| no.reason)
    }
}

#[tokio::test]
async fn a_step_that_fails_is_one_incident_and_is_over_when_it_goes_through() {
    let mut desk = Desk::new();
    desk.whistle().await;
    let flows = Flows::of(&desk.store);
    for expected in [false, false, true] {
        assert_eq!(flows.sends(Step::Route).await.unwrap_err(), "NOT_IN_THE_RECORD");
        assert_eq!(flows.incident().is_some(), expected);
    }
    let records = flows.records();
    for _ in 0..5 {
        flows.sends(Step::Route).await.unwrap_err();
    }
    assert_eq!(flows.records(), records, "no record for a try");
    let opened = flows.incident().unwrap().incident.opened;
    assert_eq!((opened.trouble, opened.failures), (Trouble::Fails, 3));
    assert_eq!((&*opened.subject, &*opened.reason), ("case/wenshan/1", "NOT_IN_THE_RECORD"));
    assert_eq!(flows.watch.failures(&flow()), 8, "counted all the same");
    // A worker that begins again has not forgotten it.
    let flows = Flows::of(&desk.store);
    assert!(flows.incident().is_some());
    desk.bring_back(2).await;
    flows.sends(Step::Route).await.unwrap();
    assert_eq!(flows.incident(), None);
    assert!(!flows.all()[0].incident.is_open(), "it is kept");
}

#[tokio::test]
async fn what_has_arrived_while_nobody_sent_is_over_when_the_flow_looks() {
    let mut desk = Desk::new();
    desk.whistle().await;
    let flows = Flows::of(&desk.store);
    for _ in 0..3 {
        flows.sends(Step::Route).await.unwrap_err();
    }
    // The worker was killed; the flow that looks again finds the step in the record.
    let flows = Flows::of(&desk.store);
    flows.watch.looked(&flow(), Ok(())).await;
    assert!(flows.incident().is_some(), "it is not there yet");
    desk.bring_back(2).await;
    flows.watch.looked(&flow(), Ok(())).await;
    assert_eq!(flows.incident(), None);
}

#[tokio::test]
async fn a_step_that_the_record_refuses_is_an_incident_at_once_and_may_be_left_out() {
    let mut desk = Desk::new();
    // Somebody has used the name of the step for something else.
    desk.called().await;
    let flows = Flows::of(&desk.store);
    let step = Step::Call(1, unit("enforcement"));
    assert_eq!(flows.sends(step.clone()).await.unwrap_err(), "REQUEST_ID_REUSED");
    let kept = flows.incident().unwrap();
    assert_eq!(kept.incident.opened.trouble, Trouble::Refused);
    assert!(kept.incident.remedies().contains(&Remedy::Skip));
    flows.resolve(Remedy::Skip).await.unwrap();
    assert_eq!(desk.told().await.as_deref(), Some("Resolved"), "the flow is told to look");
    assert!(flows.incident().is_some(), "it is over when the flow has gone on");
    flows.sends(step.clone()).await.unwrap();
    assert_eq!(flows.incident(), None);
    flows.sends(step).await.unwrap();
    assert_eq!(flows.incident(), None, "it stays left out, and moves nothing by will");
    let said = &flows.all()[0].incident.resolutions[0];
    assert_eq!((said.resolved.person.as_str(), &*said.resolved.reason), ("chen", "seen to"));
}

#[tokio::test]
async fn what_is_sent_again_and_moves_nothing_is_an_incident_and_put_back_it_is_counted_anew() {
    let mut desk = Desk::new();
    desk.whistle().await;
    let flows = Flows::of(&desk.store);
    flows.sends(Step::Route).await.unwrap_err();
    desk.bring_back(2).await;
    flows.sends(Step::Route).await.unwrap();
    for _ in 0..3 {
        assert_eq!(flows.incident(), None);
        flows.sends(Step::Route).await.unwrap();
    }
    let kept = flows.incident().unwrap();
    assert_eq!(kept.incident.opened.trouble, Trouble::MovesNothing);
    flows.resolve(Remedy::PutBack).await.unwrap();
    assert_eq!(flows.incident(), None);
    assert_eq!(flows.resolve(Remedy::Retry).await.unwrap_err(), "NOT_OPEN");
}

#[tokio::test]
async fn to_end_a_flow_is_on_the_list_until_it_is_done_whatever_is_killed() {
    let mut desk = Desk::new();
    desk.whistle().await;
    desk.told().await;
    let flows = Flows::of(&desk.store);
    for _ in 0..3 {
        flows.watch.looked(&flow(), Err(&Rejection::unavailable("PANICKED", "x"))).await;
    }
    assert_eq!(flows.resolve(Remedy::Skip).await.unwrap_err(), "OTHER_REMEDY");
    flows.resolve(Remedy::Resume).await.unwrap();
    assert_eq!(flows.resolve(Remedy::Retry).await.unwrap_err(), "UNDER_WAY");
    drop(flows);
    let Desk { dir, store, .. } = desk;
    drop(store);
    let store = reopened(&dir).await;
    let listed = store.read(|tx| fold::to_be_ended(tx, 10)).unwrap();
    assert_eq!(listed.len(), 1, "it is still to be done");
    let id = listed[0].incident.opened.id;
    store.tell(Command::Carried(id)).await.unwrap();
    store.tell(Command::Carried(id)).await.unwrap();
    assert!(store.read(|tx| fold::to_be_ended(tx, 10)).unwrap().is_empty());
    let mark = store.read(|tx| mark(tx, &flow())).unwrap().unwrap();
    assert!(mark.is_start, "another flow is begun");
    let again = Flows::of(&store);
    again.watch.looked(&flow(), Ok(())).await;
    assert_eq!(again.incident(), None, "it looks, and it is over");
}

#[tokio::test]
async fn while_something_is_away_nothing_is_counted() {
    let mut desk = Desk::new();
    desk.whistle().await;
    let presence = Presence::new(Duration::from_secs(10));
    let patience = Patience { failures: 1, after_ms: 0 };
    let watch = Watch::new(desk.store.clone(), presence, patience);
    watch.looked(&flow(), Err(&Rejection::unavailable("X", "x"))).await;
    assert_eq!(desk.store.read(|tx| fold::incident_of(tx, &flow())).unwrap(), None);
}
