//! How patient the flows are, and what things are called in Temporal: all in one place.
//!
//! A step is tried for seconds inside the flow's own task, which costs one event; when that fails
//! it becomes an activity that is tried without end, which costs three, however long it takes.
//! The seconds are bounded by the number of attempts: the SDK does not end a local activity by its
//! schedule-to-close time while it waits for its next attempt, and heartbeats it for ever.

use std::time::Duration;

use domain::{
    accountability::SheetId,
    id::{ApprovalId, CaseId, CityId, DecisionId, ObjectId, OperationId},
    moment::Moment,
};
use temporalio_workflow::{ActivityOptions, LocalActivityOptions, RetryPolicy, WorkflowContext};

/// The queue on which the worker takes tasks, where a configuration names no other.
pub const TASK_QUEUE: &str = "muster";

/// How long one attempt of a local activity may take.
const LOCAL: Duration = Duration::from_secs(2);
/// How many attempts a local activity has.
const LOCAL_ATTEMPTS: u32 = 3;
/// How long one attempt of a remote activity may take.
const REMOTE: Duration = Duration::from_secs(20);

/// How long the worker waits, in one attempt, for a step to come back in the record: shorter than
/// the attempt, so that the worker says why before Temporal says that time is up.
pub fn read_back(is_local: bool) -> Duration {
    if is_local { LOCAL * 3 / 4 } else { REMOTE * 3 / 4 }
}

/// How long a flow rests when the same steps are decided again and nothing has moved; doubling.
const REST: Duration = Duration::from_secs(5);
/// How often that rest is doubled at most.
const REST_DOUBLED_MAX: u32 = 7;
/// How many rounds of steps a flow takes before it rests, whatever they are.
pub const STEPS_IN_A_ROW: usize = 16;
/// How many milestones a flow remembers, to know a repeat.
pub const HEARD_MAX: usize = 64;

/// The workflow id of a case.
pub fn case_workflow(city: &CityId, case: &CaseId) -> String {
    format!("case/{city}/{case}")
}

/// The workflow id of a sheet.
pub fn sheet_workflow(city: &CityId, sheet: &SheetId) -> String {
    format!("accountability/{city}/{sheet}")
}

/// The workflow id of an object's credit.
pub fn credit_workflow(city: &CityId, object: &ObjectId) -> String {
    format!("credit/{city}/{object}")
}

/// The workflow id of a decision.
pub fn decision_workflow(city: &CityId, decision: &DecisionId) -> String {
    format!("decision/{city}/{decision}")
}

/// The workflow id of an approval.
pub fn approval_workflow(city: &CityId, approval: &ApprovalId) -> String {
    format!("approval/{city}/{approval}")
}

/// The workflow id of an operation.
pub fn operation_workflow(city: &CityId, operation: &OperationId) -> String {
    format!("operation/{city}/{operation}")
}

/// How late it is for a flow.
pub(crate) fn now<W: 'static>(ctx: &WorkflowContext<W>) -> Moment {
    let time = ctx.workflow_time().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    Moment(time.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default())
}

/// How long a flow rests when it has moved nothing for so many times: 5 s up to about 10 minutes.
pub fn rest(times: u32) -> Duration {
    REST * 2_u32.pow(times.saturating_sub(1).min(REST_DOUBLED_MAX))
}

/// A local activity: seconds, then it has failed.
pub fn local(summary: &str) -> LocalActivityOptions {
    let retry = retry(Duration::from_millis(100), Duration::from_secs(1), LOCAL_ATTEMPTS);
    LocalActivityOptions::builder()
        .start_to_close_timeout(LOCAL)
        .retry_policy(retry)
        .summary(summary.to_owned())
        .build()
}

/// A remote activity: as often as it takes.
pub fn remote(summary: &str) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(REMOTE)
        .retry_policy(retry(Duration::from_secs(1), Duration::from_secs(30), 0))
        .summary(summary)
        .build()
}

/// No attempts means as many as it takes.
fn retry(first: Duration, longest: Duration, attempts: u32) -> RetryPolicy {
    let retry = RetryPolicy::builder().initial_interval(first).maximum_interval(longest);
    retry.maximum_attempts(attempts).build()
}
