//! Walking cases in the one order of all lists: the shortest list that a filter allows, or several
//! as one, from a place on.
//!
//! It looks at a case once, in whichever of the lists it is, and at so many and no more; where the
//! walk ends before the lists do, it says where to go on. The lists may change meanwhile: a case's
//! place in them never does, so none comes twice and none that stays is passed over.

use std::{collections::VecDeque, time::Duration};

use domain::{
    case::{Severity, Stage},
    moment::Moment,
    pack::City,
    party::Party,
};
use kit::{tx::Tx, view};

use crate::{
    catalog::{self, Shelf},
    dues::Place,
    filter::{Filter, Period},
    index::{self, backwards},
    matter::Matter,
};

/// How many places are read at once, of all lists of a walk together.
const READ: usize = 512;

/// How many lists are walked as one at most; what needs more is found otherwise.
const LISTS_MAX: usize = 400;

/// How far the clock of who closes a case may be ahead of ours.
const AHEAD: Duration = Duration::from_secs(86_400);

/// Lists that are walked as one.
#[derive(Debug, Default)]
pub(crate) struct Lists<'s> {
    /// Those of the view.
    keys: Vec<Vec<u8>>,
    /// One that is at hand, in the same order.
    places: &'s [Place],
}

/// What can be counted in a figure of a period.
#[derive(Clone, Debug)]
pub(crate) struct Counting {
    /// When the period begins: what was closed before is not in it.
    pub(crate) since: Moment,
    /// The open cases in which something is counted by its end.
    pub(crate) open: Vec<Place>,
}

/// What is known of a question beside its filter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'s> {
    /// Only what concerns this party; none: all.
    pub(crate) party: Option<&'s Party>,
    /// Only what can be counted in a figure of this period.
    pub(crate) counting: Option<&'s Counting>,
    /// When it is asked.
    pub(crate) now: Moment,
}

impl Scope<'_> {
    /// What is closed by then is closed now, by the clock of whoever closed it.
    fn end(&self) -> Moment {
        self.now + AHEAD
    }
}

/// The shortest lists that have every case which the filter lets through.
pub(crate) fn shortest<'s>(
    tx: &Tx<'_>,
    city: &City,
    filter: &Filter,
    scope: &Scope<'s>,
) -> Result<Lists<'s>, view::Error> {
    let mut best: Option<(u64, Lists<'s>)> = None;
    let counting = scope.counting.into_iter().flat_map(|Counting { since, open }| {
        let closed = [vec![Shelf::Stage(Stage::Closed)], spans(*since, scope.end())];
        closed.map(|shelves| (shelves, &open[..]))
    });
    let allowed = allowed(city, filter, scope).into_iter().map(|shelves| (shelves, &[][..]));
    for (shelves, places) in allowed.chain(counting) {
        if shelves.len() > LISTS_MAX {
            continue;
        }
        let keys: Vec<Vec<u8>> = shelves.iter().map(Shelf::key).collect();
        let mut count = places.len() as u64;
        for list in &keys {
            count += catalog::count(tx, list)?;
        }
        if best.as_ref().is_none_or(|(shortest, _)| count < *shortest) {
            best = Some((count, Lists { keys, places }));
        }
    }
    Ok(best.map(|(_, lists)| lists).unwrap_or_default())
}

/// For each thing that the filter asks and a list knows: the lists that together have all of it.
fn allowed(city: &City, filter: &Filter, scope: &Scope<'_>) -> Vec<Vec<Shelf>> {
    let end = scope.end();
    let mut allowed = vec![vec![Shelf::All]];
    let mut one = |shelf: Option<Shelf>| allowed.extend(shelf.map(|shelf| vec![shelf]));
    one(scope.party.cloned().map(Shelf::Concerns));
    let is_open = filter.only_open || filter.is_overdue;
    one(is_open.then_some(Shelf::Open));
    one(filter.grid.clone().filter(|_| is_open).map(Shelf::OpenGrid));
    one(filter.owner.clone().filter(|_| is_open).map(Shelf::OpenOwner));
    one(filter.issue_type.clone().map(Shelf::IssueType));
    one(filter.grid.clone().map(Shelf::Grid));
    one(filter.community.clone().map(Shelf::Community));
    one(filter.reporter.clone().map(Shelf::Reporter));
    one(filter.unit.clone().map(if filter.is_lead { Shelf::Lead } else { Shelf::Unit }));
    one(filter.owner.clone().map(Shelf::Owner));
    one(filter.owed_by.clone().map(Shelf::OwedBy));
    one(filter.channel.map(Shelf::Channel));
    one(filter.external_id.clone().map(Shelf::Number));
    one(filter.outcome.map(Shelf::Outcome));
    filter.words.iter().for_each(|word| one(Some(Shelf::Word(word.clone()))));
    if let Some(subdistrict) = &filter.subdistrict {
        let cells = city.grid.values().filter(|cell| cell.subdistrict == *subdistrict);
        allowed.push(cells.map(|cell| Shelf::Grid(cell.id.clone())).collect());
    }
    let bad = Severity::ALL.into_iter().filter(|severity| *severity >= filter.severity);
    allowed.push(bad.map(Shelf::Severity).collect());
    if !filter.stages.is_empty() {
        allowed.push(filter.stages.iter().copied().map(Shelf::Stage).collect());
    }
    if let Some(Period { from, to }) = filter.closed {
        allowed.push(vec![Shelf::Stage(Stage::Closed)]);
        allowed.push(spans(from.unwrap_or(Moment(0)), to.unwrap_or(end).min(end)));
    }
    let counted = filter.counted.as_ref();
    let unit = counted.and_then(|counted| counted.unit.clone());
    allowed.extend(unit.map(|unit| vec![Shelf::Unit(unit)]));
    allowed
}

fn spans(from: Moment, to: Moment) -> Vec<Shelf> {
    Shelf::closed_between(from, to).take(LISTS_MAX + 1).collect()
}

/// A walk.
pub(crate) struct Walk {
    lists: Vec<List>,
    last: Option<[u8; 8]>,
    read: usize,
}

struct List {
    prefix: Vec<u8>,
    /// Where to read on; none when there is no more.
    from: Option<Vec<u8>>,
    places: VecDeque<Vec<u8>>,
}

impl Walk {
    /// Begins at a place, or at the beginning of a period of raising.
    pub(crate) fn begin(lists: Lists<'_>, raised: Period, from: &[u8]) -> Walk {
        let first = raised.to.map(|to| backwards(Moment(to.0 - 1)).to_vec()).unwrap_or_default();
        let from = from.max(&first[..]);
        let Lists { keys, places } = lists;
        let read = (READ / keys.len().max(1)).clamp(8, 64);
        let places = places.iter().skip_while(|place| place[..] < *from).cloned().collect();
        let at_hand = List { prefix: Vec::new(), from: None, places };
        let list = |prefix: Vec<u8>| {
            let from = Some([&prefix[..], from].concat());
            List { prefix, from, places: VecDeque::new() }
        };
        let last = raised.from.map(backwards);
        let lists = keys.into_iter().map(list).chain([at_hand]).collect();
        Walk { lists, last, read }
    }

    /// The next case with its place; none at the end.
    pub(crate) fn next(&mut self, tx: &Tx<'_>) -> Result<Option<(Vec<u8>, Matter)>, view::Error> {
        while let Some(place) = self.place(tx)? {
            let found = catalog::case_at(&place).map(|id| index::matter(tx, &id)).transpose()?;
            // One that was raised at another moment is in the lists at another place.
            let is_here = |matter: &Matter| catalog::place(matter.blown_at, &matter.id) == place;
            if let Some(matter) = found.flatten().filter(is_here) {
                return Ok(Some((place, matter)));
            }
        }
        Ok(None)
    }

    fn place(&mut self, tx: &Tx<'_>) -> Result<Option<Vec<u8>>, view::Error> {
        for list in &mut self.lists {
            list.fill(tx, self.read)?;
        }
        let next = self.lists.iter().filter_map(|list| list.places.front()).min().cloned();
        let is_within = |place: &Vec<u8>| self.last.is_none_or(|last| place[..8] <= last[..]);
        let Some(next) = next.filter(is_within) else { return Ok(None) };
        for list in &mut self.lists {
            if list.places.front() == Some(&next) {
                list.places.pop_front();
            }
        }
        Ok(Some(next))
    }
}

impl List {
    fn fill(&mut self, tx: &Tx<'_>, count: usize) -> Result<(), view::Error> {
        let Some(from) = self.from.take_if(|_| self.places.is_empty()) else { return Ok(()) };
        let keys = tx.scan(&self.prefix, &from, count)?;
        if keys.len() == count {
            self.from = keys.last().map(|(key, _)| [&key[..], &[0]].concat());
        }
        let place = |(key, _): (Vec<u8>, Vec<u8>)| Some(key.get(self.prefix.len()..)?.to_vec());
        self.places = keys.into_iter().filter_map(place).filter(|place| place.len() > 8).collect();
        Ok(())
    }
}

/// Whether every word that the filter names is in what was reported.
pub(crate) fn has_words(
    tx: &Tx<'_>,
    filter: &Filter,
    matter: &Matter,
) -> Result<bool, view::Error> {
    for word in &filter.words {
        if !catalog::has(tx, &Shelf::Word(word.clone()).key(), matter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a filter asks only that a case is open.
pub(crate) fn asks_only_open(filter: &Filter) -> bool {
    *filter == Filter { only_open: true, ..Filter::default() }
}

/// Whether a filter asks only that something is over.
pub(crate) fn asks_only_overdue(filter: &Filter) -> bool {
    *filter == Filter { is_overdue: true, ..Filter::default() }
}

/// Whether a filter asks nothing of a case, so that the counts of the lists answer.
pub(crate) fn asks_nothing(filter: &Filter) -> bool {
    *filter == Filter::default()
}
