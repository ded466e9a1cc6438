//! A real server, real sockets, real certificates. The service under test answers by its path:
//! who is calling, at once, or never.

mod door;
mod end;
mod json;
mod line;
mod matrix;
mod rotation;
mod speaking;

use std::{
    future::pending,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use domain::{id::CityId, party::Party};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tonic::{Code, codegen::http::Response};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::ServiceExt as _;

use super::*;
use crate::{
    client::{self, Channel, Endpoint, connect_lazy},
    identity::{Authority, Identity},
    trace,
};

/// More than any wait in these tests, less than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(10);

/// A city with its authority, in a folder that goes away.
struct City {
    dir: TempDir,
    authority: Authority,
}

impl City {
    fn new(name: &str) -> City {
        let dir = tempfile::tempdir().unwrap();
        let city = CityId::parse(name).unwrap();
        let authority = Authority::open_or_create(dir.path(), &city).unwrap();
        City { dir, authority }
    }

    fn identity(&self, party: &str) -> Identity {
        self.authority.issue(&party.parse().unwrap()).unwrap()
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// The rules of Wenshan, by which everybody may call the probe too.
fn access() -> Access {
    let mut city = crate::access::tests::wenshan();
    let methods = ["Who", "Hang", "Slow"].map(|name| format!("test.Probe/{name}"));
    let words = r#"@refusal("NO_PROBE") @words("{caller} probes nothing")"#;
    let actions = methods.iter().map(|name| {
        format!("{words} action \"{name}\" appliesTo {{ principal: [Party], resource: [Door] }};\n")
    });
    let schema = city.access.get_mut("access/schema.cedarschema").unwrap();
    *schema =
        schema.trim_end().trim_end_matches('}').to_owned() + &actions.collect::<String>() + "}";
    let named =
        methods.iter().map(|name| format!("Muster::Action::\"{name}\"")).collect::<Vec<_>>();
    let named = named.join(", ");
    let policy = format!("@id(\"probe\") permit (principal, action in [{named}], resource);");
    city.access.insert("access/probe.cedar".to_owned(), policy);
    Access::of(&city).unwrap_or_else(|faults| panic!("{faults}"))
}

/// A server that runs.
struct Running {
    address: SocketAddr,
    tls: ServerTls,
    probe: Probe,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

impl Running {
    async fn start(identity: &Identity, limits: Limits) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Running::on(listener, identity, limits)
    }

    fn on(listener: TcpListener, identity: &Identity, limits: Limits) -> Running {
        Running::with(listener, identity, limits, |services| services)
    }

    fn with(
        listener: TcpListener,
        identity: &Identity,
        limits: Limits,
        more: impl FnOnce(Services) -> Services,
    ) -> Running {
        let address = listener.local_addr().unwrap();
        let tls = ServerTls::new(identity).unwrap();
        let (probe, shutdown) = (Probe::default(), CancellationToken::new());
        let services = more(Services::new(&access(), Role::Bus).with(probe.clone()));
        let (served, stop) = (tls.clone(), shutdown.clone());
        let task =
            tokio::spawn(async move { serve(listener, &served, services, &limits, stop).await });
        Running { address, tls, probe, shutdown, task }
    }

    fn channel(&self, identity: &Identity) -> Channel {
        self.channel_to(identity, "service/bus")
    }

    fn channel_to(&self, identity: &Identity, server: &str) -> Channel {
        let address = format!("https://{}", self.address);
        let to = Endpoint { address, server: server.parse().unwrap() };
        connect_lazy(identity, &to, &client::Limits::default()).unwrap()
    }

    /// A client that does not ask who the server is.
    fn channel_of_anybody(&self, config: rustls::ClientConfig) -> transport::Channel {
        let tls = tokio_rustls::TlsConnector::from(Arc::new(config));
        let address = self.address;
        let endpoint = transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
        endpoint.connect_with_connector_lazy(tower::service_fn(move |_| {
            let tls = tls.clone();
            async move {
                let socket = tokio::net::TcpStream::connect(address).await?;
                let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
                let stream = tls.connect(name, socket).await?;
                io::Result::Ok(hyper_util::rt::TokioIo::new(stream))
            }
        }))
    }

    async fn end(self) {
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
    }
}

/// Whether the server answers on this channel.
async fn healthy(channel: &Channel) -> Result<(), Status> {
    let mut client = HealthClient::new(channel.clone());
    client.check(HealthCheckRequest::default()).await.map(drop)
}

/// Calls the probe and returns the headers of its answer, or its status.
async fn call(channel: &Channel, method: &str, span: Option<Duration>) -> Result<Headers, Status> {
    let mut request = Request::new(Body::empty());
    if let Some(span) = span {
        request = client::deadline(request, span);
    }
    let (metadata, _, body) = request.into_parts();
    let mut request = http::Request::post(format!("/test.Probe/{method}")).body(body).unwrap();
    *request.headers_mut() = metadata.into_headers();
    let answer =
        channel.clone().oneshot(request).await.map_err(|e| Status::from_error(e.into()))?;
    match Status::from_header_map(answer.headers()) {
        Some(status) if status.code() != Code::Ok => Err(status),
        _ => Ok(answer.headers().clone()),
    }
}

type Headers = http::HeaderMap;

/// Waits until it is so.
async fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// The service under test.
#[derive(Clone, Default)]
struct Probe {
    /// Calls that hang in the handler.
    hanging: Arc<AtomicUsize>,
}

struct Hanging(Arc<AtomicUsize>);

impl Hanging {
    fn new(count: &Arc<AtomicUsize>) -> Hanging {
        count.fetch_add(1, Ordering::SeqCst);
        Hanging(count.clone())
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl NamedService for Probe {
    const NAME: &'static str = "test.Probe";
}

impl Service<http::Request<Body>> for Probe {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request.uri().path().rsplit('/').next().unwrap().to_owned();
        let request = Request::from_http(request);
        let hanging = self.hanging.clone();
        Box::pin(async move {
            let peer = peer(&request).unwrap();
            match method.as_str() {
                "Hang" => {
                    let _hanging = Hanging::new(&hanging);
                    pending::<()>().await;
                }
                "Slow" => {
                    let _hanging = Hanging::new(&hanging);
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
                _ => {}
            }
            let answer = Response::builder()
                .header("content-type", "application/grpc")
                .header("grpc-status", "0")
                .header("peer", format!("{} {}", peer.city, peer.party))
                .header("trace", trace::current().trace_id());
            Ok(answer.body(Body::empty()).unwrap())
        })
    }
}
