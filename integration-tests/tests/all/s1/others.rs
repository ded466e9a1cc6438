//! Units that are not called receive nothing (无事不扰).
//!
//! That nothing came is shown by what comes next: a mailbox is in order, so whoever has the call of
//! a later case as the first thing that ever reached it has had nothing of the one before.

use proto::unit::TaskState;

use super::{
    people::{Asked, OTHERS, People},
    stage::Stage,
};

#[tokio::test(flavor = "multi_thread")]
async fn units_that_are_not_called_receive_nothing() {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let id = people.community.whistle().await;
    people.work(&id).await;
    people.confirm(&id).await;
    people.community.until("closed", &id, Asked::closed).await;

    // The next matter calls all units of the route.
    let next = people.community.raise("all", 2, |request| request.called_units.clear()).await;
    let next = next.unwrap().case_id;
    assert_ne!(next, id, "a closed case is never reported again");
    for unit in OTHERS {
        let department = people.department(unit);
        department.until(&next, TaskState::Called).await;
        let tasks = department.tasks().await;
        let cases: Vec<&str> = tasks.iter().map(|task| task.case_id.as_str()).collect();
        assert_eq!(cases, [next.as_str()], "{unit}");
        assert_eq!(department.first_case().await, next, "{unit} has had nothing before");
    }
    let history = people.community.history(&id).await;
    let is_other = |party: &str| OTHERS.iter().any(|unit| party == format!("unit/{unit}"));
    assert!(history.iter().all(|entry| !is_other(&entry.recipient)), "{history:#?}");
    stage.close();
}
