//! What a caller asks the bus for, as it comes off the wire: parsed and bounded, not yet judged.
//!
//! Pure and total: whatever bytes a stranger sends end as a value of the domain or as a refusal
//! that names the field. Nothing is looked up here. It is public so that it can be fuzzed.

use domain::{envelope::Envelope, party::Party, rejection::Rejection};
use prost::Message as _;
use proto::envelope::Wire;

/// How many envelopes or places one call carries at most.
pub const CALL_MAX: usize = 1_000;

/// Checks that a call carries 1 to [`CALL_MAX`] of them.
pub fn counted(count: usize, field: &str) -> Result<(), Rejection> {
    if (1..=CALL_MAX).contains(&count) {
        return Ok(());
    }
    let message = format!("{field} has 1 to {CALL_MAX} entries, this one has {count}");
    Err(Rejection::invalid("WRONG_COUNT", field, message))
}

/// Reads envelopes of the caller's own, each of at most `max` bytes.
pub fn envelopes(wires: Vec<Wire>, caller: &Party, max: usize) -> Result<Vec<Envelope>, Rejection> {
    counted(wires.len(), "envelopes")?;
    wires.into_iter().map(|wire| envelope(wire, caller, max)).collect()
}

fn envelope(wire: Wire, caller: &Party, max: usize) -> Result<Envelope, Rejection> {
    let bytes = wire.encoded_len();
    if bytes > max {
        let message = format!("an envelope has at most {max} bytes, this one has {bytes}");
        return Err(Rejection::invalid("TOO_LARGE", "envelopes", message));
    }
    let envelope = proto::envelope::from_wire(wire)?;
    if envelope.source != *caller {
        let message = format!("{caller} can't send as {}", envelope.source);
        return Err(Rejection::forbidden("NOT_YOUR_SOURCE", message).at("source"));
    }
    Ok(envelope)
}

/// Checks the subject that is asked for.
pub fn subject(subject: &str) -> Result<(), Rejection> {
    domain::id::check(subject)
        .map_err(|error| Rejection::invalid("MALFORMED_ID", "subject", format!("subject: {error}")))
}

/// The place in a token of `ListEnvelopes`.
pub fn place_of(from: &[u8]) -> Result<u64, Rejection> {
    match from {
        [] => Ok(0),
        from => from.try_into().map(u64::from_be_bytes).map_err(|_| malformed()),
    }
}

/// The party in a token of `ListMailboxes`.
pub fn party_of(from: &[u8]) -> Result<Option<Party>, Rejection> {
    if from.is_empty() {
        return Ok(None);
    }
    let party = std::str::from_utf8(from).ok().and_then(|text| text.parse().ok());
    party.map(Some).ok_or_else(malformed)
}

fn malformed() -> Rejection {
    Rejection::invalid("MALFORMED_TOKEN", "page.token", "not a token of this list")
}
