//! The stream of a sender: many requests in flight, each answered in order once it is on disk.
//!
//! Requests are read while those before them are synced, and all that wait by then go on together.
//! A request that is refused is answered so, and the stream goes on.

use std::{collections::HashMap, sync::Arc};

use domain::{party::Party, rejection::Rejection};
use kit::status;
use prost::bytes::Bytes;
use proto::sealed::{PublishBatchResponse, PublishRequest, PublishResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{Hall, wire};
use crate::{asking, engine::Parcel, rights};

/// How many requests are read ahead of those that are written.
const AHEAD: usize = 64;
/// How many envelopes go to the engine at once; one more request may follow.
const TOGETHER: usize = 4_096;
/// How many bytes of them.
const BYTES: usize = 8 << 20;

/// Among how many questions of a call, the latest, the next one is looked for before it is asked.
const LATEST: usize = 16;

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

impl Hall {
    /// What is to be published, if the sender's quota allows it.
    pub(super) fn parcels(&self, wires: Vec<Bytes>, caller: &Party) -> Result<Vec<Parcel>, Status> {
        let parcels = asking::parcels(wires, caller, self.config.envelope_bytes);
        let parcels = parcels.map_err(status::status)?;
        // A thousand envelopes of one type to few parties are few questions.
        let mut asked = Vec::<(&String, &Option<Party>)>::new();
        for one in parcels.iter().map(|one| (&one.head.kind, &one.head.recipient)) {
            if !asked.iter().rev().take(LATEST).any(|other| *other == one) {
                self.may(caller, &rights::publish(caller, one.0, one.1.as_ref()))?;
                asked.push(one);
            }
        }
        let (count, quota) = (parcels.len(), self.config.quota);
        self.quotas.take(caller, count, quota, self.clock.now()).map_err(|after| {
            let message = format!("{caller} publishes at most {quota} envelopes a second");
            let rejection = Rejection::exhausted("OVER_QUOTA", message);
            status::status_after(rejection, HashMap::new(), after)
        })?;
        Ok(parcels)
    }
}
