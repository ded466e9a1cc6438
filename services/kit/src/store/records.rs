//! Reading the records of a store, by place. Blocks on the disk.

use std::ops::RangeInclusive;

use proto::record::Record;

use super::{Error, Machine, Store, writer};

impl<M: Machine> Store<M> {
    /// The record at a place.
    pub fn record(&self, place: u64) -> Result<Option<Record>, Error> {
        let found = self.shared.journal.read(place)?;
        found.map(|found| writer::decode(place, found.body)).transpose()
    }

    /// The records after a place, one by one as they are asked for; who reads bounds it.
    pub fn records(&self, place: u64) -> impl Iterator<Item = Result<(u64, Record), Error>> {
        self.shared.journal.scan(place.saturating_add(1)).map(|found| {
            let found = found?;
            Ok((found.place, writer::decode(found.place, found.body)?))
        })
    }

    /// The records among these places, as far as there are any; held against their checksums, and
    /// not against the chain.
    pub fn records_in(
        &self,
        places: RangeInclusive<u64>,
    ) -> impl Iterator<Item = Result<(u64, Record), Error>> {
        self.shared.journal.bodies(places).map(|found| {
            let (place, body) = found?;
            Ok((place, writer::decode(place, body)?))
        })
    }

    /// The records after a place, at most `limit`, with their places; for watchers.
    pub fn records_after(&self, place: u64, limit: usize) -> Result<Vec<(u64, Record)>, Error> {
        self.records(place).take(limit).collect()
    }
}
