//! Each role as a process of its own, from its configuration file.

use proto::whistle::CaseStage;

use crate::{
    city::{City, Part},
    people::{case, eventually, report_for_duty, whistle},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_whistle_is_taken_while_everything_else_is_down_and_goes_on_when_it_is_up() {
    let mut city = City::new("standard", &[&["enforcement"]]);
    let data = city.data().to_owned();
    city.start(Part::Gateway);
    crate::people::reachable(&data, &["gateway"]).await;
    let case_id = whistle(&data).await;
    let taken = case(&data, &case_id).await;
    assert_eq!((taken.stage(), taken.is_on_bus), (CaseStage::Raised, false));

    city.start_temporal().await;
    for part in [Part::Bus, Part::Worker, Part::Units(0)] {
        city.start(part);
    }
    eventually(&data, &case_id, CaseStage::Called).await;
    assert_eq!(report_for_duty(&data, &case_id).await, 1);
    let case = eventually(&data, &case_id, CaseStage::Working).await;
    assert!(case.is_on_bus);
    assert!(city.terminate(), "SIGTERM drains a role");
}
