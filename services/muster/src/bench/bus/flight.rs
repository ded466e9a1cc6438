//! What is under way in a turn, and how long it took.
//!
//! An envelope is under way from the moment at which it is given to the client until its sender has
//! the word that it is kept, and its reader has it and has said so. Only so many are under way at
//! the same time: the window. Each mailbox is counted in order, so that nothing has to be looked up:
//! the first that is kept and read is the first that was sent. With others waiting in the mailbox a
//! reader gets those, and what is counted is that as many come out as go in.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use anyhow::Context;
use tokio::sync::{Notify, Semaphore};

use super::envelope::MAILBOXES;

/// So many for each mailbox.
pub type Counts = [usize; MAILBOXES.len()];

/// All that is under way.
pub struct Flight {
    window: usize,
    room: Semaphore,
    lanes: Mutex<Lanes>,
    more: [Notify; MAILBOXES.len()],
}

#[derive(Default)]
struct Lanes {
    lanes: [Lane; MAILBOXES.len()],
    delays_ms: Vec<f64>,
}

/// One mailbox.
#[derive(Default)]
struct Lane {
    sent: VecDeque<Instant>,
    sent_count: u64,
    kept: u64,
    read: u64,
    landed: u64,
}

impl Flight {
    /// With room for so many.
    pub fn new(window: usize) -> Flight {
        let (room, more) = (Semaphore::new(window), Default::default());
        Flight { window, room, lanes: Mutex::default(), more }
    }

    /// Takes the room for at least one more, and for at most so many.
    pub async fn room(&self, most: usize) -> anyhow::Result<usize> {
        self.room.acquire().await.context("the turn is over")?.forget();
        let more = self.room.available_permits().min(most - 1);
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        match self.room.try_acquire_many(more) {
            Ok(taken) => taken.forget(),
            // Nobody else takes; what can't be had is had the next time.
            Err(_) => return Ok(1),
        }
        Ok(1 + more as usize)
    }

    /// So many are given to the client now.
    pub fn sent(&self, counts: Counts) {
        let now = Instant::now();
        let mut lanes = self.lanes();
        for (lane, count) in lanes.lanes.iter_mut().zip(counts) {
            lane.sent_count += count as u64;
            lane.sent.extend(std::iter::repeat_n(now, count));
        }
        self.land(&mut lanes);
        let mailboxes = self.more.iter().zip(counts).filter(|(_, count)| *count > 0);
        mailboxes.for_each(|(more, _)| more.notify_one());
    }

    /// Completes when more was sent since this was asked last.
    pub async fn more(&self, mailbox: usize) {
        self.more[mailbox].notified().await;
    }

    /// The sender has the word that so many more are kept.
    pub fn kept(&self, counts: Counts) {
        let mut lanes = self.lanes();
        for (lane, count) in lanes.lanes.iter_mut().zip(counts) {
            lane.kept += count as u64;
        }
        self.land(&mut lanes);
    }

    /// The reader of a mailbox has so many more, and has said so.
    pub fn read(&self, mailbox: usize, count: usize) {
        let mut lanes = self.lanes();
        lanes.lanes[mailbox].read += count as u64;
        self.land(&mut lanes);
    }

    /// How much credit a reader has been given when it is given enough: with it the bus never waits
    /// for the reader, and with others waiting no more come out than go in.
    pub fn credit(&self, mailbox: usize) -> u64 {
        self.lanes().lanes[mailbox].sent_count + self.window as u64
    }

    /// Completes when all that was sent has landed.
    pub async fn landed(&self) -> anyhow::Result<()> {
        let all = u32::try_from(self.window)?;
        let _all = self.room.acquire_many(all).await.context("the turn is over")?;
        Ok(())
    }

    /// How each that has landed was under way, in milliseconds.
    pub fn delays_ms(&self) -> Vec<f64> {
        std::mem::take(&mut self.lanes().delays_ms)
    }

    /// For each mailbox: sent, kept, read; for a turn that does not end.
    pub fn state(&self) -> String {
        let lanes = self.lanes();
        let each = lanes.lanes.iter().zip(MAILBOXES).map(|(lane, name)| {
            format!("{name}: {} sent, {} kept, {} read", lane.sent_count, lane.kept, lane.read)
        });
        each.collect::<Vec<_>>().join("; ")
    }

    fn land(&self, lanes: &mut Lanes) {
        let now = Instant::now();
        let mut freed = 0;
        let Lanes { lanes, delays_ms } = lanes;
        for lane in lanes {
            let goal = lane.kept.min(lane.read).min(lane.sent_count);
            while lane.landed < goal {
                lane.landed += 1;
                freed += 1;
                if let Some(sent) = lane.sent.pop_front() {
                    delays_ms.push((now - sent).as_secs_f64() * 1_000.0);
                }
            }
        }
        self.room.add_permits(freed);
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_and_read_makes_room() {
        let flight = Flight::new(4);
        assert_eq!(flight.room(3).await.unwrap(), 3);
        assert_eq!(flight.room(3).await.unwrap(), 1);
        flight.sent([2, 2, 0, 0]);
        flight.kept([2, 0, 0, 0]);
        flight.read(0, 1);
        flight.read(1, 2);
        assert_eq!(flight.room(9).await.unwrap(), 1);
        flight.sent([0, 0, 1, 0]);
        flight.kept([0, 2, 1, 0]);
        assert_eq!(flight.room(9).await.unwrap(), 2);
        assert_eq!(flight.delays_ms().len(), 3);
    }

    #[tokio::test]
    async fn what_is_read_before_it_is_sent_waits_for_its_like() {
        let flight = Flight::new(2);
        flight.read(3, 2);
        flight.kept([0, 0, 0, 1]);
        assert_eq!(flight.room(2).await.unwrap(), 2);
        flight.sent([0, 0, 0, 2]);
        assert_eq!(flight.room(2).await.unwrap(), 1);
        assert!(flight.state().contains("2 sent, 1 kept, 2 read"), "{}", flight.state());
    }
}
