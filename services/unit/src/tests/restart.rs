//! A process that ended at any moment has lost nothing that it answered.

use super::{
    desk::{accept, arrive},
    *,
};

async fn some_work(town: &Town) -> Running {
    let host = town.start(&["housing", "enforcement"]).await;
    for unit in ["housing", "enforcement"] {
        host.hears(unit, 1, "c1", &call(unit, "enforcement", 1)).await;
        let mut desk = host.desk(town, unit);
        accept(&mut desk, "r1", "c1").await.unwrap();
        arrive(&mut desk, "r2", "c1").await.unwrap();
    }
    host
}

fn dumps(host: &Running) -> Vec<kit::store::Dump> {
    host.stores.values().map(|store| store.dump().unwrap()).collect()
}

#[tokio::test]
async fn after_a_kill_everything_is_there_and_still_to_be_sent() {
    let town = Town::new();
    let host = some_work(&town).await;
    let (before, waiting) = (dumps(&host), host.waiting("housing"));
    assert_eq!(waiting.len(), 2);
    // No shutdown: the task is cut, wherever it is.
    host.task.abort();
    let _cut = host.task.await;
    drop(host.stores);

    let host = town.start(&["housing", "enforcement"]).await;
    assert_eq!(dumps(&host), before);
    assert_eq!(host.waiting("housing"), waiting);
    let mut desk = host.desk(&town, "housing");
    accept(&mut desk, "r1", "c1").await.unwrap();
    assert_eq!(host.records("housing").len(), 3, "the repeat is known");
    host.end().await;
}

#[tokio::test]
async fn a_view_that_is_gone_is_made_again_and_is_the_same() {
    let town = Town::new();
    let host = some_work(&town).await;
    let before = dumps(&host);
    let (shutdown, task) = (host.shutdown.clone(), host.task);
    shutdown.cancel();
    task.await.unwrap().unwrap();
    drop(host.stores);
    // Opened once more, so that the one before has let go of its files.
    drop(town.open(&["housing", "enforcement"]).await);
    for unit in ["housing", "enforcement"] {
        std::fs::remove_dir_all(town.data().join(unit).join("view")).unwrap();
    }
    let host = town.start(&["housing", "enforcement"]).await;
    assert_eq!(dumps(&host), before);
    host.end().await;
}

#[tokio::test]
async fn a_unit_is_hosted_only_as_itself() {
    let town = Town::new();
    for (unit, party) in [
        ("housing", "unit/water"),
        ("housing", "service/units"),
        ("media", "unit/media"),
        ("no_such", "unit/no_such"),
    ] {
        let module: Box<dyn Module> = Box::new(crate::Generic);
        let hosting = vec![(unit.parse().unwrap(), town.identity(party), module)];
        let opened = Host::open(&town.data(), &town.city, Config::default(), hosting, &town.clock);
        assert!(matches!(opened.err(), Some(Error::Unit { .. })), "{unit} as {party}");
    }
}
