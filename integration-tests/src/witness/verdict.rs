//! What the notes prove: every whistle ended, nothing was lost, nothing took effect twice, and the
//! steps of a case came in order.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    notes::Note,
    plan::{LEAD, Plan},
};

/// How many violations are named; more say nothing more.
const NAMED_MAX: usize = 50;

/// What was seen, and what is wrong with it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    event: &'static str,
    cases: usize,
    closed: usize,
    acts: usize,
    entries: usize,
    tasks: usize,
    counts: usize,
    /// Which promises were broken.
    pub violations: Vec<String>,
    #[serde(skip)]
    missing: Vec<String>,
}

impl Verdict {
    /// The witness itself could not see.
    pub fn broken(error: &anyhow::Error) -> Verdict {
        let violations = vec![format!("the witness is broken: {error:#}")];
        Verdict { event: "verdict", violations, ..Verdict::default() }
    }

    /// Whether nothing more is to come: all is there, or a promise is broken for good.
    pub fn is_done(&self) -> bool {
        self.missing.is_empty() || !self.violations.is_empty()
    }

    /// At the end, what is missing is lost.
    pub fn ended(mut self) -> Verdict {
        self.violations.extend(self.missing.drain(..).map(|what| format!("missing: {what}")));
        self.violations.truncate(NAMED_MAX);
        self
    }
}

/// A step of a case: what was said, and which unit it is about, if it is about one.
type Step = (String, String);

/// Judges.
pub fn of(notes: &[Note], plan: &Plan) -> Verdict {
    let mut verdict = Verdict { event: "verdict", ..Verdict::default() };
    let numbers = raised(notes, plan, &mut verdict);
    let steps = ledger(notes, &mut verdict);
    for (case_id, index) in &numbers {
        let seen = steps.get(case_id).map(Vec::as_slice).unwrap_or_default();
        compare(case_id, seen, &expected(*index, plan), &mut verdict);
        order(case_id, seen, plan, &mut verdict);
    }
    // The ledger may show a case before its whistle was answered; it has no other.
    let strangers = steps.keys().filter(|case_id| !numbers.contains_key(*case_id));
    verdict.missing.extend(strangers.map(|case_id| format!("a whistle for {case_id}")));
    desks(notes, plan, &numbers, &mut verdict);
    verdict.cases = numbers.len();
    verdict
}

/// The numbers that were given: one for each whistle, however often it was blown.
fn raised(notes: &[Note], plan: &Plan, verdict: &mut Verdict) -> BTreeMap<String, u64> {
    let mut numbers = BTreeMap::new();
    let mut whistles = BTreeMap::<u64, Vec<&String>>::new();
    for note in notes {
        match note {
            Note::Raised { index, case_id } => {
                whistles.entry(*index).or_default().push(case_id);
                if numbers.insert(case_id.clone(), *index).is_some_and(|other| other != *index) {
                    verdict.violations.push(format!("{case_id} is two whistles"));
                }
            }
            Note::Refused { what } => verdict.violations.push(what.clone()),
            Note::Counted { cases, ownerless } => {
                verdict.counts += 1;
                if *cases > plan.cases || *ownerless > 0 {
                    let what = format!("the ledger had {cases} cases, {ownerless} without owner");
                    verdict.violations.push(what);
                }
            }
            _ => {}
        }
    }
    for index in 0..plan.cases {
        match whistles.get(&index).map(Vec::as_slice) {
            Some([first, again]) if first == again => {}
            Some([_]) | None => verdict.missing.push(format!("two answers to whistle {index}")),
            Some(numbers) => verdict.violations.push(format!("whistle {index} is {numbers:?}")),
        }
    }
    numbers
}

/// The steps of each case, in the order of the ledger.
fn ledger(notes: &[Note], verdict: &mut Verdict) -> BTreeMap<String, Vec<Step>> {
    let mut steps = BTreeMap::<String, Vec<Step>>::new();
    let mut last = 0;
    for note in notes {
        let Note::Entry { place, case_id, kind, source, recipient } = note else { continue };
        verdict.entries += 1;
        if *place <= last {
            verdict.violations.push(format!("place {place} of the ledger came after {last}"));
        }
        last = *place;
        let about = if recipient.is_empty() { source } else { recipient };
        let unit = about.strip_prefix("unit/").unwrap_or_default().to_owned();
        steps.entry(case_id.clone()).or_default().push((kind.clone(), unit));
    }
    steps
}

/// How often each step of a case must be there.
fn expected(index: u64, plan: &Plan) -> BTreeMap<Step, u64> {
    let mut steps = BTreeMap::new();
    let mut add = |kind: &str, unit: &str| {
        *steps.entry((kind.to_owned(), unit.to_owned())).or_insert(0) += 1;
    };
    let units = plan.called(index);
    add("WhistleRaised", "");
    for round in 1..=plan.rounds(index) {
        add("CaseRouted", "");
        for unit in &units {
            add("UnitCalled", unit);
            if plan.refuses(index, unit, round) {
                add("TaskRefused", unit);
                continue;
            }
            for kind in ["TaskAccepted", "TaskArrived", "TaskDisposed"] {
                add(kind, unit);
            }
        }
        add("CaseDeclared", LEAD);
        add(if round < plan.rounds(index) { "CaseSentBack" } else { "CaseConfirmed" }, "");
    }
    add("CaseClosed", "");
    units.iter().for_each(|unit| add("CaseClosed", unit));
    steps
}

fn compare(case_id: &str, seen: &[Step], expected: &BTreeMap<Step, u64>, verdict: &mut Verdict) {
    let mut counts = BTreeMap::<&Step, u64>::new();
    seen.iter().for_each(|step| *counts.entry(step).or_default() += 1);
    let all: BTreeSet<&Step> = expected.keys().chain(counts.keys().copied()).collect();
    for step in all {
        let (has, wants) = (counts.get(step).copied(), expected.get(step).copied());
        let (has, wants) = (has.unwrap_or(0), wants.unwrap_or(0));
        let what = || format!("{case_id} has {} {} {has} times of {wants}", step.0, step.1);
        match has.cmp(&wants) {
            std::cmp::Ordering::Greater => verdict.violations.push(what()),
            std::cmp::Ordering::Less => verdict.missing.push(what()),
            std::cmp::Ordering::Equal => {}
        }
    }
    verdict.closed += usize::from(counts.keys().any(|(kind, _)| kind == "CaseClosed"));
}

/// What must have been said as often, or oftener, before: by the same source, and by others.
fn rests_on(kind: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        "UnitCalled" => (&["CaseRouted"], &["WhistleRaised"]),
        "TaskAccepted" | "TaskRefused" => (&[], &["UnitCalled"]),
        "TaskArrived" => (&["TaskAccepted"], &["UnitCalled"]),
        "TaskDisposed" => (&["TaskArrived"], &["UnitCalled"]),
        "CaseDeclared" => (&["TaskDisposed"], &["UnitCalled"]),
        "CaseConfirmed" => (&["WhistleRaised"], &["CaseDeclared"]),
        "CaseSentBack" => (&["WhistleRaised"], &["CaseDeclared"]),
        "CaseClosed" => (&["CaseRouted"], &["CaseConfirmed"]),
        _ => (&[], &[]),
    }
}

/// Each step comes after what it rests on.
fn order(case_id: &str, seen: &[Step], plan: &Plan, verdict: &mut Verdict) {
    let mut counts = BTreeMap::<Step, u64>::new();
    for (kind, unit) in seen {
        *counts.entry((kind.clone(), unit.clone())).or_default() += 1;
        let (own, others) = rests_on(kind);
        let others = if plan.log_is_lost { &[] } else { others };
        for earlier in own.iter().chain(others) {
            let about =
                [unit.as_str(), "", LEAD].map(|unit| ((*earlier).to_owned(), unit.to_owned()));
            let before = about.iter().filter_map(|step| counts.get(step)).max();
            let is_first = before.is_none();
            let is_behind = unit_step(kind, earlier)
                && counts.get(&about[0]) < counts.get(&(kind.clone(), unit.clone()));
            if is_first || is_behind {
                verdict.violations.push(format!("{case_id}: {kind} {unit} before its {earlier}"));
            }
        }
    }
}

/// Whether both are steps of one unit, which come round by round.
fn unit_step(kind: &str, earlier: &str) -> bool {
    kind.starts_with("Task") && (earlier.starts_with("Task") || earlier == "UnitCalled")
}

/// The desks: called once a round, by nobody who was not to be called, and told of the end.
fn desks(notes: &[Note], plan: &Plan, numbers: &BTreeMap<String, u64>, verdict: &mut Verdict) {
    let (mut called, mut closed) = (BTreeMap::<(&str, &str, u32), u64>::new(), BTreeSet::new());
    for note in notes {
        match note {
            Note::Acted { .. } | Note::Judged { .. } => verdict.acts += 1,
            Note::Task { unit, case_id, index, round, state, .. } => {
                verdict.tasks += 1;
                if !index.is_some_and(|index| plan.called(index).contains(unit.as_str())) {
                    verdict.violations.push(format!("{unit} was not to be called to {case_id}"));
                }
                if state == "TASK_STATE_CALLED" {
                    *called.entry((unit, case_id, *round)).or_default() += 1;
                }
                if state == "TASK_STATE_CLOSED" {
                    closed.insert((unit.as_str(), case_id.as_str()));
                }
            }
            _ => {}
        }
    }
    let twice = called.iter().filter(|(_, count)| **count > 1);
    verdict.violations.extend(twice.map(|(call, count)| format!("{call:?} came {count} times")));
    for (case_id, index) in numbers {
        let open =
            plan.called(*index).into_iter().filter(|unit| !closed.contains(&(*unit, case_id)));
        verdict.missing.extend(open.map(|unit| format!("{unit}: the end of {case_id}")));
    }
    let wants = acts(plan);
    if verdict.acts < wants {
        verdict.missing.push(format!("{} of {wants} acts were acknowledged", verdict.acts));
    }
}

/// How many acts desks and community have to acknowledge.
fn acts(plan: &Plan) -> usize {
    let of_unit = |index, unit, round| match plan.refuses(index, unit, round) {
        true => 1,
        false => 3,
    };
    let of_round = |index, round| -> usize {
        let units = plan.called(index);
        units.into_iter().map(|unit| of_unit(index, unit, round)).sum::<usize>() + 2
    };
    let of_case =
        |index| (1..=plan.rounds(index)).map(|round| of_round(index, round)).sum::<usize>();
    (0..plan.cases).map(of_case).sum()
}

#[cfg(test)]
mod tests;
