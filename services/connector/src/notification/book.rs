//! The book of who is told: each word about it one record, before anything goes on.
//!
//! | key | value |
//! |---|---|
//! | `n<number>` | [`Kept`], as JSON |
//! | `k<key>` | the number (8) of what has this key |
//! | `w<receiver>` 0 `<way>` 0 `<number>` | nothing: it waits to go |
//! | `h<receiver>` 0 `<way>` 0 `<moment><number>` | nothing: it was tried first then |
//! | `a<number>` | nothing: the gateway is asked what became of it |
//! | `m<summary><number>` | nothing: it goes in that summary |
//! | `c<case>` 0 `<number>` | nothing: it is about that case |
//! | `r<receiver>` 0 `<number>` | nothing: it is for that receiver |
//! | `s<state><number>` | nothing: it stands so |
//! | `x` | how many wait (8) |
//! | `l` | which log of the bus is read |
//! | `b` | since when anything is read, as JSON: what is older is told nobody |

use std::time::Duration;

use domain::{
    moment::Moment,
    party::{Party, Role},
    rejection::Rejection,
};
use kit::{
    store::{Decision, Draft, Machine, Refusal},
    tx::Tx,
    view,
};
use proto::record::{Change, Record};

use super::kept::{Kept, Note, State, Told};

/// The one change that its records have.
const CHANGE: &str = "notification";
/// How many are forgotten at once.
const FORGOTTEN_MAX: usize = 200;

/// The rules of the book.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) keep: Duration,
}

/// What it can be told.
#[derive(Clone, Debug)]
pub(super) enum Command {
    /// This log is read from now on.
    Log(String),
    /// These are to be told; one whose key is known is there already.
    Make(Vec<Told>),
    /// Something about one; it counts where it is new.
    Say(Note),
    /// These go as one, those of them that still wait and were never tried.
    Sum(Vec<u64>, Box<Told>),
    /// What is over and kept long enough goes.
    Forget,
}

fn be(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}

fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[kind][..], &parts.concat()].concat()
}

fn one(number: u64) -> Vec<u8> {
    key(b'n', &[&be(number)])
}

/// The number at the end of a key.
pub(super) fn last(key: &[u8]) -> u64 {
    let tail = key.len().saturating_sub(8);
    key[tail..].try_into().map_or(0, u64::from_be_bytes)
}

pub(super) fn at_lane(kind: u8, lane: &str) -> Vec<u8> {
    key(kind, &[lane.as_bytes(), &[0]])
}

pub(super) fn at_state(state: State) -> Vec<u8> {
    key(b's', &[&[state as u8]])
}

pub(super) fn at_case(case_id: &str) -> Vec<u8> {
    key(b'c', &[case_id.as_bytes(), &[0]])
}

pub(super) fn at_receiver(receiver: &str) -> Vec<u8> {
    key(b'r', &[receiver.as_bytes(), &[0]])
}

/// One of them.
pub(super) fn kept(tx: &Tx<'_>, number: u64) -> Result<Option<Kept>, view::Error> {
    Ok(tx.get(&one(number))?.and_then(|value| serde_json::from_slice(&value).ok()))
}

/// Which log is read; empty before the first.
pub(super) fn log(tx: &Tx<'_>) -> Result<String, view::Error> {
    Ok(tx.get(b"l")?.and_then(|log| String::from_utf8(log).ok()).unwrap_or_default())
}

/// Since when anything is read.
pub(super) fn begun(tx: &Tx<'_>) -> Result<Option<Moment>, view::Error> {
    Ok(tx.get(b"b")?.and_then(|value| serde_json::from_slice(&value).ok()))
}

/// How many wait.
pub(super) fn waiting(tx: &Tx<'_>) -> Result<u64, view::Error> {
    tx.number(b"x")
}

/// Under which keys one is found.
fn index(number: u64, kept: &Kept) -> Vec<Vec<u8>> {
    let (told, number) = (&kept.told, be(number));
    let mut keys = vec![
        [at_state(kept.state), number.to_vec()].concat(),
        [at_receiver(&told.receiver), number.to_vec()].concat(),
    ];
    if !told.case_id.is_empty() {
        keys.push([at_case(&told.case_id), number.to_vec()].concat());
    }
    if kept.waits() {
        keys.push([at_lane(b'w', &told.lane()), number.to_vec()].concat());
    }
    if let Some(tried) = kept.tried_at {
        let at = u64::try_from(tried.0).unwrap_or_default();
        keys.push([at_lane(b'h', &told.lane()), be(at).to_vec(), number.to_vec()].concat());
    }
    if kept.is_asked() {
        keys.push(key(b'a', &[&number]));
    }
    if let Some(summary) = kept.summary {
        keys.push(key(b'm', &[&be(summary), &number]));
    }
    keys
}

/// Puts one in the place of what it was; nothing: it goes.
fn set(tx: &mut Tx<'_>, number: u64, kept: Option<&Kept>) -> Result<(), view::Error> {
    let before = self::kept(tx, number)?;
    let waits = |kept: Option<&Kept>| u64::from(kept.is_some_and(Kept::waits));
    let waiting = (tx.number(b"x")? + waits(kept)).saturating_sub(waits(before.as_ref()));
    tx.put(*b"x", be(waiting));
    for key in before.iter().flat_map(|before| index(number, before)) {
        tx.remove(key);
    }
    let Some(kept) = kept else {
        if let Some(before) = before {
            tx.remove(key(b'k', &[before.told.key.as_bytes()]));
        }
        tx.remove(one(number));
        return Ok(());
    };
    for key in index(number, kept) {
        tx.put(key, []);
    }
    tx.put(key(b'k', &[kept.told.key.as_bytes()]), be(number));
    tx.put(one(number), serde_json::to_vec(kept).unwrap_or_default());
    Ok(())
}

fn draft(note: &Note) -> Draft {
    let data = serde_json::to_vec(note).unwrap_or_default().into();
    let change = Some(Change { kind: CHANGE.to_owned(), data });
    Draft { change, ..Draft::default() }
}

fn notes(notes: &[Note]) -> Decision {
    Decision { drafts: notes.iter().map(draft).collect(), answer: Vec::new() }
}

impl Machine for Book {
    type Command = Command;
    type Fact = ();
    const LAYOUT: u32 = 1;

    fn party(&self) -> Party {
        Party::service(Role::Worker)
    }

    fn decide(&self, tx: &Tx<'_>, command: Command, now: Moment) -> Result<Decision, Refusal> {
        Ok(match command {
            Command::Log(log_id) => notes(&[Note::Log { log_id }]),
            Command::Make(all) => notes(&made(tx, all)?),
            Command::Say(note) => notes(&said(tx, note)?),
            Command::Sum(numbers, told) => {
                let mut fit = Vec::new();
                for number in numbers {
                    let kept = kept(tx, number)?;
                    let fits = kept.is_some_and(|kept| kept.waits() && kept.tried_at.is_none());
                    fit.extend(fits.then_some(number));
                }
                match fit.is_empty() || is_known(tx, &told)? {
                    true => notes(&[]),
                    false => notes(&[Note::Summed { numbers: fit, told }]),
                }
            }
            Command::Forget => notes(&self.forgotten(tx, now)?),
        })
    }

    fn apply(&self, tx: &mut Tx<'_>, place: u64, record: &Record) -> Result<(), view::Error> {
        let Some(change) = record.change.as_ref().filter(|change| change.kind == CHANGE) else {
            return Ok(());
        };
        match serde_json::from_slice(&change.data) {
            Ok(note) => fold(tx, place, &note, Moment(record.at_ms)),
            Err(error) => {
                tracing::error!(place, %error, "no note of ours");
                Ok(())
            }
        }
    }
}

fn is_known(tx: &Tx<'_>, told: &Told) -> Result<bool, view::Error> {
    Ok(tx.get(&key(b'k', &[told.key.as_bytes()]))?.is_some())
}

fn made(tx: &Tx<'_>, all: Vec<Told>) -> Result<Vec<Note>, view::Error> {
    let mut made: Vec<Note> = Vec::new();
    let mut keys = std::collections::HashSet::new();
    for told in all {
        if !is_known(tx, &told)? && keys.insert(told.key.clone()) {
            made.push(Note::Made { told: Box::new(told) });
        }
    }
    Ok(made)
}

fn said(tx: &Tx<'_>, note: Note) -> Result<Vec<Note>, Refusal> {
    let (Note::Tried { number }
    | Note::Taken { number, .. }
    | Note::Delivered { number }
    | Note::Unknown { number }
    | Note::Failed { number, .. }
    | Note::Again { number, .. }) = &note
    else {
        return Ok(Vec::new());
    };
    let kept = kept(tx, *number)?;
    let is_taken = kept.as_ref().is_some_and(|kept| kept.takes(&note));
    if let Note::Again { number, .. } = &note
        && !is_taken
    {
        return Err(match kept {
            Some(_) => {
                let message = format!("{number} has not failed; right would be: one that has");
                Rejection::conflict("NOT_FAILED", message).at("number")
            }
            None => {
                let message = format!("there is no notification {number}");
                Rejection::unknown("UNKNOWN_NOTIFICATION", "number", message)
            }
        }
        .into());
    }
    Ok(if is_taken { vec![note] } else { Vec::new() })
}

impl Book {
    /// Those that are over and old enough; they stand in the order in which they were made.
    fn forgotten(&self, tx: &Tx<'_>, now: Moment) -> Result<Vec<Note>, view::Error> {
        let mut numbers = Vec::new();
        for (key, value) in tx.scan(b"n", b"n", FORGOTTEN_MAX)? {
            let Ok(kept) = serde_json::from_slice::<Kept>(&value) else { continue };
            if now.since(kept.state_at) < self.keep {
                break;
            }
            numbers.extend(kept.is_final.then_some(last(&key)));
        }
        Ok(if numbers.is_empty() { Vec::new() } else { vec![Note::Forgot { numbers }] })
    }
}

fn fold(tx: &mut Tx<'_>, place: u64, note: &Note, at: Moment) -> Result<(), view::Error> {
    match note {
        Note::Log { log_id } => {
            tx.put(*b"l", log_id.as_bytes());
            if begun(tx)?.is_none() {
                tx.put(*b"b", serde_json::to_vec(&at).unwrap_or_default());
            }
            Ok(())
        }
        Note::Made { told } => set(tx, place, Some(&Kept::new((**told).clone(), at))),
        Note::Summed { numbers, told } => {
            for number in numbers {
                if let Some(mut kept) = kept(tx, *number)? {
                    kept.summary = Some(place);
                    set(tx, *number, Some(&kept))?;
                }
            }
            set(tx, place, Some(&Kept::new((**told).clone(), at)))
        }
        Note::Forgot { numbers } => numbers.iter().try_for_each(|number| set(tx, *number, None)),
        Note::Tried { number }
        | Note::Taken { number, .. }
        | Note::Delivered { number }
        | Note::Unknown { number }
        | Note::Failed { number, .. }
        | Note::Again { number, .. } => {
            let Some(mut kept) = kept(tx, *number)? else { return Ok(()) };
            kept.apply(note, at);
            set(tx, *number, Some(&kept))?;
            follow(tx, *number, &kept)
        }
    }
}

/// Those that go in a summary stand as it does.
fn follow(tx: &mut Tx<'_>, summary: u64, of: &Kept) -> Result<(), view::Error> {
    if of.told.event != super::kept::SUMMARY {
        return Ok(());
    }
    let prefix = key(b'm', &[&be(summary)]);
    for (key, _) in tx.scan(&prefix, &prefix, super::plan::SUMMED_MAX)? {
        let number = last(&key);
        if let Some(mut kept) = kept(tx, number)? {
            kept.follow(of);
            set(tx, number, Some(&kept))?;
        }
    }
    Ok(())
}
