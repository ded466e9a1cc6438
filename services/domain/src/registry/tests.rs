//! What may be proposed and approved, and what is in force then: tables over the pack of Wenshan.

use super::*;
use crate::{
    id::{GridId, UnitId},
    pack::{City, Day, load, tests::shipped},
    rejection::Rejection,
    routing,
};

pub(super) fn city() -> City {
    load(&shipped("wenshan")).unwrap()
}

pub(super) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(super) fn noon(text: &str) -> Moment {
    Moment(day(text).start(480).0 + 12 * 3_600_000)
}

fn units(list: &str) -> Vec<UnitId> {
    list.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

pub(super) fn by(party: &str, person: &str) -> Signatory {
    Signatory { party: party.parse().unwrap(), person: person.parse().unwrap() }
}

fn li() -> Signatory {
    by("admin/li", "li.na")
}

fn wang() -> Signatory {
    by("admin/wang", "wang.wei")
}

/// Barbecue smoke goes to another lead from a day on.
fn bbq(lead: &str, from: &str) -> Amendment {
    let (case_id, issue) = ("1".parse().unwrap(), "open_air_bbq".parse().unwrap());
    let lead = lead.parse().unwrap();
    let basis = "NT-1.2: powers are moved".to_owned();
    let amendment = Amendment::from_precedent(case_id, issue, lead, vec![], basis, day(from));
    Amendment { precedent: None, responsible: units("subdistricts"), ..amendment }
}

/// Proposed and approved on a day, by two people.
fn enact(
    registry: &mut Registry,
    id: &str,
    amendment: Amendment,
    on: &str,
) -> Result<(), Rejection> {
    let (city, id): (_, AmendmentId) = (city(), id.parse().unwrap());
    check::propose(&city, registry, &amendment, noon(on))?;
    registry.apply(&Fact::Proposed(id.clone(), amendment, li()), noon(on)).unwrap();
    check::approve(&city, registry, &id, &wang(), noon(on))?;
    registry.apply(&Fact::Approved(id, wang(), String::new()), noon(on)).unwrap();
    Ok(())
}

fn lead_in(registry: &Registry, grid: &str, on: &str) -> String {
    let (grid, issue) = (GridId::parse(grid).unwrap(), "open_air_bbq".parse().unwrap());
    let found = routing::route(&city(), registry, &issue, &grid, None, noon(on)).unwrap();
    found.lead.map(|lead| lead.to_string()).unwrap_or_default()
}

fn lead(registry: &Registry, on: &str) -> String {
    lead_in(registry, "WS-KH-001", on)
}

#[test]
fn the_day_of_the_event_decides_and_yesterday_stays_as_it_was() {
    let mut registry = Registry::default();
    enact(&mut registry, "a", bbq("environment", "2026-07-01"), "2026-06-20").unwrap();
    for (on, wanted) in [
        ("2021-03-02", "enforcement"),
        ("2026-06-20", "enforcement"),
        ("2026-06-30", "enforcement"),
        ("2026-07-01", "environment"),
        ("2027-07-01", "environment"),
    ] {
        assert_eq!(lead(&registry, on), wanted, "{on}");
    }
    // The last and the first moment of the two days, by the city's clock.
    let start = day("2026-07-01").start(480);
    let (issue, grid) = ("open_air_bbq".parse().unwrap(), "WS-KH-001".parse().unwrap());
    let (city, none) = (city(), Registry::default());
    let on = |at| routing::route(&city, &registry, &issue, &grid, None, at).unwrap();
    assert_eq!(on(start).lead.unwrap().as_str(), "environment");
    assert!(on(start).basis.contains("amendment a (NT-1.2"), "{}", on(start).basis);
    let before = Moment(start.0 - 1);
    let unmoved = routing::route(&city, &none, &issue, &grid, None, before).unwrap();
    assert_eq!(on(before), unmoved, "all of the answer, not only its lead");
}

#[test]
fn an_amendment_of_a_subdistrict_leaves_the_others_alone() {
    let mut registry = Registry::default();
    let kaihua = Some("subdistrict_kaihua".parse().unwrap());
    let amendment = Amendment { territory: kaihua, ..bbq("environment", "2026-07-01") };
    enact(&mut registry, "a", amendment, "2026-06-20").unwrap();
    assert_eq!(lead_in(&registry, "WS-KH-004", "2026-07-02"), "environment");
    assert_eq!(lead_in(&registry, "WS-WL-001", "2026-07-02"), "enforcement");
    // Another subdistrict is free, and so is another issue type there; all of the city is not.
    let wolong = Some("subdistrict_wolong".parse().unwrap());
    let other = Amendment { territory: wolong, ..bbq("housing", "2026-07-01") };
    enact(&mut registry, "b", other, "2026-06-20").unwrap();
    let all = enact(&mut registry, "c", bbq("water", "2026-08-01"), "2026-06-20").unwrap_err();
    assert_eq!((all.reason.as_str(), all.field.as_str()), ("OVERLAPS", "from"));
}

#[test]
fn a_later_one_takes_the_place_of_an_earlier_one_when_it_says_so() {
    let mut registry = Registry::default();
    enact(&mut registry, "a", bbq("environment", "2026-07-01"), "2026-06-20").unwrap();
    let next = bbq("housing", "2026-09-01");
    let silent = enact(&mut registry, "b", next.clone(), "2026-07-20").unwrap_err();
    assert_eq!(silent.reason, "OVERLAPS");
    let next = Amendment { supersedes: vec!["a".parse().unwrap()], ..next };
    enact(&mut registry, "c", next, "2026-07-20").unwrap();
    for (on, wanted) in
        [("2026-06-30", "enforcement"), ("2026-08-31", "environment"), ("2026-09-01", "housing")]
    {
        assert_eq!(lead(&registry, on), wanted, "{on}");
    }
    // An error is mended before it takes force: the same first day, and the later approval stands.
    let mended = Amendment { supersedes: vec!["c".parse().unwrap()], ..bbq("water", "2026-09-01") };
    enact(&mut registry, "d", mended, "2026-07-21").unwrap();
    assert_eq!(lead(&registry, "2026-09-01"), "water");
    assert_eq!(lead(&registry, "2026-08-31"), "environment");
}

#[test]
fn what_ends_is_followed_the_next_day() {
    let mut registry = Registry::default();
    let summer = Amendment { until: Some(day("2026-08-31")), ..bbq("environment", "2026-07-01") };
    let gap = enact(&mut registry, "a", summer.clone(), "2026-06-20").unwrap_err();
    assert_eq!((gap.reason.as_str(), gap.field.as_str()), ("LEAVES_A_GAP", "until"));
    assert!(gap.message.contains("2026-09-01"), "{}", gap.message);
    // A day later is a day too late.
    let late = bbq("enforcement", "2026-09-02");
    let mut with_gap = registry.clone();
    enact(&mut with_gap, "b", late, "2026-06-20").unwrap();
    let gap = enact(&mut with_gap, "a", summer.clone(), "2026-06-20").unwrap_err();
    assert_eq!(gap.reason, "LEAVES_A_GAP");
    enact(&mut registry, "b", bbq("enforcement", "2026-09-01"), "2026-06-20").unwrap();
    enact(&mut registry, "c", summer, "2026-06-20").unwrap();
    for (on, wanted) in [
        ("2026-06-30", "enforcement"),
        ("2026-07-01", "environment"),
        ("2026-08-31", "environment"),
        ("2026-09-01", "enforcement"),
    ] {
        assert_eq!(lead(&registry, on), wanted, "{on}");
    }
}

#[test]
fn what_follows_must_be_approved_before_what_it_follows() {
    let (city, mut registry) = (city(), Registry::default());
    let propose = |registry: &mut Registry, id: &str, amendment: Amendment| {
        check::propose(&city, registry, &amendment, noon("2026-06-20")).unwrap();
        let proposed = Fact::Proposed(id.parse().unwrap(), amendment, li());
        registry.apply(&proposed, noon("2026-06-20")).unwrap();
    };
    propose(&mut registry, "next", bbq("enforcement", "2026-09-01"));
    let summer = Amendment { until: Some(day("2026-08-31")), ..bbq("environment", "2026-07-01") };
    propose(&mut registry, "summer", summer);
    let approve = |registry: &Registry, id: &str| {
        let id = id.parse().unwrap();
        check::approve(&city, registry, &id, &wang(), noon("2026-06-20")).map(drop)
    };
    assert_eq!(approve(&registry, "summer").unwrap_err().reason, "LEAVES_A_GAP");
    approve(&registry, "next").unwrap();
    registry
        .apply(&Fact::Approved("next".parse().unwrap(), wang(), String::new()), noon("2026-06-20"));
    approve(&registry, "summer").unwrap();
}

/// What is changed of a good amendment, the reason and the field of the refusal.
type Wrong = (fn(&mut Amendment), &'static str, &'static str);

#[test]
fn what_is_wrong_is_refused_by_name() {
    let rows: &[Wrong] = &[
        (|a| a.leads.clear(), "NO_LEAD", "leads"),
        (|a| a.is_assigned = true, "LEAD_AND_ASSIGNED", "is_assigned"),
        (|a| a.from = day("2026-06-20"), "NOT_AFTER_APPROVAL", "from"),
        (|a| a.from = day("2021-03-02"), "NOT_AFTER_APPROVAL", "from"),
        (|a| a.until = Some(day("2026-06-30")), "ENDS_BEFORE_IT_BEGINS", "until"),
        (|a| a.until = Some(day("2026-07-31")), "LEAVES_A_GAP", "until"),
        (|a| a.issue_types.clear(), "ISSUE_TYPE_MISSING", "issue_types"),
        (
            |a| a.issue_types = vec!["open_air_bqb".parse().unwrap()],
            "UNKNOWN_ISSUE_TYPE",
            "issue_types",
        ),
        (|a| a.issue_types = vec!["noise".parse().unwrap(); 2], "NAMED_TWICE", "issue_types"),
        (|a| a.issue_types = vec!["noise".parse().unwrap(); 101], "TOO_MANY", "issue_types"),
        (|a| a.territory = Some("housing".parse().unwrap()), "UNKNOWN_TERRITORY", "territory"),
        (|a| a.leads = units("nobody"), "UNKNOWN_UNIT", "leads"),
        (|a| a.leads = units("power_company"), "UNIT_CANNOT_LEAD", "leads"),
        (|a| a.leads = units("traffic_police"), "UNIT_CANNOT_LEAD", "leads"),
        (|a| a.cooperating = units("environment"), "LEADS_AND_COOPERATES", "cooperating"),
        (|a| a.cooperating = units("nobody"), "UNKNOWN_UNIT", "cooperating"),
        (|a| a.responsible = units("nobody"), "UNKNOWN_UNIT", "responsible"),
        (|a| a.basis = " ".into(), "BASIS_MISSING", "basis"),
        (|a| a.basis = "长".repeat(2_001), "TEXT_TOO_LONG", "basis"),
        (|a| a.supersedes = vec!["nothing".parse().unwrap()], "UNKNOWN_AMENDMENT", "supersedes"),
        (|a| a.supersedes = vec!["waits".parse().unwrap()], "NOT_APPROVED", "supersedes"),
    ];
    let (city, mut registry) = (city(), Registry::default());
    let waits =
        Amendment { issue_types: vec!["noise".parse().unwrap()], ..bbq("water", "2026-07-01") };
    registry.apply(&Fact::Proposed("waits".parse().unwrap(), waits, li()), noon("2026-06-20"));
    let good = bbq("environment", "2026-07-01");
    check::propose(&city, &registry, &good, noon("2026-06-20")).unwrap();
    for (number, (change, reason, field)) in rows.iter().enumerate() {
        let mut wrong = good.clone();
        change(&mut wrong);
        let no = check::propose(&city, &registry, &wrong, noon("2026-06-20")).unwrap_err();
        assert_eq!((no.reason.as_str(), no.field.as_str()), (*reason, *field), "{number}");
        assert!(no.message.len() > 10, "{no:?}");
    }
    // The next day is the first that may be.
    let next = Amendment { from: day("2026-06-21"), ..good.clone() };
    check::propose(&city, &registry, &next, noon("2026-06-20")).unwrap();
    // What was good when it was proposed is judged again on the day of its approval.
    registry.apply(&Fact::Proposed("a".parse().unwrap(), good.clone(), li()), noon("2026-06-20"));
    let late = check::approve(&city, &registry, &"a".parse().unwrap(), &wang(), noon("2026-07-01"));
    assert_eq!(late.unwrap_err().reason, "NOT_AFTER_APPROVAL");
    // The same once more waits already.
    let again = check::propose(&city, &registry, &good, noon("2026-06-20")).unwrap_err();
    assert_eq!(again.reason, "OVERLAPS");
}

#[test]
fn a_city_without_cooperating_units_has_none_by_amendment_either() {
    let city = load(&shipped("wuhan")).unwrap();
    let amendment = Amendment { cooperating: units("water"), ..bbq("enforcement", "2026-07-01") };
    let issue_types = vec!["street_vending".parse().unwrap()];
    let amendment = Amendment { issue_types, responsible: units("districts"), ..amendment };
    let no = check::propose(&city, &Registry::default(), &amendment, noon("2026-06-20"));
    assert_eq!(no.unwrap_err().reason, "NO_SUCH_ROLE");
    let called = Amendment {
        cooperating: vec![],
        territory: Some("district_wuchang".parse().unwrap()),
        ..amendment
    };
    check::propose(&city, &Registry::default(), &called, noon("2026-06-20")).unwrap();
}

#[test]
fn two_different_people_and_each_amendment_is_decided_once() {
    let (city, mut registry, id) = (city(), Registry::default(), "a".parse().unwrap());
    let proposed = Fact::Proposed("a".parse().unwrap(), bbq("environment", "2026-07-01"), li());
    registry.apply(&proposed, noon("2026-06-20")).unwrap();
    let approve = |registry: &Registry, by: Signatory| {
        check::approve(&city, registry, &id, &by, noon("2026-06-20")).map(drop)
    };
    for same in [li(), by("admin/li", "somebody.else"), by("office/leading_group_office", "li.na")]
    {
        let no = approve(&registry, same.clone()).unwrap_err();
        assert_eq!((no.reason.as_str(), no.field.as_str()), ("SAME_PERSON", "command.person"));
        // Nor does the fold believe it.
        let approved = Fact::Approved(id.clone(), same, String::new());
        assert!(registry.apply(&approved, noon("2026-06-20")).is_none());
    }
    approve(&registry, wang()).unwrap();
    let not_ours = check::withdraw(&registry, &id, &wang(), "no").unwrap_err();
    assert_eq!(not_ours.reason, "NOT_THE_PROPOSER");
    check::withdraw(&registry, &id, &li(), "an error").unwrap();
    check::reject(&registry, &id, "no basis").unwrap();
    assert_eq!(check::reject(&registry, &id, " ").unwrap_err().reason, "REASON_MISSING");
    assert_eq!(
        lead(&registry, "2026-07-01"),
        "enforcement",
        "what is only proposed decides nothing"
    );

    let rejected = Fact::Rejected(id.clone(), wang(), "no basis".into());
    registry.apply(&rejected, noon("2026-06-21")).unwrap();
    assert_eq!(approve(&registry, wang()).unwrap_err().reason, "AMENDMENT_DECIDED");
    assert!(
        registry
            .apply(&Fact::Approved(id.clone(), wang(), String::new()), noon("2026-06-22"))
            .is_none()
    );
    assert_eq!(lead(&registry, "2026-07-01"), "enforcement");
    let nothing = check::reject(&registry, &"b".parse().unwrap(), "no").unwrap_err();
    assert_eq!(nothing.reason, "UNKNOWN_AMENDMENT");
}

#[test]
fn two_people_of_one_office_are_two_people() {
    let office = |person| by("office/leading_group_office", person);
    assert!(!office("li.na").is_same_person(&office("wang.wei")));
    assert!(office("li.na").is_same_person(&office("li.na")));
    assert!(!by("admin/a", "li.na").is_same_person(&by("admin/b", "wang.wei")));
}
