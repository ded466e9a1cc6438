//! The stream of a sender: many requests in flight, each answered in order once it is on disk.
//!
//! Requests are read while those before them are synced, and all that wait by then go on together.
//! A request that is refused is answered so, and the stream goes on.

use std::sync::Arc;

use domain::party::Party;
use kit::status;
use prost::bytes::Bytes;
use proto::sealed::{PublishBatchResponse, PublishRequest, PublishResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{Hall, wire};
use crate::engine::Parcel;

/// How many requests are read ahead of those that are written.
const AHEAD: usize = 64;
/// How many envelopes go to the engine at once; one more request may follow.
const TOGETHER: usize = 4_096;
/// How many bytes of them.
const BYTES: usize = 8 << 20;

type Read = Result<Vec<Parcel>, Status>;
type Answers = mpsc::Sender<Result<PublishResponse, Status>>;

/// Serves the stream until the sender or the bus ends it.
pub fn spawn(
    hall: Arc<Hall>,
    caller: Party,
    requests: Streaming<PublishRequest>,
) -> ReceiverStream<Result<PublishResponse, Status>> {
    let (answers, receiver) = mpsc::channel(AHEAD);
    let (reads, waiting) = mpsc::channel(AHEAD);
    let (door, sender) = (Arc::clone(&hall), caller.clone());
    let ended = answers.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = door.shutdown.cancelled() => {}
            () = ended.closed() => {}
            outcome = read(&door, &sender, requests, reads) => {
                if let Err(status) = outcome {
                    let _gone = ended.send(Err(status)).await;
                }
            }
        }
    });
    tokio::spawn(write(hall, caller, waiting, answers));
    ReceiverStream::new(receiver)
}

/// Reads requests and parses them, as far ahead as there is room.
async fn read(
    hall: &Hall,
    caller: &Party,
    mut requests: Streaming<PublishRequest>,
    reads: mpsc::Sender<Read>,
) -> Result<(), Status> {
    while let Some(request) = requests.message().await? {
        let read = hall.parcels(request.envelopes, caller);
        if let Err(refused) = &read {
            // The server sees the head of an answer only; what is refused within it is noted here.
            hall.note_refused(caller, "muster.bus.v1.BusService/Publish", refused).await;
        }
        if reads.send(read).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Gives what waits to the engine, and answers.
async fn write(hall: Arc<Hall>, caller: Party, mut waiting: mpsc::Receiver<Read>, to: Answers) {
    while let Some(first) = waiting.recv().await {
        let (mut envelopes, mut bytes) = (0, 0);
        let mut reads = Vec::new();
        let mut next = Some(first);
        while let Some(read) = next {
            for parcel in read.iter().flatten() {
                envelopes += 1;
                bytes += parcel.wire.len();
            }
            reads.push(read);
            let is_full = envelopes >= TOGETHER || bytes >= BYTES;
            next = if is_full { None } else { waiting.try_recv().ok() };
        }
        for response in publish(&hall, &caller, reads).await {
            if to.send(Ok(response)).await.is_err() {
                return;
            }
        }
    }
}

async fn publish(hall: &Hall, caller: &Party, reads: Vec<Read>) -> Vec<PublishResponse> {
    let (mut requests, mut refused) = (Vec::new(), Vec::new());
    for read in reads {
        match read {
            Ok(parcels) => {
                requests.push(parcels);
                refused.push(None);
            }
            Err(status) => refused.push(Some(status)),
        }
    }
    let mut placed = hall.engine.publish(caller, requests).await.into_iter();
    let answer = |refused: Option<Status>| {
        let log_id = hall.engine.log_id();
        let outcome = match refused {
            Some(status) => Err(status),
            None => match placed.next() {
                Some(placed) => placed.map_err(|error| wire::refused(error, log_id.clone())),
                None => Err(Status::internal("a request has no answer")),
            },
        };
        match outcome {
            Ok(placed) => {
                let placements = placed.into_iter().map(wire::placement).collect();
                PublishResponse { placements, log_id, refusal: None }
            }
            Err(status) => {
                let refusal = Some(wire::refusal(&status));
                PublishResponse { placements: Vec::new(), log_id, refusal }
            }
        }
    };
    refused.into_iter().map(answer).collect()
}

impl Hall {
    /// Takes one request, whole or not at all.
    pub(super) async fn take(
        &self,
        caller: &Party,
        envelopes: Vec<Bytes>,
    ) -> Result<PublishBatchResponse, Status> {
        let parcels = self.parcels(envelopes, caller)?;
        let engine = &self.engine;
        let placed = engine.publish(caller, vec![parcels]).await.pop();
        let placed = placed.ok_or_else(|| status::internal("a request has no answer"))?;
        let placed = placed.map_err(|error| wire::refused(error, engine.log_id()))?;
        let placements = placed.into_iter().map(wire::placement).collect();
        Ok(PublishBatchResponse { placements, log_id: engine.log_id() })
    }
}
