//! A pack that is damaged in one place, for each of its files: `muster city check` names file, line
//! and what would be right, and `muster run` says the same and starts nothing.

use std::{fs, path::Path};

use crate::program::{objects, output, root};

/// File, what is replaced (empty: the file goes), by what, the line (0: the whole file), a word of
/// what is wrong, a word of what would be right.
type Damage = (&'static str, &'static str, &'static str, u64, &'static str, &'static str);

const DAMAGES: [Damage; 31] = [
    ("city.toml", "", "", 0, "no such file", "every city pack has it"),
    (
        "city.toml",
        "utc_offset_minutes = 480",
        "utc_offset_minutes = 4800",
        8,
        "no offset of a clock",
        "-720 to 840",
    ),
    ("city.toml", "datum = \"CGCS2000\"", "datum = \"CGCS200\"", 9, "CGCS200", "CGCS2000"),
    ("city.toml", "[limits]", "[limits", 18, "", ""),
    ("city.toml", "\"leading_group_office\"", "\"nobody\"", 11, "nobody", "units.csv"),
    ("units.csv", "", "", 0, "no such file", "every city pack has it"),
    ("units.csv", "id,zh", "id,name", 1, "no column \"name\"", "the columns"),
    ("units.csv", "housing,", "enforcement,", 3, "already on line 2", "one row"),
    ("units.csv", "dept,housing", "dept,hosing", 3, "hosing", "did you mean housing?"),
    ("grid.csv", "", "", 0, "no such file", "every city pack has it"),
    ("grid.csv", "104.2440", "204.2440", 2, "not on the earth", "degrees"),
    ("grid.csv", "subdistrict_kaihua", "subdistrict_kaihau", 2, "subdistrict_kaihau", "did you"),
    ("issue_types.csv", "", "", 0, "no such file", "every city pack has it"),
    ("issue_types.csv", "mobile_stall,", "street_vending,", 3, "already on line 2", "one row"),
    ("routing.csv", "", "", 0, "no such file", "every city pack has it"),
    ("routing.csv", ",enforcement,", ",enforcment,", 2, "enforcment", "did you mean enforcement?"),
    ("routing.csv", "2021-03-02", "2021-02-30", 2, "2021-02-30", "2021-03-02"),
    ("limits.csv", "", "", 0, "no such file", "every city pack has it"),
    ("limits.csv", "2wh,40wm", "2 hours,40wm", 2, "2 hours", "30m"),
    ("limits.csv", "standard,*,arrive", "standard,*,arive", 4, "arive", "did you mean arrive?"),
    ("evidence.csv", "", "", 0, "no such file", "every city pack has it"),
    ("evidence.csv", "photo,1", "photos,1", 2, "photos", "did you mean photo?"),
    ("evidence.csv", "whistle,photo,1", "whistle,photo,one", 2, "one", "a whole number"),
    ("notifications.csv", "UnitCalled,duty", "UnitCaled,duty", 2, "UnitCaled", "UnitCalled"),
    (
        "notification_texts.csv",
        "案件{case}：请",
        "案件{description}：请",
        2,
        "nothing is put in for {description}",
        "{case}, {unit}, {time}",
    ),
    ("access/schema.cedarschema", "", "", 0, "no such file", "who may do what"),
    (
        "access/doors.cedar",
        "unless { principal in",
        "unless { principl in",
        67,
        "principl",
        "Cedar",
    ),
    ("access/cases.csv", ",allow,", ",alow,", 2, "alow", "allow or deny"),
    ("registers/housing/permits.csv", "", "", 0, "can't be read", "every module"),
    ("registers/housing/permits.csv", "construction", "building", 2, "building", "hoarding"),
    ("registers/enforcement/haulage_permits.csv", "2026-", "26-", 4, "26-", "a day"),
];

#[test]
fn a_pack_that_is_damaged_in_one_place_is_named_there_and_nothing_starts_on_it() {
    let mut wrong = Vec::new();
    for damage in DAMAGES {
        let folder = tempfile::tempdir().unwrap();
        let pack = folder.path().join("wenshan");
        copy(&root().join("deploy/cities/wenshan"), &pack);
        spoil(&pack, damage);
        if let Err(found) = named(folder.path(), &pack, damage) {
            wrong.push(format!("{damage:?}\n    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} damages:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn bytes_that_are_no_text_and_strange_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("wenshan");
    copy(&root().join("deploy/cities/wenshan"), &pack);
    let mut units = fs::read(pack.join("units.csv")).unwrap();
    units.splice(0..0, *b"\xff\xfe");
    fs::write(pack.join("units.csv"), units).unwrap();
    named(folder.path(), &pack, ("units.csv", "", "", 1, "not UTF-8", "saved as UTF-8")).unwrap();
    copy(&root().join("deploy/cities/wenshan"), &pack);
    fs::write(pack.join("limit.csv"), "").unwrap();
    named(folder.path(), &pack, ("limit.csv", "", "", 0, "no such file", "limits.csv")).unwrap();
}

/// Says nothing when the fault is named in both ways and nothing has started.
fn named(folder: &Path, pack: &Path, damage: Damage) -> Result<(), String> {
    let (file, _, _, line, what, right) = damage;
    let said = output(&["city", "check", pack.to_str().unwrap(), "--output", "json"]);
    let faults: Vec<_> =
        objects(&said).into_iter().filter(|object| object["event"] == "fault").collect();
    let text = |fault: &serde_json::Value, key: &str| fault[key].as_str().unwrap().to_owned();
    let found = faults.iter().any(|fault| {
        fault["file"] == file
            && fault["line"].as_u64().unwrap_or(0) == line
            && text(fault, "what").contains(what)
            && text(fault, "right").contains(right)
    });
    let whole = faults.iter().all(|f| !text(f, "what").is_empty() && !text(f, "right").is_empty());
    if said.status.success() || !found || !whole {
        return Err(format!("city check: {faults:?}"));
    }
    let data = folder.join("data");
    let (cities, data) = (folder.to_str().unwrap(), data.to_str().unwrap());
    let ran = output(&["run", "--data", data, "--city", "wenshan", "--cities", cities]);
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    let started = ran.status.success() || Path::new(data).exists();
    if started || !told.contains(file) || !told.contains("right would be") {
        return Err(format!("run: {told}"));
    }
    Ok(())
}

fn spoil(pack: &Path, (file, old, new, ..): Damage) {
    let path = pack.join(file);
    if old.is_empty() {
        return fs::remove_file(path).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{file} has no {old:?}");
    fs::write(path, text.replacen(old, new, 1)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
