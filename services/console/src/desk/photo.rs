//! Photographs, recordings and documents on their way from a browser to the evidence store of a unit.
//!
//! A piece is named by its hash, sent in small pieces from where the store stands, and checked there:
//! a repeat of what the store has sends nothing. What it is, its first bytes say, not its name.

use domain::{evidence::Digest, id::UnitId};
use proto::{
    case::Evidence,
    evidence::{GetUploadRequest, UploadRequest},
};
use sha2::{Digest as _, Sha256};

use crate::{form::Field, trouble::Trouble, visit::Visit, words::desk as w};

/// The largest piece that is taken here.
pub(crate) const PHOTO_BYTES: usize = 20 << 20;
/// So much is sent at once.
const PIECE_BYTES: usize = 256 << 10;

/// Brings a piece to the unit's store, and says what it is.
pub(crate) async fn bring(visit: &Visit, unit: &UnitId, file: &Field) -> Result<Evidence, Trouble> {
    let Some((kind, media_type)) = sort(&file.bytes) else {
        return Err(Trouble::invalid("NO_EVIDENCE", visit.say(w::PHOTO_KIND)));
    };
    if file.bytes.len() > PHOTO_BYTES {
        let text = format!("a piece of evidence has at most {PHOTO_BYTES} bytes here");
        return Err(Trouble::invalid("EVIDENCE_TOO_LARGE", text));
    }
    let digest = Digest::sha256(Sha256::digest(&file.bytes).into()).to_string();
    let size = u64::try_from(file.bytes.len()).map_err(Trouble::fault)?;
    let mut store = visit.asking()?.evidence(Some(unit))?;
    let asked = GetUploadRequest { digest: digest.clone(), unit: String::new() };
    let there = store.get_upload(asked).await?.into_inner();
    if !there.is_complete {
        let offset = usize::try_from(there.received).unwrap_or(0).min(file.bytes.len());
        let rest = file.bytes.slice(offset..);
        let (first, whole) = (there.received, digest.clone());
        let count = rest.len().div_ceil(PIECE_BYTES).max(1);
        let pieces = (0..count).map(move |number| {
            let from = number * PIECE_BYTES;
            let piece = rest.slice(from..rest.len().min(from + PIECE_BYTES)).to_vec();
            let head = UploadRequest {
                digest: whole.clone(),
                size,
                offset: first,
                ..UploadRequest::default()
            };
            let head = if number == 0 { head } else { UploadRequest::default() };
            UploadRequest { piece, ..head }
        });
        store.upload(tokio_stream::iter(pieces)).await?;
    }
    let (kind, media_type) = (kind.to_owned(), media_type.to_owned());
    Ok(Evidence { digest, size, kind, media_type })
}

/// What sort of evidence a file is, and its media type, by its first bytes; none where it is none.
pub(crate) fn sort(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    Some(match bytes {
        [0xff, 0xd8, 0xff, ..] => ("photo", "image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => ("photo", "image/png"),
        [b'G', b'I', b'F', b'8', ..] => ("photo", "image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => ("photo", "image/webp"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => {
            ("recording", "audio/wav")
        }
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4) {
            Some(b"heic" | b"heix" | b"mif1" | b"hevc") => ("photo", "image/heic"),
            Some(_) => ("recording", "video/mp4"),
            None => return None,
        },
        [b'O', b'g', b'g', b'S', ..] => ("recording", "audio/ogg"),
        [b'I', b'D', b'3', ..] => ("recording", "audio/mpeg"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => ("recording", "video/webm"),
        [b'%', b'P', b'D', b'F', b'-', ..] => ("document", "application/pdf"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_first_bytes_and_never_by_its_name() {
        for (bytes, right) in [
            (&b"\xff\xd8\xff\xe0rest"[..], Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\nrest", Some("image/png")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x01\x02\x03\x04WAVEfmt ", Some("audio/wav")),
            (b"\x00\x00\x00\x18ftypheic\x00", Some("image/heic")),
            (b"\x00\x00\x00\x18ftypmp42\x00", Some("video/mp4")),
            (b"\x00\x00\x00\x18ftyp", None),
            (b"%PDF-1.7", Some("application/pdf")),
            (b"<svg onload=alert(1)>", None),
            (b"<html>", None),
            (b"\xff\xd8", None),
            (b"", None),
        ] {
            assert_eq!(sort(bytes).map(|(_, media_type)| media_type), right, "{bytes:?}");
        }
        assert_eq!(sort(b"%PDF-1.7").map(|(kind, _)| kind), Some("document"));
    }
}
