//! What is fuzzed, run over what is kept: seeds, and inputs that once broke something.
//!
//! The targets are linked here without libFuzzer, so that every ordinary test run repeats what fuzzing
//! has found.

use std::{fs, path::PathBuf};

use kit::identity::{Authority, Peer};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::program::root;

fn folder(target: &str) -> PathBuf {
    root().join("integration-tests/fuzz/seeds").join(target)
}

fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder(target)).unwrap().flatten();
    let mut kept: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    kept.sort();
    kept
}

#[test]
fn everything_that_is_kept_runs_clean() {
    for (target, run, _) in fuzz::TARGETS {
        let kept = kept(target);
        assert!(!kept.is_empty(), "{target} has no seed");
        for (name, bytes) in kept {
            assert!(bytes.len() < 4 << 10, "{target}/{name}: a seed is small");
            // A panic names the input by this line.
            println!("{target}/{name}");
            run(&bytes);
        }
    }
}

#[test]
fn the_seeds_in_the_tree_are_those_of_the_code() {
    for (target, _, seeds) in fuzz::TARGETS {
        let kept = kept(target);
        for seed in seeds() {
            assert!(kept.contains(&seed), "{target}/{} is another: write_the_seeds", seed.0);
        }
    }
}

/// A certificate is never made twice the same: the one in the tree is kept while it is read.
#[test]
fn the_certificate_among_the_seeds_names_a_party() {
    let bytes = fs::read(folder("connection").join("certificate")).unwrap();
    let (sort, der) = bytes.split_first().unwrap();
    let der = CertificateDer::from(der.to_vec());
    let peer = Peer::of(&[der], &"wenshan".parse().unwrap()).unwrap();
    assert_eq!((*sort, peer.party), (0, "unit/enforcement".parse().unwrap()));
}

fn certificate() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let city = "wenshan".parse().unwrap();
    let authority = Authority::open_or_create(folder.path(), &city).unwrap();
    authority.issue_to(folder.path(), &"unit/enforcement".parse().unwrap()).unwrap();
    let der = CertificateDer::from_pem_file(folder.path().join("unit-enforcement.pem")).unwrap();
    [&[0], &der[..]].concat()
}

/// The gate runs a target for each folder.
#[test]
fn there_is_a_folder_of_seeds_for_each_target_and_no_other() {
    let entries = fs::read_dir(root().join("integration-tests/fuzz/seeds")).unwrap().flatten();
    let mut kept: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    kept.sort();
    assert_eq!(kept, fuzz::TARGETS.map(|(target, ..)| target));
}

/// `cargo test -p integration-tests write_the_seeds -- --ignored`
#[test]
#[ignore = "writes into the tree, when a format has changed"]
fn write_the_seeds() {
    for (target, _, seeds) in fuzz::TARGETS {
        fs::create_dir_all(folder(target)).unwrap();
        for (name, bytes) in seeds() {
            fs::write(folder(target).join(name), bytes).unwrap();
        }
    }
    fs::write(folder("connection").join("certificate"), certificate()).unwrap();
}
