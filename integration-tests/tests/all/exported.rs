//! A collector that speaks OTLP over gRPC is sent the spans of every role: short ones, in the trace of
//! their case or linked to it, with the names of the conventions and none of a person.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use domain::picture::attribute;
use kit::trace::{TRACEPARENT, TraceContext};
use opentelemetry_proto::tonic::{
    collector::{
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind},
};
use proto::whistle::{
    CaseStage, RaiseWhistleRequest, whistle_service_client::WhistleServiceClient,
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

use crate::{
    city::{City, Part},
    operate::until,
    people::{command, eventually, line, photograph, reachable, report_for_duty},
};

/// What was sent: each span with the role that made it, and the metrics by role.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<(String, Span)>>>,
    metrics: Arc<Mutex<BTreeSet<(String, String)>>>,
}

fn text(of: &[KeyValue], name: &str) -> String {
    let found = of.iter().find(|one| one.key == name).and_then(|one| one.value.clone()?.value);
    match found {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(is)) => is.to_string(),
        _ => String::new(),
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for sent in request.into_inner().resource_spans {
            let role = text(&sent.resource.unwrap_or_default().attributes, "service.name");
            let spans = sent.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.spans.lock().unwrap().extend(spans.map(|span| (role.clone(), span)));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        for sent in request.into_inner().resource_metrics {
            let role = text(&sent.resource.unwrap_or_default().attributes, "service.name");
            let metrics = sent.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
            let names = metrics.map(|metric| (role.clone(), metric.name));
            self.metrics.lock().unwrap().extend(names);
        }
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

impl Collector {
    /// One that listens; its address.
    async fn start() -> (Collector, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let collector = Collector::default();
        let server = Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        (collector, address)
    }

    /// The spans of a role whose name begins so.
    fn spans(&self, role: &str, name: &str) -> Vec<Span> {
        let all = self.spans.lock().unwrap();
        let is_it =
            |(of, span): &&(String, Span)| of.starts_with(role) && span.name.starts_with(name);
        all.iter().filter(is_it).map(|(_, span)| span.clone()).collect()
    }

    /// Waits for a span of a role that is as it shall be.
    async fn until(&self, role: &str, name: &str, is_so: impl Fn(&Span) -> bool) -> Span {
        for _ in 0..600 {
            if let Some(span) = self.spans(role, name).into_iter().find(&is_so) {
                return span;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("never {name} of {role}: {:#?}", self.spans(role, name));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn whistle(city: &City, context: &TraceContext) -> String {
    let line = line(city.data(), "community/kaihua_dongfeng", &["gateway"]);
    let evidence = vec![photograph(&line, "one").await, photograph(&line, "two").await];
    let mut request = Request::new(RaiseWhistleRequest {
        command: command("li.na", "exported"),
        issue_type: "street_vending".into(),
        grid: "WS-KH-001".into(),
        description: "stalls".into(),
        evidence,
        called_units: vec!["enforcement".into()],
        ..RaiseWhistleRequest::default()
    });
    request.metadata_mut().insert(TRACEPARENT, context.to_string().parse().unwrap());
    let mut gateway = WhistleServiceClient::new(line);
    gateway.raise_whistle(request).await.unwrap().into_inner().case_id
}

#[tokio::test(flavor = "multi_thread")]
async fn the_spans_of_every_role_are_in_the_trace_of_their_case_or_linked_to_it() {
    let (collector, address) = Collector::start().await;
    let mut city = City::new("standard", &[&["enforcement"]]);
    city.tell("MUSTER_OTLP_ENDPOINT", &address);
    city.tell("OTEL_METRIC_EXPORT_INTERVAL", "500");
    city.tell("OTEL_BSP_SCHEDULE_DELAY", "200");
    city.tell("MUSTER_LOG", "info,muster::messages=debug");
    city.tell("MUSTER_LOG_FORMAT", "json");
    city.start_all().await;
    let data = city.data().to_owned();
    reachable(&data, &["gateway"]).await;
    let context = TraceContext::root();
    let id = whistle(&city, &context).await;
    eventually(&data, &id, CaseStage::Called).await;
    report_for_duty(&data, &id).await;
    let (trace, parent) = (context.trace_id(), context.span_id());
    let is_ours = |span: &Span| hex(&span.trace_id) == trace;
    let is_linked = |span: &Span| span.links.iter().any(|link| hex(&link.trace_id) == trace);

    // The call of the community is the first, below what its own system named.
    let raise = collector.until("gateway", "muster.whistle.v1.WhistleService/Raise", is_ours).await;
    assert_eq!(hex(&raise.parent_span_id), parent);
    assert_eq!(raise.kind(), SpanKind::Server);
    for (name, value) in [
        ("rpc.system", "grpc"),
        ("rpc.service", "muster.whistle.v1.WhistleService"),
        ("rpc.method", "RaiseWhistle"),
        ("rpc.grpc.status_code", "0"),
        (attribute::PARTY, "community/kaihua_dongfeng"),
    ] {
        assert_eq!(text(&raise.attributes, name), value, "{name}");
    }
    // Who calls has a span too, and the server's is its child.
    let publish = "muster.bus.v1.BusService/Publish";
    // A call that met no bus yet has none.
    let child = |called: &Span| {
        let is_its = |one: &Span| one.parent_span_id == called.span_id;
        collector.spans("bus", publish).into_iter().find(is_its)
    };
    let is_served = |span: &Span| span.kind() == SpanKind::Client && child(span).is_some();
    let called = collector.until("gateway", publish, is_served).await;
    assert_eq!(text(&called.attributes, "rpc.service"), "muster.bus.v1.BusService");
    let served = child(&called).unwrap();
    assert_eq!((served.kind(), served.trace_id), (SpanKind::Server, called.trace_id));
    lines_carry_the_trace(&city, &context).await;
    // The flow's step is in the trace of its case, though a call to nobody began it.
    let step = collector.until("worker", "send case", is_ours).await;
    assert!(text(&step.attributes, attribute::FLOW).contains(&id), "{step:?}");
    assert_ne!(step.parent_span_id, [0; 8], "{step:?}");
    // The call of the unit's own system has a trace of its own, and a link to that of the case.
    let accept = collector.until("unit", "muster.unit.v1.UnitService/Accept", is_linked).await;
    assert!(!is_ours(&accept), "{accept:?}");
    // Portions of envelopes are of many matters: they are linked to each.
    for (role, name, kind) in [
        ("gateway", "send", SpanKind::Producer),
        ("worker", "process", SpanKind::Consumer),
        ("unit", "process", SpanKind::Consumer),
    ] {
        let portion = collector.until(role, name, is_linked).await;
        assert_eq!(portion.kind(), kind);
        assert_eq!(text(&portion.attributes, "messaging.system"), "muster");
        assert_ne!(text(&portion.attributes, "messaging.batch.message_count"), "", "{portion:?}");
    }
    let roles = ["bus", "gateway", "worker", "unit"];
    let measured = || collector.metrics.lock().unwrap().clone();
    let has_all = |seen: &BTreeSet<(String, String)>| {
        let has = |role: &str| seen.iter().any(|(of, _)| of.starts_with(role));
        roles.iter().all(|role| has(role))
    };
    until(measured, has_all).await;
    names_are_known_and_nobody_is_named(&collector);
    city.kill(Part::Bus);
}

/// A line of a role that is said in a call is an object with the trace of the call.
async fn lines_carry_the_trace(city: &City, context: &TraceContext) {
    let line = line(city.data(), "unit/housing", &["gateway"]);
    let mut request = Request::new(proto::whistle::AssignCaseRequest::default());
    request.metadata_mut().insert(TRACEPARENT, context.to_string().parse().unwrap());
    WhistleServiceClient::new(line).assign_case(request).await.unwrap_err();
    let trace = context.trace_id();
    let is_it = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["spans"]
            .as_array()
            .is_some_and(|spans| spans.iter().any(|span| span["trace"] == trace.as_str()))
    };
    let look = || city.log(Part::Gateway);
    // The line that is being written is not whole yet.
    let whole = |log: &str| log.rsplit_once('\n').map(|(whole, _)| whole.to_owned());
    let found = |log: &String| whole(log).is_some_and(|log| log.lines().any(is_it));
    until(look, found).await;
}

fn names_are_known_and_nobody_is_named(collector: &Collector) {
    for (role, span) in collector.spans.lock().unwrap().iter() {
        for one in &span.attributes {
            let is_known = attribute::ALL.contains(&one.key.as_str());
            assert!(!one.key.starts_with("muster.") || is_known, "{role}: {}", one.key);
        }
        let all = format!("{span:?}");
        assert!(!all.contains("li.na") && !all.contains("stalls"), "{role}: {all}");
    }
}
