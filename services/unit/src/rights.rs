//! What a unit's service asks the city's policies about: desks, registers, evidence.
//!
//! Which party may call which method at all, the server has asked before. Here are the facts that
//! a policy goes by, and who stands behind a question.

use domain::{
    contact::Contact,
    evidence::Digest,
    id::{PersonId, UnitId},
    party::Party,
};
use kit::access::{Access, Ask, Thing};
use proto::{contact_wire::ReadContactRequest, register::LookUpRequest};

/// To look at the tasks of this unit.
pub(crate) fn see_desk(owner: &UnitId) -> Ask {
    Ask::to("see_desk", desk(owner))
}

/// To act on a task of this unit, on the word of a person.
pub(crate) fn work_at_desk(
    access: &Access,
    owner: &UnitId,
    caller: &Party,
    person: &PersonId,
) -> Ask {
    Ask::to("work_at_desk", desk(owner)).by(access, caller, person)
}

/// To look something up in a register of this unit, and why.
pub(crate) fn ask_register(
    access: &Access,
    owner: &UnitId,
    caller: &Party,
    person: &PersonId,
    asked: &LookUpRequest,
) -> Ask {
    let register = Thing::new("Register", format!("{owner}/{}", asked.register))
        .with("owner", Party::unit(owner))
        .with("name", asked.register.clone());
    let ask = Ask::to("ask_register", register).by(access, caller, person);
    ask.with("purpose", asked.purpose.clone())
}

/// To bring a piece of evidence to this unit.
pub(crate) fn bring_evidence(owner: &UnitId, digest: &Digest) -> Ask {
    Ask::to("bring_evidence", evidence(owner, digest, false))
}

/// To read a piece of evidence of this unit.
pub(crate) fn read_evidence(owner: &UnitId, digest: &Digest, is_shared: bool) -> Ask {
    Ask::to("read_evidence", evidence(owner, digest, is_shared))
}

/// To read a telephone number that this unit has received, and what for.
pub(crate) fn read_contact(
    access: &Access,
    contact: &Contact,
    (caller, person): (&Party, &PersonId),
    asked: &ReadContactRequest,
) -> Ask {
    let thing = Thing::new("Contact", contact.id.to_string())
        .with("owner", Party::unit(&contact.to))
        .with("purpose", contact.purpose.clone());
    let ask = Ask::to("read_contact", thing).by(access, caller, person);
    ask.with("purpose", asked.purpose.clone())
}

fn desk(owner: &UnitId) -> Thing {
    Thing::new("Desk", owner.to_string()).with("owner", Party::unit(owner))
}

fn evidence(owner: &UnitId, digest: &Digest, is_shared: bool) -> Thing {
    Thing::new("Evidence", digest.to_string())
        .with("owner", Party::unit(owner))
        .with("shared", is_shared)
}
