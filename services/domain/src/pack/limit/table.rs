//! Every limit of a city, read and checked.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Limit, Limits, Stage,
    span::{LENGTH, Length},
};
use crate::{
    calendar::Calendar,
    case::Severity,
    clock::Pace,
    id::IssueTypeId,
    pack::{
        calendar::HOURS,
        fault::Faults,
        index::Index,
        issue::{IssueType, scope},
        table::{Files, Row, rows_and},
        word::Word,
    },
};

/// The file.
pub(in crate::pack) const FILE: &str = "limits.csv";

const COLUMNS: [&str; 8] =
    ["profile", "issue_type", "stage", "within", "remind_before", "urge_after", "note", "source"];
/// Empty and `*` mean every severity.
const SEVERITY: &str = "severity";

/// Every limit of a city.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::pack) struct LimitTable(BTreeMap<String, Profile>);

/// By issue type and severity (none: all) and stage; each with its line.
type Profile = BTreeMap<Key, (Limit, u64)>;
type Key = (Option<IssueTypeId>, Option<Severity>, Stage);

impl Word for Severity {
    const NOUN: &'static str = "a severity";
    const ALL: &'static [(&'static str, Severity)] = &[
        ("normal", Severity::Normal),
        ("serious", Severity::Serious),
        ("emergency", Severity::Emergency),
    ];
}

impl LimitTable {
    /// The names of the profiles.
    pub(in crate::pack) fn profiles(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }

    /// The limits of an issue type; none when there is no such profile.
    pub(in crate::pack) fn limits(
        &self,
        profile: &str,
        issue: &IssueTypeId,
        severity: Severity,
    ) -> Option<Limits> {
        let rows = self.0.get(profile)?;
        let limit = |stage| {
            find(rows, Some(issue), severity, stage).map(|(limit, _)| limit).unwrap_or_default()
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
            opinion: limit(Stage::Opinion),
            rule: limit(Stage::Rule),
            find: limit(Stage::Find),
            statement: limit(Stage::Statement),
            outcome: limit(Stage::Outcome),
            hold: limit(Stage::Hold),
            review: limit(Stage::Review),
            criminal: limit(Stage::Criminal),
            supervision: limit(Stage::Supervision),
            ..Limits::default()
        })
    }
}

/// The limit that holds, with its line.
fn find(
    rows: &Profile,
    issue: Option<&IssueTypeId>,
    severity: Severity,
    stage: Stage,
) -> Option<(Limit, u64)> {
    let get = |issue: Option<&IssueTypeId>, severity| {
        rows.get(&(issue.cloned(), severity, stage)).copied()
    };
    let own = issue.and_then(|issue| get(Some(issue), Some(severity)));
    let of_issue = issue.and_then(|issue| get(Some(issue), None));
    let of_severity = get(None, Some(severity));
    let shorter = [of_issue, of_severity].into_iter().flatten();
    let shorter = shorter.min_by_key(|(limit, _)| (limit.within_ms, limit.pace));
    own.or(shorter).or_else(|| get(None, None))
}

/// The table; none when the file could not be read.
pub(in crate::pack) fn read(
    files: &Files,
    issues: &Index<IssueTypeId, IssueType>,
    calendar: Option<&Calendar>,
    faults: &mut Faults,
) -> Option<LimitTable> {
    let rows = rows_and(files, FILE, &COLUMNS, &[SEVERITY], faults)?;
    let mut table = LimitTable::default();
    for row in &rows {
        let profile = row.text("profile", faults);
        let (issue, severity) = (scope(row, issues, faults), severity(row, faults));
        let stage = row.word::<Stage>("stage", faults);
        let limit = limit(row, calendar, faults);
        row.text("source", faults);
        let (Some(issue), Some(severity), Some(stage)) = (issue, severity, stage) else { continue };
        let entry = (limit.unwrap_or_default(), row.line());
        let rows = table.0.entry(profile).or_default();
        if let Some((_, first)) = rows.insert((issue, severity, stage), entry) {
            let what = format!("this limit is already on line {first}");
            row.fault(faults, what, "one row for each profile, issue type, severity and stage");
        }
    }
    let before = faults.len();
    check_complete(&table, faults);
    if faults.len() == before && calendar.is_some() {
        table.0.values().for_each(|rows| check_severity(rows, faults));
    }
    Some(table)
}

/// The severity of a row; inside, none where it is for all.
fn severity(row: &Row, faults: &mut Faults) -> Option<Option<Severity>> {
    match row.field(SEVERITY) {
        "" | "*" => Some(None),
        _ => row.word(SEVERITY, faults).map(Some),
    }
}

fn limit(row: &Row, calendar: Option<&Calendar>, faults: &mut Faults) -> Option<Limit> {
    let mut lengths = ["within", "remind_before", "urge_after"]
        .map(|column| row.parse::<Length>(column, LENGTH, faults));
    let (within, remind, urge) = (lengths[0].take()?, lengths[1].take()?, lengths[2].take()?);
    let pace = within.pace().unwrap_or_default();
    if [remind, urge].iter().filter_map(|length| length.pace()).any(|other| other != pace) {
        let what = "one part is working time and another one is not";
        row.fault(faults, what, "within, remind_before and urge_after in one time");
    }
    // Without a calendar that could be read nothing is judged by it.
    if pace == Pace::Working && calendar.is_none() {
        return None;
    }
    let day_ms = calendar.map_or(0, Calendar::day_ms);
    if pace == Pace::Working && calendar.is_some_and(Calendar::is_empty) {
        let what = format!("working time, and there is no {HOURS}");
        row.fault(faults, what, format!("a time around the clock, or {HOURS} with its calendar"));
    }
    let [within_ms, remind_before_ms, urge_after_ms] =
        [within, remind, urge].map(|length| length.ms(day_ms));
    if within_ms == 0 {
        row.fault(faults, "within is nothing", "a time in which it can be done");
    } else if remind_before_ms >= within_ms {
        row.fault(faults, "remind_before is not shorter than within", "a reminder before the end");
    }
    Some(Limit { within_ms, remind_before_ms, urge_after_ms, pace })
}

/// Every profile limits every stage of every issue type.
fn check_complete(table: &LimitTable, faults: &mut Faults) {
    if table.0.is_empty() {
        faults.push(FILE, None, "there is no profile", "a row for every stage, with issue type *");
    }
    for (profile, rows) in &table.0 {
        for (word, stage) in Stage::ALL.iter().filter(|(_, stage)| stage.is_needed()) {
            if !rows.contains_key(&(None, None, *stage)) {
                let what = format!("profile {profile} has no limit for {word}");
                faults.push(FILE, None, what, format!("a row {profile},*,{word},…"));
            }
        }
        // Who may be reported to must answer in time.
        let has_report = rows.keys().any(|(_, _, stage)| *stage == Stage::Direct);
        if has_report && !rows.contains_key(&(None, None, Stage::Answer)) {
            let what = format!("profile {profile} has a direct report and no limit to answer it");
            faults.push(FILE, None, what, format!("a row {profile},*,answer,…"));
        }
    }
}

/// What is worse never has more time, and an emergency runs around the clock: for all issue types,
/// and for each that has a row of its own.
fn check_severity(rows: &Profile, faults: &mut Faults) {
    let own: BTreeSet<_> = rows.keys().map(|(issue, _, stage)| (issue.as_ref(), *stage)).collect();
    for (issue, stage) in own {
        check_ladder(rows, issue, stage, faults);
    }
}

fn check_ladder(rows: &Profile, issue: Option<&IssueTypeId>, stage: Stage, faults: &mut Faults) {
    let what = issue.map_or("any matter", IssueTypeId::as_str);
    let mut before: Option<Limit> = None;
    for severity in Severity::ALL {
        let Some((limit, line)) = find(rows, issue, severity, stage) else { return };
        let (word, stage) = (severity.word(), stage.word());
        if severity == Severity::Emergency && limit.pace == Pace::Working {
            let fault = format!("{stage} of {what} is working time in an emergency");
            faults.push(FILE, line, fault, "a row for emergency around the clock");
        }
        // Working time takes at least as long as the same time around the clock, and never less.
        let is_slower =
            |milder: Limit| milder.within_ms < limit.within_ms || milder.pace < limit.pace;
        if before.is_some_and(is_slower) {
            let fault = format!("{stage} of {what} has more time when it is {word}");
            faults.push(FILE, line, fault, "no more than for what is milder, and in no other time");
        }
        before = Some(limit);
    }
}
