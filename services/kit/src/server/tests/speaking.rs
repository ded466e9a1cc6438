//! Whose call it is when the console speaks, and that nobody else speaks for anybody.

use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use super::*;

/// A bus of Wenshan that records what it refuses.
async fn recording(city: &City, dir: &Path) -> (Running, Access) {
    let clock = crate::clock::Clock::fixed(domain::moment::Moment(1_795_312_800_000));
    let access = access().recorded(dir, clock);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tls = ServerTls::new(&city.identity("service/bus")).unwrap();
    let (probe, shutdown) = (Probe::default(), CancellationToken::new());
    let services = Services::new(&access, Role::Bus).with(probe.clone());
    let (served, stop) = (tls.clone(), shutdown.clone());
    let limits = Limits::default();
    let task = tokio::spawn(async move { serve(listener, &served, services, &limits, stop).await });
    (Running { address, tls, probe, shutdown, task }, access)
}

/// Calls the probe with these values of the header.
async fn said(channel: &Channel, values: &[&str]) -> Result<Headers, Status> {
    let mut request = http::Request::post("/test.Probe/Who").body(Body::empty()).unwrap();
    for value in values {
        let value = http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().append(MUSTER_FOR, value);
    }
    let answer =
        channel.clone().oneshot(request).await.map_err(|e| Status::from_error(e.into()))?;
    match Status::from_header_map(answer.headers()) {
        Some(status) if status.code() != Code::Ok => Err(status),
        _ => Ok(answer.headers().clone()),
    }
}

fn refusal(answer: Result<Headers, Status>) -> (Code, String, String) {
    let status = answer.unwrap_err();
    let no = crate::status::rejection(&status);
    (status.code(), no.reason, no.message)
}

#[tokio::test]
async fn the_console_speaks_for_people_and_the_call_is_then_theirs() {
    let city = City::new("wenshan");
    let running = Running::start(&city.identity("service/bus"), Limits::default()).await;
    let console = running.channel(&city.identity("service/console"));
    for party in
        ["unit/housing", "community/kaihua_dongfeng", "office/leading_group_office", "admin/root"]
    {
        let spoken = client::speak_for(console.clone(), &party.parse().unwrap()).unwrap();
        let request = http::Request::post("/test.Probe/Who").body(Body::empty()).unwrap();
        let answer = spoken.oneshot(request).await.unwrap();
        assert_eq!(answer.headers()["peer"], format!("wenshan {party}"));
    }
    // By itself it does nothing.
    let (code, reason, _) = refusal(call(&console, "Who", None).await);
    assert_eq!((code, reason.as_str()), (Code::PermissionDenied, "NO_PROBE"));
    healthy(&console).await.unwrap();
    running.end().await;
}

#[tokio::test]
async fn the_worker_whistles_for_communities_and_says_nothing_else_for_anybody() {
    let city = City::new("wenshan");
    let running = Running::start(&city.identity("service/bus"), Limits::default()).await;
    let community = "community/kaihua_dongfeng";
    let asked = async |caller: &str, party: &str, path: &str| {
        let channel = running.channel(&city.identity(caller));
        let spoken = client::speak_for(channel, &party.parse().unwrap()).unwrap();
        let request = http::Request::post(path).body(Body::empty()).unwrap();
        let answer = spoken.oneshot(request).await.unwrap();
        Status::from_header_map(answer.headers()).map(|status| status.code())
    };
    let raise = "/muster.whistle.v1.WhistleService/RaiseWhistle";
    // Nobody serves it here: it was let in.
    assert_eq!(asked("service/worker", community, raise).await, Some(Code::Unimplemented));
    let no = Some(Code::PermissionDenied);
    for (caller, party, path) in [
        ("service/worker", community, "/muster.whistle.v1.WhistleService/ConfirmCase"),
        ("service/worker", community, "/muster.whistle.v1.WhistleService/GetCase"),
        ("service/worker", community, "/test.Probe/Who"),
        ("service/worker", "unit/housing", raise),
        ("service/worker", "office/leading_group_office", raise),
        ("service/gateway", community, raise),
        ("unit/housing", community, raise),
    ] {
        assert_eq!(asked(caller, party, path).await, no, "{caller} {party} {path}");
    }
    running.end().await;
}

#[tokio::test]
async fn a_stream_is_theirs_too() {
    let city = City::new("wenshan");
    let running = Running::start(&city.identity("service/bus"), Limits::default()).await;
    let console = running.channel(&city.identity("service/console"));
    let list = MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest { message_request: Some(list), ..Default::default() };
    let asked = || tokio_stream::once(request.clone());
    let own = ServerReflectionClient::new(console.clone()).server_reflection_info(asked()).await;
    assert_eq!(own.unwrap_err().code(), Code::PermissionDenied);
    let spoken = client::speak_for(console, &"admin/li".parse().unwrap()).unwrap();
    let mut theirs = ServerReflectionClient::new(spoken)
        .server_reflection_info(asked())
        .await
        .unwrap()
        .into_inner();
    assert!(format!("{:?}", theirs.message().await.unwrap()).contains("grpc.health.v1.Health"));
    running.end().await;
}

#[tokio::test]
async fn nobody_else_speaks_for_another_and_each_attempt_is_on_record() {
    let (city, dir) = (City::new("wenshan"), tempfile::tempdir().unwrap());
    let (running, access) = recording(&city, dir.path()).await;
    for caller in ["unit/housing", "office/leading_group_office", "admin/root", "service/gateway"] {
        let channel = running.channel(&city.identity(caller));
        call(&channel, "Who", None).await.unwrap();
        let (code, reason, message) = refusal(said(&channel, &["unit/enforcement"]).await);
        assert_eq!((code, reason.as_str()), (Code::PermissionDenied, "NOT_A_VOICE"), "{caller}");
        assert!(message.contains(caller) && message.contains("unit/enforcement"), "{message}");
    }
    let console = running.channel(&city.identity("service/console"));
    for (values, reason, word) in [
        (&["service/worker"][..], "NOT_A_VOICE", "service/worker"),
        (&["service/console"], "NOT_A_VOICE", "service/console"),
        (&["unit/ghost"], "UNKNOWN_PARTY", "unit/ghost"),
        (&["community/ghost"], "UNKNOWN_PARTY", "community/ghost"),
        (&["office/ghost"], "UNKNOWN_PARTY", "office/ghost"),
        (&["housing"], "MALFORMED_VOICE", "<kind>/<id>"),
        (&[""], "MALFORMED_VOICE", "<kind>/<id>"),
        (&["住建"], "MALFORMED_VOICE", "no text"),
        (&["unit/housing", "unit/housing"], "MALFORMED_VOICE", "twice"),
    ] {
        let (code, found, message) = refusal(said(&console, values).await);
        assert_eq!((code, found.as_str()), (Code::PermissionDenied, reason), "{values:?}");
        assert!(message.contains(word), "{values:?}: {message}");
    }
    running.end().await;
    drop(access);
    let written = crate::access::read_refusals(dir.path()).unwrap();
    assert_eq!(written.len(), 13, "{written:?}");
    assert!(written.iter().all(|one| one.refused.through.is_none()), "nobody has spoken");
    assert_eq!(written[0].refused.caller, "unit/housing");
}

#[tokio::test]
async fn a_refusal_names_who_was_refused_and_through_whom() {
    let (city, dir) = (City::new("wenshan"), tempfile::tempdir().unwrap());
    let (running, access) = recording(&city, dir.path()).await;
    let console = running.channel(&city.identity("service/console"));
    let spoken = client::speak_for(console, &"unit/housing".parse().unwrap()).unwrap();
    let path = "/muster.bus.v1.BusService/ListMailboxes";
    let request = http::Request::post(path).body(Body::empty()).unwrap();
    let answer = spoken.oneshot(request).await.unwrap();
    let status = Status::from_header_map(answer.headers()).unwrap();
    let no = crate::status::rejection(&status);
    assert_eq!((status.code(), no.reason.as_str()), (Code::PermissionDenied, "NOT_YOURS"));
    running.end().await;
    drop(access);
    let written = crate::access::read_refusals(dir.path()).unwrap();
    let [one] = &written[..] else { panic!("{written:?}") };
    assert_eq!(one.refused.caller, "unit/housing");
    assert_eq!(one.refused.through.as_deref(), Some("service/console"));
}

#[tokio::test]
async fn a_stranger_with_the_header_is_a_stranger() {
    let (ours, wuhan) = (City::new("wenshan"), City::new("wuhan"));
    let both = format!("{}{}", ours.authority.pem(), wuhan.authority.pem());
    let server = door::trusting(&ours, "service/bus", &both);
    let running = Running::start(&server, Limits::default()).await;
    let foreign = door::trusting(&wuhan, "service/console", &both);
    let channel = running.channel_of_anybody(foreign.client().unwrap());
    let mut request = http::Request::post("/test.Probe/Who").body(Body::empty()).unwrap();
    request.headers_mut().insert(MUSTER_FOR, http::HeaderValue::from_static("unit/housing"));
    let answer = channel.oneshot(request).await.unwrap();
    let status = Status::from_header_map(answer.headers()).unwrap();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(crate::status::rejection(&status).reason, "NO_PARTY");
    running.end().await;
}
