//! What an authority tells those who trust it: its certificates and its lists.
//!
//! `ca.pem`, `revoked.pem` and `former.pem` are written anew into the authority's own folder and into every
//! folder of this machine that it has issued to, so that a role that watches its files hears of a
//! revocation wherever its files lie. A list names what is revoked and not yet out of its time.

use std::{collections::BTreeSet, path::Path, time::Duration};

use domain::moment::Moment;
use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, RevocationReason,
    RevokedCertParams, SerialNumber,
};

use super::super::{
    revocation::{self, List},
    revocations,
};
use super::{Access, Authority, DAY, Error, FORMER, Keys, Known, Register, SKEW, file, now};

/// How long a list counts as up to date; it is written anew at every start and by every change.
const UP_TO_DATE: Duration = Duration::from_secs(90 * 86_400);

impl Authority {
    /// Writes everywhere what is trusted and what is revoked; the caller holds the lock.
    pub(super) fn publish(&self, keys: &Keys, register: &Register) -> Result<(), Error> {
        if !is_fresh(&self.dir, keys, register) {
            let lists = keys.lists(register)?;
            file::write(&self.dir, "revoked.pem", &lists, Access::All)?;
        }
        let lists = file::read(&self.dir.join("revoked.pem"))?;
        let issued = register.known.iter().filter_map(|known| known.issued.dir.as_deref());
        let others: BTreeSet<&Path> =
            issued.filter(|dir| *dir != Path::new(".") && dir.is_dir()).collect();
        let former = self.former()?;
        for dir in others {
            let texts = [("ca.pem", keys.pem()), ("revoked.pem", &lists), (FORMER, &former)];
            for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
                if file::read(&dir.join(name)).ok().as_deref() != Some(text) {
                    file::write(dir, name, text, Access::All)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether the lists that are there say all that there is to say, and will for a while: lists that
/// are signed anew would be taken anew by everybody.
fn is_fresh(dir: &Path, keys: &Keys, register: &Register) -> bool {
    let right = number(register).to_be_bytes();
    let right: Vec<u8> = right.into_iter().skip_while(|byte| *byte == 0).collect();
    let soon = now() + UP_TO_DATE / 2;
    let lists = file::read(&dir.join("revoked.pem"))
        .and_then(|text| revocation::read(&revocations(&text)?, keys.certificates()));
    lists.is_ok_and(|lists| {
        let is_right =
            |list: &List| list.number == right && list.next.is_some_and(|next| next > soon);
        lists.len() == keys.issuers().len() && lists.iter().all(is_right)
    })
}

/// The number of the lists; it grows with every revocation.
fn number(register: &Register) -> u64 {
    register.revocations + 1
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
        crl_number: SerialNumber::from(number(register)),
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
