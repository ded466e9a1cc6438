//! What the codes of other systems mean here (`intake.csv`): of what sort a matter is, and where.
//!
//! A system that gives its cases (12345, 12319, 数字城管) is a unit of the kind `external`. A row says
//! what one of its codes is with us; one row says through which channel its reports count. A code that
//! no row names is guessed by nobody: what has it waits for a person.

use std::collections::BTreeMap;

use super::{
    fault::{Faults, suggest},
    grid::Grid,
    index::Index,
    issue::IssueType,
    people::rows_if_any,
    table::{Files, Row},
    unit::{Unit, UnitKind},
    word::words,
};
use crate::{
    case::Channel,
    id::{GridId, IssueTypeId, UnitId},
};

/// The file.
pub(super) const FILE: &str = "intake.csv";

const COLUMNS: [&str; 6] = ["system", "kind", "code", "ours", "note", "source"];

/// The longest code of another system, in characters.
pub const CODE_MAX: usize = 64;

words! {
    /// What a row is about.
    CodeKind, "a kind of code" {
        /// What sort of matter.
        IssueType = "issue_type",
        /// Where.
        Place = "place",
        /// Through which channel all reports of the system count.
        Channel = "channel",
    }
}

/// The codes of one system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// Through which channel its reports count.
    pub channel: Channel,
    issue_types: BTreeMap<String, IssueTypeId>,
    places: BTreeMap<String, GridId>,
}

impl Codes {
    /// What sort of matter a code is; none where no row says.
    pub fn issue_type(&self, code: &str) -> Option<&IssueTypeId> {
        self.issue_types.get(code)
    }

    /// Which cell a code of a place is; none where no row says.
    pub fn cell(&self, code: &str) -> Option<&GridId> {
        self.places.get(code)
    }
}

/// The codes of all systems that may give their cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coming(BTreeMap<UnitId, Codes>);

impl Coming {
    /// Those of a system; none where no row names it: it gives nothing.
    pub fn of(&self, system: &UnitId) -> Option<&Codes> {
        self.0.get(system)
    }

    /// The systems.
    pub fn systems(&self) -> impl Iterator<Item = &UnitId> {
        self.0.keys()
    }
}

pub(super) fn read(
    files: &Files,
    units: &Index<UnitId, Unit>,
    issues: &Index<IssueTypeId, IssueType>,
    grid: &Grid,
    faults: &mut Faults,
) -> Coming {
    let rows = rows_if_any(files, FILE, &COLUMNS, faults).unwrap_or_default();
    let mut coming = BTreeMap::<UnitId, (Option<Channel>, Codes)>::new();
    for row in &rows {
        row.text("source", faults);
        let system: Option<UnitId> = row.parse("system", "a unit of the kind external", faults);
        let (Some(system), Some(kind)) = (system, row.word::<CodeKind>("kind", faults)) else {
            continue;
        };
        check_system(row, units, &system, faults);
        check_code(row, kind, faults);
        let (channel, codes) = coming.entry(system).or_default();
        let is_first = match kind {
            CodeKind::IssueType => {
                put(row, &mut codes.issue_types, faults, |ours: &IssueTypeId| {
                    issues.refusal("ours", ours)
                })
            }
            CodeKind::Place => put(row, &mut codes.places, faults, |ours: &GridId| {
                grid.cells.refusal("ours", ours)
            }),
            CodeKind::Channel => channel.replace(through(row, faults)).is_none(),
        };
        if !is_first {
            row.fault(
                faults,
                format!("{} {:?} is there already", kind.word(), row.field("code")),
                "once",
            );
        }
    }
    let channels = coming.iter().filter(|(_, (channel, _))| channel.is_none());
    for (system, _) in channels {
        let right =
            "a row of the kind channel with an empty code: ext_digital_cm,channel,,hotline,…";
        faults.push(FILE, None, format!("{system} has no channel"), right);
    }
    let with = |(channel, codes): (Option<Channel>, Codes)| Codes {
        channel: channel.unwrap_or_default(),
        ..codes
    };
    Coming(coming.into_iter().map(|(system, codes)| (system, with(codes))).collect())
}

/// Notes what a code is; whether it is the first row about it.
fn put<T>(
    row: &Row,
    codes: &mut BTreeMap<String, T>,
    faults: &mut Faults,
    refusal: impl Fn(&T) -> Option<(String, String)>,
) -> bool
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let Some(ours) = row.parse::<T>("ours", "an id of ours", faults) else { return true };
    if let Some((what, right)) = refusal(&ours) {
        row.fault(faults, what, right);
    }
    codes.insert(row.field("code").to_owned(), ours).is_none()
}

fn check_system(row: &Row, units: &Index<UnitId, Unit>, system: &UnitId, faults: &mut Faults) {
    units.check(row, "system", system, faults);
    let kind = units.get(system).map(|unit| unit.kind);
    if let Some(kind) = kind.filter(|kind| *kind != UnitKind::External) {
        let what = format!("system: {system} is {}, and no system outside", kind.word());
        row.fault(faults, what, "a unit of the kind external");
    }
}

fn check_code(row: &Row, kind: CodeKind, faults: &mut Faults) {
    let code = row.field("code");
    if kind == CodeKind::Channel {
        if !code.is_empty() {
            let what = format!("code: {code:?} where all that comes is meant");
            row.fault(faults, what, "an empty code: a system has one channel");
        }
    } else if code.is_empty() || code.chars().count() > CODE_MAX {
        let right = format!("their code, 1 to {CODE_MAX} characters");
        row.fault(faults, format!("code: {code:?}"), right);
    }
}

/// The channel of a row; not one through which nobody reports.
fn through(row: &Row, faults: &mut Faults) -> Channel {
    let is_for_people =
        |channel: &Channel| !matches!(channel, Channel::Approval | Channel::Operation);
    let known: Vec<Channel> = Channel::ALL.into_iter().filter(is_for_people).collect();
    let ours = row.field("ours");
    known.iter().copied().find(|channel| channel.word() == ours).unwrap_or_else(|| {
        let words: Vec<&str> = known.iter().map(|channel| channel.word()).collect();
        let right = format!("one of {}", words.join(", "));
        let right = suggest(ours, words.into_iter(), &right);
        row.fault(faults, format!("ours: {ours:?} is no channel"), right);
        Channel::default()
    })
}

#[cfg(test)]
mod tests;
