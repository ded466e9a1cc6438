//! The worker and a unit are killed in the middle: no opinion is lost, no task is there twice.
//!
//! Each role is a process of its own, on the pack as it ships.

use proto::whistle::{
    HistoryEntry, ListHistoryRequest, whistle_service_client::WhistleServiceClient,
};

use super::people::{
    ENFORCEMENT, POLICE, Says, application, apply, at_work, eventually, item, says,
};
use crate::city::{City, Part};

async fn whistles(city: &City, case_id: &str) -> usize {
    let mut gateway =
        WhistleServiceClient::new(city.line("office/command_hq_office", &["gateway"]));
    let request = ListHistoryRequest { case_id: case_id.to_owned(), page: None };
    let history = gateway.list_history(request).await.unwrap().into_inner().entries;
    let is_whistle = |entry: &&HistoryEntry| entry.r#type.ends_with("WhistleRaised");
    history.iter().filter(is_whistle).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_and_a_unit_are_killed_and_no_opinion_is_lost_and_no_task_twice() {
    let mut city = City::new("standard", &[&[POLICE, "transport"], &[ENFORCEMENT]]);
    city.becomes("dengfeng");
    city.start_all().await;
    let items = || vec![item("1", "keep"), item("2", "keep")];
    let taken = async || apply(&city, application("a", "bollards", items())).await;
    let id = crate::s1::stage::until("taken", taken, Result::is_ok).await.unwrap();
    says(&city, POLICE, (&id, "yes"), &["1", "2"], Says::Yes(&[])).await.unwrap();

    // SIGKILL: they have no chance to say or write anything more.
    city.kill(Part::Worker);
    says(&city, ENFORCEMENT, (&id, "yes"), &["1"], Says::Yes(&[])).await.unwrap();
    // What the desk has taken is in its own journal, whether the bus has it yet or not.
    city.kill(Part::Units(1));
    city.start(Part::Units(1));
    city.start(Part::Worker);
    let first = |one: &proto::approval::Approval| one.approved == 1 && at_work(one);
    eventually(&city, "the first is at work", &id, first).await;
    city.kill(Part::Worker);
    says(&city, ENFORCEMENT, (&id, "no"), &["2"], Says::No("a gate is there")).await.unwrap();
    city.start(Part::Worker);
    let done = |one: &proto::approval::Approval| {
        (one.open, one.refused) == (0, 1) && one.items.iter().any(|item| !item.reason.is_empty())
    };
    eventually(&city, "complete", &id, done).await;
    assert_eq!(whistles(&city, &format!("{id}-1")).await, 1);
    assert!(city.terminate(), "SIGTERM drains a role");
}
