//! What a connection says about itself and about its calls: certificates, traces, deadlines, page
//! tokens, names; and what a client reads in the refusal that comes back.
//!
//! Input: which of them (1 byte), then its bytes.

use domain::{
    evidence::Digest,
    id::{CityId, UnitId},
    party::Party,
};
use kit::{
    identity::Peer,
    page,
    server::timeout_of,
    status,
    trace::{TRACEPARENT, TraceContext},
};
use prost::Message as _;
use proto::page::Page;
use rustls::pki_types::CertificateDer;
use tonic::{
    Code, Status,
    codegen::http::{HeaderMap, HeaderValue},
    metadata::MetadataMap,
};

use super::check_refusal;

/// Reads one of them.
pub fn run(data: &[u8]) {
    let [sort, bytes @ ..] = data else { return };
    match sort % 6 {
        0 => certificate(bytes),
        1 => names(bytes),
        2 => trace(bytes),
        3 => deadline(bytes),
        4 => token(bytes),
        _ => refusal(bytes),
    }
}

fn certificate(der: &[u8]) {
    let city: CityId = "wenshan".parse().expect("an id");
    match Peer::of(&[CertificateDer::from(der)], &city) {
        Ok(peer) => {
            assert_eq!(peer.city, city);
            let uri = peer.party.uri(&city);
            assert_eq!(Party::from_uri(&uri), Ok((city, peer.party)));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn names(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok((city, party)) = Party::from_uri(text) {
        assert_eq!(party.uri(&city), text);
    }
    if let Ok(party) = text.parse::<Party>() {
        assert_eq!(party.to_string(), text);
        let name = kit::identity::server_name(&party);
        rustls::pki_types::ServerName::try_from(name).expect("every party has a server's name");
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
    }
    if let Ok(unit) = UnitId::parse(text) {
        assert_eq!(unit.as_str(), text);
    }
    for wrong in [text.parse::<Party>().err().map(|e| e.to_string())].into_iter().flatten() {
        assert!(wrong.len() < 4_096, "a party that is refused is not repeated at length");
    }
}

fn trace(bytes: &[u8]) {
    let mut metadata = MetadataMap::new();
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    metadata.as_mut().insert(TRACEPARENT, value);
    let Some(context) = TraceContext::from_metadata(&metadata) else { return };
    assert_eq!(context.to_string().parse(), Ok(context));
    assert_eq!(context.trace_id().len(), 32);
}

fn deadline(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    headers.insert("grpc-timeout", value);
    timeout_of(&headers);
}

fn token(bytes: &[u8]) {
    let Ok(page) = Page::decode(bytes) else { return };
    match page::wanted(Some(page)) {
        Ok(wanted) => {
            let page = Page { size: 1, token: page::token(&wanted.from) };
            assert_eq!(page::wanted(Some(page)).map(|again| again.from), Ok(wanted.from.clone()));
            for refused in [
                bus::asking::place_of(&wanted.from).err(),
                bus::asking::party_of(&wanted.from).err(),
            ] {
                refused.iter().for_each(check_refusal);
            }
        }
        Err(rejection) => check_refusal(&rejection),
    }
}

/// The code of a status and its details, as another process has sent them.
fn refusal(bytes: &[u8]) {
    let [code, details @ ..] = bytes else { return };
    let code = Code::from(i32::from(*code));
    let status = Status::with_details(code, "no", details.to_vec().into());
    let rejection = status::rejection(&status);
    assert!(!rejection.reason.is_empty() || !details.is_empty());
    status::metadata(&status, "expected");
}

/// One of each; certificates are made anew each time, so those in the tree are kept.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let refused = domain::rejection::Rejection::conflict("NUMBER_GAP", "a gap").at("number");
    let facts = [("expected".to_owned(), "7".to_owned())];
    let refused = status::status_with(refused, facts.into());
    let page = Page { size: 7, token: page::token(b"\0\0\0\0\0\0\0\x07") }.encode_to_vec();
    let trace = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_vec();
    let digest = Digest::sha256([0xab; 32]).to_string();
    [
        ("uri", 1, b"spiffe://wenshan/unit/market_regulation".to_vec()),
        ("party", 1, b"community/kaihua_dongfeng".to_vec()),
        ("digest", 1, digest.into_bytes()),
        ("traceparent", 2, trace),
        ("timeout", 3, b"99999999m".to_vec()),
        ("token", 4, page),
        ("refusal", 5, [&[9], refused.details()].concat()),
    ]
    .map(|(name, sort, bytes)| (name.to_owned(), [&[sort], &bytes[..]].concat()))
    .into()
}
