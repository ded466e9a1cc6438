//! The lists by which cases are found, and how many are in each.
//!
//! A case is in one list for each thing that can be asked about it. All lists have one order, the
//! last raised first, so that any of them can be walked for the same pages; the count of each says
//! which is the shortest. What depends on limits or on the time (late, overdue, counted) is in no
//! list: it is asked of each case.
//!
//! It is a function of the case as the journal has it, so that a view that is made again is the same.

use std::collections::BTreeSet;

use domain::{
    case::{Channel, Outcome, Severity, Stage, owes},
    id::{CaseId, CommunityId, ExternalId, GridId, IssueTypeId, UnitId},
    moment::Moment,
    pack::Limits,
    party::Party,
};
use kit::{
    tx::Tx,
    view::{self, number},
};

use crate::{index::backwards, matter::Matter};

/// The first byte of a list, and of its count.
const LIST: u8 = b'i';
const COUNT: u8 = b'j';

/// How long the closed cases of one list were closed in, in milliseconds: thirty days.
const CLOSED_SPAN: i64 = 30 * 86_400_000;

/// A list of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// All.
    All,
    /// Those that are not closed.
    Open,
    /// Those of this cell that are not closed.
    OpenGrid(GridId),
    /// Those of this owner that are not closed.
    OpenOwner(Party),
    /// Those in this stage.
    Stage(Stage),
    /// Of this sort.
    IssueType(IssueTypeId),
    /// In this cell.
    Grid(GridId),
    /// Of the community that whistled.
    Community(CommunityId),
    /// Of a community that reported it.
    Reporter(CommunityId),
    /// In which the unit was called, or that it owned.
    Unit(UnitId),
    /// That the unit leads.
    Lead(UnitId),
    /// That the party owns.
    Owner(Party),
    /// In which the party owes something.
    OwedBy(Party),
    /// That concern the party: it may see them.
    Concerns(Party),
    /// Reported through this channel.
    Channel(Channel),
    /// With this number in some channel.
    Number(ExternalId),
    /// That ended so.
    Outcome(Outcome),
    /// That were closed in this span of time.
    ClosedIn(i64),
    /// So bad.
    Severity(Severity),
    /// With this word.
    Word(String),
}

/// The letter of what can be counted list by list.
pub(crate) const STAGES: u8 = b's';
/// See above.
pub(crate) const ISSUE_TYPES: u8 = b't';
/// See above.
pub(crate) const GRIDS: u8 = b'g';
/// See above.
pub(crate) const COMMUNITIES: u8 = b'c';
/// See above.
pub(crate) const UNITS: u8 = b'u';
/// See above.
pub(crate) const LEADS: u8 = b'l';
/// See above.
pub(crate) const OWNERS: u8 = b'o';
/// See above.
pub(crate) const OWED_BY: u8 = b'w';
/// See above.
pub(crate) const CHANNELS: u8 = b'h';
/// See above.
pub(crate) const OUTCOMES: u8 = b'e';
/// See above.
pub(crate) const SEVERITIES: u8 = b'x';

/// See above.
pub(crate) const OPEN_GRIDS: u8 = b'G';
/// See above.
pub(crate) const OPEN_OWNERS: u8 = b'O';

impl Shelf {
    /// The list's keys begin with this. No value has a zero byte.
    pub(crate) fn key(&self) -> Vec<u8> {
        let (letter, value) = match self {
            Shelf::All => (b'a', String::new()),
            Shelf::Open => (b'p', String::new()),
            Shelf::OpenGrid(id) => (OPEN_GRIDS, id.to_string()),
            Shelf::OpenOwner(party) => (OPEN_OWNERS, party.to_string()),
            Shelf::Stage(stage) => (STAGES, stage.word().to_owned()),
            Shelf::IssueType(id) => (ISSUE_TYPES, id.to_string()),
            Shelf::Grid(id) => (GRIDS, id.to_string()),
            Shelf::Community(id) => (COMMUNITIES, id.to_string()),
            Shelf::Reporter(id) => (b'r', id.to_string()),
            Shelf::Unit(id) => (UNITS, id.to_string()),
            Shelf::Lead(id) => (LEADS, id.to_string()),
            Shelf::Owner(party) => (OWNERS, party.to_string()),
            Shelf::OwedBy(party) => (OWED_BY, party.to_string()),
            Shelf::Concerns(party) => (b'v', party.to_string()),
            Shelf::Channel(channel) => (CHANNELS, channel.word().to_owned()),
            Shelf::Number(id) => (b'n', id.to_string()),
            Shelf::Outcome(outcome) => (OUTCOMES, outcome.word().to_owned()),
            Shelf::ClosedIn(span) => (b'd', span.to_string()),
            Shelf::Severity(severity) => (SEVERITIES, severity.word().to_owned()),
            Shelf::Word(word) => (b'z', word.clone()),
        };
        [&[LIST, letter], value.as_bytes(), &[0]].concat()
    }

    /// The spans in which cases were closed from a moment until another.
    pub(crate) fn closed_between(from: Moment, to: Moment) -> impl Iterator<Item = Shelf> {
        let span = |at: Moment| at.0.div_euclid(CLOSED_SPAN);
        (span(from)..=span(to)).map(Shelf::ClosedIn)
    }
}

/// Where a case is in every list: the later it was raised, the earlier.
pub(crate) fn place(raised_at: Moment, case_id: &CaseId) -> Vec<u8> {
    [&backwards(raised_at)[..], case_id.as_str().as_bytes()].concat()
}

/// The case of such a place.
pub(crate) fn case_at(place: &[u8]) -> Option<CaseId> {
    CaseId::parse(String::from_utf8(place.get(8..)?.to_vec()).ok()?).ok()
}

/// How many cases are in a list.
pub(crate) fn count(tx: &Tx<'_>, list: &[u8]) -> Result<u64, view::Error> {
    tx.number(&counted(list))
}

/// The values of lists of a letter, each with how many cases it has.
pub(crate) fn counts(
    tx: &Tx<'_>,
    letter: u8,
    limit: usize,
) -> Result<Vec<(String, u64)>, view::Error> {
    let prefix = [COUNT, letter];
    let read = |(key, value): (Vec<u8>, Vec<u8>)| {
        let name = key.get(2..key.len().checked_sub(1)?)?;
        Some((String::from_utf8(name.to_vec()).ok()?, number(Some(&value))))
    };
    Ok(tx.scan(&prefix, b"", limit)?.into_iter().filter_map(read).collect())
}

fn counted(list: &[u8]) -> Vec<u8> {
    [&[COUNT], list.get(1..).unwrap_or_default()].concat()
}

/// Moves a case between its lists.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    before: Option<&Matter>,
    matter: &Matter,
) -> Result<(), view::Error> {
    let keys = |matter: &Matter| -> BTreeSet<(Vec<u8>, Vec<u8>)> {
        let place = place(matter.blown_at, &matter.id);
        shelves(matter).iter().map(|shelf| (shelf.key(), place.clone())).collect()
    };
    let (old, new) = (before.map(keys).unwrap_or_default(), keys(matter));
    for (list, place) in old.difference(&new) {
        tx.remove([&list[..], place].concat());
        recount(tx, list, |count| count.saturating_sub(1))?;
    }
    for (list, place) in new.difference(&old) {
        tx.put([&list[..], place].concat(), []);
        recount(tx, list, |count| count + 1)?;
    }
    Ok(())
}

/// Puts a case into the lists of these words; it stays there.
pub(crate) fn put_words(
    tx: &mut Tx<'_>,
    matter: &Matter,
    words: BTreeSet<String>,
) -> Result<(), view::Error> {
    let place = place(matter.blown_at, &matter.id);
    for word in words {
        let list = Shelf::Word(word).key();
        let key = [&list[..], &place].concat();
        if tx.get(&key)?.is_none() {
            tx.put(key, []);
            recount(tx, &list, |count| count + 1)?;
        }
    }
    Ok(())
}

/// Whether the case is in the list.
pub(crate) fn has(tx: &Tx<'_>, list: &[u8], matter: &Matter) -> Result<bool, view::Error> {
    let place = place(matter.blown_at, &matter.id);
    Ok(tx.get(&[list, &place[..]].concat())?.is_some())
}

fn recount(
    tx: &mut Tx<'_>,
    list: &[u8],
    change: impl FnOnce(u64) -> u64,
) -> Result<(), view::Error> {
    tx.edit(&counted(list), |value| {
        let next = change(number(Some(value)));
        *value = if next == 0 { Vec::new() } else { next.to_be_bytes().to_vec() };
    })
}

/// The lists of a case, but those of its words.
fn shelves(matter: &Matter) -> Vec<Shelf> {
    let course = &matter.course;
    let mut shelves = vec![
        Shelf::All,
        Shelf::Stage(course.stage),
        Shelf::IssueType(matter.issue_type.clone()),
        Shelf::Grid(matter.grid.clone()),
        Shelf::Community(course.community.clone()),
        Shelf::Owner(course.owner.clone()),
        Shelf::Severity(matter.severity),
    ];
    if course.stage != Stage::Closed {
        shelves.push(Shelf::Open);
        shelves.push(Shelf::OpenGrid(matter.grid.clone()));
        shelves.push(Shelf::OpenOwner(course.owner.clone()));
    }
    shelves.extend(course.lead.clone().map(Shelf::Lead));
    shelves.extend(course.outcome.map(Shelf::Outcome));
    let closed = course.closed_at.map(|at| at.0.div_euclid(CLOSED_SPAN));
    shelves.extend(closed.map(Shelf::ClosedIn));
    shelves.extend(matter.units.iter().cloned().map(Shelf::Unit));
    shelves.extend(matter.parties().map(Shelf::Concerns));
    shelves.extend(debtors(matter).map(Shelf::OwedBy));
    for report in &matter.reports {
        shelves.push(Shelf::Reporter(report.reporter.clone()));
        shelves.push(Shelf::Channel(report.intake.channel));
        shelves.extend(report.intake.external_id.clone().map(Shelf::Number));
    }
    shelves
}

/// Who owes something; until when is another matter.
pub(crate) fn debtors(matter: &Matter) -> impl Iterator<Item = Party> + use<> {
    owes(&matter.course, &Limits::default()).into_iter().map(|owed| owed.party)
}
