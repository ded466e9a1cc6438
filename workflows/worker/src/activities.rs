//! What flows ask for, carried out: looking at the fold, and sending steps.
//!
//! A step is sent once, however often it is asked for. The answer comes when the record has it and
//! the fold shows its effect; when that takes too long the failure says so and is tried again: the
//! step itself is safe in the journal.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use std::{sync::Arc, time::Duration};

use domain::{
    case::Step,
    id::{CaseId, RequestId},
    party::{Party, Role},
    rejection::Rejection,
};
use flows::{
    activities::{Look, LookContract, Picture, SendContract, SendSteps},
    policy,
};
use kit::store::{Asked, Store};
use sha2::{Digest as _, Sha256};
use temporalio_sdk::activities::{ActivityContext, ActivityError, activities};
use tokio::time::timeout;

use crate::{
    failure::failure,
    fold::{self, Command, Fold},
    outage::Presence,
    steps,
};

/// The worker's side of what flows ask for.
pub struct Work {
    store: Store<Fold>,
    presence: Presence,
}

#[activities]
impl Work {
    /// Shows the case as the fold has it.
    #[activity(definition = LookContract)]
    pub async fn look(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: Look,
    ) -> Result<Picture, ActivityError> {
        // Nothing is decided by clocks that may be wrong.
        let patience = policy::read_back(ctx.info().is_local);
        self.presence.here(&self.store, patience).await.map_err(failure)?;
        self.picture(&input.case_id).map_err(failure)
    }

    /// Sends steps, and shows the case when the record has them.
    #[activity(definition = SendContract)]
    pub async fn send(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: SendSteps,
    ) -> Result<Picture, ActivityError> {
        let patience = policy::read_back(ctx.info().is_local);
        self.perform(&input.case_id, &input.steps, patience).await.map_err(failure)
    }
}

impl Work {
    /// Over this store.
    pub(crate) fn new(store: Store<Fold>, presence: Presence) -> Work {
        Work { store, presence }
    }

    /// The case as the fold has it.
    pub fn picture(&self, case_id: &str) -> Result<Picture, Rejection> {
        let case_id: CaseId = proto::convert::id("case_id", case_id)?;
        let seen = self.store.read(|tx| {
            let Some(kept) = fold::kept(tx, &case_id)? else { return Ok(None) };
            let limits = self.store.machine().limits(tx, &kept)?;
            Ok(Some((kept, limits)))
        })?;
        let unknown = || {
            let message = format!("the record has no case {case_id} yet");
            Rejection::unknown("UNKNOWN_CASE", "case_id", message)
        };
        let (kept, limits) = seen.ok_or_else(unknown)?;
        let limits = limits.since(kept.course.raised_at);
        Ok(Picture { course: kept.course, limits })
    }

    /// Sends steps, each once, and waits until the record has them.
    pub async fn perform(
        &self,
        case_id: &str,
        steps: &[Step],
        patience: Duration,
    ) -> Result<Picture, Rejection> {
        let id: CaseId = proto::convert::id("case_id", case_id)?;
        for step in steps {
            let asked = asked(&id, step)?;
            self.store.execute(asked, Command::Send(id.clone(), step.clone())).await?;
        }
        let read_back = timeout(patience, self.read_back(&id)).await;
        read_back.map_err(|_| {
            let message = format!("what was sent about {id} is safe and not in the record yet");
            Rejection::unavailable("NOT_IN_THE_RECORD", message)
        })??;
        self.picture(case_id)
    }

    async fn read_back(&self, case_id: &CaseId) -> Result<(), Rejection> {
        let mut applied = self.store.applied();
        loop {
            applied.borrow_and_update();
            if !self.store.read(|tx| fold::is_under_way(tx, case_id))? {
                return Ok(());
            }
            let gone = |_| Rejection::unavailable("STOPPING", "the worker is stopping");
            applied.changed().await.map_err(gone)?;
        }
    }
}

/// A step is asked for under its name: what has the same name is the same step.
fn asked(case_id: &CaseId, step: &Step) -> Result<Asked, Rejection> {
    let name = steps::name(case_id, step);
    Ok(Asked {
        caller: Party::service(Role::Worker),
        request_id: proto::convert::id::<RequestId>("request_id", name.as_str())?,
        fingerprint: Sha256::digest(name.as_str()).into(),
    })
}
