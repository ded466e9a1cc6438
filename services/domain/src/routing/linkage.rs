//! Which departments a matter reaches, as the documents name them: the eight of the grid (M006), the
//! five that link up for the safety of houses (M076).

use crate::{
    id::UnitId,
    moment::Moment,
    pack::{City, load, tests::shipped},
    registry::Registry,
};

fn city(name: &str) -> City {
    load(&shipped(name)).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn the_eight_departments_of_the_grid_can_be_called_and_no_number_of_them_is_built_in() {
    // 城管执法、住房城乡建设、市场监管、公安、网信办、生态环境、应急管理、消防 (000 三(二)2).
    let named = [
        "enforcement",
        "housing",
        "market_regulation",
        "public_security",
        "cyberspace",
        "environment",
        "emergency",
        "fire_rescue",
    ];
    let city = city("wenshan");
    let lacking: Vec<&str> =
        named.into_iter().filter(|id| !city.callable(&UnitId::parse(*id).unwrap())).collect();
    assert_eq!(lacking, [""; 0]);
    assert!(city.hosted_units().count() > 8);
}

#[test]
fn an_act_that_endangers_a_house_reaches_five_departments_and_the_district() {
    let city = city("wuhan");
    let issue = "house_safety".parse().unwrap();
    // 22 November 2026.
    let on = Moment(1_795_312_800_000);
    let grid = "WH-DZ-001".parse().unwrap();
    let found = super::route(&city, &Registry::default(), &issue, &grid, None, on).unwrap();
    assert_eq!(found.lead.map(String::from).as_deref(), Some("housing_admin"));
    let called: Vec<&str> = found.cooperating.iter().map(UnitId::as_str).collect();
    let wanted =
        ["enforcement", "public_security", "market_regulation", "fire_rescue", "district_jiangan"];
    assert_eq!(called, wanted);
}
