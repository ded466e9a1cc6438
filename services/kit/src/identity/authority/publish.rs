//! What an authority tells those who trust it: its certificates and its lists.
//!
//! `ca.pem` and `revoked.pem` are written anew into the authority's own folder and into every
//! folder of this machine that it has issued to, so that a role that watches its files hears of a
//! revocation wherever its files lie. A list names what is revoked and not yet out of its time.

use std::{collections::BTreeSet, path::Path, time::Duration};

use domain::moment::Moment;
use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, RevocationReason,
    RevokedCertParams, SerialNumber,
};

use super::{Access, Authority, DAY, Error, Keys, Known, Register, SKEW, file, now};

/// How long a list counts as up to date; it is written anew at every start and by every change.
const UP_TO_DATE: Duration = Duration::from_secs(90 * 86_400);

impl Authority {
    /// Writes everywhere what is trusted and what is revoked; the caller holds the lock.
    pub(super) fn publish(&self, keys: &Keys, register: &Register) -> Result<(), Error> {
        let lists = keys.lists(register)?;
        file::write(&self.dir, "revoked.pem", &lists, Access::All)?;
        let issued = register.known.iter().filter_map(|known| known.issued.dir.as_deref());
        let others: BTreeSet<&Path> =
            issued.filter(|dir| *dir != Path::new(".") && dir.is_dir()).collect();
        for dir in others {
            file::write(dir, "revoked.pem", &lists, Access::All)?;
            file::write(dir, "ca.pem", keys.pem(), Access::All)?;
        }
        Ok(())
    }
}

impl Keys {
    /// The lists of all authorities whose keys are there, PEM.
    pub(super) fn lists(&self, register: &Register) -> Result<String, Error> {
        let lists = self.issuers().iter().map(|(name, issuer)| list(issuer, name, register));
        lists.collect()
    }
}

fn list(
    issuer: &Issuer<'static, KeyPair>,
    name: &str,
    register: &Register,
) -> Result<String, Error> {
    let (now, epoch) = (now(), rcgen::date_time_ymd(1970, 1, 1));
    let concerns =
        |known: &&Known| known.issued.authority == name && known.issued.until + DAY > now;
    let revoked = register.known.iter().filter(concerns).filter_map(entry).collect();
    let params = CertificateRevocationListParams {
        this_update: epoch + (now - SKEW).since(Moment(0)),
        next_update: epoch + (now + UP_TO_DATE).since(Moment(0)),
        crl_number: SerialNumber::from(register.entries + 1),
        issuing_distribution_point: None,
        revoked_certs: revoked,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(params.signed_by(issuer)?.pem()?)
}

fn entry(known: &Known) -> Option<RevokedCertParams> {
    let revoked = known.revoked.as_ref()?;
    Some(RevokedCertParams {
        serial_number: SerialNumber::from(bytes(&known.issued.serial)),
        revocation_time: rcgen::date_time_ymd(1970, 1, 1) + revoked.at.since(Moment(0)),
        // Why it was is a person's sentence; it is in the register.
        reason_code: Some(RevocationReason::Unspecified),
        invalidity_date: None,
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let pairs = pairs.filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}
