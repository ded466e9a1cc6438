//! Looking for cases and counting them, page by page; the work for each is bounded.
//!
//! The order and what it promises is in the contract (`LedgerService/SearchCases`): a token holds the
//! place of the last case that was looked at, the moment of which the time is asked, and the mark of
//! the filter that it belongs to.

use std::collections::BTreeMap;

use domain::{
    case::{Stage, standing::Decided},
    id::GridId,
    moment::Moment,
    pack::{City, Day},
    party::Party,
    rejection::Rejection,
};
use kit::{page::Wanted, tx::Tx, view};
use proto::ledger::GroupBy;
use sha2::{Digest, Sha256};

use crate::{
    access::Sight,
    catalog::{self, Shelf},
    dues::Dues,
    filter::{Filter, Period},
    matter::Matter,
    walk::{self, Counting, Lists, Scope, Walk},
    yardstick::Yardstick,
};

/// How many cases are looked at for a page, and for a part of a count.
pub(crate) const EXAMINED_MAX: usize = 2_000;
/// See above.
const COUNTED_MAX: usize = 20_000;

/// How many values a part of a count has at most.
const VALUES_MAX: usize = 10_000;

/// What is asked of the ledger, and by whom.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// Which cases.
    pub(crate) filter: Filter,
    /// Who asks.
    pub(crate) sight: Sight,
    /// Marks the tokens of this question.
    pub(crate) mark: [u8; 8],
    /// Only what can be counted in a figure of some period.
    pub(crate) counting: Option<Counting>,
}

impl Query {
    /// A question; `asked` is what makes it another one than others.
    pub(crate) fn new(filter: Filter, sight: Sight, asked: &[u8]) -> Query {
        let scope = sight.scope().map(ToString::to_string).unwrap_or_default();
        let hash = Sha256::digest([scope.as_bytes(), &[0], asked].concat());
        let mut mark = [0; 8];
        mark.copy_from_slice(&hash[..8]);
        Query { filter, sight, mark, counting: None }
    }

    /// Looks only at what can be counted in a figure of a period; it may have to read.
    pub(crate) fn counted_in(
        mut self,
        period: Period,
        dues: &Dues,
        now: Moment,
    ) -> Result<Query, Rejection> {
        if let Some(since) = period.from {
            let end = period.to.map_or(now, |to| to.min(now));
            self.counting = Some(Counting { since, open: dues.countable(end)? });
        }
        Ok(self)
    }

    /// The same of the figure that the filter names, if it names one.
    pub(crate) fn counted_as_asked(self, dues: &Dues, now: Moment) -> Result<Query, Rejection> {
        match self.filter.counted.as_ref().map(|counted| counted.period) {
            Some(period) => self.counted_in(period, dues, now),
            None => Ok(self),
        }
    }

    fn lists(&self, tx: &Tx<'_>, city: &City, now: Moment) -> Result<Lists<'_>, view::Error> {
        let scope = Scope { party: self.sight.scope(), counting: self.counting.as_ref(), now };
        walk::shortest(tx, city, &self.filter, &scope)
    }

    /// Whether the filter lets a case through, and who asks may see it.
    pub(crate) fn lets_through(
        &self,
        tx: &Tx<'_>,
        yardstick: &Yardstick,
        matter: &Matter,
    ) -> Result<bool, view::Error> {
        Ok(yardstick.fits(&self.filter, matter)
            && walk::has_words(tx, &self.filter, matter)?
            && self.sight.sees(matter))
    }

    /// Calls `found` with each case that is let through, from a place on, until it has had enough or
    /// so many were looked at. Says how many were, and the place to go on behind, if there is more.
    pub(crate) fn each(
        &self,
        tx: &Tx<'_>,
        yardstick: &Yardstick,
        from: &[u8],
        most: usize,
        mut found: impl FnMut(Matter) -> bool,
    ) -> Result<(usize, Option<Vec<u8>>), view::Error> {
        let lists = self.lists(tx, &yardstick.city, yardstick.now)?;
        let mut walk = Walk::begin(lists, self.filter.raised, from);
        let (mut examined, mut last) = (0, None);
        while let Some((place, matter)) = walk.next(tx)? {
            if examined == most {
                return Ok((examined, last));
            }
            examined += 1;
            last = Some(place);
            if self.lets_through(tx, yardstick, &matter)? && !found(matter) {
                let is_more = walk.next(tx)?.is_some();
                return Ok((examined, last.filter(|_| is_more)));
            }
        }
        Ok((examined, None))
    }
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Of which moment the time is asked.
    pub(crate) now: Moment,
    /// Behind this place.
    pub(crate) after: Vec<u8>,
}

impl Cursor {
    /// Reads a token of this question; an empty one begins now.
    pub(crate) fn read(query: &Query, token: &[u8], now: Moment) -> Result<Cursor, Rejection> {
        if token.is_empty() {
            return Ok(Cursor { now, after: Vec::new() });
        }
        let wrong = || {
            let message = "not a token of this filter; right would be: the one that came with it";
            Rejection::invalid("MALFORMED_TOKEN", "page.token", message)
        };
        let (mark, rest) = token.split_first_chunk().ok_or_else(wrong)?;
        let (at, after) = rest.split_first_chunk().ok_or_else(wrong)?;
        if *mark != query.mark || after.len() <= 8 {
            return Err(wrong());
        }
        Ok(Cursor { now: Moment(i64::from_be_bytes(*at)), after: after.to_vec() })
    }

    /// The token that goes on behind a place.
    pub(crate) fn token(&self, query: &Query, after: &[u8]) -> Vec<u8> {
        [&query.mark[..], &self.now.0.to_be_bytes(), after].concat()
    }

    /// The first place that is looked at.
    fn from(&self) -> Vec<u8> {
        if self.after.is_empty() { Vec::new() } else { [&self.after[..], &[0]].concat() }
    }
}

/// What was found for a page.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The cases.
    pub(crate) matters: Vec<Matter>,
    /// Behind which place to go on; none at the end.
    pub(crate) last: Option<Vec<u8>>,
    /// How many were looked at.
    pub(crate) examined: usize,
}

/// A page.
pub(crate) fn page(
    tx: &Tx<'_>,
    query: &Query,
    yardstick: &Yardstick,
    cursor: &Cursor,
    wanted: &Wanted,
) -> Result<Found, view::Error> {
    let mut matters = Vec::new();
    let (examined, last) = query.each(tx, yardstick, &cursor.from(), EXAMINED_MAX, |matter| {
        matters.push(matter);
        matters.len() < wanted.size
    })?;
    Ok(Found { matters, last, examined })
}

/// What was counted, all or a part.
#[derive(Debug, Default)]
pub(crate) struct Tallied {
    /// By value.
    pub(crate) counts: BTreeMap<String, u64>,
    /// Each once.
    pub(crate) total: u64,
    /// Behind which place to go on; none at the end.
    pub(crate) last: Option<Vec<u8>>,
}

/// Counts by a property. Who asks nothing and sees all is answered by the counts of the lists.
pub(crate) fn tally(
    tx: &Tx<'_>,
    query: &Query,
    yardstick: &Yardstick,
    group_by: GroupBy,
    cursor: &Cursor,
) -> Result<Tallied, view::Error> {
    if let Some(letter) = letter(group_by)
        && walk::asks_nothing(&query.filter)
        && query.sight.sees_all()
    {
        let total = catalog::count(tx, &Shelf::All.key())?;
        let counts = catalog::counts(tx, letter, VALUES_MAX)?.into_iter().collect();
        return Ok(Tallied { counts, total, last: None });
    }
    if walk::asks_only_open(&query.filter)
        && query.sight.sees_all()
        && let Some(tallied) = tally_open(tx, yardstick, group_by)?
    {
        return Ok(tallied);
    }
    let mut tallied = Tallied::default();
    let (_, last) = query.each(tx, yardstick, &cursor.from(), COUNTED_MAX, |matter| {
        tallied.total += 1;
        for value in values(yardstick, &matter, group_by) {
            *tallied.counts.entry(value).or_default() += 1;
        }
        tallied.counts.len() < VALUES_MAX
    })?;
    Ok(Tallied { last, ..tallied })
}

/// The open ones, where the counts of the lists say it: however many there are, it costs the same.
fn tally_open(
    tx: &Tx<'_>,
    yardstick: &Yardstick,
    group_by: GroupBy,
) -> Result<Option<Tallied>, view::Error> {
    let total = catalog::count(tx, &Shelf::Open.key())?;
    let counts = |letter| catalog::counts(tx, letter, VALUES_MAX);
    let counts: BTreeMap<String, u64> = match group_by {
        GroupBy::Unspecified => BTreeMap::from([(String::new(), total)]),
        GroupBy::Owner => counts(catalog::OPEN_OWNERS)?.into_iter().collect(),
        GroupBy::OwedBy => counts(catalog::OWED_BY)?.into_iter().collect(),
        GroupBy::Grid => counts(catalog::OPEN_GRIDS)?.into_iter().collect(),
        GroupBy::Subdistrict => by_subdistrict(&yardstick.city, counts(catalog::OPEN_GRIDS)?),
        GroupBy::Stage => {
            let closed = Stage::Closed.word();
            counts(catalog::STAGES)?.into_iter().filter(|(stage, _)| stage != closed).collect()
        }
        _ => return Ok(None),
    };
    Ok(Some(Tallied { counts, total, last: None }))
}

/// Cells whose office the pack no longer has are only in the total.
fn by_subdistrict(city: &City, cells: Vec<(String, u64)>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (cell, count) in cells {
        let cell = GridId::parse(cell).ok().and_then(|cell| city.grid.get(&cell));
        if let Some(cell) = cell {
            *counts.entry(cell.subdistrict.to_string()).or_default() += count;
        }
    }
    counts
}

fn letter(group_by: GroupBy) -> Option<u8> {
    Some(match group_by {
        GroupBy::IssueType => catalog::ISSUE_TYPES,
        GroupBy::Grid => catalog::GRIDS,
        GroupBy::Unit => catalog::UNITS,
        GroupBy::Community => catalog::COMMUNITIES,
        GroupBy::Channel => catalog::CHANNELS,
        GroupBy::Stage => catalog::STAGES,
        GroupBy::Owner => catalog::OWNERS,
        GroupBy::Lead => catalog::LEADS,
        GroupBy::Outcome => catalog::OUTCOMES,
        GroupBy::OwedBy => catalog::OWED_BY,
        GroupBy::Severity => catalog::SEVERITIES,
        _ => return None,
    })
}

/// What a case has of a property; each once.
pub(crate) fn values(yardstick: &Yardstick, matter: &Matter, group_by: GroupBy) -> Vec<String> {
    let course = &matter.course;
    let one = |value: String| vec![value];
    let mut values = match group_by {
        GroupBy::Unspecified => one(String::new()),
        GroupBy::IssueType => one(matter.issue_type.to_string()),
        GroupBy::Grid => one(matter.grid.to_string()),
        GroupBy::Subdistrict => {
            let cell = yardstick.city.grid.get(&matter.grid);
            cell.map(|cell| cell.subdistrict.to_string()).into_iter().collect()
        }
        GroupBy::Unit => matter.units.iter().map(ToString::to_string).collect(),
        GroupBy::Community => one(course.community.to_string()),
        GroupBy::Channel => {
            let channel =
                |report: &crate::matter::Reported| report.intake.channel.word().to_owned();
            matter.reports.iter().map(channel).collect()
        }
        GroupBy::Day => one(day(&yardstick.city, matter.blown_at)),
        GroupBy::Month => one(month(&yardstick.city, matter.blown_at)),
        GroupBy::Stage => one(course.stage.word().to_owned()),
        GroupBy::Owner => one(course.owner.to_string()),
        GroupBy::Lead => course.lead.iter().map(ToString::to_string).collect(),
        GroupBy::Outcome => course.outcome.iter().map(|one| one.word().to_owned()).collect(),
        GroupBy::Timeliness => {
            let word = |decided| match decided {
                Decided::OnTime(_) => "on_time".to_owned(),
                Decided::Late(_) => "late".to_owned(),
            };
            yardstick.decided(matter).map(word).into_iter().collect()
        }
        GroupBy::Severity => one(matter.severity.word().to_owned()),
        GroupBy::OwedBy => catalog::debtors(matter).map(|party: Party| party.to_string()).collect(),
    };
    values.sort();
    values.dedup();
    values
}

/// The day of a moment, by the city's clock.
pub(crate) fn day(city: &City, at: Moment) -> String {
    Day::of(at, city.utc_offset_minutes).to_string()
}

/// The month of a moment, by the city's clock: `2026-11`.
pub(crate) fn month(city: &City, at: Moment) -> String {
    let mut day = day(city, at);
    day.truncate(day.len() - 3);
    day
}
