//! How every flow has a step done, and what may follow it.
//!
//! A step is asked of the worker inside the flow's own task; when that fails it becomes an activity
//! that is tried without end, see [`crate::policy`]. A cancelled step is a cancelled flow, and not
//! one that failed.

use domain::moment::Moment;
use temporalio_common::{ActivityDefinition, data_converters::TemporalDeserializable};
use temporalio_workflow::{ActivityExecutionError, WorkflowContext, WorkflowTermination};

use crate::policy;

/// What is to follow when nothing is due any more.
pub(crate) enum Next {
    /// It has come to its end.
    End,
    /// Nothing until then, or until a milestone.
    Rest(Option<Moment>),
    /// What was sent has moved nothing.
    Stuck,
}

/// Has a step done, here or else by an activity of its own.
pub(crate) async fn done<W: 'static, A>(
    ctx: &WorkflowContext<W>,
    step: impl Fn() -> A,
    input: A::Input,
    summary: &str,
) -> Result<A::Output, WorkflowTermination>
where
    A: ActivityDefinition,
    A::Input: Clone,
    A::Output: TemporalDeserializable,
{
    let here = ctx.execute_local_activity(step(), input.clone(), policy::local(summary)).await;
    let outcome = match here {
        Err(ActivityExecutionError::Failed(_)) => {
            ctx.execute_activity(step(), input, policy::remote(summary)).await
        }
        other => other,
    };
    outcome.map_err(|error| match error {
        ActivityExecutionError::Cancelled(_) => WorkflowTermination::cancelled(),
        other => other.into(),
    })
}

/// Waits until everything that was told is taken up.
pub(crate) async fn drained<W: 'static>(
    ctx: &WorkflowContext<W>,
) -> Result<(), WorkflowTermination> {
    Ok(ctx.wait_condition(|_| ctx.all_handlers_finished()).await?)
}
