//! TLS as it is used between all roles: version 1.3, ring, both sides verified, nothing resumed.
//!
//! Both sides are made once for each identity that is read, so a wrong file is refused as a whole
//! before anything uses it. The server's side follows its identity: connections made after a
//! replacement use the new one.

use std::sync::Arc;

use domain::{id::CityId, moment::Moment};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    client::{Resumption, WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{
        CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName, UnixTime,
    },
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::{CertifiedKey, SigningKey},
    version::TLS13,
};
use tokio_rustls::TlsAcceptor;

use super::{Error, Identity, Parts};

/// What roles speak with each other, and what a server takes first.
const HTTP2: &[u8] = b"h2";
/// What a server takes as well: it is enough for JSON.
const HTTP1: &[u8] = b"http/1.1";

/// The server's side of TLS; clones share it, so that a replacement reaches the running server.
#[derive(Clone, Debug)]
pub struct ServerTls {
    pub(super) identity: Identity,
}

impl ServerTls {
    /// Serves as `identity`, and as what it becomes, to clients whose certificates are of an
    /// authority that it trusts.
    pub fn new(identity: &Identity) -> Result<ServerTls, Error> {
        Ok(ServerTls { identity: identity.clone() })
    }

    /// Serves new connections as `identity`, which must be of the same party.
    pub fn replace(&self, identity: &Identity) -> Result<(), Error> {
        self.identity.replace(identity)
    }

    /// The city whose parties may come in.
    pub fn city(&self) -> &CityId {
        self.identity.city()
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.identity.now().tls.server))
    }
}

/// Both sides of TLS of one identity, and how each verifies the other.
pub(super) struct Sides {
    pub(super) server: Arc<ServerConfig>,
    pub(super) client: Arc<ClientConfig>,
    clients: Arc<dyn ClientCertVerifier>,
    servers: Arc<WebPkiServerVerifier>,
    /// Whether a certificate is of its authority and in its time, whatever was revoked.
    own: Arc<dyn ClientCertVerifier>,
    /// The same, by authorities that were trusted before as well.
    signers: Arc<dyn ClientCertVerifier>,
}

impl Sides {
    pub(super) fn new(
        (authority, former): (&[CertificateDer<'static>], &[CertificateDer<'static>]),
        chain: &[CertificateDer<'static>],
        key: &PrivateKeyDer<'static>,
        lists: Vec<CertificateRevocationListDer<'static>>,
    ) -> Result<Sides, Error> {
        let roots = roots(authority)?;
        let clients = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider())
            .with_crls(lists.clone())
            .allow_unknown_revocation_status()
            .build()?;
        let servers = WebPkiServerVerifier::builder_with_provider(roots.clone(), provider())
            .with_crls(lists)
            .allow_unknown_revocation_status()
            .build()?;
        let own = WebPkiClientVerifier::builder_with_provider(roots, provider()).build()?;
        let ever = self::roots(&[authority, former].concat())?;
        let signers = WebPkiClientVerifier::builder_with_provider(ever, provider()).build()?;
        let server = Arc::new(server(clients.clone(), chain, key)?);
        let client = Arc::new(client(servers.clone(), chain, key)?);
        Ok(Sides { server, client, clients, servers, own, signers })
    }

    /// Whether a client may be here, as its handshake was asked.
    pub(super) fn client(
        &self,
        chain: &[CertificateDer<'_>],
        now: Moment,
    ) -> Result<(), rustls::Error> {
        let (first, between) = chain.split_first().ok_or(rustls::Error::NoCertificatesPresented)?;
        self.clients.verify_client_cert(first, between, unix(now)).map(drop)
    }

    /// Whether a certificate was of its authority and in its time at a moment.
    pub(super) fn signer(
        &self,
        chain: &[CertificateDer<'_>],
        at: Moment,
    ) -> Result<(), rustls::Error> {
        let (first, between) = chain.split_first().ok_or(rustls::Error::NoCertificatesPresented)?;
        self.signers.verify_client_cert(first, between, unix(at)).map(drop)
    }

    /// Whether a server may be spoken to, as its handshake was asked.
    pub(super) fn server(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: Moment,
    ) -> Result<(), rustls::Error> {
        let (first, between) = chain.split_first().ok_or(rustls::Error::NoCertificatesPresented)?;
        self.servers.verify_server_cert(first, between, name, &[], unix(now)).map(drop)
    }
}

fn unix(moment: Moment) -> UnixTime {
    UnixTime::since_unix_epoch(moment.since(Moment(0)))
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

fn server(
    clients: Arc<dyn ClientCertVerifier>,
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<ServerConfig, Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain.to_vec(), key.clone_key())?;
    config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn client(
    servers: Arc<WebPkiServerVerifier>,
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_webpki_verifier(servers)
        .with_client_auth_cert(chain.to_vec(), key.clone_key())?;
    config.alpn_protocols = vec![HTTP2.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Checks that the key belongs to the certificate, and makes it ready to sign.
pub(super) fn certified(
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<Arc<dyn SigningKey>, Error> {
    let provider = ring::default_provider();
    Ok(CertifiedKey::from_der(chain.to_vec(), key.clone_key(), &provider)?.key)
}

/// Checks that an identity is of an authority that it trusts itself, and in its time. Whether it
/// is revoked is for others to say.
pub(super) fn verify(parts: &Parts) -> Result<(), Error> {
    let (own, between) = parts.chain.split_first().ok_or(super::PeerError::Missing)?;
    parts.tls.own.verify_client_cert(own, between, UnixTime::now())?;
    Ok(())
}

/// Random bytes of the one provider.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    let filled = ring::default_provider().secure_random.fill(&mut bytes);
    filled.map_err(|_| rustls::Error::FailedToGetRandomBytes)?;
    Ok(bytes)
}
