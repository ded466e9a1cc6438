//! Certificates: none, of another authority, of another city, expired, and of the wrong sort of
//! party. What TLS refuses has TLS's word for it (the code that any client is told) and a line in
//! the log of the role for its operator; what TLS lets in is refused call by call.

use std::{io, path::Path, sync::Arc, time::Duration};

use domain::{id::CityId, party::Party};
use hyper_util::rt::TokioIo;
use kit::identity::{Authority, Identity};
use proto::{bus::FetchRequest, unit::ListTasksRequest, whistle::ListCasesRequest};
use rcgen::{CertificateParams, Issuer, KeyPair, SanType};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};

use super::{
    Row, rows,
    world::{World, command, no},
};
use crate::people::endpoint;

const HOUR: Duration = Duration::from_secs(3_600);

/// What is done when a door is told of the wrong party.
pub fn rows() -> Vec<Row> {
    rows! {
        "of another city, at the gateway": |w| async move {
            let line = foreign(&w.data, "spiffe://wuhan/office/o", &["gateway"]);
            let mut gateway =
                proto::whistle::whistle_service_client::WhistleServiceClient::new(line);
            no(gateway.list_cases(ListCasesRequest::default()).await)
        } => Unauthenticated "NO_PARTY" "" "is of the city wuhan";
        "of another city, at the bus": |w| async move {
            let line = foreign(&w.data, "spiffe://wuhan/unit/enforcement", &["bus"]);
            let mut bus = proto::bus::bus_service_client::BusServiceClient::new(line);
            no(bus.fetch(FetchRequest::default()).await)
        } => Unauthenticated "NO_PARTY" "" "is of the city wuhan";
        "a community at a unit's desk": |w| async move { tasks(&w, "community/kaihua_dongfeng").await }
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "the office at a unit's desk": |w| async move { tasks(&w, "office/leading_group_office").await }
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "an administrator at a unit's desk": |w| async move { tasks(&w, "admin/root").await }
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "a unit at the desk of others": |w| async move { tasks(&w, "unit/environment").await }
            => PermissionDenied "NOT_HOSTED_HERE" "" "environment";
        "an administrator assigns": |w| async move {
            let request = proto::whistle::AssignCaseRequest {
                command: command("assign"),
                case_id: w.case_id.clone(),
                lead: "housing".into(),
                cooperating: vec![],
                note: String::new(),
            };
            no(w.gateway("admin/root").assign_case(request).await)
        } => PermissionDenied "NOT_THE_ASSIGNER" "" "that is an office's";
    }
}

async fn tasks(world: &World, party: &str) -> Status {
    let line = world.unit_line(party, "enforcement");
    let mut desk = proto::unit::unit_service_client::UnitServiceClient::new(line);
    no(desk.list_tasks(ListTasksRequest::default()).await)
}

/// What TLS refuses: the papers, the alert that the client is told, what the log says of it.
pub async fn check_handshakes(world: &World, log: &Path) {
    let identity = world.data.join("identity");
    let city: CityId = "wenshan".parse().unwrap();
    let party: Party = "unit/enforcement".parse().unwrap();
    let ours = Authority::open_or_create(&identity, &city).unwrap();
    let now = kit::clock::Clock::system().now();
    let expired = ours.issue_for(&party, now - HOUR * 2, now - HOUR).unwrap();
    let early = ours.issue_for(&party, now + HOUR, now + HOUR * 2).unwrap();
    // One that calls itself as ours does, and one of another name.
    let twin = signed_with(&world.data, &party.uri(&city), KeyPair::generate().unwrap());
    let twin = twin.client().unwrap();
    let namesake = stranger(&identity, "wenshan", &party).client().unwrap();
    let other = stranger(&identity, "wuhan", &party).client().unwrap();
    for (what, config, alert, line) in [
        ("none", without_certificate(&identity), "CertificateRequired", "no certificates"),
        ("another authority of our name", twin, "DecryptError", "BadSignature"),
        ("another authority of our city", namesake, "UnknownCA", "UnknownIssuer"),
        ("the authority of another city", other, "UnknownCA", "UnknownIssuer"),
        ("expired", expired.client().unwrap(), "CertificateExpired", "expired"),
        ("not yet good", early.client().unwrap(), "CertificateExpired", "not valid yet"),
    ] {
        for door in [&["gateway"][..], &["bus"], &["units", "enforcement"]] {
            let address = endpoint(&world.data, door).address;
            let told = knock(&address, config.clone()).await.expect_err(what).to_string();
            assert!(told.contains(alert), "{what} at {door:?}: {told}");
        }
        said(log, line).await;
    }
}

/// Shakes hands and waits for the first byte of HTTP/2: only who is let in gets it.
async fn knock(address: &str, config: ClientConfig) -> io::Result<u8> {
    let socket = TcpStream::connect(address.trim_start_matches("https://")).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await?;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await?;
    stream.read_u8().await
}

async fn said(log: &Path, line: &str) {
    let mut text = String::new();
    for _ in 0..100 {
        text = std::fs::read_to_string(log).unwrap();
        let refused = text.lines().filter(|said| said.contains("refused: TLS"));
        if refused.filter(|said| said.contains(line)).count() >= 3 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no three lines with {line:?} in\n{text}");
}

fn without_certificate(identity: &Path) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(identity.join("ca.pem")).unwrap()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// The party by an authority that is not ours; it trusts ours.
fn stranger(identity: &Path, city: &str, party: &Party) -> Identity {
    let folder = tempfile::tempdir().unwrap();
    let theirs = Authority::open_or_create(folder.path(), &city.parse().unwrap()).unwrap();
    theirs.issue_to(folder.path(), party).unwrap();
    let file = |end: &str| folder.path().join(format!("unit-{}.{end}", party.id));
    Identity::load(&identity.join("ca.pem"), &file("pem"), &file("key")).unwrap()
}

/// A line with a certificate that our own authority was made to sign for another city. Our own
/// client would not speak to the server of another city, so this is somebody else's.
fn foreign(data: &Path, uri: &str, door: &[&str]) -> Channel {
    let tls = TlsConnector::from(Arc::new(signed(data, uri).client().unwrap()));
    let address = endpoint(data, door).address.replace("https://", "");
    let line = Endpoint::from_shared(format!("http://{address}")).unwrap();
    line.connect_with_connector_lazy(tower::service_fn(move |_| {
        let (tls, address) = (tls.clone(), address.clone());
        async move {
            let socket = TcpStream::connect(address).await?;
            let stream = tls.connect(ServerName::try_from("localhost").unwrap(), socket).await?;
            io::Result::Ok(TokioIo::new(stream))
        }
    }))
}

fn signed(data: &Path, uri: &str) -> Identity {
    let key = std::fs::read_to_string(data.join("identity/ca.key")).unwrap();
    signed_with(data, uri, KeyPair::from_pem(&key).unwrap())
}

/// A certificate in the name of our authority, by this key.
fn signed_with(data: &Path, uri: &str, ca_key: KeyPair) -> Identity {
    let ca = std::fs::read_to_string(data.join("identity/ca.pem")).unwrap();
    let der = CertificateDer::from_pem_slice(ca.as_bytes()).unwrap();
    let issuer = Issuer::from_ca_cert_der(&der, ca_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, &issuer).unwrap();
    Identity::from_pem(&ca, &certificate.pem(), &key.serialize_pem()).unwrap()
}
