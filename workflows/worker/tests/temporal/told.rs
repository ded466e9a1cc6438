//! What a flow answers to a milestone: taken, or ended already. The fact stands before the flow is
//! told of it, so a look that was on its way may have ended the flow first; any other answer is
//! a fault. Whether the flow ended as it must is for the test to ask.

use temporalio_client::errors::WorkflowInteractionError;

/// Passes over a flow that ended before it was told.
pub fn told(answer: Result<(), WorkflowInteractionError>) {
    match answer {
        Ok(()) | Err(WorkflowInteractionError::NotFound(_)) => {}
        Err(error) => panic!("the flow could not be told: {error}"),
    }
}
