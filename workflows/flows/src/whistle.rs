//! A whistled case (社区吹哨、部门报到), from the whistle to the closing.
//!
//! The story: look at the record; decide what is due; have it sent; show where the case stands;
//! rest until a milestone is told or the next deadline comes; look again; end when it is closed.
//! The record holds the facts, [`mod@domain::case::decide`] the rules: the flow holds time.
//!
//! It promises: one timer at a time, which is moved only when it must ring earlier; a step that
//! moved nothing is not repeated without a rest; a milestone that was heard already wakes nobody; a
//! flow that is cancelled ends and urges nobody.
//! It refuses nothing: what it can't read of a signal makes it look, and no more.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

mod input;

use std::convert::Infallible;

use domain::case::{Course, Outcome, Stage, Step, decide};
use serde::{Deserialize, Serialize};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView,
    WorkflowResult, WorkflowTermination,
};

pub use self::input::CaseInput;
pub use crate::heard::Milestone;
use crate::{
    activities::{CaseActivities, Look, Picture, SendSteps},
    attributes::Shown,
    heard::Heard,
    policy::now,
    step::done,
    story::{Due, Story, tell},
};

// Input and outcome

/// How a flow ended: as its case did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ended {
    /// The last round.
    pub round: u32,
    /// How the case ended.
    pub outcome: Option<Outcome>,
}

// State

/// One case on its way.
#[workflow]
#[derive(Debug)]
pub struct WhistleCase {
    case_id: String,
    heard: Heard,
    /// Whether a milestone came since the last look.
    news: bool,
    shown: Shown,
    picture: Option<Picture>,
}

#[workflow_methods]
impl WhistleCase {
    #[init]
    fn new(_view: &WorkflowContextView, input: CaseInput) -> Self {
        let CaseInput { case_id, heard, shown } = input;
        Self { case_id, heard, news: false, shown, picture: None }
    }

    // The story

    /// Runs a case to its end.
    #[run(name = "WhistleCase")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Ended> {
        let Course { round, outcome, .. } = tell(&*ctx).await?.course;
        Ok(Ended { round, outcome })
    }

    // Signals and queries

    /// Something has happened that the flow must know.
    #[signal(name = "milestone")]
    pub fn milestone(&mut self, _ctx: &mut SyncWorkflowContext<Self>, told: Milestone) {
        self.news |= self.heard.is_new(told.id);
    }

    /// The case as the flow has seen it last.
    #[query(name = "picture")]
    pub fn picture(&self, _view: &WorkflowContextView) -> Option<Picture> {
        self.picture.clone()
    }

    /// Where the case stood when the flow looked last.
    #[query(name = "stage")]
    pub fn stage(&self, _view: &WorkflowContextView) -> String {
        self.picture.as_ref().map_or(Stage::Raised, |seen| seen.course.stage).word().to_owned()
    }
}

// Steps

impl Story for WhistleCase {
    type Step = Step;
    type Picture = Picture;

    fn is_news(&self) -> bool {
        self.news
    }

    fn takes_up(&mut self) {
        self.news = false;
    }

    async fn look(ctx: &WorkflowContext<Self>) -> Result<Picture, WorkflowTermination> {
        let look = ctx.state(|flow| Look { case_id: flow.case_id.clone() });
        done(ctx, || CaseActivities::look, look, "look at the record").await
    }

    fn due(ctx: &WorkflowContext<Self>, picture: &Picture) -> Due<Step> {
        if picture.course.stage == Stage::Closed {
            return None;
        }
        let plan = decide(&picture.course, &picture.limits, now(ctx));
        Some((plan.steps, plan.wake))
    }

    async fn send(
        ctx: &WorkflowContext<Self>,
        steps: Vec<Step>,
    ) -> Result<Picture, WorkflowTermination> {
        let summary = steps.first().map(Step::name).unwrap_or_default();
        let send = SendSteps { case_id: ctx.state(|flow| flow.case_id.clone()), steps };
        done(ctx, || CaseActivities::send, send, &summary).await
    }

    /// Tells Temporal what has changed, in one command, and nothing when nothing has.
    fn show(ctx: &WorkflowContext<Self>, picture: &Picture) {
        let shown = Shown::of(picture);
        let updates = ctx.state(|flow| shown.since(&flow.shown));
        if !updates.is_empty() {
            ctx.upsert_search_attributes(updates);
        }
        ctx.state_mut(|flow| {
            flow.shown = shown;
            flow.picture = Some(picture.clone());
        });
    }

    fn go_on(ctx: &WorkflowContext<Self>) -> Result<Infallible, WorkflowTermination> {
        let carried = ctx.state(|flow| CaseInput {
            case_id: flow.case_id.clone(),
            heard: flow.heard.clone(),
            shown: flow.shown.clone(),
        });
        ctx.continue_as_new(carried, ContinueAsNewOptions::default())
    }
}
