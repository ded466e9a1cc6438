//! An envelope of the record as a CloudEvent for outside.
//!
//! The person who acted stays inside, and so do the terms of its delivery: what leaves is the type,
//! the subject, who said it and when, the trace, and the body in JSON.

use domain::{id::CityId, moment::Moment};
use kit::server::json;
use proto::envelope::{Wire, from_wire};

use crate::Message;

/// What is posted for an envelope, and why it can't be, where that is so.
pub(super) fn message(city: &CityId, wire: Wire) -> (Message, Option<String>) {
    let (id, kind, source) = (wire.id.clone(), wire.r#type.clone(), wire.source.clone());
    let mut message = Message {
        key: format!("{source}/{id}"),
        source: format!("/muster/{city}/{source}"),
        kind,
        ..Message::default()
    };
    let envelope = match from_wire(wire) {
        Ok(envelope) => envelope,
        Err(no) => return (message, Some(no.to_string())),
    };
    message.subject.clone_from(&envelope.subject);
    message.attributes.insert("time".to_owned(), rfc3339(envelope.time));
    if let Some(trace) = envelope.traceparent {
        message.attributes.insert("traceparent".to_owned(), trace);
    }
    match data(&envelope.kind, &envelope.body) {
        Ok(data) => (Message { data, ..message }, None),
        Err(why) => (message, Some(why)),
    }
}

fn data(kind: &str, body: &[u8]) -> Result<serde_json::Value, String> {
    let of = json::Message::named(kind).ok_or_else(|| format!("nobody knows the type {kind}"))?;
    let body = json::Message::decode(&of, body).map_err(|error| error.to_string())?;
    let text = body.write().map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

pub(crate) fn rfc3339(moment: Moment) -> String {
    let (seconds, ms) = (moment.0.div_euclid(1_000), moment.0.rem_euclid(1_000));
    let nanos = i32::try_from(ms * 1_000_000).unwrap_or_default();
    prost_types::Timestamp { seconds, nanos }.to_string()
}
