//! Who may decide about which kind of violation, and from when (`powers.csv`, 查处分工, M063).
//!
//! The one table of powers: the splitter gives findings by it, and credit confirms by it. On a day a
//! kind has one row at most; a power that moves is a new row from its date, and the past is never
//! rewritten. A day without a row, or a kind without one, is nobody's power: that is no fault, since
//! the documents do not give everything to somebody. A city may have no such file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    day::Day,
    fault::Faults,
    index::Index,
    people::rows_if_any,
    table::{Files, Row},
    unit::Unit,
};
use crate::{
    id::{UnitId, ViolationCode},
    moment::Moment,
    rejection::Rejection,
};

/// The file.
pub(super) const FILE: &str = "powers.csv";

const COLUMNS: [&str; 7] =
    ["code", "zh", "en", "units", "effective_from", "effective_to", "source"];
const UNITS: &str = "units of units.csv with a service of their own, with ; between them";
const DAY: &str = "a day like 2021-03-02";

/// One row: who may decide about a kind of violation while it is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Power {
    /// The kind's Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// Who may; the first is who gets it from others. Never empty.
    pub units: Vec<UnitId>,
    /// The first day in force.
    pub from: Day,
    /// The last day in force; none when there is no end.
    pub to: Option<Day>,
}

impl Power {
    fn covers(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|last| day <= last)
    }
}

/// The powers of a city.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Powers {
    /// How far the city's clocks are ahead of UTC: dates of force are days of the city.
    pub utc_offset_minutes: i32,
    /// The rows of each kind, by the day from which they are in force.
    pub rows: BTreeMap<ViolationCode, Vec<Power>>,
}

impl Powers {
    /// The row of a kind at a moment; none when it is nobody's power then.
    pub fn at(&self, code: &ViolationCode, at: Moment) -> Option<&Power> {
        let day = Day::of(at, self.utc_offset_minutes);
        self.rows.get(code)?.iter().find(|power| power.covers(day))
    }

    /// Whether a unit has the power at a moment.
    pub fn has(&self, unit: &UnitId, code: &ViolationCode, at: Moment) -> bool {
        self.at(code, at).is_some_and(|power| power.units.contains(unit))
    }

    /// Refuses a unit that has not the power at a moment, and says who has.
    pub fn check(&self, unit: &UnitId, code: &ViolationCode, at: Moment) -> Result<(), Rejection> {
        if self.has(unit, code, at) {
            return Ok(());
        }
        let right = match self.at(code, at) {
            None => {
                "nobody has it then; right would be: a finding, which goes to the office".into()
            }
            Some(power) => {
                let units: Vec<&str> = power.units.iter().map(UnitId::as_str).collect();
                format!("right would be: {}", units.join(", "))
            }
        };
        let message = format!("{unit} has no power to decide about {code}: {right}");
        Err(Rejection::forbidden("NOT_ITS_POWER", message).at("code"))
    }
}

/// The powers; none where the pack has no such file.
pub(super) fn read(
    files: &Files,
    utc_offset_minutes: Option<i32>,
    units: &Index<UnitId, Unit>,
    faults: &mut Faults,
) -> Powers {
    let mut rows: BTreeMap<ViolationCode, Vec<(Row, Power)>> = BTreeMap::new();
    for row in rows_if_any(files, FILE, &COLUMNS, faults).unwrap_or_default() {
        if let Some((code, power)) = power(&row, units, faults) {
            rows.entry(code).or_default().push((row, power));
        }
    }
    let rows = rows.into_iter().map(|(code, rows)| (code.clone(), in_order(&code, rows, faults)));
    Powers { utc_offset_minutes: utc_offset_minutes.unwrap_or_default(), rows: rows.collect() }
}

fn power(
    row: &Row,
    units: &Index<UnitId, Unit>,
    faults: &mut Faults,
) -> Option<(ViolationCode, Power)> {
    let code: Option<ViolationCode> = row.parse("code", "an id like unsealed_load", faults);
    let (zh, en) = (row.text("zh", faults), row.text("en", faults));
    let holders: Vec<UnitId> = row.list("units", UNITS, faults);
    if holders.is_empty() {
        row.fault(faults, "units is empty", "a unit at least; nobody's power has no row");
    }
    for unit in &holders {
        units.check(row, "units", unit, faults);
        if units.get(unit).is_some_and(|unit| !unit.can_lead()) {
            row.fault(faults, format!("units: {unit} has no service of its own"), UNITS);
        }
    }
    row.text("source", faults);
    let from: Option<Day> = row.parse("effective_from", DAY, faults);
    let to: Option<Day> = match row.field("effective_to") {
        "" => None,
        _ => Some(row.parse("effective_to", DAY, faults)?),
    };
    let from = from?;
    if to.is_some_and(|to| to < from) {
        row.fault(faults, "effective_to is before effective_from", "a day that is not before it");
    }
    Some((code?, Power { zh, en, units: holders, from, to }))
}

/// The rows of a kind by their days; two that hold on one day are a fault.
fn in_order(code: &ViolationCode, mut rows: Vec<(Row, Power)>, faults: &mut Faults) -> Vec<Power> {
    rows.sort_by_key(|(_, power)| power.from);
    for pair in rows.windows(2) {
        let [(first, before), (row, after)] = pair else { continue };
        if before.to.is_none_or(|last| after.from <= last) {
            let what = format!("{code} has a row on the same day on line {}", first.line());
            row.fault(faults, what, "an effective_to before the next row's effective_from");
        }
    }
    rows.into_iter().map(|(_, power)| power).collect()
}
