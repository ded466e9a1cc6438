//! Where in a body of JSON the first thing is that its message can't have, and what would be right.
//!
//! Only asked when the reading has failed. The body is walked beside the descriptor of its message,
//! so that the answer names a field and not a column.

use domain::rejection::Rejection;
use prost_reflect::{
    Cardinality, DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor,
};
use serde_json::{Map, Value};

/// How many names of a message are listed.
const NAMES_MAX: usize = 40;

/// The refusal of a body that could not be read.
pub(super) fn fault(of: &MessageDescriptor, text: &[u8], error: &serde_json::Error) -> Rejection {
    let value = match serde_json::from_slice::<Value>(text) {
        Ok(value) => value,
        Err(error) => {
            let message = format!("the body is no JSON: {error}; right would be: an object, {{}}");
            return Rejection::invalid("MALFORMED_JSON", "request", message);
        }
    };
    let found = message(of, &value, "");
    found.unwrap_or_else(|| Rejection::invalid("MALFORMED_JSON", "request", error.to_string()))
}

/// The first fault of a message, if this finds one.
fn message(of: &MessageDescriptor, value: &Value, at: &str) -> Option<Rejection> {
    let Value::Object(fields) = value else {
        let at = if at.is_empty() { "request" } else { at };
        return Some(wrong(at, value, "an object, {}"));
    };
    fields.iter().find_map(|(name, value)| {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        match field_of(of, name) {
            Some(found) => field(&found, value, &path),
            None => Some(unknown(of, name, &path)),
        }
    })
}

/// By its name in JSON or in the proto.
fn field_of(of: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    of.get_field_by_json_name(name).or_else(|| of.get_field_by_name(name))
}

fn field(of: &FieldDescriptor, value: &Value, at: &str) -> Option<Rejection> {
    match value {
        Value::Null => None,
        Value::Object(entries) if of.is_map() => map(of, entries, at),
        _ if of.is_map() => Some(wrong(at, value, "an object with a member for each entry")),
        Value::Array(items) if of.cardinality() == Cardinality::Repeated => {
            let mut items = items.iter().enumerate();
            items.find_map(|(number, item)| one(of, item, &format!("{at}[{number}]")))
        }
        _ if of.cardinality() == Cardinality::Repeated => Some(wrong(at, value, "a list, []")),
        _ => one(of, value, at),
    }
}

fn map(of: &FieldDescriptor, entries: &Map<String, Value>, at: &str) -> Option<Rejection> {
    let Kind::Message(entry) = of.kind() else { return None };
    let of = entry.map_entry_value_field();
    entries.iter().find_map(|(key, value)| one(&of, value, &format!("{at}.{key}")))
}

/// One value of a field: a message is walked, all else is tried.
fn one(of: &FieldDescriptor, value: &Value, at: &str) -> Option<Rejection> {
    if let Kind::Message(inner) = of.kind()
        && inner.package_name() != "google.protobuf"
    {
        return message(&inner, value, at);
    }
    let is_list = of.cardinality() == Cardinality::Repeated;
    let value = if is_list { &Value::Array(vec![value.clone()]) } else { value };
    let alone = Value::Object(Map::from_iter([(of.json_name().to_owned(), value.clone())]));
    let strict = DeserializeOptions::new().deny_unknown_fields(true);
    let parent = of.parent_message();
    let tried = DynamicMessage::deserialize_with_options(parent.clone(), alone, &strict);
    tried.err().map(|error| {
        let message = format!("{error}; right would be: {}", right(of));
        Rejection::invalid("WRONG_VALUE", at, message)
    })
}

/// What a field takes, in words.
fn right(of: &FieldDescriptor) -> String {
    match of.kind() {
        Kind::Double | Kind::Float => "a number".to_owned(),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => "a whole number of 32 bits".to_owned(),
        Kind::Uint32 | Kind::Fixed32 => "a whole number of 32 bits, not below 0".to_owned(),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "a whole number, as text".to_owned(),
        Kind::Uint64 | Kind::Fixed64 => "a whole number not below 0, as text".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::String => "text".to_owned(),
        Kind::Bytes => "text in base64".to_owned(),
        Kind::Enum(of) => {
            let names: Vec<_> = of.values().map(|value| value.name().to_owned()).collect();
            format!("one of {}", names.join(", "))
        }
        Kind::Message(of) => match of.full_name() {
            "google.protobuf.Timestamp" => "a moment, \"2026-11-22T08:00:00Z\"".to_owned(),
            "google.protobuf.Duration" => "a span, \"90s\"".to_owned(),
            other => format!("{other} as JSON has it"),
        },
    }
}

fn unknown(of: &MessageDescriptor, name: &str, at: &str) -> Rejection {
    let names = of.fields().take(NAMES_MAX).map(|field| field.json_name().to_owned());
    let names = names.collect::<Vec<_>>().join(", ");
    let right = if names.is_empty() { "no field at all".to_owned() } else { names };
    let message = format!("{} has no field {name:?}; right would be: {right}", of.name());
    Rejection::invalid("UNKNOWN_FIELD", at, message)
}

fn wrong(at: &str, value: &Value, right: &str) -> Rejection {
    let what = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Rejection::invalid("WRONG_VALUE", at, format!("this is {what}; right would be: {right}"))
}
