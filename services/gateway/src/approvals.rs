//! Joint approvals (联审联批): their folding from the bus's record, an application, and taking it
//! back.
//!
//! An application is one record with an envelope for everybody who is asked: it is taken, and can be
//! seen, while everything else is down. Its limits count from when the bus has it. What the items
//! come to, and their cases, the worker says.

mod keys;
mod service;

use std::collections::BTreeSet;

use domain::{
    approval::{
        Applied, Approval, Fact, Proposal, check_application, check_withdrawal, may_say,
        of_subject, subject,
    },
    id::{ApprovalId, ApprovalKindId, CityId},
    moment::Moment,
    pack::{ApprovalKind, City},
    party::{Kind, Party},
    rejection::Rejection,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use proto::{
    envelope::{Wire, from_wire},
    record::Received,
};

pub(crate) use self::{keys::Kept, service::Approvals};
use crate::{access, command::By, door::Door, number, raise};

/// What is asked for about approvals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plea {
    /// To apply for one.
    Apply {
        /// What sort.
        kind: ApprovalKindId,
        /// What it is about.
        title: String,
        /// What is applied for.
        items: Vec<Proposal>,
    },
    /// To take back what is not complete.
    Withdraw {
        /// The approval.
        id: ApprovalId,
        /// Why.
        reason: String,
    },
}

/// What an envelope says of an approval, with its trace context.
type Said = (ApprovalId, Fact, Option<String>);

fn read_fact(city: &CityId, wire: &Wire) -> Option<Said> {
    if !wire.r#type.starts_with("muster.approval.v1.") {
        return None;
    }
    let envelope = from_wire(wire.clone()).ok()?;
    let id = of_subject(city, &envelope.subject)?;
    let fact = proto::joint::read(&envelope.kind, &envelope.body).ok()??;
    may_say(&envelope.source, &fact).then_some((id, fact, envelope.traceparent))
}

/// What people have said here is on its way; an application is seen at once.
pub(crate) fn leaves(
    city: &City,
    tx: &mut Tx<'_>,
    wire: &Wire,
    at: Moment,
) -> Result<(), view::Error> {
    match read_fact(&city.id, wire) {
        Some((id, Fact::Withdrawn { .. }, _)) => keys::withdraw(tx, &id),
        Some((id, fact, trace)) if keys::kept(tx, &id)?.is_none() => {
            if let Some(approval) = Approval::begin(id, &fact, at) {
                keys::put(tx, &Kept { approval, is_on_bus: false, trace });
            }
        }
        _ => {}
    }
    Ok(())
}

/// Folds what the bus's record has; says whether it was about an approval.
pub(crate) fn comes(
    city: &City,
    tx: &mut Tx<'_>,
    received: &Received,
) -> Result<bool, view::Error> {
    let wire = received.envelope.as_ref();
    let Some((id, fact, trace)) = wire.and_then(|wire| read_fact(&city.id, wire)) else {
        return Ok(false);
    };
    let at = Moment(received.accepted_at_ms);
    let now = match keys::kept(tx, &id)? {
        // What was ours alone counts from here on.
        Some(Kept { is_on_bus: true, mut approval, trace }) => {
            approval.apply(&fact, at).then_some((approval, trace))
        }
        _ => Approval::begin(id, &fact, at).map(|approval| (approval, trace)),
    };
    if let Some((approval, trace)) = now {
        keys::put(tx, &Kept { approval, is_on_bus: true, trace });
    }
    Ok(true)
}

/// Decides about what is asked for; the answer to an application is its number.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    plea: Plea,
    now: Moment,
) -> Result<Decision, Refusal> {
    match plea {
        Plea::Apply { kind, title, items } => apply(door, tx, by, (&kind, title, items), now),
        Plea::Withdraw { id, reason } => withdraw(door, tx, by, &id, reason),
    }
}

fn apply(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    (kind, title, items): (&ApprovalKindId, String, Vec<Proposal>),
    now: Moment,
) -> Result<Decision, Refusal> {
    access::check_applicant(&door.access, &by)?;
    let kind = check_application(&door.city, kind, &title, &items)?;
    let id = free_number(&door.city, tx, &by, now)?;
    let applied = applied(door, kind, by.party.clone(), title, items);
    let to = applied.everybody(&door.city);
    let outgoing = envelopes(door, &id, &by, "apply", &Fact::Applied(applied), to)?;
    let answer = id.as_str().as_bytes().to_vec();
    Ok(Decision::change("approval", answer.clone(), outgoing, answer))
}

fn applied(
    door: &Door,
    kind: &ApprovalKind,
    applicant: Party,
    title: String,
    items: Vec<Proposal>,
) -> Applied {
    let limit = door.city.limits(&door.profile, &kind.issue_type).opinion;
    Applied {
        kind: kind.id.clone(),
        applicant,
        title,
        items,
        approvers: kind.approvers.clone(),
        asked: kind.asked.clone(),
        office: Party { kind: Kind::Office, id: door.city.coordinator.to_string() },
        within_ms: limit.within_ms,
        pace: limit.pace,
    }
}

fn withdraw(
    door: &Door,
    tx: &Tx<'_>,
    mut by: By,
    id: &ApprovalId,
    reason: String,
) -> Result<Decision, Refusal> {
    let keys::Kept { approval, trace, .. } = keys::kept(tx, id)?.ok_or_else(|| unknown(id))?;
    // One approval is one trace, whoever speaks and however much later.
    by.trace = trace.unwrap_or(by.trace);
    access::check_taker_back(&door.access, &approval, &by)?;
    check_withdrawal(&approval, &reason)?;
    if keys::is_withdrawn(tx, id)? {
        let message = format!("{id} is taken back already");
        return Err(Rejection::conflict("ALREADY_WITHDRAWN", message).at("approval_id").into());
    }
    let to = approval.applied.everybody(&door.city);
    let fact = Fact::Withdrawn { by: by.party.clone(), reason };
    let outgoing = envelopes(door, id, &by, "withdraw", &fact, to)?;
    let data = id.as_str().as_bytes().to_vec();
    Ok(Decision::change("approval_withdrawn", data, outgoing, Vec::new()))
}

/// One envelope for the record, and one for each of these.
fn envelopes(
    door: &Door,
    id: &ApprovalId,
    by: &By,
    word: &str,
    fact: &Fact,
    to: BTreeSet<Party>,
) -> Result<Vec<Outgoing>, Rejection> {
    let write = |recipient: Option<Party>| {
        let to = recipient.as_ref().map(|party| format!("/{party}")).unwrap_or_default();
        let name = raise::envelope_id(format!("approval/{id}/{word}{to}"))?;
        Ok(Outgoing {
            recipient,
            actor: Some(by.person.clone()),
            on_behalf_of: Some(by.party.clone()),
            traceparent: Some(by.trace.clone()),
            ..Outgoing::new(name, &subject(&door.city.id, id), proto::joint::write(fact))
        })
    };
    [None].into_iter().chain(to.into_iter().map(Some)).map(write).collect()
}

/// The best number that no approval has.
fn free_number(city: &City, tx: &Tx<'_>, by: &By, now: Moment) -> Result<ApprovalId, Refusal> {
    for number in number::candidates(city, &by.party, &by.request_id, now) {
        let Ok(id) = ApprovalId::parse(format!("P{number}")) else { continue };
        if keys::kept(tx, &id)?.is_none() {
            return Ok(id);
        }
    }
    let message = "every number of this request is taken; ask with another id";
    Err(Rejection::conflict("NO_NUMBER", message).at("command.request_id").into())
}

/// No such approval.
fn unknown(id: &ApprovalId) -> Rejection {
    let message = format!("there is no approval {id}");
    Rejection::unknown("UNKNOWN_APPROVAL", "approval_id", message)
}
