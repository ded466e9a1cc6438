//! What is wrong with a pack: all of it at once, each with file, line and what would be right.
//!
//! A fault is read by the administrator who edits the files, so it speaks of files and lines, and
//! never of our types. Also here: the nearest known name, for "did you mean".

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, as it is named within the pack.
    pub file: String,
    /// The line, from 1; none when the fault is the whole file's.
    pub line: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub right: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { file, line, what, right } = self;
        match line {
            Some(line) => write!(f, "{file}:{line}: {what}; right would be: {right}"),
            None => write!(f, "{file}: {what}; right would be: {right}"),
        }
    }
}

/// Everything that is wrong with a pack, by file and line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// All faults, by file and line.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes one of a line, or of a whole file.
    pub fn push(
        &mut self,
        file: &str,
        line: impl Into<Option<u64>>,
        what: impl Into<String>,
        right: impl Into<String>,
    ) {
        let (line, what, right) = (line.into(), what.into(), right.into());
        self.0.push(Fault { file: file.to_owned(), line, what, right });
    }

    /// In the order of files and lines, each once.
    pub fn sorted(mut self) -> Faults {
        self.0.sort();
        self.0.dedup();
        self
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// The known name that `wrong` was most likely meant to be, if one is near enough.
fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Ids are short; a text that is not costs nothing and has no neighbour.
    if wrong.len() > crate::id::LENGTH_MAX {
        return None;
    }
    let far = (wrong.chars().count() / 3).max(1);
    let by_distance = known.map(|name| (distance(wrong, name), name));
    by_distance.filter(|(steps, _)| *steps <= far).min().map(|(_, name)| name)
}

/// "did you mean …?", or `otherwise` when no known name is near.
pub fn suggest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>, otherwise: &str) -> String {
    match nearest(wrong, known) {
        Some(name) => format!("{otherwise}; did you mean {name}?"),
        None => otherwise.to_owned(),
    }
}

/// How many letters have to be put in, taken out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_name_and_a_stranger_does_not() {
        let known = || ["enforcement", "environment", "housing"].into_iter();
        assert_eq!(nearest("enforcment", known()), Some("enforcement"));
        assert_eq!(nearest("enviroment", known()), Some("environment"));
        assert_eq!(nearest("hosuing", known()), Some("housing"));
        assert_eq!(nearest("water", known()), None);
        assert_eq!(nearest("", known()), None);
    }

    #[test]
    fn a_fault_reads_as_one_line() {
        let mut faults = Faults::default();
        faults.push("units.csv", 12, "no id", "an id");
        faults.push("grid.csv", None, "there is no such file", "the file");
        let text = "grid.csv: there is no such file; right would be: the file\n\
                    units.csv:12: no id; right would be: an id";
        assert_eq!(faults.sorted().to_string(), text);
    }
}
