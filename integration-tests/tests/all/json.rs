//! An outside system without gRPC: a whistle from its raising to its confirmation as JSON over HTTP,
//! watched as server-sent events, refused in words, on the ports where gRPC is.

pub mod door;

use std::{path::Path, process::Command, time::Duration};

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use self::door::Door;
use crate::{
    city::{City, Part},
    people::{self, photograph},
    program::{objects, output},
    s1::stage::until,
};

const COMMUNITY: &str = "community/kaihua_dongfeng";
const WHISTLE: &str = "muster.whistle.v1.WhistleService";
const DESK: &str = "muster.unit.v1.UnitService";

/// The evidence that a whistle has; what is uploaded goes by gRPC, what refers to it by either.
async fn evidence(data: &Path, party: &str, door: &[&str], text: &str) -> Value {
    let piece = photograph(&people::line(data, party, door), text).await;
    json!({ "digest": piece.digest, "size": piece.size.to_string(), "kind": piece.kind,
        "mediaType": piece.media_type })
}

/// What a party says of a command: the same act is the same request.
fn command(person: &str, act: &str) -> Value {
    json!({ "person": person, "requestId": act })
}

fn reason(error: &Value) -> &str {
    let details = error["details"].as_array().unwrap();
    let info = details.iter().find(|one| one["type"] == "google.rpc.ErrorInfo").unwrap();
    info["debug"]["reason"].as_str().unwrap()
}

/// The events of the case as they come, until one says that it is confirmed.
async fn watched(data: &Path, case_id: String) -> Vec<Value> {
    let door = Door::of(data, COMMUNITY, &["gateway"]);
    let method = format!("{WHISTLE}/WatchCases");
    let asked = json!({ "caseId": case_id });
    let answer = door.post(&method, "text/event-stream", &asked).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let (mut body, mut text, mut seen) = (answer.into_body(), String::new(), Vec::new());
    while let Some(frame) = body.frame().await {
        text += std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap();
        while let Some((event, rest)) = text.split_once("\n\n") {
            if let Some(data) = event.strip_prefix("data: ") {
                seen.push(serde_json::from_str::<Value>(data).unwrap());
            }
            text = rest.to_owned();
        }
        if seen.last().is_some_and(|one| one["case"]["stage"] == "CASE_STAGE_CLOSED") {
            return seen;
        }
    }
    panic!("the stream ended: {seen:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whistle_is_raised_read_watched_and_confirmed_in_json() {
    let mut city = City::new("standard", &[&["enforcement"]]);
    let data = city.data().to_owned();
    city.start_temporal().await;
    for part in [Part::Bus, Part::Gateway, Part::Worker, Part::Units(0)] {
        city.start(part);
    }
    people::reachable(&data, &["gateway"]).await;
    let community = Door::of(&data, COMMUNITY, &["gateway"]);
    let desk_door = ["units", "enforcement"];
    let desk = Door::of(&data, "unit/enforcement", &desk_door);

    // Raised; the same again is the same, and another under its id is none.
    let mut evidenced = Vec::new();
    for text in ["one", "two"] {
        evidenced.push(evidence(&data, COMMUNITY, &["gateway"], text).await);
    }
    let mut whistle = json!({
        "command": command("li.na", "w1"), "issueType": "street_vending", "grid": "WS-KH-001",
        "description": "占道摆摊", "evidence": evidenced, "calledUnits": ["enforcement"],
    });
    let raise = format!("{WHISTLE}/RaiseWhistle");
    let case_id = community.must(&raise, &whistle).await["caseId"].as_str().unwrap().to_owned();
    let modern = Door { is_old: false, ..Door::of(&data, COMMUNITY, &["gateway"]) };
    assert_eq!(modern.must(&raise, &whistle).await["caseId"], case_id, "over HTTP/2, a repeat");
    whistle["description"] = "another".into();
    let (status, error) = community.call(&raise, &whistle).await;
    assert_eq!((status, reason(&error)), (409, "REQUEST_ID_REUSED"), "{error}");
    let watching = tokio::spawn({
        let (data, case_id) = (data.clone(), case_id.clone());
        async move { watched(&data, case_id).await }
    });

    // Refused: what the body has too much, and who may not.
    whistle["color"] = "red".into();
    let (status, error) = community.call(&raise, &whistle).await;
    assert_eq!((status, reason(&error)), (400, "UNKNOWN_FIELD"), "{error}");
    assert!(error["message"].as_str().unwrap().contains("color"), "{error}");
    let stranger = Door::of(&data, "service/worker", &["gateway"]);
    let (status, error) = stranger.call(&raise, &json!({})).await;
    assert_eq!((status, &error["code"]), (403, &"permission_denied".into()), "{error}");

    // The desk acts.
    let tasks = async || desk.call(&format!("{DESK}/ListTasks"), &json!({})).await.1;
    until("called", tasks, |said| said["tasks"].as_array().is_some_and(|all| all.len() == 1)).await;
    let act = |act: &str| json!({ "command": command("wang", act), "caseId": case_id });
    desk.must(&format!("{DESK}/AcceptTask"), &act("a1")).await;
    desk.must(&format!("{DESK}/ArriveTask"), &act("a2")).await;
    let mut disposal = act("a3");
    disposal["summary"] = "the stalls are gone".into();
    let left = evidence(&data, "unit/enforcement", &desk_door, "three").await;
    disposal["evidence"] = json!([left]);
    desk.must(&format!("{DESK}/DisposeTask"), &disposal).await;
    let mut declared = act("a4");
    declared["summary"] = "all is done".into();
    desk.must(&format!("{DESK}/DeclareCase"), &declared).await;

    // Read and confirmed.
    let case = async || {
        let asked = json!({ "caseId": case_id });
        community.must(&format!("{WHISTLE}/GetCase"), &asked).await["case"].clone()
    };
    until("to be confirmed", &case, |case| case["stage"] == "CASE_STAGE_CONFIRMING").await;
    let mut confirmed = act("c1");
    confirmed["command"] = command("li.na", "c1");
    confirmed["ratings"] = json!([{ "unit": "enforcement", "stars": 5 }]);
    let round = community.call(&format!("{WHISTLE}/ConfirmCase"), &confirmed).await;
    assert_eq!(round, (200, json!({ "round": 1 })));
    until("closed", &case, |case| case["stage"] == "CASE_STAGE_CLOSED").await;
    let seen = tokio::time::timeout(Duration::from_secs(60), watching).await.unwrap().unwrap();
    assert!(seen.len() > 4, "{seen:#?}");
    by_curl(&data, &case_id);
    described(&data).await;
    let recorded = city.folder_of(Part::Gateway).join("access");
    assert!(city.terminate(), "SIGTERM drains a role");
    let refused = output(&["policy", "refused", recorded.to_str().unwrap(), "--output", "json"]);
    let refused = objects(&refused);
    assert!(refused.iter().any(|one| one["caller"] == "service/worker"), "{refused:?}");
}

/// The same by the tool that everybody has, where it is there.
fn by_curl(data: &Path, case_id: &str) {
    let identity = data.join("identity");
    let file = |name: &str| identity.join(name).display().to_string();
    let address = Door::of(data, COMMUNITY, &["gateway"]).address();
    let port = address.rsplit(':').next().unwrap();
    let name = "gateway.service.muster.internal";
    let asked = Command::new("curl")
        .args(["--silent", "--show-error", "--cacert", &file("ca.pem")])
        .args(["--cert", &file("community-kaihua_dongfeng.pem")])
        .args(["--key", &file("community-kaihua_dongfeng.key")])
        .args(["--resolve", &format!("{name}:{port}:127.0.0.1")])
        .args(["--header", "content-type: application/json"])
        .args(["--data", &format!("{{\"caseId\":\"{case_id}\"}}")])
        .arg(format!("https://{name}:{port}/{WHISTLE}/GetCase"))
        .output();
    let Ok(said) = asked else { return };
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let case: Value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text} {}", String::from_utf8_lossy(&said.stderr)));
    assert_eq!(case["case"]["caseId"], case_id, "{case}");
}

/// Each door says of itself what the program prints of it.
async fn described(data: &Path) {
    let doors = [
        ("gateway", &["gateway"][..]),
        ("unit", &["units", "enforcement"]),
        ("bus", &["bus"]),
        ("worker", &["worker"]),
    ];
    for (role, path) in doors {
        let (status, shown) = Door::of(data, COMMUNITY, path).get("/openapi.json").await;
        assert_eq!(status, 200, "{role}: {shown}");
        let printed = output(&["openapi", "--role", role]);
        let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
        assert!(shown == printed, "{role}: another document");
    }
}
