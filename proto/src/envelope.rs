//! The envelope between its CloudEvents form and the domain's.
//!
//! Everything of Muster's own travels in extension attributes. What can't be read is refused with
//! the attribute's name; attributes that we do not know are refused too, because an envelope that is
//! passed on must be passed on whole. Only the time is rounded: it is kept to the millisecond.

use std::{collections::BTreeMap, ops::RangeInclusive};

use domain::{
    envelope::{Envelope, Terms},
    id::{EnvelopeId, PersonId},
    moment::Moment,
    rejection::Rejection,
};
use prost_types::{Any, Timestamp};

pub use crate::muster::envelope::v1::AttributeValue;
use crate::{
    convert,
    muster::envelope::v1::{attribute_value::Attr, envelope::Data},
};

/// The CloudEvents version.
pub const SPEC_VERSION: &str = "1.0";
/// From 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
pub(crate) const SECONDS: RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Of a second.
pub(crate) const NANOS: RangeInclusive<i64> = 0..=999_999_999;
pub(crate) const TYPE_PREFIX: &str = "type.googleapis.com/";
/// The longest text of an attribute, in bytes.
pub(crate) const TEXT_MAX: usize = 1_024;

/// The form on the wire.
pub use crate::muster::envelope::v1::Envelope as Wire;

/// Writes an envelope; the same envelope always has the same bytes.
pub fn to_wire(envelope: &Envelope) -> Wire {
    let mut attributes = BTreeMap::new();
    let mut put = |name: &str, attr: Attr| {
        attributes.insert(name.to_owned(), AttributeValue { attr: Some(attr) });
    };
    put("subject", Attr::CeString(envelope.subject.clone()));
    put("time", Attr::CeTimestamp(timestamp(envelope.time)));
    let Terms { not_before, expires, .. } = envelope.terms;
    for (name, time) in [("notbefore", not_before), ("expires", expires)] {
        if let Some(time) = time {
            put(name, Attr::CeTimestamp(timestamp(time)));
        }
    }
    put("number", Attr::CeString(envelope.number.to_string()));
    let texts = [
        ("recipient", envelope.recipient.as_ref().map(ToString::to_string)),
        ("actor", envelope.actor.as_ref().map(ToString::to_string)),
        ("onbehalfof", envelope.on_behalf_of.as_ref().map(ToString::to_string)),
        ("traceparent", envelope.traceparent.clone()),
        ("purpose", envelope.terms.purpose.clone()),
        ("corrects", envelope.terms.corrects.as_ref().map(ToString::to_string)),
        ("group", envelope.terms.group.clone()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            put(name, Attr::CeString(text));
        }
    }
    if envelope.priority > 0 {
        put("priority", Attr::CeInteger(i32::from(envelope.priority)));
    }
    let body =
        Any { type_url: format!("{TYPE_PREFIX}{}", envelope.kind), value: envelope.body.clone() };
    Wire {
        id: envelope.id.to_string(),
        source: envelope.source.to_string(),
        spec_version: SPEC_VERSION.to_owned(),
        r#type: envelope.kind.clone(),
        attributes,
        data: Some(Data::ProtoData(body)),
    }
}

/// Reads an envelope.
pub fn from_wire(wire: Wire) -> Result<Envelope, Rejection> {
    if wire.spec_version != SPEC_VERSION {
        let message = format!("spec_version must be {SPEC_VERSION}, not {:?}", wire.spec_version);
        return Err(wrong("spec_version", message));
    }
    let mut attributes = Attributes(wire.attributes);
    let envelope = Envelope {
        id: convert::id::<EnvelopeId>("id", wire.id)?,
        source: convert::party("source", &wire.source)?,
        subject: attributes.text("subject")?.unwrap_or_default(),
        time: attributes
            .time("time")?
            .ok_or_else(|| wrong("time", "time must be there, as a timestamp"))?,
        recipient: attributes.party("recipient")?,
        number: attributes.number()?,
        actor: attributes
            .text("actor")?
            .map(|actor| convert::id::<PersonId>("actor", actor))
            .transpose()?,
        on_behalf_of: attributes.party("onbehalfof")?,
        traceparent: attributes.text("traceparent")?,
        priority: attributes.priority()?,
        terms: attributes.terms()?,
        body: body(wire.data, &wire.r#type)?,
        kind: wire.r#type,
    };
    for (name, text) in [("subject", &envelope.subject), ("type", &envelope.kind)] {
        domain::id::check(text).map_err(|e| wrong(name, format!("{name}: {e}")))?;
    }
    attributes.nothing_left()?;
    Ok(envelope)
}

struct Attributes(BTreeMap<String, AttributeValue>);

impl Attributes {
    fn text(&mut self, name: &str) -> Result<Option<String>, Rejection> {
        match self.0.remove(name).and_then(|value| value.attr) {
            None => Ok(None),
            Some(Attr::CeString(text)) if text.len() <= TEXT_MAX => Ok(Some(text)),
            Some(_) => Err(wrong(name, format!("{name} must be a string of at most 1,024 bytes"))),
        }
    }

    fn party(&mut self, name: &str) -> Result<Option<domain::party::Party>, Rejection> {
        self.text(name)?.map(|text| convert::party(name, &text)).transpose()
    }

    fn time(&mut self, name: &str) -> Result<Option<Moment>, Rejection> {
        match self.0.remove(name).and_then(|value| value.attr) {
            None => Ok(None),
            Some(Attr::CeTimestamp(time)) if is_time(&time) => Ok(Some(moment(&time))),
            Some(_) => {
                Err(wrong(name, format!("{name} must be a timestamp of the years 1 to 9999")))
            }
        }
    }

    fn terms(&mut self) -> Result<Terms, Rejection> {
        let corrects = self.text("corrects")?;
        Ok(Terms {
            not_before: self.time("notbefore")?,
            expires: self.time("expires")?,
            purpose: self.text("purpose")?,
            corrects: corrects.map(|id| convert::id::<EnvelopeId>("corrects", id)).transpose()?,
            group: self.text("group")?,
        })
    }

    fn number(&mut self) -> Result<u64, Rejection> {
        let text = self.text("number")?.unwrap_or_default();
        let number = text.parse().ok().filter(|number| *number > 0);
        number.ok_or_else(|| wrong("number", format!("number must count from 1, not {text:?}")))
    }

    fn priority(&mut self) -> Result<u8, Rejection> {
        match self.0.remove("priority").and_then(|value| value.attr) {
            None => Ok(0),
            Some(Attr::CeInteger(n @ 0..=255)) => Ok(u8::try_from(n).unwrap_or(u8::MAX)),
            Some(_) => Err(wrong("priority", "priority must be an integer of 0 to 255")),
        }
    }

    fn nothing_left(self) -> Result<(), Rejection> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(name) => {
                // A name that is none, or a megabyte long, is not the name of a field.
                let field = domain::id::check(&name).map_or("attributes", |()| &name);
                let shown: String = name.chars().take(40).collect();
                Err(wrong(field, format!("there is no attribute {shown:?}")))
            }
        }
    }
}

fn body(data: Option<Data>, kind: &str) -> Result<Vec<u8>, Rejection> {
    match data {
        Some(Data::ProtoData(any)) if any.type_url.strip_prefix(TYPE_PREFIX) == Some(kind) => {
            Ok(any.value)
        }
        _ => Err(wrong("proto_data", format!("proto_data must hold a {TYPE_PREFIX}{kind}"))),
    }
}

fn wrong(field: &str, message: impl std::fmt::Display) -> Rejection {
    Rejection::invalid("MALFORMED_ENVELOPE", field, message)
}

/// What a protobuf timestamp may say. Within it no millisecond is lost or saturated, so an envelope
/// that is read and written again and again stays the same; how far its time is from ours does not
/// matter here: the sender's clock is the sender's, and the time of receipt is kept beside it.
fn is_time(time: &Timestamp) -> bool {
    SECONDS.contains(&time.seconds) && NANOS.contains(&time.nanos.into())
}

fn timestamp(moment: Moment) -> Timestamp {
    let nanos = i32::try_from(moment.0.rem_euclid(1_000) * 1_000_000).unwrap_or(0);
    Timestamp { seconds: moment.0.div_euclid(1_000), nanos }
}

fn moment(time: &Timestamp) -> Moment {
    Moment(time.seconds.saturating_mul(1_000).saturating_add(i64::from(time.nanos / 1_000_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        Envelope {
            id: "case/1/call".parse().unwrap(),
            source: "service/worker".parse().unwrap(),
            kind: "muster.case.v1.UnitCalled".into(),
            subject: "case/wenshan/1".into(),
            time: Moment(-1_234),
            recipient: Some("unit/housing".parse().unwrap()),
            number: 7,
            actor: Some("li.na".parse().unwrap()),
            on_behalf_of: Some("community/c1".parse().unwrap()),
            traceparent: Some("00-1-2-01".into()),
            priority: 9,
            terms: Terms {
                not_before: Some(Moment(-5)),
                expires: Some(Moment(7)),
                purpose: Some("inspection".into()),
                corrects: Some("case/1/before".parse().unwrap()),
                group: Some("case/1/plan".into()),
            },
            body: vec![1, 2],
        }
    }

    #[test]
    fn an_envelope_goes_there_and_back() {
        assert_eq!(from_wire(to_wire(&envelope())).unwrap(), envelope());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let broken = |change: &dyn Fn(&mut Wire)| {
            let mut wire = to_wire(&envelope());
            change(&mut wire);
            from_wire(wire).unwrap_err().field
        };
        let text = |text: &str| AttributeValue { attr: Some(Attr::CeString(text.into())) };
        assert_eq!(broken(&|w| w.id.clear()), "id");
        assert_eq!(broken(&|w| w.source = "me".into()), "source");
        assert_eq!(broken(&|w| w.spec_version.clear()), "spec_version");
        assert_eq!(broken(&|w| drop(w.attributes.remove("subject"))), "subject");
        assert_eq!(broken(&|w| drop(w.attributes.remove("time"))), "time");
        assert_eq!(broken(&|w| drop(w.attributes.insert("number".into(), text("0")))), "number");
        assert_eq!(broken(&|w| drop(w.attributes.insert("x".into(), text("0")))), "x");
        for name in [String::new(), "z".repeat(100_000), "an attribute".into()] {
            let insert = |w: &mut Wire| drop(w.attributes.insert(name.clone(), text("0")));
            assert_eq!(broken(&insert), "attributes");
        }
        assert_eq!(broken(&|w| w.data = None), "proto_data");
        let kind = |w: &mut Wire| {
            w.r#type = "two words".into();
            let any = Any { type_url: format!("{TYPE_PREFIX}two words"), value: vec![] };
            w.data = Some(Data::ProtoData(any));
        };
        assert_eq!(broken(&kind), "type");
        for (seconds, nanos) in [(i64::MIN, 0), (253_402_300_800, 0), (0, -1), (0, 1_000_000_000)] {
            let attr = Some(Attr::CeTimestamp(Timestamp { seconds, nanos }));
            let time = AttributeValue { attr };
            let field = broken(&|w| drop(w.attributes.insert("time".into(), time.clone())));
            assert_eq!(field, "time", "{seconds} {nanos}");
        }
    }
}
