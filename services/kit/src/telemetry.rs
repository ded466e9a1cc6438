//! What a role tells about itself: lines on stderr, spans and metrics to a collector.
//!
//! Lines are for people or JSON; a line inside a call carries the call's span with its trace id.
//! Spans and metrics are exported by OTLP over gRPC only when an endpoint is configured; how often
//! metrics are, `OTEL_METRIC_EXPORT_INTERVAL` says in milliseconds, 60,000 if not. The same metrics
//! are there for who scrapes, see [`crate::metrics`]. A collector that is
//! away, slow or wrongly named never stops a role: telemetry is the detail, the records are the
//! truth. Nothing here returns an error for that reason; what is wrong is said in the first lines.

use std::time::Duration;

use opentelemetry::{KeyValue, metrics::MeterProvider as _, trace::TracerProvider as _};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    metrics::{PeriodicReader, SdkMeterProvider},
    trace::SdkTracerProvider,
};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::metrics::{self, prometheus::REGISTRY};

/// How long the last spans may take to leave when a role ends.
const FLUSH: Duration = Duration::from_secs(3);

/// What to tell, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// Which lines and spans, in the language of `tracing_subscriber::EnvFilter`. Default `info`.
    pub filter: String,
    /// How a line looks. Default `human`.
    pub format: Format,
    /// The collector, `http://host:4317`. Default none: no spans and no metrics leave.
    pub otlp_endpoint: Option<String>,
}

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// For a terminal.
    #[default]
    Human,
    /// One JSON object per line.
    Json,
}

/// Sends what is still waiting when it is dropped; keep it until the role ends.
#[must_use = "dropping it ends the export of spans and metrics"]
#[derive(Debug)]
pub struct Guard(Option<(SdkTracerProvider, SdkMeterProvider)>);

impl Default for Telemetry {
    fn default() -> Telemetry {
        Telemetry { filter: "info".into(), format: Format::Human, otlp_endpoint: None }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some((spans, metrics)) = self.0.take() {
            let _ = spans.shutdown_with_timeout(FLUSH);
            let _ = metrics.shutdown_with_timeout(FLUSH);
        }
    }
}

/// Sets up lines, spans and metrics for this process. The first call counts; later ones change nothing.
/// Spans are exported only when it is called inside the runtime, which has to outlive the guard and
/// to have more than one thread: the guard blocks until the last spans have left.
pub fn init(role: &str, config: &Telemetry) -> Guard {
    let mut faults = Vec::new();
    let provider = provider(role, config, &mut faults);
    // Without a collector the layer stays: it is what gives spans their ids.
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("muster"));
    let filter = filter(config, &mut faults);
    let first = Registry::default().with(lines(config.format)).with(spans).with(filter).try_init();
    if first.is_err() {
        return Guard(None);
    }
    let metrics = measured(role, config, &mut faults);
    for fault in faults {
        tracing::warn!(role, "{fault}");
    }
    Guard(Some((provider, metrics)))
}

fn lines(format: Format) -> Box<dyn Layer<Registry> + Send + Sync> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        Format::Human => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    }
}

fn filter(config: &Telemetry, faults: &mut Vec<String>) -> EnvFilter {
    EnvFilter::try_new(&config.filter).unwrap_or_else(|e| {
        faults.push(format!("filter {:?} is wrong ({e}), info is used", config.filter));
        EnvFilter::new("info")
    })
}

fn resource(role: &str) -> Resource {
    Resource::builder()
        .with_service_name(role.to_owned())
        .with_attribute(KeyValue::new("service.namespace", "muster"))
        .build()
}

/// The instruments of this process, for who scrapes and for the collector.
fn measured(role: &str, config: &Telemetry, faults: &mut Vec<String>) -> SdkMeterProvider {
    let mut builder = SdkMeterProvider::builder().with_resource(resource(role));
    let scraped = opentelemetry_prometheus::exporter().with_registry(REGISTRY.clone());
    match scraped.without_scope_info().build() {
        Ok(reader) => builder = builder.with_reader(reader),
        Err(e) => faults.push(format!("metrics can't be scraped: {e}")),
    }
    // Without a runtime it was said already that nothing leaves.
    if let Some(endpoint) = config.otlp_endpoint.as_ref().filter(|_| Handle::try_current().is_ok())
    {
        match MetricExporter::builder().with_tonic().with_endpoint(endpoint).build() {
            Ok(exporter) => {
                builder = builder.with_reader(PeriodicReader::builder(exporter).build())
            }
            Err(e) => faults.push(format!("metrics are not exported to {endpoint}: {e}")),
        }
    }
    let provider = builder.build();
    metrics::observe(&provider.meter("muster"));
    provider
}

fn provider(role: &str, config: &Telemetry, faults: &mut Vec<String>) -> SdkTracerProvider {
    let builder = SdkTracerProvider::builder().with_resource(resource(role));
    let Some(endpoint) = &config.otlp_endpoint else { return builder.build() };
    if Handle::try_current().is_err() {
        faults.push(format!(
            "spans and metrics are not exported to {endpoint}: there is no runtime yet"
        ));
        return builder.build();
    }
    match SpanExporter::builder().with_tonic().with_endpoint(endpoint).build() {
        Ok(exporter) => builder.with_batch_exporter(exporter).build(),
        Err(e) => {
            faults.push(format!("spans are not exported to {endpoint}: {e}"));
            builder.build()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn it_may_be_called_many_times_and_with_a_collector_that_is_away() {
        let away = Telemetry {
            filter: "no such==filter".into(),
            format: Format::Json,
            otlp_endpoint: Some("http://127.0.0.1:9".into()),
        };
        let first = init("bus", &away);
        let second = init("gateway", &Telemetry::default());
        tracing::info_span!("work").in_scope(|| tracing::info!("said"));
        drop(second);
        drop(first);
        drop(init("worker", &Telemetry { otlp_endpoint: Some("no uri".into()), ..away }));
    }

    #[test]
    fn without_a_runtime_it_goes_on_without_a_collector() {
        let endpoint = Some("http://127.0.0.1:9".into());
        let mut faults = Vec::new();
        let config = Telemetry { otlp_endpoint: endpoint, ..Telemetry::default() };
        drop(provider("bus", &config, &mut faults));
        assert!(faults[0].contains("no runtime"), "{faults:?}");
    }

    #[test]
    fn an_unknown_field_is_refused() {
        assert!(toml::from_str::<Telemetry>("filter = \"debug\"\nformat = \"json\"").is_ok());
        assert!(toml::from_str::<Telemetry>("otlp = \"x\"").is_err());
    }
}
