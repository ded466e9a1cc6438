//! Authorities, files and peers: who is issued what, and who is believed.

use std::{fs, os::unix::fs::PermissionsExt as _, thread};

use super::*;

fn city(name: &str) -> CityId {
    CityId::parse(name).unwrap()
}

fn party(text: &str) -> Party {
    text.parse().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn an_authority_is_made_once_and_its_keys_are_private() {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca");
    let first = Authority::open_or_create(&ca, &city("wenshan")).unwrap();
    let again = Authority::open_or_create(&ca, &city("wenshan")).unwrap();
    assert_eq!(first.pem(), again.pem());
    assert_eq!(mode(&ca.join("ca.key")), 0o600);
    assert_eq!(mode(&ca.join("ca.pem")), 0o644);
    let other = Authority::open_or_create(&ca, &city("wuhan")).unwrap_err();
    assert!(matches!(other, Error::OtherCity { .. }), "{other}");
    fs::remove_file(ca.join("ca.key")).unwrap();
    let keyless = Authority::open_or_create(&ca, &city("wenshan")).unwrap_err();
    assert!(matches!(keyless, Error::Keyless(_)), "{keyless}");
}

#[test]
fn a_start_that_was_cut_off_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("ca.key"), "half a k").unwrap();
    fs::write(dir.path().join("ca.pem.tmp"), "half a c").unwrap();
    let authority = Authority::open_or_create(dir.path(), &city("wenshan")).unwrap();
    authority.issue(&party("unit/enforcement")).unwrap();
}

#[test]
fn two_starts_at_the_same_time_make_one_authority() {
    let dir = tempfile::tempdir().unwrap();
    let start =
        || Authority::open_or_create(dir.path(), &city("wenshan")).unwrap().pem().to_owned();
    let pems: Vec<String> = thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(pems.iter().all(|pem| *pem == pems[0]));
}

#[test]
fn an_identity_says_who_it_is_and_hides_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_create(dir.path(), &city("wenshan")).unwrap();
    let identity = authority.issue(&party("unit/market_regulation")).unwrap();
    assert_eq!(identity.party(), &party("unit/market_regulation"));
    assert_eq!(identity.city(), &city("wenshan"));
    let shown = format!("{identity:?} {authority:?} {:?}", ServerTls::new(&identity).unwrap());
    assert!(shown.len() < 250, "{shown}");
    let peer = Peer::of(&identity.now().chain, &city("wenshan")).unwrap();
    assert_eq!(peer.party, *identity.party());
    let other = Peer::of(&identity.now().chain, &city("wuhan")).unwrap_err();
    assert!(matches!(other, PeerError::OtherCity { .. }), "{other}");
    assert_eq!(Peer::of(&[], &city("wenshan")), Err(PeerError::Missing));
}

#[test]
fn a_certificate_without_exactly_one_party_is_refused() {
    for (uris, expected) in [
        (&[][..], PeerError::Uris(0)),
        (&["spiffe://wenshan/unit/a", "spiffe://wenshan/unit/b"], PeerError::Uris(2)),
        (&["spiffe://wenshan/unit/a", "https://example.org"], PeerError::Uris(2)),
    ] {
        assert_eq!(Peer::of(&[certificate(uris)], &city("wenshan")), Err(expected));
    }
    let wrong = Peer::of(&[certificate(&["https://wenshan/unit/a"])], &city("wenshan"));
    assert!(matches!(wrong, Err(PeerError::Uri(_))), "{wrong:?}");
    let noise = CertificateDer::from(b"noise".to_vec());
    assert_eq!(Peer::of(&[noise], &city("wenshan")), Err(PeerError::Malformed));
}

fn certificate(uris: &[&str]) -> CertificateDer<'static> {
    let mut params = rcgen::CertificateParams::default();
    let name = |uri: &&str| rcgen::SanType::URI((*uri).try_into().unwrap());
    params.subject_alt_names = uris.iter().map(name).collect();
    let key = rcgen::KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().der().clone()
}

#[test]
fn an_identity_in_files_is_kept_while_it_is_good() {
    let dir = tempfile::tempdir().unwrap();
    let (ca, files) = (dir.path().join("ca"), dir.path().join("files"));
    let authority = Authority::open_or_create(&ca, &city("wenshan")).unwrap();
    let unit = party("unit/fire");
    let pem = files.join("unit-fire.pem");
    authority.issue_to(&files, &unit).unwrap();
    let first = fs::read(&pem).unwrap();
    assert_eq!(mode(&files.join("unit-fire.key")), 0o600);
    authority.issue_to(&files, &unit).unwrap();
    assert_eq!(fs::read(&pem).unwrap(), first);
    Identity::load(&ca.join("ca.pem"), &pem, &files.join("unit-fire.key")).unwrap();

    // Of another authority.
    let other = Authority::open_or_create(&dir.path().join("other"), &city("wenshan")).unwrap();
    other.issue_to(&files, &unit).unwrap();
    let second = fs::read(&pem).unwrap();
    assert_ne!(second, first);

    // Near its end.
    let longer = other.with_validity(std::time::Duration::from_secs(4 * 365 * 86_400));
    longer.issue_to(&files, &unit).unwrap();
    let third = fs::read(&pem).unwrap();
    assert_ne!(third, second);

    // With a key that does not belong to it.
    fs::copy(ca.join("ca.key"), files.join("unit-fire.key")).unwrap();
    longer.issue_to(&files, &unit).unwrap();
    assert_ne!(fs::read(&pem).unwrap(), third);
}

#[test]
fn a_server_name_is_one_that_tls_takes() {
    let long = format!("unit/{}", "a".repeat(128));
    for (text, expected) in [
        ("unit/market_regulation", "market-regulation.unit.muster.internal"),
        ("service/bus", "bus.service.muster.internal"),
        ("unit/A.b:C", "a-b-c.unit.muster.internal"),
        ("unit/_", "x.unit.muster.internal"),
        ("unit/-x-", "x.unit.muster.internal"),
        (&long, &format!("{}.unit.muster.internal", "a".repeat(63))),
    ] {
        let name = server_name(&party(text));
        assert_eq!(name, expected);
        assert!(rustls::pki_types::ServerName::try_from(name).is_ok());
    }
}
