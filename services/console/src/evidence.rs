//! Evidence in the browser: shown to who sees the case, brought to the store that needs it.
//!
//! A piece is streamed with the rights of the person; who may not see it is refused as everywhere.
//! The gateway knows who sees a case, and has it from whoever keeps it; a unit's own is asked of that
//! unit. What a browser is told of it is a picture of a known type, or something to keep: never a page.

use axum::{
    body::Body,
    extract::{Path, Query},
    http::header,
    response::{IntoResponse, Response},
};
use domain::{id::UnitId, party::Party};
use futures::StreamExt as _;
use kit::client::{self, Spoken};
use proto::{
    case::Evidence,
    evidence::{DownloadRequest, UploadRequest, evidence_service_client::EvidenceServiceClient},
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

use crate::{form::Field, secret, trouble::Trouble, visit::Visit};

/// The pieces in which evidence is brought.
const PIECE: usize = 256 << 10;
/// How long bringing one may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The types that are shown as pictures.
const PICTURES: [&str; 5] = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"];

/// Whose store, and what the piece is.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    /// `service/gateway` or `unit/housing`.
    of: String,
    /// The media type as the record has it.
    #[serde(default)]
    kind: String,
}

/// The address of a piece.
pub(crate) fn link(piece: &Evidence, of: &str) -> String {
    let kind = crate::cases::escaped(&piece.media_type);
    format!("/evidence/{}?of={of}&kind={kind}", piece.digest)
}

/// Whether it is a picture that browsers show.
pub(crate) fn is_picture(media_type: &str) -> bool {
    PICTURES.contains(&media_type)
}

/// Streams a piece.
pub(crate) async fn show(
    visit: Visit,
    Path(digest): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let party: Party = asked.of.parse().map_err(|_| Trouble::not_found())?;
    let (own, unit) = asked_of(&party, visit.party());
    let mut store = visit.asking()?.evidence(own.as_ref())?;
    let request = DownloadRequest { digest, offset: 0, unit };
    let pieces = store.download(request).await?.into_inner();
    let pieces = pieces.map(|piece| piece.map(|one| axum::body::Bytes::from(one.piece)));
    let is_picture = is_picture(&asked.kind);
    let kind = if is_picture { asked.kind.as_str() } else { "application/octet-stream" };
    let disposition = if is_picture { "inline" } else { "attachment" };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition),
        // Its address is its hash; it is private all the same.
        (header::CACHE_CONTROL, "private, max-age=600"),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// Of whom a piece is asked, and as whose: a unit's own of that unit, also what is in no case yet; all
/// else of the gateway.
fn asked_of(keeper: &Party, viewer: &Party) -> (Option<UnitId>, String) {
    match keeper.as_unit().filter(|_| keeper == viewer) {
        Some(own) => (Some(own), String::new()),
        None => (None, keeper.to_string()),
    }
}

/// Brings the files of a form to a store, the gateway's (none) or a unit's.
pub(crate) async fn bring<'f>(
    visit: &Visit,
    unit: Option<&UnitId>,
    files: impl Iterator<Item = &'f Field>,
) -> Result<Vec<Evidence>, Trouble> {
    let mut brought = Vec::new();
    for file in files {
        let mut store = visit.asking()?.evidence(unit)?;
        brought.push(one(&mut store, file).await?);
    }
    Ok(brought)
}

async fn one(store: &mut EvidenceServiceClient<Spoken>, file: &Field) -> Result<Evidence, Trouble> {
    let hash = secret::hex(&Sha256::digest(&file.bytes));
    let digest = format!("sha256:{hash}");
    let size = file.bytes.len() as u64;
    let head = UploadRequest { digest: digest.clone(), size, ..UploadRequest::default() };
    let pieces: Vec<_> = file
        .bytes
        .chunks(PIECE)
        .enumerate()
        .map(|(at, piece)| {
            let head = if at == 0 { head.clone() } else { UploadRequest::default() };
            UploadRequest { piece: piece.to_vec(), ..head }
        })
        .collect();
    let request = client::deadline(tonic::Request::new(tokio_stream::iter(pieces)), PATIENCE);
    store.upload(request).await?;
    let media_type = media_type(file);
    let kind = if is_picture(&media_type) { "photo" } else { "document" };
    Ok(Evidence { digest, size, kind: kind.to_owned(), media_type })
}

/// What a file is, by its first bytes: the browser's word is not enough for a picture.
fn media_type(file: &Field) -> String {
    let starts = |head: &[u8]| file.bytes.starts_with(head);
    let known = match () {
        () if starts(b"\xff\xd8\xff") => "image/jpeg",
        () if starts(b"\x89PNG\r\n") => "image/png",
        () if starts(b"GIF8") => "image/gif",
        () if starts(b"BM") => "image/bmp",
        () if starts(b"RIFF") && file.bytes.get(8..12) == Some(b"WEBP") => "image/webp",
        () => "application/octet-stream",
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_units_own_is_asked_of_the_unit_and_all_else_of_the_gateway() {
        let party = |text: &str| -> Party { text.parse().unwrap() };
        for (keeper, viewer, is_own) in [
            ("unit/housing", "unit/housing", true),
            ("unit/housing", "unit/water", false),
            ("unit/housing", "community/kaihua_dongfeng", false),
            ("unit/housing", "office/housing", false),
            ("service/gateway", "unit/housing", false),
        ] {
            let (own, unit) = asked_of(&party(keeper), &party(viewer));
            assert_eq!(own.is_some(), is_own, "{keeper} {viewer}");
            assert_eq!(unit, if is_own { "" } else { keeper }, "{keeper} {viewer}");
        }
    }

    #[test]
    fn a_picture_is_known_by_its_bytes_and_not_by_what_is_said_of_it() {
        let file = |bytes: &'static [u8]| Field {
            media_type: "image/png".to_owned(),
            bytes: bytes.into(),
            ..Field::default()
        };
        assert_eq!(media_type(&file(b"\xff\xd8\xff\xe0")), "image/jpeg");
        assert_eq!(media_type(&file(b"RIFF\0\0\0\0WEBPVP8 ")), "image/webp");
        assert_eq!(media_type(&file(b"<script>alert(1)</script>")), "application/octet-stream");
        assert!(!is_picture("text/html") && !is_picture("image/svg+xml"));
    }
}
