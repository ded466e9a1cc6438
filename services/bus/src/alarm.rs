//! The alarm: a mailbox whose oldest envelope has waited longer than its limit.
//!
//! It is said in the log when it begins and when it is over, with who must act, and not in between;
//! a bus that was started anew says it again. Whether there is one now is in `ListMailboxes` and in
//! the metrics; all of them ask [`overdue`].

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{moment::Moment, party::Party};

use crate::engine::Mailbox;

/// How long the oldest has waited, when that is longer than it may.
pub fn overdue(oldest: Option<Moment>, limit: Duration, now: Moment) -> Option<Duration> {
    oldest.map(|oldest| now.since(oldest)).filter(|waited| *waited > limit)
}

/// Which mailboxes are overdue.
#[derive(Debug, Default)]
pub struct Alarms(BTreeSet<Party>);

/// What has changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose mailbox.
    pub party: Party,
    /// How long its oldest has waited, when the alarm begins; none when it is over.
    pub waited: Option<Duration>,
}

impl Alarms {
    /// Looks at all mailboxes as they are now; says what has changed since the last time.
    pub fn look(&mut self, mailboxes: &[Mailbox], limit: Duration, now: Moment) -> Vec<Change> {
        let waited = |one: &Mailbox| Some((one.party.clone(), overdue(one.oldest, limit, now)?));
        let overdue: BTreeMap<Party, Duration> = mailboxes.iter().filter_map(waited).collect();
        let begun = overdue.iter().filter(|(party, _)| !self.0.contains(*party));
        let begun = begun.map(|(party, waited)| (party.clone(), Some(*waited)));
        let over = self.0.iter().filter(|party| !overdue.contains_key(*party));
        let changes: Vec<_> = begun.chain(over.map(|party| (party.clone(), None))).collect();
        self.0 = overdue.into_keys().collect();
        changes.into_iter().map(|(party, waited)| Change { party, waited }).collect()
    }
}

/// Says a change in the log, where an operator reads it.
pub fn say(change: &Change, limit: Duration, owner: &Party) {
    let (mailbox, limit_s) = (&change.party, limit.as_secs());
    match change.waited {
        Some(waited) => tracing::error!(
            %mailbox, %owner, waited_s = waited.as_secs(), limit_s,
            "ALARM: the oldest envelope for {mailbox} waits longer than it may: {mailbox} must take \
             it, {owner} must see to that"
        ),
        None => {
            tracing::warn!(%mailbox, "ALARM over: nothing for {mailbox} waits longer than it may")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(party: &str, oldest: Option<i64>) -> Mailbox {
        Mailbox {
            party: party.parse().unwrap(),
            depth: u64::from(oldest.is_some()),
            oldest: oldest.map(Moment),
            parked: 0,
            in_hand: 0,
            redelivered: 0,
            taken: 0,
            delivered: 0,
            acknowledged: 0,
        }
    }

    #[test]
    fn an_alarm_is_said_when_it_begins_and_when_it_is_over() {
        let (mut alarms, limit) = (Alarms::default(), Duration::from_secs(10));
        let mut look = |a: Option<i64>, b: Option<i64>, now| {
            let mailboxes = [mailbox("unit/a", a), mailbox("unit/b", b)];
            let changes = alarms.look(&mailboxes, limit, Moment(now));
            let text = |one: Change| format!("{} {:?}", one.party, one.waited.map(|w| w.as_secs()));
            changes.into_iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(look(Some(0), None, 10_000), [""; 0], "not longer than it may");
        assert_eq!(look(Some(0), None, 10_001), ["unit/a Some(10)"]);
        assert_eq!(look(Some(0), Some(9_000), 15_000), [""; 0], "once, and not at every look");
        assert_eq!(look(Some(5_000), Some(9_000), 20_000), ["unit/b Some(11)"]);
        assert_eq!(look(Some(19_000), Some(9_000), 21_000), ["unit/a None"], "over");
        assert_eq!(look(None, None, 60_000), ["unit/b None"]);
        assert_eq!(look(Some(0), None, 90_000), ["unit/a Some(90)"], "and again");
    }
}
