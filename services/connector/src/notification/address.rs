//! The addresses of people: telephone numbers, and URLs of robots, which are secrets.
//!
//! They stand in a file of their own, `receiver,way,address` under that header, and nowhere else: it
//! is read when something is sent, and what was read is forgotten with the try. Nothing here is
//! logged, and an address shows itself to nobody but as [`masked`](Address::masked). So a number that
//! was taken out of the file is used no more, from the next try on.

use std::{fmt, fs, io, os::unix::fs::PermissionsExt as _, path::Path};

use super::config::Kind;

/// The largest file, in bytes.
const FILE_MAX: u64 = 4 << 20;
const HEADER: &str = "receiver,way,address";
/// The longest address.
const ADDRESS_MAX: usize = 1_000;

/// Where somebody is told.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address(String);

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The file can't be read now: later, perhaps.
    File,
    /// It names nobody so.
    Nobody,
}

impl Address {
    /// As it is: only to be sent.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// The last two digits of a number, the host of a URL.
    pub(super) fn masked(&self, kind: Kind) -> String {
        match kind {
            Kind::Sms => {
                let count = self.0.chars().count();
                let last: String = self.0.chars().skip(count.saturating_sub(2)).collect();
                format!("{}{last}", "*".repeat(count.saturating_sub(2)))
            }
            Kind::Webhook => {
                let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                let host = host.rsplit('@').next().unwrap_or_default();
                format!("{host}/***")
            }
        }
    }

    /// Whether it is what a way of this sort takes.
    pub(super) fn fits(&self, kind: Kind) -> bool {
        let is_number = || {
            let digits = self.0.strip_prefix('+').unwrap_or(&self.0);
            let is_right = |c: char| c.is_ascii_digit() || c == ' ' || c == '-';
            digits.chars().all(is_right) && (3..=20).contains(&digits.len())
        };
        match kind {
            Kind::Sms => is_number(),
            Kind::Webhook => self.0.starts_with("http://") || self.0.starts_with("https://"),
        }
    }
}

/// All of them, for as long as something is sent or shown.
pub(super) struct Addresses(String);

impl Addresses {
    /// Reads the file; where that can't be, why is said to the operator.
    pub(super) fn read(file: &Path) -> Result<Addresses, Missing> {
        let text = read(file).map_err(|error| {
            tracing::warn!(file = %file.display(), kind = ?error.kind(), "no addresses can be read");
            Missing::File
        })?;
        let header = text.trim_start_matches('\u{feff}').lines().next();
        if header.map(str::trim) != Some(HEADER) {
            tracing::warn!(file = %file.display(), "right would be the header {HEADER}");
            return Err(Missing::File);
        }
        Ok(Addresses(text))
    }

    /// The address of somebody by a way.
    pub(super) fn find(&self, receiver: &str, way: &str) -> Option<Address> {
        let found = self.0.lines().skip(1).find_map(|line| {
            let mut parts = line.splitn(3, ',').map(str::trim);
            let is_it = parts.next() == Some(receiver) && parts.next() == Some(way);
            parts.next().filter(|address| is_it && !address.is_empty())
        });
        let short = found.filter(|address| address.len() <= ADDRESS_MAX);
        short.map(|address| Address(address.to_owned()))
    }
}

/// The address of somebody by a way, as the file has it now.
pub(super) fn find(file: &Path, receiver: &str, way: &str) -> Result<Address, Missing> {
    Addresses::read(file)?.find(receiver, way).ok_or(Missing::Nobody)
}

/// Warns where others than the worker may read the file.
pub(super) fn look(file: &Path) {
    let is_open = fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if is_open {
        let file = file.display();
        tracing::warn!(%file, "others may read the addresses of people; right would be: chmod 600");
    }
}

fn read(file: &Path) -> io::Result<String> {
    if fs::metadata(file)?.len() > FILE_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    fs::read_to_string(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_by_receiver_and_way_and_shows_itself_to_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("addresses.csv");
        assert_eq!(find(&file, "unit/a/duty", "sms"), Err(Missing::File));
        fs::write(&file, "receiver,way\nunit/a/duty,sms,1\n").unwrap();
        assert_eq!(find(&file, "unit/a/duty", "sms"), Err(Missing::File), "another header");
        let rows = "unit/a/duty,sms,+86 13800001234\nunit/a/duty,robot,https://h:8/x?t=a,b\n\
                    unit/b/duty,sms,\n";
        fs::write(&file, format!("{HEADER}\n{rows}")).unwrap();
        let number = find(&file, "unit/a/duty", "sms").unwrap();
        assert!(number.fits(Kind::Sms) && !number.fits(Kind::Webhook));
        assert_eq!(number.masked(Kind::Sms), "*************34");
        let robot = find(&file, "unit/a/duty", "robot").unwrap();
        assert!(robot.fits(Kind::Webhook) && robot.reveal().ends_with("?t=a,b"));
        assert_eq!(robot.masked(Kind::Webhook), "h:8/***");
        assert_eq!(format!("{robot:?}{number:?}"), "Address(…)Address(…)");
        for nobody in [("unit/b/duty", "sms"), ("unit/a", "sms"), ("unit/a/duty", "mail")] {
            assert_eq!(find(&file, nobody.0, nobody.1), Err(Missing::Nobody), "{nobody:?}");
        }
    }
}
