//! What must hold whatever else does: a view follows its journal, an id belongs to its caller.

use super::*;

/// Notes how many bytes it was told, in a record of that size.
struct Sizes;

impl Machine for Sizes {
    type Command = usize;
    type Fact = ();
    const LAYOUT: u32 = 1;

    fn party(&self) -> Party {
        Party::service(Role::Gateway)
    }

    fn decide(&self, _: &Tx<'_>, bytes: usize, _: Moment) -> Result<Decision, Refusal> {
        Ok(Decision::change("size", vec![7; bytes], Vec::new(), bytes.to_string().into_bytes()))
    }

    fn apply(&self, tx: &mut Tx<'_>, _: u64, record: &Record) -> Result<(), view::Error> {
        let bytes = record.change.as_ref().map_or(0, |change| change.data.len() as u64);
        tx.put(b"bytes", bytes.to_be_bytes());
        Ok(())
    }
}

#[tokio::test]
async fn what_the_journal_does_not_take_is_neither_answered_nor_in_the_view() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Sizes, Clock::fixed(Moment(5)), Stats::default()).unwrap();
    store.execute(asked("r1", "x"), 10).await.unwrap();
    let before = store.dump().unwrap();
    let refused = store.execute(asked("r2", "x"), 5 << 20).await.unwrap_err();
    assert_eq!(refused.reason, "TOO_LARGE");
    assert_eq!(store.dump().unwrap(), before);
    assert_eq!(*store.applied().borrow(), 1);
    let again = store.execute(asked("r2", "x"), 20).await.unwrap();
    assert_eq!((again.place, again.is_repeat), (2, false));
}

#[tokio::test]
async fn a_request_id_belongs_to_its_caller() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let of = |unit: &str| Asked { caller: unit.parse().unwrap(), ..asked("r1", "x") };
    let mine = store.execute(of("unit/a"), "hello").await.unwrap();
    let yours = store.execute(of("unit/b"), "hello").await.unwrap();
    assert_eq!([mine.is_repeat, yours.is_repeat], [false, false]);
    assert_eq!((mine.bytes, yours.bytes), (b"1".to_vec(), b"2".to_vec()));
    assert!(store.execute(of("unit/a"), "hello").await.unwrap().is_repeat);
}

#[tokio::test]
async fn what_comes_while_a_batch_is_synced_is_decided_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let answers = store.tell_all(vec!["a"; 2_000]).await;
    let answers: Vec<Vec<u8>> = answers.into_iter().map(|answer| answer.unwrap().bytes).collect();
    let counted: Vec<Vec<u8>> = (1..=2_000).map(|count: u32| count.to_string().into()).collect();
    assert_eq!(answers, counted);
    assert_eq!(*store.applied().borrow(), 2_000);
}
