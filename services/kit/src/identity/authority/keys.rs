//! The keys of an authority, each found by its certificate.
//!
//! A key without a certificate in `ca.pem` is left over from a step that was cut off and counts for
//! nothing; a certificate without a key is trusted, but issues and revokes nothing.

use std::path::Path;

use domain::id::CityId;
use rcgen::{Issuer, KeyPair, PublicKeyData as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::{Error, Identity, certificates, file};

/// What `ca.pem` and `ca.key` hold.
pub(super) struct Keys {
    pem: String,
    /// The certificates, the one that issues first.
    certificates: Vec<CertificateDer<'static>>,
    /// Name and key of each certificate whose key is there; the first is that of the first.
    issuers: Vec<(String, Issuer<'static, KeyPair>)>,
    /// Whether the one that issues is the younger of two.
    is_exchanged: bool,
}

impl Keys {
    pub(super) fn read(dir: &Path) -> Result<Keys, Error> {
        let (path, key) = (dir.join("ca.pem"), dir.join("ca.key"));
        if !key.exists() {
            return Err(Error::Keyless(key));
        }
        let pem = file::read(&path)?;
        let (certificates, pairs) = (certificates(&pem)?, pairs(&file::read(&key)?)?);
        let mut issuers = Vec::new();
        let is_first = |pair| certificates.first().is_some_and(|first| is_of(pair, first));
        let is_exchanged = certificates.len() > 1 && !pairs.first().is_some_and(is_first);
        for (at, certificate) in certificates.iter().enumerate() {
            match pairs.iter().find(|pair| is_of(pair, certificate)) {
                Some(pair) => {
                    let pair = KeyPair::try_from(pair.serialized_der())?;
                    let issuer = Issuer::from_ca_cert_der(certificate, pair)?;
                    issuers.push((common_name(certificate), issuer));
                }
                None if at == 0 => return Err(Error::Keyless(key)),
                None => {}
            }
        }
        Ok(Keys { pem, certificates, issuers, is_exchanged })
    }

    /// All certificates, the one that issues first.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    pub(super) fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    pub(super) fn issuers(&self) -> &[(String, Issuer<'static, KeyPair>)] {
        &self.issuers
    }

    /// The one that issues.
    pub(super) fn issuer(&self) -> Result<&Issuer<'static, KeyPair>, Error> {
        let first = self.issuers.first().ok_or(Error::Pem { what: "private key" })?;
        Ok(&first.1)
    }

    /// Whether the one that issues is the younger of two; keys are kept in the order of their age.
    pub(super) fn is_exchanged(&self) -> bool {
        self.is_exchanged
    }

    /// The city of the one that issues.
    pub(super) fn city(&self) -> Option<CityId> {
        let first = self.certificates.first()?;
        let (_, parsed) = X509Certificate::from_der(first).ok()?;
        let city = parsed.subject().iter_organization().next()?.as_str().ok()?;
        CityId::parse(city).ok()
    }

    /// The name of the one that issues.
    pub(super) fn name(&self) -> String {
        self.certificates.first().map(|first| common_name(first)).unwrap_or_default()
    }

    /// Whether the one that issues has issued this identity.
    pub(super) fn issued(&self, identity: &Identity) -> bool {
        let (Some(own), Some(issuer)) =
            (identity.now().chain.first().cloned(), self.certificates.first())
        else {
            return false;
        };
        let Ok((_, own)) = X509Certificate::from_der(&own) else { return false };
        let Ok((_, issuer)) = X509Certificate::from_der(issuer) else { return false };
        own.verify_signature(Some(issuer.public_key())).is_ok()
    }
}

/// What a certificate's subject is called.
pub(super) fn common_name(certificate: &[u8]) -> String {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return String::new() };
    let name = parsed.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
    name.unwrap_or_default().to_owned()
}

fn pairs(pem: &str) -> Result<Vec<KeyPair>, Error> {
    let wrong = || Error::Pem { what: "private key" };
    let mut pairs = Vec::new();
    for key in PrivateKeyDer::pem_slice_iter(pem.as_bytes()) {
        pairs.push(KeyPair::try_from(&key.map_err(|_| wrong())?)?);
    }
    if pairs.is_empty() { Err(wrong()) } else { Ok(pairs) }
}

fn is_of(pair: &KeyPair, certificate: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, parsed)| parsed.public_key().raw == pair.subject_public_key_info())
}
