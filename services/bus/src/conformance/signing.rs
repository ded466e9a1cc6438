//! Receivers that sign, as the door lets them through; and the stories of what is signed: it covers
//! exactly what it is for, and each sender is shown its own part, before it is told that all have it.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock},
};

use kit::{
    clock::Clock,
    identity::{Authority, Credential, Identity},
    proof::{self, Held, Signed},
};
use proto::envelope::to_wire;

use super::*;

/// A receiver's identity, and how the bus sees it.
#[derive(Clone)]
struct Pen {
    identity: Identity,
    credential: Arc<Credential>,
}

/// The pens of all parties, of one authority.
fn pen(party: &Party) -> Pen {
    type Pens = (tempfile::TempDir, Authority, HashMap<String, Pen>);
    static PENS: OnceLock<Mutex<Pens>> = OnceLock::new();
    let pens = PENS.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::open_or_create(dir.path(), &"wenshan".parse().unwrap());
        Mutex::new((dir, authority.unwrap(), HashMap::new()))
    });
    let (_, authority, pens) = &mut *pens.lock().unwrap();
    let make = || {
        let identity = authority.issue(party).unwrap();
        let credential = Arc::new(identity.credential().unwrap());
        Pen { identity, credential }
    };
    pens.entry(party.to_string()).or_insert_with(make).clone()
}

/// Signs for these as a party; of none it is for one that nobody has.
pub fn signed(engine: &dyn Engine, signer: &Party, mut held: Vec<Held>) -> Signed {
    let Pen { identity, credential } = pen(signer);
    if held.is_empty() {
        held.push(of(&envelope("unit/housing", u64::from(u32::MAX), "case/w/1")));
    }
    let (log_id, now) = (engine.log_id(), Clock::system().now());
    let proof = proof::sign(&identity, &log_id, now, held).unwrap();
    proof::check(Some(proof), &credential, &log_id, now).unwrap()
}

/// An envelope to be signed for.
pub fn of(envelope: &Envelope) -> Held {
    Held::of(&to_wire(envelope)).unwrap()
}

/// The envelopes at these places; where there is none, nothing.
async fn at(engine: &dyn Engine, places: &[u64]) -> Vec<Held> {
    let mut held = Vec::new();
    for place in places.iter().filter(|place| **place > 0) {
        let piece = engine.read(place - 1, 1).await.unwrap();
        held.extend(piece.recorded.iter().filter(|one| one.place == *place).map(opened));
    }
    held.iter().map(of).collect()
}

/// Acknowledges, signed for exactly what is there.
pub async fn ended(engine: &dyn Engine, mailbox: &Party, places: Vec<u64>) -> Result<u32, Error> {
    if places.is_empty() {
        return Ok(0);
    }
    let held = at(engine, &places).await;
    engine.acknowledge(mailbox, places, signed(engine, mailbox, held)).await
}

/// What lies between two places.
async fn between(engine: &dyn Engine, mut after: u64, upto: u64) -> Vec<Held> {
    let mut held = Vec::new();
    while after < upto {
        let piece = engine.read(after, 500).await.unwrap();
        if piece.upto == after {
            break;
        }
        after = piece.upto;
        let within = piece.recorded.iter().filter(|one| one.place <= upto).map(opened);
        held.extend(within.map(|envelope| of(&envelope)));
    }
    held
}

/// Commits, signed for all from the last commit on.
pub async fn committed(engine: &dyn Engine, follower: &Party, place: u64) -> Result<u64, Error> {
    let followers = engine.status().await.unwrap().followers;
    let before = followers.iter().find(|(party, _)| party == follower);
    let held = between(engine, before.map_or(0, |(_, before)| *before), place).await;
    let proof = (!held.is_empty()).then(|| signed(engine, follower, held));
    engine.commit(follower, place, proof).await
}

fn called(number: u64) -> Envelope {
    envelope("unit/housing", number, "case/w/1")
}

/// An acknowledgement is for exactly the envelopes at its places, and else nothing of it is done.
pub async fn covered(engine: &dyn Engine) {
    let places = publish(engine, vec![called(1), called(2), called(3)]).await;
    let housing = party("unit/housing");
    let sign = |held: Vec<Held>| signed(engine, &housing, held);
    let last = *engine.growth().borrow();
    let other = Held { source: party("unit/fire"), ..of(&called(2)) };
    for held in [
        vec![of(&called(1))],
        vec![of(&called(1)), of(&called(2)), of(&called(3))],
        vec![of(&called(1)), of(&called(3))],
        vec![of(&called(1)), of(&called(2)), other],
        vec![of(&called(1)), of(&called(2)), of(&called(4))],
        vec![of(&envelope("", 1, "case/w/1"))],
    ] {
        let outcome = engine.acknowledge(&housing, places[..2].to_vec(), sign(held)).await;
        assert_eq!(reason(outcome), "PROOF_INCOMPLETE");
    }
    assert_eq!(*engine.growth().borrow(), last, "nothing of it is in the record");
    assert_eq!(ended(engine, &housing, places[..2].to_vec()).await, Ok(2));
    // A repeat is signed as well, for what it names: what was ended, and what is new.
    let outcome = engine.acknowledge(&housing, places.clone(), sign(vec![of(&called(3))])).await;
    assert_eq!(reason(outcome), "PROOF_INCOMPLETE");
    assert_eq!(ended(engine, &housing, places).await, Ok(1));
}

/// A commit is for all envelopes since the one before, and for nothing that lies beyond it.
pub async fn committed_whole(engine: &dyn Engine) {
    let envelopes = vec![called(1), envelope("", 1, "case/w/1"), called(2), called(3)];
    let places = publish(engine, envelopes.clone()).await;
    let worker = party("service/worker");
    let commit = async |upto: usize, held: Vec<Held>| {
        let proof = (!held.is_empty()).then(|| signed(engine, &worker, held));
        engine.commit(&worker, places[upto], proof).await
    };
    assert_eq!(reason(commit(1, vec![]).await), "PROOF_MISSING");
    let one = of(&envelopes[0]);
    for held in [
        vec![one.clone()],
        vec![of(&envelopes[1])],
        envelopes.iter().map(of).collect(),
        vec![one.clone(), of(&envelopes[1]), of(&called(9))],
    ] {
        assert_eq!(reason(commit(1, held).await), "PROOF_INCOMPLETE");
    }
    let both = vec![one.clone(), of(&envelopes[1])];
    assert_eq!(commit(1, both).await, Ok(places[1]));
    // What it has signed for before may be named again; a place that it has passed needs nothing.
    assert_eq!(commit(0, vec![]).await, Ok(places[1]));
    assert_eq!(commit(2, vec![one, of(&envelopes[2])]).await, Ok(places[2]));
    assert_eq!(reason(commit(3, vec![of(&envelopes[2])]).await), "PROOF_INCOMPLETE");
}

/// Each sender is shown its own portions and no other's, by each who must have what it sent, before
/// it is told that all have it; the same after a restart.
pub async fn shown(stage: &impl Stage) {
    let engine = stage.open().await;
    let other = Envelope { source: party("unit/fire"), ..called(1) };
    let mut places = publish(&*engine, vec![called(1), called(2), envelope("", 1, "c")]).await;
    let placed = take(&*engine, &party("unit/fire"), vec![other.clone()]).await.unwrap();
    places.push(placed[0].place);
    let mail = vec![places[0], places[1], places[3]];
    assert_eq!(ended(&*engine, &party("unit/housing"), mail).await, Ok(3));
    commit(&*engine, places[3]).await;
    let before = told(&*engine).await;
    drop(engine);
    let engine = stage.open().await;
    assert_eq!(told(&*engine).await, before);

    let (ours, theirs) = before;
    let signers = ["unit/housing", "service/worker", "service/gateway"].map(party);
    for (shown, portions) in [(&ours, 1), (&theirs, 1)] {
        assert_eq!(shown.proofs.iter().map(|one| one.signer.clone()).collect::<Vec<_>>(), signers);
        assert_eq!(shown.proofs[0].own.len(), portions);
        for one in &shown.proofs {
            one.verify(&pen(&one.signer).identity).unwrap();
            assert_eq!(one.log_id, engine.log_id());
        }
        let last = shown.proofs.iter().map(|one| one.receipt_place).max();
        assert!(shown.receipts.iter().all(|one| last <= Some(one.receipt_place)));
        assert!(shown.receipts.iter().all(|one| *one.followers == signers[1..]
            || *one.followers == [signers[2].clone(), signers[1].clone()]));
    }
    let of_fire = |one: &proof::Own| one.portion.source == party("unit/fire");
    assert!(theirs.proofs.iter().flat_map(|one| &one.own).all(of_fire));
    assert!(!ours.proofs.iter().flat_map(|one| &one.own).any(of_fire));
    let portion = &ours.proofs[0].own[0].portion;
    assert_eq!(portion.numbers, [(1, 2)]);
    let digests = [called(1), called(2)].map(|envelope| of(&envelope).digest);
    assert_eq!(portion.digest, proof::over(&digests));
    // The followers have what is for the record as well.
    assert_eq!(ours.proofs[1].own.len(), 2);
}

async fn told(engine: &dyn Engine) -> (Receipts, Receipts) {
    let all = async |source: &str| {
        let (source, mut all) = (party(source), Receipts::default());
        loop {
            let some = engine.receipts(&source, all.upto, 1).await.unwrap();
            if some.upto <= all.upto {
                return Receipts { upto: 0, ..all };
            }
            all.upto = some.upto;
            all.receipts.extend(some.receipts);
            all.proofs.extend(some.proofs);
        }
    };
    (all("unit/enforcement").await, all("unit/fire").await)
}
