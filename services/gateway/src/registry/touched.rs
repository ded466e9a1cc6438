//! The open cases that an amendment touches: seen before its first day, in its territory, and with
//! another unit than the one that leads by it. They are only listed; nothing moves by itself.

use domain::{
    case::{Stage, order::can_be_handed_over},
    id::CaseId,
    pack::{City, Day},
    registry::Amendment,
};
use kit::{page::Wanted, tx::Tx, view};
use proto::registry::TouchedCase;

use crate::{access::Sight, index, matter::Matter};

/// How many open cases are looked at for one page.
const LOOKED_AT: usize = 2_000;

/// Whether the amendment touches the case.
pub(super) fn is_touched(city: &City, amendment: &Amendment, matter: &Matter) -> bool {
    let is_named = |lead| amendment.leads.contains(lead);
    let is_here = city.grid.get(&matter.grid).is_some_and(|cell| amendment.is_about(cell));
    let seen_on = Day::of(matter.seen_at, city.utc_offset_minutes);
    amendment.issue_types.contains(&matter.issue_type)
        && is_here
        && seen_on < amendment.from
        && matter.course.stage != Stage::Closed
        && !matter.course.lead.as_ref().is_some_and(is_named)
}

/// A page of them, by kind of matter and cell, and the key to go on from.
pub(super) fn list(
    city: &City,
    tx: &Tx<'_>,
    sight: &Sight,
    amendment: &Amendment,
    page: &Wanted,
) -> Result<(Vec<TouchedCase>, Option<Vec<u8>>), view::Error> {
    let mut issues = amendment.issue_types.clone();
    issues.sort();
    let (mut found, mut looked_at) = (Vec::new(), 0);
    for issue in &issues {
        for (key, case_id) in index::open_of_type(tx, issue, &page.from, LOOKED_AT + 1)? {
            if found.len() >= page.size || looked_at >= LOOKED_AT {
                return Ok((found, Some(key)));
            }
            looked_at += 1;
            found.extend(one(city, tx, sight, amendment, &case_id)?);
        }
    }
    Ok((found, None))
}

fn one(
    city: &City,
    tx: &Tx<'_>,
    sight: &Sight,
    amendment: &Amendment,
    case_id: &CaseId,
) -> Result<Option<TouchedCase>, view::Error> {
    let found = index::matter(tx, case_id)?;
    let found = found.filter(|one| is_touched(city, amendment, one) && sight.sees(one));
    Ok(found.map(|matter| TouchedCase {
        case_id: matter.id.to_string(),
        issue_type: matter.issue_type.to_string(),
        grid: matter.grid.to_string(),
        seen_at_ms: matter.seen_at.0,
        round: matter.course.round,
        owner: matter.course.owner.to_string(),
        lead: matter.course.lead.as_ref().map(ToString::to_string).unwrap_or_default(),
        stage: matter.course.stage.word().to_owned(),
        can_be_handed_over: can_be_handed_over(&matter.course),
    }))
}
