//! What is shown of credit: the score with all that it rests on, the list, what goes outside.

use domain::{
    credit::{Delivery, Ending, Ledger, Listing, Standing, State},
    id::ObjectId,
    pack::Credit,
};
use proto::{convert, credit_wire as wire};

/// Writes the credit of an object.
pub(super) fn score_out(rules: &Credit, ledger: &Ledger) -> wire::Score {
    let object = &ledger.object;
    wire::Score {
        object: object.to_string(),
        score: ledger.score(rules.start),
        start: rules.start,
        threshold: rules.threshold,
        is_listed: ledger.listed().is_some(),
        violations: (0..ledger.violations.len()).map(|at| violation_out(ledger, at)).collect(),
        listings: ledger.listings.iter().map(listing_out).collect(),
        deliveries: ledger.deliveries.iter().map(|one| delivery_out(object, one)).collect(),
        noticed: ledger.noticed.iter().map(|(cause, unit)| format!("{cause} {unit}")).collect(),
    }
}

fn violation_out(ledger: &Ledger, index: usize) -> wire::Violation {
    let held = &ledger.violations[index];
    let violation = &held.violation;
    let state = match ledger.standing(index) {
        Some(Standing::Charged) => wire::ViolationState::Charged,
        Some(Standing::Double) => wire::ViolationState::Double,
        Some(Standing::Revoked) => wire::ViolationState::Revoked,
        None => wire::ViolationState::Unspecified,
    };
    wire::Violation {
        unit: violation.id.unit.to_string(),
        decision: violation.id.decision.to_string(),
        object: ledger.object.to_string(),
        code: violation.code.to_string(),
        fact: violation.fact.to_string(),
        person: violation.person.to_string(),
        at_ms: violation.at.0,
        points: violation.points,
        state: state.into(),
        revoked_reason: held.revoked.as_ref().map(|(_, why)| why.clone()).unwrap_or_default(),
    }
}

/// Writes one time on the list.
pub(super) fn listing_out(listing: &Listing) -> wire::Listing {
    let ending = listing.ended.map(|(ending, _)| match ending {
        Ending::Corrected => "corrected",
        Ending::Removed => "removed",
    });
    wire::Listing {
        number: listing.number,
        at_ms: listing.at.0,
        score: listing.score,
        threshold: listing.threshold,
        ended_at_ms: convert::millis(listing.ended.map(|(_, at)| at)),
        ending: ending.unwrap_or_default().to_owned(),
        removals: listing.removals.iter().map(proto::credit::removal_out).collect(),
    }
}

/// Writes a delivery.
pub(super) fn delivery_out(object: &ObjectId, delivery: &Delivery) -> wire::Delivery {
    let (state, text, owner) = match &delivery.state {
        State::Started => {
            (wire::DeliveryState::Started, delivery.trouble.clone().unwrap_or_default(), None)
        }
        State::Delivered { receipt } => (wire::DeliveryState::Delivered, receipt.clone(), None),
        State::Parked { reason, owner } => {
            (wire::DeliveryState::Parked, reason.clone(), Some(owner.to_string()))
        }
        State::Skipped { reason, .. } => (wire::DeliveryState::Skipped, reason.clone(), None),
    };
    wire::Delivery {
        delivery: delivery.id.to_string(),
        object: object.to_string(),
        receiver: delivery.id.receiver.to_string(),
        state: state.into(),
        started_at_ms: delivery.started_at.0,
        since_ms: delivery.since.0,
        text,
        owner: owner.unwrap_or_default(),
    }
}
