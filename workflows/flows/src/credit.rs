//! The credit of one object (信用评价, 黑榜): from what changes its score to the last receipt.
//!
//! The story: look at the record; say what follows; try each outside system until it has what it
//! must have, with growing waits, each in its own time; look again when something was told; end when
//! nothing is owed. A confirmed violation that comes later starts it again.
//! It waits for outside systems for days, and decides nothing that a person must: what is refused
//! for good is parked by the worker, and a person puts it back.
//!
//! The same machinery as a case's flow ([`crate::whistle`]); one try is one activity.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use std::collections::BTreeMap;

use domain::{
    credit::{DeliveryId, State, decide},
    id::ObjectId,
    moment::Moment,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ActivityExecutionError, ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext,
    WorkflowContextView, WorkflowResult, WorkflowTermination,
};

use crate::{
    activities::{CreditActivities, CreditPicture, Deliver, LookCredit, SendCreditSteps},
    alarm::Alarm,
    heard::{Heard, Milestone, field},
    policy::{self, now},
    step::{Next, done, drained},
};

// Input and outcome

/// With what a flow begins, and what it carries into its next run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct CreditInput {
    /// Whose credit.
    pub credit: LookCredit,
    /// The milestones that were heard.
    pub heard: Heard,
    /// How often what is not there yet was tried, and when it is tried next.
    pub tries: BTreeMap<String, Tries>,
}

impl CreditInput {
    /// The beginning of an object's.
    pub fn of(object: &ObjectId) -> CreditInput {
        let credit = LookCredit { object: object.to_string() };
        CreditInput { credit, ..CreditInput::default() }
    }
}

impl From<Value> for CreditInput {
    fn from(value: Value) -> CreditInput {
        CreditInput {
            credit: field(&value, "credit"),
            heard: field(&value, "heard"),
            tries: field(&value, "tries"),
        }
    }
}

/// How often something was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tries {
    /// So often.
    pub count: u32,
    /// Not before then again, Unix milliseconds.
    pub next_ms: i64,
}

/// How a flow ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ended {
    /// Whether the object is on the list.
    pub is_listed: bool,
}

// State

/// The credit of one object on its way.
#[workflow]
#[derive(Debug)]
pub struct BlackList {
    credit: LookCredit,
    heard: Heard,
    tries: BTreeMap<String, Tries>,
    /// Whether a milestone came since the last look.
    news: bool,
    picture: Option<CreditPicture>,
}

#[workflow_methods]
impl BlackList {
    #[init]
    fn new(_view: &WorkflowContextView, input: CreditInput) -> Self {
        let CreditInput { credit, heard, tries } = input;
        Self { credit, heard, tries, news: false, picture: None }
    }

    // The story

    /// Runs until nothing is owed.
    #[run(name = "BlackList")]
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
                    // What was told since may owe something again.
                    if ctx.state(|flow| flow.news) {
                        continue;
                    }
                    return Ok(Ended { is_listed: picture.ledger.listed().is_some() });
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

    /// The credit as the flow has seen it last.
    #[query(name = "picture")]
    pub fn picture(&self, _view: &WorkflowContextView) -> Option<CreditPicture> {
        self.picture.clone()
    }
}

// Steps

impl BlackList {
    /// Looks at the record. What is told from here on is news.
    async fn look(ctx: &WorkflowContext<Self>) -> Result<CreditPicture, WorkflowTermination> {
        let look = ctx.state_mut(|flow| {
            flow.news = false;
            flow.credit.clone()
        });
        done(ctx, || CreditActivities::look, look, "look at the record").await
    }

    /// Has everything said and tried that is due, until nothing is.
    async fn act(
        ctx: &WorkflowContext<Self>,
        mut picture: CreditPicture,
    ) -> Result<(CreditPicture, Next), WorkflowTermination> {
        let mut sent = Vec::new();
        for _ in 0..policy::STEPS_IN_A_ROW {
            let plan = decide(&picture.ledger, &picture.rules);
            if plan.steps.is_empty() {
                let Some(first) = Self::due(ctx, &plan.deliver) else {
                    let wake = Self::wake(ctx, &plan.deliver);
                    let is_over = plan.deliver.is_empty();
                    return Ok((picture, if is_over { Next::End } else { Next::Rest(wake) }));
                };
                picture = Self::deliver(ctx, &first).await?;
                Self::note(ctx, &picture, &first);
                continue;
            }
            if plan.steps == sent {
                return Ok((picture, Next::Stuck));
            }
            sent.clone_from(&plan.steps);
            let credit = ctx.state(|flow| flow.credit.clone());
            let summary = plan.steps.first().map(|step| step.name()).unwrap_or_default();
            let send = SendCreditSteps { credit, steps: plan.steps };
            picture = done(ctx, || CreditActivities::send, send, &summary).await?;
        }
        Ok((picture, Next::Stuck))
    }

    /// What may be tried now.
    fn due(ctx: &WorkflowContext<Self>, owed: &[DeliveryId]) -> Option<DeliveryId> {
        let now = now(ctx);
        let is_due = |id: &&DeliveryId| Self::tries(ctx, id).next_ms <= now.0;
        owed.iter().find(is_due).cloned()
    }

    /// When the next one may be.
    fn wake(ctx: &WorkflowContext<Self>, owed: &[DeliveryId]) -> Option<Moment> {
        owed.iter().map(|id| Moment(Self::tries(ctx, id).next_ms)).min()
    }

    fn tries(ctx: &WorkflowContext<Self>, id: &DeliveryId) -> Tries {
        ctx.state(|flow| flow.tries.get(&id.to_string()).copied()).unwrap_or_default()
    }

    /// One try.
    async fn deliver(
        ctx: &WorkflowContext<Self>,
        id: &DeliveryId,
    ) -> Result<CreditPicture, WorkflowTermination> {
        let credit = ctx.state(|flow| flow.credit.clone());
        let delivery = id.to_string();
        let options = policy::remote(&format!("deliver {delivery}"));
        let deliver = Deliver { credit, delivery };
        let answer = ctx.execute_activity(CreditActivities::deliver, deliver, options).await;
        answer.map_err(|error| match error {
            ActivityExecutionError::Cancelled(_) => WorkflowTermination::cancelled(),
            other => other.into(),
        })
    }

    /// What is still not there is tried later; what is there, or is parked, is forgotten.
    fn note(ctx: &WorkflowContext<Self>, picture: &CreditPicture, id: &DeliveryId) {
        let state = picture.ledger.delivery(id).map(|delivery| &delivery.state);
        let is_open = matches!(state, Some(State::Started));
        let (now, key) = (now(ctx), id.to_string());
        ctx.state_mut(|flow| {
            if !is_open {
                flow.tries.remove(&key);
                return;
            }
            let tries = flow.tries.entry(key).or_default();
            tries.count = tries.count.saturating_add(1);
            tries.next_ms = (now + picture.waits.after(tries.count)).0;
        });
    }

    /// What goes with it into its next run.
    fn carried(&self) -> CreditInput {
        let (credit, heard) = (self.credit.clone(), self.heard.clone());
        CreditInput { credit, heard, tries: self.tries.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn what_is_carried_comes_back_and_what_nobody_can_read_is_a_beginning() {
        let tries = BTreeMap::from([("p/listed/1".to_owned(), Tries { count: 3, next_ms: 7 })]);
        let input = CreditInput { tries, ..CreditInput::of(&"hauler-1".parse().unwrap()) };
        let carried: CreditInput = from_value(to_value(&input).unwrap()).unwrap();
        assert_eq!(carried, input);
        let foreign = json!({ "credit": { "object": "a", "more": 1 }, "tries": "many" });
        let read: CreditInput = from_value(foreign).unwrap();
        assert_eq!((&*read.credit.object, read.tries.len()), ("a", 0));
    }
}
