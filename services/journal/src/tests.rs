//! Tests of the whole journal, by what they take away: power, room, bits, other people's files.

mod archive;
mod cuts;
mod damage;
mod disk;
mod flow;
mod full;
mod properties;
mod reserved;

use std::path::Path;
use std::sync::Arc;

use crate::disk::Disk;
use crate::{Journal, Options, Record};

/// Small segments, so that a few records already rotate; a clock that stands still.
fn small() -> Options {
    Options { segment_bytes: 2048, clock: Arc::new(|| 1_700_000_000_000), ..Options::default() }
}

fn open(disk: &impl CloneDisk, options: Options) -> Result<Journal, crate::Error> {
    Journal::open_on(disk.shared(), Path::new("/var/journal"), options)
}

/// Disks that the tests keep a hand on while the journal uses them.
trait CloneDisk {
    fn shared(&self) -> Arc<dyn Disk>;
}

impl<D: Disk + Clone + 'static> CloneDisk for D {
    fn shared(&self) -> Arc<dyn Disk> {
        Arc::new(self.clone())
    }
}

fn bodies(journal: &Journal) -> Result<Vec<Vec<u8>>, crate::Error> {
    journal.scan(1).map(|record| record.map(|record: Record| record.body)).collect()
}

fn body(place: u64, bytes: usize) -> Vec<u8> {
    let seed = place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..bytes).map(|at| (seed >> (at % 8 * 8)) as u8 ^ at as u8).collect()
}
