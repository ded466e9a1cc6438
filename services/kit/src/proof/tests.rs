//! Whatever is changed in a proof is refused, and what was signed stays good.

use std::{path::Path, sync::OnceLock};

use domain::party::Party;
use proptest::{collection::vec, prelude::*};
use proto::bus::NumberRange;

use super::*;
use crate::{
    clock::Clock,
    identity::{Authority, Step, Unfit},
};

pub const LOG: &str = "log";

fn party(text: &str) -> Party {
    text.parse().unwrap()
}

pub fn authority(dir: &Path) -> Authority {
    Authority::open_or_create(dir, &"wenshan".parse().unwrap()).unwrap()
}

fn now() -> Moment {
    Clock::system().now()
}

/// The housing department, of an authority that is there as long as the tests.
fn housing() -> &'static Identity {
    static HOUSING: OnceLock<(tempfile::TempDir, Identity)> = OnceLock::new();
    let (_, identity) = HOUSING.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let identity = authority(dir.path()).issue(&party("unit/housing")).unwrap();
        (dir, identity)
    });
    identity
}

fn held(source: &str, recipient: &str, number: u64) -> Held {
    let recipient = (!recipient.is_empty()).then(|| party(recipient));
    Held { source: party(source), recipient, number, digest: digest_of(&number.to_be_bytes()) }
}

/// What a source is shown of a proof for these.
pub fn shown(identity: &Identity, at: Moment, held: Vec<Held>, source: &str) -> Shown {
    let credential = Arc::new(identity.credential().unwrap());
    let proof = sign(identity, LOG, at, held).unwrap();
    show(check(Some(proof), &credential, LOG, at).unwrap(), source)
}

fn show(signed: Signed, source: &str) -> Shown {
    let tree = Tree::over(&signed.portions);
    let of = |(index, portion): (usize, &Portion)| Own {
        portion: portion.clone(),
        index: u32::try_from(index).unwrap(),
        path: tree.path(index),
    };
    let own = signed.portions.iter().enumerate();
    let own = own.filter(|(_, portion)| portion.source.to_string() == source).map(of).collect();
    Shown {
        receipt_place: 9,
        signer: signed.signer.peer().party.clone(),
        chain: signed.signer.chain().clone(),
        log_id: signed.log_id,
        at: signed.at,
        signature: signed.signature,
        count: tree.count(),
        own,
    }
}

fn many(count: u64) -> Vec<Held> {
    (0..count).map(|n| held(&format!("unit/u{}", n % 7), "unit/housing", n / 7 * 2 + 1)).collect()
}

fn refused(change: impl FnOnce(&mut bus::Proof)) -> (String, String) {
    let credential = Arc::new(housing().credential().unwrap());
    let mut proof = sign(housing(), LOG, now(), many(30)).unwrap();
    change(&mut proof);
    let rejection = check(Some(proof), &credential, LOG, now()).unwrap_err();
    (rejection.reason, rejection.field)
}

#[test]
fn what_is_malformed_is_named() {
    let wrong = |field: &str| ("PROOF_WRONG".to_owned(), format!("proof.{field}"));
    assert_eq!(refused(|proof| proof.algorithm = 0), wrong("algorithm"));
    assert_eq!(refused(|proof| proof.algorithm = 7), wrong("algorithm"));
    let skew = i64::try_from(SKEW.as_millis()).unwrap() + 60_000;
    assert_eq!(refused(|proof| proof.signed_at_ms += skew), wrong("signed_at_ms"));
    assert_eq!(refused(|proof| proof.signed_at_ms -= skew), wrong("signed_at_ms"));
    assert_eq!(refused(|proof| proof.signed_at_ms = i64::MIN), wrong("signed_at_ms"));
    assert_eq!(refused(|proof| proof.signature = vec![7; 73]), wrong("signature"));
    assert_eq!(refused(|proof| proof.signature.clear()), wrong("signature"));
    assert_eq!(refused(|proof| proof.portions.clear()), wrong("portions"));
    assert_eq!(refused(|proof| proof.portions.reverse()), wrong("portions"));
    assert_eq!(refused(|proof| proof.portions[1] = proof.portions[0].clone()), wrong("portions"));
    assert_eq!(refused(|proof| proof.portions[0].digest.push(1)), wrong("portions.digest"));
    let ranges = |ranges: &[(u64, u64)]| {
        let range = |(first, last): &(u64, u64)| NumberRange { first: *first, last: *last };
        let numbers: Vec<NumberRange> = ranges.iter().map(range).collect();
        refused(|proof| proof.portions[0].numbers = numbers)
    };
    for odd in [
        &[][..],
        &[(0, 1)],
        &[(2, 1)],
        &[(1, 2), (3, 4)],
        &[(5, 6), (1, 2)],
        &[(1, NUMBERS_MAX + 1)],
        &[(1, u64::MAX)],
        &[(u64::MAX, u64::MAX)],
    ] {
        assert_eq!(ranges(odd), wrong("portions.numbers"), "{odd:?}");
    }
    let none = check(None, &Arc::new(housing().credential().unwrap()), LOG, now()).unwrap_err();
    assert_eq!((&*none.reason, &*none.field), ("PROOF_MISSING", "proof"));
}

#[test]
fn a_proof_is_of_one_party_one_certificate_and_one_log() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority(dir.path());
    let [one, again, other] = ["unit/housing", "unit/housing", "unit/fire"]
        .map(|name| authority.issue(&party(name)).unwrap());
    let of = |identity: &Identity| Arc::new(identity.credential().unwrap());
    let proof = sign(&one, LOG, now(), many(3)).unwrap();
    let reason = |signer: &Identity, log: &str| {
        let checked = check(Some(proof.clone()), &of(signer), log, now());
        checked.map(drop).map_err(|rejection| rejection.reason)
    };
    assert_eq!(reason(&one, LOG), Ok(()));
    assert_eq!(reason(&one, "another"), Err("PROOF_WRONG".to_owned()));
    assert_eq!(reason(&again, LOG), Err("PROOF_WRONG".to_owned()));
    assert_eq!(reason(&other, LOG), Err("PROOF_WRONG".to_owned()));
}

#[test]
fn an_envelope_has_one_digest_however_it_came() {
    let mut wire = proto::envelope::Wire { id: "a".into(), ..Default::default() };
    for name in ["recipient", "number", "actor"] {
        wire.attributes.insert(name.into(), proto::envelope::AttributeValue::default());
    }
    let bytes = prost::Message::encode_to_vec(&wire);
    // The same fields in another order: the id comes last.
    let later = [&bytes[3..], &bytes[..3]].concat();
    assert_ne!(digest_of(&later), digest(&wire));
    let read: proto::envelope::Wire = prost::Message::decode(later.as_slice()).unwrap();
    assert_eq!(digest(&read), digest(&wire));
}

#[test]
fn what_was_signed_stays_good_when_certificates_and_authorities_change() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority(dir.path());
    let (fire, water) = (party("unit/fire"), party("unit/water"));
    let (signer, reader) =
        (authority.issue_to(dir.path(), &fire).unwrap(), authority.issue(&water).unwrap());
    let (at, second) = (now(), Duration::from_secs(1));
    let proof = shown(&signer, at, many(9), "unit/u1");
    proof.verify(&reader).unwrap();
    // Before the certificate counted, and after it has ended.
    let credential = |proof: &Shown, at: Moment| {
        let identity = &reader;
        identity.counted(&proof.chain, at).map_err(|unfit| unfit.to_string())
    };
    assert!(credential(&proof, at).is_ok());
    let year = Duration::from_secs(400 * 86_400);
    assert!(credential(&proof, at + year).is_err());
    assert!(credential(&proof, at - year).is_err());

    // A new certificate, and a new authority: the old one is trusted no more.
    authority.rotate(&fire).unwrap();
    for step in [Step::Add, Step::Use] {
        authority.exchange(step).unwrap();
    }
    let authority = Authority::open(dir.path()).unwrap();
    authority.renew(dir.path(), &fire).unwrap();
    authority.issue(&water).unwrap();
    authority.exchange(Step::Remove).unwrap();
    let authority = Authority::open(dir.path()).unwrap();
    let later = authority.issue(&water).unwrap();
    proof.verify(&later).unwrap();
    let from_files = crate::identity::Files::of(dir.path(), &fire).load().unwrap();
    proof.verify(&from_files).unwrap();
    // Whoever has never heard of the old authority does not believe it.
    let stranger = tempfile::tempdir().unwrap();
    let stranger = self::authority(stranger.path()).issue(&water).unwrap();
    let wrong = proof.verify(&stranger).unwrap_err();
    assert!(matches!(wrong, Wrong::Unfit(Unfit::Untrusted(_))), "{wrong}");

    // What was signed before a revocation counts, and nothing after it.
    let signer = from_files;
    let before = shown(&signer, now() - second * 2, many(9), "unit/u1");
    authority.revoke(&fire, "the key was lost", "li").unwrap();
    let reader = authority.issue(&water).unwrap();
    before.verify(&reader).unwrap();
    let after = shown(&signer, now() + second * 2, many(9), "unit/u1");
    let wrong = after.verify(&reader).unwrap_err();
    assert!(matches!(wrong, Wrong::Unfit(Unfit::Revoked(_))), "{wrong}");
}

#[test]
fn a_sender_believes_nobody_who_signs_as_another() {
    let proof = shown(housing(), now(), many(9), "unit/u1");
    let mut other = proof.clone();
    other.signer = party("unit/fire");
    assert!(matches!(other.verify(housing()), Err(Wrong::Signer { .. })));
    let mut nobody = proof.clone();
    nobody.chain = Arc::new(Vec::new());
    assert!(matches!(nobody.verify(housing()), Err(Wrong::Peer(_))));
    let mut empty = proof;
    empty.own.clear();
    assert!(matches!(empty.verify(housing()), Err(Wrong::Signature)));
}

#[test]
fn one_that_is_malformed_holds_up_no_other() {
    let one = shown(housing(), now(), many(9), "unit/u1");
    let mut wire = write(vec![one.clone(), one.clone(), one.clone()]);
    assert_eq!(wire.chains.len(), 1, "a certificate is said once");
    wire.proofs[0].chain = 7;
    wire.proofs[1].portions[0].path = vec![vec![0; 32]; 11];
    let read: Vec<_> = read(wire).map(|(_, read)| read.ok()).collect();
    assert_eq!(read, [None, None, Some(one)]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_portion_of_any_batch_leads_to_the_root_and_no_other_way_does(
        sources in vec((0_u8..20, 1_u64..50), 1..60), at in any::<prop::sample::Index>(),
        bit in any::<prop::sample::Index>(),
    ) {
        let held = sources.iter().map(|(source, number)| {
            held(&format!("unit/u{source}"), "unit/housing", *number)
        });
        let held: Vec<Held> = held.collect();
        let credential = Arc::new(housing().credential().unwrap());
        let proof = sign(housing(), LOG, now(), held).unwrap();
        let signed = check(Some(proof), &credential, LOG, now()).unwrap();
        let source = at.get(&signed.portions).source.to_string();
        let proof = show(signed, &source);
        prop_assert!(proof.verify(housing()).is_ok());
        let wire = write(vec![proof.clone()]);
        prop_assert_eq!(read(wire).next().unwrap().1.unwrap(), proof.clone());

        let mut other = proof.clone();
        other.own[0].portion.digest[bit.index(32)] ^= 1;
        prop_assert!(other.verify(housing()).is_err());
        let mut other = proof.clone();
        other.own[0].portion.numbers[0].1 += 1;
        prop_assert!(other.verify(housing()).is_err());
        let mut other = proof.clone();
        other.own[0].portion.recipient = None;
        prop_assert!(other.verify(housing()).is_err());
        let mut other = proof.clone();
        other.own[0].index += 1;
        prop_assert!(other.verify(housing()).is_err() || proof.count == 1);
        let mut other = proof.clone();
        other.count += 1;
        prop_assert!(other.verify(housing()).is_err());
        let mut other = proof.clone();
        other.own[0].path.push([0; 32]);
        prop_assert!(other.verify(housing()).is_err());
        let mut other = proof.clone();
        if other.own[0].path.pop().is_some() {
            prop_assert!(other.verify(housing()).is_err());
        }
        let mut other = proof.clone();
        other.at = other.at + Duration::from_millis(1);
        prop_assert!(other.verify(housing()).is_err());
        let mut other = proof.clone();
        other.log_id.push('x');
        prop_assert!(other.verify(housing()).is_err());
        let mut other = proof.clone();
        let byte = bit.index(other.signature.len());
        other.signature[byte] ^= 1;
        prop_assert!(other.verify(housing()).is_err());
    }

    #[test]
    fn whatever_bytes_come_as_a_proof_end_as_one_or_as_a_refusal(bytes in vec(any::<u8>(), 0..300)) {
        if let Ok(proof) = <bus::Proof as prost::Message>::decode(bytes.as_slice()) {
            let credential = Arc::new(housing().credential().unwrap());
            let no = check(Some(proof), &credential, LOG, now()).unwrap_err();
            prop_assert!(!no.reason.is_empty() && !no.field.is_empty());
        }
        if let Ok(proofs) = <bus::Proofs as prost::Message>::decode(bytes.as_slice()) {
            for (_, read) in read(proofs) {
                prop_assert!(read.and_then(|one| one.verify(housing())).is_err());
            }
        }
    }
}
