//! The owner attacks the officers: the call overtakes whatever waits, the police acknowledge, and the
//! demolition stands still until it is settled.

use proto::{
    decision::{CallPolice, Decision, proceed_with_decision_request::Word},
    notice::{ListNoticesRequest, notice_service_client::NoticeServiceClient},
};

use super::people::{
    HANDLER, OWNER, POLICE, act, comes, eventually, issued, knows, refused, says, waits, wenshan,
};

#[tokio::test(flavor = "multi_thread")]
async fn violence_pauses_the_demolition_until_the_police_have_settled_it() {
    let stage = wenshan().await;
    let police = (POLICE, "gao.feng");
    let id = issued(&stage, "a").await;
    let call = || Word::CallPolice(CallPolice { text: "the owner attacks our officers".into() });
    let called = says(&stage, ("housing", "he.ping"), (&id, "call"), call()).await.unwrap();
    assert!(called.paused_by.contains("police"), "{}", called.paused_by);
    for unit in [OWNER, "housing"] {
        knows(&stage, unit, &id, |one| !one.paused_by.is_empty()).await;
        let reason = refused(&stage, (unit, "p-1"), (&id, "act"), act("demolish", "v")).await;
        assert_eq!(reason, "PAUSED", "{unit}");
    }
    knows(&stage, POLICE, &id, |one| one.calls.len() == 1).await;
    assert!(waits(&stage, POLICE, &id).await);
    let mut notices = NoticeServiceClient::new(stage.line("unit/public_security"));
    let listed = notices.list_notices(ListNoticesRequest::default()).await.unwrap();
    let listed = listed.into_inner().notices;
    assert_eq!(listed.len(), 1, "the call that overtakes");
    assert!(listed[0].purpose.contains("公安保障"), "{:?}", listed[0]);

    says(&stage, police, (&id, "coming"), comes(false, "ten officers")).await.unwrap();
    let acknowledged = |one: &Decision| one.calls[0].acknowledged_at_ms > 0;
    knows(&stage, OWNER, &id, acknowledged).await;
    let reason = refused(&stage, (OWNER, HANDLER), (&id, "early"), act("demolish", "v")).await;
    assert_eq!(reason, "PAUSED", "to come is not to settle");
    says(&stage, police, (&id, "settled"), comes(true, "he has left")).await.unwrap();
    knows(&stage, OWNER, &id, |one| one.paused_by.is_empty()).await;
    says(&stage, (OWNER, HANDLER), (&id, "go-on"), act("demolish", "v")).await.unwrap();
    let kept = eventually(&stage, "goes on", &id, |one| one.actions.len() == 1).await;
    assert_eq!(kept.calls[0].settlement, "he has left");
    stage.close().await;
}
