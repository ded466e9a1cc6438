//! One system that gives its cases: its feed is read, what it brings is taken, and both are whistled.
//!
//! A report is in the record before it is acknowledged and before the feed's cursor goes on; then it is
//! whistled, one after the other, under an id that follows from its number. So whatever is killed in
//! between, it is one case.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{id::UnitId, pack::City, rejection::Rejection};
use kit::{client::Channel, clock::Clock};
use tokio::sync::Notify;

use super::{
    Config, decide, feed,
    kept::{Item, Kept, Known, Stand},
    note::{By, Given, Note},
    pieces::Pieces,
    report::{Brought, Report},
    states,
    whistle::{self, Unraised},
    why::Why,
};
use crate::{
    http::{Http, Unread},
    record::Record,
    subscription::{Poster, Waits},
};

/// How many reports may come to nothing before the others wait as well: nobody is there.
const LATE_MAX: usize = 5;

/// What a source is made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) system: UnitId,
    pub(super) config: Config,
    pub(super) waits: Waits,
    pub(super) city: Arc<City>,
    pub(super) clock: Clock,
    pub(super) feed: Option<Http>,
    pub(super) record: Arc<Record<Kept>>,
    pub(super) pieces: Pieces,
    pub(super) gateway: Channel,
    /// Who tells the system what becomes of its cases.
    pub(super) states: Option<Arc<Poster>>,
}

/// One system that gives its cases.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) parts: Parts,
    /// One is whistled at a time: what a person says of it waits for the answer.
    raising: tokio::sync::Mutex<()>,
    news: Notify,
    trouble: Mutex<String>,
}

/// Why something is not settled now.
#[derive(Debug, thiserror::Error)]
pub(super) enum Late {
    /// The gateway, or the bus, does not answer.
    #[error("{0}")]
    Away(String),
    /// The disk.
    #[error("it can't be written down: {0}")]
    Disk(#[from] io::Error),
    /// The journal.
    #[error("it can't be written down: {0}")]
    Journal(#[from] journal::Error),
}

impl From<Late> for Rejection {
    fn from(late: Late) -> Rejection {
        tracing::error!(error = %late, "a report is not taken");
        Rejection::unavailable("DISK_FAILED", "it can't be written down now; try again")
    }
}

impl Source {
    pub(super) fn new(parts: Parts) -> Source {
        let (raising, news, trouble) = Default::default();
        Source { parts, raising, news, trouble }
    }

    /// Why the feed was not read the last time.
    pub(super) fn trouble(&self) -> String {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_trouble(&self, why: &str) {
        why.clone_into(&mut self.trouble.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The report of a number.
    pub(super) fn item(&self, number: &str) -> Option<Item> {
        self.parts.record.kept().item(number).cloned()
    }

    /// Reads the feed and whistles, for ever.
    pub(super) async fn run(&self) -> Infallible {
        let whistling = async {
            let mut wait = self.parts.waits.first;
            loop {
                match self.settle().await {
                    Ok(()) => {
                        wait = self.parts.waits.first;
                        self.news.notified().await;
                    }
                    Err(late) => {
                        let system = &self.parts.system;
                        tracing::warn!(%system, error = %late, "reports wait to be whistled");
                        tokio::time::sleep(wait).await;
                        wait = (wait * 2).min(self.parts.waits.longest);
                    }
                }
            }
        };
        tokio::select! {
            never = self.read() => never,
            never = whistling => never,
            never = self.parts.record.keep(&self.parts.clock) => never,
        }
    }

    /// Reads the feed, for ever.
    async fn read(&self) -> Infallible {
        let Parts { config, feed, waits, .. } = &self.parts;
        let (Some(way), Some(asked)) = (feed, &config.feed) else {
            return std::future::pending().await;
        };
        let (mut limit, mut wait) = (asked.limit, waits.first);
        loop {
            let pause = match self.pull(way, limit, asked.page_bytes).await {
                Ok(is_more) => {
                    self.note_trouble("");
                    (limit, wait) = (asked.limit, waits.first);
                    if is_more { Duration::ZERO } else { asked.every }
                }
                Err(why) => {
                    // A page that is too large may be smaller.
                    limit =
                        if matches!(why, Unread::TooLarge(_)) { (limit / 2).max(1) } else { limit };
                    let system = &self.parts.system;
                    tracing::warn!(%system, limit, error = %why, "the feed is not read");
                    self.note_trouble(&why.to_string());
                    let pause = wait;
                    wait = (wait * 2).min(waits.longest);
                    pause
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Reads one page; whether there may be more at once. A feed that brings nothing new is waited for,
    /// whatever it says: it may go in circles.
    async fn pull(&self, way: &Http, limit: u32, most: usize) -> Result<bool, Unread> {
        let after = self.parts.record.kept().cursor().to_owned();
        let limit = limit.to_string();
        let query = [("after", after.as_str()), ("limit", limit.as_str())];
        let key = format!("feed/{}", self.parts.system);
        let bytes = way.get(&query, &key, most).await?;
        let page = feed::page(&bytes, self.parts.city.datum).map_err(Unread::Trouble)?;
        let taken = self.take(page.reports, page.next).await;
        taken.map(|new| new > 0).map_err(|late| Unread::Trouble(late.to_string()))
    }

    /// Takes what has come, however it came: it is on disk at the end. Says how many are new or changed.
    pub(super) async fn take(
        &self,
        brought: Vec<Brought>,
        cursor: Option<String>,
    ) -> Result<usize, Late> {
        let brought = self.keep_pieces(brought).await?;
        let now = self.parts.clock.now().0;
        let taken = self.parts.record.write(|kept, _| {
            let mut notes = Vec::new();
            let mut last = BTreeMap::<String, Report>::new();
            for report in brought {
                let known = match last.get(&report.number) {
                    Some(before) if before.says(&report) => Known::Same,
                    Some(_) => Known::Changed,
                    None => kept.judge(&report),
                };
                last.insert(report.number.clone(), report.clone());
                match known {
                    Known::New => notes.push(Note::Came { report, at_ms: now }),
                    Known::Changed => notes.push(Note::Changed { report, at_ms: now }),
                    Known::Same => {}
                }
            }
            let count = notes.len();
            let cursor = cursor.filter(|after| after != kept.cursor());
            notes.extend(cursor.map(|after| Note::Cursor { after }));
            (notes, count)
        });
        let count = taken.await?;
        self.news.notify_one();
        Ok(count)
    }

    /// Keeps what shows those that are not settled.
    async fn keep_pieces(&self, brought: Vec<Brought>) -> Result<Vec<Report>, io::Error> {
        let is_open = |one: &Brought| {
            let kept = self.parts.record.kept();
            let stand = kept.item(&one.report.number).map(|item| item.stand.clone());
            matches!(stand, None | Some(Stand::Open | Stand::Waiting { .. }))
        };
        let needed: Vec<bool> = brought.iter().map(is_open).collect();
        let pieces = self.parts.pieces.clone();
        let keeping = move || {
            for one in brought.iter().zip(&needed).filter_map(|(one, is)| is.then_some(one)) {
                let shown = (one.report.pieces.clone(), one.contents.clone());
                pieces.put(&one.report.number, &shown)?;
            }
            Ok(brought.into_iter().map(|one| one.report).collect())
        };
        tokio::task::spawn_blocking(keeping).await.map_err(io::Error::other)?
    }

    /// Looks anew at what waits for a person although the pack knows it by now.
    pub(super) async fn look_anew(&self) -> Result<(), Late> {
        let Parts { city, system, record, .. } = &self.parts;
        let written = record.write(|kept, _| {
            let is_known = |number: &String| {
                kept.item(number).is_some_and(|item| {
                    let is_unknown = matches!(&item.stand, Stand::Waiting { reason }
                        if Why::read(reason).is_unknown());
                    is_unknown && decide::whistle(city, system, item).is_ok()
                })
            };
            let known = kept.waiting().into_iter().filter(is_known);
            (known.map(|number| Note::Again { number }).collect(), ())
        });
        Ok(written.await?)
    }

    /// Whistles what is to be whistled, and tells what was turned down. What can't be now does not hold
    /// up the others, unless it is many.
    async fn settle(&self) -> Result<(), Late> {
        let (untold, open) = {
            let kept = self.parts.record.kept();
            (kept.untold(), kept.open())
        };
        for number in untold {
            self.tell(&number).await?;
        }
        let mut late = Vec::new();
        for number in open {
            late.extend(self.raise(&number).await.err());
            if late.len() >= LATE_MAX {
                break;
            }
        }
        late.pop().map_or(Ok(()), Err)
    }

    /// Tells the other system that a report was turned down.
    async fn tell(&self, number: &str) -> Result<(), Late> {
        let Some(item) = self.item(number) else { return Ok(()) };
        let Stand::TurnedDown { reason, is_told: false } = &item.stand else { return Ok(()) };
        if let Some(poster) = &self.parts.states {
            let at_ms = item.by.as_ref().map_or(item.came_at_ms, |by| by.at_ms);
            let Parts { city, system, .. } = &self.parts;
            poster.put(states::turned_down(&city.id, system, number, (reason, at_ms))).await?;
        }
        self.write(Note::Told { number: number.to_owned() }).await
    }

    /// Whistles a report, if it is to be; where it is refused, it waits for a person.
    pub(super) async fn raise(&self, number: &str) -> Result<(), Late> {
        let _alone = self.raising.lock().await;
        let Some(item) = self.item(number).filter(|item| item.stand == Stand::Open) else {
            return Ok(());
        };
        if self.parts.states.as_ref().is_some_and(|poster| !poster.is_subscribed()) {
            // What became of it before that would not be told.
            return Err(Late::Away("the bus has no cursor of ours yet".to_owned()));
        }
        let number = number.to_owned();
        let note = match self.whistle(&item).await {
            Ok((case_id, is_again)) => Note::Raised { number, case_id, is_again },
            Err(Unraised::Refused(reason)) => {
                let system = &self.parts.system;
                tracing::warn!(%system, %number, %reason, "a report waits for a person");
                Note::Waits { number, reason }
            }
            Err(Unraised::Later(reason)) => return Err(Late::Away(reason)),
        };
        let is_raised = matches!(note, Note::Raised { .. });
        self.write(note).await?;
        if is_raised {
            let pieces = self.parts.pieces.clone();
            drop(tokio::task::spawn_blocking(move || {
                pieces.drop_all(&item.report.number, &item.pieces())
            }));
        }
        Ok(())
    }

    async fn whistle(&self, item: &Item) -> Result<(String, bool), Unraised> {
        let Parts { city, system, gateway, .. } = &self.parts;
        let (community, request) =
            decide::whistle(city, system, item).map_err(Unraised::Refused)?;
        let (pieces, shown) = (self.parts.pieces.clone(), item.pieces());
        let number = item.report.number.clone();
        let reading = move || {
            let read = |piece: &domain::evidence::Evidence| {
                Ok((piece.clone(), pieces.read(&number, piece)?))
            };
            shown.iter().map(read).collect::<io::Result<Vec<_>>>()
        };
        let read = tokio::task::spawn_blocking(reading).await;
        let read = read.map_err(|error| Unraised::Later(error.to_string()))?;
        let pieces = read.map_err(|error| {
            let error = error.to_string();
            Unraised::Refused(Why::Lost(&error).to_string())
        })?;
        let said = whistle::raise(gateway, &community, request, pieces).await?;
        Ok((said.case_id, said.is_again))
    }

    async fn write(&self, note: Note) -> Result<(), Late> {
        Ok(self.parts.record.write(|_, _| (vec![note], ())).await?)
    }

    /// What a person says of a report that waits.
    pub(super) async fn resolve(
        &self,
        number: &str,
        (given, contents): (Given, Vec<Vec<u8>>),
        by: By,
    ) -> Result<Item, Rejection> {
        if self.item(number).is_none() {
            return Err(unknown(number));
        }
        let (pieces, of) = (self.parts.pieces.clone(), number.to_owned());
        let shown = (given.evidence.clone(), contents);
        let kept = tokio::task::spawn_blocking(move || pieces.put(&of, &shown)).await;
        kept.map_err(io::Error::other).and_then(|kept| kept).map_err(Late::Disk)?;
        let note = |number: String| Note::Given { number, given, by: by.clone() };
        self.decide(number, &by.request_id.clone(), note).await?;
        // Where the gateway is away, it is tried on.
        if let Err(late) = self.raise(number).await {
            tracing::warn!(error = %late, "what a person has said is whistled later");
        }
        self.news.notify_one();
        self.item(number).ok_or_else(|| unknown(number))
    }

    /// A person turns down a report that waits.
    pub(super) async fn turn_down(
        &self,
        number: &str,
        reason: String,
        by: By,
    ) -> Result<Item, Rejection> {
        let note = |number: String| Note::TurnedDown { number, reason, by: by.clone() };
        self.decide(number, &by.request_id.clone(), note).await?;
        self.news.notify_one();
        self.item(number).ok_or_else(|| unknown(number))
    }

    async fn decide(
        &self,
        number: &str,
        request_id: &domain::id::RequestId,
        note: impl FnOnce(String) -> Note,
    ) -> Result<(), Rejection> {
        let decided = self.parts.record.write(|kept, _| {
            let Some(item) = kept.item(number) else { return (Vec::new(), Err(unknown(number))) };
            match Kept::is_new(item, request_id) {
                Some(true) => (vec![note(number.to_owned())], Ok(())),
                Some(false) => (Vec::new(), Ok(())),
                None => (Vec::new(), Err(not_waiting(number))),
            }
        });
        decided.await.map_err(|error| Rejection::from(Late::from(error)))?
    }
}

/// There is no such report.
pub(super) fn unknown(number: &str) -> Rejection {
    let message = format!("nobody has reported {number:?}, or it was long ago");
    Rejection::unknown("UNKNOWN_REPORT", "number", message)
}

fn not_waiting(number: &str) -> Rejection {
    let message = format!(
        "{number} does not wait for a person; right would be: one that ListReports shows as waiting"
    );
    Rejection::conflict("NOT_WAITING", message).at("number")
}
