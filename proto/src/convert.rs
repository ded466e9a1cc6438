//! Small conversions that every package needs, with the field named when one fails.

use domain::{
    evidence::{Digest, Evidence},
    id,
    moment::Moment,
    rejection::Rejection,
};

use crate::case;

/// Parses an id of any kind; the refusal names the field.
pub fn id<T>(field: &str, text: impl Into<String>) -> Result<T, Rejection>
where
    T: TryFrom<String, Error = id::IdError>,
{
    let text = text.into();
    T::try_from(text).map_err(|error| {
        let is_plate = matches!(error, id::IdError::Plate(_));
        let reason = if is_plate { "MALFORMED_PLATE" } else { "MALFORMED_ID" };
        Rejection::invalid(reason, field, format!("{field}: {error}"))
    })
}

/// Parses an id that may be absent.
pub fn optional<T>(field: &str, text: String) -> Result<Option<T>, Rejection>
where
    T: TryFrom<String, Error = id::IdError>,
{
    if text.is_empty() { Ok(None) } else { id(field, text).map(Some) }
}

/// Parses a list of ids.
pub fn ids<T>(field: &str, texts: Vec<String>) -> Result<Vec<T>, Rejection>
where
    T: TryFrom<String, Error = id::IdError>,
{
    texts.into_iter().map(|text| id(field, text)).collect()
}

/// Parses a party.
pub fn party(field: &str, text: &str) -> Result<domain::party::Party, Rejection> {
    text.parse().map_err(|e| Rejection::invalid("MALFORMED_PARTY", field, format!("{field}: {e}")))
}

/// Parses a content address.
pub fn digest(field: &str, text: &str) -> Result<Digest, Rejection> {
    text.parse().map_err(|e| Rejection::invalid("MALFORMED_DIGEST", field, format!("{field}: {e}")))
}

/// Reads pieces of evidence, at most 100.
pub fn evidence(field: &str, pieces: Vec<case::Evidence>) -> Result<Vec<Evidence>, Rejection> {
    if pieces.len() > 100 {
        let message = format!("{field} has at most 100 pieces, this one has {}", pieces.len());
        return Err(Rejection::invalid("TOO_MANY", field, message));
    }
    let read = |piece: case::Evidence| {
        Ok(Evidence {
            digest: digest(field, &piece.digest)?,
            size: piece.size,
            kind: piece.kind,
            media_type: piece.media_type,
        })
    };
    pieces.into_iter().map(read).collect()
}

/// Writes pieces of evidence.
pub fn evidence_out(pieces: &[Evidence]) -> Vec<case::Evidence> {
    let write = |piece: &Evidence| case::Evidence {
        digest: piece.digest.to_string(),
        size: piece.size,
        kind: piece.kind.clone(),
        media_type: piece.media_type.clone(),
    };
    pieces.iter().map(write).collect()
}

/// Writes ids.
pub fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Unix milliseconds of a moment that may be absent, 0 for none.
pub fn millis(moment: Option<Moment>) -> i64 {
    moment.map_or(0, |moment| moment.0)
}
