//! The room that a record takes, what keeps it, and who reads what is only in the archive.

use domain::{moment::Moment, party::Party};

/// How many readers are named at most.
pub const BEHIND_MAX: usize = 100;

/// What an engine's record takes on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// What the record itself may take; what is over it goes once it is in the archive.
    pub bound_bytes: u64,
    /// What the record itself takes.
    pub journal_bytes: u64,
    /// What the archive takes: all of the past, without a bound.
    pub archive_bytes: u64,
    /// What the view takes.
    pub view_bytes: u64,
    /// Bytes that are free on the archive's disk.
    pub archive_free_bytes: u64,
    /// The oldest place that is in the record itself.
    pub first: u64,
    /// The last place that is in the archive; 0 if nothing is.
    pub archived: u64,
    /// When it was looked at last.
    pub looked: Option<Moment>,
    /// How many bytes came back since the engine was started.
    pub freed_bytes: u64,
    /// What keeps the record over its bound, or out of its archive.
    pub hold: Option<Hold>,
    /// Who has still to read what is only in the archive; at most [`BEHIND_MAX`].
    pub behind: Vec<Behind>,
}

/// Why room does not come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Who holds it.
    pub by: String,
    /// Why, and what to do.
    pub why: String,
    /// Since when.
    pub since: Moment,
}

/// Somebody who has still to read what is only in the archive. It holds nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Behind {
    /// Who.
    pub reader: Reader,
    /// The first place that it has not got.
    pub place: u64,
}

/// Somebody who reads a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// What waits in this party's mailbox.
    Mailbox(Party),
    /// A mandatory follower.
    Follower(Party),
    /// A subscriber, by its party and name.
    Subscriber(Party, String),
}
