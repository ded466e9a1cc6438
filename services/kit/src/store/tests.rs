//! The store on real journals and views: repeats, batches, full disks, views that are gone.

pub(crate) mod owed;
mod promises;
mod renewal;
mod replay;
mod room;
mod snapshot;

use domain::{moment::Moment, party::Role, rejection::Kind};
use proto::{page::Command as Content, record::Settled};

use super::*;
use crate::stats::Counter;

/// Counts words; sends one envelope for each.
struct Words;

impl Machine for Words {
    type Command = &'static str;
    type Fact = ();
    const LAYOUT: u32 = 1;

    fn party(&self) -> Party {
        Party::service(Role::Gateway)
    }

    fn decide(&self, tx: &Tx<'_>, word: &'static str, _: Moment) -> Result<Decision, Refusal> {
        if word == "no" {
            return Err(Rejection::conflict("NO", "no").into());
        }
        let count = tx.number(&key(word))? + 1;
        let id = EnvelopeId::parse(format!("{word}/{count}")).unwrap();
        let outgoing = Outgoing::new(id, "case/1", ("muster.test.Word".into(), vec![]));
        let answer = count.to_string().into_bytes();
        Ok(Decision::change("word", word.into(), vec![outgoing], answer))
    }

    fn apply(&self, tx: &mut Tx<'_>, _: u64, record: &Record) -> Result<(), view::Error> {
        for _ in &record.received {
            let count = tx.number(b"received")? + 1;
            tx.put(b"received", count.to_be_bytes());
        }
        let Some(change) = &record.change else { return Ok(()) };
        let key = [b"w", &change.data[..]].concat();
        let count = tx.number(&key)? + 1;
        tx.put(key, count.to_be_bytes());
        Ok(())
    }
}

fn key(word: &str) -> Vec<u8> {
    [b"w", word.as_bytes()].concat()
}

fn open(dir: &Path) -> Store<Words> {
    Store::open(dir, Words, Clock::fixed(Moment(5)), Stats::default()).unwrap()
}

/// Opens once the writer of the store before has closed its journal.
async fn reopen(store: Store<Words>, dir: &Path) -> Store<Words> {
    drop(store);
    open_later(dir).await
}

async fn open_later(dir: &Path) -> Store<Words> {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        match Store::open(dir, Words, Clock::fixed(Moment(5)), Stats::default()) {
            Ok(store) => return store,
            Err(error) => assert!(tokio::time::Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

fn asked(id: &str, content: &str) -> Asked {
    asked_by("Count", id, content)
}

fn asked_by(method: &str, id: &str, content: &str) -> Asked {
    let content = Content { request_id: id.into(), person: content.into() };
    Asked::of("unit/a".parse().unwrap(), id.parse().unwrap(), method, &content)
}

fn received(number: u64) -> Received {
    let envelope = Outgoing::new("e".parse().unwrap(), "case/1", ("t.T".into(), vec![]));
    let envelope = envelope.numbered("unit/b".parse().unwrap(), number, Moment(1));
    Received {
        place: number,
        accepted_at_ms: 2,
        envelope: Some(proto::envelope::to_wire(&envelope)),
        log_id: String::new(),
    }
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_even_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let first = store.execute(asked("r1", "x"), "hello").await.unwrap();
    assert_eq!((first.bytes.as_slice(), first.place, first.is_repeat), (&b"1"[..], 1, false));
    store.execute(asked("r2", "x"), "hello").await.unwrap();

    let store = reopen(store, dir.path()).await;
    let again = store.execute(asked("r1", "x"), "hello").await.unwrap();
    assert_eq!((again.bytes, again.place, again.is_repeat), (first.bytes, 1, true));
    let other = store.execute(asked("r1", "y"), "hello").await.unwrap_err();
    assert_eq!(other.reason, "REQUEST_ID_REUSED");
    let method = store.execute(asked_by("Recount", "r1", "x"), "hello").await.unwrap_err();
    assert_eq!(method.reason, "REQUEST_ID_REUSED");
    assert_eq!(store.read(|tx| tx.number(&key("hello"))).unwrap(), 2);
    assert_eq!(store.stats().get(Counter::Duplicates), 1);
}

#[tokio::test]
async fn what_is_refused_is_not_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.execute(asked("r1", "x"), "no").await.unwrap_err().reason, "NO");
    assert_eq!(store.records_after(0, 9).unwrap().len(), 0);
    assert!(store.execute(asked("r1", "x"), "yes").await.is_ok());
}

#[tokio::test]
async fn decisions_of_one_batch_see_each_other_and_numbers_have_no_gap() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let many = (0..200).map(|_| store.tell("hello"));
    let answers = futures::future::join_all(many).await;
    let mut counts: Vec<u64> = answers
        .into_iter()
        .map(|answer| String::from_utf8(answer.unwrap().bytes).unwrap().parse().unwrap())
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=200).collect::<Vec<_>>());
    let numbers = store
        .unpublished(Load::count(999), &Default::default())
        .unwrap()
        .into_iter()
        .map(|sending| sending.name.number);
    assert_eq!(numbers.collect::<Vec<_>>(), (1..=200).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_view_that_is_gone_is_made_again_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for word in ["a", "b", "a"] {
        store.tell(word).await.unwrap();
    }
    store.receive(vec![received(1)]).await.unwrap();
    let before = store.dump().unwrap();
    let store = reopen(store, dir.path()).await;
    assert_eq!(store.dump().unwrap(), before);
    drop(store);

    let damage: [&dyn Fn(&Path); 3] = [
        &|view| std::fs::remove_dir_all(view).unwrap(),
        &|view| std::fs::write(view.join("db"), b"nonsense").unwrap(),
        &|view| std::fs::write(view.join("conf"), b"nonsense").unwrap(),
    ];
    for damage in damage {
        closed(dir.path()).await;
        damage(&dir.path().join("view"));
        let store = open_later(dir.path()).await;
        assert_eq!(store.dump().unwrap(), before);
        drop(store);
    }
}

/// Waits until the store before has let go of its files.
async fn closed(dir: &Path) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while journal::Journal::open(dir.join("journal"), journal::Options::default()).is_err() {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_view_ahead_of_its_journal_or_of_another_origin_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let origin = Origin::now([1; 16], 1);
    let fill = |last| {
        let view = View::open(dir.path(), &origin, last).unwrap();
        view.commit([(b"x".to_vec(), Some(b"y".to_vec()))].into_iter().collect(), 7).unwrap();
    };
    let upto = |origin: &Origin, last| View::open(dir.path(), origin, last).unwrap().upto();
    fill(7);
    assert_eq!(upto(&origin, 7), 7);
    assert_eq!(upto(&origin, 6), 0);
    fill(7);
    assert_eq!(upto(&Origin { layout: 2, ..origin.clone() }, 7), 0);
    fill(7);
    assert_eq!(upto(&Origin { journal: [2; 16], ..origin.clone() }, 7), 0);
    fill(7);
    assert_eq!(upto(&Origin { boot: b"another".to_vec(), ..origin.clone() }, 7), 0);
}

#[tokio::test]
async fn what_comes_twice_is_applied_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.receive(vec![received(1), received(3), received(1)]).await.unwrap();
    store.receive(vec![received(3), received(2)]).await.unwrap();
    assert_eq!(store.read(|tx| tx.number(b"received")).unwrap(), 3);
    assert_eq!(store.followed().unwrap().place, 3);
    assert_eq!(store.stats().get(Counter::Applied), 3);
    assert_eq!(store.stats().get(Counter::Duplicates), 2);
}

#[tokio::test]
async fn an_envelope_is_kept_until_it_is_settled() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.tell("a").await.unwrap();
    store.tell("b").await.unwrap();
    let name = |number| Settled { number, ..Settled::default() };
    let both = vec![name(1), name(2)];
    let published = Progress { published: both, ..Progress::default() };
    store.progress(published).await.unwrap();
    let outstanding = store.outstanding().unwrap();
    assert_eq!((outstanding.is_unpublished, outstanding.is_unsettled), (false, true));

    let settled = vec![name(1)];
    let settled = Progress { settled, receipt_place: 9, log_id: "a".into(), ..Progress::default() };
    store.progress(settled).await.unwrap();
    assert_eq!((store.receipt_place().unwrap(), store.log().unwrap()), (9, "a".to_owned()));
    let settled = Progress { settled: vec![name(2)], ..Progress::default() };
    store.progress(settled).await.unwrap();
    assert!(!store.outstanding().unwrap().is_unsettled);
}

fn numbers(sending: &[Sending]) -> Vec<u64> {
    sending.iter().map(|one| one.name.number).collect()
}

#[tokio::test]
async fn a_bus_that_lost_its_log_is_given_all_again_before_anything_new() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for word in ["a", "b", "c"] {
        store.tell(word).await.unwrap();
    }
    let name = |number| Settled { number, ..Settled::default() };
    let all = vec![name(1), name(2), name(3)];
    let done =
        Progress { settled: all, receipt_place: 9, log_id: "a".into(), ..Progress::default() };
    store.progress(done).await.unwrap();
    assert!(store.refill(Load::count(9)).unwrap().is_none());

    store.requeue("b".into()).await.unwrap();
    store.tell("new").await.unwrap();
    assert_eq!((store.receipt_place().unwrap(), store.log().unwrap()), (0, "b".to_owned()));
    let late = Progress { receipt_place: 8, log_id: "a".into(), ..Progress::default() };
    store.progress(late).await.unwrap();
    assert_eq!(store.receipt_place().unwrap(), 0, "a late word of the old log");

    let first = store.refill(Load::count(2)).unwrap().unwrap();
    assert_eq!(numbers(&first.sending), [1, 2]);
    let refilled = |upto| Progress { refilled: upto, ..Progress::default() };
    store.progress(refilled(first.upto)).await.unwrap();
    let store = reopen(store, dir.path()).await;
    let second = store.refill(Load::count(9)).unwrap().unwrap();
    assert_eq!(numbers(&second.sending), [3], "it goes on where it was, and not beyond the loss");
    assert!(store.outstanding().unwrap().is_unpublished);
    store.progress(refilled(second.upto)).await.unwrap();
    assert!(store.refill(Load::count(9)).unwrap().is_none());
    assert_eq!(numbers(&store.unpublished(Load::count(9), &Default::default()).unwrap()), [4]);
}

#[tokio::test]
async fn a_load_is_bounded_in_bytes_and_never_empty() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for word in ["a", "b", "c"] {
        store.tell(word).await.unwrap();
    }
    assert_eq!(
        numbers(&store.unpublished(Load { count: 9, bytes: 1 }, &Default::default()).unwrap()),
        [1]
    );
    let one = store.unpublished(Load::count(1), &Default::default()).unwrap()[0].wire.encoded_len();
    let two = Load { count: 9, bytes: 2 * one + 1 };
    assert_eq!(numbers(&store.unpublished(two, &Default::default()).unwrap()), [1, 2]);
    store.requeue(String::new()).await.unwrap();
    let stretch = store.refill(Load { count: 9, bytes: 1 }).unwrap().unwrap();
    assert_eq!(numbers(&stretch.sending), [1]);
}

#[tokio::test]
async fn a_record_of_another_log_is_followed_from_its_beginning() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let of = |number, log: &str| Received { log_id: log.into(), ..received(number) };
    store.receive(vec![of(1, "a"), of(2, "a")]).await.unwrap();
    let at = |log: &str, place| proto::record::Followed { log_id: log.into(), place };
    assert_eq!(store.followed().unwrap(), at("a", 2));
    let anew = Progress { followed: Some(at("b", 0)), ..Progress::default() };
    store.progress(anew).await.unwrap();
    assert_eq!(store.followed().unwrap(), at("b", 0));
    // Known already: it takes no effect, and does not move the place by itself.
    store.receive(vec![of(1, "b")]).await.unwrap();
    assert_eq!(store.followed().unwrap(), at("b", 0));
    store.receive(vec![of(3, "b")]).await.unwrap();
    assert_eq!(store.followed().unwrap(), at("b", 3));
    assert_eq!(store.read(|tx| tx.number(b"received")).unwrap(), 3);
}

#[tokio::test]
async fn a_view_that_is_behind_is_caught_up() {
    let dir = tempfile::tempdir().unwrap();
    let (view, old) = (dir.path().join("view"), dir.path().join("old"));
    let store = open(dir.path());
    store.tell("a").await.unwrap();
    drop(store);
    closed(dir.path()).await;
    std::fs::create_dir(&old).unwrap();
    for file in std::fs::read_dir(&view).unwrap().flatten().filter(|file| file.path().is_file()) {
        std::fs::copy(file.path(), old.join(file.file_name())).unwrap();
    }
    let store = open_later(dir.path()).await;
    store.tell("b").await.unwrap();
    let now = store.dump().unwrap();
    drop(store);
    closed(dir.path()).await;

    std::fs::remove_dir_all(&view).unwrap();
    std::fs::rename(&old, &view).unwrap();
    assert_eq!(open_later(dir.path()).await.dump().unwrap(), now);
}
