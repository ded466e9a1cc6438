//! What a source says reaches who scrapes, by its name; and the door takes nothing else.

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use super::*;

struct Said;

impl Source for Said {
    fn tell(&self, metric: Metric, say: Say<'_>) {
        match metric {
            Metric::MailboxDepth => say(7.0, &[(MAILBOX, "unit/housing")]),
            Metric::MailboxTaken => say(9.0, &[(MAILBOX, "unit/housing")]),
            Metric::MailboxOldestAge => say(1.5, &[(MAILBOX, "unit/housing")]),
            _ => {}
        }
    }
}

async fn ask_for(request: &str, address: std::net::SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{request} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[test]
fn names_are_each_once_and_have_the_form_of_the_conventions() {
    let mut names: Vec<&str> = Metric::ALL.iter().map(|metric| metric.described().0).collect();
    let good = |name: &&str| {
        name.starts_with("muster.")
            && name.bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b))
    };
    assert!(names.iter().all(good), "{names:?}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Metric::ALL.len());
}

#[tokio::test]
async fn what_a_source_says_is_scraped_and_a_source_that_is_gone_says_nothing() {
    let exporter = opentelemetry_prometheus::exporter().with_registry(prometheus::REGISTRY.clone());
    let exporter = exporter.without_scope_info().build().unwrap();
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    observe(&provider.meter("muster"));
    let source = Arc::new(Said);
    watch(&source);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let serving = tokio::spawn(prometheus::serve(listener, stop.clone()));

    let said = ask_for("GET /metrics", address).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    for line in [
        "muster_bus_mailbox_depth{muster_mailbox=\"unit/housing\"} 7",
        "muster_bus_mailbox_taken_total{muster_mailbox=\"unit/housing\"} 9",
        "muster_bus_mailbox_oldest_age_seconds{muster_mailbox=\"unit/housing\"} 1.5",
        "# TYPE muster_bus_mailbox_taken_total counter",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    assert!(ask_for("POST /metrics", address).await.starts_with("HTTP/1.1 405"));
    assert!(ask_for("GET /", address).await.starts_with("HTTP/1.1 404"));
    drop(source);
    let said = ask_for("GET /metrics", address).await;
    assert!(!said.contains("unit/housing"), "{said}");
    stop.cancel();
    serving.await.unwrap();
}
