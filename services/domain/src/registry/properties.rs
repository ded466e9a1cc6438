//! What holds whatever amendments are proposed, approved and rejected, in whatever order.
//!
//! Beside the registry runs a slow and obvious table: who leads on each day in each place. An
//! approval paints its days; every answer must be the table's on every day, before and after.

use proptest::{collection::vec, prelude::*, strategy::ValueTree};

use super::{
    tests::{by, city, day, noon},
    *,
};
use crate::{
    id::{GridId, UnitId},
    pack::{Cell, City, Day},
};

const ISSUES: [&str; 2] = ["open_air_bbq", "site_dust"];
const GRIDS: [&str; 2] = ["WS-KH-001", "WS-WL-001"];
const LEADS: [&str; 4] = ["environment", "water", "transport", "housing"];
/// The days that are looked at, from 1 June 2026.
const DAYS: usize = 40;

/// One thing that somebody tries.
#[derive(Clone, Debug)]
enum Try {
    /// To propose: which issue types, where, which lead, from which day, for how many days more, and
    /// whether in place of all that it meets.
    Propose {
        issues: usize,
        place: usize,
        lead: usize,
        from: usize,
        length: Option<usize>,
        instead: bool,
    },
    /// To approve the how manieth one.
    Approve(usize),
    /// To reject it.
    Reject(usize),
    /// To let a day pass.
    Sleep,
}

fn tries() -> impl Strategy<Value = Try> {
    let length = prop_oneof![2 => Just(None), 1 => (0..6_usize).prop_map(Some)];
    let propose = (0..3_usize, 0..3_usize, 0..4_usize, 1..30_usize, length, any::<bool>())
        .prop_map(|(issues, place, lead, from, length, instead)| Try::Propose {
            issues,
            place,
            lead,
            from,
            length,
            instead,
        });
    prop_oneof![
        8 => propose,
        6 => (0..2_usize).prop_map(Try::Approve),
        1 => (0..2_usize).prop_map(Try::Reject),
        1 => Just(Try::Sleep),
    ]
}

fn days() -> Vec<Day> {
    std::iter::successors(Some(day("2026-06-01")), |day| Some(day.next())).take(DAYS).collect()
}

/// Who leads: by issue type, place and day.
type Table = BTreeMap<(usize, usize, Day), Vec<UnitId>>;

struct World {
    city: City,
    registry: Registry,
    today: usize,
    table: Table,
}

impl World {
    fn new() -> World {
        let city = city();
        let mut table = Table::new();
        for (issue, id) in ISSUES.iter().enumerate() {
            for place in 0..GRIDS.len() {
                let row = &city.routes[&id.parse().unwrap()][0];
                table
                    .extend(days().into_iter().map(|day| ((issue, place, day), row.leads.clone())));
            }
        }
        World { city, registry: Registry::default(), today: 0, table }
    }

    fn now(&self) -> Moment {
        noon(&days()[self.today].to_string())
    }

    fn cell(&self, place: usize) -> &Cell {
        &self.city.grid[&GRIDS[place].parse::<GridId>().unwrap()]
    }

    fn nth(&self, nth: usize, state: State) -> Option<AmendmentId> {
        let mut of = self.registry.iter().filter(|entry| entry.state == state);
        of.nth(nth).map(|entry| entry.id.clone())
    }

    /// What an amendment meets of those that are approved.
    fn met(&self, amendment: &Amendment) -> Vec<AmendmentId> {
        let approved = self.registry.iter().filter(|entry| entry.state == State::Approved);
        let is_met = |entry: &&Entry| {
            let other = &entry.amendment;
            let is_issue = other.issue_types.iter().any(|one| amendment.issue_types.contains(one));
            let mut cells = (0..GRIDS.len()).map(|place| self.cell(place));
            let is_place = cells.any(|cell| other.is_about(cell) && amendment.is_about(cell));
            is_issue && is_place && other.from <= amendment.from
        };
        approved.filter(is_met).map(|entry| entry.id.clone()).collect()
    }

    fn try_it(&mut self, number: usize, tried: &Try) {
        match tried {
            Try::Propose { issues, place, lead, from, length, instead } => {
                let lead: UnitId = LEADS[*lead].parse().unwrap();
                let chosen: &[&str] = [&ISSUES[..1], &ISSUES[1..], &ISSUES[..]][*issues];
                let from = days()[*from];
                let until = length.map(|length| (0..length).fold(from, |day, _| day.next()));
                let territory = ["subdistrict_kaihua", "subdistrict_wolong"].get(*place);
                let mut amendment = Amendment {
                    issue_types: chosen.iter().map(|id| id.parse().unwrap()).collect(),
                    territory: territory.map(|id| id.parse().unwrap()),
                    leads: vec![lead],
                    is_assigned: false,
                    cooperating: vec![],
                    responsible: vec![],
                    basis: "a test".into(),
                    from,
                    until,
                    supersedes: Vec::new(),
                    precedent: None,
                };
                if *instead {
                    amendment.supersedes = self.met(&amendment);
                }
                if check::propose(&self.city, &self.registry, &amendment, self.now()).is_ok() {
                    let id = format!("a{number:03}").parse().unwrap();
                    let proposed = Fact::Proposed(id, amendment, by("admin/li", "li.na"));
                    self.registry.apply(&proposed, self.now()).unwrap();
                }
            }
            Try::Approve(nth) => {
                let Some(id) = self.nth(*nth, State::Proposed) else { return };
                let wang = by("admin/wang", "wang.wei");
                let (now, before) = (self.now(), self.registry.clone());
                let checked = check::approve(&self.city, &self.registry, &id, &wang, now);
                let Ok(amendment) = checked.map(|entry| entry.amendment.clone()) else { return };
                self.registry.apply(&Fact::Approved(id, wang, String::new()), now).unwrap();
                self.paint(&amendment);
                self.check_past(&before, amendment.from);
            }
            Try::Reject(nth) => {
                let Some(id) = self.nth(*nth, State::Proposed) else { return };
                let rejected = Fact::Rejected(id, by("admin/wang", "wang.wei"), "no".into());
                self.registry.apply(&rejected, self.now()).unwrap();
            }
            Try::Sleep => self.today = (self.today + 1).min(DAYS - 1),
        }
    }

    fn paint(&mut self, amendment: &Amendment) {
        for (issue, id) in ISSUES.iter().enumerate() {
            for place in 0..GRIDS.len() {
                let is_about = amendment.issue_types.contains(&id.parse().unwrap())
                    && amendment.is_about(self.cell(place));
                let is_in = |day: &Day| {
                    *day >= amendment.from && amendment.until.is_none_or(|until| *day <= until)
                };
                for day in days().into_iter().filter(|day| is_about && is_in(day)) {
                    self.table.insert((issue, place, day), amendment.leads.clone());
                }
            }
        }
    }

    /// Nothing that was in force before its first day has changed.
    fn check_past(&self, before: &Registry, from: Day) {
        for issue in ISSUES.map(|id| id.parse().unwrap()) {
            for place in 0..GRIDS.len() {
                for day in days().into_iter().filter(|day| *day < from) {
                    let at = |registry| {
                        let found =
                            force::in_force(&self.city, registry, &issue, self.cell(place), day);
                        found.map(|version| (version.leads().to_vec(), version.basis()))
                    };
                    assert_eq!(at(before), at(&self.registry), "{issue} on {day}");
                }
            }
        }
    }

    /// On every day exactly one version, and it is the table's.
    fn check(&self) {
        for ((issue, place, day), leads) in &self.table {
            let issue = ISSUES[*issue].parse().unwrap();
            let cell = self.cell(*place);
            let found = force::in_force(&self.city, &self.registry, &issue, cell, *day);
            let found = found.unwrap_or_else(|| panic!("no route for {issue} on {day}"));
            assert_eq!(found.leads(), leads, "{issue} on {day}");
            let until = force::ends(&self.city, &self.registry, &issue, cell, found);
            assert!(until.is_none_or(|until| *day <= until), "{issue} on {day} until {until:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn on_every_day_exactly_one_version_is_in_force_and_the_past_stays(
        tries in vec(tries(), 1..40)
    ) {
        let mut world = World::new();
        for (number, tried) in tries.iter().enumerate() {
            world.try_it(number, tried);
            world.check();
        }
    }
}

#[test]
fn the_property_meets_amendments_that_are_approved() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut approved = 0;
    for _ in 0..32 {
        let tries = vec(tries(), 30..40).new_tree(&mut runner).unwrap().current();
        let mut world = World::new();
        tries.iter().enumerate().for_each(|(number, tried)| world.try_it(number, tried));
        approved += world.registry.iter().filter(|entry| entry.state == State::Approved).count();
    }
    assert!(approved > 64, "only {approved}: the property shows little");
}
