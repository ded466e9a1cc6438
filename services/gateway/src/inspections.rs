//! Inspections (检查, M063) and seizures (M070): what was found of each object, as the bus's record
//! has it, and what the office decides where no unit can.
//!
//! A stop is opened and settled at the desks of units; here it is seen as a whole, also what is still
//! pending at a unit that is away. What a unit without the power says counts for nothing. A decision
//! of the office about an object is one record, and only one is on its way at a time. Where it sets a
//! penalty aside that counted for credit, that goes out with it.

mod keys;
mod service;

use std::collections::BTreeSet;

use domain::{
    credit::{self, ViolationId},
    id::{CityId, FactKey, InspectionId, ObjectId, UnitId},
    inspection::{
        About, Docket, Fact, check_assignment, check_choice, may_say, of_subject, subject,
    },
    moment::Moment,
    pack::City,
    party::{Party, Role},
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

pub(crate) use self::{keys::is_open, service::Inspections};
use crate::{access, command::By, credit::short, door::Door, raise, told::Spot, trail};

/// What the office decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Who answers for a finding that is nobody's.
    Assign {
        /// Of which stop.
        id: InspectionId,
        /// Which.
        finding: u32,
        /// Who.
        unit: UnitId,
        /// Why.
        reason: String,
    },
    /// Which of several penalties for one fact stands.
    Choose {
        /// Of whom.
        object: ObjectId,
        /// What has happened.
        fact: FactKey,
        /// The one that stands.
        stands: ViolationId,
        /// Why.
        reason: String,
    },
}

fn read_fact(city: &CityId, wire: &Wire) -> Option<(ObjectId, Party, Fact)> {
    if !wire.r#type.starts_with("muster.inspection.v1.") {
        return None;
    }
    let envelope = from_wire(wire.clone()).ok()?;
    let object = of_subject(city, &envelope.subject)?;
    let fact = proto::inspection::read(&envelope.kind, &envelope.body).ok()??;
    may_say(&envelope.source, &fact).then_some((object, envelope.source, fact))
}

/// A decision of the office is on its way.
pub(crate) fn leaves(city: &City, tx: &mut Tx<'_>, wire: &Wire) {
    if let Some((object, _, _)) = read_fact(&city.id, wire) {
        keys::send(tx, &object);
    }
}

/// Folds what the bus's record has; says whether it was about a stop or a seizure.
pub(crate) fn comes(
    city: &City,
    tx: &mut Tx<'_>,
    received: &Received,
    spot: Spot,
) -> Result<bool, view::Error> {
    let wire = received.envelope.as_ref();
    let Some((object, source, fact)) = wire.and_then(|wire| read_fact(&city.id, wire)) else {
        return Ok(false);
    };
    if source.is(Role::Gateway) {
        keys::is_back(tx, &object);
    }
    if keys::is_of_another(tx, &object, &fact)? {
        return Ok(true);
    }
    let mut docket = keys::docket(tx, &object)?.unwrap_or_else(|| Docket::new(object));
    if docket.apply(&fact, Moment(received.accepted_at_ms), &city.powers) {
        keys::put(tx, &docket);
    }
    for (stop, wire) in stops(&docket, &fact).iter().zip(std::iter::repeat(wire)) {
        let Some(wire) = wire else { continue };
        trail::note(tx, &trail::stop(&city.id, stop), wire, spot)?;
    }
    Ok(true)
}

/// The stops that this is said about.
fn stops(docket: &Docket, fact: &Fact) -> BTreeSet<InspectionId> {
    let of_seizure = |about: &About| match about {
        About::Inspection(id) => Some(id.clone()),
        About::Case(_) => None,
    };
    match fact {
        Fact::Opened(opened) | Fact::Assigned { opened, .. } => [opened.id.clone()].into(),
        Fact::Settled { id, .. } | Fact::Revoked { id, .. } => [id.clone()].into(),
        Fact::Chosen { fact, .. } => {
            let with = docket.findings().filter(|(_, _, finding)| finding.found.fact == *fact);
            with.map(|(id, _, _)| id.clone()).collect()
        }
        Fact::Seized(seized) => of_seizure(&seized.about).into_iter().collect(),
        Fact::Ended { id, .. } => {
            let seizure = docket.seizures.get(id);
            seizure.and_then(|one| of_seizure(&one.seized.about)).into_iter().collect()
        }
    }
}

/// Decides what the office says.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    mut by: By,
    verdict: Verdict,
) -> Result<Decision, Refusal> {
    if let Verdict::Assign { id, .. } = &verdict {
        let stop = trail::stop(&door.city.id, id);
        by.trace = trail::trace(tx, &stop)?.unwrap_or(by.trace);
    }
    let docket = match &verdict {
        Verdict::Assign { id, .. } => keys::docket_of(tx, id)?.ok_or_else(|| unknown(id))?,
        Verdict::Choose { object, .. } => {
            keys::docket(tx, object)?.unwrap_or_else(|| Docket::new(object.clone()))
        }
    };
    access::check_chooser(&door.access, &docket.object, &by)?;
    let outgoing = match verdict {
        Verdict::Assign { id, finding, unit, reason } => {
            assign(door, &by, &docket, (id, finding), unit, reason)?
        }
        Verdict::Choose { fact, stands, reason, .. } => {
            choose(door, &by, &docket, fact, stands, reason)?
        }
    };
    if keys::is_sent(tx, &docket.object)? {
        let object = &docket.object;
        let message =
            format!("a decision about {object} is on its way; ask again when it is there");
        return Err(Rejection::unavailable("UNDER_WAY", message).at("object").into());
    }
    Ok(Decision::change("inspection", docket.object.to_string().into(), outgoing, Vec::new()))
}

fn assign(
    door: &Door,
    by: &By,
    docket: &Docket,
    (id, number): (InspectionId, u32),
    unit: UnitId,
    reason: String,
) -> Result<Vec<Outgoing>, Refusal> {
    check_assignment(docket, (&id, number), &door.city, &unit, &reason)?;
    let Some(one) = docket.inspections.get(&id) else { return Err(unknown(&id).into()) };
    let opened = one.opened.clone();
    let units = BTreeSet::from([unit.clone(), opened.unit.clone()]);
    let person = by.person.clone();
    let fact = Fact::Assigned { opened, finding: number, unit, person, reason };
    let name = format!("inspection/{id}/{number}/assign");
    Ok(tell(door, by, &docket.object, (&name, &fact), &units)?)
}

fn choose(
    door: &Door,
    by: &By,
    docket: &Docket,
    fact: FactKey,
    stands: ViolationId,
    reason: String,
) -> Result<Vec<Outgoing>, Refusal> {
    let aside = check_choice(docket, &fact, &stands, &reason)?;
    let penalties = docket.penalties(&fact);
    let owners = penalties.iter().filter_map(|(_, _, finding)| finding.owner.clone());
    let openers = penalties.iter().filter_map(|(id, _, _)| docket.inspections.get(*id));
    let units = owners.chain(openers.map(|one| one.opened.unit.clone())).collect();
    let count = penalties.len();
    let name = format!("inspection/{}/{fact}/{stands}/{count}/choose", docket.object);
    let mut revoked = Vec::new();
    for id in aside.iter().filter(|_| door.city.credit.is_some()) {
        revoked.push(revoke(door, by, &docket.object, id, &reason)?);
    }
    let person = by.person.clone();
    let fact = Fact::Chosen { fact, stands, aside, person, reason };
    let told = tell(door, by, &docket.object, (&name, &fact), &units)?;
    Ok([told, revoked].concat())
}

/// What does not stand counts for no credit either. Where it never did, this changes nothing.
fn revoke(
    door: &Door,
    by: &By,
    object: &ObjectId,
    id: &ViolationId,
    reason: &str,
) -> Result<Outgoing, Rejection> {
    let fact = credit::Fact::Revoked { id: id.clone(), reason: reason.to_owned() };
    let name = raise::envelope_id(short(format!("credit/{object}/{id}/aside")))?;
    let subject = format!("credit/{}/{object}", door.city.id);
    Ok(signed(by, Outgoing::new(name, &subject, proto::credit::write(&fact))))
}

/// One envelope for the record, and one for each of these.
fn tell(
    door: &Door,
    by: &By,
    object: &ObjectId,
    (name, fact): (&str, &Fact),
    units: &BTreeSet<UnitId>,
) -> Result<Vec<Outgoing>, Rejection> {
    let to = units.iter().filter_map(|unit| door.city.reached(unit)).map(Some);
    let write = |recipient: Option<Party>| {
        let to = recipient.as_ref().map(|party| format!("/{party}")).unwrap_or_default();
        let id = raise::envelope_id(short(format!("{name}{to}")))?;
        let body = proto::inspection::write(fact);
        let outgoing = Outgoing::new(id, &subject(&door.city.id, object), body);
        Ok(signed(by, Outgoing { recipient, ..outgoing }))
    };
    [None].into_iter().chain(to).map(write).collect()
}

fn signed(by: &By, outgoing: Outgoing) -> Outgoing {
    Outgoing {
        actor: Some(by.person.clone()),
        on_behalf_of: Some(by.party.clone()),
        traceparent: Some(by.trace.clone()),
        ..outgoing
    }
}

/// No such stop.
fn unknown(id: &InspectionId) -> Rejection {
    let message = format!("there is no inspection {id}");
    Rejection::unknown("UNKNOWN_INSPECTION", "inspection_id", message)
}
