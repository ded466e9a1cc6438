//! What it costs to be seen: standard cases with tracing on and off, in turns.
//!
//! On is what ships where a collector is named: spans of calls and steps, and metrics, by OTLP; these
//! go out twelve times as often, so that a turn has some. The collector is this process, which takes what comes and counts it; what it costs is not counted, as
//! a city's collector is a machine's of its own. A subscriber is made once in a process, so each turn is
//! a system of its own, this program again; who begins changes from pair to pair. A turn is what
//! `bench case` counts: the seconds of CPU of all roles, the people and Temporal, by the cases.

use std::{
    process::{ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use anyhow::Context as _;
use opentelemetry_proto::tonic::collector::{
    metrics::v1::{
        ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
};
use serde_json::{Value, json};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

use super::{
    figures::{interval, median, round},
    report::{bounds, thousandth},
};
use crate::{cli::Case, output::Output};

/// Where spans and metrics go to, for a process that is told.
const ENDPOINT: &str = "MUSTER_OTLP_ENDPOINT";

/// How often metrics go there, in milliseconds: as it ships they would not once in a turn.
const INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const INTERVAL_MS: &str = "5000";

/// A collector that counts.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<AtomicU64>,
    metrics: Arc<AtomicU64>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let sent = request.into_inner().resource_spans.into_iter();
        let spans = sent.flat_map(|one| one.scope_spans).map(|scope| scope.spans.len() as u64);
        self.spans.fetch_add(spans.sum(), Relaxed);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let sent = request.into_inner().resource_metrics.into_iter();
        let metrics = sent.flat_map(|one| one.scope_metrics).map(|one| one.metrics.len() as u64);
        self.metrics.fetch_add(metrics.sum(), Relaxed);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

impl Collector {
    /// One that listens; its address.
    async fn start() -> anyhow::Result<(Collector, String)> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let collector = Collector::default();
        let server = Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Ok((collector, address))
    }
}

/// Runs it.
pub async fn run(asked: &Case, output: &Output) -> anyhow::Result<ExitCode> {
    let (collector, address) = Collector::start().await?;
    output.say(
        format!(
            "Standard cases with tracing on and off in turns of {} with {} in flight, {} pairs",
            asked.cases, asked.in_flight, asked.pairs
        ),
        "settings",
        json!({
            "pairs": asked.pairs, "cases_per_turn": asked.cases, "in_flight": asked.in_flight,
            "pause_ms": asked.pause_ms, "seed": asked.seed, "seen": true,
        }),
    );
    let mut ratios = Vec::new();
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for number in 1..=asked.pairs {
        let before = collector.spans.load(Relaxed);
        let (on, off) = if number % 2 == 1 {
            let on = turn(asked, Some(&address)).await?;
            (on, turn(asked, None).await?)
        } else {
            let off = turn(asked, None).await?;
            (turn(asked, Some(&address)).await?, off)
        };
        let spans = collector.spans.load(Relaxed) - before;
        let metrics = collector.metrics.load(Relaxed);
        anyhow::ensure!(spans > 0, "nothing was seen of pair {number}: no span has come");
        anyhow::ensure!(metrics > 0, "nothing was measured in pair {number}: no metric has come");
        let ratio = on / off;
        output.say(
            format!(
                "  pair {number:>2}  CPU {on:.1} ms a case seen, {off:.1} ms not  ratio {ratio:.3}  \
                 {spans} spans"
            ),
            "pair",
            json!({
                "pair": number, "cpu_ms_per_case_seen": round(on),
                "cpu_ms_per_case_unseen": round(off), "ratio": thousandth(ratio), "spans": spans,
            }),
        );
        ratios.push(ratio);
        with.push(on);
        without.push(off);
    }
    say(output, &collector, (&ratios, &with, &without));
    Ok(ExitCode::SUCCESS)
}

fn say(output: &Output, collector: &Collector, figures: (&[f64], &[f64], &[f64])) {
    let (ratios, with, without) = figures;
    let (middle, within) = (median(ratios), interval(ratios));
    let (spans, metrics) = (collector.spans.load(Relaxed), collector.metrics.load(Relaxed));
    let text = format!(
        "\n  {} pairs: CPU of a case seen for one unseen {middle:.3}   {:.3} to {:.3} ({:.1} %)\n",
        ratios.len(),
        within.low,
        within.high,
        within.coverage * 100.0
    );
    output.say(
        text,
        "bench",
        json!({
            "pairs": ratios.len(), "cpu_seen_per_unseen": thousandth(middle),
            "cpu_seen_per_unseen_interval": bounds(within),
            "cpu_ms_per_case_seen": round(median(with)),
            "cpu_ms_per_case_unseen": round(median(without)),
            "spans": spans, "metrics": metrics,
        }),
    );
}

/// One turn: the milliseconds of CPU of a case.
async fn turn(asked: &Case, collector: Option<&str>) -> anyhow::Result<f64> {
    let mut program = tokio::process::Command::new(std::env::current_exe()?);
    program.args(["bench", "case", "--pairs", "1", "--output", "json"]);
    program.arg("--cases").arg(asked.cases.to_string());
    program.arg("--in-flight").arg(asked.in_flight.to_string());
    program.arg("--pause-ms").arg(asked.pause_ms.to_string());
    program.arg("--seed").arg(asked.seed.to_string());
    program.arg("--cities").arg(&asked.cities);
    // What is said on the way is of no interest here; what fails says so.
    program.stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    match collector {
        Some(address) => program.env(ENDPOINT, address).env(INTERVAL, INTERVAL_MS),
        None => program.env_remove(ENDPOINT),
    };
    let done = program.output().await.context("a turn")?;
    anyhow::ensure!(done.status.success(), "a turn has failed: {}", done.status);
    let text = String::from_utf8_lossy(&done.stdout);
    figure(&text).context("a turn has not said what it took")
}

/// The figure of a turn, from its last object.
fn figure(said: &str) -> Option<f64> {
    let last: Value = serde_json::from_str(said.lines().rfind(|line| !line.is_empty())?).ok()?;
    last["cpu_ms_per_case"]["all"].as_f64().filter(|ms| *ms > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_is_that_of_the_last_object() {
        let said =
            "{\"event\":\"pair\"}\n{\"event\":\"bench\",\"cpu_ms_per_case\":{\"all\":41.5}}\n";
        assert_eq!(figure(said), Some(41.5));
        assert_eq!(figure("{\"event\":\"pair\"}\n"), None);
        assert_eq!(figure(""), None);
    }
}
