//! What is written: sizes from 512 B to 1 MiB, and bytes that follow from a seed and cannot be
//! compressed.

use rand::{RngExt as _, rngs::StdRng};
use sha2::{Digest as _, Sha256};

/// What an envelope has beside its body, at most.
const ENVELOPE_BYTES: usize = 1 << 10;

/// A size: small ones are as frequent as large ones of twice the size.
pub fn size(rng: &mut StdRng) -> usize {
    let power: u32 = rng.random_range(9..=20);
    let size = 1_usize << power;
    rng.random_range(size / 2..=size).clamp(512, (1 << 20) - ENVELOPE_BYTES)
}

/// The bytes of this name: xorshift, which is quick, from where the name's hash says.
pub fn bytes(name: &str, size: usize) -> Vec<u8> {
    let hash = Sha256::digest(name);
    let mut state = hash.iter().take(8).fold(1, |sum: u64, byte| (sum << 8) | u64::from(*byte)) | 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// The hash of bytes, in hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
