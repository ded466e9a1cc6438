//! S4, the credit half: violations of two units take the score of a hauling company from 66 to 59.

use kit::status;
use proto::credit_wire::{DeliveryState, ViolationState};

use super::{
    outside::Act,
    stage::{ENFORCEMENT, PLATFORM, POLICE, Stage},
};
use crate::s1::stage::until;

const TRUCKS: &str = "hauler-9";

/// 34 points are gone.
async fn at_66(stage: &Stage) {
    stage.confirms_many(ENFORCEMENT, TRUCKS, "no_approval", 5).await;
    stage.confirms(ENFORCEMENT, TRUCKS, "unsealed_load", "old").await.unwrap();
    stage.settled(TRUCKS, 66).await;
}

/// 7 more: mud by enforcement, speeding by the police.
async fn to_59(stage: &Stage) {
    stage.confirms(ENFORCEMENT, TRUCKS, "mud_on_road", "mud").await.unwrap();
    stage.confirms(POLICE, TRUCKS, "speeding", "speed").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_score_falls_below_60_one_push_a_receipt_and_the_named_units_are_told() {
    let stage = Stage::open().await;
    at_66(&stage).await;
    assert!(stage.listed().await.is_empty());
    to_59(&stage).await;
    let score = stage.settled(TRUCKS, 59).await;
    let score = match score.deliveries.len() {
        0 => stage.score(TRUCKS, "it is pushed", |score| !score.deliveries.is_empty()).await,
        _ => score,
    };
    assert_eq!(score.listings.len(), 1);
    for unit in ["transport", "housing", ENFORCEMENT, POLICE] {
        let notices = stage.notices(unit, 1).await;
        assert!(notices[0].text.contains("黑榜") && notices[0].text.contains("59"), "{notices:?}");
    }
    let score = stage.settled(TRUCKS, 59).await;
    assert_eq!((score.is_listed, score.noticed.len()), (true, 4));
    assert_eq!(score.deliveries[0].state(), DeliveryState::Delivered);
    assert!(score.deliveries[0].text.starts_with("receipt of dengfeng/hauler-9/"));
    assert_eq!(stage.listed().await, [TRUCKS]);
    assert_eq!((stage.outside.taken(PLATFORM), stage.outside.came(PLATFORM).len()), {
        (vec!["listed/1".to_owned()], 1)
    });
    assert_eq!(stage.outside.data(PLATFORM, "listed/1")["score"], 59);
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_away_gets_it_once_under_a_key_that_stays_also_after_a_kill() {
    let mut stage = Stage::open().await;
    stage.outside.does(PLATFORM, &[Act::Say(503), Act::Stall, Act::Say(503)]);
    at_66(&stage).await;
    to_59(&stage).await;
    let tried = async || stage.outside.came(PLATFORM).len();
    until("it was tried", tried, |tried| *tried >= 3).await;
    let open = stage.deliveries().await;
    assert_eq!((open.len(), open[0].state()), (1, DeliveryState::Started));
    assert!(stage.score(TRUCKS, "shown", |_| true).await.noticed.is_empty(), "nobody punishes yet");
    stage.restart();
    // It takes it, and breaks off: the same comes again, and is taken once.
    stage.outside.does(PLATFORM, &[Act::Reset, Act::Take]);
    stage.notices("transport", 1).await;
    let came = stage.outside.came(PLATFORM);
    assert!(came.len() >= 5 && came.iter().all(|key| *key == came[0]), "{came:?}");
    assert_eq!(stage.outside.taken(PLATFORM), ["listed/1"]);
    let trouble = stage.settled(TRUCKS, 59).await;
    assert_eq!(trouble.deliveries.len(), 1);
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_60_is_not_on_the_list() {
    let stage = Stage::open().await;
    at_66(&stage).await;
    stage.confirms(POLICE, TRUCKS, "plate_covered", "plate").await.unwrap();
    let score = stage.settled(TRUCKS, 60).await;
    assert!(!score.is_listed && score.listings.is_empty() && score.deliveries.is_empty());
    // One point of another object crosses: were the first on its way, it would have come before.
    stage.confirms_many(ENFORCEMENT, "other", "no_approval", 7).await;
    let came = async || stage.outside.taken(PLATFORM);
    let came = until("the other is pushed", came, |came| !came.is_empty()).await;
    assert_eq!(
        (came, stage.listed().await),
        (vec!["listed/1".to_owned()], vec!["other".to_owned()])
    );
    assert_eq!(stage.outside.data(PLATFORM, "listed/1")["object"], "other");
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_confirmations_at_the_same_moment_by_both_are_one_crossing_and_one_push() {
    let stage = Stage::open().await;
    at_66(&stage).await;
    let (mud, plate) = tokio::join!(
        stage.confirms(ENFORCEMENT, TRUCKS, "no_approval", "both-1"),
        stage.confirms(POLICE, TRUCKS, "plate_covered", "both-2"),
    );
    mud.unwrap();
    plate.unwrap();
    stage.notices("transport", 1).await;
    let score = stage.settled(TRUCKS, 54).await;
    assert_eq!((score.listings.len(), score.deliveries.len()), (1, 1));
    assert_eq!(stage.outside.came(PLATFORM).len(), 1);
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_revoked_after_the_push_is_corrected_and_the_history_is_kept() {
    let stage = Stage::open().await;
    at_66(&stage).await;
    to_59(&stage).await;
    stage.notices("transport", 1).await;
    stage.revokes(POLICE, TRUCKS, "speed").await;
    let notices = stage.notices("transport", 2).await;
    let corrected = notices.iter().filter(|notice| !notice.corrected_by.is_empty()).count();
    assert_eq!(corrected, 1, "the first one is corrected by the second: {notices:?}");
    let score = stage.settled(TRUCKS, 62).await;
    assert_eq!(stage.outside.taken(PLATFORM), ["listed/1", "corrected/1"]);
    let data = stage.outside.data(PLATFORM, "corrected/1");
    assert_eq!(data["score"], 62);
    assert_eq!(data["takes_back"], "dengfeng/hauler-9/ext_zhengzhou_credit/listed/1");
    assert!(!score.is_listed && stage.listed().await.is_empty());
    assert_eq!((&*score.listings[0].ending, score.listings[0].score), ("corrected", 59));
    let revoked = score.violations.iter().find(|one| one.decision == "speed").unwrap();
    assert_eq!(revoked.state(), ViolationState::Revoked);
    assert_eq!(revoked.revoked_reason, "another truck of the same colour");
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_outside_the_power_is_refused_and_one_fact_is_charged_once() {
    let stage = Stage::open().await;
    let refused = stage.confirms(ENFORCEMENT, TRUCKS, "speeding", "x").await.unwrap_err();
    assert_eq!(status::rejection(&refused).reason, "NOT_ITS_POWER");
    let litter = "litter_from_car";
    let first = ("a", "litter-at-the-gate");
    stage.confirms_fact(ENFORCEMENT, "driver-3", litter, first).await.unwrap();
    stage.score("driver-3", "it is known", |score| score.violations.len() == 1).await;
    stage.confirms_fact(POLICE, "driver-3", litter, ("b", first.1)).await.unwrap();
    let both = |score: &proto::credit_wire::Score| score.violations.len() == 2;
    let score = stage.score("driver-3", "both are known", both).await;
    let states: Vec<ViolationState> = score.violations.iter().map(|one| one.state()).collect();
    assert_eq!(states, [ViolationState::Charged, ViolationState::Double]);
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_take_it_off_the_list_by_the_procedure_of_the_pack() {
    let stage = Stage::open().await;
    at_66(&stage).await;
    to_59(&stage).await;
    stage.notices("transport", 1).await;
    assert!(!stage.removes(TRUCKS, "li").await.unwrap());
    let again = async || match stage.removes(TRUCKS, "wang").await {
        Ok(is_removed) => is_removed,
        Err(wait) if status::rejection(&wait).reason == "UNDER_WAY" => false,
        Err(other) => panic!("{other:?}"),
    };
    until("the second person says so", again, |is_removed| *is_removed).await;
    stage.notices("transport", 2).await;
    let score = stage.settled(TRUCKS, 59).await;
    assert!(!score.is_listed && stage.listed().await.is_empty());
    assert_eq!((&*score.listings[0].ending, score.listings[0].removals.len()), ("removed", 2));
    assert_eq!(stage.outside.taken(PLATFORM), ["listed/1", "removed/1"]);
    stage.close();
}
