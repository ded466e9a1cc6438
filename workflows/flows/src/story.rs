//! What every flow does, once: look at the record; decide what is due; have it sent; show it; rest
//! until a milestone is told or the next deadline comes; look again; end.
//!
//! It promises: one timer at a time, which is moved only when it must ring earlier; a step that
//! moved nothing is not repeated without a rest; what is told during a look is news; a history that
//! has grown long goes on in a new run. What a flow is about, its own file says.

use std::convert::Infallible;

use domain::moment::Moment;
use temporalio_workflow::{WorkflowContext, WorkflowTermination};

use crate::{
    alarm::Alarm,
    policy::{self, now},
    step::{Next, drained},
};

/// What is due now, and when to look again; nothing when it has come to its end.
pub(crate) type Due<Step> = Option<(Vec<Step>, Option<Moment>)>;

/// One flow, as far as it differs from the others.
pub(crate) trait Story: Sized + 'static {
    /// What it can have done.
    type Step: Clone + PartialEq;
    /// What it looks at.
    type Picture;

    /// Whether what is told at its very end begins it again, in the same run.
    const COMES_BACK: bool = false;

    /// Whether a milestone came since the last look.
    fn is_news(&self) -> bool;

    /// What was told is taken up.
    fn takes_up(&mut self);

    /// Looks at the record.
    async fn look(ctx: &WorkflowContext<Self>) -> Result<Self::Picture, WorkflowTermination>;

    /// Decides what is due; nothing at its end.
    fn due(ctx: &WorkflowContext<Self>, picture: &Self::Picture) -> Due<Self::Step>;

    /// Has it sent, and looks.
    async fn send(
        ctx: &WorkflowContext<Self>,
        steps: Vec<Self::Step>,
    ) -> Result<Self::Picture, WorkflowTermination>;

    /// Shows where it stands.
    fn show(ctx: &WorkflowContext<Self>, picture: &Self::Picture);

    /// Goes on in a new run, with what is carried into it.
    fn go_on(ctx: &WorkflowContext<Self>) -> Result<Infallible, WorkflowTermination>;
}

/// Tells a story to its end, and gives the last picture.
pub(crate) async fn tell<F: Story>(
    ctx: &WorkflowContext<F>,
) -> Result<F::Picture, WorkflowTermination> {
    let mut alarm = Alarm::default();
    let mut stuck = 0;
    loop {
        // What is told from here on is news.
        ctx.state_mut(F::takes_up);
        let picture = F::look(ctx).await?;
        let (picture, next) = act(ctx, picture).await?;
        F::show(ctx, &picture);
        stuck = if matches!(next, Next::Stuck) { stuck + 1 } else { 0 };
        let wake = match next {
            Next::Rest(wake) => wake,
            Next::Stuck => Some(now(ctx) + policy::rest(stuck)),
            Next::End => {
                alarm.set(ctx, None);
                drained(ctx).await?;
                if F::COMES_BACK && ctx.state(F::is_news) {
                    continue;
                }
                return Ok(picture);
            }
        };
        if ctx.continue_as_new_suggested() {
            alarm.set(ctx, None);
            drained(ctx).await?;
            F::go_on(ctx)?;
        }
        alarm.set(ctx, wake);
        alarm.rest(ctx, F::is_news).await?;
    }
}

/// Has everything sent that is due, until nothing is.
async fn act<F: Story>(
    ctx: &WorkflowContext<F>,
    mut picture: F::Picture,
) -> Result<(F::Picture, Next), WorkflowTermination> {
    let mut sent = Vec::new();
    for _ in 0..policy::STEPS_IN_A_ROW {
        let Some((steps, wake)) = F::due(ctx, &picture) else {
            return Ok((picture, Next::End));
        };
        if steps.is_empty() {
            return Ok((picture, Next::Rest(wake)));
        }
        if steps == sent {
            return Ok((picture, Next::Stuck));
        }
        sent.clone_from(&steps);
        picture = F::send(ctx, steps).await?;
    }
    Ok((picture, Next::Stuck))
}
