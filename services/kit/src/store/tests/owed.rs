//! An envelope is let go when everybody whom it must reach has signed for it and the bus says so, and
//! a proof counts when it is for what this journal has sent.

use super::*;
use crate::{
    identity::{Authority, Identity},
    proof::{self, Held, Shown, Wrong, tests::authority},
};

/// Says a word to a unit, a community, or the record.
pub(crate) struct Caller;

impl Machine for Caller {
    type Command = &'static str;
    type Fact = ();
    const LAYOUT: u32 = 1;

    fn party(&self) -> Party {
        party("unit/enforcement")
    }

    fn decide(&self, tx: &Tx<'_>, to: &'static str, _: Moment) -> Result<Decision, Refusal> {
        let count = tx.number(b"said")? + 1;
        let id = EnvelopeId::parse(format!("word/{count}")).unwrap();
        let word = Outgoing::new(id, "case/1", ("muster.test.Word".into(), vec![7]));
        let word = Outgoing { recipient: (!to.is_empty()).then(|| party(to)), ..word };
        Ok(Decision::change("word", Vec::new(), vec![word], Vec::new()))
    }

    fn apply(&self, tx: &mut Tx<'_>, _: u64, record: &Record) -> Result<(), view::Error> {
        let count = tx.number(b"said")? + record.outgoing.len() as u64;
        tx.put(b"said", count.to_be_bytes());
        Ok(())
    }
}

fn party(text: &str) -> Party {
    text.parse().unwrap()
}

const WORKER: &str = "service/worker";
const GATEWAY: &str = "service/gateway";
const HOUSING: &str = "unit/housing";

/// A sender and the authority of its city.
pub(crate) struct Stage {
    dir: tempfile::TempDir,
    authority: Authority,
    pub(crate) own: Identity,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(&dir.path().join("ca"));
        let own = authority.issue(&party("unit/enforcement")).unwrap();
        Stage { dir, authority, own }
    }

    pub(crate) async fn open(&self) -> Store<Caller> {
        let dir = self.dir.path().join("store");
        loop {
            match Store::open(&dir, Caller, Clock::system(), Stats::default()) {
                Ok(store) => return store,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            }
        }
    }

    pub(crate) fn signs(&self, signer: &str, held: Vec<Held>) -> Shown {
        let source = held[0].source.to_string();
        let signer = self.authority.issue(&party(signer)).unwrap();
        proof::tests::shown(&signer, Clock::system().now(), held, &source)
    }
}

/// What was sent, as a receiver has it.
pub(crate) fn sent(store: &Store<Caller>) -> Vec<Held> {
    let records = store.records(0).map(|found| found.unwrap().1);
    records.flat_map(|record| record.outgoing).filter_map(|wire| Held::of(&wire)).collect()
}

fn said(one: &Held, followers: &[&str], is_skipped: bool) -> Progress {
    let recipient = one.recipient.as_ref().map(ToString::to_string).unwrap_or_default();
    let settled = vec![Settled { recipient, number: one.number, is_skipped }];
    let followers = followers.iter().map(|&follower| follower.to_owned()).collect();
    Progress { settled, followers, ..Progress::default() }
}

fn signed(shown: Shown) -> Progress {
    Progress { proofs: Some(proof::write(vec![shown])), ..Progress::default() }
}

fn kept(store: &Store<Caller>) -> bool {
    store.outstanding().unwrap().is_unsettled
}

#[tokio::test]
async fn it_is_kept_until_all_who_must_have_signed_and_the_bus_has_said_so() {
    let stage = Stage::new();
    let mut store = stage.open().await;
    let both = [WORKER, GATEWAY];
    // In every order, and with a restart before each step: one is missing until the last.
    for turn in 0..4 {
        store.tell(HOUSING).await.unwrap();
        let one = vec![sent(&store).pop().unwrap()];
        let mut steps = vec![
            signed(stage.signs(HOUSING, one.clone())),
            signed(stage.signs(WORKER, one.clone())),
            signed(stage.signs(GATEWAY, one.clone())),
            said(&one[0], &both, false),
        ];
        steps.rotate_left(turn);
        for step in steps {
            drop(store);
            store = stage.open().await;
            assert!(kept(&store), "before {step:?}");
            store.progress(step).await.unwrap();
        }
        assert!(!kept(&store));
        let left = store.read(|tx| tx.scan(&[1, b'w'], b"", 9)).unwrap();
        assert_eq!(left, [], "nothing is left of it");
    }
}

#[tokio::test]
async fn who_must_sign_depends_on_whom_it_is_for() {
    let stage = Stage::new();
    let store = stage.open().await;
    for (to, followers, is_skipped, signers) in [
        ("", &[][..], false, &[][..]),
        ("", &[WORKER], false, &[WORKER]),
        ("community/c1", &[WORKER], false, &[WORKER]),
        ("office/city", &[], false, &[]),
        (HOUSING, &[], false, &[HOUSING]),
        (HOUSING, &[WORKER], true, &[WORKER]),
        (HOUSING, &[], true, &[]),
        (WORKER, &[WORKER, GATEWAY], false, &[WORKER, GATEWAY]),
    ] {
        store.tell(to).await.unwrap();
        let one = sent(&store).pop().unwrap();
        store.progress(said(&one, followers, is_skipped)).await.unwrap();
        for signer in signers {
            assert!(kept(&store), "{to} before {signer}");
            store.progress(signed(stage.signs(signer, vec![one.clone()]))).await.unwrap();
        }
        assert!(!kept(&store), "{to}");
        // What comes after it was let go changes nothing.
        store.progress(signed(stage.signs(GATEWAY, vec![one]))).await.unwrap();
        assert_eq!(store.read(|tx| tx.scan(&[1, b'w'], b"", 9)).unwrap(), []);
    }
}

#[tokio::test]
async fn a_proof_counts_when_it_is_for_what_was_sent_and_of_who_receives_it() {
    let stage = Stage::new();
    let store = stage.open().await;
    for to in [HOUSING, HOUSING, ""] {
        store.tell(to).await.unwrap();
    }
    let all = sent(&store);
    let check = |shown: &Shown| store.check(shown, &stage.own).unwrap();
    assert!(check(&stage.signs(HOUSING, all[..2].to_vec())).is_ok());
    assert!(check(&stage.signs(WORKER, all.clone())).is_ok());
    // What was let go long ago counts as well: a bus that has lost its log has all signed again.
    store.progress(said(&all[0], &[], true)).await.unwrap();
    assert!(check(&stage.signs(HOUSING, all[..2].to_vec())).is_ok());

    let other = Held { digest: [7; 32], ..all[1].clone() };
    let wrong = check(&stage.signs(HOUSING, vec![all[0].clone(), other])).unwrap_err();
    assert!(matches!(wrong, Wrong::Content { first: 1, last: 2, .. }), "{wrong}");
    let never = Held { number: 3, ..all[1].clone() };
    let wrong = check(&stage.signs(HOUSING, vec![never])).unwrap_err();
    assert!(matches!(wrong, Wrong::Content { .. }), "{wrong}");
    let wrong = check(&stage.signs("unit/fire", all[..2].to_vec())).unwrap_err();
    assert!(matches!(wrong, Wrong::Receiver { .. }), "{wrong}");
    let other = Held { source: party("unit/fire"), ..all[0].clone() };
    let wrong = check(&stage.signs(HOUSING, vec![other])).unwrap_err();
    assert!(matches!(wrong, Wrong::Source(_)), "{wrong}");
    let mut forged = stage.signs(HOUSING, all[..1].to_vec());
    forged.log_id = "another".into();
    assert!(matches!(check(&forged), Err(Wrong::Signature)));
}

#[tokio::test]
async fn what_is_signed_is_what_came_first_and_is_in_the_journal() {
    let stage = Stage::new();
    let store = stage.open().await;
    let first = received(1).envelope.unwrap();
    let other = proto::envelope::Wire { r#type: "muster.test.Other".into(), ..first.clone() };
    let name = Name::of(&first).unwrap();
    assert_eq!(store.held(vec![name.clone()]).unwrap(), None, "it is not there");
    let of = |envelope: proto::envelope::Wire| Received { envelope: Some(envelope), ..received(1) };
    store.receive(vec![of(first.clone())]).await.unwrap();
    store.receive(vec![of(other), received(2)]).await.unwrap();
    let names = vec![name, Name::of(&received(2).envelope.unwrap()).unwrap()];
    let held = store.held(names).unwrap().unwrap();
    assert_eq!(held[0].digest, proof::digest(&first));
    assert_eq!(held[1].digest, proof::digest(&received(2).envelope.unwrap()));
}
