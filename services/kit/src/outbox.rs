//! The way out: what a role has decided to send goes to the bus, and is let go when it has arrived.
//!
//! Runs beside the role and never in its way. Publishes in order, notes what the bus has on disk,
//! listens for receipts, and forgets an envelope only when every receiver has it in its own
//! journal. The bus may be away for days: it tries again, slower and slower up to a limit.

use std::time::Duration;

use domain::rejection::Rejection;
use prost::Message as _;
use proto::{
    bus::{PublishRequest, WatchReceiptsRequest, bus_service_client::BusServiceClient},
    record::{Progress, Settled},
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use crate::{
    client::{self, Channel},
    stats::Counter,
    status,
    store::{Machine, Sending, Store},
};

/// How many envelopes, and how many bytes of them, are published at once.
const BATCH: usize = 500;
const BATCH_BYTES: usize = 2 << 20;
const PATIENCE: Duration = Duration::from_secs(20);

/// How long to wait before trying again: doubling from 50 ms to 2 s.
#[derive(Debug)]
pub struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Backoff(Duration::from_millis(50))
    }
}

impl Backoff {
    /// Waits, longer each time.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 2).min(Duration::from_secs(2));
    }
}

/// Runs until the token is cancelled.
pub async fn run<M: Machine>(store: Store<M>, bus: Channel, shutdown: CancellationToken) {
    let client = BusServiceClient::new(bus).max_decoding_message_size(16 << 20);
    let work = async { tokio::join!(publishing(&store, client.clone()), receipts(&store, client)) };
    tokio::select! {
        () = shutdown.cancelled() => {}
        _ = work => {}
    }
}

async fn publishing<M: Machine>(store: &Store<M>, mut client: BusServiceClient<Channel>) {
    let mut applied = store.applied();
    let mut backoff = Backoff::default();
    loop {
        applied.borrow_and_update();
        match publish(store, &mut client).await {
            Ok(0) => {
                backoff = Backoff::default();
                if applied.changed().await.is_err() {
                    return;
                }
            }
            Ok(_) => backoff = Backoff::default(),
            Err(status) => {
                tracing::debug!(source = %store.machine().party(), %status, "not published yet");
                backoff.wait().await;
            }
        }
    }
}

/// Publishes what waits; says how many.
async fn publish<M: Machine>(
    store: &Store<M>,
    client: &mut BusServiceClient<Channel>,
) -> Result<usize, Status> {
    let sending = bounded(store.unpublished(BATCH).map_err(status::internal)?);
    if sending.is_empty() {
        return Ok(0);
    }
    let (published, envelopes): (Vec<Settled>, Vec<_>) =
        sending.into_iter().map(|Sending { name, wire }| (name, wire)).unzip();
    let request = client::deadline(Request::new(PublishRequest { envelopes }), PATIENCE);
    let response = match client.publish(request).await {
        Ok(response) => response.into_inner(),
        Err(status) => return Err(recover(store, status).await),
    };
    let duplicates = response.placements.iter().filter(|placed| placed.is_duplicate).count();
    store.stats().add(Counter::Sent, published.len() - duplicates);
    let count = published.len();
    let progress = Progress { published, ..Progress::default() };
    store.progress(progress).await.map_err(status::status)?;
    Ok(count)
}

/// As many as fit into one call; always at least one.
fn bounded(sending: Vec<Sending>) -> Vec<Sending> {
    let mut bytes = 0;
    let fits = |one: &Sending| {
        let before = bytes;
        bytes += one.wire.encoded_len();
        before == 0 || bytes <= BATCH_BYTES
    };
    sending.into_iter().take_while(fits).collect()
}

/// A bus that misses what it had is given all again that is not settled.
async fn recover<M: Machine>(store: &Store<M>, refused: Status) -> Status {
    let Rejection { reason, message, .. } = status::rejection(&refused);
    if reason == "NUMBER_GAP" {
        tracing::warn!(message, "the bus misses envelopes: sent again");
        if let Err(rejection) = store.requeue().await {
            return status::status(rejection);
        }
    }
    refused
}

async fn receipts<M: Machine>(store: &Store<M>, mut client: BusServiceClient<Channel>) {
    let mut backoff = Backoff::default();
    loop {
        if let Err(status) = watch(store, &mut client, &mut backoff).await {
            tracing::debug!(source = %store.machine().party(), %status, "no receipts now");
        }
        backoff.wait().await;
    }
}

async fn watch<M: Machine>(
    store: &Store<M>,
    client: &mut BusServiceClient<Channel>,
    backoff: &mut Backoff,
) -> Result<(), Status> {
    let after_place = store.receipt_place().map_err(status::internal)?;
    let request = WatchReceiptsRequest { after_place };
    let mut stream = client.watch_receipts(Request::new(request)).await?.into_inner();
    *backoff = Backoff::default();
    while let Some(response) = stream.message().await? {
        let receipt_place = response.receipts.iter().map(|one| one.receipt_place).max();
        let settled = response.receipts.into_iter();
        let settled = settled.map(|one| Settled { recipient: one.recipient, number: one.number });
        let progress = Progress {
            settled: settled.collect(),
            receipt_place: receipt_place.unwrap_or(0),
            ..Progress::default()
        };
        store.progress(progress).await.map_err(status::status)?;
    }
    Ok(())
}
