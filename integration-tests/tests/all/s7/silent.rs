//! Silence past the limit: urged once, the office is told, and it is never consent.

use proto::approval::Approval;

use super::people::{
    ENFORCEMENT, POLICE, Says, application, apply, at_work, dengfeng, desk, eventually, item, says,
};

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_urged_told_to_the_office_and_never_counted_as_consent() {
    let stage = dengfeng("20s,10s,1s").await;
    let id = apply(&stage, application("a", "bollards", vec![item("1", "keep")])).await.unwrap();
    says(&stage, ENFORCEMENT, (&id, "yes"), &["1"], Says::Yes(&[])).await.unwrap();
    let told = |one: &Approval| one.is_escalated && one.owed.iter().any(|owed| owed.is_urged);
    let approval = eventually(&stage, "urged, and the office told", &id, told).await;
    assert_eq!((approval.open, approval.approved), (1, 0), "silence is no yes");
    let owed: Vec<&str> = approval.owed.iter().map(|owed| owed.unit.as_str()).collect();
    assert_eq!(owed, [POLICE], "who has spoken is not urged");
    let urged = |found: &Vec<Approval>| found[0].owed.iter().any(|owed| owed.is_urged);
    let police = async || desk(&stage, POLICE, true).await;
    crate::s1::stage::until("the desk knows", police, urged).await;

    says(&stage, POLICE, (&id, "late"), &["1"], Says::Yes(&[])).await.unwrap();
    eventually(&stage, "at work", &id, |one| one.approved == 1 && at_work(one)).await;
    stage.close().await;
}
