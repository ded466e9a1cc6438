//! The one timer of a flow.
//!
//! It is left alone while it rings early enough, and cancelled when it has to ring earlier or is
//! not wanted any more: a timer that is only dropped rings all the same, and costs a task.

use std::{pin::Pin, time::Duration};

use domain::moment::Moment;
use temporalio_workflow::{
    CancellableFuture, TimerOptions, TimerResult, WorkflowContext, WorkflowTermination, select,
};

use super::{WhistleCase, now};

type Timer<'c> = Pin<Box<dyn CancellableFuture<Output = TimerResult> + 'c>>;

/// At most one timer.
#[derive(Default)]
pub(super) struct Alarm<'c>(Option<(Moment, Timer<'c>)>);

impl<'c> Alarm<'c> {
    /// Sees to it that it rings at `at` or before; with none, that it does not ring.
    pub(super) fn set(&mut self, ctx: &'c WorkflowContext<WhistleCase>, at: Option<Moment>) {
        if let (Some((running, _)), Some(at)) = (&self.0, at)
            && *running <= at
        {
            return;
        }
        if let Some((_, timer)) = self.0.take() {
            timer.cancel();
        }
        self.0 = at.map(|at| (at, start(ctx, at)));
    }

    /// Waits for it or for news, whichever is first.
    pub(super) async fn rest(
        &mut self,
        ctx: &WorkflowContext<WhistleCase>,
        is_news: impl Fn(&WhistleCase) -> bool,
    ) -> Result<(), WorkflowTermination> {
        let Some((_, timer)) = &mut self.0 else {
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

fn start<'c>(ctx: &'c WorkflowContext<WhistleCase>, at: Moment) -> Timer<'c> {
    // A timer of nothing does not exist: at least a millisecond.
    let left = at.since(now(ctx)).max(Duration::from_millis(1));
    let options = TimerOptions::builder(left).summary("the next deadline".to_owned()).build();
    Box::pin(ctx.timer(options))
}
