//! What can be seen of the engine only from within.

use kit::store::{Draft, Written};
use prost::bytes::Bytes;
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
    let written = Written { record: Record::default(), fact: draft.fact };
    engine.store.machine().memory.hear(whole + 1, &[written], &[Bytes::new()]);
    let piece = engine.read(0, 500).await.unwrap();
    assert_eq!((piece.recorded.len(), piece.upto), (1, whole));
}

/// A small envelope that came with much else must not keep that in memory.
#[test]
fn what_is_at_hand_is_in_the_bytes_of_its_record_and_holds_nothing_of_what_it_came_in() {
    let came = Bytes::from(vec![7; 1 << 20]).slice(..100);
    let body = Bytes::from([&[1; 20][..], &came].concat());
    for (body, is_in) in [(body, true), (Bytes::from(vec![1; 20]), false)] {
        let memory = memory::Memory::default();
        let taken = entry::Taken { wire: came.clone(), ..entry::Taken::default() };
        let written = Written { record: Record::default(), fact: Draft::from(taken).fact };
        memory.hear(1, &[written], std::slice::from_ref(&body));
        let wire = memory.at(1).unwrap().unwrap().wire;
        assert_eq!(wire, came);
        assert_ne!(wire.as_ptr(), came.as_ptr());
        assert_eq!(body.as_ptr_range().contains(&wire.as_ptr()), is_in);
    }
}
