//! Sees to it that every open case, sheet, approval and decision has a running flow, at the start and again and again.
//!
//! Temporal's database may be gone, or somebody has ended a flow by hand: the record says what is
//! open, and what is missing is started, so many a second and no more.

use std::{collections::BTreeSet, time::Duration};

use futures::StreamExt as _;
use temporalio_client::{WorkflowListOptions, errors::ClientError};

use crate::{
    fold::{self, Flow},
    teller::{self, Teller},
};

/// How many open cases are read at once.
const PAGE: usize = 500;
const RUNNING: &str = "WorkflowType IN ('WhistleCase', 'Accountability', 'JointApproval', 'BlackList', \
     'EnforcementDecision', 'JointOperation') AND ExecutionStatus = 'Running'";

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("what runs can't be listed")]
    List(#[from] ClientError),
    #[error(transparent)]
    Teller(#[from] teller::Error),
    #[error(transparent)]
    Store(#[from] domain::rejection::Rejection),
}

/// Runs until it is dropped.
pub(crate) async fn run(teller: &Teller, every: Duration, starts_per_second: u32) {
    let pace = Duration::from_secs(1) / starts_per_second.max(1);
    loop {
        match pass(teller, pace).await {
            Ok(0) => {}
            Ok(started) => tracing::info!(started, "open cases had no flow and have one now"),
            Err(error) => tracing::debug!(error = teller::chain(&error), "not reconciled now"),
        }
        tokio::time::sleep(every).await;
    }
}

async fn pass(teller: &Teller, pace: Duration) -> Result<usize, Error> {
    let mut started = 0;
    let mut after: Option<Flow> = None;
    let mut running: Option<BTreeSet<String>> = None;
    loop {
        let open = teller.store.read(|tx| fold::open(tx, after.as_ref(), PAGE))?;
        let Some(last) = open.last() else { return Ok(started) };
        after = Some(last.clone());
        // Listed after the first open cases were read: what starts in between is only asked twice.
        if running.is_none() {
            running = Some(list(teller).await?);
        }
        let is_missing = |flow: &Flow| {
            running.as_ref().is_some_and(|running| !running.contains(&teller.workflow(flow)))
        };
        for flow in open.iter().filter(|flow| is_missing(flow)) {
            // The teller has it on its list.
            if teller.store.read(|tx| fold::mark(tx, flow))?.is_some() {
                continue;
            }
            teller.start(flow).await?;
            // One that runs under its name and does not look is no flow of ours.
            teller.watch.told(flow);
            started += 1;
            tokio::time::sleep(pace).await;
        }
    }
}

async fn list(teller: &Teller) -> Result<BTreeSet<String>, ClientError> {
    let mut found = BTreeSet::new();
    let mut flows = teller.client.list_workflows(RUNNING, WorkflowListOptions::default());
    while let Some(flow) = flows.next().await {
        found.insert(flow?.id().to_owned());
    }
    Ok(found)
}
