//! The OpenAPI document of a door, made from the descriptors: every method once, every message that
//! they lead to, and the comments of the protos as their descriptions.

mod comments;
mod schema;

use prost_reflect::{MethodDescriptor, ServiceDescriptor};
use serde_json::{Map, Value, json};

use self::{
    comments::Comments,
    schema::{ERROR, Schemas, reference},
};
use super::{EVENTS, error, pool};

/// Where the document says how long a call may take.
const TIMEOUT: &str = super::refuse::TIMEOUT;

/// The document of a door with these services.
pub fn document(services: &[&str]) -> Value {
    let comments = Comments::of(pool());
    let mut services: Vec<ServiceDescriptor> =
        pool().services().filter(|service| services.contains(&service.full_name())).collect();
    services.sort_by(|one, other| one.full_name().cmp(other.full_name()));
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    for method in services.iter().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        schemas.need(&method.input());
        schemas.need(&method.output());
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        paths.insert(path, json!({ "post": operation(&method, &comments) }));
    }
    let tags = services.iter().map(|service| {
        json!({ "name": service.full_name(), "description": comments.of_service(service) })
    });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Muster",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The calls of gRPC as JSON over HTTP: the unary form of the Connect \
                protocol, by POST, over mutual TLS. Fields at their default are left out of answers.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "certificate": [] }],
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": { "certificate": {
                "type": "mutualTLS",
                "description": "A certificate of a party of the city; the policies say what it may.",
            } },
            "schemas": schemas.shown(&comments),
        },
    })
}

fn operation(method: &MethodDescriptor, comments: &Comments) -> Value {
    let service = method.parent_service().full_name();
    let mut description = comments.of_method(method);
    if method.is_client_streaming() {
        description += "\n\nIt takes a stream of messages: by gRPC alone.";
    }
    let content = if method.is_server_streaming() { EVENTS } else { "application/json" };
    let said = "How it went wrong: the reason, the field and what would be right.";
    let error = json!({ "description": said, "content": json_of(&reference(ERROR)) });
    let mut responses = Map::new();
    if method.is_client_streaming() {
        responses.insert("501".to_owned(), error.clone());
    } else {
        let schema = json!({ "schema": reference(method.output().full_name()) });
        let said = match method.is_server_streaming() {
            true => "One event for each answer; the last is `end`, or `error`.",
            false => "The answer.",
        };
        let good = json!({ "description": said, "content": { content: schema } });
        responses.insert("200".to_owned(), good);
    }
    responses.insert("default".to_owned(), error);
    json!({
        "operationId": format!("{service}.{}", method.name()),
        "tags": [service],
        "description": description,
        "parameters": [{
            "name": TIMEOUT,
            "in": "header",
            "description": "How long the call may take, in milliseconds.",
            "schema": { "type": "string", "pattern": "^[0-9]{1,10}$" },
        }],
        "requestBody": {
            "required": true,
            "content": json_of(&reference(method.input().full_name())),
        },
        "responses": responses,
    })
}

fn json_of(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

/// What an error is.
fn error_schema() -> Value {
    let codes = (1..=16).map(tonic::Code::from_i32).map(error::word).collect::<Vec<_>>();
    json!({
        "type": "object",
        "description": "What went wrong.",
        "required": ["code", "message"],
        "properties": {
            "code": { "type": "string", "enum": codes },
            "message": { "type": "string", "description": "A sentence for people." },
            "details": { "type": "array", "items": {
                "type": "object",
                "required": ["type", "value"],
                "properties": {
                    "type": { "type": "string", "description": "google.rpc.ErrorInfo and others." },
                    "value": { "type": "string", "contentEncoding": "base64" },
                    "debug": { "description": "The same to read: reason, field, metadata, delay." },
                },
            } },
        },
    })
}

#[cfg(test)]
mod tests;
