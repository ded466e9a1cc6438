//! `muster audit`: what a journal and its archive hold, proved without any role running.

use std::{path::Path, process::ExitCode};

use serde_json::json;

use crate::output::Output;

/// Checks a journal from its first record to its last.
pub fn verify(dir: &Path, output: Output) -> anyhow::Result<ExitCode> {
    let verified = journal::verify(dir)?;
    let hash: String = verified.last_hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let (records, segments) = (verified.records, verified.segments);
    let (archived, trimmed) = (verified.archived, verified.trimmed);
    let text = format!(
        "{records} records in {segments} segments, every link holds; last {hash}\n\
         {archived} segments are in the archive, {trimmed} of them only there"
    );
    let object = json!({
        "records": records, "segments": segments, "archived": archived, "trimmed": trimmed,
        "torn_bytes": verified.torn_bytes, "last_hash": hash,
    });
    output.say(text, "journal_verified", object);
    Ok(ExitCode::SUCCESS)
}
