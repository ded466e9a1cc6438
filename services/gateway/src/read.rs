//! Reading the ledger: cases and their history, as the view and the journal have them.
//!
//! It blocks (journals are files); the service calls it off the runtime's own threads.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::{
    case::{
        Fact, Owed, Report, Right, Stage, Whistle,
        answerable::{self, Owners},
        direct, owes, standing,
    },
    envelope::Envelope,
    id::{CaseId, EnvelopeId, UnitId},
    moment::Moment,
    pack::{City, Limits},
    rejection::Rejection,
};
use kit::{page::Wanted, store::Store, tx::Tx, view};
use proto::record::Record;

use crate::{
    access::Sight,
    answer,
    command::Words,
    door::Door,
    index::{self, List, Tally},
    matter::Matter,
    precedent,
    told::{Spot, Told},
    yardstick::Yardstick,
};

/// How many cases the standing proof looks at in one go.
const STRIDE: usize = 500;

/// How many cases of one object are counted.
const OF_OBJECT_MAX: usize = 100;
/// How many complaints about a case are shown.
const COMPLAINTS_MAX: usize = 100;

/// How often it tries while cases begin and end.
const ATTEMPTS: usize = 50;

/// A case as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The case.
    pub(crate) matter: Matter,
    /// What was seen.
    pub(crate) description: String,
    /// Who owes what until when.
    pub(crate) owed: Vec<Owed>,
    /// How long one working day is.
    pub(crate) day_ms: u64,
    /// By when the units are to be done.
    pub(crate) due: Moment,
    /// The open cases that may be about the same matter.
    pub(crate) proposed: Vec<CaseId>,
    /// Who answers for it by territory and by function; none where its cell is no more.
    pub(crate) owners: Option<Owners>,
    /// How many cases name the object that it names, as far as they are counted.
    pub(crate) cases_of_object: usize,
    /// Who has refused it against a ruling, and how often such matters in all.
    pub(crate) evasions: Vec<(UnitId, u32)>,
    /// How it stands with the direct report.
    pub(crate) right: Right,
    /// The complaints about what happened in it, as far as who asks may see them.
    pub(crate) complaints: Vec<CaseId>,
}

/// A step of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its place in the ledger; 0 when it has not come back from the bus.
    pub(crate) place: u64,
    /// What was said.
    pub(crate) told: Told,
}

/// A page of a list, and the key to go on from.
pub(crate) type Page<T> = (Vec<T>, Option<Vec<u8>>);

/// The standing proof of no loss: `raised` = `closed` + `open`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Whistles that were taken here, or that the bus's record has.
    pub raised: u64,
    /// Cases that are closed.
    pub closed: u64,
    /// Cases that are open and have an owner, counted one by one.
    pub open: u64,
    /// What the bus's record has besides: no fact of a case, or not from who may say it.
    pub passed_over: u64,
}

impl Counts {
    /// Whether every whistle is accounted for.
    pub fn is_whole(&self) -> bool {
        self.raised == self.closed + self.open
    }
}

/// Reads for one call; remembers the record that it read last, and the limits in force.
pub(crate) struct Reader {
    store: Store<Door>,
    profile: Arc<str>,
    open: Option<(u64, Record)>,
    yardstick: OnceCell<Yardstick>,
}

impl Reader {
    /// Reads this store; what is owed follows the profile.
    pub(crate) fn new(store: Store<Door>, profile: Arc<str>) -> Reader {
        Reader { store, profile, open: None, yardstick: OnceCell::new() }
    }

    /// A case, whoever asks.
    pub(crate) fn known(&self, case_id: &CaseId) -> Result<Option<Matter>, Rejection> {
        self.store.read(|tx| index::matter(tx, case_id))
    }

    /// The city.
    pub(crate) fn city(&self) -> &City {
        &self.store.machine().city
    }

    /// A case, if it is in sight.
    pub(crate) fn matter(&self, sight: &Sight, case_id: &CaseId) -> Result<Matter, Rejection> {
        let found = self.store.read(|tx| index::matter(tx, case_id))?;
        let matter = found.ok_or_else(|| answer::unknown(case_id))?;
        sight.check(&matter)?;
        Ok(matter)
    }

    /// The case with its words.
    pub(crate) fn shown(&mut self, matter: Matter) -> Result<Shown, Rejection> {
        let Whistle { description, .. } = self.whistle(&matter)?;
        let limits = self.limits(&matter)?;
        let owed = owes(&matter.course, &limits);
        let due = standing::whole_due_at(&matter.course, matter.blown_at, &limits);
        let proposed = self.proposed(&matter)?;
        let owners = self.owners(&matter, &owed, due);
        let cases_of_object = self.cases_of_object(&matter)?;
        let evasions = self.evasions(&matter)?;
        let day_ms = limits.calendar.day_ms();
        let right = direct::right(&matter.course, &limits, self.store.clock().now());
        let complaints = Vec::new();
        let shown = Shown {
            matter,
            description,
            owed,
            day_ms,
            due,
            proposed,
            owners,
            cases_of_object,
            evasions,
            right,
            complaints,
        };
        Ok(shown)
    }

    /// The case with its words, and those complaints about what happened in it that are in sight too:
    /// the unit that they are about need not know before there is a finding.
    pub(crate) fn shown_to(&mut self, sight: &Sight, matter: Matter) -> Result<Shown, Rejection> {
        let mut shown = self.shown(matter)?;
        let id = &shown.matter.id;
        shown.complaints = self.store.read(|tx| complaints(tx, sight, id))?;
        Ok(shown)
    }

    fn owners(&self, matter: &Matter, owed: &[Owed], due: Moment) -> Option<Owners> {
        let subdistrict = &self.city().grid.get(&matter.grid)?.subdistrict;
        let known = answerable::Known { course: &matter.course, subdistrict, owed, due };
        Some(answerable::owners(&known, self.store.clock().now()))
    }

    fn cases_of_object(&self, matter: &Matter) -> Result<usize, Rejection> {
        let object = matter.place().and_then(|place| place.object.as_ref());
        let Some(object) = object else { return Ok(0) };
        self.store.read(|tx| index::cases_of(tx, object, OF_OBJECT_MAX))
    }

    /// The limits in force, now.
    pub(crate) fn yardstick(&self) -> Result<Yardstick, Rejection> {
        let outages = self.store.read(|tx| index::outages(tx, Moment(i64::MIN)))?;
        let city = Arc::clone(&self.store.machine().city);
        let now = self.store.clock().now();
        Ok(Yardstick::new(city, Arc::clone(&self.profile), outages.into(), now))
    }

    /// The limits of a case, as they were when the call first asked.
    pub(crate) fn limits(&self, matter: &Matter) -> Result<Arc<Limits>, Rejection> {
        if let Some(known) = self.yardstick.get() {
            return Ok(known.limits(matter));
        }
        let yardstick = self.yardstick()?;
        Ok(self.yardstick.get_or_init(|| yardstick).limits(matter))
    }

    fn evasions(&self, matter: &Matter) -> Result<Vec<(UnitId, u32)>, Rejection> {
        let units: BTreeSet<&UnitId> =
            matter.course.jurisdiction.evaded.iter().map(|(unit, _)| unit).collect();
        let count = |unit: &UnitId| -> Result<(UnitId, u32), Rejection> {
            let count = self.store.read(|tx| precedent::evasions(tx, unit, &matter.issue_type))?;
            Ok((unit.clone(), count))
        };
        units.into_iter().map(count).collect()
    }

    /// Only what can still be merged: both cases are open.
    fn proposed(&self, matter: &Matter) -> Result<Vec<CaseId>, Rejection> {
        if !matter.takes_reports() {
            return Ok(Vec::new());
        }
        let mut open = Vec::new();
        for id in &matter.proposed {
            let is_open = self.store.read(|tx| index::takes_reports(tx, id))?;
            open.extend(is_open.then(|| id.clone()));
        }
        Ok(open)
    }

    /// The words of every report of a case, by the envelope that says them.
    pub(crate) fn words(
        &mut self,
        case_id: &CaseId,
    ) -> Result<BTreeMap<EnvelopeId, Words>, Rejection> {
        let Some(matter) = self.store.read(|tx| index::matter(tx, case_id))? else {
            return Ok(BTreeMap::new());
        };
        let mut words = BTreeMap::new();
        for reported in &matter.reports {
            let said = match self.told(reported.spot)?.map(|told| told.fact) {
                Some(Fact::Whistled(Whistle { description, evidence, seen_at, .. })) => {
                    Words { description, evidence, seen_at }
                }
                Some(Fact::ReportedAgain(Report { description, evidence, seen_at, .. })) => {
                    Words { description, evidence, seen_at }
                }
                _ => return Err(unreadable(reported.spot.place, "no report is there")),
            };
            words.insert(reported.id.clone(), said);
        }
        Ok(words)
    }

    fn whistle(&mut self, matter: &Matter) -> Result<Whistle, Rejection> {
        match self.told(matter.whistle)?.map(|told| told.fact) {
            Some(Fact::Whistled(whistle)) => Ok(whistle),
            _ => Err(unreadable(matter.whistle.place, "no whistle is there")),
        }
    }

    /// Cases of a list, by id.
    pub(crate) fn list(
        &mut self,
        sight: &Sight,
        list: List,
        page: &Wanted,
    ) -> Result<Page<Shown>, Rejection> {
        let prefix = index::list(sight.scope(), list);
        let (keys, next) = self.page(&prefix, page)?;
        let mut cases = Vec::with_capacity(keys.len());
        for (key, _) in keys {
            let id = index::listed_case(&prefix, &key);
            let find = |id: CaseId| self.store.read(|tx| index::matter(tx, &id)).transpose();
            // A case that has left the list since is not in it.
            if let Some(matter) = id.and_then(find).transpose()? {
                cases.push(self.shown(matter)?);
            }
        }
        Ok((cases, next))
    }

    /// A case as it was after a place of the ledger.
    pub(crate) fn as_of(
        &mut self,
        case_id: &CaseId,
        place: u64,
    ) -> Result<Option<Matter>, Rejection> {
        let prefix = index::history(case_id);
        let lines = self.store.read(|tx| tx.scan(&prefix, b"", usize::MAX))?;
        let mut matter = None;
        for (key, value) in lines {
            let Some((at, spot)) = index::line(&key, &value) else { continue };
            if at > place {
                break;
            }
            if let Some(told) = self.told(spot)? {
                matter = Matter::fold(matter, &told, spot);
            }
        }
        Ok(matter)
    }

    /// What was said about a case at a place of the journal.
    pub(crate) fn told(&mut self, spot: Spot) -> Result<Option<Told>, Rejection> {
        self.turn_to(spot)?;
        let record = self.open.as_ref().map(|(_, record)| record);
        Ok(record.and_then(|record| spot.read(&self.city().id, record)))
    }

    /// The envelope at a place of the journal, whatever it is about, and when the bus had it.
    pub(crate) fn envelope(
        &mut self,
        spot: Spot,
    ) -> Result<Option<(Envelope, Option<Moment>)>, Rejection> {
        self.turn_to(spot)?;
        let found = self.open.as_ref().and_then(|(_, record)| spot.wire(record));
        Ok(found.and_then(|(wire, at)| Some((proto::envelope::from_wire(wire).ok()?, at))))
    }

    fn turn_to(&mut self, spot: Spot) -> Result<(), Rejection> {
        if self.open.as_ref().is_none_or(|(place, _)| *place != spot.place) {
            let found = self.store.record(spot.place);
            let found = found.map_err(|error| unreadable(spot.place, &error.to_string()))?;
            self.open = found.map(|record| (spot.place, record));
        }
        Ok(())
    }

    /// When the record of what was read last was written.
    pub(crate) fn read_at(&self) -> Option<Moment> {
        self.open.as_ref().map(|(_, record)| Moment(record.at_ms))
    }

    pub(crate) fn page(&self, prefix: &[u8], page: &Wanted) -> Result<Page<Pair>, Rejection> {
        if !page.from.is_empty() && !page.from.starts_with(prefix) {
            let message = "not a token of this list";
            return Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", message));
        }
        let mut found = self.store.read(|tx| tx.scan(prefix, &page.from, page.size + 1))?;
        let next = (found.len() > page.size).then(|| found.pop()).flatten().map(|(key, _)| key);
        Ok((found, next))
    }

    /// Counts, the open ones one by one. Where a case began or ended meanwhile, once more: the
    /// view goes on while it is read.
    pub(crate) fn counts(&self) -> Result<Counts, Rejection> {
        for _ in 0..ATTEMPTS {
            let before = self.store.read(tallies)?;
            let open = self.store.read(open)?;
            if self.store.read(tallies)? == before {
                return Ok(Counts { open, ..before });
            }
        }
        let message = "cases begin and end faster than they can be counted; try again";
        Err(Rejection::unavailable("TOO_BUSY", message))
    }

    /// The last place of the ledger.
    pub(crate) fn last_place(&self) -> Result<u64, Rejection> {
        self.store.read(|tx| Tally::Last.read(tx))
    }

    /// The store that is read.
    pub(crate) fn store(&self) -> &Store<Door> {
        &self.store
    }
}

fn complaints(tx: &Tx<'_>, sight: &Sight, about: &CaseId) -> Result<Vec<CaseId>, view::Error> {
    let mut seen = Vec::new();
    for id in index::complaints(tx, about, COMPLAINTS_MAX)? {
        seen.extend(index::matter(tx, &id)?.filter(|matter| sight.sees(matter)).map(|_| id));
    }
    Ok(seen)
}

fn tallies(tx: &Tx<'_>) -> Result<Counts, view::Error> {
    Ok(Counts {
        raised: Tally::Raised.read(tx)?,
        closed: Tally::Closed.read(tx)?,
        open: 0,
        passed_over: Tally::PassedOver.read(tx)?,
    })
}

/// How many cases are in the list of open ones and are open indeed.
fn open(tx: &Tx<'_>) -> Result<u64, view::Error> {
    let prefix = index::list(None, List::Open);
    let (mut from, mut count) = (prefix.clone(), 0);
    loop {
        let keys = tx.scan(&prefix, &from, STRIDE)?;
        for (key, _) in &keys {
            let Some(id) = index::listed_case(&prefix, key) else { continue };
            let found = index::matter(tx, &id)?;
            let owned = found.is_some_and(|matter| matter.course.stage != Stage::Closed);
            count += u64::from(owned);
        }
        let Some((last, _)) = keys.last().filter(|_| keys.len() == STRIDE) else {
            return Ok(count);
        };
        from = [&last[..], &[0]].concat();
    }
}

pub(crate) type Pair = (Vec<u8>, Vec<u8>);

fn unreadable(place: u64, why: &str) -> Rejection {
    tracing::error!(place, why, "the journal can't be read");
    Rejection::unavailable("RECORD_FAILED", "the record can't be read now; try again")
}
