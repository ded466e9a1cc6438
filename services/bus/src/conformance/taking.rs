//! What is taken in one call, what is leased by whoever stops waiting, and which log it is.

use std::sync::Arc;

use super::*;

fn make(number: u64) -> Envelope {
    envelope("unit/housing", number, "case/w/1")
}

/// Each request of a call is taken or refused by itself, in order.
pub async fn one_by_one(engine: &dyn Engine) {
    let source = party("unit/enforcement");
    let requests = [vec![make(1)], vec![make(2), make(4)], vec![make(2), make(3)], vec![make(1)]];
    let parcels = |request: Vec<Envelope>| request.into_iter().map(Parcel::from).collect();
    let mut taken = engine.publish(&source, requests.map(parcels).into()).await.into_iter();
    let first = taken.next().unwrap().unwrap();
    assert_eq!(reason(taken.next().unwrap()), "gap, 3 is expected", "nothing of it is taken");
    let third = taken.next().unwrap().unwrap();
    assert!(third.iter().all(|placed| !placed.is_duplicate && placed.place > first[0].place));
    let again = taken.next().unwrap().unwrap();
    assert_eq!((again[0].place, again[0].is_duplicate), (first[0].place, true));
    assert!(taken.next().is_none());
    let read = engine.read(0, 500).await.unwrap().recorded;
    assert_eq!(read.iter().map(|one| opened(one).number).collect::<Vec<_>>(), [1, 2, 3]);
}

/// Whoever stops waiting has leased nothing.
pub async fn nothing_for_who_has_gone(engine: Arc<dyn Engine>) {
    for number in 1..=20 {
        let (waiting, long) = (engine.clone(), Ask { wait: PATIENCE * 30, ..ask(10) });
        let gone = tokio::spawn(async move { fetch(&*waiting, "unit/fire", long).await });
        tokio::task::yield_now().await;
        gone.abort();
        let _gone = gone.await;
        let publishing = publish(&*engine, vec![envelope("unit/fire", number, "case/w/1")]);
        let places = publishing.await;
        let waiting = Ask { wait: PATIENCE, ..ask(10) };
        assert_eq!(
            fetch(&*engine, "unit/fire", waiting).await,
            [(format!("unit/fire/{number}"), 1)]
        );
        acknowledge(&*engine, "unit/fire", &places).await;
    }
}

/// The growth of the record is seen by whoever watches, and ends with the engine. Another record is
/// another log.
pub async fn watched(stage: &impl Stage, other: &impl Stage) {
    let engine = stage.open().await;
    let mut growth = engine.growth();
    growth.borrow_and_update();
    let places = publish(&*engine, vec![make(1)]).await;
    while *growth.borrow_and_update() < places[0] {
        tokio::time::timeout(PATIENCE, growth.changed()).await.expect("it is seen").unwrap();
    }
    assert_ne!(other.open().await.log_id(), engine.log_id());
    drop(engine);
    let ended = async { while growth.changed().await.is_ok() {} };
    tokio::time::timeout(PATIENCE, ended).await.expect("the watch ends with the engine");
}

/// What operators are told is what is; a time leads to the place before what came then.
pub async fn told(engine: &dyn Engine) {
    let before = engine.status().await.unwrap();
    assert_eq!((before.waiting, before.parked, before.taken), (0, 0, 0));
    let places = publish(engine, vec![make(1), make(2), envelope("", 1, "case/w/1")]).await;
    acknowledge(engine, "unit/housing", &places[..1]).await;
    committed(engine, &party("service/worker"), places[1]).await.unwrap();
    let found = engine.status().await.unwrap();
    assert_eq!((found.waiting, found.parked, found.taken), (1, 0, 3));
    let followers: Vec<_> =
        found.followers.iter().map(|(party, place)| (party.to_string(), *place)).collect();
    let wanted = [("service/gateway", 0), ("service/worker", places[1])];
    assert_eq!(followers, wanted.map(|(party, place)| (party.to_owned(), place)));
    assert!(found.record_bytes > before.record_bytes && found.free_bytes > 0);
    let read = engine.read(0, 1).await.unwrap().recorded;
    assert!(found.started.is_some_and(|started| started <= read[0].accepted_at));
    assert!(engine.before(read[0].accepted_at).await.unwrap() < places[0]);
    assert_eq!(engine.before(Moment(0)).await.unwrap(), 0);
    assert!(engine.before(read[0].accepted_at + PATIENCE).await.unwrap() >= places[2]);
}
