//! The worker's process is killed between accept and arrive: nothing is lost, nothing said twice.
//!
//! Each role is a process of its own, on the pack as it ships.

use proto::case::Outcome;

use super::people::{Asked, CALLED, People};
use crate::city::{City, Part};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_accept_and_arrive_resumes_with_nothing_lost_or_repeated() {
    let mut city = City::new("standard", &[&CALLED]);
    let data = city.data().to_owned();
    city.start_all().await;
    crate::people::reachable(&data, &["gateway"]).await;

    let people = People::of(&data);
    let id = people.community.whistle().await;
    crate::people::eventually(&data, &id, proto::whistle::CaseStage::Called).await;
    for unit in [&people.lead, &people.cooperating] {
        unit.accept(&id).await;
    }
    let accepted =
        |case: &proto::whistle::Case| case.parts.iter().all(|part| part.accepted_at_ms > 0);
    people.community.until("accepted", &id, accepted).await;
    // SIGKILL: it has no chance to say or write anything more.
    city.kill(Part::Worker);

    for unit in [&people.lead, &people.cooperating] {
        unit.arrive(&id).await;
        unit.dispose(&id, "done").await;
    }
    people.lead.declare(&id).await.unwrap();
    people.community.until("asked to confirm", &id, Asked::confirming).await;
    people.community.confirm(&id, &[(CALLED[0], 5), (CALLED[1], 5)]).await.unwrap();
    city.start(Part::Worker);
    let case = people.community.until("closed", &id, Asked::closed).await;
    assert_eq!(case.outcome(), Outcome::Confirmed);

    people.nothing_came_twice(&id).await;
    assert!(city.terminate(), "SIGTERM drains a role");
}
