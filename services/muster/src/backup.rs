//! `muster backup`: a running system in one file.
//!
//! One moment is drawn, and then every journal is taken up to it (see `journal::beginning`): what a
//! role has received by then, another has sent by then, so the whole is what a power cut of all at
//! that moment could have left. Evidence is on disk before anything refers to it and is taken after
//! the journals. What is left out can be made again: views, logs, Temporal's database, doors.
//!
//! The file is a tar archive. Each member is streamed, never held in memory; the last one,
//! `MANIFEST`, names all others with length and SHA-256, and says how many there are, so a file that
//! was cut short is known by its missing end. It is written beside its name, synced and renamed.
//! It knows no compression: evidence has its own, and journals are read by any verifier.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use journal::Beginning;
use kit::{clock::Clock, identity::Authority};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{cli::Backup, output::Output};

/// What the manifest begins with.
pub(crate) const FORMAT: &str = "muster-backup-1";
/// The name of the manifest.
pub(crate) const MANIFEST: &str = "MANIFEST";
/// How deep folders may lie in each other.
const DEPTH_MAX: usize = 8;
/// Folders that are made again.
const LEFT_OUT: [&str; 2] = ["view", "temporal"];
/// The same beside a journal: its archive, which is elsewhere; and telephone numbers, which must not
/// outlive their retention in a copy.
const BESIDE_A_JOURNAL: [&str; 2] = ["archive", "contacts"];

/// The first line of the manifest.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) format: String,
    /// The id of the city, by whose pack the system ran; none when there is no authority.
    pub(crate) city: Option<String>,
    /// The moment, in milliseconds since 1970 UTC.
    pub(crate) at: i64,
    /// How many members follow.
    pub(crate) members: u64,
}

/// One member, a line of the manifest.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// `muster backup`
pub fn run(asked: &Backup) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(asked.data.is_dir(), "{} is no folder", asked.data.display());
    anyhow::ensure!(!asked.out.exists(), "{} is there already", asked.out.display());
    // The millisecond that is over: in the one that runs, an effect could be taken and its cause not.
    let at = Clock::system().now().0 - 1;
    let (mut journals, mut files) = (Vec::new(), Vec::new());
    survey(&asked.data, Path::new(""), at, &mut journals, &mut files, 0)?;
    anyhow::ensure!(!journals.is_empty(), "there is no journal in {}", asked.data.display());
    let beside = asked.out.with_added_extension("part");
    let written = write(asked, at, &journals, &files, &beside);
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    let (members, sha256) = written?;
    say(asked, at, &journals, &members, &sha256);
    Ok(ExitCode::SUCCESS)
}

/// A role's journal, and where its folder is in the data folder.
type Taken = (PathBuf, Beginning);

/// Finds journals, and takes them at once; and all other files, which are read later.
fn survey(
    data: &Path,
    under: &Path,
    at: i64,
    journals: &mut Vec<Taken>,
    files: &mut Vec<PathBuf>,
    depth: usize,
) -> anyhow::Result<()> {
    anyhow::ensure!(depth < DEPTH_MAX, "{} lies too deep", data.join(under).display());
    let dir = data.join(under);
    let mut entries: Vec<_> = fs::read_dir(&dir)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .with_context(|| format!("can't read {}", dir.display()))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let has_journal = dir.join("journal").is_dir();
    for entry in entries {
        let (name, path) = (entry.file_name(), under.join(entry.file_name()));
        let name = name.to_str().context("a name is not UTF-8")?;
        let kind = entry.file_type()?;
        if kind.is_dir() && name == "journal" {
            journals.push((under.to_owned(), journal::beginning(dir.join(name), at)?));
        } else if kind.is_dir()
            && (LEFT_OUT.contains(&name) || (has_journal && BESIDE_A_JOURNAL.contains(&name)))
        {
            continue;
        } else if kind.is_dir() {
            survey(data, &path, at, journals, files, depth + 1)?;
        } else if kind.is_file() && is_kept(name) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file is part of the truth; what is half written or made at every start is not.
fn is_kept(name: &str) -> bool {
    let is_made = ["endpoints.json", "worker.toml", "LOCK", ".lock"].contains(&name);
    // Telephone numbers of people are in no copy, also where somebody keeps them here.
    if name == "addresses.csv" {
        return false;
    }
    let ends = [".log", ".tmp", ".part"];
    !is_made && !ends.iter().any(|end| name.ends_with(end))
}

fn write(
    asked: &Backup,
    at: i64,
    journals: &[Taken],
    files: &[PathBuf],
    beside: &Path,
) -> anyhow::Result<(Vec<Member>, String)> {
    let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(beside);
    let file = file.with_context(|| format!("can't write {}", beside.display()))?;
    let mut backup = Writer { tar: tar::Builder::new(file), at, members: Vec::new() };
    for (under, taken) in journals {
        for part in &taken.parts {
            backup.add(&under.join(&part.name), part.bytes, part.open()?)?;
        }
        if let Some(manifest) = &taken.manifest {
            let name = under.join("archive/MANIFEST");
            backup.add(&name, manifest.len() as u64, manifest.as_slice())?;
        }
    }
    for path in files {
        let whole = asked.data.join(path);
        let file = File::open(&whole).with_context(|| format!("can't read {}", whole.display()))?;
        backup.add(path, file.metadata()?.len(), file)?;
    }
    let city = Authority::open(&asked.data.join("identity")).ok();
    let city = city.map(|authority| authority.city().to_string());
    let (file, members, sha256) = backup.finish(city)?;
    file.sync_all()?;
    fs::rename(beside, &asked.out)?;
    let dir = asked.out.parent().filter(|dir| !dir.as_os_str().is_empty());
    File::open(dir.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok((members, sha256))
}

struct Writer {
    tar: tar::Builder<File>,
    at: i64,
    members: Vec<Member>,
}

impl Writer {
    /// Adds the first `bytes` of a source; one that has fewer was cut meanwhile and is an error.
    fn add(&mut self, name: &Path, bytes: u64, source: impl Read) -> anyhow::Result<()> {
        let name = name.to_str().context("a name is not UTF-8")?.to_owned();
        let mut hashing = Hashing { source: source.take(bytes), hash: Sha256::new(), read: 0 };
        self.tar
            .append_data(&mut self.header(bytes), &name, &mut hashing)
            .with_context(|| format!("{name} can't be copied"))?;
        anyhow::ensure!(hashing.read == bytes, "{name} became shorter while it was copied");
        let sha256 = hex(&hashing.hash.finalize());
        self.members.push(Member { name, bytes, sha256 });
        Ok(())
    }

    fn header(&self, bytes: u64) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(self.at / 1_000).unwrap_or(0));
        header
    }

    /// Adds the manifest; its hash commits to everything.
    fn finish(mut self, city: Option<String>) -> anyhow::Result<(File, Vec<Member>, String)> {
        let members = self.members.len() as u64;
        let head = Head { format: FORMAT.to_owned(), city, at: self.at, members };
        let mut text = serde_json::to_string(&head)? + "\n";
        for member in &self.members {
            text += &(serde_json::to_string(member)? + "\n");
        }
        let mut header = self.header(text.len() as u64);
        self.tar.append_data(&mut header, MANIFEST, text.as_bytes())?;
        let mut file = self.tar.into_inner()?;
        file.flush()?;
        Ok((file, self.members, hex(&Sha256::digest(&text))))
    }
}

/// A source that is hashed as it is read.
pub(crate) struct Hashing<R> {
    pub(crate) source: R,
    pub(crate) hash: Sha256,
    pub(crate) read: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.read += read as u64;
        Ok(read)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn say(asked: &Backup, at: i64, journals: &[Taken], members: &[Member], sha256: &str) {
    let output = Output::new(asked.output);
    for (under, taken) in journals {
        output.tell(format!("{:<32} {:>12} records", under.display().to_string(), taken.last));
    }
    let bytes: u64 = members.iter().map(|member| member.bytes).sum();
    let (count, out) = (members.len(), asked.out.display());
    let text = format!("{count} files, {bytes} bytes in {out}\nmanifest {sha256}");
    let records: u64 = journals.iter().map(|(_, taken)| taken.last).sum();
    let object = json!({
        "file": asked.out, "at": at, "members": count, "bytes": bytes, "journals": journals.len(),
        "records": records, "manifest_sha256": sha256,
    });
    output.say(text, "backup_written", object);
}
