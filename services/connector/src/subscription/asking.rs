//! What people ask about what was not taken, as it comes off the wire: parsed and bounded. Pure.

use domain::rejection::Rejection;
use kit::page::{self, Wanted};
use proto::{
    convert,
    outside::{ListUndeliveredRequest, ResolveUndeliveredRequest, Settlement},
};

/// How many may be settled at once.
const NUMBERS_MAX: usize = 1_000;
/// The longest reason, in characters.
const REASON_MAX: usize = 1_000;

/// What a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// Whose.
    pub subscription: String,
    /// Which, each once, in order.
    pub numbers: Vec<u64>,
    /// Whether they are let go.
    pub is_skipped: bool,
    /// Who.
    pub person: String,
    /// Why.
    pub reason: String,
}

/// Reads what is settled.
pub fn resolve(request: ResolveUndeliveredRequest) -> Result<Resolve, Rejection> {
    let settlement = request.settlement();
    let command = request.command.unwrap_or_default();
    let _id: domain::id::RequestId = convert::id("command.request_id", command.request_id)?;
    let person: domain::id::PersonId = convert::id("command.person", command.person)?;
    let is_skipped = match settlement {
        Settlement::PutBack => false,
        Settlement::Skip => true,
        Settlement::Unspecified => {
            let message = "right would be: SETTLEMENT_PUT_BACK or SETTLEMENT_SKIP";
            return Err(Rejection::invalid("UNKNOWN_RESOLUTION", "settlement", message));
        }
    };
    let mut numbers = request.numbers;
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() || numbers.len() > NUMBERS_MAX {
        let message = format!("right would be: 1 to {NUMBERS_MAX} numbers");
        return Err(Rejection::invalid("NUMBERS_MISSING", "numbers", message));
    }
    let length = request.reason.trim().chars().count();
    if length == 0 || length > REASON_MAX {
        let message = format!("right would be: why, in 1 to {REASON_MAX} characters");
        return Err(Rejection::invalid("REASON_MISSING", "reason", message));
    }
    let (subscription, person) = (request.subscription, person.to_string());
    Ok(Resolve { subscription, numbers, is_skipped, person, reason: request.reason })
}

/// Reads which page is asked for, and after which number it begins.
pub fn undelivered(request: &ListUndeliveredRequest) -> Result<(Wanted, u64), Rejection> {
    let wanted = page::wanted(request.page.clone())?;
    let after = match <[u8; 8]>::try_from(wanted.from.as_slice()) {
        Ok(bytes) => u64::from_be_bytes(bytes),
        Err(_) if wanted.from.is_empty() => 0,
        Err(_) => {
            let message = "not a token of this list";
            return Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", message));
        }
    };
    Ok((wanted, after))
}
