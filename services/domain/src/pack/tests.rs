//! Each kind of fault, made in a small good pack, is reported with file and line; ours have none.

pub(crate) mod approval;
mod contact;
mod credit;
pub(crate) mod decision;
mod power;
mod time;

use super::{table::Files, *};

const CITY: &str = r#"id = "tiny"
zh = "小城"
en = "Tiny"
timezone = "Asia/Shanghai"
utc_offset_minutes = 480
datum = "CGCS2000"
coordinator = "office"
coordinator_host = "enforcement"
government = "gov"

[confirmation]
unanswered = "close_unconfirmed"

[limits]
profile = "standard"

[roles]
cooperating = "called"
responsible = "territory"

[disputes]
transfers_max = 2
evasions_max = 3

[emergency]
units = "housing"
police = "enforcement"

[rework]
rounds_max = 3

[complaint]
issue_type = "conduct"

[source]
id = "example"
zh = "example"
en = "example"
timezone = "example"
utc_offset_minutes = "example"
datum = "example"
coordinator = "example"
coordinator_host = "example"
government = "example"
roles.cooperating = "example"
roles.responsible = "example"
confirmation.unanswered = "example"
rework.rounds_max = "example"
complaint.issue_type = "example"
limits.profile = "example"
disputes.transfers_max = "example"
disputes.evasions_max = "example"
emergency.units = "example"
emergency.police = "example"
"#;

pub(crate) const UNITS: &str = "\
id,zh,en,kind,module,instance_of,system,note,source
enforcement,执法,Enforcement,dept,enforcement,,yes,,example
housing,住建,Housing,dept,housing,,yes,,example
office,办公室,Office,body,generic,,yes,,example
gov,政府,Government,body,generic,,yes,,example
media,媒体,Media,org,none,,no,,example
subdistricts,街道,Subdistricts,territory,none,,no,,example
sub_a,甲街道,A,territory,generic,subdistricts,yes,,example
";

const GRID: &str = "\
id,community,community_zh,community_en,subdistrict,district,city,lon,lat,note,source
T-1,c1,社区,One,sub_a,,tiny,104.2,23.3,,example
T-2,c1,社区,One,sub_a,,tiny,104.3,23.3,,example
";

const ISSUES: &str = "\
id,zh,en,class_code,note,source
vending,占道,Vending,,,example
dust,扬尘,Dust,,,example
conduct,作风,Conduct,,,example
";

const ROUTING: &str = "\
issue_type,leads,cooperating,responsible,task,effective_from,effective_to,source,note
vending,enforcement,housing;media,subdistricts,T1,2021-01-01,2021-06-30,example,
vending,housing,,subdistricts,T1,2021-07-01,,example,
dust,,housing,subdistricts,T2,2021-01-01,,example,
conduct,,,,T3,2021-01-01,,example,
";

const LIMITS: &str = "\
profile,issue_type,stage,within,remind_before,urge_after,note,source
standard,*,assign,2h,30m,1h,,example
standard,*,accept,2h,30m,1h,,example
standard,*,arrive,2h,30m,1h,,example
standard,*,dispose,3d,1d,1h,,example
standard,*,confirm,2h,30m,1h,,example
standard,*,rework,2h,0s,1h,,example
standard,*,opinion,2h,0s,0s,,example
standard,*,rule,2h,0s,1h,,example
standard,*,find,2h,0s,1h,,example
standard,*,statement,2h,0s,1h,,example
standard,*,outcome,2h,0s,1h,,example
standard,dust,accept,1h,30m,1h,,example
";

const HOURS: &str = "\
effective_from,day,from,to,note,source
2021-01-01,mon,08:30,12:00,,example
2021-01-01,mon,14:00,17:30,,example
2021-01-01,makeup,08:30,12:00,,example
2022-01-01,mon,08:30,12:00,,example
2022-01-01,makeup,08:30,12:00,,example
";

const DAYS: &str = "\
list,day,kind,zh,en,published,source
2021,2021-10-01,holiday,国庆节,National Day,2020-11-25,example
2021,2021-10-09,workday,国庆节,National Day,2020-11-25,example
2022,2022-10-01,holiday,国庆节,National Day,2021-10-25,example
2022,2022-10-01,workday,国庆节,National Day,2022-09-01,example
";

const EVIDENCE: &str = "\
issue_type,step,kind,count,note,source
*,whistle,photo,1,,example
*,dispose,photo,1,,example
vending,whistle,photo,2,,example
";

const FORMS: &str = "\
id,zh,en,note,source
criticism,通报批评,Public criticism,,example
talk,约谈问责,Summons,,example
";

const DUPLICATES: &str = "\
issue_type,window,within_metres,same_number,note,source
*,24h,0,yes,,example
vending,2h,30,no,,example
";

pub(crate) fn good() -> Files {
    let files = [
        ("city.toml", CITY),
        ("units.csv", UNITS),
        ("grid.csv", GRID),
        ("issue_types.csv", ISSUES),
        ("routing.csv", ROUTING),
        ("limits.csv", LIMITS),
        ("hours.csv", HOURS),
        ("calendar.csv", DAYS),
        ("evidence.csv", EVIDENCE),
        ("duplicates.csv", DUPLICATES),
        ("accountability.csv", FORMS),
    ];
    files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into()
}

/// The good pack as a city.
pub(crate) fn mini() -> City {
    load(&good()).unwrap()
}

/// The good pack with one text replaced by another in one file.
fn with(file: &str, old: &str, new: &str) -> Files {
    let mut files = good();
    let text = String::from_utf8(files.remove(file).unwrap()).unwrap();
    assert!(text.contains(old), "{file} has no {old:?}");
    files.insert(file.to_owned(), text.replacen(old, new, 1).into_bytes());
    files
}

pub(super) fn faults(files: &Files) -> String {
    load(files).map(|city| format!("no fault in {}", city.id)).unwrap_or_else(|f| f.to_string())
}

#[test]
fn a_good_pack_is_a_city() {
    let city = load(&good()).unwrap();
    let issue = |id: &str| IssueTypeId::parse(id).unwrap();
    let photos = |id| city.evidence(&issue(id), Step::Whistle)[0].count;
    assert_eq!((photos("vending"), photos("dust")), (2, 1));
    let hour = |id| city.limits("standard", &issue(id)).accept.within_ms / 3_600_000;
    assert_eq!((hour("vending"), hour("dust")), (2, 1));
    assert_eq!(city.limits("no such profile", &issue("dust")).accept.within_ms, 3_600_000);
    assert_eq!(city.hosted_units().count(), 5);
    let rule = |id: &str| city.duplicates(&issue(id));
    assert_eq!((rule("vending").within_metres, rule("vending").same_number), (30, false));
    assert_eq!((rule("dust").window_ms, rule("dust").same_number), (86_400_000, true));
    let community = city.community(&CommunityId::parse("c1").unwrap()).unwrap();
    assert_eq!((community.cells.len(), community.subdistrict.as_str()), (2, "sub_a"));
}

/// File, what is replaced, by what, and what the report must say.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    ("city.toml", "zh = \"小城\"\n", "", "city.toml: the setting zh is missing"),
    ("city.toml", "en = \"Tiny\"", "en = 3", "city.toml:3: en is a number"),
    ("city.toml", "id = \"tiny\"", "id = \"小\"", "city.toml:1: id: \"小\""),
    ("city.toml", "datum = \"CGCS2000\"", "datum = \"CGCS200\"", "did you mean CGCS2000?"),
    ("city.toml", "minutes = 480", "minutes = 4800", "city.toml:5: utc_offset_minutes"),
    ("city.toml", "\n[limits]", "colour = 1\n[limits]", "there is no setting confirmation.col"),
    ("city.toml", "\n[limits]", "\n[limits", "city.toml:14:"),
    ("city.toml", "\ndatum = \"example\"", "", "city.toml:6: datum has no source"),
    ("city.toml", "\"office\"", "\"ofice\"", "city.toml:7: coordinator: ofice is not in units"),
    ("city.toml", "\"office\"", "\"media\"", "city.toml:7: coordinator cannot be called"),
    ("city.toml", "= \"gov\"", "= \"media\"", "city.toml:9: government cannot be called"),
    ("city.toml", "= \"gov\"", "= \"enforcement\"", "city.toml:9: government is the coordinat"),
    ("city.toml", "_unconfirmed\"", "_satisfied\"", "city.toml:12: confirmation.unanswered"),
    (
        "city.toml",
        "transfers_max = 2",
        "transfers_max = 0",
        "city.toml:22: disputes.transfers_max is not",
    ),
    (
        "city.toml",
        "evasions_max = 3",
        "evasions_max = 21",
        "city.toml:23: disputes.evasions_max is not",
    ),
    (
        "city.toml",
        "units = \"housing\"",
        "units = \"housing;x y\"",
        "city.toml:26: emergency.units: ",
    ),
    (
        "city.toml",
        "units = \"housing\"",
        "units = \"housing;media\"",
        "city.toml:26: emergency.units: media cannot",
    ),
    (
        "city.toml",
        "police = \"enforcement\"",
        "police = \"polise\"",
        "city.toml:27: emergency.police: polise is",
    ),
    ("city.toml", "\"standard\"", "\"standart\"", "city.toml:15: limits.profile: standart is"),
    (
        "city.toml",
        "rounds_max = 3",
        "rounds_max = 0",
        "city.toml:30: rework.rounds_max is no number",
    ),
    ("city.toml", "\"conduct\"", "\"conduc\"", "city.toml:33: complaint.issue_type: conduc is"),
    ("units.csv", "id,zh", "id,name", "units.csv:1: there is no column \"name\""),
    ("units.csv", "note,source", "note,source,zh", "units.csv:1: the column zh is there twice"),
    ("units.csv", "housing,住建", "enforcement,住建", "units.csv:3: enforcement is already on"),
    ("units.csv", "housing,住", "hou sing,住", "units.csv:3: id: \"hou sing\""),
    ("units.csv", "housing,住", "hou/sing,住", "units.csv:3: id: \"hou/sing\" has a slash"),
    ("units.csv", "housing,,yes", "housing,,proxy", "routing.csv:3: leads: housing has no serv"),
    (
        "units.csv",
        "gov,政府,Government,body,generic,,yes",
        "gov,政府,G,body,generic,,proxy",
        "government cannot be called",
    ),
    ("grid.csv", "T-2,c1", "T-2,c/1", "grid.csv:3: community: \"c/1\" has a slash"),
    ("routing.csv", "T2,", ",", "routing.csv:4: task is empty"),
    ("units.csv", "执法", "", "units.csv:2: zh is empty"),
    ("units.csv", "dept,housing", "dpt,housing", "did you mean dept?"),
    ("units.csv", "dept,housing", "dept,hosing", "units.csv:3: module: \"hosing\" is not a mod"),
    ("units.csv", "none,,no", "none,,maybe", "units.csv:6: system: \"maybe\" is not"),
    ("units.csv", "none,,no", "none,,yes", "units.csv:6: module none with system yes"),
    ("units.csv", "generic,subdistricts", "generic,subdistrict", "units.csv:8: instance_of"),
    ("units.csv", "none,,no,,example\nsub_a", "generic,,yes,,example\nsub_a", "units.csv:8: "),
    ("units.csv", "A,territory", "A,territory,x", "units.csv:8: 10 fields under 9 columns"),
    ("units.csv", "yes,,example", "yes,,", "units.csv:2: source is empty"),
    ("grid.csv", "sub_a,,tiny", "sub_b,,tiny", "grid.csv:2: subdistrict: sub_b is not in units"),
    ("grid.csv", "sub_a,,tiny", "housing,,tiny", "grid.csv:2: housing is not a subdistrict of"),
    ("grid.csv", "sub_a,,tiny", "sub_a,,tinny", "grid.csv:2: city \"tinny\" is not this city"),
    ("grid.csv", "a,,tiny", "a,media,tiny", "grid.csv:2: media is not a district government"),
    ("grid.csv", "a,,tiny", "a,none,tiny", "grid.csv:2: district: none is not in units"),
    ("city.toml", "\"called\"", "\"maybe\"", "city.toml:18: roles.cooperating: \"maybe\" is not"),
    ("city.toml", "\"territory\"", "\"terr\"", "city.toml:19: roles.responsible: \"terr\" is not"),
    ("city.toml", "\"called\"", "\"absent\"", "routing.csv:2: cooperating: this city has no"),
    ("grid.csv", "T-2", "T-1", "grid.csv:3: T-1 is already on line 2"),
    ("grid.csv", "104.3", "204.3", "grid.csv:3: lon: 204.3 is not on the earth"),
    ("grid.csv", "104.3", "NaN", "grid.csv:3: lon: NaN is not on the earth"),
    ("grid.csv", "104.3", "east", "grid.csv:3: lon: \"east\""),
    ("grid.csv", "T-2,c1,社区", "T-2,c1,小区", "grid.csv:3: community c1 has other names"),
    ("issue_types.csv", "dust,扬尘", "vending,扬尘", "issue_types.csv:3: vending is already"),
    ("issue_types.csv", "dust,扬尘", "mud,扬尘", "issue_types.csv:3: mud has no route"),
    ("routing.csv", "dust,,", "rust,,", "routing.csv:4: issue_type: rust is not in issue_typ"),
    ("routing.csv", "dust,,h", "dust,,hosuing;h", "did you mean housing?"),
    ("routing.csv", "dust,,h", "dust,,housing;h", "routing.csv:4: cooperating names housing tw"),
    ("routing.csv", "dust,,h", "dust,housing,h", "routing.csv:4: housing both leads and coop"),
    ("routing.csv", "dust,,", "dust,media,", "routing.csv:4: leads: media cannot be called"),
    ("routing.csv", "2021-06-30", "2021-06-31", "routing.csv:2: effective_to: \"2021-06-31\""),
    ("routing.csv", "2021-06-30", "2020-06-30", "routing.csv:2: effective_to is before"),
    ("routing.csv", "2021-06-30", "2021-06-29", "routing.csv:3: vending has no route from 20"),
    ("routing.csv", "2021-06-30", "2021-07-01", "routing.csv:3: from 2021-07-01 on, vending h"),
    ("routing.csv", "2021-06-30", "", "routing.csv:3: from 2021-07-01 on, vending has two"),
    ("routing.csv", "2021-07-01,", "2021-07-01,2022-01-01", "routing.csv:3: vending has no rou"),
    ("limits.csv", "*,arrive", "*,arive", "limits.csv:4: stage: \"arive\" is not a stage"),
    ("limits.csv", "*,arrive", "dust,arrive", "profile standard has no limit for arrive"),
    ("limits.csv", "*,arrive", "mud,arrive", "limits.csv:4: issue_type: mud is not in issue"),
    ("limits.csv", "*,arrive", "*,accept", "limits.csv:4: this limit is already on line 3"),
    ("limits.csv", "3d,1d", "3days,1d", "limits.csv:5: within: \"3days\""),
    ("limits.csv", "3d,1d", "0s,0s", "limits.csv:5: within is nothing"),
    ("limits.csv", "3d,1d", "3d,72h", "limits.csv:5: remind_before is not shorter than within"),
    ("limits.csv", "standard,dust", "fast,dust", "profile fast has no limit for dispose"),
    ("evidence.csv", "*,dispose", "*,disposal", "evidence.csv:3: step: \"disposal\" is not"),
    ("evidence.csv", "*,dispose", "vending,dispose", "there is no rule for dispose of all"),
    ("evidence.csv", "vending", "vendng", "evidence.csv:4: issue_type: vendng is not in"),
    ("evidence.csv", "photo,2", "photos,2", "did you mean photo?"),
    ("evidence.csv", "photo,2", "photo,two", "evidence.csv:4: count: \"two\""),
    ("evidence.csv", "photo,2", "photo,101", "evidence.csv:4: count: 101 is too many"),
    ("evidence.csv", "vending", "*", "evidence.csv:4: this rule is there twice"),
    ("accountability.csv", "talk,约", "criticism,约", "accountability.csv:3: criticism is alr"),
    ("accountability.csv", "talk,约谈问责", "talk,", "accountability.csv:3: zh is empty"),
    ("limits.csv", "*,find", "dust,find", "profile standard has no limit for find"),
    ("duplicates.csv", "*,24h", "dust,24h", "duplicates.csv: there is no rule for all issue"),
    ("duplicates.csv", "vending", "vendng", "duplicates.csv:3: issue_type: vendng is not in"),
    ("duplicates.csv", "vending", "*", "duplicates.csv:3: this issue type is there twice"),
    ("duplicates.csv", "2h", "2hours", "duplicates.csv:3: window: \"2hours\""),
    ("duplicates.csv", "30", "-3", "duplicates.csv:3: within_metres: \"-3\""),
    ("duplicates.csv", "30", "1001", "duplicates.csv:3: within_metres: 1001 is too far"),
    ("duplicates.csv", "30,no", "30,maybe", "duplicates.csv:3: same_number: \"maybe\": this"),
    ("duplicates.csv", "no,,example", "no,,", "duplicates.csv:3: source is empty"),
];

/// The same for limits by severity and the calendar.
const FAULTS_OF_TIME: &[(&str, &str, &str, &str)] = &[
    ("limits.csv", "3d,1d", "3wd,1d", "limits.csv:5: one part is working time and another one"),
    ("limits.csv", "source\n", "source,severty\n", "limits.csv:1: there is no column \"severty\""),
    ("hours.csv", "08:30,12:00", "8:30,12:00", "hours.csv:2: from: \"8:30\": this is not a time"),
    ("hours.csv", "08:30,12:00", "08:30,24:01", "hours.csv:2: to: \"24:01\""),
    ("hours.csv", "08:30,12:00", "12:00,08:30", "hours.csv:2: to is not after from"),
    ("hours.csv", "14:00,17:30", "11:59,17:30", "hours.csv:3: these hours of mon overlap"),
    ("hours.csv", "mon", "monday", "hours.csv:2: day: \"monday\" is not a weekday or makeup"),
    ("hours.csv", "01,makeup", "01,sat", "from 2021-01-01 on a make-up day has no hours"),
    ("hours.csv", "2022-01-01,mon", "2023-01-01,mon", "from 2022-01-01 on no weekday is worked"),
    ("hours.csv", "2022-01-01,makeup,08:30", "2022-01-01,makeup,09:00", "has another length"),
    ("hours.csv", "12:00,,example", "12:00,,", "hours.csv:2: source is empty"),
    ("calendar.csv", "holiday", "holliday", "calendar.csv:2: kind: \"holliday\" is not a kind of"),
    ("calendar.csv", "2021-10-01", "2021-10-32", "calendar.csv:2: day: \"2021-10-32\""),
    ("calendar.csv", "2021-10-01", "2022-10-01", "2022-10-01 is no day of the list of 2021"),
    ("calendar.csv", "2020-11-25", "2021-10-02", "calendar.csv:2: 2021-10-01 was past on"),
    ("calendar.csv", "10-09", "10-01", "2021-10-01, workday, is already on line 2"),
    ("calendar.csv", "10-09", "10-11", "calendar.csv:3: 2021-10-11 is worked anyway"),
    ("calendar.csv", "2021-10-25", "二", "calendar.csv:4: published: \"二\""),
    ("calendar.csv", "National Day", "", "calendar.csv:2: en is empty"),
];

#[test]
fn each_fault_is_named_with_its_line_and_what_would_be_right() {
    for (file, old, new, wanted) in FAULTS {
        let report = faults(&with(file, old, new));
        assert!(report.contains(wanted), "{file}: {old:?} -> {new:?} gave\n{report}");
        assert!(report.contains("; right would be: "), "{report}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_one_fault_and_not_a_hundred() {
    for name in good().into_keys() {
        let mut files = good();
        files.remove(&name);
        let wanted =
            format!("{name}: there is no such file; right would be: every city pack has it");
        assert_eq!(faults(&files), wanted);
    }
    let mut files = with("units.csv", "id,zh", "id");
    assert_eq!(load(&files).unwrap_err().len(), 1);
    files.get_mut("units.csv").unwrap().extend(b"\n\xff");
    assert!(faults(&files).starts_with("units.csv:10: this is not UTF-8"), "{}", faults(&files));
    files.insert("units.csv".to_owned(), vec![b'a'; table::FILE_BYTES_MAX + 1]);
    assert!(faults(&files).contains("units.csv: 8388609 bytes are too many"));
}

#[test]
fn all_faults_come_at_once_by_file_and_line() {
    let mut files = with("units.csv", "dept,housing", "dept,hosing");
    files.extend(with("routing.csv", "dust,,", "rust,,").into_iter().filter(|(n, _)| n == ROUTES));
    let found = load(&files).unwrap_err();
    let places: Vec<_> = found.iter().map(|f| (f.file.as_str(), f.line)).collect();
    assert_eq!(places, [("issue_types.csv", Some(3)), (ROUTES, Some(4)), ("units.csv", Some(3))]);
}

const ROUTES: &str = "routing.csv";

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let crlf = UNITS.replace('\n', "\r\n").replace("office,", "\r\n\r\noffice,");
    let text =
        format!("\u{feff}{}", crlf.replace("generic,,yes,,example\r\ngov", "x,,yes,,e\r\ngov"));
    let mut files = good();
    files.insert("units.csv".to_owned(), text.into_bytes());
    assert!(faults(&files).starts_with("units.csv:6: module: \"x\""), "{}", faults(&files));
}

#[test]
fn a_strange_file_is_named_and_registers_are_left_to_their_departments() {
    let mut files = good();
    files.insert("registers/housing.csv".to_owned(), Vec::new());
    assert!(load(&files).is_ok());
    files.insert("limit.csv".to_owned(), Vec::new());
    assert!(faults(&files).contains("limit.csv: a pack has no such file"));
    assert!(faults(&files).contains("did you mean limits.csv?"));
}

#[test]
fn the_rules_of_access_are_kept_as_texts_and_a_strange_file_among_them_is_named() {
    let mut files = good();
    files.insert("access/doors.cedar".to_owned(), b"permit(principal, action, resource);".into());
    let city = load(&files).unwrap();
    assert!(city.access["access/doors.cedar"].starts_with("permit"));
    files.insert("access/doors.cedr".to_owned(), Vec::new());
    files.insert("access/bus.cedar".to_owned(), b"// \n\xff".to_vec());
    let report = faults(&files);
    assert!(report.contains("access/doors.cedr: a pack has no such file"), "{report}");
    assert!(report.contains("access/bus.cedar:2: this is not UTF-8"), "{report}");
}

/// A pack of this repository.
pub(crate) fn shipped(city: &str) -> Files {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/cities/");
    let entries = std::fs::read_dir(format!("{folder}{city}")).unwrap();
    let files = entries.map(Result::unwrap).filter(|entry| entry.path().is_file());
    files
        .map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()))
        .collect()
}

#[test]
fn the_pack_of_wenshan_has_no_fault() {
    let city = load(&shipped("wenshan")).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!((city.issues.len(), city.routes.len(), city.grid.len()), (71, 71, 12));
    assert_eq!(city.profiles().collect::<Vec<_>>(), ["demo", "standard"]);
    let module = |id: &str| city.unit(&UnitId::parse(id).unwrap()).unwrap().module;
    assert_eq!(module("public_security"), Module::TrafficPolice);
    assert_eq!(module("traffic_police"), Module::None);
    let demo = city.limits("demo", &IssueTypeId::parse("fire_hazard").unwrap());
    assert_eq!((demo.accept.within_ms, demo.dispose.within_ms), (20_000, 30_000));
}

#[test]
fn the_packs_of_dengfeng_and_wuhan_have_no_fault() {
    for (city, units, issues, responsible) in
        [("dengfeng", 56, 70, Responsible::Called), ("wuhan", 47, 47, Responsible::Called)]
    {
        let city = load(&shipped(city)).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!((city.units.len(), city.issues.len(), city.grid.len()), (units, issues, 12));
        assert_eq!(city.roles, Roles { cooperating: Cooperating::Absent, responsible });
        assert_eq!(city.profiles().collect::<Vec<_>>(), ["demo", "standard"]);
        let is_example = |cell: &Cell| cell.source.starts_with("example");
        assert!(city.grid.values().all(is_example), "the documents have no grid");
        for route in city.routes.values().flatten() {
            assert!(route.source.contains(&route.task[..4]), "{route:?}");
        }
    }
}

#[test]
fn rungs_that_a_city_may_have_need_no_row_and_a_direct_report_needs_its_answer() {
    let wenshan = shipped("wenshan");
    let without = |stages: &[&str]| {
        let text = String::from_utf8(wenshan["limits.csv"].clone()).unwrap();
        let is_kept = |line: &&str| !stages.iter().any(|stage| line.contains(stage));
        let kept: Vec<&str> = text.lines().filter(is_kept).collect();
        let mut files = wenshan.clone();
        files.insert("limits.csv".to_owned(), kept.join("\n").into_bytes());
        files
    };
    let city = load(&without(&["*,notice", "*,direct", "*,answer"])).unwrap();
    let limits = city.limits("standard", &IssueTypeId::parse("noise").unwrap());
    assert_eq!([limits.notice, limits.direct, limits.answer], [Limit::default(); 3]);
    let report = faults(&without(&["*,answer"]));
    assert!(report.contains("profile demo has a direct report and no limit to answer"), "{report}");
}

#[test]
fn a_units_first_responsible_person_is_a_position_and_may_be_empty() {
    let wenshan = shipped("wenshan");
    let contact = |files: &Files| {
        let city = load(files).unwrap_or_else(|faults| panic!("{faults}"));
        city.unit(&UnitId::parse("housing").unwrap()).unwrap().contact.clone()
    };
    assert_eq!(contact(&wenshan), "主要领导");
    let text = String::from_utf8(wenshan["units.csv"].clone()).unwrap();
    let mut files = wenshan.clone();
    let lines = text.lines().map(|line| line.replace("主要领导,", ",")).collect::<Vec<_>>();
    files.insert("units.csv".to_owned(), lines.join("\n").into_bytes());
    assert_eq!(contact(&files), "");
    let long = text.replacen("主要领导", &"长".repeat(41), 1);
    files.insert("units.csv".to_owned(), long.into_bytes());
    assert!(faults(&files).contains("the contact is too long"));
}
