//! What units ask and tell each other, as it comes off the wire.

use std::collections::BTreeSet;

use domain::{
    id::{CaseId, PersonId, UnitId},
    moment::Moment,
    rejection::Rejection,
    task::text,
};
use proto::{
    ask::{
        AnswerQuestionRequest, AskRequest, Direction, Matter, QuestionState, Refusal,
        answer_question_request, matter::About, reply::Content,
    },
    convert,
    notice::SendNoticeRequest,
    unit::RequestPoliceAssistRequest,
};

use super::key;

/// The longest purpose, in bytes: it travels as an attribute of the envelope.
const PURPOSE_BYTES: usize = 1_000;
/// The most receivers of a notice.
const RECEIVERS_MAX: usize = 50;

/// What a unit asks another.
pub struct Inquiry {
    /// Who is asked.
    pub unit: UnitId,
    /// Who asks.
    pub person: PersonId,
    /// Why.
    pub purpose: String,
    /// The case that it is about.
    pub case_id: Option<CaseId>,
    /// What.
    pub matter: Matter,
    /// Until when a reply is in time.
    pub deadline: Moment,
    /// The caller's trace context.
    pub traceparent: String,
}

/// What a person says to a question.
pub struct Replying {
    /// The question.
    pub question_id: String,
    /// Who.
    pub person: PersonId,
    /// What.
    pub content: Content,
}

/// What a unit tells others.
pub struct Telling {
    /// Whom; of a correction it may be nobody, for those that got what it corrects.
    pub units: BTreeSet<UnitId>,
    /// Who tells it.
    pub person: PersonId,
    /// What.
    pub text: String,
    /// What its personal data is for; empty when it has none.
    pub purpose: String,
    /// The case that it is about.
    pub case_id: Option<CaseId>,
    /// What it corrects; empty when it corrects nothing.
    pub corrects: String,
    /// The caller's trace context.
    pub traceparent: String,
    /// Whether it overtakes whatever waits.
    pub is_urgent: bool,
}

/// Reads a question.
pub fn inquiry(
    asked: AskRequest,
    person: PersonId,
    traceparent: String,
) -> Result<Inquiry, Rejection> {
    purpose(&asked.purpose)?;
    let matter = asked.matter.unwrap_or_default();
    match &matter.about {
        Some(About::Text(words)) => text("QUESTION_MISSING", "matter.text", words)?,
        Some(About::RegisterKey(asked)) => {
            convert::id::<UnitId>("matter.register_key.register", asked.register.clone())?;
            key("matter.register_key.key", &asked.key)?;
        }
        None => {
            let message = "matter is a key of a register, or a text";
            return Err(Rejection::invalid("QUESTION_MISSING", "matter", message));
        }
    }
    Ok(Inquiry {
        unit: convert::id("unit", asked.unit)?,
        person,
        purpose: asked.purpose,
        case_id: convert::optional("case_id", asked.case_id)?,
        matter,
        deadline: Moment(asked.deadline_at_ms),
        traceparent,
    })
}

/// Checks that a purpose is there and fits into its attribute.
pub fn purpose(purpose: &str) -> Result<(), Rejection> {
    if !purpose.trim().is_empty() && purpose.len() <= PURPOSE_BYTES {
        return Ok(());
    }
    let length = purpose.len();
    let message = format!("purpose says why, in 1 to {PURPOSE_BYTES} bytes, not {length}");
    Err(Rejection::invalid("PURPOSE_MISSING", "purpose", message))
}

/// Reads a reply of a person.
pub fn replying(said: AnswerQuestionRequest, person: PersonId) -> Result<Replying, Rejection> {
    let content = match said.content {
        Some(answer_question_request::Content::Text(words)) => {
            text("ANSWER_MISSING", "text", &words)?;
            Content::Text(words)
        }
        Some(answer_question_request::Content::Refusal(message)) => {
            text("REASON_MISSING", "refusal", &message)?;
            Content::Refusal(Refusal { reason: "DECLINED".to_owned(), message })
        }
        None => {
            let message = "a reply has a text, or a refusal that says why";
            return Err(Rejection::invalid("ANSWER_MISSING", "text", message));
        }
    };
    Ok(Replying { question_id: question_id(said.question_id)?, person, content })
}

/// Reads the id of a question.
pub fn question_id(id: String) -> Result<String, Rejection> {
    convert::id::<CaseId>("question_id", id).map(String::from)
}

/// Reads which questions are to be listed.
pub fn listed(direction: i32, state: i32) -> Result<(Direction, QuestionState), Rejection> {
    let unknown = |field: &str, number: i32| {
        let message = format!("there is no {field} {number}");
        Rejection::invalid(&format!("UNKNOWN_{}", field.to_uppercase()), field, message)
    };
    let of = Direction::try_from(direction).map_err(|_| unknown("direction", direction))?;
    let state = QuestionState::try_from(state).map_err(|_| unknown("state", state))?;
    Ok((of, state))
}

/// Reads a notice.
pub fn telling(
    told: SendNoticeRequest,
    person: PersonId,
    traceparent: String,
) -> Result<Telling, Rejection> {
    text("TEXT_MISSING", "text", &told.text)?;
    if !told.purpose.is_empty() {
        purpose(&told.purpose)?;
    }
    let count = told.units.len();
    if count > RECEIVERS_MAX || (count == 0 && told.corrects.is_empty()) {
        let message = format!("a notice has 1 to {RECEIVERS_MAX} receivers, this one has {count}");
        return Err(Rejection::invalid("WRONG_COUNT", "units", message));
    }
    let corrects: Option<CaseId> = convert::optional("corrects", told.corrects)?;
    Ok(Telling {
        units: convert::ids("units", told.units)?.into_iter().collect(),
        person,
        text: told.text,
        purpose: told.purpose,
        case_id: convert::optional("case_id", told.case_id)?,
        corrects: corrects.map(String::from).unwrap_or_default(),
        traceparent,
        is_urgent: false,
    })
}

/// What police assistance is asked for, as the purpose of the notice that asks (M075).
pub const ASSISTANCE: &str = "police assistance (公安保障)";

/// Reads a call for the police.
pub fn assistance(
    asked: RequestPoliceAssistRequest,
    police: UnitId,
    person: PersonId,
    traceparent: String,
) -> Result<(CaseId, Telling), Rejection> {
    text("TEXT_MISSING", "text", &asked.text)?;
    let case_id: CaseId = convert::id("case_id", asked.case_id)?;
    let telling = Telling {
        units: BTreeSet::from([police]),
        person,
        text: asked.text,
        purpose: ASSISTANCE.to_owned(),
        case_id: Some(case_id.clone()),
        corrects: String::new(),
        traceparent,
        is_urgent: true,
    };
    Ok((case_id, telling))
}

/// A call for the police that is about no case.
pub(crate) fn call(text: String, police: UnitId, person: PersonId, traceparent: String) -> Telling {
    Telling {
        units: BTreeSet::from([police]),
        person,
        text,
        purpose: ASSISTANCE.to_owned(),
        case_id: None,
        corrects: String::new(),
        traceparent,
        is_urgent: true,
    }
}

/// Reads the id of a notice.
pub fn notice_id(id: String) -> Result<String, Rejection> {
    convert::id::<CaseId>("notice_id", id).map(String::from)
}
