//! Two cases that turn out to be one matter (并案), or turn out not to be.
//!
//! A person says so: the community that whistled, or an office. The case that ends is closed by
//! the worker and its units are told; its reports go to the case that goes on, each with its
//! reporter. Both are one record here, so that no report can be lost between the two.

use domain::{
    case::{Fact, Ground, Report, Stage},
    id::CaseId,
    pack::City,
    party::Kind,
    rejection::Rejection,
    routing::power,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
};

use crate::{
    access, again, answer,
    command::{By, Merge},
    complaint,
    door::Door,
    index::{self, Slot},
    ladder,
    matter::{Matter, Reported},
};

/// Decides that two cases are one matter; the answer is the case that goes on.
pub(crate) fn decide(door: &Door, tx: &Tx<'_>, by: By, merge: Merge) -> Result<Decision, Refusal> {
    let city = &*door.city;
    answer::check_length("note", &merge.note)?;
    let ends = ending(door, tx, &by, &merge.case_id)?;
    let goes_on = again::named(door, tx, &by, &merge.same_as)?;
    if goes_on.id == ends.id {
        let message = format!("{} can't be merged into itself", ends.id);
        return Err(Rejection::invalid("MERGE_INTO_ITSELF", "same_as", message).into());
    }
    again::check_type(&goes_on, &ends.issue_type)?;
    complaint::check_same(&goes_on, ends.course.complaint.as_ref())?;
    again::check_room(&goes_on, ends.reports.len())?;
    let fact = Fact::Merged {
        into: goes_on.id.clone(),
        confirmed_by: by.party.clone(),
        note: merge.note.clone(),
    };
    let mut outgoing = vec![again::say(city, &by, &ends, "merge", &fact)?];
    for (index, reported) in ends.reports.iter().enumerate() {
        outgoing.push(move_report(city, &by, &merge, (&ends, &goes_on), (index, reported))?);
    }
    let bytes = |id: &CaseId| id.as_str().as_bytes().to_vec();
    Ok(Decision::change("merge", bytes(&ends.id), outgoing, bytes(&goes_on.id)))
}

/// The case that ends: open, and nobody has decided about it.
fn ending(door: &Door, tx: &Tx<'_>, by: &By, case_id: &CaseId) -> Result<Matter, Refusal> {
    let ends = index::matter(tx, case_id)?.ok_or_else(|| answer::unknown(case_id))?;
    access::check_sorter(&door.access, &ends, by)?;
    if let Some(into) = index::merged_into(tx, &ends)? {
        let message = format!("{case_id} is merged into {into} already");
        return Err(Rejection::conflict("ALREADY_MERGED", message).at("case_id").into());
    }
    check_open(&ends)?;
    // An office closes no case to which its own department is a party.
    if by.party.kind == Kind::Office {
        power::check_ruler(&door.city, &ends.course, &by.party)?;
    }
    ladder::check_never_reported(tx, &ends)?;
    let round = ends.course.round;
    let is_confirmed = ends.course.confirmed_at.is_some();
    if is_confirmed || index::is_decided(tx, case_id, Slot::Verdict, round)? {
        let message =
            format!("the community has said what it thinks of round {round} of {case_id}");
        return Err(Rejection::conflict("CASE_DECIDED", message).at("case_id").into());
    }
    Ok(ends)
}

fn check_open(matter: &Matter) -> Result<(), Rejection> {
    if matter.course.stage != Stage::Closed {
        return Ok(());
    }
    let message = format!("{} is closed", matter.id);
    Err(Rejection::conflict("CASE_CLOSED", message).at("case_id"))
}

fn move_report(
    city: &City,
    by: &By,
    merge: &Merge,
    (ends, goes_on): (&Matter, &Matter),
    (index, reported): (usize, &Reported),
) -> Result<Outgoing, Rejection> {
    let words = merge.words.get(&reported.id).cloned().ok_or_else(|| {
        let message = format!("{} was reported again in this moment; try again", ends.id);
        Rejection::unavailable("REPORTED_MEANWHILE", message)
    })?;
    let report = Report {
        reporter: reported.reporter.clone(),
        intake: reported.intake.clone(),
        description: words.description,
        evidence: words.evidence,
        seen_at: words.seen_at,
        reported_at: reported.at,
        ground: Ground::Person,
        merged_from: Some(ends.id.clone()),
    };
    let name = format!("again/{}/{index}", ends.id);
    again::say(city, by, goes_on, &name, &Fact::ReportedAgain(report))
}

/// Decides that two cases are two matters; the answer is empty.
pub(crate) fn tell_apart(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    case_id: &CaseId,
    other: CaseId,
    note: String,
) -> Result<Decision, Refusal> {
    answer::check_length("note", &note)?;
    let matter = index::matter(tx, case_id)?.ok_or_else(|| answer::unknown(case_id))?;
    access::check_sorter(&door.access, &matter, &by)?;
    check_open(&matter)?;
    if !matter.proposed.contains(&other) {
        let message = format!("{other} is not proposed for {case_id}, or was told apart already");
        return Err(Rejection::conflict("NOT_PROPOSED", message).at("other").into());
    }
    let name = format!("apart/{other}");
    let fact = Fact::ToldApart { other, said_by: by.party.clone(), note };
    let outgoing = again::say(&door.city, &by, &matter, &name, &fact)?;
    let data = case_id.as_str().as_bytes().to_vec();
    Ok(Decision::change("apart", data, vec![outgoing], Vec::new()))
}
