//! A city pack, whole: every table and the settings.
//!
//! Input: text in sections, each a line `== <file>` and the file below it; bytes that are not UTF-8
//! are kept. Every fault has a file, what is wrong and what would be right; a pack without a fault
//! can route each of its issue types from each of its cells.

use std::collections::BTreeMap;

use domain::{
    moment::Moment,
    pack::{self, City, GridRole, Road},
    registry::Registry,
    routing,
};

/// Loads a pack.
pub fn run(data: &[u8]) {
    match pack::load(&files(data)) {
        Ok(city) => check(&city),
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults.iter() {
                let whole = [&fault.file, &fault.what, &fault.right];
                assert!(whole.iter().all(|text| !text.is_empty()), "{fault:?}");
                assert!(fault.line != Some(0), "{fault:?}");
            }
        }
    }
}

/// 22 November 2026.
const NOW: Moment = Moment(1_795_303_800_000);

fn check(city: &City) {
    for role in GridRole::all() {
        let staffing = city.staffing(role);
        assert_eq!(staffing.covered() + staffing.lacking.len(), city.grid.len());
    }
    let is_there = |road: &Road| road.grids.iter().all(|cell| city.grid.contains_key(cell));
    assert!(city.people.roads.values().all(is_there));
    for (issue, cell) in city.issues.keys().zip(city.grid.keys().cycle()) {
        match routing::route(city, &Registry::default(), issue, cell, None, NOW) {
            Ok(routing) => assert!(city.callable(&routing.owner), "{routing:?}"),
            Err(rejection) => assert_eq!(rejection.reason, "NO_ROUTE_ON_DATE"),
        }
    }
}

fn files(data: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut file = None;
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if let Some(name) = line.strip_prefix(b"== ") {
            let name = String::from_utf8_lossy(name).trim().to_owned();
            // No file is without a name.
            file = Some(name).filter(|name| !name.is_empty());
            files.extend(file.clone().map(|name| (name, Vec::new())));
        } else if let Some(text) = file.as_ref().and_then(|name| files.get_mut(name)) {
            text.extend_from_slice(line);
        }
    }
    files
}

const SMALL: &str = r#"== city.toml
id = "tiny"
zh = "小城"
en = "Tiny"
timezone = "Asia/Shanghai"
utc_offset_minutes = 480
datum = "CGCS2000"
coordinator = "office"
coordinator_host = "enforcement"
government = "gov"
[roles]
cooperating = "called"
responsible = "territory"

[confirmation]
unanswered = "close_unconfirmed"
[limits]
profile = "standard"
[source]
id = "e"
zh = "e"
en = "e"
timezone = "e"
utc_offset_minutes = "e"
datum = "e"
coordinator = "e"
coordinator_host = "e"
government = "e"
confirmation.unanswered = "e"
limits.profile = "e"
== units.csv
id,zh,en,kind,module,instance_of,system,note,source
enforcement,执法,E,dept,enforcement,,yes,,e
housing,住建,H,dept,housing,,yes,,e
office,办公室,O,body,generic,,yes,,e
gov,政府,G,body,generic,,yes,,e
subdistricts,街道,S,territory,none,,no,,e
sub_a,甲街道,A,territory,generic,subdistricts,yes,,e
== grid.csv
id,community,community_zh,community_en,subdistrict,district,city,lon,lat,note,source
T-1,c1,社区,One,sub_a,,tiny,104.2,23.3,,e
== issue_types.csv
id,zh,en,class_code,note,source
vending,占道,V,,,e
dust,扬尘,D,,,e
== routing.csv
issue_type,leads,cooperating,responsible,task,effective_from,effective_to,source,note
vending,enforcement,housing,subdistricts,T1,2021-01-01,2021-06-30,e,
vending,housing,,subdistricts,T1,2021-07-01,,e,
dust,,housing,subdistricts,T2,2021-01-01,,e,"a, b"
== limits.csv
profile,issue_type,stage,within,remind_before,urge_after,note,source,severity
standard,*,assign,2h,30m,1h,,e
standard,*,accept,2h,30m,1h,,e
standard,*,arrive,2h,30m,1h,,e
standard,*,dispose,3d,1d,1h,,e
standard,*,confirm,2h,30m,1h,,e
standard,*,rework,2h,0s,1h,,e
standard,dust,dispose,2wd,1wh,30wm,,e,normal
standard,dust,dispose,1h,0s,1h,,e,serious
standard,dust,dispose,1h,0s,1h,,e,emergency
== hours.csv
effective_from,day,from,to,note,source
2021-01-01,mon,08:30,12:00,,e
2021-01-01,makeup,08:30,12:00,,e
== calendar.csv
list,day,kind,zh,en,published,source
2021,2021-10-01,holiday,国庆节,National Day,2020-11-25,e
2021,2021-10-09,workday,国庆节,National Day,2020-11-25,e
== evidence.csv
issue_type,step,kind,count,note,source
*,whistle,photo,1,,e
*,dispose,photo,1,,e
== duplicates.csv
issue_type,window,within_metres,same_number,note,source
*,24h,0,yes,,e
vending,4h,30,no,,e
== members.csv
grid,role,person,unit,note,source
T-1,cleaner,p-1,enforcement,,e
== liaisons.csv
unit,community,person,note,source
housing,c1,p-2,,e
== roads.csv
id,zh,en,grids,party,chiefs,note,source
R-1,路,Road,T-1,unit/sub_a,p-3;p-4,,e
"#;

/// A small pack without a fault; no file of it; one that ends within a quotation.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let cut = SMALL.find("\"a, b").map_or(SMALL, |at| &SMALL[..at + 2]);
    let bare = "== city.toml\nid = \"tiny\"\n== units.csv\n";
    [("small", SMALL), ("cut", cut), ("bare", bare)]
        .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
        .into()
}
