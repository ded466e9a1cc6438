//! Where an identity lies, and taking what is put there while it is in use.
//!
//! The files are read again every few seconds and compared by what is in them. That costs a few
//! kilobytes from the page cache, works on every file system and with every way to put a file in
//! place (a rename, a bind mount, a volume whose link is switched), where notices of the kernel
//! miss some, and is an order of magnitude faster than anybody has to be.
//!
//! What is half written, does not fit together, is of another party, has no time left or goes back
//! to an older list is refused with one line in the log, and the identity goes on as it was. The
//! certificate and the key are two files and two renames: between them they do not fit together,
//! and the next look takes them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

use domain::party::Party;
use tokio::{sync::watch, time::MissedTickBehavior};

use super::{Error, Identity, Parts, Peer, Pems, file, guard::now};

/// How often the files are looked at.
pub const EVERY: Duration = Duration::from_secs(3);

/// The file of the authorities that are trusted no more.
pub(super) const FORMER: &str = "former.pem";

/// Where an identity lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The certificates of all authorities that are trusted, PEM. Those that were trusted before, by
    /// which old signatures count, are in `former.pem` beside it, if there are any.
    pub authority: PathBuf,
    /// The certificate, then those between it and the authority, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The authorities' lists of what is revoked, PEM; when nothing is named, nothing is revoked.
    pub revocations: Option<PathBuf>,
}

impl Files {
    /// Where [`super::Authority::issue_to`] puts the identity of a party.
    pub fn of(dir: &Path, party: &Party) -> Files {
        let stem = format!("{}-{}", party.kind.word(), party.id);
        Files {
            authority: dir.join("ca.pem"),
            certificate: dir.join(format!("{stem}.pem")),
            key: dir.join(format!("{stem}.key")),
            revocations: Some(dir.join("revoked.pem")),
        }
    }

    /// Reads the identity.
    pub fn load(&self) -> Result<Identity, Error> {
        Identity::of(self.read()?)
    }

    /// Keeps `identity` as the files are, looking every so often, until nobody holds it any more.
    /// It must be called inside the runtime.
    pub fn watch(&self, identity: &Identity, every: Duration) {
        let watcher = Watcher {
            files: self.clone(),
            peer: Arc::clone(&identity.peer),
            current: Arc::downgrade(&identity.current),
            refused: None,
            is_stale: false,
        };
        tokio::spawn(watcher.run(every));
    }

    fn read(&self) -> Result<Pems, Error> {
        let revocations = self.revocations.as_deref().map(file::read).transpose()?;
        let former = self.authority.with_file_name(FORMER);
        let former = if former.exists() { file::read(&former)? } else { String::new() };
        Ok(Pems {
            former,
            authority: file::read(&self.authority)?,
            chain: file::read(&self.certificate)?,
            key: file::read(&self.key)?,
            revocations: revocations.unwrap_or_default(),
        })
    }
}

struct Watcher {
    files: Files,
    peer: Arc<Peer>,
    current: Weak<watch::Sender<Arc<Parts>>>,
    /// What was refused last, so that it is said once.
    refused: Option<String>,
    is_stale: bool,
}

impl Watcher {
    async fn run(mut self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let files = self.files.clone();
            let read = tokio::task::spawn_blocking(move || files.read());
            let Some(identity) = self.identity() else { return };
            match read.await {
                Ok(read) => self.take(&identity, read),
                Err(error) => tracing::error!("the files of an identity were not read: {error}"),
            }
        }
    }

    fn identity(&self) -> Option<Identity> {
        let current = self.current.upgrade()?;
        Some(Identity { peer: Arc::clone(&self.peer), current })
    }

    fn take(&mut self, identity: &Identity, read: Result<Pems, Error>) {
        let party = identity.party();
        match read.and_then(|pems| replaced(identity, pems)) {
            Ok(false) => {}
            Ok(true) => tracing::info!(%party, expires = identity.expires().0, "new identity"),
            Err(error) => return self.refuse(party, &error),
        }
        self.refused = None;
        self.complain(identity);
    }

    fn refuse(&mut self, party: &Party, error: &Error) {
        let said = whole(error);
        if self.refused.as_ref() != Some(&said) {
            let file = self.files.certificate.display();
            tracing::warn!(%party, %file, "identity not taken, the one before goes on: {said}");
            self.refused = Some(said);
        }
    }

    /// Says once that a list should have been followed by a newer one.
    fn complain(&mut self, identity: &Identity) {
        let now = now();
        let is_stale = |list: &super::revocation::List| list.next.is_some_and(|next| next < now);
        let is_stale = identity.now().lists.iter().any(is_stale);
        if is_stale && !self.is_stale {
            let party = identity.party();
            tracing::warn!(%party, "a list of what is revoked is out of date and stays in force");
        }
        self.is_stale = is_stale;
    }
}

/// Whether there was anything new, which the identity then is.
fn replaced(identity: &Identity, pems: Pems) -> Result<bool, Error> {
    if identity.now().pems == pems {
        return Ok(false);
    }
    identity.replace(&Identity::of(pems)?)?;
    Ok(true)
}

/// An error with all its causes.
fn whole(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        said = format!("{said}: {next}");
        cause = next.source();
    }
    said
}
