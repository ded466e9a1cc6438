//! The gates: a returned file, a rejected one, who tries before approval, who reviews their own work,
//! and what has no recording.

use kit::status;
use proto::decision::{
    Close, Decision, DecisionStage, Issue, ReviewVerdict, Supplement,
    decision_service_client::DecisionServiceClient, proceed_with_decision_request::Word,
};

use super::people::{
    HANDLER, OFFICE, OWNER, REVIEWER, act, approved, demolition, drafts, eventually, file, is_at,
    issued, knows, refused, review, says, small, waits, wenshan,
};

const WHO: (&str, &str) = (OWNER, HANDLER);
const WU: (&str, &str) = (REVIEWER, "wu.jun");

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_its_evidence_goes_back_and_its_clock_stands_still() {
    let stage = wenshan().await;
    let id = drafts(&stage, WHO, "a", demolition()).await.unwrap();
    let asked = knows(&stage, REVIEWER, &id, is_at(DecisionStage::InReview)).await;
    assert_eq!((asked.owed.len(), &*asked.owed[0].unit), (1, REVIEWER));
    let back = review(ReviewVerdict::Return, "the survey of the land is missing");
    says(&stage, WU, (&id, "back"), back).await.unwrap();
    let returned = knows(&stage, OWNER, &id, is_at(DecisionStage::Returned)).await;
    assert!(returned.owed.is_empty(), "the clock of the review stands still");
    assert_eq!(returned.reviews[0].reason, "the survey of the land is missing");
    assert!(waits(&stage, OWNER, &id).await && !waits(&stage, REVIEWER, &id).await);
    assert_eq!(refused(&stage, WHO, (&id, "early"), Word::Issue(Issue {})).await, "REVIEW_NEEDED");
    let more = Word::Supplement(Supplement { file: file("with the survey of the land") });
    says(&stage, WHO, (&id, "more"), more).await.unwrap();
    approved(&stage, &id).await;
    let kept = eventually(&stage, "cleared", &id, is_at(DecisionStage::Cleared)).await;
    let texts: Vec<String> =
        kept.versions.iter().map(|one| one.file.clone().unwrap().text).collect();
    assert_eq!(texts, ["found on day one", "with the survey of the land"], "all are kept");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_demolition_is_impossible_and_the_other_way_is_another_decision() {
    let stage = wenshan().await;
    let id = drafts(&stage, WHO, "a", demolition()).await.unwrap();
    knows(&stage, REVIEWER, &id, is_at(DecisionStage::InReview)).await;
    let no = review(ReviewVerdict::Reject, "it was built by permit");
    says(&stage, WU, (&id, "no"), no).await.unwrap();
    knows(&stage, OWNER, &id, is_at(DecisionStage::Rejected)).await;
    for (act_id, word) in [("issue", Word::Issue(Issue {})), ("act", act("demolish", "video"))] {
        assert_eq!(refused(&stage, WHO, (&id, act_id), word).await, "REVIEW_REJECTED");
    }
    let other = drafts(&stage, WHO, "other", small("correction")).await.unwrap();
    knows(&stage, OWNER, &other, is_at(DecisionStage::Cleared)).await;
    says(&stage, WHO, (&other, "other/issue"), Word::Issue(Issue {})).await.unwrap();
    eventually(&stage, "issued", &other, |one| one.issued_at_ms > 0).await;
    let kept = eventually(&stage, "rejected", &id, is_at(DecisionStage::Rejected)).await;
    assert_eq!((kept.issued_at_ms, &*kept.end_reason), (0, "it was built by permit"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_executes_before_approval_and_no_coordinator_has_a_word_in_it() {
    let stage = wenshan().await;
    let id = drafts(&stage, WHO, "a", demolition()).await.unwrap();
    knows(&stage, "housing", &id, is_at(DecisionStage::InReview)).await;
    knows(&stage, OWNER, &id, is_at(DecisionStage::InReview)).await;
    assert_eq!(refused(&stage, WHO, (&id, "issue"), Word::Issue(Issue {})).await, "REVIEW_NEEDED");
    for unit in [OWNER, "housing"] {
        let word = act("demolish", "video");
        let reason = refused(&stage, (unit, "p-1"), (&id, "act"), word).await;
        assert_eq!(reason, "NOT_ISSUED", "{unit}");
    }
    let housing = ("housing", "p-1");
    let reason = refused(&stage, housing, (&id, "issue"), Word::Issue(Issue {})).await;
    assert_eq!(reason, "NOT_YOUR_DECISION");
    // The coordinator has a desk of its own, and nothing of this is on it.
    let office = ("leading_group_office", "zhao");
    let reason = refused(&stage, office, (&id, "issue"), Word::Issue(Issue {})).await;
    assert_eq!(reason, "UNKNOWN_DECISION");
    // Neither it nor an administrator has a door for it.
    for party in [OFFICE, "admin/li"] {
        let mut door = proto::decision::procedure_service_client::ProcedureServiceClient::new(
            stage.door(party),
        );
        let no = door.list_procedures(proto::decision::ListProceduresRequest::default()).await;
        assert!(no.is_err(), "{party}");
    }
    let kept = eventually(&stage, "in review", &id, is_at(DecisionStage::InReview)).await;
    assert!(kept.actions.is_empty() && kept.issued_at_ms == 0);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_does_not_review_and_no_other_unit_does() {
    let stage = wenshan().await;
    let id = drafts(&stage, WHO, "a", demolition()).await.unwrap();
    knows(&stage, REVIEWER, &id, is_at(DecisionStage::InReview)).await;
    knows(&stage, OWNER, &id, is_at(DecisionStage::InReview)).await;
    let yes = || review(ReviewVerdict::Approve, "");
    // The same person, lent to the reviewer.
    let reason = refused(&stage, (REVIEWER, HANDLER), (&id, "own"), yes()).await;
    assert_eq!(reason, "REVIEWER_IS_HANDLER");
    let reason = refused(&stage, (OWNER, "wu.jun"), (&id, "unit"), yes()).await;
    assert_eq!(reason, "NOT_THE_REVIEWER");
    says(&stage, WU, (&id, "yes"), yes()).await.unwrap();
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_without_its_recording_can_not_be_closed_and_what_is_missing_is_named() {
    let stage = wenshan().await;
    let id = issued(&stage, "a").await;
    says(&stage, WHO, (&id, "act"), act("demolish", "")).await.unwrap();
    let during = |one: &Decision| one.publications.len() == 2;
    knows(&stage, OWNER, &id, during).await;
    let no = says(&stage, WHO, (&id, "close"), Word::Close(Close {})).await.unwrap_err();
    let no = status::rejection(&no);
    assert_eq!(no.reason, "RECORDS_MISSING");
    assert!(no.message.contains("recording of demolish by natural_resources"), "{no}");
    says(&stage, WHO, (&id, "video"), act("demolish", "video-1")).await.unwrap();
    says(&stage, WHO, (&id, "close"), Word::Close(Close {})).await.unwrap();
    eventually(&stage, "closed", &id, is_at(DecisionStage::Closed)).await;
    let mut door = DecisionServiceClient::new(stage.door(OFFICE));
    let request = proto::decision::ListDecisionsRequest::default();
    let listed = door.list_decisions(request).await.unwrap().into_inner().decisions;
    assert_eq!((listed.len(), listed[0].missing.len()), (1, 0));
    stage.close().await;
}
