//! An enforcement decision (执法决定), from its draft until it has ended, is published and every
//! supervisor has an answer.
//!
//! The story: look at the record; decide what is due; say which gates the draft has to pass; publish
//! before, during and after; remind, urge and report who owes a word; rest until something of that
//! changes or a limit comes; look again.
//! It opens no gate: silence is never consent, and it waits as long as people take.
//!
//! The same machinery as every flow's (`crate::story`). It refuses nothing.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use std::convert::Infallible;

use domain::{
    decision::{Step, decide},
    id::DecisionId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView,
    WorkflowResult, WorkflowTermination,
};

use crate::{
    activities::{DecisionActivities, DecisionPicture, LookDecision, SendDecisionSteps},
    heard::{Heard, Milestone, field},
    policy::now,
    step::done,
    story::{Due, Story, tell},
};

// Input and outcome

/// With what a flow begins, and what it carries into its next run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct DecisionInput {
    /// Its number.
    pub decision_id: String,
    /// The milestones that were heard.
    pub heard: Heard,
}

impl DecisionInput {
    /// The beginning of a decision.
    pub fn of(id: &DecisionId) -> DecisionInput {
        DecisionInput { decision_id: id.to_string(), ..DecisionInput::default() }
    }
}

impl From<Value> for DecisionInput {
    fn from(value: Value) -> DecisionInput {
        DecisionInput { decision_id: field(&value, "decision_id"), heard: field(&value, "heard") }
    }
}

/// How a flow ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ended {
    /// The word for its end, `closed`.
    pub stage: String,
}

// State

/// One decision on its way.
#[workflow]
#[derive(Debug)]
pub struct EnforcementDecision {
    decision_id: String,
    heard: Heard,
    /// Whether a milestone came since the last look.
    news: bool,
    picture: Option<DecisionPicture>,
}

#[workflow_methods]
impl EnforcementDecision {
    #[init]
    fn new(_view: &WorkflowContextView, input: DecisionInput) -> Self {
        let DecisionInput { decision_id, heard } = input;
        Self { decision_id, heard, news: false, picture: None }
    }

    // The story

    /// Runs a decision to its end.
    #[run(name = "EnforcementDecision")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Ended> {
        let DecisionPicture { decision, .. } = tell(&*ctx).await?;
        Ok(Ended { stage: decision.stage().word().to_owned() })
    }

    // Signals and queries

    /// Something has happened that the flow must know.
    #[signal(name = "milestone")]
    pub fn milestone(&mut self, _ctx: &mut SyncWorkflowContext<Self>, told: Milestone) {
        self.news |= self.heard.is_new(told.id);
    }

    /// The decision as the flow has seen it last.
    #[query(name = "picture")]
    pub fn picture(&self, _view: &WorkflowContextView) -> Option<DecisionPicture> {
        self.picture.clone()
    }
}

// Steps

impl Story for EnforcementDecision {
    /// A supervisor who speaks at the very end is owed an answer.
    const COMES_BACK: bool = true;

    type Step = Step;
    type Picture = DecisionPicture;

    fn is_news(&self) -> bool {
        self.news
    }

    fn takes_up(&mut self) {
        self.news = false;
    }

    async fn look(ctx: &WorkflowContext<Self>) -> Result<DecisionPicture, WorkflowTermination> {
        let look = ctx.state(|flow| LookDecision { decision_id: flow.decision_id.clone() });
        done(ctx, || DecisionActivities::look, look, "look at the record").await
    }

    fn due(ctx: &WorkflowContext<Self>, picture: &DecisionPicture) -> Due<Step> {
        if picture.decision.is_over() {
            return None;
        }
        let plan = decide(&picture.decision, &picture.limits, now(ctx));
        Some((plan.steps, plan.wake))
    }

    async fn send(
        ctx: &WorkflowContext<Self>,
        steps: Vec<Step>,
    ) -> Result<DecisionPicture, WorkflowTermination> {
        let summary = steps.first().map(Step::name).unwrap_or_default();
        let decision_id = ctx.state(|flow| flow.decision_id.clone());
        let send = SendDecisionSteps { decision_id, steps };
        done(ctx, || DecisionActivities::send, send, &summary).await
    }

    fn show(ctx: &WorkflowContext<Self>, picture: &DecisionPicture) {
        ctx.state_mut(|flow| flow.picture = Some(picture.clone()));
    }

    fn go_on(ctx: &WorkflowContext<Self>) -> Result<Infallible, WorkflowTermination> {
        let carried = ctx.state(|flow| DecisionInput {
            decision_id: flow.decision_id.clone(),
            heard: flow.heard.clone(),
        });
        ctx.continue_as_new(carried, ContinueAsNewOptions::default())
    }
}
