//! What holds of every decoder, whatever bytes come: no panic, a refusal that names its field, and
//! what is taken once is read and written the same for ever.
//!
//! Bytes come in three sorts: any at all, a valid message with some bytes changed, and valid
//! messages of random content.

use domain::{
    envelope::{Envelope, Terms},
    id::{EnvelopeId, PersonId},
    moment::Moment,
    party::Party,
    rejection::Rejection,
};
use proptest::{collection::vec, prelude::*, sample::Index};
use prost::Message as _;

use crate::{
    envelope::{Wire, from_wire, to_wire},
    fact::{read, tests::facts, write},
    head::{self, Plain},
};

const KINDS: usize = 14;

fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9._:/-]{1,128}"
}

fn party() -> impl Strategy<Value = String> {
    ("(unit|community|office|admin|service)", "[a-zA-Z0-9._:-]{1,64}")
        .prop_map(|(kind, id)| format!("{kind}/{id}"))
}

fn moment() -> impl Strategy<Value = Moment> {
    // The years 1 to 9999, which is what a timestamp can say.
    (-62_135_596_800_000..=253_402_300_799_999_i64).prop_map(Moment)
}

prop_compose! {
    fn envelope()(
        (id, source, subject, actor) in (id(), party(), id(), prop::option::of(id())),
        time in moment(),
        (recipient, on_behalf_of) in (prop::option::of(party()), prop::option::of(party())),
        (number, priority) in (1..=u64::MAX, any::<u8>()),
        traceparent in prop::option::of("[ -~]{0,200}"),
        (not_before, expires) in (prop::option::of(moment()), prop::option::of(moment())),
        (purpose, group) in (prop::option::of("[ -~]{0,200}"), prop::option::of("[ -~]{0,200}")),
        corrects in prop::option::of(id()),
        (kind, body) in (id(), vec(any::<u8>(), 0..200)),
    ) -> Envelope {
        let corrects = corrects.map(|id| EnvelopeId::parse(id).unwrap());
        Envelope {
            id: EnvelopeId::parse(id).unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject,
            time,
            recipient: recipient.map(|party| party.parse().unwrap()),
            number,
            actor: actor.map(|actor| actor.parse().unwrap()),
            on_behalf_of: on_behalf_of.map(|party| party.parse().unwrap()),
            traceparent,
            priority,
            terms: Terms { not_before, expires, purpose, corrects, group },
            body,
        }
    }
}

/// Changes, drops or doubles a few bytes.
fn spoil(mut bytes: Vec<u8>, changes: &[(Index, u8, u8)]) -> Vec<u8> {
    for (at, how, value) in changes {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        match how % 3 {
            0 => bytes[at] = *value,
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, *value),
        }
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(Index, u8, u8)>> {
    vec(any::<(Index, u8, u8)>(), 0..8)
}

fn understood(rejection: &Rejection) -> bool {
    !rejection.reason.is_empty() && !rejection.message.is_empty() && !rejection.field.is_empty()
}

/// What is read in place is what the long way reads; what it does not read, the long way judges.
fn check_head(bytes: &[u8]) {
    let Some(plain) = head::read(bytes) else { return };
    let envelope = from_wire(Wire::decode(bytes).unwrap()).unwrap();
    let texts = [&envelope.recipient, &envelope.on_behalf_of].map(|one| one.as_ref().map(text));
    let source = envelope.source.to_string();
    let same = Plain {
        id: envelope.id.as_str(),
        source: &source,
        kind: &envelope.kind,
        subject: &envelope.subject,
        time: envelope.time,
        recipient: texts[0].as_deref(),
        number: envelope.number,
        actor: envelope.actor.as_ref().map(PersonId::as_str),
        on_behalf_of: texts[1].as_deref(),
        traceparent: envelope.traceparent.as_deref(),
        priority: envelope.priority,
        not_before: envelope.terms.not_before,
        expires: envelope.terms.expires,
        purpose: envelope.terms.purpose.as_deref(),
        corrects: envelope.terms.corrects.as_ref().map(EnvelopeId::as_str),
        group: envelope.terms.group.as_deref(),
        body: &envelope.body,
    };
    assert_eq!(plain, same);
}

fn text(party: &Party) -> String {
    party.to_string()
}

fn check_wire(bytes: &[u8]) {
    check_head(bytes);
    let Ok(wire) = Wire::decode(bytes) else { return };
    match from_wire(wire) {
        Err(rejection) => assert!(understood(&rejection), "{rejection:?}"),
        Ok(envelope) => {
            let written = to_wire(&envelope);
            let bytes = written.encode_to_vec();
            assert!(head::read(&bytes).is_some(), "what we write is written the plain way");
            assert_eq!(Wire::decode(&bytes[..]).unwrap(), written);
            assert_eq!(from_wire(written), Ok(envelope));
        }
    }
}

fn check_fact(kind: &str, body: &[u8]) {
    match read(kind, body) {
        Err(rejection) => assert!(understood(&rejection), "{rejection:?}"),
        Ok(None) => {}
        Ok(Some(fact)) => {
            let (name, body) = write(&fact);
            assert_eq!(name, kind);
            assert_eq!(read(&name, &body), Ok(Some(fact.clone())));
            assert_eq!(write(&fact), (name, body));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_envelope_goes_there_and_back_with_the_same_bytes(envelope in envelope()) {
        let bytes = to_wire(&envelope).encode_to_vec();
        let again = from_wire(Wire::decode(&bytes[..]).unwrap()).unwrap();
        prop_assert_eq!(&again, &envelope);
        prop_assert_eq!(to_wire(&again).encode_to_vec(), bytes);
    }

    #[test]
    fn a_spoilt_envelope_is_refused_with_its_field_or_stable(
        envelope in envelope(), changes in changes()
    ) {
        check_wire(&spoil(to_wire(&envelope).encode_to_vec(), &changes));
    }

    #[test]
    fn any_time_on_the_wire_is_refused_or_kept(
        envelope in envelope(), seconds in any::<i64>(), nanos in any::<i32>(), near in any::<bool>()
    ) {
        use crate::muster::envelope::v1::attribute_value::Attr;
        let mut wire = to_wire(&envelope);
        let seconds = if near { seconds >> 24 } else { seconds };
        let time = Attr::CeTimestamp(prost_types::Timestamp { seconds, nanos });
        wire.attributes.get_mut("time").unwrap().attr = Some(time);
        check_wire(&wire.encode_to_vec());
    }

    #[test]
    fn any_bytes_are_no_envelope_and_no_fact_or_a_stable_one(
        bytes in vec(any::<u8>(), 0..300), kind in 0..KINDS
    ) {
        check_wire(&bytes);
        let (kind, _) = write(&facts()[kind]);
        check_fact(&kind, &bytes);
    }

    #[test]
    fn a_spoilt_fact_is_refused_with_its_field_or_stable(
        kind in 0..KINDS, as_another in prop::option::of(0..KINDS), changes in changes()
    ) {
        let (kind, body) = write(&facts()[kind]);
        let kind = as_another.map_or(kind, |other| write(&facts()[other]).0);
        check_fact(&kind, &spoil(body, &changes));
    }

    #[test]
    fn any_text_is_an_id_a_party_a_digest_or_refused(text in ".{0,200}") {
        use crate::convert;
        let refusals = [
            convert::id::<EnvelopeId>("field", text.clone()).map(|id| id.to_string()),
            convert::party("field", &text).map(|party| party.to_string()),
            convert::digest("field", &text).map(|digest| digest.to_string()),
        ];
        for read in refusals {
            match read {
                Ok(same) => prop_assert_eq!(&same, &text),
                Err(no) => prop_assert!(understood(&no) && no.message.contains("field"), "{}", no),
            }
        }
    }
}

#[test]
fn there_is_a_fact_of_each_kind() {
    let kinds: std::collections::BTreeSet<String> =
        facts().iter().map(|fact| write(fact).0).collect();
    assert_eq!((kinds.len(), facts().len()), (KINDS, KINDS));
}
