//! The checker, a process of its own: it knows the notes and nothing of how they came about.
//!
//! None lost: what was acknowledged to a publisher is acknowledged by its reader or let go by a
//! person, and its sender was told so, once. None out of order: whoever sees an envelope for the
//! first time has seen, or a person has let go, all that came before it of its subject; so nothing
//! passes one that is parked. Once: a name has one place, here and in the record.

use std::collections::{BTreeMap, BTreeSet};

use crate::notes::{Name, Note};

/// What the notes say.
#[derive(Debug, Default)]
pub struct Verdict {
    pub faults: Vec<String>,
    pub published: usize,
    pub deliveries: usize,
    pub acknowledged: usize,
    pub skipped: usize,
    pub subscribed: usize,
    pub full: usize,
}

/// Holds the notes against what is promised.
pub fn of(notes: &[Note]) -> Verdict {
    let mut verdict = Verdict::default();
    let (published, skipped) = names(notes, &mut verdict);
    order(notes, &mut verdict);
    fates(notes, &published, &skipped, &mut verdict);
    for note in notes {
        match note {
            Note::Strange { what } => verdict.faults.push(what.clone()),
            Note::Subscribed { .. } => verdict.subscribed += 1,
            Note::Full => verdict.full += 1,
            _ => {}
        }
    }
    verdict
}

/// Whether the sender of each was told to which end it has come.
pub fn are_told(notes: &[Note]) -> bool {
    let ends = notes.iter().filter_map(|note| match note {
        Note::Told { place, fate, .. } if is_end(fate) => Some(*place),
        _ => None,
    });
    let ends: BTreeSet<u64> = ends.collect();
    let is_told = |note: &Note| match note {
        Note::Published { place, .. } => ends.contains(place),
        _ => true,
    };
    notes.iter().all(is_told)
}

fn is_end(fate: &str) -> bool {
    fate == "SETTLED" || fate == "SKIPPED"
}

/// A name has one place and a place one name, wherever both are said. Answers what was published.
fn names(notes: &[Note], verdict: &mut Verdict) -> (BTreeMap<u64, Name>, BTreeSet<u64>) {
    let (mut places, mut names) = (BTreeMap::new(), BTreeMap::new());
    let (mut published, mut recorded) = (BTreeMap::new(), BTreeMap::new());
    let mut skipped = BTreeSet::new();
    for note in notes {
        let (name, place) = match note {
            Note::Published { name, place, .. } => (name, *place),
            Note::Delivered { name, place, .. } | Note::Recorded { name, place } => (name, *place),
            Note::Skipping { places } => {
                skipped.extend(places.iter().copied());
                continue;
            }
            _ => continue,
        };
        let one = *places.entry(name.clone()).or_insert(place);
        let other = names.entry(place).or_insert_with(|| name.clone());
        if one != place || other != name {
            verdict
                .faults
                .push(format!("{name:?} is at {place}, and at {one}; there is {other:?}"));
        }
        match note {
            Note::Published { .. } => drop(published.insert(place, name.clone())),
            Note::Recorded { .. } if recorded.insert(place, name.clone()).is_some() => {
                verdict.faults.push(format!("{place} is in the record twice"));
            }
            _ => {}
        }
    }
    let lost = published.keys().filter(|place| !recorded.contains_key(place));
    verdict.faults.extend(lost.map(|place| format!("{place} is not in the record")));
    numbered(&recorded, verdict);
    verdict.published = published.len();
    (published, skipped)
}

/// In the record a sender's numbers go up by one.
fn numbered(recorded: &BTreeMap<u64, Name>, verdict: &mut Verdict) {
    let mut last = BTreeMap::new();
    for (place, Name { source, recipient, number }) in recorded {
        let before = last.entry((source, recipient)).or_insert(0);
        if *number != *before + 1 {
            verdict.faults.push(format!("{place} is {source} {number} behind {before}"));
        }
        *before = *number;
    }
}

/// The first sight of each, in the order of the notes.
fn order(notes: &[Note], verdict: &mut Verdict) {
    let mut all = BTreeMap::<(&str, &str), BTreeSet<u64>>::new();
    for note in notes {
        if let Note::Published { name, subject, place } | Note::Delivered { name, subject, place } =
            note
        {
            all.entry((&name.recipient, subject)).or_default().insert(*place);
        }
    }
    let (mut seen, mut gone) = (BTreeSet::new(), BTreeSet::<u64>::new());
    for note in notes {
        match note {
            Note::Skipping { places } => gone.extend(places),
            Note::Delivered { name, subject, place } => {
                verdict.deliveries += 1;
                if !seen.insert(place) {
                    continue;
                }
                let before = all[&(name.recipient.as_str(), subject.as_str())].range(..place);
                let passed = before.filter(|one| !seen.contains(one) && !gone.contains(one));
                let faults =
                    passed.map(|one| format!("{place} was seen before {one} of {subject}"));
                verdict.faults.extend(faults);
            }
            _ => {}
        }
    }
}

/// Each has come to one end, and its sender was told so once.
fn fates(
    notes: &[Note],
    published: &BTreeMap<u64, Name>,
    skipped: &BTreeSet<u64>,
    verdict: &mut Verdict,
) {
    let mut told = BTreeMap::<u64, BTreeSet<(u64, &str)>>::new();
    let (mut asked, mut acknowledged) = (BTreeSet::new(), BTreeSet::new());
    for note in notes {
        match note {
            Note::Acknowledging { places } => asked.extend(places.iter().copied()),
            Note::Acknowledged { place, .. } => drop(acknowledged.insert(*place)),
            Note::Told { place, receipt_place, fate, source } => {
                if is_end(fate) {
                    told.entry(*place).or_default().insert((*receipt_place, fate));
                }
                if published.get(place).is_some_and(|name| name.source != *source) {
                    verdict.faults.push(format!("{source} was told of {place}, of another"));
                }
            }
            _ => {}
        }
    }
    for place in published.keys() {
        let fates: Vec<&str> =
            told.get(place).into_iter().flatten().map(|(_, fate)| *fate).collect();
        let is_right = match fates[..] {
            ["SETTLED"] => asked.contains(place),
            ["SKIPPED"] => skipped.contains(place),
            _ => false,
        };
        let is_right = is_right && (fates == ["SETTLED"] || !acknowledged.contains(place));
        if !is_right {
            let has = (asked.contains(place), acknowledged.contains(place));
            verdict.faults.push(format!("{place}, acknowledged: {has:?}, was told {fates:?}"));
        }
        verdict.skipped += usize::from(fates == ["SKIPPED"]);
    }
    verdict.acknowledged = acknowledged.len();
}

#[cfg(test)]
mod tests;
