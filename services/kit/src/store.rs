//! The store of a role: decisions in a journal, their sum in a view.
//!
//! One writer takes what waits, decides each in turn, writes all records under one sync, and only
//! then commits the view and answers; meanwhile it decides what comes next, see `writer`. So an
//! answer is on disk, nobody reads a state that never was, and state, idempotency, inbox and outbox
//! cannot disagree: each decision is one record.
//!
//! A repeat of a request gets the first answer; the same id with other content is refused. What is
//! refused is not recorded: nothing has changed, and the same request may succeed later.
//! The role's own rules are a [`Machine`]: pure on the transaction, no IO, no clock.

mod batch;
mod body;
mod books;
mod exchange;
mod group;
pub mod incarnation;
mod owed;
mod places;
mod records;
mod renewal;
mod room;
mod snapshot;
mod writer;

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use domain::{
    envelope::{Envelope, Terms},
    id::{EnvelopeId, PersonId, RequestId},
    moment::Moment,
    party::Party,
    rejection::Rejection,
};
use journal::Journal;
use prost::{Message, bytes::Bytes};
use proto::record::{Change, Progress, Received, Record};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    clock::Clock,
    stats::Stats,
    trace::{self, TraceContext},
    tx::Tx,
    view::{self, Origin, View},
};
pub use body::{Fact, Written};
pub use exchange::{Aside, Load, Outstanding, Refill, Sending};
pub use group::{Delivery, Standing};
pub use places::Name;
use renewal::Held;
pub use room::{Bare, Hold, House, Kept, weight};

/// How many commands may wait for the writer.
const QUEUE: usize = 1_024;

/// The rules of a role.
pub trait Machine: Send + Sync + 'static {
    /// What the role can be told.
    type Command: Send + 'static;

    /// What its records say, where a draft has that at hand and not encoded; `()` where none has.
    type Fact: Fact;

    /// The layout of the role's keys; counts up when it changes, so that old views are rebuilt.
    const LAYOUT: u32;

    /// Who speaks in the role's envelopes.
    fn party(&self) -> Party;

    /// Decides. Reads the state only through `tx`; `now` is when.
    fn decide(
        &self,
        tx: &Tx<'_>,
        command: Self::Command,
        now: Moment,
    ) -> Result<Decision<Self::Fact>, Refusal>;

    /// Folds one record into the view: its change, and what it received. Must not fail on content:
    /// a record that is written is true.
    fn apply(&self, tx: &mut Tx<'_>, place: u64, record: &Record) -> Result<(), view::Error>;

    /// The same for records that follow each other, of which the first is at `first`: the outcome is
    /// that of one after the other, whatever they have in common and is looked up once. What is at
    /// hand as a fact is not in its record.
    fn apply_all(
        &self,
        tx: &mut Tx<'_>,
        first: u64,
        records: &[Written<Self::Fact>],
    ) -> Result<(), view::Error> {
        (first..).zip(records).try_for_each(|(place, one)| self.apply(tx, place, &one.record))
    }

    /// Whether a command may wait a moment for others to share its sync: who told it goes on
    /// meanwhile.
    fn is_patient(_command: &Self::Command) -> bool {
        false
    }

    /// Hears what was just written, from the place `first` on, before anybody can read it. For what
    /// a role keeps at hand of its own record; what it keeps is never the state. The bytes of each
    /// record are given beside it.
    fn written(&self, first: u64, records: Vec<Written<Self::Fact>>, bodies: &[Bytes]) {
        let _ = (first, records, bodies);
    }

    /// Hears that what was written can be read now.
    fn shown(&self) {}
}

/// Why there is no decision.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The rules say no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The view fails; the caller is told to try again later.
    #[error(transparent)]
    View(#[from] view::Error),
}

/// What is decided. Most decisions are one record; a bus takes many envelopes at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision<F = ()> {
    /// What to write, one record each; none when nothing changes.
    pub drafts: Vec<Draft<F>>,
    /// The answer to the request, as the role encodes it.
    pub answer: Vec<u8>,
}

/// A record to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft<F = ()> {
    /// What changes.
    pub change: Option<Change>,
    /// The same, not encoded yet; then `change` is none.
    pub fact: Option<F>,
    /// What is to be sent.
    pub outgoing: Vec<Outgoing>,
}

impl<F> Decision<F> {
    /// Nothing changes.
    pub fn unchanged(answer: Vec<u8>) -> Decision<F> {
        Decision { drafts: Vec::new(), answer }
    }
}

impl Decision {
    /// One change, with its answer and messages.
    pub fn change(kind: &str, data: Vec<u8>, outgoing: Vec<Outgoing>, answer: Vec<u8>) -> Decision {
        let change = Some(Change { kind: kind.to_owned(), data: data.into() });
        Decision { drafts: vec![Draft { change, outgoing, ..Draft::default() }], answer }
    }
}

/// An envelope before it has its number, time and source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Unique among what this role sends.
    pub id: EnvelopeId,
    /// What the body is.
    pub kind: String,
    /// The ordering key.
    pub subject: String,
    /// For whom; none: for the record.
    pub recipient: Option<Party>,
    /// The person who acted.
    pub actor: Option<PersonId>,
    /// For whom this role acts.
    pub on_behalf_of: Option<Party>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// 0 is ordinary.
    pub priority: u8,
    /// When, for what and instead of what.
    pub terms: Terms,
    /// The body.
    pub body: Vec<u8>,
}

impl Outgoing {
    /// An ordinary envelope with nothing but what every one has.
    pub fn new(id: EnvelopeId, subject: &str, (kind, body): (String, Vec<u8>)) -> Outgoing {
        Outgoing {
            id,
            kind,
            subject: subject.to_owned(),
            recipient: None,
            actor: None,
            on_behalf_of: None,
            traceparent: None,
            priority: 0,
            terms: Terms::default(),
            body,
        }
    }

    /// As it goes out.
    pub fn numbered(self, source: Party, number: u64, time: Moment) -> Envelope {
        Envelope {
            id: self.id,
            source,
            kind: self.kind,
            subject: self.subject,
            time,
            recipient: self.recipient,
            number,
            actor: self.actor,
            on_behalf_of: self.on_behalf_of,
            traceparent: self.traceparent,
            priority: self.priority,
            terms: self.terms,
            body: self.body,
        }
    }
}

/// On whose word a command stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The party of the connection.
    pub caller: Party,
    /// Its id of the request.
    pub request_id: RequestId,
    /// SHA-256 of the content.
    pub fingerprint: [u8; 32],
}

impl Asked {
    /// A request with this content. The method is part of it: requests of two methods may have the
    /// same bytes, and one must not get the other's answer.
    pub fn of(caller: Party, request_id: RequestId, method: &str, content: &impl Message) -> Asked {
        let content = [method.as_bytes(), &[0], &content.encode_to_vec()].concat();
        let fingerprint = Sha256::digest(content).into();
        Asked { caller, request_id, fingerprint }
    }
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// As the role encoded it.
    pub bytes: Vec<u8>,
    /// The place of the first record; for a repeat, of the first answer's. 0 when nothing changed.
    pub place: u64,
    /// How many records.
    pub count: u64,
    /// When it was decided.
    pub at: Moment,
    /// Whether this is the first answer once more.
    pub is_repeat: bool,
    /// The trace of what is sent for it, where that is known.
    pub trace: Option<TraceContext>,
}

/// Why a store does not open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The view.
    #[error(transparent)]
    View(#[from] view::Error),
    /// The file that says which incarnation of a log this is.
    #[error("{}: no incarnation; right would be one word of hexadecimal digits", .0.display())]
    Incarnation(std::path::PathBuf),
    /// The archive can't be where the settings say.
    #[error("the archive can't be in {}: {why}", path.display())]
    Archive {
        /// Where they say.
        path: std::path::PathBuf,
        /// Why not.
        why: String,
    },
    /// A record that this role can't read; the journal itself is sound.
    #[error("record {place} is not a record of this role: {why}")]
    Record {
        /// Its place.
        place: u64,
        /// Why.
        why: String,
    },
}

enum Work<C> {
    Command(Option<Asked>, C),
    Receive(Vec<Received>),
    Progress(Progress),
    Requeue(String),
    /// Nothing; but a view that has failed is made anew.
    Renew,
}

struct Waiting<C> {
    work: Work<C>,
    reply: oneshot::Sender<Result<Answer, Rejection>>,
}

type Reply = oneshot::Receiver<Result<Answer, Rejection>>;

fn gone() -> Rejection {
    Rejection::unavailable("STOPPING", "the service is stopping; try again")
}

/// The store of a role. Clones share it; the writer ends when the last one is gone.
pub struct Store<M: Machine> {
    shared: Arc<Shared<M>>,
    queue: mpsc::Sender<Waiting<M::Command>>,
}

impl<M: Machine> Clone for Store<M> {
    fn clone(&self) -> Self {
        Store { shared: Arc::clone(&self.shared), queue: self.queue.clone() }
    }
}

struct Shared<M> {
    machine: M,
    journal: Journal,
    held: Held,
    clock: Clock,
    stats: Stats,
    applied: watch::Sender<u64>,
    log_id: String,
    /// What keeping the house has come to.
    kept: Mutex<Kept>,
}

impl<M: Machine> Store<M> {
    /// Opens the store in `dir` (`journal/` and `view/`), catches its view up, starts its writer.
    /// Blocks while it reads; call it before serving.
    pub fn open(dir: &Path, machine: M, clock: Clock, stats: Stats) -> Result<Store<M>, Error> {
        Store::open_with(dir, machine, clock, stats, journal::Options::default())
    }

    /// The same with options of the journal, as where its archive is.
    pub fn open_with(
        dir: &Path,
        machine: M,
        clock: Clock,
        stats: Stats,
        options: journal::Options,
    ) -> Result<Store<M>, Error> {
        let journal = Journal::open(dir.join("journal"), options)?;
        let layout = (books::LAYOUT << 16) + M::LAYOUT;
        let origin = Origin::now(journal.identity().0, layout);
        let folder = dir.join("view");
        let mut view = View::open(&folder, &origin, journal.last())?;
        if view.upto() == 0 && snapshot::is_there(&folder) {
            drop(view);
            view = snapshot::make(&folder, &origin, &journal)?;
        }
        let (applied, _) = watch::channel(0);
        let held = Held::new(folder, origin, view);
        let log_id = incarnation::log_id(&journal, incarnation::read(dir)?.as_deref());
        let kept = Mutex::default();
        let shared =
            Arc::new(Shared { machine, journal, held, clock, stats, applied, log_id, kept });
        let place = writer::catch_up(&shared, &*shared.held.view()?)?;
        shared.applied.send_replace(place);
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(writer::run(Arc::clone(&shared), waiting));
        Ok(Store { shared, queue })
    }

    /// Asks for a decision; a repeat of the request gets the first answer.
    pub async fn execute(&self, asked: Asked, command: M::Command) -> Result<Answer, Rejection> {
        let answer = self.submit(Work::Command(Some(asked), command)).await?;
        trace::about(answer.trace);
        Ok(answer)
    }

    /// Tells what is idempotent by itself, and answers at once: with what will be the answer. It is
    /// decided after what was told before, also when nobody waits for that.
    pub async fn begin(
        &self,
        command: M::Command,
    ) -> Result<impl Future<Output = Result<Answer, Rejection>> + Send + use<M>, Rejection> {
        let reply = self.enqueue(Work::Command(None, command)).await?;
        Ok(async { reply.await.map_err(|_| gone())? })
    }

    /// Tells what is idempotent by itself.
    pub async fn tell(&self, command: M::Command) -> Result<Answer, Rejection> {
        self.submit(Work::Command(None, command)).await
    }

    /// Takes what came from the bus; what came before is passed over. On disk when this returns.
    pub async fn receive(&self, received: Vec<Received>) -> Result<(), Rejection> {
        self.submit(Work::Receive(received)).await.map(drop)
    }

    /// Notes how far the exchange with the bus is.
    pub async fn progress(&self, progress: Progress) -> Result<(), Rejection> {
        self.submit(Work::Progress(progress)).await.map(drop)
    }

    /// Publishes again all that was ever sent: the bus has lost it, and has this log now.
    pub async fn requeue(&self, log_id: String) -> Result<(), Rejection> {
        self.submit(Work::Requeue(log_id)).await.map(drop)
    }

    /// Tells many things in this order, without waiting for one before the next is told.
    pub async fn tell_all(&self, commands: Vec<M::Command>) -> Vec<Result<Answer, Rejection>> {
        let mut answers = Vec::with_capacity(commands.len());
        for command in commands {
            answers.push(self.enqueue(Work::Command(None, command)).await);
        }
        let answers =
            answers.into_iter().map(|answer| async { answer?.await.map_err(|_| gone())? });
        futures::future::join_all(answers).await
    }

    async fn submit(&self, work: Work<M::Command>) -> Result<Answer, Rejection> {
        self.enqueue(work).await?.await.map_err(|_| gone())?
    }

    async fn enqueue(&self, work: Work<M::Command>) -> Result<Reply, Rejection> {
        let (reply, answer) = oneshot::channel();
        // The bound is the backpressure: wait for room, the caller's deadline ends it.
        self.queue.send(Waiting { work, reply }).await.map_err(|_| gone())?;
        Ok(answer)
    }

    /// Reads the state as it is on disk.
    pub fn read<T>(
        &self,
        read: impl FnOnce(&Tx<'_>) -> Result<T, view::Error>,
    ) -> Result<T, Rejection> {
        self.look(read).map_err(|error| {
            tracing::error!(%error, "the view can't be read");
            renewal::refusal(&error)
        })
    }

    /// Reads; a view that can't be read is one for the writer to make anew.
    fn look<T>(
        &self,
        read: impl FnOnce(&Tx<'_>) -> Result<T, view::Error>,
    ) -> Result<T, view::Error> {
        let failed = match self.shared.held.view() {
            Ok(view) => match read(&Tx::new(&view)) {
                Ok(found) => return Ok(found),
                Err(error) => {
                    self.shared.held.lose(&view, &error);
                    error
                }
            },
            Err(away) => away,
        };
        let (reply, _nobody_waits) = oneshot::channel();
        // A queue that is full of work wakes the writer as well.
        drop(self.queue.try_send(Waiting { work: Work::Renew, reply }));
        Err(failed)
    }

    /// The last place whose effect can be read; changes as it grows.
    pub fn applied(&self) -> watch::Receiver<u64> {
        self.shared.applied.subscribe()
    }

    /// Which log this is: the journal, in hexadecimal digits, and its incarnation after a restore.
    pub fn journal_id(&self) -> String {
        self.shared.log_id.clone()
    }

    /// The rules.
    pub fn machine(&self) -> &M {
        &self.shared.machine
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The counters.
    pub fn stats(&self) -> &Stats {
        &self.shared.stats
    }

    /// The canonical dump of the view, and the place at which it was taken.
    pub fn dump(&self) -> Result<Dump, Error> {
        let view = self.shared.held.view()?;
        Ok((view.upto(), view.dump()?))
    }
}

/// A place, and all keys and values of a view at it.
pub type Dump = (u64, Vec<view::Pair>);

#[cfg(test)]
pub(crate) mod tests;
