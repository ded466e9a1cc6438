//! The view of a running store: lent to those who read, and made anew when it fails.
//!
//! A view fails when its disk does, and most often because the disk is full: then it is dropped,
//! which makes room, and filled again from the journal. Nobody reads it before it is whole. While
//! there is none the store refuses, for a second at a time, and tries again; it never ends for it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use domain::rejection::Rejection;
use tokio::time::Instant;

use super::{Error, Machine, Shared, snapshot, writer};
use crate::{
    status::RETRY,
    view::{self, Origin, View},
};

/// The view, or that there is none now.
#[derive(Debug)]
pub(super) struct Held {
    dir: PathBuf,
    origin: Origin,
    state: RwLock<State>,
}

#[derive(Clone, Debug)]
enum State {
    Whole(Arc<View>),
    /// It failed, for this reason, and is not made anew before that moment.
    Away(Instant, Rejection),
}

impl Held {
    /// Holds a view that is whole.
    pub(super) fn new(dir: PathBuf, origin: Origin, view: View) -> Held {
        Held { dir, origin, state: RwLock::new(State::Whole(Arc::new(view))) }
    }

    /// Where it is.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What it belongs to.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The view, to read.
    pub(super) fn view(&self) -> Result<Arc<View>, view::Error> {
        match self.state() {
            State::Whole(view) => Ok(view),
            State::Away(_, why) => Err(view::Error::Away(Box::new(why))),
        }
    }

    /// Whether this is the view, and not one that has failed.
    pub(super) fn is_held(&self, view: &Arc<View>) -> bool {
        matches!(self.state(), State::Whole(held) if Arc::ptr_eq(&held, view))
    }

    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// This view has failed: nobody reads it any more. One that was made anew since then stays.
    pub(super) fn lose(&self, failed: &Arc<View>, why: &view::Error) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*state, State::Whole(view) if Arc::ptr_eq(view, failed)) {
            tracing::error!(dir = %self.dir.display(), error = %why, "the view has failed");
            *state = State::Away(Instant::now(), refusal(why));
        }
    }
}

/// The view, to write; where it has failed, a new one with all that the journal has.
pub(super) async fn whole<M: Machine>(shared: &Arc<Shared<M>>) -> Result<Arc<View>, Error> {
    match shared.held.state() {
        State::Whole(view) => Ok(view),
        State::Away(until, why) if Instant::now() < until => {
            Err(view::Error::Away(Box::new(why)).into())
        }
        State::Away(..) => {
            let renewed = renew(shared).await;
            if let Err(Error::View(error)) = &renewed {
                shared.held.set(State::Away(Instant::now() + RETRY, refusal(error)));
            }
            renewed
        }
    }
}

async fn renew<M: Machine>(shared: &Arc<Shared<M>>) -> Result<Arc<View>, Error> {
    let shared = Arc::clone(shared);
    let renewing = tokio::task::spawn_blocking(move || {
        let Held { dir, origin, .. } = &shared.held;
        let view = Arc::new(snapshot::make(dir, origin, &shared.journal)?);
        let place = writer::catch_up(&shared, &view)?;
        shared.held.set(State::Whole(Arc::clone(&view)));
        shared.applied.send_replace(place);
        shared.machine.shown();
        Ok(view)
    });
    // A panic in sled is one more way for a view to fail.
    renewing.await.unwrap_or_else(|_| Err(view::Error::Panicked.into()))
}

/// What is said while there is no view. What was asked may be on disk: a repeat finds it.
pub(super) fn refusal(error: &view::Error) -> Rejection {
    let source = match error {
        view::Error::Away(why) => return Rejection::clone(why),
        view::Error::Sled(sled::Error::Io(source)) | view::Error::Make { source, .. } => source,
        _ => {
            return Rejection::unavailable("VIEW_FAILED", "the state can't be read now; try again");
        }
    };
    if source.kind() == io::ErrorKind::StorageFull {
        let message = "the disk is full: the state can't be kept; make room, and repeat this";
        return Rejection::unavailable("DISK_FULL", message);
    }
    Rejection::unavailable("VIEW_FAILED", "the state can't be kept now; try again")
}
