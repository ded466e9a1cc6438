//! Our own outages in the fold: the marks that all is well, and what is recorded between two.

use std::time::Duration;

use domain::{
    id::{EnvelopeId, UnitId},
    moment::Moment,
    outage::Outage,
    party::Party,
};
use kit::{
    store::{Decision, Draft, Outgoing, Refusal},
    tx::Tx,
    view,
};
use proto::{body, notice::NoticeGiven, record::Change};
use serde::de::DeserializeOwned;

use super::{
    Fold,
    rules::json,
    state::{UNTOLD, WELL, outage_key, untold, well_at},
};

/// The change that says that all is well.
const HERE: &str = "here";
/// The change that says that something was away.
const OUTAGE: &str = "outage";
/// The change that says that the units were told.
const ALL_TOLD: &str = "all-told";

impl Fold {
    /// A mark; an outage when the one before is too long ago. A clock that was set back moves
    /// nothing.
    pub(super) fn here(
        &self,
        tx: &Tx<'_>,
        now: Moment,
        outage_after: Duration,
    ) -> Result<Decision, Refusal> {
        let last = well_at(tx)?.unwrap_or(now);
        if now.since(last) <= outage_after {
            return Ok(Decision::change(HERE, json(&now.max(last)), Vec::new(), Vec::new()));
        }
        let outage = Outage { from: last, to: now };
        tracing::warn!(from = last.0, to = now.0, "an outage of ours");
        let id: EnvelopeId = proto::convert::id("id", format!("outage/{}", last.0))?;
        let subject = proto::outage::subject(&self.city.id);
        let said = Outgoing::new(id, &subject, proto::outage::write(&outage));
        Ok(Decision::change(OUTAGE, json(&outage), vec![said], Vec::new()))
    }

    /// What one unit is told, for its desk and for its people; nothing when it is told already.
    pub(super) fn tell_unit(
        &self,
        tx: &Tx<'_>,
        outage: &Outage,
        unit: &UnitId,
        text: Option<String>,
    ) -> Result<Decision, Refusal> {
        if untold(tx)?.as_ref() != Some(outage) {
            return Ok(Decision::unchanged(Vec::new()));
        }
        let recipient = Some(Party::unit(unit));
        let id: EnvelopeId = proto::convert::id("id", format!("outage/{}/{unit}", outage.from.0))?;
        let subject = proto::outage::subject(&self.city.id);
        let said = Outgoing::new(id, &subject, proto::outage::write(outage));
        let mut outgoing = vec![Outgoing { recipient: recipient.clone(), ..said }];
        if let Some(text) = text {
            let notice_id = format!("worker/outage-{}-{unit}", outage.from.0);
            let id: EnvelopeId = proto::convert::id("id", format!("notice/{notice_id}"))?;
            let subject = format!("notice/{}/{notice_id}", self.city.id);
            let given = NoticeGiven { notice_id, text, ..NoticeGiven::default() };
            let said = Outgoing::new(id, &subject, body::write(&given));
            outgoing.push(Outgoing { recipient, ..said });
        }
        let drafts = vec![Draft { outgoing, ..Draft::default() }];
        Ok(Decision { drafts, answer: Vec::new() })
    }

    /// Every unit is told.
    pub(super) fn all_told(tx: &Tx<'_>, outage: &Outage) -> Result<Decision, Refusal> {
        if untold(tx)?.as_ref() != Some(outage) {
            return Ok(Decision::unchanged(Vec::new()));
        }
        Ok(Decision::change(ALL_TOLD, json(outage), Vec::new(), Vec::new()))
    }
}

/// Folds what was noted about outages.
pub(super) fn fold(tx: &mut Tx<'_>, change: &Change) -> Result<(), view::Error> {
    match change.kind.as_str() {
        HERE if read::<Moment>(change).is_some() => tx.put(WELL, change.data.to_vec()),
        OUTAGE => {
            if let Some(outage) = read::<Outage>(change) {
                tx.put(outage_key(outage.from), change.data.to_vec());
                tx.put(UNTOLD, change.data.to_vec());
                tx.put(WELL, json(&outage.to));
            }
        }
        ALL_TOLD if untold(tx)? == read::<Outage>(change) => tx.remove(UNTOLD.to_vec()),
        _ => {}
    }
    Ok(())
}

fn read<T: DeserializeOwned>(change: &Change) -> Option<T> {
    serde_json::from_slice(&change.data).ok()
}
