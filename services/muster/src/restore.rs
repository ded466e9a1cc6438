//! `muster restore`: a data folder from a backup, or none at all.
//!
//! Everything is unpacked beside the folder, held against the manifest, every journal is verified
//! from its first record to its last, evidence against its own name, and all is synced; only then
//! does the folder get its name, by one rename. A member that the manifest does not name, a name that
//! leads out of the folder, and whatever is no plain file are refused.
//!
//! Each role's log becomes another incarnation (see `kit::store::incarnation`): its peers remember
//! more of it than it has.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, BufReader, Read},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Component, Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use kit::store::incarnation;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    backup::{FORMAT, Hashing, Head, MANIFEST, Member, hex},
    cli::Restore,
    output::Output,
};

/// The largest manifest that is read.
const MANIFEST_MAX: u64 = 256 << 20;

/// `muster restore`
pub fn run(asked: &Restore) -> anyhow::Result<ExitCode> {
    let is_free = !asked.data.exists() || is_empty(&asked.data)?;
    anyhow::ensure!(is_free, "{} is not empty; name a new folder", asked.data.display());
    let beside = asked.data.with_added_extension("restoring");
    anyhow::ensure!(
        !beside.exists(),
        "{} is left from a restore that did not end; remove it first",
        beside.display()
    );
    let restored = unpack(&asked.file, &beside).and_then(|found| settle(asked, &beside, found));
    if restored.is_err() && beside.exists() {
        drop(fs::remove_dir_all(&beside));
    }
    restored.map(|()| ExitCode::SUCCESS)
}

fn is_empty(dir: &Path) -> anyhow::Result<bool> {
    let mut entries =
        fs::read_dir(dir).with_context(|| format!("{} is no folder", dir.display()))?;
    Ok(entries.next().is_none())
}

/// What a backup holds, after every byte of it was held against its manifest.
struct Found {
    head: Head,
    members: Vec<Member>,
    sha256: String,
}

fn unpack(file: &Path, into: &Path) -> anyhow::Result<Found> {
    let open = File::open(file).with_context(|| format!("can't read {}", file.display()))?;
    make_dir(into)?;
    let mut tar = tar::Archive::new(BufReader::new(open));
    let (mut found, mut manifest) = (BTreeMap::new(), None);
    for entry in tar.entries()? {
        let mut entry = entry.with_context(|| format!("{} is damaged", file.display()))?;
        let name = entry.path()?.to_str().context("a name is not UTF-8")?.to_owned();
        anyhow::ensure!(manifest.is_none(), "{name} comes after the manifest");
        let is_file = entry.header().entry_type().is_file();
        anyhow::ensure!(is_file && is_plain(&name), "{name} is no plain file inside the folder");
        if name == MANIFEST {
            manifest = Some(read_manifest(&mut entry)?);
            continue;
        }
        let member = write_member(&name, &mut entry, into)?;
        anyhow::ensure!(found.insert(name.clone(), member).is_none(), "{name} is there twice");
    }
    let (head, members, sha256) =
        manifest.context("the backup has no end: its manifest is missing")?;
    for member in &members {
        let real = found.remove(&member.name);
        let real = real.with_context(|| format!("{} is missing", member.name))?;
        anyhow::ensure!(
            real == *member,
            "{} has {} bytes and SHA-256 {}, the manifest says {} and {}",
            member.name,
            real.bytes,
            real.sha256,
            member.bytes,
            member.sha256
        );
    }
    if let Some(name) = found.keys().next() {
        anyhow::bail!("{name} is not in the manifest");
    }
    Ok(Found { head, members, sha256 })
}

/// Whether a name stays inside the folder.
fn is_plain(name: &str) -> bool {
    let path = Path::new(name);
    name.len() <= 1_024
        && path.components().count() > 0
        && path.components().all(|part| matches!(part, Component::Normal(_)))
}

fn read_manifest(entry: &mut impl Read) -> anyhow::Result<(Head, Vec<Member>, String)> {
    let mut text = String::new();
    entry.take(MANIFEST_MAX).read_to_string(&mut text).context("the manifest can't be read")?;
    let mut lines = text.lines();
    let head: Head = serde_json::from_str(lines.next().unwrap_or_default())
        .context("the manifest has no first line")?;
    let format = &head.format;
    anyhow::ensure!(format == FORMAT, "the backup is {format}, this program reads {FORMAT}");
    let members: Result<Vec<Member>, _> = lines.map(serde_json::from_str).collect();
    let members = members.context("the manifest is damaged")?;
    let (count, right) = (members.len() as u64, head.members);
    anyhow::ensure!(count == right, "the manifest has {count} members and says {right}");
    Ok((head, members, hex(&Sha256::digest(&text))))
}

fn write_member(name: &str, entry: &mut impl Read, into: &Path) -> anyhow::Result<Member> {
    let path = into.join(name);
    make_dir(path.parent().context("a member has no folder")?)?;
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(if name.ends_with(".pem") { 0o644 } else { 0o600 })
        .open(&path)
        .with_context(|| format!("can't write {}", path.display()))?;
    let mut hashing = Hashing { source: entry, hash: Sha256::new(), read: 0 };
    io::copy(&mut hashing, &mut file).with_context(|| format!("{name} can't be copied"))?;
    file.sync_all()?;
    let sha256 = hex(&hashing.hash.finalize());
    Ok(Member { name: name.to_owned(), bytes: hashing.read, sha256 })
}

fn make_dir(dir: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("can't make {}", dir.display()))
}

/// Verifies what only its content proves, gives every log its incarnation, and puts all in place.
fn settle(asked: &Restore, beside: &Path, found: Found) -> anyhow::Result<()> {
    let output = Output::new(asked.output);
    let mut records = 0;
    let word = hex(&rand::random::<[u8; 8]>());
    let roles = roles(&found.members);
    for role in &roles {
        let dir = beside.join(role);
        let verified = journal::verify(dir.join("journal"))?;
        anyhow::ensure!(
            verified.torn_bytes == 0,
            "{}: {} bytes at the end are no record",
            role.display(),
            verified.torn_bytes
        );
        let path = dir.join(incarnation::NAME);
        fs::write(&path, &word).and_then(|()| File::open(&path)?.sync_all())?;
        let name = role.display().to_string();
        output.tell(format!("{name:<32} {:>12} records, every link holds", verified.records));
        records += verified.records;
    }
    for member in &found.members {
        check_evidence(member)?;
    }
    sync_dirs(beside)?;
    fs::rename(beside, &asked.data)
        .with_context(|| format!("can't put {} in place", asked.data.display()))?;
    let parent = asked.data.parent().filter(|dir| !dir.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    let (count, data) = (found.members.len(), asked.data.display());
    let city = found.head.city.unwrap_or_default();
    let text = format!("{count} files in {data}; city {city}\nmanifest {}", found.sha256);
    let object = json!({
        "data": asked.data, "city": city, "at": found.head.at, "members": count,
        "journals": roles.len(), "records": records, "incarnation": word,
        "manifest_sha256": found.sha256,
    });
    output.say(text, "backup_restored", object);
    Ok(())
}

/// The folders of roles: those that hold a journal.
fn roles(members: &[Member]) -> Vec<PathBuf> {
    let journals = members.iter().filter_map(|member| {
        let dir = Path::new(&member.name).parent()?;
        (dir.file_name()? == "journal").then(|| dir.parent().map(Path::to_owned))?
    });
    let mut roles: Vec<PathBuf> = journals.collect();
    roles.sort();
    roles.dedup();
    roles
}

/// Evidence is named by what it is: `evidence/<2 hex>/<64 hex>`.
fn check_evidence(member: &Member) -> anyhow::Result<()> {
    let parts: Vec<&str> = member.name.rsplit('/').take(3).collect();
    let [name, _, "evidence"] = parts[..] else { return Ok(()) };
    let is_address = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_right = !is_address || name == member.sha256;
    anyhow::ensure!(is_right, "{} is not what its name says", member.name);
    Ok(())
}

fn sync_dirs(dir: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_dirs(&entry.path())?;
        }
    }
    Ok(File::open(dir)?.sync_all()?)
}

#[cfg(test)]
mod tests;
