//! What is measured reaches whoever scrapes over HTTP, and a collector that speaks OTLP over gRPC.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::metrics::v1::{
        ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    common::v1::any_value::Value as Text,
    metrics::v1::{metric::Data, number_data_point::Value},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

use crate::{
    city::{City, Part},
    operate::{letters, letters::Letters, until},
    people,
    program::Running,
};

/// What is scraped at a port of this machine; empty while nobody answers.
pub fn scraped(port: u16) -> String {
    let answer = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        std::io::Result::Ok(text)
    };
    answer().unwrap_or_default()
}

/// The value of a line of the text format.
fn value(text: &str, head: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(head)?.trim().parse().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_scrapes_sees_what_waits_and_nothing_of_persons_and_cases() {
    let mut city = City::new("standard", &[]);
    let data = city.data().to_owned();
    let port = City::port();
    let metrics = format!("metrics = \"127.0.0.1:{port}\"");
    city.set(Part::Bus, &metrics, "[rules]\nattempts_max = 2\nwaiting_max = \"1s\"\n");
    city.start(Part::Bus);
    let mut letters = Letters::new(&data).await;
    letters.send("unit/housing", "case/wenshan/20261122-7QK3M9ZT", 4).await;
    let places = letters::park(&data, "unit/housing", "not yet").await;
    assert!(places.is_empty(), "the first refusal parks nothing");
    let again = letters::fetch(&data, "unit/housing", 2).await;
    letters::acknowledge(&data, "unit/housing", &again).await;

    let of = |name: &str| format!("muster_bus_mailbox_{name}{{muster_mailbox=\"unit/housing\"}}");
    let text =
        until(|| scraped(port), |text| value(text, &of("acknowledged_total")) == Some(2.0)).await;
    for (name, expected) in [
        ("depth", 2.0),
        ("taken_total", 4.0),
        ("parked", 0.0),
        ("delivered_total", 6.0),
        ("redelivered_total", 2.0),
    ] {
        assert_eq!(value(&text, &of(name)), Some(expected), "{name} in\n{text}");
    }
    let is_overdue = |text: &String| value(text, &of("overdue")) == Some(1.0);
    let text = until(|| scraped(port), is_overdue).await;
    assert!(value(&text, &of("oldest_age_seconds")) > Some(1.0), "{text}");
    let lag = "muster_bus_follower_lag{muster_follower=\"service/worker\"}";
    assert!(value(&text, lag) >= Some(4.0), "{text}");
    for name in
        ["muster_bus_syncs_total", "muster_bus_record_size_bytes", "muster_bus_disk_free_bytes"]
    {
        assert!(value(&text, name) > Some(0.0), "{name} in\n{text}");
    }
    assert!(!text.contains("7QK3M9ZT") && !text.contains("case/"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_system_says_where_its_metrics_are_and_measures_every_role() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let verb = ["run", "--data", data.to_str().unwrap(), "--city", "wenshan", "--port", "0"];
    let mut running = Running::start(&[&verb[..], &["--output", "json"]].concat());
    running.until("ready");
    let doors = std::fs::read(data.join("endpoints.json")).unwrap();
    let doors: serde_json::Value = serde_json::from_slice(&doors).unwrap();
    let url = doors["metrics"].as_str().unwrap();
    let port = url.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/metrics"));
    let port = port.unwrap().parse().unwrap();
    people::whistle(&data).await;
    let text = until(|| scraped(port), |text| text.contains("muster_bus_follower_lag")).await;
    for sender in ["service/gateway", "service/worker", "unit/enforcement", "unit/housing"] {
        assert!(text.contains(&format!("muster_sender=\"{sender}\"")), "{sender} in\n{text}");
    }
    assert!(running.terminate());
}

/// A collector that hands on what it is sent.
struct Collector(mpsc::Sender<ExportMetricsServiceRequest>);

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let _gone = self.0.send(request.into_inner()).await;
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// Every value in what was sent: its name, who it is of, and the value.
fn values(sent: ExportMetricsServiceRequest) -> Vec<(String, String, f64)> {
    let mut values = Vec::new();
    let metrics = sent.resource_metrics.into_iter().flat_map(|one| one.scope_metrics);
    for metric in metrics.flat_map(|one| one.metrics) {
        let points = match metric.data {
            Some(Data::Gauge(gauge)) => gauge.data_points,
            Some(Data::Sum(sum)) => sum.data_points,
            _ => Vec::new(),
        };
        for point in points {
            let text = |value| match value {
                Some(Text::StringValue(text)) => text,
                _ => String::new(),
            };
            let of = point.attributes.into_iter().filter_map(|one| Some(text(one.value?.value)));
            let Some(Value::AsDouble(value)) = point.value else { continue };
            values.push((metric.name.clone(), of.collect::<Vec<_>>().join(" "), value));
        }
    }
    values
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_is_sent_the_same_by_otlp() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (to, mut sent) = mpsc::channel(100);
    let incoming = TcpListenerStream::new(listener);
    let service = MetricsServiceServer::new(Collector(to));
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(incoming));

    let mut city = City::new("standard", &[]);
    let data = city.data().to_owned();
    city.tell("MUSTER_OTLP_ENDPOINT", &format!("http://{address}"));
    city.tell("OTEL_METRIC_EXPORT_INTERVAL", "200");
    city.start(Part::Bus);
    Letters::new(&data).await.send("unit/housing", "case/wenshan/a", 3).await;
    let wanted = ("muster.bus.mailbox.depth".to_owned(), "unit/housing".to_owned(), 3.0);
    let mut last = Vec::new();
    for _ in 0..300 {
        let next = tokio::time::timeout(Duration::from_secs(60), sent.recv()).await;
        last = values(next.expect("the collector is sent something").unwrap());
        if last.contains(&wanted) {
            assert!(last.iter().any(|(name, _, value)| name == "muster.bus.syncs" && *value > 0.0));
            return;
        }
    }
    panic!("never {wanted:?}: {last:?}");
}
