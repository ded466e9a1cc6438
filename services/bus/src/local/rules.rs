//! What the local engine decides: which envelopes are taken, and what ends a delivery.
//!
//! A call is taken whole or not at all. A number that was used is never taken for a duplicate
//! unless the envelope is the same: a sender that has lost its journal and counts anew must not
//! have its messages swallowed.

use std::collections::{BTreeSet, HashMap};

use domain::{
    envelope::Envelope,
    id::EnvelopeId,
    moment::Moment,
    party::{Party, Role},
    rejection::Rejection,
};
use kit::{
    store::{Decision, Draft, Machine, Refusal},
    tx::Tx,
    view,
};
use prost::Message;
use proto::record::Record;

use super::{
    entry, fold,
    keys::{self, Taken},
};

/// The rules, with what the configuration says about them.
#[derive(Debug)]
pub struct Rules {
    /// Who must have everything before it is settled.
    pub followers: Vec<Party>,
    /// Who can be sent to.
    pub recipients: BTreeSet<Party>,
    /// How many envelopes a mailbox holds.
    pub depth_max: u64,
}

/// What the engine is told.
#[derive(Debug)]
pub enum Command {
    /// Take these envelopes of one source, each with its fingerprint.
    Publish(Party, Vec<(Envelope, [u8; 32])>),
    /// End these deliveries.
    Acknowledge(Party, Vec<u64>),
    /// A follower has all up to here.
    Commit(Party, u64),
    /// Record who is mandatory, when it has changed.
    Followers,
    /// Work commits off, when there is anything left.
    Work,
}

/// The answer to `Publish`: where each is, or the gap because of which nothing was taken.
#[derive(Clone, PartialEq, Message)]
pub struct Outcome {
    /// In the order of the call.
    #[prost(message, repeated, tag = "1")]
    pub placed: Vec<Placed>,
    /// Why nothing was taken.
    #[prost(message, optional, tag = "2")]
    pub gap: Option<Gap>,
}

/// Where an envelope is.
#[derive(Clone, PartialEq, Message)]
pub struct Placed {
    /// Its place; for one that is new, counted from the first new one of the call.
    #[prost(uint64, tag = "1")]
    pub place: u64,
    /// When it was accepted.
    #[prost(int64, tag = "2")]
    pub accepted_at_ms: i64,
    /// Whether it is new with this call.
    #[prost(bool, tag = "3")]
    pub is_new: bool,
    /// Whether it was there already, before the call or earlier in it.
    #[prost(bool, tag = "4")]
    pub is_duplicate: bool,
}

/// A number that leaves a gap.
#[derive(Clone, PartialEq, Message)]
pub struct Gap {
    /// For whom.
    #[prost(string, tag = "1")]
    pub recipient: String,
    /// The number that came.
    #[prost(uint64, tag = "2")]
    pub number: u64,
    /// The one that must come.
    #[prost(uint64, tag = "3")]
    pub expected: u64,
}

impl Machine for Rules {
    type Command = Command;

    const LAYOUT: u32 = 1;

    fn party(&self) -> Party {
        Party::service(Role::Bus)
    }

    fn decide(&self, tx: &Tx<'_>, command: Command, now: Moment) -> Result<Decision, Refusal> {
        match command {
            Command::Publish(source, envelopes) => self.publish(tx, &source, envelopes, now),
            Command::Acknowledge(party, places) => Ok(acknowledge(tx, &party, &places)?),
            Command::Commit(follower, place) => Ok(commit(tx, &follower, place)?),
            Command::Followers if fold::followers(tx)? == self.followers => Ok(nothing()),
            Command::Followers => Ok(one(entry::followers(&self.followers), Vec::new())),
            Command::Work if fold::is_worked(tx)? => Ok(nothing()),
            Command::Work => Ok(one(entry::worked(), Vec::new())),
        }
    }

    fn apply(&self, tx: &mut Tx<'_>, place: u64, record: &Record) -> Result<(), view::Error> {
        fold::apply(tx, place, record)
    }
}

fn nothing() -> Decision {
    Decision::unchanged(Vec::new())
}

fn one(draft: Draft, answer: Vec<u8>) -> Decision {
    Decision { drafts: vec![draft], answer }
}

fn acknowledge(tx: &Tx<'_>, party: &Party, places: &[u64]) -> Result<Decision, view::Error> {
    let mut open = BTreeSet::new();
    for place in places {
        if tx.get(&keys::waiting(party, *place))?.is_some() {
            open.insert(*place);
        }
    }
    let count = (open.len() as u64).to_be_bytes().to_vec();
    if open.is_empty() {
        return Ok(Decision::unchanged(count));
    }
    Ok(one(entry::acknowledged(party, open.into_iter().collect()), count))
}

fn commit(tx: &Tx<'_>, follower: &Party, place: u64) -> Result<Decision, view::Error> {
    let before = tx.number(&keys::committed(follower))?;
    let answer = place.max(before).to_be_bytes().to_vec();
    if place <= before {
        return Ok(Decision::unchanged(answer));
    }
    Ok(one(entry::committed(follower, place), answer))
}

impl Rules {
    fn publish(
        &self,
        tx: &Tx<'_>,
        source: &Party,
        envelopes: Vec<(Envelope, [u8; 32])>,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let mut intake = Intake::new(self, tx, source, now)?;
        for (envelope, fingerprint) in envelopes {
            if let Some(gap) = intake.take(&envelope, fingerprint)? {
                let outcome = Outcome { placed: Vec::new(), gap: Some(gap) };
                return Ok(Decision::unchanged(outcome.encode_to_vec()));
            }
        }
        let Intake { drafts, placed, .. } = intake;
        let answer = Outcome { placed, gap: None }.encode_to_vec();
        Ok(Decision { drafts, answer })
    }
}

/// A call while it is decided: the transaction does not have its envelopes yet.
struct Intake<'t, 'v> {
    rules: &'t Rules,
    tx: &'t Tx<'v>,
    source: &'t Party,
    followers: Vec<Party>,
    now: Moment,
    ids: HashMap<EnvelopeId, (u64, [u8; 32])>,
    numbers: HashMap<String, u64>,
    depths: HashMap<Party, u64>,
    drafts: Vec<Draft>,
    placed: Vec<Placed>,
}

impl<'t, 'v> Intake<'t, 'v> {
    fn new(
        rules: &'t Rules,
        tx: &'t Tx<'v>,
        source: &'t Party,
        now: Moment,
    ) -> Result<Self, view::Error> {
        Ok(Intake {
            rules,
            tx,
            source,
            followers: fold::followers(tx)?,
            now,
            ids: HashMap::new(),
            numbers: HashMap::new(),
            depths: HashMap::new(),
            drafts: Vec::new(),
            placed: Vec::new(),
        })
    }

    /// Takes one, or says which gap it leaves.
    fn take(&mut self, envelope: &Envelope, print: [u8; 32]) -> Result<Option<Gap>, Refusal> {
        if let Some(placed) = self.known(envelope, print)? {
            self.placed.push(placed);
            return Ok(None);
        }
        self.addressed(envelope)?;
        if let Some(gap) = self.numbered(envelope)? {
            return Ok(Some(gap));
        }
        self.room(envelope)?;
        let place = self.drafts.len() as u64;
        self.ids.insert(envelope.id.clone(), (place, print));
        self.drafts.push(entry::taken(envelope, self.now));
        let accepted_at_ms = self.now.0;
        self.placed.push(Placed { place, accepted_at_ms, is_new: true, is_duplicate: false });
        Ok(None)
    }

    /// Where the envelope is already; the same id with other content is refused.
    fn known(&self, envelope: &Envelope, print: [u8; 32]) -> Result<Option<Placed>, Refusal> {
        let (placed, before) = if let Some((place, before)) = self.ids.get(&envelope.id) {
            let (place, accepted_at_ms) = (*place, self.now.0);
            (Placed { place, accepted_at_ms, is_new: true, is_duplicate: true }, *before)
        } else {
            let found = self.tx.get(&keys::envelope(self.source, envelope.id.as_str()))?;
            let Some(Taken { place, at, fingerprint }) =
                found.and_then(|bytes| Taken::read(&bytes))
            else {
                return Ok(None);
            };
            let accepted_at_ms = at.0;
            (Placed { place, accepted_at_ms, is_new: false, is_duplicate: true }, fingerprint)
        };
        if before != print {
            let message =
                format!("{} was another envelope; give a new one its own id", envelope.id);
            return Err(Rejection::conflict("ENVELOPE_ID_REUSED", message).at("id").into());
        }
        Ok(Some(placed))
    }

    fn addressed(&self, envelope: &Envelope) -> Result<(), Rejection> {
        let Some(party) = &envelope.recipient else { return Ok(()) };
        if self.rules.recipients.contains(party) || self.followers.contains(party) {
            return Ok(());
        }
        let message = format!("there is no {party} in this city's registry");
        Err(Rejection::unknown("UNKNOWN_RECIPIENT", "recipient", message))
    }

    fn numbered(&mut self, envelope: &Envelope) -> Result<Option<Gap>, Refusal> {
        let recipient = keys::recipient(envelope);
        let number = envelope.number;
        let last = match self.numbers.get(&recipient) {
            Some(last) => *last,
            None => self.tx.number(&keys::last_number(self.source, &recipient))?,
        };
        let expected = last + 1;
        if number > expected {
            return Ok(Some(Gap { recipient, number, expected }));
        }
        if number < expected {
            let message = format!("number {number} was another envelope; {expected} comes next");
            return Err(Rejection::conflict("NUMBER_REUSED", message).at("number").into());
        }
        self.numbers.insert(recipient, number);
        Ok(None)
    }

    fn room(&mut self, envelope: &Envelope) -> Result<(), Refusal> {
        let Some(party) = fold::mailbox(&self.followers, envelope) else { return Ok(()) };
        let depth = match self.depths.get(party) {
            Some(depth) => *depth,
            None => self.tx.number(&keys::depth(party))?,
        };
        if depth >= self.rules.depth_max {
            let message = format!("{party} has {depth} envelopes waiting; try again later");
            return Err(Rejection::exhausted("MAILBOX_FULL", message).into());
        }
        self.depths.insert(party.clone(), depth + 1);
        Ok(())
    }
}
