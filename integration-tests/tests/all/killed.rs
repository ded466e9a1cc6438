//! Storms: roles are killed at random moments while cases run; nothing is lost, nothing is twice.
//!
//! The people and the departments are a process of their own, the witness, which keeps its own
//! synced record and judges by it. Everything follows from a seed: `MUSTER_SEED` repeats another.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::{
    city::{City, Part},
    program::{objects, output},
};

/// One process for the lead, one for all that cooperate.
const HOSTS: [&[&str]; 2] =
    [&["enforcement"], &["market_regulation", "environment", "transport", "public_security"]];

struct Storm {
    city: City,
    random: StdRng,
    seed: u64,
    witness: Child,
}

impl Storm {
    /// A city with its witness at work.
    async fn begin(cases: u32, more: &[&str]) -> Storm {
        let seed = kit::config::environment("SEED").map_or(7, |seed| seed.parse().unwrap());
        println!("the seed of this storm is {seed}");
        let mut city = City::new("standard", &HOSTS);
        city.start_all().await;
        let witness = witness(city.data(), cases, seed, more);
        Storm { city, random: StdRng::seed_from_u64(seed), seed, witness }
    }

    async fn calm(&mut self, from_ms: u64, to_ms: u64) {
        tokio::time::sleep(Duration::from_millis(self.random.random_range(from_ms..to_ms))).await;
    }

    /// Waits until a role has a folder: on a busy machine its start takes a while.
    async fn until_begun(&self, part: Part) {
        let folder = self.city.folder_of(part);
        for _ in 0..600 {
            if folder.exists() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("there is no {} after a minute: {}", folder.display(), self.city.log(part));
    }

    /// Kills one role, and starts it again after a moment.
    async fn strike(&mut self, part: Option<Part>) {
        match part {
            Some(part) => self.city.kill(part),
            None => self.city.kill_temporal().await,
        }
        self.calm(0, 800).await;
        match part {
            Some(part) => self.city.start(part),
            None => self.city.start_temporal().await,
        }
    }

    /// Strikes every role so many times, in an order of chance.
    async fn strike_all(&mut self, times: usize) {
        let parts = self.city.parts().into_iter().map(Some).chain([None]);
        let mut strikes: Vec<Option<Part>> =
            parts.flat_map(|part| std::iter::repeat_n(part, times)).collect();
        while !strikes.is_empty() {
            self.calm(100, 1_500).await;
            self.city.supervise();
            let next = self.random.random_range(0..strikes.len());
            let part = strikes.swap_remove(next);
            self.strike(part).await;
        }
    }

    /// Waits for the witness, and fails with what it says when a promise was broken.
    async fn end(mut self) {
        self.verdict().await;
    }

    async fn verdict(&mut self) {
        let status = loop {
            if let Some(status) = self.witness.try_wait().unwrap() {
                break status;
            }
            self.city.supervise();
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        let verdict = std::io::read_to_string(self.witness.stdout.take().unwrap()).unwrap();
        println!("{verdict}");
        assert!(status.success(), "seed {}: {verdict}", self.seed);
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        let _ended_already = self.witness.kill();
        let _ended_already = self.witness.wait();
    }
}

fn witness(data: &Path, cases: u32, seed: u64, more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_witness"));
    command.arg("--data").arg(data).arg("--notes").arg(data.join("witness.jsonl"));
    command.args(["--cases", &cases.to_string(), "--seed", &seed.to_string()]).args(more);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_is_killed_again_and_again_and_every_case_ends() {
    let mut storm = Storm::begin(50, &[]).await;
    storm.strike_all(4).await;
    storm.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_cases_resume_from_the_record_when_temporals_database_is_deleted() {
    let mut storm = Storm::begin(20, &["--spread", "6000"]).await;
    storm.calm(4_000, 8_000).await;
    storm.city.kill_temporal().await;
    storm.city.forget_temporal();
    storm.calm(0, 1_000).await;
    storm.city.start_temporal().await;
    storm.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bus_is_filled_again_when_its_folder_is_deleted() {
    let mut storm = Storm::begin(20, &["--spread", "6000", "--log-is-lost"]).await;
    for _ in 0..2 {
        storm.calm(3_000, 6_000).await;
        storm.until_begun(Part::Bus).await;
        storm.city.kill(Part::Bus);
        std::fs::remove_dir_all(storm.city.folder_of(Part::Bus)).unwrap();
        storm.calm(0, 1_000).await;
        storm.city.start(Part::Bus);
    }
    storm.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_that_was_kept_through_kills_is_the_one_that_is_made_anew_from_the_record() {
    let mut storm = Storm::begin(12, &[]).await;
    for part in [Part::Gateway, Part::Bus, Part::Gateway, Part::Worker, Part::Gateway] {
        storm.calm(200, 1_500).await;
        storm.strike(Some(part)).await;
    }
    storm.verdict().await;
    let data = storm.city.data().to_owned();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (kept, made) = (data.join("kept.txt"), data.join("made.txt"));
    let (from, to) = (text(&data), text(&data.join("rebuilt")));
    let run = |verb: &[&str]| {
        let done = output(&[verb, &["--output", "json"]].concat());
        assert!(done.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&done.stderr));
        objects(&done).remove(0)
    };
    let dump =
        |data: &str, out: &Path| run(&["ledger", "dump", "--data", data, "--out", &text(out)]);

    // While the gateway runs its record can be read, and its view can't be taken.
    let while_it_runs = text(&data.join("while-it-runs"));
    run(&["ledger", "rebuild", "--from", &from, "--to", &while_it_runs]);
    let busy = output(&["ledger", "dump", "--data", &from]);
    assert!(!busy.status.success(), "the gateway has it");
    assert!(String::from_utf8_lossy(&busy.stderr).contains("muster ledger rebuild"));

    assert!(storm.city.terminate(), "all end in order");
    let journal = storm.city.folder_of(Part::Gateway).join("journal");
    let freed = tokio::task::spawn_blocking(move || put_away(&journal)).await.unwrap();
    assert!(freed > 10_000, "the record is in the archive alone: {freed} bytes");
    let before = dump(&from, &kept);
    assert!(before["keys"].as_u64() > Some(12 * 20), "{before}");
    let rebuilt = run(&["ledger", "rebuild", "--from", &from, "--to", &to]);
    let after = dump(&to, &made);
    assert_eq!(std::fs::read(&kept).unwrap(), std::fs::read(&made).unwrap());
    for one in [&rebuilt, &after] {
        assert_eq!((&one["sha256"], &one["place"]), (&before["sha256"], &before["place"]));
    }
    let again = output(&["ledger", "rebuild", "--from", &from, "--to", &to]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));
}

/// The journal goes on in a new segment, and what is before that is in the archive alone, as the
/// house of a role does it. Says how many bytes were let go of.
fn put_away(journal: &Path) -> u64 {
    let options = journal::Options { segment_bytes: 2_048, ..journal::Options::default() };
    let journal = journal::Journal::open(journal, options).unwrap();
    let nothing = proto::record::Record { at_ms: 1, ..proto::record::Record::default() };
    let body = prost::Message::encode_to_vec(&nothing);
    for _ in 0..2 {
        journal.append_blocking(vec![body.clone()]).unwrap();
    }
    journal.archive().unwrap();
    journal.trim(u64::MAX, 0).unwrap()
}
