//! The same engine with other approvers: parking bays (M069), three who approve and two who are only
//! asked.

use proto::approval::Proposal;

use super::people::{
    ENFORCEMENT, POLICE, Says, application, apply, at_work, dengfeng, eventually, item, item_of,
    says,
};

#[tokio::test(flavor = "multi_thread")]
async fn parking_bays_need_three_and_who_is_only_asked_stops_nothing() {
    let stage = dengfeng("30m,10m,10m").await;
    let bays = vec![Proposal { text: "12 bays along the market".into(), ..item("1", "mark") }];
    let id = apply(&stage, application("bays", "parking_bays", bays)).await.unwrap();
    let no = Says::No("the bus turns there");
    says(&stage, "bigdata", (&id, "advice"), &["1"], no).await.unwrap();
    for unit in [POLICE, ENFORCEMENT] {
        says(&stage, unit, (&id, "yes"), &["1"], Says::Yes(&[])).await.unwrap();
    }
    let heard = |one: &proto::approval::Approval| item_of(one, "1").words.len() == 3;
    let approval = eventually(&stage, "heard", &id, heard).await;
    assert_eq!(item_of(&approval, "1").awaits, ["natural_resources"], "two of three are not all");
    says(&stage, "natural_resources", (&id, "yes"), &["1"], Says::Yes(&[])).await.unwrap();
    let approval = eventually(&stage, "at work", &id, at_work).await;
    let case_id = &item_of(&approval, "1").case_id;
    assert_eq!(stage.called(case_id, 1).await, "enforcement");
    assert_eq!(stage.case(case_id).await.issue_type, "parking_bay_marking");
    stage.close().await;
}
