//! The rules of the fold about approvals: what is sent for a step, and what a record changes.
//!
//! A flow is told when an opinion has completed something or nothing is open any more; an opinion
//! that completes nothing wakes nobody, and a reminder that comes back is our own.

use domain::{
    approval::{Approval, Fact, Step, may_say},
    envelope::Envelope,
    id::{ApprovalId, IssueTypeId},
    moment::Moment,
    rejection::Rejection,
};
use kit::{
    store::{Decision, Draft, Machine as _, Refusal},
    tx::Tx,
    view,
};

use super::{
    Flow, Fold, KeptApproval, Mark,
    rules::{json, of},
    state::{approval, key},
};
use crate::approvals::{self, Known};

impl Fold {
    pub(super) fn send_approval(
        &self,
        tx: &Tx<'_>,
        id: &ApprovalId,
        step: &Step,
    ) -> Result<Decision, Refusal> {
        let Some(kept) = approval(tx, id)? else {
            let message = format!("the record has no approval {id} yet");
            return Err(Rejection::unknown("UNKNOWN_APPROVAL", "approval_id", message).into());
        };
        let limits = self.approval_limits(tx, &kept.approval)?;
        if !approvals::is_wanted(&kept.approval, &limits, step) {
            return Ok(Decision::unchanged(Vec::new()));
        }
        let registry = |issue: &IssueTypeId| {
            // What can't be read is as if nothing had moved: the route then decides.
            kit::registry::about_issue(tx, issue).unwrap_or_default()
        };
        let known = Known {
            city: &self.city,
            approval: &kept.approval,
            registry: &registry,
            traceparent: kept.traceparent.as_deref(),
        };
        let outgoing = known.envelopes(step);
        Ok(Decision { drafts: vec![Draft { outgoing, ..Draft::default() }], answer: Vec::new() })
    }

    pub(super) fn receive_approval(
        &self,
        tx: &mut Tx<'_>,
        id: &ApprovalId,
        envelope: &Envelope,
        at: Moment,
    ) -> Result<(), view::Error> {
        let fact = proto::joint::read(&envelope.kind, &envelope.body).ok().flatten();
        let Some(fact) = fact.filter(|fact| may_say(&envelope.source, fact)) else {
            return Ok(());
        };
        match approval(tx, id)? {
            None => {
                let Some(approval) = Approval::begin(id.clone(), &fact, at) else { return Ok(()) };
                let flow = Flow::Approval(id.clone());
                let traceparent = envelope.traceparent.clone();
                tx.put(key(b'j', &flow), json(&KeptApproval { approval, traceparent }));
                tx.put(key(b'o', &flow), "");
                tx.put(key(b't', &flow), json(&of(envelope)));
                Ok(())
            }
            Some(kept) => self.go_on_approval(tx, kept, envelope, &fact, at),
        }
    }

    fn go_on_approval(
        &self,
        tx: &mut Tx<'_>,
        mut kept: KeptApproval,
        envelope: &Envelope,
        fact: &Fact,
        at: Moment,
    ) -> Result<(), view::Error> {
        let before = kept.approval.batches;
        if !kept.approval.apply(fact, at) {
            return Ok(());
        }
        let flow = Flow::Approval(kept.approval.id.clone());
        let is_own = envelope.source == self.party();
        let is_closed = kept.approval.is_closed();
        if !is_own && (kept.approval.batches != before || is_closed) {
            tx.put(key(b't', &flow), json(&Mark { is_start: false, ..of(envelope) }));
        }
        if is_closed {
            tx.remove(key(b'o', &flow));
            // A flow that waits for the last word is told that it was said.
            if is_own {
                tx.remove(key(b't', &flow));
            }
        }
        tx.put(key(b'j', &flow), json(&kept));
        Ok(())
    }
}
