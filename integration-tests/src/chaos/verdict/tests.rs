//! The checker sees each kind of fault, and none where there is none.

use super::*;

fn name(number: u64) -> Name {
    Name { source: "unit/a".to_owned(), recipient: "unit/b".to_owned(), number }
}

/// A run without a fault: two of one subject, each seen, acknowledged and told once.
fn right() -> Vec<Note> {
    let subject = || "case/w/1".to_owned();
    let mut notes = Vec::new();
    for place in 1..=2 {
        notes.push(Note::Published { name: name(place), subject: subject(), place });
        notes.push(Note::Delivered { name: name(place), subject: subject(), place });
        notes.push(Note::Acknowledging { places: vec![place] });
        notes.push(Note::Acknowledged { mailbox: "unit/b".to_owned(), place });
        let (source, fate) = ("unit/a".to_owned(), "SETTLED".to_owned());
        notes.push(Note::Told { source, receipt_place: 9 + place, place, fate });
        notes.push(Note::Recorded { name: name(place), place });
    }
    notes
}

#[test]
fn a_run_without_a_fault_has_none() {
    assert_eq!(of(&right()).faults, Vec::<String>::new());
}

#[test]
fn it_is_seen_whether_each_sender_was_told() {
    assert!(are_told(&right()));
    let mut notes = right();
    let Note::Told { fate, .. } = &mut notes[4] else { panic!("{notes:?}") };
    *fate = "PARKED".to_owned();
    assert!(!are_told(&notes), "that is no end");
}

#[test]
fn each_kind_of_fault_is_seen() {
    // Not delivered, not acknowledged, not told, not in the record; and all twice or swapped.
    for gone in [1, 2, 4, 5] {
        let mut notes = right();
        notes.remove(gone);
        assert!(!of(&notes).faults.is_empty(), "without {gone}");
    }
    let mut twice = right();
    let (source, fate) = ("unit/a".to_owned(), "SETTLED".to_owned());
    twice.push(Note::Told { source, receipt_place: 50, place: 1, fate });
    assert!(!of(&twice).faults.is_empty(), "settled twice");
    let mut order = right();
    order.swap(1, 7);
    assert!(!of(&order).faults.is_empty(), "out of order");
    let mut again = right();
    again.push(Note::Recorded { name: name(1), place: 3 });
    assert!(!of(&again).faults.is_empty(), "taken twice");
}
