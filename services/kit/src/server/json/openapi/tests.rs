//! The document by its structure, and that it says of every message what its JSON is.

use std::collections::BTreeSet;

use domain::party::Role;
use proptest::prelude::*;
use serde_json::Value;

use super::{super::properties::random, *};

fn doors() -> [(Role, Value); 4] {
    [Role::Bus, Role::Gateway, Role::Units, Role::Worker]
        .map(|door| (door, document(super::super::services(door))))
}

/// Everything that refers to something.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(to)) = fields.get("$ref") {
                found.insert(to.clone());
            }
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_method_stands_once_at_the_doors_that_have_it_and_every_reference_leads_somewhere() {
    let mut all = BTreeSet::new();
    for (door, document) in doors() {
        assert_eq!(document["openapi"], "3.1.0");
        let paths = document["paths"].as_object().unwrap();
        let wanted: Vec<_> = pool()
            .services()
            .filter(|service| super::super::services(door).contains(&service.full_name()))
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .map(|one| format!("/{}/{}", one.parent_service().full_name(), one.name()))
            .collect();
        assert_eq!(
            paths.keys().cloned().collect::<BTreeSet<_>>(),
            wanted.iter().cloned().collect()
        );
        all.extend(wanted);
        let ids: BTreeSet<_> =
            paths.values().map(|path| path["post"]["operationId"].to_string()).collect();
        assert_eq!(ids.len(), paths.len());
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.len() > 5);
        for to in found {
            let to = to.strip_prefix('#').unwrap();
            assert!(document.pointer(to).is_some(), "{door:?}: {to}");
        }
        for (path, method) in paths {
            let said = method["post"]["description"].as_str().unwrap();
            assert!(!said.is_empty(), "{path} has no comment in its proto");
        }
    }
    let ours = crate::access::methods().into_iter().filter(|name| name.starts_with("muster."));
    assert_eq!(all, ours.map(|name| format!("/{name}")).collect());
}

/// Where a value is not what its schema says; enough of JSON Schema for what the document uses.
fn fault(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    if let Some(Value::String(to)) = schema.get("$ref") {
        let to = document.pointer(to.strip_prefix('#')?)?;
        return fault(document, to, value, at);
    }
    let kinds = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let kind = match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Null => "null",
    };
    let is_number = kind == "integer" && kinds.contains(&"number");
    if !kinds.contains(&kind) && !is_number {
        return Some(format!("{at}: {value} is no {kinds:?}"));
    }
    if let Some(Value::Array(names)) = schema.get("enum")
        && !names.contains(value)
    {
        return Some(format!("{at}: {value} is none of {names:?}"));
    }
    if let (Value::Array(items), Some(of)) = (value, schema.get("items")) {
        return items.iter().find_map(|item| fault(document, of, item, at));
    }
    let Value::Object(fields) = value else { return None };
    fields.iter().find_map(|(name, value)| {
        let at = format!("{at}.{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(of), _) => fault(document, of, value, &at),
            (None, Some(Value::Bool(false))) => Some(format!("{at} is not in the document")),
            (None, Some(of)) => fault(document, of, value, &at),
            (None, None) => None,
        }
    })
}

#[test]
fn what_does_not_fit_is_seen() {
    let (_, document) = doors().into_iter().nth(1).unwrap();
    let of = reference("muster.whistle.v1.GetCaseRequest");
    assert_eq!(fault(&document, &of, &json!({ "caseId": "x" }), ""), None);
    assert!(fault(&document, &of, &json!({ "caseId": 7 }), "").is_some());
    assert!(fault(&document, &of, &json!({ "case": "x" }), "").is_some());
    let error = json!({ "code": "no_such_code", "message": "m" });
    assert!(fault(&document, &reference(ERROR), &error, "").is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// What is asked and what is answered is what the document says, for every message of every door.
    #[test]
    fn every_message_in_json_fits_its_schema(seed: u64) {
        for (_, document) in doors() {
            let schemas = document["components"]["schemas"].as_object().unwrap();
            for name in schemas.keys().filter(|name| pool().get_message_by_name(name).is_some()) {
                let text = random(&pool().get_message_by_name(name).unwrap(), seed);
                let value = serde_json::from_str(&text).unwrap();
                let found = fault(&document, &reference(name), &value, name);
                prop_assert!(found.is_none(), "{:?}", found);
            }
        }
    }
}
