//! The stream of a unit's changes: replayed from its journal, then as they come.
//!
//! What our own outage has moved is a change as any other: nobody looks at a clock that stands wrong.
//!
//! A record that changes several tasks is several answers. All but the last carry the place before
//! it, so that who resumes in the middle gets the record again and misses nothing.

use domain::{rejection::Rejection, task::Task};
use kit::{
    status::{internal, status},
    store::Store,
    tx::Tx,
};
use proto::unit::WatchTasksResponse;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::{
    desk::{Desk, task},
    wire,
};

/// How many records are read at once.
const BATCH: usize = 256;

pub(super) type Sender = mpsc::Sender<Result<WatchTasksResponse, Status>>;

/// Sends until the caller has gone or the service stops.
pub(super) async fn run(
    store: Store<Desk>,
    after_place: u64,
    sender: Sender,
    shutdown: CancellationToken,
) {
    let ended = tokio::select! {
        ended = follow(&store, after_place, &sender) => ended,
        () = sender.closed() => return,
        () = shutdown.cancelled() => {
            let message = "the service is stopping; resume from the last place";
            Err(status(Rejection::unavailable("STOPPING", message)))
        }
    };
    if let Err(status) = ended {
        let _full_or_gone = sender.try_send(Err(status));
    }
}

async fn follow(store: &Store<Desk>, mut place: u64, sender: &Sender) -> Result<(), Status> {
    let mut applied = store.applied();
    loop {
        let upto = *applied.borrow_and_update();
        while place < upto {
            let (from, reader) = (place, store.clone());
            let read = tokio::task::spawn_blocking(move || changes(&reader, from, upto));
            let (next, changes) = read.await.map_err(internal)??;
            for change in changes {
                if sender.send(Ok(change)).await.is_err() {
                    return Ok(());
                }
            }
            place = next;
        }
        if applied.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// The changes of the next records, and the place up to which they go.
fn changes(
    store: &Store<Desk>,
    after: u64,
    upto: u64,
) -> Result<(u64, Vec<WatchTasksResponse>), Status> {
    let (mut place, mut changes) = (after, Vec::new());
    let records = store.records_after(after, BATCH).map_err(internal)?;
    for (at, record) in records.into_iter().take_while(|(at, _)| *at <= upto) {
        let mut tasks: Vec<Task> = Vec::new();
        let touched = |tx: &Tx<'_>| store.machine().touched(tx, &record);
        for id in store.read(touched).map_err(status)? {
            tasks.extend(store.read(|tx| task(tx, &id)).map_err(status)?);
        }
        let last = tasks.len().saturating_sub(1);
        changes.extend(tasks.iter().enumerate().map(|(index, task)| WatchTasksResponse {
            place: if index == last { at } else { at - 1 },
            task: Some(wire::task_out(&store.machine().city.calendar, task)),
        }));
        place = at;
    }
    // A journal that ends before its own view can't be: do not turn in a circle.
    Ok((if place == after { upto } else { place }, changes))
}
