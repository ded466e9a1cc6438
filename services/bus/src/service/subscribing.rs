//! The stream of a reader: deliveries as its credit allows, and what becomes of them.
//!
//! Two tasks share a stream. One delivers: from a mailbox it leases, from a subscriber's part of the
//! record it reads on. The other takes requests and answers them in order. When the stream ends, what
//! the reader still has in hand is free at once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{party::Party, rejection::Rejection};
use kit::{identity::Credential, status};
use proto::sealed::{
    AcknowledgeRequest, AcknowledgeResponse, ExtendResponse, FetchResponse, Open, RefuseResponse,
    SubscribeRequest, SubscribeResponse, subscribe_request::Request as Asked,
    subscribe_response::Response as Said,
};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use super::{Hall, wire};
use crate::{
    asking::{self, CALL_MAX},
    engine::{Ask, Delivery, Held, Recorded, SUBSCRIBERS_MAX, Subscriber},
};

/// How many pieces wait for a slow reader.
const PIECES: usize = 4;
/// How many envelopes may be delivered beyond what was acknowledged.
const CREDIT_MAX: usize = 10_000;
/// How many deliveries a stream remembers to free when it ends: what is in hand of one mailbox at most.
/// What a reader lets lie, so that it goes to others, is forgotten from the oldest on.
const HELD_MAX: usize = 40_000;
/// How many of the record are looked through at once for a subscriber.
const STRETCH: usize = 1_000;

type Responses = mpsc::Sender<Result<SubscribeResponse, Status>>;

/// One stream.
struct Reader {
    hall: Arc<Hall>,
    caller: Party,
    credential: Arc<Credential>,
    /// Whose part of the record; none: the mailbox.
    subscriber: Option<Subscriber>,
    lease: Duration,
    credit: Semaphore,
    held: Mutex<BTreeMap<u64, u32>>,
    to: Responses,
    end: CancellationToken,
}

/// Serves the stream until the reader or the bus ends it.
pub fn spawn(
    hall: Arc<Hall>,
    caller: (Party, Arc<Credential>),
    requests: Streaming<SubscribeRequest>,
) -> ReceiverStream<Result<SubscribeResponse, Status>> {
    let (to, receiver) = mpsc::channel(PIECES);
    tokio::spawn(async move {
        let caller_gone = to.clone();
        tokio::select! {
            () = hall.shutdown.clone().cancelled_owned() => {}
            () = caller_gone.closed() => {}
            outcome = serve(hall, caller, requests, to) => {
                if let Err(status) = outcome {
                    let _gone = caller_gone.send(Err(status)).await;
                }
            }
        }
    });
    ReceiverStream::new(receiver)
}

async fn serve(
    hall: Arc<Hall>,
    caller: (Party, Arc<Credential>),
    mut requests: Streaming<SubscribeRequest>,
    to: Responses,
) -> Result<(), Status> {
    let Some(SubscribeRequest { request: Some(Asked::Open(open)) }) = requests.message().await?
    else {
        let message = "a stream begins with open, which says what to deliver";
        return Err(status::status(Rejection::invalid("MISSING_FIELD", "open", message)));
    };
    let reader = Arc::new(Reader::new(hall, caller, open, to).await?);
    // Whatever ends this ends the other task; when both have ended, what is in hand is free.
    let _end = Ending(Arc::clone(&reader));
    let delivering = Arc::clone(&reader);
    let mut delivery = tokio::spawn(async move { delivering.deliver().await });
    tokio::select! {
        outcome = reader.answer(requests) => outcome,
        outcome = &mut delivery => outcome.unwrap_or_else(|error| Err(status::internal(error))),
    }
}

struct Ending(Arc<Reader>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end.cancel();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let held = std::mem::take(&mut *self.held()).into_iter();
        let held: Vec<Held> = held.map(|(place, attempt)| Held { place, attempt }).collect();
        if !held.is_empty() {
            let (hall, caller) = (Arc::clone(&self.hall), self.caller.clone());
            tokio::spawn(async move { hall.engine.release(&caller, held).await });
        }
    }
}

impl Reader {
    async fn new(
        hall: Arc<Hall>,
        (caller, credential): (Party, Arc<Credential>),
        open: Open,
        to: Responses,
    ) -> Result<Reader, Status> {
        let Open { subscriber, credit, lease_ms } = open;
        let subscriber = match subscriber.as_str() {
            "" => {
                hall.may_open(&caller)?;
                None
            }
            name => {
                hall.may_read(&caller)?;
                Some(hall.subscriber(&caller, name).await?)
            }
        };
        let credit = Semaphore::new((credit as usize).min(CREDIT_MAX));
        let lease = hall.lease(lease_ms);
        let (held, end) = (Mutex::default(), CancellationToken::new());
        Ok(Reader { hall, caller, credential, subscriber, lease, credit, held, to, end })
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<u64, u32>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, fetched: &[Delivery]) {
        let mut held = self.held();
        held.extend(fetched.iter().map(|one| (one.recorded.place, one.attempt)));
        while held.len() > HELD_MAX {
            held.pop_first();
        }
    }

    async fn say(&self, said: Said) -> bool {
        self.to.send(Ok(SubscribeResponse { response: Some(said) })).await.is_ok()
    }

    async fn deliver(&self) -> Result<(), Status> {
        let deliver = async {
            match &self.subscriber {
                None => self.read_mailbox().await,
                Some(subscriber) => self.read_record(subscriber).await,
            }
        };
        tokio::select! {
            () = self.end.cancelled() => Ok(()),
            outcome = deliver => outcome,
        }
    }

    /// As much credit as there is, at least one and at most a call's worth; none when it has ended.
    async fn spend(&self) -> Option<usize> {
        self.credit.acquire().await.ok()?.forget();
        let more = self.credit.available_permits().min(CALL_MAX - 1);
        let taken =
            u32::try_from(more).ok().and_then(|more| self.credit.try_acquire_many(more).ok());
        taken.map_or(Some(1), |permits| {
            permits.forget();
            Some(1 + more)
        })
    }

    async fn read_mailbox(&self) -> Result<(), Status> {
        while let Some(max) = self.spend().await {
            let ask = Ask { max, wait: self.hall.config.wait_max, lease: self.lease };
            let fetched = self.hall.engine.fetch(&self.caller, ask).await;
            let fetched = fetched.map_err(wire::status)?;
            self.credit.add_permits(max - fetched.len());
            self.hold(&fetched);
            if !fetched.is_empty() && !self.say_deliveries(fetched).await {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn read_record(&self, subscriber: &Subscriber) -> Result<(), Status> {
        let engine = &self.hall.engine;
        let mut growth = engine.growth();
        let mut after = subscriber.place;
        while let Some(max) = self.spend().await {
            let mut found = Vec::new();
            loop {
                growth.borrow_and_update();
                let piece = engine.read(after, STRETCH).await.map_err(wire::status)?;
                let is_end = piece.upto == after;
                for recorded in piece.recorded {
                    after = recorded.place;
                    if asks_for(subscriber, &recorded) {
                        found.push(Delivery { recorded, attempt: 1 });
                    }
                    if found.len() == max {
                        break;
                    }
                }
                if found.len() < max {
                    after = piece.upto;
                }
                if !found.is_empty() {
                    break;
                }
                if is_end && growth.changed().await.is_err() {
                    return Ok(());
                }
            }
            self.credit.add_permits(max - found.len());
            if !self.say_deliveries(found).await {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn say_deliveries(&self, found: Vec<Delivery>) -> bool {
        let deliveries = found.into_iter().map(wire::delivery).collect();
        let log_id = self.hall.engine.log_id();
        self.say(Said::Deliveries(FetchResponse { deliveries, log_id })).await
    }

    async fn answer(&self, mut requests: Streaming<SubscribeRequest>) -> Result<(), Status> {
        while let Some(request) = requests.message().await? {
            let said = match request.request {
                Some(Asked::Credit(credit)) => {
                    let room = CREDIT_MAX.saturating_sub(self.credit.available_permits());
                    self.credit.add_permits((credit as usize).min(room));
                    continue;
                }
                Some(asked) => self.heed(asked).await,
                None => Err(missing("request", "what is asked for is missing")),
            };
            let said = said.unwrap_or_else(|status| Said::Refusal(wire::refusal(&status)));
            if !self.say(said).await {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn heed(&self, asked: Asked) -> Result<Said, Status> {
        let (hall, caller) = (&self.hall, &self.caller);
        match asked {
            Asked::Acknowledge(request) => {
                let AcknowledgeRequest { places, log_id, proof } = request;
                let places = hall.places(places, &log_id)?;
                let newly_acknowledged = match &self.subscriber {
                    None => {
                        let proof = hall.proof(proof, &self.credential, &log_id)?;
                        self.held_no_more(&places);
                        let ended = hall.engine.acknowledge(caller, places, proof).await;
                        ended.map_err(wire::status)?
                    }
                    Some(subscriber) => {
                        self.held_no_more(&places);
                        self.advance(subscriber, &places).await?
                    }
                };
                Ok(Said::Acknowledged(AcknowledgeResponse { newly_acknowledged }))
            }
            Asked::Refuse(request) if self.subscriber.is_none() => {
                let refused = hall.refuse(caller, request).await?;
                Ok(Said::Refused(RefuseResponse { refused: refused.count, parked: refused.parked }))
            }
            Asked::Extend(request) if self.subscriber.is_none() => {
                let extended = hall.extend(caller, request).await?;
                Ok(Said::Extended(ExtendResponse { extended }))
            }
            Asked::Refuse(_) | Asked::Extend(_) => {
                Err(missing("open", "a subscriber has no leases; acknowledge what it has"))
            }
            Asked::Open(_) | Asked::Credit(_) => Err(missing("request", "open comes first, once")),
        }
    }

    fn held_no_more(&self, places: &[u64]) {
        let mut held = self.held();
        for place in places {
            held.remove(place);
        }
    }

    async fn advance(&self, subscriber: &Subscriber, places: &[u64]) -> Result<u32, Status> {
        let highest = places.iter().copied().max().unwrap_or(0);
        let name = &subscriber.name;
        let engine = &self.hall.engine;
        engine.seek(&self.caller, name, highest, true).await.map_err(wire::status)?;
        Ok(u32::try_from(places.len()).unwrap_or(u32::MAX))
    }
}

fn missing(field: &str, message: &str) -> Status {
    status::status(Rejection::invalid("WRONG_REQUEST", field, message))
}

/// Whether a subscriber asks for it. The type and subject are read from the envelope itself.
fn asks_for(subscriber: &Subscriber, recorded: &Recorded) -> bool {
    let selection = &subscriber.selection;
    if selection.types.is_empty() && selection.subjects.is_empty() {
        return true;
    }
    recorded.envelope().is_ok_and(|one| selection.takes(&one.kind, &one.subject))
}

/// A name of a subscriber is checked before it is looked up.
impl Hall {
    async fn subscriber(&self, caller: &Party, name: &str) -> Result<Subscriber, Status> {
        asking::subscriber(name).map_err(status::status)?;
        let found = self.engine.subscribers(Some(caller), None, SUBSCRIBERS_MAX).await;
        let found = found.map_err(wire::status)?.into_iter().find(|one| one.name == name);
        found.ok_or_else(|| {
            let message = format!("{caller} has no subscriber {name}; PutSubscriber makes one");
            status::status(Rejection::unknown("UNKNOWN_SUBSCRIBER", "open.subscriber", message))
        })
    }
}
