//! What of the registry may be proposed, approved, rejected and taken back. Pure.
//!
//! An amendment is judged twice: when it is proposed, beside all that are proposed or approved, and
//! when it is approved, beside those that are approved. It must say who leads, or that somebody
//! assigns; leave no day without a route; overlap no other one, unless it says that it stands in
//! its place; begin on a day that nobody can have asked about yet; and be approved by another
//! person than the one who proposed it.

mod time;
mod words;

use super::{Amendment, Entry, Registry, Signatory, State};
use crate::{id::AmendmentId, moment::Moment, pack::City, rejection::Rejection, task};

/// How many issue types, units or amendments one may name in a list.
pub const NAMED_MAX: usize = 100;

/// How many amendments may wait for a decision at the same time.
pub const WAITING_MAX: usize = 200;

/// How many amendments a city may have in all.
pub const ALL_MAX: usize = 5_000;

/// Checks what is proposed; `latest` is the latest moment for which anybody may have asked.
pub fn propose(
    city: &City,
    registry: &Registry,
    amendment: &Amendment,
    latest: Moment,
) -> Result<(), Rejection> {
    let waiting = registry.iter().filter(|entry| entry.state == State::Proposed).count();
    if waiting >= WAITING_MAX || registry.iter().count() >= ALL_MAX {
        let message = format!(
            "{waiting} amendments wait for a decision, of at most {WAITING_MAX}; a city has at most \
             {ALL_MAX} in all"
        );
        return Err(Rejection::exhausted("TOO_MANY_AMENDMENTS", message));
    }
    whole(city, registry, amendment, latest)?;
    time::check(city, registry, amendment, State::is_live)
}

/// Checks what is approved, and by whom.
pub fn approve<'a>(
    city: &City,
    registry: &'a Registry,
    id: &AmendmentId,
    by: &Signatory,
    latest: Moment,
) -> Result<&'a Entry, Rejection> {
    let entry = waiting(registry, id)?;
    if entry.proposed_by.is_same_person(by) {
        let message = format!(
            "{} proposed {id}, and {by} may be the same person; right would be: another person",
            entry.proposed_by
        );
        return Err(Rejection::forbidden("SAME_PERSON", message).at("command.person"));
    }
    whole(city, registry, &entry.amendment, latest)?;
    time::check(city, registry, &entry.amendment, |state| state == State::Approved)?;
    Ok(entry)
}

/// Checks what is rejected; by anybody who may decide, the one who proposed it among them.
pub fn reject<'a>(
    registry: &'a Registry,
    id: &AmendmentId,
    reason: &str,
) -> Result<&'a Entry, Rejection> {
    task::text("REASON_MISSING", "reason", reason)?;
    waiting(registry, id)
}

/// Checks what is taken back, and by whom.
pub fn withdraw<'a>(
    registry: &'a Registry,
    id: &AmendmentId,
    by: &Signatory,
    reason: &str,
) -> Result<&'a Entry, Rejection> {
    task::text("REASON_MISSING", "reason", reason)?;
    let entry = waiting(registry, id)?;
    if entry.proposed_by.is_same_person(by) {
        return Ok(entry);
    }
    let message = format!("{} proposed {id}; another person rejects it", entry.proposed_by);
    Err(Rejection::forbidden("NOT_THE_PROPOSER", message).at("command.person"))
}

/// No such amendment.
pub fn unknown(id: &AmendmentId) -> Rejection {
    Rejection::unknown("UNKNOWN_AMENDMENT", "amendment_id", format!("there is no amendment {id}"))
}

fn waiting<'a>(registry: &'a Registry, id: &AmendmentId) -> Result<&'a Entry, Rejection> {
    let entry = registry.get(id).ok_or_else(|| unknown(id))?;
    if entry.state == State::Proposed {
        return Ok(entry);
    }
    let message = format!("{id} is {} already; what is in force is amended", entry.state.word());
    Err(Rejection::conflict("AMENDMENT_DECIDED", message).at("amendment_id"))
}

fn whole(
    city: &City,
    registry: &Registry,
    amendment: &Amendment,
    latest: Moment,
) -> Result<(), Rejection> {
    words::check(city, amendment)?;
    time::check_days(city, amendment, latest)?;
    time::check_superseded(registry, amendment)
}
