//! The same event in three cities goes to three leads, and there is no line of code between them:
//! only the pack is another.

use kit::clock::Clock;
use proto::unit::TaskState;

use super::stage::Stage;

/// City, community, cell; the lead, who is called beside it, and of those the territory.
type Place = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const PLACES: [Place; 3] = [
    (
        "wenshan",
        "kaihua_dongfeng",
        "WS-KH-001",
        "housing",
        &["enforcement", "environment", "transport"],
    ),
    (
        "dengfeng",
        "songyang_first",
        "DF-SY-001",
        "enforcement",
        &["environment", "housing", "transport"],
    ),
    (
        "wuhan",
        "liangdao_first",
        "WH-LD-001",
        "urban_construction",
        &[
            "district_wuchang",
            "enforcement",
            "environment",
            "landscape_forestry",
            "natural_resources",
            "transport",
            "water",
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_in_three_cities_goes_to_three_leads() {
    for (city, community, grid, lead, beside) in PLACES {
        let stage = Stage::open(city, |_| ()).await;
        let seen = Clock::system().now();
        let case = stage.whistle(community, "site_dust", grid, seen).await;
        assert_eq!(stage.called(&case, 1).await, lead, "{city}");
        let parts = stage.case(&case).await.parts;
        let units: Vec<&str> =
            parts.iter().filter(|part| !part.is_lead).map(|part| part.unit.as_str()).collect();
        assert_eq!(units, beside, "{city}");
        let task = stage.desk(lead).until(&case, TaskState::Called).await;
        assert!(task.call.unwrap().is_lead, "{city}");
        stage.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_matter_without_a_lead_and_one_with_six_wait_for_the_office_of_wuhan() {
    let stage = Stage::open("wuhan", |_| ()).await;
    let seen = Clock::system().now();
    for (issue, grid, candidates) in
        [("management_standard", "WH-DZ-001", 0), ("public_space_quality", "WH-DZ-002", 6)]
    {
        let case = stage.whistle("dazhi_first", issue, grid, seen).await;
        let is_waiting =
            |case: &proto::whistle::Case| case.stage() == proto::whistle::CaseStage::Assigning;
        let case = stage.until("waiting for its lead", &case, is_waiting).await;
        assert_eq!(case.owner, "office/um_committee_office", "{issue}");
        assert_eq!(case.candidates.len(), candidates, "{issue}");
    }
    stage.close().await;
}
