//! What the journal asks of a file system, and the real one.
//!
//! The contract is that of POSIX at its weakest: bytes are kept only after `sync_data` of their
//! file, a new or removed name only after `sync_dir` of its directory, and what is not synced may
//! be lost, torn or kept in any order. [`crate::simulated`] takes full advantage of it.
//! Errors are passed on as they are; nothing is tried twice.

use std::any::Any;
use std::fs::{self, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FallocateFlags, fallocate, fstatvfs};

/// A file system.
pub trait Disk: Send + Sync {
    /// Whether the directory is there.
    fn has_dir(&self, dir: &Path) -> bool;
    /// Creates one directory; its parent must be there. Not synced.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// Makes the names in the directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// The names in the directory, in any order.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Creates an empty file to read and write; an error if it exists.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Opens a file to read and write.
    fn open_write(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Opens a file to read.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Removes a file. Not synced.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Locks the file, which is created if need be, until the answer is dropped; `None` if
    /// somebody else holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<Lock>>;
}

/// A lock that is held until it is dropped.
pub type Lock = Box<dyn Any + Send>;

/// An open file, read and written at positions.
pub trait File: Send + Sync {
    /// Reads up to `buffer.len()` bytes; 0 at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all bytes, or fails having written any part of them.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes the bytes, and as much of the length as they need, durable.
    fn sync_data(&self) -> io::Result<()>;
    /// Makes the bytes and the length durable, also after `truncate`.
    fn sync_all(&self) -> io::Result<()>;
    /// Sets the length. Not synced.
    fn truncate(&self, length: u64) -> io::Result<()>;
    /// Makes the file at least so long, from an offset on, with zeros for which the disk has room:
    /// writing there later changes no length. Not synced.
    fn reserve(&self, offset: u64, bytes: u64) -> io::Result<()>;
    /// The length in bytes.
    fn length(&self) -> io::Result<u64>;
}

/// Reads until `buffer` is full or the file ends; answers how many bytes were read.
pub(crate) fn read_full(file: &dyn File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// The file system of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn has_dir(&self, dir: &Path) -> bool {
        dir.is_dir()
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        fs::File::open(dir)?.sync_all()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        // A name that is not UTF-8 is none of ours.
        let names = fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(fs::File::options().read(true).write(true).create_new(true).open(path)?))
    }

    fn open_write(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(fs::File::options().read(true).write(true).open(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(fs::File::open(path)?))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let file = fs::File::options().write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Room is made ahead only where the disk has so many times of it.
const SPARE: u64 = 8;

impl File for fs::File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        fs::File::sync_data(self)
    }

    fn sync_all(&self) -> io::Result<()> {
        fs::File::sync_all(self)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn reserve(&self, offset: u64, bytes: u64) -> io::Result<()> {
        // What is nearly full is left to those who have something to write.
        let disk = fstatvfs(self)?;
        if disk.f_bavail.saturating_mul(disk.f_frsize) / SPARE < bytes {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(fallocate(self, FallocateFlags::empty(), offset, bytes)?)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}
