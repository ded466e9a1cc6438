//! JSON over HTTP at the same port: the unary form of the Connect protocol, made from descriptors.
//!
//! `POST /package.Service/Method` with `content-type: application/json` is the call of that method:
//! the body becomes its message, goes through the same routes as a call of gRPC, and the answer or
//! the refusal comes back as JSON. It stands inside the gate: who may call, how long and how much
//! is decided once, for both. HTTP/1.1 is enough for it, and is good for nothing else here.
//!
//! A method that answers with a stream is server-sent events for who asks with
//! `accept: text/event-stream`; one that takes a stream is for gRPC alone. `GET` calls nothing;
//! the one thing to get is `/openapi.json`, for whoever may ask for reflection.

mod answer;
mod body;
mod doors;
mod error;
mod events;
mod frame;
mod message;
mod openapi;
mod place;
mod pool;
#[cfg(test)]
mod properties;
mod refuse;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http_body_util::Full;
use hyper::body::Bytes;
use prost_reflect::MethodDescriptor;
use tonic::{
    body::Body,
    codegen::http::{HeaderMap, HeaderValue, Method, Request, Response, Version, header},
    service::Routes,
};
use tower::Service as _;

use self::{body::framed, refuse::No};
pub use self::{doors::services, message::Message, openapi::document, pool::pool};

/// Where the document of the door is.
const DOCUMENT: &str = "/openapi.json";
/// As what the document is asked for: it says what reflection says.
const REFLECTION: &str = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
/// How a stream is asked for.
const EVENTS: &str = "text/event-stream";

/// The methods that this door has, and its limits.
#[derive(Clone)]
pub(super) struct Json {
    methods: Arc<BTreeMap<String, MethodDescriptor>>,
    document: Arc<Document>,
    bytes_max: usize,
    keepalive: Duration,
}

impl Json {
    /// The methods of these services, as far as they are described.
    pub(super) fn new(services: &[&str], bytes_max: usize, keepalive: Duration) -> Json {
        let served = pool().services().filter(|service| services.contains(&service.full_name()));
        let methods = served.flat_map(|service| service.methods().collect::<Vec<_>>());
        let path = |method: &MethodDescriptor| {
            format!("/{}/{}", method.parent_service().full_name(), method.name())
        };
        let methods = methods.map(|method| (path(&method), method)).collect();
        let services = services.iter().map(|name| (*name).to_owned()).collect();
        let document = Arc::new(Document { services, text: OnceLock::new() });
        Json { methods: Arc::new(methods), document, bytes_max, keepalive }
    }

    /// What a request wants, as far as its head says; nothing of it is read or decided yet.
    pub(super) fn asked(&self, request: &Request<Body>) -> Asked {
        let kind = match self.kind(request) {
            Ok(kind) => kind,
            Err(no) => Kind::No(Box::new(no)),
        };
        Asked { kind, bytes_max: self.bytes_max, keepalive: self.keepalive }
    }

    fn kind(&self, request: &Request<Body>) -> Result<Kind, No> {
        let headers = request.headers();
        let content = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let is_json = content.is_some_and(is_json);
        match *request.method() {
            Method::GET if request.uri().path() == DOCUMENT => {
                return Ok(Kind::Document(Arc::clone(&self.document)));
            }
            Method::POST if is_json => {}
            Method::POST if request.version() > Version::HTTP_11 => return Ok(Kind::Grpc),
            Method::POST => return Err(refuse::content()),
            _ => return Err(refuse::verb()),
        }
        refuse::head(headers, content)?;
        let found = self.methods.get(request.uri().path());
        let method = found.ok_or_else(|| refuse::unknown(request.uri().path()))?.clone();
        match (method.is_client_streaming(), method.is_server_streaming()) {
            (true, _) => Err(refuse::client_stream(&method)),
            (false, true) if wants_events(headers) => Ok(Kind::Events(method)),
            (false, true) => Err(refuse::stream(&method)),
            (false, false) => Ok(Kind::Unary(method)),
        }
    }
}

/// How a request wants to be answered.
#[derive(Clone)]
pub(super) struct Asked {
    kind: Kind,
    bytes_max: usize,
    keepalive: Duration,
}

#[derive(Clone)]
enum Kind {
    Grpc,
    Unary(MethodDescriptor),
    Events(MethodDescriptor),
    Document(Arc<Document>),
    No(Box<No>),
}

impl Asked {
    /// The method that the gate is asked about.
    pub(super) fn method<'a>(&self, path: &'a str) -> &'a str {
        match self.kind {
            Kind::Document(_) => REFLECTION,
            _ => path.trim_start_matches('/'),
        }
    }

    /// Calls the routes; what can't be read does not come to them. The answer is one of gRPC.
    pub(super) async fn call(
        self,
        mut routes: Routes,
        request: Request<Body>,
    ) -> Result<Response<Body>, std::convert::Infallible> {
        let request = match self.kind {
            Kind::Grpc => request,
            Kind::Unary(method) | Kind::Events(method) => {
                match framed(&method.input(), request, self.bytes_max).await {
                    Ok(request) => request,
                    Err(no) => return Ok(no.into_http()),
                }
            }
            Kind::Document(document) => return Ok(document.answer()),
            Kind::No(no) => return Ok(no.status.into_http()),
        };
        routes.call(request).await
    }

    /// The answer in the words of who has asked.
    pub(super) async fn answer(self, answer: Response<Body>) -> Response<Body> {
        match self.kind {
            Kind::Grpc => answer,
            Kind::Unary(method) => answer::unary(&method.output(), answer).await,
            Kind::Events(method) => events::events(&method.output(), answer, self.keepalive),
            Kind::Document(_) => answer::document(answer),
            Kind::No(no) => no.answer(answer),
        }
    }
}

/// What the door says of itself, made when it is asked for the first time.
struct Document {
    services: Vec<String>,
    text: OnceLock<Bytes>,
}

impl Document {
    fn answer(&self) -> Response<Body> {
        let text = self.text.get_or_init(|| {
            let services: Vec<&str> = self.services.iter().map(String::as_str).collect();
            document(&services).to_string().into()
        });
        let mut answer = Response::new(Body::new(Full::new(text.clone())));
        let json = HeaderValue::from_static("application/json");
        answer.headers_mut().insert(header::CONTENT_TYPE, json);
        answer
    }
}

/// JSON in UTF-8; that another character set is named is said by [`refuse::head`].
fn is_json(content: &[u8]) -> bool {
    let essence = content.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|text| text.to_str().ok());
    let one = |text: &str| {
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case(EVENTS)
    };
    accepted.flat_map(|text| text.split(',')).any(one)
}

/// The time that a client of this door gives a call.
pub(super) fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(refuse::TIMEOUT)?.to_str().ok()?;
    let is_number = (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten().map(Duration::from_millis)
}
