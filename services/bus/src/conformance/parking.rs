//! What fails too often is parked, only its subject waits, and a person decides.

use domain::envelope::Terms;

use super::*;
use crate::engine::{Cause, Parked, Resolve, Standing};

const UNIT: &str = "unit/housing";

fn make(number: u64, subject: &str) -> Envelope {
    envelope(UNIT, number, subject)
}

/// Delivers the first of a subject and refuses it, until it is parked.
async fn fail(engine: &dyn Engine, place: u64) {
    for attempt in 1..=ATTEMPTS {
        let deliveries = engine.fetch(&party(UNIT), Ask { wait: PATIENCE, ..ask(1) }).await;
        let one = deliveries.unwrap().swap_remove(0);
        assert_eq!((one.recorded.place, one.attempt), (place, attempt));
        let reason = format!("it broke {attempt}");
        let refused = engine.refuse(&party(UNIT), vec![place], reason, Duration::ZERO).await;
        let refused = refused.unwrap();
        let parked = if attempt == ATTEMPTS { vec![place] } else { Vec::new() };
        assert_eq!((refused.count, refused.parked), (1, parked));
    }
}

fn resolve(places: &[u64], is_skipped: bool, is_preview: bool) -> Resolve {
    Resolve {
        mailbox: party(UNIT),
        places: places.to_vec(),
        is_skipped,
        reason: "looked at it".into(),
        caller: party("office/coordination"),
        actor: "li.na".parse().unwrap(),
        is_preview,
    }
}

async fn parked_places(engine: &dyn Engine) -> Vec<u64> {
    let found = engine.parked(None, None, 10).await.unwrap();
    found.into_iter().map(|one| one.recorded.place).collect()
}

async fn fates(engine: &dyn Engine) -> Vec<(u64, Fate)> {
    receipts(engine, 0).await.into_iter().map(|one| (one.place, one.fate)).collect()
}

/// After the last allowed delivery it is parked with its reason; another subject goes on, and its
/// sender is told.
pub async fn parked(engine: &dyn Engine) {
    let calls = vec![make(1, "case/w/1"), make(2, "case/w/1")];
    let places = publish(engine, calls).await;
    fail(engine, places[0]).await;
    assert!(ids(engine, UNIT, 10).await.is_empty(), "its subject waits");
    let other = publish(engine, vec![make(3, "case/w/2")]).await;
    assert_eq!(ids(engine, UNIT, 10).await, ["unit/housing/3"], "and nothing else");
    let found = engine.parked(Some(&party(UNIT)), None, 10).await.unwrap();
    let Parked { mailbox, recorded, cause, reason, attempts, .. } = &found[0];
    assert_eq!((found.len(), mailbox, recorded.place), (1, &party(UNIT), places[0]));
    assert_eq!((*cause, reason.as_str(), *attempts), (Cause::Attempts, "it broke 5", ATTEMPTS));
    assert_eq!(fates(engine).await, [(places[0], Fate::Parked)]);
    let mailbox = &engine.mailboxes(None, 10).await.unwrap()[0];
    assert_eq!((mailbox.depth, mailbox.parked, mailbox.in_hand), (3, 1, 1));
    assert_eq!(mailbox.redelivered, u64::from(ATTEMPTS) - 1);
    assert!(engine.parked(Some(&party("unit/fire")), None, 10).await.unwrap().is_empty());
    assert!(mailbox.delivered > mailbox.redelivered, "the first delivery of each counts as well");
    acknowledge(engine, UNIT, &other).await;
    let mailbox = &engine.mailboxes(None, 10).await.unwrap()[0];
    assert_eq!((mailbox.acknowledged, mailbox.taken), (1, 3));
}

/// What is put back comes again, counted anew, before what is behind it. A preview changes nothing.
pub async fn put_back(engine: &dyn Engine) {
    let places = publish(engine, vec![make(1, "case/w/1"), make(2, "case/w/1")]).await;
    fail(engine, places[0]).await;
    let last = *engine.growth().borrow();
    let seen = engine.resolve(resolve(&[], false, true)).await.unwrap();
    assert_eq!((seen.len(), seen[0].recorded.place), (1, places[0]));
    assert_eq!((*engine.growth().borrow(), parked_places(engine).await), (last, vec![places[0]]));

    let done = engine.resolve(resolve(&places[..1], false, false)).await.unwrap();
    assert_eq!(done.len(), 1);
    assert!(parked_places(engine).await.is_empty());
    let again = fetch(engine, UNIT, ask(10)).await;
    assert_eq!(again, [("unit/housing/1".to_owned(), 1), ("unit/housing/2".to_owned(), 1)]);
    let twice = engine.resolve(resolve(&places[..1], false, false)).await;
    assert_eq!(reason(twice), "NOT_PARKED");
}

/// What is skipped is not delivered: what is behind it comes, and the sender may let it go.
pub async fn skipped(engine: &dyn Engine) {
    let calls = [make(1, "case/w/1"), make(2, "case/w/1"), make(3, "case/w/2")];
    let places = publish(engine, calls.to_vec()).await;
    fail(engine, places[0]).await;
    let wrong = engine.resolve(resolve(&places[..2], true, false)).await;
    assert_eq!(reason(wrong), "NOT_PARKED", "all of them, or none");
    engine.resolve(resolve(&[], true, false)).await.unwrap();
    assert_eq!(ids(engine, UNIT, 10).await, ["unit/housing/2", "unit/housing/3"]);
    let told = [(places[0], Fate::Parked), (places[0], Fate::Skipped)];
    assert_eq!(fates(engine).await, told);
    acknowledge(engine, UNIT, &places[1..]).await;
    commit(engine, places[2]).await;
    assert_eq!(fates(engine).await[2..], [(places[1], Fate::Settled), (places[2], Fate::Settled)]);
    assert_eq!(engine.mailboxes(None, 1).await.unwrap()[0].depth, 0);
}

/// A receiver that has it after all acknowledges it, parked or not.
pub async fn late(engine: &dyn Engine) {
    let places = publish(engine, vec![make(1, "case/w/1"), make(2, "case/w/1")]).await;
    fail(engine, places[0]).await;
    assert_eq!(acknowledge(engine, UNIT, &places[..1]).await, 1);
    assert!(parked_places(engine).await.is_empty());
    assert_eq!(ids(engine, UNIT, 10).await, ["unit/housing/2"]);
    assert_eq!(engine.mailboxes(None, 1).await.unwrap()[0].parked, 0);
}

/// What breaks each of its readers, so that nobody ever refuses it, is parked as well.
pub async fn poisoned(engine: &dyn Engine) {
    let places = publish(engine, vec![make(1, "case/w/1"), make(2, "case/w/1")]).await;
    for _ in 1..=ATTEMPTS {
        let found = engine.fetch(&party(UNIT), ask(1)).await.unwrap();
        assert_eq!(found[0].recorded.place, places[0]);
        engine.release(&party(UNIT), held(&found)).await;
    }
    assert_eq!(parked_places(engine).await, places[..1]);
    assert!(ids(engine, UNIT, 10).await.is_empty(), "and its subject waits");
}

/// What is parked is listed by mailbox and place, in pieces, and each mailbox decides for itself.
pub async fn listed(engine: &dyn Engine) {
    let expires = Terms { expires: Some(Moment(1_000)), ..Terms::default() };
    let late = |to: &str, number: u64| {
        let plain = envelope(to, number, &format!("case/w/{number}"));
        Envelope { terms: expires.clone(), ..plain }
    };
    let calls = vec![late(UNIT, 1), late("unit/fire", 1), late(UNIT, 2)];
    let places = publish(engine, calls).await;
    let all = async {
        while parked_places(engine).await.len() < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("they are parked");
    let (mut found, mut after) = (Vec::new(), None);
    while let [one] = &engine.parked(None, after, 1).await.unwrap()[..] {
        found.push((one.mailbox.to_string(), one.recorded.place));
        after = Some((one.mailbox.clone(), one.recorded.place));
    }
    let wanted = [("unit/fire", places[1]), (UNIT, places[0]), (UNIT, places[2])];
    assert_eq!(found, wanted.map(|(party, place)| (party.to_owned(), place)));
    let wrong = engine.resolve(resolve(&places[1..2], true, false)).await;
    assert_eq!(reason(wrong), "NOT_PARKED", "it is in another mailbox");
    assert_eq!(engine.resolve(resolve(&[], true, false)).await.unwrap().len(), 2);
    assert_eq!(parked_places(engine).await, places[1..2]);
    assert_eq!(engine.status().await.unwrap().parked, 1);
}

/// What expires while a reader has it is decided about at once: skipped, it does not come back out
/// of the reader's hands; put back, it does.
pub async fn resolved_in_hand(engine: &dyn Engine) {
    for (number, is_skipped) in [(1, true), (3, false)] {
        let soon = Moment(now_ms()) + Duration::from_millis(1_500);
        let expires = domain::envelope::Terms { expires: Some(soon), ..Default::default() };
        let subject = format!("case/w/{number}");
        let first = Envelope { terms: expires, ..make(number, &subject) };
        let places = publish(engine, vec![first, make(number + 1, &subject)]).await;
        let in_hand = engine.fetch(&party(UNIT), ask(1)).await.unwrap();
        assert_eq!(in_hand.len(), 1);
        let parked = async {
            while parked_places(engine).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, parked).await.expect("it is parked");
        engine.resolve(resolve(&places[..1], is_skipped, false)).await.unwrap();
        engine.release(&party(UNIT), held(&in_hand)).await;
        let rest = if is_skipped { &places[1..] } else { &places[..] };
        let found = engine.fetch(&party(UNIT), ask(10)).await.unwrap();
        let found: Vec<u64> = found.iter().map(|one| one.recorded.place).collect();
        assert_eq!(found, rest);
        acknowledge(engine, UNIT, rest).await;
    }
}

fn now_ms() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// It is parked after a restart as well.
pub async fn durable(stage: &impl Stage) {
    let engine = stage.open().await;
    let places = publish(&*engine, vec![make(1, "case/w/1"), make(2, "case/w/1")]).await;
    fail(&*engine, places[0]).await;
    let standing = engine.locate(crate::engine::Name::Place(places[0])).await.unwrap().standing;
    assert!(matches!(standing, Standing::Parked(_)), "{standing:?}");
    drop(engine);
    let engine = stage.open().await;
    assert!(ids(&*engine, UNIT, 10).await.is_empty());
    assert_eq!(parked_places(&*engine).await, places[..1]);
    engine.resolve(resolve(&[], false, false)).await.unwrap();
    assert_eq!(ids(&*engine, UNIT, 10).await.len(), 2);
}
