//! The desks at which mailboxes are read: one for each from which somebody has fetched.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
};

use domain::{moment::Moment, party::Party};
use tokio::sync::Notify;

use super::Window;

/// All mailboxes from which somebody has fetched.
#[derive(Debug, Default)]
pub struct Desks {
    desks: Mutex<HashMap<Party, Arc<Desk>>>,
    /// Whose bells are to be rung when what was written can be read.
    given: Mutex<BTreeSet<String>>,
}

/// One mailbox.
#[derive(Debug)]
pub struct Desk {
    window: Mutex<Window>,
    /// Rung when there may be something to deliver.
    pub bell: Notify,
    /// How many were acknowledged.
    pub acknowledged: AtomicU64,
    /// The place of the oldest that was seen waiting, and when it was accepted.
    pub oldest: Mutex<Option<(u64, Moment)>>,
}

impl Desks {
    /// The desk of a mailbox.
    pub fn desk(&self, mailbox: &Party) -> Arc<Desk> {
        let mut desks = open(&self.desks);
        if let Some(desk) = desks.get(mailbox) {
            return Arc::clone(desk);
        }
        let window = Mutex::new(Window::of(mailbox));
        let (acknowledged, oldest) = (AtomicU64::new(0), Mutex::new(None));
        let desk = Desk { window, bell: Notify::new(), acknowledged, oldest };
        Arc::clone(desks.entry(mailbox.clone()).or_insert(desk.into()))
    }

    /// All desks there are.
    pub fn all(&self) -> Vec<(Party, Arc<Desk>)> {
        let desks = open(&self.desks);
        desks.iter().map(|(party, desk)| (party.clone(), Arc::clone(desk))).collect()
    }

    /// These mailboxes were given something that can't be read yet.
    pub fn given(&self, mailboxes: BTreeSet<String>) {
        open(&self.given).extend(mailboxes);
    }

    /// What was given can be read.
    pub fn ring(&self) {
        let given = std::mem::take(&mut *open(&self.given));
        let desks = open(&self.desks);
        for mailbox in given.iter().filter_map(|mailbox| mailbox.parse::<Party>().ok()) {
            if let Some(desk) = desks.get(&mailbox) {
                desk.bell.notify_waiters();
            }
        }
    }
}

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// What is seen of the mailbox; whoever looks for something to lease keeps it until it is leased.
    pub fn window(&self) -> MutexGuard<'_, Window> {
        open(&self.window)
    }
}
