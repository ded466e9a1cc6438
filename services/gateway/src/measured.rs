//! What the gateway knows of the city's cases for its operators: how many are open by stage, and how
//! much is overdue by who owes it; who owes something that is not over has a zero.
//!
//! It is looked at from time to time and answered from memory. It rests a hundred times as long as a look
//! took: it is at most a hundredth of what the gateway does. No value names a case or a person.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::{case::Stage, party::Party, rejection::Rejection};
use kit::{
    metrics::{Metric, PARTY, STAGE, Say, Source},
    store::Store,
    view,
};

use crate::{
    catalog::{self, Shelf},
    door::Door,
    dues::Dues,
};

/// How long it rests at least.
const REST: Duration = Duration::from_secs(5);

/// The cases as they were seen last.
pub(crate) struct Measured {
    store: Store<Door>,
    dues: Dues,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    open: Vec<(Stage, u64)>,
    overdue: BTreeMap<Arc<Party>, u64>,
}

impl Measured {
    /// Of this store; nothing is seen yet.
    pub(crate) fn new(store: Store<Door>, dues: Dues) -> Measured {
        Measured { store, dues, seen: Mutex::default() }
    }

    /// Looks on, until it is dropped.
    pub(crate) async fn look_on(self: Arc<Self>) -> Infallible {
        loop {
            let (ours, begun) = (Arc::clone(&self), Instant::now());
            let looked = tokio::task::spawn_blocking(move || ours.look()).await;
            match looked {
                Ok(Ok(seen)) => *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen,
                Ok(Err(no)) => tracing::debug!(%no, "the cases can't be looked at now"),
                Err(fault) => tracing::warn!(%fault, "a look at the cases has failed"),
            }
            tokio::time::sleep(REST.max(begun.elapsed() * 100)).await;
        }
    }

    fn look(&self) -> Result<Seen, Rejection> {
        let now = self.store.clock().now();
        let overdue = self.dues.read(|board| board.late_by_party(now))?;
        let open = self.store.read(|tx| {
            let stages = Stage::ALL.into_iter().filter(|stage| *stage != Stage::Closed);
            let one = |stage| Ok((stage, catalog::count(tx, &Shelf::Stage(stage).key())?));
            stages.map(one).collect::<Result<Vec<_>, view::Error>>()
        })?;
        Ok(Seen { open, overdue })
    }
}

impl Source for Measured {
    fn tell(&self, metric: Metric, say: Say<'_>) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match metric {
            Metric::CaseOpen => {
                for (stage, count) in &seen.open {
                    say(*count as f64, &[(STAGE, stage.word())]);
                }
            }
            Metric::CaseOverdue => {
                for (party, count) in &seen.overdue {
                    say(*count as f64, &[(PARTY, &party.to_string())]);
                }
            }
            _ => {}
        }
    }
}
