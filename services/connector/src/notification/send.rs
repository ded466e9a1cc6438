//! What waits is sent: each receiver's one after the other, by each way.
//!
//! Before the first try it is written down that it is tried: whoever is killed between that and the
//! answer sends the same again under the same key, and never in a summary.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{pack::City, rejection::Rejection};
use futures::{StreamExt as _, stream};
use kit::{identity::Identity, store::Store};
use tokio::{sync::Notify, time::Instant};

use super::{
    Cases, NO_ADDRESS, NOT_CONFIGURED,
    address::{self, Missing},
    book::{self, Book, Command},
    bring::Outcome,
    config::{Config, Ready},
    kept::{Kept, Note, Told},
    lane::{gone, heads, item, waiting},
    make,
    plan::{HOUR, Item, Limits, Next, plan},
};
use crate::waits::{Retries, Waits, until};

/// How many receivers are told at the same time.
const AT_ONCE: usize = 8;
/// How long is waited after a book that can't be read or written.
const PAUSE: Duration = Duration::from_secs(1);
/// How long is waited after a word before it is looked again.
const BREATH: Duration = Duration::from_millis(10);

/// The lanes of one way: when each goes on, and that somebody has set one to now.
struct Lanes {
    retries: Mutex<Retries>,
    news: Notify,
}

/// The one who tells.
pub(super) struct Teller {
    pub(super) city: Arc<City>,
    pub(super) config: Config,
    pub(super) ways: BTreeMap<String, Ready>,
    pub(super) store: Store<Book>,
    pub(super) cases: Arc<dyn Cases>,
    pub(super) identity: Identity,
    /// When each lane goes on, by way; those of ways that nobody knows any more are under no name.
    lanes: BTreeMap<String, Lanes>,
    /// When each is asked about.
    pub(super) asks: Mutex<Retries>,
    /// Why what waits was not taken at its last try.
    trouble: Mutex<HashMap<u64, String>>,
    failed: BTreeMap<String, AtomicU64>,
}

impl std::fmt::Debug for Teller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Teller").field("ways", &self.ways.keys()).finish_non_exhaustive()
    }
}

pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Teller {
    pub(super) fn new(
        city: Arc<City>,
        (config, ways, waits): (Config, BTreeMap<String, Ready>, Waits),
        store: Store<Book>,
        cases: Arc<dyn Cases>,
        identity: Identity,
    ) -> Teller {
        let asks = Mutex::new(Retries::new(waits, waits.first));
        let needed = city.notifications.ways().into_iter().map(str::to_owned);
        let names: BTreeSet<String> =
            needed.chain(ways.keys().cloned()).chain([String::new()]).collect();
        let lane = |way: &String| {
            let retries = Mutex::new(Retries::new(waits, config.gather));
            (way.clone(), Lanes { retries, news: Notify::new() })
        };
        let lanes = names.iter().map(lane).collect();
        let failed = names.into_iter().map(|way| (way, AtomicU64::new(0))).collect();
        let trouble = Mutex::default();
        Teller { city, config, ways, store, cases, identity, lanes, asks, trouble, failed }
    }

    /// What is urgent waits for no others.
    pub(super) fn hurry(&self, all: &[Told]) {
        all.iter().filter(|told| told.is_urgent).for_each(|told| self.at_once(told));
    }

    /// A person has had one sent again.
    pub(super) fn at_once(&self, told: &Told) {
        let lanes = self.lanes.get(&told.way).unwrap_or(&self.lanes[""]);
        held(&lanes.retries).at(&told.lane(), Instant::now());
        lanes.news.notify_one();
    }

    /// Why one was not taken at its last try; empty where nobody knows.
    pub(super) fn trouble(&self, number: u64) -> String {
        held(&self.trouble).get(&number).cloned().unwrap_or_default()
    }

    /// How many could not be told since the worker was started, by way.
    pub(super) fn failures(&self) -> impl Iterator<Item = (&str, u64)> {
        let known = self.failed.iter().filter(|(way, _)| !way.is_empty());
        known.map(|(way, count)| (way.as_str(), count.load(Ordering::Relaxed)))
    }

    /// Sends what waits, for ever; a way that is slow holds up no other.
    pub(super) async fn send(&self) -> Infallible {
        let all = self.lanes.iter().map(|(way, lanes)| self.send_by(way, lanes));
        let (never, ..) = futures::future::select_all(all.map(Box::pin)).await;
        never
    }

    async fn send_by(&self, way: &str, lanes: &Lanes) -> Infallible {
        let is_its = |of: &str| match way {
            "" => !self.lanes.contains_key(of),
            _ => of == way,
        };
        let mut applied = self.store.applied();
        loop {
            applied.borrow_and_update();
            let (due, wake) = match self.store.read(|tx| heads(tx, is_its)) {
                Ok(heads) => held(&lanes.retries).due(heads, Instant::now()),
                Err(_said) => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            if due.is_empty() {
                tokio::select! {
                    () = until(wake) => {}
                    () = lanes.news.notified() => {}
                    changed = applied.changed() => {
                        if changed.is_err() {
                            return std::future::pending().await;
                        }
                        // What comes together is looked at together.
                        tokio::time::sleep(BREATH).await;
                    }
                }
                continue;
            }
            let all = stream::iter(due)
                .map(|lane| self.lane(lane, &lanes.retries))
                .buffer_unordered(AT_ONCE);
            let failed = all.filter_map(|done| async { done.err() }).collect::<Vec<_>>().await;
            if let Some(error) = failed.first() {
                tracing::error!(%error, "what was told can't be written down");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// One thing to one receiver.
    async fn lane(&self, lane: String, lanes: &Mutex<Retries>) -> Result<(), Rejection> {
        let now = self.store.clock().now();
        let waiting = self.store.read(|tx| waiting(tx, &lane))?;
        let Some((_, head)) = waiting.first() else { return Ok(()) };
        let Some(way) = self.ways.get(&head.told.way) else {
            for (number, _) in &waiting {
                self.fail(*number, NOT_CONFIGURED.to_owned()).await?;
            }
            return Ok(());
        };
        let limits = Limits {
            give_up_after: way.asked.give_up_after,
            at_once: self.config.at_once,
            per_hour: self.config.per_hour,
        };
        let items: Vec<Item> = waiting.iter().map(item).collect();
        let gone = self.store.read(|tx| gone(tx, &lane, now - HOUR))?;
        match plan(&items, &gone, limits, now) {
            Next::Nothing => {}
            Next::GiveUp(numbers) => {
                for number in numbers {
                    let why = match self.trouble(number) {
                        why if why.is_empty() => super::TOO_LATE.to_owned(),
                        why => format!("{}: {why}", super::TOO_LATE),
                    };
                    self.fail(number, why).await?;
                }
            }
            Next::Sum(numbers) => {
                let told = make::summary(&self.city, &self.ways, &head.told, numbers.len(), now);
                if let Some(told) = told {
                    self.store.tell(Command::Sum(numbers, Box::new(told))).await?;
                }
            }
            Next::Wait(at) => {
                held(lanes).at(&lane, Instant::now() + at.since(now));
                return Ok(());
            }
            Next::Send(number) => {
                let Some((_, kept)) = waiting.into_iter().find(|(of, _)| *of == number) else {
                    return Ok(());
                };
                let is_over = self.tell(way, number, &kept).await?;
                match is_over {
                    // The next to the same receiver waits for others again.
                    true if !kept.told.is_urgent => {
                        held(lanes).at(&lane, Instant::now() + self.config.gather);
                    }
                    true => held(lanes).at(&lane, Instant::now()),
                    false => held(lanes).later(&lane, Instant::now()),
                }
                return Ok(());
            }
        }
        held(lanes).taken(&lane, Instant::now());
        Ok(())
    }

    /// Tries one; whether it is over with it.
    async fn tell(&self, way: &Ready, number: u64, kept: &Kept) -> Result<bool, Rejection> {
        let found = address::find(&self.config.addresses, &kept.told.receiver, &kept.told.way);
        let address = match found {
            Ok(address) if address.fits(way.asked.kind) => address,
            Ok(_wrong) => {
                return self.fail(number, super::BAD_ADDRESS.to_owned()).await.map(|()| true);
            }
            Err(Missing::Nobody) => {
                return self.fail(number, NO_ADDRESS.to_owned()).await.map(|()| true);
            }
            Err(Missing::File) => {
                held(&self.trouble).insert(number, super::NO_FILE.to_owned());
                return Ok(false);
            }
        };
        self.store.tell(Command::Say(Note::Tried { number })).await?;
        match self.bring(way, kept, &address).await {
            Outcome::Taken => {
                held(&self.trouble).remove(&number);
                let is_final = way.report.is_none();
                self.store.tell(Command::Say(Note::Taken { number, is_final })).await?;
            }
            Outcome::Refused(why) => self.fail(number, why).await?,
            Outcome::Later(why) => {
                held(&self.trouble).insert(number, why);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// It is not told: seen by the operator, in the book, and where the case is shown.
    pub(super) async fn fail(&self, number: u64, reason: String) -> Result<(), Rejection> {
        held(&self.trouble).remove(&number);
        let told = self.store.read(|tx| book::kept(tx, number))?.map(|kept| kept.told);
        let Some(told) = told else { return Ok(()) };
        let note = Note::Failed { number, reason: reason.clone() };
        let said = self.store.tell(Command::Say(note)).await?;
        if said.count > 0 {
            let (way, receiver) = (&told.way, &told.receiver);
            tracing::error!(
                alarm = "not_told", number, %way, %receiver,
                "ALARM: {receiver} was not told by {way}: {reason}"
            );
            if let Some(count) = self.failed.get(&told.way) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}
