//! The one mapping between a rejection of the domain and a status on the wire.
//!
//! A status carries `google.rpc` details: `ErrorInfo` with the reason and the domain `muster`,
//! `BadRequest` with the field at fault, `RetryInfo` where waiting helps. What comes back from
//! another process is read the same way; a status without our details (a proxy's, a transport's)
//! still gets the kind that tells a caller what to do. When the outcome is not known the kind is
//! `Unavailable`: a repeat with the same request id is safe.
//! Internals never leave: [`internal`] writes them to the log.

use std::{collections::HashMap, fmt::Display, time::Duration};

use domain::rejection::{Kind, Rejection};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::trace;

/// The domain in `ErrorInfo`.
pub const DOMAIN: &str = "muster";

/// How long to wait before a repeat, when nothing better is known.
pub const RETRY: Duration = Duration::from_secs(1);

/// The longest message, in bytes: a status travels in headers, and those are limited to 16 KiB.
const MESSAGE_MAX: usize = 1_024;

/// The longest of the other texts, in bytes: a field may be named by who has sent it.
const WORD_MAX: usize = 200;

/// Reasons with a code of their own.
const SPECIAL: [(&str, Code); 5] = [
    ("NO_PARTY", Code::Unauthenticated),
    ("REQUEST_ID_REUSED", Code::AlreadyExists),
    ("ENVELOPE_ID_REUSED", Code::AlreadyExists),
    ("LOG_CHANGED", Code::OutOfRange),
    ("OFFSET_MISMATCH", Code::OutOfRange),
];

/// The status for a rejection.
pub fn status(rejection: Rejection) -> Status {
    status_with(rejection, HashMap::new())
}

/// The status for a rejection, with facts for programs (the right number, the other place).
pub fn status_with(rejection: Rejection, metadata: HashMap<String, String>) -> Status {
    status_after(rejection, metadata, RETRY)
}

/// The same where it is known when a repeat may succeed.
pub fn status_after(
    rejection: Rejection,
    mut metadata: HashMap<String, String>,
    retry: Duration,
) -> Status {
    let message = shorten(&rejection.message, MESSAGE_MAX);
    for fact in metadata.values_mut() {
        *fact = shorten(fact, WORD_MAX).to_owned();
    }
    let mut details = ErrorDetails::with_error_info(&rejection.reason, DOMAIN, metadata);
    if !rejection.field.is_empty() {
        details.add_bad_request_violation(shorten(&rejection.field, WORD_MAX), message);
    }
    if matches!(rejection.kind, Kind::Exhausted | Kind::Unavailable) {
        details.set_retry_info(Some(retry));
    }
    Status::with_error_details(code(&rejection), message, details)
}

/// The rejection that a status stands for.
pub fn rejection(status: &Status) -> Rejection {
    let details = status.get_error_details();
    let ours = details.error_info().filter(|info| info.domain == DOMAIN);
    let reason = ours.map_or_else(|| word(status.code()), |info| info.reason.clone());
    let violation = details.bad_request().and_then(|bad| bad.field_violations.first());
    let field = violation.map(|violation| violation.field.clone()).unwrap_or_default();
    Rejection { kind: kind(status.code()), reason, message: status.message().to_owned(), field }
}

/// One of the facts that [`status_with`] has put in.
pub fn metadata(status: &Status, key: &str) -> Option<String> {
    status.get_error_details().error_info()?.metadata.get(key).cloned()
}

/// The answer to a fault of ours: the detail goes to the log, the caller gets the trace to name.
pub fn internal(fault: impl Display) -> Status {
    let trace = trace::current().trace_id();
    tracing::error!(%trace, "internal error: {fault:#}");
    Status::internal(format!("internal error; the log has it under trace {trace}"))
}

fn code(rejection: &Rejection) -> Code {
    let special = SPECIAL.iter().find(|(reason, _)| *reason == rejection.reason);
    special.map_or_else(|| ordinary(rejection.kind), |(_, code)| *code)
}

fn ordinary(kind: Kind) -> Code {
    match kind {
        Kind::Invalid => Code::InvalidArgument,
        Kind::Forbidden => Code::PermissionDenied,
        Kind::Unknown => Code::NotFound,
        Kind::Conflict => Code::FailedPrecondition,
        Kind::Exhausted => Code::ResourceExhausted,
        Kind::Unavailable => Code::Unavailable,
    }
}

fn kind(code: Code) -> Kind {
    match code {
        Code::InvalidArgument | Code::Unimplemented => Kind::Invalid,
        Code::PermissionDenied | Code::Unauthenticated => Kind::Forbidden,
        Code::NotFound => Kind::Unknown,
        Code::FailedPrecondition | Code::AlreadyExists | Code::OutOfRange | Code::Aborted => {
            Kind::Conflict
        }
        Code::ResourceExhausted => Kind::Exhausted,
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => Kind::Unavailable,
    }
}

/// `DeadlineExceeded` as `DEADLINE_EXCEEDED`.
fn word(code: Code) -> String {
    let mut word = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_uppercase());
    }
    word
}

fn shorten(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(Rejection, Code)> {
        vec![
            (Rejection::invalid("GRID_MALFORMED", "grid", "no"), Code::InvalidArgument),
            (Rejection::forbidden("NOT_YOURS", "no"), Code::PermissionDenied),
            (Rejection::unknown("NO_SUCH_CASE", "case", "no"), Code::NotFound),
            (Rejection::conflict("ALREADY_CLOSED", "已结案"), Code::FailedPrecondition),
            (Rejection::exhausted("MAILBOX_FULL", "no"), Code::ResourceExhausted),
            (Rejection::unavailable("STARTING", "no"), Code::Unavailable),
            (Rejection::conflict("REQUEST_ID_REUSED", "no"), Code::AlreadyExists),
            (Rejection::conflict("ENVELOPE_ID_REUSED", "no"), Code::AlreadyExists),
            (Rejection::conflict("LOG_CHANGED", "no"), Code::OutOfRange),
            (Rejection::conflict("OFFSET_MISMATCH", "no").at("offset"), Code::OutOfRange),
            (Rejection::forbidden("NO_PARTY", "no"), Code::Unauthenticated),
        ]
    }

    #[test]
    fn every_rejection_goes_there_and_back() {
        for (before, code) in all() {
            let status = status(before.clone());
            assert_eq!(status.code(), code, "{before}");
            assert_eq!(rejection(&status), before);
            let waits = matches!(before.kind, Kind::Exhausted | Kind::Unavailable);
            assert_eq!(status.get_error_details().retry_info().is_some(), waits, "{before}");
        }
    }

    #[test]
    fn facts_for_programs_are_carried() {
        let facts = HashMap::from([("expected".to_owned(), "7".to_owned())]);
        let status = status_with(Rejection::conflict("SEQUENCE_GAP", "no"), facts);
        assert_eq!(metadata(&status, "expected"), Some("7".to_owned()));
        assert_eq!(metadata(&status, "other"), None);
        assert_eq!(metadata(&Status::not_found("x"), "expected"), None);
    }

    #[test]
    fn a_status_of_others_gets_a_kind() {
        for (status, kind, reason) in [
            (Status::deadline_exceeded(""), Kind::Unavailable, "DEADLINE_EXCEEDED"),
            (Status::internal(""), Kind::Unavailable, "INTERNAL"),
            (Status::unimplemented(""), Kind::Invalid, "UNIMPLEMENTED"),
            (Status::unauthenticated(""), Kind::Forbidden, "UNAUTHENTICATED"),
            (Status::aborted(""), Kind::Conflict, "ABORTED"),
        ] {
            let rejection = rejection(&status);
            assert_eq!((rejection.kind, rejection.reason.as_str()), (kind, reason));
        }
    }

    #[test]
    fn a_long_message_is_cut_and_internals_stay_inside() {
        let status = status(Rejection::invalid("PACK_FAULTY", "pack", "错".repeat(10_000)));
        assert_eq!(status.message().len(), MESSAGE_MAX - MESSAGE_MAX % 3);
        let status = internal("the disk /var/lib/muster is full");
        assert!(!status.message().contains("disk"), "{}", status.message());
        assert_eq!(status.code(), Code::Internal);
    }
}
