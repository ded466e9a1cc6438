//! The rules of the fold about operations: what is sent for a step, what a record changes, and what
//! has arrived at a unit.
//!
//! A flow is told when there is something for it to do. That a unit has its invitation, or its
//! release, its own mailbox says: the receipt is in our journal when the unit's journal has the
//! envelope, and all who follow the record have it. What a person has skipped has not arrived.

use domain::{
    envelope::Envelope,
    id::{OperationId, UnitId},
    moment::Moment,
    operation::{Fact, Operation, Receipts, Step, decide, may_say},
    rejection::Rejection,
};
use kit::{
    store::{Decision, Draft, Machine as _, Refusal},
    tx::Tx,
    view,
};
use proto::record::Record;
use serde::{Deserialize, Serialize};

use super::{
    Flow, Fold, KeptOperation, Mark,
    rules::{json, of},
    state::{key, mark, operation, sent_key},
};
use crate::operations::{self, Known};

/// Something that was sent to a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// About which operation.
    id: OperationId,
    /// To whom.
    unit: UnitId,
    /// Whether it is the release; otherwise it is the invitation.
    is_release: bool,
}

impl Fold {
    pub(super) fn send_operation(
        &self,
        tx: &Tx<'_>,
        id: &OperationId,
        step: &Step,
    ) -> Result<Decision, Refusal> {
        let Some(kept) = operation(tx, id)? else {
            let message = format!("the record has no operation {id} yet");
            return Err(Rejection::unknown("UNKNOWN_OPERATION", "operation_id", message).into());
        };
        if !operations::is_wanted(&kept.operation, step) {
            return Ok(Decision::unchanged(Vec::new()));
        }
        let limits = self.operation_limits(tx, &kept.operation)?;
        let registry = |issue: &domain::id::IssueTypeId| {
            // What can't be read is as if nothing had moved: the route then decides.
            kit::registry::about_issue(tx, issue).unwrap_or_default()
        };
        let known = Known {
            city: &self.city,
            operation: &kept.operation,
            receipts: &kept.receipts,
            limits: &limits,
            registry: &registry,
            traceparent: kept.traceparent.as_deref(),
        };
        let outgoing = known.envelopes(step);
        Ok(Decision { drafts: vec![Draft { outgoing, ..Draft::default() }], answer: Vec::new() })
    }

    /// Notes what goes to a unit, so that its receipt is known.
    pub(super) fn sends(tx: &mut Tx<'_>, flow: &Flow, envelope: &Envelope) {
        let (Flow::Operation(id), Some(recipient)) = (flow, &envelope.recipient) else { return };
        let Ok(Some(fact)) = proto::operate::read(&envelope.kind, &envelope.body) else { return };
        let (unit, is_release) = match fact {
            Fact::Invited { need, .. } => (need.unit, false),
            Fact::ReleaseAsked { unit } => (unit, true),
            _ => return,
        };
        let sent = Sent { id: id.clone(), unit, is_release };
        tx.put(sent_key(&recipient.to_string(), envelope.number), json(&sent));
    }

    /// Notes what has arrived, and tells the flow where that lets it go on.
    pub(super) fn arrives(&self, tx: &mut Tx<'_>, record: &Record) -> Result<(), view::Error> {
        let Some(progress) = &record.progress else { return Ok(()) };
        for settled in &progress.settled {
            let at = sent_key(&settled.recipient, settled.number);
            let Some(json) = tx.get(&at)? else { continue };
            tx.remove(at);
            if settled.is_skipped {
                continue;
            }
            let Ok(sent) = serde_json::from_slice::<Sent>(&json) else { continue };
            let Some(kept) = operation(tx, &sent.id)? else { continue };
            let told = Mark {
                name: "Arrived".to_owned(),
                id: format!("receipt/{}/{}", settled.recipient, settled.number),
                is_start: false,
            };
            self.note(tx, kept, sent, told, Moment(record.at_ms))?;
        }
        Ok(())
    }

    fn note(
        &self,
        tx: &mut Tx<'_>,
        mut kept: KeptOperation,
        sent: Sent,
        told: Mark,
        now: Moment,
    ) -> Result<(), view::Error> {
        let Receipts { invited, released } = &mut kept.receipts;
        let list = if sent.is_release { released } else { invited };
        list.insert(sent.unit);
        let flow = Flow::Operation(sent.id);
        if self.is_due(tx, &kept, now)? && mark(tx, &flow)?.is_none() {
            tx.put(key(b't', &flow), json(&told));
        }
        tx.put(key(b'j', &flow), json(&kept));
        Ok(())
    }

    /// Whether its flow has something to do at once.
    fn is_due(&self, tx: &Tx<'_>, kept: &KeptOperation, at: Moment) -> Result<bool, view::Error> {
        let limits = self.operation_limits(tx, &kept.operation)?;
        Ok(!decide(&kept.operation, &kept.receipts, &limits, at).steps.is_empty())
    }

    pub(super) fn receive_operation(
        &self,
        tx: &mut Tx<'_>,
        id: &OperationId,
        envelope: &Envelope,
        at: Moment,
    ) -> Result<(), view::Error> {
        let fact = proto::operate::read(&envelope.kind, &envelope.body).ok().flatten();
        let Some(fact) = fact.filter(|fact| may_say(&envelope.source, fact)) else {
            return Ok(());
        };
        match operation(tx, id)? {
            None => {
                let begun = Operation::begin(id.clone(), &fact, at);
                let Some(operation) = begun else { return Ok(()) };
                let flow = Flow::Operation(id.clone());
                let traceparent = envelope.traceparent.clone();
                let kept = KeptOperation { operation, receipts: Receipts::default(), traceparent };
                tx.put(key(b'j', &flow), json(&kept));
                tx.put(key(b'o', &flow), "");
                tx.put(key(b't', &flow), json(&of(envelope)));
                Ok(())
            }
            Some(kept) => self.go_on_operation(tx, kept, envelope, &fact, at),
        }
    }

    fn go_on_operation(
        &self,
        tx: &mut Tx<'_>,
        mut kept: KeptOperation,
        envelope: &Envelope,
        fact: &Fact,
        at: Moment,
    ) -> Result<(), view::Error> {
        if !kept.operation.apply(fact, at) {
            return Ok(());
        }
        let flow = Flow::Operation(kept.operation.id.clone());
        let is_own = envelope.source == self.party();
        let is_closed = kept.operation.is_closed();
        if !is_own && (is_closed || self.is_due(tx, &kept, at)?) {
            tx.put(key(b't', &flow), json(&Mark { is_start: false, ..of(envelope) }));
        }
        match is_closed {
            false => tx.put(key(b'o', &flow), ""),
            true => {
                tx.remove(key(b'o', &flow));
                // A flow that waits for the last word is told that it was said.
                if is_own {
                    tx.remove(key(b't', &flow));
                }
            }
        }
        tx.put(key(b'j', &flow), json(&kept));
        Ok(())
    }
}
