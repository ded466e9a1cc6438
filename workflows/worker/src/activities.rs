//! What flows ask for, carried out: looking at the fold, and sending steps.
//!
//! A step is sent once, however often it is asked for. The answer comes when the record has it and
//! the fold shows its effect; when that takes too long the failure says so and is tried again: the
//! step itself is safe in the journal.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

mod joint;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use connector::Connectors;
use domain::{
    accountability::{self, SheetId},
    case::Step,
    credit::{self, DeliveryId, Waits},
    id::{ApprovalId, CaseId, DecisionId, EnvelopeId, ObjectId, OperationId, RequestId},
    party::{Party, Role},
    rejection::Rejection,
};
use flows::{
    activities::{
        ApprovalPicture, CreditPicture, DecisionPicture, Deliver, DeliverContract, Look,
        LookApproval, LookApprovalContract, LookContract, LookCredit, LookCreditContract,
        LookDecision, LookDecisionContract, LookOperation, LookOperationContract, LookSheet,
        LookSheetContract, OperationPicture, Picture, SendApprovalContract, SendApprovalSteps,
        SendContract, SendCreditContract, SendCreditSteps, SendDecisionContract, SendDecisionSteps,
        SendOperationContract, SendOperationSteps, SendSheetContract, SendSheetSteps, SendSteps,
        SheetPicture,
    },
    policy,
};
use futures::FutureExt as _;
use kit::{
    store::{Asked, Store},
    trace,
};
use sha2::{Digest as _, Sha256};
use temporalio_sdk::activities::{ActivityContext, ActivityError, activities};
use tokio::time::timeout;

use crate::{
    failure::failure,
    fold::{self, Command, Flow, Fold},
    outage::Presence,
    sheets, steps,
    watch::{Sent, Watch},
};

/// The worker's side of what flows ask for.
pub struct Work {
    store: Store<Fold>,
    presence: Presence,
    outside: Outside,
    watch: Watch,
}

/// The ways to outside systems, and how patient one is on them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outside {
    pub(crate) connectors: Connectors,
    pub(crate) waits: Waits,
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
        let id: CaseId = proto::convert::id("case_id", input.case_id.as_str()).map_err(failure)?;
        self.looks(&ctx, Flow::Case(id), || self.picture(&input.case_id)).await
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
        let id = sheet_id(&input).map_err(failure)?;
        self.looks(&ctx, Flow::Sheet(id.clone()), || self.sheet(&id)).await
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

    /// Shows the credit of an object as the fold has it.
    #[activity(definition = LookCreditContract)]
    pub async fn look_credit(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: LookCredit,
    ) -> Result<CreditPicture, ActivityError> {
        let object = object(&input).map_err(failure)?;
        self.looks(&ctx, Flow::Credit(object.clone()), || self.credit(&object)).await
    }

    /// Says steps of an object's credit, and shows it when the record has them.
    #[activity(definition = SendCreditContract)]
    pub async fn send_credit(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: SendCreditSteps,
    ) -> Result<CreditPicture, ActivityError> {
        let patience = policy::read_back(ctx.info().is_local);
        let object = object(&input.credit).map_err(failure)?;
        self.perform_credit(&object, &input.steps, patience).await.map_err(failure)
    }

    /// Tries an outside system once, and shows the credit when the record has its answer.
    #[activity(definition = DeliverContract)]
    pub async fn deliver(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: Deliver,
    ) -> Result<CreditPicture, ActivityError> {
        let patience = policy::read_back(ctx.info().is_local);
        let object = object(&input.credit).map_err(failure)?;
        let delivery = proto::credit::delivery(input.delivery).map_err(failure)?;
        self.try_outside(&object, &delivery, patience).await.map_err(failure)
    }

    /// Shows the approval as the fold has it.
    #[activity(definition = LookApprovalContract)]
    pub async fn look_approval(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: LookApproval,
    ) -> Result<ApprovalPicture, ActivityError> {
        let id: ApprovalId =
            proto::convert::id("approval_id", input.approval_id).map_err(failure)?;
        self.looks(&ctx, Flow::Approval(id.clone()), || self.approval(&id)).await
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

    /// Shows the decision as the fold has it.
    #[activity(definition = LookDecisionContract)]
    pub async fn look_decision(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: LookDecision,
    ) -> Result<DecisionPicture, ActivityError> {
        let id: DecisionId =
            proto::convert::id("decision_id", input.decision_id).map_err(failure)?;
        self.looks(&ctx, Flow::Decision(id.clone()), || self.decision(&id)).await
    }

    /// Sends steps of a decision, and shows it when the record has them.
    #[activity(definition = SendDecisionContract)]
    pub async fn send_decision(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: SendDecisionSteps,
    ) -> Result<DecisionPicture, ActivityError> {
        let patience = policy::read_back(ctx.info().is_local);
        let id = proto::convert::id("decision_id", input.decision_id).map_err(failure)?;
        self.perform_decision(&id, &input.steps, patience).await.map_err(failure)
    }

    /// Shows the operation as the fold has it.
    #[activity(definition = LookOperationContract)]
    pub async fn look_operation(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: LookOperation,
    ) -> Result<OperationPicture, ActivityError> {
        let id: OperationId =
            proto::convert::id("operation_id", input.operation_id).map_err(failure)?;
        self.looks(&ctx, Flow::Operation(id.clone()), || self.operation(&id)).await
    }

    /// Sends steps of an operation, and shows it when the record has them.
    #[activity(definition = SendOperationContract)]
    pub async fn send_operation(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: SendOperationSteps,
    ) -> Result<OperationPicture, ActivityError> {
        let patience = policy::read_back(ctx.info().is_local);
        let id = proto::convert::id("operation_id", input.operation_id).map_err(failure)?;
        self.perform_operation(&id, &input.steps, patience).await.map_err(failure)
    }
}

impl Work {
    /// Over this store.
    pub(crate) fn new(
        store: Store<Fold>,
        presence: Presence,
        outside: Outside,
        watch: Watch,
    ) -> Work {
        Work { store, presence, outside, watch }
    }

    /// Shows what a flow is about, once all is well: nothing is decided by clocks that may be wrong.
    async fn looks<T>(
        &self,
        ctx: &ActivityContext,
        flow: Flow,
        show: impl FnOnce() -> Result<T, Rejection>,
    ) -> Result<T, ActivityError> {
        let patience = policy::read_back(ctx.info().is_local);
        let look = async {
            self.presence.here(&self.store, patience).await?;
            show()
        };
        let shown = caught(look).await;
        self.watch.looked(&flow, shown.as_ref().map(drop)).await;
        shown.map_err(failure)
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

    /// The credit of an object as the fold has it.
    pub fn credit(&self, object: &ObjectId) -> Result<CreditPicture, Rejection> {
        let kept = self.store.read(|tx| fold::credit(tx, object))?;
        let kept = kept.ok_or_else(|| {
            let message = format!("the record has nothing about the credit of {object} yet");
            Rejection::unknown("UNKNOWN_OBJECT", "object", message)
        })?;
        let (rules, waits) = (self.store.machine().credit_rules(), self.outside.waits);
        Ok(CreditPicture { ledger: kept.ledger, rules, waits })
    }

    /// Says steps of an object's credit, each once, and waits until the record has them.
    pub async fn perform_credit(
        &self,
        object: &ObjectId,
        steps: &[credit::Step],
        patience: Duration,
    ) -> Result<CreditPicture, Rejection> {
        let command = |step: &credit::Step| {
            let name = crate::credit::step_id(object, step);
            (name, Command::SendCredit(object.clone(), step.clone()))
        };
        self.carry_out(&Flow::Credit(object.clone()), steps.iter().map(command), patience).await?;
        self.credit(object)
    }

    /// Tries an outside system once; what it answers is in the record before this ends. What is not
    /// owed any more is not tried.
    pub async fn try_outside(
        &self,
        object: &ObjectId,
        id: &DeliveryId,
        patience: Duration,
    ) -> Result<CreditPicture, Rejection> {
        // An answer that is on its way to the record is not asked for again.
        self.wait(&Flow::Credit(object.clone()), patience).await?;
        let picture = self.credit(object)?;
        let machine = self.store.machine();
        let city = machine.city();
        let is_owed = credit::decide(&picture.ledger, &picture.rules).deliver.contains(id);
        let message = crate::credit::message(city, &picture.ledger, id).filter(|_| is_owed);
        let Some(message) = message else { return Ok(picture) };
        let trying = self.outside.connectors.deliver(&id.receiver, &message);
        let answer = self.traced(&Flow::Credit(object.clone()), "deliver", trying).await;
        tracing::debug!(%object, delivery = %id, ?answer, "an outside system was tried");
        let fact = crate::credit::answered(city, &picture.ledger, id, answer.clone());
        let name = fact.and_then(|fact| crate::credit::answer_id(&picture.ledger, &fact));
        let Some(name) = name else { return Ok(picture) };
        let answered = Command::Answered(object.clone(), id.clone(), answer);
        self.store.execute(asked(name.as_str())?, answered).await?;
        self.wait(&Flow::Credit(object.clone()), patience).await?;
        self.credit(object)
    }

    /// Sends each step under its name, and waits until the record has them all.
    async fn carry_out(
        &self,
        flow: &Flow,
        steps: impl Iterator<Item = (EnvelopeId, Command)>,
        patience: Duration,
    ) -> Result<(), Rejection> {
        let steps: Vec<(EnvelopeId, Command)> = steps.collect();
        let names: Vec<EnvelopeId> = steps.iter().map(|(name, _)| name.clone()).collect();
        let work = self.traced(flow, "send", self.sends(flow, steps, patience));
        let moved = caught(work).await;
        self.watch.sent(flow, Sent { names: &names, moved: &moved }).await;
        moved.map(drop)
    }

    /// The same; says whether any was sent now, or is left out: then nothing has to move.
    async fn sends(
        &self,
        flow: &Flow,
        steps: Vec<(EnvelopeId, Command)>,
        patience: Duration,
    ) -> Result<bool, Rejection> {
        let mut moved = false;
        for (name, command) in steps {
            if self.store.read(|tx| fold::is_left_out(tx, flow, &name))? {
                moved = true;
                continue;
            }
            let answer = self.store.execute(asked(name.as_str())?, command).await?;
            moved |= answer.count > 0 && !answer.is_repeat;
        }
        self.wait(flow, patience).await?;
        Ok(moved)
    }

    /// Works in the trace of what the flow is about. The record has its context, so it is the same
    /// whoever starts the flow again, also where Temporal has lost it.
    async fn traced<T>(&self, flow: &Flow, what: &str, work: impl Future<Output = T>) -> T {
        let span = tracing::info_span!(
            "step",
            otel.name = format!("{what} {}", flow.kind()),
            otel.kind = "internal",
            muster.step = what,
            muster.flow = flow.workflow(&self.store.machine().city().id),
        );
        let known = self.store.read(|tx| fold::traceparent(tx, flow)).ok().flatten();
        let parent = known.and_then(|text| text.parse().ok()).unwrap_or_else(trace::current);
        trace::within(parent, span, work).await
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

/// A step that panics has failed, and is tried again like any other.
async fn caught<T>(work: impl Future<Output = Result<T, Rejection>>) -> Result<T, Rejection> {
    let panicked = |_| Rejection::unavailable("PANICKED", "the worker has panicked in this step");
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| Err(panicked(panic)))
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

fn object(look: &LookCredit) -> Result<ObjectId, Rejection> {
    proto::convert::id("object", look.object.as_str())
}
