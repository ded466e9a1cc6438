//! What only the local engine promises.

use domain::envelope::Envelope;
use futures::future::join_all;
use kit::stats::Counter;

use super::*;
use crate::{
    conformance::{envelope, party, publish},
    engine::{Ask, Error},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_local_engine_keeps_every_promise() {
    conformance::every_story(Folder::new).await;
}

/// What another process would find if this one were killed now.
fn on_disk(dir: &Path) -> u64 {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(dir.join("journal")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    journal::Journal::open(copy.path(), journal::Options::default()).unwrap().last()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_is_on_disk() {
    let folder = Folder::new();
    let engine = folder.open().await;
    let places = publish(&*engine, vec![envelope("unit/housing", 1, "case/w/1")]).await;
    assert!(on_disk(folder.0.path()) >= places[0]);
    engine.acknowledge(&party("unit/housing"), places.clone()).await.unwrap();
    assert!(on_disk(folder.0.path()) > places[0]);
    let before = on_disk(folder.0.path());
    engine.commit(&party("service/worker"), places[0]).await.unwrap();
    assert!(on_disk(folder.0.path()) > before);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_large_calls_at_once_are_all_taken() {
    let folder = Folder::new();
    let engine = folder.open().await;
    let call = |source: usize| {
        let engine = engine.clone();
        let source = party(&format!("unit/u{source}"));
        let make = |number| Envelope {
            source: source.clone(),
            body: vec![1; 1_000_000],
            ..envelope("unit/housing", number, "case/w/1")
        };
        let envelopes: Vec<_> = (1..=3).map(make).collect();
        async move { engine.publish(&source, envelopes).await }
    };
    let outcomes: Vec<Result<_, Error>> = join_all((0..12).map(call)).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    // An answer ends early and never exceeds what a client takes.
    let ask = Ask { max: 100, wait: Duration::ZERO, lease: PATIENCE };
    let fetched = engine.fetch(&party("unit/housing"), ask).await.unwrap();
    assert_eq!(fetched.len(), 2);
    assert_eq!(engine.read(0, 500).await.unwrap().recorded.len(), 3);
    let listed = engine.list("case/w/1", 0, 500).await.unwrap();
    assert_eq!((listed.recorded.len(), listed.more), (3, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_mandatory_may_change_between_starts() {
    let folder = Folder::new();
    let source = party("unit/enforcement");
    let config = |followers: &[&str]| Config {
        followers: followers.iter().map(|text| party(text)).collect(),
        ..conformance::config()
    };
    let open = async |followers: &[&str]| {
        opened(folder.0.path(), &config(followers), Clock::system()).await
    };
    let record = |number| vec![envelope("", number, "case/w/1")];

    let engine = open(&["service/worker", "service/gateway"]).await;
    let mut places = publish(&engine, record(1)).await;
    engine.commit(&party("service/worker"), places[0]).await.unwrap();
    assert!(engine.receipts(&source, 0, 9).await.unwrap().is_empty());
    drop(engine);

    // The gateway is not mandatory any more: the worker's commit was enough.
    let engine = open(&["service/worker"]).await;
    places.extend(publish(&engine, record(2)).await);
    assert_eq!(engine.receipts(&source, 0, 9).await.unwrap().len(), 1);
    drop(engine);

    // Nobody is: what is taken is settled.
    let engine = open(&[]).await;
    places.extend(publish(&engine, record(3)).await);
    assert_eq!(engine.receipts(&source, 0, 9).await.unwrap().len(), 3);
    drop(engine);

    // A new one has everything to read, and holds only what comes from here on.
    let engine = open(&["service/other"]).await;
    places.extend(publish(&engine, record(4)).await);
    assert_eq!(engine.receipts(&source, 0, 9).await.unwrap().len(), 3);
    engine.commit(&party("service/other"), places[3]).await.unwrap();
    assert_eq!(engine.receipts(&source, 0, 9).await.unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_of_one_subject_does_not_hide_the_others() {
    let folder = Folder::new();
    let config = Config { mailbox_depth: 10_000, ..conformance::config() };
    let engine = opened(folder.0.path(), &config, Clock::system()).await;
    let make = |number| envelope("unit/housing", number, "case/w/1");
    for call in 0..5 {
        publish(&engine, (1..=1_000).map(|n| make(call * 1_000 + n)).collect()).await;
    }
    publish(&engine, vec![envelope("unit/housing", 5_001, "case/w/2")]).await;
    let ask = Ask { max: 1, wait: Duration::ZERO, lease: PATIENCE };
    let first = engine.fetch(&party("unit/housing"), ask).await.unwrap();
    assert_eq!(first[0].recorded.envelope.number, 1);
    let second = engine.fetch(&party("unit/housing"), ask).await.unwrap();
    assert_eq!(second[0].recorded.envelope.number, 5_001);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_further_than_the_view_is_whole() {
    let folder = Folder::new();
    let engine = folder.open().await;
    let writer = engine.clone();
    let writing = tokio::spawn(async move {
        for call in 0..20_u64 {
            let make = |number| envelope("", call * 50 + number, "case/w/1");
            publish(&*writer, (1..=50).map(make).collect()).await;
        }
    });
    let (growth, mut after) = (engine.growth(), 0);
    while !writing.is_finished() || after < *growth.borrow() {
        let piece = engine.read(after, 500).await.unwrap();
        let whole = *growth.borrow();
        assert!(piece.upto <= whole, "{} was read, up to {whole} it is whole", piece.upto);
        after = piece.upto;
    }
    writing.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_and_what_is_repeated_is_counted() {
    let (folder, stats) = (Folder::new(), Stats::default());
    let config = conformance::config();
    let engine = Local::open(folder.0.path(), &config, Clock::system(), stats.clone()).unwrap();
    let make = |number| envelope("unit/housing", number, "case/w/1");
    publish(&engine, vec![make(1), make(2)]).await;
    publish(&engine, vec![make(2), make(3), make(1)]).await;
    let counted = [Counter::Applied, Counter::Duplicates].map(|counter| stats.get(counter));
    assert_eq!(counted, [3, 2]);
}
