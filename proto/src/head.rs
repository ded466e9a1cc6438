//! An envelope as it is read in place, without being taken apart.
//!
//! Who carries envelopes on needs a few of their attributes and must know that the rest is sound.
//! [`read`] looks at the bytes once and copies nothing. It takes only what is written the plain way,
//! as [`to_wire`](crate::envelope::to_wire) writes it: every field once, nothing unknown, nothing
//! wrong. Of anything else it says nothing: the long way,
//! [`from_wire`](crate::envelope::from_wire), reads that too, or says what is wrong with it. What is
//! read here is read the same there.

use domain::{id, moment::Moment, party::Party};

use crate::envelope::{NANOS, SECONDS, SPEC_VERSION, TEXT_MAX, TYPE_PREFIX};

/// What an envelope says, where it stands in the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plain<'b> {
    /// Unique within the source.
    pub id: &'b str,
    /// Who sends it.
    pub source: &'b str,
    /// What the body is.
    pub kind: &'b str,
    /// The ordering key.
    pub subject: &'b str,
    /// When the sender decided it.
    pub time: Moment,
    /// For whom; none: for the record.
    pub recipient: Option<&'b str>,
    /// Its number among what the source sends to the recipient.
    pub number: u64,
    /// The person who acted.
    pub actor: Option<&'b str>,
    /// For whom the source acts.
    pub on_behalf_of: Option<&'b str>,
    /// W3C trace context.
    pub traceparent: Option<&'b str>,
    /// 0 is ordinary.
    pub priority: u8,
    /// Not delivered before.
    pub not_before: Option<Moment>,
    /// Parked when it was not delivered until then.
    pub expires: Option<Moment>,
    /// What its personal data is for.
    pub purpose: Option<&'b str>,
    /// An earlier one that it corrects.
    pub corrects: Option<&'b str>,
    /// Names those that say the same to several receivers.
    pub group: Option<&'b str>,
    /// The body.
    pub body: &'b [u8],
}

/// Reads an envelope that is written the plain way; none where it is not.
pub fn read(bytes: &[u8]) -> Option<Plain<'_>> {
    let (mut plain, mut seen) = (Plain::default(), Seen::default());
    let (mut version, mut url) = (None, None);
    let mut fields = Fields(bytes);
    while !fields.is_empty() {
        let (tag, value) = fields.next()?;
        match (tag, value) {
            (1, Value::Bytes(id)) => plain.id = seen.once(1, text(id)?)?,
            (2, Value::Bytes(source)) => plain.source = seen.once(2, text(source)?)?,
            (3, Value::Bytes(spec)) => version = Some(seen.once(3, spec)?),
            (4, Value::Bytes(kind)) => plain.kind = seen.once(4, text(kind)?)?,
            (5, Value::Bytes(entry)) => attribute(entry, &mut plain, &mut seen)?,
            (8, Value::Bytes(data)) => {
                let [address, body] = fields_1_2(seen.once(5, data)?)?;
                (url, plain.body) = (Some(address), body);
            }
            _ => return None,
        }
    }
    id::check(plain.id).ok()?;
    Party::check(plain.source).ok()?;
    id::check(plain.kind).ok()?;
    id::check(plain.subject).ok()?;
    let is_typed = url?.strip_prefix(TYPE_PREFIX.as_bytes()) == Some(plain.kind.as_bytes());
    let is_whole = seen.has(SUBJECT) && seen.has(TIME) && plain.number > 0;
    (version? == SPEC_VERSION.as_bytes() && is_typed && is_whole).then_some(plain)
}

/// Which fields have come, so that none comes twice.
#[derive(Default)]
struct Seen(u32);

const SUBJECT: u32 = 16;
const TIME: u32 = 17;

impl Seen {
    fn has(&self, field: u32) -> bool {
        self.0 & (1 << field) != 0
    }

    fn once<T>(&mut self, field: u32, value: T) -> Option<T> {
        let is_first = !self.has(field);
        self.0 |= 1 << field;
        is_first.then_some(value)
    }
}

fn attribute<'b>(entry: &'b [u8], plain: &mut Plain<'b>, seen: &mut Seen) -> Option<()> {
    let [name, value] = fields_1_2(entry)?;
    let mut fields = Fields(value);
    let (tag, value) = fields.next().filter(|_| fields.is_empty())?;
    match name {
        b"subject" => plain.subject = seen.once(SUBJECT, short(tag, value)?)?,
        b"time" => plain.time = seen.once(TIME, time(tag, value)?)?,
        b"recipient" => plain.recipient = seen.once(18, party(tag, value)?)?,
        b"number" => plain.number = seen.once(19, short(tag, value)?.parse().ok()?)?,
        b"actor" => plain.actor = seen.once(20, name_of(tag, value)?)?,
        b"onbehalfof" => plain.on_behalf_of = seen.once(21, party(tag, value)?)?,
        b"traceparent" => plain.traceparent = seen.once(22, Some(short(tag, value)?))?,
        b"priority" => plain.priority = seen.once(23, level(tag, value)?)?,
        b"notbefore" => plain.not_before = seen.once(24, Some(time(tag, value)?))?,
        b"expires" => plain.expires = seen.once(25, Some(time(tag, value)?))?,
        b"purpose" => plain.purpose = seen.once(26, Some(short(tag, value)?))?,
        b"corrects" => plain.corrects = seen.once(27, name_of(tag, value)?)?,
        b"group" => plain.group = seen.once(28, Some(short(tag, value)?))?,
        _ => return None,
    }
    Some(())
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// A text attribute.
fn short<'b>(tag: u64, value: Value<'b>) -> Option<&'b str> {
    match (tag, value) {
        (3, Value::Bytes(bytes)) if bytes.len() <= TEXT_MAX => text(bytes),
        _ => None,
    }
}

fn name_of<'b>(tag: u64, value: Value<'b>) -> Option<Option<&'b str>> {
    let name = short(tag, value)?;
    id::check(name).ok().map(|()| Some(name))
}

fn party<'b>(tag: u64, value: Value<'b>) -> Option<Option<&'b str>> {
    let party = short(tag, value)?;
    Party::check(party).ok().map(|_| Some(party))
}

fn level(tag: u64, value: Value<'_>) -> Option<u8> {
    match (tag, value) {
        (2, Value::Number(level)) => u8::try_from(level).ok(),
        _ => None,
    }
}

/// A timestamp: seconds, then nanoseconds, both of which may be left out.
fn time(tag: u64, value: Value<'_>) -> Option<Moment> {
    let (7, Value::Bytes(bytes)) = (tag, value) else { return None };
    let (mut fields, mut last, mut parts) = (Fields(bytes), 0, [0_i64; 2]);
    while !fields.is_empty() {
        match fields.next()? {
            (tag @ 1..=2, Value::Number(number)) if tag > last => {
                last = tag;
                parts[usize::try_from(tag).ok()? - 1] = number.cast_signed();
            }
            _ => return None,
        }
    }
    let [seconds, nanos] = parts;
    let is_time = SECONDS.contains(&seconds) && NANOS.contains(&nanos);
    is_time.then(|| Moment(seconds * 1_000 + nanos / 1_000_000))
}

/// A message of two fields of bytes, in their order; the second is left out where it is empty.
fn fields_1_2(bytes: &[u8]) -> Option<[&[u8]; 2]> {
    let mut fields = Fields(bytes);
    let (1, Value::Bytes(first)) = fields.next()? else { return None };
    if fields.is_empty() {
        return Some([first, &[]]);
    }
    let (2, Value::Bytes(second)) = fields.next()? else { return None };
    fields.is_empty().then_some([first, second])
}

/// What is left of a message.
struct Fields<'b>(&'b [u8]);

/// The value of a field, of the two sorts that an envelope has.
#[derive(Clone, Copy)]
enum Value<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

impl<'b> Fields<'b> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn next(&mut self) -> Option<(u64, Value<'b>)> {
        let key = self.number()?;
        let value = match key & 7 {
            0 => Value::Number(self.number()?),
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                let (bytes, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                Value::Bytes(bytes)
            }
            _ => return None,
        };
        // A tag is at most 29 bits: what is longer is for the long way to judge.
        Some((key >> 3, value)).filter(|_| u32::try_from(key).is_ok())
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for (index, byte) in self.0.iter().copied().take(9).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.0 = &self.0[index + 1..];
                return Some(number);
            }
        }
        self.long()
    }

    /// A number of ten bytes, as a negative one is written.
    fn long(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_at_checked(10)?;
        if bytes[9] > 1 {
            return None;
        }
        let low = bytes[..9].iter().rev().fold(0, |sum, byte| (sum << 7) | u64::from(byte & 0x7f));
        self.0 = rest;
        Some(low | u64::from(bytes[9]) << 63)
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::envelope::{Wire, from_wire};

    fn field(key: u8, content: &[u8]) -> Vec<u8> {
        [&[key << 3 | 2, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn attribute(name: &str, tag: u8, content: &[u8]) -> Vec<u8> {
        field(5, &[field(1, name.as_bytes()), field(2, &field(tag, content))].concat())
    }

    fn plain() -> Vec<u8> {
        let url = b"type.googleapis.com/test.Called";
        [
            field(1, b"call/1"),
            field(2, b"service/worker"),
            field(3, b"1.0"),
            field(4, b"test.Called"),
            attribute("number", 3, b"7"),
            attribute("subject", 3, b"case/w/1"),
            attribute("time", 7, &[]),
            field(8, &field(1, url)),
        ]
        .concat()
    }

    #[test]
    fn what_is_not_written_the_plain_way_is_left_to_the_long_way() {
        let read_long = |bytes: &[u8]| from_wire(Wire::decode(bytes).unwrap());
        assert_eq!(read(&plain()).unwrap().number, 7);
        let others = [
            (field(1, b"call/2"), true),
            (attribute("number", 3, b"8"), true),
            (vec![15 << 3, 1], true),
            (attribute("colour", 3, b"red"), false),
            (attribute("recipient", 3, b"nobody"), false),
            (attribute("priority", 3, b"9"), false),
        ];
        for (more, is_read_long) in others {
            let bytes = [plain(), more].concat();
            assert_eq!(read(&bytes), None, "{bytes:?}");
            assert_eq!(read_long(&bytes).is_ok(), is_read_long, "{bytes:?}");
        }
    }
}
