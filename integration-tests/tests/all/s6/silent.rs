//! The reviewer is silent past its limit: urged once, the office is told, and it is never consent.

use proto::decision::{Decision, DecisionStage, Issue, proceed_with_decision_request::Word};

use super::people::{
    HANDLER, OWNER, REVIEWER, approved, demolition, drafts, eventually, knows, refused,
};
use crate::s13::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_reviewer_is_urged_the_office_is_told_and_nothing_is_approved() {
    let stage = Stage::open("wenshan", |pack| {
        let file = pack.join("limits.csv");
        let rows = std::fs::read_to_string(&file).unwrap();
        let row = "standard,new_illegal_construction,review,";
        let was = rows.lines().find(|line| line.starts_with(row)).unwrap();
        let now = format!("{row}3s,1s,1s,of a story,example,*");
        std::fs::write(&file, rows.replace(was, &now)).unwrap();
    })
    .await;
    let id = drafts(&stage, (OWNER, HANDLER), "a", demolition()).await.unwrap();
    let told = |one: &Decision| one.owed.iter().any(|owed| owed.is_escalated && owed.is_urged);
    let silent = eventually(&stage, "urged, and the office told", &id, told).await;
    assert_eq!(silent.stage(), DecisionStage::InReview, "silence is no yes");
    let urged = |one: &Decision| one.owed.iter().any(|owed| owed.is_urged);
    knows(&stage, REVIEWER, &id, urged).await;
    let who = (OWNER, HANDLER);
    let reason = refused(&stage, who, (&id, "issue"), Word::Issue(Issue {})).await;
    assert_eq!(reason, "REVIEW_NEEDED");
    approved(&stage, &id).await;
    stage.close().await;
}
