//! What only the local engine promises.

use domain::envelope::Envelope;
use futures::future::join_all;
use kit::stats::Counter;

use super::*;
use crate::{
    conformance::{
        all_receipts, envelope, party, publish,
        signing::{committed, ended},
        take,
    },
    engine::{Ask, Error, Parcel},
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
    ended(&*engine, &party("unit/housing"), places.clone()).await.unwrap();
    assert!(on_disk(folder.0.path()) > places[0]);
    let before = on_disk(folder.0.path());
    committed(&*engine, &party("service/worker"), places[0]).await.unwrap();
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
        async move { take(&*engine, &source, envelopes).await }
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
    committed(&engine, &party("service/worker"), places[0]).await.unwrap();
    assert!(all_receipts(&engine, &source, 0).await.is_empty());
    drop(engine);

    // The gateway is not mandatory any more: the worker's commit was enough.
    let engine = open(&["service/worker"]).await;
    places.extend(publish(&engine, record(2)).await);
    assert_eq!(all_receipts(&engine, &source, 0).await.len(), 1);
    drop(engine);

    // Nobody is: what is taken is settled.
    let engine = open(&[]).await;
    places.extend(publish(&engine, record(3)).await);
    assert_eq!(all_receipts(&engine, &source, 0).await.len(), 3);
    drop(engine);

    // A new one has everything to read, and holds only what comes from here on.
    let engine = open(&["service/other"]).await;
    places.extend(publish(&engine, record(4)).await);
    assert_eq!(all_receipts(&engine, &source, 0).await.len(), 3);
    committed(&engine, &party("service/other"), places[3]).await.unwrap();
    assert_eq!(all_receipts(&engine, &source, 0).await.len(), 4);
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
    assert_eq!(conformance::opened(&first[0].recorded).number, 1);
    let second = engine.fetch(&party("unit/housing"), ask).await.unwrap();
    assert_eq!(conformance::opened(&second[0].recorded).number, 5_001);
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

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_a_moment_ago_is_known() {
    let (folder, source) = (Folder::new(), party("unit/enforcement"));
    let engine = folder.open().await;
    let parcels = |envelopes: Vec<Envelope>| envelopes.into_iter().map(Parcel::from).collect();
    let make = |number| envelope("unit/housing", number, "case/w/1");
    let other = Envelope { body: vec![8], ..make(1) };
    // All of these wait together, so that the first is in no view when the others are decided.
    let requests = vec![
        parcels(vec![make(1)]),
        parcels(vec![make(1), make(2)]),
        parcels(vec![other.clone()]),
        parcels(vec![make(3), Envelope { number: 4, ..make(3) }]),
    ];
    let mut taken = engine.publish(&source, requests).await.into_iter();
    let first = taken.next().unwrap().unwrap();
    let repeat = taken.next().unwrap().unwrap();
    assert_eq!((repeat[0].place, repeat[0].is_duplicate), (first[0].place, true));
    for refused in taken {
        let Err(Error::Rejected(rejection)) = refused else { panic!("{refused:?}") };
        assert!(["ENVELOPE_ID_REUSED", "NUMBER_REUSED"].contains(&rejection.reason.as_str()));
    }
    assert_eq!(engine.read(0, 9).await.unwrap().recorded.len(), 2);
    let again = take(&*engine, &source, vec![other]).await;
    assert!(matches!(again, Err(Error::Rejected(it)) if it.reason == "ENVELOPE_ID_REUSED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_names_one_envelope() {
    let (folder, source) = (Folder::new(), party("unit/enforcement"));
    let engine = folder.open().await;
    let make = |number| envelope("unit/housing", number, "case/w/1");
    publish(&*engine, vec![make(1)]).await;
    let reused = Envelope { number: 2, ..make(1) };
    let refused = take(&*engine, &source, vec![reused]).await;
    assert!(matches!(refused, Err(Error::Rejected(it)) if it.reason == "ENVELOPE_ID_REUSED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_subject_is_read_in_pages_from_anywhere() {
    let folder = Folder::new();
    let engine = folder.open().await;
    let mut places = Vec::new();
    for call in 0..40 {
        // Another subject lies between.
        let subject = |number| if number % 5 == 0 { "case/w/2" } else { "case/w/1" };
        let make = |number| envelope("", number, subject(number));
        let numbers = call * 20 + 1..=call * 20 + 20;
        let taken = publish(&*engine, numbers.clone().map(make).collect()).await;
        let long = numbers.zip(taken).filter(|(number, _)| number % 5 != 0);
        places.extend(long.map(|(_, place)| place));
    }
    for from in [0, 1, 127, 128, 129, 300, 500, 639, 640] {
        let after = if from == 0 { 0 } else { places[from - 1] };
        let page = engine.list("case/w/1", after, 200).await.unwrap();
        let found: Vec<u64> = page.recorded.iter().map(|one| one.place).collect();
        let end = places.len().min(from + 200);
        assert_eq!(found, places[from..end], "from {from}");
        assert_eq!(page.more, end < places.len());
    }
}
