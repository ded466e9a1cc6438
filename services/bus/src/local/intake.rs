//! Which envelopes of a request are taken: all, or none.
//!
//! A number that was used is a repeat when the envelope is the same, and is refused when it is not: a
//! sender that has lost its journal and counts anew must not have its messages swallowed. Repeats
//! of what is in the view were held against the record before this is decided; what was taken since
//! then is in memory.

use std::collections::HashMap;

use domain::{id::EnvelopeId, moment::Moment, party::Party, rejection::Rejection};
use kit::{
    store::{Draft, Refusal},
    tx::Tx,
    view,
};
use prost::Message;
use rustc_hash::FxHashSet;

use super::{
    block,
    entry::{Entry, Noted, Taken, Told},
    fold, keys,
    rules::{Decision, Known, Rules},
};
use crate::engine::Parcel;

/// Among how many series, the latest, one is looked for before it is looked up.
const LATEST: usize = 8;

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
    /// Whether it is new with this call.
    #[prost(bool, tag = "2")]
    pub is_new: bool,
    /// Whether it was there already, before the call or earlier in it.
    #[prost(bool, tag = "3")]
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

/// A series while a call is decided.
struct Series {
    recipient: Option<Party>,
    id: u32,
    /// The source and the recipient, when the next envelope begins it.
    opens: String,
    /// Its last number before the call.
    before: u64,
    /// Those of this call, from the next number on: their index among the drafts.
    taken: Vec<u64>,
    /// And each one's name and content.
    prints: Vec<(u64, u64)>,
    /// The number up to which repeats were held against the record.
    known: u64,
    /// The mailbox it goes to, and how many wait there.
    mailbox: Option<(String, u64)>,
}

impl Series {
    fn last(&self) -> u64 {
        self.before + self.taken.len() as u64
    }
}

/// A call while it is decided: the transaction does not have its envelopes yet.
pub struct Intake<'t, 'v> {
    rules: &'t Rules,
    tx: &'t Tx<'v>,
    source: &'t Party,
    followers: Vec<Party>,
    known: Vec<Known>,
    now: Moment,
    series: Vec<Series>,
    /// Which of them has this recipient.
    index: HashMap<Option<Party>, usize>,
    series_count: u64,
    /// The names of this call.
    names: FxHashSet<u64>,
    first: u64,
    drafts: Vec<Draft<Entry>>,
    placed: Vec<Placed>,
}

/// Whose mailbox an envelope goes to. Units and services fetch; communities, offices and
/// administrators have no service that would, they see the ledger, which is made of what followers
/// have committed. A mandatory follower has it by following, so a mailbox would only wait in vain.
fn mailbox<'r>(followers: &[Party], recipient: Option<&'r Party>) -> Option<&'r Party> {
    recipient.filter(|party| party.fetches()).filter(|party| !followers.contains(party))
}

impl<'t, 'v> Intake<'t, 'v> {
    pub fn new(
        rules: &'t Rules,
        tx: &'t Tx<'v>,
        source: &'t Party,
        known: Vec<Known>,
        now: Moment,
    ) -> Result<Self, view::Error> {
        Ok(Intake {
            rules,
            tx,
            source,
            followers: fold::followers(tx)?,
            known,
            now,
            series: Vec::new(),
            index: HashMap::new(),
            series_count: tx.number(keys::SERIES)?,
            names: FxHashSet::default(),
            first: tx.next(),
            drafts: Vec::new(),
            placed: Vec::new(),
        })
    }

    /// Takes all of a call.
    pub fn all(mut self, parcels: Vec<Parcel>) -> Result<Decision, Refusal> {
        for parcel in parcels {
            if let Some(gap) = self.take(parcel)? {
                let outcome = Outcome { placed: Vec::new(), gap: Some(gap) };
                return Ok(Decision::unchanged(outcome.encode_to_vec()));
            }
        }
        for series in self.series.iter().filter(|series| !series.taken.is_empty()) {
            self.rules.memory.decided(series.id, series.before + 1, &series.prints);
        }
        let answer = Outcome { placed: self.placed, gap: None }.encode_to_vec();
        Ok(Decision { drafts: self.drafts, answer })
    }

    /// Takes one, or says which gap it leaves.
    fn take(&mut self, parcel: Parcel) -> Result<Option<Gap>, Refusal> {
        let at = self.open(parcel.head.recipient.as_ref())?;
        let series = &mut self.series[at];
        let (number, expected) = (parcel.head.number, series.last() + 1);
        if number > expected {
            let recipient = text(parcel.head.recipient.as_ref());
            return Ok(Some(Gap { recipient, number, expected }));
        }
        if number < expected {
            let placed = self.repeated(at, &parcel)?;
            self.placed.push(placed);
            return Ok(None);
        }
        let is_reused = self.rules.memory.is_reused(parcel.name, (series.id, number));
        if is_reused || self.names.contains(&parcel.name) {
            return Err(reused(&parcel.head.id).into());
        }
        room(self.rules.depth_max, series)?;
        let place = self.drafts.len() as u64;
        series.taken.push(place);
        series.prints.push((parcel.name, parcel.print));
        self.names.insert(parcel.name);
        let draft = self.draft(at, parcel);
        self.drafts.push(draft);
        self.placed.push(Placed { place, is_new: true, is_duplicate: false });
        Ok(None)
    }

    /// Reads a series once for the call, and says where it is; a new one is only for whom there is.
    fn open(&mut self, recipient: Option<&Party>) -> Result<usize, Refusal> {
        // A call has few recipients, and the next envelope is mostly for one of the latest.
        let is_it = |series: &Series| series.recipient.as_ref() == recipient;
        let latest = self.series.len().saturating_sub(LATEST);
        if let Some(at) = self.series[latest..].iter().position(is_it) {
            return Ok(latest + at);
        }
        let recipient = recipient.cloned();
        if let Some(at) = self.index.get(&recipient) {
            return Ok(*at);
        }
        let series = self.read(recipient.clone())?;
        self.index.insert(recipient, self.series.len());
        self.series.push(series);
        Ok(self.series.len() - 1)
    }

    fn read(&mut self, recipient: Option<Party>) -> Result<Series, Refusal> {
        let (source, text) = (self.source.to_string(), text(recipient.as_ref()));
        let found = self.tx.get(&keys::series(&source, &text))?;
        let (id, opens) = match &found {
            Some(id) => (view::number(Some(id)), String::new()),
            None => {
                self.addressed(recipient.as_ref())?;
                self.series_count += 1;
                (self.series_count - 1, format!("{source}\0{text}"))
            }
        };
        let id = u32::try_from(id).map_err(|_| full())?;
        let mailbox = match mailbox(&self.followers, recipient.as_ref()) {
            Some(party) => {
                let party = party.to_string();
                let depth = self.tx.number(&keys::depth(&party))?;
                Some((party, depth))
            }
            None => None,
        };
        let before = if found.is_some() { self.tx.number(&keys::last_number(id))? } else { 0 };
        let known = self.known.iter().find(|known| known.recipient == text);
        let known = known.map_or(0, |known| known.number);
        let (taken, prints) = (Vec::new(), Vec::new());
        Ok(Series { recipient, id, opens, before, taken, prints, known, mailbox })
    }

    fn addressed(&self, recipient: Option<&Party>) -> Result<(), Rejection> {
        let Some(party) = recipient else { return Ok(()) };
        if self.rules.recipients.contains(party) || self.followers.contains(party) {
            return Ok(());
        }
        let message = format!("there is no {party} in this city's registry");
        Err(Rejection::unknown("UNKNOWN_RECIPIENT", "recipient", message))
    }

    /// Where a repeat is already; other content under the same number is refused.
    fn repeated(&self, at: usize, parcel: &Parcel) -> Result<Placed, Refusal> {
        let (series, number) = (&self.series[at], parcel.head.number);
        let is_named = || {
            let memory = &self.rules.memory;
            self.names.contains(&parcel.name) || memory.is_reused(parcel.name, (u32::MAX, 0))
        };
        let same = |print: u64| match print == parcel.print {
            true => Ok(()),
            false if is_named() => Err(reused(&parcel.head.id)),
            false => Err(used(number, series.last() + 1)),
        };
        if let Some(index) = number.checked_sub(series.before + 1) {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            let taken = series.taken.get(index).zip(series.prints.get(index));
            let (place, (_, print)) = taken.ok_or_else(again)?;
            same(*print)?;
            return Ok(Placed { place: *place, is_new: true, is_duplicate: true });
        }
        if number > series.known {
            let print = self.rules.memory.print(series.id, number);
            same(print.ok_or_else(again)?)?;
        }
        let places = self.tx.get(&keys::places(series.id, block::of(number)))?.unwrap_or_default();
        let place = block::place_of(&places, number);
        Ok(Placed { place, is_new: false, is_duplicate: true })
    }

    fn draft(&mut self, at: usize, parcel: Parcel) -> Draft<Entry> {
        let Parcel { head, name, print, wire } = parcel;
        let here = self.first + self.drafts.len() as u64;
        let is_followed = !self.followers.is_empty();
        let series = &mut self.series[at];
        let mailbox = series.mailbox.as_ref().map(|(party, _)| party.clone());
        let mut taken = Taken {
            accepted_at_ms: self.now.0,
            series: series.id,
            opens: std::mem::take(&mut series.opens),
            number: head.number,
            subject: head.subject,
            is_followed,
            priority: head.priority.into(),
            not_before_ms: head.not_before.map(|at| at.0),
            expires_ms: head.expires.map(|at| at.0),
            name,
            print,
            wire,
            ..Taken::default()
        };
        if !is_followed && mailbox.is_none() {
            let (series, number, told) = (series.id, head.number, Told::Settled.into());
            taken.noted.push(Noted { series, number, place: here, told });
        }
        taken.mailbox = mailbox.unwrap_or_default();
        taken.into()
    }
}

/// How a party stands in keys; none is the record.
fn text(recipient: Option<&Party>) -> String {
    recipient.map(ToString::to_string).unwrap_or_default()
}

/// One more fits into the mailbox.
fn room(depth_max: u64, series: &mut Series) -> Result<(), Rejection> {
    let Some((party, depth)) = &mut series.mailbox else { return Ok(()) };
    if *depth >= depth_max {
        let message = format!("{party} has {depth} envelopes waiting; try again later");
        return Err(Rejection::exhausted("MAILBOX_FULL", message));
    }
    *depth += 1;
    Ok(())
}

/// The refusal of another envelope under a number that was used.
pub fn used(number: u64, expected: u64) -> Rejection {
    let message = format!("number {number} was another envelope; {expected} comes next");
    Rejection::conflict("NUMBER_REUSED", message).at("number")
}

/// The refusal of an id that names another envelope.
pub fn reused(id: &EnvelopeId) -> Rejection {
    let message = format!("{id} was another envelope; give a new one its own id");
    Rejection::conflict("ENVELOPE_ID_REUSED", message).at("id")
}

fn again() -> Rejection {
    Rejection::unavailable("RECORD_UNREADABLE", "the record can't be read now; try again")
}

fn full() -> Rejection {
    Rejection::exhausted(
        "TOO_MANY_SERIES",
        "the record holds no more pairs of senders and receivers",
    )
}
