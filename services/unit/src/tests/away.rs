//! What moves a task without the unit: our own outage, and an instruction that names others.

use domain::{case::Ladder, outage::Outage};
use proto::unit::{GetTaskRequest, TaskState};

use super::{desk::accept, *};

async fn get(host: &Running, town: &Town, case: &str) -> (TaskState, i64) {
    let mut desk = host.desk(town, "housing");
    let answer =
        desk.get_task(GetTaskRequest { case_id: case.into(), ..Default::default() }).await.unwrap();
    let task = answer.into_inner().task.unwrap();
    (task.state(), task.due_at_ms - NOW.0)
}

#[tokio::test]
async fn our_own_outage_is_not_charged_at_the_desk_either() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    for (number, case) in [(1, "c1"), (2, "c2")] {
        host.hears("housing", number, case, &call("housing", "housing", 1)).await;
    }
    town.clock.advance(Duration::from_millis(100));
    accept(&mut host.desk(&town, "housing"), "r1", "c2").await.unwrap();
    let away = |from: i64, to: i64| {
        proto::outage::write(&Outage { from: Moment(NOW.0 + from), to: Moment(NOW.0 + to) })
    };
    let subject = "outage/wenshan";
    // Nobody but the worker knows of one, and one of another city is another city's.
    host.gets("unit/enforcement", "housing", 1, subject, away(500, 9_000)).await;
    host.gets("service/worker", "housing", 3, "outage/wuhan", away(500, 9_000)).await;
    assert_eq!(get(&host, &town, "c1").await, (TaskState::Called, 1_000));
    for number in [4, 5] {
        host.gets("service/worker", "housing", number, subject, away(500, 10_500)).await;
        assert_eq!(get(&host, &town, "c1").await, (TaskState::Called, 11_000), "once");
        assert_eq!(get(&host, &town, "c2").await, (TaskState::Accepted, 12_100));
    }
    host.end().await;
}

#[tokio::test]
async fn an_instruction_that_names_others_ends_the_task() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &call("housing", "housing", 1)).await;
    let instructed = Fact::Ladder(Ladder::Instructed {
        round: 2,
        lead: "enforcement".parse().unwrap(),
        cooperating: vec![],
        within_ms: 1,
        text: "today".into(),
        instructed_by: "office/gov_city".parse().unwrap(),
    });
    host.hears_from("unit/enforcement", "housing", 1, "c1", &instructed).await;
    assert_eq!(get(&host, &town, "c1").await.0, TaskState::Called, "it is not theirs to say");
    host.hears_from("service/gateway", "housing", 1, "c1", &instructed).await;
    assert_eq!(get(&host, &town, "c1").await, (TaskState::Superseded, -NOW.0));
    host.end().await;
}
