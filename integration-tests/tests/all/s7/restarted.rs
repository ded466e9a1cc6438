//! Everything is stopped and started again in the middle, twice: nothing is lost, nothing is there
//! twice.

use super::people::{
    ENFORCEMENT, POLICE, Says, application, apply, at_work, dengfeng, eventually, item, says,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_goes_on_where_it_was_and_no_task_is_there_twice() {
    let mut stage = dengfeng("30m,10m,10m").await;
    let items = ["1", "2", "3"].map(|id| item(id, "remove")).to_vec();
    let id = apply(&stage, application("a", "bollards", items)).await.unwrap();
    stage.restart().await;
    says(&stage, POLICE, (&id, "yes"), &["1", "2", "3"], Says::Yes(&[])).await.unwrap();
    says(&stage, ENFORCEMENT, (&id, "yes"), &["1", "2"], Says::Yes(&[])).await.unwrap();
    stage.restart().await;
    says(&stage, ENFORCEMENT, (&id, "no"), &["3"], Says::No("it stays")).await.unwrap();
    let done =
        |one: &proto::approval::Approval| (one.approved, one.refused) == (2, 1) && at_work(one);
    eventually(&stage, "complete", &id, done).await;
    for item in ["1", "2"] {
        let case_id = format!("{id}-{item}");
        stage.called(&case_id, 1).await;
        let whistles =
            |entry: &&proto::whistle::HistoryEntry| entry.r#type.ends_with("WhistleRaised");
        let history = stage.history(&case_id).await;
        assert_eq!(history.iter().filter(whistles).count(), 1, "{history:#?}");
        assert!(history[0].text.contains("联审联批"), "{}", history[0].text);
    }
    stage.close().await;
}
