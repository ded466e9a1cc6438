//! One CSV file of a register: every fault with its line, and reading goes on.

use std::{fs, path::Path};

use domain::{
    pack::{Day, Fault},
    plate::{self, Plate},
};

use super::{Form, Register, Row, Schema};

/// The largest file, in bytes.
const FILE_BYTES_MAX: usize = 8 << 20;
/// The most rows that one key may have: what a look-up gives.
const ROWS_PER_KEY_MAX: usize = 100;

/// The faults of one file.
struct Faults<'a> {
    file: String,
    all: &'a mut Vec<Fault>,
}

impl Faults<'_> {
    fn push(
        &mut self,
        line: impl Into<Option<u64>>,
        what: impl Into<String>,
        right: impl Into<String>,
    ) {
        let (line, what, right) = (line.into(), what.into(), right.into());
        self.all.push(Fault { file: self.file.clone(), line, what, right });
    }
}

/// Reads one register; what is wrong is added to `faults`.
pub(super) fn read(dir: &Path, schema: &Schema, faults: &mut Vec<Fault>) -> Register {
    let path = dir.join(format!("{}.csv", schema.name));
    let mut faults = Faults { file: path.display().to_string(), all: faults };
    let mut register = Register::new(*schema);
    let Some(text) = text(&path, &mut faults) else { return register };
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let wanted: Vec<&str> = register.columns().collect();
    let header = reader.headers().cloned().unwrap_or_default();
    if !header.iter().eq(wanted.iter().copied()) {
        let found: Vec<&str> = header.iter().collect();
        let what = format!("the columns are {:?}", found.join(","));
        faults.push(1, what, wanted.join(","));
        return register;
    }
    let (mut line, mut counted) = (1, 0);
    for record in reader.into_records().filter_map(Result::ok) {
        let at = start(text, &record);
        let lines = text.as_bytes()[counted..at].iter().filter(|byte| **byte == b'\n').count();
        line += lines as u64;
        counted = at;
        if let Some(row) = row(schema, line, &record, &mut faults) {
            insert(&mut register, row, line, &mut faults);
        }
    }
    register
}

fn text(path: &Path, faults: &mut Faults<'_>) -> Option<String> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(why) => {
            faults.push(None, format!("it can't be read: {why}"), "every module has its registers");
            return None;
        }
    };
    if bytes.len() > FILE_BYTES_MAX {
        let what = format!("{} bytes are too many", bytes.len());
        faults.push(None, what, format!("at most {FILE_BYTES_MAX} bytes"));
        return None;
    }
    let text = String::from_utf8(bytes);
    text.map_err(|_| faults.push(None, "this is not UTF-8", "the file saved as UTF-8")).ok()
}

/// Where the record really starts: the reader counts the empty lines before it as its own.
fn start(text: &str, record: &csv::StringRecord) -> usize {
    let byte = record.position().map_or(0, csv::Position::byte);
    let at = usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
    let rest = &text.as_bytes()[at..];
    at + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

fn row(
    schema: &Schema,
    line: u64,
    record: &csv::StringRecord,
    faults: &mut Faults<'_>,
) -> Option<Row> {
    if record.len() != schema.columns.len() {
        let what = format!("{} fields under {} columns", record.len(), schema.columns.len());
        faults.push(line, what, "as many fields as columns; quote a text that has a comma");
        return None;
    }
    let before = faults.all.len();
    for ((column, form), field) in schema.columns.iter().zip(record) {
        if let Some(right) = wrong(*form, field) {
            faults.push(line, format!("{column}: {field:?}"), right);
        }
    }
    let cell = |((name, form), field): (&(&'static str, Form), &str)| match form {
        Form::Plate => (*name, plate::key(field).into_owned()),
        _ => (*name, field.to_owned()),
    };
    let cells = schema.columns.iter().zip(record).map(cell).collect();
    (faults.all.len() == before).then_some(Row { line, cells })
}

/// What would be right, when the field is not.
fn wrong(form: Form, field: &str) -> Option<String> {
    match form {
        Form::Optional => None,
        Form::Plate => {
            let is_wrong = field.is_empty() || Plate::read(field).is_some_and(|read| read.is_err());
            is_wrong.then(|| "a plate, 云H·A1234, 云H·D12345 or 云H·1234挂".to_owned())
        }
        Form::Text => field.is_empty().then(|| "a text".to_owned()),
        Form::Day => field.parse::<Day>().err().map(|_| "a day, 2021-03-02".to_owned()),
        Form::Number => {
            let good = field.parse::<f64>().is_ok_and(|number| number.is_finite() && number >= 0.0);
            (!good).then(|| "a number that is not negative, 61.5".to_owned())
        }
        Form::Choice(words) => {
            (!words.contains(&field)).then(|| format!("one of {}", words.join(", ")))
        }
    }
}

fn insert(register: &mut Register, row: Row, line: u64, faults: &mut Faults<'_>) {
    let key = row.cells.first().map_or("", |(_, key)| key.as_str());
    let same = register.rows(key);
    if same.iter().any(|other| other.cells == row.cells) {
        faults.push(line, "this row is there twice", "each row once");
    } else if same.len() >= ROWS_PER_KEY_MAX {
        let what = format!("{key:?} has too many rows");
        faults.push(line, what, format!("at most {ROWS_PER_KEY_MAX} rows for one key"));
    } else {
        register.insert(row);
    }
}
