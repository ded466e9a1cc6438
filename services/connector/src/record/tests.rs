//! What waits stays, whatever goes from the journal, and whoever is killed between two steps.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

use domain::moment::Moment;
use kit::store::weight;
use serde::Deserialize;

use super::*;

const KEEP: u64 = 8_192;
const SEGMENT: u64 = 4_096;

/// What has come and is not over.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    items: BTreeMap<u64, String>,
    over: u64,
    #[serde(skip)]
    texts: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
enum Note {
    Came(String),
    Over(u64),
}

impl Sum for Open {
    type Note = Note;

    const LAYOUT: u32 = 7;

    fn fold(&mut self, place: u64, note: Note) {
        match note {
            Note::Came(text) => {
                self.texts.insert(text.clone());
                self.items.insert(place, text);
            }
            Note::Over(number) => {
                if let Some(text) = self.items.remove(&number) {
                    self.texts.remove(&text);
                }
                self.over += 1;
            }
        }
    }

    fn index(&mut self) {
        self.texts = self.items.values().cloned().collect();
    }
}

fn open(dir: &Path) -> Record<Open> {
    let every = Duration::from_millis(5);
    let (keep_bytes, segment_bytes, snapshot_records) = (KEEP, SEGMENT, 50);
    let house = House { keep_bytes, segment_bytes, snapshot_records, every, ..House::default() };
    Record::open(dir, &house, ("outside/grid".into(), "office/o".into())).unwrap()
}

/// Fifty come, and all but the first are over at once.
async fn fifty(record: &Record<Open>, round: usize) {
    let came = (0..50).map(|n| Note::Came(format!("{round}.{n} {}", "x".repeat(100))));
    let first = record.write(|_, place| (came.collect(), place)).await.unwrap();
    let over = (first + 1..first + 50).map(Note::Over);
    record.write(|_, _| (over.collect(), ())).await.unwrap();
}

/// All that it says.
fn said(record: &Record<Open>) -> (String, BTreeSet<String>) {
    let kept = record.kept();
    (serde_json::to_string(&*kept).unwrap(), kept.texts.clone())
}

/// The one after it says the same.
fn same(record: Record<Open>, dir: &Path) -> Record<Open> {
    let before = said(&record);
    drop(record);
    let record = open(dir);
    assert_eq!(said(&record), before);
    record
}

fn segments(dir: &Path) -> usize {
    let names = fs::read_dir(dir.join("journal")).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(".seg")).count()
}

#[tokio::test]
async fn a_journal_stays_within_its_bound_and_what_waits_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (record, clock) = (open(dir.path()), Clock::fixed(Moment(5)));
    let journal = record.inner.bare.journal();
    let bounded = async {
        for round in 0..60 {
            fifty(&record, round).await;
        }
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        let is_kept =
            || journal.room().journal_bytes <= KEEP && snapshot::place(&record.inner.bare) > 3_000;
        while !is_kept() {
            assert!(tokio::time::Instant::now() < deadline, "{:?}", journal.room());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        never = record.keep(&clock) => match never {},
        () = bounded => {}
    }
    // Nobody looks after it any more: what one look has begun ends before it is weighed.
    while Arc::strong_count(&record.inner) > 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (count, bytes) = (segments(dir.path()), weight(&dir.path().join("journal")).unwrap());
    assert!(count as u64 <= KEEP / SEGMENT + 1 && bytes <= KEEP + SEGMENT, "{count}: {bytes}");
    // One sum and its head: of at most sixty that stay and fifty that are over a moment later.
    let sum = weight(&dir.path().join("view")).unwrap();
    assert!(sum <= 2 * said(&record).0.len() as u64 + 1_024, "{sum}");
    assert_eq!(record.kept().items.len(), 60);
    assert_eq!(record.kept().over, 60 * 49);
    let record = same(record, dir.path());
    fifty(&record, 60).await;
    assert_eq!(record.kept().items.len(), 61);
}

#[tokio::test]
async fn whoever_is_killed_between_two_steps_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let sum = dir.path().join("view/sum");
    let steps: [fn(&Record<Open>); 5] = [
        |_| (),
        |record| drop(record.inner.bare.journal().archive().unwrap()),
        |record| record.inner.bare.look(Moment(5)),
        |record| record.inner.remember(),
        |record| (0..2).for_each(|_| record.inner.bare.look(Moment(5))),
    ];
    let mut record = open(dir.path());
    for round in 0..20 {
        fifty(&record, round).await;
        steps[round % steps.len()](&record);
        record = same(record, dir.path());
        fs::create_dir_all(dir.path().join("view")).unwrap();
        fs::write(sum.with_extension("part"), "{ begun").unwrap();
    }
    assert!(snapshot::place(&record.inner.bare) > 0 && record.inner.bare.kept().hold.is_none());
    assert!(record.inner.bare.journal().room().first > 1, "the first are in the archive alone");
}

#[tokio::test]
async fn a_sum_that_is_not_right_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut record = open(dir.path());
    fifty(&record, 0).await;
    record.inner.remember();
    let sum = dir.path().join("view/sum");
    let good = fs::read_to_string(&sum).unwrap();
    for (of, put) in [
        ("\"over\":49", "\"over\":48"),
        ("\"layout\":7", "\"layout\":6"),
        ("\"place\":99", "\"place\":98"),
        ("\n", " "),
        (good.as_str(), ""),
    ] {
        assert!(good.contains(of), "{of} in {good}");
        fs::write(&sum, good.replacen(of, put, 1)).unwrap();
        record = same(record, dir.path());
    }
    // Of another journal, as where one folder was put in the place of another.
    let (other, before) = (tempfile::tempdir().unwrap(), said(&record));
    let elsewhere = open(other.path());
    fifty(&elsewhere, 1).await;
    fs::create_dir_all(other.path().join("view")).unwrap();
    fs::write(other.path().join("view/sum"), &good).unwrap();
    let elsewhere = same(elsewhere, other.path());
    assert_ne!(said(&elsewhere), before);
}

#[tokio::test]
async fn what_nobody_waited_for_is_added_before_anything_else_is_decided() {
    let dir = tempfile::tempdir().unwrap();
    let record = open(dir.path());
    let came = || vec![Note::Came("a".to_owned())];
    tokio::select! {
        biased;
        done = record.write(|_, _| (came(), ())) => done.unwrap(),
        () = std::future::ready(()) => {}
    }
    let seen = record.write(|open, place| (Vec::new(), (open.items.len(), place))).await.unwrap();
    assert_eq!(seen, (1, 2));
    same(record, dir.path());
}
