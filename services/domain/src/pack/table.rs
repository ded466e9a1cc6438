//! Reads one CSV file of a pack into rows that know their line and judge their own fields.
//!
//! Every fault is noted and reading goes on; a field that could not be read is simply absent, and
//! since a pack with faults is never used, nobody sees what stands in its place.
//! A file that cannot be read at all (absent, not UTF-8, wrong header) gives no table, and what
//! refers to it is not judged: one fault at the root, not a hundred behind it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    str::FromStr,
};

use super::{
    fault::{Faults, suggest},
    word::Word,
};

/// The bytes of a pack, by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The largest file of a pack, in bytes.
pub(super) const FILE_BYTES_MAX: usize = 8 << 20;

/// One line of a table.
pub(super) struct Row {
    file: &'static str,
    line: u64,
    fields: BTreeMap<&'static str, String>,
}

/// The text of a file, or why there is none.
pub(super) fn text<'a>(
    files: &'a Files,
    file: &'static str,
    faults: &mut Faults,
) -> Option<&'a str> {
    let Some(bytes) = files.get(file) else {
        faults.push(file, None, "there is no such file", "every city pack has it");
        return None;
    };
    if bytes.len() > FILE_BYTES_MAX {
        let right = format!("at most {FILE_BYTES_MAX} bytes");
        faults.push(file, None, format!("{} bytes are too many", bytes.len()), right);
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.trim_start_matches('\u{feff}')),
        Err(wrong) => {
            let line = line_at(&bytes[..wrong.valid_up_to()]);
            faults.push(file, line, "this is not UTF-8", "the file saved as UTF-8");
            None
        }
    }
}

/// The line that follows these bytes, from 1.
pub(super) fn line_at(before: &[u8]) -> u64 {
    1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The rows of a file that has exactly these columns, in any order.
pub(super) fn rows(
    files: &Files,
    file: &'static str,
    columns: &[&'static str],
    faults: &mut Faults,
) -> Option<Vec<Row>> {
    rows_and(files, file, columns, &[], faults)
}

/// The rows of a file that has these columns and may have some more; what is not there, of the
/// header or at the end of a row, is empty.
pub(super) fn rows_and(
    files: &Files,
    file: &'static str,
    columns: &[&'static str],
    optional: &[&'static str],
    faults: &mut Faults,
) -> Option<Vec<Row>> {
    let text = text(files, file, faults)?;
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().ok()?.clone();
    let order = order(&header, file, columns, optional, faults)?;
    let needed = order.iter().rposition(|column| !optional.contains(column)).map_or(0, |at| at + 1);
    let mut rows = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for record in reader.into_records().filter_map(Result::ok) {
        let at = start(text, &record);
        line += line_at(&text.as_bytes()[counted..at]) - 1;
        counted = at;
        rows.extend(row(file, line, &order, needed, &record, faults));
    }
    Some(rows)
}

/// Where the record really starts: the reader counts the empty lines before it as its own.
fn start(text: &str, record: &csv::StringRecord) -> usize {
    let at = record.position().map_or(0, |position| position.byte() as usize).min(text.len());
    let rest = &text.as_bytes()[at..];
    at + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// Which column stands where; nothing when the header is not the one that it must be.
fn order(
    header: &csv::StringRecord,
    file: &'static str,
    columns: &[&'static str],
    optional: &[&'static str],
    faults: &mut Faults,
) -> Option<Vec<&'static str>> {
    let mut seen = BTreeSet::new();
    let known = [columns, optional].concat();
    let mut order = Vec::new();
    let before = faults.len();
    for name in header {
        match known.iter().find(|column| **column == name) {
            Some(column) if seen.insert(*column) => order.push(*column),
            Some(column) => {
                faults.push(file, 1, format!("the column {column} is there twice"), "once");
            }
            None => {
                let right = format!("the columns {}", known.join(", "));
                let right = suggest(name, known.iter().copied(), &right);
                faults.push(file, 1, format!("there is no column {name:?}"), right);
            }
        }
    }
    for column in columns.iter().filter(|column| !seen.contains(*column)) {
        let right = format!("the columns {}", columns.join(", "));
        faults.push(file, 1, format!("the column {column} is missing"), right);
    }
    (faults.len() == before).then_some(order)
}

fn row(
    file: &'static str,
    line: u64,
    order: &[&'static str],
    needed: usize,
    record: &csv::StringRecord,
    faults: &mut Faults,
) -> Option<Row> {
    if !(needed..=order.len()).contains(&record.len()) {
        let what = format!("{} fields under {} columns", record.len(), order.len());
        faults.push(file, line, what, "as many fields as columns; quote a text that has a comma");
        return None;
    }
    let fields = order.iter().copied().zip(record.iter().map(str::to_owned)).collect();
    Some(Row { file, line, fields })
}

/// An id that stands in a certificate (`spiffe://city/unit/<id>`) has no slash.
pub(super) fn check_slash(row: &Row, column: &str, faults: &mut Faults) {
    if row.field(column).contains('/') {
        let what = format!("{column}: {:?} has a slash", row.field(column));
        row.fault(faults, what, "an id without a slash: it stands in a certificate's URI");
    }
}

impl Row {
    /// The line, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Notes a fault of this line.
    pub(super) fn fault(
        &self,
        faults: &mut Faults,
        what: impl Into<String>,
        right: impl Into<String>,
    ) {
        faults.push(self.file, self.line, what, right);
    }

    /// The field as it stands; may be empty.
    pub(super) fn field(&self, column: &str) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }

    /// The field, which must not be empty.
    pub(super) fn text(&self, column: &str, faults: &mut Faults) -> String {
        let field = self.field(column);
        if field.is_empty() {
            let right = match column {
                "source" => "document and section, or `example`",
                _ => "a text",
            };
            self.fault(faults, format!("{column} is empty"), right);
        }
        field.to_owned()
    }

    /// The field, parsed; `right` says what it must look like.
    pub(super) fn parse<T>(&self, column: &str, right: &str, faults: &mut Faults) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        self.parse_text(column, self.field(column), right, faults)
    }

    /// The field as a list with `;`, each part parsed, none twice.
    pub(super) fn list<T>(&self, column: &str, right: &str, faults: &mut Faults) -> Vec<T>
    where
        T: FromStr<Err: Display> + Display + PartialEq,
    {
        let mut list: Vec<T> = Vec::new();
        let field = self.field(column);
        for part in field.split(';').map(str::trim).filter(|_| !field.is_empty()) {
            match self.parse_text(column, part, right, faults) {
                Some(item) if list.contains(&item) => {
                    self.fault(faults, format!("{column} names {item} twice"), "once");
                }
                item => list.extend(item),
            }
        }
        list
    }

    /// The field, which is a word of a closed list.
    pub(super) fn word<T: Word>(&self, column: &str, faults: &mut Faults) -> Option<T> {
        let field = self.field(column);
        let word = T::read(field);
        if word.is_none() {
            let right = suggest(field, T::ALL.iter().map(|(word, _)| *word), &T::choice());
            self.fault(faults, format!("{column}: {field:?} is not {}", T::NOUN), right);
        }
        word
    }

    fn parse_text<T>(&self, column: &str, text: &str, right: &str, faults: &mut Faults) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        text.parse()
            .map_err(|wrong: T::Err| {
                self.fault(faults, format!("{column}: {text:?}: {wrong}"), right);
            })
            .ok()
    }
}
