//! The door and what is signed: by whose connection it comes, for which log, for what.

use kit::{
    proof::{self, Held},
    status,
};
use proto::{
    bus::{AcknowledgeRequest, CommitRequest, FetchRequest, Proof, WatchReceiptsRequest},
    envelope::{Wire, to_wire},
};
use tonic::Status;

use super::{
    door::{City, Client, call},
    *,
};
use crate::conformance::envelope;

impl City {
    /// Signs for these envelopes as a party.
    pub fn sign<'w>(
        &self,
        party: &str,
        log_id: &str,
        wires: impl IntoIterator<Item = &'w Wire>,
    ) -> Proof {
        let held = wires.into_iter().map(|wire| Held::of(wire).unwrap());
        proof::sign(&self.identity(party), log_id, Clock::system().now(), held).unwrap()
    }
}

fn reason<T: std::fmt::Debug>(outcome: Result<T, Status>) -> String {
    status::rejection(&outcome.unwrap_err()).reason
}

/// What waits in a mailbox: the places, the envelopes, the log.
async fn waiting(client: &mut Client) -> (Vec<u64>, Vec<Wire>, String) {
    let request = FetchRequest { lease_ms: 1, ..FetchRequest::default() };
    let found = client.fetch(request).await.unwrap().into_inner();
    let places = found.deliveries.iter().map(|one| one.place).collect();
    let wires = found.deliveries.into_iter().filter_map(|one| one.envelope).collect();
    (places, wires, found.log_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_is_signed_by_its_own_connection_for_what_it_names() {
    let mut city = City::start().await;
    city.client("unit/enforcement").publish_batch(call(1..=3)).await.unwrap();
    let mut housing = city.client("unit/housing");
    let (places, wires, log_id) = waiting(&mut housing).await;
    let mut acknowledge = async |proof: Option<Proof>| {
        let (places, log_id) = (places.clone(), log_id.clone());
        housing.acknowledge(AcknowledgeRequest { places, log_id, proof }).await
    };
    assert_eq!(reason(acknowledge(None).await), "PROOF_MISSING");
    let by = |party: &str, log_id: &str, wires: &[Wire]| Some(city.sign(party, log_id, wires));
    let wrong = [
        by("unit/fire", &log_id, &wires),
        by("unit/housing", "another", &wires),
        by("unit/housing", &log_id, &wires).map(|one| Proof { signed_at_ms: 7, ..one }),
        by("unit/housing", &log_id, &wires).map(|one| Proof { signature: vec![7; 70], ..one }),
    ];
    for proof in wrong {
        assert_eq!(reason(acknowledge(proof).await), "PROOF_WRONG");
    }
    let other = to_wire(&envelope("unit/fire", 1, "case/w/1"));
    for signed in [&wires[..2], &[&wires[..], &[other]].concat()] {
        let proof = by("unit/housing", &log_id, signed);
        assert_eq!(reason(acknowledge(proof).await), "PROOF_INCOMPLETE");
    }
    let done = acknowledge(by("unit/housing", &log_id, &wires)).await.unwrap().into_inner();
    assert_eq!(done.newly_acknowledged, 3);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_signed_and_asks_how_far_it_is_without() {
    let mut city = City::start().await;
    let sent = city.client("unit/enforcement").publish_batch(call(1..=3)).await.unwrap();
    let (log_id, place) = (sent.get_ref().log_id.clone(), sent.get_ref().placements[1].place);
    let mut worker = city.client("service/worker");
    let mut commit = async |place: u64, proof: Option<Proof>| {
        let request = CommitRequest { place, log_id: log_id.clone(), proof };
        worker.commit(request).await.map(|answer| answer.into_inner().place)
    };
    assert_eq!(commit(0, None).await.unwrap(), 0);
    assert_eq!(reason(commit(place, None).await), "PROOF_MISSING");
    let wires = call(1..=3).envelopes;
    let by = |party: &str, wires: &[Wire]| Some(city.sign(party, &log_id, wires));
    assert_eq!(reason(commit(place, by("service/gateway", &wires[..2])).await), "PROOF_WRONG");
    assert_eq!(reason(commit(place, by("service/worker", &wires[..1])).await), "PROOF_INCOMPLETE");
    assert_eq!(reason(commit(place, by("service/worker", &wires)).await), "PROOF_INCOMPLETE");
    assert_eq!(commit(place, by("service/worker", &wires[..2])).await.unwrap(), place);
    assert_eq!(commit(0, None).await.unwrap(), place);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_is_shown_what_was_signed_and_can_hold_it_against_its_own() {
    let mut city = City::start().await;
    city.client("unit/enforcement").publish_batch(call(1..=3)).await.unwrap();
    let mut housing = city.client("unit/housing");
    let (places, wires, log_id) = waiting(&mut housing).await;
    let proof = Some(city.sign("unit/housing", &log_id, &wires));
    let request = AcknowledgeRequest { places, log_id, proof };
    housing.acknowledge(request).await.unwrap();
    let mut sender = city.client("unit/enforcement");
    let mut told =
        sender.watch_receipts(WatchReceiptsRequest::default()).await.unwrap().into_inner();
    let proofs = told.message().await.unwrap().unwrap().proofs.unwrap();
    let (_, shown) = proof::read(proofs).next().unwrap();
    let shown = shown.unwrap();
    shown.verify(&city.identity("unit/enforcement")).unwrap();
    let portion = &shown.own[0].portion;
    let digests: Vec<proof::Hash> = wires.iter().map(proof::digest).collect();
    assert_eq!((&portion.numbers[..], portion.digest), (&[(1, 3)][..], proof::over(&digests)));
    city.stop().await;
}
