//! The way in for a follower of the whole record: the worker and the gateway.
//!
//! Streams the record from where the store is, puts each piece on disk, and commits how far it is:
//! that commit is the follower's receipt, signed for all that lies between it and the one before. So
//! it goes on where the bus has its last commit, if that is earlier. A bus that has lost its log is
//! followed from its beginning; what came before is passed over by its number.

use std::time::Duration;

use proto::{
    bus::{CommitRequest, FollowRequest, Recorded, bus_service_client::BusServiceClient},
    record::{Followed, Progress, Received},
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};
use tracing::Instrument as _;

use crate::{
    carried,
    client::{self, Channel},
    identity::Identity,
    inbox,
    outbox::Backoff,
    proof, status,
    store::{Machine, Name, Store},
};

/// How long a commit may take.
const WAIT: Duration = Duration::from_secs(10);

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
            outcome = follow(&store, &identity, &mut client, &mut backoff) => outcome,
        };
        if let Err(status) = outcome {
            tracing::debug!(party = %store.machine().party(), %status, "the record is away");
        }
        backoff.wait().await;
    }
}

async fn follow<M: Machine>(
    store: &Store<M>,
    identity: &Identity,
    client: &mut BusServiceClient<Channel>,
    backoff: &mut Backoff,
) -> Result<(), Status> {
    let Followed { log_id, place } = store.followed().map_err(status::internal)?;
    let mut committed = match committed(client, &log_id).await {
        Ok(committed) => committed,
        Err(status) => return Err(recover(store, status).await),
    };
    let after_place = place.min(committed);
    let request = FollowRequest { after_place, log_id, is_end_told: false };
    let mut stream = match client.follow(Request::new(request)).await {
        Ok(stream) => stream.into_inner(),
        Err(status) => return Err(recover(store, status).await),
    };
    *backoff = Backoff::default();
    while let Some(piece) = stream.message().await? {
        let Some(place) = piece.recorded.iter().map(|recorded| recorded.place).max() else {
            continue;
        };
        let log_id = piece.log_id;
        let new = piece.recorded.iter().filter(|one| one.place > committed);
        let names = new.filter_map(|one| one.envelope.as_ref().and_then(Name::of)).collect();
        let envelopes = piece.recorded.iter().filter_map(|one| one.envelope.as_ref());
        let span = carried::coming(&store.machine().party(), envelopes);
        let received = piece.recorded.into_iter().map(|one| received(one, &log_id)).collect();
        store.receive(received).instrument(span).await.map_err(status::status)?;
        let before = store.followed().map_err(status::internal)?;
        if before.log_id != log_id || before.place < place {
            note(store, Followed { log_id: log_id.clone(), place }).await?;
        }
        if place > committed {
            committed = commit(store, identity, client, (names, place, log_id)).await?;
        }
    }
    Ok(())
}

/// How far the bus has our commits. A log that we do not know yet has none.
async fn committed(client: &mut BusServiceClient<Channel>, log_id: &str) -> Result<u64, Status> {
    if log_id.is_empty() {
        return Ok(0);
    }
    let request = CommitRequest { log_id: log_id.to_owned(), ..CommitRequest::default() };
    let asked = client.commit(client::deadline(Request::new(request), WAIT)).await?;
    Ok(asked.into_inner().place)
}

/// Signs and commits; once more when our certificate was exchanged between the two.
async fn commit<M: Machine>(
    store: &Store<M>,
    identity: &Identity,
    client: &mut BusServiceClient<Channel>,
    (names, place, log_id): (Vec<Name>, u64, String),
) -> Result<u64, Status> {
    let held = inbox::held(store, names).await?;
    let mut changes = identity.changes();
    changes.seen();
    loop {
        let at = store.clock().now();
        let proof = proof::sign(identity, &log_id, at, held.clone()).map_err(status::status)?;
        let request = CommitRequest { place, log_id: log_id.clone(), proof: Some(proof) };
        match client.commit(client::deadline(Request::new(request), WAIT)).await {
            Ok(answer) => return Ok(answer.into_inner().place),
            Err(refused) if inbox::is_exchanged(&refused, &mut changes) => {}
            Err(refused) => return Err(refused),
        }
    }
}

/// Another log is followed from its beginning.
async fn recover<M: Machine>(store: &Store<M>, refused: Status) -> Status {
    if status::rejection(&refused).reason == "LOG_CHANGED" {
        let log_id = status::metadata(&refused, "log_id").unwrap_or_default();
        tracing::warn!(party = %store.machine().party(), log_id, "the record is another: from 0");
        if let Err(status) = note(store, Followed { log_id, place: 0 }).await {
            return status;
        }
    }
    refused
}

/// Notes how far it is, where what came has not said so: it was all known already.
async fn note<M: Machine>(store: &Store<M>, followed: Followed) -> Result<(), Status> {
    if store.followed().map_err(status::internal)? == followed {
        return Ok(());
    }
    let progress = Progress { followed: Some(followed), ..Progress::default() };
    store.progress(progress).await.map_err(status::status)
}

fn received(recorded: Recorded, log_id: &str) -> Received {
    Received {
        place: recorded.place,
        accepted_at_ms: recorded.accepted_at_ms,
        envelope: recorded.envelope,
        log_id: log_id.to_owned(),
    }
}
