//! Who comes in, and how many.

use std::{io, sync::Arc};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use super::*;

type Socket = TlsStream<TcpStream>;

/// Shakes hands and waits for the first byte of HTTP/2: only who is let in gets it.
async fn knock(running: &Running, config: ClientConfig) -> io::Result<Socket> {
    let socket = TcpStream::connect(running.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await?;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await?;
    stream.read_u8().await?;
    Ok(stream)
}

fn without_certificate(city: &City) -> ClientConfig {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(city.authority.pem().as_bytes()).unwrap()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// The identity in a city's files, with other authorities to trust.
pub(super) fn trusting(city: &City, party: &str, authorities: &str) -> Identity {
    let party: Party = party.parse().unwrap();
    city.authority.issue_to(city.path(), &party).unwrap();
    let bundle = city.path().join("bundle.pem");
    std::fs::write(&bundle, authorities).unwrap();
    let name = format!("{}-{}", party.kind.word(), party.id);
    let file = |end| city.path().join(format!("{name}.{end}"));
    Identity::load(&bundle, &file("pem"), &file("key")).unwrap()
}

#[tokio::test]
async fn only_a_good_certificate_of_our_authority_and_city_comes_in() {
    let (ours, stranger, wuhan) = (City::new("wenshan"), City::new("wenshan"), City::new("wuhan"));
    // The server trusts Wuhan's authority as well: only the city in the certificate refuses it.
    let both = format!("{}{}", ours.authority.pem(), wuhan.authority.pem());
    let server = trusting(&ours, "service/bus", &both);
    let running = Running::start(&server, Limits::default()).await;

    let party = "unit/enforcement".parse().unwrap();
    let now = crate::clock::Clock::system().now();
    let hour = Duration::from_secs(3_600);
    let expired = ours.authority.issue_for(&party, now - hour * 2, now - hour).unwrap();
    let early = ours.authority.issue_for(&party, now + hour, now + hour * 2).unwrap();
    let everybody = format!("{both}{}", stranger.authority.pem());
    let cases = [
        ("none", without_certificate(&ours), false),
        ("another authority", trusting(&stranger, "unit/x", &everybody).client().unwrap(), false),
        ("expired", expired.client().unwrap(), false),
        ("not yet good", early.client().unwrap(), false),
        ("right", ours.identity("unit/enforcement").client().unwrap(), true),
    ];
    for (case, config, good) in cases {
        let knocked = knock(&running, config).await;
        assert_eq!(knocked.is_ok(), good, "{case}: {:?}", knocked.err());
    }
    // TLS is content with another city's; every call is told why it is refused.
    let foreign = trusting(&wuhan, "unit/x", &everybody);
    let foreign = running.channel_of_anybody(foreign.client().unwrap());
    let refused = HealthClient::new(foreign).check(HealthCheckRequest::default()).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "{refused}");
    let no = crate::status::rejection(&refused);
    assert!(no.reason == "NO_PARTY" && no.message.contains("wuhan"), "{no}");
    let refused = healthy(&running.channel(&expired)).await.unwrap_err();
    let kind = crate::status::rejection(&refused).kind;
    assert_eq!(kind, domain::rejection::Kind::Unavailable, "{refused}");
    running.end().await;
}

#[tokio::test]
async fn a_client_refuses_a_server_that_is_somebody_else() {
    let city = City::new("wenshan");
    let unit = city.identity("unit/fire");
    // Its name is the same for TLS, its URI is not.
    let running = Running::start(&city.identity("unit/market_regulation"), Limits::default()).await;
    healthy(&running.channel_to(&unit, "unit/market_regulation")).await.unwrap();
    for other in ["unit/market-regulation", "unit/fire", "service/bus"] {
        let refused = healthy(&running.channel_to(&unit, other)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{other}: {refused}");
    }
    running.end().await;
}

#[tokio::test]
async fn the_handler_knows_the_peer_and_the_trace() {
    let city = City::new("wenshan");
    let running = Running::start(&city.identity("service/bus"), Limits::default()).await;
    let channel = running.channel(&city.identity("unit/market_regulation"));
    let parent = trace::TraceContext::root();
    let work = async { call(&channel, "Who", None).await.unwrap() };
    let headers = trace::within(parent, tracing::Span::none(), work).await;
    assert_eq!(headers["peer"], "wenshan unit/market_regulation");
    assert_eq!(headers["trace"], parent.trace_id().as_str());
    assert!(peer(&Request::new(())).is_err());
    running.end().await;
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_a_place_comes_back() {
    let city = City::new("wenshan");
    // The raw connections of this test know nothing of an orderly end.
    let limits = Limits { connections: 2, drain: Duration::ZERO, ..Limits::default() };
    let running = Running::start(&city.identity("service/bus"), limits).await;
    let config = city.identity("unit/fire").client().unwrap();
    let first = knock(&running, config.clone()).await.unwrap();
    let _second = knock(&running, config.clone()).await.unwrap();
    assert!(knock(&running, config.clone()).await.is_err());
    drop(first);
    let came_back = async { while knock(&running, config.clone()).await.is_err() {} };
    tokio::time::timeout(PATIENCE, came_back).await.unwrap();
    running.end().await;
}

#[tokio::test]
async fn silent_handshakes_hold_up_nobody_and_end() {
    let city = City::new("wenshan");
    let server = async |handshake| {
        let limits = Limits { handshake, connections: 9, ..Limits::default() };
        let running = Running::start(&city.identity("service/bus"), limits).await;
        let mut silent = Vec::new();
        for _ in 0..8 {
            silent.push(TcpStream::connect(running.address).await.unwrap());
        }
        (running, silent)
    };
    let (patient, silent) = server(PATIENCE * 6).await;
    healthy(&patient.channel(&city.identity("unit/fire"))).await.unwrap();
    for socket in silent {
        let waits = socket.try_read(&mut [0]).unwrap_err().kind() == io::ErrorKind::WouldBlock;
        assert!(waits, "somebody was let in while they were silent");
    }
    patient.end().await;
    let (strict, silent) = server(Duration::from_millis(300)).await;
    for mut socket in silent {
        let closed = tokio::time::timeout(PATIENCE, socket.read_u8()).await.unwrap();
        assert!(closed.is_err());
    }
    strict.end().await;
}

#[tokio::test]
async fn too_many_calls_at_once_are_refused_with_a_reason() {
    let city = City::new("wenshan");
    let limits = Limits { calls_per_connection: 1, ..Limits::default() };
    let running = Running::start(&city.identity("service/bus"), limits).await;
    let channel = running.channel(&city.identity("unit/fire"));
    let busy = tokio::spawn({
        let channel = channel.clone();
        async move { call(&channel, "Hang", None).await }
    });
    let hanging = running.probe.hanging.clone();
    eventually("the first call hangs", || hanging.load(Ordering::SeqCst) == 1).await;
    let refused = call(&channel, "Who", None).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(crate::status::rejection(&refused).reason, "TOO_MANY_CALLS");
    busy.abort();
    let is_free = async { while call(&channel, "Who", None).await.is_err() {} };
    tokio::time::timeout(PATIENCE, is_free).await.unwrap();
    running.end().await;
}

#[tokio::test]
async fn a_new_identity_serves_new_connections() {
    let (old, new) = (City::new("wenshan"), City::new("wenshan"));
    let running = Running::start(&old.identity("service/bus"), Limits::default()).await;
    let (before, after) = (old.identity("unit/fire"), new.identity("unit/fire"));
    let open = running.channel(&before);
    healthy(&open).await.unwrap();
    assert!(healthy(&running.channel(&after)).await.is_err());
    running.tls.replace(&new.identity("service/bus")).unwrap();
    healthy(&running.channel(&after)).await.unwrap();
    healthy(&open).await.unwrap();
    assert!(healthy(&running.channel(&before)).await.is_err());
    assert!(running.tls.replace(&City::new("wuhan").identity("service/bus")).is_err());
    running.end().await;
}

#[tokio::test]
async fn reflection_lists_what_is_described() {
    let city = City::new("wenshan");
    let running = Running::start(&city.identity("service/bus"), Limits::default()).await;
    let channel = running.channel(&city.identity("admin/li"));
    let list = MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest { message_request: Some(list), ..Default::default() };
    let mut answers = ServerReflectionClient::new(channel)
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    let answer = format!("{:?}", answers.message().await.unwrap());
    assert!(answer.contains("grpc.health.v1.Health"), "{answer}");
    running.end().await;
}
