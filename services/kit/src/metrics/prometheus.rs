//! The metrics for whoever scrapes: `GET /metrics` over plain HTTP, in the text format of Prometheus.
//!
//! It is off unless a role's file names an address. It says nothing of persons and cases, and takes
//! nothing but this one request; still, whoever reaches the port reads it, so it belongs on loopback
//! or behind what the city has before its monitoring. A slow or silent caller is cut, and there are
//! few at a time. The format is written by the exporter of the OpenTelemetry project.

use std::{convert::Infallible, sync::Arc, sync::LazyLock, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::CONTENT_TYPE,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::{Registry, TextEncoder};
use tokio::{net::TcpListener, net::TcpStream, sync::Semaphore};
use tokio_util::sync::CancellationToken;

/// How many callers there are at a time; one more waits.
const CALLERS: usize = 8;
/// How long a caller may take for its request, and for reading the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where they are.
const PATH: &str = "/metrics";

/// What this process measures; the telemetry of the process fills it.
pub(crate) static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

/// Answers until the token is cancelled. Nothing is measured before `telemetry::init`.
pub async fn serve(listener: TcpListener, shutdown: CancellationToken) {
    let callers = Arc::new(Semaphore::new(CALLERS));
    if let Ok(address) = listener.local_addr()
        && !address.ip().is_loopback()
    {
        tracing::warn!(%address, "the metrics can be read without a certificate from elsewhere");
    }
    let accept = async {
        loop {
            let Ok(permit) = Arc::clone(&callers).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(async move {
                        let _permit = permit;
                        // Whoever is cut or goes away asks again.
                        let _ended = tokio::time::timeout(PATIENCE, answer(stream)).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a caller for metrics can't be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = accept => {}
    }
}

async fn answer(stream: TcpStream) -> Result<(), hyper::Error> {
    let mut connection = http1::Builder::new();
    connection.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
    connection.max_buf_size(16 << 10);
    connection.serve_connection(TokioIo::new(stream), service_fn(respond)).await
}

async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match (request.method(), request.uri().path()) {
        (&Method::GET, PATH) => match text() {
            Ok(text) => said(StatusCode::OK, text),
            Err(error) => {
                tracing::warn!(%error, "the metrics can't be written");
                said(StatusCode::INTERNAL_SERVER_ERROR, "the metrics can't be written now\n".into())
            }
        },
        (_, PATH) => said(StatusCode::METHOD_NOT_ALLOWED, "GET /metrics\n".into()),
        _ => said(StatusCode::NOT_FOUND, "only /metrics is here\n".into()),
    })
}

fn said(code: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = code;
    let kind = hyper::header::HeaderValue::from_static(prometheus::TEXT_FORMAT);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// All metrics of this process as text.
pub fn text() -> Result<String, prometheus::Error> {
    TextEncoder::new().encode_to_string(&REGISTRY.gather())
}
