//! A joint approval (联审联批), from the application until every item is complete and told.
//!
//! The story: look at the record; decide what is due; have what items came to said, and the work of
//! each approved one given to its unit; urge who is silent, once; rest until an opinion completes
//! something or a limit comes; look again; end when nothing is open.
//! It waits for approvers as long as they take: silence is never consent.
//!
//! The same machinery as every flow's (`crate::story`). It refuses nothing.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use std::convert::Infallible;

use domain::{
    approval::{State, Step, decide},
    id::ApprovalId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView,
    WorkflowResult, WorkflowTermination,
};

use crate::{
    activities::{ApprovalActivities, ApprovalPicture, LookApproval, SendApprovalSteps},
    heard::{Heard, Milestone, field},
    policy::now,
    step::done,
    story::{Due, Story, tell},
};

// Input and outcome

/// With what a flow begins, and what it carries into its next run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct ApprovalInput {
    /// Its number.
    pub approval_id: String,
    /// The milestones that were heard.
    pub heard: Heard,
}

impl ApprovalInput {
    /// The beginning of an approval.
    pub fn of(id: &ApprovalId) -> ApprovalInput {
        ApprovalInput { approval_id: id.to_string(), ..ApprovalInput::default() }
    }
}

impl From<Value> for ApprovalInput {
    fn from(value: Value) -> ApprovalInput {
        ApprovalInput { approval_id: field(&value, "approval_id"), heard: field(&value, "heard") }
    }
}

/// How a flow ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ended {
    /// How many items were approved.
    pub approved: u32,
    /// How many were refused.
    pub refused: u32,
}

// State

/// One approval on its way.
#[workflow]
#[derive(Debug)]
pub struct JointApproval {
    approval_id: String,
    heard: Heard,
    /// Whether a milestone came since the last look.
    news: bool,
    picture: Option<ApprovalPicture>,
}

#[workflow_methods]
impl JointApproval {
    #[init]
    fn new(_view: &WorkflowContextView, input: ApprovalInput) -> Self {
        let ApprovalInput { approval_id, heard } = input;
        Self { approval_id, heard, news: false, picture: None }
    }

    // The story

    /// Runs an approval to its end.
    #[run(name = "JointApproval")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Ended> {
        let ApprovalPicture { approval, .. } = tell(&*ctx).await?;
        let count = |state| {
            let of = approval.items.values().filter(|item| item.state == state);
            u32::try_from(of.count()).unwrap_or(u32::MAX)
        };
        Ok(Ended { approved: count(State::Approved), refused: count(State::Refused) })
    }

    // Signals and queries

    /// Something has happened that the flow must know.
    #[signal(name = "milestone")]
    pub fn milestone(&mut self, _ctx: &mut SyncWorkflowContext<Self>, told: Milestone) {
        self.news |= self.heard.is_new(told.id);
    }

    /// The approval as the flow has seen it last.
    #[query(name = "picture")]
    pub fn picture(&self, _view: &WorkflowContextView) -> Option<ApprovalPicture> {
        self.picture.clone()
    }
}

// Steps

impl Story for JointApproval {
    type Step = Step;
    type Picture = ApprovalPicture;

    fn is_news(&self) -> bool {
        self.news
    }

    fn takes_up(&mut self) {
        self.news = false;
    }

    async fn look(ctx: &WorkflowContext<Self>) -> Result<ApprovalPicture, WorkflowTermination> {
        let look = ctx.state(|flow| LookApproval { approval_id: flow.approval_id.clone() });
        done(ctx, || ApprovalActivities::look, look, "look at the record").await
    }

    fn due(ctx: &WorkflowContext<Self>, picture: &ApprovalPicture) -> Due<Step> {
        if picture.approval.is_closed() {
            return None;
        }
        let plan = decide(&picture.approval, &picture.limits, now(ctx));
        Some((plan.steps, plan.wake))
    }

    async fn send(
        ctx: &WorkflowContext<Self>,
        steps: Vec<Step>,
    ) -> Result<ApprovalPicture, WorkflowTermination> {
        let summary = steps.first().map(Step::name).unwrap_or_default();
        let approval_id = ctx.state(|flow| flow.approval_id.clone());
        let send = SendApprovalSteps { approval_id, steps };
        done(ctx, || ApprovalActivities::send, send, &summary).await
    }

    fn show(ctx: &WorkflowContext<Self>, picture: &ApprovalPicture) {
        ctx.state_mut(|flow| flow.picture = Some(picture.clone()));
    }

    fn go_on(ctx: &WorkflowContext<Self>) -> Result<Infallible, WorkflowTermination> {
        let carried = ctx.state(|flow| ApprovalInput {
            approval_id: flow.approval_id.clone(),
            heard: flow.heard.clone(),
        });
        ctx.continue_as_new(carried, ContinueAsNewOptions::default())
    }
}
