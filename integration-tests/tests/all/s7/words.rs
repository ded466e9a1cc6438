//! One refusal ends its item and its reason goes to who applied; the last word before completion
//! counts, and all are kept; what is complete is not spoken about any more.

use kit::status;
use proto::approval::Approval;

use super::people::{
    APPLICANT, APPROVED, ENFORCEMENT, OPEN, POLICE, REFUSED, Says, application, apply, dengfeng,
    desk, eventually, item, item_of, says, withdraw,
};

#[tokio::test(flavor = "multi_thread")]
async fn one_refusal_ends_its_item_alone_and_the_reason_goes_to_who_applied() {
    let stage = dengfeng("30m,10m,10m").await;
    let items = vec![item("1", "keep"), item("2", "keep")];
    let id = apply(&stage, application("a", "bollards", items)).await.unwrap();
    says(&stage, POLICE, (&id, "yes"), &["1", "2"], Says::Yes(&[])).await.unwrap();
    let no = Says::No("too near to the kerb");
    says(&stage, ENFORCEMENT, (&id, "no"), &["1"], no).await.unwrap();

    let told = |one: &Approval| !item_of(one, "1").reason.is_empty();
    let approval = eventually(&stage, "refused", &id, told).await;
    let refused = item_of(&approval, "1");
    assert_eq!((refused.state(), refused.reason.as_str()), (REFUSED, "too near to the kerb"));
    assert_eq!((refused.refused_by.as_str(), refused.case_id.as_str()), ("enforcement", ""));
    let open = item_of(&approval, "2");
    assert_eq!((open.state(), open.awaits.as_slice()), (OPEN, &["enforcement".to_owned()][..]));
    let is_told = |found: &Vec<Approval>| {
        found.iter().any(|one| item_of(one, "1").reason == "too near to the kerb")
    };
    for unit in ["transport", POLICE] {
        let own = async || desk(&stage, unit, false).await;
        crate::s1::stage::until(&format!("at the desk of {unit}"), own, is_told).await;
    }

    let late = says(&stage, POLICE, (&id, "late"), &["1"], Says::Yes(&[])).await;
    assert_eq!(late.unwrap_err(), "ITEM_COMPLETE");
    let own = says(&stage, "transport", (&id, "own"), &["2"], Says::Yes(&[])).await;
    assert_eq!(own.unwrap_err(), "NOT_AN_APPROVER", "who applies does not approve");

    let other = withdraw(&stage, "unit/enforcement", &id, "other").await.unwrap_err();
    assert_eq!(status::rejection(&other).reason, "NOT_THE_APPLICANT");
    withdraw(&stage, APPLICANT, &id, "back").await.unwrap();
    let back = eventually(&stage, "taken back", &id, |one| one.withdrawn == 1).await;
    assert_eq!((back.refused, back.withdrawal.as_str()), (1, "another survey"));
    let again = withdraw(&stage, APPLICANT, &id, "again").await.unwrap_err();
    assert!(status::rejection(&again).reason.starts_with("ALREADY_"), "{again:?}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_word_before_completion_counts_and_all_are_kept() {
    let stage = dengfeng("30m,10m,10m").await;
    let items = vec![item("1", "keep"), item("2", "keep")];
    let id = apply(&stage, application("a", "bollards", items)).await.unwrap();
    says(&stage, POLICE, (&id, "first"), &["1", "2"], Says::Yes(&["painted"])).await.unwrap();
    says(&stage, POLICE, (&id, "then"), &["1"], Says::No("a school is near")).await.unwrap();
    says(&stage, POLICE, (&id, "last"), &["2"], Says::Yes(&[])).await.unwrap();
    let heard = |one: &Approval| item_of(one, "2").words.len() == 2;
    eventually(&stage, "the last word is in the record", &id, heard).await;
    says(&stage, ENFORCEMENT, (&id, "yes"), &["2"], Says::Yes(&[])).await.unwrap();

    let done = |one: &Approval| one.open == 0 && !item_of(one, "2").case_id.is_empty();
    let approval = eventually(&stage, "complete", &id, done).await;
    let (one, two) = (item_of(&approval, "1"), item_of(&approval, "2"));
    assert_eq!((one.state(), one.words.len()), (REFUSED, 2), "both are kept");
    assert_eq!((two.state(), two.words.len()), (APPROVED, 3));
    assert!(two.conditions.is_empty(), "the condition went with the word");
    stage.close().await;
}
