//! Random words that nobody guesses, and how they are compared and kept.

use sha2::{Digest as _, Sha256};

/// 256 random bits in hexadecimal digits.
pub(crate) fn token() -> String {
    hex(&rand::random::<[u8; 32]>())
}

/// The id of a request that a form makes: whoever sends the form twice makes one request.
pub(crate) fn request_id() -> String {
    hex(&rand::random::<[u8; 16]>())
}

/// What is kept of a token: who reads it can't show the token.
pub(crate) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Whether two texts are the same, in a time that does not say where they differ.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    digest(one) == digest(other)
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        assert_eq!((token().len(), request_id().len()), (64, 32));
        assert_ne!(token(), token());
        assert!(is_same("a", "a") && !is_same("a", "b") && !is_same("", "a"));
    }
}
