//! The stage of a story: a city of its own, the program that runs it, and waiting for what it says.
//!
//! The city is Wenshan with one more profile of limits. A wait ends with the last state reported;
//! how long it took is nobody's concern here.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

use crate::program::{Running, root};

/// The profile of limits that a story brings.
const PROFILE: &str = "story";

/// Every stage that has a limit.
const STAGES: [&str; 15] = [
    "assign",
    "accept",
    "arrive",
    "dispose",
    "confirm",
    "rework",
    "hold",
    "opinion",
    "rule",
    "find",
    "statement",
    "outcome",
    "review",
    "criminal",
    "supervision",
];

/// A limit that nobody in a story reaches: the time, the reminder before, the urging after.
pub const LONG: &str = "30m,10m,10m";

/// The rungs of the ladder that a story has only when it names them.
const RUNGS: [&str; 3] = ["notice", "direct", "answer"];

/// A running city.
pub struct Stage {
    /// Where its data is.
    pub data: PathBuf,
    running: Running,
    _folder: TempDir,
}

impl Stage {
    /// Limits that nobody reaches, but for those stages that are named.
    pub fn open(limits: &[(&str, &str)]) -> Stage {
        Stage::with(limits, |_| ())
    }

    /// The same with something in its data folder before it runs.
    pub fn with(limits: &[(&str, &str)], prepare: impl FnOnce(&Path)) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let (data, cities) = (folder.path().join("data"), folder.path().join("cities"));
        city(&cities.join("wenshan"), limits);
        fs::create_dir_all(&data).unwrap();
        prepare(&data);
        let arguments = [
            "run",
            "--data",
            data.to_str().unwrap(),
            "--cities",
            cities.to_str().unwrap(),
            "--city",
            "wenshan",
            "--profile",
            PROFILE,
            "--port",
            "0",
            "--output",
            "json",
        ];
        let mut running = Running::start(&arguments);
        running.until("ready");
        Stage { data, running, _folder: folder }
    }

    /// Ends it in order.
    pub fn close(self) {
        assert!(self.running.terminate(), "SIGTERM ends it in order");
    }
}

/// The pack as it ships, with the profile of the story.
fn city(to: &Path, limits: &[(&str, &str)]) {
    copy(&root().join("deploy/cities/wenshan"), to);
    let file = to.join("limits.csv");
    let mut text = fs::read_to_string(&file).unwrap();
    for stage in STAGES {
        let own = limits.iter().find(|(name, _)| *name == stage).map_or(LONG, |(_, limit)| *limit);
        text += &format!("{PROFILE},*,{stage},{own},of a story,example\n");
    }
    // Rungs that a city may have or not.
    for (stage, own) in limits.iter().filter(|(name, _)| RUNGS.contains(name)) {
        text += &format!("{PROFILE},*,{stage},{own},of a story,example\n");
    }
    fs::write(file, text).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Waits until it is as it shall be; says the last state when it never is.
pub async fn until<T: std::fmt::Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> T,
    is_so: impl Fn(&T) -> bool,
) -> T {
    let mut last = None;
    for _ in 0..1_200 {
        let state = look().await;
        if is_so(&state) {
            return state;
        }
        last = Some(state);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never {what}: {last:#?}");
}
