//! The detached signature of a request, and how the other side checks it.
//!
//! Signed are the method, the path, the key, the time and the digest of the body, by the key of the
//! role's certificate: a request that was changed, sent elsewhere or kept for later is known.
//! The other side has our certificate and picks it by [`CERTIFICATE`].

use std::time::Duration;

use domain::moment::Moment;
use kit::identity::{Credential, Identity};
use sha2::{Digest as _, Sha256};

/// The key of the message; the same for every try.
pub const KEY: &str = "idempotency-key";
/// When it was signed, Unix milliseconds.
pub const TIME: &str = "muster-time";
/// The SHA-256 of the body, in hex.
pub const DIGEST: &str = "muster-digest";
/// The signature, in hex: ECDSA on P-256 with SHA-256, in the form of ASN.1.
pub const SIGNATURE: &str = "muster-signature";
/// The SHA-256 of the signer's certificates, in hex.
pub const CERTIFICATE: &str = "muster-certificate";

/// How far the clock of the signer may be from ours.
pub const SKEW: Duration = Duration::from_secs(300);
/// What keeps this signature from being taken for one of anything else.
const DOMAIN: &str = "muster.connector.v1";

/// What is signed of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// `POST`.
    pub method: &'a str,
    /// With the query, where there is one.
    pub path: &'a str,
    /// See [`KEY`].
    pub key: &'a str,
    /// When.
    pub at: Moment,
    /// The body.
    pub body: &'a [u8],
}

/// Why a request is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// A header is missing or malformed.
    #[error("the header {0} is missing or malformed")]
    Header(&'static str),
    /// The body is another one.
    #[error("the digest is not of this body")]
    Digest,
    /// It is too old, or of the future.
    #[error("it was signed more than {} s from now", SKEW.as_secs())]
    Time,
    /// The signature is not of this certificate over this request.
    #[error("the signature is not of this certificate over this request")]
    Signature,
}

impl Signed<'_> {
    /// The digest of the body, in hex.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.body))
    }

    fn statement(&self) -> Vec<u8> {
        let Signed { method, path, key, at, .. } = self;
        let digest = self.digest();
        format!("{DOMAIN}\n{method}\n{path}\n{key}\n{}\n{digest}", at.0).into_bytes()
    }

    /// The headers of the request, signed; none when the key of the identity does not sign.
    pub fn headers(&self, identity: &Identity) -> Option<[(&'static str, String); 5]> {
        let signature = identity.sign(&self.statement())?;
        let certificate = identity.credential().ok()?.name();
        Some([
            (KEY, self.key.to_owned()),
            (TIME, self.at.0.to_string()),
            (DIGEST, self.digest()),
            (SIGNATURE, hex(&signature)),
            (CERTIFICATE, hex(&certificate)),
        ])
    }
}

/// What the other side does: checks a request that came at `now` against the certificate that it
/// has; gives the key.
pub fn verify(
    signer: &Credential,
    (method, path, body): (&str, &str, &[u8]),
    header: impl Fn(&str) -> Option<String>,
    now: Moment,
) -> Result<String, Wrong> {
    let text = |name| header(name).filter(|text| !text.is_empty()).ok_or(Wrong::Header(name));
    let key = text(KEY)?;
    let at = Moment(text(TIME)?.parse().map_err(|_| Wrong::Header(TIME))?);
    let signature = unhex(&text(SIGNATURE)?).ok_or(Wrong::Header(SIGNATURE))?;
    let signed = Signed { method, path, key: &key, at, body };
    if text(DIGEST)? != signed.digest() {
        return Err(Wrong::Digest);
    }
    if at.since(now).max(now.since(at)) > SKEW {
        return Err(Wrong::Time);
    }
    let is_of = text(CERTIFICATE)? == hex(&signer.name());
    if !is_of || !signer.has_signed(&signed.statement(), &signature) {
        return Err(Wrong::Signature);
    }
    Ok(key)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let is_even = text.len().is_multiple_of(2) && text.is_ascii();
    let pairs =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    is_even.then(|| pairs.collect()).flatten()
}

#[cfg(test)]
mod tests {
    use domain::party::{Party, Role};
    use kit::identity::Authority;

    use super::*;

    #[test]
    fn what_is_changed_or_kept_or_of_another_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let authority =
            Authority::open_or_create(dir.path(), &"dengfeng".parse().unwrap()).unwrap();
        let worker = authority.issue(&Party::service(Role::Worker)).unwrap();
        let other = authority.issue(&Party::service(Role::Gateway)).unwrap().credential().unwrap();
        let ours = worker.credential().unwrap();
        let at = Moment(1_000_000);
        let signed = Signed { method: "POST", path: "/a?b=1", key: "k", at, body: b"{}" };
        let headers = signed.headers(&worker).unwrap();
        let check = |signer: &Credential, request, now, lie: Option<(&str, &str)>| {
            let header = |name: &str| {
                let lied = lie.filter(|(of, _)| *of == name).map(|(_, text)| text.to_owned());
                lied.or_else(|| headers.iter().find(|(of, _)| *of == name).map(|(_, t)| t.clone()))
            };
            verify(signer, request, header, now)
        };
        let request = ("POST", "/a?b=1", &b"{}"[..]);
        assert_eq!(check(&ours, request, at, None), Ok("k".to_owned()));
        let later = Moment(at.0 + 301_000);
        let rows = [
            (&ours, request, later, None, Wrong::Time),
            (&other, request, at, None, Wrong::Signature),
            (&ours, ("PUT", "/a?b=1", &b"{}"[..]), at, None, Wrong::Signature),
            (&ours, ("POST", "/a?b=2", &b"{}"[..]), at, None, Wrong::Signature),
            (&ours, ("POST", "/a?b=1", &b"[]"[..]), at, None, Wrong::Digest),
            (&ours, request, at, Some((KEY, "other")), Wrong::Signature),
            (&ours, request, at, Some((TIME, "1000001")), Wrong::Signature),
            (&ours, request, at, Some((TIME, "x")), Wrong::Header(TIME)),
            (&ours, request, at, Some((SIGNATURE, "é1")), Wrong::Header(SIGNATURE)),
            (&ours, request, at, Some((KEY, "")), Wrong::Header(KEY)),
        ];
        for (signer, request, now, lie, wrong) in rows {
            assert_eq!(check(signer, request, now, lie), Err(wrong), "{request:?} {lie:?}");
        }
    }
}
