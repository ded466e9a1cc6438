//! What holds of everything that a connection brings, whatever its bytes are: no panic, no overflow,
//! and what is taken once is written and read the same.

use std::collections::HashMap;

use domain::{
    party::{Kind, Party},
    rejection::Rejection,
};
use proptest::{collection::vec, prelude::*};
use proto::page::Page;
use rustls::pki_types::{CertificateDer, ServerName};
use tonic::{
    Code, Status,
    codegen::http::{HeaderMap, HeaderValue},
};

use crate::{
    identity::{Authority, Peer, server_name},
    page,
    server::timeout_of,
    status,
    trace::TraceContext,
};

fn party() -> impl Strategy<Value = Party> {
    let kinds = [Kind::Unit, Kind::Community, Kind::Office, Kind::Admin, Kind::Service];
    (prop::sample::select(kinds.to_vec()), "[a-zA-Z0-9._:-]{1,128}")
        .prop_map(|(kind, id)| Party::new(kind, id).unwrap())
}

fn rejection() -> impl Strategy<Value = Rejection> {
    let text = || prop_oneof![".{0,80}", ".{0,4000}"];
    (0..6_u8, "[A-Z][A-Z_]{0,40}", text(), text()).prop_map(|(kind, reason, message, field)| {
        let made = match kind {
            0 => Rejection::invalid(&reason, "", message),
            1 => Rejection::forbidden(&reason, message),
            2 => Rejection::unknown(&reason, "", message),
            3 => Rejection::conflict(&reason, message),
            4 => Rejection::exhausted(&reason, message),
            _ => Rejection::unavailable(&reason, message),
        };
        made.at(&field)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_page_token_goes_there_and_back_and_any_text_is_one_or_refused(
        key in vec(any::<u8>(), 0..80), size in any::<u32>(), text in ".{0,80}"
    ) {
        let token = page::token(&key);
        let wanted = page::wanted(Some(Page { size, token })).unwrap();
        prop_assert_eq!(&wanted.from, &key);
        prop_assert!((1..=500).contains(&wanted.size));
        match page::wanted(Some(Page { size, token: text.clone() })) {
            Ok(wanted) => prop_assert_eq!(page::token(&wanted.from), text),
            Err(no) => prop_assert_eq!((&*no.reason, &*no.field), ("MALFORMED_TOKEN", "page.token")),
        }
    }

    #[test]
    fn any_text_is_a_traceparent_that_goes_there_and_back_or_none(
        any in "[ -~]{0,70}",
        near in "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[a-z]{0,5})?",
    ) {
        for text in [any, near] {
            let Ok(context) = text.parse::<TraceContext>() else { continue };
            prop_assert_eq!(context.to_string().parse(), Ok(context));
            prop_assert!(text.contains(&context.trace_id()));
        }
    }

    #[test]
    fn any_deadline_is_read_or_none(text in "[0-9]{0,10}[A-Za-z]?", bytes in vec(any::<u8>(), 0..20)) {
        for value in [text.as_bytes(), &bytes] {
            let Ok(value) = HeaderValue::from_bytes(value) else { continue };
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", value);
            if let Some(time) = timeout_of(&headers) {
                prop_assert!(time.as_secs() < 100_000_000 * 3_600);
            }
        }
    }

    #[test]
    fn a_party_goes_through_its_uri_and_has_a_name_for_tls(party in party(), city in "[a-z]{1,20}") {
        let city = city.parse().unwrap();
        let uri = party.uri(&city);
        prop_assert_eq!(Party::from_uri(&uri).unwrap(), (city, party.clone()));
        prop_assert!(ServerName::try_from(server_name(&party)).is_ok());
    }

    #[test]
    fn any_text_is_a_uri_of_a_party_or_refused(rest in ".{0,300}", prefix in any::<bool>()) {
        let text = if prefix { format!("spiffe://{rest}") } else { rest };
        match Party::from_uri(&text) {
            Ok((city, party)) => prop_assert_eq!(party.uri(&city), text),
            Err(no) => prop_assert!(no.to_string().len() < 4_000, "{}", no),
        }
    }

    /// However long what it says: a status travels in headers, and those are limited.
    #[test]
    fn a_refusal_fits_into_the_headers_of_an_answer(no in rejection(), fact in ".{0,4000}") {
        let facts = HashMap::from([("expected".to_owned(), fact)]);
        let status = status::status_with(no.clone(), facts);
        let headers = status.clone().into_http::<()>();
        let bytes: usize = headers.headers().values().map(HeaderValue::len).sum();
        prop_assert!(bytes < 12 << 10, "{} bytes", bytes);
        let back = status::rejection(&status);
        prop_assert_eq!((back.kind, back.reason), (no.kind, no.reason));
        prop_assert!(no.field.starts_with(&back.field));
    }

    #[test]
    fn a_status_of_anybody_gives_a_rejection(code in -5..30, details in vec(any::<u8>(), 0..200)) {
        let status = Status::with_details(Code::from(code), "no", details.into());
        prop_assert!(!status::rejection(&status).reason.is_empty());
    }
}

#[test]
fn a_spoilt_certificate_names_its_party_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let city = "wenshan".parse().unwrap();
    let authority = Authority::open_or_create(folder.path(), &city).unwrap();
    let party: Party = "unit/enforcement".parse().unwrap();
    authority.issue_to(folder.path(), &party).unwrap();
    let pem = std::fs::read_to_string(folder.path().join("unit-enforcement.pem")).unwrap();
    let der = rustls::pki_types::pem::PemObject::from_pem_slice(pem.as_bytes());
    let der: CertificateDer<'static> = der.unwrap();
    assert_eq!(Peer::of(std::slice::from_ref(&der), &city).unwrap().party, party);
    for at in 0..der.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = der.to_vec();
            bytes[at] ^= change;
            // Whether it is genuine is for TLS to say; here only: no panic, and of our city.
            if let Ok(peer) = Peer::of(&[CertificateDer::from(bytes)], &city) {
                assert_eq!(peer.city, city);
            }
        }
        assert!(Peer::of(&[CertificateDer::from(der[..at].to_vec())], &city).is_err());
    }
}
