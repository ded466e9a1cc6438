//! The rules of the fold about decisions: what is sent for a step, and what a record changes.
//!
//! In the record a decision begins with its draft, and what a gate refuses changes nothing. A flow is
//! told when what is owed, what is to be published or its end has changed; an action, a payment or a
//! call for the police wakes nobody.

use domain::{
    decision::{Decision, Fact, Owed, Phase, Step, may_say, owes},
    envelope::Envelope,
    id::DecisionId,
    moment::Moment,
    pack::Limits,
    rejection::Rejection,
};
use kit::{
    store::{Decision as Answer, Draft, Machine as _, Refusal},
    tx::Tx,
    view,
};

use super::{
    Flow, Fold, KeptDecision, Mark, outages,
    rules::{json, of},
    state::{decision, key},
};
use crate::decisions::{self, Known};

/// What a flow has to know of a decision.
#[derive(PartialEq)]
struct Due(Vec<Owed>, Vec<Phase>, bool, bool);

impl Due {
    fn of(decision: &Decision, limits: &Limits) -> Due {
        let unpublished = decision.unpublished().collect();
        Due(owes(decision, limits), unpublished, decision.terms.is_some(), decision.is_over())
    }
}

impl Fold {
    /// What a decision needs of the calendar and our own outages since it was drafted.
    pub fn decision_limits(&self, tx: &Tx<'_>, decision: &Decision) -> Result<Limits, view::Error> {
        let outages = outages(tx, decision.drafted_at)?;
        let limits = self.city.limits(&self.profile, &decision.draft.issue_type);
        Ok(Limits { outages, ..limits.since(decision.drafted_at) })
    }

    pub(super) fn send_decision(
        &self,
        tx: &Tx<'_>,
        id: &DecisionId,
        step: &Step,
    ) -> Result<Answer, Refusal> {
        let Some(kept) = decision(tx, id)? else {
            let message = format!("the record has no decision {id} yet");
            return Err(Rejection::unknown("UNKNOWN_DECISION", "decision_id", message).into());
        };
        let limits = self.decision_limits(tx, &kept.decision)?;
        if !decisions::is_wanted(&kept.decision, &limits, step) {
            return Ok(Answer::unchanged(Vec::new()));
        }
        let before = match &kept.decision.draft.follows {
            Some(id) => decision(tx, id)?.map(|kept| kept.decision),
            None => None,
        };
        let known = Known {
            city: &self.city,
            profile: &self.profile,
            decision: &kept.decision,
            before: before.as_ref(),
            traceparent: kept.traceparent.as_deref(),
        };
        let outgoing = known.envelopes(step);
        if outgoing.is_empty() {
            return Ok(Answer::unchanged(Vec::new()));
        }
        Ok(Answer { drafts: vec![Draft { outgoing, ..Draft::default() }], answer: Vec::new() })
    }

    pub(super) fn receive_decision(
        &self,
        tx: &mut Tx<'_>,
        id: &DecisionId,
        envelope: &Envelope,
        at: Moment,
    ) -> Result<(), view::Error> {
        let fact = proto::decree::read(&envelope.kind, &envelope.body).ok().flatten();
        // The copies for those that it concerns say the same once more.
        let is_copy = envelope.recipient.is_some();
        let is_theirs =
            |fact: &Fact| !is_copy && may_say(&envelope.source, envelope.actor.as_ref(), fact);
        let Some(fact) = fact.filter(is_theirs) else { return Ok(()) };
        match decision(tx, id)? {
            None => {
                let Some(decision) = Decision::begin(id.clone(), &fact, at) else { return Ok(()) };
                let flow = Flow::Decision(id.clone());
                let traceparent = envelope.traceparent.clone();
                tx.put(key(b'j', &flow), json(&KeptDecision { decision, traceparent }));
                tx.put(key(b'o', &flow), "");
                tx.put(key(b't', &flow), json(&of(envelope)));
                Ok(())
            }
            Some(kept) => self.go_on_decision(tx, kept, envelope, &fact, at),
        }
    }

    fn go_on_decision(
        &self,
        tx: &mut Tx<'_>,
        mut kept: KeptDecision,
        envelope: &Envelope,
        fact: &Fact,
        at: Moment,
    ) -> Result<(), view::Error> {
        let limits = self.decision_limits(tx, &kept.decision)?;
        let before = Due::of(&kept.decision, &limits);
        if !kept.decision.apply(fact, at) {
            return Ok(());
        }
        let flow = Flow::Decision(kept.decision.id.clone());
        let is_own = envelope.source == self.party();
        if !is_own && before != Due::of(&kept.decision, &limits) {
            tx.put(key(b't', &flow), json(&Mark { is_start: false, ..of(envelope) }));
        }
        match kept.decision.is_over() {
            false => tx.put(key(b'o', &flow), ""),
            true => tx.remove(key(b'o', &flow)),
        }
        tx.put(key(b'j', &flow), json(&kept));
        Ok(())
    }
}
