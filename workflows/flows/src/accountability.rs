//! A unit answers for a case (追责问责), from the sheet's opening to the bulletin.
//!
//! The story: look at the record; decide what is due; have it sent; rest until the unit was heard,
//! it is decided, or a limit comes; look again; end when it is closed.
//! It waits for people as long as they take: nobody's decision is taken for them.
//!
//! The same machinery as a case's flow ([`crate::whistle`]): one timer, milestones that are heard
//! once, local steps that become remote ones. It refuses nothing.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use domain::accountability::{SheetId, Stage, decide};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView,
    WorkflowResult, WorkflowTermination,
};

use crate::{
    activities::{LookSheet, SendSheetSteps, SheetActivities, SheetPicture},
    alarm::Alarm,
    heard::{Heard, Milestone, field},
    policy::{self, now},
    step::{Next, done, drained},
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
        let ctx = &*ctx;
        let mut alarm = Alarm::default();
        let mut stuck = 0;
        loop {
            let picture = Self::look(ctx).await?;
            let (picture, next) = Self::act(ctx, picture).await?;
            ctx.state_mut(|flow| flow.picture = Some(picture.clone()));
            stuck = if matches!(next, Next::Stuck) { stuck + 1 } else { 0 };
            let wake = match next {
                Next::Rest(wake) => wake,
                Next::Stuck => Some(now(ctx) + policy::rest(stuck)),
                Next::End => {
                    alarm.set(ctx, None);
                    drained(ctx).await?;
                    let form = picture.sheet.decision.and_then(|decision| decision.form);
                    return Ok(Ended { form: form.map(|form| form.to_string()) });
                }
            };
            if ctx.continue_as_new_suggested() {
                alarm.set(ctx, None);
                drained(ctx).await?;
                ctx.continue_as_new(ctx.state(Self::carried), ContinueAsNewOptions::default())?;
            }
            alarm.set(ctx, wake);
            alarm.rest(ctx, |flow: &Self| flow.news).await?;
        }
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

impl Accountability {
    /// Looks at the record. What is told from here on is news.
    async fn look(ctx: &WorkflowContext<Self>) -> Result<SheetPicture, WorkflowTermination> {
        let look = ctx.state_mut(|flow| {
            flow.news = false;
            flow.sheet.clone()
        });
        done(ctx, || SheetActivities::look, look, "look at the record").await
    }

    /// Has everything sent that is due, until nothing is.
    async fn act(
        ctx: &WorkflowContext<Self>,
        mut picture: SheetPicture,
    ) -> Result<(SheetPicture, Next), WorkflowTermination> {
        let mut sent = Vec::new();
        for _ in 0..policy::STEPS_IN_A_ROW {
            if picture.sheet.stage == Stage::Closed {
                return Ok((picture, Next::End));
            }
            let plan = decide(&picture.sheet, &picture.limits, now(ctx));
            if plan.steps.is_empty() {
                return Ok((picture, Next::Rest(plan.wake)));
            }
            if plan.steps == sent {
                return Ok((picture, Next::Stuck));
            }
            sent.clone_from(&plan.steps);
            let sheet = ctx.state(|flow| flow.sheet.clone());
            picture = Self::send(ctx, SendSheetSteps { sheet, steps: plan.steps }).await?;
        }
        Ok((picture, Next::Stuck))
    }

    async fn send(
        ctx: &WorkflowContext<Self>,
        send: SendSheetSteps,
    ) -> Result<SheetPicture, WorkflowTermination> {
        let summary = send.steps.first().map(|step| step.name()).unwrap_or_default();
        done(ctx, || SheetActivities::send, send, &summary).await
    }

    /// What goes with the sheet into its next run.
    fn carried(&self) -> SheetInput {
        SheetInput { sheet: self.sheet.clone(), heard: self.heard.clone() }
    }
}
