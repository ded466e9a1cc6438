//! What is said of telephone numbers that are handed over, between the domain and the bodies of
//! envelopes. The number itself is in none of them.

use domain::{
    contact::{Contact, Fact, Handed},
    id::ContactId,
    moment::Moment,
    rejection::Rejection,
};
use prost::{Message, Name};

use crate::{contact_wire as wire, convert};

macro_rules! named {
    ($($name:ident),* $(,)?) => {$(
        impl Name for wire::$name {
            const PACKAGE: &'static str = "muster.contact.v1";
            const NAME: &'static str = stringify!($name);
            fn full_name() -> String {
                format!("{}.{}", Self::PACKAGE, Self::NAME)
            }
        }
    )*};
}

named!(ContactHandedOver, ContactReported, ContactErased, ContactTaken);

fn pack<M: Message + Name>(message: &M) -> (String, Vec<u8>) {
    (M::full_name(), message.encode_to_vec())
}

/// Writes a fact: the name of the body and the body.
pub fn write(fact: &Fact) -> (String, Vec<u8>) {
    match fact {
        Fact::HandedOver { to, purpose, handed } => pack(&wire::ContactHandedOver {
            to: to.to_string(),
            purpose: purpose.clone(),
            unit: handed.unit.to_string(),
            person: handed.person.to_string(),
            note: handed.note.clone(),
        }),
        Fact::Reported { result, person } => {
            pack(&wire::ContactReported { result: result.clone(), person: person.to_string() })
        }
        Fact::Erased => pack(&wire::ContactErased {}),
    }
}

/// Reads a body by its name; none when it is nothing of a contact.
pub fn read(kind: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    let Some(name) = kind.strip_prefix("muster.contact.v1.") else { return Ok(None) };
    Ok(Some(match name {
        "ContactHandedOver" => {
            let m: wire::ContactHandedOver = decode(body)?;
            let (unit, person) = (convert::id("unit", m.unit)?, convert::id("person", m.person)?);
            let (to, purpose) = (convert::id("to", m.to)?, m.purpose);
            Fact::HandedOver { to, purpose, handed: Handed { unit, person, note: m.note } }
        }
        "ContactReported" => {
            let m: wire::ContactReported = decode(body)?;
            Fact::Reported { result: m.result, person: convert::id("person", m.person)? }
        }
        "ContactErased" => {
            let wire::ContactErased {} = decode(body)?;
            Fact::Erased
        }
        _ => return Ok(None),
    }))
}

/// Reads the number of a contact in the books.
pub fn contact_id(text: String) -> Result<ContactId, Rejection> {
    convert::id("contact_id", text)
}

/// A contact for the wire.
pub fn contact_out(contact: &Contact, kept_until: Option<Moment>) -> wire::Contact {
    let handed = |handed: &Handed| wire::ContactHandedOver {
        to: contact.to.to_string(),
        purpose: contact.purpose.clone(),
        unit: handed.unit.to_string(),
        person: handed.person.to_string(),
        note: handed.note.clone(),
    };
    wire::Contact {
        contact_id: contact.id.to_string(),
        to: contact.to.to_string(),
        purpose: contact.purpose.clone(),
        handed: contact.handed.iter().map(handed).collect(),
        at_ms: contact.at.0,
        result: contact.result.as_ref().map(|(result, ..)| result.clone()).unwrap_or_default(),
        erased_at_ms: convert::millis(contact.erased_at),
        kept_until_ms: convert::millis(kept_until),
    }
}

fn decode<M: Message + Default + Name>(body: &[u8]) -> Result<M, Rejection> {
    M::decode(body).map_err(|e| {
        let message = format!("the body is no {}: {e}", M::full_name());
        Rejection::invalid("MALFORMED_BODY", "proto_data", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_of_a_contact_goes_there_and_back() {
        let person = || "p-1".parse().unwrap();
        let handed =
            Handed { unit: "police".parse().unwrap(), person: person(), note: "gate".into() };
        let facts = [
            Fact::HandedOver {
                to: "enforcement".parse().unwrap(),
                purpose: "call-back".into(),
                handed,
            },
            Fact::Reported { result: "unplugged".into(), person: person() },
            Fact::Erased,
        ];
        for fact in facts {
            let (kind, body) = write(&fact);
            assert_eq!(read(&kind, &body).unwrap(), Some(fact), "{kind}");
            assert_eq!(read(&kind, b"\xff").unwrap_err().reason, "MALFORMED_BODY");
        }
        assert_eq!(read("muster.contact.v1.Nothing", b"").unwrap(), None);
        assert_eq!(read("muster.case.v1.Urged", b"").unwrap(), None);
    }
}
