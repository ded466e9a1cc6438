//! Who we are on the wire, and who the other side is.
//!
//! An [`Identity`] is a certificate with exactly one URI, `spiffe://<city>/<party>`, its private
//! key, and the authority that both sides trust. A [`Peer`] is what was read from the other side's
//! certificate after TLS has verified it; nothing in a message can change it.
//! [`Authority`] issues identities for a trial; production brings files of its own.
//!
//! Connections are TLS 1.3 with ring, client certificate always required, no session resumption:
//! every connection is verified anew, so an expired certificate opens no new one.
//! It does not revoke: a certificate is good until it expires or the authority is replaced.

mod authority;
mod file;
mod peer;
mod tls;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{id::CityId, moment::Moment, party::Party};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

pub use self::{
    authority::Authority,
    peer::{Peer, PeerError},
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

/// One party's certificate and key, and the authority that it trusts; cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Parts>);

struct Parts {
    peer: Peer,
    expires: Moment,
    authority: Vec<CertificateDer<'static>>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads an identity from PEM texts: the authority, the chain (own certificate first), the key.
    pub fn from_pem(authority: &str, chain: &str, key: &str) -> Result<Identity, Error> {
        let (authority, chain) = (certificates(authority)?, certificates(chain)?);
        let key = private_key(key)?;
        let (peer, expires) = peer::read(chain.first().ok_or(PeerError::Missing)?)?;
        tls::certified(&chain, &key)?;
        Ok(Identity(Arc::new(Parts { peer, expires, authority, chain, key })))
    }

    /// Reads an identity from PEM files.
    pub fn load(authority: &Path, chain: &Path, key: &Path) -> Result<Identity, Error> {
        Identity::from_pem(&file::read(authority)?, &file::read(chain)?, &file::read(key)?)
    }

    /// Who it is.
    pub fn party(&self) -> &Party {
        &self.0.peer.party
    }

    /// Of which city.
    pub fn city(&self) -> &CityId {
        &self.0.peer.city
    }

    /// When the certificate ends.
    pub fn expires(&self) -> Moment {
        self.0.expires
    }

    /// The client's side of TLS; who the server is has still to be compared with [`Peer`].
    pub fn client(&self) -> Result<rustls::ClientConfig, Error> {
        tls::client(&self.0.authority, &self.0.chain, &self.0.key)
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

fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| Error::Pem { what: "private key" })
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.0.peer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
