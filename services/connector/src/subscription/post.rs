//! One subscriber: what the bus delivers is posted, or kept; then the cursor goes on.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::rejection::Rejection;
use futures::{StreamExt as _, stream};
use kit::{client::Channel, clock::Clock};
use proto::{
    bus::{Delivery, PutSubscriberRequest, Selection, Start, start},
    outside as wire,
};
use tokio::sync::Notify;
use tonic::Status;

use super::{
    Subscription, Waits,
    asking::Resolve,
    kept::Kept,
    note::Note,
    shape::{Shape, Shaped},
};
use crate::{
    Answer, Connector as _, Message,
    cursor::{self, Reads},
    http::Http,
    record::Record,
    waits::Retries,
};

/// How many subjects are posted at the same time.
pub(super) const AT_ONCE: usize = 8;
/// How many may wait; then nothing more is read until some are taken. The record keeps the rest.
const KEPT_MAX: usize = 10_000;
/// How often it is looked whether there is room again.
const PAUSE: Duration = Duration::from_secs(1);

/// What a poster is told.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) asked: Subscription,
    pub(crate) waits: Waits,
}

/// The one who posts to a subscriber.
#[derive(Debug)]
pub(crate) struct Poster {
    pub(super) settings: Settings,
    way: Http,
    pub(super) record: Record<Kept>,
    shape: Arc<dyn Shape>,
    pub(super) clock: Clock,
    pub(super) retries: Mutex<Retries>,
    pub(super) news: Notify,
    taken: AtomicU64,
    trouble: Mutex<String>,
    /// Whether the bus has its cursor.
    subscribed: AtomicBool,
}

impl Poster {
    pub(crate) fn new(
        settings: Settings,
        way: Http,
        record: Record<Kept>,
        (shape, clock): (Arc<dyn Shape>, Clock),
    ) -> Poster {
        let (retries, news) =
            (Mutex::new(Retries::new(settings.waits, settings.waits.first)), Notify::new());
        let (taken, trouble) = (AtomicU64::new(0), Mutex::default());
        let subscribed = AtomicBool::new(false);
        Poster { settings, way, record, shape, clock, retries, news, taken, trouble, subscribed }
    }

    /// Whether the bus has its cursor.
    pub(crate) fn is_subscribed(&self) -> bool {
        self.subscribed.load(Ordering::Relaxed)
    }

    /// To which host and port it posts.
    pub(crate) fn host(&self) -> String {
        self.way.host()
    }

    /// Posts what is no envelope's, behind what has its subject; it is taken or on disk at the end.
    pub(crate) async fn put(&self, message: Message) -> Result<(), journal::Error> {
        let shaped = Shaped { message, fault: None };
        self.line(vec![Came { place: 0, shaped }], "").await
    }

    /// How many are not taken, and how many of them wait for a person.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let kept = self.record.kept();
        (kept.len(), kept.parked())
    }

    /// How it goes.
    pub(super) fn shown(&self) -> wire::Subscription {
        let (undelivered, parked) = self.counts();
        wire::Subscription {
            name: self.settings.name.clone(),
            host: self.way.host(),
            types: self.settings.asked.types.clone(),
            subjects: self.settings.asked.subjects.clone(),
            taken: self.taken.load(Ordering::Relaxed),
            undelivered: undelivered as u64,
            parked: parked as u64,
            trouble: self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Reads, posts and tries again, for ever.
    pub(super) async fn run(self: &Arc<Self>, bus: Channel) -> Infallible {
        tokio::select! {
            never = cursor::run(self.as_ref(), bus) => never,
            never = self.retry() => never,
            never = self.record.keep(&self.clock) => never,
        }
    }

    /// What came of one subject, in order.
    async fn line(&self, came: Vec<Came>, log_id: &str) -> Result<(), journal::Error> {
        for Came { place, shaped: Shaped { message, fault } } in came {
            let (is_known, waits) = {
                let kept = self.record.kept();
                (kept.has(&message.key), kept.waits(&message.subject))
            };
            let answer = match fault {
                _ if is_known => continue,
                Some(reason) => Answer::Refused { reason },
                None if waits => Answer::Later { reason: String::new() },
                None => self.post(&message).await,
            };
            if !matches!(answer, Answer::Taken { .. }) {
                self.keep(log_id, place, &message, answer).await?;
            }
        }
        Ok(())
    }

    async fn keep(
        &self,
        log_id: &str,
        place: u64,
        message: &Message,
        answer: Answer,
    ) -> Result<(), journal::Error> {
        while self.record.kept().len() >= KEPT_MAX {
            tokio::time::sleep(PAUSE).await;
        }
        let now = self.clock.now();
        let noted = self.record.write(|_, number| {
            let mut notes = vec![Note::kept(log_id, place, message, now)];
            if let Answer::Refused { reason } = &answer {
                self.alarm(number, reason);
                notes.push(Note::parked(number, reason));
            }
            (notes, ())
        });
        noted.await?;
        self.news.notify_one();
        Ok(())
    }

    /// Posts one, and remembers how that went.
    pub(super) async fn post(&self, message: &Message) -> Answer {
        let answer = self.way.deliver(message).await;
        let trouble = match &answer {
            Answer::Taken { .. } => {
                self.taken.fetch_add(1, Ordering::Relaxed);
                String::new()
            }
            Answer::Later { reason } | Answer::Refused { reason } => reason.clone(),
        };
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
        answer
    }

    /// Says to the operator that a person must act. No subject: it may name who is concerned.
    pub(super) fn alarm(&self, number: u64, reason: &str) {
        let name = &self.settings.name;
        tracing::error!(subscription = %name, number, "ALARM: it waits for a person: {reason}");
    }

    /// What a person decides; how many of them are settled by it.
    pub(super) async fn settle(&self, party: &str, word: &Resolve) -> Result<u32, Rejection> {
        let now = self.clock.now();
        let settled = self.record.write(|kept, _| {
            let mut notes = Vec::new();
            for number in word.numbers.iter().copied() {
                match kept.is_new(number, word.is_skipped) {
                    Some(true) => notes.push(Note::Settled {
                        number,
                        is_skipped: word.is_skipped,
                        party: party.to_owned(),
                        person: word.person.clone(),
                        reason: word.reason.clone(),
                        at_ms: now.0,
                    }),
                    Some(false) => {}
                    None => return (Vec::new(), Err(not_parked(number))),
                }
            }
            let count = u32::try_from(notes.len()).unwrap_or(u32::MAX);
            (notes, Ok(count))
        });
        let settled = settled.await.map_err(|error| {
            tracing::error!(%error, "nothing is settled");
            Rejection::unavailable("DISK_FAILED", "it can't be written down now; try again")
        })??;
        self.retries.lock().unwrap_or_else(PoisonError::into_inner).at_once();
        self.news.notify_one();
        Ok(settled)
    }
}

impl Reads for Poster {
    fn subscriber(&self) -> PutSubscriberRequest {
        let Subscription { types, subjects, from_beginning, .. } = self.settings.asked.clone();
        let start = from_beginning.then_some(Start { start: Some(start::Start::AfterPlace(0)) });
        let (name, selection) = (self.settings.name.clone(), Selection { types, subjects });
        PutSubscriberRequest { name, selection: Some(selection), start }
    }

    async fn log(&self) -> Result<String, Status> {
        // It is asked for when the bus has the cursor.
        self.subscribed.store(true, Ordering::Relaxed);
        Ok(self.record.kept().log())
    }

    async fn note_log(&self, log_id: &str) -> Result<(), Status> {
        let note = Note::Log { log_id: log_id.to_owned() };
        let noted = self.record.write(|_, _| (vec![note], ())).await;
        noted.map_err(|error| Status::internal(error.to_string()))
    }

    /// Posts what came, side by side by subject; all of it is taken or on disk at the end.
    async fn batch(&self, found: Vec<Delivery>, log_id: &str) -> Result<(), Status> {
        let mut lines: BTreeMap<String, Vec<Came>> = BTreeMap::new();
        for Delivery { place, envelope, .. } in found {
            let Some(envelope) = envelope else { continue };
            for shaped in self.shape.shape(place, envelope).await? {
                let subject = shaped.message.subject.clone();
                lines.entry(subject).or_default().push(Came { place, shaped });
            }
        }
        let done = stream::iter(lines.into_values()).map(|line| self.line(line, log_id));
        let mut done = done.buffer_unordered(AT_ONCE);
        while let Some(outcome) = done.next().await {
            outcome.map_err(|error| Status::internal(error.to_string()))?;
        }
        Ok(())
    }
}

/// What the bus has delivered.
struct Came {
    place: u64,
    shaped: Shaped,
}

fn not_parked(number: u64) -> Rejection {
    let message = format!(
        "{number} does not wait for a person; right would be: a number that ListUndelivered shows \
         with a reason"
    );
    Rejection::conflict("NOT_PARKED", message).at("numbers")
}
