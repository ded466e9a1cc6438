//! A local authority, made on first start: identities for a trial and for tests.
//!
//! `ca.key` is written before `ca.pem`, and `ca.pem` is what counts: a start that was cut off in
//! between begins anew. The keys are ECDSA P-256, which every gRPC library of every language takes.
//! What it issues and revokes is in its register before it counts; `revoked.pem` is made from that
//! (see `publish`) and may be deleted.
//!
//! The first certificate in `ca.pem` is the one that issues; any other is trusted beside it while
//! an authority is exchanged for another ([`Authority::exchange`]). `ca.key` holds the keys of all
//! of them and each is found by its certificate, so each step of an exchange is one rename.

use std::{
    fmt,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{id::CityId, moment::Moment, party::Party};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, SerialNumber,
};

pub use self::exchange::Step;
use self::keys::Keys;
use super::{
    Error, Files, Identity, Pems, certificates,
    file::{self, Access},
    files::FORMER,
    guard::now,
    register::{Entry, Issued, Known, Register, Revoked},
    server_name, tls,
};

mod exchange;
mod keys;
mod publish;
mod revoke;

const DAY: Duration = Duration::from_secs(86_400);

/// How long the authority itself is good.
const AUTHORITY_VALIDITY: Duration = Duration::from_secs(3_650 * 86_400);

/// How long an identity is good unless told otherwise.
const VALIDITY: Duration = Duration::from_secs(365 * 86_400);

/// How far two machines' clocks may be apart: a certificate counts from that long ago.
const SKEW: Duration = Duration::from_secs(3_600);

/// Issues identities of one city.
pub struct Authority {
    dir: PathBuf,
    city: CityId,
    pem: String,
    validity: Duration,
}

impl Authority {
    /// Opens the authority in `dir`, or makes it when there is none yet.
    pub fn open_or_create(dir: &Path, city: &CityId) -> Result<Authority, Error> {
        let lock = file::lock(dir)?;
        let path = dir.join("ca.pem");
        if !path.exists() {
            create(dir, city)?;
        }
        let keys = Keys::read(dir)?;
        if keys.city() != Some(city.clone()) {
            return Err(Error::OtherCity { path, city: city.clone() });
        }
        let authority = Authority::with(dir, city.clone(), keys.pem().to_owned());
        authority.publish(&keys, &Register::read(dir)?)?;
        drop(lock);
        Ok(authority)
    }

    /// Opens the authority in `dir`, whose city it is whatever it be; makes nothing.
    pub fn open(dir: &Path) -> Result<Authority, Error> {
        if !dir.join("ca.pem").exists() {
            return Err(Error::Absent(dir.to_owned()));
        }
        let keys = Keys::read(dir)?;
        let city = keys.city().ok_or_else(|| Error::Absent(dir.to_owned()))?;
        Ok(Authority::with(dir, city, keys.pem().to_owned()))
    }

    fn with(dir: &Path, city: CityId, pem: String) -> Authority {
        Authority { dir: dir.to_owned(), city, pem, validity: VALIDITY }
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

    /// The certificates of the authority for those who shall trust it, as they were when it was
    /// opened.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Everything that was issued, in that order.
    pub fn known(&self) -> Result<Vec<Known>, Error> {
        let _lock = file::lock(&self.dir)?;
        Ok(Register::read(&self.dir)?.known)
    }

    /// The folder of what was issued; none when it is in no file.
    pub fn folder(&self, issued: &Issued) -> Option<PathBuf> {
        issued.dir.as_ref().map(|dir| match dir.as_os_str() == "." {
            true => self.dir.clone(),
            false => dir.clone(),
        })
    }

    /// A new identity of `party`.
    pub fn issue(&self, party: &Party) -> Result<Identity, Error> {
        let now = now();
        self.issue_for(party, now - SKEW, now + self.validity)
    }

    /// A new identity of `party` that is good between two moments.
    pub fn issue_for(&self, party: &Party, from: Moment, until: Moment) -> Result<Identity, Error> {
        let _lock = file::lock(&self.dir)?;
        let (keys, mut register) = (Keys::read(&self.dir)?, Register::read(&self.dir)?);
        let (chain, key) = self.sign(&keys, &mut register, party, (from, until), None)?;
        let revocations = keys.lists(&register)?;
        let (authority, former) = (keys.pem().to_owned(), self.former()?);
        Identity::of(Pems { authority, chain, key, revocations, former })
    }

    /// The certificates of the authorities before this one.
    fn former(&self) -> Result<String, Error> {
        let path = self.dir.join(FORMER);
        if path.exists() { file::read(&path) } else { Ok(String::new()) }
    }

    /// The identity of `party` in the files `<kind>-<id>.pem` and `.key` of `dir`: the one that is
    /// there while it is of this authority and has a third of its time left, else a new one. Whose
    /// certificate was revoked keeps it, and is refused by everybody: only [`Authority::renew`]
    /// lets somebody in again.
    pub fn issue_to(&self, dir: &Path, party: &Party) -> Result<Identity, Error> {
        let _lock = file::lock(&self.dir)?;
        let (keys, register) = (Keys::read(&self.dir)?, Register::read(&self.dir)?);
        let files = self.files(dir, party);
        let is_revoked = register.last_of(party).is_some_and(|last| last.revoked.is_some());
        if let Ok(kept) = files.load()
            && (is_revoked || self.is_kept(&keys, &kept, party))
        {
            return Ok(kept);
        }
        if is_revoked {
            let message = format!("{party} is revoked and its files are not in {}", dir.display());
            return Err(Error::Refused(message));
        }
        self.write_new(&keys, register, dir, party)
    }

    /// A new identity of `party` in the files of `dir`, whatever is there.
    pub fn renew(&self, dir: &Path, party: &Party) -> Result<Identity, Error> {
        let _lock = file::lock(&self.dir)?;
        let (keys, register) = (Keys::read(&self.dir)?, Register::read(&self.dir)?);
        self.write_new(&keys, register, dir, party)
    }

    /// The key goes first and the certificate second: between them they do not fit together, whoever
    /// watches goes on with what it has, and whoever starts has it issued again.
    fn write_new(
        &self,
        keys: &Keys,
        mut register: Register,
        dir: &Path,
        party: &Party,
    ) -> Result<Identity, Error> {
        let _elsewhere = (dir != self.dir).then(|| file::lock(dir)).transpose()?;
        let whole = |dir: &Path| std::fs::canonicalize(dir).map_err(file::at(dir));
        let (dir, own) = (whole(dir)?, whole(&self.dir)?);
        let (files, now) = (Files::of(&dir, party), now());
        let span = (now - SKEW, now + self.validity);
        // Its own folder may be moved with all that is in it.
        let noted = if dir == own { PathBuf::from(".") } else { dir.clone() };
        let (chain, key) = self.sign(keys, &mut register, party, span, Some(noted))?;
        file::write(&dir, name(&files.key), &key, Access::Owner)?;
        file::write(&dir, name(&files.certificate), &chain, Access::All)?;
        // Who has a folder of its own hears there of what is trusted and revoked; issuing changes
        // nothing of that for anybody else.
        if dir != own {
            self.publish(keys, &register)?;
        }
        files.load()
    }

    /// Where a party's files are; the bundle and the lists are beside them only once something was
    /// issued there.
    fn files(&self, dir: &Path, party: &Party) -> Files {
        let ours = Files::of(&self.dir, party);
        Files { authority: ours.authority, revocations: ours.revocations, ..Files::of(dir, party) }
    }

    fn is_kept(&self, keys: &Keys, identity: &Identity, party: &Party) -> bool {
        let ours = identity.party() == party && *identity.city() == self.city;
        let left = identity.expires().since(now());
        let is_good = tls::verify(&identity.now()).is_ok() && keys.issued(identity);
        ours && is_good && left >= self.validity / 3
    }

    /// A certificate and its key; it is in the register before it is handed out.
    fn sign(
        &self,
        keys: &Keys,
        register: &mut Register,
        party: &Party,
        (from, until): (Moment, Moment),
        dir: Option<PathBuf>,
    ) -> Result<(String, String), Error> {
        let (key, serial) = (KeyPair::generate()?, serial()?);
        let mut params = params(&party.to_string(), &self.city, from, until);
        params.serial_number = Some(SerialNumber::from_slice(&serial));
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
        let certificate = params.signed_by(&key, keys.issuer()?)?;
        let (serial, authority) = (hex(&serial), keys.name());
        let party = party.clone();
        register.add(Entry::Issued(Issued { serial, authority, party, from, until, dir }))?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("city", &self.city).finish_non_exhaustive()
    }
}

/// The name of a file of ours, whose path we have made ourselves.
fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// A serial number that nobody guesses: positive, and not shorter than it looks.
fn serial() -> Result<[u8; 16], Error> {
    let mut bytes: [u8; 16] = tls::random()?;
    bytes[0] = bytes[0] & 0x3f | 0x40;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn create(dir: &Path, city: &CityId) -> Result<(), Error> {
    let (certificate, key) = fresh(city)?;
    file::write(dir, "ca.key", &key, Access::Owner)?;
    file::write(dir, "ca.pem", &certificate, Access::All)
}

/// A new authority of the city: its certificate and its key. Each has a name of its own, by which
/// its list is told from another's.
fn fresh(city: &CityId) -> Result<(String, String), Error> {
    let key = KeyPair::generate()?;
    let (now, number) = (now(), hex(&tls::random::<4>()?));
    let name = format!("Muster authority {number}");
    let mut params = params(&name, city, now - DAY, now + AUTHORITY_VALIDITY);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
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

#[cfg(test)]
mod tests;
