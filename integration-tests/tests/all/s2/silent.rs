//! The city government does not answer: it is reminded and urged, and stands among those who are late.

use proto::{case::Duty, whistle::Case};

use super::people::{GOVERNMENT, Voice, opened, reason, stuck};
use crate::s1::{
    people::{Asked, COMMUNITY},
    stage::{Stage, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_government_that_is_silent_is_reminded_urged_and_listed_as_overdue() {
    let limits = [("dispose", "3s,1s,1s"), ("direct", "2s,0s,0s"), ("answer", "20s,19s,1s")];
    let stage = Stage::open(&limits);
    let (community, _housing, id) = stuck(&stage).await;
    opened(&community, &id).await;
    Voice::of(&stage.data, COMMUNITY).report("report", &id).await.unwrap();

    let rungs = async || {
        let history = community.history(&id).await;
        let told = history.into_iter().filter(|entry| entry.recipient == GOVERNMENT);
        told.map(|entry| entry.r#type.rsplit('.').next().unwrap().to_owned()).collect()
    };
    let wanted = ["ReportedToGovernment", "Reminded", "Urged"];
    until("reminded and urged", rungs, |told: &Vec<String>| *told == wanted).await;
    let case: Case = community.case(&id).await;
    let late = case.owed.iter().find(|owed| owed.party == GOVERNMENT).unwrap();
    assert_eq!(late.duty(), Duty::Answer);
    let now = kit::clock::Clock::system().now().0;
    assert!(late.due_at_ms < now, "{} is over at {now}", late.due_at_ms);
    assert!(!case.closed(), "its silence ends nothing");
    let withdrawn = Voice::of(&stage.data, COMMUNITY).withdraw("withdraw", &id).await;
    assert_eq!(reason(withdrawn), "UNDER_DIRECT_REPORT");
    stage.close();
}
