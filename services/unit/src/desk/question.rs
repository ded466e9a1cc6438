//! Questions: what this unit asks, what it is asked, what is said to it, and what never was.
//!
//! A question is one record at the asker with the envelope that carries it, and one at the asked
//! unit when it comes; a reply the same the other way. A reply counts when it comes from the unit
//! that was asked, once; it is in time when it is in the asker's journal at the deadline by the
//! asker's clock. What was in time is decided when it is written, and never again.

mod fold;
mod shelf;

use domain::{
    envelope::{Envelope, Terms},
    id::{EnvelopeId, PersonId, UnitId},
    moment::Moment,
    pack::Unit,
    party::Party,
    rejection::Rejection,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
};
use prost::Message as _;
use proto::{
    ask::{
        Question, QuestionAnswered, QuestionAsked, QuestionRefused, QuestionState as State,
        QuestionUnanswered, Refusal as No, Reply, matter::About, question_answered, reply::Content,
    },
    body,
    register::LookUpRequest,
};

use super::{Desk, came, traced};
use crate::{
    asking::{Inquiry, Replying},
    rights,
};
pub(crate) use shelf::{by_deadline, question, questions, to_reply};

/// A year: the longest that a question waits.
const LONGEST_MS: i64 = 366 * 24 * 3_600_000;

/// There is no such question here.
pub(crate) fn unknown(question_id: &str) -> Rejection {
    let message = format!("this unit asked and was asked no question {question_id:?}");
    Rejection::unknown("UNKNOWN_QUESTION", "question_id", message)
}

impl Desk {
    pub(super) fn ask(
        &self,
        tx: &Tx<'_>,
        inquiry: Inquiry,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        self.check_other(&inquiry.unit, "ASKS_ITSELF", "unit")?;
        check_deadline(inquiry.deadline, now)?;
        let question_id = format!("{}/{}", self.unit, tx.next());
        let traceparent = match &inquiry.case_id {
            Some(case_id) => traced(tx, case_id.as_str(), inquiry.traceparent)?,
            None => inquiry.traceparent,
        };
        let case_id = inquiry.case_id.map(String::from).unwrap_or_default();
        let content = QuestionAsked { case_id, matter: Some(inquiry.matter) };
        let outgoing = Outgoing {
            recipient: Some(Party::unit(&inquiry.unit)),
            actor: Some(inquiry.person),
            traceparent: Some(traceparent),
            terms: Terms {
                expires: Some(inquiry.deadline),
                purpose: Some(inquiry.purpose),
                ..Terms::default()
            },
            ..Outgoing::new(
                envelope_id(&question_id, "asked", &inquiry.unit)?,
                &self.question_subject(&question_id)?,
                body::write(&content),
            )
        };
        let (kind, data) = body::write(&content);
        // The answer is the question as it will be read: the number is the only thing that lacks.
        let envelope = outgoing.clone().numbered(self.party_of(), 1, now);
        let answer = asked(&envelope, question_id, content, now).encode_to_vec();
        Ok(Decision::change(&kind, data, vec![outgoing], answer))
    }

    /// A person of this unit replies.
    pub(super) fn reply(&self, tx: &Tx<'_>, replying: Replying, now: Moment) -> Decided {
        let Replying { question_id, person, content } = replying;
        let question = question(tx, &question_id)?.ok_or_else(|| unknown(&question_id))?;
        if question.asked_unit != self.unit.as_str() {
            let message = format!("{question_id} was asked by this unit, and not of it");
            return Err(Rejection::forbidden("NOT_YOUR_QUESTION", message).into());
        }
        if question.state() != State::Open {
            let message = format!("{question_id} is {} already", question.state().as_str_name());
            return Err(Rejection::conflict("ALREADY_REPLIED", message).at("question_id").into());
        }
        self.say(tx, question, Some(person), content, now)
    }

    /// The service of this unit replies by itself, where it can; once.
    pub(super) fn reply_itself(&self, tx: &Tx<'_>, question_id: &str, now: Moment) -> Decided {
        let open = question(tx, question_id)?.filter(|one| one.state() == State::Open);
        let Some(question) = open else { return Ok(Decision::default()) };
        let content = match self.consult(&question, now) {
            Ok(found) => Content::Found(found),
            Err(Rejection { reason, message, .. }) => Content::Refusal(No { reason, message }),
        };
        self.say(tx, question, None, content, now)
    }

    fn consult(
        &self,
        question: &Question,
        now: Moment,
    ) -> Result<proto::register::LookUpResponse, Rejection> {
        crate::asking::purpose(&question.purpose)?;
        if now.0 > question.deadline_at_ms {
            let message = "the deadline was over before the question could be looked at";
            return Err(Rejection::conflict("DEADLINE_PASSED", message));
        }
        let about = question.matter.as_ref().and_then(|matter| matter.about.as_ref());
        let Some(About::RegisterKey(asked)) = about else {
            return Err(Rejection::invalid("QUESTION_MISSING", "matter", "nothing is asked"));
        };
        let asker = Party::unit(&proto::convert::id("asking_unit", question.asking_unit.clone())?);
        let person = proto::convert::id("asking_person", question.asking_person.clone())?;
        let look_up = LookUpRequest {
            register: asked.register.clone(),
            purpose: question.purpose.clone(),
            ..LookUpRequest::default()
        };
        let right = rights::ask_register(&self.access, &self.unit, &asker, &person, &look_up);
        self.access.check(&asker, &right)?;
        let found = self.find(&asked.register, &asked.key, &question.purpose, now)?;
        if found.rows.is_empty() {
            let message = format!("{:?} is not in {} of {}", asked.key, asked.register, self.unit);
            return Err(Rejection::unknown("UNKNOWN_KEY", "matter.register_key.key", message));
        }
        Ok(found)
    }

    /// A reply on its way; the answer to who decided it is the question after it.
    fn say(
        &self,
        tx: &Tx<'_>,
        mut question: Question,
        person: Option<PersonId>,
        content: Content,
        now: Moment,
    ) -> Decided {
        let asker = proto::convert::id("asking_unit", question.asking_unit.clone())?;
        let (kind, data) = reply_out(&content);
        let subject = self.question_subject(&question.question_id)?;
        // The reply belongs to the trace of what was asked, however much later.
        let traceparent = came(tx, &subject)?;
        let outgoing = Outgoing {
            traceparent,
            recipient: Some(Party::unit(&asker)),
            actor: person.clone(),
            terms: Terms {
                purpose: Some(question.purpose.clone()).filter(|purpose| !purpose.is_empty()),
                ..Terms::default()
            },
            ..Outgoing::new(
                // Answered and refused have one id: a question is never replied to twice.
                envelope_id(&question.question_id, "replied", &asker)?,
                &subject,
                (kind.clone(), data.clone()),
            )
        };
        settle(&mut question, reply(person.as_ref(), now, content), now);
        Ok(Decision::change(&kind, data, vec![outgoing], question.encode_to_vec()))
    }

    /// The deadline of a question of this unit is over; recorded once.
    pub(super) fn end_unanswered(&self, tx: &Tx<'_>, question_id: String, now: Moment) -> Decided {
        let open = question(tx, &question_id)?.is_some_and(|one| {
            one.state() == State::Open
                && one.asking_unit == self.unit.as_str()
                && is_over(&one, now)
        });
        if !open {
            return Ok(Decision::default());
        }
        let (kind, data) = body::write(&QuestionUnanswered { question_id });
        Ok(Decision::change(&kind, data, Vec::new(), Vec::new()))
    }

    /// Another unit of the city, which can be asked and told.
    pub(super) fn check_other(
        &self,
        unit: &UnitId,
        itself: &str,
        field: &str,
    ) -> Result<(), Rejection> {
        if *unit == self.unit {
            return Err(Rejection::invalid(itself, field, format!("{unit} is this unit itself")));
        }
        if !self.city.unit(unit).is_some_and(Unit::can_lead) {
            let message = format!("{unit} is no unit of {} that has a service", self.city.id);
            return Err(Rejection::invalid("UNKNOWN_UNIT", field, message));
        }
        Ok(())
    }

    fn question_subject(&self, question_id: &str) -> Result<String, Rejection> {
        let subject: EnvelopeId =
            proto::convert::id("subject", format!("{}{question_id}", self.question_prefix()))?;
        Ok(subject.into())
    }

    fn question_prefix(&self) -> String {
        format!("question/{}/", self.city.id)
    }

    fn party_of(&self) -> Party {
        Party::unit(&self.unit)
    }
}

type Decided = Result<Decision, Refusal>;

fn check_deadline(deadline: Moment, now: Moment) -> Result<(), Rejection> {
    if deadline <= now {
        let message = format!("deadline_at_ms is later than now, {}; not {}", now.0, deadline.0);
        return Err(Rejection::invalid("DEADLINE_PASSED", "deadline_at_ms", message));
    }
    if deadline.0 - now.0 > LONGEST_MS {
        let message = format!("a question waits at most a year; now it is {}", now.0);
        return Err(Rejection::invalid("DEADLINE_TOO_FAR", "deadline_at_ms", message));
    }
    Ok(())
}

fn envelope_id(question_id: &str, word: &str, to: &UnitId) -> Result<EnvelopeId, Rejection> {
    proto::convert::id("question_id", format!("question/{question_id}/{word}/{to}"))
}

/// A question as its envelope says it, for the unit that asks and the one that is asked.
fn asked(envelope: &Envelope, question_id: String, content: QuestionAsked, at: Moment) -> Question {
    Question {
        question_id,
        asking_unit: envelope.source.id.clone(),
        asking_person: envelope.actor.as_ref().map(ToString::to_string).unwrap_or_default(),
        asked_unit: envelope.recipient.as_ref().map(|to| to.id.clone()).unwrap_or_default(),
        purpose: envelope.terms.purpose.clone().unwrap_or_default(),
        case_id: content.case_id,
        matter: content.matter,
        asked_at_ms: envelope.time.0,
        deadline_at_ms: envelope.terms.expires.map_or(i64::MAX, |at| at.0),
        noted_at_ms: at.0,
        state: State::Open.into(),
        state_at_ms: at.0,
        reply: None,
        is_late: false,
    }
}

/// By the asker's clock, what comes at the deadline itself is in time.
fn is_over(question: &Question, now: Moment) -> bool {
    now.0 > question.deadline_at_ms
}

/// What people need not look at: a key of a register, or what was not asked as it must be.
fn replies_itself(question: &Question) -> bool {
    let about = question.matter.as_ref().and_then(|matter| matter.about.as_ref());
    question.purpose.is_empty() || !matches!(about, Some(About::Text(_)))
}

fn reply(person: Option<&PersonId>, at: Moment, content: Content) -> Reply {
    let person = person.map(ToString::to_string).unwrap_or_default();
    Reply { person, replied_at_ms: at.0, content: Some(content) }
}

fn settle(question: &mut Question, reply: Reply, at: Moment) {
    let is_refused = matches!(reply.content, Some(Content::Refusal(_)));
    question.set_state(if is_refused { State::Refused } else { State::Answered });
    question.state_at_ms = at.0;
    question.reply = Some(reply);
}

fn reply_out(content: &Content) -> (String, Vec<u8>) {
    let answered = |content| body::write(&QuestionAnswered { content: Some(content) });
    match content.clone() {
        Content::Found(found) => answered(question_answered::Content::Found(found)),
        Content::Text(text) => answered(question_answered::Content::Text(text)),
        Content::Refusal(refusal) => body::write(&QuestionRefused { refusal: Some(refusal) }),
    }
}
