//! Registers: tables of a department, read from CSV once, looked up by key.
//!
//! A register is checked as a whole: [`load`] gives all registers of a department or all faults,
//! each with file and line. The first column is the key, several rows may have the same; every row
//! names its source. A register does not change while the process runs.

mod table;

use std::{borrow::Cow, collections::BTreeMap, fmt, path::Path};

use domain::{pack::Fault, plate};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A text that is there.
    Text,
    /// A text that may be empty.
    Optional,
    /// A number plate, however it is written; or another number that a vehicle has.
    Plate,
    /// A day, `2021-03-02`.
    Day,
    /// A number that is not negative, `61.5`.
    Number,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// What a register looks like; its file is `<name>.csv`.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Its name, `haulage_permits`.
    pub name: &'static str,
    /// Its Chinese name.
    pub title_zh: &'static str,
    /// Its columns with what they hold; the first is the key.
    pub columns: &'static [(&'static str, Form)],
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    line: u64,
    cells: Vec<(&'static str, String)>,
}

impl Row {
    /// Its line in the file, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The value of a column; empty where there is no such column.
    pub fn get(&self, column: &str) -> &str {
        self.cells.iter().find(|(name, _)| *name == column).map_or("", |(_, value)| value)
    }

    /// The cells in the order of the columns.
    pub fn cells(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.cells.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

/// A table, looked up by its first column.
#[derive(Clone, Debug)]
pub struct Register {
    schema: Schema,
    rows: BTreeMap<String, Vec<Row>>,
}

impl Register {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.schema.name
    }

    /// Its Chinese name.
    pub fn title_zh(&self) -> &'static str {
        self.schema.title_zh
    }

    /// Its columns.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.schema.columns.iter().map(|(name, _)| *name)
    }

    /// All rows, by key.
    pub fn all(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().flatten()
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows with this key, in the order of the file.
    pub fn rows(&self, key: &str) -> &[Row] {
        self.rows.get(self.key(key).as_ref()).map_or(&[], Vec::as_slice)
    }

    /// The key as the register has it: a plate is one, however it is written.
    pub fn key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        match self.schema.columns.first() {
            Some((_, Form::Plate)) => plate::key(key),
            _ => Cow::Borrowed(key),
        }
    }
}

/// All that is wrong with a department's registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterError(pub Vec<Fault>);

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for RegisterError {}

/// Reads a department's registers from `<dir>/<name>.csv`, or says everything that is wrong.
pub fn load(dir: &Path, schemas: &[Schema]) -> Result<Vec<Register>, RegisterError> {
    let mut faults = Vec::new();
    let mut registers: Vec<Register> =
        schemas.iter().map(|schema| table::read(dir, schema, &mut faults)).collect();
    registers.sort_by_key(Register::name);
    if faults.is_empty() { Ok(registers) } else { Err(RegisterError(faults)) }
}

impl Register {
    fn new(schema: Schema) -> Register {
        Register { schema, rows: BTreeMap::new() }
    }

    fn insert(&mut self, row: Row) {
        let key = row.cells.first().map(|(_, key)| key.clone()).unwrap_or_default();
        self.rows.entry(key).or_default().push(row);
    }
}

#[cfg(test)]
mod tests;
