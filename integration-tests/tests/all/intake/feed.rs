//! Another city system with a feed, as a real HTTP server: its reports in order, its cursor the number
//! of those that were given, and what it does next.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use connector::signature;
use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use kit::{clock::Clock, identity::Credential};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What it does with one request; then it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Say(u16),
    Stall,
    Garbage,
    /// It goes backwards: all of it again, with a cursor of before.
    Back,
}

/// The system.
#[derive(Clone)]
pub struct Feed {
    reports: Arc<Mutex<Vec<Value>>>,
    acts: Arc<Mutex<VecDeque<Act>>>,
}

impl Feed {
    /// Opens it; it answers who asks with the signature of this one alone.
    pub async fn open(port: u16, signer: Credential) -> Feed {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let feed = Feed { reports: Arc::default(), acts: Arc::default() };
        let serving = feed.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (one, signer) = (serving.clone(), signer.clone());
                let answer = move |request| one.clone().answer(request, signer.clone());
                let io = TokioIo::new(stream);
                tokio::spawn(http1::Builder::new().serve_connection(io, service_fn(answer)));
            }
        });
        feed
    }

    /// It has one more report.
    pub fn gives(&self, report: Value) {
        self.reports.lock().unwrap().push(report);
    }

    /// What it does next, before it answers again.
    pub fn does(&self, acts: &[Act]) {
        self.acts.lock().unwrap().extend(acts);
    }

    async fn answer(
        self,
        request: Request<Incoming>,
        signer: Credential,
    ) -> io::Result<Response<Full<Bytes>>> {
        let path = request.uri().path_and_query().unwrap().as_str();
        let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        let said = ("GET", path, &b""[..]);
        if signature::verify(&signer, said, header, Clock::system().now()).is_err() {
            return Ok(response(401, String::new()));
        }
        let asked = |name: &str| {
            let pairs = request.uri().query().unwrap().split('&');
            let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
            pairs.find(|(of, _)| *of == name).unwrap().1.to_owned()
        };
        let after: usize = asked("after").parse().unwrap_or(0);
        let limit: usize = asked("limit").parse().unwrap();
        let act = self.acts.lock().unwrap().pop_front();
        let from = match act {
            Some(Act::Say(status)) => return Ok(response(status, "not now".into())),
            Some(Act::Garbage) => return Ok(response(200, "<html>".into())),
            Some(Act::Stall) => {
                tokio::time::sleep(Duration::from_secs(600)).await;
                return Ok(response(200, String::new()));
            }
            Some(Act::Back) => 0,
            None => after,
        };
        let reports = self.reports.lock().unwrap();
        let given: Vec<_> = reports.iter().skip(from).take(limit).cloned().collect();
        let next = (from + given.len()).to_string();
        Ok(response(200, json!({ "reports": given, "next": next }).to_string()))
    }
}

fn response(status: u16, body: String) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from(body)).unwrap()
}

/// A report; with a photograph where one is said.
pub fn report(number: &str, code: &str, place: &str, photo: Option<&str>) -> Value {
    let shown = photo.map(|content| json!({ "kind": "photo", "content": content }));
    json!({
        "number": number, "code": code, "place": place, "description": format!("seen as {number}"),
        "evidence": shown.into_iter().collect::<Vec<_>>(),
        "caller": "Zhang San", "telephone": "13800000000",
    })
}
