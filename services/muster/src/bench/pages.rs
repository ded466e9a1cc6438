//! The console's pages as a coordinator opens them, with so many cases open: milliseconds and CPU.
//!
//! One person of the office, signed in through the door, over a connection for each look; page after page. What the
//! page fetches when it is there (its live parts) is not in it. Rates are kept for a minute: they are
//! also asked as nobody has asked before.

use std::time::Instant;

use anyhow::Context as _;
use console::accounts::{Account, Change};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Bytes, client::conn::http1::SendRequest, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{
    figures::{percentile, round},
    usage,
};
use crate::{output::Output, system::System};

/// Who looks.
const NAME: &str = "bench";
const OFFICE: &str = "office/leading_group_office";
/// What is opened, and what it is called here.
const PAGES: [(&str, &str); 5] = [
    ("the city", "/"),
    ("open cases", "/cases?state=open"),
    ("late cases", "/cases?state=late"),
    ("words in open cases", "/cases?state=open&text=market%20gate"),
    ("units", "/units"),
];
/// Rates that nobody has asked for in the last minute: each is opened once.
const FIRST: &str = "units, asked first";
const PERIODS: [&str; 3] = ["this", "last", "half"];
const GROUPS: [&str; 4] = ["issue", "month", "subdistrict", "community"];
/// How often each is opened, and how often before that nobody counts.
const TIMES: usize = 50;
const WARM: usize = 5;

/// What opening a page took.
#[derive(Clone, Debug)]
pub struct Opened {
    page: &'static str,
    ms: Vec<f64>,
    cpu_ms: f64,
}

impl Opened {
    /// For scripts.
    pub fn object(&self) -> Value {
        let [p50, p99] = [0.5, 0.99].map(|part| round(percentile(&self.ms, part)));
        json!({ "page": self.page, "ms_p50": p50, "ms_p99": p99, "cpu_ms": round(self.cpu_ms) })
    }
}

/// A person at a browser.
pub struct Person {
    way: SendRequest<Full<Bytes>>,
    host: String,
    cookies: Vec<(String, String)>,
}

impl Person {
    /// Is given an account and signs in.
    pub async fn enter(system: &System) -> anyhow::Result<Person> {
        let password: String = (0..4).map(|_| format!("{:016x}", rand::random::<u64>())).collect();
        let account = Account {
            name: NAME.to_owned(),
            shown: NAME.to_owned(),
            party: OFFICE.parse()?,
            person: NAME.parse()?,
            lang: console::Lang::Zh,
            password: Some(console::password::hash(&password)?),
            subject: None,
            is_enabled: true,
            version: 0,
        };
        let accounts = system.accounts();
        let added = move || accounts.change(NAME, Change::Added(account));
        tokio::task::spawn_blocking(added).await??;
        let host = system.console().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut person = Person { way: connect(&host).await?, host, cookies: Vec::new() };
        let door = person.send(Request::get("/sign-in"), "").await?;
        let word = hidden(&door).context("the form at the door has no word")?;
        let form = format!("{word}&name={NAME}&password={password}");
        let kind = "application/x-www-form-urlencoded";
        person.send(Request::post("/sign-in").header(header::CONTENT_TYPE, kind), &form).await?;
        anyhow::ensure!(person.open("/").await?.contains("data-live"), "nobody was let in");
        Ok(person)
    }

    async fn open(&mut self, path: &str) -> anyhow::Result<String> {
        self.send(Request::get(path), "").await
    }

    async fn send(
        &mut self,
        request: http::request::Builder,
        body: &str,
    ) -> anyhow::Result<String> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(header::HOST, &self.host);
        let request = request.header(header::COOKIE, cookies.join("; "));
        self.way.ready().await?;
        let answer = self.way.send_request(request.body(Full::from(body.to_owned()))?).await?;
        let status = answer.status();
        anyhow::ensure!(
            status.is_success() || status.is_redirection(),
            "the console says {status}"
        );
        self.keep(&answer);
        let bytes = answer.into_body().collect().await?.to_bytes();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn keep<T>(&mut self, answer: &Response<T>) {
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Opens every page often enough.
    pub async fn look(&mut self) -> anyhow::Result<Vec<Opened>> {
        let mut all = Vec::new();
        // Minutes have passed since the last look: a line that is idle for long is closed.
        self.way = connect(&self.host).await?;
        for (page, path) in PAGES {
            for _ in 0..WARM {
                self.open(path).await?;
            }
            all.push(self.time(page, std::iter::repeat_n(path.to_owned(), TIMES)).await?);
        }
        let asked = |by| PERIODS.map(|period| format!("/units?by={by}&period={period}"));
        all.push(self.time(FIRST, GROUPS.into_iter().flat_map(asked)).await?);
        Ok(all)
    }

    async fn time(
        &mut self,
        page: &'static str,
        paths: impl Iterator<Item = String>,
    ) -> anyhow::Result<Opened> {
        let (cpu, mut ms) = (usage::seconds(std::process::id())?, Vec::new());
        for path in paths {
            let began = Instant::now();
            self.open(&path).await?;
            ms.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        let cpu = usage::seconds(std::process::id())? - cpu;
        Ok(Opened { page, cpu_ms: cpu * 1_000.0 / ms.len() as f64, ms })
    }
}

async fn connect(host: &str) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let socket = TcpStream::connect(host).await?;
    let (way, line) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
    tokio::spawn(line);
    Ok(way)
}

/// Says what opening them took, with so many cases open.
pub fn say(open: u64, pages: &[Opened], output: &Output) {
    for page in pages {
        let [p50, p99] = [0.5, 0.99].map(|part| percentile(&page.ms, part));
        let (name, cpu_ms) = (page.page, page.cpu_ms);
        let text = format!(
            "{open:>8} open: {name:<20} p50 {p50:>6.1} ms, p99 {p99:>6.1} ms, CPU {cpu_ms:.1} ms"
        );
        output.say(text, "page", json!({ "open": open, "opened": page.object() }));
    }
}

/// The first hidden field of a page, as a form sends it.
fn hidden(page: &str) -> Option<String> {
    let field = page.split("<input").find(|one| one.contains("type=\"hidden\""))?;
    let of = |name: &str| {
        let (_, behind) = field.split_once(&format!(" {name}=\""))?;
        Some(behind.split_once('"')?.0)
    };
    Some(format!("{}={}", of("name")?, of("value")?))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_word_of_a_form_is_in_its_hidden_field() {
        let page =
            "<form><input type=\"hidden\" name=\"csrf\" value=\"a1\"><input name=\"x\"></form>";
        assert_eq!(super::hidden(page).as_deref(), Some("csrf=a1"));
        assert_eq!(super::hidden("<input name=\"x\">"), None);
    }
}
