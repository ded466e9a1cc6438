//! `muster disk`: how much room each role takes, whether it runs or not.
//!
//! It reads names and lengths, the last segment of each journal, and what the role has said last about
//! keeping its journal within its bound; it opens and changes nothing. The archive is all of the past
//! and has no bound.

use std::{fs, io, path::Path, process::ExitCode};

use anyhow::Context;
use kit::store::{Hold, Kept, weight};
use serde_json::json;

use crate::{cli::Disk, output::Output};

/// How deep journals may lie in the data folder.
const DEPTH_MAX: usize = 5;
/// What lies beside a journal and has none.
const OTHERS: [&str; 4] = ["journal", "archive", "view", "evidence"];

/// `muster disk`
pub fn run(asked: &Disk) -> anyhow::Result<ExitCode> {
    let output = Output::new(asked.output);
    let mut roles = Vec::new();
    find(&asked.data, Path::new(""), &mut roles, 0)?;
    anyhow::ensure!(!roles.is_empty(), "there is no journal in {}", asked.data.display());
    output.tell(line("ROLE", ["JOURNAL", "BOUND", "ARCHIVE", "VIEW", "EVIDENCE"], "PLACES KEPT"));
    let mut total = [0; 5];
    for role in roles {
        let dir = asked.data.join(&role);
        let room = journal::room(dir.join("journal"))?;
        let (view, evidence) = (weight(&dir.join("view"))?, weight(&dir.join("evidence"))?);
        let kept = Kept::of(&dir)?;
        let bytes = [room.journal_bytes, kept.bound_bytes, room.archive_bytes, view, evidence];
        (0..5).for_each(|at| total[at] += bytes[at]);
        let places = format!("{} to {}, archived to {}", room.first, room.last, room.archived);
        let object = json!({
            "role": role, "journal_bytes": bytes[0], "bound_bytes": bytes[1],
            "archive_bytes": bytes[2], "view_bytes": bytes[3], "evidence_bytes": bytes[4],
            "first_place": room.first, "last_place": room.last, "archived_place": room.archived,
            "freed_bytes": kept.freed_bytes, "held": kept.hold,
        });
        output.say(line(&role, bytes.map(shown), &places), "disk", object);
        if let Some(Hold { by, why, .. }) = kept.hold {
            output.tell(format!("  held by {by}: {why}"));
        }
    }
    output.tell(line("all", total.map(shown), ""));
    Ok(ExitCode::SUCCESS)
}

fn line<T: std::fmt::Display>(role: &str, bytes: [T; 5], places: &str) -> String {
    let bytes = bytes.map(|bytes| format!("{bytes:>10}")).join(" ");
    format!("{role:<32} {bytes}  {places}")
}

/// The folders that hold a journal, by their names in the data folder; one role may have several, as what
/// it keeps of the dealings with each system outside.
fn find(data: &Path, under: &Path, roles: &mut Vec<String>, depth: usize) -> anyhow::Result<()> {
    let dir = data.join(under);
    let entries = fs::read_dir(&dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = entries.with_context(|| format!("can't read {}", dir.display()))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let has_journal = dir.join("journal").is_dir();
    if has_journal {
        roles.push(under.display().to_string());
    }
    for entry in entries.iter().filter(|_| depth < DEPTH_MAX) {
        let is_other = OTHERS.iter().any(|name| entry.file_name() == *name);
        if entry.file_type()?.is_dir() && !(has_journal && is_other) {
            find(data, &under.join(entry.file_name()), roles, depth + 1)?;
        }
    }
    Ok(())
}

/// Bytes as people read them.
pub(crate) fn shown(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let unit = UNITS.iter().find(|(_, size)| bytes >= *size);
    unit.map_or(format!("{bytes} B"), |(name, size)| {
        format!("{}.{} {name}", bytes / size, bytes % size * 10 / size)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Format;

    #[test]
    fn bytes_are_shown_in_the_largest_unit_that_fits() {
        for (bytes, expected) in
            [(0, "0 B"), (1_023, "1023 B"), (1_536, "1.5 KiB"), (3 << 30, "3.0 GiB")]
        {
            assert_eq!(shown(bytes), expected);
        }
    }

    #[test]
    fn roles_are_found_where_they_lie_and_nothing_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let asked = Disk { data: dir.path().to_owned(), output: Format::Json };
        assert!(run(&asked).is_err());
        let unit = dir.path().join("units/fire");
        let options = journal::Options { segment_bytes: 2_048, ..Default::default() };
        let journal = journal::Journal::open(unit.join("journal"), options).unwrap();
        (0..60).for_each(|_| assert!(journal.append_blocking(vec![vec![1; 99]]).is_ok()));
        journal.archive().unwrap();
        journal.trim(30, 0).unwrap();
        assert_eq!(journal::room(unit.join("journal")).unwrap(), journal.room());
        let mut roles = Vec::new();
        find(dir.path(), Path::new(""), &mut roles, 0).unwrap();
        assert_eq!(roles, ["units/fire"]);
        let outside = unit.join("outside/grid");
        drop(journal::Journal::open(outside.join("journal"), Default::default()).unwrap());
        roles.clear();
        find(dir.path(), Path::new(""), &mut roles, 0).unwrap();
        assert_eq!(roles, ["units/fire", "units/fire/outside/grid"]);
        run(&asked).unwrap();
        // What a role has said about its house is shown, whatever it is.
        fs::write(unit.join("house.json"), r#"{"bound_bytes": 7}"#).unwrap();
        assert_eq!(Kept::of(&unit).unwrap().bound_bytes, 7);
        fs::write(unit.join("house.json"), "no JSON").unwrap();
        run(&asked).unwrap();
        assert!(!unit.join("view").exists());
    }
}
