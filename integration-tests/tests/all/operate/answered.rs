//! A complaint and what follows it, by commands alone: listed, found about, answered for, decided,
//! published. What is only shown changes nothing, and who may not is told who may.

use std::path::Path;

use serde_json::Value;

use super::{one, refused, said, shown, until};
use crate::{
    people::endpoint,
    program::{objects, output},
    s1::stage::Stage,
    s11::people::{OFFICE, People, closed},
};

const HOUSING: [&str; 2] = ["--as", "unit/housing"];

fn as_office<'o>(verb: &[&'o str]) -> Vec<&'o str> {
    [verb, &["--person", "wang.wei", "--as", OFFICE]].concat()
}

/// The only sheet, when it stands so.
async fn sheet(data: &Path, stage: &str) -> Value {
    let look = || said(data, &["accountability", "list", "--stage", stage]);
    one(&until(look, |rows| rows.len() == 1).await, "sheet").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_found_about_and_its_sheet_is_decided_by_commands() {
    let stage = Stage::open(&[]);
    let (data, people) = (stage.data.as_path(), People::of(&stage.data));
    assert!(shown(data, &["accountability", "list"]).contains("无追责事项"));
    assert!(shown(data, &["accountability", "bulletin"]).contains("无通报"));
    let id = people.community.complain("housing", "").await.unwrap();
    found(data, &people, &id).await;
    people.community.confirm(&id, &[]).await.unwrap();
    people.community.until("closed", &id, closed).await;

    let open = sheet(data, "stating").await;
    let name = open["sheet"].as_str().unwrap();
    assert_eq!((name, &open["judge"]), (&*format!("{id}/housing"), &OFFICE.into()));
    assert!(said(data, &["accountability", "list", "--unit", "fire_rescue"]).is_empty());
    let rows = said(data, &["accountability", "show", name]);
    assert!(rows.iter().any(|row| row["type"] == "muster.case.v1.ComplaintFound"), "{rows:?}");
    let text = shown(data, &["accountability", "show", name]);
    assert!(text.contains("待单位陈述") && text.contains("a complaint was upheld"), "{text}");
    let decide = |more: &[&'static str]| {
        let verb = ["accountability", "decide", name, "--reason", "heard"];
        as_office(&[&verb[..], more].concat())
    };
    let early = refused(data, &decide(&["--nothing"]));
    assert!(early.contains("was not heard yet; it has until"), "{early}");
    let early = refused(data, &decide(&["--nothing", "--yes"]));
    assert!(early.contains("NOT_HEARD_YET"), "{early}");
    stated(data, &id).await;

    let heard = sheet(data, "deciding").await;
    assert_eq!(heard["statement"], "the officer was alone");
    let other = ["--form", "public_criticism", "--as", "admin/li", "--person", "li.na"];
    let other = [&["accountability", "decide", name, "--reason", "heard"], &other[..]].concat();
    let not_theirs = refused(data, &other);
    assert!(not_theirs.contains("office/leading_group_office decides"), "{not_theirs}");
    let not_theirs = refused(data, &[&other[..], &["--yes"]].concat());
    assert!(not_theirs.contains("--as office/NAME"), "{not_theirs}");
    let wrong = refused(data, &decide(&["--form", "prison", "--yes"]));
    assert!(wrong.contains("public_criticism"), "{wrong}");
    let text = shown(data, &decide(&["--form", "public_criticism"]));
    assert!(text.contains("nothing was changed: --yes does it"), "{text}");
    assert_eq!(sheet(data, "deciding").await["is_decided"], false);
    let done = said(data, &decide(&["--form", "public_criticism", "--yes"]));
    assert_eq!(one(&done, "decided")["is_preview"], false);
    assert_eq!(sheet(data, "closed").await["form"], "public_criticism");
    let again = refused(data, &decide(&["--nothing"]));
    assert!(again.contains("decided already"), "{again}");

    let entries = said(data, &["accountability", "bulletin"]);
    let forms: Vec<_> = entries.iter().map(|entry| entry["form"].as_str().unwrap()).collect();
    assert_eq!(forms, ["", "public_criticism"], "what was upheld, and what followed");
    let text = shown(data, &["accountability", "bulletin", "--as", "community/kaihua_dongfeng"]);
    assert!(text.contains("通报批评"), "{text}");
    let help = String::from_utf8(output(&["accountability", "decide", "--help"]).stdout).unwrap();
    assert!(help.contains("accountability.csv") && help.contains("--yes"), "{help}");
    stage.close();
}

/// The complaint is listed, and the office finds about it; nobody else does.
async fn found(data: &Path, people: &People, id: &str) {
    let is_found_about = |case: &proto::whistle::Case| case.owner == OFFICE;
    people.community.until("with who finds", id, is_found_about).await;
    let list = ["cases", "complaint", "list"];
    let rows = said(data, &[&list[..], &["--without-finding", "--about", "housing"]].concat());
    let row = one(&rows, "complaint");
    assert_eq!((&row["case_id"], &row["finding"]), (&id.into(), &"none".into()));
    assert_eq!(
        (&row["owed"][0]["party"], &row["owed"][0]["duty"]),
        (&OFFICE.into(), &"find".into())
    );
    assert!(said(data, &[&list[..], &["--about", "fire_rescue"]].concat()).is_empty());

    let find = ["cases", "complaint", "find", id, "--upheld", "--text", "three residents agree"];
    let other = [&find[..], &["--person", "li.na"]].concat();
    assert!(refused(data, &other).contains("office/leading_group_office finds about"));
    let not_theirs = refused(data, &[&other[..], &["--yes"]].concat());
    assert!(not_theirs.contains("--as office/NAME"), "{not_theirs}");
    let text = shown(data, &as_office(&find));
    assert!(text.contains("an officer sent the residents away"), "{text}");
    assert!(text.contains("nothing was changed: --yes does it"), "{text}");
    let still = said(data, &[&list[..], &["--without-finding"]].concat());
    assert_eq!(still.len(), 1, "a preview changes nothing");
    let done = said(data, &as_office(&[&find[..], &["--yes"]].concat()));
    assert_eq!(one(&done, "found")["finding"], "upheld");
    let now = || said(data, &[&list[..], &["--open"]].concat());
    until(now, |rows| rows.first().is_some_and(|row| row["finding"] == "upheld")).await;
    assert!(said(data, &[&list[..], &["--without-finding"]].concat()).is_empty());
    assert!(refused(data, &as_office(&find)).contains("there is nothing to find now"));
    let street = people.community.raise("street", |_| ()).await.unwrap();
    let find = ["cases", "complaint", "find", &street, "--upheld", "--text", "x"];
    assert!(refused(data, &as_office(&find)).contains("is no complaint"));
}

/// The words with which housing states its case.
fn state<'o>(case_id: &'o str, more: &[&'o str]) -> Vec<&'o str> {
    let verb = ["accountability", "state", case_id, "--text", "the officer was alone"];
    [&verb[..], &["--person", "officer.housing"], &HOUSING[..], more].concat()
}

/// What a unit has to answer for, as one asks that knows no more than its service's address.
fn elsewhere(data: &Path, unit: &str, server: &[&str]) -> Vec<Value> {
    let desk = endpoint(data, &["units", unit]).address;
    let (party, identity) = (format!("unit/{unit}"), data.join("identity"));
    let way = ["accountability", "demands", "--as", &party, "--desk", &desk];
    let identity = ["--identity", identity.to_str().unwrap(), "--output", "json"];
    let done = output(&[&way[..], &identity[..], server].concat());
    assert!(done.status.success(), "{unit}: {}", String::from_utf8_lossy(&done.stderr));
    objects(&done)
}

/// The unit is asked at its own service and states its case; an administrator is no unit.
async fn stated(data: &Path, id: &str) {
    let demands = [&["accountability", "demands"], &HOUSING[..]].concat();
    let asked = until(|| said(data, &demands), |rows| rows.len() == 1).await;
    assert_eq!((&asked[0]["case_id"], &asked[0]["owed_by"]), (&id.into(), &"unit/housing".into()));
    assert_eq!(elsewhere(data, "housing", &[]), asked);
    let several = ["--desk-server", "service/units"];
    assert!(elsewhere(data, "fire_rescue", &several).is_empty());
    let no_unit = refused(data, &["accountability", "demands"]);
    assert!(no_unit.contains("--as unit/NAME"), "{no_unit}");
    let nothing = refused(data, &state("20200101-7QK3M9ZT", &[]));
    assert!(nothing.contains("has nothing to answer for"), "{nothing}");
    let text = shown(data, &state(id, &[]));
    assert!(text.contains("nothing was changed: --yes does it"), "{text}");
    assert_eq!(said(data, &demands)[0]["statement"], "");
    said(data, &state(id, &["--yes"]));
    assert_eq!(said(data, &demands)[0]["statement"], "the officer was alone");
    let twice = refused(data, &state(id, &["--yes"]));
    assert!(twice.contains("ALREADY_STATED"), "{twice}");
    assert!(refused(data, &state(id, &[])).contains("nothing more to state"));
}
