//! Reading what an office decides about a clock.

use domain::{pack::Length, rejection::Rejection};
use proto::{
    convert,
    fact::duty_in,
    whistle::{ExtendLimitRequest, HoldClockRequest, ResumeClockRequest},
};

use super::case_id;
pub use crate::clock::{Deed, Order};

/// Reads whose clock is to be held, and why.
pub fn hold(request: HoldClockRequest) -> Result<Order, Rejection> {
    let HoldClockRequest { case_id: case, unit, reason, .. } = request;
    let unit = convert::id("unit", unit)?;
    Ok(Order { case_id: case_id(case)?, unit, deed: Deed::Hold { reason } })
}

/// Reads whose clock is to run again.
pub fn resume(request: ResumeClockRequest) -> Result<Order, Rejection> {
    let ResumeClockRequest { case_id: case, unit, .. } = request;
    Ok(Order { case_id: case_id(case)?, unit: convert::id("unit", unit)?, deed: Deed::Resume })
}

/// Reads who has more time, for what and how much.
pub fn extend(request: ExtendLimitRequest) -> Result<Order, Rejection> {
    let ExtendLimitRequest { case_id: case, unit, duty, by, reason, .. } = request;
    let by: Length = by.parse().map_err(|wrong| {
        let shown: String = by.chars().take(40).collect();
        let message = format!("by: {shown:?}: {wrong}; right would be: like 4h, 1d, 4wh or 1wd");
        Rejection::invalid("MALFORMED_LENGTH", "by", message)
    })?;
    let (unit, duty) = (convert::id("unit", unit)?, duty_in(duty)?);
    Ok(Order { case_id: case_id(case)?, unit, deed: Deed::Extend { duty, by, reason } })
}
