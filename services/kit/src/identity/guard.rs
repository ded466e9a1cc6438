//! Open connections, asked again what their handshake was asked.
//!
//! Whenever what is trusted changes, and when the certificate of the other side ends, the same
//! verifier that let it in is asked once more. Who is revoked is cut at once. Who is refused for
//! another reason (its time is over, its authority is no longer trusted) may finish what is under
//! way within [`GRACE`]: when an authority is exchanged, both sides have long made new connections
//! for new calls, and those that are in flight on the old one shall not fail.

use std::{
    future::pending,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use domain::moment::Moment;
use rustls::{
    CertificateError,
    pki_types::{CertificateDer, ServerName},
};

use super::{Identity, Parts, ServerTls, peer};

/// How long who is no longer trusted, without being revoked, may finish what is under way.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

/// Never so long that a step of the clock is not noticed.
const LONGEST: Duration = Duration::from_secs(3_600);

impl ServerTls {
    /// Completes when a client that was let in must be cut, and says why.
    pub(crate) async fn until_refused(&self, chain: &[CertificateDer<'_>]) -> rustls::Error {
        refused(&self.identity, chain, |parts, now| parts.tls.client(chain, now)).await
    }
}

impl Identity {
    /// Completes when a server that is spoken to must be left, and says why.
    pub(crate) async fn until_refused(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
    ) -> rustls::Error {
        refused(self, chain, |parts, now| parts.tls.server(chain, name, now)).await
    }
}

async fn refused(
    identity: &Identity,
    chain: &[CertificateDer<'_>],
    ask: impl Fn(&Parts, Moment) -> Result<(), rustls::Error>,
) -> rustls::Error {
    let mut changes = identity.current.subscribe();
    let ends = chain.first().and_then(|own| peer::ends(own).ok());
    loop {
        let parts = changes.borrow_and_update().clone();
        if let Err(error) = ask(&parts, now()) {
            if !is_revoked(&error) {
                let changed_mind = trusted_again(identity, &ask);
                if tokio::time::timeout(GRACE, changed_mind).await.is_ok() {
                    continue;
                }
            }
            return error;
        }
        let rest = ends.map(|ends| ends.since(now()) + Duration::from_secs(1));
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { pending::<()>().await },
            () = tokio::time::sleep(rest.unwrap_or(LONGEST).min(LONGEST)) => {}
        }
    }
}

/// Completes when there is another answer than "not trusted": trusted again, or revoked.
async fn trusted_again(
    identity: &Identity,
    ask: &impl Fn(&Parts, Moment) -> Result<(), rustls::Error>,
) {
    let mut changes = identity.current.subscribe();
    loop {
        let parts = changes.borrow_and_update().clone();
        if ask(&parts, now()).map_or_else(|error| is_revoked(&error), |()| true) {
            return;
        }
        if changes.changed().await.is_err() {
            pending::<()>().await;
        }
    }
}

fn is_revoked(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidCertificate(CertificateError::Revoked))
}

/// The machine's time: it is also what TLS verifies by.
pub(super) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(0) + since
}
