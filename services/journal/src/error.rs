//! What can go wrong, with one variant for each thing a caller can do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why the journal did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A batch without records: there is no place to return. Send at least one.
    #[error("a batch needs at least one record")]
    Empty,
    /// The record or the batch is over its limit; nothing was kept. Send less at once.
    #[error("{bytes} bytes are over the limit of {limit}")]
    TooLarge {
        /// The size of the record, or of the batch with its frames.
        bytes: usize,
        /// The limit that was set in the options.
        limit: usize,
    },
    /// The disk is full; nothing was kept. Make room and append again.
    #[error("the disk is full; nothing was kept")]
    DiskFull,
    /// A write or a sync failed, and the journal takes nothing more until it is opened again.
    /// Whether the records of this append survive is unknown until then.
    #[error("the journal has failed and must be opened again: {reason}")]
    Failed {
        /// The first failure.
        reason: String,
    },
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
    /// Somebody else has this journal open.
    #[error("{} is open elsewhere", .dir.display())]
    Locked {
        /// The directory of the journal.
        dir: PathBuf,
    },
    /// What was synced is no longer what is on disk. Restore it from a copy.
    #[error(transparent)]
    Damaged(#[from] Box<Damage>),
    /// A file of another journal, or in a format this program does not read.
    #[error("{}: {found}; right would be {right}", .file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What is there.
        found: String,
        /// What this journal would accept.
        right: String,
    },
    /// The operating system refused something while opening or reading.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Where the record is broken, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: damaged at byte {offset}, place {place}: {found}; right would be {right}", .file.display())]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// The byte in it.
    pub offset: u64,
    /// The first place that cannot be read.
    pub place: u64,
    /// What is there.
    pub found: String,
    /// What would be right.
    pub right: String,
}

impl From<Damage> for Error {
    fn from(damage: Damage) -> Error {
        Error::Damaged(Box::new(damage))
    }
}

/// Names the action and the path in an I/O error: `.map_err(during("open", &path))`.
pub(crate) fn during(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { action, path, source }
}
