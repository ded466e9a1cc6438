//! Every message of ours, filled at random, comes back from JSON as it went.

use proptest::prelude::*;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::{Message, pool};

/// How deep messages stand in messages; deeper fields stay empty.
const DEPTH: usize = 3;

/// What decides: as many numbers as are asked for, from one seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number that is often at an edge.
    fn number(&mut self) -> u64 {
        match self.below(6) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => i64::MAX.cast_unsigned(),
            4 => i64::MIN.cast_unsigned(),
            _ => self.next(),
        }
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 8] =
            ["", "a", "\"", "\\u0000\0", "占道经营", "\u{1f6a8}", "\n: ", "{}"];
        (0..self.below(4)).map(|_| PIECES[self.below(8) as usize]).collect()
    }
}

fn filled(of: &MessageDescriptor, depth: usize, chance: &mut Chance) -> DynamicMessage {
    let mut message = DynamicMessage::new(of.clone());
    match of.full_name() {
        "google.protobuf.Timestamp" => {
            let seconds = chance.below(253_402_300_800) as i64;
            message.set_field_by_name("seconds", Value::I64(seconds));
            message.set_field_by_name("nanos", Value::I32(chance.below(1_000_000_000) as i32));
        }
        // What is in it must be one of ours: `Page` is as good as any.
        "google.protobuf.Any" => {
            let inner = Message::named("muster.page.v1.Page").unwrap();
            let bytes = Message(filled(&inner, 0, chance)).encode();
            let url = "type.googleapis.com/muster.page.v1.Page".to_owned();
            message.set_field_by_name("type_url", Value::String(url));
            message.set_field_by_name("value", Value::Bytes(bytes.into()));
        }
        _ => {
            for field in of.fields().collect::<Vec<_>>() {
                fill(&mut message, &field, depth, chance);
            }
        }
    }
    message
}

fn fill(message: &mut DynamicMessage, of: &FieldDescriptor, depth: usize, chance: &mut Chance) {
    if chance.below(4) == 0 || (depth == 0 && matches!(of.kind(), Kind::Message(_))) {
        return;
    }
    let few = 0..chance.below(3);
    let value = match of.kind() {
        Kind::Message(entry) if of.is_map() => {
            let of = entry.map_entry_value_field().kind();
            let entries = few.map(|_| (MapKey::String(chance.text()), value(&of, depth, chance)));
            Value::Map(entries.collect())
        }
        kind if of.is_list() => Value::List(few.map(|_| value(&kind, depth, chance)).collect()),
        kind => value(&kind, depth, chance),
    };
    message.set_field(of, value);
}

fn value(of: &Kind, depth: usize, chance: &mut Chance) -> Value {
    let number = chance.number();
    match of {
        Kind::Double => Value::F64(f64::from(number as u32) / 8.0),
        Kind::Float => Value::F32((number as u16).into()),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number as i64),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(number),
        Kind::Bool => Value::Bool(number.is_multiple_of(2)),
        Kind::String => Value::String(chance.text()),
        Kind::Bytes => Value::Bytes(chance.text().into_bytes().into()),
        Kind::Enum(of) => {
            let values: Vec<i32> = of.values().map(|value| value.number()).collect();
            Value::EnumNumber(values[chance.below(values.len() as u64) as usize])
        }
        Kind::Message(of) => Value::Message(filled(of, depth.saturating_sub(1), chance)),
    }
}

/// A message of this type, filled by a seed, in JSON.
pub(super) fn random(of: &MessageDescriptor, seed: u64) -> String {
    Message(filled(of, DEPTH, &mut Chance(seed))).write().unwrap()
}

#[test]
fn there_are_messages_and_methods() {
    assert!(pool().all_messages().len() > 300, "{}", pool().all_messages().len());
    let methods = pool().services().map(|service| service.methods().len()).sum::<usize>();
    assert_eq!(methods, crate::access::methods().len() - 3, "health and reflection are not ours");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// One case is every message.
    #[test]
    fn a_message_comes_back_from_json_as_it_went(seed: u64) {
        let mut chance = Chance(seed);
        for of in pool().all_messages().filter(|of| of.package_name().starts_with("muster.")) {
            if of.is_map_entry() {
                continue;
            }
            // As it comes over the wire: a field at its default is one that is not there.
            let sent = Message(filled(&of, DEPTH, &mut chance)).encode();
            let sent = Message::decode(&of, &sent).unwrap();
            let text = sent.write().unwrap();
            let read = Message::read(&of, text.as_bytes());
            let read = read.unwrap_or_else(|no| panic!("{}: {no}: {text}", of.full_name()));
            prop_assert_eq!(&read, &sent, "{}: {}", of.full_name(), text);
            prop_assert!(!text.contains('\n'), "an event is one line: {}", text);
        }
    }

    /// Whatever stands in a body: it is read, or refused with its place.
    #[test]
    fn any_body_is_read_or_refused(text in any_json(), at: prop::sample::Index) {
        let messages: Vec<_> = pool().all_messages().collect();
        let of = &messages[at.index(messages.len())];
        if let Err(no) = Message::read(of, text.as_bytes()) {
            prop_assert!(!no.reason.is_empty() && !no.field.is_empty(), "{:?}", no);
        }
    }
}

/// JSON with the names that our messages have, and with others.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just("true".to_owned()),
        Just("1e400".to_owned()),
        "[a-z]{0,4}".prop_map(|text| format!("\"{text}\"")),
        "[\\[{\",:}\\]]{0,6}",
    ];
    let names = prop::sample::select(vec!["command", "caseId", "case_id", "person", "page", "x"]);
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let member = (names.clone(), inner.clone());
        let member = member.prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..4).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    })
}
