//! A bus that has let go of a part of its record, backed up while it serves, and restored.

use std::time::Duration;

use bus::{
    Config,
    engine::{Engine, Parcel, Piece},
    local::Local,
};
use domain::{envelope::Envelope, moment::Moment};
use kit::{stats::Stats, store::House};

use super::*;

fn open(dir: &Path) -> Local {
    let (keep_bytes, segment_bytes) = (8_192, 4_096);
    let every = Duration::from_millis(5);
    let house = House { keep_bytes, segment_bytes, every, ..House::default() };
    let followers = Vec::new();
    let config = Config { followers, house, ..Config::default() };
    Local::open(&dir.join("bus"), &config, Clock::system(), Stats::default()).unwrap()
}

fn envelope(number: u64) -> Parcel {
    Parcel::from(Envelope {
        id: format!("record/{number}").parse().unwrap(),
        source: "unit/enforcement".parse().unwrap(),
        kind: "muster.test.Word".to_owned(),
        subject: "case/w/1".to_owned(),
        time: Moment(1),
        recipient: None,
        number,
        actor: None,
        on_behalf_of: None,
        traceparent: None,
        priority: 0,
        terms: domain::envelope::Terms::default(),
        body: vec![7; 200],
    })
}

async fn all(engine: &Local) -> Vec<bus::engine::Recorded> {
    let Piece { recorded, .. } = engine.read(0, 1_000).await.unwrap();
    recorded
}

async fn publish(engine: &Local, numbers: std::ops::RangeInclusive<u64>) {
    let source = "unit/enforcement".parse().unwrap();
    let taken = engine.publish(&source, vec![numbers.map(envelope).collect()]).await;
    assert!(taken.iter().all(Result::is_ok), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trimmed_bus_is_backed_up_while_it_serves_and_restored_with_all_that_it_took() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out, new) =
        (dir.path().join("data"), dir.path().join("b.tar"), dir.path().join("new"));
    tokio::task::block_in_place(|| drop(filled(&data)));
    fs::remove_dir_all(data.join("bus")).unwrap();
    let engine = open(&data);
    for call in 0..20 {
        publish(&engine, call * 10 + 1..=call * 10 + 10).await;
    }
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while engine.status().await.unwrap().room.first < 100 {
        assert!(tokio::time::Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let before = all(&engine).await;
    assert_eq!(before.len(), 200);
    // The moment of the backup is a millisecond that is over.
    tokio::time::sleep(Duration::from_millis(3)).await;
    back_up(&data, &out).unwrap();
    restore(&out, &new).unwrap();
    let again = open(&new);
    assert_eq!(all(&again).await, before);
    assert_ne!(again.log_id(), engine.log_id(), "it is another log");
    // Numbers are known, what is new is taken, and room comes back as before.
    publish(&again, 191..=260).await;
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while again.status().await.unwrap().room.freed_bytes == 0 {
        assert!(tokio::time::Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(all(&again).await.len(), 260);
    drop(again);
    loop {
        match journal::verify(new.join("bus/journal")) {
            Ok(verified) if verified.trimmed > 10 => break,
            found => assert!(tokio::time::Instant::now() < end, "{found:?}"),
        }
    }
}
