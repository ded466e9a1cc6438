//! A subscriber: a durable reader of a part of the record, with a cursor of its own.

use domain::{moment::Moment, party::Party};

/// How many subscribers one party has at most.
pub const SUBSCRIBERS_MAX: usize = 100;

/// Which part of the record: what has one of the types and one of the subjects. A pattern is the
/// whole text, or its beginning with `*` behind it; no pattern asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Patterns of types.
    pub types: Vec<String>,
    /// Patterns of subjects.
    pub subjects: Vec<String>,
}

impl Selection {
    /// Whether an envelope of this type and subject is asked for.
    pub fn takes(&self, kind: &str, subject: &str) -> bool {
        matches(&self.types, kind) && matches(&self.subjects, subject)
    }
}

fn matches(patterns: &[String], text: &str) -> bool {
    let is_one = |pattern: &String| match pattern.strip_suffix('*') {
        Some(beginning) => text.starts_with(beginning),
        None => text == pattern,
    };
    patterns.is_empty() || patterns.iter().any(is_one)
}

/// Where a new subscriber begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this place.
    After(u64),
    /// At what was accepted at this time or later.
    At(Moment),
    /// At the end: only what comes from now on.
    End,
}

/// A subscriber as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// Whose it is.
    pub party: Party,
    /// Its name with its party.
    pub name: String,
    /// What it asks for.
    pub selection: Selection,
    /// The last place that it has.
    pub place: u64,
    /// When the cursor was moved last.
    pub moved: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_whole_or_a_beginning() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let selection = |types: &[&str], subjects: &[&str]| Selection {
            types: texts(types),
            subjects: texts(subjects),
        };
        let takes = |selection: Selection| selection.takes("muster.case.v1.UnitCalled", "case/w/1");
        assert!(takes(selection(&[], &[])));
        assert!(takes(selection(&["muster.case.v1.*"], &["case/w/1"])));
        assert!(takes(selection(&["other", "muster.case.v1.UnitCalled"], &["case/*"])));
        assert!(!takes(selection(&["muster.case.v1.Unit"], &[])), "no beginning without a star");
        assert!(!takes(selection(&[], &["operation/*"])));
    }
}
