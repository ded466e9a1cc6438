//! Who we are on the wire, and who the other side is.
//!
//! An [`Identity`] is a certificate with exactly one URI, `spiffe://<city>/<party>`, its private
//! key, the authorities that both sides trust, and their lists of what is revoked. Who it is never
//! changes; all else may be replaced while it is in use, and every clone follows: servers and
//! channels made from it use the new one from the next handshake on. [`Files`] says where it lies
//! and watches it. A [`Peer`] is what was read from the other side's certificate after TLS has
//! verified it; nothing in a message can change it. With a [`Credential`] is checked what somebody
//! has signed, now or long ago. [`Authority`] issues identities for a trial
//! and knows what it has issued; production brings files of its own.
//!
//! Connections are TLS 1.3 with ring, client certificate always required, no session resumption:
//! every connection is verified anew, and again when what is trusted changes (see `guard`).
//!
//! What a list means: a certificate that is on the list of its authority is refused, and what is
//! open with it is cut. An authority without a list has revoked nobody: else one that is added
//! would lock everybody out until its list is everywhere. A list whose time is over stays in force
//! and is complained of in the log: an authority that is away for a week must not stop a city, and
//! what was revoked stays revoked. A list that is older than the one in force is refused.

mod authority;
mod credential;
mod file;
mod files;
mod guard;
mod peer;
mod register;
mod revocation;
mod tls;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{id::CityId, moment::Moment, party::Party};
use rustls::{
    pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, pem::PemObject as _},
    sign::SigningKey,
};
use tokio::sync::watch;

pub use self::{
    authority::{Authority, Step},
    credential::{Chain, Credential, Unfit},
    files::{EVERY, Files},
    peer::{Peer, PeerError},
    register::{Issued, Known, Revoked},
    tls::ServerTls,
};

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A certificate or a key is not PEM, or there is none.
    #[error("no {what} in PEM form")]
    Pem {
        /// `certificate` or `private key`.
        what: &'static str,
    },
    /// The authority's certificate is there, its key is not.
    #[error("{} is missing, so nothing can be issued", .0.display())]
    Keyless(PathBuf),
    /// The authority belongs to another city.
    #[error("{} is not the authority of {city}", path.display())]
    OtherCity {
        /// The certificate of the authority.
        path: PathBuf,
        /// The city that was asked for.
        city: CityId,
    },
    /// The certificate names no party.
    #[error("the certificate names no party")]
    Peer(#[from] PeerError),
    /// The certificate is of another party than the one that it shall replace.
    #[error("the certificate is of {found}, here is {ours}")]
    OtherParty {
        /// The party in the certificate.
        found: Party,
        /// Who we are.
        ours: Party,
    },
    /// A list of what is revoked cannot be read, or is not of an authority in the bundle.
    #[error("the list of what is revoked is wrong: {0}")]
    List(&'static str),
    /// The authority is not there.
    #[error("there is no authority in {}", .0.display())]
    Absent(PathBuf),
    /// The authority's list of what it has issued cannot be read.
    #[error("{}:{line}: no entry of the register", path.display())]
    Register {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// What was asked makes no sense as things are.
    #[error("{0}")]
    Refused(String),
    /// A certificate cannot be made.
    #[error("the certificate cannot be made")]
    Issue(#[from] rcgen::Error),
    /// TLS does not take the certificate, the key or the authority.
    #[error("TLS refuses the identity")]
    Tls(#[from] rustls::Error),
    /// The authority is not one that clients can be verified by.
    #[error("TLS refuses the authority")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// One party's certificate and key, and whom it trusts; cheap to clone, and all clones are one.
#[derive(Clone)]
pub struct Identity {
    peer: Arc<Peer>,
    current: Arc<watch::Sender<Arc<Parts>>>,
}

/// What may be replaced, read and ready to be used.
struct Parts {
    expires: Moment,
    pems: Pems,
    chain: Vec<CertificateDer<'static>>,
    key: Arc<dyn SigningKey>,
    lists: Vec<revocation::List>,
    tls: tls::Sides,
}

/// The texts of an identity, as they lie in its files.
#[derive(Clone, PartialEq, Eq, Default)]
struct Pems {
    authority: String,
    chain: String,
    key: String,
    revocations: String,
    /// The certificates of authorities that are trusted no more, by which old signatures count.
    former: String,
}

impl Identity {
    /// Reads an identity from PEM texts: the authorities, the chain (own certificate first), the
    /// key. Nothing is revoked for it.
    pub fn from_pem(authority: &str, chain: &str, key: &str) -> Result<Identity, Error> {
        let (authority, chain) = (authority.to_owned(), chain.to_owned());
        let key = key.to_owned();
        Identity::of(Pems { authority, chain, key, ..Pems::default() })
    }

    /// Reads an identity from PEM files.
    pub fn load(authority: &Path, chain: &Path, key: &Path) -> Result<Identity, Error> {
        Identity::from_pem(&file::read(authority)?, &file::read(chain)?, &file::read(key)?)
    }

    fn of(pems: Pems) -> Result<Identity, Error> {
        let (peer, parts) = Parts::read(pems)?;
        let (current, _) = watch::channel(Arc::new(parts));
        Ok(Identity { peer: Arc::new(peer), current: Arc::new(current) })
    }

    /// Becomes what `new` is now, everywhere at once. The city must be the same, the certificate
    /// in its time and of an authority that is trusted, and no list older than the one in force.
    pub fn replace(&self, new: &Identity) -> Result<(), Error> {
        if new.peer.city != self.peer.city {
            let (found, ours) = (new.peer.city.clone(), self.peer.city.clone());
            return Err(PeerError::OtherCity { found, ours }.into());
        }
        if new.peer.party != self.peer.party {
            let (found, ours) = (new.peer.party.clone(), self.peer.party.clone());
            return Err(Error::OtherParty { found, ours });
        }
        let (new, old) = (new.now(), self.now());
        tls::verify(&new)?;
        revocation::check_order(&old.lists, &new.lists)?;
        self.current.send_replace(new);
        Ok(())
    }

    /// Who it is.
    pub fn party(&self) -> &Party {
        &self.peer.party
    }

    /// Of which city.
    pub fn city(&self) -> &CityId {
        &self.peer.city
    }

    /// When the certificate ends.
    pub fn expires(&self) -> Moment {
        self.now().expires
    }

    /// The client's side of TLS; who the server is has still to be compared with [`Peer`].
    pub fn client(&self) -> Result<rustls::ClientConfig, Error> {
        Ok((*self.now().tls.client).clone())
    }

    /// The same, shared.
    pub(crate) fn shared_client(&self) -> Arc<rustls::ClientConfig> {
        Arc::clone(&self.now().tls.client)
    }

    fn now(&self) -> Arc<Parts> {
        self.current.borrow().clone()
    }

    /// The certificate as it is now.
    #[cfg(test)]
    pub(crate) fn pem(&self) -> String {
        self.now().pems.chain.clone()
    }

    /// Whether this authority is among those that are trusted.
    #[cfg(test)]
    pub(crate) fn trusts(&self, pem: &str) -> bool {
        self.now().pems.authority.contains(pem)
    }

    /// Tells of every replacement.
    pub(crate) fn changes(&self) -> Changes {
        Changes(self.current.subscribe())
    }
}

/// Whether an identity has been replaced since this was asked last.
#[derive(Clone)]
pub(crate) struct Changes(watch::Receiver<Arc<Parts>>);

impl Changes {
    /// Once for each time that it was replaced, or once for several.
    pub(crate) fn seen(&mut self) -> bool {
        let changed = self.0.has_changed().unwrap_or(false);
        if changed {
            self.0.mark_unchanged();
        }
        changed
    }

    /// Completes when it is replaced; never when nobody can replace it any more.
    pub(crate) async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Parts {
    fn read(pems: Pems) -> Result<(Peer, Parts), Error> {
        let (authority, chain) = (certificates(&pems.authority)?, certificates(&pems.chain)?);
        let key = private_key(&pems.key)?;
        let (peer, expires) = peer::read(chain.first().ok_or(PeerError::Missing)?)?;
        let signing = tls::certified(&chain, &key)?;
        let ders = revocations(&pems.revocations)?;
        let lists = revocation::read(&ders, &authority)?;
        let former = match pems.former.trim() {
            "" => Vec::new(),
            _ => certificates(&pems.former)?,
        };
        let tls = tls::Sides::new((&authority, &former), &chain, &key, ders)?;
        Ok((peer, Parts { expires, pems, chain, key: signing, lists, tls }))
    }
}

/// The name in a server's certificate by which clients check that they reach the right party,
/// `market-regulation.unit.muster.internal`. Characters that host names do not have become `-`;
/// two parties may share a name, so clients compare the URI as well.
pub fn server_name(party: &Party) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let label: String = party.id.chars().map(plain).take(LABEL_MAX).collect();
    let label = match label.trim_matches('-') {
        "" => "x",
        trimmed => trimmed,
    };
    format!("{label}.{}.muster.internal", party.kind.word())
}

/// The longest part of a host name between two dots.
const LABEL_MAX: usize = 63;

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(Error::Pem { what: "certificate" }),
    }
}

/// The lists in a text; an empty one has none.
fn revocations(pem: &str) -> Result<Vec<CertificateRevocationListDer<'static>>, Error> {
    let found: Result<Vec<_>, _> =
        CertificateRevocationListDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() || pem.trim().is_empty() => Ok(found),
        _ => Err(Error::Pem { what: "list of what is revoked" }),
    }
}

fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| Error::Pem { what: "private key" })
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.peer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
