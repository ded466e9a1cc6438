//! The way over HTTP/1.1: one request on one connection, signed, bounded in time and in size.
//!
//! Taken is what was answered with 2xx. What may be otherwise later (no connection, no answer in
//! time, 408, 425, 429, 5xx) is tried again under the same key; every other answer, a redirect
//! included, is a refusal. The answer's words are kept up to a length and never interpreted beyond
//! `receipt`. A question (`get`) is sent and bounded in the same way; its answer is read whole
//! or not at all. With `https` the other side is believed by the authorities of its own file alone.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::moment::Moment;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{Request, Response, StatusCode, Uri, body::Incoming, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use kit::{
    clock::Clock,
    config::span,
    identity::Identity,
    trace::{self, TRACEPARENT},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::{Answer, Connector, Message, signature::Signed};

/// How much of an answer is kept as a receipt or a reason, in characters.
const KEPT: usize = 500;

/// How one outside system is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where messages are posted: `https://host:port/path`, or `http://` where the line is safe.
    pub url: String,
    /// With `https`: the PEM file of the authorities by which the other side is believed.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// How long one try may take in all. Default 10 s, at most 15 s.
    #[serde(default = "deadline", with = "span")]
    pub deadline: Duration,
    /// How many bytes of an answer are read. Default 16 KiB.
    #[serde(default = "answer_bytes")]
    pub answer_bytes: usize,
}

/// No try takes longer: the flow's own patience is 20 s.
const DEADLINE_MAX: Duration = Duration::from_secs(15);

fn deadline() -> Duration {
    Duration::from_secs(10)
}

fn answer_bytes() -> usize {
    16 << 10
}

impl Config {
    /// To this address, with the usual limits.
    pub fn to(url: impl Into<String>) -> Config {
        let (deadline, answer_bytes) = (deadline(), answer_bytes());
        Config { url: url.into(), trust: None, deadline, answer_bytes }
    }
}

/// A way over HTTP.
#[derive(Clone)]
pub struct Http {
    host: String,
    port: u16,
    path: String,
    tls: Option<Arc<ClientConfig>>,
    deadline: Duration,
    answer_bytes: usize,
    identity: Identity,
    clock: Clock,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Http({}:{}{})", self.host, self.port, self.path)
    }
}

/// What a CloudEvent as JSON is.
pub(crate) const CLOUD_EVENT: &str = "application/cloudevents+json";

/// One request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    method: &'a str,
    /// What is put behind the query of the URL.
    query: &'a str,
    key: &'a str,
    content_type: &'a str,
    body: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Brings a body.
    pub(crate) fn post(key: &'a str, content_type: &'a str, body: &'a [u8]) -> Asked<'a> {
        Asked { method: "POST", query: "", key, content_type, body }
    }

    /// Asks for what a query names.
    pub(crate) fn get(key: &'a str, query: &'a str) -> Asked<'a> {
        Asked { method: "GET", query, key, content_type: "application/json", body: &[] }
    }
}

/// What was answered.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    /// As much of it as is read.
    pub(crate) body: Bytes,
}

/// Why a try has come to nothing.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("it can't be reached: {0}")]
    Connect(#[from] std::io::Error),
    #[error("no answer: {0}")]
    Exchange(#[from] hyper::Error),
    #[error("our identity does not sign")]
    Unsigned,
    #[error("no request: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("no name for TLS: {0}")]
    Name(#[from] rustls::pki_types::InvalidDnsNameError),
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The answer is larger than is read.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// Something else; the same may be answered later.
    #[error("{0}")]
    Trouble(String),
}

/// A body as far as it was read.
enum Body {
    Whole(Bytes),
    TooLarge,
    Broken,
}

impl Http {
    /// A way by this configuration; says what is wrong with it.
    pub fn new(config: &Config, identity: Identity) -> Result<Http, String> {
        let wrong = |why: &str| format!("url {:?}: {why}", config.url);
        let uri: Uri = config.url.parse().map_err(|_| wrong("this is no URL"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err("url: no user or password stands in a URL".to_owned());
        }
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong("right would be: https://host:port/path")),
        };
        if config.deadline.is_zero() || config.deadline > DEADLINE_MAX {
            return Err(format!("deadline: right would be: up to {} s", DEADLINE_MAX.as_secs()));
        }
        let missing = "https needs `trust`, the PEM file of the other side's authorities";
        let file = || config.trust.as_deref().ok_or_else(|| missing.to_owned());
        let tls = is_tls.then(|| file().and_then(trust)).transpose()?;
        Ok(Http {
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            tls,
            deadline: config.deadline,
            answer_bytes: config.answer_bytes,
            identity,
            clock: Clock::system(),
        })
    }

    /// To which host and port it goes.
    pub fn host(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Makes one request; why there is no answer, in our own words, where there is none.
    pub(crate) async fn ask(&self, asked: &Asked<'_>) -> Result<Said, String> {
        match tokio::time::timeout(self.deadline, self.exchange(asked, self.answer_bytes)).await {
            Ok(Ok((status, body))) => Ok(Said { status, body: body.whole() }),
            Ok(Err(failed)) => Err(failed.to_string()),
            Err(_) => Err(format!("no answer within {:?}", self.deadline)),
        }
    }

    /// Asks for what the pairs of a query name; what is answered with 200, and whole, is the answer.
    pub(crate) async fn get(
        &self,
        query: &[(&str, &str)],
        key: &str,
        most: usize,
    ) -> Result<Bytes, Unread> {
        let query = encoded(query);
        let asked = Asked::get(key, &query);
        let exchange = tokio::time::timeout(self.deadline, self.exchange(&asked, most)).await;
        let late = || Unread::Trouble(format!("no answer within {:?}", self.deadline));
        let answered = exchange.map_err(|_| late())?;
        match answered.map_err(|failed| Unread::Trouble(failed.to_string()))? {
            (StatusCode::OK, Body::Whole(body)) => Ok(body),
            (StatusCode::OK, Body::TooLarge) => Err(Unread::TooLarge(most)),
            (StatusCode::OK, Body::Broken) => {
                Err(Unread::Trouble("the answer has broken off".to_owned()))
            }
            (status, body) => Err(Unread::Trouble(refusal(status, &body.whole()))),
        }
    }

    async fn exchange(&self, asked: &Asked<'_>, most: usize) -> Result<(StatusCode, Body), Failed> {
        let request = self.request(asked)?;
        let stream = TcpStream::connect((self.host.trim_matches(['[', ']']), self.port)).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return talk(stream, request, most).await };
        let name = ServerName::try_from(self.host.trim_matches(['[', ']']).to_owned())?;
        let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?;
        talk(stream, request, most).await
    }

    fn request(&self, asked: &Asked<'_>) -> Result<Request<Full<Bytes>>, Failed> {
        let Moment(now) = self.clock.now();
        let path = self.path_of(asked);
        let Asked { method, key, body, .. } = *asked;
        let signed = Signed { method, path: &path, key, at: Moment(now), body };
        let headers = signed.headers(&self.identity).ok_or(Failed::Unsigned)?;
        let mut request = Request::builder()
            .method(method)
            .uri(&path)
            .header(header::HOST, format!("{}:{}", self.host, self.port))
            .header(header::CONNECTION, "close")
            .header(TRACEPARENT, trace::current().to_string())
            .header(header::CONTENT_TYPE, format!("{}; charset=utf-8", asked.content_type));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(Bytes::copy_from_slice(body)))?)
    }

    /// The path, with what is asked for behind its query.
    fn path_of(&self, asked: &Asked<'_>) -> String {
        match (asked.query, self.path.contains('?')) {
            ("", _) => self.path.clone(),
            (query, false) => format!("{}?{query}", self.path),
            (query, true) => format!("{}&{query}", self.path),
        }
    }
}

impl Body {
    /// All of it; nothing where it was not read whole.
    fn whole(self) -> Bytes {
        match self {
            Body::Whole(body) => body,
            Body::TooLarge | Body::Broken => Bytes::new(),
        }
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
    most: usize,
) -> Result<(StatusCode, Body), Failed> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        Ok::<_, Failed>(read(response, most).await)
    };
    let mut connection = std::pin::pin!(connection);
    let mut exchange = std::pin::pin!(exchange);
    // The connection is driven here and dropped with the answer: a second answer is never read.
    tokio::select! {
        answer = &mut exchange => answer,
        ended = &mut connection => {
            ended?;
            exchange.await
        }
    }
}

async fn read(response: Response<Incoming>, most: usize) -> (StatusCode, Body) {
    let status = response.status();
    let body = match Limited::new(response.into_body(), most).collect().await {
        Ok(body) => Body::Whole(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Body::TooLarge,
        Err(_) => Body::Broken,
    };
    (status, body)
}

/// Pairs as a query, each value as RFC 3986 writes it.
fn encoded(query: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in query {
        let between = if text.is_empty() { "" } else { "&" };
        text += &format!("{between}{name}=");
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    text.push(char::from(byte));
                }
                _ => text += &format!("%{byte:02X}"),
            }
        }
    }
    text
}

/// What was said instead of taking or answering.
fn refusal(status: StatusCode, body: &[u8]) -> String {
    let words = String::from_utf8_lossy(body);
    let words: String = words.chars().filter(|c| !c.is_control()).take(KEPT).collect();
    format!("{} {words}", status.as_u16()).trim().to_owned()
}

/// What an answer means.
fn answer(status: StatusCode, body: &[u8]) -> Answer {
    if status.is_success() {
        let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        let receipt = json.as_ref().and_then(|json| json.get("receipt")?.as_str());
        let kept = receipt.map(|text| text.chars().take(KEPT).collect());
        return Answer::Taken { receipt: kept.unwrap_or_else(|| status.as_u16().to_string()) };
    }
    let reason = refusal(status, body);
    if is_later(status) { Answer::Later { reason } } else { Answer::Refused { reason } }
}

/// Whether the same may go later, of what was not taken.
pub(crate) fn is_later(status: StatusCode) -> bool {
    status.is_server_error()
        || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS]
            .contains(&status)
}

/// TLS by the authorities of a PEM file; says what is wrong with it.
pub fn trust(file: &Path) -> Result<Arc<ClientConfig>, String> {
    let wrong = |why: String| format!("trust {}: {why}", file.display());
    let found = CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in found {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[async_trait]
impl Connector for Http {
    async fn deliver(&self, message: &Message) -> Answer {
        let body = message.body();
        match self.ask(&Asked::post(&message.key, CLOUD_EVENT, &body)).await {
            Ok(Said { status, body }) => answer(status, &body),
            Err(reason) => Answer::Later { reason },
        }
    }
}

#[cfg(test)]
mod tests;
