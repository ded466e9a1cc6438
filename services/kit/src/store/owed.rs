//! What the outbox still waits for, and when an envelope is let go: everybody whom it must reach has
//! signed for it, and the bus says that all have it.
//!
//! | key | value |
//! |---|---|
//! | `0x01 w <recipient> 0 <number>` | [`Owed`]: who has signed, and what the bus has said |
//!
//! An entry goes with its envelope, so this is bounded by what the outbox holds. Those who must sign
//! are the recipient, when it is one that fetches, and every follower that the bus names as
//! mandatory. What a person has skipped is never received: for that one the followers sign alone.
//! The bus's word without signatures lets nothing go, and signatures without its word neither.

use prost::Message;
use proto::{
    bus::{NumberRange, Proofs, ShownProof},
    record::Settled,
};

use domain::party::{Kind, Party};

use super::{Error, Machine, Store, books::key, exchange, group};
use crate::{
    identity::Identity,
    proof::{Shown, Wrong},
    tx::Tx,
    view,
};

/// What is known of an envelope that is still kept.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Owed {
    /// Who has signed for it.
    #[prost(string, repeated, tag = "1")]
    signed: Vec<String>,
    /// Whether the bus says that nothing more will become of it.
    #[prost(bool, tag = "2")]
    is_said: bool,
    /// Whether that is because a person has skipped it.
    #[prost(bool, tag = "3")]
    is_skipped: bool,
    /// The followers that must have it, as the bus names them.
    #[prost(string, repeated, tag = "4")]
    followers: Vec<String>,
}

impl Owed {
    fn is_over(&self, recipient: &str) -> bool {
        let has = |party: &str| self.signed.iter().any(|signed| signed == party);
        let is_received = self.is_skipped || !fetches(recipient) || has(recipient);
        self.is_said && is_received && self.followers.iter().all(|follower| has(follower))
    }
}

/// Whether a recipient is one that has a mailbox, or follows: whoever has no service of its own
/// sees what followers have.
fn fetches(recipient: &str) -> bool {
    recipient.parse().is_ok_and(|party: Party| party.fetches())
}

fn entry(one: &Settled) -> Vec<u8> {
    key(b'w', &[one.recipient.as_bytes(), &one.number.to_be_bytes()])
}

/// Notes what the bus says of an envelope.
pub(super) fn note_said(
    tx: &mut Tx<'_>,
    one: &Settled,
    followers: &[String],
) -> Result<(), view::Error> {
    note(tx, one, |owed| {
        owed.is_said = true;
        owed.is_skipped = one.is_skipped;
        owed.followers = followers.to_vec();
    })
}

/// Notes what was signed; it was checked before it was written down.
pub(super) fn note_proofs(tx: &mut Tx<'_>, proofs: &Proofs) -> Result<(), view::Error> {
    for ShownProof { signer, portions, .. } in &proofs.proofs {
        for portion in portions.iter().filter_map(|shown| shown.portion.as_ref()) {
            let ranges = portion.numbers.iter();
            for number in ranges.flat_map(|NumberRange { first, last }| *first..=*last) {
                let recipient = portion.recipient.clone();
                let one = Settled { recipient, number, is_skipped: false };
                note(tx, &one, |owed| {
                    if !owed.signed.contains(signer) {
                        owed.signed.push(signer.clone());
                    }
                })?;
            }
        }
    }
    Ok(())
}

fn note(tx: &mut Tx<'_>, one: &Settled, change: impl FnOnce(&mut Owed)) -> Result<(), view::Error> {
    if !exchange::is_kept(tx, one)? {
        return Ok(());
    }
    let key = entry(one);
    let before = tx.get(&key)?;
    let mut owed = before.and_then(|bytes| Owed::decode(&*bytes).ok()).unwrap_or_default();
    change(&mut owed);
    if !owed.is_over(&one.recipient) {
        tx.put(key, owed.encode_to_vec());
        return Ok(());
    }
    tx.remove(key);
    exchange::let_go(tx, one)?;
    group::note_settled(tx, &Settled { is_skipped: owed.is_skipped, ..one.clone() })
}

impl<M: Machine> Store<M> {
    /// Holds a proof against the city's authority, and against what this journal says was sent.
    pub(crate) fn check(
        &self,
        shown: &Shown,
        identity: &Identity,
    ) -> Result<Result<(), Wrong>, Error> {
        if let Err(wrong) = shown.verify(identity) {
            return Ok(Err(wrong));
        }
        let own = self.machine().party();
        for portion in shown.own.iter().map(|own| &own.portion) {
            let (signer, (_, recipient)) = (&shown.signer, portion.texts());
            if portion.source != own {
                return Ok(Err(Wrong::Source(portion.source.clone())));
            }
            if portion.recipient.as_ref() != Some(signer) && signer.kind != Kind::Service {
                return Ok(Err(Wrong::Receiver { signer: signer.clone(), recipient }));
            }
            if self.sent(portion)? != Some(portion.digest) {
                let ends = (portion.numbers.first(), portion.numbers.last());
                let first = ends.0.map_or(0, |(first, _)| *first);
                let last = ends.1.map_or(0, |(_, last)| *last);
                return Ok(Err(Wrong::Content { recipient, first, last }));
            }
        }
        Ok(Ok(()))
    }
}
