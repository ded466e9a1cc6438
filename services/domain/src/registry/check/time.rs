//! When an amendment is in force: never in the past, on no day beside another one, and leaving none
//! without a route.

use super::{Amendment, Registry, State};
use crate::{
    id::IssueTypeId,
    moment::Moment,
    pack::{Cell, City, Day},
    registry::{
        Entry,
        force::{Version, ends, versions},
    },
    rejection::Rejection,
};

/// The days must be in order, and after every day for which anybody may have asked.
pub(super) fn check_days(
    city: &City,
    amendment: &Amendment,
    latest: Moment,
) -> Result<(), Rejection> {
    let Amendment { from, until, .. } = amendment;
    let first = Day::of(latest, city.utc_offset_minutes).next();
    if *from < first {
        let message = format!(
            "{from} is not after the day of its approval, and what was right is not rewritten; \
             right would be: {first} or later"
        );
        return Err(Rejection::invalid("NOT_AFTER_APPROVAL", "from", message));
    }
    match until {
        Some(until) if until < from => {
            let message =
                format!("{until} is before {from}; right would be: the last day in force");
            Err(Rejection::invalid("ENDS_BEFORE_IT_BEGINS", "until", message))
        }
        _ => Ok(()),
    }
}

/// What it stands in place of must be approved, and begin no later.
pub(super) fn check_superseded(
    registry: &Registry,
    amendment: &Amendment,
) -> Result<(), Rejection> {
    for id in &amendment.supersedes {
        let Some(entry) = registry.get(id) else {
            return Err(super::unknown(id).at("supersedes"));
        };
        if entry.state != State::Approved {
            let message = format!(
                "{id} is {}, and only what is approved can be superseded",
                entry.state.word()
            );
            return Err(Rejection::invalid("NOT_APPROVED", "supersedes", message));
        }
        if entry.amendment.from > amendment.from {
            let message = format!(
                "{id} begins on {}; right would be: from that day or later",
                entry.amendment.from
            );
            return Err(Rejection::invalid("BEGINS_LATER", "supersedes", message));
        }
    }
    Ok(())
}

/// Looks at every issue type in every place where it would be in force, beside those amendments
/// that are in such a state.
pub(super) fn check(
    city: &City,
    registry: &Registry,
    amendment: &Amendment,
    counts: fn(State) -> bool,
) -> Result<(), Rejection> {
    // As if all that count were approved, those that wait after the others.
    let others = registry.iter().filter(|entry| counts(entry.state));
    let others = Registry::of(others.map(|entry| {
        let order = if entry.state == State::Approved { entry.order } else { u32::MAX };
        Entry { state: State::Approved, order, ..entry.clone() }
    }));
    let cells: Vec<&Cell> = places(city).into_iter().filter(|c| amendment.is_about(c)).collect();
    for issue in &amendment.issue_types {
        for cell in &cells {
            check_overlap(city, &others, amendment, issue, cell)?;
            check_gap(city, &others, amendment, issue, cell)?;
        }
    }
    Ok(())
}

/// One cell of each subdistrict in each district: the same is in force in all of its cells.
fn places(city: &City) -> Vec<&Cell> {
    let mut cells: Vec<&Cell> = city.grid.values().collect();
    cells.sort_by_key(|cell| (&cell.subdistrict, &cell.district));
    cells.dedup_by_key(|cell| (&cell.subdistrict, &cell.district));
    cells
}

fn check_overlap(
    city: &City,
    others: &Registry,
    amendment: &Amendment,
    issue: &IssueTypeId,
    cell: &Cell,
) -> Result<(), Rejection> {
    let Amendment { from, until, supersedes, .. } = amendment;
    for other in versions(city, others, issue, cell) {
        let is_replaced = match other {
            // An amendment stands in place of the row that was in force.
            Version::Pack(row) => row.from < *from,
            Version::Amended(entry) => supersedes.contains(&entry.id),
        };
        let last = ends(city, others, issue, cell, other);
        let is_before = last.is_some_and(|last| last < *from);
        let is_after = until.is_some_and(|until| until < other.from());
        if !(is_replaced || is_before || is_after) {
            let until = last.map(|last| format!(" until {last}")).unwrap_or_default();
            let message = format!(
                "for {issue} in {}, from {} on there is already {}{until}; right would be: days \
                 that are free, or to name it in supersedes",
                cell.subdistrict,
                other.from(),
                other.basis(),
            );
            return Err(Rejection::invalid("OVERLAPS", "from", message));
        }
    }
    Ok(())
}

/// On the day after its last one another version must begin.
fn check_gap(
    city: &City,
    others: &Registry,
    amendment: &Amendment,
    issue: &IssueTypeId,
    cell: &Cell,
) -> Result<(), Rejection> {
    let Some(until) = amendment.until else { return Ok(()) };
    let next = until.next();
    let mut all = versions(city, others, issue, cell);
    if all.any(|other| other.from() == next) {
        return Ok(());
    }
    let message = format!(
        "from {next} on, {issue} in {} would have no lead; right would be: no last day, or first \
         an amendment from {next}",
        cell.subdistrict
    );
    Err(Rejection::invalid("LEAVES_A_GAP", "until", message))
}
