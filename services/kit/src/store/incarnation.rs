//! Which incarnation of a log this is: a journal that was restored is another log than before.
//!
//! A restored journal ends earlier than its peers remember. Places beyond its end were acknowledged
//! to senders and followed by others, and will be given to other records. So a restore leaves the
//! file `incarnation` beside the journal, and the log has another id from then on: senders publish
//! again all that they have ever sent, followers begin anew, and both pass over what is there by its
//! number (see `exchange`). The journal keeps its own identity and its chain: what was witnessed of
//! it stays provable.

use std::{fs, io::ErrorKind, path::Path};

use journal::Journal;

use super::Error;

/// The name of the file.
pub const NAME: &str = "incarnation";

/// The longest word that is taken.
const WORD_MAX: usize = 64;

/// The incarnation of the log in a role's folder; none for one that was never restored.
pub(super) fn read(dir: &Path) -> Result<Option<String>, Error> {
    let path = dir.join(NAME);
    let word = match fs::read_to_string(&path) {
        Ok(text) => text.trim().to_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err(Error::Incarnation(path)),
    };
    let is_word =
        (1..=WORD_MAX).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit());
    if is_word { Ok(Some(word)) } else { Err(Error::Incarnation(path)) }
}

pub(super) fn log_id(journal: &Journal, incarnation: Option<&str>) -> String {
    let identity = journal.identity().to_string();
    match incarnation {
        Some(incarnation) => format!("{identity}-{incarnation}"),
        None => identity,
    }
}
