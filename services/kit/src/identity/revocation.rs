//! Lists of what is revoked, one for each authority that has one (RFC 5280).
//!
//! A list counts when an authority in the bundle has signed it; any other is refused with the
//! whole text that it came in. Its number never goes back: who puts an old list in place would let
//! somebody in again.

use std::collections::BTreeMap;

use domain::moment::Moment;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use x509_parser::{
    certificate::X509Certificate, prelude::FromDer as _, revocation_list::CertificateRevocationList,
};

use super::Error;

/// What a list says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    pub(super) issuer: Vec<u8>,
    pub(super) number: Vec<u8>,
    /// By when there should be a newer one.
    pub(super) next: Option<Moment>,
    /// What is revoked, by serial number, and since when.
    pub(super) revoked: BTreeMap<Vec<u8>, Moment>,
}

/// Reads lists and finds the authority of each by its name.
pub(super) fn read(
    ders: &[CertificateRevocationListDer<'_>],
    authorities: &[CertificateDer<'_>],
) -> Result<Vec<List>, Error> {
    ders.iter().map(|der| one(der, authorities)).collect()
}

fn one(der: &[u8], authorities: &[CertificateDer<'_>]) -> Result<List, Error> {
    let malformed = |_| Error::List("it is no list in the form of RFC 5280");
    let (_, list) = CertificateRevocationList::from_der(der).map_err(malformed)?;
    let issuer = list.issuer().as_raw();
    let is_signed = authorities.iter().any(|authority| {
        X509Certificate::from_der(authority).is_ok_and(|(_, authority)| {
            authority.subject().as_raw() == issuer
                && list.verify_signature(authority.public_key()).is_ok()
        })
    });
    if !is_signed {
        return Err(Error::List("no authority that is trusted has signed it"));
    }
    let number = list.crl_number().ok_or(Error::List("it has no number"))?;
    let next = list.next_update().map(|time| Moment(time.timestamp().saturating_mul(1_000)));
    let revoked = list.iter_revoked_certificates().map(|one| {
        let since = one.revocation_date.timestamp().saturating_mul(1_000);
        (one.serial().to_bytes_be(), Moment(since))
    });
    let (issuer, number, revoked) = (issuer.to_vec(), number.to_bytes_be(), revoked.collect());
    Ok(List { issuer, number, next, revoked })
}

/// Refuses a list that is older than the one of the same authority that is in force.
pub(super) fn check_order(old: &[List], new: &[List]) -> Result<(), Error> {
    let size = |list: &List| (list.number.len(), list.number.clone());
    for before in old {
        let after = new.iter().find(|list| list.issuer == before.issuer);
        if after.is_some_and(|after| size(after) < size(before)) {
            return Err(Error::List("it is older than the one in force"));
        }
    }
    Ok(())
}
