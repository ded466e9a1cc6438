//! What can be set when a journal is opened. Everything has a limit.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::format::Identity;

/// Tells the time of writing, in milliseconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How much opening verifies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Every record of the last segment; of the others the header, the length and the last
    /// record. Damage elsewhere is found when it is read.
    #[default]
    Tail,
    /// Every record.
    Full,
}

/// The settings of a journal.
#[derive(Clone)]
pub struct Options {
    /// Which journal this is. When it is created: the identity it gets (default: random). When it
    /// exists: the identity it must have (default: any).
    pub identity: Option<Identity>,
    /// The folder of the archive. Default: `archive` beside the journal's folder.
    pub archive: Option<PathBuf>,
    /// How much opening verifies. Default: the tail.
    pub verify: Depth,
    /// The largest record. Default: 4 MiB; never more than 1 GiB.
    pub max_record_bytes: usize,
    /// The largest batch, frames included; also where a group stops growing. Default: 16 MiB.
    pub max_batch_bytes: usize,
    /// How many appends may wait before `append` itself waits. Default: 1,024.
    pub queue_length: usize,
    /// Where a segment ends; one write may be longer than that. Default: 64 MiB.
    pub segment_bytes: u64,
    /// How much room is made at once ahead of the records, so that a sync has no length to write;
    /// never beyond the end of the segment, and none where the disk has less than eight times of it.
    /// Default: 4 MiB.
    pub room_bytes: u64,
    /// The clock that dates the records. Default: the system's.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            identity: None,
            archive: None,
            verify: Depth::Tail,
            max_record_bytes: 4 << 20,
            max_batch_bytes: 16 << 20,
            queue_length: 1024,
            segment_bytes: 64 << 20,
            room_bytes: 4 << 20,
            clock: Arc::new(system_millis),
        }
    }
}

impl Options {
    /// The record limit that holds: the format has 32 bits for a length.
    pub(crate) fn record_limit(&self) -> usize {
        self.max_record_bytes.min(1 << 30)
    }
}

fn system_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
