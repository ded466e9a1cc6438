//! The administrator's verbs, as scripts use them.

use std::{fs, path::Path};

use crate::program::{objects, output, root};

#[test]
fn a_sound_pack_is_said_to_be_sound() {
    for (city, issue_types) in [("wenshan", 71), ("dengfeng", 70), ("wuhan", 47)] {
        let pack = format!("deploy/cities/{city}");
        let said = output(&["city", "check", &pack, "--output", "json"]);
        assert!(said.status.success(), "{city}");
        let last = objects(&said).pop().unwrap();
        assert_eq!((&last["event"], &last["faults"]), (&"city_checked".into(), &0.into()));
        assert_eq!(last["issue_types"], issue_types, "{city}");
        assert!(output(&["policy", "test", "--city", city]).status.success(), "{city}");
    }
}

#[test]
fn who_is_missing_in_the_grid_and_which_road_has_no_chief_is_said() {
    let said = output(&["city", "coverage", "deploy/cities/wenshan", "--output", "json"]);
    let rows = objects(&said);
    let of = |name: &str| rows.iter().find(|row| row["of"] == name).unwrap();
    assert_eq!((rows.len(), &of("market")["covered"]), (6, &1.into()), "five roles and the roads");
    assert_eq!(of("market")["basis_points"], 833);
    let lacking = of("collector")["lacking"].as_array().unwrap();
    assert!(lacking.contains(&"WS-WL-002".into()) && !lacking.contains(&"WS-KH-001".into()));
    assert_eq!(of("road_chiefs")["lacking"], serde_json::json!(["WS-WL-R1"]));
    let said = output(&["city", "coverage", "--role", "parking"]);
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(text.contains("停车管理员") && !text.contains("WS-KH-001"), "{text}");
    assert!(text.contains("8.33 %") && !text.contains("路长"), "{text}");
    let wrong = output(&["city", "coverage", "--role", "sweeper"]);
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("cleaner, enforcer"));
}

#[test]
fn every_fault_of_a_pack_is_named_at_once_and_nothing_starts_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("wenshan");
    copied(&pack);
    let routing = fs::read_to_string(pack.join("routing.csv")).unwrap();
    fs::write(pack.join("routing.csv"), routing.replacen("enforcement", "enforcment", 2)).unwrap();
    fs::write(pack.join("stray.txt"), "?").unwrap();
    change(&pack, "bus.cedar", "principal == resource.owner", "principal == resource.onwer");

    let said = output(&["city", "check", pack.to_str().unwrap(), "--output", "json"]);
    assert!(!said.status.success());
    let faults: Vec<_> =
        objects(&said).into_iter().filter(|object| object["event"] == "fault").collect();
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert!(faults.iter().any(|fault| fault["line"] == 2 && fault["file"] == "routing.csv"));
    assert!(faults.iter().any(|fault| fault["line"] == 5 && fault["file"] == "access/bus.cedar"));

    let data = folder.path().join("data");
    let (cities, data) = (folder.path().to_str().unwrap(), data.to_str().unwrap());
    let ran = output(&["run", "--data", data, "--city", "wenshan", "--cities", cities]);
    assert!(!ran.status.success());
    assert!(String::from_utf8_lossy(&ran.stderr).contains("enforcment"));
    assert!(!std::path::Path::new(data).exists(), "nothing starts on a faulty pack");
}

/// The pack of Wenshan, without its registers.
fn copied(pack: &Path) {
    let from = root().join("deploy/cities/wenshan");
    fs::create_dir_all(pack.join("access")).unwrap();
    for (name, bytes) in kit::pack::files(&from).unwrap() {
        fs::write(pack.join(name), bytes).unwrap();
    }
}

/// Puts one text in place of another in a file of the pack's rules.
fn change(pack: &Path, file: &str, old: &str, new: &str) {
    let path = pack.join("access").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{file} has no {old:?}");
    fs::write(path, text.replacen(old, new, 1)).unwrap();
}

#[test]
fn the_packs_table_of_who_may_do_what_holds_and_a_row_that_differs_is_told() {
    let said = output(&["policy", "test", "--output", "json"]);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
    let last = objects(&said).pop().unwrap();
    assert!(last["rows"].as_u64().unwrap() > 250 && last["differ"] == 0, "{last}");

    let folder = tempfile::tempdir().unwrap();
    copied(folder.path());
    let dir = folder.path().to_str().unwrap();
    for unit in ["enforcement", "housing", "environment", "traffic-police"] {
        let (from, to) = (root().join("deploy/cities/wenshan/registers"), folder.path());
        let to = to.join("registers").join(unit);
        fs::create_dir_all(&to).unwrap();
        for file in fs::read_dir(from.join(unit)).unwrap().flatten() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    let own = "when { principal == resource.owner };\n\n@id(\"followers-read";
    change(folder.path(), "bus.cedar", own, ";\n\n@id(\"followers-read");
    let said = output(&["policy", "test", "--pack", dir, "--output", "json"]);
    assert!(!said.status.success());
    let told = objects(&said);
    let differs: Vec<_> = told.iter().filter(|object| object["event"] == "row_differs").collect();
    assert_eq!(differs.len(), 3, "three rows say that nobody opens another's mailbox: {told:?}");
    assert_eq!(differs[0]["by"][0], "a-mailbox-is-its-owners");
    assert_eq!(
        (&differs[0]["decided"], &differs[0]["expected"]),
        (&"allow".into(), &"deny".into())
    );
}

#[test]
fn one_question_is_explained_with_its_policies_or_with_what_is_told() {
    let ask = |caller: &str| {
        let facts = "owner=unit/housing";
        let verb = ["policy", "explain", caller, "open_mailbox", "Mailbox::unit/housing"];
        let said = output(&[&verb[..], &["--facts", facts, "--output", "json"]].concat());
        (said.status.success(), objects(&said).pop().unwrap())
    };
    let (is_allowed, said) = ask("unit/housing");
    assert!(is_allowed && said["by"][0] == "a-mailbox-is-its-owners", "{said}");
    let (is_allowed, said) = ask("admin/root");
    assert!(!is_allowed && said["told"].as_str().unwrap().contains("NOT_YOUR_MAILBOX"), "{said}");
}

#[test]
fn the_help_teaches_every_verb() {
    let said = String::from_utf8(output(&["--help"]).stdout).unwrap();
    for verb in [
        "demo",
        "run",
        "bus",
        "where",
        "cases",
        "accountability",
        "registry",
        "unit",
        "worker",
        "gateway",
        "city",
        "policy",
        "audit",
        "bench",
    ] {
        assert!(said.contains(&format!("\n  {verb}")), "{verb} is not in\n{said}");
    }
}
