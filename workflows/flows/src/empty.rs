//! A flow that does nothing: the yardstick of what one flow costs the server at the least.
//!
//! It waits for nothing, asks for nothing and ends at once. No case ever is one; benchmarks start
//! it beside cases, on a task queue of its own.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{WorkflowContext, WorkflowResult};

/// Nothing, done.
#[workflow]
#[derive(Debug, Default)]
pub struct Empty;

#[workflow_methods]
impl Empty {
    /// Ends.
    #[run(name = "Empty")]
    pub async fn run(_ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        Ok(())
    }
}
