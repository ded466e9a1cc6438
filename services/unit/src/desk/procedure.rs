//! Enforcement decisions at the desk of a unit that decides, reviews, carries out, has the money or the
//! suspected crime, or comes to help.
//!
//! A word is one record with an envelope for the record and one for each unit that has a part in it;
//! it passes the gates of `domain::decision` before it is written, and again wherever it is folded.
//! A desk knows what it has said and what it was told, in that order: the handler's unit is told last,
//! so that what it does next, nobody hears before what it does it upon.

use domain::{
    decision::{
        By, Decision as Course, Draft, Fact, Owed, Word, check_draft, fact, may_say, number,
        of_subject, owes, subject, told,
    },
    id::{DecisionId, PersonId, UnitId},
    inspection::Outcome,
    moment::Moment,
    pack::Limits,
    party::Party,
    rejection::Rejection,
};
use kit::{
    inbox::accepted_at,
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{decree, envelope::Wire, record::Record};

use super::{Desk, traced};
use crate::asking;

/// What is asked for.
pub(crate) enum Asked {
    /// A handler drafts.
    Draft(Box<Draft>),
    /// Somebody says a word.
    Word(DecisionId, Box<Word>),
}

/// What is said about a decision.
pub(crate) struct Procedure {
    /// What.
    pub(crate) asked: Asked,
    /// Who says it.
    pub(crate) person: PersonId,
    /// The caller's trace context.
    pub(crate) traceparent: String,
}

impl Desk {
    pub(super) fn proceed(
        &self,
        tx: &Tx<'_>,
        procedure: Procedure,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let Procedure { asked, person, traceparent } = procedure;
        match asked {
            Asked::Draft(draft) => self.draft_decision(tx, *draft, (person, traceparent), now),
            Asked::Word(id, word) => self.say_word(tx, &id, *word, (person, traceparent), now),
        }
    }

    fn draft_decision(
        &self,
        tx: &Tx<'_>,
        draft: Draft,
        (person, traceparent): (PersonId, String),
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let draft = Draft { by: By { unit: self.unit.clone(), person }, ..draft };
        let before = match &draft.follows {
            Some(id) => kept(tx, id)?,
            None => None,
        };
        check_draft(&self.city, &draft, before.as_ref())?;
        let id: DecisionId = proto::convert::id("decision_id", number(&self.unit, tx.next()))?;
        let fact = Fact::Drafted(draft);
        let Some(course) = Course::begin(id, &fact, now) else {
            let message = "this draft can't be numbered";
            return Err(Rejection::conflict("NO_NUMBER", message).at("decision_id").into());
        };
        self.written(tx, &course, &fact, traceparent)
    }

    fn say_word(
        &self,
        tx: &Tx<'_>,
        id: &DecisionId,
        word: Word,
        (person, traceparent): (PersonId, String),
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let mut course = kept(tx, id)?.ok_or_else(|| {
            let message = format!("no decision {id} concerns this unit");
            Rejection::unknown("UNKNOWN_DECISION", "decision_id", message)
        })?;
        let by = By { unit: self.unit.clone(), person: person.clone() };
        let call = match &word {
            Word::CallPolice { text } if self.city.police != self.unit => {
                let police = self.city.police.clone();
                Some(asking::call(text.clone(), police, person, traceparent.clone()))
            }
            _ => None,
        };
        let fact = fact(&course, by, word)?;
        course.apply(&fact, now);
        let mut written = self.written(tx, &course, &fact, traceparent)?;
        if let Some(call) = call {
            // The call overtakes whatever waits, as every call for the police does.
            let notice = self.send_notice(tx, call, now)?;
            written.drafts.splice(0..0, notice.drafts);
        }
        Ok(written)
    }

    /// The record of a word, with an envelope for the record and one for each who has a part in it.
    fn written(
        &self,
        tx: &Tx<'_>,
        course: &Course,
        fact: &Fact,
        traceparent: String,
    ) -> Result<Decision, Refusal> {
        let subject = subject(&self.city.id, &course.id);
        let traceparent = traced(tx, &subject, traceparent)?;
        let own = Party::unit(&self.unit);
        let to = told(course, fact).into_iter().filter(|party| *party != own);
        let reached = to.filter_map(|party| self.city.reached(&party.as_unit()?));
        let recipients = [None].into_iter().chain(reached.map(Some));
        let name = format!("decision/{}/{}/{}", course.id, self.unit, tx.next());
        let (kind, body) = decree::write(fact);
        let write = |recipient: Option<Party>| {
            let to = recipient.as_ref().map(|party| format!("/{party}")).unwrap_or_default();
            let id = proto::convert::id("decision_id", format!("{name}{to}"))?;
            Ok(Outgoing {
                recipient,
                actor: fact.by().map(|by| by.person.clone()),
                traceparent: Some(traceparent.clone()),
                ..Outgoing::new(id, &subject, (kind.clone(), body.clone()))
            })
        };
        let outgoing = recipients.map(write).collect::<Result<Vec<Outgoing>, Rejection>>()?;
        let answer = self.shown_decision(course).encode_to_vec();
        Ok(Decision::change(&kind, body, outgoing, answer))
    }

    /// A decision for the wire.
    pub(crate) fn shown_decision(&self, course: &Course) -> proto::decision::Decision {
        decree::show::whole(course, &self.owed_words(course))
    }

    /// Who owes a word. Our own outages are not known here: the moment may be later, never earlier.
    fn owed_words(&self, course: &Course) -> Vec<Owed> {
        let calendar = self.city.calendar.clone();
        owes(course, &Limits { calendar, ..Limits::default() })
    }

    pub(super) fn fold_procedures(
        &self,
        tx: &mut Tx<'_>,
        record: &Record,
    ) -> Result<(), view::Error> {
        for wire in record.outgoing.iter().filter(|wire| is_decision(wire)) {
            self.fold_procedure(tx, wire, Moment(record.at_ms), true)?;
        }
        for received in &record.received {
            if let Some(wire) = received.envelope.as_ref().filter(|wire| is_decision(wire)) {
                self.fold_procedure(tx, wire, accepted_at(received), false)?;
            }
        }
        Ok(())
    }

    /// What this unit said for the record, and what came for it, from the party whose word it is.
    fn fold_procedure(
        &self,
        tx: &mut Tx<'_>,
        wire: &Wire,
        at: Moment,
        is_said: bool,
    ) -> Result<(), view::Error> {
        let Some((id, fact)) = self.read_procedure(wire, is_said) else { return Ok(()) };
        let now = match kept(tx, &id)? {
            Some(mut course) => course.apply(&fact, at).then_some(course),
            None if is_said => Course::begin(id, &fact, at),
            None => Course::given(id, &fact, &self.unit, at),
        };
        if let Some(course) = now {
            match course.waits_for(&self.unit) {
                true => tx.put(key(WAITING, &course.id), []),
                false => tx.remove(key(WAITING, &course.id)),
            }
            let json = serde_json::to_vec(&course).unwrap_or_default();
            tx.put(key(PROCEDURES, &course.id), json);
        }
        Ok(())
    }

    fn read_procedure(&self, wire: &Wire, is_said: bool) -> Option<(DecisionId, Fact)> {
        let envelope = proto::envelope::from_wire(wire.clone()).ok()?;
        let id = of_subject(&self.city.id, &envelope.subject)?;
        let own = Party::unit(&self.unit);
        let is_ours = match is_said {
            // The copies for others say the same once more.
            true => envelope.source == own && envelope.recipient.is_none(),
            false => envelope.source != own && envelope.recipient == Some(own),
        };
        let fact = decree::read(&envelope.kind, &envelope.body).ok()??;
        let is_theirs = may_say(&envelope.source, envelope.actor.as_ref(), &fact);
        (is_ours && is_theirs).then_some((id, fact))
    }
}

fn is_decision(wire: &Wire) -> bool {
    wire.r#type.starts_with("muster.decision.v1.")
}

/// The keys of all decisions that concern the unit.
const PROCEDURES: &[u8] = b"Gd";
/// The keys of those that wait for its word.
const WAITING: &[u8] = b"Gw";

fn key(kind: &[u8], id: &DecisionId) -> Vec<u8> {
    [kind, id.as_str().as_bytes()].concat()
}

fn kept(tx: &Tx<'_>, id: &DecisionId) -> Result<Option<Course>, view::Error> {
    Ok(tx.get(&key(PROCEDURES, id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// A penalty under the number of a decision that this desk keeps counts only when that is issued.
pub(super) fn check_issued(tx: &Tx<'_>, unit: &UnitId, outcome: &Outcome) -> Result<(), Refusal> {
    let Outcome::Penalty { decision, .. } = outcome else { return Ok(()) };
    let Some(course) = kept(tx, decision)? else { return Ok(()) };
    Ok(course.check_penalty(unit).map_err(|no| no.at("outcome.decision"))?)
}

/// A page of decisions by number, with their keys; only what waits for the unit, where that is asked.
pub(crate) fn procedures(
    tx: &Tx<'_>,
    is_waiting: bool,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, Course)>, view::Error> {
    let prefix = if is_waiting { WAITING } else { PROCEDURES };
    let mut found = Vec::new();
    for (at, _) in tx.scan(prefix, from, limit)? {
        let id = at.get(prefix.len()..).and_then(|id| std::str::from_utf8(id).ok());
        let Some(id) = id.and_then(|id| DecisionId::parse(id).ok()) else { continue };
        found.extend(kept(tx, &id)?.map(|course| (at, course)));
    }
    Ok(found)
}
