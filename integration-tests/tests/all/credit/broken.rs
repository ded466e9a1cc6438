//! Outside systems that refuse for good, or to which there is no way: parked for a person, never lost.

use proto::credit_wire::{Delivery, DeliveryState};

use super::{
    outside::Act,
    stage::{CIVILITY, ENFORCEMENT, INTEGRITY, PLATFORM, POLICE, Stage},
};
use crate::s1::stage::until;

async fn parked(stage: &Stage) -> Vec<Delivery> {
    let look = async || stage.deliveries().await;
    let is_parked =
        |open: &Vec<Delivery>| open.len() == 1 && open[0].state() == DeliveryState::Parked;
    until("it is parked", look, is_parked).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_refuses_for_good_waits_for_the_office_and_is_put_back() {
    let stage = Stage::open().await;
    stage.outside.does(PLATFORM, &[Act::Say(422)]);
    stage.confirms_many(ENFORCEMENT, "hauler-1", "no_approval", 7).await;
    let open = parked(&stage).await;
    let owner = "office/command_hq_office";
    assert_eq!((open.len(), &*open[0].owner), (1, owner));
    assert_eq!(open[0].text, "422 not this one");
    assert_eq!(stage.outside.came(PLATFORM).len(), 1, "it is not tried on");
    let waiting = stage.asks(&["waiting"]);
    assert_eq!((&waiting[0]["state"], &waiting[0]["owner"]), (&"parked".into(), &owner.into()));
    stage.outside.does(PLATFORM, &[Act::Take]);
    let by = ["--reason", "it is known there now", "--person", "li.na", "--as", owner];
    let put = [&["put-back", "hauler-1", &open[0].delivery][..], &by].concat();
    assert_eq!(stage.asks(&put)[0]["event"], "put_back");
    stage.notices("transport", 1).await;
    let came = stage.outside.came(PLATFORM);
    assert!(came.len() == 2 && came[0] == came[1], "the key stays: {came:?}");
    let listed = stage.asks(&["listed"]);
    assert_eq!((&listed[0]["object"], &listed[0]["score"]), (&"hauler-1".into(), &58.into()));
    let shown = stage.asks(&["show", "hauler-1"]);
    assert_eq!((&shown[0]["is_listed"], shown.len()), (&true.into(), 9), "7 violations, a push");
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_without_a_way_is_parked_and_said_so_and_one_that_is_skipped_is_done() {
    let stage = Stage::with(&[INTEGRITY]).await;
    stage.confirms(POLICE, "driver-1", "no_yield_at_crossing", "z-1").await.unwrap();
    let open = parked(&stage).await;
    assert_eq!((open.len(), &*open[0].receiver), (1, CIVILITY));
    assert!(open[0].text.starts_with("NOT_CONFIGURED"), "{open:?}");
    stage.skips("driver-1", &open[0].delivery).await;
    let look = async || stage.deliveries().await;
    until("it is done", look, Vec::is_empty).await;
    stage.revokes(POLICE, "driver-1", "z-1").await;
    let back = async || stage.outside.taken(INTEGRITY);
    let order = until("the other is corrected", back, |taken| taken.len() == 2).await;
    assert_eq!(order[1], "withdrawn/public_security/z-1");
    until("nothing is left", look, Vec::is_empty).await;
    let score = stage.score("driver-1", "shown", |_| true).await;
    assert_eq!(score.deliveries.len(), 3, "nothing is there to be corrected: {score:?}");
    stage.close();
}
