//! What the gateway knows of the city's cases for its operators: how many are open by stage, and how
//! much is overdue by who owes it; who owes something that is not over has a zero.
//!
//! It is looked at from time to time and answered from memory. A look reads every open case, so that it
//! rests a hundred times as long as it took: it is at most a hundredth of what the gateway does. No
//! value names a case or a person.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::{case::Stage, moment::Moment, party::Party};
use kit::{
    metrics::{Metric, PARTY, STAGE, Say, Source},
    store::Store,
    view,
};

use crate::{
    catalog::{self, Shelf},
    door::Door,
    index::{self, List},
    yardstick::Yardstick,
};

/// How long it rests at least.
const REST: Duration = Duration::from_secs(5);
/// How many cases are read at once.
const STRIDE: usize = 500;
/// How many open cases are looked at; of more, some of what is overdue is not counted.
const CASES_MAX: usize = 50_000;

/// The cases as they were seen last.
pub(crate) struct Measured {
    store: Store<Door>,
    profile: Arc<str>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    open: Vec<(Stage, u64)>,
    overdue: BTreeMap<Party, u64>,
}

impl Measured {
    /// Of this store; nothing is seen yet.
    pub(crate) fn new(store: Store<Door>, profile: Arc<str>) -> Measured {
        Measured { store, profile, seen: Mutex::default() }
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

    fn look(&self) -> Result<Seen, domain::rejection::Rejection> {
        let now = self.store.clock().now();
        let outages = self.store.read(|tx| index::outages(tx, Moment(i64::MIN)))?;
        let city = Arc::clone(&self.store.machine().city);
        let yardstick = Yardstick::new(city, Arc::clone(&self.profile), outages.into(), now);
        let mut overdue = BTreeMap::new();
        let prefix = index::list(None, List::Open);
        let (mut from, mut count) = (prefix.clone(), 0);
        while count < CASES_MAX {
            let portion = self.store.read(|tx| portion(tx, &prefix, &from, &yardstick))?;
            count += portion.count;
            for (party, is_over) in portion.owed {
                *overdue.entry(party).or_default() += u64::from(is_over);
            }
            let Some(last) = portion.last else { break };
            from = [&last[..], &[0]].concat();
        }
        let open = self.store.read(|tx| {
            let stages = Stage::ALL.into_iter().filter(|stage| *stage != Stage::Closed);
            let one = |stage| Ok((stage, catalog::count(tx, &Shelf::Stage(stage).key())?));
            stages.map(one).collect::<Result<Vec<_>, view::Error>>()
        })?;
        Ok(Seen { open, overdue })
    }
}

/// What a portion of the open cases has come to.
struct Portion {
    count: usize,
    /// Who owes something, and whether it is over.
    owed: Vec<(Party, bool)>,
    /// Behind which key to go on; none at the end.
    last: Option<Vec<u8>>,
}

fn portion(
    tx: &kit::tx::Tx<'_>,
    prefix: &[u8],
    from: &[u8],
    yardstick: &Yardstick,
) -> Result<Portion, view::Error> {
    let keys = tx.scan(prefix, from, STRIDE)?;
    let mut owed = Vec::new();
    for (key, _) in &keys {
        let Some(id) = index::listed_case(prefix, key) else { continue };
        let Some(matter) = index::matter(tx, &id)? else { continue };
        let owes = yardstick.owed(&matter).into_iter();
        owed.extend(owes.map(|owed| (owed.party, owed.due < yardstick.now)));
    }
    let last = keys.last().filter(|_| keys.len() == STRIDE).map(|(key, _)| key.clone());
    Ok(Portion { count: keys.len(), owed, last })
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
