//! The verdict can turn: one step lost, twice or out of order, and it says so.

use super::*;
use crate::plan::{self, Plan};

fn plan() -> Plan {
    use clap::Parser as _;
    let asked = ["witness", "--data", ".", "--notes", "notes", "--cases", "3"];
    Plan::new(&crate::Asked::parse_from(asked))
}

/// The notes of a storm in which every promise was kept.
fn kept(plan: &Plan) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut place = 0;
    for index in 0..plan.cases {
        let case_id = format!("case-{index}");
        notes.extend([(); 2].map(|()| Note::Raised { index, case_id: case_id.clone() }));
        let mut entry = |kind: &str, unit: &str, notes: &mut Vec<Note>| {
            place += 1;
            let is_called = matches!(kind, "UnitCalled" | "CaseClosed") && !unit.is_empty();
            let party = if unit.is_empty() { String::new() } else { format!("unit/{unit}") };
            let (source, recipient) = if is_called {
                ("service/worker".to_owned(), party)
            } else {
                (party, String::new())
            };
            let (case_id, kind) = (case_id.clone(), kind.to_owned());
            notes.push(Note::Entry { place, case_id, kind, source, recipient });
        };
        let task = |unit: &str, round, state: &str| Note::Task {
            unit: unit.to_owned(),
            place: 1,
            case_id: case_id.clone(),
            index: Some(index),
            round,
            state: format!("TASK_STATE_{state}"),
        };
        let done = || Note::Judged { case_id: case_id.clone(), round: 1, is_settled: true };
        entry("WhistleRaised", "", &mut notes);
        for round in 1..=plan.rounds(index) {
            entry("CaseRouted", "", &mut notes);
            for unit in plan.called(index) {
                entry("UnitCalled", unit, &mut notes);
                notes.push(task(unit, round, "CALLED"));
                let kinds: &[&str] = match plan.refuses(index, unit, round) {
                    true => &["TaskRefused"],
                    false => &["TaskAccepted", "TaskArrived", "TaskDisposed"],
                };
                for kind in kinds {
                    entry(kind, unit, &mut notes);
                    notes.push(done());
                }
            }
            entry("CaseDeclared", plan::LEAD, &mut notes);
            let is_last = round == plan.rounds(index);
            entry(if is_last { "CaseConfirmed" } else { "CaseSentBack" }, "", &mut notes);
            notes.extend([done(), done()]);
        }
        entry("CaseClosed", "", &mut notes);
        for unit in plan.called(index) {
            entry("CaseClosed", unit, &mut notes);
            notes.push(task(unit, 1, "CLOSED"));
        }
    }
    notes
}

fn violations(notes: &[Note]) -> Vec<String> {
    of(notes, &plan()).ended().violations
}

fn at(notes: &[Note], wanted: &str) -> usize {
    let is = |note: &Note| matches!(note, Note::Entry { kind, .. } if kind == wanted);
    notes.iter().position(is).unwrap()
}

#[test]
fn a_storm_in_which_all_was_kept_has_no_violation() {
    assert_eq!(violations(&kept(&plan())), [""; 0]);
}

#[test]
fn what_is_lost_twice_or_out_of_order_is_named() {
    let kept = kept(&plan());
    for kind in ["WhistleRaised", "CaseRouted", "UnitCalled", "TaskArrived", "CaseClosed"] {
        let mut lost = kept.clone();
        lost.remove(at(&kept, kind));
        assert!(!violations(&lost).is_empty(), "{kind} is lost");

        let mut twice = kept.clone();
        let Note::Entry { case_id, source, recipient, .. } = kept[at(&kept, kind)].clone() else {
            unreachable!()
        };
        let kind = kind.to_owned();
        twice.push(Note::Entry { place: 9_999, case_id, kind, source, recipient });
        assert!(!violations(&twice).is_empty());
    }
    for (first, second) in [
        ("TaskAccepted", "TaskArrived"),
        ("UnitCalled", "TaskAccepted"),
        ("CaseRouted", "UnitCalled"),
    ] {
        let mut swapped = kept.clone();
        let (one, two) = (at(&kept, first), at(&kept, second));
        let kinds = [one, two].map(|at| match &kept[at] {
            Note::Entry { kind, source, recipient, .. } => {
                (kind.clone(), source.clone(), recipient.clone())
            }
            _ => unreachable!(),
        });
        for (at, said) in [(one, &kinds[1]), (two, &kinds[0])] {
            let Note::Entry { kind, source, recipient, .. } = &mut swapped[at] else { continue };
            (*kind, *source, *recipient) = said.clone();
        }
        assert!(!violations(&swapped).is_empty(), "{second} before {first}");
    }
}

#[test]
fn a_stranger_at_a_desk_and_another_number_are_named() {
    let mut other = kept(&plan());
    other.push(Note::Raised { index: 0, case_id: "another".into() });
    assert!(!violations(&other).is_empty());
    let mut twice = kept(&plan());
    let task = twice.iter().find(|note| matches!(note, Note::Task { .. })).cloned().unwrap();
    twice.push(task);
    assert!(!violations(&twice).is_empty());
    let mut ownerless = kept(&plan());
    ownerless.push(Note::Counted { cases: 3, ownerless: 1 });
    assert!(!violations(&ownerless).is_empty());
    assert!(!violations(&[Note::Refused { what: "x".into() }]).is_empty());
}
