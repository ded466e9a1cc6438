//! Moves a flow's own clock on, so that days pass at once.

use std::time::Duration;

use temporalio_client::{Client, grpc::WorkflowService, tonic::IntoRequest as _};
use temporalio_common::protos::temporal::api::{
    common::v1::{FastForwardConfig, TimeSkippingConfig, WorkflowExecution},
    workflow::v1::WorkflowExecutionOptions,
    workflowservice::v1::{
        PollWorkflowExecutionTimeSkippingRequest, UpdateWorkflowExecutionOptionsRequest,
    },
};

/// Lets so many seconds pass for a workflow; `id` names this forwarding.
pub async fn forward(client: &Client, workflow_id: &str, id: &str, seconds: u64) {
    let mut client = client.clone();
    let workflow_execution =
        Some(WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: String::new() });
    let fast_forward = FastForwardConfig {
        id: id.to_owned(),
        duration: Duration::from_secs(seconds).try_into().ok(),
    };
    let skipping = TimeSkippingConfig {
        enabled: true,
        fast_forward_config: Some(fast_forward),
        ..Default::default()
    };
    let mut request = UpdateWorkflowExecutionOptionsRequest {
        namespace: "default".into(),
        workflow_execution: workflow_execution.clone(),
        workflow_execution_options: Some(WorkflowExecutionOptions {
            time_skipping_config: Some(skipping),
            ..Default::default()
        }),
        update_mask: Some(Default::default()),
        ..Default::default()
    };
    request.update_mask.as_mut().unwrap().paths = vec!["time_skipping_config".into()];
    let updating =
        WorkflowService::update_workflow_execution_options(&mut client, request.into_request());
    updating.await.unwrap();
    let request = PollWorkflowExecutionTimeSkippingRequest {
        namespace: "default".into(),
        workflow_execution,
        fast_forward_id: id.to_owned(),
    };
    let polling =
        WorkflowService::poll_workflow_execution_time_skipping(&mut client, request.into_request());
    polling.await.unwrap();
}
