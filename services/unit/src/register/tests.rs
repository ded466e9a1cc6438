//! A register is whole, or every fault has its file and line.

use super::*;

const SCHEMA: Schema = Schema {
    name: "stations",
    title_zh: "站点",
    columns: &[
        ("station", Form::Text),
        ("kind", Form::Choice(&["dust", "noise"])),
        ("limit", Form::Number),
        ("since", Form::Day),
        ("note", Form::Optional),
        ("source", Form::Text),
    ],
};
const HEADER: &str = "station,kind,limit,since,note,source\n";

fn read(text: &str) -> Result<Vec<Register>, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("stations.csv"), text).unwrap();
    let prefix = format!("{}/", dir.path().display());
    load(dir.path(), &[SCHEMA]).map_err(|faults| faults.to_string().replace(&prefix, ""))
}

#[test]
fn a_good_register_is_looked_up_by_its_key() {
    let rows = "S1,dust,70,2021-01-01,,example\n\nS1,noise,55.5,2021-01-01,\"a, b\",example\n";
    let registers = read(&format!("\u{feff}{HEADER}{rows}")).unwrap();
    let [register] = &registers[..] else { panic!("{registers:?}") };
    assert_eq!((register.len(), register.name()), (2, "stations"));
    assert_eq!(register.rows("S1")[1].get("note"), "a, b");
    assert_eq!(register.rows("S1")[1].cells().count(), 6);
    assert!(register.rows("S2").is_empty());
}

#[test]
fn a_plate_is_one_key_however_it_is_written_and_a_wrong_one_is_a_fault() {
    const PLATES: Schema = Schema {
        name: "plates",
        title_zh: "号牌",
        columns: &[("plate", Form::Plate), ("source", Form::Text)],
    };
    let dir = tempfile::tempdir().unwrap();
    let read = |rows: &str| {
        std::fs::write(dir.path().join("plates.csv"), format!("plate,source\n{rows}")).unwrap();
        load(dir.path(), &[PLATES]).map_err(|faults| faults.to_string())
    };
    let registers = read("云ha1234,x\n云H·A1234,y\n云h1234挂,x\ntrailer 7,x\n").unwrap();
    for key in ["云H·A1234", "云HA1234", " 云ｈ a1234", "CN-YN.HA1234"] {
        assert_eq!(registers[0].rows(key).len(), 2, "{key}");
    }
    assert_eq!(registers[0].rows("云H·1234挂")[0].get("plate"), "云H·1234挂");
    assert_eq!((registers[0].rows("trailer 7").len(), registers[0].rows("云H·A123").len()), (1, 0));
    for (rows, wanted) in [
        ("云HA123,x\n", "plates.csv:2: plate: \"云HA123\"; right would be: a plate, 云H·A1234"),
        (",x\n", "a plate, 云H·A1234"),
        ("云HA1234,x\n云h·a1234,x\n", "this row is there twice"),
    ] {
        let faults = read(rows).unwrap_err();
        assert!(faults.contains(wanted), "{faults}");
    }
}

#[test]
fn all_faults_come_at_once_with_file_and_line() {
    let rows = "S1,smell,-1,today,,example\n\nS2,dust\nS3,dust,1,2021-01-01,,\n\
                S4,dust,1,2021-01-01,,x\nS4,dust,1,2021-01-01,,x\n";
    let faults = read(&format!("{HEADER}{rows}")).unwrap_err();
    let begins: Vec<&str> =
        faults.lines().map(|line| line.split_once("; right").unwrap().0).collect();
    assert_eq!(
        begins,
        [
            "stations.csv:2: kind: \"smell\"",
            "stations.csv:2: limit: \"-1\"",
            "stations.csv:2: since: \"today\"",
            "stations.csv:4: 2 fields under 6 columns",
            "stations.csv:5: source: \"\"",
            "stations.csv:7: this row is there twice",
        ]
    );
}

#[test]
fn a_file_that_is_no_such_table_is_one_fault() {
    assert!(
        read("station,kind\nS1,dust\n").unwrap_err().starts_with("stations.csv:1: the columns")
    );
    let missing = load(Path::new("/no/such"), &[SCHEMA, SCHEMA]).unwrap_err();
    assert_eq!(missing.0.len(), 2, "{missing}");
    assert!(missing.to_string().starts_with("/no/such/stations.csv: it can't be read"));
}
