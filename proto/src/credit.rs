//! The facts of credit between the domain and the bodies of envelopes. See [`crate::fact`].

use domain::{
    credit::{Fact, Removal, TEXT_MAX, Violation, ViolationId},
    moment::Moment,
    rejection::Rejection,
};
use prost::{Message, Name};

use crate::{convert, credit_wire as wire};

/// What comes from others about an object at most takes so much.
const POINTS_MAX: u32 = 1_000;

macro_rules! named {
    ($($name:ident),* $(,)?) => {$(
        impl Name for wire::$name {
            const PACKAGE: &'static str = "muster.credit.v1";
            const NAME: &'static str = stringify!($name);
            fn full_name() -> String {
                format!("{}.{}", Self::PACKAGE, Self::NAME)
            }
        }
    )*};
}

named!(
    ViolationConfirmed,
    ViolationRevoked,
    ObjectListed,
    ListingCorrected,
    RemovalSaid,
    DeliveryStarted,
    DeliveryDelayed,
    DeliveryReceived,
    DeliveryParked,
    DeliveryPutBack,
    DeliverySkipped,
    CreditNoticed,
);

fn pack<M: Message + Name>(message: &M) -> (String, Vec<u8>) {
    (M::full_name(), message.encode_to_vec())
}

/// Writes a fact: the name of the body and the body.
pub fn write(fact: &Fact) -> (String, Vec<u8>) {
    match fact.clone() {
        Fact::Confirmed(violation) => pack(&confirmed_out(&violation)),
        Fact::Revoked { id, reason } => pack(&wire::ViolationRevoked {
            decision: id.decision.to_string(),
            unit: id.unit.to_string(),
            reason,
        }),
        Fact::Listed { number, score, threshold } => {
            pack(&wire::ObjectListed { number, score, threshold })
        }
        Fact::Corrected { number, score } => pack(&wire::ListingCorrected { number, score }),
        Fact::Removal(removal) => pack(&removal_out(&removal)),
        Fact::Started(id) => pack(&wire::DeliveryStarted { delivery: id.to_string() }),
        Fact::Delayed { delivery, reason } => {
            pack(&wire::DeliveryDelayed { delivery: delivery.to_string(), reason })
        }
        Fact::Delivered { delivery, receipt } => {
            pack(&wire::DeliveryReceived { delivery: delivery.to_string(), receipt })
        }
        Fact::Parked { delivery, reason, owner } => {
            let (delivery, owner) = (delivery.to_string(), owner.to_string());
            pack(&wire::DeliveryParked { delivery, reason, owner })
        }
        Fact::PutBack { delivery, person, reason } => {
            let (delivery, person) = (delivery.to_string(), person.to_string());
            pack(&wire::DeliveryPutBack { delivery, person, reason })
        }
        Fact::Skipped { delivery, person, reason } => {
            let (delivery, person) = (delivery.to_string(), person.to_string());
            pack(&wire::DeliverySkipped { delivery, person, reason })
        }
        Fact::Noticed { cause, unit, text } => {
            let (cause, unit) = (cause.to_string(), unit.to_string());
            pack(&wire::CreditNoticed { cause, unit, text })
        }
    }
}

fn confirmed_out(violation: &Violation) -> wire::ViolationConfirmed {
    wire::ViolationConfirmed {
        decision: violation.id.decision.to_string(),
        unit: violation.id.unit.to_string(),
        code: violation.code.to_string(),
        fact: violation.fact.to_string(),
        person: violation.person.to_string(),
        at_ms: violation.at.0,
        points: violation.points,
    }
}

/// Writes what a person has said about the list.
pub fn removal_out(removal: &Removal) -> wire::RemovalSaid {
    wire::RemovalSaid {
        number: removal.number,
        person: removal.person.to_string(),
        party: removal.party.to_string(),
        reason: removal.reason.clone(),
        is_final: removal.is_final,
    }
}

/// Reads a body by its name; none when it is no fact of credit.
pub fn read(kind: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    let Some(name) = kind.strip_prefix("muster.credit.v1.") else { return Ok(None) };
    Ok(Some(match name {
        "ViolationConfirmed" => Fact::Confirmed(confirmed_in(decode(body)?)?),
        "ViolationRevoked" => {
            let m: wire::ViolationRevoked = decode(body)?;
            Fact::Revoked { id: violation_id(m.unit, m.decision)?, reason: text(m.reason) }
        }
        "ObjectListed" => {
            let m: wire::ObjectListed = decode(body)?;
            Fact::Listed { number: m.number, score: m.score, threshold: m.threshold }
        }
        "ListingCorrected" => {
            let m: wire::ListingCorrected = decode(body)?;
            Fact::Corrected { number: m.number, score: m.score }
        }
        "RemovalSaid" => {
            let m: wire::RemovalSaid = decode(body)?;
            Fact::Removal(Removal {
                number: m.number,
                person: convert::id("person", m.person)?,
                party: convert::party("party", &m.party)?,
                reason: text(m.reason),
                is_final: m.is_final,
            })
        }
        _ => return delivery_in(name, body),
    }))
}

fn delivery_in(name: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    Ok(Some(match name {
        "DeliveryStarted" => {
            let m: wire::DeliveryStarted = decode(body)?;
            Fact::Started(delivery(m.delivery)?)
        }
        "DeliveryDelayed" => {
            let m: wire::DeliveryDelayed = decode(body)?;
            Fact::Delayed { delivery: delivery(m.delivery)?, reason: text(m.reason) }
        }
        "DeliveryReceived" => {
            let m: wire::DeliveryReceived = decode(body)?;
            Fact::Delivered { delivery: delivery(m.delivery)?, receipt: text(m.receipt) }
        }
        "DeliveryParked" => {
            let m: wire::DeliveryParked = decode(body)?;
            let owner = convert::party("owner", &m.owner)?;
            Fact::Parked { delivery: delivery(m.delivery)?, reason: text(m.reason), owner }
        }
        "DeliveryPutBack" => {
            let m: wire::DeliveryPutBack = decode(body)?;
            let person = convert::id("person", m.person)?;
            Fact::PutBack { delivery: delivery(m.delivery)?, person, reason: text(m.reason) }
        }
        "DeliverySkipped" => {
            let m: wire::DeliverySkipped = decode(body)?;
            let person = convert::id("person", m.person)?;
            Fact::Skipped { delivery: delivery(m.delivery)?, person, reason: text(m.reason) }
        }
        "CreditNoticed" => {
            let m: wire::CreditNoticed = decode(body)?;
            let cause = parsed("cause", m.cause)?;
            Fact::Noticed { cause, unit: convert::id("unit", m.unit)?, text: text(m.text) }
        }
        _ => return Ok(None),
    }))
}

fn confirmed_in(m: wire::ViolationConfirmed) -> Result<Violation, Rejection> {
    if m.points > POINTS_MAX {
        let message =
            format!("{} points are too many; right would be: at most {POINTS_MAX}", m.points);
        return Err(Rejection::invalid("MALFORMED_BODY", "points", message));
    }
    Ok(Violation {
        id: violation_id(m.unit, m.decision)?,
        code: convert::id("code", m.code)?,
        fact: convert::id("fact", m.fact)?,
        person: convert::id("person", m.person)?,
        at: Moment(m.at_ms),
        points: m.points,
    })
}

fn violation_id(unit: String, decision: String) -> Result<ViolationId, Rejection> {
    let (unit, decision) = (convert::id("unit", unit)?, convert::id("decision", decision)?);
    Ok(ViolationId { unit, decision })
}

/// Reads which delivery.
pub fn delivery(text: String) -> Result<domain::credit::DeliveryId, Rejection> {
    parsed("delivery", text)
}

fn parsed<T: std::str::FromStr>(field: &str, text: String) -> Result<T, Rejection> {
    let wrong = |_| {
        let shown: String = text.chars().take(200).collect();
        let message = format!("{shown:?} is no {field}; right would be: one as it is listed");
        Rejection::invalid("MALFORMED_ID", field, message)
    };
    text.parse().map_err(wrong)
}

/// Others' words are kept up to a length.
fn text(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
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
    use domain::credit::{Cause, DeliveryId};

    use super::*;

    fn facts() -> Vec<Fact> {
        let id =
            || ViolationId { unit: "police".parse().unwrap(), decision: "d-1".parse().unwrap() };
        let delivery =
            || DeliveryId { receiver: "platform".parse().unwrap(), cause: Cause::Shared(id()) };
        let (person, text) = (|| "p-1".parse().unwrap(), || String::from("why"));
        let owner = || "office/o".parse().unwrap();
        vec![
            Fact::Confirmed(Violation {
                id: id(),
                code: "speed".parse().unwrap(),
                fact: "f".parse().unwrap(),
                person: person(),
                at: Moment(7),
                points: 3,
            }),
            Fact::Revoked { id: id(), reason: text() },
            Fact::Listed { number: 1, score: -59, threshold: 60 },
            Fact::Corrected { number: 1, score: 62 },
            Fact::Removal(Removal {
                number: 1,
                person: person(),
                party: owner(),
                reason: text(),
                is_final: true,
            }),
            Fact::Started(delivery()),
            Fact::Delayed { delivery: delivery(), reason: text() },
            Fact::Delivered { delivery: delivery(), receipt: text() },
            Fact::Parked { delivery: delivery(), reason: text(), owner: owner() },
            Fact::PutBack { delivery: delivery(), person: person(), reason: text() },
            Fact::Skipped { delivery: delivery(), person: person(), reason: text() },
            Fact::Noticed { cause: Cause::Removed(2), unit: "tax".parse().unwrap(), text: text() },
        ]
    }

    #[test]
    fn every_fact_of_credit_goes_there_and_back() {
        for fact in facts() {
            let (kind, body) = write(&fact);
            assert_eq!(read(&kind, &body).unwrap(), Some(fact), "{kind}");
        }
    }

    #[test]
    fn what_is_no_fact_of_credit_is_passed_over_or_refused_by_name() {
        assert_eq!(read("muster.case.v1.Urged", b"").unwrap(), None);
        assert_eq!(read("muster.credit.v1.Nothing", b"").unwrap(), None);
        for kind in ["ViolationConfirmed", "ViolationRevoked", "DeliveryStarted", "CreditNoticed"] {
            let kind = format!("muster.credit.v1.{kind}");
            assert!(read(&kind, b"").is_err(), "{kind}: an empty one says nothing");
            assert_eq!(read(&kind, b"\xff").unwrap_err().reason, "MALFORMED_BODY");
        }
        let many = wire::ViolationConfirmed {
            points: 1_001,
            ..confirmed_out(&match &facts()[0] {
                Fact::Confirmed(violation) => violation.clone(),
                _ => unreachable!(),
            })
        };
        let (kind, body) = pack(&many);
        assert_eq!(read(&kind, &body).unwrap_err().field, "points");
    }
}
