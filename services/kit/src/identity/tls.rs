//! TLS as it is used between all roles: version 1.3, ring, both sides verified, nothing resumed.
//!
//! The server's side can be replaced while it runs: connections made afterwards use the new
//! identity, those that are open go on.

use std::sync::Arc;

use domain::id::CityId;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    client::Resumption,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::CertifiedKey,
    version::TLS13,
};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::{Error, Identity};

/// The protocol that both sides must agree on.
const HTTP2: &[u8] = b"h2";

/// The server's side of TLS; clones share it, so that a replacement reaches the running server.
#[derive(Clone)]
pub struct ServerTls {
    city: CityId,
    current: Arc<watch::Sender<Arc<ServerConfig>>>,
}

impl ServerTls {
    /// Serves as `identity`, to clients whose certificates are of the same authority.
    pub fn new(identity: &Identity) -> Result<ServerTls, Error> {
        let (current, _) = watch::channel(Arc::new(server(identity)?));
        Ok(ServerTls { city: identity.city().clone(), current: Arc::new(current) })
    }

    /// Serves new connections as `identity`, which must be of the same city.
    pub fn replace(&self, identity: &Identity) -> Result<(), Error> {
        if *identity.city() != self.city {
            let (found, ours) = (identity.city().clone(), self.city.clone());
            return Err(super::PeerError::OtherCity { found, ours }.into());
        }
        self.current.send_replace(Arc::new(server(identity)?));
        Ok(())
    }

    /// The city whose parties may come in.
    pub fn city(&self) -> &CityId {
        &self.city
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.borrow().clone())
    }
}

impl std::fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerTls").field("city", &self.city).finish_non_exhaustive()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn roots(authority: &[CertificateDer<'static>]) -> Result<Arc<RootCertStore>, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in authority {
        roots.add(certificate.clone())?;
    }
    Ok(Arc::new(roots))
}

fn verifier(authority: &[CertificateDer<'static>]) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    Ok(WebPkiClientVerifier::builder_with_provider(roots(authority)?, provider()).build()?)
}

fn server(identity: &Identity) -> Result<ServerConfig, Error> {
    let parts = &identity.0;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier(&parts.authority)?)
        .with_single_cert(parts.chain.clone(), parts.key.clone_key())?;
    config.alpn_protocols = vec![HTTP2.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

pub(super) fn client(
    authority: &[CertificateDer<'static>],
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots(authority)?)
        .with_client_auth_cert(chain.to_vec(), key.clone_key())?;
    config.alpn_protocols = vec![HTTP2.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Checks that the key belongs to the certificate.
pub(super) fn certified(
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<(), Error> {
    CertifiedKey::from_der(chain.to_vec(), key.clone_key(), &ring::default_provider())?;
    Ok(())
}

/// Checks that an identity is of its own authority and in its time, as a server would.
pub(super) fn verify(identity: &Identity) -> Result<(), Error> {
    let parts = &identity.0;
    let (own, between) = parts.chain.split_first().ok_or(super::PeerError::Missing)?;
    verifier(&parts.authority)?.verify_client_cert(own, between, UnixTime::now())?;
    Ok(())
}
