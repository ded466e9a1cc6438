//! The registry of rights and duties at the gateway: what people propose, approve, reject and take
//! back, and who answers for what.
//!
//! A decision is one record here and one envelope on the subject `registry/<city>`, so that the
//! worker routes by it too; the rules are `domain::registry`'s. It decides nothing about a case: an
//! open one stays with who has it until somebody hands it over (see `handover`).

pub mod asking;
mod handover;
mod service;
mod touched;

use domain::{
    id::{AmendmentId, CaseId, UnitId},
    moment::Moment,
    registry::{Amendment, Fact, Registry, Signatory, check},
    rejection::Rejection,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
};

pub(crate) use self::service::Service;
use crate::{access, answer, command::By, door::Door, index, number, raise};

/// What is asked of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To propose an amendment.
    Propose(Amendment),
    /// To approve one.
    Approve(AmendmentId, String),
    /// To reject one, and why.
    Reject(AmendmentId, String),
    /// To take one back, and why.
    Withdraw(AmendmentId, String),
    /// To hand cases over.
    HandOver(HandOver),
}

/// Which cases shall be handed over by which amendment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// The amendment.
    pub amendment: AmendmentId,
    /// The cases.
    pub cases: Vec<CaseId>,
    /// Who leads, where the amendment does not say one.
    pub lead: Option<UnitId>,
    /// The digest of the preview that a person has seen; empty: there was none.
    pub digest: String,
}

/// Decides; the answer is the amendment's id, or what was handed over.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    wish: Wish,
    now: Moment,
) -> Result<Decision, Refusal> {
    let hand_over = match wish {
        Wish::HandOver(hand_over) => hand_over,
        wish => return amend(door, tx, by, wish, now),
    };
    handover::decide(door, tx, by, &hand_over, now)
}

fn amend(door: &Door, tx: &Tx<'_>, by: By, wish: Wish, now: Moment) -> Result<Decision, Refusal> {
    let who = Signatory { party: by.party.clone(), person: by.person.clone() };
    let (step, fact) = match wish {
        Wish::Propose(amendment) => {
            access::check_amender(&door.access, "propose_amendment", &by)?;
            ("propose", propose(door, tx, &by, amendment, who, now)?)
        }
        Wish::Approve(id, note) => {
            access::check_amender(&door.access, "decide_amendment", &by)?;
            answer::check_length("note", &note)?;
            let registry = kit::registry::all(tx)?;
            check::approve(&door.city, &registry, &id, &who, latest(now))?;
            ("approve", Fact::Approved(id, who, note))
        }
        Wish::Reject(id, reason) => {
            access::check_amender(&door.access, "decide_amendment", &by)?;
            check::reject(&one(tx, &id)?, &id, &reason)?;
            ("reject", Fact::Rejected(id, who, reason))
        }
        Wish::Withdraw(id, reason) => {
            access::check_amender(&door.access, "propose_amendment", &by)?;
            check::withdraw(&one(tx, &id)?, &id, &who, &reason)?;
            ("withdraw", Fact::Withdrawn(id, who, reason))
        }
        // Only the caller above has these.
        Wish::HandOver(_) => return Ok(Decision::unchanged(Vec::new())),
    };
    let id = fact.id().to_string();
    let outgoing = Outgoing {
        actor: Some(by.person),
        on_behalf_of: Some(by.party),
        traceparent: Some(by.trace),
        ..Outgoing::new(
            raise::envelope_id(format!("registry/{id}/{step}"))?,
            &kit::registry::subject(&door.city.id),
            proto::amendment::write(&fact),
        )
    };
    let answer = id.clone().into_bytes();
    Ok(Decision::change(step, id.into_bytes(), vec![outgoing], answer))
}

fn propose(
    door: &Door,
    tx: &Tx<'_>,
    by: &By,
    amendment: Amendment,
    who: Signatory,
    now: Moment,
) -> Result<Fact, Refusal> {
    let registry = kit::registry::all(tx)?;
    check::propose(&door.city, &registry, &amendment, latest(now))?;
    if let Some(case_id) = &amendment.precedent
        && index::matter(tx, case_id)?.is_none()
    {
        return Err(answer::unknown(case_id).at("precedent_case").into());
    }
    let numbers = number::candidates(&door.city, &by.party, &by.request_id, now);
    let ids = numbers.filter_map(|number| AmendmentId::parse(format!("A{number}")).ok());
    let mut free = ids.filter(|id| registry.get(id).is_none());
    let id = free.next().ok_or_else(|| {
        let message = "every number of this request is taken; ask with another id";
        Rejection::conflict("NO_NUMBER", message).at("command.request_id")
    })?;
    Ok(Fact::Proposed(id, amendment, who))
}

/// The registry as far as a decision about one amendment looks at it.
fn one(tx: &Tx<'_>, id: &AmendmentId) -> Result<Registry, Refusal> {
    Ok(Registry::of(kit::registry::entry(tx, id)?))
}

/// The latest moment for which anybody may have asked who answers for what he has seen: what was
/// answered then must not change any more.
fn latest(now: Moment) -> Moment {
    now + raise::AHEAD
}
