//! The credit of one object (信用评价, 黑榜): from what changes its score to the last receipt.
//!
//! The story: look at the record; say what follows; try each outside system until it has what it
//! must have, with growing waits, each in its own time; look again when something was told; end when
//! nothing is owed. A confirmed violation that comes later starts it again.
//! It waits for outside systems for days, and decides nothing that a person must: what is refused
//! for good is parked by the worker, and a person puts it back.
//!
//! The same machinery as every flow's (`crate::story`); one try is one activity.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use std::{collections::BTreeMap, convert::Infallible};

use domain::{
    credit::{DeliveryId, State, Step, decide},
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
    heard::{Heard, Milestone, field},
    policy::{self, now},
    step::done,
    story::{Due, Story, tell},
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
        let picture = tell(&*ctx).await?;
        Ok(Ended { is_listed: picture.ledger.listed().is_some() })
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

/// What it has done, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Todo {
    /// All that is to be said.
    Say(Vec<Step>),
    /// An outside system is tried.
    Try(DeliveryId),
}

impl Story for BlackList {
    /// A violation that is confirmed at the very end owes something again.
    const COMES_BACK: bool = true;

    type Step = Todo;
    type Picture = CreditPicture;

    fn is_news(&self) -> bool {
        self.news
    }

    fn takes_up(&mut self) {
        self.news = false;
    }

    async fn look(ctx: &WorkflowContext<Self>) -> Result<CreditPicture, WorkflowTermination> {
        let look = ctx.state(|flow| flow.credit.clone());
        done(ctx, || CreditActivities::look, look, "look at the record").await
    }

    /// What is to be said; then one outside system after the other, each when it may be tried.
    fn due(ctx: &WorkflowContext<Self>, picture: &CreditPicture) -> Due<Todo> {
        let plan = decide(&picture.ledger, &picture.rules);
        if !plan.steps.is_empty() {
            return Some((vec![Todo::Say(plan.steps)], None));
        }
        match Self::next(ctx, &plan.deliver) {
            Some(first) => Some((vec![Todo::Try(first)], None)),
            None if plan.deliver.is_empty() => None,
            None => Some((Vec::new(), Self::wake(ctx, &plan.deliver))),
        }
    }

    async fn send(
        ctx: &WorkflowContext<Self>,
        steps: Vec<Todo>,
    ) -> Result<CreditPicture, WorkflowTermination> {
        match steps.into_iter().next() {
            Some(Todo::Say(steps)) => Self::say(ctx, steps).await,
            Some(Todo::Try(id)) => Self::attempt(ctx, &id).await,
            None => Self::look(ctx).await,
        }
    }

    fn show(ctx: &WorkflowContext<Self>, picture: &CreditPicture) {
        ctx.state_mut(|flow| flow.picture = Some(picture.clone()));
    }

    fn go_on(ctx: &WorkflowContext<Self>) -> Result<Infallible, WorkflowTermination> {
        ctx.continue_as_new(ctx.state(Self::carried), ContinueAsNewOptions::default())
    }
}

impl BlackList {
    async fn say(
        ctx: &WorkflowContext<Self>,
        steps: Vec<Step>,
    ) -> Result<CreditPicture, WorkflowTermination> {
        let credit = ctx.state(|flow| flow.credit.clone());
        let summary = steps.first().map(|step| step.name()).unwrap_or_default();
        let send = SendCreditSteps { credit, steps };
        done(ctx, || CreditActivities::send, send, &summary).await
    }

    /// Tries an outside system once, and notes when it may be tried again.
    async fn attempt(
        ctx: &WorkflowContext<Self>,
        id: &DeliveryId,
    ) -> Result<CreditPicture, WorkflowTermination> {
        let picture = Self::deliver(ctx, id).await?;
        Self::note(ctx, &picture, id);
        Ok(picture)
    }

    /// What may be tried now.
    fn next(ctx: &WorkflowContext<Self>, owed: &[DeliveryId]) -> Option<DeliveryId> {
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
