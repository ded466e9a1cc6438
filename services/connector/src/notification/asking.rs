//! What people ask about who was told, as it comes off the wire: parsed and bounded. Pure.

use domain::{
    id::{CaseId, PersonId, RequestId},
    rejection::Rejection,
};
use kit::page::{self, Wanted};
use proto::{
    convert,
    notification::{ListNotificationsRequest, NotificationState, SendAgainRequest},
};

use super::kept::State;

/// The longest reason, and name of a receiver, in characters.
const REASON_MAX: usize = 1_000;
const RECEIVER_MAX: usize = 200;

/// Which are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Only of this case.
    pub case_id: Option<CaseId>,
    /// Only for this receiver; empty: all.
    pub receiver: String,
    pub(super) state: Option<State>,
    /// How many, and behind which number.
    pub wanted: Wanted,
    /// The number behind which the page begins.
    pub after: u64,
}

/// That one is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resend {
    /// The id of the request.
    pub request_id: RequestId,
    /// Which.
    pub number: u64,
    /// Who says so.
    pub person: String,
    /// Why.
    pub reason: String,
}

/// Reads what is asked for.
pub fn listing(request: ListNotificationsRequest) -> Result<Listing, Rejection> {
    let state = match NotificationState::try_from(request.state) {
        Ok(NotificationState::Unspecified) => None,
        Ok(NotificationState::Waiting) => Some(State::Waiting),
        Ok(NotificationState::Taken) => Some(State::Taken),
        Ok(NotificationState::Delivered) => Some(State::Delivered),
        Ok(NotificationState::Failed) => Some(State::Failed),
        Err(_) => {
            let message = "right would be: waiting, taken, delivered or failed";
            return Err(Rejection::invalid("UNKNOWN_STATE", "state", message));
        }
    };
    if request.receiver.chars().count() > RECEIVER_MAX {
        let message = format!("right would be: at most {RECEIVER_MAX} characters");
        return Err(Rejection::invalid("TEXT_TOO_LONG", "receiver", message));
    }
    let case_id = match request.case_id.as_str() {
        "" => None,
        _ => Some(convert::id("case_id", request.case_id)?),
    };
    let wanted = page::wanted(request.page)?;
    let after = match <[u8; 8]>::try_from(wanted.from.as_slice()) {
        Ok(bytes) => u64::from_be_bytes(bytes),
        Err(_) if wanted.from.is_empty() => 0,
        Err(_) => {
            let message = "not a token of this list";
            return Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", message));
        }
    };
    Ok(Listing { case_id, receiver: request.receiver, state, wanted, after })
}

/// Reads that one is sent again.
pub fn resend(request: &SendAgainRequest) -> Result<Resend, Rejection> {
    let command = request.command.clone().unwrap_or_default();
    let request_id = convert::id("command.request_id", command.request_id)?;
    let person: PersonId = convert::id("command.person", command.person)?;
    let length = request.reason.trim().chars().count();
    if length == 0 || length > REASON_MAX {
        let message = format!("right would be: why, in 1 to {REASON_MAX} characters");
        return Err(Rejection::invalid("REASON_MISSING", "reason", message));
    }
    let (number, reason) = (request.number, request.reason.clone());
    Ok(Resend { request_id, number, person: person.to_string(), reason })
}
