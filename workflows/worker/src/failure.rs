//! The one mapping from a rejection to a failure of an activity.
//!
//! What can never succeed ends the flow's patience at once; everything else is tried again.

use domain::rejection::{Kind, Rejection};
use temporalio_common::error::ApplicationFailure;
use temporalio_sdk::activities::ActivityError;

/// Whether the same request can succeed later. An unknown case can: the fold may be behind.
pub(crate) fn is_retryable(rejection: &Rejection) -> bool {
    match rejection.kind {
        Kind::Unknown | Kind::Exhausted | Kind::Unavailable => true,
        Kind::Invalid | Kind::Forbidden | Kind::Conflict => false,
    }
}

/// The failure for a rejection; its type is the reason.
pub(crate) fn failure(rejection: Rejection) -> ActivityError {
    let is_final = !is_retryable(&rejection);
    let reason = rejection.reason.clone();
    let failure = ApplicationFailure::builder(rejection).type_name(reason).non_retryable(is_final);
    ActivityError::Application(Box::new(failure.build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_succeed_later_is_tried_again() {
        let rows = [
            (Rejection::unavailable("NOT_IN_THE_RECORD", "x"), true),
            (Rejection::exhausted("MAILBOX_FULL", "x"), true),
            (Rejection::unknown("UNKNOWN_CASE", "case_id", "x"), true),
            (Rejection::invalid("MALFORMED_ID", "case_id", "x"), false),
            (Rejection::forbidden("NOT_YOURS", "x"), false),
            (Rejection::conflict("REQUEST_ID_REUSED", "x"), false),
        ];
        for (rejection, again) in rows {
            let reason = rejection.reason.clone();
            let ActivityError::Application(failure) = failure(rejection) else { panic!() };
            assert_eq!(failure.type_name(), Some(reason.as_str()));
            assert_eq!(failure.is_non_retryable(), !again, "{reason}");
        }
    }
}
