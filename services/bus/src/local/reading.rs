//! Reading the record: by place, by subject, by sender's number, by time; and what senders were told.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use domain::{moment::Moment, party::Party, rejection::Rejection};
use kit::{tx::Tx, view};
use prost::Message as _;

use super::{
    ANSWER_BYTES, Local,
    block::{self, Unsettled, Waiting},
    entry::{self, Entry as Said, Noted, Parked, Taken, Told},
    fold::{self, Times},
    intake, keys, memory,
    memory::Telling,
    rules::Known,
    unreadable,
};
use crate::engine::{
    Fate, Listed, Located, Name, Parcel, Piece, Receipt, Receipts, Recorded, Standing,
};

/// How many records one piece looks through at most.
const PIECE_RECORDS: u64 = 4_096;
/// How many bytes of envelopes are read at once.
const READ_BYTES: usize = 4 << 20;

/// A repeat that is to be held against the record.
#[derive(Debug)]
pub struct Repeat {
    place: u64,
    expected: u64,
    parcel: Parcel,
}

/// Which numbers of a call are in the view already, and where.
pub fn repeats(
    tx: &Tx<'_>,
    source: &Party,
    parcels: &[Parcel],
) -> Result<(Vec<Known>, Vec<Repeat>), view::Error> {
    let mut series = HashMap::<Option<&Party>, (Option<u32>, u64)>::new();
    let (mut known, mut repeats) = (Vec::new(), Vec::new());
    for parcel in parcels {
        let recipient = parcel.head.recipient.as_ref();
        let (id, last) = match series.entry(recipient) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(vacant) => {
                let text = recipient.map(ToString::to_string).unwrap_or_default();
                let found = tx.get(&keys::series(&source.to_string(), &text))?;
                let id = found.and_then(|id| u32::try_from(view::number(Some(&id))).ok());
                let last = id.map_or(Ok(0), |id| tx.number(&keys::last_number(id)))?;
                known.push(Known { recipient: text, number: last });
                *vacant.insert((id, last))
            }
        };
        let number = parcel.head.number;
        if let Some(id) = id.filter(|_| number <= last) {
            let places = tx.get(&keys::places(id, block::of(number)))?.unwrap_or_default();
            let place = block::place_of(&places, number);
            repeats.push(Repeat { place, expected: last + 1, parcel: parcel.clone() });
        }
    }
    Ok((known, repeats))
}

impl Local {
    /// Refuses a repeat that is another envelope than the one in the record.
    pub(super) fn check_repeats(&self, repeats: Vec<Repeat>) -> Result<(), Rejection> {
        for Repeat { place, expected, parcel } in repeats {
            let there = Parcel::read(self.envelope_at(place)?.wire)?;
            if there.print == parcel.print {
                continue;
            }
            return Err(match there.head.id == parcel.head.id {
                true => intake::reused(&parcel.head.id),
                false => intake::used(parcel.head.number, expected),
            });
        }
        Ok(())
    }

    /// What the record says at a place.
    pub(super) fn entry(&self, place: u64) -> Result<Option<Said>, Rejection> {
        let record = self.store.record(place).map_err(unreadable)?;
        Ok(record.as_ref().and_then(entry::read))
    }

    /// The envelope at a place, which must be there.
    pub(super) fn envelope_at(&self, place: u64) -> Result<Recorded, Rejection> {
        let found = self.at(place)?;
        found.ok_or_else(|| unreadable(format!("there is no envelope at {place}")))
    }

    fn at(&self, place: u64) -> Result<Option<Recorded>, Rejection> {
        let memory = &self.store.machine().memory;
        if let Some(found) = memory.at(place) {
            return Ok(found);
        }
        self.read_page(place)
    }

    /// Reads the page of the record that a place is in, and keeps it at hand; of one with large
    /// envelopes what is around that place. Answers what is there: what is at hand may be gone again
    /// before it is looked at. Who wants the same page meanwhile waits, and finds it.
    fn read_page(&self, wanted: u64) -> Result<Option<Recorded>, Rejection> {
        let memory = &self.store.machine().memory;
        let _reading = memory.reading(wanted);
        if let Some(found) = memory.at(wanted) {
            return Ok(found);
        }
        let (mut first, end) = (memory::page_begin(wanted), memory::page_end(wanted));
        let (mut recorded, mut bytes, mut upto) = (Vec::new(), 0, wanted);
        for found in self.store.records_in(first..=end.min(self.whole())) {
            let (place, record) = found.map_err(unreadable)?;
            if place <= wanted && bytes >= READ_BYTES {
                (first, bytes) = (place, 0);
                recorded.clear();
            }
            upto = place;
            let one = entry::recorded(place, &record);
            bytes += one.as_ref().map_or(0, |one| one.wire.len());
            recorded.extend(one);
            if place >= wanted && bytes >= READ_BYTES {
                break;
            }
        }
        let found = recorded.iter().find(|one: &&Recorded| one.place == wanted).cloned();
        memory.keep(first, upto, recorded);
        Ok(found)
    }

    /// The envelopes at these places, in their order.
    pub(super) fn bodies(&self, places: Vec<u64>) -> Result<Vec<Recorded>, Rejection> {
        let mut ordered: Vec<(u64, usize)> = places.into_iter().zip(0..).collect();
        ordered.sort_unstable();
        let mut found = Vec::with_capacity(ordered.len());
        for (place, index) in ordered {
            found.push((index, self.envelope_at(place)?));
        }
        found.sort_unstable_by_key(|(index, _)| *index);
        Ok(found.into_iter().map(|(_, recorded)| recorded).collect())
    }

    pub(super) fn piece(&self, after: u64, limit: usize) -> Result<Piece, Rejection> {
        let whole = self.whole();
        let memory = &self.store.machine().memory;
        let mut piece = Piece { recorded: Vec::new(), upto: after };
        let (mut bytes, end) = (ANSWER_BYTES, whole.min(after.saturating_add(PIECE_RECORDS)));
        while piece.upto < end && piece.recorded.len() < limit && bytes > 0 {
            let room = limit - piece.recorded.len();
            let Some(stretch) = memory.after(piece.upto, room, bytes) else {
                self.read_page(piece.upto + 1)?;
                continue;
            };
            piece.upto = stretch.upto.min(whole);
            let within = stretch.recorded.into_iter().filter(|one| one.place <= whole);
            let from = piece.recorded.len();
            piece.recorded.extend(within);
            let read: usize = piece.recorded[from..].iter().map(|one| one.wire.len()).sum();
            bytes = bytes.saturating_sub(read);
        }
        Ok(piece)
    }

    pub(super) fn page(
        &self,
        subject: &str,
        after: u64,
        limit: usize,
    ) -> Result<Listed, Rejection> {
        let (prefix, next) = (keys::subject(subject), after.saturating_add(1));
        let from = keys::subject_upto(subject, next);
        let values = block::values_for(limit + 1);
        let found = self.store.read(|tx| tx.scan(&prefix, &from, values))?;
        let places = found.iter().flat_map(|(_, value)| block::of_subject(value));
        let whole = self.whole();
        let places = places.filter(|place| (next..=whole).contains(place)).take(limit + 1);
        let places: Vec<u64> = places.collect();
        let (mut recorded, mut bytes) = (Vec::new(), 0);
        for place in places.iter().take(limit) {
            if bytes >= ANSWER_BYTES {
                break;
            }
            let one = self.envelope_at(*place)?;
            bytes += one.wire.len();
            recorded.push(one);
        }
        Ok(Listed { more: recorded.len() < places.len(), recorded })
    }

    /// The last place that was decided before a time. Where the clock has jumped, one of those.
    pub(super) fn place_before(&self, time: Moment) -> Result<u64, Rejection> {
        let (mut low, mut high) = (0, self.whole());
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let record = self.store.record(middle).map_err(unreadable)?;
            if record.is_some_and(|record| record.at_ms < time.0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(low)
    }

    /// What a source was told after a place.
    pub(super) fn told(
        &self,
        source: &Party,
        after: u64,
        limit: usize,
    ) -> Result<Receipts, Rejection> {
        let whole = self.whole();
        let mut senders =
            Senders { engine: self, source: source.to_string(), known: HashMap::new() };
        let tellings = match self.store.machine().memory.told(after, limit) {
            Some(latest) => latest,
            None => self.told_in_record(&senders.source, after, limit)?,
        };
        let mut receipts = Receipts { upto: whole, ..Receipts::default() };
        for Telling { place, noted, followers, proof } in tellings {
            if place > whole {
                break;
            }
            if receipts.receipts.len() + receipts.proofs.len() >= limit {
                return Ok(receipts);
            }
            receipts.upto = place;
            if let Some(proof) = proof {
                let shown = proof.shown(self, place, |series| Ok(senders.to(series)?.is_some()))?;
                receipts.proofs.extend(shown);
            }
            let followers = followers.iter().filter_map(|party| party.parse().ok());
            let followers: Arc<[Party]> = followers.collect();
            for one in noted.iter() {
                receipts.receipts.extend(senders.receipt(place, one, &followers)?);
            }
        }
        Ok(receipts)
    }

    /// The same from the record: only where the index says that there is something. The last telling
    /// is empty, at the place up to which was read.
    fn told_in_record(
        &self,
        source: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Telling>, Rejection> {
        let from = keys::receipts_in(source, block::of(after.saturating_add(1)));
        let blocks = self.store.read(|tx| tx.scan(&keys::receipts(source), &from, 1))?;
        let mut tellings = Vec::new();
        let Some((key, _)) = blocks.first() else { return Ok(tellings) };
        let block = keys::tail(key);
        let (begin, end) = (after.max(block::first(block).saturating_sub(1)), block::last(block));
        let (mut words, mut upto) = (0, end);
        for found in self.store.records_in(begin + 1..=end) {
            let (place, record) = found.map_err(unreadable)?;
            if words >= limit {
                break;
            }
            upto = place;
            let Some(entry) = entry::read(&record) else { continue };
            let telling = Telling::of(place, Some(&entry));
            words += telling.words();
            tellings.push(telling);
        }
        tellings.push(Telling::of(upto, None));
        Ok(tellings)
    }

    pub(super) fn find(&self, name: &Name) -> Result<Located, Rejection> {
        let unknown = || {
            let message = "there is no such envelope in this record";
            Rejection::unknown("UNKNOWN_ENVELOPE", "name", message)
        };
        let place = match name {
            Name::Place(place) => *place,
            Name::Number(source, recipient, number) => self.store.read(|tx| {
                let text = recipient.as_ref().map(ToString::to_string).unwrap_or_default();
                let found = tx.get(&keys::series(&source.to_string(), &text))?;
                let Some(series) = found.and_then(|id| u32::try_from(view::number(Some(&id))).ok())
                else {
                    return Ok(0);
                };
                let places = tx.get(&keys::places(series, block::of(*number)))?;
                Ok(block::place_of(&places.unwrap_or_default(), *number))
            })?,
        };
        if place == 0 || place > self.whole() {
            return Err(unknown());
        }
        let Some(Said::Taken(taken)) = self.entry(place)? else { return Err(unknown()) };
        let (standing, missing) = self.standing(place, &taken)?;
        let accepted_at = Moment(taken.accepted_at_ms);
        Ok(Located {
            recorded: Recorded { place, accepted_at, wire: taken.wire },
            standing,
            missing,
        })
    }

    fn standing(&self, place: u64, taken: &Taken) -> Result<(Standing, Vec<Party>), Rejection> {
        let missing = self.store.read(|tx| {
            let unsettled = tx.get(&keys::unsettled(block::of(place)))?.unwrap_or_default();
            if Unsettled::find(&unsettled, place).is_none() || !taken.is_followed {
                return Ok(Vec::new());
            }
            let mut missing = Vec::new();
            for party in fold::followers(tx)? {
                if tx.number(&keys::committed(&party))? < place {
                    missing.push(party);
                }
            }
            Ok(missing)
        })?;
        if let Some(waiting) = self.in_mailbox(place, &taken.mailbox)? {
            return Ok((self.waits(waiting, taken)?, missing));
        }
        let standing = if missing.is_empty() { Standing::Settled } else { Standing::Acknowledged };
        Ok((standing, missing))
    }

    fn in_mailbox(&self, place: u64, mailbox: &str) -> Result<Option<Waiting>, Rejection> {
        let key = keys::waiting(mailbox, block::of(place));
        let found = self.store.read(|tx| tx.get(&key))?.unwrap_or_default();
        Ok(Waiting::find(&found, place))
    }

    fn waits(&self, waiting: Waiting, taken: &Taken) -> Result<Standing, Rejection> {
        let (party, place) = (taken.mailbox.as_str(), waiting.place);
        if waiting.is_parked {
            let parked = self.store.read(|tx| tx.get(&keys::parked(party, place)))?;
            let parked = parked.and_then(|bytes| Parked::decode(bytes.as_slice()).ok());
            return Ok(Standing::Parked(Moment(parked.map_or(0, |parked| parked.at_ms))));
        }
        let mailbox: Party = party.parse().map_err(unreadable)?;
        if let Some(until) = self.desks().desk(&mailbox).window().until(place) {
            return Ok(Standing::InHand(until));
        }
        let Times { not_before, .. } = self.store.read(|tx| Times::of(tx, party, place))?;
        if not_before > self.now() {
            return Ok(Standing::Early(not_before));
        }
        let first = self.first_of(party, waiting.line)?;
        Ok(if first < place { Standing::Behind(first) } else { Standing::Waiting })
    }

    /// The first place of a subject that waits in a mailbox.
    fn first_of(&self, party: &str, line: u64) -> Result<u64, Rejection> {
        let (prefix, mut from) = (keys::mailbox(party), Vec::new());
        loop {
            let blocks = self.store.read(|tx| tx.scan(&prefix, &from, 16))?;
            let Some((last, _)) = blocks.last() else { return Ok(u64::MAX) };
            from = [&last[..], &[0]].concat();
            let all = blocks.iter().flat_map(|(key, value)| Waiting::all(keys::tail(key), value));
            if let Some(first) = all.into_iter().find(|one| one.line == line) {
                return Ok(first.place);
            }
        }
    }
}

/// Finds out which words are for one source.
struct Senders<'e> {
    engine: &'e Local,
    source: String,
    known: HashMap<u32, Option<Option<Party>>>,
}

impl Senders<'_> {
    /// To whom a series goes, if it is of this source.
    fn to(&mut self, series: u32) -> Result<Option<Option<Party>>, Rejection> {
        if !self.known.contains_key(&series) {
            let found = self.engine.store.read(|tx| fold::series(tx, series))?;
            let ours = found.filter(|(source, _)| *source == self.source);
            self.known.insert(series, ours.map(|(_, recipient)| recipient.parse().ok()));
        }
        Ok(self.known.get(&series).cloned().flatten())
    }

    /// The receipt in a word, if it is for this source.
    fn receipt(
        &mut self,
        at: u64,
        noted: &Noted,
        followers: &Arc<[Party]>,
    ) -> Result<Option<Receipt>, Rejection> {
        let Some(recipient) = self.to(noted.series)? else { return Ok(None) };
        let followers = Arc::clone(followers);
        let fate = match noted.told() {
            Told::Settled => Fate::Settled,
            Told::Skipped => Fate::Skipped,
            Told::Parked => Fate::Parked,
            Told::Expired => Fate::Expired,
        };
        let (place, number) = (noted.place, noted.number);
        Ok(Some(Receipt { receipt_place: at, place, recipient, number, fate, followers }))
    }
}
