//! Which person of the unit works on a task: one record without an envelope, for nobody else to know.

use domain::{moment::Moment, task::TaskId};
use kit::{
    store::{Decision, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{body, record::Record, unit::ClaimTaskRequest};

use super::{Desk, task, unknown};
use crate::{
    asking::{self, Claiming},
    wire,
};

impl Desk {
    pub(super) fn take(
        &self,
        tx: &Tx<'_>,
        claiming: Claiming,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let Claiming { task: id, person, holder, is_given_back, asked } = claiming;
        let mut task = task(tx, &id)?.ok_or_else(|| unknown(&id))?;
        task.check_claim(&person, holder.as_ref(), is_given_back)?;
        task.claim(person, is_given_back, now);
        let answer = wire::task_out(&self.city.calendar, &task).encode_to_vec();
        let (kind, data) = body::write(&asked);
        Ok(Decision::change(&kind, data, Vec::new(), answer))
    }

    pub(super) fn fold_claims(&self, tx: &mut Tx<'_>, record: &Record) -> Result<(), view::Error> {
        let Some(Claiming { task: id, person, is_given_back, .. }) = claimed(record) else {
            return Ok(());
        };
        if let Some(mut task) = task(tx, &id)? {
            task.claim(person, is_given_back, Moment(record.at_ms));
            self.put(tx, &task);
        }
        Ok(())
    }
}

/// The task that a record says is claimed, or given back.
pub(super) fn of(record: &Record) -> Option<TaskId> {
    claimed(record).map(|claiming| claiming.task)
}

fn claimed(record: &Record) -> Option<Claiming> {
    let change = record.change.as_ref()?;
    asking::claim(body::read::<ClaimTaskRequest>(&change.kind, &change.data)?).ok()
}
