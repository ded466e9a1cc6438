//! Who may do what (`access/`), as texts: a schema, policies, and the table of who may do what.
//!
//! Here they are only found to be texts of the right names. What they say is judged where policies
//! are compiled, in the kit: this crate knows no policy language.

use std::collections::BTreeMap;

use super::{
    fault::{Faults, suggest},
    table::{FILE_BYTES_MAX, Files, line_at},
};

/// The folder.
pub const FOLDER: &str = "access/";

/// What there is besides policies.
const NAMES: [&str; 3] = ["access/schema.cedarschema", "access/cases.csv", "access/people.csv"];

/// The texts of a pack's rules of access, by their names in the pack.
pub type Texts = BTreeMap<String, String>;

/// Reads them; a pack that has none is judged by who needs them.
pub(super) fn read(files: &Files, faults: &mut Faults) -> Texts {
    let ours = files.iter().filter(|(name, _)| name.starts_with(FOLDER));
    let mut texts = Texts::new();
    for (name, bytes) in ours {
        if !NAMES.contains(&name.as_str()) && !is_policy(name) {
            let right = format!("only {} and policies, {FOLDER}<name>.cedar", NAMES.join(", "));
            let right = suggest(name, NAMES.into_iter(), &right);
            faults.push(name, None, "a pack has no such file", right);
        }
        texts.extend(text(name, bytes, faults).map(|text| (name.clone(), text)));
    }
    texts
}

/// Whether a file holds policies.
pub fn is_policy(name: &str) -> bool {
    let inside = name.strip_prefix(FOLDER).and_then(|name| name.strip_suffix(".cedar"));
    inside.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

fn text(name: &str, bytes: &[u8], faults: &mut Faults) -> Option<String> {
    if bytes.len() > FILE_BYTES_MAX {
        let right = format!("at most {FILE_BYTES_MAX} bytes");
        faults.push(name, None, format!("{} bytes are too many", bytes.len()), right);
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.trim_start_matches('\u{feff}').to_owned()),
        Err(wrong) => {
            let line = line_at(&bytes[..wrong.valid_up_to()]);
            faults.push(name, line, "this is not UTF-8", "the file saved as UTF-8");
            None
        }
    }
}
