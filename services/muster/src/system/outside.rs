//! The ways of `muster run` to outside systems: `outside.toml` in its data folder, where there is one.
//!
//! A city whose worker is a process of its own says the same in that role's file, as `[outside]`.

use std::{collections::BTreeMap, fs, io::ErrorKind, path::Path};

use anyhow::Context;

/// The file.
const FILE: &str = "outside.toml";

/// What the file says; nothing is reached where there is none.
pub fn read(data: &Path) -> anyhow::Result<worker::Outside> {
    let path = data.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(worker::Outside::default()),
        Err(error) => return Err(error).with_context(|| format!("can't read {}", path.display())),
    };
    kit::config::parse(&text, &path).map_err(Into::into)
}

/// The same as the last part of a role's file.
pub fn text(outside: &worker::Outside) -> anyhow::Result<String> {
    Ok(toml::to_string(&BTreeMap::from([("outside", outside)]))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_the_ways_and_a_fault_in_it_is_named() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), worker::Outside::default());
        let said = "first_wait = \"1s\"\n[systems.ext_x]\nurl = \"http://h/\"\n";
        fs::write(dir.path().join(FILE), said).unwrap();
        let outside = read(dir.path()).unwrap();
        assert_eq!(outside.first_wait.as_secs(), 1);
        let again: BTreeMap<String, worker::Outside> =
            toml::from_str(&text(&outside).unwrap()).unwrap();
        assert_eq!(again["outside"], outside);
        let told = "[subscriptions.grid]\ntypes = [\"muster.case.v1.CaseClosed\"]\n\
                    [subscriptions.grid.way]\nurl = \"http://h/\"\n";
        fs::write(dir.path().join(FILE), told).unwrap();
        let outside = read(dir.path()).unwrap();
        assert_eq!(outside.subscriptions["grid"].give_up_after.as_secs(), 86_400);
        let again: BTreeMap<String, worker::Outside> =
            toml::from_str(&text(&outside).unwrap()).unwrap();
        assert_eq!(again["outside"], outside);
        let told = "[notices]\naddresses = \"/etc/a.csv\"\n[notices.ways.sms]\nkind = \"sms\"\n\
                    url = \"http://h/\"\n";
        fs::write(dir.path().join(FILE), told).unwrap();
        let outside = read(dir.path()).unwrap();
        assert_eq!(outside.notices.ways["sms"].give_up_after.as_secs(), 6 * 3_600);
        let again: BTreeMap<String, worker::Outside> =
            toml::from_str(&text(&outside).unwrap()).unwrap();
        assert_eq!(again["outside"], outside);
        fs::write(dir.path().join(FILE), "first_wait = \"soon\"").unwrap();
        assert!(read(dir.path()).is_err());
    }
}
