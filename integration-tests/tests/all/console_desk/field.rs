//! What a phone sends: each act once, at the device's own time, for its own account only.

use proto::operation::{Operation, OperationStage};
use serde_json::{Value, json};

use super::{
    browser::{Answer, Browser, Field},
    person, photograph,
};
use crate::{
    operation::people::{
        ENFORCEMENT, POLICE, TRANSPORT, after, comes, eventually, is_at, member, night, order, plan,
    },
    s1::stage::until,
    s13::stage::Stage,
};

/// A night in Dengfeng that has begun; nobody is there yet.
async fn begun() -> (Stage, String) {
    let stage = Stage::open("dengfeng", |_| ()).await;
    let id = plan(&stage, night("night")).await.unwrap();
    for unit in [POLICE, ENFORCEMENT, TRANSPORT] {
        comes(&stage, (unit, &id), "a").await.unwrap();
    }
    eventually(&stage, "begun", &id, is_at(OperationStage::Started)).await;
    (stage, id)
}

/// What the script gets, once the team is briefed.
async fn parts(browser: &mut Browser) -> Value {
    for _ in 0..300 {
        let answer = browser.get("/field/parts?part=parts").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let parts: Value = serde_json::from_str(&answer.body).unwrap();
        if parts["parts"][0]["can_check_in"] == true {
            return parts;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the team is never briefed");
}

struct Phone {
    browser: Browser,
    csrf: String,
    account: String,
}

impl Phone {
    async fn act(&mut self, act: &Value, photo: Option<&[u8]>) -> (Answer, Value) {
        let mut act = act.clone();
        if act["account"].is_null() {
            act["account"] = json!(self.account);
        }
        let act = act.to_string();
        let mut fields = vec![Field::Text("csrf", &self.csrf), Field::Text("act", &act)];
        fields.extend(photo.map(|bytes| Field::File("photo", bytes)));
        let answer = self.browser.send("/field/acts", &fields).await;
        let said = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        (answer, said)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_of_a_phone_is_done_once_at_its_own_time_and_for_its_own_account() {
    let (stage, id) = begun().await;
    let mut browser = person(&stage, "zhao", "unit/transport").await;
    let seen = parts(&mut browser).await;
    let text = |name: &str| seen[name].as_str().unwrap().to_owned();
    let mut phone = Phone { csrf: text("csrf"), account: text("account"), browser };

    // Said without network five minutes ago, and sent twice.
    let at = after(-300);
    let check_in = json!({ "id": "field/1", "operation": id, "at": at, "kind": "check_in" });
    for turn in ["once", "again, the answer was lost"] {
        let (answer, said) = phone.act(&check_in, None).await;
        assert_eq!((answer.status, said["state"].as_str()), (200, Some("taken")), "{turn}");
    }
    let there = |one: &Operation| member(one, TRANSPORT).checked_in_at_ms > 0;
    let one = eventually(&stage, "there", &id, there).await;
    assert_eq!(member(&one, TRANSPORT).checked_in_at_ms, at, "by the device's clock");

    // Another act of the same sort is refused, for good, with the reason in words.
    let again = json!({ "id": "field/2", "operation": id, "at": at, "kind": "check_in" });
    let (answer, said) = phone.act(&again, None).await;
    assert_eq!((answer.status, said["code"].as_str()), (422, Some("ALREADY_CHECKED_IN")));
    assert!(said["is_final"] == true && said["text"].as_str().unwrap().contains("checked in"));
    let later = json!({ "id": "field/1", "operation": id, "at": at + 1, "kind": "check_in" });
    let (_, said) = phone.act(&later, None).await;
    assert_eq!(said["code"], "REQUEST_ID_REUSED", "the same id is the same act");
    let other = json!({ "id": "field/3", "account": "of somebody else", "operation": id, "at": at,
        "kind": "check_in" });
    let (_, said) = phone.act(&other, None).await;
    assert_eq!(said["code"], "OTHER_ACCOUNT");

    finding(&stage, &mut phone, &id).await;
    receipt(&stage, &mut phone, &id).await;

    // The word of another session, and none at all.
    phone.csrf = "x".repeat(64);
    let (answer, said) = phone.act(&check_in, None).await;
    assert_eq!((answer.status, said["code"].as_str()), (403, Some("FORM_OUT_OF_DATE")));
    assert!(said["is_final"] == false, "it is sent again with the new word");
    let mut nobody = Browser::at(&super::address(&stage));
    assert_eq!(nobody.get("/field/parts?part=parts").await.status, 401);
    stage.close().await;
}

/// A finding with a photograph, sent twice, is one stop.
async fn finding(stage: &Stage, phone: &mut Phone, id: &str) {
    let finding = json!({ "id": "field/4", "operation": id, "at": after(-200), "kind": "finding",
        "object": "", "vehicle": "YA-12345", "place": "the river road", "violation": "unsealed_load",
        "text": "the load is open" });
    let photo = photograph("an open load");
    for _ in 0..2 {
        let (answer, said) = phone.act(&finding, Some(&photo)).await;
        assert_eq!(answer.status, 200, "{said}");
    }
    let found = |one: &Operation| !one.findings.is_empty();
    let one = eventually(stage, "found", id, found).await;
    assert_eq!(one.findings.len(), 1);
    let text = json!({ "id": "field/5", "operation": id, "at": after(0), "kind": "finding",
        "object": "", "vehicle": "YA-1", "place": "x", "violation": "unsealed_load", "text": "x" });
    let (_, said) = phone.act(&text, Some(b"<html>")).await;
    assert_eq!(said["code"], "NO_EVIDENCE");
}

/// The receipt of an order.
async fn receipt(stage: &Stage, phone: &mut Phone, id: &str) {
    let order = order(stage, id, TRANSPORT, "close the slip road").await.unwrap();
    let look = async || phone.browser.get("/field/parts?part=parts").await.body;
    let shown = until("the order is on the phone", look, |body| body.contains(&order)).await;
    assert!(shown.contains("close the slip road"));
    let no = json!({ "id": "field/6", "operation": id, "at": after(0), "kind": "answer",
        "order_id": order, "is_taken": false, "text": "" });
    let (_, said) = phone.act(&no, None).await;
    assert_eq!(said["code"], "REASON_MISSING");
    let yes = json!({ "id": "field/7", "operation": id, "at": after(0), "kind": "answer",
        "order_id": order, "is_taken": true, "text": "" });
    let (answer, _) = phone.act(&yes, None).await;
    assert_eq!(answer.status, 200);
    let taken = |one: &Operation| {
        one.orders.iter().any(|given| given.state() == proto::operation::OrderState::Taken)
    };
    eventually(stage, "the receipt is in the record", id, taken).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_phone_keeps_has_nothing_of_a_person_in_it() {
    let (stage, id) = begun().await;
    let mut browser = person(&stage, "zhao", "unit/transport").await;
    let shell = browser.get("/field?shell=1").await;
    assert_eq!(shell.status, 200, "{}", shell.body);
    let mut nobody = Browser::at(&super::address(&stage));
    assert_eq!(nobody.get("/field?shell=1").await.body, shell.body, "it is the same for everybody");
    for word in ["zhao", "csrf", &id] {
        assert!(!shell.body.contains(word), "{word}: {}", shell.body);
    }
    assert_eq!(nobody.get("/field").await.location, "/sign-in?next=/field");
    let mut kept: Value = parts(&mut browser).await;
    kept.as_object_mut().unwrap().remove("csrf");
    assert!(!kept.to_string().contains("zhao") && !kept.to_string().contains("officer"), "{kept}");
    let worker = browser.get("/field-worker.js").await;
    assert!(worker.status == 200 && worker.body.contains("addEventListener"), "{}", worker.body);
    stage.close().await;
}
