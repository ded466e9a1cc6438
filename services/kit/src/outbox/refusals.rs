//! What the bus does not take: a recipient that it does not know or whose mailbox is full, an
//! envelope that it calls malformed.
//!
//! The call that was refused is repeated envelope by envelope, so that the one is found. Its recipient
//! is set aside for a while, longer each time, and all others go on. Nothing is ever given up: it is
//! tried again, and an operator reads why it waits.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;
use tonic::Status;

use super::{LOAD, is_for_good};
use crate::{
    status,
    store::{Aside, Load},
};

/// How long a recipient is set aside at first, and at most.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// How long nothing is to be tried again when nobody is set aside.
const NEVER: Duration = Duration::from_secs(86_400);

/// Who is set aside.
#[derive(Debug, Default)]
pub struct Refusals {
    recipients: HashMap<String, Wait>,
    /// So many more go one by one.
    singly: usize,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    until: Instant,
    span: Duration,
}

impl Refusals {
    /// How much is published at once.
    pub fn load(&self) -> Load {
        if self.singly > 0 { Load { count: 1, ..LOAD } } else { LOAD }
    }

    /// Who is set aside at this moment.
    pub fn aside(&self) -> Aside {
        let now = Instant::now();
        let waits = self.recipients.iter().filter(|(_, wait)| wait.until > now);
        waits.map(|(recipient, _)| recipient.clone()).collect()
    }

    /// When somebody is to be tried again.
    pub fn next(&self) -> Instant {
        let now = Instant::now();
        let coming = self.recipients.values().map(|wait| wait.until).filter(|until| *until > now);
        coming.min().unwrap_or(now + NEVER)
    }

    /// So many were taken.
    pub fn taken(&mut self, count: usize) {
        self.singly = self.singly.saturating_sub(count);
    }

    /// Whether trying the same again changes nothing; then the others go on.
    pub fn are_for_good(&mut self, refused: &Status, recipients: &[String]) -> bool {
        let rejection = status::rejection(refused);
        let is_for_good = is_for_good(&rejection);
        let (true, [recipient, others @ ..]) = (is_for_good, recipients) else { return false };
        if !others.is_empty() {
            self.singly = recipients.len();
            return true;
        }
        self.singly = self.singly.saturating_sub(1);
        let before = self.recipients.get(recipient).map_or(Duration::ZERO, |wait| wait.span);
        let span = (before * 2).clamp(FIRST, LONGEST);
        tracing::warn!(
            recipient,
            reason = rejection.reason,
            message = rejection.message,
            "the bus does not take it: tried again in {} s, the others go on",
            span.as_secs()
        );
        let until = Instant::now() + span;
        self.recipients.insert(recipient.clone(), Wait { until, span });
        true
    }
}

#[cfg(test)]
mod tests {
    use domain::rejection::Rejection;

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[tokio::test]
    async fn one_recipient_is_set_aside_and_tried_again() {
        let full = status::status(Rejection::exhausted("MAILBOX_FULL", "full"));
        let mut refusals = Refusals::default();
        assert!(refusals.are_for_good(&full, &texts(&["unit/a", "unit/b"])));
        assert!(refusals.aside().is_empty(), "it is not known yet who it is");
        assert_eq!(refusals.load().count, 1);
        refusals.taken(1);
        assert!(refusals.are_for_good(&full, &texts(&["unit/b"])));
        assert_eq!(refusals.aside(), Aside::from(["unit/b".to_owned()]));
        assert_eq!(refusals.load(), LOAD);
        tokio::time::sleep_until(refusals.next()).await;
        assert!(refusals.aside().is_empty());
        assert!(refusals.are_for_good(&full, &texts(&["unit/b"])));
        assert!(refusals.next() > Instant::now() + FIRST, "and longer each time");
        for passing in ["OVER_QUOTA", "LIMIT"] {
            let passing = status::status(Rejection::exhausted(passing, "later"));
            assert!(!refusals.are_for_good(&passing, &texts(&["unit/a"])));
        }
        let gap = status::status(Rejection::conflict("NUMBER_GAP", "a gap"));
        assert!(!refusals.are_for_good(&gap, &texts(&["unit/a"])));
    }
}
