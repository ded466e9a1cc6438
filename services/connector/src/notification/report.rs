//! The gateway is asked what became of what it has taken, with growing waits, until it says so or
//! nobody knows in time.
//!
//! `GET <report>?key=<key>` is answered with `{"state": "delivered" | "failed" | "waiting", "code": …}`;
//! one that does not know the key yet says 404. What it never says stays `taken`, and is never called
//! delivered.

use std::{convert::Infallible, time::Duration};

use domain::rejection::Rejection;
use futures::{StreamExt as _, stream};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    UNDELIVERED,
    book::{self, Command},
    bring::word,
    kept::{Kept, Note},
    send::{Teller, held},
};
use crate::{
    http::{Asked, Said},
    waits::until,
};

/// How many are asked about at the same time, and looked at.
const AT_ONCE: usize = 8;
const LOOKED_AT: usize = 10_000;
const PAUSE: Duration = Duration::from_secs(1);

/// What the gateway says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Report {
    Delivered,
    Failed(String),
    /// Not yet, or no answer.
    Waiting,
}

impl Teller {
    /// Asks, for ever.
    pub(super) async fn ask(&self) -> Infallible {
        let mut applied = self.store.applied();
        loop {
            applied.borrow_and_update();
            let asked = self.store.read(|tx| tx.scan(b"a", b"a", LOOKED_AT));
            let Ok(asked) = asked else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let numbers = asked.iter().map(|(key, _)| book::last(key));
            let heads = numbers.map(|number| (number, number.to_string())).collect();
            let (due, wake) = held(&self.asks).due(heads, Instant::now());
            if due.is_empty() {
                tokio::select! {
                    () = until(wake) => {}
                    changed = applied.changed() => {
                        if changed.is_err() {
                            return std::future::pending().await;
                        }
                    }
                }
                continue;
            }
            let all = stream::iter(due).map(|one| self.about(one)).buffer_unordered(AT_ONCE);
            let failed = all.filter_map(|done| async { done.err() }).collect::<Vec<_>>().await;
            if let Some(error) = failed.first() {
                tracing::error!(%error, "what was reported can't be written down");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn about(&self, number: u64) -> Result<(), Rejection> {
        let Some(kept) = self.store.read(|tx| book::kept(tx, number))? else { return Ok(()) };
        let now = self.store.clock().now();
        let way = self.ways.get(&kept.told.way);
        let within = way.map_or(Duration::ZERO, |way| way.asked.report_within);
        match self.reported(&kept).await {
            Report::Delivered => {
                self.store.tell(Command::Say(Note::Delivered { number })).await?;
            }
            Report::Failed(code) => {
                let reason = format!("{UNDELIVERED} {code}").trim().to_owned();
                self.fail(number, reason).await?;
            }
            Report::Waiting if now.since(kept.state_at) >= within => {
                self.store.tell(Command::Say(Note::Unknown { number })).await?;
            }
            Report::Waiting => held(&self.asks).later(&number.to_string(), Instant::now()),
        }
        Ok(())
    }

    async fn reported(&self, kept: &Kept) -> Report {
        let report = self.ways.get(&kept.told.way).and_then(|way| way.report.as_ref());
        let Some(report) = report else { return Report::Waiting };
        let key = kept.key();
        match report.ask(&Asked::get(&key, &format!("key={key}"))).await {
            Ok(said) => read(&said),
            Err(_no_answer) => Report::Waiting,
        }
    }
}

fn read(said: &Said) -> Report {
    let json: Value = serde_json::from_slice(&said.body).unwrap_or_default();
    let state = json.get("state").and_then(Value::as_str).filter(|_| said.status.is_success());
    match state {
        Some("delivered") => Report::Delivered,
        Some("failed") => Report::Failed(word(&json, "code")),
        _ => Report::Waiting,
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    #[test]
    fn only_what_the_gateway_says_is_delivered() {
        let of = |status: u16, body: &str| {
            let body = body.to_owned().into();
            read(&Said { status: StatusCode::from_u16(status).unwrap(), body })
        };
        assert_eq!(of(200, r#"{"state":"delivered"}"#), Report::Delivered);
        assert_eq!(of(200, r#"{"state":"failed","code":"OFF"}"#), Report::Failed("OFF".into()));
        assert_eq!(of(200, r#"{"state":"failed","code":"138"}"#), Report::Failed(String::new()));
        for (status, body) in [
            (404, r#"{"state":"delivered"}"#),
            (500, ""),
            (200, "delivered"),
            (200, r#"{"state":"waiting"}"#),
            (200, r#"{"state":7}"#),
        ] {
            assert_eq!(of(status, body), Report::Waiting, "{status} {body}");
        }
    }
}
