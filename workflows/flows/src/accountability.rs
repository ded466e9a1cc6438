//! A unit answers for a case (追责问责), from the sheet's opening to the bulletin.
//!
//! The story: look at the record; decide what is due; have it sent; rest until the unit was heard,
//! it is decided, or a limit comes; look again; end when it is closed.
//! It waits for people as long as they take: nobody's decision is taken for them.
//!
//! The same machinery as every flow's (`crate::story`): one timer, milestones that are heard once,
//! local steps that become remote ones. It refuses nothing.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use std::convert::Infallible;

use domain::accountability::{SheetId, Stage, Step, decide};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView,
    WorkflowResult, WorkflowTermination,
};

use crate::{
    activities::{LookSheet, SendSheetSteps, SheetActivities, SheetPicture},
    heard::{Heard, Milestone, field},
    policy::now,
    step::done,
    story::{Due, Story, tell},
};

// Input and outcome

/// With what a flow begins, and what it carries into its next run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct SheetInput {
    /// Which sheet.
    pub sheet: LookSheet,
    /// The milestones that were heard.
    pub heard: Heard,
}

impl SheetInput {
    /// The beginning of a sheet.
    pub fn of(id: &SheetId) -> SheetInput {
        let sheet = LookSheet { case_id: id.case_id.to_string(), unit: id.unit.to_string() };
        SheetInput { sheet, ..SheetInput::default() }
    }
}

impl From<Value> for SheetInput {
    fn from(value: Value) -> SheetInput {
        SheetInput { sheet: field(&value, "sheet"), heard: field(&value, "heard") }
    }
}

/// How a flow ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ended {
    /// What follows: a form of the city's ladder, or nothing.
    pub form: Option<String>,
}

// State

/// One sheet on its way.
#[workflow]
#[derive(Debug)]
pub struct Accountability {
    sheet: LookSheet,
    heard: Heard,
    /// Whether a milestone came since the last look.
    news: bool,
    picture: Option<SheetPicture>,
}

#[workflow_methods]
impl Accountability {
    #[init]
    fn new(_view: &WorkflowContextView, input: SheetInput) -> Self {
        let SheetInput { sheet, heard } = input;
        Self { sheet, heard, news: false, picture: None }
    }

    // The story

    /// Runs a sheet to its end.
    #[run(name = "Accountability")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Ended> {
        let picture = tell(&*ctx).await?;
        let form = picture.sheet.decision.and_then(|decision| decision.form);
        Ok(Ended { form: form.map(|form| form.to_string()) })
    }

    // Signals and queries

    /// Something has happened that the flow must know.
    #[signal(name = "milestone")]
    pub fn milestone(&mut self, _ctx: &mut SyncWorkflowContext<Self>, told: Milestone) {
        self.news |= self.heard.is_new(told.id);
    }

    /// The sheet as the flow has seen it last.
    #[query(name = "picture")]
    pub fn picture(&self, _view: &WorkflowContextView) -> Option<SheetPicture> {
        self.picture.clone()
    }
}

// Steps

impl Story for Accountability {
    type Step = Step;
    type Picture = SheetPicture;

    fn is_news(&self) -> bool {
        self.news
    }

    fn takes_up(&mut self) {
        self.news = false;
    }

    async fn look(ctx: &WorkflowContext<Self>) -> Result<SheetPicture, WorkflowTermination> {
        let look = ctx.state(|flow| flow.sheet.clone());
        done(ctx, || SheetActivities::look, look, "look at the record").await
    }

    fn due(ctx: &WorkflowContext<Self>, picture: &SheetPicture) -> Due<Step> {
        if picture.sheet.stage == Stage::Closed {
            return None;
        }
        let plan = decide(&picture.sheet, &picture.limits, now(ctx));
        Some((plan.steps, plan.wake))
    }

    async fn send(
        ctx: &WorkflowContext<Self>,
        steps: Vec<Step>,
    ) -> Result<SheetPicture, WorkflowTermination> {
        let summary = steps.first().map(Step::name).unwrap_or_default();
        let send = SendSheetSteps { sheet: ctx.state(|flow| flow.sheet.clone()), steps };
        done(ctx, || SheetActivities::send, send, &summary).await
    }

    fn show(ctx: &WorkflowContext<Self>, picture: &SheetPicture) {
        ctx.state_mut(|flow| flow.picture = Some(picture.clone()));
    }

    fn go_on(ctx: &WorkflowContext<Self>) -> Result<Infallible, WorkflowTermination> {
        let carried =
            ctx.state(|flow| SheetInput { sheet: flow.sheet.clone(), heard: flow.heard.clone() });
        ctx.continue_as_new(carried, ContinueAsNewOptions::default())
    }
}
