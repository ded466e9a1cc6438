//! What the local engine decides. [`intake`](super::intake) says which envelopes are taken.
//!
//! A record says all that the view needs: what is settled by an acknowledgement or a commit is
//! decided here, once, and written down.

use std::collections::BTreeSet;

use domain::{
    moment::Moment,
    party::{Party, Role},
    rejection::Rejection,
};
use kit::{
    store::{self, Draft, Machine, Refusal, Written},
    tx::Tx,
    view,
};
use prost::bytes::Bytes;
use proto::record::Record;

use super::{
    block::{self, Waiting},
    entry::{self, Committed, Ended, Entry, Followers, Noted, Parked, Resolved, Subscriber, Told},
    fold,
    intake::Intake,
    keys,
    memory::Memory,
    proof::Covered,
    settle,
    window::Desks,
};
use crate::engine::{Parcel, Resolve, SUBSCRIBERS_MAX};

/// What is decided here: records that are not encoded yet.
pub type Decision = store::Decision<Entry>;

/// The rules, with what the configuration says about them.
#[derive(Debug)]
pub struct Rules {
    /// Who must have everything before it is settled.
    pub followers: Vec<Party>,
    /// Who can be sent to.
    pub recipients: BTreeSet<Party>,
    /// How many envelopes a mailbox holds.
    pub depth_max: u64,
    /// What is kept at hand of the record.
    pub memory: Memory,
    /// Where mailboxes are read.
    pub desks: Desks,
}

/// What the engine is told.
#[derive(Debug)]
pub enum Command {
    /// Take these envelopes of one source; the numbers up to those of `known` were looked up.
    Publish(Party, Vec<Parcel>, Vec<Known>),
    /// End these deliveries; their receiver has signed.
    Acknowledge(Party, Vec<u64>, Covered),
    /// Park this one.
    Park(Parked),
    /// Do this about parked envelopes, on this word.
    Resolve(Resolve),
    /// A follower has all up to here, and has signed for what lies between.
    Commit(Party, u64, Option<Covered>),
    /// Record who is mandatory, when it has changed.
    Followers,
    /// Work commits off, when there is anything left; the record has come so far.
    Work(u64),
    /// A subscriber is to be so; one that is there keeps its cursor.
    Subscribe(Subscriber),
    /// Its cursor is to be there; only forward when it is an acknowledgement.
    Seek(Party, String, u64, bool),
    /// It is to be forgotten.
    Unsubscribe(Party, String),
}

/// A series whose repeats were held against the record, up to this number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its recipient, as keys have it.
    pub recipient: String,
    /// The last number that was in the view.
    pub number: u64,
}

impl Machine for Rules {
    type Command = Command;
    type Fact = Entry;

    const LAYOUT: u32 = 4;

    fn party(&self) -> Party {
        Party::service(Role::Bus)
    }

    fn decide(&self, tx: &Tx<'_>, command: Command, now: Moment) -> Result<Decision, Refusal> {
        match command {
            Command::Publish(source, parcels, known) => {
                Intake::new(self, tx, &source, known, now)?.all(parcels)
            }
            Command::Acknowledge(party, places, covered) => {
                Ok(acknowledge(tx, &party, places, covered)?)
            }
            Command::Park(parked) => Ok(park(tx, parked, now)?),
            Command::Resolve(resolve) => self::resolve(tx, resolve),
            Command::Commit(follower, place, covered) => Ok(commit(tx, &follower, place, covered)?),
            Command::Followers if fold::followers(tx)? == self.followers => Ok(nothing()),
            Command::Followers => {
                let parties = self.followers.iter().map(ToString::to_string).collect();
                Ok(one(Followers { parties }, Vec::new()))
            }
            Command::Work(last) => {
                let goal = settle::goal(tx, last, None)?;
                match settle::is_worked(tx, goal)? {
                    true => Ok(nothing()),
                    false => Ok(one(settle::step(tx, goal)?, Vec::new())),
                }
            }
            Command::Subscribe(wanted) => subscribe(tx, wanted),
            Command::Seek(party, name, place, is_acknowledgement) => {
                seek(tx, &party, &name, (place, is_acknowledgement), now)
            }
            Command::Unsubscribe(party, name) => {
                let Subscriber { party, name, .. } = subscriber(tx, &party.to_string(), &name)?;
                Ok(one(entry::Unsubscribed { party, name }, Vec::new()))
            }
        }
    }

    fn apply(&self, tx: &mut Tx<'_>, place: u64, record: &Record) -> Result<(), view::Error> {
        fold::all(tx, place, &[record.clone().into()])
    }

    fn apply_all(
        &self,
        tx: &mut Tx<'_>,
        first: u64,
        records: &[Written<Entry>],
    ) -> Result<(), view::Error> {
        fold::all(tx, first, records)
    }

    /// A reader goes on while its acknowledgement is on the way.
    fn is_patient(command: &Command) -> bool {
        matches!(command, Command::Acknowledge(..))
    }

    fn written(&self, first: u64, records: Vec<Written<Entry>>, bodies: &[Bytes]) {
        self.desks.given(self.memory.hear(first, &records, bodies));
    }

    fn shown(&self) {
        self.desks.ring();
    }
}

fn nothing() -> Decision {
    Decision::unchanged(Vec::new())
}

fn one(draft: impl Into<Draft<Entry>>, answer: Vec<u8>) -> Decision {
    Decision { drafts: vec![draft.into()], answer }
}

/// Those of the places, ascending, that wait in a mailbox and are as asked for.
pub fn open(
    tx: &Tx<'_>,
    party: &str,
    places: Vec<u64>,
    is_wanted: impl Fn(&Waiting) -> bool,
) -> Result<Vec<u64>, view::Error> {
    let places: Vec<u64> = places.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let mut open = Vec::with_capacity(places.len());
    for group in places.chunk_by(|one, next| block::of(*one) == block::of(*next)) {
        let value = tx.get(&keys::waiting(party, block::of(group[0])))?.unwrap_or_default();
        let found = group.iter().filter_map(|place| Waiting::find(&value, *place));
        open.extend(found.filter(&is_wanted).map(|one| one.place));
    }
    Ok(open)
}

/// The mandatory followers, where anybody is told of anything.
fn who_follows(tx: &Tx<'_>, noted: &[Noted]) -> Result<Vec<String>, view::Error> {
    if noted.is_empty() {
        return Ok(Vec::new());
    }
    Ok(fold::followers(tx)?.iter().map(ToString::to_string).collect())
}

fn acknowledge(
    tx: &Tx<'_>,
    party: &Party,
    places: Vec<u64>,
    covered: Covered,
) -> Result<Decision, view::Error> {
    let party = party.to_string();
    let places = open(tx, &party, places, |_| true)?;
    let count = (places.len() as u64).to_be_bytes().to_vec();
    if places.is_empty() {
        return Ok(Decision::unchanged(count));
    }
    let noted = settle::by_acknowledgement(tx, &places)?;
    let (mut drafts, followers) = (Vec::new(), who_follows(tx, &noted)?);
    let proof = Some(covered.into_record(tx, &mut drafts)?);
    drafts.push(Ended { party, places, noted, proof, followers }.into());
    Ok(Decision { drafts, answer: count })
}

fn park(tx: &Tx<'_>, parked: Parked, now: Moment) -> Result<Decision, view::Error> {
    let places = open(tx, &parked.party, vec![parked.place], |one| !one.is_parked)?;
    if places.is_empty() {
        return Ok(nothing());
    }
    let told = if parked.is_expired { Told::Expired } else { Told::Parked };
    let noted = settle::notes(tx, &places, told)?.pop();
    Ok(one(Parked { at_ms: now.0, noted, ..parked }, vec![1]))
}

fn resolve(tx: &Tx<'_>, resolve: Resolve) -> Result<Decision, Refusal> {
    let party = resolve.mailbox.to_string();
    let places = open(tx, &party, resolve.places.clone(), |one| one.is_parked)?;
    if let Some(place) = resolve.places.iter().find(|place| !places.contains(place)) {
        let message = format!("place {place} is not parked in the mailbox of {party}");
        return Err(Rejection::invalid("NOT_PARKED", "places", message).into());
    }
    if resolve.is_preview || places.is_empty() {
        return Ok(nothing());
    }
    let noted = match resolve.is_skipped {
        true => settle::notes(tx, &places, Told::Skipped)?,
        false => Vec::new(),
    };
    let Resolve { is_skipped, reason, caller, actor, .. } = resolve;
    let (caller, actor) = (caller.to_string(), actor.to_string());
    let followers = who_follows(tx, &noted)?;
    let resolved = Resolved { party, places, is_skipped, reason, caller, actor, noted, followers };
    Ok(one(resolved, Vec::new()))
}

fn commit(
    tx: &Tx<'_>,
    follower: &Party,
    place: u64,
    covered: Option<Covered>,
) -> Result<Decision, view::Error> {
    let before = tx.number(&keys::committed(follower))?;
    let answer = place.max(before).to_be_bytes().to_vec();
    if place <= before {
        return Ok(Decision::unchanged(answer));
    }
    let follower = follower.to_string();
    let goal = settle::goal(tx, 0, Some((&follower, place)))?;
    let worked = match settle::is_worked(tx, goal)? {
        true => None,
        false => Some(settle::step(tx, goal)?),
    };
    let mut drafts = Vec::new();
    let proof = covered.map(|covered| covered.into_record(tx, &mut drafts)).transpose()?;
    drafts.push(Committed { follower, place, worked, proof }.into());
    Ok(Decision { drafts, answer })
}

/// Reads a subscriber from the view.
pub fn subscriber(tx: &Tx<'_>, party: &str, name: &str) -> Result<Subscriber, Refusal> {
    let found = tx.get(&keys::subscriber(party, name))?;
    let found = found.and_then(|bytes| prost::Message::decode(bytes.as_slice()).ok());
    found.ok_or_else(|| {
        let message = format!("{party} has no subscriber {name}; PutSubscriber makes one");
        Rejection::unknown("UNKNOWN_SUBSCRIBER", "name", message).into()
    })
}

fn changed(subscriber: Subscriber) -> Decision {
    let answer = prost::Message::encode_to_vec(&subscriber);
    one(entry::Subscribed { subscriber: Some(subscriber) }, answer)
}

fn subscribe(tx: &Tx<'_>, wanted: Subscriber) -> Result<Decision, Refusal> {
    if let Ok(before) = subscriber(tx, &wanted.party, &wanted.name) {
        let (place, moved_ms) = (before.place, before.moved_ms);
        return Ok(changed(Subscriber { place, moved_ms, ..wanted }));
    }
    if tx.scan(&keys::subscribers_of(&wanted.party), b"", SUBSCRIBERS_MAX)?.len() >= SUBSCRIBERS_MAX
    {
        let message =
            format!("{} has {SUBSCRIBERS_MAX} subscribers; remove one first", wanted.party);
        return Err(Rejection::exhausted("TOO_MANY_SUBSCRIBERS", message).into());
    }
    Ok(changed(wanted))
}

fn seek(
    tx: &Tx<'_>,
    party: &Party,
    name: &str,
    (place, is_acknowledgement): (u64, bool),
    now: Moment,
) -> Result<Decision, Refusal> {
    let before = subscriber(tx, &party.to_string(), name)?;
    if before.place == place || (is_acknowledgement && before.place > place) {
        return Ok(Decision::unchanged(prost::Message::encode_to_vec(&before)));
    }
    Ok(changed(Subscriber { place, moved_ms: now.0, ..before }))
}
