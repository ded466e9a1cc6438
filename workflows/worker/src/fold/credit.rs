//! The rules of the fold about credit: what is sent for a step and an answer, and what a record changes.
//!
//! A flow is told of every fact of others after which something is owed; what the worker says itself
//! its flow has seen. Where nothing is owed no flow runs.

use domain::{
    credit::{DeliveryId, Ledger, Step, counts, is_owed},
    envelope::Envelope,
    id::ObjectId,
    moment::Moment,
    pack::Credit,
    rejection::Rejection,
};
use kit::{
    store::{Decision, Draft, Machine as _, Outgoing, Refusal},
    tx::Tx,
    view,
};

use super::{
    Flow, Fold, KeptCredit, Mark,
    rules::{json, of},
    state::{credit, key},
};
use crate::credit as steps;

fn sent(outgoing: Vec<Outgoing>) -> Decision {
    if outgoing.is_empty() {
        return Decision::unchanged(Vec::new());
    }
    let drafts = vec![Draft { outgoing, ..Draft::default() }];
    Decision { drafts, answer: Vec::new() }
}

fn known(tx: &Tx<'_>, object: &ObjectId) -> Result<KeptCredit, Refusal> {
    Ok(credit(tx, object)?.ok_or_else(|| {
        let message = format!("the record has nothing about the credit of {object} yet");
        Rejection::unknown("UNKNOWN_OBJECT", "object", message)
    })?)
}

impl Fold {
    /// The rules of credit; those of a city that has none list nobody.
    pub fn credit_rules(&self) -> Credit {
        self.city.credit.clone().unwrap_or_default()
    }

    pub(super) fn send_credit(
        &self,
        tx: &Tx<'_>,
        object: &ObjectId,
        step: &Step,
    ) -> Result<Decision, Refusal> {
        let kept = known(tx, object)?;
        if !steps::is_wanted(&kept.ledger, &self.credit_rules(), step) {
            return Ok(sent(Vec::new()));
        }
        let trace = kept.traceparent.as_deref();
        Ok(sent(steps::envelopes(&self.city, &kept.ledger, trace, step)))
    }

    pub(super) fn answered(
        &self,
        tx: &Tx<'_>,
        object: &ObjectId,
        delivery: &DeliveryId,
        answer: connector::Answer,
    ) -> Result<Decision, Refusal> {
        let kept = known(tx, object)?;
        let fact = steps::answered(&self.city, &kept.ledger, delivery, answer);
        let trace = kept.traceparent.as_deref();
        let envelope = |fact| steps::answer_envelope(&self.city, &kept.ledger, trace, &fact);
        Ok(sent(fact.and_then(envelope).into_iter().collect()))
    }

    pub(super) fn receive_credit(
        &self,
        tx: &mut Tx<'_>,
        object: &ObjectId,
        envelope: &Envelope,
        at: Moment,
    ) -> Result<(), view::Error> {
        let Some(rules) = &self.city.credit else { return Ok(()) };
        let fact = proto::credit::read(&envelope.kind, &envelope.body).ok().flatten();
        let Some(fact) = fact.filter(|fact| counts(&envelope.source, fact, &self.city.powers))
        else {
            return Ok(());
        };
        let kept = credit(tx, object)?;
        let is_first = kept.is_none();
        let kept = match kept {
            None => Ledger::begin(object.clone(), &fact, at)
                .map(|ledger| KeptCredit { ledger, traceparent: envelope.traceparent.clone() }),
            Some(mut kept) => kept.ledger.apply(&fact, at).then_some(kept),
        };
        let Some(kept) = kept else { return Ok(()) };
        let flow = Flow::Credit(object.clone());
        match is_owed(&kept.ledger, rules) {
            false => {
                tx.remove(key(b'o', &flow));
                tx.remove(key(b't', &flow));
            }
            true => {
                tx.put(key(b'o', &flow), "");
                if envelope.source != self.party() {
                    tx.put(key(b't', &flow), json(&Mark { is_start: is_first, ..of(envelope) }));
                }
            }
        }
        tx.put(key(b's', &flow), json(&kept));
        Ok(())
    }
}
