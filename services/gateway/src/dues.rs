//! Who owes what until when in the open cases, by due moment, and which of them count in a figure, in
//! memory.
//!
//! Limits are the pack's and the profile's, and outages of ours move what is due: none of it is kept in
//! the view. It is made of the view once, and then follows the ledger line by line, so that what is late
//! is known without a look at what is not, however many cases are open. An outage makes it anew. An
//! open case takes some hundred bytes of it; a closed one none.

mod board;
mod countable;

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{case::Stage, id::CaseId, moment::Moment, party::Party, rejection::Rejection};
use kit::{store::Store, tx::Tx, view};

use self::countable::Countable;
pub(crate) use self::{
    board::{Board, Due},
    countable::Place,
};
use crate::{
    catalog::{self, Shelf},
    door::Door,
    index::{self, Tally},
    matter::Matter,
    read::Reader,
    yardstick::Yardstick,
};

/// How many lines or cases are read at once.
const STRIDE: usize = 500;

/// The dues of one ledger.
#[derive(Clone)]
pub(crate) struct Dues {
    store: Store<Door>,
    profile: Arc<str>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    board: Board,
    countable: Countable,
    /// Up to which line of the ledger; none: nothing was read yet.
    place: Option<u64>,
    /// How many outages there were then.
    outages: usize,
}

impl Dues {
    /// Those of this ledger, by the limits of a profile.
    pub(crate) fn new(store: Store<Door>, profile: Arc<str>) -> Dues {
        Dues { store, profile, kept: Arc::default() }
    }

    /// The limits in force, now.
    pub(crate) fn yardstick(&self) -> Result<Yardstick, Rejection> {
        Reader::new(self.store.clone(), Arc::clone(&self.profile)).yardstick()
    }

    /// What is late, as the ledger is now; it may have to read, and blocks meanwhile.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Board) -> T) -> Result<T, Rejection> {
        let mut kept = self.kept();
        self.follow(&mut kept)?;
        Ok(read(&kept.board))
    }

    /// The places of the open cases in which something before this moment is counted in a figure, as
    /// the ledger is now; it may have to read.
    pub(crate) fn countable(&self, end: Moment) -> Result<Vec<Place>, Rejection> {
        let mut kept = self.kept();
        self.follow(&mut kept)?;
        Ok(kept.countable.before(end))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self, kept: &mut Kept) -> Result<(), Rejection> {
        // What becomes of a case if nothing more happens in it is known now.
        let mut yardstick = self.yardstick()?;
        yardstick.now = Moment(i64::MAX);
        let outages = yardstick.outages_since(Moment(i64::MIN)).len();
        let last = self.store.read(|tx| Tally::Last.read(tx))?;
        let is_other = outages != kept.outages || kept.place.is_none_or(|place| place > last);
        if is_other {
            *kept = Kept { place: Some(last), outages, ..self.all(&yardstick)? };
        }
        while let Some(place) = kept.place.filter(|place| *place < last) {
            let (next, cases) = self.store.read(|tx| changed(tx, place))?;
            self.store.read(|tx| put(tx, kept, &yardstick, cases))?;
            kept.place = Some(next.max(place + 1));
        }
        Ok(())
    }

    /// All open cases: once at the start, and after an outage.
    fn all(&self, yardstick: &Yardstick) -> Result<Kept, Rejection> {
        let (mut kept, mut from) = (Kept::default(), ControlFlow::Continue(Vec::new()));
        while let ControlFlow::Continue(place) = from {
            let (next, cases) = self.store.read(|tx| open(tx, &place))?;
            self.store.read(|tx| put(tx, &mut kept, yardstick, cases))?;
            from = next;
        }
        Ok(kept)
    }
}

/// The cases of the next lines of the ledger behind a place, and the place of the last of them.
fn changed(tx: &Tx<'_>, place: u64) -> Result<(u64, BTreeSet<CaseId>), view::Error> {
    let lines = tx.scan(index::LEDGER, &index::ledger_after(place), STRIDE)?;
    let last = lines.last().and_then(|(key, value)| index::line(key, value));
    let cases = lines.iter().filter_map(|(_, value)| index::line_case(value)).collect();
    Ok((last.map_or(place, |(place, _)| place), cases))
}

/// Where to go on in the list of open cases.
type Next = ControlFlow<(), Vec<u8>>;

fn open(tx: &Tx<'_>, from: &[u8]) -> Result<(Next, BTreeSet<CaseId>), view::Error> {
    let prefix = Shelf::Open.key();
    let keys = tx.scan(&prefix, &[&prefix[..], from].concat(), STRIDE)?;
    let places: Vec<&[u8]> =
        keys.iter().filter_map(|(key, _)| key.strip_prefix(&prefix[..])).collect();
    let next = match places.last() {
        Some(last) if keys.len() == STRIDE => ControlFlow::Continue([last, &[0][..]].concat()),
        _ => ControlFlow::Break(()),
    };
    Ok((next, places.into_iter().filter_map(catalog::case_at).collect()))
}

/// Writes how these cases stand.
fn put(
    tx: &Tx<'_>,
    kept: &mut Kept,
    yardstick: &Yardstick,
    cases: BTreeSet<CaseId>,
) -> Result<(), view::Error> {
    for id in cases {
        let matter = index::matter(tx, &id)?;
        let owed: Vec<(Party, Moment)> = matter
            .iter()
            .flat_map(|matter| yardstick.owed(matter))
            .map(|owed| (owed.party, owed.due))
            .collect();
        let concerned: BTreeSet<Party> =
            matter.iter().flat_map(|matter| matter.parties()).collect();
        let is_open = |matter: &&Matter| matter.course.stage != Stage::Closed;
        let counts = matter.as_ref().filter(is_open).and_then(|matter| {
            let place = catalog::place(matter.blown_at, &matter.id);
            Some((yardstick.first_counted(matter)?, place))
        });
        kept.countable.put(id.clone(), counts);
        kept.board.put(id, owed, concerned);
    }
    Ok(())
}
