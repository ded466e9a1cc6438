//! The violations that this unit has confirmed (信用, M064, M098, M099), and what it has revoked.
//!
//! A decision is one record with the envelope that carries it; it is taken while everything else is
//! down. Only what is in the unit's power by the pack is taken, and a number of a decision once.
//! The score, doubles and what follows are judged from the bus's record, and not here.

use domain::{
    credit::{Fact, Violation, ViolationId},
    id::{DecisionId, FactKey, ObjectId, PersonId, ViolationCode},
    moment::Moment,
    pack::Credit,
    rejection::Rejection,
    task,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{envelope::Wire, record::Record};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Desk, inspection};
use crate::wire;

/// What one unit may have confirmed about one object.
const VIOLATIONS_MAX: usize = 1_000;
/// How far the clocks of two offices may be apart.
const AHEAD_MS: i64 = 300_000;

/// What a unit decides.
pub(crate) enum Ruling {
    /// A violation is confirmed.
    Confirm {
        /// What sort.
        code: ViolationCode,
        /// What has happened.
        fact: FactKey,
        /// When.
        at: Moment,
    },
    /// The decision is revoked.
    Revoke {
        /// Why.
        reason: String,
    },
}

/// A decision of this unit.
pub(crate) struct Ruled {
    /// About whom.
    pub(crate) object: ObjectId,
    /// Its number.
    pub(crate) decision: DecisionId,
    /// What is decided.
    pub(crate) ruling: Ruling,
    /// Who decides.
    pub(crate) person: PersonId,
    /// The caller's trace context.
    pub(crate) traceparent: String,
}

/// A violation as this unit has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// About whom.
    pub(crate) object: ObjectId,
    /// As it was confirmed.
    pub(crate) violation: Violation,
    /// Why it was revoked.
    pub(crate) revoked: Option<String>,
}

impl Desk {
    pub(super) fn rule(&self, tx: &Tx<'_>, ruled: Ruled, now: Moment) -> Result<Decision, Refusal> {
        let Ruled { object, decision, ruling, person, traceparent } = ruled;
        let (held, fact) = match ruling {
            Ruling::Confirm { code, fact, at } => {
                let violation = Violation {
                    points: self.power(&code, at)?,
                    id: ViolationId { unit: self.unit.clone(), decision },
                    person: person.clone(),
                    code,
                    fact,
                    at,
                };
                check_new(tx, &object, &violation, now)?;
                let held = Held { object, violation: violation.clone(), revoked: None };
                (held, Fact::Confirmed(violation))
            }
            Ruling::Revoke { reason } => {
                task::text("REASON_MISSING", "reason", &reason)?;
                self.check_alone(tx, &object, &decision)?;
                let mut held = known(tx, &object, &decision)?;
                held.revoked = Some(reason.clone());
                let id = held.violation.id.clone();
                (held, Fact::Revoked { id, reason })
            }
        };
        let (kind, body) = proto::credit::write(&fact);
        let outgoing = Outgoing {
            actor: Some(person),
            traceparent: Some(traceparent),
            ..self.credit_envelope(&held.object, &fact)?
        };
        let answer = wire::violation_out(&held).encode_to_vec();
        Ok(Decision::change(&kind, body, vec![outgoing], answer))
    }

    /// What the pack takes for a violation that is in this unit's power when it happens.
    fn power(&self, code: &ViolationCode, at: Moment) -> Result<u32, Rejection> {
        let no_rules = || {
            let message = format!("{} has no rules of credit in its pack", self.city.id);
            Rejection::conflict("NO_CREDIT_RULES", message).at("code")
        };
        let credit: &Credit = self.city.credit.as_ref().ok_or_else(no_rules)?;
        let points = credit.code(code)?.points;
        self.city.powers.check(&self.unit, code, at)?;
        Ok(points)
    }

    /// What a finding rests on is taken back with the finding.
    fn check_alone(
        &self,
        tx: &Tx<'_>,
        object: &ObjectId,
        decision: &DecisionId,
    ) -> Result<(), Refusal> {
        let docket = inspection::docket(tx, object)?;
        if docket.is_some_and(|docket| docket.has_decision(&self.unit, decision)) {
            let message = format!("{decision} settles a finding; right would be: RevokeFinding");
            return Err(Rejection::conflict("SETTLES_A_FINDING", message).at("decision").into());
        }
        Ok(())
    }

    /// The envelope of what this unit decides about a violation: the same for the same decision.
    pub(super) fn credit_envelope(
        &self,
        object: &ObjectId,
        fact: &Fact,
    ) -> Result<Outgoing, Rejection> {
        let (id, word) = match fact {
            Fact::Revoked { id, .. } => (id.to_string(), "revoke"),
            Fact::Confirmed(violation) => (violation.id.to_string(), "confirm"),
            _ => (String::new(), "other"),
        };
        let id = short("decision", format!("credit/{object}/{id}/{word}"))?;
        let subject = format!("{}{object}", self.credit_prefix());
        Ok(Outgoing::new(id, &subject, proto::credit::write(fact)))
    }

    fn credit_prefix(&self) -> String {
        format!("credit/{}/", self.city.id)
    }

    // What is written is true: from here on nothing refuses.

    pub(super) fn fold_violations(
        &self,
        tx: &mut Tx<'_>,
        record: &Record,
    ) -> Result<(), view::Error> {
        for wire in &record.outgoing {
            match self.about_credit(wire) {
                Some((object, Fact::Confirmed(violation))) => {
                    put(tx, &Held { object, violation, revoked: None });
                }
                Some((object, Fact::Revoked { id, reason })) => {
                    if let Some(held) = held(tx, &object, &id.decision)? {
                        put(tx, &Held { revoked: Some(reason), ..held });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn about_credit(&self, wire: &Wire) -> Option<(ObjectId, Fact)> {
        let envelope = proto::envelope::from_wire(wire.clone()).ok()?;
        let object = ObjectId::parse(envelope.subject.strip_prefix(&self.credit_prefix())?).ok()?;
        let fact = proto::credit::read(&envelope.kind, &envelope.body).ok()??;
        Some((object, fact))
    }
}

pub(super) fn check_new(
    tx: &Tx<'_>,
    object: &ObjectId,
    violation: &Violation,
    now: Moment,
) -> Result<(), Refusal> {
    let Violation { id: ViolationId { decision, .. }, at, .. } = violation;
    if at.0 > now.0.saturating_add(AHEAD_MS) {
        let message = "a violation is confirmed when it has happened, and not before";
        return Err(Rejection::invalid("HAPPENS_LATER", "at_ms", message).into());
    }
    if held(tx, object, decision)?.is_some() {
        let message = format!("this unit has decided {decision} about {object} already");
        return Err(Rejection::conflict("ALREADY_CONFIRMED", message).at("decision").into());
    }
    if tx.scan(&prefix(object), b"", VIOLATIONS_MAX)?.len() >= VIOLATIONS_MAX {
        let message = format!("one unit confirms at most {VIOLATIONS_MAX} about one object");
        return Err(Rejection::exhausted("TOO_MANY_VIOLATIONS", message).at("object").into());
    }
    Ok(())
}

fn known(tx: &Tx<'_>, object: &ObjectId, decision: &DecisionId) -> Result<Held, Refusal> {
    let unknown = || {
        let message = format!("this unit has no decision {decision} about {object}");
        Rejection::unknown("UNKNOWN_DECISION", "decision", message)
    };
    let held = held(tx, object, decision)?.ok_or_else(unknown)?;
    if held.revoked.is_some() {
        let message = format!("{decision} about {object} is revoked already");
        return Err(Rejection::conflict("ALREADY_REVOKED", message).at("decision").into());
    }
    Ok(held)
}

/// Ids of objects and decisions may be long: the id of an envelope is then their hash.
pub(super) fn short<T>(field: &str, full: String) -> Result<T, Rejection>
where
    T: TryFrom<String, Error = domain::id::IdError>,
{
    let short = match full.len() > domain::id::LENGTH_MAX {
        true => Sha256::digest(&full).iter().map(|byte| format!("{byte:02x}")).collect(),
        false => full,
    };
    proto::convert::id(field, short)
}

/// The keys of all violations.
pub(crate) const VIOLATIONS: &[u8] = b"y";

fn prefix(object: &ObjectId) -> Vec<u8> {
    [VIOLATIONS, object.as_str().as_bytes(), &[0]].concat()
}

pub(super) fn put(tx: &mut Tx<'_>, held: &Held) {
    let decision = held.violation.id.decision.as_str();
    let key = [&prefix(&held.object)[..], decision.as_bytes()].concat();
    tx.put(key, serde_json::to_vec(held).unwrap_or_default());
}

pub(super) fn held(
    tx: &Tx<'_>,
    object: &ObjectId,
    decision: &DecisionId,
) -> Result<Option<Held>, view::Error> {
    let key = [&prefix(object)[..], decision.as_str().as_bytes()].concat();
    Ok(tx.get(&key)?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// A page of violations by object and decision, with their keys.
pub(crate) fn violations(
    tx: &Tx<'_>,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, Held)>, view::Error> {
    let found = tx.scan(VIOLATIONS, from, limit)?.into_iter();
    let read = |(key, json): (Vec<u8>, Vec<u8>)| Some((key, serde_json::from_slice(&json).ok()?));
    Ok(found.filter_map(read).collect())
}
