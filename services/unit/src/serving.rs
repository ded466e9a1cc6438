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
use sha2::{Digest as _, Sha256};

pub(crate) use self::{registers::Registers, units::Units};

/// On whose word a command stands: the party of the connection, a person that it names.
struct Word {
    asked: Asked,
    person: PersonId,
}

/// Reads a command. The method is part of the content: the same id and fields under another method
/// are another request.
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
    let content = [method.as_bytes(), &[0], &content.encode_to_vec()].concat();
    let fingerprint = Sha256::digest(content).into();
    Ok(Word { asked: Asked { caller, request_id, fingerprint }, person })
}
