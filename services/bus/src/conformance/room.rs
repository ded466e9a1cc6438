//! The record lets go of what is in its archive while it serves, and nobody notices but the disk.

use super::*;
use crate::engine::{Name, Reader, Room, Selection, Standing, Start};

/// How many envelopes a round publishes; fewer than a mailbox holds.
const ROUND: u64 = 40;
const ROUNDS: u64 = 6;

/// Waits until the room is as it should be.
pub async fn room(engine: &dyn Engine, is_so: impl Fn(&Room) -> bool) -> Room {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let room = engine.status().await.unwrap().room;
        if is_so(&room) {
            return room;
        }
        assert!(tokio::time::Instant::now() < end, "{room:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn make(number: u64) -> Envelope {
    envelope("unit/housing", number, &format!("case/w/{}", number % 7))
}

/// Publishes rounds that are delivered and settled at once, but for the very first envelope, which a
/// reader does not acknowledge. Answers all places.
pub async fn rounds(engine: &dyn Engine) -> Vec<u64> {
    let mut places = Vec::new();
    for round in 0..ROUNDS {
        let numbers = round * ROUND + 1..=(round + 1) * ROUND;
        let published = publish(engine, numbers.map(make).collect()).await;
        let done = if round == 0 { &published[1..] } else { &published[..] };
        acknowledge(engine, "unit/housing", done).await;
        commit(engine, published[published.len() - 1]).await;
        places.extend(published);
    }
    places
}

/// Everything that was ever taken is read, found, known and delivered as before.
async fn nothing_is_missed(engine: &dyn Engine, places: &[u64]) {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let piece = engine.read(after, 100).await.unwrap();
        found.extend(piece.recorded.iter().map(|one| one.place));
        if piece.upto == after {
            break;
        }
        after = piece.upto;
    }
    assert_eq!(found, places);
    let listed = engine.list("case/w/1", 0, 500).await.unwrap();
    let right = (1..=ROUND * ROUNDS).filter(|number| number % 7 == 1).map(make);
    assert_eq!(listed.recorded.iter().map(opened).collect::<Vec<_>>(), right.collect::<Vec<_>>());
    let source = party("unit/enforcement");
    for number in [1, 2, 40, 41] {
        let name = Name::Number(source.clone(), Some(party("unit/housing")), number);
        let located = engine.locate(name).await.unwrap();
        let place = places[usize::try_from(number).unwrap() - 1];
        assert_eq!(located.recorded.place, place);
        let standing = if number == 1 { Standing::Waiting } else { Standing::Settled };
        assert_eq!(located.standing, standing);
        // A repeat is known as the same, and another one as another.
        let again = take(engine, &source, vec![make(number)]).await.unwrap();
        assert_eq!((again[0].place, again[0].is_duplicate), (place, true));
        let other = Envelope { body: vec![8], ..make(number) };
        assert_eq!(reason(take(engine, &source, vec![other]).await), "ENVELOPE_ID_REUSED");
    }
    assert_eq!(settled_places(engine).await, places[1..]);
}

/// The bound holds although a mailbox, a follower and a subscriber stand still at the beginning; who
/// they are is said; all is there as before, also after a start.
pub async fn let_go_of(stage: &impl Stage) {
    let engine = stage.open().await;
    let (owner, all) = (party("admin/root"), Selection::default());
    engine.put_subscriber(&owner, "slow", all, Start::After(0)).await.unwrap();
    let places = rounds(&*engine).await;
    let bound = config().house;
    let most = bound.keep_bytes + bound.segment_bytes;
    let gone = room(&*engine, |room| room.first > places[80] && room.journal_bytes <= most).await;
    assert_eq!(gone.bound_bytes, bound.keep_bytes);
    assert!(gone.archive_bytes > gone.journal_bytes && gone.archived + 1 >= gone.first, "{gone:?}");
    assert!(gone.freed_bytes > 0 && gone.hold.is_none() && gone.looked.is_some(), "{gone:?}");
    let reader = |one: &crate::engine::Behind| one.reader.clone();
    let behind: BTreeSet<Reader> = gone.behind.iter().map(reader).collect();
    let slow = Reader::Subscriber(owner.clone(), "slow".to_owned());
    assert_eq!(behind, [Reader::Mailbox(party("unit/housing")), slow].into());
    nothing_is_missed(&*engine, &places).await;
    drop(engine);

    // Now nothing is at hand: it is read from the archive.
    let engine = stage.open().await;
    assert!(room(&*engine, |_| true).await.first > places[80]);
    nothing_is_missed(&*engine, &places).await;
    assert_eq!(ids(&*engine, "unit/housing", 10).await, ["unit/housing/1"]);
    acknowledge(&*engine, "unit/housing", &places[..1]).await;
    engine.seek(&owner, "slow", places[places.len() - 1], false).await.unwrap();
    room(&*engine, |room| room.behind.is_empty()).await;

    // A follower that stands still holds nothing either; its envelopes are not settled.
    let record = |number| envelope("", number, "case/w/1");
    let held = publish(&*engine, vec![record(1)]).await;
    let mut number = 1;
    let follower = |one: &crate::engine::Behind| {
        (one.reader == Reader::Follower(party("service/worker"))).then_some(one.place)
    };
    while room(&*engine, |_| true).await.behind.iter().find_map(follower).is_none() {
        let more: Vec<Envelope> = (number + 1..=number + ROUND).map(record).collect();
        publish(&*engine, more).await;
        number += ROUND;
        assert!(number < 5_000, "the follower is never behind");
    }
    let now = room(&*engine, |room| room.behind.iter().find_map(follower).is_some()).await;
    assert_eq!(now.behind.iter().find_map(follower), Some(held[0]));
    let located = engine.locate(Name::Place(held[0])).await.unwrap();
    assert_eq!(located.standing, Standing::Acknowledged);
}
