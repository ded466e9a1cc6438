//! Watching: what was, what comes, and an end.

use domain::outage::Outage;
use proto::unit::{TaskState, WatchTasksRequest};
use tonic::Code;

use super::{
    desk::{accept, arrive, refuse},
    *,
};

#[tokio::test]
async fn a_watcher_gets_what_was_and_what_comes_and_resumes_by_place() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &call("housing", "enforcement", 1)).await;
    host.hears("housing", 2, "c2", &call("housing", "enforcement", 1)).await;
    let mut desk = host.desk(&town, "housing");
    let watched =
        desk.watch_tasks(WatchTasksRequest { after_place: 0, only_new: false }).await.unwrap();
    let mut watched = watched.into_inner();
    let mut next = async || {
        let answer = watched.message().await.unwrap().unwrap();
        let task = answer.task.unwrap();
        (answer.place, task.case_id.clone(), task.state())
    };
    assert_eq!(next().await, (1, "c1".into(), TaskState::Called));
    assert_eq!(next().await, (2, "c2".into(), TaskState::Called));
    accept(&mut desk, "r1", "c1").await.unwrap();
    assert_eq!(next().await, (3, "c1".into(), TaskState::Accepted));

    arrive(&mut desk, "r2", "c1").await.unwrap();
    let resumed =
        desk.watch_tasks(WatchTasksRequest { after_place: 3, only_new: false }).await.unwrap();
    let answer = resumed.into_inner().message().await.unwrap().unwrap();
    assert_eq!((answer.place, answer.task.unwrap().state()), (4, TaskState::Arrived));
    host.end().await;
}

#[tokio::test]
async fn who_has_read_the_tasks_watches_only_what_is_new() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &call("housing", "enforcement", 1)).await;
    let mut desk = host.desk(&town, "housing");
    let request = WatchTasksRequest { after_place: 0, only_new: true };
    let mut watched = desk.watch_tasks(request).await.unwrap().into_inner();
    accept(&mut desk, "r1", "c1").await.unwrap();
    let answer = watched.message().await.unwrap().unwrap();
    assert_eq!((answer.place, answer.task.unwrap().state()), (2, TaskState::Accepted));
    host.end().await;
}

#[tokio::test]
async fn a_record_of_several_tasks_is_resumed_without_a_loss() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let store = host.stores["housing"].clone();
    let mut wire = Vec::new();
    for (number, case) in [(1, "c1"), (2, "c2"), (3, "c3")] {
        host.hears("housing", number, case, &call("housing", "enforcement", 1)).await;
        let record = store.record(number).unwrap().unwrap();
        wire.extend(record.received);
    }
    // The same cases, urged in one record.
    let urged = proto::fact::write(&Fact::Urged(rung("unit/housing", 1)));
    for (index, received) in wire.iter_mut().enumerate() {
        let envelope = proto::envelope::from_wire(received.envelope.take().unwrap()).unwrap();
        let (kind, body) = urged.clone();
        let number = 4 + index as u64;
        let id = format!("urge/{number}").parse().unwrap();
        let envelope = Envelope { id, kind, body, number, ..envelope };
        received.envelope = Some(proto::envelope::to_wire(&envelope));
    }
    store.receive(wire).await.unwrap();
    let mut desk = host.desk(&town, "housing");
    let watched =
        desk.watch_tasks(WatchTasksRequest { after_place: 3, only_new: false }).await.unwrap();
    let mut watched = watched.into_inner();
    let mut places = Vec::new();
    for _ in 0..3 {
        places.push(watched.message().await.unwrap().unwrap().place);
    }
    assert_eq!(places, [3, 3, 4]);
    drop((store, watched));
    host.end().await;
}

#[tokio::test]
async fn an_outage_of_ours_alone_wakes_a_watcher_for_what_it_has_moved() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    for (number, case) in [(1, "c1"), (2, "c2"), (3, "c3")] {
        host.hears("housing", number, case, &call("housing", "housing", 1)).await;
    }
    let mut desk = host.desk(&town, "housing");
    refuse(&mut desk, "not ours", "").await.unwrap();
    let watched =
        desk.watch_tasks(WatchTasksRequest { after_place: 4, only_new: false }).await.unwrap();
    let mut watched = watched.into_inner();
    let outage = Outage { from: Moment(NOW.0 + 500), to: Moment(NOW.0 + 10_500) };
    let away = proto::outage::write(&outage);
    host.gets("service/worker", "housing", 4, "outage/wenshan", away).await;
    let mut next = async || {
        let told = tokio::time::timeout(PATIENCE, watched.message()).await;
        let told = told.expect("the watcher is told").unwrap().unwrap();
        let task = told.task.unwrap();
        (told.place, task.case_id, task.due_at_ms - NOW.0)
    };
    // What was refused is owed no more; of what is, whoever resumes in the middle misses nothing.
    assert_eq!(next().await, (4, "c2".into(), 11_000));
    assert_eq!(next().await, (5, "c3".into(), 11_000));
    host.end().await;
}

#[tokio::test]
async fn a_watcher_is_told_the_end() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut desk = host.desk(&town, "housing");
    let watched =
        desk.watch_tasks(WatchTasksRequest { after_place: 0, only_new: false }).await.unwrap();
    let mut watched = watched.into_inner();
    host.shutdown.cancel();
    let ended = tokio::time::timeout(PATIENCE, watched.message()).await.unwrap().unwrap_err();
    assert_eq!(ended.code(), Code::Unavailable);
    host.end().await;
}
