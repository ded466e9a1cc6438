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

use domain::case::{Course, Outcome, Stage, decide};
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
    alarm::Alarm,
    attributes::Shown,
    heard::Heard,
    policy::{self, now},
    step::{Next, done, drained},
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
        let ctx = &*ctx;
        let mut alarm = Alarm::default();
        let mut stuck = 0;
        loop {
            let picture = Self::look(ctx).await?;
            let (picture, next) = Self::act(ctx, picture).await?;
            Self::show(ctx, &picture);
            stuck = if matches!(next, Next::Stuck) { stuck + 1 } else { 0 };
            let wake = match next {
                Next::Rest(wake) => wake,
                Next::Stuck => Some(now(ctx) + policy::rest(stuck)),
                Next::End => {
                    alarm.set(ctx, None);
                    drained(ctx).await?;
                    let Course { round, outcome, .. } = picture.course;
                    return Ok(Ended { round, outcome });
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

impl WhistleCase {
    /// Looks at the record. What is told from here on is news.
    async fn look(ctx: &WorkflowContext<Self>) -> Result<Picture, WorkflowTermination> {
        let look = ctx.state_mut(|flow| {
            flow.news = false;
            Look { case_id: flow.case_id.clone() }
        });
        done(ctx, || CaseActivities::look, look, "look at the record").await
    }

    /// Has everything sent that is due, until nothing is.
    async fn act(
        ctx: &WorkflowContext<Self>,
        mut picture: Picture,
    ) -> Result<(Picture, Next), WorkflowTermination> {
        let mut sent = Vec::new();
        for _ in 0..policy::STEPS_IN_A_ROW {
            if picture.course.stage == Stage::Closed {
                return Ok((picture, Next::End));
            }
            let plan = decide(&picture.course, &picture.limits, now(ctx));
            if plan.steps.is_empty() {
                return Ok((picture, Next::Rest(plan.wake)));
            }
            if plan.steps == sent {
                return Ok((picture, Next::Stuck));
            }
            sent.clone_from(&plan.steps);
            let case_id = ctx.state(|flow| flow.case_id.clone());
            picture = Self::send(ctx, SendSteps { case_id, steps: plan.steps }).await?;
        }
        Ok((picture, Next::Stuck))
    }

    async fn send(
        ctx: &WorkflowContext<Self>,
        send: SendSteps,
    ) -> Result<Picture, WorkflowTermination> {
        let summary = send.steps.first().map(|step| step.name()).unwrap_or_default();
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

    /// What goes with the case into its next run.
    fn carried(&self) -> CaseInput {
        CaseInput {
            case_id: self.case_id.clone(),
            heard: self.heard.clone(),
            shown: self.shown.clone(),
        }
    }
}
