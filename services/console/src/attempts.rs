//! How often somebody may try to sign in: so many failures of a name and of an address in a while.
//!
//! Whoever has failed so often waits until the while is over, also with the right password. What is
//! remembered is bounded; a name that nobody has counts like any other.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::moment::Moment;
use kit::clock::Clock;

/// The while.
const WHILE: Duration = Duration::from_secs(15 * 60);
/// The most failures of one name.
const OF_A_NAME: u32 = 8;
/// The most failures from one address: many people may be behind it.
const OF_AN_ADDRESS: u32 = 80;
/// The most names and addresses that are remembered; then the oldest are forgotten.
const REMEMBERED: usize = 20_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    Name(String),
    Address(IpAddr),
}

impl Who {
    fn most(&self) -> u32 {
        match self {
            Who::Name(_) => OF_A_NAME,
            Who::Address(_) => OF_AN_ADDRESS,
        }
    }
}

#[derive(Debug)]
struct Failures {
    since: Moment,
    count: u32,
}

/// What has failed lately.
#[derive(Debug)]
pub(crate) struct Attempts {
    clock: Clock,
    failed: Mutex<HashMap<Who, Failures>>,
}

impl Attempts {
    pub(crate) fn new(clock: Clock) -> Attempts {
        Attempts { clock, failed: Mutex::default() }
    }

    /// How long this name from this address has to wait; nothing when it may try.
    pub(crate) fn wait(&self, name: &str, address: IpAddr) -> Option<Duration> {
        let now = self.clock.now();
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let left = both(name, address).into_iter().filter_map(|who| {
            let found = failed.get(&who)?;
            let left = WHILE.checked_sub(now.since(found.since))?;
            (found.count >= who.most() && !left.is_zero()).then_some(left)
        });
        left.max()
    }

    /// It has failed.
    pub(crate) fn failed(&self, name: &str, address: IpAddr) {
        let now = self.clock.now();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        for who in both(name, address) {
            if failed.len() >= REMEMBERED && !failed.contains_key(&who) {
                failed.retain(|_, one| now.since(one.since) < WHILE);
                forget_oldest(&mut failed);
            }
            let one = failed.entry(who).or_insert(Failures { since: now, count: 0 });
            if now.since(one.since) >= WHILE {
                *one = Failures { since: now, count: 0 };
            }
            one.count = one.count.saturating_add(1);
        }
    }

    /// It has succeeded: the name begins anew, the address does not.
    pub(crate) fn succeeded(&self, name: &str) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.remove(&Who::Name(name.to_owned()));
    }
}

fn both(name: &str, address: IpAddr) -> [Who; 2] {
    // A name may be a megabyte of nonsense.
    let name = name.chars().take(64).collect();
    [Who::Name(name), Who::Address(address)]
}

fn forget_oldest(failed: &mut HashMap<Who, Failures>) {
    if failed.len() < REMEMBERED {
        return;
    }
    let oldest = failed.iter().min_by_key(|(_, one)| one.since).map(|(who, _)| who.clone());
    if let Some(oldest) = oldest {
        failed.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);

    fn attempts() -> (Attempts, Clock) {
        let clock = Clock::fixed(Moment(1_795_312_800_000));
        (Attempts::new(clock.clone()), clock)
    }

    #[test]
    fn a_name_that_has_failed_often_waits_from_wherever_and_others_do_not() {
        let (attempts, clock) = attempts();
        for _ in 0..OF_A_NAME {
            assert_eq!(attempts.wait("li.na", HERE), None);
            attempts.failed("li.na", HERE);
        }
        assert_eq!(attempts.wait("li.na", THERE), Some(WHILE));
        assert_eq!(attempts.wait("wang", HERE), None);
        clock.advance(WHILE);
        assert_eq!(attempts.wait("li.na", HERE), None);
        attempts.failed("li.na", HERE);
        assert_eq!(attempts.wait("li.na", HERE), None, "it is counted anew");
    }

    #[test]
    fn an_address_that_tries_many_names_waits() {
        let (attempts, _) = attempts();
        for number in 0..OF_AN_ADDRESS {
            attempts.failed(&format!("name{number}"), HERE);
        }
        assert_eq!(attempts.wait("another", HERE), Some(WHILE));
        assert_eq!(attempts.wait("another", THERE), None);
    }

    #[test]
    fn who_succeeds_begins_anew_and_what_is_remembered_is_bounded() {
        let (attempts, _) = attempts();
        for _ in 0..OF_A_NAME {
            attempts.failed("li.na", HERE);
        }
        attempts.succeeded("li.na");
        assert_eq!(attempts.wait("li.na", HERE), None);
        for number in 0..200 {
            attempts.failed(&"x".repeat(100_000 + number), HERE);
        }
        assert_eq!(attempts.failed.lock().unwrap().len(), 2, "a long name is cut");
    }
}
