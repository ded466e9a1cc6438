//! The table of powers: who, on which day; and each fault by name.

use super::*;
use crate::{id::ViolationCode, moment::Moment};

pub(super) const POWERS: &str = "\
code,zh,en,units,effective_from,effective_to,source
mud,带泥,Mud,enforcement,2021-01-01,2021-06-30,example
mud,带泥,Mud,housing,2021-07-01,,example
driver,不礼让,No yield,enforcement;housing,2021-01-01,,example
";

fn with_powers(old: &str, new: &str) -> Files {
    let mut files = good();
    assert!(POWERS.contains(old), "no {old:?}");
    files.insert("powers.csv".to_owned(), POWERS.replacen(old, new, 1).into_bytes());
    files
}

#[test]
fn a_power_moves_at_the_beginning_of_a_day_of_the_city() {
    assert!(mini().powers.rows.is_empty());
    let powers = load(&with_powers("", "")).unwrap().powers;
    let at = |day: &str, ms: i64| Moment(day.parse::<Day>().unwrap().start(480).0 + ms);
    let mud: ViolationCode = "mud".parse().unwrap();
    let who = |at| powers.at(&mud, at).map(|power| power.units[0].to_string());
    assert_eq!(who(at("2021-01-01", -1)), None);
    assert_eq!(who(at("2021-07-01", -1)).as_deref(), Some("enforcement"));
    assert_eq!(who(at("2021-07-01", 0)).as_deref(), Some("housing"));
}

#[test]
fn each_fault_of_a_power_is_named_with_its_line() {
    let rows = [
        ("mud,带泥,Mud,enforcement", "mud,带泥,Mud,", "powers.csv:2: units is empty"),
        ("enforcement,2021", "enforcment,2021", "did you mean enforcement?"),
        ("enforcement,2021", "media,2021", "units: media has no service of its own"),
        ("2021-06-30", "2021-07-01", "powers.csv:3: mud has a row on the same day on line 2"),
        ("2021-06-30", "", "powers.csv:3: mud has a row on the same day on line 2"),
        ("2021-06-30", "2020-06-30", "effective_to is before effective_from"),
        ("2021-06-30", "June", "effective_to: \"June\""),
        ("2021-07-01,,example", "2021-07-01,,", "powers.csv:3: source is empty"),
    ];
    for (old, new, wanted) in rows {
        let report = faults(&with_powers(old, new));
        assert!(report.contains(wanted), "{old:?} -> {new:?} gave\n{report}");
    }
}

#[test]
fn the_table_of_the_truck_is_dengfengs_in_full() {
    let powers = load(&shipped("dengfeng")).unwrap().powers;
    let at = "2026-11-22".parse::<Day>().unwrap().start(480);
    let of = |unit: &str| {
        let has =
            |code: &&ViolationCode| powers.at(code, at).unwrap().units == [unit.parse().unwrap()];
        powers.rows.keys().filter(has).map(ToString::to_string).collect::<Vec<_>>()
    };
    let enforcement = ["dumping", "mud_on_road", "no_approval", "spillage", "unsealed_load"];
    assert_eq!(of("enforcement"), enforcement);
    let police = [
        "dangerous_driving",
        "no_entry_zone",
        "no_yield_at_crossing",
        "plate_covered",
        "red_light",
        "speeding",
    ];
    assert_eq!(of("public_security"), police);
    assert!(load(&shipped("wenshan")).unwrap().powers.rows.is_empty());
}
