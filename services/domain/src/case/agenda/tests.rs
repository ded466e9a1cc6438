//! Agendas: what is on them and in which order.

use super::*;
use crate::pack::{load, tests::shipped};

fn item(number: &str, issue: &str, area: &str, raised_at: i64) -> Item {
    Item {
        case_id: number.parse().unwrap(),
        issue_type: issue.parse().unwrap(),
        area: area.parse().unwrap(),
        raised_at: Moment(raised_at),
        is_open: true,
        is_undecided: false,
        level: Level::Community,
        is_self_found: false,
        owed: Vec::new(),
    }
}

const WEEK: Range<Moment> = Moment(100)..Moment(200);

#[test]
fn what_is_open_is_on_the_agenda_whenever_it_was_raised_and_what_is_closed_is_not() {
    let owed = |due| vec![("unit/a".parse().unwrap(), Moment(due))];
    let items = [
        Item { owed: owed(150), ..item("1", "noise", "s", 5) },
        Item { owed: owed(140), ..item("2", "noise", "s", 120) },
        Item { owed: owed(160), ..item("3", "noise", "s", 130) },
        Item {
            owed: owed(120),
            is_open: false,
            is_undecided: true,
            ..item("4", "noise", "s", 110)
        },
        Item { is_undecided: true, ..item("6", "noise", "s", 1) },
        Item { is_undecided: true, level: Level::Subdistrict, ..item("5", "noise", "s", 1) },
        Item { level: Level::City, ..item("7", "noise", "s", 1) },
        Item { level: Level::City, is_open: false, ..item("8", "noise", "s", 1) },
    ];
    let made = agenda(&items, &WEEK, 3, Moment(160));
    let overdue: Vec<&str> = made.overdue.iter().map(|one| one.case_id.as_str()).collect();
    assert_eq!(overdue, ["2", "1"], "the longest first; what is due now is not over");
    let undecided: Vec<&str> = made.undecided.iter().map(CaseId::as_str).collect();
    assert_eq!(undecided, ["5", "6"]);
    let lifted: Vec<_> =
        made.lifted.iter().map(|(id, level)| (id.as_str(), level.word())).collect();
    assert_eq!(lifted, [("7", "city"), ("5", "subdistrict")]);
}

#[test]
fn frequent_matters_are_those_of_the_period_by_territory() {
    let mut items = vec![
        item("0", "noise", "s", 99),
        item("9", "noise", "s", 200),
        item("1", "dust", "t", 100),
    ];
    for (issue, area, count) in
        [("noise", "s", 3), ("dust", "s", 3), ("mud", "s", 2), ("x", "s", 1)]
    {
        items.extend((0..count).map(|at| item(&format!("{issue}-{at}"), issue, area, 199)));
    }
    let made = agenda(&items, &WEEK, 2, Moment(150)).frequent;
    let made: Vec<_> = made
        .iter()
        .map(|one| (one.area.as_str(), one.issue_type.as_str(), one.cases, one.of))
        .collect();
    assert_eq!(made, [("s", "dust", 3, 9), ("s", "noise", 3, 9)], "one of t is not frequent");
}

#[test]
fn the_share_of_what_was_found_themselves_is_of_what_was_raised_in_the_period() {
    let found = |number, at| Item { is_self_found: true, ..item(number, "noise", "s", at) };
    let items = [found("1", 100), found("2", 99), item("3", "noise", "s", 150)];
    let share = agenda(&items, &WEEK, 2, Moment(150)).self_found;
    assert_eq!((share, share.basis_points()), (Share { part: 1, of: 2 }, Some(5_000)));
    assert_eq!(agenda(&[], &WEEK, 2, Moment(150)).self_found.basis_points(), None);
    let own: Vec<Channel> = Channel::ALL.into_iter().filter(|one| one.is_self_found()).collect();
    assert_eq!(own, [Channel::Patrol, Channel::Sensor, Channel::Campaign]);
}

#[test]
fn a_proposed_task_names_who_leads_by_the_route_of_that_day() {
    let city = load(&shipped("wenshan")).unwrap();
    let often = |issue: &str| Frequent {
        area: "subdistrict_kaihua".parse().unwrap(),
        issue_type: issue.parse().unwrap(),
        cases: 2,
        of: 4,
    };
    let leads = |day: &str| -> Vec<usize> {
        let frequent = vec![often("street_vending"), often("facade_worn")];
        let made = proposals(&city, frequent, day.parse().unwrap());
        made.iter().map(|one| one.leads.len()).collect()
    };
    assert_eq!(leads("2026-11-22"), [1, 3]);
    assert_eq!(leads("2021-03-01"), [0, 0], "no route was in force");
}
