//! What is fuzzed: one function for each target, from bytes that a stranger may send.
//!
//! A target never panics, whatever comes: it ends with a value that survives being written and read
//! again, or with a refusal that fits into a status on the wire and names what is at fault.
//! Grouped by how the bytes come in: an envelope, facts that are folded, requests of the services,
//! what a connection says about itself, a journal from foreign hands, a city pack.
//!
//! Each module also gives its seeds: small valid inputs, kept in `seeds/<target>`. The ordinary
//! tests compile this code too, compare the seeds, and run every kept input through its target, so
//! that what fuzzing has found once stays found without it.

pub mod connection;
pub mod envelope;
pub mod fact;
pub mod journal;
pub mod pack;
pub mod request;

use domain::rejection::Rejection;

/// A target: its name, what it does with bytes, its seeds by name.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<(String, Vec<u8>)>);

/// All targets.
pub const TARGETS: [Target; 6] = [
    ("connection", connection::run, connection::seeds),
    ("envelope", envelope::run, envelope::seeds),
    ("fact", fact::run, fact::seeds),
    ("journal", journal::run, journal::seeds),
    ("pack", pack::run, pack::seeds),
    ("request", request::run, request::seeds),
];

/// The headers of an answer are limited to 16 KiB; a refusal must leave room for others.
const STATUS_BYTES_MAX: usize = 8 << 10;

/// Checks that a refusal can be sent, and is one that a person and a program understand.
fn check_refusal(rejection: &Rejection) {
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    assert!(!rejection.reason.is_empty() && rejection.reason.bytes().all(upper), "{rejection}");
    assert!(!rejection.message.trim().is_empty(), "{rejection}");
    assert!(!rejection.field.is_empty(), "no field is named by {rejection}");
    let status = kit::status::status(rejection.clone());
    let bytes = 3 * status.message().len() + status.details().len() * 4 / 3;
    assert!(bytes < STATUS_BYTES_MAX, "{bytes} bytes of status for {}", rejection.reason);
    assert_eq!(kit::status::rejection(&status).reason, rejection.reason);
}
