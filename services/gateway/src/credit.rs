//! Credit (信用, M064, M098, M099): the scores, the list, what goes outside, as the bus's record has
//! them, and what people decide about them.
//!
//! A score is folded by the rules of `domain` and never written here. What a person decides about an
//! object is one record, and only one is on its way at a time: two people who take an object off the
//! list at once are one after the other. What is not with an outside system yet is listed, with who
//! must act; "one of two" is what the deliveries of one cause say.

mod keys;
mod service;
mod wire;

use domain::{
    credit::{DeliveryId, Fact, Ledger, State, counts, remove},
    id::ObjectId,
    moment::Moment,
    pack::{City, Credit},
    party::{Party, Role},
    rejection::Rejection,
    task,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{
    credit_wire::RemoveListedResponse,
    envelope::{Wire, from_wire},
    record::Received,
};

pub(crate) use self::service::Credits;
use crate::{
    access,
    command::{By, Minding},
    door::Door,
    raise,
};

/// What a person decides about an object's credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mind {
    /// It is taken off the list.
    Remove,
    /// A delivery is tried again.
    PutBack(DeliveryId),
    /// A delivery need not go.
    Skip(DeliveryId),
}

fn read_fact(city: &City, wire: &Wire) -> Option<(ObjectId, Party, Fact)> {
    if !wire.r#type.starts_with("muster.credit.v1.") {
        return None;
    }
    let envelope = from_wire(wire.clone()).ok()?;
    let rest = envelope.subject.strip_prefix("credit/")?.strip_prefix(city.id.as_str())?;
    let object = ObjectId::parse(rest.strip_prefix('/')?).ok()?;
    let fact = proto::credit::read(&envelope.kind, &envelope.body).ok()??;
    counts(&envelope.source, &fact, &city.powers).then_some((object, envelope.source, fact))
}

/// A decision of our own is on its way.
pub(crate) fn leaves(city: &City, tx: &mut Tx<'_>, wire: &Wire) {
    if let Some((object, _, _)) = read_fact(city, wire) {
        keys::send(tx, &object);
    }
}

/// Folds what the bus's record has; says whether it was about credit.
pub(crate) fn comes(
    city: &City,
    tx: &mut Tx<'_>,
    received: &Received,
) -> Result<bool, view::Error> {
    let wire = received.envelope.as_ref();
    let Some((object, source, fact)) = wire.and_then(|wire| read_fact(city, wire)) else {
        return Ok(false);
    };
    if source.is(Role::Gateway) {
        keys::is_back(tx, &object);
    }
    let at = Moment(received.accepted_at_ms);
    let before = keys::ledger(tx, &object)?;
    let after = match before.clone() {
        None => Ledger::begin(object, &fact, at),
        Some(mut ledger) => ledger.apply(&fact, at).then_some(ledger),
    };
    if let Some(after) = after {
        keys::put(tx, before.as_ref(), &after);
    }
    Ok(true)
}

/// Decides what a person says about an object's credit.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    minding: Minding,
) -> Result<Decision, Refusal> {
    let Minding { object, mind, reason } = minding;
    let ledger = keys::ledger(tx, &object)?.ok_or_else(|| unknown(&object))?;
    access::check_minder(&door.access, &ledger, &by)?;
    task::text("REASON_MISSING", "reason", &reason)?;
    if keys::is_sent(tx, &object)? {
        let message =
            format!("a decision about {object} is on its way; ask again when it is there");
        return Err(Rejection::unavailable("UNDER_WAY", message).at("object").into());
    }
    let (fact, name, answer) = match mind {
        Mind::Remove => removal(rules(&door.city)?, &ledger, &by, reason)?,
        Mind::PutBack(delivery) => {
            let since = parked(&ledger, &delivery)?;
            let name = format!("put-back/{}/{delivery}", since.0);
            let person = by.person.clone();
            (Fact::PutBack { delivery, person, reason }, name, Vec::new())
        }
        Mind::Skip(delivery) => {
            let since = parked(&ledger, &delivery)?;
            let name = format!("skip/{}/{delivery}", since.0);
            let person = by.person.clone();
            (Fact::Skipped { delivery, person, reason }, name, Vec::new())
        }
    };
    let outgoing = Outgoing {
        actor: Some(by.person),
        on_behalf_of: Some(by.party),
        traceparent: Some(by.trace),
        ..Outgoing::new(
            raise::envelope_id(short(format!("credit/{object}/{name}")))?,
            &format!("credit/{}/{object}", door.city.id),
            proto::credit::write(&fact),
        )
    };
    let data = object.to_string().into_bytes();
    Ok(Decision::change("credit", data, vec![outgoing], answer))
}

fn removal(
    rules: &Credit,
    ledger: &Ledger,
    by: &By,
    reason: String,
) -> Result<(Fact, String, Vec<u8>), Refusal> {
    let removal = remove(ledger, rules, &by.person, &by.party, reason)?;
    let name = format!("remove/{}/{}", removal.number, by.person);
    let answer = RemoveListedResponse { is_removed: removal.is_final }.encode_to_vec();
    Ok((Fact::Removal(removal), name, answer))
}

/// Ids of objects and of deliveries may be long: the id of an envelope is then their hash.
pub(crate) fn short(text: String) -> String {
    use sha2::{Digest as _, Sha256};
    match text.len() > domain::id::LENGTH_MAX {
        true => Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect(),
        false => text,
    }
}

/// The rules of credit of a city that has some.
fn rules(city: &City) -> Result<&Credit, Rejection> {
    city.credit.as_ref().ok_or_else(|| {
        let message = format!("{} has no rules of credit in its pack", city.id);
        Rejection::conflict("NO_CREDIT_RULES", message).at("object")
    })
}

/// Since when a delivery is parked.
fn parked(ledger: &Ledger, id: &DeliveryId) -> Result<Moment, Rejection> {
    let object = &ledger.object;
    let Some(delivery) = ledger.delivery(id) else {
        let message = format!("nothing of this name goes outside about {object}");
        return Err(Rejection::unknown("UNKNOWN_DELIVERY", "delivery", message));
    };
    match delivery.state {
        State::Parked { .. } => Ok(delivery.since),
        _ => {
            let message = format!("{id} about {object} is not parked; only what is may be decided");
            Err(Rejection::conflict("NOT_PARKED", message).at("delivery"))
        }
    }
}

/// Nothing is known of it.
fn unknown(object: &ObjectId) -> Rejection {
    let message = format!("nothing was ever confirmed about {object}");
    Rejection::unknown("UNKNOWN_OBJECT", "object", message)
}
