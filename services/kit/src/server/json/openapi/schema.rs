//! Messages and enums as JSON Schema, as proto3 writes them in JSON.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::{comments::Comments, error_schema};

/// The name of the schema of an error.
pub(super) const ERROR: &str = "muster.Error";

/// All that the methods lead to, each once.
#[derive(Default)]
pub(super) struct Schemas {
    messages: BTreeMap<String, MessageDescriptor>,
    enums: BTreeMap<String, EnumDescriptor>,
}

/// The reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

impl Schemas {
    /// A message, and all that it leads to.
    pub(super) fn need(&mut self, of: &MessageDescriptor) {
        let mut open = vec![of.clone()];
        while let Some(of) = open.pop() {
            let is_entry = of.is_map_entry();
            let is_known = self.messages.contains_key(of.full_name());
            if is_known || of.package_name() == "google.protobuf" {
                continue;
            }
            for field in of.fields() {
                match field.kind() {
                    Kind::Message(inner) => open.push(inner),
                    Kind::Enum(inner) => drop(self.enums.insert(inner.full_name().into(), inner)),
                    _ => {}
                }
            }
            if !is_entry {
                self.messages.insert(of.full_name().to_owned(), of);
            }
        }
    }

    pub(super) fn shown(&self, comments: &Comments) -> Value {
        let mut shown = Map::from_iter([(ERROR.to_owned(), error_schema())]);
        for (name, of) in &self.messages {
            shown.insert(name.clone(), message(of, comments));
        }
        for (name, of) in &self.enums {
            let names: Vec<_> = of.values().map(|value| value.name().to_owned()).collect();
            let said = format!("{}\n\n{}", comments.of_enum(of), comments.of_values(of));
            let schema = json!({ "type": "string", "description": said.trim(), "enum": names });
            shown.insert(name.clone(), schema);
        }
        Value::Object(shown)
    }
}

fn message(of: &MessageDescriptor, comments: &Comments) -> Value {
    let mut properties = Map::new();
    for of in of.fields() {
        let mut schema = field(&of);
        let said = comments.of_field(&of);
        if let (Value::Object(schema), false) = (&mut schema, said.is_empty()) {
            schema.insert("description".to_owned(), said.into());
        }
        properties.insert(of.json_name().to_owned(), schema);
    }
    let mut said = comments.of_message(of);
    for oneof in of.oneofs().filter(|oneof| !oneof.is_synthetic()) {
        let names: Vec<_> = oneof.fields().map(|field| field.json_name().to_owned()).collect();
        said += &format!("\n\nAt most one of {}.", names.join(", "));
    }
    json!({
        "type": "object",
        "description": said.trim(),
        "additionalProperties": false,
        "properties": properties,
    })
}

fn field(of: &FieldDescriptor) -> Value {
    match of.kind() {
        Kind::Message(entry) if of.is_map() => {
            let value = one(&entry.map_entry_value_field().kind());
            json!({ "type": "object", "additionalProperties": value })
        }
        kind if of.is_list() => json!({ "type": "array", "items": one(&kind) }),
        kind => one(&kind),
    }
}

fn one(kind: &Kind) -> Value {
    match kind {
        Kind::Double | Kind::Float => json!({ "type": "number" }),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            json!({ "type": "integer", "format": "int32" })
        }
        Kind::Uint32 | Kind::Fixed32 => {
            json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            json!({ "type": ["string", "integer"], "format": "int64" })
        }
        Kind::Uint64 | Kind::Fixed64 => {
            json!({ "type": ["string", "integer"], "format": "uint64" })
        }
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::String => json!({ "type": "string" }),
        Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Kind::Enum(of) => reference(of.full_name()),
        Kind::Message(of) => match of.full_name() {
            "google.protobuf.Timestamp" => json!({ "type": "string", "format": "date-time" }),
            "google.protobuf.Any" => {
                let properties = json!({ "@type": { "type": "string" } });
                json!({ "type": "object", "required": ["@type"], "properties": properties })
            }
            other => reference(other),
        },
    }
}
