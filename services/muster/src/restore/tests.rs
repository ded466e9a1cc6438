//! Backups of journals that are being written, and everything that is wrong with a file.

mod trimmed;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use domain::id::CityId;
use journal::{Journal, Options};
use kit::{clock::Clock, identity::Authority};

use super::*;
use crate::{
    backup,
    cli::{Backup, Format},
};

/// Many small segments.
fn options() -> Options {
    Options { segment_bytes: 4_096, ..Options::default() }
}

fn body(number: u64) -> Vec<u8> {
    format!("{number:0100}").into_bytes()
}

fn write(dir: &Path, count: u64) -> Journal {
    let journal = Journal::open(dir.join("journal"), options()).unwrap();
    for number in 1..=count {
        journal.append_blocking(vec![body(number)]).unwrap();
    }
    journal
}

fn back_up(data: &Path, out: &Path) -> anyhow::Result<ExitCode> {
    let asked = Backup { data: data.to_owned(), out: out.to_owned(), output: Format::Json };
    backup::run(&asked)
}

fn restore(file: &Path, data: &Path) -> anyhow::Result<ExitCode> {
    run(&Restore { file: file.to_owned(), data: data.to_owned(), output: Format::Json })
}

/// A data folder as roles leave it: journals, one of them trimmed, identities, evidence, and what is
/// made again.
fn filled(data: &Path) -> Vec<Journal> {
    let city = CityId::parse("wenshan").unwrap();
    let authority = Authority::open_or_create(&data.join("identity"), &city).unwrap();
    authority.issue_to(&data.join("identity"), &"service/bus".parse().unwrap()).unwrap();
    let bus = write(&data.join("bus"), 200);
    bus.archive().unwrap();
    assert!(bus.trim(100, 0).unwrap() > 0);
    let unit = write(&data.join("units/fire"), 50);
    let piece = b"a photograph".repeat(99);
    let name = hex(&Sha256::digest(&piece));
    let folder = data.join("units/fire/evidence").join(&name[..2]);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(&name), &piece).unwrap();
    fs::write(folder.join(format!("{name}.part")), "half").unwrap();
    fs::create_dir_all(data.join("bus/view")).unwrap();
    fs::write(data.join("bus/view/db"), "made again").unwrap();
    fs::write(data.join("endpoints.json"), "{}").unwrap();
    fs::write(data.join("addresses.csv"), "numbers of people").unwrap();
    vec![bus, unit]
}

fn bodies(dir: &Path) -> Vec<Vec<u8>> {
    let journal = Journal::open(dir.join("journal"), options()).unwrap();
    let found = journal.scan(1).map(|record| record.unwrap().body).collect();
    journal.close().unwrap();
    found
}

#[test]
fn what_is_written_while_it_runs_comes_back_whole_up_to_one_moment() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out, new) =
        (dir.path().join("data"), dir.path().join("b.tar"), dir.path().join("new"));
    let journals = filled(&data);
    let stop = Arc::new(AtomicBool::new(false));
    // The bus writes on, archives and trims; what it has told a unit, the unit writes after it.
    let writing = {
        let (stop, bus, unit) = (stop.clone(), journals[0].clone(), journals[1].clone());
        thread::spawn(move || {
            let mut number = 200;
            while !stop.load(Ordering::SeqCst) {
                number += 1;
                bus.append_blocking(vec![body(number)]).unwrap();
                unit.append_blocking(vec![body(number)]).unwrap();
                if number % 40 == 0 {
                    bus.archive().unwrap();
                    bus.trim(number - 60, 0).unwrap();
                }
            }
        })
    };
    while journals[0].last() < 300 {
        thread::yield_now();
    }
    let before = journals[0].last();
    // The moment is the millisecond that is over.
    let acknowledged = Clock::system().now();
    while Clock::system().now().since(acknowledged).as_millis() < 2 {
        thread::yield_now();
    }
    back_up(&data, &out).unwrap();
    stop.store(true, Ordering::SeqCst);
    writing.join().unwrap();
    restore(&out, &new).unwrap();
    let (bus, unit) = (bodies(&new.join("bus")), bodies(&new.join("units/fire")));
    assert!(bus.len() as u64 >= before, "{} of {before}", bus.len());
    assert!((1..).zip(&bus).all(|(number, found)| *found == body(number)));
    let heard = unit.last().unwrap();
    assert!(bus.contains(heard), "a receiver knows what its sender has not sent");
    for (path, is_there) in [
        ("identity/ca.key", true),
        ("identity/issued.jsonl", true),
        ("bus/archive/MANIFEST", true),
        ("bus/incarnation", true),
        ("units/fire/incarnation", true),
        ("bus/view", false),
        ("endpoints.json", false),
        ("addresses.csv", false),
    ] {
        assert_eq!(new.join(path).exists(), is_there, "{path}");
    }
    let word = |role: &str| fs::read_to_string(new.join(role).join("incarnation")).unwrap();
    assert_eq!(word("bus").len(), 16);
    let again = dir.path().join("again");
    restore(&out, &again).unwrap();
    assert_ne!(word("bus"), fs::read_to_string(again.join("bus/incarnation")).unwrap());
    // What was restored goes on: it writes, archives and trims on its own.
    let journal = Journal::open(again.join("bus/journal"), options()).unwrap();
    for _ in 0..100 {
        journal.append_blocking(vec![vec![7; 100]]).unwrap();
    }
    journal.archive().unwrap();
    assert!(journal.trim(u64::MAX, 0).unwrap() > 0);
    assert_eq!(journal.scan(1).filter_map(Result::ok).count(), bus.len() + 100);
}

#[test]
fn a_file_that_is_cut_short_or_changed_makes_no_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out, new) =
        (dir.path().join("data"), dir.path().join("b.tar"), dir.path().join("new"));
    filled(&data);
    back_up(&data, &out).unwrap();
    let good = fs::read(&out).unwrap();
    let bad = dir.path().join("bad.tar");
    let mut refused = 0;
    for at in (0..good.len()).step_by(good.len() / 40) {
        let mut changed = good.clone();
        changed[at] ^= 1;
        for bytes in [&changed[..], &good[..at]] {
            fs::write(&bad, bytes).unwrap();
            match restore(&bad, &new) {
                Err(_) => refused += 1,
                // Padding between members, and the empty blocks at the end, say nothing.
                Ok(_) => {
                    assert_eq!(bodies(&new.join("bus")).len(), 200, "byte {at}");
                    fs::remove_dir_all(&new).unwrap();
                }
            }
            assert!(!new.exists() && !dir.path().join("new.restoring").exists());
        }
    }
    assert!(refused > 50, "{refused} of 82");
    restore(&out, &new).unwrap();
}

#[test]
fn what_makes_no_sense_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out, new) =
        (dir.path().join("data"), dir.path().join("b.tar"), dir.path().join("new"));
    filled(&data);
    back_up(&data, &out).unwrap();
    let said = |result: anyhow::Result<ExitCode>| format!("{:#}", result.unwrap_err());
    assert!(said(back_up(&data, &out)).contains("there already"));
    assert!(said(back_up(&dir.path().join("none"), &new)).contains("no folder"));
    assert!(said(restore(&out, &data)).contains("not empty"));
    fs::create_dir(&new).unwrap();
    restore(&out, &new).unwrap();
    // A journal that was damaged before the backup was made.
    let segment = data.join("units/fire/journal").join(format!("{:020}.seg", 1));
    let mut bytes = fs::read(&segment).unwrap();
    bytes[400] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let spoilt = dir.path().join("spoilt.tar");
    back_up(&data, &spoilt).unwrap();
    assert!(restore(&spoilt, &dir.path().join("other")).is_err());
    // A name that leads out of the folder, and one that the manifest does not name.
    for name in ["../out", "/out", "more"] {
        let path = dir.path().join("odd.tar");
        let mut tar = tar::Builder::new(File::create(&path).unwrap());
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(1);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        tar.append(&header, &b"x"[..]).unwrap();
        let manifest =
            format!("{{\"format\":\"{FORMAT}\",\"city\":null,\"at\":0,\"members\":0}}\n");
        let mut header = tar::Header::new_gnu();
        header.set_size(manifest.len() as u64);
        tar.append_data(&mut header, MANIFEST, manifest.as_bytes()).unwrap();
        tar.finish().unwrap();
        assert!(restore(&path, &dir.path().join("odd")).is_err(), "{name}");
        assert!(!dir.path().join("out").exists());
    }
}
