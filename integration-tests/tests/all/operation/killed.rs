//! The worker and a unit are killed in the middle: no word is lost, nobody is called twice, and in the
//! end everybody has let go.

use proto::operation::{EndKind, Operation, OperationStage};

use super::people::{
    ENFORCEMENT, POLICE, TRANSPORT, arrives, comes, end, eventually, is_at, log, night, part, plan,
};
use crate::city::{City, Part};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_and_a_unit_are_killed_and_everybody_is_called_and_let_go_once() {
    let mut city = City::new("standard", &[&[POLICE, TRANSPORT], &[ENFORCEMENT]]);
    city.becomes("dengfeng");
    city.start_all().await;
    let taken = async || plan(&city, night("night")).await;
    let id = crate::s1::stage::until("taken", taken, Result::is_ok).await.unwrap();
    comes(&city, (POLICE, &id), "a").await.unwrap();
    comes(&city, (ENFORCEMENT, &id), "a").await.unwrap();

    // SIGKILL: they have no chance to say or write anything more.
    city.kill(Part::Worker);
    city.kill(Part::Units(1));
    comes(&city, (TRANSPORT, &id), "a").await.unwrap();
    city.start(Part::Units(1));
    let held =
        part(&city, "what it reserved is in its journal", (ENFORCEMENT, &id), |_| true).await;
    assert!(held.reserved.is_some());
    city.start(Part::Worker);
    eventually(&city, "begun", &id, is_at(OperationStage::Started)).await;
    arrives(&city, (ENFORCEMENT, &id)).await;
    end(&city, &id, EndKind::Stopped).await.unwrap();
    city.kill(Part::Worker);
    city.kill(Part::Units(1));
    city.start(Part::Worker);
    city.start(Part::Units(1));
    let closed = eventually(&city, "closed", &id, is_at(OperationStage::Closed)).await;
    let Operation { summary, unreleased, .. } = closed;
    assert_eq!((summary.unwrap().came, unreleased.len()), (vec![ENFORCEMENT.to_owned()], 0));
    part(&city, "let go", (ENFORCEMENT, &id), |part| part.is_released).await;
    let entries = log(&city, "admin/li", &id).await.unwrap();
    for what in ["is called", "is briefed", "is to let go"] {
        let count = entries.iter().filter(|one| one.sentence.ends_with(what)).count();
        assert_eq!(count, 3, "{what}, each once: {entries:#?}");
    }
    assert!(city.terminate(), "SIGTERM drains a role");
}
