//! All that ever came for a unit comes twice, in any order that its senders allow: its desk is the same.

use kit::shuffle::shuffled;

use super::{
    desk::{accept, arrive},
    notices::{Notices, send, telling},
    *,
};

const UNITS: [&str; 2] = ["propaganda", "public_security"];

/// Calls of the worker, notices of another unit, and what the desk makes of them.
async fn story(town: &Town) -> (Running, Vec<Received>) {
    let host = town.start(&UNITS).await;
    let mut number = 0;
    for round in 1..=2 {
        for case in ["c1", "c2", "c3", "c4"] {
            number += 1;
            host.hears(UNITS[0], number, case, &call(UNITS[0], "enforcement", round)).await;
            number += 1;
            let urged = Fact::Urged(rung("unit/propaganda", round));
            host.hears(UNITS[0], number, case, &urged).await;
        }
        let mut police = Notices::new(host.channel(town, "unit/public_security"));
        send(&mut police, telling(&format!("n{round}"), "ran a red light")).await.unwrap();
        host.carry(UNITS[1], UNITS[0]).await;
    }
    let mut desk = host.desk(town, UNITS[0]);
    accept(&mut desk, "r1", "c1").await.unwrap();
    arrive(&mut desk, "r2", "c1").await.unwrap();
    let all = host.records(UNITS[0]).into_iter().flat_map(|record| record.received).collect();
    (host, all)
}

async fn take(store: &Store<Desk>, all: &[Received]) {
    for some in all.chunks(5) {
        store.receive(some.to_vec()).await.unwrap();
    }
}

#[tokio::test]
async fn all_that_came_twice_and_shuffled_is_at_the_desk_once() {
    let town = Town::new();
    let (host, all) = story(&town).await;
    let store = &host.stores[UNITS[0]];
    assert_eq!(all.len(), 18);
    let clean = store.dump().unwrap();
    for seed in 0..5 {
        take(store, &shuffled(&[all.clone(), all.clone()], seed)).await;
        assert_eq!(store.dump().unwrap(), clean, "seed {seed}");
    }
    host.end().await;

    // From nothing, both copies at once: the same as all of it in order and once.
    let mut dumps = Vec::new();
    for record in [all.clone(), shuffled(&[all.clone(), all.clone()], 9)] {
        let town = Town::new();
        let host = town.start(&UNITS[..1]).await;
        take(&host.stores[UNITS[0]], &record).await;
        let (_, mut dump) = host.stores[UNITS[0]].dump().unwrap();
        // At which place of its own journal each is depends on what came together with it.
        dump.retain(|(key, _)| !key.starts_with(b"\x01e"));
        dumps.push(dump);
        host.end().await;
    }
    assert_eq!(dumps[0], dumps[1]);
}
