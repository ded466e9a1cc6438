//! Who speaks in a call: the party of the certificate, or one that it may speak for.
//!
//! The console has one certificate and many people, each of one party. It names that party in the
//! header [`MUSTER_FOR`], and from then on the call is that party's: policies, handlers and records
//! see it as if it had come itself, and the record of a refusal names the console beside it. The
//! policies say who may do so (`speak_for`); the worker may do it for communities, and only to whistle
//! what another system reports (`whistle_for`, [`WHISTLING`]); from anybody else the header is refused and recorded,
//! and so are two of them, one that names no party, and one that names a party that is not there.

use domain::{party::Party, rejection::Rejection};
use tonic::codegen::http::HeaderMap;

use crate::{
    access::{Access, Ask, Thing},
    identity::Peer,
};

/// The header, and its field in refusals: `muster-for: unit/housing`.
pub const MUSTER_FOR: &str = "muster-for";

/// What is called to whistle for a community, and nothing else: the whistle, and what shows it.
const WHISTLING: [&str; 3] = [
    "muster.evidence.v1.EvidenceService/GetUpload",
    "muster.evidence.v1.EvidenceService/Upload",
    "muster.whistle.v1.WhistleService/RaiseWhistle",
];

/// Who speaks in a call.
pub(super) struct Voice {
    /// Whose call it is.
    pub(super) peer: Peer,
    /// Whose certificate it came with, where that is another.
    pub(super) through: Option<Party>,
}

/// Whose call of this method this is, from a connection of `peer`.
pub(super) fn voice(
    access: &Access,
    peer: &Peer,
    method: &str,
    headers: &HeaderMap,
) -> Result<Voice, Rejection> {
    let mut named = headers.get_all(MUSTER_FOR).iter();
    let Some(first) = named.next() else {
        return Ok(Voice { peer: peer.clone(), through: None });
    };
    if named.next().is_some() {
        return Err(malformed("it is there twice"));
    }
    let party = first.to_str().map_err(|_| malformed("it is no text"))?;
    let party: Party = party.parse().map_err(|error| malformed(&format!("{error}")))?;
    let may_whistle =
        || WHISTLING.contains(&method) && access.allows(&peer.party, &ask("whistle_for", &party));
    if let Err(no) = access.check(&peer.party, &ask("speak_for", &party))
        && !may_whistle()
    {
        return Err(no.at(MUSTER_FOR));
    }
    if !access.knows(&party) {
        let message = format!("{party} is no party of this city; right would be: one of its pack");
        return Err(Rejection::forbidden("UNKNOWN_PARTY", message).at(MUSTER_FOR));
    }
    let through = Some(peer.party.clone());
    Ok(Voice { peer: Peer { city: peer.city.clone(), party }, through })
}

/// The question whether a party may speak for another.
fn ask(action: &'static str, party: &Party) -> Ask {
    Ask::to(action, Thing::new("Party", party.to_string()))
}

/// A header that nobody of ours writes; on record like one from somebody who may not.
fn malformed(what: &str) -> Rejection {
    let message = format!("{MUSTER_FOR} is wrong: {what}; right would be: one party, unit/housing");
    Rejection::forbidden("MALFORMED_VOICE", message).at(MUSTER_FOR)
}
