//! Reading configuration: one TOML file per role, and the environment.
//!
//! A fault is told with file and line. Each component owns its `Config` and marks it
//! `#[serde(default, deny_unknown_fields)]`; this module reads it and knows none of them.
//! Nothing else in the workspace reads the environment (a lint says so): it is for secrets and
//! addresses only, and its names begin with `MUSTER_`.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

/// Why a configuration is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The text is not what the component expects.
    #[error("{}:{line}: {message}", path.display())]
    Text {
        /// Which file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
}

/// Reads a TOML file.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::File { path: path.to_owned(), source })?;
    parse(&text, path)
}

/// Reads TOML from a text; `path` is the name that a fault is told with.
pub fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, Error> {
    toml::from_str(text).map_err(|fault| {
        let at = fault.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        Error::Text { path: path.to_owned(), line, message: fault.message().to_owned() }
    })
}

/// The value of `MUSTER_<name>` in the environment; nothing when it is unset, empty or not UTF-8.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(format!("MUSTER_{name}")).ok().filter(|value| !value.is_empty())
}

/// Spans of time as people write them, `250ms`, `10s`, `5m`, `12h`, `365d`:
/// `#[serde(with = "kit::config::span")]`.
pub mod span {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    const UNITS: [(&str, u64); 5] =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    /// Reads a span.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        read(&text).ok_or_else(|| {
            let wanted = "a whole number with ms, s, m, h or d, as in 10s";
            de::Error::invalid_value(de::Unexpected::Str(&text), &wanted)
        })
    }

    /// Writes a span, in the largest unit that leaves no rest.
    pub fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let fits = |(_, size): &&(&str, u64)| millis != 0 && millis.is_multiple_of(*size);
        let (unit, size) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0]);
        to.serialize_str(&format!("{}{unit}", millis / size))
    }

    /// Reads a span from a text; none when it is no span.
    pub fn read(text: &str) -> Option<Duration> {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = text.split_at(digits);
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
        Some(Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(*size)?))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: String,
        #[serde(with = "span")]
        wait: Duration,
    }

    fn read(text: &str) -> Result<Sample, String> {
        parse(text, Path::new("bus.toml")).map_err(|e| e.to_string())
    }

    #[test]
    fn a_good_file_is_read_and_written() {
        let sample = read("name = \"x\"\nwait = \"90s\"").unwrap();
        assert_eq!(sample.wait, Duration::from_secs(90));
        assert_eq!(read(&toml::to_string(&sample).unwrap()).unwrap(), sample);
    }

    #[test]
    fn a_fault_is_told_with_file_and_line() {
        for (text, expected) in [
            ("name = \"x\"\nwait = \"1s\"\nport = 1", "bus.toml:3: unknown field `port`"),
            ("name = \"x\"\nwait = \"soon\"", "bus.toml:2: invalid value: string \"soon\""),
            ("name = \"x\"\nwait = \"10\"", "bus.toml:2: invalid value"),
            ("name = \"x\"\n\nwait = ", "bus.toml:3: "),
            ("name = \"x\"", "bus.toml:1: missing field `wait`"),
        ] {
            let fault = read(text).unwrap_err();
            assert!(fault.starts_with(expected), "{fault}");
        }
        let missing = load::<Sample>(Path::new("/no/such.toml")).unwrap_err();
        assert_eq!(missing.to_string(), "cannot read /no/such.toml");
    }

    #[test]
    fn an_unset_variable_is_nothing() {
        assert_eq!(environment("NO_SUCH_VARIABLE"), None);
    }
}
