//! What an authority has issued and revoked: `issued.jsonl` in its folder, one entry a line.
//!
//! A line is on disk before the certificate is handed out, and before a revocation is in a list; a
//! line that was cut off by a crash was never acknowledged and is dropped by the next one. Lines are
//! only added: what was issued and revoked, when, by whom and why stays readable with any tool.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use domain::{moment::Moment, party::Party};
use serde::{Deserialize, Serialize};

use super::{Error, file};

/// The name of the file.
const NAME: &str = "issued.jsonl";

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Its serial number in hexadecimal digits.
    pub serial: String,
    /// The authority's name.
    pub authority: String,
    /// For whom.
    pub party: Party,
    /// From when it counts.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// The folder that it was written to, `.` for the authority's own; none when it was handed out in memory.
    pub dir: Option<PathBuf>,
}

/// That a certificate counts no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Which one.
    pub serial: String,
    /// Since when.
    pub at: Moment,
    /// Why.
    pub reason: String,
    /// Who has said so.
    pub by: String,
}

/// What is known of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// That it was issued.
    pub issued: Issued,
    /// That it was revoked, if it was.
    pub revoked: Option<Revoked>,
}

impl Known {
    /// Whether it counts at this moment.
    pub fn is_good(&self, now: Moment) -> bool {
        self.revoked.is_none() && self.issued.from <= now && now < self.issued.until
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    Issued(Issued),
    Revoked(Revoked),
}

/// The register of the authority in a folder.
pub(super) struct Register {
    path: PathBuf,
    /// All certificates in the order in which they were issued.
    pub(super) known: Vec<Known>,
    places: BTreeMap<String, usize>,
    /// How many revocations there are; it never goes back.
    pub(super) revocations: u64,
    /// How much of the file is whole lines.
    whole: u64,
}

impl Register {
    pub(super) fn read(dir: &Path) -> Result<Register, Error> {
        let path = dir.join(NAME);
        let text = if path.exists() { file::read(&path)? } else { String::new() };
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let (known, places) = (Vec::new(), BTreeMap::new());
        let mut register = Register { path, known, places, revocations: 0, whole: whole as u64 };
        for (at, line) in text[..whole].lines().enumerate() {
            let wrong = |_| Error::Register { path: register.path.clone(), line: at + 1 };
            let entry = serde_json::from_str(line).map_err(wrong)?;
            register.note(entry);
        }
        Ok(register)
    }

    /// Adds an entry, on disk; the caller holds the lock of the folder and has read under it.
    pub(super) fn add(&mut self, entry: Entry) -> Result<(), Error> {
        let mut line = serde_json::to_string(&entry).map_err(|_| Error::List("no entry"))?;
        line.push('\n');
        self.append(line.as_bytes()).map_err(file::at(&self.path))?;
        self.whole += line.len() as u64;
        self.note(entry);
        Ok(())
    }

    fn append(&self, line: &[u8]) -> std::io::Result<()> {
        let mut options = File::options();
        let options = options.write(true).create(true).truncate(false);
        let mut file = options.mode(0o600).open(&self.path)?;
        file.set_len(self.whole)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(line)?;
        file.sync_all()?;
        if self.whole == 0 {
            // Its name is new.
            File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    }

    fn note(&mut self, entry: Entry) {
        match entry {
            Entry::Issued(issued) => {
                self.places.insert(issued.serial.clone(), self.known.len());
                self.known.push(Known { issued, revoked: None });
            }
            Entry::Revoked(revoked) => {
                self.revocations += 1;
                let place = self.places.get(&revoked.serial);
                if let Some(known) = place.and_then(|place| self.known.get_mut(*place)) {
                    known.revoked.get_or_insert(revoked);
                }
            }
        }
    }

    /// The one that was issued last to a party.
    pub(super) fn last_of(&self, party: &Party) -> Option<&Known> {
        self.known.iter().rev().find(|known| known.issued.party == *party)
    }
}
