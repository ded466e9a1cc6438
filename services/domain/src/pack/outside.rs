//! What of the record may leave the city, and to whom (`outside.csv`); nothing where there is no row.
//!
//! A row names a subscriber outside and a type of envelope, or the beginning of types with `*` at
//! its end, and says why it may have that. What no row names does not leave, whatever is configured.

use super::{
    fault::Faults,
    people::rows_if_any,
    table::{Files, Row},
};

/// The file.
pub(super) const FILE: &str = "outside.csv";

const COLUMNS: [&str; 4] = ["subscriber", "type", "why", "source"];

/// The longest name of a subscriber, as the bus has it.
pub const NAME_MAX: usize = 64;

/// What may leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaving(Vec<(String, String)>);

impl Leaving {
    /// Whether a subscriber may have envelopes of this type.
    pub fn may(&self, subscriber: &str, kind: &str) -> bool {
        let mut rows = self.0.iter();
        rows.any(|(of, pattern)| of == subscriber && fits(pattern, kind))
    }

    /// Whether a subscriber may have all that a pattern names.
    pub fn may_all(&self, subscriber: &str, pattern: &str) -> bool {
        match pattern.strip_suffix('*') {
            None => self.may(subscriber, pattern),
            Some(begin) => self.0.iter().any(|(of, row)| {
                of == subscriber && row.strip_suffix('*').is_some_and(|row| begin.starts_with(row))
            }),
        }
    }
}

fn fits(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => kind.starts_with(begin),
        None => kind == pattern,
    }
}

/// Whether this is a subscriber's name: lower-case letters, digits, `-`, `.`.
pub fn is_name(text: &str) -> bool {
    let is_good =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(is_good)
}

pub(super) fn read(files: &Files, faults: &mut Faults) -> Leaving {
    let rows = rows_if_any(files, FILE, &COLUMNS, faults).unwrap_or_default();
    let mut read: Vec<(String, String)> = Vec::new();
    for row in &rows {
        if let Some(pair) = leaving(row, faults) {
            if read.contains(&pair) {
                row.fault(faults, format!("{} for {} is there already", pair.1, pair.0), "once");
            }
            read.push(pair);
        }
    }
    Leaving(read)
}

fn leaving(row: &Row, faults: &mut Faults) -> Option<(String, String)> {
    let (subscriber, kind) = (row.text("subscriber", faults), row.text("type", faults));
    row.text("why", faults);
    row.text("source", faults);
    if !is_name(&subscriber) {
        let right = "lower-case letters, digits, - and ., at most 64";
        row.fault(faults, format!("subscriber: {subscriber:?}"), right);
        return None;
    }
    let begin = kind.strip_suffix('*').unwrap_or(&kind);
    // A row for everything would be no row: what leaves is named.
    if begin.matches('.').count() < 2 || begin.contains('*') {
        let right = "muster.case.v1.TaskDisposed, or muster.case.v1.* for all that begin so";
        row.fault(faults, format!("type: {kind:?}"), right);
        return None;
    }
    Some((subscriber, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &str) -> Result<Leaving, String> {
        let text = format!("subscriber,type,why,source\n{rows}");
        let files = Files::from([(FILE.to_owned(), text.into_bytes())]);
        let mut faults = Faults::default();
        let leaving = read(&files, &mut faults);
        if faults.is_empty() { Ok(leaving) } else { Err(faults.to_string()) }
    }

    #[test]
    fn nothing_leaves_that_no_row_names() {
        assert_eq!(read(&Files::new(), &mut Faults::default()), Leaving::default());
        assert!(!Leaving::default().may("grid", "muster.case.v1.CaseClosed"));
        let rows = "grid,muster.case.v1.Case*,why,s\ngrid,muster.credit.v1.Listed,why,s\n";
        let leaving = of(rows).unwrap();
        for (subscriber, kind, may) in [
            ("grid", "muster.case.v1.CaseClosed", true),
            ("grid", "muster.case.v1.TaskDisposed", false),
            ("grid", "muster.credit.v1.Listed", true),
            ("grid", "muster.credit.v1.ListedAgain", false),
            ("other", "muster.case.v1.CaseClosed", false),
        ] {
            assert_eq!(leaving.may(subscriber, kind), may, "{subscriber} {kind}");
        }
        for (pattern, may) in [
            ("muster.case.v1.Case*", true),
            ("muster.case.v1.CaseC*", true),
            ("muster.case.v1.*", false),
            ("*", false),
            ("muster.case.v1.CaseClosed", true),
            ("muster.credit.v1.Listed*", false),
        ] {
            assert_eq!(leaving.may_all("grid", pattern), may, "{pattern}");
        }
    }

    #[test]
    fn a_row_that_would_let_out_everything_is_a_fault() {
        for (row, wanted) in [
            ("grid,*,why,s", "type: \"*\""),
            ("grid,muster.*,why,s", "type: \"muster.*\""),
            ("grid,muster.case.v1.*x*,why,s", "type:"),
            ("Grid,muster.case.v1.*,why,s", "subscriber: \"Grid\""),
            ("grid,muster.case.v1.*,,s", "why"),
            ("grid,muster.case.v1.*,w,s\ngrid,muster.case.v1.*,w,s", "there already"),
        ] {
            let faults = of(&format!("{row}\n")).unwrap_err();
            assert!(faults.contains(wanted), "{row}: {faults}");
        }
    }
}
