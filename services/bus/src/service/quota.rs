//! What each sender may publish: so many envelopes a second, over a second's burst.
//!
//! Whoever sends more is told when to come back, and the others do not notice.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{moment::Moment, party::Party};

/// What is left of the senders' quotas. Parties are those of certificates: their number is bounded.
#[derive(Debug, Default)]
pub struct Quotas(Mutex<HashMap<Party, Left>>);

#[derive(Clone, Copy, Debug)]
struct Left {
    envelopes: f64,
    at: Moment,
}

impl Quotas {
    /// Takes some of a sender's quota, or says how long until it may come back. A request is never
    /// larger than what a whole second gives: one that finds it all is let in.
    pub fn take(
        &self,
        sender: &Party,
        count: usize,
        per_second: u32,
        now: Moment,
    ) -> Result<(), Duration> {
        let full = f64::from(per_second.max(1));
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = left.get(sender).copied().unwrap_or(Left { envelopes: full, at: now });
        let gained = now.since(before.at).as_secs_f64() * full;
        let envelopes = (before.envelopes + gained).min(full);
        let wanted = f64::from(u32::try_from(count).unwrap_or(u32::MAX)).min(full);
        let missing = wanted - envelopes;
        let rest = if missing > 0.0 { envelopes } else { envelopes - wanted };
        let at = now.max(before.at);
        match left.get_mut(sender) {
            Some(left) => *left = Left { envelopes: rest, at },
            None => drop(left.insert(sender.clone(), Left { envelopes: rest, at })),
        }
        if missing > 0.0 { Err(Duration::from_secs_f64(missing / full)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_that_has_spent_its_quota_is_told_when_to_come_back_and_another_is_let_in() {
        let (quotas, [one, other]) = (Quotas::default(), ["unit/a", "unit/b"]);
        let party = |text: &str| text.parse::<Party>().unwrap();
        let take = |who, count, at| quotas.take(&party(who), count, 100, Moment(at));
        assert_eq!(take(one, 100, 0), Ok(()));
        assert_eq!(take(one, 50, 0), Err(Duration::from_millis(500)));
        assert_eq!(take(other, 50, 0), Ok(()));
        assert_eq!(take(one, 50, 500), Ok(()));
        assert_eq!(take(one, 1_000, 2_000), Ok(()), "what is larger than all finds it all");
        assert_eq!(take(one, 1, 1_000), Err(Duration::from_millis(10)), "a clock that goes back");
    }
}
