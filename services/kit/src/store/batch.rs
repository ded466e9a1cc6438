//! A batch of commands while it is decided: their records, what those change, and who is to be told.
//!
//! Each command is decided on what those before it have left, in this batch and in the one that is
//! still on its way to the disk. Nothing of it is seen outside before it is on disk.

use std::sync::Arc;

use domain::{moment::Moment, rejection::Rejection};
use prost::bytes::Bytes;
use proto::record::{Progress, Record, Request};
use tokio::sync::oneshot;

use super::{
    Answer, Asked, Decision, Fact, Machine, Refusal, Shared, Waiting, Work, Written, body, books,
    writer,
};
use crate::{
    stats::Counter,
    tx::{Changes, Tx},
    view::{self, View},
};

/// How many commands share one sync at most.
pub(super) const COMMANDS: usize = 256;
/// How many bytes of records share one sync before the rest waits for the next. One more command
/// may follow, and the journal takes 16 MiB at once: a large one must not fail its neighbours.
const BYTES: usize = 8 << 20;

/// Who waits for an answer, and what it will be.
pub(super) type Replies = Vec<(Reply, Result<Answer, Rejection>)>;
pub(super) type Reply = oneshot::Sender<Result<Answer, Rejection>>;

/// A batch that goes on.
pub(super) struct Batch<'v, F> {
    tx: Tx<'v>,
    first: u64,
    records: Vec<Written<F>>,
    bodies: Vec<Bytes>,
    bytes: usize,
    replies: Replies,
}

/// What it has come to.
pub(super) struct Decided<F> {
    pub first: u64,
    pub changes: Changes,
    pub records: Vec<Written<F>>,
    pub bodies: Vec<Bytes>,
    pub replies: Replies,
}

impl<'v, F: Fact> Batch<'v, F> {
    /// On a view, and on what is not in it yet.
    pub fn new(view: &'v View, below: Option<(Arc<Changes>, u64)>, last: u64) -> Batch<'v, F> {
        Batch {
            tx: Tx::over(view, below),
            first: last + 1,
            records: Vec::new(),
            bodies: Vec::new(),
            bytes: 0,
            replies: Vec::new(),
        }
    }

    /// Whether nobody has asked yet.
    pub fn is_empty(&self) -> bool {
        self.replies.is_empty()
    }

    /// Whether there is room for one more command.
    pub fn has_room(&self) -> bool {
        self.replies.len() < COMMANDS && self.bytes < BYTES
    }

    /// Ends it.
    pub fn close(self) -> Decided<F> {
        let Batch { tx, first, records, bodies, replies, .. } = self;
        Decided { first, changes: tx.into_changes(), records, bodies, replies }
    }

    fn next(&self) -> u64 {
        self.first + self.bodies.len() as u64
    }

    /// Decides one more; who has asked is told with all others. The view may fail, and with it the
    /// whole batch.
    pub fn take<M: Machine<Fact = F>>(
        &mut self,
        shared: &Shared<M>,
        Waiting { work, reply }: Waiting<M::Command>,
    ) -> Result<(), view::Error> {
        let (answer, failed) = match self.answer(shared, work) {
            Ok(answer) => (answer, None),
            Err(Refusal::Rejected(rejection)) => (Err(rejection), None),
            // What it is told in this case is for the writer to say.
            Err(Refusal::View(error)) => (Err(super::gone()), Some(error)),
        };
        self.replies.push((reply, answer));
        failed.map_or(Ok(()), Err)
    }

    fn answer<M: Machine<Fact = F>>(
        &mut self,
        shared: &Shared<M>,
        work: Work<M::Command>,
    ) -> Outcome {
        let now = shared.clock.now();
        match work {
            Work::Command(asked, command) => self.decide(shared, asked, command, now),
            Work::Receive(received) => {
                let all = received.len();
                let fresh = books::fresh(&self.tx, received)?;
                shared.stats.add(Counter::Duplicates, all - fresh.len());
                shared.stats.add(Counter::Applied, fresh.len());
                if fresh.is_empty() {
                    return Ok(Ok(unchanged(now, Vec::new())));
                }
                self.note(shared, Record { received: fresh, ..blank(now) }, now)
            }
            Work::Progress(progress) => {
                self.note(shared, Record { progress: Some(progress), ..blank(now) }, now)
            }
            Work::Renew => Ok(Ok(unchanged(now, Vec::new()))),
            Work::Requeue(log_id) => {
                let progress = Some(Progress { requeue: true, log_id, ..Progress::default() });
                self.note(shared, Record { progress, ..blank(now) }, now)
            }
        }
    }

    fn decide<M: Machine<Fact = F>>(
        &mut self,
        shared: &Shared<M>,
        asked: Option<Asked>,
        command: M::Command,
        now: Moment,
    ) -> Outcome {
        if let Some(asked) = &asked
            && let Some(first) = books::first_answer(&self.tx, asked)?
        {
            shared.stats.add(Counter::Duplicates, 1);
            let books::First { place, at, bytes } = first;
            return Ok(Ok(Answer { bytes, place, count: 1, at, is_repeat: true, trace: None }));
        }
        let Decision { drafts, answer } = shared.machine.decide(&self.tx, command, now)?;
        let mut request = asked.map(|asked| Request {
            caller: asked.caller.to_string(),
            request_id: asked.request_id.to_string(),
            fingerprint: asked.fingerprint.to_vec(),
            answer: answer.clone(),
        });
        let (first, count) = (self.next(), drafts.len() as u64);
        let mut outgoing = drafts.iter().flat_map(|draft| &draft.outgoing);
        let trace = outgoing.find_map(|one| one.traceparent.as_ref()?.parse().ok());
        let mut records = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let mut record = Record { request: request.take(), change: draft.change, ..blank(now) };
            if !draft.outgoing.is_empty() {
                // Its numbers go on from those of the drafts before it.
                self.push(shared, std::mem::take(&mut records))?;
                let source = shared.machine.party();
                let outgoing = books::numbered(&self.tx, &source, draft.outgoing, now)?;
                record.outgoing = outgoing.iter().map(proto::envelope::to_wire).collect();
            }
            records.push(Written { record, fact: draft.fact });
        }
        self.push(shared, records)?;
        let place = if count > 0 { first } else { 0 };
        Ok(Ok(Answer { place, count, trace, ..unchanged(now, answer) }))
    }

    fn note<M: Machine<Fact = F>>(
        &mut self,
        shared: &Shared<M>,
        record: Record,
        now: Moment,
    ) -> Outcome {
        let place = self.next();
        self.push(shared, vec![record.into()])?;
        Ok(Ok(Answer { place, count: 1, ..unchanged(now, Vec::new()) }))
    }

    fn push<M: Machine<Fact = F>>(
        &mut self,
        shared: &Shared<M>,
        records: Vec<Written<F>>,
    ) -> Result<(), view::Error> {
        let first = self.next();
        writer::apply(shared, &mut self.tx, first, &records)?;
        let bodies = body::encoded(&records);
        self.bytes += bodies.iter().map(Bytes::len).sum::<usize>();
        self.bodies.extend(bodies);
        self.records.extend(records);
        Ok(())
    }
}

/// An answer, or why there is none.
type Outcome = Result<Result<Answer, Rejection>, Refusal>;

fn blank(now: Moment) -> Record {
    Record { at_ms: now.0, ..Record::default() }
}

fn unchanged(at: Moment, bytes: Vec<u8>) -> Answer {
    Answer { bytes, place: 0, count: 0, at, is_repeat: false, trace: None }
}
