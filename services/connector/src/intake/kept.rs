//! The reports of a system, as the sum of the notes about them. Pure.
//!
//! A number is one report for good. What a report says is what was whistled, once it was: another
//! content under the same number is kept beside it and changes nothing but what is shown. While a report
//! waits for a person, or would, the last content counts, and is looked at anew.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{evidence::Evidence, id::RequestId};
use serde::{Deserialize, Serialize};

use super::{
    note::{By, Given, Note},
    report::Report,
};
use crate::record::Sum;

/// How many settled ones are remembered; an older one that comes again is whistled again under the same
/// request id, which the gateway answers with the same case.
const REMEMBERED: usize = 100_000;

/// Where a report stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stand {
    /// It is to be whistled.
    Open,
    /// It waits for a person.
    Waiting { reason: String },
    /// It has a case.
    Raised { is_again: bool },
    /// A person has turned it down.
    TurnedDown { reason: String, is_told: bool },
}

/// One report, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) report: Report,
    /// Unix milliseconds.
    pub(crate) came_at_ms: i64,
    pub(crate) stand: Stand,
    pub(crate) case_id: Option<String>,
    /// Its last content, where that is another than what counts, and when it came.
    pub(crate) changed: Option<Report>,
    /// When it came with other content last; 0: never.
    pub(crate) changed_at_ms: i64,
    /// How often it did.
    pub(crate) changes: u32,
    pub(crate) given: Option<Given>,
    /// Who settled it.
    pub(crate) by: Option<By>,
}

/// What a report is beside what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    New,
    Same,
    Changed,
}

/// All of them, by the place of the note that says that they came.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    items: BTreeMap<u64, Item>,
    #[serde(skip)]
    numbers: HashMap<String, u64>,
    #[serde(skip)]
    open: BTreeSet<u64>,
    #[serde(skip)]
    waiting: BTreeSet<u64>,
    #[serde(skip)]
    untold: BTreeSet<u64>,
    #[serde(skip)]
    settled: BTreeSet<u64>,
    /// How many reports each case has.
    #[serde(skip)]
    cases: HashMap<String, usize>,
    cursor: String,
}

impl Sum for Kept {
    type Note = Note;

    const LAYOUT: u32 = 1;

    fn index(&mut self) {
        for (place, item) in std::mem::take(&mut self.items) {
            self.numbers.insert(item.report.number.clone(), place);
            item.case_id.iter().for_each(|case| *self.cases.entry(case.clone()).or_default() += 1);
            self.shelve(place, &item);
            self.items.insert(place, item);
        }
    }

    fn fold(&mut self, place: u64, note: Note) {
        match note {
            Note::Cursor { after } => self.cursor = after,
            Note::Came { report, at_ms } => self.came(place, report, at_ms),
            Note::Changed { report, at_ms } => {
                let number = report.number.clone();
                self.edit(&number, |item| item.change(report, at_ms));
            }
            Note::Waits { number, reason } => self.edit(&number, |item| item.wait(reason)),
            Note::Again { number } => self.edit(&number, |item| item.stand = Stand::Open),
            Note::Given { number, given, by } => self.edit(&number, |item| {
                let given = given.after(item.given.take());
                (item.stand, item.given, item.by) = (Stand::Open, Some(given), Some(by));
            }),
            Note::TurnedDown { number, reason, by } => self.edit(&number, |item| {
                item.stand = Stand::TurnedDown { reason, is_told: false };
                item.by = Some(by);
            }),
            Note::Told { number } => self.edit(&number, |item| {
                if let Stand::TurnedDown { is_told, .. } = &mut item.stand {
                    *is_told = true;
                }
            }),
            Note::Raised { number, case_id, is_again } => self.edit(&number, |item| {
                item.stand = Stand::Raised { is_again };
                item.case_id = Some(case_id);
            }),
            Note::Bound { number, case_id } => {
                self.edit(&number, |item| item.case_id = Some(case_id));
            }
        }
    }
}

impl Item {
    fn change(&mut self, report: Report, at_ms: i64) {
        (self.changes, self.changed_at_ms) = (self.changes.saturating_add(1), at_ms);
        if matches!(self.stand, Stand::Waiting { .. }) {
            (self.report, self.changed, self.stand) = (report, None, Stand::Open);
        } else {
            self.changed = Some(report);
        }
    }

    /// It is not whistled as it is: where other content has come meanwhile, that is looked at.
    fn wait(&mut self, reason: String) {
        match self.changed.take() {
            Some(report) => (self.report, self.stand) = (report, Stand::Open),
            None => self.stand = Stand::Waiting { reason },
        }
    }

    /// What shows it: its own pieces, and those that a person has brought.
    pub(crate) fn pieces(&self) -> Vec<Evidence> {
        let given = self.given.iter().flat_map(|given| &given.evidence);
        let mut pieces: Vec<Evidence> = Vec::new();
        for piece in self.report.pieces.iter().chain(given) {
            if !pieces.iter().any(|known| known.digest == piece.digest) {
                pieces.push(piece.clone());
            }
        }
        pieces
    }

    fn last(&self) -> &Report {
        self.changed.as_ref().unwrap_or(&self.report)
    }
}

impl Kept {
    fn came(&mut self, place: u64, report: Report, at_ms: i64) {
        let stand = match &report.fault {
            Some(reason) => Stand::Waiting { reason: reason.clone() },
            None => Stand::Open,
        };
        self.numbers.insert(report.number.clone(), place);
        let item = Item {
            report,
            came_at_ms: at_ms,
            stand,
            case_id: None,
            changed: None,
            changed_at_ms: 0,
            changes: 0,
            given: None,
            by: None,
        };
        self.shelve(place, &item);
        self.items.insert(place, item);
    }

    fn edit(&mut self, number: &str, edit: impl FnOnce(&mut Item)) {
        let Some(place) = self.numbers.get(number).copied() else { return };
        let Some(mut item) = self.items.remove(&place) else { return };
        let before = item.case_id.clone();
        edit(&mut item);
        if before != item.case_id {
            before.iter().for_each(|case| self.leave(case));
            item.case_id.iter().for_each(|case| *self.cases.entry(case.clone()).or_default() += 1);
        }
        self.shelve(place, &item);
        self.items.insert(place, item);
        self.forget();
    }

    fn shelve(&mut self, place: u64, item: &Item) {
        let is_untold = matches!(item.stand, Stand::TurnedDown { is_told: false, .. });
        let is_settled = matches!(item.stand, Stand::Raised { .. } | Stand::TurnedDown { .. });
        for (shelf, is_in) in [
            (&mut self.open, item.stand == Stand::Open),
            (&mut self.waiting, matches!(item.stand, Stand::Waiting { .. })),
            (&mut self.untold, is_untold),
            (&mut self.settled, is_settled && !is_untold),
        ] {
            if is_in {
                shelf.insert(place);
            } else {
                shelf.remove(&place);
            }
        }
    }

    fn leave(&mut self, case: &str) {
        if let Some(count) = self.cases.get_mut(case) {
            *count -= 1;
            if *count == 0 {
                self.cases.remove(case);
            }
        }
    }

    fn forget(&mut self) {
        while self.settled.len() > REMEMBERED {
            let Some(item) = self.settled.pop_first().and_then(|at| self.items.remove(&at)) else {
                continue;
            };
            self.numbers.remove(&item.report.number);
            item.case_id.iter().for_each(|case| self.leave(case));
        }
    }

    /// How far the feed is read.
    pub(crate) fn cursor(&self) -> &str {
        &self.cursor
    }

    /// How many are to be whistled, and how many wait for a person.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.open.len(), self.waiting.len())
    }

    /// What a report is beside what is known.
    pub(crate) fn judge(&self, report: &Report) -> Known {
        match self.item(&report.number) {
            None => Known::New,
            Some(item) if item.last().says(report) => Known::Same,
            Some(_) => Known::Changed,
        }
    }

    /// The report of a number.
    pub(crate) fn item(&self, number: &str) -> Option<&Item> {
        self.items.get(self.numbers.get(number)?)
    }

    /// Whether a case has a report of this system.
    pub(crate) fn has_case(&self, case_id: &str) -> bool {
        self.cases.contains_key(case_id)
    }

    /// Those that are to be whistled, in order.
    pub(crate) fn open(&self) -> Vec<String> {
        self.of(&self.open)
    }

    /// Those that were turned down and of which the other system is not told yet.
    pub(crate) fn untold(&self) -> Vec<String> {
        self.of(&self.untold)
    }

    /// Those that wait for a person.
    pub(crate) fn waiting(&self) -> Vec<String> {
        self.of(&self.waiting)
    }

    fn of(&self, shelf: &BTreeSet<u64>) -> Vec<String> {
        let items = shelf.iter().filter_map(|place| self.items.get(place));
        items.map(|item| item.report.number.clone()).collect()
    }

    /// Those behind a place, in order, that are wanted.
    pub(crate) fn page(
        &self,
        after: u64,
        most: usize,
        wanted: impl Fn(&Item) -> bool,
    ) -> Vec<(u64, Item)> {
        let rest = self.items.range(after.saturating_add(1)..).filter(|(_, item)| wanted(item));
        rest.take(most).map(|(place, item)| (*place, item.clone())).collect()
    }

    /// Whether a person's request about a report is new; none where it waits for nobody.
    pub(crate) fn is_new(item: &Item, request_id: &RequestId) -> Option<bool> {
        if item.by.as_ref().is_some_and(|by| by.request_id == *request_id) {
            return Some(false);
        }
        matches!(item.stand, Stand::Waiting { .. }).then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(number: &str, code: &str) -> Report {
        Report { number: number.into(), code: code.into(), ..Report::default() }
    }

    fn came(number: &str) -> Note {
        Note::Came { report: report(number, "A"), at_ms: 1 }
    }

    fn changed(number: &str, code: &str) -> Note {
        Note::Changed { report: report(number, code), at_ms: 2 }
    }

    fn waits(number: &str) -> Note {
        Note::Waits { number: number.into(), reason: "UNKNOWN_CODE".into() }
    }

    fn raised(number: &str, case_id: &str) -> Note {
        Note::Raised { number: number.into(), case_id: case_id.into(), is_again: false }
    }

    fn kept(notes: Vec<Note>) -> Kept {
        let mut kept = Kept::default();
        (1..).zip(notes).for_each(|(place, note)| kept.fold(place, note));
        kept
    }

    #[test]
    fn a_number_is_one_report_and_other_content_is_seen() {
        let kept = kept(vec![came("1"), raised("1", "c")]);
        assert_eq!(kept.judge(&report("1", "A")), Known::Same);
        assert_eq!(kept.judge(&report("1", "B")), Known::Changed);
        assert_eq!(kept.judge(&report("2", "A")), Known::New);
        assert!(kept.has_case("c") && kept.open().is_empty());
    }

    #[test]
    fn what_was_whistled_stays_and_what_was_not_is_looked_at_anew() {
        let kept = kept(vec![
            came("1"),
            raised("1", "c"),
            changed("1", "B"),
            came("2"),
            waits("2"),
            changed("2", "B"),
            came("3"),
            changed("3", "B"),
        ]);
        let of = |number: &str| kept.item(number).unwrap().clone();
        assert_eq!((of("1").report.code.as_str(), of("1").changes), ("A", 1));
        assert_eq!(of("1").changed.unwrap().code, "B");
        assert_eq!(kept.judge(&report("1", "B")), Known::Same, "the last content");
        assert_eq!((of("2").report.code.as_str(), &of("2").stand), ("B", &Stand::Open));
        // It may be on its way to the gateway: the content stays until that has answered.
        assert_eq!((of("3").report.code.as_str(), &of("3").stand), ("A", &Stand::Open));
        let mut kept = kept;
        kept.fold(9, waits("3"));
        assert_eq!(kept.item("3").unwrap().report.code, "B");
        assert_eq!((kept.open(), kept.waiting().len()), (vec!["2".into(), "3".into()], 0));
    }

    #[test]
    fn a_person_settles_what_waits_once() {
        let by = |id: &str| By {
            party: "office/a".parse().unwrap(),
            person: "li.na".parse().unwrap(),
            request_id: id.parse().unwrap(),
            at_ms: 3,
        };
        let mut kept = kept(vec![came("1"), came("2"), waits("1"), waits("2")]);
        let is_new = |kept: &Kept, number: &str, id: &str| {
            Kept::is_new(kept.item(number).unwrap(), &id.parse().unwrap())
        };
        assert_eq!((is_new(&kept, "1", "r"), kept.counts()), (Some(true), (0, 2)));
        kept.fold(5, Note::TurnedDown { number: "1".into(), reason: "no".into(), by: by("r") });
        assert_eq!((is_new(&kept, "1", "r"), is_new(&kept, "1", "s")), (Some(false), None));
        assert_eq!(kept.untold(), ["1"]);
        kept.fold(6, Note::Told { number: "1".into() });
        assert!(kept.untold().is_empty());
        kept.fold(7, Note::Given { number: "2".into(), given: Given::default(), by: by("t") });
        assert_eq!((kept.open(), is_new(&kept, "2", "t")), (vec!["2".into()], Some(false)));
        kept.fold(8, waits("2"));
        assert_eq!(is_new(&kept, "2", "u"), Some(true), "refused again: somebody says more");
    }

    #[test]
    fn what_waited_before_reasons_had_two_languages_reads_the_same() {
        let mut kept = kept(vec![came("1")]);
        let reason = r#"UNKNOWN_CODE: no row of intake.csv says what \"A\" is"#;
        let note = format!(r#"{{"note":"waits","number":"1","reason":"{reason}"}}"#);
        kept.fold(2, serde_json::from_str(&note).unwrap());
        let Stand::Waiting { reason } = &kept.item("1").unwrap().stand else { panic!("it waits") };
        let why = super::super::why::Why::read(reason);
        assert_eq!((why.code(), why.is_unknown()), ("UNKNOWN_CODE", true));
        assert!(why.zh().contains("类别代码 \"A\""), "{}", why.zh());
    }

    #[test]
    fn what_is_on_disk_of_it_is_all_of_it() {
        let by = By {
            party: "office/a".parse().unwrap(),
            person: "li.na".parse().unwrap(),
            request_id: "r".parse().unwrap(),
            at_ms: 3,
        };
        let kept = kept(vec![
            came("1"),
            raised("1", "a"),
            changed("1", "B"),
            came("2"),
            waits("2"),
            came("3"),
            waits("3"),
            Note::TurnedDown { number: "3".into(), reason: "no".into(), by },
            came("4"),
            raised("4", "a"),
            came("5"),
            Note::Cursor { after: "c/5".into() },
        ]);
        let mut read: Kept = serde_json::from_slice(&serde_json::to_vec(&kept).unwrap()).unwrap();
        assert!(!read.has_case("a"));
        read.index();
        assert_eq!(read, kept);
        assert_eq!((read.open(), read.waiting()), (vec!["5".into()], vec!["2".into()]));
    }

    #[test]
    fn a_report_goes_from_case_to_case() {
        let mut kept = kept(vec![came("1"), came("2"), raised("1", "a"), raised("2", "a")]);
        kept.fold(5, Note::Bound { number: "1".into(), case_id: "b".into() });
        assert!(kept.has_case("a") && kept.has_case("b"));
        kept.fold(6, Note::Bound { number: "2".into(), case_id: "b".into() });
        assert!(!kept.has_case("a") && kept.has_case("b"));
    }
}
