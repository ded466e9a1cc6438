//! The one writer of a store: decides a batch, syncs once, commits, answers.
//!
//! After a sync that failed it takes nothing more; the role is restarted by its supervisor, which
//! reads what the disk really has. A view that failed is made anew, see `renewal`: what is in the
//! journal by then is answered as if nothing had happened.

use std::sync::Arc;

use domain::{moment::Moment, rejection::Rejection};
use prost::{Message, bytes::Bytes};
use proto::record::{Progress, Record, Request};
use tokio::sync::{mpsc, oneshot};

use super::{
    Answer, Asked, Decision, Error, Machine, Refusal, Shared, Waiting, Work, books, renewal,
};
use crate::{
    stats::Counter,
    tx::Tx,
    view::{self, View},
};

/// How many commands share one sync at most.
const BATCH: usize = 256;
/// How many bytes of records share one sync before the rest waits for the next. One more command
/// may follow, and the journal takes 16 MiB at once: a large one must not fail its neighbours.
const BATCH_BYTES: usize = 8 << 20;
/// How many records are folded before the view commits, when it catches up.
const STRIDE: usize = 1_000;

type Reply = oneshot::Sender<Result<Answer, Rejection>>;

/// Folds what the journal has beyond the view; answers the last place.
pub(super) fn catch_up<M: Machine>(shared: &Shared<M>, view: &View) -> Result<u64, Error> {
    let mut place = view.upto();
    let mut scan = shared.journal.scan(place + 1);
    loop {
        let mut tx = Tx::new(view);
        let before = place;
        for found in scan.by_ref().take(STRIDE) {
            let found = found?;
            apply(shared, &mut tx, found.place, &decode(found.place, found.body)?)?;
            place = found.place;
        }
        if place == before {
            return Ok(place);
        }
        view.commit(tx.into_changes(), place)?;
    }
}

pub(super) fn decode(place: u64, body: Vec<u8>) -> Result<Record, Error> {
    // From shared bytes, so that what is kept of it as bytes is not copied.
    Record::decode(Bytes::from(body)).map_err(|e| Error::Record { place, why: e.to_string() })
}

fn apply<M: Machine>(
    shared: &Shared<M>,
    tx: &mut Tx<'_>,
    place: u64,
    record: &Record,
) -> Result<(), crate::view::Error> {
    books::apply(tx, place, record)?;
    shared.machine.apply(tx, place, record)?;
    tx.took(place);
    Ok(())
}

/// Runs until every handle of the store is gone.
pub(super) async fn run<M: Machine>(
    shared: Arc<Shared<M>>,
    mut waiting: mpsc::Receiver<Waiting<M::Command>>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let mut works = std::mem::take(&mut batch).into_iter();
        while works.len() > 0 {
            if let Err(error) = write(&shared, &mut works).await {
                tracing::error!(%error, "the store takes nothing more");
                return;
            }
        }
    }
    let closing = tokio::task::spawn_blocking(move || shared.journal.close());
    if let Ok(Err(error)) = closing.await {
        tracing::error!(%error, "the journal did not close well");
    }
}

/// A batch while it is decided.
struct Batch<'v> {
    tx: Tx<'v>,
    next: u64,
    bodies: Vec<Vec<u8>>,
    records: Vec<Record>,
    bytes: usize,
    replies: Vec<(Reply, Result<Answer, Rejection>)>,
}

/// Writes as many as share one sync; the others stay in `works`.
async fn write<M: Machine>(
    shared: &Arc<Shared<M>>,
    works: &mut std::vec::IntoIter<Waiting<M::Command>>,
) -> Result<(), Error> {
    let view = match renewal::whole(shared).await {
        Ok(view) => view,
        Err(Error::View(error)) => {
            without_view(works.map(|waiting| waiting.reply), &error);
            return Ok(());
        }
        Err(fatal) => return Err(fatal),
    };
    let next = shared.journal.last() + 1;
    let tx = Tx::new(&view);
    let mut batch =
        Batch { tx, next, bodies: Vec::new(), records: Vec::new(), bytes: 0, replies: Vec::new() };
    for Waiting { work, reply } in works {
        let answer = match one(shared, &mut batch, work) {
            Ok(answer) => answer,
            Err(Refusal::Rejected(rejection)) => Err(rejection),
            Err(Refusal::View(error)) => {
                shared.held.lose(&view, &error);
                let replies = batch.replies.into_iter().map(|(reply, _)| reply);
                without_view(replies.chain([reply]), &error);
                return Ok(());
            }
        };
        batch.replies.push((reply, answer));
        if batch.bytes >= BATCH_BYTES {
            break;
        }
    }
    let Batch { tx, bodies, records, replies, .. } = batch;
    if bodies.is_empty() {
        answer_all(replies);
        return Ok(());
    }
    let count = bodies.len();
    let last = match shared.journal.append(bodies).await {
        Ok(appended) => appended.last(),
        Err(error) => return refuse_all(replies, error),
    };
    shared.stats.add(Counter::Records, count);
    shared.machine.written(next, records);
    let committed = view.commit(tx.into_changes(), last);
    if let Err(error) = committed {
        shared.held.lose(&view, &error);
        drop(view);
        return failed_late(shared, replies).await;
    }
    shared.applied.send_replace(last);
    answer_all(replies);
    Ok(())
}

/// The records are on disk and the view is not: with a new view, which has them, the answers hold.
async fn failed_late<M: Machine>(
    shared: &Arc<Shared<M>>,
    replies: Vec<(Reply, Result<Answer, Rejection>)>,
) -> Result<(), Error> {
    match renewal::whole(shared).await {
        Ok(_) => answer_all(replies),
        Err(Error::View(error)) => {
            without_view(replies.into_iter().map(|(reply, _)| reply), &error);
        }
        Err(fatal) => return Err(fatal),
    }
    Ok(())
}

fn answer_all(replies: Vec<(Reply, Result<Answer, Rejection>)>) {
    for (reply, answer) in replies {
        let _gone = reply.send(answer);
    }
}

fn without_view(replies: impl Iterator<Item = Reply>, error: &view::Error) {
    for reply in replies {
        let _gone = reply.send(Err(renewal::refusal(error)));
    }
}

/// Nothing of the batch is kept. A full disk passes; anything else ends the writer.
fn refuse_all(
    replies: Vec<(Reply, Result<Answer, Rejection>)>,
    error: journal::Error,
) -> Result<(), Error> {
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
    for (reply, _) in replies {
        let _gone = reply.send(Err(rejection.clone()));
    }
    match error {
        journal::Error::DiskFull | journal::Error::TooLarge { .. } => Ok(()),
        fatal => Err(fatal.into()),
    }
}

type Decided = Result<Result<Answer, Rejection>, Refusal>;

fn one<M: Machine>(shared: &Shared<M>, batch: &mut Batch<'_>, work: Work<M::Command>) -> Decided {
    let now = shared.clock.now();
    match work {
        Work::Command(asked, command) => decide(shared, batch, asked, command, now),
        Work::Receive(received) => {
            let all = received.len();
            let fresh = books::fresh(&batch.tx, received)?;
            shared.stats.add(Counter::Duplicates, all - fresh.len());
            shared.stats.add(Counter::Applied, fresh.len());
            if fresh.is_empty() {
                return Ok(Ok(unchanged(now, Vec::new())));
            }
            record(shared, batch, Record { received: fresh, ..blank(now) }, now)
        }
        Work::Progress(progress) => {
            record(shared, batch, Record { progress: Some(progress), ..blank(now) }, now)
        }
        Work::Renew => Ok(Ok(unchanged(now, Vec::new()))),
        Work::Requeue(log_id) => {
            let progress = Some(Progress { requeue: true, log_id, ..Progress::default() });
            record(shared, batch, Record { progress, ..blank(now) }, now)
        }
    }
}

fn blank(now: Moment) -> Record {
    Record { at_ms: now.0, ..Record::default() }
}

fn unchanged(at: Moment, bytes: Vec<u8>) -> Answer {
    Answer { bytes, place: 0, count: 0, at, is_repeat: false }
}

fn record<M: Machine>(
    shared: &Shared<M>,
    batch: &mut Batch<'_>,
    record: Record,
    now: Moment,
) -> Decided {
    let place = push(shared, batch, record)?;
    Ok(Ok(Answer { place, count: 1, ..unchanged(now, Vec::new()) }))
}

fn push<M: Machine>(
    shared: &Shared<M>,
    batch: &mut Batch<'_>,
    record: Record,
) -> Result<u64, Refusal> {
    let place = batch.next;
    apply(shared, &mut batch.tx, place, &record)?;
    let body = record.encode_to_vec();
    batch.bytes += body.len();
    batch.bodies.push(body);
    batch.records.push(record);
    batch.next += 1;
    Ok(place)
}

fn decide<M: Machine>(
    shared: &Shared<M>,
    batch: &mut Batch<'_>,
    asked: Option<Asked>,
    command: M::Command,
    now: Moment,
) -> Decided {
    if let Some(asked) = &asked
        && let Some(first) = books::first_answer(&batch.tx, asked)?
    {
        shared.stats.add(Counter::Duplicates, 1);
        let books::First { place, at, bytes } = first;
        return Ok(Ok(Answer { bytes, place, count: 1, at, is_repeat: true }));
    }
    let Decision { drafts, answer } = shared.machine.decide(&batch.tx, command, now)?;
    let mut request = asked.map(|asked| Request {
        caller: asked.caller.to_string(),
        request_id: asked.request_id.to_string(),
        fingerprint: asked.fingerprint.to_vec(),
        answer: answer.clone(),
    });
    let first = batch.next;
    for draft in drafts {
        let source = shared.machine.party();
        let outgoing = books::numbered(&batch.tx, &source, draft.outgoing, now)?;
        let record = Record {
            request: request.take(),
            change: draft.change,
            outgoing: outgoing.iter().map(proto::envelope::to_wire).collect(),
            ..blank(now)
        };
        push(shared, batch, record)?;
    }
    let count = batch.next - first;
    let place = if count > 0 { first } else { 0 };
    Ok(Ok(Answer { place, count, ..unchanged(now, answer) }))
}
