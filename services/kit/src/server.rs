//! A role's gRPC server: mutual TLS, every limit set, and an end that does not hang.
//!
//! Whoever comes in has shown a certificate of our authority; who is no party of our city is told
//! so at every call (`UNAUTHENTICATED`) and reaches no handler. Nor does a call that the city's
//! policies permit to no such party (`PERMISSION_DENIED`): every method of every service is asked
//! for here, health and reflection among them, and every refusal is recorded. Handlers find the [`Peer`] with
//! [`peer`] and the trace context with [`crate::trace::current`]. One slow handshake holds up
//! nobody. What is too much is refused at once: a connection by closing it, a call with
//! `RESOURCE_EXHAUSTED`. A call has a deadline, but only until its answer begins: streams live on.
//!
//! The same methods are there as JSON over HTTP, behind the same gate, see [`json`].
//!
//! The end: `shutdown` is cancelled, nothing new is accepted, health says `NOT_SERVING`, what is
//! in flight may finish within [`Limits::drain`], then every connection is cut. A handler with a
//! long stream should watch the same token and end it; who does not is cut.
//!
//! A party may bring the calls of another where the policies say so: the console those of people,
//! see [`MUSTER_FOR`]. A handler sees the party that is spoken for, and no certificate of it.
//!
//! The caller owns the listener and the token. Messages over [`Limits::message_bytes`] are refused
//! by each generated service, see there.

mod accept;
mod calls;
mod connection;
pub mod json;
mod speaking;

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use domain::party::Role;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Status,
    body::Body,
    codegen::{Service, http},
    server::NamedService,
    service::{Routes, RoutesBuilder},
    transport,
};
use tonic_health::{ServingStatus, server::HealthReporter};

use self::{
    accept::Acceptor,
    calls::{Calls, Gate},
    json::Json,
};
pub use self::{calls::timeout_of, speaking::MUSTER_FOR};
use crate::{
    access::Access,
    config::span,
    identity::{Credential, Peer, ServerTls},
};

/// What a server allows; there is nothing without a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Open connections, all together. One more is closed at once. Default 1024.
    pub connections: usize,
    /// Handshakes at the same time. One more waits to be accepted. Default 128.
    pub handshakes: usize,
    /// How long a handshake may take. Default 5 s.
    #[serde(with = "span")]
    pub handshake: Duration,
    /// Calls and streams of one connection at the same time; more wait with the client. Default 256.
    pub streams_per_connection: u32,
    /// Calls of one connection whose answer has not begun. One more is refused. Default 128.
    pub calls_per_connection: usize,
    /// How long a call may take to begin its answer when its client names no time. Default 30 s.
    #[serde(with = "span")]
    pub deadline: Duration,
    /// How long it may take when its client does name a time (a long poll, an upload).
    /// Default 10 min.
    #[serde(with = "span")]
    pub deadline_max: Duration,
    /// The largest message. The generated services know it, not the server: pass it to each as
    /// `FooServer::new(foo).max_decoding_message_size(limits.message_bytes)`. Default 4 MiB, which
    /// is also what a service takes that was told nothing.
    pub message_bytes: usize,
    /// How often a silent connection is asked whether it is still there. Default 20 s.
    #[serde(with = "span")]
    pub keepalive: Duration,
    /// How long it may take to answer that. Default 10 s.
    #[serde(with = "span")]
    pub keepalive_timeout: Duration,
    /// How long what is in flight may take to finish at the end. Default 10 s.
    #[serde(with = "span")]
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 1_024,
            handshakes: 128,
            handshake: Duration::from_secs(5),
            streams_per_connection: 256,
            calls_per_connection: 128,
            deadline: Duration::from_secs(30),
            deadline_max: Duration::from_secs(600),
            message_bytes: 4 << 20,
            keepalive: Duration::from_secs(20),
            keepalive_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(10),
        }
    }
}

/// Why a server did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The listener does not work.
    #[error("the listener does not work")]
    Listener(#[source] io::Error),
    /// A descriptor set for reflection cannot be read.
    #[error("the descriptor set cannot be read")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The transport failed.
    #[error("the transport failed")]
    Transport(#[from] transport::Error),
}

/// What a server serves, and to whom: the role's services; health and reflection come by
/// themselves.
#[derive(Clone, Debug)]
pub struct Services {
    access: Access,
    door: Role,
    routes: RoutesBuilder,
    names: Vec<&'static str>,
    descriptors: Vec<&'static [u8]>,
}

impl Services {
    /// None yet, at this role's door, to whom these rules let in.
    pub fn new(access: &Access, door: Role) -> Services {
        Services {
            access: access.clone(),
            door,
            routes: RoutesBuilder::default(),
            names: Vec::new(),
            descriptors: Vec::new(),
        }
    }

    /// Adds a generated service.
    pub fn with<S>(mut self, service: S) -> Services
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes.add_service(service);
        self.names.push(S::NAME);
        self
    }

    /// Adds an encoded `FileDescriptorSet`, from which reflection describes the services.
    pub fn described_by(mut self, descriptors: &'static [u8]) -> Services {
        self.descriptors.push(descriptors);
        self
    }

    async fn routes(self) -> Result<(Routes, Health), Error> {
        let (reporter, health) = tonic_health::server::health_reporter();
        for name in &self.names {
            reporter.set_service_status(name, ServingStatus::Serving).await;
        }
        let mut reflection = tonic_reflection::server::Builder::configure();
        for descriptors in self.descriptors {
            reflection = reflection.register_encoded_file_descriptor_set(descriptors);
        }
        let reflection = reflection
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()?;
        let routes = self.routes.routes().add_service(health).add_service(reflection).prepare();
        Ok((routes, Health { reporter, names: self.names }))
    }
}

/// Serves until `shutdown` is cancelled and the end is through, as the module describes.
pub async fn serve(
    listener: TcpListener,
    tls: &ServerTls,
    services: Services,
    limits: &Limits,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let address = listener.local_addr().map_err(Error::Listener)?;
    let gate = Gate { access: services.access.clone(), door: services.door };
    let json = Json::new(&services.names, limits.message_bytes, limits.keepalive);
    let (routes, health) = services.routes().await?;
    // Cut also when this future is dropped: the transport's own tasks would go on.
    let cut = CancellationToken::new();
    let _cut_at_last = cut.clone().drop_guard();
    // The caller's token is theirs to cancel; a transport that fails ends us alone.
    let stop = shutdown.child_token();
    let (connected, incoming) = mpsc::channel(1);
    let acceptor = Acceptor::new(tls, limits, cut.clone(), connected);
    let incoming = ReceiverStream::new(incoming).map(Ok::<_, Infallible>);
    let calls = Calls::new(routes, json, gate, limits);
    let serving = transport(limits).serve_with_incoming_shutdown(calls, incoming, stop.cancelled());
    let served_to_the_end = async {
        let served = serving.await;
        stop.cancel();
        cut.cancel();
        served
    };
    tracing::info!(%address, "serving");
    let (served, (), ()) = tokio::join!(
        served_to_the_end,
        acceptor.run(listener, &stop),
        drain(health, limits.drain, &stop, &cut),
    );
    tracing::info!(%address, "served");
    Ok(served?)
}

/// The party on the other side of a call.
pub fn peer<T>(request: &Request<T>) -> Result<Peer, Status> {
    let peer = request.extensions().get::<Peer>().cloned();
    peer.ok_or_else(|| Status::unauthenticated("the connection names no party"))
}

/// The certificate of the other side, to check what it has signed.
pub fn credential<T>(request: &Request<T>) -> Result<Arc<Credential>, Status> {
    let credential = request.extensions().get::<Arc<Credential>>().cloned();
    credential.ok_or_else(|| Status::unauthenticated("the connection shows no certificate"))
}

/// The transport with all limits that it has; the others are in `accept` and `calls`.
fn transport(limits: &Limits) -> transport::Server {
    transport::Server::builder()
        .max_concurrent_streams(limits.streams_per_connection)
        .http2_keepalive_interval(Some(limits.keepalive))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
        .http2_max_header_list_size(16 << 10)
        .accept_http1(true)
}

struct Health {
    reporter: HealthReporter,
    names: Vec<&'static str>,
}

impl Health {
    /// Says that the server goes, and ends the streams of those who watch.
    async fn leave(mut self) {
        for name in [""].iter().chain(&self.names) {
            self.reporter.set_service_status(name, ServingStatus::NotServing).await;
        }
        for name in [""].iter().chain(&self.names) {
            self.reporter.clear_service_status(name).await;
        }
    }
}

async fn drain(
    health: Health,
    patience: Duration,
    shutdown: &CancellationToken,
    cut: &CancellationToken,
) {
    shutdown.cancelled().await;
    health.leave().await;
    tokio::select! {
        () = cut.cancelled() => {}
        () = tokio::time::sleep(patience) => {
            tracing::warn!("cutting connections that have not finished in time");
            cut.cancel();
        }
    }
}

#[cfg(test)]
mod tests;
