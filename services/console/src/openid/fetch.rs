//! The provider's documents: one request on one connection, bounded in time and in size, JSON only.
//!
//! No redirect is followed: what a provider says of itself stands where its issuer says.

use std::{path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use connector::http::trust;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url, form_urlencoded::byte_serialize};

use super::Error;

/// How long one request may take in all.
const DEADLINE: Duration = Duration::from_secs(10);
/// How much of an answer is read.
const BYTES: usize = 256 << 10;

/// Who asks.
pub(super) struct Fetch {
    tls: Option<Arc<ClientConfig>>,
}

impl Fetch {
    /// Believes by the authorities in this file.
    pub(super) fn new(file: Option<&Path>) -> Result<Fetch, String> {
        Ok(Fetch { tls: file.map(trust).transpose()? })
    }

    /// Whether an address may be asked: over TLS, or on this machine.
    pub(super) fn check(&self, url: &str) -> Result<Url, String> {
        let parsed = Url::parse(url).map_err(|error| format!("{url}: {error}"))?;
        let is_here = match parsed.host() {
            Some(Host::Ipv4(host)) => host.is_loopback(),
            Some(Host::Ipv6(host)) => host.is_loopback(),
            Some(Host::Domain(host)) => host == "localhost",
            None => return Err(format!("{url}: it has no host")),
        };
        match parsed.scheme() {
            "https" if self.tls.is_none() => Err(format!(
                "{url}: https needs `trust`, the PEM file of the provider's authorities"
            )),
            "https" => Ok(parsed),
            "http" if is_here => Ok(parsed),
            _ => Err(format!("{url}: right would be: https://host/path")),
        }
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, Error> {
        self.ask(url, Request::get("/"), String::new()).await
    }

    /// A form; with name and secret of a client as RFC 6749 section 2.3.1 has it.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        form: String,
        basic: Option<(&str, &str)>,
    ) -> Result<T, Error> {
        let mut request = Request::post("/")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::CONTENT_LENGTH, form.len());
        if let Some((client, secret)) = basic {
            let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encoded(client), encoded(secret));
            let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
            request = request.header(header::AUTHORIZATION, value);
        }
        self.ask(url, request, form).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        url: &str,
        request: hyper::http::request::Builder,
        body: String,
    ) -> Result<T, Error> {
        let asked = self.exchange(url, request, body);
        let answer = tokio::time::timeout(DEADLINE, asked).await;
        let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {DEADLINE:?}")));
        // The address is ours or the provider's own word; a body may have secrets and is not shown.
        let answer = answer.map_err(|why| Error::Provider(format!("{url}: {why}")))?;
        serde_json::from_slice(&answer).map_err(|error| {
            Error::Provider(format!("{url}: its answer is not as it should be: {error}"))
        })
    }

    async fn exchange(
        &self,
        url: &str,
        request: hyper::http::request::Builder,
        body: String,
    ) -> Result<Bytes, String> {
        let url = self.check(url)?;
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let request = request
            .uri(&url[url::Position::BeforePath..url::Position::AfterQuery])
            .header(header::HOST, format!("{host}:{port}"))
            .header(header::ACCEPT, "application/json")
            .header(header::CONNECTION, "close")
            .body(Full::new(Bytes::from(body)))
            .map_err(said)?;
        let bare = host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((bare, port)).await.map_err(said)?;
        match &self.tls {
            Some(tls) if url.scheme() == "https" => {
                let name = ServerName::try_from(bare.to_owned()).map_err(said)?;
                let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await;
                talk(stream.map_err(said)?, request).await
            }
            _ => talk(stream, request).await,
        }
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Bytes, String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(said)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(said)?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("it answers {status}"));
        }
        let body = Limited::new(response.into_body(), BYTES).collect().await.map_err(said)?;
        Ok(body.to_bytes())
    };
    let (mut connection, mut exchange) = (std::pin::pin!(connection), std::pin::pin!(exchange));
    tokio::select! {
        answer = &mut exchange => answer,
        ended = &mut connection => {
            ended.map_err(said)?;
            exchange.await
        }
    }
}
