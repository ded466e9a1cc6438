//! What a caller asks the bus for, as it comes off the wire: parsed and bounded, not yet judged.
//!
//! Pure and total: whatever bytes a stranger sends end as a value of the domain or as a refusal
//! that names the field. Nothing is looked up here. It is public so that it can be fuzzed.

use domain::{moment::Moment, party::Party, rejection::Rejection};
use prost::bytes::Bytes;
use proto::{
    sealed as bus,
    sealed::{LocateEnvelopeRequest, Resolution, ResolveParkedRequest, locate_envelope_request},
};

use crate::engine::{Name, Parcel, Resolve, Selection, Start};

/// The longest reason, in bytes.
const REASON_MAX: usize = 1_024;
/// The longest name of a subscriber, in bytes.
const NAME_MAX: usize = 64;
/// How many patterns a subscriber has of a kind.
const PATTERNS_MAX: usize = 100;
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
pub fn parcels(wires: Vec<Bytes>, caller: &Party, max: usize) -> Result<Vec<Parcel>, Rejection> {
    counted(wires.len(), "envelopes")?;
    wires.into_iter().map(|wire| parcel(wire, caller, max)).collect()
}

fn parcel(bytes: Bytes, caller: &Party, max: usize) -> Result<Parcel, Rejection> {
    if bytes.len() > max {
        let message = format!("an envelope has at most {max} bytes, this one has {}", bytes.len());
        return Err(Rejection::invalid("TOO_LARGE", "envelopes", message));
    }
    let parcel = Parcel::read(bytes)?;
    if parcel.head.source != *caller {
        let message = format!("{caller} can't send as {}", parcel.head.source);
        return Err(Rejection::forbidden("NOT_YOUR_SOURCE", message).at("source"));
    }
    if let (Some(from), Some(until)) = (parcel.head.not_before, parcel.head.expires)
        && from >= until
    {
        let message = "it expires before it may be delivered; expires must be after notbefore";
        return Err(Rejection::invalid("MALFORMED_ENVELOPE", "expires", message));
    }
    Ok(parcel)
}

/// Checks a reason that is written down.
pub fn reason(text: &str, is_needed: bool) -> Result<(), Rejection> {
    if text.len() <= REASON_MAX && !(is_needed && text.trim().is_empty()) {
        return Ok(());
    }
    let message = format!("a reason has 1 to {REASON_MAX} bytes, this one has {}", text.len());
    Err(Rejection::invalid("MALFORMED_REASON", "reason", message))
}

/// Reads a party that is named; none when it is empty.
pub fn named(text: &str, field: &str) -> Result<Option<Party>, Rejection> {
    match text {
        "" => Ok(None),
        text => proto::convert::party(field, text).map(Some),
    }
}

/// What is to be done about parked envelopes.
pub fn resolve(request: ResolveParkedRequest, caller: &Party) -> Result<Resolve, Rejection> {
    let is_skipped = match request.resolution() {
        Resolution::PutBack => false,
        Resolution::Skip => true,
        Resolution::Unspecified => {
            let message = "RESOLUTION_PUT_BACK or RESOLUTION_SKIP";
            return Err(Rejection::invalid("MISSING_FIELD", "resolution", message));
        }
    };
    if !request.places.is_empty() {
        counted(request.places.len(), "places")?;
    }
    reason(&request.reason, true)?;
    let mailbox = named(&request.mailbox, "mailbox")?.ok_or_else(|| {
        Rejection::invalid("MISSING_FIELD", "mailbox", "whose mailbox: unit/housing")
    })?;
    Ok(Resolve {
        mailbox,
        places: request.places,
        is_skipped,
        reason: request.reason,
        caller: caller.clone(),
        actor: proto::convert::id("actor", request.actor)?,
        is_preview: request.is_preview,
    })
}

/// Checks the name of a subscriber.
pub fn subscriber(name: &str) -> Result<(), Rejection> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    if (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(is_letter) {
        return Ok(());
    }
    let message = format!("a name has 1 to {NAME_MAX} letters, digits, - or .");
    Err(Rejection::invalid("MALFORMED_ID", "name", message))
}

/// Reads what a subscriber asks for.
pub fn selection(selection: Option<bus::Selection>) -> Result<Selection, Rejection> {
    let bus::Selection { types, subjects } = selection.unwrap_or_default();
    for (field, patterns) in [("selection.types", &types), ("selection.subjects", &subjects)] {
        if patterns.len() > PATTERNS_MAX {
            let message = format!("at most {PATTERNS_MAX} patterns, these are {}", patterns.len());
            return Err(Rejection::invalid("WRONG_COUNT", field, message));
        }
        for pattern in patterns {
            let text = pattern.strip_suffix('*').unwrap_or(pattern);
            let is_all = text.is_empty() && !pattern.is_empty();
            if !is_all && domain::id::check(text).is_err() || text.contains('*') {
                let message = format!("{pattern:?} is no pattern; right would be: case/wenshan/*");
                return Err(Rejection::invalid("MALFORMED_PATTERN", field, message));
            }
        }
    }
    Ok(Selection { types, subjects })
}

/// Reads where a cursor is set.
pub fn start(start: Option<bus::Start>) -> Start {
    match start.and_then(|start| start.start) {
        Some(bus::start::Start::AfterPlace(place)) => Start::After(place),
        Some(bus::start::Start::AtMs(at)) => Start::At(Moment(at)),
        None => Start::End,
    }
}

/// Reads how an envelope is named.
pub fn name(request: LocateEnvelopeRequest) -> Result<Name, Rejection> {
    match request.name {
        Some(locate_envelope_request::Name::Place(place)) => Ok(Name::Place(place)),
        Some(locate_envelope_request::Name::Number(number)) => {
            let source = proto::convert::party("name.number.source", &number.source)?;
            let recipient = named(&number.recipient, "name.number.recipient")?;
            Ok(Name::Number(source, recipient, number.number))
        }
        None => Err(Rejection::invalid("MISSING_FIELD", "name", "a place or a number")),
    }
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

/// The mailbox and place in a token of `ListParked`.
pub fn parked_of(from: &[u8]) -> Result<Option<(Party, u64)>, Rejection> {
    let Some(at) = from.len().checked_sub(8) else {
        return if from.is_empty() { Ok(None) } else { Err(malformed()) };
    };
    let party = party_of(&from[..at])?.ok_or_else(malformed)?;
    Ok(Some((party, place_of(&from[at..])?)))
}

/// The party and name in a token of `ListSubscribers`.
pub fn subscriber_of(from: &[u8]) -> Result<Option<(Party, String)>, Rejection> {
    if from.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(from).map_err(|_| malformed())?;
    let (party, name) = text.split_once('\0').ok_or_else(malformed)?;
    Ok(Some((party.parse().map_err(|_| malformed())?, name.to_owned())))
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
