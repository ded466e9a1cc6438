//! Deliveries that wait: given back for a while, kept longer, too early, too late.

use domain::envelope::Terms;

use super::*;
use crate::engine::{Cause, Name, Standing};

const UNIT: &str = "unit/housing";
/// In the past and in the future of any clock.
const LONG_AGO: Moment = Moment(1_000);
const SOME_DAY: Moment = Moment(1 << 45);

fn make(number: u64, subject: &str, terms: Terms) -> Envelope {
    Envelope { terms, ..envelope(UNIT, number, subject) }
}

fn plain(number: u64, subject: &str) -> Envelope {
    envelope(UNIT, number, subject)
}

async fn refuse(engine: &dyn Engine, place: u64, delay: Duration) {
    let refused = engine.refuse(&party(UNIT), vec![place], String::new(), delay).await.unwrap();
    assert_eq!(refused.count, 1);
}

/// What is refused with a delay comes after it, and another subject does not wait for that.
pub async fn delayed(engine: &dyn Engine) {
    let places = publish(engine, vec![plain(1, "case/w/1"), plain(2, "case/w/1")]).await;
    ids(engine, UNIT, 1).await;
    refuse(engine, places[0], PATIENCE * 60).await;
    publish(engine, vec![plain(3, "case/w/2")]).await;
    assert_eq!(ids(engine, UNIT, 10).await, ["unit/housing/3"]);
    assert!(ids(engine, UNIT, 10).await.is_empty());

    let places = publish(engine, vec![plain(4, "case/w/3"), plain(5, "case/w/3")]).await;
    ids(engine, UNIT, 10).await;
    refuse(engine, places[0], Duration::from_millis(30)).await;
    let waiting = Ask { wait: PATIENCE, ..ask(10) };
    let again = fetch(engine, UNIT, waiting).await;
    assert_eq!(again, [("unit/housing/4".to_owned(), 2), ("unit/housing/5".to_owned(), 2)]);
    // What nobody has in hand can't be refused.
    let nothing = engine.refuse(&party("unit/fire"), places, String::new(), PATIENCE).await;
    assert_eq!(nothing.unwrap().count, 0);
}

/// A delivery that is kept longer does not come again meanwhile.
pub async fn extended(engine: &dyn Engine) {
    let places = publish(engine, vec![plain(1, "case/w/1")]).await;
    let short = Ask { max: 1, wait: Duration::ZERO, lease: Duration::from_secs(1) };
    fetch(engine, UNIT, short).await;
    assert_eq!(engine.extend(&party(UNIT), places.clone(), PATIENCE * 6).await, 1);
    let pause = Ask { wait: Duration::from_millis(1_500), ..ask(1) };
    assert!(fetch(engine, UNIT, pause).await.is_empty());
    assert_eq!(engine.extend(&party("unit/fire"), places, PATIENCE).await, 0);
}

/// What a reader had in hand that has gone is free at once; what another has by now stays there.
pub async fn released(engine: &dyn Engine) {
    publish(engine, vec![plain(1, "case/w/1"), plain(2, "case/w/1")]).await;
    let first = engine.fetch(&party(UNIT), ask(10)).await.unwrap();
    engine.release(&party(UNIT), held(&first)).await;
    let again = fetch(engine, UNIT, ask(10)).await;
    assert_eq!(again, [("unit/housing/1".to_owned(), 2), ("unit/housing/2".to_owned(), 2)]);
    engine.release(&party(UNIT), held(&first)).await;
    assert!(ids(engine, UNIT, 10).await.is_empty(), "they are in the hands of another");
}

/// What is refused comes again with what is behind it, and what is before it stays in hand. Only
/// what was refused has failed.
pub async fn refused_behind(engine: &dyn Engine) {
    let places = publish(engine, (1..=3).map(|n| plain(n, "case/w/1")).collect()).await;
    ids(engine, UNIT, 10).await;
    refuse(engine, places[1], Duration::ZERO).await;
    assert!(ids(engine, UNIT, 10).await.is_empty(), "its subject is in hand");
    let standing = engine.locate(Name::Place(places[0])).await.unwrap().standing;
    assert!(matches!(standing, Standing::InHand(_)), "{standing:?}");
    assert_eq!(acknowledge(engine, UNIT, &places[..1]).await, 1);
    let both =
        |attempt| [("unit/housing/2".to_owned(), attempt), ("unit/housing/3".to_owned(), attempt)];
    for attempt in 2..=ATTEMPTS {
        assert_eq!(fetch(engine, UNIT, ask(10)).await, both(attempt));
        let refused = engine
            .refuse(&party(UNIT), vec![places[1]], "no".into(), Duration::ZERO)
            .await
            .unwrap();
        let parked = if attempt == ATTEMPTS { places[1..2].to_vec() } else { Vec::new() };
        assert_eq!(refused.parked, parked);
    }
    // It is let go after all: the last of the subject was delivered as often, and never failed.
    acknowledge(engine, UNIT, &places[1..2]).await;
    let last = [("unit/housing/3".to_owned(), ATTEMPTS + 1)];
    assert_eq!(fetch(engine, UNIT, ask(10)).await, last);
    let refused = engine.refuse(&party(UNIT), vec![places[2]], "no".into(), PATIENCE * 60).await;
    assert!(refused.unwrap().parked.is_empty());

    // A delay counts from there, also for what had to wait for one before it.
    let places = publish(engine, vec![plain(4, "case/w/2"), plain(5, "case/w/2")]).await;
    ids(engine, UNIT, 10).await;
    refuse(engine, places[1], PATIENCE * 60).await;
    acknowledge(engine, UNIT, &places[..1]).await;
    assert!(ids(engine, UNIT, 10).await.is_empty());
}

/// What is too early waits, and its subject behind it; another subject does not.
pub async fn early(engine: &dyn Engine) {
    let not_before = |at| Terms { not_before: Some(at), ..Terms::default() };
    let calls = vec![
        make(1, "case/w/1", not_before(SOME_DAY)),
        plain(2, "case/w/1"),
        make(3, "case/w/2", not_before(LONG_AGO)),
    ];
    let places = publish(engine, calls).await;
    assert_eq!(ids(engine, UNIT, 10).await, ["unit/housing/3"]);
    let standing = async |place| engine.locate(Name::Place(place)).await.unwrap().standing;
    assert_eq!(standing(places[0]).await, Standing::Early(SOME_DAY));
    assert_eq!(standing(places[1]).await, Standing::Behind(places[0]));
}

/// What has expired is parked although nobody fetches, its sender is told, and what is put back is
/// delivered all the same.
pub async fn expired(engine: &dyn Engine) {
    let expires = |at| Terms { expires: Some(at), ..Terms::default() };
    let calls = vec![
        make(1, "case/w/1", expires(LONG_AGO)),
        plain(2, "case/w/1"),
        make(3, "case/w/2", expires(SOME_DAY)),
    ];
    let places = publish(engine, calls).await;
    let parked = async || {
        loop {
            let found = engine.parked(None, None, 10).await.unwrap();
            if !found.is_empty() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, parked()).await.unwrap();
    assert_eq!((found[0].recorded.place, found[0].cause), (places[0], Cause::Expired));
    assert_eq!(ids(engine, UNIT, 10).await, ["unit/housing/3"]);
    let told = receipts(engine, 0).await;
    assert_eq!((told[0].place, told[0].fate), (places[0], Fate::Expired));

    let resolve = crate::engine::Resolve {
        mailbox: party(UNIT),
        places: Vec::new(),
        is_skipped: false,
        reason: "still wanted".into(),
        caller: party("office/coordination"),
        actor: "li.na".parse().unwrap(),
        is_preview: false,
    };
    engine.resolve(resolve).await.unwrap();
    assert_eq!(ids(engine, UNIT, 10).await, ["unit/housing/1", "unit/housing/2"]);
}
