//! The keys of the gateway's view, and how a case is written under them. See the crate's doc.

use std::collections::BTreeSet;

use domain::{
    case::{Channel, Severity, Stage, clocks},
    evidence::Digest,
    id::{CaseId, ExternalId, GridId, IssueTypeId, ObjectId, UnitId},
    moment::Moment,
    outage::{OUTAGES_MAX, Outage},
    pack::{City, Limits},
    party::Party,
};
use kit::{
    tx::Tx,
    view::{self, number},
};

use crate::{catalog, matter::Matter, told::Spot};

/// A count of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tally {
    /// Whistles that began a case.
    Raised,
    /// Cases that were closed.
    Closed,
    /// The last place of the ledger.
    Last,
    /// Envelopes of the bus's record that say nothing about a case, or that nobody need believe.
    PassedOver,
}

impl Tally {
    fn key(self) -> &'static [u8] {
        match self {
            Tally::Raised => b"nraised",
            Tally::Closed => b"nclosed",
            Tally::Last => b"nlast",
            Tally::PassedOver => b"npassed_over",
        }
    }

    /// Its value.
    pub(crate) fn read(self, tx: &Tx<'_>) -> Result<u64, view::Error> {
        tx.number(self.key())
    }

    /// Adds one, and says how many there are then.
    pub(crate) fn count(self, tx: &mut Tx<'_>) -> Result<u64, view::Error> {
        let next = self.read(tx)? + 1;
        tx.put(self.key(), next.to_be_bytes());
        Ok(next)
    }
}

/// What was decided here and may be decided once in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Who leads the round.
    Lead,
    /// What the community says at its end.
    Verdict,
    /// What becomes of a clock; one decision at a time.
    Clock,
    /// Whether a complaint is right.
    Finding,
    /// That it is about the matter of another case; once, whatever the round.
    Merge,
    /// That it is worse than it was; once for each severity, which stands for the round.
    Severity,
    /// That it is withdrawn; once, whatever the round.
    Withdraw,
    /// That the community has reported directly.
    Direct,
    /// One urging by hand.
    Press(u32),
}

fn joined(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            key.push(0);
        }
        key.extend_from_slice(part);
    }
    key
}

fn decisions(case_id: &CaseId) -> Vec<u8> {
    joined(b'd', &[case_id.as_str().as_bytes(), b""])
}

fn decision(case_id: &CaseId, slot: Slot, round: u32) -> Vec<u8> {
    let word = match slot {
        Slot::Lead => b'l',
        Slot::Verdict => b'v',
        Slot::Clock => b'c',
        Slot::Merge => b'm',
        Slot::Severity => b's',
        Slot::Withdraw => b'w',
        Slot::Direct => b'r',
        Slot::Press(_) => b'p',
        Slot::Finding => b'f',
    };
    let key = [&decisions(case_id)[..], &[word], &round.to_be_bytes()].concat();
    match slot {
        Slot::Press(number) => [&key[..], &number.to_be_bytes()].concat(),
        _ => key,
    }
}

/// Whether that was decided here.
pub(crate) fn is_decided(
    tx: &Tx<'_>,
    case_id: &CaseId,
    slot: Slot,
    round: u32,
) -> Result<bool, view::Error> {
    Ok(tx.get(&decision(case_id, slot, round))?.is_some())
}

/// Whether it was said here that it is so bad.
pub(crate) fn is_raised(
    tx: &Tx<'_>,
    case_id: &CaseId,
    severity: Severity,
) -> Result<bool, view::Error> {
    is_decided(tx, case_id, Slot::Severity, severity as u32)
}

/// Whether the community has reported directly since the round of the last answer.
pub(crate) fn is_reported(
    tx: &Tx<'_>,
    case_id: &CaseId,
    answered: u32,
) -> Result<bool, view::Error> {
    let prefix = [&decisions(case_id)[..], b"r"].concat();
    let from = decision(case_id, Slot::Direct, answered);
    Ok(!tx.scan(&prefix, &from, 1)?.is_empty())
}

/// Notes that it was.
pub(crate) fn decide(tx: &mut Tx<'_>, case_id: &CaseId, slot: Slot, round: u32) {
    tx.put(decision(case_id, slot, round), []);
}

/// Notes that it is on the record: the next may be decided.
pub(crate) fn is_on_record(tx: &mut Tx<'_>, case_id: &CaseId, slot: Slot, round: u32) {
    tx.remove(decision(case_id, slot, round));
}

/// Notes an outage of ours.
pub(crate) fn outage(tx: &mut Tx<'_>, outage: &Outage) {
    let key = joined(b'z', &[&outage.from.0.max(0).to_be_bytes()]);
    tx.put(key, serde_json::to_vec(outage).unwrap_or_default());
}

/// Our own outages that were not over by then, the last ones.
pub(crate) fn outages(tx: &Tx<'_>, since: Moment) -> Result<Vec<Outage>, view::Error> {
    let found = tx.scan(b"z", b"", usize::MAX)?.into_iter();
    let read = |(_, json): (Vec<u8>, Vec<u8>)| serde_json::from_slice::<Outage>(&json).ok();
    let all: Vec<Outage> = found.filter_map(read).filter(|outage| outage.to > since).collect();
    Ok(all[all.len().saturating_sub(OUTAGES_MAX)..].to_vec())
}

/// The limits of a case, with our own outages since it was raised.
pub(crate) fn limits(
    tx: &Tx<'_>,
    city: &City,
    profile: &str,
    matter: &Matter,
) -> Result<Limits, view::Error> {
    let outages = outages(tx, matter.course.raised_at)?;
    Ok(clocks::limits(city, profile, &matter.issue_type, &matter.course, &outages))
}

/// Notes that the case is to be merged into another one.
pub(crate) fn merge(tx: &mut Tx<'_>, case_id: &CaseId, into: &CaseId) {
    tx.put(decision(case_id, Slot::Merge, 0), into.as_str());
}

/// The case whose matter this one is about, as it was said or is on its way to the bus.
pub(crate) fn merged_into(tx: &Tx<'_>, matter: &Matter) -> Result<Option<CaseId>, view::Error> {
    if matter.course.merged_into.is_some() || matter.course.stage == Stage::Closed {
        return Ok(matter.course.merged_into.clone());
    }
    let noted = tx.get(&decision(&matter.id, Slot::Merge, 0))?;
    let noted = noted.and_then(|id| String::from_utf8(id).ok());
    Ok(noted.and_then(|id| CaseId::parse(id).ok()))
}

/// Forgets the decisions about a case that is closed: nobody can decide about it any more.
pub(crate) fn forget_decisions(tx: &mut Tx<'_>, case_id: &CaseId) -> Result<(), view::Error> {
    for (key, _) in tx.scan(&decisions(case_id), b"", usize::MAX)? {
        tx.remove(key);
    }
    Ok(())
}

/// The case; none when there is no such one.
pub(crate) fn matter(tx: &Tx<'_>, case_id: &CaseId) -> Result<Option<Matter>, view::Error> {
    let found = tx.get(&joined(b'c', &[case_id.as_str().as_bytes()]))?;
    Ok(found.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// Writes the case, and moves it between the lists.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    before: Option<&Matter>,
    matter: &Matter,
) -> Result<(), view::Error> {
    let (old, new) = (before.map(listed).unwrap_or_default(), listed(matter));
    for key in old.difference(&new) {
        tx.remove(key.clone());
    }
    for key in new.difference(&old) {
        tx.put(key.clone(), []);
    }
    let key = joined(b'c', &[matter.id.as_str().as_bytes()]);
    tx.put(key, serde_json::to_vec(matter).unwrap_or_default());
    catalog::put(tx, before, matter)
}

/// A list of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// All that there are.
    All,
    /// Those that are not closed.
    Open,
    /// Those in this stage.
    In(Stage),
}

impl List {
    fn word(self) -> &'static str {
        match self {
            List::All => "all",
            List::Open => "open",
            List::In(stage) => stage.word(),
        }
    }
}

/// The keys of a list of what concerns a party; without one, of all.
pub(crate) fn list(scope: Option<&Party>, list: List) -> Vec<u8> {
    let scope = scope.map(ToString::to_string).unwrap_or_default();
    joined(b'x', &[scope.as_bytes(), list.word().as_bytes(), b""])
}

/// The case that a key of such a list is about.
pub(crate) fn listed_case(prefix: &[u8], key: &[u8]) -> Option<CaseId> {
    let id = String::from_utf8(key.strip_prefix(prefix)?.to_vec()).ok()?;
    CaseId::parse(id).ok()
}

/// The keys of the open cases of such a matter in a cell, the last reported first.
fn alike(issue_type: &IssueTypeId, grid: &GridId) -> Vec<u8> {
    joined(b'b', &[issue_type.as_str().as_bytes(), grid.as_str().as_bytes(), b""])
}

/// A moment as it stands in such a key: the later, the smaller.
pub(crate) fn backwards(at: Moment) -> [u8; 8] {
    (u64::MAX - u64::try_from(at.0).unwrap_or_default()).to_be_bytes()
}

/// The open cases of such a matter in a cell that were reported since then, the last first.
pub(crate) fn candidates(
    tx: &Tx<'_>,
    issue_type: &IssueTypeId,
    grid: &GridId,
    since: Moment,
    limit: usize,
) -> Result<Vec<CaseId>, view::Error> {
    let prefix = alike(issue_type, grid);
    let end = backwards(since);
    let found = tx.scan(&prefix, b"", limit)?.into_iter();
    let read = |(key, _): (Vec<u8>, Vec<u8>)| {
        let (at, id) = key.get(prefix.len()..)?.split_at_checked(end.len())?;
        let id = CaseId::parse(String::from_utf8(id.to_vec()).ok()?).ok()?;
        (at <= &end[..]).then_some(id)
    };
    Ok(found.map_while(read).collect())
}

/// The keys of the cases that name an object as responsible.
fn of_object(object: &ObjectId) -> Vec<u8> {
    joined(b'o', &[object.as_str().as_bytes(), b""])
}

/// How many cases name that object, at most `limit`.
pub(crate) fn cases_of(tx: &Tx<'_>, object: &ObjectId, limit: usize) -> Result<usize, view::Error> {
    Ok(tx.scan(&of_object(object), b"", limit)?.len())
}

/// Open cases of such a matter, by cell, from a key on; each with its key.
pub(crate) fn open_of_type(
    tx: &Tx<'_>,
    issue_type: &IssueTypeId,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, CaseId)>, view::Error> {
    let prefix = joined(b'b', &[issue_type.as_str().as_bytes(), b""]);
    let found = tx.scan(&prefix, from, limit)?.into_iter();
    let read = |(key, _): (Vec<u8>, Vec<u8>)| {
        let behind = key.get(prefix.len()..)?;
        let grid = behind.iter().position(|byte| *byte == 0)?;
        let id = behind.get(grid + 1 + size_of::<Moment>()..)?.to_vec();
        let id = CaseId::parse(String::from_utf8(id).ok()?).ok()?;
        Some((key, id))
    };
    Ok(found.filter_map(read).collect())
}

fn numbered(channel: Channel, number: &ExternalId) -> Vec<u8> {
    joined(b'k', &[channel.word().as_bytes(), number.as_str().as_bytes(), b""])
}

/// The open cases that have a report of this number of this channel.
pub(crate) fn of_number(
    tx: &Tx<'_>,
    channel: Channel,
    number: &ExternalId,
    limit: usize,
) -> Result<Vec<CaseId>, view::Error> {
    let prefix = numbered(channel, number);
    let found = tx.scan(&prefix, b"", limit)?.into_iter();
    Ok(found.filter_map(|(key, _)| listed_case(&prefix, &key)).collect())
}

/// Where an open case is found by who reports its matter again.
fn reported(matter: &Matter) -> Vec<Vec<u8>> {
    if matter.course.stage == Stage::Closed {
        return Vec::new();
    }
    let place = alike(&matter.issue_type, &matter.grid);
    let place = [&place[..], &backwards(matter.reported_at())].concat();
    let intakes = matter.reports.iter().map(|report| &report.intake);
    let number = |intake: &domain::case::Intake| {
        intake.external_id.as_ref().map(|number| numbered(intake.channel, number))
    };
    let keys = std::iter::once(place).chain(intakes.filter_map(number));
    keys.map(|key| [&key[..], matter.id.as_str().as_bytes()].concat()).collect()
}

/// Where a case is found by the object that it names; one that was merged is counted elsewhere.
fn named(matter: &Matter) -> Option<Vec<u8>> {
    let object = matter.place()?.object.as_ref()?;
    let counts = matter.course.merged_into.is_none();
    counts.then(|| [&of_object(object)[..], matter.id.as_str().as_bytes()].concat())
}

/// The keys of the cases that wait for the joint conference.
pub(crate) const AGENDA: &[u8] = b"a";

fn taking(case_id: &CaseId) -> Vec<u8> {
    joined(b'm', &[case_id.as_str().as_bytes()])
}

/// Whether another report can still be linked to a case; the case itself is not read.
pub(crate) fn takes_reports(tx: &Tx<'_>, case_id: &CaseId) -> Result<bool, view::Error> {
    Ok(tx.get(&taking(case_id))?.is_some())
}

/// Where a case is that waits for the joint conference.
fn convened(matter: &Matter) -> Option<Vec<u8>> {
    let is_waiting = matter.course.stage == Stage::Disputed;
    let convened = matter.course.jurisdiction.convened_at.filter(|_| is_waiting);
    convened.map(|_| [AGENDA, matter.id.as_str().as_bytes()].concat())
}

/// The keys of the rulings about a kind of matter.
pub(crate) fn precedents(issue_type: &IssueTypeId) -> Vec<u8> {
    joined(b'v', &[issue_type.as_str().as_bytes(), b""])
}

/// The key of a ruling.
pub(crate) fn precedent(issue_type: &IssueTypeId, case_id: &CaseId, round: u32) -> Vec<u8> {
    let case = joined(b'v', &[issue_type.as_str().as_bytes(), case_id.as_str().as_bytes(), b""]);
    [&case[..], &round.to_be_bytes()].concat()
}

/// The keys of a unit's refusals of a kind of matter against rulings.
pub(crate) fn evasions(unit: &UnitId, issue_type: &IssueTypeId) -> Vec<u8> {
    joined(b'y', &[unit.as_str().as_bytes(), issue_type.as_str().as_bytes(), b""])
}

/// The key of one of them.
pub(crate) fn evasion(
    unit: &UnitId,
    issue_type: &IssueTypeId,
    case_id: &CaseId,
    round: u32,
) -> Vec<u8> {
    let of = evasions(unit, issue_type);
    [&of[..], case_id.as_str().as_bytes(), &[0], &round.to_be_bytes()].concat()
}

fn listed(matter: &Matter) -> BTreeSet<Vec<u8>> {
    let stage = matter.course.stage;
    let open = (stage != Stage::Closed).then_some(List::Open);
    let lists: Vec<List> = [List::All, List::In(stage)].into_iter().chain(open).collect();
    let scopes = std::iter::once(None).chain(matter.parties().map(Some));
    let id = matter.id.as_str().as_bytes();
    scopes
        .flat_map(|scope| lists.iter().map(move |which| list(scope.as_ref(), *which)))
        .map(|prefix| [&prefix[..], id].concat())
        .chain(reported(matter))
        .chain(named(matter))
        .chain(convened(matter))
        .chain(matter.takes_reports().then(|| taking(&matter.id)))
        .collect()
}

/// The keys of the history of a case.
pub(crate) fn history(case_id: &CaseId) -> Vec<u8> {
    joined(b'h', &[case_id.as_str().as_bytes(), b""])
}

/// The key of the history of a case after a place of the ledger.
pub(crate) fn history_after(case_id: &CaseId, place: u64) -> Vec<u8> {
    [&history(case_id)[..], &place.saturating_add(1).to_be_bytes()].concat()
}

/// The keys of the ledger.
pub(crate) const LEDGER: &[u8] = b"l";

/// The key of the ledger after a place.
pub(crate) fn ledger_after(place: u64) -> Vec<u8> {
    [LEDGER, &place.saturating_add(1).to_be_bytes()].concat()
}

/// Writes a line of the ledger, the next one.
pub(crate) fn append(tx: &mut Tx<'_>, case_id: &CaseId, spot: Spot) -> Result<(), view::Error> {
    let place = Tally::Last.count(tx)?.to_be_bytes();
    let at = [&spot.place.to_be_bytes()[..], &spot.index.to_be_bytes()].concat();
    tx.put([&history(case_id)[..], &place].concat(), at.clone());
    tx.put([LEDGER, &place].concat(), [&at[..], case_id.as_str().as_bytes()].concat());
    Ok(())
}

/// A line of the ledger or of a history: its place, and where it was said.
pub(crate) fn line(key: &[u8], value: &[u8]) -> Option<(u64, Spot)> {
    let place = number(key.len().checked_sub(8).and_then(|at| key.get(at..)));
    let index = u32::from_be_bytes(value.get(8..12)?.try_into().ok()?);
    Some((place, Spot { place: number(value.get(..8)), index, is_received: true }))
}

/// The case of a line of the ledger.
pub(crate) fn line_case(value: &[u8]) -> Option<CaseId> {
    CaseId::parse(String::from_utf8(value.get(12..)?.to_vec()).ok()?).ok()
}

/// The keys of who refers to a piece of evidence.
pub(crate) fn evidence(digest: &Digest) -> Vec<u8> {
    joined(b'e', &[digest.to_string().as_bytes(), b""])
}

fn complaints_of(about: &CaseId) -> Vec<u8> {
    joined(b'q', &[about.as_str().as_bytes(), b""])
}

/// Notes that a complaint is about what happened in this case.
pub(crate) fn complain(tx: &mut Tx<'_>, about: &CaseId, complaint: &CaseId) {
    tx.put([&complaints_of(about)[..], complaint.as_str().as_bytes()].concat(), []);
}

/// The first complaints about what happened in a case.
pub(crate) fn complaints(
    tx: &Tx<'_>,
    about: &CaseId,
    limit: usize,
) -> Result<Vec<CaseId>, view::Error> {
    let prefix = complaints_of(about);
    let found = tx.scan(&prefix, b"", limit)?.into_iter();
    Ok(found.filter_map(|(key, _)| listed_case(&prefix, &key)).collect())
}

/// Notes that the case refers to it.
pub(crate) fn refer(tx: &mut Tx<'_>, digest: &Digest, case_id: &CaseId) {
    tx.put([&evidence(digest)[..], case_id.as_str().as_bytes()].concat(), []);
}
