//! The store on a real disk.

use std::cell::RefCell;

use super::*;

fn open(dir: &Path) -> EvidenceStore {
    EvidenceStore::open(dir, Limits::default()).unwrap()
}

fn digest(bytes: &[u8]) -> Digest {
    Digest::sha256(Sha256::digest(bytes).into())
}

fn reason(error: Error) -> String {
    match error {
        Error::Rejected(rejection) => rejection.reason,
        other => other.to_string(),
    }
}

fn read(store: &EvidenceStore, digest: &Digest, offset: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    store.read(digest, offset)?.read_to_end(&mut bytes).unwrap();
    Ok(bytes)
}

#[test]
fn an_upload_goes_on_where_it_broke_off_even_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..3_000_u32).flat_map(u32::to_be_bytes).collect();
    let (name, size) = (digest(&bytes), bytes.len() as u64);
    let store = open(dir.path());
    let mut upload = store.upload(&name, size, 0).unwrap();
    upload.write(&bytes[..5_000]).unwrap();
    drop((upload, store));

    let store = open(dir.path());
    assert_eq!(
        (store.received(&name), store.has(&name), store.used_bytes()),
        (5_000, false, 5_000)
    );
    let elsewhere = store.upload(&name, size, 4_000).unwrap_err();
    assert!(matches!(elsewhere, Error::Offset { received: 5_000 }), "{elsewhere}");
    let mut upload = store.upload(&name, size, 5_000).unwrap();
    assert_eq!(reason(store.upload(&name, size, 5_000).unwrap_err()), "UPLOAD_RUNNING");
    upload.write(&bytes[5_000..9_000]).unwrap();
    assert!(!upload.finish().unwrap(), "not whole yet");
    assert_eq!(reason(read(&store, &name, 0).unwrap_err()), "UNKNOWN_EVIDENCE");
    let mut upload = store.upload(&name, size, 9_000).unwrap();
    upload.write(&bytes[9_000..]).unwrap();
    assert!(upload.finish().unwrap());

    let store = open(dir.path());
    assert_eq!((store.size(&name), store.used_bytes()), (Some(size), size));
    assert_eq!(read(&store, &name, 7).unwrap(), bytes[7..]);
    assert!(store.upload(&name, size, 0).unwrap().was_there());
    assert_eq!(store.put(&bytes).unwrap(), name);
}

#[test]
fn wrong_bytes_get_no_name_and_are_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let name = digest(b"right");
    let mut upload = store.upload(&name, 5, 0).unwrap();
    upload.write(b"wrong").unwrap();
    assert_eq!(reason(upload.finish().unwrap_err()), "DIGEST_MISMATCH");
    assert_eq!((store.received(&name), store.used_bytes()), (0, 0));
    let mut upload = store.upload(&name, 5, 0).unwrap();
    upload.write(b"right").unwrap();
    assert!(upload.finish().unwrap());
}

#[test]
fn a_part_that_can_not_be_a_beginning_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let name = digest(b"right");
    std::fs::write(store.part(&name), b"much too long").unwrap();
    let store = open(dir.path());
    let mut upload = store.upload(&name, 5, 0).unwrap();
    upload.write(b"right").unwrap();
    assert!(upload.finish().unwrap());
    assert_eq!(store.used_bytes(), 5);
}

#[test]
fn what_the_disk_has_spoiled_is_not_given_out_and_can_be_brought_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let name = store.put(b"right").unwrap();
    std::fs::write(store.path(&name), b"ridht").unwrap();
    assert_eq!(reason(read(&store, &name, 0).unwrap_err()), "UNKNOWN_EVIDENCE");
    assert!(!store.has(&name));
    store.put(b"right").unwrap();
    assert_eq!(read(&store, &name, 0).unwrap(), b"right");
}

#[test]
fn everything_has_a_limit() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { evidence_bytes: 100, store_bytes: 250, parts: 2, stranger_bytes: 120 };
    let store = EvidenceStore::open(dir.path(), limits).unwrap();
    let begin = |store: &EvidenceStore, seed: &[u8], size: u64| -> Result<(), Error> {
        let mut upload = store.upload(&digest(seed), size, 0)?;
        upload.write(seed)
    };
    assert_eq!(reason(begin(&store, b"1", 101).unwrap_err()), "EVIDENCE_TOO_LARGE");
    assert_eq!(reason(begin(&store, b"1", 0).unwrap_err()), "EVIDENCE_TOO_LARGE");
    assert_eq!(reason(begin(&store, b"12", 1).unwrap_err()), "PIECE_TOO_LARGE");
    for seed in [b"a", b"b", b"c", b"d"] {
        begin(&store, seed, 10).unwrap();
    }
    assert_eq!(upload::parts(&store).unwrap().len(), 2, "the oldest were dropped");
    assert_eq!(store.received(&digest(b"d")), 1);

    let stranger = store.on_account(Account::default());
    stranger.put(&[1; 100]).unwrap();
    assert_eq!(reason(stranger.put(&[2; 100]).unwrap_err()), "STORE_FULL");
    store.put(&[2; 100]).unwrap();
    assert_eq!(reason(store.put(&[3; 100]).unwrap_err()), "STORE_FULL");
}

/// A disk that takes bytes and cannot sync them: the part is a device.
#[test]
#[cfg(target_os = "linux")]
fn what_the_disk_does_not_sync_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let name = digest(b"right");
    std::os::unix::fs::symlink("/dev/null", store.part(&name)).unwrap();
    let mut upload = store.upload(&name, 5, 0).unwrap();
    assert!(matches!(upload.write(b"right").unwrap_err(), Error::Disk { .. }));
    assert_eq!((upload.received(), store.used_bytes()), (0, 0));
}

thread_local! {
    /// The directories that were synced, on a disk that refuses to sync the one that is named.
    static DISK: RefCell<(Vec<PathBuf>, PathBuf)> = const { RefCell::new((vec![], PathBuf::new())) };
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    DISK.with_borrow_mut(|(synced, refused)| {
        if dir == refused {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        synced.push(dir.to_owned());
        Ok(())
    })
}

#[test]
fn a_name_that_is_not_on_disk_is_not_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("evidence");
    let refuse = |dir: &Path| DISK.set((Vec::new(), dir.to_owned()));
    let synced = || DISK.with_borrow(|(synced, _)| synced.clone());
    let open = || EvidenceStore::open_with(&own, Limits::default(), sync_dir);
    for refused in [dir.path(), &own] {
        refuse(refused);
        assert!(matches!(open().unwrap_err(), Error::Disk { .. }), "{refused:?}");
    }
    refuse(Path::new(""));
    let store = open().unwrap();
    assert_eq!(synced(), [dir.path(), &own]);

    // The name of the part, before a byte of it is taken.
    let name = digest(b"right");
    refuse(&own);
    assert!(matches!(store.upload(&name, 5, 0).unwrap_err(), Error::Disk { .. }));
    refuse(Path::new(""));
    drop(store.upload(&name, 5, 0).unwrap());
    assert_eq!(synced(), [&*own]);
    let whole = || {
        refuse(Path::new(""));
        let mut upload = store.upload(&name, 5, 0).unwrap();
        upload.write(b"right").unwrap();
        upload
    };
    // The name of the whole in its folder, and that of the folder.
    let folder = store.path(&name).parent().unwrap().to_owned();
    for refused in [&folder, &own] {
        let upload = whole();
        refuse(refused);
        assert!(matches!(upload.finish().unwrap_err(), Error::Disk { .. }), "{refused:?}");
        assert!(!store.has(&name), "{refused:?}");
    }
    let upload = whole();
    refuse(Path::new(""));
    assert!(upload.finish().unwrap());
    assert_eq!(synced(), [folder.as_path(), &own]);
    refuse(Path::new(""));
    assert!(open().unwrap().has(&name));
    assert_eq!(synced(), [dir.path(), &folder, &own]);
}

#[test]
fn uploads_at_the_same_time_do_not_disturb_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    std::thread::scope(|scope| {
        for thread in 0..8_u32 {
            let store = &store;
            scope.spawn(move || {
                for piece in 0..50_u32 {
                    let bytes = [thread.to_be_bytes(), piece.to_be_bytes()].concat();
                    assert_eq!(store.put(&bytes).unwrap(), digest(&bytes));
                }
            });
        }
    });
    assert_eq!(store.used_bytes(), 8 * 50 * 8);
}

#[test]
fn a_piece_whose_sync_has_failed_is_not_there_until_it_is_brought_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (whole, begun) = (store.put(b"whole").unwrap(), digest(b"begun"));
    store.upload(&begun, 5, 0).unwrap().write(b"beg").unwrap();
    store.doubtful().extend([whole.clone(), begun.clone()]);
    for (name, bytes) in [(&whole, b"whole"), (&begun, b"begun")] {
        assert_eq!((store.has(name), store.received(name)), (false, 0));
        assert_eq!(store.put(bytes).unwrap(), *name);
        assert_eq!((store.has(name), store.received(name)), (true, 5));
        assert_eq!(read(&store, name, 0).unwrap(), bytes);
    }
}

#[test]
fn a_piece_that_is_being_named_is_not_there_before_the_name_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let name = store.put(b"whole").unwrap();
    store.uploading().insert(name.clone());
    assert!(!store.has(&name));
    store.uploading().remove(&name);
    assert!(store.has(&name));
}
