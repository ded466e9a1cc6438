//! The files of configuration as they ship, and what holds where they say nothing.

use super::*;

fn shipped(role: &str) -> (PathBuf, String) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config");
    let path = dir.join(role).with_extension("toml");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

#[test]
fn every_role_is_bounded_by_default_and_its_file_says_the_defaults() {
    for role in ["bus", "gateway", "unit", "worker"] {
        let (path, text) = shipped(role);
        let read = |text: &str| config::parse::<Config>(text, &path);
        assert_eq!(read(&text).unwrap().house, House::default(), "{role}");
        let said = text.split("# [house]").nth(1).unwrap();
        let said = said.split("\n\n").next().unwrap().replace("\n# ", "\n");
        let house = read(&format!("{text}\n[house]{said}")).unwrap().house;
        let archive = house.archive.clone();
        assert!(archive.is_some(), "{role}");
        assert_eq!(house, House { archive, ..House::default() }, "{role}");
        assert!(read(&format!("{text}\n[house]\nkeep = 1")).is_err());
    }
    let bounds = [
        bus::Config::default().house,
        gateway::Config::default().house,
        unit::Config::default().house,
        worker::Config::default().house,
    ];
    assert!(bounds.iter().all(|house| house.keep_bytes == 1 << 30));
}

#[test]
fn where_spans_go_out_those_of_calls_and_steps_do_if_nothing_else_is_asked_for() {
    assert_eq!(filter(None, false), FILTER);
    assert!(filter(None, true).contains("muster::calls=info"));
    assert_eq!(filter(Some("error".into()), true), "error");
}
