//! First a warning, then a fine; a large one is major; the money is a fact of finance alone (M086, M087).

use proto::decision::{
    Close, Decision, DecisionStage, Draft, Issue, RecordPayment,
    proceed_with_decision_request::Word,
};

use super::people::{
    act, approved_by, drafts, eventually, is_at, knows, refused, says, small, wenshan,
};

const WHO: (&str, &str) = ("enforcement", "li.na");

fn against_a_stall(kind: &str, amount: u64, follows: &str) -> Draft {
    Draft {
        issue_type: "street_vending".into(),
        object: "stall 12".into(),
        amount,
        follows: follows.into(),
        ..small(kind)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fine_comes_after_its_warning_and_only_finance_says_that_it_is_paid() {
    let stage = wenshan().await;
    let early = drafts(&stage, WHO, "early", against_a_stall("fine", 6_000, "")).await;
    assert_eq!(early.unwrap_err(), "WARNING_MISSING");
    let warning = drafts(&stage, WHO, "w", against_a_stall("warning", 0, "")).await.unwrap();
    knows(&stage, WHO.0, &warning, is_at(DecisionStage::Cleared)).await;
    let unissued = drafts(&stage, WHO, "un", against_a_stall("fine", 6_000, &warning)).await;
    assert_eq!(unissued.unwrap_err(), "WARNING_MISSING", "it is not issued");
    says(&stage, WHO, (&warning, "w/issue"), Word::Issue(Issue {})).await.unwrap();
    let issued = |one: &Decision| one.issued_at_ms > 0;
    eventually(&stage, "warned", &warning, issued).await;

    let small = drafts(&stage, WHO, "small", against_a_stall("fine", 200, &warning)).await.unwrap();
    let small = knows(&stage, WHO.0, &small, is_at(DecisionStage::Cleared)).await;
    assert!(!small.terms.unwrap().is_major, "a small one is not major");
    let fine = drafts(&stage, WHO, "f", against_a_stall("fine", 6_000, &warning)).await.unwrap();
    approved_by(&stage, WHO.0, &fine).await;
    says(&stage, WHO, (&fine, "f/issue"), Word::Issue(Issue {})).await.unwrap();
    knows(&stage, WHO.0, &fine, |one| one.publications.len() == 1).await;
    says(&stage, WHO, (&fine, "f/serve"), act("serve", "video-9")).await.unwrap();
    knows(&stage, WHO.0, &fine, |one| one.publications.len() == 2).await;

    let paid = |amount| Word::RecordPayment(RecordPayment { amount, reference: "bank-1".into() });
    for unit in ["enforcement", "justice"] {
        let reason = refused(&stage, (unit, "p-1"), (&fine, "paid"), paid(6_000)).await;
        assert_eq!(reason, "NOT_FINANCE", "{unit}");
    }
    let reason = refused(&stage, WHO, (&fine, "close"), Word::Close(Close {})).await;
    assert_eq!(reason, "RECORDS_MISSING", "the payment");
    knows(&stage, "finance", &fine, issued).await;
    let got = says(&stage, ("finance", "qian"), (&fine, "paid"), paid(6_000)).await.unwrap();
    assert_eq!(got.paid, 6_000);
    knows(&stage, WHO.0, &fine, |one| one.paid == 6_000).await;
    says(&stage, WHO, (&fine, "close"), Word::Close(Close {})).await.unwrap();
    let kept = eventually(&stage, "closed", &fine, is_at(DecisionStage::Closed)).await;
    assert_eq!(kept.payments[0].by.as_ref().unwrap().unit, "finance");
    stage.close().await;
}
