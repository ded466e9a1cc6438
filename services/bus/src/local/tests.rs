//! What can be seen of the engine only from within.

use kit::store::Draft;
use proto::record::Record;

use super::*;
use crate::conformance::{config, envelope, publish};

/// A record is at hand a moment before the view has it wholly: in that moment nobody reads it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_hand_and_not_yet_in_the_view_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Local::open(dir.path(), &config(), Clock::system(), Stats::default()).unwrap();
    let places = publish(&engine, vec![envelope("", 1, "case/w/1")]).await;
    let whole = engine.whole();
    let wire = engine.envelope_at(places[0]).unwrap().wire;
    let draft = Draft::from(entry::Taken { wire, ..entry::Taken::default() });
    let record = Record { change: draft.change, ..Record::default() };
    engine.store.machine().memory.hear(whole + 1, &[record]);
    let piece = engine.read(0, 500).await.unwrap();
    assert_eq!((piece.recorded.len(), piece.upto), (1, whole));
}
