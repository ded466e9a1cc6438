//! The facts of an enforcement decision between the domain and the bodies of envelopes. See
//! [`crate::fact`]. How a decision is shown, and what people say about it, see [`show`] and [`word`].

pub mod show;
pub mod word;

use domain::{
    decision::{
        Answer, By, Classed, Draft, Duty, Extract, Fact, File, Outcome, Phase, Recording, Rule,
        Terms, Verdict,
    },
    moment::Moment,
    pack::Limit,
    rejection::Rejection,
};
use prost::{Message, Name};

use crate::{convert, decision as wire};

macro_rules! named {
    ($($name:ident),* $(,)?) => {$(
        impl Name for wire::$name {
            const PACKAGE: &'static str = "muster.decision.v1";
            const NAME: &'static str = stringify!($name);
            fn full_name() -> String {
                format!("{}.{}", Self::PACKAGE, Self::NAME)
            }
        }
    )*};
}

named!(
    DecisionDrafted,
    DecisionClassed,
    DraftVoided,
    FileSupplemented,
    DecisionReviewed,
    DecisionIssued,
    ExtractPublished,
    ActionDone,
    CrimeTransferred,
    TransferAnswered,
    OfficersObstructed,
    PoliceAssisted,
    FinePaid,
    OpinionGiven,
    OpinionAnswered,
    DecisionClosed,
    DecisionWithdrawn,
    DutyReminded,
    DutyEscalated,
);

fn pack<M: Message + Name>(message: &M) -> (String, Vec<u8>) {
    (M::full_name(), message.encode_to_vec())
}

/// Writes a fact: the name of the body and the body.
pub fn write(fact: &Fact) -> (String, Vec<u8>) {
    let by = fact.by().map(by_out);
    match fact.clone() {
        Fact::Drafted(draft) => pack(&wire::DecisionDrafted { draft: Some(draft_out(&draft)) }),
        Fact::Classed(classed) => {
            let (draft, terms) = classed_out(&classed);
            pack(&wire::DecisionClassed { draft, terms })
        }
        Fact::Voided { reason } => pack(&wire::DraftVoided { reason }),
        Fact::Supplemented { file, .. } => {
            pack(&wire::FileSupplemented { by, file: Some(file_out(&file)) })
        }
        Fact::Reviewed { verdict, reason, .. } => {
            pack(&wire::DecisionReviewed { by, verdict: verdict_out(verdict).into(), reason })
        }
        Fact::Issued { .. } => pack(&wire::DecisionIssued { by }),
        Fact::Published(extract) => {
            pack(&wire::ExtractPublished { extract: Some(extract_out(&extract)) })
        }
        Fact::Acted { action, recording, .. } => pack(&wire::ActionDone {
            by,
            action: action.to_string(),
            recording: recording.as_ref().map(recording_out),
        }),
        Fact::Transferred { classed, file, reason, .. } => {
            let (draft, terms) = classed_out(&classed);
            let file = Some(file_out(&file));
            pack(&wire::CrimeTransferred { by, draft, terms, file, reason })
        }
        Fact::Answered { version, answer, .. } => {
            let (answer, text, goes_on) = answer_out(&answer);
            pack(&wire::TransferAnswered { by, version, answer: answer.into(), text, goes_on })
        }
        Fact::Obstructed { classed, text, .. } => {
            let (draft, terms) = classed_out(&classed);
            pack(&wire::OfficersObstructed { by, draft, terms, text })
        }
        Fact::Assisted { number, is_settled, text, .. } => {
            pack(&wire::PoliceAssisted { by, number, is_settled, text })
        }
        Fact::Paid { amount, reference, .. } => pack(&wire::FinePaid { by, amount, reference }),
        Fact::Supervised { number, by, person, text } => {
            let (by, person) = (by.to_string(), person.to_string());
            pack(&wire::OpinionGiven { number, by, person, text })
        }
        Fact::Replied { number, text, .. } => pack(&wire::OpinionAnswered { by, number, text }),
        Fact::Closed { .. } => pack(&wire::DecisionClosed { by }),
        Fact::Withdrawn { reason, .. } => pack(&wire::DecisionWithdrawn { by, reason }),
        Fact::Reminded { duty, unit, due, is_late } => pack(&wire::DutyReminded {
            duty: Some(duty_out(duty)),
            unit: unit.to_string(),
            due_at_ms: due.0,
            is_late,
        }),
        Fact::Escalated { duty, unit, due } => pack(&wire::DutyEscalated {
            duty: Some(duty_out(duty)),
            unit: unit.to_string(),
            due_at_ms: due.0,
        }),
    }
}

/// Reads a body by its name; none when it is no fact of a decision.
pub fn read(kind: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    let Some(name) = kind.strip_prefix("muster.decision.v1.") else { return Ok(None) };
    Ok(Some(match name {
        "DecisionDrafted" => {
            let m: wire::DecisionDrafted = decode(body)?;
            Fact::Drafted(draft_in(there("draft", m.draft)?)?)
        }
        "DecisionClassed" => {
            let m: wire::DecisionClassed = decode(body)?;
            Fact::Classed(classed_in(m.draft, m.terms)?)
        }
        "DraftVoided" => Fact::Voided { reason: decode::<wire::DraftVoided>(body)?.reason },
        "ExtractPublished" => {
            let m: wire::ExtractPublished = decode(body)?;
            Fact::Published(extract_in(there("extract", m.extract)?)?)
        }
        "OpinionGiven" => {
            let m: wire::OpinionGiven = decode(body)?;
            let (by, person) = (convert::party("by", &m.by)?, convert::id("person", m.person)?);
            Fact::Supervised { number: m.number, by, person, text: m.text }
        }
        "DutyReminded" => {
            let m: wire::DutyReminded = decode(body)?;
            let (duty, unit) = (duty_in(m.duty)?, convert::id("unit", m.unit)?);
            Fact::Reminded { duty, unit, due: Moment(m.due_at_ms), is_late: m.is_late }
        }
        "DutyEscalated" => {
            let m: wire::DutyEscalated = decode(body)?;
            let (duty, unit) = (duty_in(m.duty)?, convert::id("unit", m.unit)?);
            Fact::Escalated { duty, unit, due: Moment(m.due_at_ms) }
        }
        other => return read_said(other, body),
    }))
}

/// What units say.
fn read_said(name: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    Ok(Some(match name {
        "FileSupplemented" => {
            let m: wire::FileSupplemented = decode(body)?;
            Fact::Supplemented { by: by_in(m.by)?, file: file_in("file", m.file)? }
        }
        "DecisionReviewed" => {
            let m: wire::DecisionReviewed = decode(body)?;
            let (by, verdict) = (by_in(m.by)?, verdict_in(m.verdict)?);
            Fact::Reviewed { by, verdict, reason: m.reason }
        }
        "DecisionIssued" => Fact::Issued { by: by_in(decode::<wire::DecisionIssued>(body)?.by)? },
        "ActionDone" => {
            let m: wire::ActionDone = decode(body)?;
            let recording = m.recording.map(recording_in).transpose()?;
            Fact::Acted { by: by_in(m.by)?, action: convert::id("action", m.action)?, recording }
        }
        "CrimeTransferred" => {
            let m: wire::CrimeTransferred = decode(body)?;
            let (by, classed) = (by_in(m.by)?, classed_in(m.draft, m.terms)?);
            Fact::Transferred { by, classed, file: file_in("file", m.file)?, reason: m.reason }
        }
        "TransferAnswered" => {
            let m: wire::TransferAnswered = decode(body)?;
            let answer = answer_in(m.answer, m.text, m.goes_on)?;
            Fact::Answered { by: by_in(m.by)?, version: m.version, answer }
        }
        "OfficersObstructed" => {
            let m: wire::OfficersObstructed = decode(body)?;
            let (by, classed) = (by_in(m.by)?, classed_in(m.draft, m.terms)?);
            Fact::Obstructed { by, classed, text: m.text }
        }
        "PoliceAssisted" => {
            let m: wire::PoliceAssisted = decode(body)?;
            let (number, is_settled) = (m.number, m.is_settled);
            Fact::Assisted { by: by_in(m.by)?, number, is_settled, text: m.text }
        }
        "FinePaid" => {
            let m: wire::FinePaid = decode(body)?;
            Fact::Paid { by: by_in(m.by)?, amount: m.amount, reference: m.reference }
        }
        "OpinionAnswered" => {
            let m: wire::OpinionAnswered = decode(body)?;
            Fact::Replied { by: by_in(m.by)?, number: m.number, text: m.text }
        }
        "DecisionClosed" => Fact::Closed { by: by_in(decode::<wire::DecisionClosed>(body)?.by)? },
        "DecisionWithdrawn" => {
            let m: wire::DecisionWithdrawn = decode(body)?;
            Fact::Withdrawn { by: by_in(m.by)?, reason: m.reason }
        }
        _ => return Ok(None),
    }))
}

fn decode<M: Message + Default + Name>(body: &[u8]) -> Result<M, Rejection> {
    M::decode(body).map_err(|e| {
        let message = format!("the body is no {}: {e}", M::full_name());
        Rejection::invalid("MALFORMED_BODY", "proto_data", message)
    })
}

fn there<T>(field: &str, part: Option<T>) -> Result<T, Rejection> {
    part.ok_or_else(|| Rejection::invalid("PART_MISSING", field, format!("{field} is missing")))
}

pub(crate) fn by_out(by: &By) -> wire::By {
    wire::By { unit: by.unit.to_string(), person: by.person.to_string() }
}

fn by_in(by: Option<wire::By>) -> Result<By, Rejection> {
    let wire::By { unit, person } = there("by", by)?;
    Ok(By { unit: convert::id("by.unit", unit)?, person: convert::id("by.person", person)? })
}

pub(crate) fn file_out(file: &File) -> wire::File {
    wire::File { text: file.text.clone(), evidence: convert::evidence_out(&file.evidence) }
}

/// Reads a file.
pub(crate) fn file_in(field: &str, file: Option<wire::File>) -> Result<File, Rejection> {
    let wire::File { text, evidence } = there(field, file)?;
    let evidence = convert::evidence(&format!("{field}.evidence"), evidence)?;
    Ok(File { text, evidence })
}

pub(crate) fn draft_out(draft: &Draft) -> wire::Draft {
    wire::Draft {
        by: Some(by_out(&draft.by)),
        kind: draft.kind.to_string(),
        about: draft.about.clone().unwrap_or_default(),
        issue_type: draft.issue_type.to_string(),
        grid: draft.grid.to_string(),
        object: draft.object.clone(),
        nature: draft.nature.clone(),
        area_m2: draft.area_m2,
        file: Some(file_out(&draft.file)),
        amount: draft.amount,
        joint: convert::texts(&draft.joint),
        follows: draft.follows.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

/// Reads a draft.
pub fn draft_in(m: wire::Draft) -> Result<Draft, Rejection> {
    Ok(Draft {
        by: by_in(m.by)?,
        kind: convert::id("kind", m.kind)?,
        about: Some(m.about).filter(|about| !about.is_empty()),
        issue_type: convert::id("issue_type", m.issue_type)?,
        grid: convert::id("grid", m.grid)?,
        object: m.object,
        nature: m.nature,
        area_m2: m.area_m2,
        file: file_in("file", m.file)?,
        amount: m.amount,
        joint: convert::ids("joint", m.joint)?,
        follows: convert::optional("follows", m.follows)?,
    })
}

fn limit_out(limit: Limit) -> wire::Limit {
    wire::Limit {
        within_ms: limit.within_ms,
        remind_before_ms: limit.remind_before_ms,
        urge_after_ms: limit.urge_after_ms,
        working: !limit.pace.is_around(),
    }
}

fn limit_in(field: &str, limit: Option<wire::Limit>) -> Result<Limit, Rejection> {
    use domain::clock::Pace;
    let wire::Limit { within_ms, remind_before_ms, urge_after_ms, working } = there(field, limit)?;
    let pace = if working { Pace::Working } else { Pace::Around };
    Ok(Limit { within_ms, remind_before_ms, urge_after_ms, pace })
}

pub(crate) fn terms_out(terms: &Terms) -> wire::Terms {
    let rule = |rule: &Rule| wire::ActionRule {
        action: rule.action.to_string(),
        is_recorded: rule.is_recorded,
    };
    let text = |unit: &Option<domain::id::UnitId>| unit.as_ref().map(ToString::to_string);
    wire::Terms {
        is_major: terms.is_major,
        reviewer: text(&terms.reviewer).unwrap_or_default(),
        review: Some(limit_out(terms.review)),
        criminal: Some(limit_out(terms.criminal)),
        supervision: Some(limit_out(terms.supervision)),
        actions: terms.actions.iter().map(rule).collect(),
        joint: convert::texts(&terms.joint),
        finance: text(&terms.finance).unwrap_or_default(),
        justice: terms.justice.to_string(),
        police: terms.police.to_string(),
        office: terms.office.to_string(),
        zh: terms.zh.clone(),
        en: terms.en.clone(),
        basis: terms.basis.clone(),
    }
}

fn terms_in(m: wire::Terms) -> Result<Terms, Rejection> {
    let rule = |rule: wire::ActionRule| {
        let action = convert::id("terms.actions.action", rule.action)?;
        Ok(Rule { action, is_recorded: rule.is_recorded })
    };
    Ok(Terms {
        is_major: m.is_major,
        reviewer: convert::optional("terms.reviewer", m.reviewer)?,
        review: limit_in("terms.review", m.review)?,
        criminal: limit_in("terms.criminal", m.criminal)?,
        supervision: limit_in("terms.supervision", m.supervision)?,
        actions: m.actions.into_iter().map(rule).collect::<Result<_, Rejection>>()?,
        joint: convert::ids("terms.joint", m.joint)?,
        finance: convert::optional("terms.finance", m.finance)?,
        justice: convert::id("terms.justice", m.justice)?,
        police: convert::id("terms.police", m.police)?,
        office: convert::party("terms.office", &m.office)?,
        zh: m.zh,
        en: m.en,
        basis: m.basis,
    })
}

fn classed_out(classed: &Classed) -> (Option<wire::Draft>, Option<wire::Terms>) {
    (Some(draft_out(&classed.draft)), Some(terms_out(&classed.terms)))
}

fn classed_in(
    draft: Option<wire::Draft>,
    terms: Option<wire::Terms>,
) -> Result<Box<Classed>, Rejection> {
    let draft = draft_in(there("draft", draft)?)?;
    Ok(Box::new(Classed { draft, terms: terms_in(there("terms", terms)?)? }))
}

pub(crate) fn recording_out(recording: &Recording) -> wire::Recording {
    let evidence = recording.evidence.iter().cloned().collect::<Vec<_>>();
    wire::Recording {
        reference: recording.reference.clone(),
        evidence: convert::evidence_out(&evidence).pop(),
    }
}

/// Reads where an action was recorded.
pub(crate) fn recording_in(m: wire::Recording) -> Result<Recording, Rejection> {
    let evidence = convert::evidence("recording.evidence", m.evidence.into_iter().collect())?;
    Ok(Recording { reference: m.reference, evidence: evidence.into_iter().next() })
}

/// Writes what is published.
pub fn extract_out(extract: &Extract) -> wire::Extract {
    wire::Extract {
        phase: match extract.phase {
            Phase::Before => wire::Phase::Before,
            Phase::During => wire::Phase::During,
            Phase::After => wire::Phase::After,
        }
        .into(),
        unit: extract.unit.to_string(),
        kind: extract.kind.to_string(),
        zh: extract.zh.clone(),
        en: extract.en.clone(),
        basis: extract.basis.clone(),
        issue_type: extract.issue_type.to_string(),
        is_reviewed: extract.is_reviewed,
        joint: convert::texts(&extract.joint),
        amount: extract.amount,
        outcome: match extract.outcome {
            Outcome::Announced => wire::PublishedOutcome::Announced,
            Outcome::UnderWay => wire::PublishedOutcome::UnderWay,
            Outcome::CarriedOut => wire::PublishedOutcome::CarriedOut,
            Outcome::HandedOver => wire::PublishedOutcome::HandedOver,
        }
        .into(),
    }
}

fn extract_in(m: wire::Extract) -> Result<Extract, Rejection> {
    Ok(Extract {
        phase: match m.phase() {
            wire::Phase::Before => Phase::Before,
            wire::Phase::During => Phase::During,
            wire::Phase::After => Phase::After,
            wire::Phase::Unspecified => return Err(unknown("UNKNOWN_PHASE", "phase", m.phase)),
        },
        outcome: match m.outcome() {
            wire::PublishedOutcome::Announced => Outcome::Announced,
            wire::PublishedOutcome::UnderWay => Outcome::UnderWay,
            wire::PublishedOutcome::CarriedOut => Outcome::CarriedOut,
            wire::PublishedOutcome::HandedOver => Outcome::HandedOver,
            wire::PublishedOutcome::Unspecified => {
                return Err(unknown("UNKNOWN_OUTCOME", "outcome", m.outcome));
            }
        },
        unit: convert::id("unit", m.unit)?,
        kind: convert::id("kind", m.kind)?,
        issue_type: convert::id("issue_type", m.issue_type)?,
        joint: convert::ids("joint", m.joint)?,
        zh: m.zh,
        en: m.en,
        basis: m.basis,
        is_reviewed: m.is_reviewed,
        amount: m.amount,
    })
}

pub(crate) fn verdict_out(verdict: Verdict) -> wire::ReviewVerdict {
    match verdict {
        Verdict::Approve => wire::ReviewVerdict::Approve,
        Verdict::Return => wire::ReviewVerdict::Return,
        Verdict::Reject => wire::ReviewVerdict::Reject,
    }
}

/// Reads what a reviewer says.
pub(crate) fn verdict_in(verdict: i32) -> Result<Verdict, Rejection> {
    match wire::ReviewVerdict::try_from(verdict) {
        Ok(wire::ReviewVerdict::Approve) => Ok(Verdict::Approve),
        Ok(wire::ReviewVerdict::Return) => Ok(Verdict::Return),
        Ok(wire::ReviewVerdict::Reject) => Ok(Verdict::Reject),
        _ => Err(unknown("UNKNOWN_VERDICT", "verdict", verdict)),
    }
}

pub(crate) fn answer_out(answer: &Answer) -> (wire::TransferAnswer, String, bool) {
    match answer.clone() {
        Answer::Receipt => (wire::TransferAnswer::Receipt, String::new(), false),
        Answer::Return { reason } => (wire::TransferAnswer::Return, reason, false),
        Answer::Accept => (wire::TransferAnswer::Accept, String::new(), false),
        Answer::Outcome { text, goes_on } => (wire::TransferAnswer::Outcome, text, goes_on),
    }
}

/// Reads what criminal justice answers.
pub(crate) fn answer_in(answer: i32, text: String, goes_on: bool) -> Result<Answer, Rejection> {
    match wire::TransferAnswer::try_from(answer) {
        Ok(wire::TransferAnswer::Receipt) => Ok(Answer::Receipt),
        Ok(wire::TransferAnswer::Return) => Ok(Answer::Return { reason: text }),
        Ok(wire::TransferAnswer::Accept) => Ok(Answer::Accept),
        Ok(wire::TransferAnswer::Outcome) => Ok(Answer::Outcome { text, goes_on }),
        _ => Err(unknown("UNKNOWN_ANSWER", "answer", answer)),
    }
}

fn unknown(reason: &str, field: &str, value: i32) -> Rejection {
    let message = format!("there is no {field} {value}; right would be: one of its names");
    Rejection::invalid(reason, field, message)
}

pub(crate) fn duty_out(duty: Duty) -> wire::Duty {
    let (kind, number) = match duty {
        Duty::Review(number) => (wire::DutyKind::Review, number),
        Duty::Criminal(number) => (wire::DutyKind::Criminal, number),
        Duty::Supervision(number) => (wire::DutyKind::Supervision, number),
    };
    wire::Duty { kind: kind.into(), number }
}

fn duty_in(duty: Option<wire::Duty>) -> Result<Duty, Rejection> {
    let wire::Duty { kind, number } = there("duty", duty)?;
    match wire::DutyKind::try_from(kind) {
        Ok(wire::DutyKind::Review) => Ok(Duty::Review(number)),
        Ok(wire::DutyKind::Criminal) => Ok(Duty::Criminal(number)),
        Ok(wire::DutyKind::Supervision) => Ok(Duty::Supervision(number)),
        _ => Err(unknown("UNKNOWN_DUTY", "duty.kind", kind)),
    }
}

#[cfg(test)]
mod tests;
