//! One truck, six findings: given to two units, each decides within its own power, and the stop is
//! closed when all six are; also while the system of the police is down.

use kit::status;
use proto::inspection_wire::FindingState;

use super::people::{
    ENFORCEMENT, POLICE, SIX, pending, punishes, score, seen, states, stops, takes_back,
};
use crate::city::{City, Part};

async fn dengfeng() -> City {
    let mut city = City::new("standard", &[&[ENFORCEMENT], &[POLICE]]);
    city.becomes("dengfeng");
    for part in [Part::Bus, Part::Gateway, Part::Units(0), Part::Units(1)] {
        city.start(part);
    }
    city
}

fn six() -> Vec<(&'static str, &'static str)> {
    SIX.iter().map(|(code, _)| (*code, *code)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_truck_six_findings_three_for_each_and_the_stop_closes_with_the_sixth() {
    let mut city = dengfeng().await;
    let open = async || stops(&city, ENFORCEMENT, "stop", &six()).await;
    let opened = crate::s1::stage::until("it is open", open, Result::is_ok).await.unwrap();
    let owners: Vec<&str> = opened.findings.iter().map(|finding| &*finding.owner).collect();
    assert_eq!(owners, SIX.map(|(_, owner)| owner));
    let id = &*opened.inspection_id;
    let beyond = punishes(&city, ENFORCEMENT, (id, 6), "e-6").await.unwrap_err();
    assert_eq!(status::rejection(&beyond).reason, "NOT_ITS_POWER");
    pending(&city, POLICE, 3).await;
    for number in 1..=5 {
        let unit = SIX[number as usize - 1].1;
        punishes(&city, unit, (id, number), &format!("d-{number}")).await.unwrap();
        let left = 6 - number;
        let one = seen(&city, id, "one less is open", |one| one.open == left).await;
        assert_eq!(one.closed_at_ms, 0, "{left} are open");
    }
    punishes(&city, POLICE, (id, 6), "d-6").await.unwrap();
    let closed = seen(&city, id, "it is closed", |one| one.closed_at_ms > 0).await;
    assert_eq!(states(&closed), [FindingState::Penalized; 6]);
    // 6 + 4 + 4 by enforcement, 6 + 4 + 3 by the police, each once.
    let counted = score(&city, "all six count", |score| score.violations.len() == 6).await;
    assert_eq!(counted.score, 73);

    takes_back(&city, ENFORCEMENT, (id, 2)).await;
    let after = seen(&city, id, "it is seen", |one| states(one)[1] == FindingState::Revoked).await;
    assert_eq!((after.closed_at_ms, after.open), (closed.closed_at_ms, 0), "nothing is opened");
    score(&city, "its points are back", |score| score.score == 77).await;
    assert!(city.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_police_are_away_their_findings_wait_at_the_bus_and_the_stop_shows_them_pending()
{
    let mut city = dengfeng().await;
    let ready = async || stops(&city, POLICE, "first", &[("speeding", "other")]).await;
    crate::s1::stage::until("the police are there", ready, Result::is_ok).await.unwrap();
    city.kill(Part::Units(1));
    let opened = stops(&city, ENFORCEMENT, "stop", &six()).await.unwrap();
    let id = &*opened.inspection_id;
    for number in 1..=3 {
        punishes(&city, ENFORCEMENT, (id, number), &format!("d-{number}")).await.unwrap();
    }
    let one = seen(&city, id, "the own are settled", |one| one.open == 3).await;
    let (own, others) = ([FindingState::Penalized; 3], [FindingState::Pending; 3]);
    assert_eq!(states(&one), [own, others].concat());
    assert!(one.findings[3..].iter().all(|finding| finding.owner == POLICE), "each has an owner");

    city.start(Part::Units(1));
    let theirs = pending(&city, POLICE, 4).await;
    for finding in theirs.iter().filter(|finding| finding.inspection_id == id) {
        let number = finding.number;
        punishes(&city, POLICE, (id, number), &format!("d-{number}")).await.unwrap();
    }
    let closed = seen(&city, id, "it is closed", |one| one.closed_at_ms > 0).await;
    assert_eq!(states(&closed), [FindingState::Penalized; 6]);
    assert!(city.terminate());
}
