//! Time limits (`limits.csv`), by profile, issue type and stage.
//!
//! No founding document states a limit, so every number is the city's configuration and none may
//! be shown as official. A row for one issue type wins over `*`, stage by stage.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    fault::Faults,
    index::Index,
    issue::{IssueType, scope},
    table::{Files, Row, rows},
    word::{Word, words},
};
use crate::id::IssueTypeId;

/// The file.
pub(super) const FILE: &str = "limits.csv";

const COLUMNS: [&str; 8] =
    ["profile", "issue_type", "stage", "within", "remind_before", "urge_after", "note", "source"];

pub(super) const SPAN: &str = "a whole number and ms, s, m, h or d, like 30m, at most 366d";
const SPAN_MS_MAX: u64 = 366 * 24 * 3_600_000;

words! {
    /// What a limit is for.
    Stage, "a stage" {
        /// The assigner names a lead.
        Assign = "assign",
        /// A called unit accepts or refuses (报到).
        Accept = "accept",
        /// It is on site.
        Arrive = "arrive",
        /// It has disposed of the matter (处置).
        Dispose = "dispose",
        /// The community confirms or sends back.
        Confirm = "confirm",
        /// What was sent back is done again.
        Rework = "rework",
        /// So long after its limit the first responsible person of a unit is told (M036).
        Notice = "notice",
        /// So long after a unit should have settled a matter the community may report it directly
        /// to the city government (M002: 迟迟未得到解决).
        Direct = "direct",
        /// The city government answers a direct report.
        Answer = "answer",
    }
}

impl Stage {
    /// Whether a city may have no limit for it: it has no such rung then.
    fn is_optional(self) -> bool {
        matches!(self, Stage::Notice | Stage::Direct | Stage::Answer)
    }
}

/// One limit and when people hear of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limit {
    /// How long it takes at most.
    pub within_ms: u64,
    /// How long before the end a reminder goes out; 0 for none.
    pub remind_before_ms: u64,
    /// How long after the end the unit is urged (催办).
    pub urge_after_ms: u64,
}

impl Limit {
    /// How long it takes at most.
    pub fn within(self) -> Duration {
        Duration::from_millis(self.within_ms)
    }

    /// How long before the end a reminder goes out.
    pub fn remind_before(self) -> Duration {
        Duration::from_millis(self.remind_before_ms)
    }

    /// How long after the end the unit is urged.
    pub fn urge_after(self) -> Duration {
        Duration::from_millis(self.urge_after_ms)
    }
}

/// The limits of one case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// The assigner names a lead.
    pub assign: Limit,
    /// A called unit accepts or refuses.
    pub accept: Limit,
    /// It is on site.
    pub arrive: Limit,
    /// It has disposed of the matter.
    pub dispose: Limit,
    /// The community confirms or sends back.
    pub confirm: Limit,
    /// What was sent back is done again.
    pub rework: Limit,
    /// When the first responsible person is told, after a limit; nothing: never.
    pub notice: Limit,
    /// When the community may report directly, after the limit; nothing: never.
    pub direct: Limit,
    /// The city government answers a direct report.
    pub answer: Limit,
}

/// Every limit of a city.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LimitTable(BTreeMap<String, Profile>);

/// By issue type (none: all) and stage.
type Profile = BTreeMap<(Option<IssueTypeId>, Stage), Limit>;

impl LimitTable {
    /// The names of the profiles.
    pub(super) fn profiles(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }

    /// The limits of an issue type; none when there is no such profile.
    pub(super) fn limits(&self, profile: &str, issue: &IssueTypeId) -> Option<Limits> {
        let rows = self.0.get(profile)?;
        let limit = |stage| {
            let own = rows.get(&(Some(issue.clone()), stage));
            own.or_else(|| rows.get(&(None, stage))).copied().unwrap_or_default()
        };
        Some(Limits {
            assign: limit(Stage::Assign),
            accept: limit(Stage::Accept),
            arrive: limit(Stage::Arrive),
            dispose: limit(Stage::Dispose),
            confirm: limit(Stage::Confirm),
            rework: limit(Stage::Rework),
            notice: limit(Stage::Notice),
            direct: limit(Stage::Direct),
            answer: limit(Stage::Answer),
        })
    }
}

/// The table; none when the file could not be read.
pub(super) fn read(
    files: &Files,
    issues: &Index<IssueTypeId, IssueType>,
    faults: &mut Faults,
) -> Option<LimitTable> {
    let rows = rows(files, FILE, &COLUMNS, faults)?;
    let mut table = LimitTable::default();
    let mut lines = BTreeMap::new();
    for row in &rows {
        let profile = row.text("profile", faults);
        let issue = scope(row, issues, faults);
        let (stage, limit) = (row.word::<Stage>("stage", faults), limit(row, faults));
        row.text("source", faults);
        let (Some(issue), Some(stage)) = (issue, stage) else { continue };
        let key = (profile.clone(), issue.clone(), stage);
        if let Some(first) = lines.insert(key, row.line()) {
            let what = format!("this limit is already on line {first}");
            row.fault(faults, what, "one row for each profile, issue type and stage");
        }
        table.0.entry(profile).or_default().insert((issue, stage), limit.unwrap_or_default());
    }
    check_complete(&table, faults);
    Some(table)
}

fn limit(row: &Row, faults: &mut Faults) -> Option<Limit> {
    let within: Option<Span> = row.parse("within", SPAN, faults);
    let remind_before: Option<Span> = row.parse("remind_before", SPAN, faults);
    let urge_after: Option<Span> = row.parse("urge_after", SPAN, faults);
    let (within_ms, remind_before_ms) = (within?.0, remind_before?.0);
    if within_ms == 0 {
        row.fault(faults, "within is nothing", "a time in which it can be done");
    } else if remind_before_ms >= within_ms {
        row.fault(faults, "remind_before is not shorter than within", "a reminder before the end");
    }
    Some(Limit { within_ms, remind_before_ms, urge_after_ms: urge_after?.0 })
}

/// Every profile limits every stage of every issue type.
fn check_complete(table: &LimitTable, faults: &mut Faults) {
    if table.0.is_empty() {
        faults.push(FILE, None, "there is no profile", "a row for every stage, with issue type *");
    }
    for (profile, rows) in &table.0 {
        for (word, stage) in Stage::ALL {
            if !rows.contains_key(&(None, *stage)) && !stage.is_optional() {
                let what = format!("profile {profile} has no limit for {word}");
                faults.push(FILE, None, what, format!("a row {profile},*,{word},…"));
            }
        }
        let has = |wanted: Stage| rows.keys().any(|(_, stage)| *stage == wanted);
        if has(Stage::Direct) && !rows.contains_key(&(None, Stage::Answer)) {
            let what = format!("profile {profile} has a direct report and no limit to answer it");
            faults.push(FILE, None, what, format!("a row {profile},*,answer,…"));
        }
    }
}

/// A length of time as it is written in the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub(super) u64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a length of time")]
pub(super) struct SpanError;

impl FromStr for Span {
    type Err = SpanError;
    fn from_str(text: &str) -> Result<Span, SpanError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit_ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(SpanError),
        };
        let number: u64 = number.parse().map_err(|_| SpanError)?;
        let span = number.checked_mul(unit_ms).filter(|ms| *ms <= SPAN_MS_MAX);
        span.map(Span).ok_or(SpanError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, ms) in
            [("500ms", 500), ("8s", 8_000), ("30m", 1_800_000), ("2h", 7_200_000), ("0s", 0)]
        {
            assert_eq!(text.parse(), Ok(Span(ms)), "{text}");
        }
        for wrong in ["", "5", "h", "-1h", "1.5h", "3 d", "367d", "99999999999999999999s", "三d"] {
            assert_eq!(wrong.parse::<Span>(), Err(SpanError), "{wrong}");
        }
    }
}
