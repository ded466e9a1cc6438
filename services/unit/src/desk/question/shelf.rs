//! Where questions are in the view of a unit, and how they are listed.
//!
//! A question is under its id; it is listed by direction and state, each also "any", in the order in
//! which the journal has them. What the service must do by itself has lists of its own: what it
//! replies to, and what it waits for by deadline.

use domain::moment::Moment;
use kit::{tx::Tx, view};
use prost::Message as _;
use proto::ask::{Direction, Question, QuestionState as State};

use super::replies_itself;
use crate::desk::Desk;

impl Desk {
    pub(super) fn put_question(
        &self,
        tx: &mut Tx<'_>,
        before: Option<&Question>,
        after: &Question,
    ) {
        let own =
            if after.asking_unit == self.unit.as_str() { Direction::Out } else { Direction::In };
        if let Some(before) = before {
            tx.remove(due_key(before));
            tx.remove(itself_key(&before.question_id));
        }
        for direction in [Direction::Unspecified, own] {
            if let Some(before) = before {
                tx.remove(list_key(direction, before.state(), before));
            }
            for state in [State::Unspecified, after.state()] {
                tx.put(list_key(direction, state, after), after.question_id.as_bytes());
            }
        }
        tx.put(question_key(&after.question_id), after.encode_to_vec());
        match (after.state(), own) {
            (State::Open, Direction::Out) => tx.put(due_key(after), after.question_id.as_bytes()),
            (State::Open, _) if replies_itself(after) => {
                tx.put(itself_key(&after.question_id), b"");
            }
            _ => {}
        }
    }
}

fn question_key(id: &str) -> Vec<u8> {
    [b"q", id.as_bytes()].concat()
}

fn list_prefix(direction: Direction, state: State) -> Vec<u8> {
    let byte = |number: i32| u8::try_from(number).unwrap_or(0);
    vec![b'l', byte(direction.into()), byte(state.into())]
}

fn list_key(direction: Direction, state: State, one: &Question) -> Vec<u8> {
    let at = one.noted_at_ms.to_be_bytes();
    [&list_prefix(direction, state), &at[..], one.question_id.as_bytes()].concat()
}

fn due_key(one: &Question) -> Vec<u8> {
    [b"d", &one.deadline_at_ms.to_be_bytes()[..], one.question_id.as_bytes()].concat()
}

fn itself_key(id: &str) -> Vec<u8> {
    [b"w", id.as_bytes()].concat()
}

/// A question that this unit asked or was asked.
pub(crate) fn question(tx: &Tx<'_>, id: &str) -> Result<Option<Question>, view::Error> {
    Ok(tx.get(&question_key(id))?.and_then(|bytes| Question::decode(&bytes[..]).ok()))
}

/// Up to `limit` questions in the order of the journal, with the key of each, from a key on.
pub(crate) fn questions(
    tx: &Tx<'_>,
    direction: Direction,
    state: State,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, Question)>, view::Error> {
    let mut found = Vec::new();
    for (key, id) in tx.scan(&list_prefix(direction, state), from, limit)? {
        let id = String::from_utf8(id).unwrap_or_default();
        found.extend(question(tx, &id)?.map(|question| (key, question)));
    }
    Ok(found)
}

/// The questions to which this unit's service replies by itself, at most `limit`.
pub(crate) fn to_reply(tx: &Tx<'_>, limit: usize) -> Result<Vec<String>, view::Error> {
    let found = tx.scan(b"w", b"", limit)?;
    Ok(found.into_iter().filter_map(|(key, _)| String::from_utf8(key[1..].to_vec()).ok()).collect())
}

/// This unit's own open questions by deadline, at most `limit`.
pub(crate) fn by_deadline(tx: &Tx<'_>, limit: usize) -> Result<Vec<(Moment, String)>, view::Error> {
    let read = |(key, id): (Vec<u8>, Vec<u8>)| {
        let at = i64::from_be_bytes(key.get(1..9)?.try_into().ok()?);
        Some((Moment(at), String::from_utf8(id).ok()?))
    };
    Ok(tx.scan(b"d", b"", limit)?.into_iter().filter_map(read).collect())
}
