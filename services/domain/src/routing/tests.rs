//! Routing tables over the pack of Wenshan.

use super::*;
use crate::{
    pack::{Module, load, tests::shipped},
    rejection,
};

fn wenshan() -> City {
    load(&shipped("wenshan")).unwrap()
}

fn units(list: &str) -> Vec<UnitId> {
    list.split_whitespace().map(|id| UnitId::parse(id).unwrap()).collect()
}

fn names(list: &[UnitId]) -> String {
    list.iter().map(UnitId::as_str).collect::<Vec<_>>().join(" ")
}

fn issue(id: &str) -> IssueTypeId {
    IssueTypeId::parse(id).unwrap()
}

fn noon(day: &str) -> Moment {
    Moment(day.parse::<Day>().unwrap().start(480).0 + 12 * 3_600_000)
}

fn decide(id: &str, grid: &str, called: Option<&str>) -> Result<Routing, Rejection> {
    let called = called.map(units);
    let grid = GridId::parse(grid).unwrap();
    route(
        &wenshan(),
        &Registry::default(),
        &issue(id),
        &grid,
        called.as_deref(),
        noon("2026-11-22"),
    )
}

#[test]
fn the_row_says_who_is_called() {
    // Issue, grid, what the whistle calls; lead, cooperating, responsible, owner.
    let rows = [
        (
            ("street_vending", "WS-KH-001", Some("enforcement market_regulation")),
            ("enforcement", "market_regulation", "subdistrict_kaihua", "enforcement"),
        ),
        (
            ("street_vending", "WS-WL-002", None),
            (
                "enforcement",
                "market_regulation environment transport public_security",
                "subdistrict_wolong",
                "enforcement",
            ),
        ),
        (
            ("idle_land", "WS-XP-003", Some("natural_resources")),
            ("natural_resources", "", "subdistrict_xinping", "natural_resources"),
        ),
        (
            ("stalled_project", "WS-XP-003", None),
            ("housing", "natural_resources", "subdistrict_xinping", "housing"),
        ),
        (
            ("overhead_cables", "WS-KH-001", None),
            ("", "transport industry_info_commerce", "subdistrict_kaihua", "leading_group_office"),
        ),
        (
            ("overhead_cables", "WS-KH-001", Some("transport housing")),
            ("", "housing transport", "subdistrict_kaihua", "leading_group_office"),
        ),
        (
            ("new_illegal_construction", "WS-KH-001", None),
            ("", "housing", "subdistrict_kaihua", "gov_city"),
        ),
    ];
    for ((id, grid, called), (lead, cooperating, responsible, owner)) in rows {
        let routing = decide(id, grid, called).unwrap();
        let found = routing.lead.as_ref().map_or("", UnitId::as_str);
        assert_eq!(found, lead, "{id}");
        assert_eq!(names(&routing.cooperating), cooperating, "{id}");
        assert_eq!(names(&routing.responsible), responsible, "{id}");
        assert_eq!(routing.owner.as_str(), owner, "{id}");
    }
}

#[test]
fn a_unit_that_the_row_names_and_nobody_can_call_is_said_and_not_called() {
    let routing = decide("stalled_project", "WS-XP-003", None).unwrap();
    assert!(routing.basis.ends_with("named and not callable: stalled_project_owners"));
    assert!(routing.basis.starts_with("WS-C11 (000 三(一)11 [WS-C11]), in force from 2021-03-02"));
}

#[test]
fn a_wrong_whistle_is_refused_with_what_would_be_right() {
    let refused = |id, grid, called| {
        let no = decide(id, grid, called).unwrap_err();
        (no.reason, no.field, no.message)
    };
    let rows = [
        (refused("street_vendin", "WS-KH-001", None), "UNKNOWN_ISSUE_TYPE", "issue_type"),
        (refused("street_vending", "WS-KH-00l", None), "UNKNOWN_GRID", "grid"),
        (
            refused("street_vending", "WS-KH-001", Some("market_regulation")),
            "UNIT_NOT_IN_ROUTE",
            "called_units",
        ),
        (
            refused("street_vending", "WS-KH-001", Some("enforcement housing")),
            "UNIT_NOT_IN_ROUTE",
            "called_units",
        ),
        (refused("street_vending", "WS-KH-001", Some("")), "UNIT_NOT_IN_ROUTE", "called_units"),
    ];
    let right = ["street_vending?", "WS-KH-001?", "enforcement among them", "units of e", "leads"];
    for (((reason, field, message), wanted, place), right) in rows.into_iter().zip(right) {
        assert_eq!((reason.as_str(), field.as_str()), (wanted, place));
        assert!(message.contains(right), "{message}");
    }
}

#[test]
fn a_case_is_routed_by_the_day_of_its_event() {
    let (city, grid) = (wenshan(), GridId::parse("WS-KH-001").unwrap());
    let on = |moment| route(&city, &Registry::default(), &issue("site_dust"), &grid, None, moment);
    let first = "2021-03-02".parse::<Day>().unwrap().start(480);
    assert_eq!(on(first).unwrap().lead.unwrap().as_str(), "housing");
    assert_eq!(on(Moment(first.0 - 1)).unwrap_err().reason, "NO_ROUTE_ON_DATE");

    let mut moved = city.clone();
    let rows = moved.routes.get_mut(&issue("site_dust")).unwrap();
    let mut after = rows[0].clone();
    rows[0].to = Some("2026-06-30".parse().unwrap());
    (after.from, after.leads) = ("2026-07-01".parse().unwrap(), units("enforcement"));
    rows.push(after);
    for (day, lead) in [("2026-06-30", "housing"), ("2026-07-01", "enforcement")] {
        let routing =
            route(&moved, &Registry::default(), &issue("site_dust"), &grid, None, noon(day))
                .unwrap();
        assert_eq!(routing.lead.unwrap().as_str(), lead, "{day}");
    }
}

#[test]
fn nothing_is_ever_ownerless() {
    let city = wenshan();
    for id in city.issues.keys() {
        for grid in city.grid.keys() {
            let routing =
                route(&city, &Registry::default(), id, grid, None, noon("2026-11-22")).unwrap();
            assert!(city.callable(&routing.owner), "{id} in {grid}: {routing:?}");
            assert_eq!(routing.lead.is_some(), routing.candidates.len() == 1, "{id}");
            let is_here = routing.responsible.contains(&city.grid[grid].subdistrict);
            assert!(is_here || *id == city.complaint, "{id}");
            let called = routing.lead.iter().chain(&routing.cooperating);
            for unit in called.chain(&routing.responsible) {
                assert!(city.unit(unit).unwrap().module != Module::None, "{id} calls {unit}");
            }
        }
    }
}

#[test]
fn nobody_assigns_where_the_own_house_is_a_candidate() {
    let city = wenshan();
    for (candidates, who) in [
        ("", "leading_group_office"),
        ("housing natural_resources", "leading_group_office"),
        ("natural_resources enforcement", "gov_city"),
        ("leading_group_office", "gov_city"),
    ] {
        assert_eq!(assigner(&city, &units(candidates)).as_str(), who, "{candidates}");
    }
}

#[test]
fn only_the_assigner_assigns_and_only_who_can_be_called() {
    let city = wenshan();
    let cables = decide("overhead_cables", "WS-KH-001", None).unwrap();
    let illegal = decide("new_illegal_construction", "WS-KH-001", None).unwrap();
    let assign = |routing, by: &str, lead: &str, called: &str| {
        let (by, lead) = (by.parse().unwrap(), UnitId::parse(lead).unwrap());
        let beside = check_assignment(&city, routing, &by, &lead, &units(called));
        beside.map(|list| names(&list)).map_err(|no| (no.kind, no.reason))
    };
    let no = |kind, reason: &str| Err((kind, reason.to_owned()));
    use rejection::Kind::{Forbidden, Invalid, Unknown};
    let office = "office/leading_group_office";

    let beside = |list: &str| Ok(list.to_owned());
    let rows = [
        (&cables, office, "housing", "", beside("transport industry_info_commerce")),
        (&cables, office, "housing", "housing", beside("")),
        (&cables, office, "transport", "", beside("industry_info_commerce")),
        (&cables, office, "housing", "water housing water", beside("water")),
        (&cables, "office/gov_city", "housing", "housing", beside("")),
        (&illegal, "office/gov_city", "natural_resources", "", beside("housing")),
        (&illegal, office, "natural_resources", "", no(Forbidden, "NOT_THE_ASSIGNER")),
        (&cables, "unit/leading_group_office", "housing", "", no(Forbidden, "NOT_THE_ASSIGNER")),
        (&cables, "office/enforcement", "housing", "", no(Forbidden, "NOT_THE_ASSIGNER")),
        (&cables, office, "hosuing", "", no(Unknown, "UNKNOWN_UNIT")),
        (&cables, office, "power_company", "", no(Invalid, "UNIT_CANNOT_LEAD")),
        (&cables, office, "housing", "power_company", beside("power_company")),
        (&cables, office, "media", "", no(Invalid, "UNIT_NOT_CALLABLE")),
        (&cables, office, "housing", "media", no(Invalid, "UNIT_NOT_CALLABLE")),
    ];
    for (routing, by, lead, called, wanted) in rows {
        assert_eq!(assign(routing, by, lead, called), wanted, "{by}: {lead} with {called:?}");
    }
}

fn in_city(city: &str, id: &str, grid: &str) -> Routing {
    let city = load(&shipped(city)).unwrap_or_else(|faults| panic!("{faults}"));
    let grid = GridId::parse(grid).unwrap();
    route(&city, &Registry::default(), &issue(id), &grid, None, noon("2026-11-22")).unwrap()
}

#[test]
fn the_same_matter_goes_to_another_lead_in_each_city() {
    // City, grid; lead, called beside it, territory.
    let rows = [
        (
            "wenshan",
            "WS-KH-001",
            "housing",
            "environment transport enforcement",
            "subdistrict_kaihua",
        ),
        ("dengfeng", "DF-SY-001", "enforcement", "housing transport environment", ""),
        (
            "wuhan",
            "WH-LD-001",
            "urban_construction",
            "environment natural_resources enforcement water transport landscape_forestry \
             district_wuchang",
            "district_wuchang",
        ),
    ];
    for (city, grid, lead, beside, territory) in rows {
        let routing = in_city(city, "site_dust", grid);
        assert_eq!(routing.lead.as_ref().map(UnitId::as_str), Some(lead), "{city}");
        assert_eq!(names(&routing.cooperating), beside, "{city}");
        assert_eq!(names(&routing.responsible), territory, "{city}");
    }
}

#[test]
fn none_several_and_a_leading_group_may_lead() {
    let none = in_city("wuhan", "management_standard", "WH-DZ-001");
    assert_eq!((none.lead, none.candidates.len()), (None, 0));
    assert_eq!(none.owner.as_str(), "um_committee_office", "the office names the lead");
    let six = in_city("wuhan", "public_space_quality", "WH-DZ-001");
    assert_eq!((six.lead, six.candidates.len()), (None, 6));
    let companies = "wh_ecology_group wh_tourism_sports_group wh_construction_group \
                     wh_yangtze_group district_jiangan";
    assert_eq!(names(&six.cooperating), companies);
    let group = in_city("wuhan", "parking_shortage", "WH-DZ-001");
    assert_eq!(group.lead.unwrap().as_str(), "parking_ev_leading_group");
    // The host of the office is among the leads, so the government names one.
    let four = in_city("wuhan", "bridge_defect", "WH-DZ-001");
    assert_eq!((four.candidates.len(), four.owner.as_str()), (4, "gov_city"));
}

#[test]
fn the_traffic_police_are_a_unit_of_their_own_in_wuhan_only_and_environment_leads_alone_nowhere() {
    for city in ["wenshan", "dengfeng", "wuhan"] {
        let city = load(&shipped(city)).unwrap();
        let is_own = city.callable(&UnitId::parse("traffic_police").unwrap());
        assert_eq!(is_own, city.id.as_str() == "wuhan", "{}", city.id);
        let leads = city.routes.values().flatten().map(|row| &row.leads);
        let led = leads.filter(|leads| leads.iter().any(|lead| lead.as_str() == "environment"));
        let led: Vec<usize> = led.map(Vec::len).collect();
        let shared = if is_own { vec![3; 3] } else { vec![] };
        assert_eq!(led, shared, "{}: only WH-4.3, with two others", city.id);
    }
}
