//! The house of a journal that has no store about it: notes that somebody keeps for itself, and of which
//! nobody is told.
//!
//! The same as for a store, and nobody holds it: what is sealed is archived, and what is over the bound
//! goes, the oldest first. Whoever has it looks again and again ([`Bare::look`], every `every`).

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use domain::moment::Moment;
use journal::Journal;

use super::{EVERY_MIN, Error, House, Kept, Tidied, Whose, attic, note, told};

/// A journal, and its house.
pub struct Bare {
    journal: Journal,
    dir: PathBuf,
    house: House,
    /// Whose notes these are, and who must act where they can't be kept within the bound.
    names: (String, String),
    kept: Mutex<Kept>,
}

impl fmt::Debug for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bare").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Bare {
    /// Opens the journal in this folder, or makes it; where a segment ends, the house says. Blocks.
    ///
    /// # Errors
    /// The journal's, and that the archive is not where it is set.
    pub fn open(
        dir: &Path,
        options: journal::Options,
        house: &House,
        (who, owner): (String, String),
    ) -> Result<Bare, Error> {
        if let Some(archive) = &house.archive {
            attic::link(dir, archive, &house.below)?;
        }
        let options = journal::Options { segment_bytes: house.segment_bytes, ..options };
        let journal = Journal::open(dir.join("journal"), options)?;
        let kept = Kept { bound_bytes: house.keep_bytes, ..Kept::default() };
        told::write(dir, &kept);
        let (dir, house, kept) = (dir.to_owned(), house.clone(), Mutex::new(kept));
        Ok(Bare { journal, dir, house, names: (who, owner), kept })
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The folder in which the journal is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What is set.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// How long is waited between two looks.
    pub fn every(&self) -> std::time::Duration {
        self.house.every.max(EVERY_MIN)
    }

    /// What keeping the house has come to.
    pub fn kept(&self) -> Kept {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Archives and trims once, and says where that fails. Blocks on the disk.
    pub fn look(&self, now: Moment) {
        let (who, owner) = &self.names;
        let whose = Whose { who, dir: Some(&self.dir), kept: &self.kept, owner };
        note(&whose, self.tidy(), now);
    }

    fn tidy(&self) -> Result<Tidied, Error> {
        let journal = &self.journal;
        journal.archive()?;
        Ok((journal.trim(journal.last().saturating_add(1), self.house.keep_bytes)?, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_journal_without_a_store_gives_room_back_and_says_what_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let house = House { keep_bytes: 8_192, segment_bytes: 4_096, ..House::default() };
        let names = ("outside/grid".to_owned(), "office/o".to_owned());
        let bare = Bare::open(dir.path(), journal::Options::default(), &house, names).unwrap();
        let fill = async || {
            for _ in 0..100 {
                bare.journal().append(vec![vec![1; 400]]).await.unwrap();
            }
        };
        fill().await;
        bare.look(Moment(5));
        let (room, kept) = (bare.journal().room(), bare.kept());
        assert!(room.journal_bytes <= 8_192 && room.first > 1, "{room:?}");
        assert!(kept.freed_bytes > 0 && kept.hold.is_none() && kept.bound_bytes == 8_192);
        assert!(bare.journal().read(1).unwrap().is_some(), "it is in the archive");
        assert_eq!(Kept::of(dir.path()).unwrap().freed_bytes, kept.freed_bytes);
        // A copy that is not what it was lets nothing go.
        let copy = dir.path().join("archive").join(format!("{:020}.seg", room.first));
        assert!(copy.exists(), "{}", copy.display());
        std::fs::write(&copy, "rotten").unwrap();
        fill().await;
        bare.look(Moment(6));
        let hold = bare.kept().hold.unwrap();
        assert_eq!((hold.by.as_str(), hold.since), ("archive", Moment(6)));
        assert_eq!(bare.journal().room().first, room.first);
    }
}
