//! S9, flow B: an uncivil driver goes into the integrity system and into the civility system.

use proto::credit_wire::{Delivery, DeliveryState, Score};

use super::{
    outside::Act,
    stage::{CIVILITY, INTEGRITY, POLICE, Stage},
};

const DRIVER: &str = "driver-7";
const ZEBRA: &str = "no_yield_at_crossing";

fn is_with(score: &Score, receiver: &str, cause: &str) -> bool {
    let of = |one: &&Delivery| one.receiver == receiver && one.delivery.contains(cause);
    let state = score.deliveries.iter().find(of).map(Delivery::state);
    state == Some(DeliveryState::Delivered)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uncivil_act_reaches_both_systems_and_the_civility_office() {
    let stage = Stage::open().await;
    stage.confirms(POLICE, DRIVER, ZEBRA, "z-1").await.unwrap();
    let both =
        |score: &Score| [INTEGRITY, CIVILITY].iter().all(|one| is_with(score, one, "shared"));
    let score = stage.score(DRIVER, "both have it", both).await;
    assert_eq!((score.score, score.is_listed), (100, false), "it takes no points");
    for system in [INTEGRITY, CIVILITY] {
        assert_eq!(stage.outside.taken(system), ["shared/public_security/z-1"]);
        let data = stage.outside.data(system, "z-1");
        assert_eq!((&data["code"], &data["object"]), (&ZEBRA.into(), &DRIVER.into()));
    }
    let notices = stage.notices("propaganda", 1).await;
    assert!(notices[0].text.contains(ZEBRA) && !notices[0].purpose.is_empty(), "{notices:?}");
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_civility_system_is_away_the_office_sees_one_of_two() {
    let stage = Stage::open().await;
    stage.outside.does(CIVILITY, &[Act::Say(503)]);
    stage.confirms(POLICE, DRIVER, ZEBRA, "z-1").await.unwrap();
    let one = |score: &Score| is_with(score, INTEGRITY, "shared") && score.deliveries.len() == 2;
    stage.score(DRIVER, "one of two has it", one).await;
    let tried = async || stage.deliveries().await;
    let is_said = |open: &Vec<Delivery>| open.len() == 1 && open[0].text.starts_with("503");
    let open = crate::s1::stage::until("the office sees why", tried, is_said).await;
    assert_eq!((&*open[0].receiver, open[0].state()), (CIVILITY, DeliveryState::Started));
    stage.outside.does(CIVILITY, &[Act::Take]);
    stage.score(DRIVER, "both have it", |score| is_with(score, CIVILITY, "shared")).await;
    assert!(stage.deliveries().await.is_empty());
    assert_eq!(stage.outside.came(INTEGRITY).len(), 1, "who has it is not asked again");
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_act_is_corrected_at_both_and_the_civility_office_is_told() {
    let stage = Stage::open().await;
    stage.confirms(POLICE, DRIVER, ZEBRA, "z-1").await.unwrap();
    let both =
        |score: &Score| [INTEGRITY, CIVILITY].iter().all(|one| is_with(score, one, "shared"));
    stage.score(DRIVER, "both have it", both).await;
    stage.notices("propaganda", 1).await;
    stage.revokes(POLICE, DRIVER, "z-1").await;
    let back =
        |score: &Score| [INTEGRITY, CIVILITY].iter().all(|one| is_with(score, one, "withdrawn"));
    stage.score(DRIVER, "both are corrected", back).await;
    for system in [INTEGRITY, CIVILITY] {
        let id = "public_security/z-1";
        let order = [format!("shared/{id}"), format!("withdrawn/{id}")];
        assert_eq!(stage.outside.taken(system), order);
    }
    let notices = stage.notices("propaganda", 2).await;
    assert_eq!(notices.iter().filter(|notice| !notice.corrected_by.is_empty()).count(), 1);
    stage.close();
}
