//! A gateway for SMS as a real HTTP server, which looks whether each request is signed.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use kit::{clock::Clock, identity::Credential};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::signature;

/// What it does with one message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Take,
    Say(u16, &'static str),
    /// It says nothing, and has it not.
    Hang,
    /// It has it and says nothing.
    TakeAndHang,
    /// It has it and breaks off.
    TakeAndClose,
}

#[derive(Default)]
struct Seen {
    acts: VecDeque<Act>,
    came: Vec<String>,
    /// Once for each key: to whom, and what.
    told: BTreeMap<String, (String, String)>,
    texts: Vec<String>,
    reports: BTreeMap<String, String>,
    asked: usize,
    robots: Vec<(String, Value)>,
}

/// The gateway.
#[derive(Clone, Default)]
pub(super) struct Gateway(Arc<Mutex<Seen>>);

impl Gateway {
    pub(super) async fn open(signer: Credential) -> (Gateway, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (gateway, address) = (Gateway::default(), listener.local_addr().unwrap());
        let serving = gateway.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (one, signer) = (serving.clone(), signer.clone());
                let answer = move |request| one.clone().answer(request, signer.clone());
                let io = TokioIo::new(stream);
                tokio::spawn(http1::Builder::new().serve_connection(io, service_fn(answer)));
            }
        });
        (gateway, address)
    }

    /// What it does from now on; the last one for ever.
    pub(super) fn does(&self, acts: &[Act]) {
        self.0.lock().unwrap().acts = acts.iter().copied().collect();
    }

    /// What it says of a key from now on.
    pub(super) fn reports(&self, key: &str, report: &str) {
        self.0.lock().unwrap().reports.insert(key.to_owned(), report.to_owned());
    }

    pub(super) fn came(&self) -> Vec<String> {
        self.0.lock().unwrap().came.clone()
    }

    pub(super) fn told(&self) -> BTreeMap<String, (String, String)> {
        self.0.lock().unwrap().told.clone()
    }

    /// What people were told, in order, each key once.
    pub(super) fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().texts.clone()
    }

    /// How often it was asked what became of something.
    pub(super) fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }

    /// What came to the robot of an office's chat.
    pub(super) fn robots(&self) -> Vec<(String, Value)> {
        self.0.lock().unwrap().robots.clone()
    }

    async fn answer(
        self,
        request: Request<Incoming>,
        signer: Credential,
    ) -> io::Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let header = |name: &str| Some(head.headers.get(name)?.to_str().ok()?.to_owned());
        let path = head.uri.path_and_query().unwrap().as_str();
        let said = (head.method.as_str(), path, &body[..]);
        let key = signature::verify(&signer, said, header, Clock::system().now()).unwrap();
        let say = |status: u16, body: &str| {
            let body = Full::new(Bytes::from(body.to_owned()));
            Ok(Response::builder().status(status).body(body).unwrap())
        };
        if head.method == "GET" {
            assert_eq!(head.uri.query(), Some(&*format!("from=muster&key={key}")));
            let mut seen = self.0.lock().unwrap();
            seen.asked += 1;
            return match seen.reports.get(&key) {
                Some(report) => say(200, report),
                None => say(404, ""),
            };
        }
        if head.uri.path() == "/robot" {
            let body = serde_json::from_slice(&body).unwrap();
            self.0.lock().unwrap().robots.push((key, body));
            return say(200, r#"{"errcode":0,"errmsg":"ok"}"#);
        }
        match self.meet(&key, &body) {
            Act::Take => say(200, ""),
            Act::Say(status, body) => say(status, body),
            Act::Hang | Act::TakeAndHang => {
                tokio::time::sleep(Duration::from_secs(600)).await;
                say(200, "")
            }
            Act::TakeAndClose => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }

    fn meet(&self, key: &str, body: &[u8]) -> Act {
        let body: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(body["key"], key);
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let mut seen = self.0.lock().unwrap();
        seen.came.push(key.to_owned());
        let act = match seen.acts.len() {
            0 => Act::Take,
            1 => seen.acts[0],
            _ => seen.acts.pop_front().unwrap(),
        };
        if !matches!(act, Act::Say(..) | Act::Hang) {
            let told = (text("to"), text("text"));
            if seen.told.insert(key.to_owned(), told).is_none() {
                seen.texts.push(text("text"));
            }
        }
        act
    }
}
