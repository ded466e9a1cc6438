//! A local authority, made on first start: identities for a trial and for tests.
//!
//! `ca.key` is written before `ca.pem`, and `ca.pem` is what counts: a start that was cut off in
//! between begins anew. The keys are ECDSA P-256, which every gRPC library of every language takes.
//! It keeps no list of what it has issued and revokes nothing; a city that needs that brings its
//! own authority.

use std::{
    fmt,
    net::Ipv4Addr,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use domain::{id::CityId, moment::Moment, party::Party};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::{
    Error, Identity, certificates,
    file::{self, Access},
    private_key, server_name, tls,
};

const DAY: Duration = Duration::from_secs(86_400);

/// How long the authority itself is good.
const AUTHORITY_VALIDITY: Duration = Duration::from_secs(3_650 * 86_400);

/// How long an identity is good unless told otherwise.
const VALIDITY: Duration = Duration::from_secs(365 * 86_400);

/// How far two machines' clocks may be apart: a certificate counts from that long ago.
const SKEW: Duration = Duration::from_secs(3_600);

/// Issues identities of one city.
pub struct Authority {
    city: CityId,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    validity: Duration,
}

impl Authority {
    /// Opens the authority in `dir`, or makes it when there is none yet.
    pub fn open_or_create(dir: &Path, city: &CityId) -> Result<Authority, Error> {
        let _lock = file::lock(dir)?;
        let path = dir.join("ca.pem");
        if !path.exists() {
            create(dir, city)?;
        }
        let key = dir.join("ca.key");
        if !key.exists() {
            return Err(Error::Keyless(key));
        }
        let (pem, key) = (file::read(&path)?, file::read(&key)?);
        let mut chain = certificates(&pem)?;
        let certificate = chain.swap_remove(0);
        if !is_of(&certificate, city) {
            return Err(Error::OtherCity { path, city: city.clone() });
        }
        tls::certified(std::slice::from_ref(&certificate), &private_key(&key)?)?;
        let issuer = Issuer::from_ca_cert_der(&certificate, KeyPair::from_pem(&key)?)?;
        Ok(Authority { city: city.clone(), pem, issuer, validity: VALIDITY })
    }

    /// Issues for this long from now on, instead of a year.
    pub fn with_validity(mut self, validity: Duration) -> Authority {
        self.validity = validity;
        self
    }

    /// The city.
    pub fn city(&self) -> &CityId {
        &self.city
    }

    /// The certificate of the authority, for those who shall trust it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A new identity of `party`.
    pub fn issue(&self, party: &Party) -> Result<Identity, Error> {
        let now = now();
        self.issue_for(party, now - SKEW, now + self.validity)
    }

    /// A new identity of `party` that is good between two moments.
    pub fn issue_for(&self, party: &Party, from: Moment, until: Moment) -> Result<Identity, Error> {
        let (chain, key) = self.sign(party, from, until)?;
        Identity::from_pem(&self.pem, &chain, &key)
    }

    /// The identity of `party` in the files `<kind>-<id>.pem` and `.key` of `dir`: the one that is
    /// there while it is of this authority and has a third of its time left, else a new one.
    pub fn issue_to(&self, dir: &Path, party: &Party) -> Result<Identity, Error> {
        let _lock = file::lock(dir)?;
        let name = format!("{}-{}", party.kind.word(), party.id);
        let (pem, key) = (format!("{name}.pem"), format!("{name}.key"));
        if let Some(kept) = self.kept(&dir.join(&pem), &dir.join(&key), party) {
            return Ok(kept);
        }
        let now = now();
        let (chain, secret) = self.sign(party, now - SKEW, now + self.validity)?;
        file::write(dir, &key, &secret, Access::Owner)?;
        file::write(dir, &pem, &chain, Access::All)?;
        Identity::from_pem(&self.pem, &chain, &secret)
    }

    fn kept(&self, chain: &Path, key: &Path, party: &Party) -> Option<Identity> {
        let (chain, key) = (file::read(chain).ok()?, file::read(key).ok()?);
        let identity = Identity::from_pem(&self.pem, &chain, &key).ok()?;
        tls::verify(&identity).ok()?;
        let ours = identity.party() == party && *identity.city() == self.city;
        let left = identity.expires().since(now());
        (ours && left >= self.validity / 3).then_some(identity)
    }

    fn sign(&self, party: &Party, from: Moment, until: Moment) -> Result<(String, String), Error> {
        let key = KeyPair::generate()?;
        let mut params = params(&party.to_string(), &self.city, from, until);
        params.subject_alt_names = vec![
            SanType::URI(party.uri(&self.city).try_into()?),
            SanType::DnsName(server_name(party).try_into()?),
            SanType::DnsName("localhost".try_into()?),
            SanType::IpAddress(Ipv4Addr::LOCALHOST.into()),
        ];
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("city", &self.city).finish_non_exhaustive()
    }
}

fn create(dir: &Path, city: &CityId) -> Result<(), Error> {
    let key = KeyPair::generate()?;
    let now = now();
    let mut params = params("Muster authority", city, now - DAY, now + AUTHORITY_VALIDITY);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?;
    file::write(dir, "ca.key", &key.serialize_pem(), Access::Owner)?;
    file::write(dir, "ca.pem", &certificate.pem(), Access::All)
}

fn params(name: &str, city: &CityId, from: Moment, until: Moment) -> CertificateParams {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let at = |moment: Moment| epoch + moment.since(Moment(0));
    let mut params = CertificateParams::default();
    params.not_before = at(from);
    params.not_after = at(until);
    params.distinguished_name.push(DnType::OrganizationName, city.as_str());
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn is_of(certificate: &[u8], city: &CityId) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return false };
    let mut names = parsed.subject().iter_organization();
    names.any(|name| name.as_str() == Ok(city.as_str()))
}

/// The machine's time: it is also what TLS verifies by.
fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(0) + since
}
