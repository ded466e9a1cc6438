//! A supervisor reads every decision; its opinion must be answered, and what is open is listed (M083).

use proto::decision::{AnswerOpinion, Decision, proceed_with_decision_request::Word};

use super::people::{
    HANDLER, OFFICE, OWNER, eventually, issued, knows, refused, says, waits, wenshan,
};
use crate::operate;

#[tokio::test(flavor = "multi_thread")]
async fn an_opinion_of_a_supervisor_is_open_until_the_unit_has_answered_it() {
    let stage = wenshan().await;
    let id = issued(&stage, "a").await;
    let data = stage.data();
    let supervise = |party, more: &[&'static str]| {
        let verb = ["decisions", "supervise", &id, "--text", "why so fast?", "--person", "kang"];
        [&verb[..], &["--as", party], more].concat()
    };
    let preview = operate::said(&data, &supervise(OFFICE, &[]));
    assert_eq!(preview[0]["is_preview"], true, "{preview:?}");
    let no = operate::refused(&data, &supervise("unit/housing", &["--yes"]));
    assert!(no.contains("NOT_A_SUPERVISOR"), "{no}");
    let said = operate::said(&data, &supervise(OFFICE, &["--yes"]));
    assert_eq!(said[0]["number"], 1, "{said:?}");

    let open = |one: &Decision| one.open_opinions == 1;
    eventually(&stage, "open", &id, open).await;
    knows(&stage, OWNER, &id, open).await;
    assert!(waits(&stage, OWNER, &id).await);
    let unanswered = ["decisions", "list", "--unanswered", "--as", OFFICE];
    assert_eq!(operate::said(&data, &unanswered).len(), 1);
    let reply = || Word::AnswerOpinion(AnswerOpinion { number: 1, text: "the fast track".into() });
    knows(&stage, "justice", &id, |one| one.issued_at_ms > 0).await;
    let reason = refused(&stage, ("justice", "wu.jun"), (&id, "reply"), reply()).await;
    assert_eq!(reason, "NOT_YOUR_DECISION");
    says(&stage, (OWNER, HANDLER), (&id, "reply"), reply()).await.unwrap();
    let answered = |one: &Decision| one.open_opinions == 0 && one.opinions.len() == 1;
    let kept = eventually(&stage, "answered", &id, answered).await;
    assert_eq!(kept.opinions[0].reply, "the fast track");
    let none = operate::shown(&data, &unanswered);
    assert!(none.contains("there is no decision"), "{none}");
    stage.close().await;
}
