//! Disputes in which this unit is asked: what came, and what it has said.
//!
//! It is asked also where it has no task in the case. It has the word once, until it is ruled; what
//! it says after its limit is heard, and the silence that was recorded stays. Nobody asks any more
//! when it is ruled, when the case goes on as the city government has instructed, and when it is closed.

use domain::{
    case::{Dispute, Fact, Ladder, source::may_say},
    envelope::Envelope,
    id::{CaseId, UnitId},
    moment::Moment,
    party::Party,
    rejection::Rejection,
};
use kit::{
    inbox::accepted_at,
    page,
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::record::Record;
use serde::{Deserialize, Serialize};

use super::{Desk, subject};
use crate::{
    asking::{Disputes, Opinion},
    wire,
};

/// A dispute as this unit knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) case_id: CaseId,
    pub(crate) round: u32,
    pub(crate) reason: String,
    pub(crate) owner: Party,
    pub(crate) asked_at: Moment,
    pub(crate) within_ms: u64,
    pub(crate) text: String,
    pub(crate) named_unit: Option<UnitId>,
    pub(crate) is_over: bool,
    trace: Option<String>,
}

impl Desk {
    /// Decides about an opinion; the answer is the dispute after it.
    pub(super) fn opine(
        &self,
        tx: &Tx<'_>,
        opinion: Opinion,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let Opinion { case_id, person, text, named_unit, traceparent } = opinion;
        let mut asked = asked(tx, &case_id)?.ok_or_else(|| unknown(&case_id))?;
        check_open(&asked)?;
        if let Some(named) = named_unit.as_ref().filter(|named| self.city.unit(named).is_none()) {
            let message = format!("{named} is no unit of {}", self.city.id);
            return Err(Rejection::invalid("UNKNOWN_UNIT", "named_unit", message).into());
        }
        asked.text.clone_from(&text);
        asked.named_unit.clone_from(&named_unit);
        let (round, unit) = (asked.round, self.unit.clone());
        let fact = Dispute::Opinion { round, unit: unit.clone(), text, named_unit };
        let (kind, body) = proto::fact::write(&Fact::Dispute(fact));
        let id = proto::convert::id("case_id", format!("{case_id}/{round}/opinion/{unit}"))?;
        let outgoing = Outgoing {
            actor: Some(person),
            traceparent: asked.trace.clone().or(Some(traceparent)),
            ..Outgoing::new(id, &subject(&self.city, &case_id), (kind.clone(), body.clone()))
        };
        tracing::debug!(unit = %self.unit, case = %case_id, at = now.0, "an opinion is given");
        let answer = wire::dispute_out(&asked).encode_to_vec();
        Ok(Decision::change(&kind, body, vec![outgoing], answer))
    }

    // What is written is true: from here on nothing refuses.

    pub(super) fn fold_disputes(
        &self,
        tx: &mut Tx<'_>,
        record: &Record,
    ) -> Result<(), view::Error> {
        for wire in &record.outgoing {
            let Some((case_id, fact, _)) = self.read_said(wire) else { continue };
            let Fact::Dispute(Dispute::Opinion { text, named_unit, .. }) = fact else { continue };
            if let Some(before) = asked(tx, &case_id)? {
                put(tx, &Asked { text, named_unit, ..before });
            }
        }
        for received in &record.received {
            let wire = received.envelope.as_ref();
            let Some((case_id, fact, envelope)) = wire.and_then(|wire| self.read_said(wire)) else {
                continue;
            };
            if envelope.recipient != Some(Party::unit(&self.unit)) {
                continue;
            }
            match fact {
                Fact::Dispute(said) => {
                    self.hear(tx, case_id, said, &envelope, accepted_at(received))?;
                }
                // Nobody rules any more: the case is at its end, or goes on as instructed.
                Fact::Closed { .. } | Fact::Ladder(Ladder::Instructed { .. }) => {
                    end(tx, asked(tx, &case_id)?);
                }
                Fact::Called(call) => {
                    let before = asked(tx, &case_id)?;
                    end(tx, before.filter(|before| before.round < call.round));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What was said of a case, by the party whose word it is.
    fn read_said(&self, wire: &proto::envelope::Wire) -> Option<(CaseId, Fact, Envelope)> {
        self.read(wire.clone()).filter(|(_, fact, envelope)| may_say(&envelope.source, fact))
    }

    fn hear(
        &self,
        tx: &mut Tx<'_>,
        case_id: CaseId,
        said: Dispute,
        envelope: &Envelope,
        at: Moment,
    ) -> Result<(), view::Error> {
        let before = asked(tx, &case_id)?;
        match said {
            Dispute::Opened { round, units, reason, owner, within_ms }
                if units.contains(&self.unit)
                    && before.as_ref().is_none_or(|before| before.round < round) =>
            {
                let asked = Asked {
                    case_id,
                    round,
                    reason,
                    owner,
                    asked_at: at,
                    within_ms,
                    text: String::new(),
                    named_unit: None,
                    is_over: false,
                    trace: envelope.traceparent.clone(),
                };
                put(tx, &asked);
            }
            Dispute::Ruled { round, .. } => {
                end(tx, before.filter(|before| before.round < round));
            }
            _ => {}
        }
        Ok(())
    }
}

fn check_open(asked: &Asked) -> Result<(), Rejection> {
    let case_id = &asked.case_id;
    if asked.is_over {
        let message = format!("nobody asks any more whose matter {case_id} is");
        return Err(Rejection::conflict("DISPUTE_OVER", message).at("case_id"));
    }
    if !asked.text.is_empty() {
        let message = format!("this unit has given its opinion on {case_id} already");
        return Err(Rejection::conflict("OPINION_GIVEN", message).at("case_id"));
    }
    Ok(())
}

fn end(tx: &mut Tx<'_>, before: Option<Asked>) {
    if let Some(before) = before {
        put(tx, &Asked { is_over: true, ..before });
    }
}

fn unknown(case_id: &CaseId) -> Rejection {
    let message = format!("this unit is not asked whose matter {case_id} is");
    Rejection::unknown("UNKNOWN_DISPUTE", "case_id", message)
}

/// The keys of all disputes.
const DISPUTES: &[u8] = b"o";
/// The keys of those about which the unit has still to speak.
const WAITING: &[u8] = b"b";

fn key(kind: &[u8], case_id: &CaseId) -> Vec<u8> {
    [kind, case_id.as_str().as_bytes()].concat()
}

fn put(tx: &mut Tx<'_>, asked: &Asked) {
    tx.put(key(DISPUTES, &asked.case_id), serde_json::to_vec(asked).unwrap_or_default());
    let waiting = key(WAITING, &asked.case_id);
    if check_open(asked).is_ok() { tx.put(waiting, b"") } else { tx.remove(waiting) }
}

fn asked(tx: &Tx<'_>, case_id: &CaseId) -> Result<Option<Asked>, view::Error> {
    Ok(tx.get(&key(DISPUTES, case_id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// A page of disputes by case, and one more where there is one.
pub(crate) fn disputes(tx: &Tx<'_>, wanted: &Disputes) -> Result<Vec<Asked>, view::Error> {
    let prefix = if wanted.is_waiting { WAITING } else { DISPUTES };
    let page::Wanted { size, from } = &wanted.page;
    if let Some(case_id) = &wanted.case_id {
        let is_there = tx.get(&key(prefix, case_id))?.is_some();
        return Ok(asked(tx, case_id)?.filter(|_| is_there).into_iter().collect());
    }
    let mut found = Vec::new();
    for (at, _) in tx.scan(prefix, &[prefix, from].concat(), size + 1)? {
        let id = at.get(prefix.len()..).and_then(|id| std::str::from_utf8(id).ok());
        let Some(id) = id.and_then(|id| CaseId::parse(id).ok()) else { continue };
        found.extend(asked(tx, &id)?);
    }
    Ok(found)
}
