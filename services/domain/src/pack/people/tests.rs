//! The people of the grid: every fault by file and line, and what is covered.

use super::super::{City, Faults, GridRole, load, tests::shipped};
use super::*;

const MEMBERS: &str = "\
grid,role,person,unit,note,source
WS-KH-001,cleaner,p-1,enforcement,,example
WS-KH-001,cleaner,p-2,enforcement,,example
WS-KH-002,collector,p-1,subdistrict_kaihua,,example
";

const LIAISONS: &str = "\
unit,community,person,note,source
enforcement,kaihua_dongfeng,p-3,,example
housing,kaihua_dongfeng,p-4,,example
";

const ROADS: &str = "\
id,zh,en,grids,party,chiefs,note,source
R-1,东门路,Gate Road,WS-KH-001;WS-KH-003,community/kaihua_dongfeng,p-5;p-6,,example
R-2,北街,North Street,WS-KH-002,unit/subdistrict_kaihua,p-5,,example
R-3,南街,South Street,WS-KH-004,,,,example
";

fn city(members: &str, liaisons: &str, roads: &str) -> Result<City, Faults> {
    let mut files = shipped("wenshan");
    for (name, text) in [(member::FILE, members), (liaison::FILE, liaisons), (road::FILE, roads)] {
        files.insert(name.to_owned(), text.as_bytes().to_vec());
    }
    load(&files)
}

#[test]
fn a_pack_without_people_is_whole_and_covers_nothing() {
    let mut files = shipped("wenshan");
    for name in [member::FILE, liaison::FILE, road::FILE] {
        files.remove(name);
    }
    let city = load(&files).unwrap();
    assert_eq!(city.people, People::default());
    assert_eq!(city.staffing(GridRole::Cleaner).basis_points(), Some(0));
    assert_eq!(city.chiefs().basis_points(), None, "no road is not 100 %");
}

#[test]
fn which_cell_has_nobody_for_a_role_and_which_road_no_chief() {
    let city = city(MEMBERS, LIAISONS, ROADS).unwrap();
    let cleaners = city.staffing(GridRole::Cleaner);
    assert_eq!((cleaners.all, cleaners.covered()), (12, 1), "two in one cell cover one");
    assert_eq!(cleaners.basis_points(), Some(833));
    assert!(!cleaners.lacking.contains(&"WS-KH-001".parse().unwrap()));
    assert_eq!(cleaners.lacking[0].as_str(), "WS-KH-002");
    assert_eq!(city.staffing(GridRole::Parking).covered(), 0);
    let roads = city.chiefs();
    assert_eq!((roads.all, roads.lacking.as_slice()), (3, &["R-3".parse().unwrap()][..]));
    assert_eq!(roads.basis_points(), Some(6_666));
}

#[test]
fn a_liaison_is_of_one_unit_for_one_community_and_a_chief_of_one_road() {
    let people = city(MEMBERS, LIAISONS, ROADS).unwrap().people;
    let liaison = |unit: &str, community: &str| {
        let found = people.liaison(&unit.parse().unwrap(), &community.parse().unwrap());
        found.map(ToString::to_string)
    };
    assert_eq!(liaison("enforcement", "kaihua_dongfeng").as_deref(), Some("p-3"));
    assert_eq!(liaison("enforcement", "kaihua_xishan"), None);
    assert_eq!(liaison("environment", "kaihua_dongfeng"), None);
    let is_chief = |road: &str, party: &str, person: &str| {
        let road = &people.roads[&road.parse().unwrap()];
        road.is_chief(&party.parse().unwrap(), &person.parse().unwrap())
    };
    assert!(is_chief("R-1", "community/kaihua_dongfeng", "p-5"));
    assert!(is_chief("R-2", "unit/subdistrict_kaihua", "p-5"));
    for (road, party, person) in [
        ("R-1", "community/kaihua_dongfeng", "p-7"),
        ("R-1", "unit/subdistrict_kaihua", "p-5"),
        ("R-2", "community/kaihua_dongfeng", "p-5"),
        ("R-3", "community/kaihua_dongfeng", "p-5"),
    ] {
        assert!(!is_chief(road, party, person), "{road} {party} {person}");
    }
}

/// Which of the three, what is replaced, by what, and what the report must say.
const FAULTS: &[(usize, &str, &str, &str)] = &[
    (0, "grid,role", "cell,role", "members.csv:1: there is no column \"cell\""),
    (0, "WS-KH-002", "WS-KH-009", "members.csv:4: grid: WS-KH-009 is not in grid.csv"),
    (0, "collector", "colector", "members.csv:4: role: \"colector\" is not a role of the grid"),
    (0, "collector", "colector", "did you mean collector?"),
    (0, "p-2", "p-1", "members.csv:3: p-1 as cleaner of WS-KH-001 is already on line 2"),
    (0, "p-2", "李娜", "members.csv:3: person: \"李娜\""),
    (0, "p-2,enforcement", "p-2,enforcment", "members.csv:3: unit: enforcment is not in units"),
    (0, "p-2,enforcement,,example", "p-2,enforcement,,", "members.csv:3: source is empty"),
    (1, "housing", "enforcement", "liaisons.csv:3: enforcement for kaihua_dongfeng is already"),
    (1, "housing", "hosing", "liaisons.csv:3: unit: hosing is not in units.csv"),
    (1, "housing", "traffic_police", "liaisons.csv:3: unit: traffic_police cannot be called"),
    (1, "housing,kaihua_d", "housing,kaihua_", "there is no community kaihua_ongfeng"),
    (1, "p-4", "", "liaisons.csv:3: person: \"\""),
    (2, "R-2,北", "R-1,北", "roads.csv:3: R-1 is already on line 2"),
    (2, "WS-KH-003", "WS-KH-001", "roads.csv:2: grids names WS-KH-001 twice"),
    (2, "WS-KH-002", "WS-KH-00", "roads.csv:3: grids: WS-KH-00 is not in grid.csv"),
    (2, "WS-KH-004", "", "roads.csv:4: grids is empty"),
    (2, "p-5,,example", ",,example", "roads.csv:3: chiefs without a party, or a party without"),
    (2, "unit/subdistrict_kaihua", "", "roads.csv:3: chiefs without a party, or a party without"),
    (2, "unit/s", "office/s", "roads.csv:3: party: office/subdistrict_kaihua has no chiefs"),
    (2, "unit/s", "unit/z", "roads.csv:3: party: zubdistrict_kaihua is not in units.csv"),
    (2, "unit/s", "team/s", "roads.csv:3: party: \"team/subdistrict_kaihua\""),
    (2, "community/kaihua_d", "community/", "roads.csv:2: party: there is no community ongfeng"),
    (2, "南街", "", "roads.csv:4: zh is empty"),
];

#[test]
fn each_fault_of_people_is_named_with_its_line_and_what_would_be_right() {
    for (which, old, new, wanted) in FAULTS {
        let mut texts = [MEMBERS, LIAISONS, ROADS].map(str::to_owned);
        assert!(texts[*which].contains(old), "there is no {old:?}");
        texts[*which] = texts[*which].replacen(old, new, 1);
        let [members, liaisons, roads] = &texts;
        let report = city(members, liaisons, roads).unwrap_err().to_string();
        assert!(report.contains(wanted), "{old:?} -> {new:?} gave\n{report}");
        assert!(report.contains("; right would be: "), "{report}");
    }
}

#[test]
fn all_faults_of_people_come_at_once() {
    let [members, liaisons] = [MEMBERS, LIAISONS].map(|text| text.replacen(",example", ",", 1));
    let roads = ROADS.replacen("WS-KH-004", "", 1);
    let faults = city(&members, &liaisons, &roads).unwrap_err();
    let places: Vec<_> = faults.iter().map(|f| (f.file.as_str(), f.line)).collect();
    let wanted = [("liaisons.csv", Some(2)), ("members.csv", Some(2)), ("roads.csv", Some(4))];
    assert_eq!(places, wanted);
}
