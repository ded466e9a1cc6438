//! The snapshot of a store's view: `view.snapshot` in its folder, made while it runs, and used when a
//! view has to be made anew.
//!
//! A new one is made when so many records were folded since the last, and a quarter of all: with a
//! record that grows for years the cost stays in proportion, and what is folded again after a boot is
//! a fifth of it at most. A snapshot that is not right is passed over: the view is made from the first
//! record on, as without it.

use std::path::{Path, PathBuf};

use journal::Journal;

use super::{Error, Machine, Shared};
use crate::view::{Mark, Origin, View};

fn path(view: &Path) -> PathBuf {
    view.with_file_name("view.snapshot")
}

/// Whether there is one beside a view.
pub(super) fn is_there(view: &Path) -> bool {
    path(view).exists()
}

/// The mark at a place of this journal.
fn mark(journal: &Journal, origin: &Origin, place: u64) -> Option<Mark> {
    let hash = journal.read(place).ok()??.hash;
    Some(Mark { journal: origin.journal, layout: origin.layout, place, hash })
}

/// A new view: from the snapshot, where there is one that belongs to this journal.
pub(super) fn make(dir: &Path, origin: &Origin, journal: &Journal) -> Result<View, Error> {
    let path = path(dir);
    if let Some(found) = Mark::of(&path) {
        if mark(journal, origin, found.place).as_ref() == Some(&found)
            && let Some(view) = View::make_from(dir, origin, &path)?
        {
            tracing::info!(place = found.place, dir = %dir.display(), "the view is from its snapshot");
            return Ok(view);
        }
        tracing::warn!(path = %path.display(), "a snapshot that is not right is passed over");
    }
    Ok(View::make(dir, origin)?)
}

/// Makes a new snapshot if it is time.
pub(super) fn keep<M: Machine>(shared: &Shared<M>, records: u64) -> Result<(), Error> {
    let (dir, origin) = (shared.held.dir(), shared.held.origin());
    let (path, view) = (path(dir), shared.held.view()?);
    let last = Mark::of(&path).filter(|found| found.journal == origin.journal);
    let last = last.map_or(0, |found| found.place);
    let due = last.saturating_add(records.max(last / 4));
    if view.upto() < due {
        return Ok(());
    }
    view.snapshot(&path, |place| mark(&shared.journal, origin, place))?;
    tracing::info!(path = %path.display(), "a snapshot of the view");
    Ok(())
}
