//! The JSON door of a real server, by a client that knows nothing but HTTP/1.1 over TLS.

use std::sync::Mutex;

use proto::bus::{
    FetchRequest, FetchResponse, GetStatusRequest, GetStatusResponse, WatchReceiptsRequest,
    WatchReceiptsResponse,
    bus_service_server::{BusService, BusServiceServer},
};
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::Response as Said;

use super::*;
use crate::status::{status, status_with};

type Receipts = Result<WatchReceiptsResponse, Status>;

/// What stands in for a bus: says what it was asked, and streams what the test says.
#[derive(Clone, Default)]
struct Fake {
    asked: Arc<Mutex<Vec<FetchRequest>>>,
    receipts: Arc<Mutex<Option<mpsc::Receiver<Receipts>>>>,
}

#[tonic::async_trait]
impl BusService for Fake {
    async fn fetch(&self, request: Request<FetchRequest>) -> Result<Said<FetchResponse>, Status> {
        let log_id = peer(&request)?.party.to_string();
        let asked = request.into_inner();
        self.asked.lock().unwrap().push(asked);
        if asked.wait_ms > 0 {
            tokio::time::sleep(Duration::from_millis(asked.wait_ms.into())).await;
        }
        if asked.max_envelopes == 13 {
            let no = domain::rejection::Rejection::exhausted("OVER_QUOTA", "not so 多");
            let facts = std::collections::HashMap::from([("expected".to_owned(), "7".to_owned())]);
            return Err(status_with(no.at("max_envelopes"), facts));
        }
        Ok(Said::new(FetchResponse { log_id, ..FetchResponse::default() }))
    }

    async fn get_status(
        &self,
        _: Request<GetStatusRequest>,
    ) -> Result<Said<GetStatusResponse>, Status> {
        Ok(Said::new(GetStatusResponse::default()))
    }

    async fn watch_receipts(
        &self,
        _: Request<WatchReceiptsRequest>,
    ) -> Result<Said<tonic::codegen::BoxStream<WatchReceiptsResponse>>, Status> {
        let receipts = self.receipts.lock().unwrap().take();
        let none = || status(domain::rejection::Rejection::unavailable("STARTING", "not yet"));
        let receipts = receipts.ok_or_else(none)?;
        Ok(Said::new(Box::pin(ReceiverStream::new(receipts))))
    }
}

/// The server, and who may come in.
struct World {
    city: City,
    running: Running,
    fake: Fake,
}

async fn world(limits: Limits) -> World {
    let city = City::new("wenshan");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fake = Fake::default();
    let served = BusServiceServer::new(fake.clone()).max_decoding_message_size(1_000);
    let bus = city.identity("service/bus");
    let running = Running::with(listener, &bus, limits, |services| services.with(served));
    World { city, running, fake }
}

impl World {
    /// A connection that offers HTTP/1.1 and nothing else.
    async fn line(&self, party: &str) -> TlsStream<TcpStream> {
        let mut config = self.city.identity(party).client().unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let socket = TcpStream::connect(self.running.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
    }

    /// Says this and reads to the end.
    async fn say(&self, party: &str, text: &str) -> String {
        let mut line = self.line(party).await;
        line.write_all(text.as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        let _end = tokio::time::timeout(PATIENCE, line.read_to_end(&mut heard)).await.unwrap();
        String::from_utf8(heard).unwrap()
    }

    /// Calls a method of the bus; its status and its answer.
    async fn call(&self, party: &str, method: &str, more: &str, body: &str) -> (u16, Value) {
        let heard = self.say(party, &post(method, more, body)).await;
        let (head, body) = heard.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{heard}"));
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(head.contains("content-type: application/json"), "{head}");
        assert!(!head.contains("grpc-"), "{head}");
        (code, serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {heard}")))
    }
}

fn post(method: &str, more: &str, body: &str) -> String {
    let content =
        if more.contains("content-type") { "" } else { "content-type: application/json\r\n" };
    format!(
        "POST /muster.bus.v1.BusService/{method} HTTP/1.1\r\nhost: bus\r\nconnection: close\r\n\
         {content}{more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The reason and the field of an error.
fn why(error: &Value) -> (String, String) {
    let of = |kind: &str| {
        let details = error["details"].as_array().unwrap();
        details.iter().find(|one| one["type"] == kind).map(|one| one["debug"].clone())
    };
    let reason = of("google.rpc.ErrorInfo").map(|info| info["reason"].clone());
    let field = of("google.rpc.BadRequest").map(|bad| bad["fieldViolations"][0]["field"].clone());
    let text = |value: Option<Value>| value.and_then(|v| v.as_str().map(str::to_owned));
    (text(reason).unwrap_or_default(), text(field).unwrap_or_default())
}

#[tokio::test]
async fn a_call_in_json_is_the_call() {
    let world = world(Limits::default()).await;
    let (code, answer) =
        world.call("unit/fire", "Fetch", "", r#"{"maxEnvelopes":3,"lease_ms":"9"}"#).await;
    assert_eq!((code, answer), (200, json!({ "logId": "unit/fire" })));
    let asked = FetchRequest { max_envelopes: 3, wait_ms: 0, lease_ms: 9 };
    assert_eq!(world.fake.asked.lock().unwrap().as_slice(), &[asked]);
    let utf8 = "content-type: application/json; charset=utf-8\r\nconnect-protocol-version: 1\r\n";
    assert_eq!(world.call("unit/fire", "Fetch", utf8, "{}").await.0, 200);
    world.running.end().await;
}

#[tokio::test]
async fn a_refusal_has_its_reason_its_field_its_facts_and_its_wait() {
    let world = world(Limits::default()).await;
    let heard = world.say("unit/fire", &post("Fetch", "", r#"{"maxEnvelopes":13}"#)).await;
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 429 ") && head.contains("retry-after: 1\r\n"), "{head}");
    let error: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&error["code"], &error["message"]),
        (&"resource_exhausted".into(), &"not so 多".into())
    );
    assert_eq!(why(&error), ("OVER_QUOTA".to_owned(), "max_envelopes".to_owned()));
    let details = error["details"].as_array().unwrap();
    let info = details.iter().find(|one| one["type"] == "google.rpc.ErrorInfo").unwrap();
    assert_eq!(info["debug"]["metadata"]["expected"], "7");
    let value = info["value"].as_str().unwrap();
    assert!(!value.is_empty() && !value.contains('='), "{value}");
    world.running.end().await;
}

#[tokio::test]
async fn a_bad_body_says_where_and_what_would_be_right() {
    let world = world(Limits::default()).await;
    let long = format!(r#"{{"maxEnvelopes":{}1}}"#, " ".repeat(5 << 20));
    for (body, reason, field, words) in [
        ("", "MALFORMED_JSON", "request", "{}"),
        ("{", "MALFORMED_JSON", "request", "line 1"),
        ("[]", "WRONG_VALUE", "request", "an object"),
        ("{}{}", "MALFORMED_JSON", "request", "trailing"),
        ("\u{feff}{}", "MALFORMED_JSON", "request", "no JSON"),
        (r#"{"maxEnvelope":1}"#, "UNKNOWN_FIELD", "maxEnvelope", "maxEnvelopes"),
        (r#"{"maxEnvelopes":-1}"#, "WRONG_VALUE", "maxEnvelopes", "not below 0"),
        (r#"{"maxEnvelopes":[1]}"#, "WRONG_VALUE", "maxEnvelopes", "whole number"),
        (r#"{"waitMs":1,"waitMs":"x"}"#, "WRONG_VALUE", "waitMs", "whole number"),
        (&long, "TOO_LARGE", "request", "4194304"),
    ] {
        let (code, error) = world.call("unit/fire", "Fetch", "", body).await;
        let short: String = body.chars().take(40).collect();
        assert_eq!((code, &error["code"]), (400, &"invalid_argument".into()), "{short}");
        assert_eq!(why(&error), (reason.to_owned(), field.to_owned()), "{short}: {error}");
        assert!(error["message"].as_str().unwrap().contains(words), "{short}: {error}");
    }
    let deep = r#"{"envelopes":[{"payload":{"@type":7}}]}"#;
    let (code, error) = world.call("unit/fire", "PublishBatch", "", deep).await;
    assert_eq!((code, why(&error).1.as_str()), (400, "envelopes[0].payload"), "{error}");
    assert!(world.fake.asked.lock().unwrap().is_empty(), "none of them came to the handler");
    world.running.end().await;
}

#[tokio::test]
async fn how_is_asked_must_be_right_too() {
    let world = world(Limits::default()).await;
    let text = |kind: &str| format!("content-type: {kind}\r\n");
    for (method, more, wanted) in [
        ("Fetch", text("text/plain"), 415),
        ("Fetch", text("application/grpc"), 415),
        ("Fetch", text("application/json; charset=gbk"), 415),
        ("Fetch", "content-encoding: gzip\r\n".to_owned(), 415),
        ("Fetch", "connect-protocol-version: 2\r\n".to_owned(), 400),
        ("Fetch", "connect-timeout-ms: soon\r\n".to_owned(), 400),
        ("Publish", String::new(), 501),
        ("WatchReceipts", String::new(), 406),
    ] {
        let (code, error) = world.call("unit/fire", method, &more, "{}").await;
        assert_eq!(code, wanted, "{method} {more}: {error}");
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
    let get =
        "GET /muster.bus.v1.BusService/Fetch HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\r\n";
    let heard = world.say("unit/fire", get).await;
    assert!(heard.starts_with("HTTP/1.1 405 ") && heard.contains("allow: POST"), "{heard}");
    assert!(world.fake.asked.lock().unwrap().is_empty());
    world.running.end().await;
}

#[tokio::test]
async fn the_gate_is_the_same_for_json() {
    let world = world(Limits::default()).await;
    let (code, error) = world.call("admin/li", "Fetch", "", "{}").await;
    assert_eq!((code, &error["code"]), (403, &"permission_denied".into()), "{error}");
    // Who may not call is told so, whatever stands in the body.
    let (code, error) = world.call("admin/li", "Fetch", "", "{{{").await;
    assert_eq!((code, why(&error).0.as_str()), (403, "NO_MAILBOX"), "{error}");
    let (code, error) = world.call("unit/fire", "Nothing", "", "{}").await;
    assert_eq!((code, why(&error).0.as_str()), (403, "NO_POLICY"), "{error}");
    world.running.end().await;
}

#[tokio::test]
async fn a_call_in_json_has_its_time() {
    let world = world(Limits::default()).await;
    let more = "connect-timeout-ms: 100\r\n";
    let (code, error) = world.call("unit/fire", "Fetch", more, r#"{"waitMs":60000}"#).await;
    assert_eq!((code, &error["code"]), (504, &"deadline_exceeded".into()));
    // A body that never ends is a call that takes too long.
    let slow = post("Fetch", more, "{}").replace("content-length: 2", "content-length: 3");
    let heard = world.say("unit/fire", &slow).await;
    assert!(heard.starts_with("HTTP/1.1 504 "), "{heard}");
    world.running.end().await;
}

#[tokio::test]
async fn who_says_nothing_after_the_handshake_loses_its_place() {
    // Long enough for the handshakes of this test itself.
    let handshake = Duration::from_secs(2);
    let limits = Limits { handshake, connections: 2, ..Limits::default() };
    let world = world(limits).await;
    let mut silent = world.line("unit/fire").await;
    let mut halting = world.line("unit/fire").await;
    halting.write_all(b"P").await.unwrap();
    for line in [&mut silent, &mut halting] {
        let mut heard = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, line.read_to_end(&mut heard)).await;
        assert!(ended.is_ok() && heard.is_empty(), "{ended:?}");
    }
    assert_eq!(world.call("unit/fire", "Fetch", "", "{}").await.0, 200);
    world.running.end().await;
}

#[tokio::test]
async fn a_stream_is_events_and_ends_with_how_it_went() {
    let limits = Limits { keepalive: Duration::from_millis(100), ..Limits::default() };
    let world = world(limits).await;
    let events = "accept: text/event-stream\r\n";
    let (code, error) = world.call("unit/fire", "WatchReceipts", events, "{}").await;
    assert_eq!((code, why(&error).0.as_str()), (503, "STARTING"), "before it begins: an answer");
    let no = status(domain::rejection::Rejection::conflict("LOG_CHANGED", "another log"));
    for (end, wanted) in
        [(None, "event: end\ndata: {\"code\":\"ok\"}\n\n"), (Some(no), "event: error\n")]
    {
        let (tell, told) = mpsc::channel(1);
        *world.fake.receipts.lock().unwrap() = Some(told);
        let mut line = world.line("unit/fire").await;
        line.write_all(post("WatchReceipts", events, "{}").as_bytes()).await.unwrap();
        let mut heard = String::new();
        read_until(&mut line, &mut heard, ": still here\n\n").await;
        assert!(heard.contains("content-type: text/event-stream"), "{heard}");
        let one = WatchReceiptsResponse { log_id: "日\n志".into(), ..Default::default() };
        tell.send(Ok(one)).await.unwrap();
        read_until(&mut line, &mut heard, "data: {\"logId\":\"日\\n志\"}\n\n").await;
        if let Some(no) = end {
            tell.send(Err(no)).await.unwrap();
        }
        drop(tell);
        read_until(&mut line, &mut heard, wanted).await;
        let mut rest = Vec::new();
        let _end = tokio::time::timeout(PATIENCE, line.read_to_end(&mut rest)).await.unwrap();
        heard += &String::from_utf8(rest).unwrap();
        assert!(!wanted.contains("error") || heard.contains("LOG_CHANGED"), "{heard}");
    }
    world.running.end().await;
}

/// Who does not read holds up the stream, and the stream does not run ahead of it.
#[tokio::test]
async fn a_stream_does_not_run_ahead_of_who_reads_it() {
    let world = world(Limits::default()).await;
    let (tell, told) = mpsc::channel(1);
    *world.fake.receipts.lock().unwrap() = Some(told);
    let mut line = world.line("unit/fire").await;
    let asked = post("WatchReceipts", "accept: text/event-stream\r\n", "{}");
    line.write_all(asked.as_bytes()).await.unwrap();
    let told = async {
        let large = WatchReceiptsResponse { log_id: "x".repeat(1 << 20), ..Default::default() };
        let mut told = 0;
        while told < 64
            && tokio::time::timeout(Duration::from_secs(1), tell.send(Ok(large.clone())))
                .await
                .is_ok()
        {
            told += 1;
        }
        told
    };
    let told = told.await;
    assert!(told < 32, "{told} MiB are somewhere between");
    drop(line);
    world.running.end().await;
}

async fn read_until(line: &mut TlsStream<TcpStream>, heard: &mut String, wanted: &str) {
    let mut buffer = [0; 4_096];
    while !heard.contains(wanted) {
        let read = tokio::time::timeout(PATIENCE, line.read(&mut buffer)).await;
        let read = read.unwrap_or_else(|_| panic!("no {wanted:?}: {heard}")).unwrap();
        assert!(read > 0, "it ended without {wanted:?}: {heard}");
        heard.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
}

#[tokio::test]
async fn the_document_is_at_the_door_and_is_what_the_program_prints() {
    let world = world(Limits::default()).await;
    let get = "GET /openapi.json HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\r\n";
    let heard = world.say("community/kaihua_dongfeng", get).await;
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let shown: Value = serde_json::from_str(body).unwrap();
    assert_eq!(shown, super::super::json::document(&["muster.bus.v1.BusService"]));
    world.running.end().await;
}
