//! Decisions about a case that is there: who leads, whether it is settled.
//!
//! What was decided here and is not back from the bus yet already stands: a second decision about
//! the same round is refused, whoever of the two would have been faster.

use std::collections::BTreeSet;

use domain::{
    case::{Fact, Finding, Rating, Stage},
    id::{CaseId, UnitId},
    registry::Registry,
    rejection::Rejection,
    routing, task,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
};

use crate::{
    access,
    command::{By, Word},
    complaint,
    door::Door,
    index::{self, Slot},
    ladder,
    matter::Matter,
    raise, road, ruling, told,
};

/// The longest comment on a unit, in characters.
const COMMENT_MAX: usize = task::TEXT_MAX;

/// Decides; the answer is the round, as four bytes.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    case_id: &CaseId,
    word: Word,
) -> Result<Decision, Refusal> {
    let matter = index::matter(tx, case_id)?.ok_or_else(|| unknown(case_id))?;
    if let Some(into) = index::merged_into(tx, &matter)? {
        let message = format!("{case_id} is merged into {into}; right would be: that case");
        return Err(Rejection::conflict("CASE_MERGED", message).at("case_id").into());
    }
    ladder::check_free(tx, &matter)?;
    let (round, slot, step) = match &word {
        Word::Assign { .. } => (matter.course.round.saturating_add(1), Slot::Lead, "assign"),
        Word::Rule { .. } => (matter.course.round.saturating_add(1), Slot::Lead, "rule"),
        Word::Confirm { .. } => (matter.course.round, Slot::Verdict, "confirm"),
        Word::SendBack { .. } => (matter.course.round, Slot::Verdict, "send-back"),
        Word::Find { .. } => (matter.course.round, Slot::Finding, "find"),
    };
    let registry = kit::registry::about_issue(tx, &matter.issue_type)?;
    let fact = fact(door, &registry, &matter, &by, round, word)?;
    let has_verdict = slot == Slot::Verdict && has_verdict(&matter);
    if has_verdict || index::is_decided(tx, case_id, slot, round)? {
        let message = format!("round {round} of {case_id} is decided already; read the case again");
        return Err(Rejection::conflict("ALREADY_ANSWERED", message).at("case_id").into());
    }
    let id = raise::envelope_id(format!("{case_id}/{round}/{step}"))?;
    let subject = told::subject(&door.city.id, case_id);
    let outgoing = Outgoing {
        actor: Some(by.person),
        on_behalf_of: Some(by.party),
        // One case is one trace, whoever speaks and however much later.
        traceparent: matter.trace.clone().or(Some(by.trace)),
        ..Outgoing::new(id, &subject, proto::fact::write(&fact))
    };
    let data = case_id.as_str().as_bytes().to_vec();
    let outgoing = ruling::to_all_asked(&matter, &fact, outgoing)?;
    Ok(Decision::change(step, data, outgoing, round.to_be_bytes().to_vec()))
}

/// No such case.
pub(crate) fn unknown(case_id: &CaseId) -> Rejection {
    Rejection::unknown("UNKNOWN_CASE", "case_id", format!("there is no case {case_id}"))
}

/// What the decision makes true, if it is one that may be made.
fn fact(
    door: &Door,
    registry: &Registry,
    matter: &Matter,
    by: &By,
    round: u32,
    word: Word,
) -> Result<Fact, Rejection> {
    match word {
        Word::Assign { lead, cooperating, note } => {
            assign(door, registry, (matter, by), lead, &cooperating, note)
        }
        Word::Rule { lead, cooperating, reason } => {
            ruling::rule(door, matter, by, lead, &cooperating, reason)
        }
        Word::Confirm { ratings } => {
            check_judge(door, matter, by)?;
            check_ratings(matter, &ratings)?;
            Ok(Fact::Confirmed { round, ratings })
        }
        Word::SendBack { reason, shown } => {
            check_judge(door, matter, by)?;
            task::text("REASON_MISSING", "reason", &reason)?;
            let evidence = raise::check_shown(shown, Vec::new())?;
            Ok(Fact::SentBack { round, reason, evidence })
        }
        Word::Find { is_upheld, text, shown } => {
            complaint::check(door, matter, by)?;
            check_stage(matter, Stage::Finding)?;
            task::text("TEXT_MISSING", "text", &text)?;
            let evidence = raise::check_shown(shown, Vec::new())?;
            let found_by = by.party.clone();
            Ok(Fact::Finding(Finding::Found { round, is_upheld, text, evidence, found_by }))
        }
    }
}

pub(crate) fn check_stage(matter: &Matter, wanted: Stage) -> Result<(), Rejection> {
    let (stage, id) = (matter.course.stage, &matter.id);
    if stage == wanted {
        return Ok(());
    }
    let message = format!("{id} is {}; it must be {}", stage.word(), wanted.word());
    Err(Rejection::conflict("WRONG_STAGE", message).at("case_id"))
}

fn assign(
    door: &Door,
    registry: &Registry,
    (matter, by): (&Matter, &By),
    lead: UnitId,
    cooperating: &[UnitId],
    note: String,
) -> Result<Fact, Rejection> {
    access::check_assigner(&door.access, matter, by)?;
    let city = &*door.city;
    check_length("note", &note)?;
    check_stage(matter, Stage::Assigning)?;
    // Whom the whistle has called it has called for the kind of matter that it was.
    let called = Some(matter.called_units.as_slice())
        .filter(|called| !called.is_empty() && matter.first_issue_type.is_none());
    let routing =
        routing::route(city, registry, &matter.issue_type, &matter.grid, called, matter.seen_at)?;
    let cooperating = routing::check_assignment(city, &routing, &by.party, &lead, cooperating)
        .map_err(|no| if no.field == "called_units" { no.at("cooperating") } else { no })?;
    let (round, assigned_by) = (matter.course.round.saturating_add(1), by.party.clone());
    Ok(Fact::Assigned { round, lead, cooperating, assigned_by, note })
}

fn check_judge(door: &Door, matter: &Matter, by: &By) -> Result<(), Rejection> {
    access::check_judge(&door.access, matter, road::of(&door.city, matter), by)?;
    check_stage(matter, Stage::Confirming)
}

fn has_verdict(matter: &Matter) -> bool {
    matter.course.confirmed_at.is_some() || matter.course.sent_back == matter.course.round
}

/// One rating for each unit that has worked, none for any other.
fn check_ratings(matter: &Matter, ratings: &[Rating]) -> Result<(), Rejection> {
    let parts = matter.course.parts.iter();
    let worked = parts.filter(|(_, part)| part.refused_at.is_none()).map(|(unit, _)| unit);
    let mut missing: BTreeSet<&UnitId> = worked.clone().collect();
    let called: BTreeSet<&UnitId> = missing.clone();
    for rating in ratings {
        let unit = &rating.unit;
        if !called.contains(unit) {
            let message = format!("{unit} was not called in this round, or it refused");
            return Err(Rejection::invalid("RATING_OF_UNCALLED_UNIT", "ratings", message));
        }
        if !missing.remove(unit) {
            let message = format!("{unit} is rated twice");
            return Err(Rejection::invalid("RATED_TWICE", "ratings", message));
        }
        check_length("ratings", &rating.comment)?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = missing.into_iter().map(UnitId::as_str).collect();
    let message = format!("a rating is missing for {}", missing.join(", "));
    Err(Rejection::invalid("RATING_MISSING", "ratings", message))
}

/// A text that may be empty has a limit all the same.
pub(crate) fn check_length(field: &str, text: &str) -> Result<(), Rejection> {
    let length = text.chars().count();
    if length <= COMMENT_MAX {
        return Ok(());
    }
    let message = format!("{field}: at most {COMMENT_MAX} characters, this one has {length}");
    Err(Rejection::invalid("TEXT_TOO_LONG", field, message))
}
