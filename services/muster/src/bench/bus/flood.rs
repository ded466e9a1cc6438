//! `muster bench flood`: what the others notice of one that sends a hundred times its quota.
//!
//! A bus of its own, as it ships but for a quota that is low enough for this machine to offer a
//! hundred times as much. The others send at half their quota to four mailboxes, at even distances;
//! what is timed is from there to the acknowledgement of the reader, see `flight`. Turns with the
//! flood and without take turns, and who begins changes from pair to pair: the ratio of a pair says
//! more than milliseconds do.
//!
//! The one that floods waits for nobody and heeds no refusal. What of it is taken goes to a mailbox
//! that nobody reads.

use std::{
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use domain::{
    envelope::{Envelope, Terms},
    moment::Moment,
    party::Party,
};
use prost::{Message as _, bytes::Bytes};
use proto::sealed::{PublishRequest, PublishResponse};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tonic::Streaming;

use super::{
    super::{
        figures::{Interval, interval, median, percentile, rate, round},
        usage,
    },
    CITY, WARM_UP,
    envelope::BYTES,
    folder,
    ground::{Ground, Server},
    muster::{Muster, publish},
    table::{bounds, thousandth},
    turn::{Load, settle},
};
use crate::{cli::BenchFlood, output::Output};

/// Who floods, and the mailbox that it floods.
const FLOODING: &str = "unit/water";
const FLOODED: &str = "unit/market_regulation";
/// How many envelopes of the others are under way at most.
const WINDOW: usize = 64;
/// How many envelopes a request of the flood has.
const BATCH: u32 = 50;
/// How long a turn may take beyond its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs it.
pub async fn run(asked: BenchFlood) -> anyhow::Result<ExitCode> {
    let output = Output::new(asked.output);
    let folder = folder(asked.data.as_deref())?;
    tokio::select! {
        done = story(folder.path(), &asked, &output) => done?,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
    }
    Ok(ExitCode::SUCCESS)
}

/// A turn, measured.
#[derive(Clone, Debug)]
struct Turn {
    is_flooded: bool,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    server_cpu: f64,
    flood: Option<Poured>,
}

/// What came of the flood in a turn.
#[derive(Clone, Debug)]
struct Poured {
    offered_per_second: f64,
    taken: u64,
    refused: u64,
    /// The longest that was said to wait, milliseconds.
    retry_ms: u64,
}

async fn story(folder: &Path, asked: &BenchFlood, output: &Output) -> anyhow::Result<()> {
    let mut ground = Ground::new(folder, &asked.cities.join(CITY))?;
    ground.quota = asked.quota;
    settings(asked, output);
    let mut bus = Muster::start(&ground, "muster").await?;
    let load = |span| Load { window: WINDOW, span, per_second: pace(asked) };
    bus.carry(load(WARM_UP)).await.context("the warm-up")?;
    let (mut turns, mut flood) = (Vec::new(), Flood::new(asked)?);
    for number in 1..=asked.pairs {
        let first = number.is_multiple_of(2);
        for is_flooded in [first, !first] {
            settle(folder).await?;
            let load = load(Duration::from_millis(asked.turn_ms));
            let flooding = is_flooded.then_some(&mut flood);
            let played =
                tokio::time::timeout(load.span + PATIENCE, turn(&mut bus, &ground, load, flooding));
            let turn = played.await.context("the turn did not end in time").flatten();
            let turn = turn.with_context(|| format!("pair {number}"))?;
            turn.say(number, output);
            turns.push(turn);
        }
    }
    said(&turns, output);
    Ok(())
}

/// The others send half of what they may.
fn pace(asked: &BenchFlood) -> u32 {
    (asked.quota / 2).max(1)
}

async fn turn(
    bus: &mut Muster,
    ground: &Ground,
    load: Load,
    flood: Option<&mut Flood>,
) -> anyhow::Result<Turn> {
    let is_flooded = flood.is_some();
    let (over, pid) = (CancellationToken::new(), bus.pid());
    let pouring = match flood {
        Some(flood) => Some(flood.begin(ground, &bus.server, over.clone()).await?),
        None => None,
    };
    let before = usage::seconds(pid)?;
    let carried = bus.carry(load).await;
    over.cancel();
    let flood = match pouring {
        Some(pouring) => Some(pouring.await.context("the flood has failed")??),
        None => None,
    };
    let carried = carried?;
    let [p50_ms, p99_ms] = [0.5, 0.99].map(|part| percentile(&carried.delays_ms, part));
    Ok(Turn {
        is_flooded,
        per_second: rate(carried.count, carried.seconds),
        p50_ms,
        p99_ms,
        server_cpu: usage::seconds(pid)? - before,
        flood,
    })
}

// === impl Flood ===

/// The one that floods. What is refused is said again, as what is taken is not known before.
struct Flood {
    per_second: f64,
    source: Party,
    recipient: Party,
    taken: Arc<AtomicU64>,
}

type Pouring = tokio::task::JoinHandle<anyhow::Result<Poured>>;

impl Flood {
    fn new(asked: &BenchFlood) -> anyhow::Result<Flood> {
        let per_second = f64::from(asked.quota) * f64::from(asked.times);
        let (source, recipient) = (FLOODING.parse()?, FLOODED.parse()?);
        Ok(Flood { per_second, source, recipient, taken: Arc::default() })
    }

    /// Pours until it is over.
    async fn begin(
        &self,
        ground: &Ground,
        server: &Server,
        over: CancellationToken,
    ) -> anyhow::Result<Pouring> {
        let (requests, answers) = publish(ground.channel(server, &self.source)?).await?;
        let hearing = tokio::spawn(hear(answers, Arc::clone(&self.taken)));
        let (per_second, taken) = (self.per_second, Arc::clone(&self.taken));
        let (source, recipient) = (self.source.clone(), self.recipient.clone());
        Ok(tokio::spawn(async move {
            let (began, mut offered) = (Instant::now(), 0_u32);
            let (mut at, mut envelopes) = (u64::MAX, Vec::new());
            while !over.is_cancelled() {
                let next = taken.load(Relaxed);
                if next != at {
                    envelopes = batch(&source, &recipient, next)?;
                    at = next;
                }
                let due = Duration::from_secs_f64(f64::from(offered) / per_second);
                tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
                let request = PublishRequest { envelopes: envelopes.clone() };
                tokio::select! {
                    sent = requests.send(request) => sent.context("the bus has ended the stream")?,
                    () = over.cancelled() => break,
                }
                offered += BATCH;
            }
            let offered_per_second = rate(offered.into(), began.elapsed().as_secs_f64());
            drop(requests);
            Ok(Poured { offered_per_second, ..hearing.await?? })
        }))
    }
}

/// Counts what becomes of the flood.
async fn hear(
    mut answers: Streaming<PublishResponse>,
    taken: Arc<AtomicU64>,
) -> anyhow::Result<Poured> {
    let mut poured = Poured { offered_per_second: 0.0, taken: 0, refused: 0, retry_ms: 0 };
    while let Some(PublishResponse { placements, refusal, .. }) = answers.message().await? {
        let Some(refusal) = refusal else {
            let new = placements.iter().filter(|placed| !placed.is_duplicate).count() as u64;
            poured.taken += new;
            taken.fetch_add(new, Relaxed);
            continue;
        };
        let is_quota = refusal.reason == "OVER_QUOTA" && refusal.retry_ms > 0;
        anyhow::ensure!(is_quota, "the bus refuses: {} {}", refusal.reason, refusal.message);
        poured.refused += u64::from(BATCH);
        poured.retry_ms = poured.retry_ms.max(refusal.retry_ms.into());
    }
    Ok(poured)
}

/// The next envelopes of the flood, after so many.
fn batch(source: &Party, recipient: &Party, after: u64) -> anyhow::Result<Vec<Bytes>> {
    let make = |number: u64| {
        let envelope = Envelope {
            id: format!("flood/{number}").parse()?,
            source: source.clone(),
            kind: "muster.bench.v1.Flood".to_owned(),
            subject: format!("flood/{}", number % 100),
            time: Moment(0),
            recipient: Some(recipient.clone()),
            number,
            actor: None,
            on_behalf_of: None,
            traceparent: None,
            priority: 0,
            terms: Terms::default(),
            body: vec![7; BYTES - 300],
        };
        anyhow::Ok(proto::envelope::to_wire(&envelope).encode_to_vec().into())
    };
    (after + 1..=after + u64::from(BATCH)).map(make).collect()
}

// === what is said ===

fn settings(asked: &BenchFlood, output: &Output) {
    let text = format!(
        "One sender at {} times its quota, which is {} envelopes a second here (20000 ships; all else \
         is as it ships), in requests of {BATCH}; the others send {} a second of {BYTES} bytes to four \
         mailboxes by mutual TLS; {} pairs of turns of {} ms",
        asked.times,
        asked.quota,
        pace(asked),
        asked.pairs,
        asked.turn_ms,
    );
    let object = json!({
        "times": asked.times, "quota": asked.quota, "quota_shipped": 20_000, "batch": BATCH,
        "others_per_second": pace(asked), "envelope_bytes": BYTES, "window": WINDOW,
        "pairs": asked.pairs, "turn_ms": asked.turn_ms,
    });
    output.say(text, "settings", object);
}

impl Turn {
    fn name(&self) -> &'static str {
        if self.is_flooded { "flooded" } else { "alone" }
    }

    fn say(&self, number: u32, output: &Output) {
        let flood = self.flood.as_ref().map_or_else(String::new, |flood| {
            format!(
                "   the flood: {:.0} a second, {} taken, {} refused, told to wait {} ms",
                flood.offered_per_second, flood.taken, flood.refused, flood.retry_ms
            )
        });
        let text = format!(
            "  pair {number:>2}  {:<8} {:>7.0} a second  p50 {:>7.2} ms  p99 {:>7.2} ms{flood}",
            self.name(),
            self.per_second,
            self.p50_ms,
            self.p99_ms
        );
        output.say(text, "turn", self.object(number));
    }

    fn object(&self, number: u32) -> Value {
        let flood = self.flood.as_ref().map(|flood| {
            json!({
                "offered_per_second": round(flood.offered_per_second), "taken": flood.taken,
                "refused": flood.refused, "retry_ms": flood.retry_ms,
            })
        });
        json!({
            "pair": number, "turn": self.name(), "messages_per_second": round(self.per_second),
            "p50_ms": thousandth(self.p50_ms), "p99_ms": thousandth(self.p99_ms),
            "server_cpu_s": round(self.server_cpu), "flood": flood,
        })
    }
}

/// Says the medians, and the ratio of the pairs.
fn said(turns: &[Turn], output: &Output) {
    let figures = |is_flooded: bool, figure: fn(&Turn) -> f64| {
        let some = turns.iter().filter(|turn| turn.is_flooded == is_flooded);
        some.map(figure).collect::<Vec<f64>>()
    };
    let [alone, flooded] = [false, true].map(|which| figures(which, |turn| turn.p99_ms));
    let ratios: Vec<f64> =
        flooded.iter().zip(&alone).map(|(with, without)| with / without).collect();
    let offered = figures(true, |turn| turn.flood.as_ref().map_or(0.0, |it| it.offered_per_second));
    let Interval { low, high, coverage } = interval(&ratios);
    let text = format!(
        "\n  p99 of the others: {:.2} ms alone, {:.2} ms beside the flood of {:.0} a second; ratio {:.3}, \
         {low:.3} to {high:.3} ({:.1} %)",
        median(&alone),
        median(&flooded),
        median(&offered),
        median(&ratios),
        coverage * 100.0
    );
    let object = json!({
        "p99_ms_alone": thousandth(median(&alone)), "p99_ms_flooded": thousandth(median(&flooded)),
        "offered_per_second": round(median(&offered)), "ratio_p99": thousandth(median(&ratios)),
        "ratio_p99_interval": bounds(interval(&ratios)), "pairs": ratios.len(),
    });
    output.say(text, "bench", object);
}
