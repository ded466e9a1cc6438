//! The way in for one party: its mailbox, into its store, acknowledged when it is on disk.
//!
//! An acknowledgement is a receipt: it is given only after the store has synced what came. What
//! comes again is passed over by its number.

use domain::moment::Moment;
use proto::{
    bus::{
        AcknowledgeRequest, Delivery, FetchRequest, FetchResponse,
        bus_service_client::BusServiceClient,
    },
    record::Received,
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use crate::{
    client::{self, Channel},
    outbox::Backoff,
    status,
    store::{Machine, Store},
};

const WAIT: Duration = Duration::from_secs(20);

/// Runs until the token is cancelled.
pub async fn run<M: Machine>(store: Store<M>, bus: Channel, shutdown: CancellationToken) {
    let mut client = BusServiceClient::new(bus).max_decoding_message_size(16 << 20);
    let mut backoff = Backoff::default();
    loop {
        let outcome = tokio::select! {
            () = shutdown.cancelled() => return,
            outcome = take(&store, &mut client) => outcome,
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
    client: &mut BusServiceClient<Channel>,
) -> Result<(), Status> {
    let wait_ms = u32::try_from(WAIT.as_millis()).unwrap_or(u32::MAX);
    let request = FetchRequest { max_envelopes: 0, wait_ms, lease_ms: 0 };
    let request = client::deadline(Request::new(request), WAIT * 2);
    let FetchResponse { deliveries, log_id } = client.fetch(request).await?.into_inner();
    if deliveries.is_empty() {
        return Ok(());
    }
    let places = deliveries.iter().map(|delivery| delivery.place).collect();
    let received = deliveries.into_iter().map(received).collect();
    store.receive(received).await.map_err(status::status)?;
    let request = client::deadline(Request::new(AcknowledgeRequest { places, log_id }), WAIT);
    client.acknowledge(request).await?;
    Ok(())
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
