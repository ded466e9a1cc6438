//! The way out: what a role has decided to send goes to the bus, and is let go when it has arrived.
//!
//! Runs beside the role and never in its way. Publishes in order, notes what the bus has on disk,
//! listens for receipts, and forgets an envelope only when every receiver has signed that it has it
//! in its own journal, see `receipts`. The bus may be away for days: it tries again, slower and
//! slower up to a limit. A bus that has lost its log is given all again that this role has ever sent,
//! before anything new. What the bus refuses holds up only its own recipient, see `refusals`.

mod receipts;
mod refusals;
mod undelivered;

use std::{sync::Arc, time::Duration};

use domain::rejection::Rejection;
use prost::Message as _;
use proto::{
    bus::{PublishBatchRequest, bus_service_client::BusServiceClient},
    record::{Progress, Settled},
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};
use tracing::Instrument as _;

use crate::{
    carried,
    client::{self, Channel},
    identity::Identity,
    metrics,
    stats::Counter,
    status,
    store::{Load, Machine, Refill, Sending, Store},
};
use refusals::Refusals;
use undelivered::Undelivered;
pub use undelivered::{is_for_good, who_must_act};

/// How many envelopes, and how many bytes of them, are published at once.
const LOAD: Load = Load { count: 500, bytes: 2 << 20 };
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
pub async fn run<M: Machine>(
    store: Store<M>,
    identity: Identity,
    bus: Channel,
    shutdown: CancellationToken,
) {
    let client = BusServiceClient::new(bus).max_decoding_message_size(16 << 20);
    let known = Arc::new(Undelivered::of(store.machine().party()));
    metrics::watch(&known);
    let receipts = receipts::run(&store, &identity, client.clone(), &known);
    let work = async { tokio::join!(publishing(&store, client, &known), receipts) };
    tokio::select! {
        () = shutdown.cancelled() => {}
        _ = work => {}
    }
}

async fn publishing<M: Machine>(
    store: &Store<M>,
    mut client: BusServiceClient<Channel>,
    known: &Undelivered,
) {
    let mut applied = store.applied();
    let (mut backoff, mut refusals) = (Backoff::default(), Refusals::default());
    loop {
        applied.borrow_and_update();
        match publish(store, &mut client, &mut refusals, known).await {
            Ok(false) => {
                backoff = Backoff::default();
                let again = refusals.next();
                tokio::select! {
                    changed = applied.changed() => if changed.is_err() { return },
                    () = tokio::time::sleep_until(again) => {}
                }
            }
            Ok(true) => backoff = Backoff::default(),
            Err(status) => {
                tracing::debug!(source = %store.machine().party(), %status, "not published yet");
                backoff.wait().await;
            }
        }
    }
}

/// Publishes what waits, what was lost before all else; says whether there was anything.
async fn publish<M: Machine>(
    store: &Store<M>,
    client: &mut BusServiceClient<Channel>,
    refusals: &mut Refusals,
    known: &Undelivered,
) -> Result<bool, Status> {
    if let Some(Refill { upto, sending }) = store.refill(LOAD).map_err(status::internal)? {
        let Sent { published, .. } = send(store, client, sending).await?;
        let progress = Progress { published, refilled: upto, ..Progress::default() };
        store.progress(progress).await.map_err(status::status)?;
        return Ok(true);
    }
    let aside = refusals.aside();
    let sending = store.unpublished(refusals.load(), &aside).map_err(status::internal)?;
    if sending.is_empty() {
        return Ok(false);
    }
    let recipients: Vec<String> = sending.iter().map(|one| one.name.recipient.clone()).collect();
    let Sent { published, log_id, new } = match send(store, client, sending).await {
        Ok(sent) => sent,
        Err(status) if refusals.are_for_good(&status, &recipients) => {
            // One that is refused among others is found by sending them one by one.
            if let [recipient] = &recipients[..] {
                known.refused(recipient, &status);
            }
            return Ok(true);
        }
        Err(status) => return Err(status),
    };
    refusals.taken(published.len());
    known.taken(&recipients);
    store.stats().add(Counter::Sent, new);
    let progress = Progress { published, log_id, ..Progress::default() };
    store.progress(progress).await.map_err(status::status)?;
    Ok(true)
}

/// What the bus has.
#[derive(Default)]
struct Sent {
    published: Vec<Settled>,
    log_id: String,
    /// How many of them it had not had.
    new: usize,
}

/// Publishes these, in as many calls as it takes.
async fn send<M: Machine>(
    store: &Store<M>,
    client: &mut BusServiceClient<Channel>,
    mut sending: Vec<Sending>,
) -> Result<Sent, Status> {
    let mut sent = Sent::default();
    while !sending.is_empty() {
        let rest = sending.split_off(fitting(&sending));
        let (names, envelopes): (Vec<Settled>, Vec<_>) =
            sending.into_iter().map(|Sending { name, wire }| (name, wire)).unzip();
        let span = carried::sending(&store.machine().party(), envelopes.iter());
        let request = client::deadline(Request::new(PublishBatchRequest { envelopes }), PATIENCE);
        let response = match client.publish_batch(request).instrument(span).await {
            Ok(response) => response.into_inner(),
            Err(status) => return Err(recover(store, status).await),
        };
        check_log(store, &response.log_id).await?;
        sent.new += response.placements.iter().filter(|placed| !placed.is_duplicate).count();
        sent.published.extend(names);
        sent.log_id = response.log_id;
        sending = rest;
    }
    Ok(sent)
}

/// How many fit into one call; at least one.
fn fitting(sending: &[Sending]) -> usize {
    let mut bytes = 0;
    let fits = |one: &&Sending| {
        bytes += one.wire.encoded_len();
        bytes <= LOAD.bytes
    };
    sending.iter().take(LOAD.count).take_while(fits).count().max(1)
}

/// A log that is not the one to which was published before has lost what was.
async fn check_log<M: Machine>(store: &Store<M>, log_id: &str) -> Result<(), Status> {
    let known = store.log().map_err(status::internal)?;
    if known.is_empty() || known == log_id {
        return Ok(());
    }
    refill(store, log_id.to_owned()).await;
    Err(Status::aborted("the bus has another log: it is filled first"))
}

/// A bus that misses what it had is given all again.
async fn recover<M: Machine>(store: &Store<M>, refused: Status) -> Status {
    let Rejection { reason, .. } = status::rejection(&refused);
    if reason == "NUMBER_GAP" || reason == "LOG_CHANGED" {
        refill(store, status::metadata(&refused, "log_id").unwrap_or_default()).await;
    }
    refused
}

async fn refill<M: Machine>(store: &Store<M>, log_id: String) {
    tracing::warn!(party = %store.machine().party(), log_id, "the bus misses what it had: sent again");
    if let Err(rejection) = store.requeue(log_id).await {
        tracing::error!(%rejection, "that it is sent again can't be noted now");
    }
}
