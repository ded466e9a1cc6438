//! The desks at which mailboxes are read: one for each from which somebody has fetched.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
};

use domain::{moment::Moment, party::Party};
use tokio::sync::Notify;

use super::Window;

/// All mailboxes from which somebody has fetched.
#[derive(Debug, Default)]
pub struct Desks(Mutex<HashMap<Party, Arc<Desk>>>);

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
        let mut desks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        let desks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        desks.iter().map(|(party, desk)| (party.clone(), Arc::clone(desk))).collect()
    }
}

impl Desk {
    /// What is seen of the mailbox; whoever looks for something to lease keeps it until it is leased.
    pub fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
