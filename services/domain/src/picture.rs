//! The picture of a matter as a trace: spans with parents, drawn from the steps that are on record.
//!
//! It is a pure function of steps, so that a picture is complete after any crash and the same each
//! time. Promises, for any steps: one root; every other span has a parent that is there; a span
//! that leaves the time of its parent says so; between the first step and the last no moment is
//! without a wait or a step. Where nobody owes anything the wait is the system's own, and has a name.
//!
//! A span has no words of people and names no person: a picture goes to other tools.

pub mod attribute;
mod gaps;
mod vigil;
mod waits;

pub use vigil::{Owed, Vigil};

use crate::{clock::Pace, id::EnvelopeId, moment::Moment, party::Party};

/// How many steps are drawn at most; a picture of more is not made.
pub const STEPS_MAX: usize = 5_000;

/// What was said, and whom the matter waited for before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The envelope that said so; an id belongs to its source.
    pub id: EnvelopeId,
    /// Who said it.
    pub source: Party,
    /// What: `muster.case.v1.TaskAccepted`.
    pub kind: String,
    /// For whom.
    pub recipient: Option<Party>,
    /// When the source decided it, by its own clock.
    pub decided_at: Moment,
    /// When the bus had it on disk; none: it is on its way there.
    pub stored_at: Option<Moment>,
    /// When the ledger had it.
    pub read_at: Moment,
    /// The round that the matter is in after it; 0 for none.
    pub round: u32,
    /// Whether the matter is closed after it.
    pub is_over: bool,
    /// Whom it waited for before it, as that stood at this moment.
    pub waited: Vec<Waited>,
    /// The subjects of other matters that begin with it, or that it names.
    pub links: Vec<String>,
}

/// Somebody who is waited for, as it stood at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waited {
    /// Who.
    pub party: Party,
    /// For what: the word of the duty.
    pub duty: &'static str,
    /// About which part of the matter; empty for the whole.
    pub about: String,
    /// Since when.
    pub from: Moment,
    /// The clock by which it is measured; none where there is no limit.
    pub clock: Option<Clock>,
    /// Whether the wait ended then.
    pub has_ended: bool,
}

/// The clock of a wait, as it stood at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// By when.
    pub due: Moment,
    /// In which time it runs.
    pub pace: Pace,
    /// What it had taken.
    pub used_ms: u64,
    /// What was left.
    pub left_ms: u64,
    /// Whether it stood still.
    pub is_held: bool,
}

/// What a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The whole matter: the root.
    Whole,
    /// A round of it.
    Round,
    /// Something that was said.
    Step,
    /// The way of the envelope that said so.
    Message,
    /// Somebody was waited for.
    Wait,
    /// Nobody owed anything: the system itself had the next step.
    System,
    /// It was closed, and nobody was waited for.
    Rest,
}

/// A part of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its name in the picture, the same each time it is drawn.
    pub key: String,
    /// The key of its parent; none for the root.
    pub parent: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// What about: the type of what was said, the duty that was owed.
    pub what: String,
    /// Who says, owes, or has the next step; none for the whole and for rest.
    pub who: Option<Party>,
    /// For whom it was said.
    pub recipient: Option<Party>,
    /// When it began.
    pub from: Moment,
    /// When it ended, or when the picture was drawn.
    pub to: Moment,
    /// Whether it goes on.
    pub is_open: bool,
    /// Whether it leaves the time of its parent.
    pub reaches_beyond: bool,
    /// The round; 0 for none.
    pub round: u32,
    /// The clock of a wait, as it was seen last.
    pub clock: Option<Clock>,
    /// Whether a wait went on beyond its due moment.
    pub is_late: bool,
    /// The key of the step after which a wait began.
    pub opened_by: Option<String>,
    /// The key of the step that ended a wait.
    pub ended_by: Option<String>,
    /// When what happened to a message.
    pub way: Option<Way>,
    /// The subjects of other matters that begin with a step, or that it names; of the root, what the
    /// matter is a part of.
    pub links: Vec<String>,
}

/// The way of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// When the bus had it on disk.
    pub stored_at: Option<Moment>,
    /// When the ledger had it.
    pub read_at: Moment,
    /// When its recipient spoke next, which it did with the message at hand or without it.
    pub answered_at: Option<Moment>,
    /// Whether a clock of the sender was ahead of that of the bus.
    pub is_skewed: bool,
}

impl Step {
    /// When it counts from.
    pub(crate) fn at(&self) -> Moment {
        self.stored_at.unwrap_or(self.decided_at)
    }
}

impl Span {
    fn new(kind: Kind, key: String, parent: &str, from: Moment, to: Moment) -> Span {
        Span {
            key,
            parent: Some(parent.to_owned()),
            kind,
            what: String::new(),
            who: None,
            recipient: None,
            from,
            to: to.max(from),
            is_open: false,
            reaches_beyond: false,
            round: 0,
            clock: None,
            is_late: false,
            opened_by: None,
            ended_by: None,
            way: None,
            links: Vec::new(),
        }
    }
}

/// The key of the root.
pub const ROOT: &str = "whole";

/// Draws the picture as it is `now`, with whom it waits for; nothing where nothing was said. Spans
/// are in the order of their beginning, parents before their children.
pub fn draw(steps: &[Step], waits: &[Waited], now: Moment) -> Vec<Span> {
    let keys = keys(steps);
    let mut spans = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let key = &keys[index];
        spans.push(said(step, key));
        spans.push(sent(step, key, answered(steps, index)));
    }
    spans.extend(waits::of(steps, &keys, waits, now));
    spans.extend(gaps::of(steps, &spans, now));
    let Some(whole) = whole(steps, &spans, now) else { return Vec::new() };
    let rounds = rounds(steps, &whole);
    settle(whole, rounds, spans)
}

/// The key of each step: its envelope's id with its source, and which one where a source has said
/// two things under one id.
fn keys(steps: &[Step]) -> Vec<String> {
    let mut seen = std::collections::BTreeMap::new();
    let key = |step: &Step| {
        let name = format!("step/{}/{}", step.source, step.id);
        let count = seen.entry(name.clone()).and_modify(|count| *count += 1).or_insert(1);
        if *count == 1 { name } else { format!("{name}#{count}") }
    };
    steps.iter().map(key).collect()
}

fn said(step: &Step, key: &str) -> Span {
    let (from, to) = (step.decided_at.min(step.at()), step.at());
    Span {
        what: step.kind.clone(),
        who: Some(step.source.clone()),
        recipient: step.recipient.clone(),
        round: step.round,
        is_open: step.stored_at.is_none(),
        links: step.links.clone(),
        ..Span::new(Kind::Step, key.to_owned(), ROOT, from, to)
    }
}

fn sent(step: &Step, key: &str, answered_at: Option<Moment>) -> Span {
    let Step { decided_at, stored_at, read_at, .. } = *step;
    let is_skewed = stored_at.is_some_and(|stored| decided_at > stored);
    let (from, to) = (decided_at.min(step.at()), read_at.max(step.at()));
    Span {
        what: step.kind.clone(),
        who: Some(step.source.clone()),
        recipient: step.recipient.clone(),
        round: step.round,
        is_open: stored_at.is_none(),
        way: Some(Way { stored_at, read_at, answered_at, is_skewed }),
        ..Span::new(Kind::Message, format!("message/{key}"), key, from, to)
    }
}

/// When the recipient of a step spoke next.
fn answered(steps: &[Step], index: usize) -> Option<Moment> {
    let recipient = steps[index].recipient.as_ref()?;
    let next = steps[index + 1..].iter().find(|step| step.source == *recipient)?;
    Some(next.decided_at)
}

/// The root: until the closing, or until what was seen last where it is open.
fn whole(steps: &[Step], spans: &[Span], now: Moment) -> Option<Span> {
    let from = spans.iter().map(|span| span.from).min()?;
    let last = spans.iter().map(|span| span.to).max()?;
    let closing = steps.iter().find(|step| step.is_over).map(Step::at);
    let to = closing.unwrap_or(last.max(now));
    let whole = Span::new(Kind::Whole, ROOT.to_owned(), ROOT, from, to);
    Some(Span { parent: None, is_open: closing.is_none(), ..whole })
}

/// A span for each row of steps in one round, until the next begins.
fn rounds(steps: &[Step], whole: &Span) -> Vec<Span> {
    let mut rounds: Vec<Span> = Vec::new();
    let mut before = 0;
    for (index, step) in steps.iter().enumerate() {
        if step.round == before {
            continue;
        }
        before = step.round;
        if let Some(last) = rounds.last_mut().filter(|last| last.is_open) {
            (last.to, last.is_open) = (step.at().max(last.from), false);
        }
        if step.round > 0 {
            let (key, from) = (format!("round/{index}"), step.at());
            let span = Span::new(Kind::Round, key, ROOT, from, whole.to);
            rounds.push(Span { round: step.round, is_open: true, ..span });
        }
    }
    if let Some(last) = rounds.last_mut().filter(|last| last.is_open) {
        last.is_open = whole.is_open;
    }
    rounds
}

/// Puts what happened in a round under it, marks what leaves the time of its parent, and orders.
fn settle(whole: Span, rounds: Vec<Span>, mut spans: Vec<Span>) -> Vec<Span> {
    for span in spans.iter_mut().filter(|span| span.kind != Kind::Message) {
        let mut of_round = rounds.iter().filter(|round| round.round == span.round);
        let last = of_round.clone().rfind(|round| round.from <= span.to);
        if let Some(round) = last.or_else(|| of_round.next()) {
            span.parent = Some(round.key.clone());
        }
    }
    spans.sort_by_key(|span| (span.from, span.kind));
    let mut all = vec![whole];
    all.extend(rounds);
    all.extend(spans);
    let times: std::collections::BTreeMap<String, (Moment, Moment)> =
        all.iter().map(|span| (span.key.clone(), (span.from, span.to))).collect();
    for span in &mut all {
        let parent = span.parent.as_ref().and_then(|parent| times.get(parent));
        span.reaches_beyond = parent.is_some_and(|(from, to)| span.from < *from || span.to > *to);
    }
    all
}

#[cfg(test)]
pub(crate) mod properties;
#[cfg(test)]
mod tests;
