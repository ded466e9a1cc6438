//! A suspected crime: sent with the hashes of its evidence, returned for more, sent again, accepted;
//! the demolition stands still until what came of it is back.

use proto::decision::{
    Decision, DecisionStage, TransferAnswer, TransferCrime, proceed_with_decision_request::Word,
};

use super::people::{
    HANDLER, OWNER, POLICE, act, answer, eventually, file, issued, knows, refused, says, seen,
    waits, wenshan,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_suspected_crime_is_returned_for_more_sent_again_and_accepted() {
    let stage = wenshan().await;
    let (who, justice) = ((OWNER, HANDLER), (POLICE, "mo.yan"));
    let id = issued(&stage, "a").await;
    let no = seen(&stage, "unit/public_security", &id).await.unwrap_err();
    assert_eq!(kit::status::rejection(&no).reason, "NOT_YOUR_DECISION", "nothing was sent to it");
    let send = |text: &str| {
        Word::Transfer(TransferCrime { file: file(text), reason: "an official was paid".into() })
    };
    says(&stage, who, (&id, "send"), send("the receipts")).await.unwrap();
    let got = knows(&stage, POLICE, &id, |one| one.transfers.len() == 1).await;
    let hash = got.transfers[0].file.clone().unwrap().evidence[0].digest.clone();
    assert_eq!(hash, super::people::piece('7').digest);
    assert!(waits(&stage, POLICE, &id).await);
    for unit in [OWNER, "housing"] {
        knows(&stage, unit, &id, |one| !one.paused_by.is_empty()).await;
        let reason = refused(&stage, (unit, "p-1"), (&id, "act"), act("demolish", "v")).await;
        assert_eq!(reason, "PAUSED", "{unit}");
    }
    let receipt = answer(1, TransferAnswer::Receipt, "", false);
    says(&stage, justice, (&id, "receipt"), receipt).await.unwrap();
    let back = answer(1, TransferAnswer::Return, "who paid whom?", false);
    says(&stage, justice, (&id, "back"), back).await.unwrap();
    knows(&stage, OWNER, &id, |one| one.paused_by.is_empty()).await;
    says(&stage, who, (&id, "again"), send("the receipts and the names")).await.unwrap();
    knows(&stage, POLICE, &id, |one| one.transfers.len() == 2).await;
    let accept = answer(2, TransferAnswer::Accept, "", false);
    says(&stage, justice, (&id, "accept"), accept).await.unwrap();
    let accepted = |one: &Decision| one.transfers[1].answers.len() == 1;
    knows(&stage, OWNER, &id, accepted).await;
    let reason = refused(&stage, who, (&id, "early"), act("demolish", "v")).await;
    assert_eq!(reason, "PAUSED", "until what came of it is back");
    let result = answer(2, TransferAnswer::Outcome, "two were convicted", true);
    says(&stage, justice, (&id, "result"), result).await.unwrap();
    knows(&stage, OWNER, &id, |one| one.paused_by.is_empty()).await;
    says(&stage, who, (&id, "act/last"), act("demolish", "v")).await.unwrap();

    let all = |one: &Decision| one.actions.len() == 1;
    let kept = eventually(&stage, "carried out", &id, all).await;
    let texts: Vec<String> =
        kept.transfers.iter().map(|one| one.file.clone().unwrap().text).collect();
    assert_eq!(texts, ["the receipts", "the receipts and the names"], "all versions are kept");
    let answers: Vec<usize> = kept.transfers.iter().map(|one| one.answers.len()).collect();
    assert_eq!(answers, [2, 2]);
    assert_eq!(kept.stage(), DecisionStage::Executing);
    stage.close().await;
}
