//! What an authority remembers, takes back and refuses, and what a watcher takes.

use std::{fs, path::Path};

use super::*;

fn authority(dir: &Path) -> Authority {
    Authority::open_or_create(dir, &CityId::parse("wenshan").unwrap()).unwrap()
}

fn party(text: &str) -> Party {
    text.parse().unwrap()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result.unwrap_err() {
        Error::Refused(why) => why,
        other => panic!("{other}"),
    }
}

#[test]
fn what_was_issued_and_revoked_is_known_after_a_start_and_a_torn_line_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let fire = party("unit/fire");
    let first = authority(dir.path());
    first.issue_to(dir.path(), &fire).unwrap();
    first.issue(&party("unit/water")).unwrap();
    first.revoke(&fire, "the key was lost", "li").unwrap();
    // A crash in the middle of a line.
    let path = dir.path().join("issued.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{whole}{{\"issued\":{{\"ser")).unwrap();
    let again = authority(dir.path());
    again.issue(&party("unit/gas")).unwrap();
    let known = again.known().unwrap();
    let shown: Vec<_> = known
        .iter()
        .map(|known| (known.issued.party.to_string(), known.revoked.as_ref().map(|r| &*r.reason)))
        .collect();
    let expected =
        [("unit/fire", Some("the key was lost")), ("unit/water", None), ("unit/gas", None)];
    let expected = expected.map(|(party, reason)| (party.to_owned(), reason));
    assert_eq!(shown, expected);
    assert!(known.iter().all(|known| known.issued.serial.len() == 32));
    // A line that is wrong and not the last is said, never passed over.
    fs::write(&path, format!("nonsense\n{whole}")).unwrap();
    let wrong = again.known().unwrap_err();
    assert!(matches!(wrong, Error::Register { line: 1, .. }), "{wrong}");
}

#[test]
fn what_makes_no_sense_is_refused_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let absent = Authority::open(dir.path()).unwrap_err();
    assert!(matches!(absent, Error::Absent(_)), "{absent}");
    let authority = authority(dir.path());
    let (fire, water) = (party("unit/fire"), party("unit/water"));
    assert!(refusal(authority.revoke(&fire, "x", "li")).contains("nothing was issued"));
    assert!(refusal(authority.rotate(&fire)).contains("nothing was issued"));
    authority.issue(&water).unwrap();
    assert!(refusal(authority.rotate(&water)).contains("in no file"));
    authority.issue_to(dir.path(), &fire).unwrap();
    for (reason, by) in [("", "li"), ("x", " "), (&*"x".repeat(501), "li")] {
        assert!(refusal(authority.revoke(&fire, reason, by)).contains("1 to 500 bytes"));
    }
    let revoked = authority.revoke(&fire, "the key was lost", "li").unwrap();
    let again = refusal(authority.revoke(&fire, "x", "wang"));
    assert!(again.contains("revoked already, by li: the key was lost"), "{again}");
    let serial = &revoked[0].issued.serial;
    assert!(refusal(authority.revoke_serial(serial, "x", "wang")).contains("revoked already"));
    assert!(refusal(authority.revoke_serial("00", "x", "wang")).contains("no certificate"));
    assert!(refusal(authority.exchange(Step::Use)).contains("next step is Add"));
    authority.exchange(Step::Add).unwrap();
    assert!(refusal(authority.exchange(Step::Add)).contains("next step is Use"));
}

#[test]
fn who_is_revoked_keeps_its_files_until_it_is_let_in_again_on_purpose() {
    let dir = tempfile::tempdir().unwrap();
    let (fire, authority) = (party("unit/fire"), authority(dir.path()));
    authority.issue_to(dir.path(), &fire).unwrap();
    let files = Files::of(dir.path(), &fire);
    let before = fs::read(&files.certificate).unwrap();
    authority.revoke(&fire, "the key was lost", "li").unwrap();
    authority.issue_to(dir.path(), &fire).unwrap();
    assert_eq!(fs::read(&files.certificate).unwrap(), before);
    authority.rotate(&fire).unwrap();
    assert_ne!(fs::read(&files.certificate).unwrap(), before);
    authority.revoke(&fire, "again", "li").unwrap();
    fs::remove_file(&files.certificate).unwrap();
    assert!(refusal(authority.issue_to(dir.path(), &fire)).contains("is revoked"));
}

#[test]
fn a_folder_of_its_own_hears_what_is_trusted_and_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let (ca, own) = (dir.path().join("ca"), dir.path().join("own"));
    let authority = authority(&ca);
    authority.renew(&own, &party("unit/fire")).unwrap();
    authority.issue(&party("unit/water")).unwrap();
    let read = |name: &str| (fs::read(own.join(name)).unwrap(), fs::read(ca.join(name)).unwrap());
    let before = read("revoked.pem").0;
    self::authority(&ca).issue(&party("unit/gas")).unwrap();
    assert_eq!(read("revoked.pem").0, before, "nobody hears what is not news");
    authority.revoke(&party("unit/water"), "closed", "li").unwrap();
    let (there, here) = read("revoked.pem");
    assert!(there == here && there != before);
    authority.exchange(Step::Add).unwrap();
    let (there, here) = read("ca.pem");
    assert_eq!(there, here);
}

#[tokio::test]
async fn a_wrong_file_is_refused_and_the_one_before_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (fire, authority) = (party("unit/fire"), authority(dir.path()));
    authority.issue_to(dir.path(), &fire).unwrap();
    authority.issue_to(dir.path(), &party("unit/water")).unwrap();
    let other = tempfile::tempdir().unwrap();
    let stranger = self::authority(other.path());
    stranger.issue_to(other.path(), &fire).unwrap();
    authority.revoke(&party("unit/water"), "closed", "li").unwrap();
    let files = Files::of(dir.path(), &fire);
    let identity = files.load().unwrap();
    let before = identity.pem();
    let good = |path: &Path| (path.to_owned(), fs::read(path).unwrap());
    let originals = [&files.certificate, &files.key, &files.authority].map(|path| good(path));
    let list = files.revocations.clone().unwrap();
    let (_, newest) = good(&list);
    let theirs = |name: &str| fs::read(other.path().join(name)).unwrap();
    let water = fs::read(dir.path().join("unit-water.pem")).unwrap();
    let water_key = fs::read(dir.path().join("unit-water.key")).unwrap();
    let cases = [
        ("half a certificate", vec![(files.certificate.as_path(), originals[0].1[..90].to_vec())]),
        ("another's key", vec![(files.key.as_path(), water_key.clone())]),
        (
            "another party",
            vec![(files.certificate.as_path(), water), (files.key.as_path(), water_key)],
        ),
        (
            "a stranger's certificate",
            vec![
                (files.certificate.as_path(), theirs("unit-fire.pem")),
                (files.key.as_path(), theirs("unit-fire.key")),
            ],
        ),
        ("only a stranger is trusted", vec![(files.authority.as_path(), theirs("ca.pem"))]),
        ("a stranger's list", vec![(list.as_path(), theirs("revoked.pem"))]),
        ("no list", vec![(list.as_path(), b"nothing".to_vec())]),
    ];
    for (case, changed) in cases {
        for (path, bytes) in changed {
            fs::write(path, bytes).unwrap();
        }
        assert!(files.load().and_then(|new| identity.replace(&new)).is_err(), "{case}");
        assert_eq!(identity.pem(), before, "{case}");
        originals.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
        fs::write(&list, &newest).unwrap();
    }
    // The watcher takes none of it either, and takes what is right afterwards.
    files.watch(&identity, Duration::from_millis(5));
    fs::write(&files.certificate, "half").unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(identity.pem(), before);
    authority.rotate(&fire).unwrap();
    let mut looks = 0;
    while identity.pem() == before {
        looks += 1;
        assert!(looks < 2_000, "the new identity is not taken");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn an_older_list_lets_nobody_in_again() {
    let dir = tempfile::tempdir().unwrap();
    let (fire, authority) = (party("unit/fire"), authority(dir.path()));
    authority.issue_to(dir.path(), &fire).unwrap();
    authority.issue(&party("unit/water")).unwrap();
    let files = Files::of(dir.path(), &fire);
    let list = files.revocations.clone().unwrap();
    authority.exchange(Step::Add).unwrap();
    let older = fs::read(&list).unwrap();
    authority.revoke(&party("unit/water"), "closed", "li").unwrap();
    let identity = files.load().unwrap();
    fs::write(&list, older).unwrap();
    let refused = identity.replace(&files.load().unwrap()).unwrap_err();
    assert!(refused.to_string().contains("older than the one in force"), "{refused}");
}
