//! The room that the record takes, and what is let go of while the bus serves.
//!
//! The store keeps the house (`kit::store::House`): a sealed segment is copied to the archive, checked
//! there, and the oldest go as long as the journal is over its bound. The bus reads its record by
//! place, through the journal, and a place that was let go of is read from the archive in the same
//! way. So for each who still needs a part of the record it was decided whether the archive is enough:
//!
//! | who needs it | where from | why that is enough |
//! |---|---|---|
//! | what waits in a mailbox, also parked | archive | the view has its place, a delivery reads its body by it |
//! | what is not settled | archive | what is owed is in the view; settling reads no body |
//! | a mandatory follower that is behind | archive | `Follow` reads by place |
//! | a subscriber, however far back it is or seeks | archive | `Subscribe` reads by place |
//! | receipts that a sender has not seen | archive | the view says in which blocks they are |
//! | a repeat of an old number | archive | the view has its place, the content is held against the body |
//! | a view that is made anew | archive and journal | they are one chain |
//! | the view that is | journal | what it has not taken in stays |
//!
//! So nobody who reads holds the journal: its bound holds whoever stands still, and for however long.
//! What is bought with it: whoever is behind depends on the archive's disk. While that is away what is
//! new is served, and what is only there is refused with `RECORD_UNREADABLE` until it is back.
//! `keep_bytes` says how much is at hand without it.
//!
//! What does hold the journal is an archive that does not take it, and a view that is not there. Both
//! are the alarm `record_held`. A reader whose next place is only in the archive and who stands still
//! from one look to the next is the alarm `reader_behind`: it costs nothing here, but a sender keeps
//! what a mandatory follower has not got, and one that was abandoned is for a person to end. The way
//! out: a subscriber is moved on (`SeekSubscriber`) or forgotten (`RemoveSubscriber`), a follower is
//! started or is mandatory no more (`followers`), a mailbox is read, or what is parked in it decided
//! about (`ResolveParked`). All of them are named in `GetStatus`.

use std::{collections::BTreeMap, path::Path, sync::Weak, time::Duration};

use domain::{party::Party, rejection::Rejection};
use kit::{store, view};

use super::{
    Local, Parts,
    block::{self, Unsettled, Waiting},
    blocking, entry, fold, keys, unreadable,
};
use crate::engine::{BEHIND_MAX, Behind, Hold, Reader, Room, Status};

/// The shortest time between two looks.
const EVERY_MIN: Duration = Duration::from_millis(5);

impl Local {
    pub(super) fn state(&self) -> Result<Status, Rejection> {
        let read = |tx: &kit::tx::Tx<'_>| {
            let mut followers = Vec::new();
            for party in fold::followers(tx)? {
                let place = tx.number(&keys::committed(&party))?;
                followers.push((party, place));
            }
            let (mut waiting, mut parked) = (0, 0);
            for (key, depth) in tx.scan(&keys::depths(), b"", usize::MAX)? {
                waiting += view::number(Some(&depth));
                let party = keys::party(&key).map(|party| party.to_string()).unwrap_or_default();
                parked += tx.number(&keys::parked_count(&party))?;
            }
            Ok((followers, waiting, parked))
        };
        let (followers, waiting, parked) = self.store.read(read)?;
        let room = self.room()?;
        Ok(Status {
            followers,
            waiting,
            parked,
            taken: self.store.machine().memory.taken_in_all(),
            started: Some(self.started),
            record_bytes: room.journal_bytes,
            free_bytes: bytes_free(&self.dir)?,
            syncs: self.store.syncs(),
            room,
        })
    }

    /// What the record takes, what keeps it, and who is behind it.
    fn room(&self) -> Result<Room, Rejection> {
        let (taken, kept) = (self.store.room(), self.store.kept());
        let archive = self.dir.join("archive");
        let archive = if archive.is_dir() { archive } else { self.dir.clone() };
        let hold = kept.hold.map(|store::Hold { by, why, since }| Hold { by, why, since });
        Ok(Room {
            bound_bytes: kept.bound_bytes,
            journal_bytes: taken.journal_bytes,
            archive_bytes: taken.archive_bytes,
            view_bytes: store::weight(&self.dir.join("view")).map_err(unreadable)?,
            archive_free_bytes: bytes_free(&archive)?,
            first: taken.first,
            archived: taken.archived,
            looked: kept.looked,
            freed_bytes: kept.freed_bytes,
            hold,
            behind: self.behind(taken.first)?,
        })
    }

    /// Who has still to read what is before a place.
    fn behind(&self, first: u64) -> Result<Vec<Behind>, Rejection> {
        let mut behind = Vec::new();
        if first > 1 {
            self.followers_behind(first, &mut behind)?;
            self.subscribers_behind(first, &mut behind)?;
            self.mailboxes_behind(first, &mut behind)?;
        }
        behind.truncate(BEHIND_MAX);
        Ok(behind)
    }

    /// A follower is behind when something that it must have is there, and not only when it has
    /// nothing to commit.
    fn followers_behind(&self, first: u64, behind: &mut Vec<Behind>) -> Result<(), Rejection> {
        let found = self.store.read(|tx| {
            let mut found = Vec::new();
            for party in fold::followers(tx)? {
                let next = tx.number(&keys::committed(&party))? + 1;
                let from = keys::unsettled(block::of(next));
                for (key, value) in tx.scan(&keys::unsettled_all(), &from, 2)? {
                    let mut all = Unsettled::all(keys::tail(&key), &value);
                    let missing = all.find(|one| (next..first).contains(&one.place));
                    if let Some(Unsettled { place, .. }) = missing {
                        found.push(Behind { reader: Reader::Follower(party), place });
                        break;
                    }
                }
            }
            Ok(found)
        })?;
        behind.extend(found);
        Ok(())
    }

    fn subscribers_behind(&self, first: u64, behind: &mut Vec<Behind>) -> Result<(), Rejection> {
        let found = self.store.read(|tx| tx.scan(&keys::subscribers(), b"", usize::MAX))?;
        for (_, bytes) in found {
            let one: entry::Subscriber = prost::Message::decode(&bytes[..]).map_err(unreadable)?;
            let place = one.place.saturating_add(1);
            if place < first {
                let party = one.party.parse().map_err(unreadable)?;
                behind.push(Behind { reader: Reader::Subscriber(party, one.name), place });
            }
        }
        Ok(())
    }

    fn mailboxes_behind(&self, first: u64, behind: &mut Vec<Behind>) -> Result<(), Rejection> {
        let found = self.store.read(|tx| {
            let mut found = Vec::new();
            for (key, _) in tx.scan(&keys::depths(), b"", usize::MAX)? {
                let Some(party) = keys::party(&key) else { continue };
                let oldest = tx.scan(&keys::mailbox(&party.to_string()), b"", 1)?;
                let oldest = oldest.first().and_then(|(key, value)| {
                    Waiting::all(keys::tail(key), value).next().map(|one| one.place)
                });
                if let Some(place) = oldest.filter(|place| *place < first) {
                    found.push(Behind { reader: Reader::Mailbox(party), place });
                }
            }
            Ok(found)
        })?;
        behind.extend(found);
        Ok(())
    }
}

fn bytes_free(dir: &Path) -> Result<u64, Rejection> {
    let disk = rustix::fs::statvfs(dir).map_err(unreadable)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Rings once for each reader that stands still before what the journal itself has, as long as there
/// is an engine.
pub async fn watch(engine: Weak<Parts>, every: Duration, owner: Party) {
    let mut standing = Standing::default();
    loop {
        tokio::time::sleep(every.max(EVERY_MIN)).await;
        let Some(engine) = engine.upgrade().map(Local) else { return };
        let found = blocking(move || engine.behind(engine.store.room().first)).await;
        for Behind { reader, place } in standing.hear(found.unwrap_or_default()) {
            tracing::warn!(
                alarm = "reader_behind",
                place,
                "ALARM: {} stands still, and what it has to read is only in the archive: {owner} must act",
                named(&reader)
            );
        }
    }
}

/// Who was behind at the last look, where, and whether it was said.
#[derive(Debug, Default)]
struct Standing(BTreeMap<Reader, (u64, bool)>);

impl Standing {
    /// Those that have not moved since the last look and were not named since they moved last.
    fn hear(&mut self, behind: Vec<Behind>) -> Vec<Behind> {
        let before = std::mem::take(&mut self.0);
        let mut news = Vec::new();
        for one in behind {
            let last = before.get(&one.reader).filter(|(place, _)| *place == one.place);
            let was_said = last.is_some_and(|(_, was_said)| *was_said);
            self.0.insert(one.reader.clone(), (one.place, last.is_some()));
            if last.is_some() && !was_said {
                news.push(one);
            }
        }
        news
    }
}

fn named(reader: &Reader) -> String {
    match reader {
        Reader::Mailbox(party) => format!("the mailbox of {party}"),
        Reader::Follower(party) => format!("the follower {party}"),
        Reader::Subscriber(party, name) => format!("the subscriber {name} of {party}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_stands_still_is_named_once_until_it_moves() {
        let one = |place| {
            let reader = Reader::Subscriber("admin/root".parse().unwrap(), "all".to_owned());
            vec![Behind { reader, place }]
        };
        let mut standing = Standing::default();
        assert!(standing.hear(one(5)).is_empty(), "it may be on its way");
        assert_eq!(standing.hear(one(5)), one(5));
        assert!(standing.hear(one(5)).is_empty(), "it was said");
        assert!(standing.hear(one(9)).is_empty(), "it has moved");
        assert_eq!(standing.hear(one(9)), one(9));
        assert!(standing.hear(Vec::new()).is_empty());
        assert!(standing.hear(one(9)).is_empty(), "it is behind anew");
    }
}
