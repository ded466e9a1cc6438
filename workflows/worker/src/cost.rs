//! What cases cost in Temporal: writes to its database, and events in histories.
//!
//! Writes are counted by the server itself (`persistence_requests` of its history service, for one
//! namespace): a start, and every update of an execution. Events are those of closed cases, and
//! what each of them was for is read from their histories ([`Purposes`]).

mod purpose;

use std::{io, net::SocketAddr, time::Duration};

use domain::{
    accountability::SheetId,
    id::{CaseId, CityId},
};
use flows::{
    WhistleCase,
    policy::{case_workflow, sheet_workflow},
};
use futures::StreamExt as _;
pub use purpose::{Cost, Purposes};
use temporalio_client::{
    Client, WorkflowListOptions,
    errors::{ClientError, WorkflowInteractionError},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{Config, temporal};

const PATIENCE: Duration = Duration::from_secs(10);
/// How often a flow that is about to end is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// More than this is no page of metrics.
const PAGE_MAX: u64 = 64 << 20;
const METRIC: &str = "persistence_requests{";
const WRITES: [&str; 2] = ["CreateWorkflowExecution", "UpdateWorkflowExecution"];
const CLOSED: &str = "WorkflowType = 'WhistleCase' AND ExecutionStatus = 'Completed'";

/// Why the cost is not known.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The metrics can't be read.
    #[error("the metrics of Temporal can't be read")]
    Metrics(#[from] io::Error),
    /// Temporal can't be reached.
    #[error("Temporal can't be reached: {0}")]
    Connect(String),
    /// The closed cases can't be listed.
    #[error("the closed cases can't be listed")]
    List(#[from] ClientError),
    /// The history of a flow can't be read.
    #[error("the history of a flow can't be read")]
    History(#[from] WorkflowInteractionError),
    /// The flow of what is closed goes on.
    #[error("the flow {0} has not ended")]
    Open(String),
}

/// What closed cases have cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// How many have closed.
    pub cases: u64,
    /// The events in their histories.
    pub events: u64,
}

/// The writes of a namespace since the server was started; it shows them about a second late.
pub async fn writes(metrics: SocketAddr, namespace: &str) -> Result<u64, Error> {
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    let page = timeout(PATIENCE, page(metrics)).await.map_err(late)??;
    Ok(sum(&page, namespace))
}

/// The closed cases and their events, as far as they can be listed already.
pub async fn closed(config: &Config) -> Result<Closed, Error> {
    let client = temporal::connect(config).await;
    let client = client.map_err(|error| Error::Connect(crate::teller::chain(&error)))?;
    let mut closed = Closed::default();
    let mut flows = client.list_workflows(CLOSED, WorkflowListOptions::default());
    while let Some(flow) = flows.next().await {
        closed.cases += 1;
        closed.events += u64::try_from(flow?.history_length()).unwrap_or(0);
    }
    Ok(closed)
}

/// What the flow of each of these cases has cost, by what it was for. They are closed, or about to
/// be: a flow ends a moment after the record says that its case is closed.
pub async fn flows(
    config: &Config,
    city: &CityId,
    cases: &[CaseId],
) -> Result<Vec<Purposes>, Error> {
    all_ended(config, cases.iter().map(|case_id| case_workflow(city, case_id))).await
}

/// The same of the flows of sheets.
pub async fn sheets(
    config: &Config,
    city: &CityId,
    sheets: &[SheetId],
) -> Result<Vec<Purposes>, Error> {
    all_ended(config, sheets.iter().map(|sheet| sheet_workflow(city, sheet))).await
}

async fn all_ended(
    config: &Config,
    flows: impl Iterator<Item = String>,
) -> Result<Vec<Purposes>, Error> {
    let client = temporal::connect(config).await;
    let client = client.map_err(|error| Error::Connect(crate::teller::chain(&error)))?;
    let mut found = Vec::new();
    for flow in flows {
        let ended = timeout(PATIENCE, ended(&client, &flow));
        found.push(ended.await.map_err(|_| Error::Open(flow.clone()))??);
    }
    Ok(found)
}

async fn ended(client: &Client, flow: &str) -> Result<Purposes, Error> {
    // Of which kind it is matters to who asks for its outcome, and not for its history.
    let flow = client.get_workflow_handle::<WhistleCase>(flow.to_owned());
    loop {
        let events = flow.fetch_history(Default::default()).into_events().await?;
        if purpose::is_closed(&events) {
            return Ok(purpose::purposes(&events));
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn page(metrics: SocketAddr) -> Result<String, io::Error> {
    let mut stream = TcpStream::connect(metrics).await?;
    let request = format!("GET /metrics HTTP/1.0\r\nHost: {metrics}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(PAGE_MAX).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn sum(page: &str, namespace: &str) -> u64 {
    let lines = page.lines().filter_map(|line| line.strip_prefix(METRIC)?.split_once("} "));
    let ours = lines.filter(|(labels, _)| {
        let has = |name: &str, value: &str| labels.contains(&format!("{name}=\"{value}\""));
        has("service_name", "history")
            && has("namespace", namespace)
            && WRITES.iter().any(|operation| has("operation", operation))
    });
    // Prometheus writes whole numbers as 12 or as 1.2e+06.
    ours.filter_map(|(_, value)| value.parse::<f64>().ok()).map(whole).sum()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a counter")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_writes_of_the_history_service_in_the_namespace_count() {
        let line = |service: &str, operation: &str, namespace: &str, value: &str| {
            format!(
                "persistence_requests{{namespace=\"{namespace}\",operation=\"{operation}\",\
                 service_name=\"{service}\"}} {value}\n"
            )
        };
        let page = [
            "# TYPE persistence_requests counter\n".to_owned(),
            line("history", "CreateWorkflowExecution", "default", "3"),
            line("history", "UpdateWorkflowExecution", "default", "1.2e+01"),
            line("history", "GetWorkflowExecution", "default", "100"),
            line("history", "UpdateWorkflowExecution", "temporal-system", "100"),
            line("matching", "UpdateWorkflowExecution", "default", "100"),
        ]
        .concat();
        assert_eq!(sum(&page, "default"), 15);
        assert_eq!(sum("", "default"), 0);
    }
}
