//! A joint operation (联合执法行动), from its plan until every unit has let go.
//!
//! The story: look at the record; register how calling a unit is undone, then call it; begin when
//! there is a quorum; brief who takes part, also who comes late; end it when its time is over; have
//! everybody let go; say once what came of it; plan the next of the series; rest until somebody says
//! something, a release arrives, or a limit comes; look again.
//! It waits for a release as long as it takes: what can't be undone is seen, and not given up.
//!
//! The same machinery as every flow's (`crate::story`). It refuses nothing.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use std::convert::Infallible;

use domain::{
    id::OperationId,
    operation::{Step, decide},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView,
    WorkflowResult, WorkflowTermination,
};

use crate::{
    activities::{LookOperation, OperationActivities, OperationPicture, SendOperationSteps},
    heard::{Heard, Milestone, field},
    policy::now,
    step::done,
    story::{Due, Story, tell},
};

// Input and outcome

/// With what a flow begins, and what it carries into its next run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct OperationInput {
    /// Its number.
    pub operation_id: String,
    /// The milestones that were heard.
    pub heard: Heard,
}

impl OperationInput {
    /// The beginning of an operation.
    pub fn of(id: &OperationId) -> OperationInput {
        OperationInput { operation_id: id.to_string(), ..OperationInput::default() }
    }
}

impl From<Value> for OperationInput {
    fn from(value: Value) -> OperationInput {
        OperationInput {
            operation_id: field(&value, "operation_id"),
            heard: field(&value, "heard"),
        }
    }
}

/// How a flow ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ended {
    /// Whether it ever began.
    pub has_begun: bool,
    /// How many units had confirmed.
    pub members: u32,
}

// State

/// One operation on its way.
#[workflow]
#[derive(Debug)]
pub struct JointOperation {
    operation_id: String,
    heard: Heard,
    /// Whether a milestone came since the last look.
    news: bool,
    picture: Option<OperationPicture>,
}

#[workflow_methods]
impl JointOperation {
    #[init]
    fn new(_view: &WorkflowContextView, input: OperationInput) -> Self {
        let OperationInput { operation_id, heard } = input;
        Self { operation_id, heard, news: false, picture: None }
    }

    // The story

    /// Runs an operation to its end.
    #[run(name = "JointOperation")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Ended> {
        let OperationPicture { operation, .. } = tell(&*ctx).await?;
        let members = u32::try_from(operation.confirmed().len()).unwrap_or(u32::MAX);
        Ok(Ended { has_begun: operation.started_at.is_some(), members })
    }

    // Signals and queries

    /// Something has happened that the flow must know.
    #[signal(name = "milestone")]
    pub fn milestone(&mut self, _ctx: &mut SyncWorkflowContext<Self>, told: Milestone) {
        self.news |= self.heard.is_new(told.id);
    }

    /// The operation as the flow has seen it last.
    #[query(name = "picture")]
    pub fn picture(&self, _view: &WorkflowContextView) -> Option<OperationPicture> {
        self.picture.clone()
    }
}

// Steps

impl Story for JointOperation {
    /// What is left to cases after its very end begins it again.
    const COMES_BACK: bool = true;

    type Step = Step;
    type Picture = OperationPicture;

    fn is_news(&self) -> bool {
        self.news
    }

    fn takes_up(&mut self) {
        self.news = false;
    }

    async fn look(ctx: &WorkflowContext<Self>) -> Result<OperationPicture, WorkflowTermination> {
        let look = ctx.state(|flow| LookOperation { operation_id: flow.operation_id.clone() });
        done(ctx, || OperationActivities::look, look, "look at the record").await
    }

    fn due(ctx: &WorkflowContext<Self>, picture: &OperationPicture) -> Due<Step> {
        let OperationPicture { operation, receipts, limits } = picture;
        if operation.is_closed() {
            return None;
        }
        let todo = decide(operation, receipts, limits, now(ctx));
        Some((todo.steps, todo.wake))
    }

    async fn send(
        ctx: &WorkflowContext<Self>,
        steps: Vec<Step>,
    ) -> Result<OperationPicture, WorkflowTermination> {
        let summary = steps.first().map(Step::name).unwrap_or_default();
        let operation_id = ctx.state(|flow| flow.operation_id.clone());
        let send = SendOperationSteps { operation_id, steps };
        done(ctx, || OperationActivities::send, send, &summary).await
    }

    fn show(ctx: &WorkflowContext<Self>, picture: &OperationPicture) {
        ctx.state_mut(|flow| flow.picture = Some(picture.clone()));
    }

    fn go_on(ctx: &WorkflowContext<Self>) -> Result<Infallible, WorkflowTermination> {
        let carried = ctx.state(|flow| OperationInput {
            operation_id: flow.operation_id.clone(),
            heard: flow.heard.clone(),
        });
        ctx.continue_as_new(carried, ContinueAsNewOptions::default())
    }
}
