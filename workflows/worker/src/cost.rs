//! What cases cost in Temporal: writes to its database, and events in histories.
//!
//! Writes are counted by the server itself (`persistence_requests` of its history service, for one
//! namespace): a start, and every update of an execution. Events are those of closed cases.

use std::{io, net::SocketAddr, time::Duration};

use futures::StreamExt as _;
use temporalio_client::{WorkflowListOptions, errors::ClientError};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{Config, temporal};

const PATIENCE: Duration = Duration::from_secs(10);
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
