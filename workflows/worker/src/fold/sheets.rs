//! The rules of the fold about sheets: what is sent for a step, and what a record changes.
//!
//! A flow is told when the unit was heard and when it is decided; a reminder that comes back is our
//! own and tells nobody anything.

use domain::{
    accountability::{Fact, Sheet, SheetId, Stage, Step, decide, may_say},
    envelope::Envelope,
    moment::Moment,
    rejection::Rejection,
};
use kit::{
    store::{Decision, Draft, Machine as _, Refusal},
    tx::Tx,
    view,
};

use super::{
    Flow, Fold, KeptSheet, Mark,
    rules::{json, of},
    state::{key, sheet},
};
use crate::sheets;

impl Fold {
    pub(super) fn send_sheet(
        &self,
        tx: &Tx<'_>,
        id: &SheetId,
        step: &Step,
    ) -> Result<Decision, Refusal> {
        let Some(kept) = sheet(tx, id)? else {
            let message = format!("the record has no sheet {id} yet");
            return Err(Rejection::unknown("UNKNOWN_SHEET", "case_id", message).into());
        };
        let limits = self.sheet_limits(tx, &kept.sheet)?;
        if !sheets::is_wanted(&kept.sheet, &limits, step) {
            return Ok(Decision::unchanged(Vec::new()));
        }
        let trace = kept.traceparent.as_deref();
        let outgoing = sheets::envelopes(&self.city, &kept.sheet, trace, step);
        if outgoing.is_empty() {
            return Ok(Decision::unchanged(Vec::new()));
        }
        Ok(Decision { drafts: vec![Draft { outgoing, ..Draft::default() }], answer: Vec::new() })
    }

    pub(super) fn receive_sheet(
        &self,
        tx: &mut Tx<'_>,
        id: &SheetId,
        envelope: &Envelope,
        at: Moment,
    ) -> Result<(), view::Error> {
        let fact = proto::account::read(&envelope.kind, &envelope.body).ok().flatten();
        let Some(fact) = fact.filter(|fact| may_say(&envelope.source, &id.unit, fact)) else {
            return Ok(());
        };
        match sheet(tx, id)? {
            None => {
                self.begin_sheet(tx, id, envelope, &fact, at);
                Ok(())
            }
            Some(kept) => self.go_on_sheet(tx, kept, envelope, &fact, at),
        }
    }

    fn begin_sheet(
        &self,
        tx: &mut Tx<'_>,
        id: &SheetId,
        envelope: &Envelope,
        fact: &Fact,
        at: Moment,
    ) {
        let Some(sheet) = Sheet::begin(id.clone(), fact, at) else { return };
        let flow = Flow::Sheet(id.clone());
        let traceparent = envelope.traceparent.clone();
        tx.put(key(b's', &flow), json(&KeptSheet { sheet, traceparent, alarm: None }));
        tx.put(key(b'o', &flow), "");
        tx.put(key(b't', &flow), json(&of(envelope)));
    }

    fn go_on_sheet(
        &self,
        tx: &mut Tx<'_>,
        mut kept: KeptSheet,
        envelope: &Envelope,
        fact: &Fact,
        at: Moment,
    ) -> Result<(), view::Error> {
        let before = kept.sheet.stage;
        if !kept.sheet.apply(fact, at) {
            return Ok(());
        }
        let flow = Flow::Sheet(kept.sheet.id.clone());
        let is_own = envelope.source == self.party();
        let is_turn = before != kept.sheet.stage;
        if is_turn && !is_own {
            tx.put(key(b't', &flow), json(&Mark { is_start: false, ..of(envelope) }));
        }
        let limits = self.sheet_limits(tx, &kept.sheet)?;
        kept.alarm = decide(&kept.sheet, &limits, at).wake;
        if kept.sheet.stage == Stage::Closed {
            tx.remove(key(b'o', &flow));
            // A flow that waits for the last word is told that it was said.
            if is_own {
                tx.remove(key(b't', &flow));
            }
        }
        tx.put(key(b's', &flow), json(&kept));
        Ok(())
    }
}
