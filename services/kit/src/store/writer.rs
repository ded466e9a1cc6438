//! The one writer of a store: decides a batch while the one before it is synced, then hands it over.
//!
//! One batch is on its way to the disk, the next one grows meanwhile on what that one will have left.
//! When the first has landed, the view takes it in and its commands are answered; if it is refused,
//! so is the one that was decided on it. What nobody is in a hurry for waits a moment for company, so
//! that a sync serves more.
//!
//! After a sync that failed it takes nothing more; the role is restarted by its supervisor, which
//! reads what the disk really has. A view that failed is made anew, see `renewal`: what is in the
//! journal by then is answered as if nothing had happened.

use std::{sync::Arc, time::Duration};

use domain::rejection::Rejection;
use journal::{Appended, Appending};
use prost::{Message, bytes::Bytes};
use proto::record::Record;
use tokio::{sync::mpsc, time::Instant};

use super::{
    Error, Machine, Shared, Waiting, Work, Written,
    batch::{Batch, COMMANDS, Decided, Replies, Reply},
    books, renewal,
};
use crate::{
    stats::Counter,
    tx::{Changes, Tx},
    view::{self, View},
};

/// How many records are folded before the view commits, when it catches up.
const STRIDE: usize = 1_000;
/// And how many bytes of them; one more may follow.
const STRIDE_BYTES: usize = 4 << 20;
/// How long what nobody is in a hurry for waits for company.
const PATIENCE: Duration = Duration::from_millis(1);

/// Folds what the journal has beyond the view; answers the last place.
pub(super) fn catch_up<M: Machine>(shared: &Shared<M>, view: &View) -> Result<u64, Error> {
    let mut place = view.upto();
    let mut scan = shared.journal.scan(place + 1);
    loop {
        let mut records = Vec::with_capacity(STRIDE);
        let mut bytes = 0;
        while records.len() < STRIDE
            && bytes < STRIDE_BYTES
            && let Some(found) = scan.next().transpose()?
        {
            bytes += found.body.len();
            records.push(decode(found.place, found.body)?.into());
        }
        if records.is_empty() {
            return Ok(place);
        }
        let mut tx = Tx::new(view);
        apply(shared, &mut tx, place + 1, &records)?;
        place += records.len() as u64;
        view.commit(tx.into_changes(), place)?;
    }
}

pub(super) fn decode(place: u64, body: Vec<u8>) -> Result<Record, Error> {
    // From shared bytes, so that what is kept of it as bytes is not copied.
    Record::decode(Bytes::from(body)).map_err(|e| Error::Record { place, why: e.to_string() })
}

/// Folds records that follow each other.
pub(super) fn apply<M: Machine>(
    shared: &Shared<M>,
    tx: &mut Tx<'_>,
    first: u64,
    records: &[Written<M::Fact>],
) -> Result<(), view::Error> {
    let Some(last) = records.len().checked_sub(1) else { return Ok(()) };
    for (place, one) in (first..).zip(records) {
        books::apply(tx, place, &one.record)?;
    }
    shared.machine.apply_all(tx, first, records)?;
    tx.took(first + last as u64);
    Ok(())
}

/// Runs until every handle of the store is gone.
pub(super) async fn run<M: Machine>(
    shared: Arc<Shared<M>>,
    queue: mpsc::Receiver<Waiting<M::Command>>,
) {
    let mut writer =
        Writer { shared, queue, patient: Vec::new(), until: Instant::now(), is_open: true };
    let mut flight = None;
    while writer.is_open || flight.is_some() || !writer.patient.is_empty() {
        match writer.turn(flight).await {
            Ok(next) => flight = next,
            Err(error) => {
                tracing::error!(%error, "the store takes nothing more");
                return;
            }
        }
    }
    let shared = writer.shared;
    let closing = tokio::task::spawn_blocking(move || shared.journal.close());
    if let Ok(Err(error)) = closing.await {
        tracing::error!(%error, "the journal did not close well");
    }
}

struct Writer<M: Machine> {
    shared: Arc<Shared<M>>,
    queue: mpsc::Receiver<Waiting<M::Command>>,
    /// Those that wait for company, and how long.
    patient: Vec<Waiting<M::Command>>,
    until: Instant,
    is_open: bool,
}

/// A batch on its way to the disk.
struct Flight<F> {
    view: Arc<View>,
    first: u64,
    count: usize,
    changes: Arc<Changes>,
    records: Vec<Written<F>>,
    bodies: Vec<Bytes>,
    replies: Replies,
    appending: Appending,
}

impl<F> Flight<F> {
    fn last(&self) -> u64 {
        self.first + self.count as u64 - 1
    }
}

type Landed = Result<Appended, journal::Error>;

/// The next batch on its way.
type Turned<M> = Result<Option<Flight<<M as Machine>::Fact>>, Error>;

impl<M: Machine> Writer<M> {
    /// Decides a batch, sees the one before it landed, and hands it over.
    async fn turn(&mut self, mut flight: Option<Flight<M::Fact>>) -> Turned<M> {
        let is_lost = |flight: &Flight<M::Fact>| !self.shared.held.is_held(&flight.view);
        if flight.as_ref().is_some_and(is_lost) {
            // The next view is made of what is on disk.
            see_landed(&self.shared, flight.take(), None).await?;
        }
        let view = match &flight {
            Some(flight) => Arc::clone(&flight.view),
            None => match self.view().await? {
                Some(view) => view,
                None => return Ok(None),
            },
        };
        let below = flight.as_ref().map(|flight| (Arc::clone(&flight.changes), flight.last()));
        let last = flight.as_ref().map_or_else(|| self.shared.journal.last(), Flight::last);
        let mut batch = Batch::new(&view, below, last);
        let gathered = self.gather(&mut batch, &mut flight).await;
        let decided = batch.close();
        let landed = match gathered {
            Ok(landed) => landed,
            Err(error) => {
                self.shared.held.lose(&view, &error);
                without_view(decided.replies.into_iter().map(|(reply, _)| reply), &error);
                see_landed(&self.shared, flight, None).await?;
                return Ok(None);
            }
        };
        match see_landed(&self.shared, flight, landed).await? {
            Some(rejection) => {
                refuse(decided.replies, &rejection);
                Ok(None)
            }
            None => hand_over(&self.shared, view, decided).await,
        }
    }

    /// Waits for a command, and then for a view to decide it on; none when there is one of them not.
    async fn view(&mut self) -> Result<Option<Arc<View>>, Error> {
        if self.patient.is_empty() && !self.receive().await {
            return Ok(None);
        }
        match renewal::whole(&self.shared).await {
            Ok(view) => Ok(Some(view)),
            Err(Error::View(error)) => {
                self.refuse_waiting(&error);
                Ok(None)
            }
            Err(fatal) => Err(fatal),
        }
    }

    /// Waits for the first command; false when there will be none.
    async fn receive(&mut self) -> bool {
        let received = self.queue.recv().await;
        self.is_open = received.is_some();
        self.until = Instant::now() + PATIENCE;
        self.patient.extend(received);
        self.is_open
    }

    /// Takes commands into the batch while the one before it is on its way, or as long as they come.
    async fn gather(
        &mut self,
        batch: &mut Batch<'_, M::Fact>,
        flight: &mut Option<Flight<M::Fact>>,
    ) -> Result<Option<Landed>, view::Error> {
        if self.patient.iter().any(|waiting| !is_patient::<M>(&waiting.work)) {
            self.hurry(batch)?;
        }
        loop {
            let has_room = batch.has_room() && self.patient.len() < COMMANDS;
            let is_calm = batch.is_empty() && self.is_open && has_room;
            if flight.is_none() && !is_calm && (self.queue.is_empty() || !has_room) {
                self.hurry(batch)?;
                return Ok(None);
            }
            tokio::select! {
                biased;
                landed = landing(flight), if flight.is_some() => return Ok(Some(landed)),
                received = self.queue.recv(), if self.is_open && has_room => match received {
                    Some(waiting) => self.take(batch, waiting)?,
                    None => self.is_open = false,
                },
                () = tokio::time::sleep_until(self.until), if flight.is_none() => {
                    self.hurry(batch)?;
                    return Ok(None);
                }
            }
        }
    }

    /// Decides one more, or lets it wait for company.
    fn take(
        &mut self,
        batch: &mut Batch<'_, M::Fact>,
        waiting: Waiting<M::Command>,
    ) -> Result<(), view::Error> {
        if batch.is_empty() && is_patient::<M>(&waiting.work) {
            if self.patient.is_empty() {
                self.until = Instant::now() + PATIENCE;
            }
            self.patient.push(waiting);
            return Ok(());
        }
        self.hurry(batch)?;
        batch.take(&self.shared, waiting)
    }

    /// Those that waited for company have it, or waited long enough.
    fn hurry(&mut self, batch: &mut Batch<'_, M::Fact>) -> Result<(), view::Error> {
        let mut patient = std::mem::take(&mut self.patient).into_iter();
        let taken = patient.by_ref().try_for_each(|waiting| batch.take(&self.shared, waiting));
        // Where the view has failed, the others are asked of the next one.
        self.patient.extend(patient);
        taken
    }

    /// Nobody can be answered without a view.
    fn refuse_waiting(&mut self, error: &view::Error) {
        let waiting = std::iter::from_fn(|| self.queue.try_recv().ok()).take(COMMANDS);
        let waiting = self.patient.drain(..).chain(waiting).collect::<Vec<_>>();
        without_view(waiting.into_iter().map(|waiting| waiting.reply), error);
    }
}

/// Hands a batch over to the journal; one that changes nothing is answered at once.
async fn hand_over<M: Machine>(
    shared: &Arc<Shared<M>>,
    view: Arc<View>,
    decided: Decided<M::Fact>,
) -> Turned<M> {
    let Decided { first, changes, records, bodies, replies } = decided;
    let count = bodies.len();
    if count == 0 {
        answer_all(replies);
        return Ok(None);
    }
    match shared.journal.begin(bodies.clone()).await {
        Ok(appending) => {
            let changes = Arc::new(changes);
            Ok(Some(Flight { view, first, count, changes, records, bodies, replies, appending }))
        }
        Err(error) => refused(replies, error).map(|_| None),
    }
}

/// Waits until a batch is on disk, where that is not known yet, and then shows and answers it;
/// says why it was refused.
async fn see_landed<M: Machine>(
    shared: &Arc<Shared<M>>,
    flight: Option<Flight<M::Fact>>,
    landed: Option<Landed>,
) -> Result<Option<Rejection>, Error> {
    let Some(mut flight) = flight else { return Ok(None) };
    let landed = match landed {
        Some(landed) => landed,
        None => flight.appending.done().await,
    };
    if let Err(error) = landed {
        return refused(flight.replies, error).map(Some);
    }
    let last = flight.last();
    let Flight { view, first, count, changes, records, bodies, replies, .. } = flight;
    shared.stats.add(Counter::Records, count);
    shared.machine.written(first, records, &bodies);
    drop(bodies);
    let changes = Arc::try_unwrap(changes).unwrap_or_else(|changes| (*changes).clone());
    if let Err(error) = view.commit(changes, last) {
        shared.held.lose(&view, &error);
        drop(view);
        failed_late(shared, replies).await?;
        return Ok(None);
    }
    shared.applied.send_replace(last);
    shared.machine.shown();
    answer_all(replies);
    Ok(None)
}

/// The records are on disk and the view is not: with a new view, which has them, the answers hold.
async fn failed_late<M: Machine>(shared: &Arc<Shared<M>>, replies: Replies) -> Result<(), Error> {
    match renewal::whole(shared).await {
        Ok(_) => answer_all(replies),
        Err(Error::View(error)) => {
            without_view(replies.into_iter().map(|(reply, _)| reply), &error);
        }
        Err(fatal) => return Err(fatal),
    }
    Ok(())
}

/// Completes when the batch is on disk, or is not.
async fn landing<F>(flight: &mut Option<Flight<F>>) -> Landed {
    match flight {
        Some(flight) => flight.appending.done().await,
        None => std::future::pending().await,
    }
}

/// Whether nobody is in a hurry for it. How far an exchange is may be forgotten and found out again.
fn is_patient<M: Machine>(work: &Work<M::Command>) -> bool {
    match work {
        Work::Command(None, command) => M::is_patient(command),
        Work::Progress(_) => true,
        _ => false,
    }
}

fn answer_all(replies: Replies) {
    for (reply, answer) in replies {
        let _gone = reply.send(answer);
    }
}

fn without_view(replies: impl Iterator<Item = Reply>, error: &view::Error) {
    for reply in replies {
        let _gone = reply.send(Err(renewal::refusal(error)));
    }
}

fn refuse(replies: Replies, rejection: &Rejection) {
    for (reply, _) in replies {
        let _gone = reply.send(Err(rejection.clone()));
    }
}

/// Nothing of the batch is kept. A full disk passes; anything else ends the writer.
fn refused(replies: Replies, error: journal::Error) -> Result<Rejection, Error> {
    let rejection = match &error {
        journal::Error::DiskFull => {
            Rejection::unavailable("DISK_FULL", "the disk is full: nothing was taken; make room")
        }
        journal::Error::TooLarge { bytes, limit } => {
            let message = format!("{bytes} bytes are more than the {limit} that a record may have");
            Rejection::invalid("TOO_LARGE", "", message)
        }
        _ => Rejection::unavailable("JOURNAL_FAILED", "the record can't be written now"),
    };
    refuse(replies, &rejection);
    match error {
        journal::Error::DiskFull | journal::Error::TooLarge { .. } => Ok(rejection),
        fatal => Err(fatal.into()),
    }
}
