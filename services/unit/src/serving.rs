//! The services of the hosted units. Each call converts in its first lines and its last.

mod registers;
mod units;
mod watch;

use domain::{
    id::{PersonId, RequestId},
    party::Party,
    rejection::Rejection,
};
use kit::store::Asked;
use prost::Message;
use proto::{convert, page::Command};

pub(crate) use self::{registers::Registers, units::Units};

/// On whose word a command stands: the party of the connection, a person that it names.
struct Word {
    asked: Asked,
    person: PersonId,
}

/// Reads a command.
fn word(
    caller: Party,
    method: &str,
    command: Option<Command>,
    content: &impl Message,
) -> Result<Word, Rejection> {
    let command = command.ok_or_else(|| {
        Rejection::invalid("COMMAND_MISSING", "command", "command says who asks, and its id")
    })?;
    let request_id: RequestId = convert::id("command.request_id", command.request_id)?;
    let person = convert::id("command.person", command.person)?;
    Ok(Word { asked: Asked::of(caller, request_id, method, content), person })
}
