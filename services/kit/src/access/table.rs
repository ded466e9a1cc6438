//! The pack's own table of who may do what (`access/cases.csv`), read and held against the policies.
//!
//! Columns: `caller,action,on,facts,context,expected,why`. A thing is `Type::id`; facts are
//! `name=value` with `;` between them; a value is `true` or `false`, a party (`unit/housing`),
//! several (`[unit/housing unit/water]`, `{trainee}` for words), or a word.

use std::collections::BTreeSet;

use domain::{
    pack::{Faults, access::Texts},
    party::Party,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Access, Ask, Fact, Facts, Thing, Verdict};

/// The file.
pub const FILE: &str = "access/cases.csv";

/// The most rows of a table.
const ROWS_MAX: usize = 10_000;

/// One row: who, what, and what must come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it is.
    pub line: u64,
    /// Who.
    pub caller: Party,
    /// What.
    pub ask: Ask,
    /// Whether it must be allowed.
    pub is_allowed: bool,
    /// Why, for people.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    caller: String,
    action: String,
    on: String,
    facts: String,
    context: String,
    expected: String,
    why: String,
}

/// A row that does not come out as the pack says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differs {
    /// The row.
    pub row: Row,
    /// What was decided instead.
    pub verdict: Verdict,
}

/// Reads the table.
pub fn read(texts: &Texts, faults: &mut Faults) -> Vec<Row> {
    if !texts.contains_key(FILE) {
        faults.push(FILE, None, "there is no such file", "the pack's table of who may do what");
    }
    let mut read = Vec::new();
    for (line, written) in rows::<Written>(texts, FILE, faults) {
        match row(line, written) {
            Ok(row) => read.push(row),
            Err((what, right)) => faults.push(FILE, line, what, right),
        }
    }
    read
}

/// Every row that differs.
pub fn run(access: &Access, rows: Vec<Row>) -> Vec<Differs> {
    let run = |row: Row| Differs { verdict: access.decide(&row.caller, &row.ask), row };
    let differs = |one: &Differs| one.verdict.is_allowed != one.row.is_allowed;
    rows.into_iter().map(run).filter(differs).collect()
}

type Wrong = (String, &'static str);

fn row(line: u64, written: Written) -> Result<Row, Wrong> {
    let caller = written.caller.parse();
    let caller: Party = caller.map_err(|e| (format!("caller: {e}"), "unit/enforcement"))?;
    let is_allowed = match written.expected.as_str() {
        "allow" => true,
        "deny" => false,
        other => return Err((format!("expected: {other:?}"), "allow or deny")),
    };
    if written.why.is_empty() {
        return Err(("why is empty".to_owned(), "a word why"));
    }
    let ask = ask(&written.action, &written.on, &written.facts, &written.context)?;
    Ok(Row { line, caller, ask, is_allowed, why: written.why })
}

/// A question in the words of the table.
pub fn ask(action: &str, on: &str, of: &str, context: &str) -> Result<Ask, Wrong> {
    let right = "Type::id, as the schema has the types";
    let (kind, id) = on.split_once("::").ok_or((format!("on: {on:?}"), right))?;
    let mut thing = Thing::new(kind.to_owned(), id.to_owned());
    for (name, fact) in facts(of)? {
        thing = thing.with(name, fact);
    }
    let mut ask = Ask::to(action.to_owned(), thing);
    for (name, fact) in facts(context)? {
        ask = ask.with(name, fact);
    }
    Ok(ask)
}

fn facts(text: &str) -> Result<Facts, Wrong> {
    let mut facts = Facts::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, value) =
            part.split_once('=').ok_or((format!("{part:?} is no fact"), "name=value"))?;
        facts.insert(name.to_owned().into(), fact(value)?);
    }
    Ok(facts)
}

fn fact(value: &str) -> Result<Fact, Wrong> {
    if let Some(inside) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let parties: Result<BTreeSet<Party>, _> =
            inside.split_whitespace().map(str::parse).collect();
        return parties.map(Fact::Parties).map_err(|e| (e.to_string(), "[unit/a unit/b]"));
    }
    if let Some(inside) = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return Ok(Fact::Texts(inside.split_whitespace().map(str::to_owned).collect()));
    }
    Ok(match (value, value.parse::<Party>()) {
        ("true", _) => Fact::Flag(true),
        ("false", _) => Fact::Flag(false),
        (_, Ok(party)) => Fact::Party(party),
        (word, Err(_)) => Fact::Text(word.to_owned()),
    })
}

/// The rows of a file of the pack with their lines; none when there is no such file.
pub(super) fn rows<T: DeserializeOwned>(
    texts: &Texts,
    file: &str,
    faults: &mut Faults,
) -> Vec<(u64, T)> {
    let Some(text) = texts.get(file) else { return Vec::new() };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let (mut rows, mut lines) = (Vec::new(), Lines { text, read: 0, line: 1 });
    for record in reader.into_records() {
        let at = record.as_ref().map_or_else(csv::Error::position, csv::StringRecord::position);
        let line = lines.of(at);
        match record.and_then(|record| record.deserialize(Some(&headers))) {
            Ok(row) if rows.len() < ROWS_MAX => rows.push((line, row)),
            Ok(_) => {
                faults.push(file, line, format!("more than {ROWS_MAX} rows"), "fewer");
                break;
            }
            Err(error) => faults.push(file, line, error.to_string(), "a row with these columns"),
        }
    }
    rows
}

/// Counts the lines of a text from its beginning on, each byte once.
struct Lines<'a> {
    text: &'a str,
    read: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line in which a row really starts: the reader counts empty lines before it as the row's own.
    fn of(&mut self, at: Option<&csv::Position>) -> u64 {
        let text = self.text.as_bytes();
        let at = at.map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0)).min(text.len());
        let empty = text[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let upto = (at + empty).max(self.read);
        let more = text[self.read..upto].iter().filter(|byte| **byte == b'\n').count();
        (self.read, self.line) = (upto, self.line + more as u64);
        self.line
    }
}
