//! Enforcement decisions (`decisions.csv`), the actions by which they are carried out
//! (`decision_actions.csv`), and who stands around them (`decision_rules.csv`).
//!
//! All three are there or none is: a city without them has no such decisions. What is major, who
//! reviews and how long it may take is in no document; every row says so. The limits are the stages
//! `review`, `criminal` and `supervision` of the matter in `limits.csv`: a kind of matter on the fast
//! track (快查快办) has rows of its own there, and no gate less.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    duplicate::Answer,
    fault::Faults,
    index::Index,
    issue::IssueType,
    limit::LimitTable,
    people::rows_if_any,
    table::{Files, Row},
    unit::Unit,
};
use crate::{
    case::Severity,
    id::{ActionId, DecisionKindId, IssueTypeId, UnitId},
    party::{Kind, Party},
};

/// The kinds.
pub(super) const KINDS: &str = "decisions.csv";
/// The actions.
pub(super) const ACTIONS: &str = "decision_actions.csv";
/// Who stands around them.
pub(super) const RULES: &str = "decision_rules.csv";

const KIND_COLUMNS: [&str; 14] = [
    "id",
    "zh",
    "en",
    "units",
    "issue_types",
    "major",
    "reviewer",
    "joint",
    "amount_max",
    "warn_first",
    "ledger",
    "basis",
    "note",
    "source",
];
const ACTION_COLUMNS: [&str; 7] = ["kind", "id", "zh", "en", "recording", "note", "source"];
const RULE_COLUMNS: [&str; 3] = ["rule", "value", "source"];

const UNITS: &str = "ids of units.csv with a service of their own, with ; between them";
/// The highest fine that a pack may name, in yuan.
const AMOUNT_MAX: u64 = 100_000_000;

/// When a decision of a kind is major (重大执法决定).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Major {
    /// Each one.
    Always,
    /// None.
    Never,
    /// From this fine on, in yuan.
    From(u64),
}

impl Major {
    /// Whether one with this fine is.
    pub fn is_major(self, amount: u64) -> bool {
        match self {
            Major::Always => true,
            Major::Never => false,
            Major::From(least) => amount >= least,
        }
    }
}

/// Who reviews a major decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reviewer {
    /// Another unit.
    Unit(UnitId),
    /// The handler's own unit, by another person.
    Own,
}

/// One kind of enforcement decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionKind {
    /// Its id.
    pub id: DecisionKindId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// Who may decide so.
    pub units: Vec<UnitId>,
    /// About which kinds of matter.
    pub issue_types: Vec<IssueTypeId>,
    /// When it is major.
    pub major: Major,
    /// Who reviews a major one.
    pub reviewer: Reviewer,
    /// Who may carry it out beside the unit.
    pub joint: Vec<UnitId>,
    /// The highest fine, in yuan; 0: none.
    pub amount_max: u64,
    /// The warning that comes first; none: it needs none.
    pub warn_first: Option<DecisionKindId>,
    /// Whether it names nature and area, for the ledger.
    pub is_ledger: bool,
    /// What has to be done, each at least once.
    pub actions: Vec<DecisionAction>,
    /// The legal basis, as it is published.
    pub basis: String,
    /// A remark.
    pub note: String,
    /// Document and section, or `example`.
    pub source: String,
}

/// An action by which a decision is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionAction {
    /// Its id.
    pub id: ActionId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// Whether it needs a recording.
    pub is_recorded: bool,
}

/// The enforcement decisions of a city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// The kinds.
    pub kinds: BTreeMap<DecisionKindId, DecisionKind>,
    /// Who alone says that a fine is paid (罚缴分离).
    pub finance: UnitId,
    /// To whom a suspected crime goes (行刑衔接).
    pub justice: UnitId,
    /// Who supervises (执法监督).
    pub supervisors: Vec<Party>,
}

/// What the rows refer to.
pub(super) struct Named<'a> {
    pub(super) units: &'a Index<UnitId, Unit>,
    pub(super) issues: &'a Index<IssueTypeId, IssueType>,
    pub(super) limits: Option<&'a LimitTable>,
}

/// Reads all three; nothing where there is none of them.
pub(super) fn read(files: &Files, named: &Named<'_>, faults: &mut Faults) -> Option<Procedure> {
    let there = [KINDS, ACTIONS, RULES].map(|file| files.contains_key(file));
    if !there.contains(&true) {
        return None;
    }
    for (file, _) in [KINDS, ACTIONS, RULES].iter().zip(there).filter(|(_, there)| !there) {
        faults.push(file, None, "there is no such file", "all files of decisions, or none");
    }
    let rows = rows_if_any(files, KINDS, &KIND_COLUMNS, faults);
    let kinds = Index::new(KINDS, rows, faults, |row, faults| kind(row, named, faults));
    for (row, id, kind) in kinds.iter() {
        if let Some(warning) = &kind.warn_first {
            kinds.check(row, "warn_first", warning, faults);
        }
        check_limits(row, id, kind, named, faults);
    }
    let rows = rows_if_any(files, ACTIONS, &ACTION_COLUMNS, faults);
    let actions = Index::new(ACTIONS, rows, faults, |row, faults| {
        let (of, action) = action(row, faults)?;
        kinds.check(row, "kind", &of, faults);
        Some((format!("{} of {of}", action.id), (of, action)))
    });
    for (row, id, _) in kinds.iter().filter(|_| actions.readable()) {
        if !actions.iter().any(|(_, _, (of, _))| of == id) {
            row.fault(faults, format!("{id} has no action"), format!("a row for it in {ACTIONS}"));
        }
    }
    let mut kinds = kinds.into_values();
    for (of, action) in actions.into_values().into_values() {
        if let Some(kind) = kinds.get_mut(&of) {
            kind.actions.push(action);
        }
    }
    let rules = rules(files, named.units, faults)?;
    let finance = rule(&rules, "finance", named.units, faults);
    let justice = rule(&rules, "criminal", named.units, faults);
    let supervisors = supervisors(&rules, named.units, faults);
    Some(Procedure { kinds, finance: finance?, justice: justice?, supervisors })
}

fn kind(
    row: &Row,
    named: &Named<'_>,
    faults: &mut Faults,
) -> Option<(DecisionKindId, DecisionKind)> {
    let id: Option<DecisionKindId> = row.parse("id", "an id like demolition", faults);
    let (zh, en) = (row.text("zh", faults), row.text("en", faults));
    let units = hosted(row, "units", named.units, faults);
    let joint = hosted(row, "joint", named.units, faults);
    if units.is_empty() {
        row.fault(faults, "units is empty", "who may decide so");
    }
    let issue_types: Vec<IssueTypeId> =
        row.list("issue_types", "ids of issue_types.csv with ; between them", faults);
    issue_types.iter().for_each(|issue| named.issues.check(row, "issue_types", issue, faults));
    if issue_types.is_empty() {
        row.fault(faults, "issue_types is empty", "about which kinds of matter it is");
    }
    let major = major(row, faults);
    let reviewer = reviewer(row, &units, named.units, faults);
    let amount_max = amount(row, faults);
    let warn_first = match row.field("warn_first") {
        "" => None,
        _ => row.parse("warn_first", "an id of decisions.csv, or nothing", faults),
    };
    let is_ledger = yes(row, "ledger", faults);
    let (basis, note) = (row.text("basis", faults), row.field("note").to_owned());
    let (source, id) = (row.text("source", faults), id?);
    let (major, reviewer, amount_max) = (major?, reviewer?, amount_max?);
    let actions = Vec::new();
    let kind = DecisionKind {
        id: id.clone(),
        zh,
        en,
        units,
        issue_types,
        major,
        reviewer,
        joint,
        amount_max,
        warn_first,
        is_ledger,
        actions,
        basis,
        note,
        source,
    };
    Some((id, kind))
}

fn yes(row: &Row, column: &str, faults: &mut Faults) -> bool {
    row.parse(column, "yes or no", faults).is_some_and(|Answer(yes)| yes)
}

fn hosted(
    row: &Row,
    column: &str,
    units: &Index<UnitId, Unit>,
    faults: &mut Faults,
) -> Vec<UnitId> {
    let list: Vec<UnitId> = row.list(column, UNITS, faults);
    list.iter().for_each(|unit| check_hosted(row, column, units, unit, faults));
    list
}

/// Who has no desk can say nothing.
fn check_hosted(
    row: &Row,
    column: &str,
    units: &Index<UnitId, Unit>,
    unit: &UnitId,
    faults: &mut Faults,
) {
    units.check(row, column, unit, faults);
    if units.get(unit).is_some_and(|unit| !unit.can_lead()) {
        row.fault(faults, format!("{column}: {unit} has no service of its own"), UNITS);
    }
}

fn major(row: &Row, faults: &mut Faults) -> Option<Major> {
    let right = "always, never, or from 5000: the least fine in yuan";
    let field = row.field("major");
    let from = field.strip_prefix("from ").map(|amount| amount.trim().parse().map(Major::From));
    match (field, from) {
        ("always", _) => Some(Major::Always),
        ("never", _) => Some(Major::Never),
        (_, Some(Ok(major))) => Some(major),
        _ => {
            row.fault(faults, format!("major: {field:?} can't be"), right);
            None
        }
    }
}

/// Nobody reviews its own work: the reviewer is none of the units that decide, unless the pack says
/// that another person of the same unit does it.
fn reviewer(
    row: &Row,
    deciding: &[UnitId],
    units: &Index<UnitId, Unit>,
    faults: &mut Faults,
) -> Option<Reviewer> {
    if row.field("reviewer") == "own" {
        return Some(Reviewer::Own);
    }
    let unit: UnitId = row.parse("reviewer", "a unit of units.csv, or own", faults)?;
    check_hosted(row, "reviewer", units, &unit, faults);
    if deciding.contains(&unit) {
        let what = format!("reviewer: {unit} decides so itself");
        row.fault(faults, what, "another unit; or own, where another person of it reviews");
    }
    Some(Reviewer::Unit(unit))
}

fn amount(row: &Row, faults: &mut Faults) -> Option<u64> {
    let right = format!("a whole number of yuan from 0 to {AMOUNT_MAX}; 0 where there is no fine");
    let most: u64 = row.parse("amount_max", &right, faults)?;
    if most > AMOUNT_MAX {
        row.fault(faults, format!("amount_max: {most} can't be"), right);
    }
    Some(most)
}

/// Who waits for a word without a limit waits for ever.
fn check_limits(
    row: &Row,
    id: &DecisionKindId,
    kind: &DecisionKind,
    named: &Named<'_>,
    faults: &mut Faults,
) {
    let Some(limits) = named.limits else { return };
    for profile in limits.profiles() {
        for issue in &kind.issue_types {
            let of = limits.limits(profile, issue, Severity::Normal).unwrap_or_default();
            let stages =
                [("review", of.review), ("criminal", of.criminal), ("supervision", of.supervision)];
            for (stage, _) in stages.into_iter().filter(|(_, limit)| limit.is_none()) {
                let what = format!("{id}: profile {profile} has no limit {stage} for {issue}");
                row.fault(faults, what, format!("a row {profile},*,{stage},… in limits.csv"));
            }
        }
    }
}

fn action(row: &Row, faults: &mut Faults) -> Option<(DecisionKindId, DecisionAction)> {
    let of = row.parse("kind", "an id of decisions.csv", faults);
    let id: Option<ActionId> = row.parse("id", "an id like demolish", faults);
    let (zh, en) = (row.text("zh", faults), row.text("en", faults));
    let is_recorded = yes(row, "recording", faults);
    row.text("source", faults);
    Some((of?, DecisionAction { id: id?, zh, en, is_recorded }))
}

const NAMES: [&str; 3] = ["finance", "criminal", "supervisors"];

fn rules(
    files: &Files,
    units: &Index<UnitId, Unit>,
    faults: &mut Faults,
) -> Option<BTreeMap<String, Row>> {
    let mut rules = BTreeMap::new();
    for row in rows_if_any(files, RULES, &RULE_COLUMNS, faults)? {
        let name = row.text("rule", faults);
        row.text("source", faults);
        if !NAMES.contains(&name.as_str()) {
            row.fault(faults, format!("there is no rule {name:?}"), NAMES.join(", "));
            continue;
        }
        match rules.entry(name) {
            Entry::Occupied(first) => {
                let what = format!("{} is there twice", first.key());
                row.fault(faults, what, "one row for each rule");
            }
            Entry::Vacant(free) => drop(free.insert(row)),
        }
    }
    for name in NAMES.iter().filter(|name| units.readable() && !rules.contains_key(**name)) {
        faults.push(RULES, None, format!("the rule {name} is missing"), format!("{name},…"));
    }
    Some(rules)
}

fn rule(
    rules: &BTreeMap<String, Row>,
    name: &str,
    units: &Index<UnitId, Unit>,
    faults: &mut Faults,
) -> Option<UnitId> {
    let row = rules.get(name)?;
    let unit = row.parse("value", "a unit of units.csv", faults)?;
    check_hosted(row, name, units, &unit, faults);
    Some(unit)
}

fn supervisors(
    rules: &BTreeMap<String, Row>,
    units: &Index<UnitId, Unit>,
    faults: &mut Faults,
) -> Vec<Party> {
    let right = "parties like office/leading_group_office, with ; between them";
    let Some(row) = rules.get("supervisors") else { return Vec::new() };
    let parties: Vec<Party> = row.list("value", right, faults);
    for party in &parties {
        match (party.kind, UnitId::parse(party.id.clone())) {
            (Kind::Office | Kind::Unit, Ok(unit)) => units.check(row, "supervisors", &unit, faults),
            _ => row.fault(faults, format!("supervisors: {party} is no unit and no office"), right),
        }
    }
    if parties.is_empty() {
        row.fault(faults, "supervisors is empty", right);
    }
    parties
}
