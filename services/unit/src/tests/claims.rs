//! Claims: which person of a unit works on a task.

use proto::unit::{ClaimTaskRequest, GetTaskRequest, Task, WatchTasksRequest};

use super::{
    desk::{Desk, accept, refuse},
    *,
};

async fn claim(
    desk: &mut Desk,
    id: &str,
    (person, holder): (&str, &str),
    is_given_back: bool,
) -> Result<Task, Status> {
    let request = ClaimTaskRequest {
        command: Some(Asks { request_id: id.into(), person: person.into() }),
        case_id: "c1".into(),
        holder: holder.into(),
        is_given_back,
        ..ClaimTaskRequest::default()
    };
    Ok(desk.claim_task(request).await?.into_inner().task.unwrap())
}

async fn holder(desk: &mut Desk) -> String {
    let request = GetTaskRequest { case_id: "c1".into(), on_behalf_of: String::new() };
    desk.get_task(request).await.unwrap().into_inner().task.unwrap().claimed_by
}

#[tokio::test]
async fn a_person_claims_a_task_takes_it_over_knowingly_and_gives_it_back() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &call("housing", "enforcement", 1)).await;
    let mut desk = host.desk(&town, "housing");
    let watch = WatchTasksRequest { after_place: 0, only_new: true };
    let mut changes = desk.watch_tasks(watch).await.unwrap().into_inner();
    let task = claim(&mut desk, "r1", ("li.na", ""), false).await.unwrap();
    assert_eq!((task.claimed_by.as_str(), task.claimed_at_ms), ("li.na", NOW.0));
    let seen = changes.message().await.unwrap().unwrap().task.unwrap();
    assert_eq!(seen.claimed_by, "li.na", "who watches sees it");
    let records = host.records("housing").len();
    let again = claim(&mut desk, "r1", ("li.na", ""), false).await.unwrap();
    assert_eq!((again.claimed_by.as_str(), host.records("housing").len()), ("li.na", records));

    let unseen = claim(&mut desk, "r2", ("wang.wei", ""), false).await.unwrap_err();
    assert_eq!(reason(&unseen), "CLAIMED_MEANWHILE");
    assert!(unseen.message().contains("li.na has it now"), "{unseen}");
    let others = claim(&mut desk, "r3", ("wang.wei", "li.na"), true).await.unwrap_err();
    assert_eq!(reason(&others), "NOT_CLAIMED", "nobody gives back what another has");
    claim(&mut desk, "r4", ("wang.wei", "li.na"), false).await.unwrap();
    assert_eq!(holder(&mut desk).await, "wang.wei");

    // It hinders nobody, and goes to nobody else.
    accept(&mut desk, "r5", "c1").await.unwrap();
    assert_eq!((holder(&mut desk).await.as_str(), host.waiting("housing").len()), ("wang.wei", 1));
    claim(&mut desk, "r6", ("wang.wei", "wang.wei"), true).await.unwrap();
    assert_eq!(holder(&mut desk).await, "");
    host.end().await;
}

#[tokio::test]
async fn a_later_round_is_claimed_anew_and_what_is_over_is_not() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &call("housing", "enforcement", 1)).await;
    let mut desk = host.desk(&town, "housing");
    claim(&mut desk, "r1", ("li.na", ""), false).await.unwrap();
    host.hears("housing", 2, "c1", &call("housing", "enforcement", 2)).await;
    assert_eq!(holder(&mut desk).await, "");
    claim(&mut desk, "r2", ("li.na", ""), false).await.unwrap();
    refuse(&mut desk, "not ours", "").await.unwrap();
    let over = claim(&mut desk, "r3", ("wang.wei", "li.na"), false).await.unwrap_err();
    assert_eq!(reason(&over), "NOTHING_TO_DO");
    host.end().await;
    let host = town.start(&["housing"]).await;
    assert_eq!(holder(&mut host.desk(&town, "housing")).await, "li.na", "it outlives its service");
    host.end().await;
}
