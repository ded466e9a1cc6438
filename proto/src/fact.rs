//! The facts of a case between the domain and the bodies of envelopes.
//!
//! The name of a body is its protobuf name. A body of another name is no fact of a case: [`read`]
//! says so, and the reader passes over it. One that is named right and can't be read is refused.

use domain::{
    case::fact::{Called, Duty, Fact, Outcome, Rating, Routed, Rung, Whistle},
    moment::Moment,
    party::Party,
    rejection::Rejection,
};
use prost::{Message, Name};

use crate::{case, convert, report};

mod dispute;
mod finding;
mod ladder;
mod local;
mod proxy;
mod timing;

pub use dispute::{body_out, severity_in, severity_or_normal, severity_out};
pub use finding::{complaint_in, complaint_out, grounds_in, grounds_out};
pub use local::{level_out, members_in, members_out};

macro_rules! named {
    ($($name:ident),* $(,)?) => {$(
        impl Name for case::$name {
            const PACKAGE: &'static str = "muster.case.v1";
            const NAME: &'static str = stringify!($name);
            fn full_name() -> String {
                format!("{}.{}", Self::PACKAGE, Self::NAME)
            }
        }
    )*};
}

named!(
    WhistleRaised,
    CaseRouted,
    CaseAssigned,
    UnitCalled,
    TaskAccepted,
    TaskRefused,
    TaskArrived,
    TaskDisposed,
    CaseDeclared,
    CaseConfirmed,
    CaseSentBack,
    Reminded,
    Urged,
    CaseClosed,
    ReportedAgain,
    CaseMerged,
    CaseToldApart,
    PartyPressed,
    FirstPersonNoticed,
    DirectReportOpened,
    ReportedToGovernment,
    GovernmentInstructed,
    CaseWithdrawn,
    CaseTransferred,
    DisputeOpened,
    OpinionGiven,
    OpinionMissing,
    DisputeRuled,
    RulingContested,
    ConferenceConvened,
    CaseRetyped,
    SeverityRaised,
    ClockHeld,
    ClockResumed,
    LimitExtended,
    CaseHandedOver,
    UnitsConsulted,
    ComplaintFound,
    CaseLifted,
    TeamFormed,
    AccountOpened,
    ActedByProxy,
);

fn pack<M: Message + Name>(message: &M) -> (String, Vec<u8>) {
    (M::full_name(), message.encode_to_vec())
}

/// Writes a fact: the name of the body and the body.
pub fn write(fact: &Fact) -> (String, Vec<u8>) {
    match fact {
        Fact::Whistled(whistle) => pack(&whistle_out(whistle)),
        Fact::Routed(routed) => pack(&routed_out(routed)),
        Fact::Assigned { round, lead, cooperating, assigned_by, note } => {
            pack(&case::CaseAssigned {
                round: *round,
                lead: lead.to_string(),
                cooperating: convert::texts(cooperating),
                assigned_by: assigned_by.to_string(),
                note: note.clone(),
            })
        }
        Fact::Called(called) => pack(&called_out(called)),
        Fact::Reminded(rung) => pack(&case::Reminded {
            round: rung.round,
            party: rung.party.to_string(),
            duty: duty_out(rung.duty).into(),
            due_at_ms: rung.due.0,
        }),
        Fact::Urged(rung) => pack(&case::Urged {
            round: rung.round,
            party: rung.party.to_string(),
            duty: duty_out(rung.duty).into(),
            due_at_ms: rung.due.0,
        }),
        Fact::Confirmed { round, ratings } => {
            pack(&case::CaseConfirmed { round: *round, ratings: ratings_out(ratings) })
        }
        Fact::SentBack { round, reason, evidence } => pack(&case::CaseSentBack {
            round: *round,
            reason: reason.clone(),
            evidence: convert::evidence_out(evidence),
        }),
        Fact::Closed { round, outcome } => {
            pack(&case::CaseClosed { round: *round, outcome: outcome_out(*outcome).into() })
        }
        Fact::ReportedAgain(again) => pack(&report::report_out(again)),
        Fact::Merged { into, confirmed_by, note } => pack(&case::CaseMerged {
            into: into.to_string(),
            confirmed_by: confirmed_by.to_string(),
            note: note.clone(),
        }),
        Fact::ToldApart { other, said_by, note } => pack(&case::CaseToldApart {
            other: other.to_string(),
            said_by: said_by.to_string(),
            note: note.clone(),
        }),
        Fact::HandedOver { round, lead, cooperating, basis, decided_by } => {
            pack(&case::CaseHandedOver {
                round: *round,
                lead: lead.to_string(),
                cooperating: convert::texts(cooperating),
                basis: basis.clone(),
                decided_by: decided_by.to_string(),
            })
        }
        Fact::Ladder(said) => ladder::write(said),
        Fact::Dispute(said) => dispute::write(said),
        Fact::Timing(said) => timing::write(said),
        Fact::Finding(said) => finding::write(said),
        Fact::Local(said) => local::write(said),
        Fact::Proxied(said) => proxy::write(said),
        work => write_work(work),
    }
}

fn write_work(fact: &Fact) -> (String, Vec<u8>) {
    match fact {
        Fact::Accepted { round, unit } => {
            pack(&case::TaskAccepted { round: *round, unit: unit.to_string() })
        }
        Fact::Refused { round, unit, reason, named_unit } => pack(&case::TaskRefused {
            round: *round,
            unit: unit.to_string(),
            reason: reason.clone(),
            named_unit: named_unit.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
        Fact::Arrived { round, unit } => {
            pack(&case::TaskArrived { round: *round, unit: unit.to_string() })
        }
        Fact::Disposed { round, unit, summary, evidence } => pack(&case::TaskDisposed {
            round: *round,
            unit: unit.to_string(),
            summary: summary.clone(),
            evidence: convert::evidence_out(evidence),
        }),
        Fact::Declared { round, unit, summary } => pack(&case::CaseDeclared {
            round: *round,
            unit: unit.to_string(),
            summary: summary.clone(),
        }),
        _ => unreachable!("write handles every other fact"),
    }
}

/// Reads a body by its name; none when it is no fact of a case.
pub fn read(kind: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    let Some(name) = kind.strip_prefix("muster.case.v1.") else { return Ok(None) };
    let fact = match name {
        "WhistleRaised" => Fact::Whistled(whistle_in(decode(body)?)?),
        "CaseRouted" => Fact::Routed(routed_in(decode(body)?)?),
        "CaseAssigned" => assigned_in(decode(body)?)?,
        "UnitCalled" => Fact::Called(called_in(decode(body)?)?),
        "Reminded" => {
            let m: case::Reminded = decode(body)?;
            Fact::Reminded(rung(m.round, &m.party, m.duty, m.due_at_ms)?)
        }
        "Urged" => {
            let m: case::Urged = decode(body)?;
            Fact::Urged(rung(m.round, &m.party, m.duty, m.due_at_ms)?)
        }
        "CaseConfirmed" => {
            let m: case::CaseConfirmed = decode(body)?;
            Fact::Confirmed { round: m.round, ratings: ratings_in(m.ratings)? }
        }
        "CaseSentBack" => {
            let m: case::CaseSentBack = decode(body)?;
            let evidence = convert::evidence("evidence", m.evidence)?;
            Fact::SentBack { round: m.round, reason: m.reason, evidence }
        }
        "ReportedAgain" => Fact::ReportedAgain(report::report_in(decode(body)?)?),
        "CaseMerged" => {
            let m: case::CaseMerged = decode(body)?;
            let confirmed_by = convert::party("confirmed_by", &m.confirmed_by)?;
            Fact::Merged { into: convert::id("into", m.into)?, confirmed_by, note: m.note }
        }
        "CaseToldApart" => {
            let m: case::CaseToldApart = decode(body)?;
            let said_by = convert::party("said_by", &m.said_by)?;
            Fact::ToldApart { other: convert::id("other", m.other)?, said_by, note: m.note }
        }
        "CaseClosed" => {
            let m: case::CaseClosed = decode(body)?;
            Fact::Closed { round: m.round, outcome: outcome_in(m.outcome)? }
        }
        "CaseHandedOver" => handed_over(decode(body)?)?,
        other => return read_other(other, body),
    };
    Ok(Some(fact))
}

fn read_other(name: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    if let Some(said) = ladder::read(name, body)? {
        return Ok(Some(Fact::Ladder(said)));
    }
    if let Some(said) = dispute::read(name, body)? {
        return Ok(Some(Fact::Dispute(said)));
    }
    if let Some(said) = timing::read(name, body)? {
        return Ok(Some(Fact::Timing(said)));
    }
    if let Some(said) = finding::read(name, body)? {
        return Ok(Some(Fact::Finding(said)));
    }
    if let Some(said) = local::read(name, body)? {
        return Ok(Some(Fact::Local(said)));
    }
    if let Some(said) = proxy::read(name, body)? {
        return Ok(Some(Fact::Proxied(said)));
    }
    read_work(name, body)
}

fn handed_over(m: case::CaseHandedOver) -> Result<Fact, Rejection> {
    Ok(Fact::HandedOver {
        round: m.round,
        lead: convert::id("lead", m.lead)?,
        cooperating: convert::ids("cooperating", m.cooperating)?,
        basis: m.basis,
        decided_by: convert::party("decided_by", &m.decided_by)?,
    })
}

fn read_work(name: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    let unit = |text: String| convert::id("unit", text);
    let fact = match name {
        "TaskAccepted" => {
            let m: case::TaskAccepted = decode(body)?;
            Fact::Accepted { round: m.round, unit: unit(m.unit)? }
        }
        "TaskRefused" => {
            let m: case::TaskRefused = decode(body)?;
            let named_unit = convert::optional("named_unit", m.named_unit)?;
            Fact::Refused { round: m.round, unit: unit(m.unit)?, reason: m.reason, named_unit }
        }
        "TaskArrived" => {
            let m: case::TaskArrived = decode(body)?;
            Fact::Arrived { round: m.round, unit: unit(m.unit)? }
        }
        "TaskDisposed" => {
            let m: case::TaskDisposed = decode(body)?;
            let evidence = convert::evidence("evidence", m.evidence)?;
            Fact::Disposed { round: m.round, unit: unit(m.unit)?, summary: m.summary, evidence }
        }
        "CaseDeclared" => {
            let m: case::CaseDeclared = decode(body)?;
            Fact::Declared { round: m.round, unit: unit(m.unit)?, summary: m.summary }
        }
        _ => return Ok(None),
    };
    Ok(Some(fact))
}

fn decode<M: Message + Default + Name>(body: &[u8]) -> Result<M, Rejection> {
    M::decode(body).map_err(|e| {
        let message = format!("the body is no {}: {e}", M::full_name());
        Rejection::invalid("MALFORMED_BODY", "proto_data", message)
    })
}

fn whistle_out(whistle: &Whistle) -> case::WhistleRaised {
    case::WhistleRaised {
        community: whistle.community.to_string(),
        issue_type: whistle.issue_type.to_string(),
        grid: whistle.grid.to_string(),
        description: whistle.description.clone(),
        evidence: convert::evidence_out(&whistle.evidence),
        called_units: convert::texts(&whistle.called_units),
        seen_at_ms: whistle.seen_at.0,
        intake: Some(report::intake_out(&whistle.intake)),
        proposed: convert::texts(&whistle.proposed),
        severity: severity_out(whistle.severity).into(),
        complaint: whistle.complaint.as_ref().map(complaint_out),
    }
}

fn whistle_in(m: case::WhistleRaised) -> Result<Whistle, Rejection> {
    Ok(Whistle {
        community: convert::id("community", m.community)?,
        issue_type: convert::id("issue_type", m.issue_type)?,
        grid: convert::id("grid", m.grid)?,
        description: m.description,
        evidence: convert::evidence("evidence", m.evidence)?,
        called_units: convert::ids("called_units", m.called_units)?,
        seen_at: Moment(m.seen_at_ms),
        intake: report::intake_in(m.intake)?,
        proposed: convert::ids("proposed", m.proposed)?,
        severity: severity_or_normal(m.severity)?,
        complaint: m.complaint.map(complaint_in).transpose()?,
    })
}

fn routed_out(routed: &Routed) -> case::CaseRouted {
    case::CaseRouted {
        round: routed.round,
        lead: routed.lead.as_ref().map(ToString::to_string).unwrap_or_default(),
        candidates: convert::texts(&routed.candidates),
        cooperating: convert::texts(&routed.cooperating),
        responsible: convert::texts(&routed.responsible),
        owner: routed.owner.to_string(),
        basis: routed.basis.clone(),
    }
}

fn routed_in(m: case::CaseRouted) -> Result<Routed, Rejection> {
    Ok(Routed {
        round: m.round,
        lead: convert::optional("lead", m.lead)?,
        candidates: convert::ids("candidates", m.candidates)?,
        cooperating: convert::ids("cooperating", m.cooperating)?,
        responsible: convert::ids("responsible", m.responsible)?,
        owner: convert::party("owner", &m.owner)?,
        basis: m.basis,
    })
}

fn assigned_in(m: case::CaseAssigned) -> Result<Fact, Rejection> {
    Ok(Fact::Assigned {
        round: m.round,
        lead: convert::id("lead", m.lead)?,
        cooperating: convert::ids("cooperating", m.cooperating)?,
        assigned_by: convert::party("assigned_by", &m.assigned_by)?,
        note: m.note,
    })
}

/// How many duties a call may name as being in working time.
const WORKING_MAX: usize = 8;

/// Writes a call.
pub fn called_out(called: &Called) -> case::UnitCalled {
    case::UnitCalled {
        round: called.round,
        unit: called.unit.to_string(),
        is_lead: called.is_lead,
        lead: called.lead.to_string(),
        issue_type: called.issue_type.to_string(),
        grid: called.grid.to_string(),
        description: called.description.clone(),
        evidence: convert::evidence_out(&called.evidence),
        accept_within_ms: called.accept_within_ms,
        arrive_within_ms: called.arrive_within_ms,
        dispose_within_ms: called.dispose_within_ms,
        working: called.working.iter().map(|duty| duty_out(*duty).into()).collect(),
        community: called.community.to_string(),
        liaison: called.liaison.as_ref().map(ToString::to_string).unwrap_or_default(),
        instruction: called.instruction.as_ref().map(ladder::instruction_out),
        bound_by: called.bound_by.map_or(0, |body| body_out(body).into()),
        is_emergency: called.is_emergency,
        by_proxy: called.by_proxy,
    }
}

fn called_in(m: case::UnitCalled) -> Result<Called, Rejection> {
    Ok(Called {
        round: m.round,
        unit: convert::id("unit", m.unit)?,
        is_lead: m.is_lead,
        lead: convert::id("lead", m.lead)?,
        issue_type: convert::id("issue_type", m.issue_type)?,
        grid: convert::id("grid", m.grid)?,
        description: m.description,
        evidence: convert::evidence("evidence", m.evidence)?,
        accept_within_ms: m.accept_within_ms,
        arrive_within_ms: m.arrive_within_ms,
        dispose_within_ms: m.dispose_within_ms,
        working: working_in(m.working)?,
        community: convert::id("community", m.community)?,
        liaison: convert::optional("liaison", m.liaison)?,
        instruction: m.instruction.map(ladder::instruction_in),
        bound_by: (m.bound_by != 0).then(|| dispute::body_in(m.bound_by)).transpose()?,
        is_emergency: m.is_emergency,
        by_proxy: m.by_proxy,
    })
}

/// The duties of working time: a call has three, and no more are named.
fn working_in(duties: Vec<i32>) -> Result<Vec<Duty>, Rejection> {
    duties.into_iter().take(WORKING_MAX).map(duty_in).collect()
}

fn rung(round: u32, party: &str, duty: i32, due: i64) -> Result<Rung, Rejection> {
    let party: Party = convert::party("party", party)?;
    Ok(Rung { round, party, duty: duty_in(duty)?, due: Moment(due) })
}

/// Writes a duty.
pub fn duty_out(duty: Duty) -> case::Duty {
    match duty {
        Duty::Assign => case::Duty::Assign,
        Duty::Accept => case::Duty::Accept,
        Duty::Arrive => case::Duty::Arrive,
        Duty::Dispose => case::Duty::Dispose,
        Duty::Declare => case::Duty::Declare,
        Duty::Confirm => case::Duty::Confirm,
        Duty::Answer => case::Duty::Answer,
        Duty::Opine => case::Duty::Opine,
        Duty::Rule => case::Duty::Rule,
        Duty::Find => case::Duty::Find,
    }
}

/// Reads a duty.
pub fn duty_in(duty: i32) -> Result<Duty, Rejection> {
    let found = Duty::ALL.into_iter().find(|known| i32::from(duty_out(*known)) == duty);
    found.ok_or_else(|| {
        Rejection::invalid("MALFORMED_BODY", "duty", format!("there is no duty {duty}"))
    })
}

/// Writes an outcome.
pub fn outcome_out(outcome: Outcome) -> case::Outcome {
    match outcome {
        Outcome::Confirmed => case::Outcome::Confirmed,
        Outcome::Unconfirmed => case::Outcome::Unconfirmed,
        Outcome::Merged => case::Outcome::Merged,
        Outcome::Withdrawn => case::Outcome::Withdrawn,
    }
}

fn outcome_in(outcome: i32) -> Result<Outcome, Rejection> {
    match case::Outcome::try_from(outcome) {
        Ok(case::Outcome::Confirmed) => Ok(Outcome::Confirmed),
        Ok(case::Outcome::Unconfirmed) => Ok(Outcome::Unconfirmed),
        Ok(case::Outcome::Merged) => Ok(Outcome::Merged),
        Ok(case::Outcome::Withdrawn) => Ok(Outcome::Withdrawn),
        _ => {
            let message = format!("no outcome {outcome}");
            Err(Rejection::invalid("MALFORMED_BODY", "outcome", message))
        }
    }
}

fn ratings_out(ratings: &[Rating]) -> Vec<case::Rating> {
    let write = |rating: &Rating| case::Rating {
        unit: rating.unit.to_string(),
        stars: u32::from(rating.stars),
        comment: rating.comment.clone(),
    };
    ratings.iter().map(write).collect()
}

/// Reads ratings: 1 to 5 stars each.
pub fn ratings_in(ratings: Vec<case::Rating>) -> Result<Vec<Rating>, Rejection> {
    let read = |rating: case::Rating| {
        let stars = u8::try_from(rating.stars).ok().filter(|stars| (1..=5).contains(stars));
        let message = format!("stars are 1 to 5, not {}", rating.stars);
        Ok(Rating {
            unit: convert::id("ratings.unit", rating.unit)?,
            stars: stars
                .ok_or_else(|| Rejection::invalid("STARS_OUT_OF_RANGE", "ratings", message))?,
            comment: rating.comment,
        })
    };
    ratings.into_iter().map(read).collect()
}

#[cfg(test)]
pub(crate) mod tests;
