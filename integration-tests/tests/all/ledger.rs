//! The ledger as people ask it: each verb in both of its forms, and what is written to files, on
//! real processes with a case that goes from the whistle to the first report for duty.

use std::{path::Path, process::Command};

use serde_json::Value;

use crate::{
    city::{City, Part},
    operate::{refused, said, shown},
    people::{report_for_duty, whistle},
    program::output,
};

fn of<'o>(rows: &'o [Value], event: &str) -> Vec<&'o Value> {
    rows.iter().filter(|row| row["event"] == event).collect()
}

/// The texts of a workbook, by an unzip that is not ours.
fn texts(book: &Path) -> String {
    let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
                  print(*(z.read(n).decode() for n in z.namelist() if n.endswith('.xml')))";
    let read = Command::new("python3").args(["-c", script]).arg(book).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_look_for_cases_count_them_read_their_history_and_take_them_along() {
    let mut city = City::new("standard", &[&["enforcement"]]);
    city.start_all().await;
    let data = city.data().to_owned();
    crate::people::reachable(&data, &["gateway"]).await;
    let case_id = whistle(&data).await;
    assert_eq!(report_for_duty(&data, &case_id).await, 1);
    let accepted = || said(&data, &["cases", "search", "--stage", "working"]);
    crate::operate::until(accepted, |rows| !rows.is_empty()).await;

    let rows =
        said(&data, &["cases", "search", "--unit", "enforcement", "--lead", "--words", "STALLS"]);
    assert_eq!(of(&rows, "case")[0]["case_id"], *case_id);
    assert_eq!(of(&rows, "case")[0]["owed"][0]["duty"], "arrive");
    let raised = domain::moment::Moment(of(&rows, "case")[0]["raised_at_ms"].as_i64().unwrap());
    let text = shown(&data, &["cases", "search", "--open"]);
    assert!(text.contains(&case_id) && text.contains("1 cases 共 1 件"), "{text}");
    assert!(said(&data, &["cases", "search", "--unit", "housing"]).is_empty());
    assert!(said(&data, &["cases", "search", "--overdue"]).is_empty());
    let own = said(&data, &["cases", "search", "--as", "community/kaihua_dongfeng"]);
    assert_eq!(own.len(), 1);
    assert!(said(&data, &["cases", "search", "--as", "community/kaihua_xishan"]).is_empty());
    let why = refused(&data, &["cases", "search", "--unit", "enforcment"]);
    assert!(why.contains("did you mean enforcement"), "{why}");
    assert!(refused(&data, &["cases", "search", "--stage", "calld"]).contains("--help"));

    let rows = said(&data, &["cases", "count", "--by", "owed_by"]);
    assert_eq!(of(&rows, "count")[0]["value"], "unit/enforcement");
    assert_eq!(of(&rows, "total")[0]["cases"], 1);
    let text = shown(&data, &["cases", "count", "--by", "stage"]);
    assert!(text.contains("working") && text.contains("1 cases"), "{text}");

    let rows = said(&data, &["cases", "history", &case_id]);
    let steps = of(&rows, "step");
    let last = steps.last().unwrap();
    assert_eq!(
        (&last["type"], &last["owner"]),
        (&"muster.case.v1.TaskAccepted".into(), &"unit/enforcement".into())
    );
    let waited = &last["waited_for"][0];
    assert_eq!((&waited["party"], &waited["duty"]), (&"unit/enforcement".into(), &"accept".into()));
    assert_eq!((&waited["has_ended"], &waited["is_over"]), (&true.into(), &false.into()));
    assert!(waited["used_ms"].as_i64() < last["public_ms"].as_i64());
    assert_eq!(of(&rows, "waits_for")[0]["duty"], "arrive");
    let text = shown(&data, &["cases", "history", &case_id]);
    assert!(text.contains("waited for unit/enforcement to report for duty"), "{text}");
    assert!(text.contains("now waits for 正在等待 unit/enforcement to arrive"), "{text}");

    let rows = said(&data, &["cases", "rates", "--from", "1d", "--by", "unit"]);
    let rates = of(&rows, "rates");
    assert_eq!(
        (&rates[0]["value"], &rates[0]["on_time"]["counted"]),
        (&"enforcement".into(), &0.into())
    );
    assert!(rates[0]["on_time"]["basis_points"].is_null(), "nothing is due: there is no rate");
    let list: Vec<&str> = rates[0]["on_time"]["counted_cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    assert!(said(&data, &[&["cases", "search"], &list[..]].concat()).is_empty());
    assert!(shown(&data, &["cases", "rates", "--from", "1d"]).contains("ON TIME"));

    let day = domain::pack::Day::of(raised, 480).to_string();
    let rows = said(&data, &["cases", "bulletin", "--month", &day[..7]]);
    let first = &of(&rows, "standing")[0];
    assert_eq!((&first["unit"], &first["rank"]), (&"enforcement".into(), &Value::Null), "{rows:?}");
    assert!(shown(&data, &["cases", "bulletin", "--month", &day[..7]]).contains("通报"));

    export(&data, &case_id);
    let help = String::from_utf8(output(&["cases", "rates", "--help"]).stdout).unwrap();
    assert!(help.contains("95 %") && help.contains("85 %"), "{help}");
    city.kill(Part::Gateway);
    assert!(refused(&data, &["cases", "count"]).contains("nothing answers as service/gateway"));
}

fn export(data: &Path, case_id: &str) {
    let path = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let (book, english) = (path("台账.xlsx"), path("cases.csv"));
    let zh = ["ledger", "export", "--format", "xlsx", "--lang", "zh", "--out", &book];
    assert_eq!(of(&said(data, &zh), "exported")[0]["cases"], 1);
    let text = texts(Path::new(&book));
    for word in
        [case_id, "案件编号", "占道经营", "市城乡综合执法局", "处置中", "限时整改率%", "东风社区"]
    {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    let en = ["ledger", "export", "--format", "csv", "--lang", "en", "--out", &english];
    said(data, &en);
    let cases = std::fs::read_to_string(&english).unwrap();
    for word in [case_id, "Issue type", "Street vending", "units are at work", "Dongfeng community"]
    {
        assert!(cases.contains(word), "{word} is not in {cases}");
    }
    let rates = std::fs::read_to_string(path("cases-rates.csv")).unwrap();
    let unit = rates.lines().find(|line| line.starts_with("unit,enforcement,")).unwrap();
    assert!(unit.contains(",0,0,,,"), "no value where nothing is due: {unit}");
    assert!(refused(data, &en).contains("is there already"));
}
