//! The administrator's verbs, as scripts use them.

use std::fs;

use crate::program::{objects, output, root};

#[test]
fn a_sound_pack_is_said_to_be_sound() {
    let said = output(&["city", "check", "deploy/cities/wenshan", "--output", "json"]);
    assert!(said.status.success());
    let last = objects(&said).pop().unwrap();
    assert_eq!((&last["event"], &last["faults"]), (&"city_checked".into(), &0.into()));
    assert_eq!(last["issue_types"], 70);
}

#[test]
fn every_fault_of_a_pack_is_named_at_once_and_nothing_starts_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("wenshan");
    fs::create_dir(&pack).unwrap();
    for entry in fs::read_dir(root().join("deploy/cities/wenshan")).unwrap().flatten() {
        if entry.path().is_file() {
            fs::copy(entry.path(), pack.join(entry.file_name())).unwrap();
        }
    }
    let routing = fs::read_to_string(pack.join("routing.csv")).unwrap();
    fs::write(pack.join("routing.csv"), routing.replacen("enforcement", "enforcment", 2)).unwrap();
    fs::write(pack.join("stray.txt"), "?").unwrap();

    let said = output(&["city", "check", pack.to_str().unwrap(), "--output", "json"]);
    assert!(!said.status.success());
    let faults: Vec<_> =
        objects(&said).into_iter().filter(|object| object["event"] == "fault").collect();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults.iter().any(|fault| fault["line"] == 2 && fault["file"] == "routing.csv"));

    let data = folder.path().join("data");
    let (cities, data) = (folder.path().to_str().unwrap(), data.to_str().unwrap());
    let ran = output(&["run", "--data", data, "--city", "wenshan", "--cities", cities]);
    assert!(!ran.status.success());
    assert!(String::from_utf8_lossy(&ran.stderr).contains("enforcment"));
    assert!(!std::path::Path::new(data).exists(), "nothing starts on a faulty pack");
}

#[test]
fn the_help_teaches_every_verb() {
    let said = String::from_utf8(output(&["--help"]).stdout).unwrap();
    for verb in ["demo", "run", "bus", "unit", "worker", "gateway", "city", "audit", "bench"] {
        assert!(said.contains(&format!("\n  {verb}")), "{verb} is not in\n{said}");
    }
}
