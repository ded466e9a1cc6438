//! The steps of an object's credit: from what is known of it and the city pack to envelopes, and to
//! messages for outside. Pure.
//!
//! The same step has the same id every time, so that doing it twice is once; the key of a message is
//! its delivery's, and its body is made of what does not change any more.

use connector::{Answer, Message};
use domain::{
    credit::{Cause, DeliveryId, Fact, Held, Ledger, State, Step, TEXT_MAX, decide},
    envelope::Terms,
    id::{CityId, EnvelopeId, ObjectId, UnitId},
    pack::{City, Credit},
    party::{Kind, Party},
};
use kit::store::Outgoing;
use proto::notice::NoticeGiven;
use serde_json::{Value, json};

use crate::steps;

/// Why a unit is told of an object.
const PURPOSE: &str = "信用信息共享与联合惩戒: shared for credit and joint punishment";

/// The subject of the envelopes of an object's credit.
pub fn subject(city: &CityId, object: &ObjectId) -> String {
    format!("credit/{city}/{object}")
}

/// The object that a subject is about, when it is one of this city.
pub fn object_of(city: &CityId, subject: &str) -> Option<ObjectId> {
    let rest = subject.strip_prefix("credit/")?.strip_prefix(city.as_str())?;
    ObjectId::parse(rest.strip_prefix('/')?).ok()
}

/// The id of what a step sends.
pub fn step_id(object: &ObjectId, step: &Step) -> EnvelopeId {
    steps::id(format!("credit/{object}/{}", step.name()))
}

/// Whether a step is still to be done: a flow may have decided it from an older picture.
pub fn is_wanted(ledger: &Ledger, rules: &Credit, step: &Step) -> bool {
    decide(ledger, rules).steps.contains(step)
}

/// What is said for a step.
pub fn fact(city: &City, ledger: &Ledger, step: &Step) -> Fact {
    match step.clone() {
        Step::List { number, score, threshold } => Fact::Listed { number, score, threshold },
        Step::Correct { number, score } => Fact::Corrected { number, score },
        Step::Start(delivery) => Fact::Started(delivery),
        Step::Notice { cause, unit } => {
            let text = sentence(city, ledger, &cause);
            Fact::Noticed { cause, unit, text }
        }
    }
}

/// The envelopes of a step: what is said for the record, and to a unit that is told.
pub fn envelopes(
    city: &City,
    ledger: &Ledger,
    traceparent: Option<&str>,
    step: &Step,
) -> Vec<Outgoing> {
    let fact = fact(city, ledger, step);
    let first = said(city, ledger, traceparent, step_id(&ledger.object, step), &fact);
    let notice = notice(city, ledger, &fact).map(|mut notice| {
        notice.traceparent = traceparent.map(str::to_owned);
        notice
    });
    [Some(first), notice].into_iter().flatten().collect()
}

/// What a unit finds among its notices; what takes an earlier one back corrects it there.
fn notice(city: &City, ledger: &Ledger, fact: &Fact) -> Option<Outgoing> {
    let Fact::Noticed { cause, unit, text } = fact else { return None };
    let recipient = Some(city.reached(unit)?);
    let id = |cause: &Cause| format!("worker/credit/{}/{cause}/{unit}", ledger.object);
    let (notice_id, earlier) = (id(cause), cause.of().map(|earlier| id(&earlier)));
    let subject = format!("notice/{}/{}", city.id, earlier.as_ref().unwrap_or(&notice_id));
    let given = NoticeGiven {
        notice_id: notice_id.clone(),
        text: text.clone(),
        corrects: earlier.unwrap_or_default(),
        ..NoticeGiven::default()
    };
    let id = steps::id(format!("notice/{notice_id}"));
    let outgoing = Outgoing::new(id, &subject, proto::body::write(&given));
    let terms = Terms { purpose: Some(PURPOSE.to_owned()), ..Terms::default() };
    Some(Outgoing { recipient, terms, ..outgoing })
}

/// The envelope of what an outside system has answered.
pub fn answer_envelope(
    city: &City,
    ledger: &Ledger,
    traceparent: Option<&str>,
    fact: &Fact,
) -> Option<Outgoing> {
    let id = answer_id(ledger, fact)?;
    Some(said(city, ledger, traceparent, id, fact))
}

/// The id of an answer: one for each time that the delivery was started.
pub fn answer_id(ledger: &Ledger, fact: &Fact) -> Option<EnvelopeId> {
    let (word, delivery) = match fact {
        Fact::Delivered { delivery, .. } => ("delivered", delivery),
        Fact::Delayed { delivery, .. } => ("delayed", delivery),
        Fact::Parked { delivery, .. } => ("parked", delivery),
        _ => return None,
    };
    let since = ledger.delivery(delivery)?.since;
    Some(steps::id(format!("credit/{}/{word}/{}/{delivery}", ledger.object, since.0)))
}

fn said(
    city: &City,
    ledger: &Ledger,
    traceparent: Option<&str>,
    id: EnvelopeId,
    fact: &Fact,
) -> Outgoing {
    let recipient = match fact {
        Fact::Parked { owner, .. } => Some(owner.clone()),
        _ => None,
    };
    let mut outgoing =
        Outgoing::new(id, &subject(&city.id, &ledger.object), proto::credit::write(fact));
    outgoing.recipient = recipient;
    outgoing.traceparent = traceparent.map(str::to_owned);
    outgoing
}

/// What an outside system's answer means for a delivery that was tried; none: nothing new.
pub fn answered(city: &City, ledger: &Ledger, id: &DeliveryId, answer: Answer) -> Option<Fact> {
    let delivery = ledger.delivery(id).filter(|one| one.state == State::Started)?;
    let kept = |text: String| text.chars().take(TEXT_MAX).collect::<String>();
    let id = id.clone();
    match answer {
        Answer::Taken { receipt } => Some(Fact::Delivered { delivery: id, receipt: kept(receipt) }),
        Answer::Refused { reason } => {
            let (reason, owner) = (kept(reason), owner(city));
            Some(Fact::Parked { delivery: id, reason, owner })
        }
        Answer::Later { reason } if delivery.trouble.is_none() => {
            Some(Fact::Delayed { delivery: id, reason: kept(reason) })
        }
        Answer::Later { .. } => None,
    }
}

/// Who must act when something is parked.
fn owner(city: &City) -> Party {
    Party { kind: Kind::Office, id: city.coordinator.to_string() }
}

/// The message of a delivery; none when nothing is known of its cause.
pub fn message(city: &City, ledger: &Ledger, id: &DeliveryId) -> Option<Message> {
    Some(Message {
        key: format!("{}/{}/{id}", city.id, ledger.object),
        source: format!("/muster/{}", city.id),
        kind: format!("muster.credit.{}", id.cause.word()),
        subject: ledger.object.to_string(),
        data: data(city, ledger, id)?,
        ..Message::default()
    })
}

fn data(city: &City, ledger: &Ledger, id: &DeliveryId) -> Option<Value> {
    let back = id.cause.of().map(|cause| {
        let first = DeliveryId { receiver: id.receiver.clone(), cause };
        format!("{}/{}/{first}", city.id, ledger.object)
    });
    let object = ledger.object.as_str();
    Some(match &id.cause {
        Cause::Listed(number) => {
            let one = listing(ledger, *number)?;
            let (score, threshold) = (one.score, one.threshold);
            json!({ "object": object, "number": number, "score": score, "threshold": threshold, "at_ms": one.at.0 })
        }
        Cause::Corrected(number) | Cause::Removed(number) => {
            let one = listing(ledger, *number)?;
            let (_, at) = one.ended?;
            let mut data =
                json!({ "object": object, "number": number, "at_ms": at.0, "takes_back": back });
            if let Some(score) = one.ended_score {
                data["score"] = score.into();
            }
            data
        }
        Cause::Shared(violation) => {
            let Held { violation, confirmed_at, .. } = ledger.held(violation)?;
            json!({
                "object": object,
                "code": violation.code.as_str(),
                "fact": violation.fact.as_str(),
                "happened_at_ms": violation.at.0,
                "unit": violation.id.unit.as_str(),
                "decision": violation.id.decision.as_str(),
                "confirmed_at_ms": confirmed_at.0,
            })
        }
        Cause::Withdrawn(violation) => {
            let held = ledger.held(violation)?;
            let (at, reason) = held.revoked.as_ref()?;
            let decision = held.violation.id.decision.as_str();
            json!({ "object": object, "decision": decision, "reason": reason, "at_ms": at.0, "takes_back": back })
        }
    })
}

fn listing(ledger: &Ledger, number: u32) -> Option<&domain::credit::Listing> {
    ledger.listings.iter().find(|one| one.number == number)
}

/// What a unit is told.
fn sentence(city: &City, ledger: &Ledger, cause: &Cause) -> String {
    let object = &ledger.object;
    let unit = |id: &UnitId| city.unit(id).map_or_else(|| id.to_string(), |unit| unit.en.clone());
    match cause {
        Cause::Listed(number) => {
            let (score, threshold) =
                listing(ledger, *number).map_or((0, 0), |one| (one.score, one.threshold));
            format!("列入黑榜 {object}: listed, its score {score} is below {threshold}")
        }
        Cause::Corrected(_) => format!("更正 {object}: the listing does not stand"),
        Cause::Removed(_) => format!("移出黑榜 {object}: taken off the list"),
        Cause::Shared(id) => {
            let code = ledger.held(id).map(|held| held.violation.code.to_string());
            let by = unit(&id.unit);
            format!("{object}: {} confirmed by {by}, {}", code.unwrap_or_default(), id.decision)
        }
        Cause::Withdrawn(id) => format!("{object}: {} has revoked {}", unit(&id.unit), id.decision),
    }
}

#[cfg(test)]
pub(crate) mod tests;
