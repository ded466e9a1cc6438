//! The way in for one party: its mailbox, into its store, acknowledged when it is on disk.
//!
//! An acknowledgement is a receipt, signed for what is in the store's journal: it is given only
//! after that has synced what came. What comes again is passed over by its number, and signed for as
//! it was when it came first.

use domain::moment::Moment;
use proto::{
    bus::{
        AcknowledgeRequest, AcknowledgeResponse, Delivery, FetchRequest, FetchResponse,
        bus_service_client::BusServiceClient,
    },
    record::Received,
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};
use tracing::Instrument as _;

use crate::{
    carried,
    client::{self, Channel},
    identity::{Changes, Identity},
    outbox::Backoff,
    proof::{self, Held},
    status,
    store::{Machine, Name, Store},
};

const WAIT: Duration = Duration::from_secs(20);

/// Runs until the token is cancelled.
pub async fn run<M: Machine>(
    store: Store<M>,
    identity: Identity,
    bus: Channel,
    shutdown: CancellationToken,
) {
    let mut client = BusServiceClient::new(bus).max_decoding_message_size(16 << 20);
    let mut backoff = Backoff::default();
    loop {
        let outcome = tokio::select! {
            () = shutdown.cancelled() => return,
            outcome = take(&store, &identity, &mut client) => outcome,
        };
        match outcome {
            Ok(()) => backoff = Backoff::default(),
            Err(status) => {
                tracing::debug!(party = %store.machine().party(), %status, "nothing fetched");
                backoff.wait().await;
            }
        }
    }
}

async fn take<M: Machine>(
    store: &Store<M>,
    identity: &Identity,
    client: &mut BusServiceClient<Channel>,
) -> Result<(), Status> {
    let wait_ms = u32::try_from(WAIT.as_millis()).unwrap_or(u32::MAX);
    let request = FetchRequest { max_envelopes: 0, wait_ms, lease_ms: 0 };
    let request = client::deadline(Request::new(request), WAIT * 2);
    let FetchResponse { deliveries, log_id } = client.fetch(request).await?.into_inner();
    if deliveries.is_empty() {
        return Ok(());
    }
    let places: Vec<u64> = deliveries.iter().map(|delivery| delivery.place).collect();
    let names = deliveries.iter().filter_map(|one| one.envelope.as_ref().and_then(Name::of));
    let names: Vec<Name> = names.collect();
    let envelopes = deliveries.iter().filter_map(|one| one.envelope.as_ref());
    let span = carried::coming(&store.machine().party(), envelopes);
    let received = deliveries.into_iter().map(received).collect();
    store.receive(received).instrument(span).await.map_err(status::status)?;
    acknowledge(store, identity, client, (names, places, log_id)).await?;
    Ok(())
}

/// Signs and acknowledges; once more when our certificate was exchanged between the two.
async fn acknowledge<M: Machine>(
    store: &Store<M>,
    identity: &Identity,
    client: &mut BusServiceClient<Channel>,
    (names, places, log_id): (Vec<Name>, Vec<u64>, String),
) -> Result<AcknowledgeResponse, Status> {
    let held = held(store, names).await?;
    let mut changes = identity.changes();
    changes.seen();
    loop {
        let at = store.clock().now();
        let proof = proof::sign(identity, &log_id, at, held.clone()).map_err(status::status)?;
        let (places, log_id, proof) = (places.clone(), log_id.clone(), Some(proof));
        let request = Request::new(AcknowledgeRequest { places, log_id, proof });
        match client.acknowledge(client::deadline(request, WAIT)).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(refused) if is_exchanged(&refused, &mut changes) => {}
            Err(refused) => return Err(refused),
        }
    }
}

/// Whether a proof was refused because our certificate is another than when it was signed.
pub(crate) fn is_exchanged(refused: &Status, changes: &mut Changes) -> bool {
    status::rejection(refused).reason == "PROOF_WRONG" && changes.seen()
}

/// These envelopes as they are in the journal.
pub(crate) async fn held<M: Machine>(
    store: &Store<M>,
    names: Vec<Name>,
) -> Result<Vec<Held>, Status> {
    let store = store.clone();
    let held = tokio::task::spawn_blocking(move || store.held(names)).await;
    let held = held.map_err(status::internal)?.map_err(status::internal)?;
    held.ok_or_else(|| status::internal("what has come is not in the journal: nothing is signed"))
}

fn received(delivery: Delivery) -> Received {
    Received {
        // Mailboxes have no cursor: what is acknowledged is gone. Only followers note a place.
        place: 0,
        accepted_at_ms: delivery.accepted_at_ms,
        envelope: delivery.envelope,
        log_id: String::new(),
    }
}

/// When the bus had it.
pub fn accepted_at(received: &Received) -> Moment {
    Moment(received.accepted_at_ms)
}
