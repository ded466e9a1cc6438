//! The clerk of a unit: replies to what its registers can answer, ends questions unanswered, and
//! deletes telephone numbers whose retention is over.
//!
//! What is to be done is in the view since the question was journalled, so a unit that was killed in
//! between goes on where it was; both decisions look at the question again and change nothing that
//! is settled. It runs beside the desk and never in its way. It does not speak to the bus.

use std::time::Duration;

use domain::{moment::Moment, rejection::Rejection};
use kit::{outbox::Backoff, store::Store};
use tokio_util::sync::CancellationToken;

use crate::{
    desk::{
        Command, Desk, contact,
        question::{by_deadline, to_reply},
    },
    vault::Vault,
};

/// How many questions are taken at once.
const BATCH: usize = 100;
/// The clock is looked at again after this while anything waits: it may be set meanwhile.
const GLANCE: Duration = Duration::from_millis(500);

/// Runs until the token is cancelled.
pub(crate) async fn run(store: Store<Desk>, vault: Vault, shutdown: CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = working(&store, &vault) => {}
    }
}

async fn working(store: &Store<Desk>, vault: &Vault) {
    let mut applied = store.applied();
    let mut backoff = Backoff::default();
    loop {
        applied.borrow_and_update();
        match work(store, vault).await {
            Ok(next) => {
                backoff = Backoff::default();
                if !pause(store, next, &mut applied).await {
                    return;
                }
            }
            Err(rejection) => {
                let unit = &store.machine().unit;
                tracing::warn!(%unit, %rejection, "questions wait");
                backoff.wait().await;
            }
        }
    }
}

/// Does all that can be done now; says when the next deadline is.
async fn work(store: &Store<Desk>, vault: &Vault) -> Result<Option<Moment>, Rejection> {
    let (asked, kept) = (questions(store).await?, numbers(store, vault).await?);
    Ok([asked, kept].into_iter().flatten().min())
}

/// Deletes the telephone numbers whose retention is over; says when the next one's is.
async fn numbers(store: &Store<Desk>, vault: &Vault) -> Result<Option<Moment>, Rejection> {
    loop {
        let now = store.clock().now();
        let kept = store.read(|tx| contact::by_deadline(tx, BATCH))?;
        let next = kept.iter().map(|(until, ..)| *until).find(|until| *until > now);
        let over: Vec<_> = kept.into_iter().filter(|(until, ..)| *until <= now).collect();
        if over.is_empty() {
            return Ok(next);
        }
        // First it is gone, then that is said.
        for (_, id, slot) in &over {
            vault.delete(slot).map_err(|error| {
                Rejection::unavailable("STORE", format!("the number of {id} stays: {error}"))
            })?;
        }
        let commands = over.into_iter().map(|(_, id, _)| Command::EraseContact(id)).collect();
        tell(store, commands).await?;
    }
}

/// Replies to questions, and ends those that are over; says when the next one is.
async fn questions(store: &Store<Desk>) -> Result<Option<Moment>, Rejection> {
    loop {
        let questions = store.read(|tx| to_reply(tx, BATCH))?;
        if questions.is_empty() {
            break;
        }
        let commands = questions.into_iter().map(Command::ReplyItself).collect();
        tell(store, commands).await?;
    }
    loop {
        let now = store.clock().now();
        let open = store.read(|tx| by_deadline(tx, BATCH))?;
        let next = open.iter().map(|(deadline, _)| *deadline).find(|deadline| *deadline >= now);
        let over = open.into_iter().filter(|(deadline, _)| *deadline < now);
        let commands: Vec<Command> = over.map(|(_, id)| Command::EndUnanswered(id)).collect();
        if commands.is_empty() {
            return Ok(next);
        }
        tell(store, commands).await?;
    }
}

async fn tell(store: &Store<Desk>, commands: Vec<Command>) -> Result<(), Rejection> {
    store.tell_all(commands).await.into_iter().try_for_each(|answer| answer.map(drop))
}

/// Waits for a change of the view or for the deadline; whether there is anything to wait for.
async fn pause(
    store: &Store<Desk>,
    next: Option<Moment>,
    applied: &mut tokio::sync::watch::Receiver<u64>,
) -> bool {
    let Some(deadline) = next else { return applied.changed().await.is_ok() };
    let left = deadline.since(store.clock().now()) + Duration::from_millis(1);
    tokio::select! {
        changed = applied.changed() => changed.is_ok(),
        () = tokio::time::sleep(left.min(GLANCE)) => true,
    }
}
