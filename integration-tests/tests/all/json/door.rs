//! What an outside system has that knows no gRPC: HTTP over TLS with a certificate, and JSON.

use std::{path::Path, sync::Arc};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::{http1, http2},
    header,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::people;

/// Who speaks, with which door, over which HTTP.
pub struct Door<'a> {
    pub data: &'a Path,
    pub party: &'a str,
    pub door: &'a [&'a str],
    pub is_old: bool,
}

impl<'a> Door<'a> {
    /// A party over HTTP/1.1.
    pub fn of(data: &'a Path, party: &'a str, door: &'a [&'a str]) -> Door<'a> {
        Door { data, party, door, is_old: true }
    }

    /// Where it is: an address and a port.
    pub fn address(&self) -> String {
        let endpoint = people::endpoint(self.data, self.door);
        endpoint.address.trim_start_matches("https://").to_owned()
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let mut config = people::identity(self.data, self.party).client().unwrap();
        let known: &[u8] = if self.is_old { b"http/1.1" } else { b"h2" };
        config.alpn_protocols = vec![known.to_vec()];
        let socket = TcpStream::connect(self.address()).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
        let stream = TokioIo::new(stream);
        if self.is_old {
            let (mut sender, connection) = http1::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            return sender.send_request(request).await.unwrap();
        }
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    }

    /// Posts to a method; the answer as it begins.
    pub async fn post(&self, method: &str, accept: &str, body: &Value) -> Response<Incoming> {
        let path = format!("/{method}");
        let uri = if self.is_old { path } else { format!("https://{}{path}", self.address()) };
        let request = Request::post(uri)
            .header(header::HOST, self.address())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, accept)
            .body(Full::new(Bytes::from(body.to_string())));
        self.send(request.unwrap()).await
    }

    /// Calls a method; its status and what it says.
    pub async fn call(&self, method: &str, body: &Value) -> (u16, Value) {
        read(self.post(method, "application/json", body).await).await
    }

    /// Calls a method that must answer.
    pub async fn must(&self, method: &str, body: &Value) -> Value {
        let (status, said) = self.call(method, body).await;
        assert_eq!(status, 200, "{method} {body}: {said}");
        said
    }

    /// Gets a page.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        let request = Request::get(path).header(header::HOST, self.address());
        read(self.send(request.body(Full::default()).unwrap()).await).await
    }
}

async fn read(answer: Response<Incoming>) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_else(|e| panic!("{e}: {body:?}")))
}
