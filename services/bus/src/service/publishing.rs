//! The stream of a sender: many requests in flight, each answered in order once it is on disk.
//!
//! Requests are read while those before them are synced, and all that wait by then go on together:
//! what is written together is delivered together, and signed for with one signature. A request that
//! is refused is answered so, and the stream goes on.

use std::{
    collections::{HashMap, VecDeque},
    pin::Pin,
    sync::Arc,
};

use domain::{party::Party, rejection::Rejection};
use futures::stream;
use kit::status;
use prost::bytes::Bytes;
use proto::sealed::{PublishBatchResponse, PublishRequest, PublishResponse};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tonic::{Status, Streaming};

use super::{Hall, wire};
use crate::{
    asking,
    engine::{Parcel, Placing},
    rights,
};

/// How many requests are read ahead of those that are written.
const AHEAD: usize = 64;
/// How many envelopes go to the engine at once; one more request may follow.
const TOGETHER: usize = 4_096;
/// How many bytes of them.
const BYTES: usize = 8 << 20;
/// Among how many questions of a call, the latest, the next one is looked for before it is asked.
const LATEST: usize = 16;

/// What a sender is answered.
pub type Answers = Pin<Box<dyn Stream<Item = Result<PublishResponse, Status>> + Send>>;

/// What was read: a request, one that is refused, or that the stream is broken.
type Read = Result<Result<Vec<Parcel>, Status>, Status>;

/// A request that is under way, or why it is not.
type Begun = Result<Result<Placing, Status>, Status>;

/// Serves the stream until the sender or the bus ends it.
pub fn spawn(hall: Arc<Hall>, caller: Party, requests: Streaming<PublishRequest>) -> Answers {
    let (reads, waiting) = mpsc::channel(AHEAD);
    let (door, sender) = (Arc::clone(&hall), caller.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = door.shutdown.cancelled() => {}
            () = reads.closed() => {}
            outcome = read(&door, &sender, requests, &reads) => {
                if let Err(status) = outcome {
                    let _gone = reads.send(Err(status)).await;
                }
            }
        }
    });
    let sending = Sending { hall, caller, waiting, begun: VecDeque::new() };
    Box::pin(stream::unfold(sending, |mut sending| async {
        let answer = sending.answer().await?;
        Some((answer, sending))
    }))
}

/// Reads requests and parses them, as far ahead as there is room.
async fn read(
    hall: &Hall,
    caller: &Party,
    mut requests: Streaming<PublishRequest>,
    to: &mpsc::Sender<Read>,
) -> Result<(), Status> {
    while let Some(request) = requests.message().await? {
        let read = hall.parcels(request.envelopes, caller);
        if let Err(refused) = &read {
            // The server sees the head of an answer only; what is refused within it is noted here.
            hall.note_refused(caller, "muster.bus.v1.BusService/Publish", refused).await;
        }
        if to.send(Ok(read)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The answers of a stream.
struct Sending {
    hall: Arc<Hall>,
    caller: Party,
    waiting: mpsc::Receiver<Read>,
    begun: VecDeque<Begun>,
}

impl Sending {
    /// The next answer; none when there are no more requests.
    async fn answer(&mut self) -> Option<Result<PublishResponse, Status>> {
        if self.begun.is_empty() {
            let first = self.waiting.recv().await?;
            self.begin(first).await;
        }
        let log_id = self.hall.engine.log_id();
        let outcome = match self.begun.pop_front()? {
            Ok(Ok(placing)) => placing.await.map_err(|error| wire::refused(error, log_id.clone())),
            Ok(Err(refused)) => Err(refused),
            Err(broken) => return Some(Err(broken)),
        };
        let (placements, refusal) = match outcome {
            Ok(placed) => (placed.into_iter().map(wire::placement).collect(), None),
            Err(status) => (Vec::new(), Some(wire::refusal(&status))),
        };
        Some(Ok(PublishResponse { placements, log_id, refusal }))
    }

    /// Gives what waits to the engine.
    async fn begin(&mut self, first: Read) {
        let (mut envelopes, mut bytes) = (0, 0);
        let mut next = Some(first);
        while let Some(read) = next {
            for parcel in read.iter().flatten().flatten() {
                envelopes += 1;
                bytes += parcel.wire.len();
            }
            let begun = match read {
                Ok(Ok(parcels)) => Ok(self.hall.begin(&self.caller, parcels).await),
                Ok(Err(refused)) => Ok(Err(refused)),
                Err(broken) => Err(broken),
            };
            self.begun.push_back(begun);
            let is_full = envelopes >= TOGETHER || bytes >= BYTES;
            next = if is_full { None } else { self.waiting.try_recv().ok() };
        }
    }
}

impl Hall {
    async fn begin(&self, caller: &Party, parcels: Vec<Parcel>) -> Result<Placing, Status> {
        let placing = self.engine.begin(caller, parcels).await;
        placing.map_err(|error| wire::refused(error, self.engine.log_id()))
    }
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
