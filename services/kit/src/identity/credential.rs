//! A certificate that somebody has shown, as it is needed to check what they sign; and signing with
//! one's own.
//!
//! Only keys of ECDSA on P-256 sign, which is what the authority issues; TLS takes others, and whoever
//! has one of those can't give receipts.

use std::{fmt, sync::Arc};

use domain::{id::CityId, moment::Moment};
use rustls::{
    SignatureScheme,
    crypto::ring,
    pki_types::{CertificateDer, SignatureVerificationAlgorithm, alg_id},
};
use sha2::{Digest as _, Sha256};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::{Identity, Peer, PeerError, peer};

/// A certificate and those between it and its authority, DER.
pub type Chain = Vec<Vec<u8>>;

/// The most certificates of a chain, and the most bytes of all.
const CHAIN_MAX: usize = 4;
const CHAIN_BYTES_MAX: usize = 16 << 10;

/// Who has shown a certificate, and the key in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    peer: Peer,
    chain: Arc<Chain>,
    /// The point on the curve; none when the key is of another kind.
    key: Option<Vec<u8>>,
    name: [u8; 32],
}

/// Why a certificate did not count at a time.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It was not of a city's authority, or not in its time.
    #[error(transparent)]
    Untrusted(#[from] rustls::Error),
    /// It was revoked before.
    #[error("it was revoked {} ms before", .0)]
    Revoked(u128),
    /// It can't be read.
    #[error(transparent)]
    Peer(#[from] PeerError),
}

impl Credential {
    /// Reads a chain; its certificate must be of a party of this city. Whether it is genuine is not
    /// asked here.
    pub fn read(chain: &Arc<Chain>, city: &CityId) -> Result<Credential, PeerError> {
        let bytes: usize = chain.iter().map(Vec::len).sum();
        let own = chain.first().ok_or(PeerError::Missing)?;
        if chain.len() > CHAIN_MAX || bytes > CHAIN_BYTES_MAX {
            return Err(PeerError::Malformed);
        }
        let peer = Peer::of(&[CertificateDer::from(own.as_slice())], city)?;
        let (_, parsed) = X509Certificate::from_der(own).map_err(|_| PeerError::Malformed)?;
        let key = &parsed.public_key().subject_public_key.data;
        let algorithm = &parsed.public_key().algorithm;
        let curve = algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
        let is_p256 = algorithm.algorithm == x509_parser::oid_registry::OID_KEY_TYPE_EC_PUBLIC_KEY
            && curve == Some(x509_parser::oid_registry::OID_EC_P256);
        let mut hasher = Sha256::new();
        chain.iter().for_each(|one| hasher.update(one));
        let key = is_p256.then(|| key.to_vec());
        Ok(Credential { peer, chain: Arc::clone(chain), key, name: hasher.finalize().into() })
    }

    /// Whose it is.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The certificates.
    pub fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// The hash of the certificates, by which they are told from others.
    pub fn name(&self) -> [u8; 32] {
        self.name
    }

    /// Whether this is a signature of its key over the message.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let (Some(key), Some(algorithm)) = (&self.key, algorithm()) else { return false };
        algorithm.verify_signature(key, message, signature).is_ok()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credential").field(&self.peer).finish()
    }
}

/// ECDSA on P-256 with SHA-256, of the one provider.
fn algorithm() -> Option<&'static dyn SignatureVerificationAlgorithm> {
    let known = ring::default_provider().signature_verification_algorithms;
    let fits =
        |(scheme, _): &&(SignatureScheme, _)| *scheme == SignatureScheme::ECDSA_NISTP256_SHA256;
    let (_, found) = known.mapping.iter().find(fits)?;
    found.iter().copied().find(|one| one.public_key_alg_id() == alg_id::ECDSA_P256)
}

impl Identity {
    /// Signs with the key of the certificate as it is now; none when its kind does not sign.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signer = self.now().key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256])?;
        signer.sign(message).ok()
    }

    /// Our own certificate, as the other side sees it.
    pub fn credential(&self) -> Result<Credential, PeerError> {
        let chain = self.now().chain.iter().map(|one| one.to_vec()).collect();
        Credential::read(&Arc::new(chain), self.city())
    }

    /// Whether a certificate counted at a time: of an authority that is trusted now or was before,
    /// then within its own time, and not revoked by then.
    ///
    /// What was signed before an authority was exchanged, and before a certificate ended, was
    /// replaced or was revoked, stays good. The time is the signer's own word, which the bus holds
    /// against its clock: whoever steals a key can't sign for an earlier time without the bus.
    pub(crate) fn counted(&self, chain: &[Vec<u8>], at: Moment) -> Result<(), Unfit> {
        let parts = self.now();
        let ders: Vec<CertificateDer<'_>> =
            chain.iter().map(|one| CertificateDer::from(one.as_slice())).collect();
        parts.tls.signer(&ders, at)?;
        for certificate in &ders {
            let revoked = peer::revoked(certificate, &parts.lists)?;
            if let Some(revoked) = revoked.filter(|revoked| *revoked <= at) {
                return Err(Unfit::Revoked(at.since(revoked).as_millis()));
            }
        }
        Ok(())
    }
}
