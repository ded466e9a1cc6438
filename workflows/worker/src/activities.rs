//! What flows ask for, carried out: looking at the fold, and sending steps.
//!
//! A step is sent once, however often it is asked for. The answer comes when the record has it and
//! the fold shows its effect; when that takes too long the failure says so and is tried again: the
//! step itself is safe in the journal.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use std::{sync::Arc, time::Duration};

use domain::{
    accountability::{self, SheetId},
    approval,
    case::Step,
    id::{ApprovalId, CaseId, EnvelopeId, RequestId},
    party::{Party, Role},
    rejection::Rejection,
};
use flows::{
    activities::{
        ApprovalPicture, Look, LookApproval, LookApprovalContract, LookContract, LookSheet,
        LookSheetContract, Picture, SendApprovalContract, SendApprovalSteps, SendContract,
        SendSheetContract, SendSheetSteps, SendSteps, SheetPicture,
    },
    policy,
};
use kit::store::{Asked, Store};
use sha2::{Digest as _, Sha256};
use temporalio_sdk::activities::{ActivityContext, ActivityError, activities};
use tokio::time::timeout;

use crate::{
    approvals,
    failure::failure,
    fold::{self, Command, Flow, Fold},
    outage::Presence,
    sheets, steps,
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

    /// Shows the sheet as the fold has it.
    #[activity(definition = LookSheetContract)]
    pub async fn look_sheet(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: LookSheet,
    ) -> Result<SheetPicture, ActivityError> {
        let patience = policy::read_back(ctx.info().is_local);
        self.presence.here(&self.store, patience).await.map_err(failure)?;
        let id = sheet_id(&input).map_err(failure)?;
        self.sheet(&id).map_err(failure)
    }

    /// Sends steps of a sheet, and shows it when the record has them.
    #[activity(definition = SendSheetContract)]
    pub async fn send_sheet(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: SendSheetSteps,
    ) -> Result<SheetPicture, ActivityError> {
        let patience = policy::read_back(ctx.info().is_local);
        let id = sheet_id(&input.sheet).map_err(failure)?;
        self.perform_sheet(&id, &input.steps, patience).await.map_err(failure)
    }

    /// Shows the approval as the fold has it.
    #[activity(definition = LookApprovalContract)]
    pub async fn look_approval(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: LookApproval,
    ) -> Result<ApprovalPicture, ActivityError> {
        let patience = policy::read_back(ctx.info().is_local);
        self.presence.here(&self.store, patience).await.map_err(failure)?;
        let id = proto::convert::id("approval_id", input.approval_id).map_err(failure)?;
        self.approval(&id).map_err(failure)
    }

    /// Sends steps of an approval, and shows it when the record has them.
    #[activity(definition = SendApprovalContract)]
    pub async fn send_approval(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: SendApprovalSteps,
    ) -> Result<ApprovalPicture, ActivityError> {
        let patience = policy::read_back(ctx.info().is_local);
        let id = proto::convert::id("approval_id", input.approval_id).map_err(failure)?;
        self.perform_approval(&id, &input.steps, patience).await.map_err(failure)
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
        let command =
            |step: &Step| (steps::name(&id, step), Command::Send(id.clone(), step.clone()));
        self.carry_out(&Flow::Case(id.clone()), steps.iter().map(command), patience).await?;
        self.picture(case_id)
    }

    /// The sheet as the fold has it.
    pub fn sheet(&self, id: &SheetId) -> Result<SheetPicture, Rejection> {
        let unknown = || {
            let message = format!("the record has no sheet {id} yet");
            Rejection::unknown("UNKNOWN_SHEET", "case_id", message)
        };
        let seen = self.store.read(|tx| {
            let Some(kept) = fold::sheet(tx, id)? else { return Ok(None) };
            let limits = self.store.machine().sheet_limits(tx, &kept.sheet)?;
            Ok(Some((kept, limits)))
        })?;
        let (kept, limits) = seen.ok_or_else(unknown)?;
        Ok(SheetPicture { sheet: kept.sheet, limits })
    }

    /// Sends steps of a sheet, each once, and waits until the record has them.
    pub async fn perform_sheet(
        &self,
        id: &SheetId,
        steps: &[accountability::Step],
        patience: Duration,
    ) -> Result<SheetPicture, Rejection> {
        let command = |step: &accountability::Step| {
            (sheets::step_id(id, step), Command::SendSheet(id.clone(), step.clone()))
        };
        self.carry_out(&Flow::Sheet(id.clone()), steps.iter().map(command), patience).await?;
        self.sheet(id)
    }

    /// The approval as the fold has it.
    pub fn approval(&self, id: &ApprovalId) -> Result<ApprovalPicture, Rejection> {
        let unknown = || {
            let message = format!("the record has no approval {id} yet");
            Rejection::unknown("UNKNOWN_APPROVAL", "approval_id", message)
        };
        let seen = self.store.read(|tx| {
            let Some(kept) = fold::approval(tx, id)? else { return Ok(None) };
            let limits = self.store.machine().approval_limits(tx, &kept.approval)?;
            Ok(Some((kept, limits)))
        })?;
        let (kept, limits) = seen.ok_or_else(unknown)?;
        Ok(ApprovalPicture { approval: kept.approval, limits })
    }

    /// Sends steps of an approval, each once, and waits until the record has them.
    pub async fn perform_approval(
        &self,
        id: &ApprovalId,
        steps: &[approval::Step],
        patience: Duration,
    ) -> Result<ApprovalPicture, Rejection> {
        let command = |step: &approval::Step| {
            (approvals::step_id(id, step), Command::SendApproval(id.clone(), step.clone()))
        };
        self.carry_out(&Flow::Approval(id.clone()), steps.iter().map(command), patience).await?;
        self.approval(id)
    }

    /// Sends each step under its name, and waits until the record has them all.
    async fn carry_out(
        &self,
        flow: &Flow,
        steps: impl Iterator<Item = (EnvelopeId, Command)>,
        patience: Duration,
    ) -> Result<(), Rejection> {
        for (name, command) in steps {
            self.store.execute(asked(name.as_str())?, command).await?;
        }
        self.wait(flow, patience).await
    }

    async fn wait(&self, flow: &Flow, patience: Duration) -> Result<(), Rejection> {
        let read_back = timeout(patience, self.read_back(flow)).await;
        read_back.map_err(|_| {
            let message = format!("what was sent about {flow} is safe and not in the record yet");
            Rejection::unavailable("NOT_IN_THE_RECORD", message)
        })?
    }

    async fn read_back(&self, flow: &Flow) -> Result<(), Rejection> {
        let mut applied = self.store.applied();
        loop {
            applied.borrow_and_update();
            if !self.store.read(|tx| fold::is_under_way(tx, flow))? {
                return Ok(());
            }
            let gone = |_| Rejection::unavailable("STOPPING", "the worker is stopping");
            applied.changed().await.map_err(gone)?;
        }
    }
}

/// A step is asked for under its name: what has the same name is the same step.
fn asked(name: &str) -> Result<Asked, Rejection> {
    Ok(Asked {
        caller: Party::service(Role::Worker),
        request_id: proto::convert::id::<RequestId>("request_id", name)?,
        fingerprint: Sha256::digest(name).into(),
    })
}

fn sheet_id(look: &LookSheet) -> Result<SheetId, Rejection> {
    let case_id = proto::convert::id("case_id", look.case_id.as_str())?;
    Ok(SheetId { case_id, unit: proto::convert::id("unit", look.unit.as_str())? })
}
