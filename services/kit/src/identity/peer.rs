//! The party in a certificate.
//!
//! The certificate must have exactly one URI among its names (as SPIFFE demands), and the URI must
//! be a party of our city. Whether the certificate is genuine is not asked here: TLS has done so.

use domain::{
    id::CityId,
    moment::Moment,
    party::{Party, PartyError},
};
use rustls::pki_types::CertificateDer;
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    prelude::{FromDer as _, ParsedExtension},
};

use super::revocation;

/// The other side of a connection, as its certificate says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    /// Its city; always ours, where a peer has been let in.
    pub city: CityId,
    /// Who it is.
    pub party: Party,
}

/// Why a certificate names no party that may come in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// There is no certificate.
    #[error("no certificate was shown")]
    Missing,
    /// The certificate cannot be read.
    #[error("the certificate cannot be read")]
    Malformed,
    /// There are no or several URIs where one is needed.
    #[error("the certificate has {0} URIs, it must have one")]
    Uris(usize),
    /// The URI is not that of a party.
    #[error("the URI is not that of a party: {0}")]
    Uri(#[from] PartyError),
    /// The party is of another city.
    #[error("the certificate is of the city {found}, this is {ours}")]
    OtherCity {
        /// The city in the certificate.
        found: CityId,
        /// The city of this process.
        ours: CityId,
    },
}

impl Peer {
    /// Reads a verified chain and refuses who is not of `city`.
    pub fn of(chain: &[CertificateDer<'_>], city: &CityId) -> Result<Peer, PeerError> {
        let (peer, _) = read(chain.first().ok_or(PeerError::Missing)?)?;
        if peer.city != *city {
            return Err(PeerError::OtherCity { found: peer.city, ours: city.clone() });
        }
        Ok(peer)
    }
}

/// The party in a certificate, and when the certificate ends.
pub(super) fn read(certificate: &CertificateDer<'_>) -> Result<(Peer, Moment), PeerError> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| PeerError::Malformed)?;
    let uris = uris(&parsed);
    let [uri] = uris[..] else { return Err(PeerError::Uris(uris.len())) };
    let (city, party) = Party::from_uri(uri)?;
    Ok((Peer { city, party }, end_of(&parsed)))
}

/// When a certificate ends.
pub(super) fn ends(certificate: &CertificateDer<'_>) -> Result<Moment, PeerError> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| PeerError::Malformed)?;
    Ok(end_of(&parsed))
}

/// When the list of its authority says that a certificate was revoked.
pub(super) fn revoked(
    certificate: &CertificateDer<'_>,
    lists: &[revocation::List],
) -> Result<Option<Moment>, PeerError> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| PeerError::Malformed)?;
    let ours = lists.iter().filter(|list| list.issuer == parsed.issuer().as_raw());
    let serial = parsed.tbs_certificate.serial.to_bytes_be();
    Ok(ours.filter_map(|list| list.revoked.get(&serial).copied()).min())
}

fn end_of(certificate: &X509Certificate<'_>) -> Moment {
    Moment(certificate.validity().not_after.timestamp().saturating_mul(1_000))
}

/// All URIs, of however many extensions of that kind there may be.
fn uris<'a>(certificate: &'a X509Certificate<'_>) -> Vec<&'a str> {
    let names = certificate.extensions().iter().filter_map(|extension| {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
            _ => None,
        }
    });
    let uri = |name: &GeneralName<'a>| match name {
        GeneralName::URI(uri) => Some(*uri),
        _ => None,
    };
    names.flatten().filter_map(uri).collect()
}
