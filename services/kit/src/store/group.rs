//! The same said to several, all of whom must have it: one envelope each, in one group.
//!
//! | key | value |
//! |---|---|
//! | `0x01 d <group>` | who of its receivers has it, as JSON |
//! | `0x01 h <recipient> 0 <number>` | the group of an envelope that is still waited for |
//!
//! Sending again until everybody has it is the outbox's; here is only who has. A group stays when it
//! is complete: it is small, since the number of its receivers is bounded, and its sender may be
//! asked for it years later, as for a request.

use std::collections::{BTreeMap, BTreeSet};

use domain::{id::EnvelopeId, party::Party, rejection::Rejection};
use proto::{
    envelope::{AttributeValue, Wire},
    record::Settled,
};
use serde::{Deserialize, Serialize};

use super::{Error, Machine, Outgoing, Store, books::key};
use crate::{tx::Tx, view};

/// The most receivers that a group has.
pub const RECEIVERS_MAX: usize = 50;

/// Whether one receiver has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not yet; it is tried until it has.
    Waiting,
    /// It is in the receiver's journal.
    Received,
    /// It was parked, and a person decided that this receiver does not get it.
    Skipped,
}

/// Who of a group's receivers has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// By receiver.
    pub receivers: BTreeMap<String, Standing>,
}

impl Delivery {
    /// How many have it.
    pub fn received(&self) -> usize {
        self.receivers.values().filter(|one| **one == Standing::Received).count()
    }

    /// Whether nothing is waited for any more.
    pub fn is_complete(&self) -> bool {
        self.receivers.values().all(|one| *one != Standing::Waiting)
    }
}

impl Outgoing {
    /// The same to each of these, in one group that has the name of this envelope. What each gets
    /// has the id of this one and the receiver; so has what it corrects.
    pub fn to_all(self, receivers: &BTreeSet<Party>) -> Result<Vec<Outgoing>, Rejection> {
        let count = receivers.len();
        if count == 0 || count > RECEIVERS_MAX {
            let message =
                format!("a group has 1 to {RECEIVERS_MAX} receivers, this one has {count}");
            return Err(Rejection::invalid("WRONG_COUNT", "receivers", message));
        }
        let of = |id: &EnvelopeId, to: &Party| {
            proto::convert::id::<EnvelopeId>("receivers", format!("{id}/{to}"))
        };
        let one = |to: &Party| {
            let mut one = Outgoing { id: of(&self.id, to)?, ..self.clone() };
            one.recipient = Some(to.clone());
            one.terms.group = Some(self.id.to_string());
            one.terms.corrects = self.terms.corrects.as_ref().map(|id| of(id, to)).transpose()?;
            Ok(one)
        };
        receivers.iter().map(one).collect()
    }
}

/// Notes that an envelope of a group is on its way.
pub(super) fn note_outgoing(
    tx: &mut Tx<'_>,
    wire: &Wire,
    name: &Settled,
) -> Result<(), view::Error> {
    let Some(group) = wire.attributes.get("group").and_then(text) else { return Ok(()) };
    tx.put(member(name), group.as_bytes());
    note(tx, group, name, Standing::Waiting)
}

/// Notes what became of an envelope; most are of no group.
pub(super) fn note_settled(tx: &mut Tx<'_>, name: &Settled) -> Result<(), view::Error> {
    let member = member(name);
    let Some(group) = tx.get(&member)? else { return Ok(()) };
    tx.remove(member);
    let standing = if name.is_skipped { Standing::Skipped } else { Standing::Received };
    note(tx, &String::from_utf8_lossy(&group), name, standing)
}

fn note(
    tx: &mut Tx<'_>,
    group: &str,
    name: &Settled,
    standing: Standing,
) -> Result<(), view::Error> {
    let mut delivery = read(tx, group)?.unwrap_or_default();
    delivery.receivers.insert(name.recipient.clone(), standing);
    tx.put(key(b'd', &[group.as_bytes()]), serde_json::to_vec(&delivery).unwrap_or_default());
    Ok(())
}

fn read(tx: &Tx<'_>, group: &str) -> Result<Option<Delivery>, view::Error> {
    let found = tx.get(&key(b'd', &[group.as_bytes()]))?;
    Ok(found.and_then(|json| serde_json::from_slice(&json).ok()))
}

fn member(name: &Settled) -> Vec<u8> {
    key(b'h', &[name.recipient.as_bytes(), &name.number.to_be_bytes()])
}

fn text(value: &AttributeValue) -> Option<&str> {
    match value.attr.as_ref()? {
        proto::muster::envelope::v1::attribute_value::Attr::CeString(text) => Some(text),
        _ => None,
    }
}

impl<M: Machine> Store<M> {
    /// Who of a group's receivers has it; none when this role sent no such group.
    pub fn delivery(&self, group: &str) -> Result<Option<Delivery>, Error> {
        Ok(self.look(|tx| read(tx, group))?)
    }
}
