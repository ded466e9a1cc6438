//! What the bus does not take holds up only its own recipient.

use domain::moment::Moment;
use kit::{
    outbox,
    store::{Decision, Machine, Outgoing, Refusal, Store},
    tx::Tx,
    view,
};
use proto::{
    bus::{AcknowledgeRequest, FetchRequest},
    record::Record,
};
use tokio_util::sync::CancellationToken;

use super::{door::City, *};
use crate::conformance::party;

/// A role that sends what it is told: to whom, and about what.
pub struct Sender(pub &'static str);

impl Machine for Sender {
    type Command = (&'static str, &'static str);
    type Fact = ();
    const LAYOUT: u32 = 1;

    fn party(&self) -> domain::party::Party {
        party(self.0)
    }

    fn decide(
        &self,
        tx: &Tx<'_>,
        (to, subject): Self::Command,
        _: Moment,
    ) -> Result<Decision, Refusal> {
        let id = format!("word/{}", tx.next()).parse().unwrap();
        let word = Outgoing::new(id, subject, ("muster.test.Word".into(), vec![7]));
        let word = Outgoing { recipient: Some(party(to)), ..word };
        Ok(Decision::change("word", Vec::new(), vec![word], Vec::new()))
    }

    fn apply(&self, _: &mut Tx<'_>, _: u64, _: &Record) -> Result<(), view::Error> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_that_is_not_known_or_full_holds_up_nobody_else() {
    let mut city = City::with(|config| config.mailbox_depth = 2).await;
    let dir = tempfile::tempdir().unwrap();
    let store =
        Store::open(dir.path(), Sender("unit/enforcement"), Clock::system(), Stats::default())
            .unwrap();
    for told in [
        ("unit/ghost", "case/w/1"),
        ("unit/housing", "case/w/2"),
        ("unit/housing", "case/w/1"),
        ("unit/housing", "case/w/3"),
        ("unit/housing", "case/w/4"),
        ("unit/fire", "case/w/5"),
    ] {
        store.tell(told).await.unwrap();
    }
    let end = CancellationToken::new();
    let channel = city.channel("unit/enforcement");
    let identity = city.identity("unit/enforcement");
    let sending = tokio::spawn(outbox::run(store, identity, channel, end.clone()));

    // The housing department's mailbox takes two; what is for the fire brigade comes all the same,
    // and what did not fit comes when there is room.
    let mut fire = city.client("unit/fire");
    let ask = |wait_ms| FetchRequest { max_envelopes: 10, wait_ms, lease_ms: 600_000 };
    assert_eq!(fire.fetch(ask(20_000)).await.unwrap().into_inner().deliveries.len(), 1);
    let mut housing = city.client("unit/housing");
    let mut subjects = Vec::new();
    while subjects.len() < 4 {
        let fetched = housing.fetch(ask(20_000)).await.unwrap().into_inner();
        let (places, log_id) = (fetched.deliveries.iter().map(|one| one.place), fetched.log_id);
        let places: Vec<u64> = places.collect();
        if !places.is_empty() {
            let came = fetched.deliveries.iter().filter_map(|one| one.envelope.as_ref());
            let proof = Some(city.sign("unit/housing", &log_id, came));
            housing.acknowledge(AcknowledgeRequest { places, log_id, proof }).await.unwrap();
        }
        let wires = fetched.deliveries.into_iter().filter_map(|one| one.envelope);
        subjects.extend(wires.map(|wire| proto::envelope::from_wire(wire).unwrap().subject));
    }
    assert_eq!(subjects, ["case/w/2", "case/w/1", "case/w/3", "case/w/4"]);
    end.cancel();
    sending.await.unwrap();
    city.stop().await;
}
