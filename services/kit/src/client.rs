//! A role's way to another role: one channel that connects when it is used and again when it breaks.
//!
//! The server is verified three times: by our authority, by its name, and by the party in its
//! certificate, which must be exactly the one that was wanted. Every call carries the trace context
//! of the work that it belongs to, and a deadline: [`Limits::deadline`], or the one that
//! [`deadline`] gives it. A deadline counts until the answer begins, so streams live on; a long
//! poll or an upload needs a longer one.
//!
//! A channel follows its identity: when that is replaced, calls that begin afterwards go over a new
//! connection, and those under way finish on the old one. A server that would no longer be believed
//! is left, as a server leaves such a client.
//!
//! Every call has a short span, see [`Called`].
//!
//! A channel repeats nothing. A call that finds no server fails with `UNAVAILABLE`, and the caller
//! decides when to try again.

mod called;

use std::{collections::BTreeMap, time::Duration};

use domain::party::Party;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Status,
    codegen::http::Uri,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport,
};

use crate::{
    config::span,
    cut::Cut,
    identity::{self, Identity, Peer, PeerError, server_name},
    line::Line,
    server::MUSTER_FOR,
    trace::{self, TRACEPARENT},
};

pub use called::Called;

/// What generated clients take: `FooClient::new(channel)`; cheap to clone.
pub type Channel = Called;

/// Where a server is, and who it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// `https://host:port`.
    pub address: String,
    /// The party in its certificate, `service/bus`.
    pub server: Party,
}

/// How patient a client is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// How long connecting may take, TLS included. Default 5 s.
    #[serde(with = "span")]
    pub connect: Duration,
    /// How long a call may take to begin its answer, unless it says otherwise. Default 10 s.
    #[serde(with = "span")]
    pub deadline: Duration,
    /// How often a silent connection is asked whether it is still there. Default 20 s.
    #[serde(with = "span")]
    pub keepalive: Duration,
    /// How long it may take to answer that. Default 10 s.
    #[serde(with = "span")]
    pub keepalive_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(5),
            deadline: Duration::from_secs(10),
            keepalive: Duration::from_secs(20),
            keepalive_timeout: Duration::from_secs(10),
        }
    }
}

/// Why there is no channel.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address has another form.
    #[error("{0:?} is not https://host:port")]
    Address(String),
    /// The server's party gives no name that TLS takes.
    #[error("the server's party gives no name")]
    Name(#[from] InvalidDnsNameError),
    /// The party can't be named in a call.
    #[error("{0} can't be named in a call")]
    Party(Party),
    /// Our own identity does not work.
    #[error("our own identity does not work")]
    Identity(#[from] identity::Error),
    /// The transport takes no such address.
    #[error("the transport takes no such address")]
    Transport(#[from] transport::Error),
}

/// A channel to the server as `identity`; nothing is connected before the first call.
/// It must be called inside the runtime.
pub fn connect_lazy(identity: &Identity, to: &Endpoint, limits: &Limits) -> Result<Channel, Error> {
    let connector = Connector::new(identity, to)?;
    // The scheme is for our own connector, which always speaks TLS; the origin is what is said.
    let endpoint = transport::Endpoint::from_shared(format!("http://{}", connector.address))?
        .origin(origin(to)?)
        .connect_timeout(limits.connect)
        .http2_keep_alive_interval(limits.keepalive)
        .keep_alive_timeout(limits.keepalive_timeout)
        .keep_alive_while_idle(true);
    let lay = move || {
        let connector = connector.clone();
        let connect = tower::service_fn(move |_: Uri| connector.clone().connect());
        endpoint.connect_with_connector_lazy(connect)
    };
    let line = Line::new(identity.changes(), lay);
    Ok(Called::new(InterceptedService::new(line, Outbound { deadline: limits.deadline })))
}

/// Channels to several servers by who is there; those that one process serves share one.
pub fn connect_all<K: Clone + Ord>(
    identity: &Identity,
    doors: &BTreeMap<K, Endpoint>,
    limits: &Limits,
) -> Result<BTreeMap<K, Channel>, Error> {
    let mut shared: BTreeMap<String, Channel> = BTreeMap::new();
    let mut channels = BTreeMap::new();
    for (who, door) in doors {
        let key = format!("{} {}", door.address, door.server);
        let channel = match shared.get(&key) {
            Some(channel) => channel.clone(),
            None => connect_lazy(identity, door, limits)?,
        };
        shared.insert(key, channel.clone());
        channels.insert(who.clone(), channel);
    }
    Ok(channels)
}

/// Gives one call its own deadline, here and at the server.
pub fn deadline<T>(mut request: Request<T>, span: Duration) -> Request<T> {
    request.set_timeout(span);
    request
}

/// Puts the trace context and the deadline on a call that has none yet.
#[derive(Clone, Debug)]
pub struct Outbound {
    deadline: Duration,
}

impl Interceptor for Outbound {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if request.metadata().get("grpc-timeout").is_none() {
            request.set_timeout(self.deadline);
        }
        if request.metadata().get(TRACEPARENT).is_none() {
            trace::current().to_metadata(request.metadata_mut());
        }
        Ok(request)
    }
}

/// A channel on which every call is that of a party that is spoken for.
pub type Spoken = InterceptedService<Channel, SpeaksFor>;

/// Brings the calls of `party` over our own channel, where the server's policies let us; the trace
/// context and the deadline are those of the channel.
pub fn speak_for(channel: Channel, party: &Party) -> Result<Spoken, Error> {
    let named = MetadataValue::try_from(party.to_string());
    let named = named.map_err(|_| Error::Party(party.clone()))?;
    Ok(InterceptedService::new(channel, SpeaksFor { named }))
}

/// Names the party that is spoken for.
#[derive(Clone, Debug)]
pub struct SpeaksFor {
    named: MetadataValue<Ascii>,
}

impl Interceptor for SpeaksFor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(MUSTER_FOR, self.named.clone());
        Ok(request)
    }
}

/// Why a server is not spoken to.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error("the server is {found}, not {wanted}")]
    Other { found: Party, wanted: Party },
}

type Connection = Cut<TlsStream<TcpStream>, ()>;

#[derive(Clone)]
struct Connector {
    identity: Identity,
    address: String,
    name: ServerName<'static>,
    server: Party,
}

impl Connector {
    fn new(identity: &Identity, to: &Endpoint) -> Result<Connector, Error> {
        let uri = origin(to)?;
        let address = uri.authority().map(ToString::to_string).unwrap_or_default();
        Ok(Connector {
            identity: identity.clone(),
            address,
            name: ServerName::try_from(server_name(&to.server))?,
            server: to.server.clone(),
        })
    }

    async fn connect(self) -> Result<TokioIo<Connection>, Refusal> {
        let connected = self.verified().await;
        if let Err(refusal) = &connected {
            tracing::debug!(address = self.address, server = %self.server, "no way: {refusal}");
        }
        connected.map(|stream| TokioIo::new(self.guarded(stream)))
    }

    /// A connection that is cut as soon as the server would no longer be believed.
    fn guarded(self, stream: TlsStream<TcpStream>) -> Connection {
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().unwrap_or_default().to_vec();
        let cut = CancellationToken::new();
        let ours = cut.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = ours.cancelled() => {}
                refusal = self.identity.until_refused(&chain, &self.name) => {
                    tracing::warn!(server = %self.server, "left: {refusal}");
                    ours.cancel();
                }
            }
        });
        Cut::new(stream, (), cut)
    }

    async fn verified(&self) -> Result<TlsStream<TcpStream>, Refusal> {
        let socket = TcpStream::connect(&self.address).await?;
        socket.set_nodelay(true)?;
        let tls = TlsConnector::from(self.identity.shared_client());
        let stream = tls.connect(self.name.clone(), socket).await?;
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().unwrap_or_default();
        let found = Peer::of(chain, self.identity.city())?.party;
        if found != self.server {
            return Err(Refusal::Other { found, wanted: self.server.clone() });
        }
        Ok(stream)
    }
}

fn origin(to: &Endpoint) -> Result<Uri, Error> {
    let uri: Option<Uri> = to.address.parse().ok();
    let good = |uri: &Uri| {
        let bare = uri.path_and_query().is_none_or(|path| path == "/");
        uri.scheme_str() == Some("https") && uri.port().is_some() && bare
    };
    uri.filter(good).ok_or_else(|| Error::Address(to.address.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form() {
        for (address, good) in [
            ("https://127.0.0.1:7001", true),
            ("https://bus.example:7001/", true),
            ("https://[::1]:7001", true),
            ("http://127.0.0.1:7001", false),
            ("https://127.0.0.1", false),
            ("https://127.0.0.1:7001/path", false),
            ("127.0.0.1:7001", false),
            ("", false),
        ] {
            let server = "service/bus".parse().unwrap();
            let endpoint = Endpoint { address: address.into(), server };
            assert_eq!(origin(&endpoint).is_ok(), good, "{address}");
        }
    }
}
