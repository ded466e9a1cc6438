//! Parts are killed between a stop and its settlements: what a desk has taken is not lost, nothing is
//! there twice, and nobody is fined twice.

use proto::inspection_wire::FindingState;

use super::people::{ENFORCEMENT, POLICE, pending, punishes, score, seen, states, stops};
use crate::city::{City, Part};

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_the_bus_and_the_gateway_are_killed_and_every_finding_is_settled_once() {
    let mut city = City::new("standard", &[&[ENFORCEMENT], &[POLICE]]);
    city.becomes("dengfeng");
    let all = [Part::Bus, Part::Gateway, Part::Units(0), Part::Units(1)];
    all.into_iter().for_each(|part| city.start(part));
    let findings = [("mud_on_road", "mud"), ("speeding", "speed")];
    let open = async || stops(&city, ENFORCEMENT, "stop", &findings).await;
    let opened = crate::s1::stage::until("it is open", open, Result::is_ok).await.unwrap();
    let id = &*opened.inspection_id;
    // SIGKILL: they have no chance to say or write anything more.
    city.kill(Part::Bus);
    let again = stops(&city, ENFORCEMENT, "stop", &findings).await.unwrap();
    assert_eq!(again, opened, "a repeat is the same stop");
    punishes(&city, ENFORCEMENT, (id, 1), "d-1").await.unwrap();
    city.kill(Part::Units(0));
    city.kill(Part::Gateway);
    city.start(Part::Units(0));
    city.start(Part::Bus);
    city.start(Part::Gateway);
    pending(&city, POLICE, 1).await;
    punishes(&city, POLICE, (id, 2), "d-2").await.unwrap();
    city.kill(Part::Units(1));
    city.kill(Part::Gateway);
    city.start(Part::Gateway);
    city.start(Part::Units(1));
    let closed = seen(&city, id, "it is closed", |one| one.closed_at_ms > 0).await;
    assert_eq!(states(&closed), [FindingState::Penalized; 2]);
    let counted = score(&city, "both count", |score| score.violations.len() == 2).await;
    assert_eq!(counted.score, 93, "4 and 3, each once");
    assert!(city.terminate());
}
