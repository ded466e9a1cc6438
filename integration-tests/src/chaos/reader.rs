//! Readers of a mailbox: three at each, by single calls and by a stream. One refuses at random, one
//! never acknowledges while things break; each notes what it sees before it says anything.

use std::{sync::Arc, time::Duration};

use kit::{
    clock::Clock,
    identity::Identity,
    proof::{self, Held},
};
use proto::bus::{
    AcknowledgeRequest, Delivery, ExtendRequest, FetchRequest, FetchResponse, Open, RefuseRequest,
    SubscribeRequest, subscribe_request::Request as Asked, subscribe_response::Response as Said,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    line::Client,
    notes::{Name, Note, Notes},
    stage::Stage,
};

/// How long a delivery is kept.
const LEASE_MS: u32 = 2_000;

/// What a reader is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Acknowledges, mostly.
    Plain,
    /// Refuses half of it.
    Refusing,
    /// Takes one and says nothing.
    Silent,
}

/// A reader.
pub struct Reader {
    pub mailbox: &'static str,
    pub manner: Manner,
    pub bus: Client,
    identity: Identity,
    pub notes: Notes,
    rng: StdRng,
}

/// What it says to some deliveries.
enum Word {
    Nothing,
    Acknowledge(AcknowledgeRequest),
    Refuse(RefuseRequest),
    Extend(ExtendRequest),
}

impl Reader {
    pub fn new(
        mailbox: &'static str,
        manner: Manner,
        (identity, bus): (Identity, Client),
        seed: u64,
        notes: Notes,
    ) -> Reader {
        Reader { mailbox, manner, bus, identity, notes, rng: StdRng::seed_from_u64(seed) }
    }

    /// Reads until all is done.
    pub async fn run(mut self, stage: Arc<Stage>) -> anyhow::Result<()> {
        while stage.is_read() {
            if self.manner == Manner::Silent && !stage.is_open() {
                self.manner = Manner::Plain;
            }
            match self.rng.random_bool(0.5) {
                true => self.fetch(stage.is_open()).await?,
                false => self.stream(stage.is_open()).await?,
            }
            let pause = if self.manner == Manner::Silent { 1_500 } else { 30 };
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Ok(())
    }

    async fn fetch(&mut self, is_open: bool) -> anyhow::Result<()> {
        let max_envelopes = if self.manner == Manner::Silent { 1 } else { 40 };
        let request = FetchRequest { max_envelopes, wait_ms: 300, lease_ms: LEASE_MS };
        let Ok(answer) = self.bus.fetch(request).await else { return Ok(()) };
        let answer = answer.into_inner();
        match self.word(&answer, is_open)? {
            Word::Nothing => {}
            Word::Acknowledge(request) => {
                if self.bus.acknowledge(request.clone()).await.is_ok() {
                    self.acknowledged(&request.places)?;
                }
            }
            Word::Refuse(request) => drop(self.bus.refuse(request).await),
            Word::Extend(request) => drop(self.bus.extend(request).await),
        }
        Ok(())
    }

    /// A stream for a while; what is in its hands at the end is free then.
    async fn stream(&mut self, is_open: bool) -> anyhow::Result<()> {
        let (to, requests) = mpsc::channel(100);
        let credit = if self.manner == Manner::Silent { 1 } else { 30 };
        let open = Open { credit, lease_ms: LEASE_MS, ..Open::default() };
        to.send(SubscribeRequest { request: Some(Asked::Open(open)) }).await?;
        let Ok(from) = self.bus.subscribe(ReceiverStream::new(requests)).await else {
            return Ok(());
        };
        let (mut from, mut asked) = (from.into_inner(), std::collections::VecDeque::new());
        let end =
            tokio::time::Instant::now() + Duration::from_millis(self.rng.random_range(200..2_000));
        while let Ok(Ok(Some(said))) = tokio::time::timeout_at(end, from.message()).await {
            let answered: Option<Vec<u64>> = match said.response {
                Some(Said::Deliveries(found)) => {
                    let request = match self.word(&found, is_open)? {
                        Word::Nothing => continue,
                        Word::Acknowledge(request) => Asked::Acknowledge(request),
                        Word::Refuse(request) => Asked::Refuse(request),
                        Word::Extend(request) => Asked::Extend(request),
                    };
                    asked.push_back(match &request {
                        Asked::Acknowledge(request) => request.places.clone(),
                        _ => Vec::new(),
                    });
                    let count = u32::try_from(found.deliveries.len())?;
                    let _gone = to.send(SubscribeRequest { request: Some(request) }).await;
                    let more = SubscribeRequest { request: Some(Asked::Credit(count)) };
                    let _gone = to.send(more).await;
                    None
                }
                Some(Said::Acknowledged(_)) => asked.pop_front(),
                _ => {
                    asked.pop_front();
                    None
                }
            };
            self.acknowledged(&answered.unwrap_or_default())?;
        }
        Ok(())
    }

    /// Notes what has come, and decides what to say.
    fn word(&mut self, found: &FetchResponse, is_open: bool) -> anyhow::Result<Word> {
        let seen: Vec<Note> = found.deliveries.iter().filter_map(delivered).collect();
        self.notes.add(&seen)?;
        let log_id = found.log_id.clone();
        let places: Vec<u64> = found.deliveries.iter().map(|one| one.place).collect();
        if places.is_empty() || self.manner == Manner::Silent {
            return Ok(Word::Nothing);
        }
        let refuses = if self.manner == Manner::Refusing { 0.5 } else { 0.02 };
        if is_open && self.rng.random_bool(refuses) {
            let from = self.rng.random_range(0..places.len());
            let (reason, delay_ms) = ("it broke".to_owned(), self.rng.random_range(0..1_000));
            return Ok(Word::Refuse(RefuseRequest {
                places: places[from..].to_vec(),
                log_id,
                reason,
                delay_ms,
            }));
        }
        if is_open && self.rng.random_bool(0.05) {
            return Ok(Word::Extend(ExtendRequest { places, log_id, lease_ms: LEASE_MS }));
        }
        // Noted before: a bus that is killed may have taken what it has not answered.
        self.notes.add(&[Note::Acknowledging { places: places.clone() }])?;
        let came = found.deliveries.iter().filter_map(|one| one.envelope.as_ref());
        let (held, now) = (came.filter_map(Held::of), Clock::system().now());
        let proof = Some(proof::sign(&self.identity, &log_id, now, held)?);
        Ok(Word::Acknowledge(AcknowledgeRequest { places, log_id, proof }))
    }

    fn acknowledged(&self, places: &[u64]) -> anyhow::Result<()> {
        let note =
            |place: &u64| Note::Acknowledged { mailbox: self.mailbox.to_owned(), place: *place };
        let notes: Vec<Note> = places.iter().map(note).collect();
        if notes.is_empty() { Ok(()) } else { self.notes.add(&notes) }
    }
}

fn delivered(one: &Delivery) -> Option<Note> {
    let envelope = proto::envelope::from_wire(one.envelope.clone()?).ok()?;
    let recipient = envelope.recipient.map(|party| party.to_string()).unwrap_or_default();
    let name = Name { source: envelope.source.to_string(), recipient, number: envelope.number };
    Some(Note::Delivered { name, subject: envelope.subject, place: one.place })
}
