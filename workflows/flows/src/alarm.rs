//! The one timer of a flow.
//!
//! It is left alone while it rings early enough, and cancelled when it has to ring earlier or is
//! not wanted any more: a timer that is only dropped rings all the same, and costs a task.
//!
//! It has a token of its own, below the flow's: what waits for the flow's own token is held by the
//! flow and holds it, so that a flow that is put out of the worker's memory while its timer runs
//! would never leave it.

use std::{pin::Pin, time::Duration};

use domain::moment::Moment;
use temporalio_workflow::{
    CancellableFuture, TimerOptions, TimerResult, WorkflowCancellationToken, WorkflowContext,
    WorkflowTermination, select,
};

use crate::policy::now;

type Timer<'c> = Pin<Box<dyn CancellableFuture<Output = TimerResult> + 'c>>;

/// At most one timer.
#[derive(Default)]
pub(crate) struct Alarm<'c>(Option<Armed<'c>>);

struct Armed<'c> {
    at: Moment,
    timer: Timer<'c>,
    /// Nobody else holds it: without it a cancelled flow would not cancel the timer.
    _token: WorkflowCancellationToken,
}

impl<'c> Alarm<'c> {
    /// Sees to it that it rings at `at` or before; with none, that it does not ring.
    pub(crate) fn set<W: 'static>(&mut self, ctx: &'c WorkflowContext<W>, at: Option<Moment>) {
        if let (Some(running), Some(at)) = (&self.0, at)
            && running.at <= at
        {
            return;
        }
        if let Some(running) = self.0.take() {
            running.timer.cancel();
        }
        self.0 = at.map(|at| start(ctx, at));
    }

    /// Waits for it or for news, whichever is first.
    pub(crate) async fn rest<W: 'static>(
        &mut self,
        ctx: &WorkflowContext<W>,
        is_news: impl Fn(&W) -> bool,
    ) -> Result<(), WorkflowTermination> {
        let Some(Armed { timer, .. }) = &mut self.0 else {
            return Ok(ctx.wait_condition(is_news).await?);
        };
        let mut timer = timer.as_mut();
        let rang = select! {
            rang = timer => Some(rang),
            news = ctx.wait_condition(is_news) => {
                news?;
                None
            }
        };
        // A timer that was cancelled has not rung: with it, the flow is.
        if ctx.cancellation_token().is_cancelled() || matches!(rang, Some(TimerResult::Cancelled)) {
            return Err(WorkflowTermination::cancelled());
        }
        if rang.is_some() {
            self.0 = None;
        }
        Ok(())
    }
}

fn start<W: 'static>(ctx: &WorkflowContext<W>, at: Moment) -> Armed<'_> {
    // A timer of nothing does not exist: at least a millisecond.
    let left = at.since(now(ctx)).max(Duration::from_millis(1));
    let token = ctx.cancellation_token().child_token();
    let options = TimerOptions::builder(left)
        .summary("the next deadline".to_owned())
        .cancellation_token(token.clone())
        .build();
    Armed { at, timer: Box::pin(ctx.timer(options)), _token: token }
}
