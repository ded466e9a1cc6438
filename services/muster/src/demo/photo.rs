//! Pictures for the story: real image files, each different, each by content address.

use proto::case::Evidence;
use sha2::{Digest, Sha256};

/// A piece of evidence with its bytes.
#[derive(Clone, Debug)]
pub struct Piece {
    /// How it is referred to.
    pub evidence: Evidence,
    /// What it is.
    pub bytes: Vec<u8>,
}

const SIDE: u32 = 16;

/// A small picture whose colours follow from the text: another text, another picture.
pub fn picture(kind: &str, text: &str) -> Piece {
    let seed = Sha256::digest(text.as_bytes());
    let pixels = (0..SIDE * SIDE).flat_map(|at| {
        let shade = |channel: u32| seed[((at / 8 + channel) % 32) as usize];
        [shade(0), shade(1), shade(2)]
    });
    let bytes = bitmap(pixels.collect());
    let hash = Sha256::digest(&bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let evidence = Evidence {
        digest: format!("sha256:{hex}"),
        size: bytes.len() as u64,
        kind: kind.to_owned(),
        media_type: "image/bmp".to_owned(),
    };
    Piece { evidence, bytes }
}

fn bitmap(pixels: Vec<u8>) -> Vec<u8> {
    let size = u32::try_from(54 + pixels.len()).unwrap_or(u32::MAX);
    let mut file = b"BM".to_vec();
    let header = [size, 0, 54, 40, SIDE, SIDE, 0x0018_0001, 0, 0, 2_835, 2_835, 0, 0];
    for word in header {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend(pixels);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_text_is_another_picture_of_the_same_form() {
        let (one, two) = (picture("photo", "1"), picture("photo", "2"));
        assert_ne!(one.evidence.digest, two.evidence.digest);
        assert_eq!(one.bytes.len(), 54 + 16 * 16 * 3);
        assert_eq!(&one.bytes[..2], b"BM");
    }
}
