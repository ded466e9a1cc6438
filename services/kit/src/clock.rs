//! The one clock of a role.
//!
//! Whoever needs the time is handed a `Clock`; a test hands over one that it sets itself.
//! It never goes backwards within a process: when the machine's clock is set back, it stands still
//! until the machine has caught up, so that what was recorded later never looks earlier.
//! It does not promise that two machines agree.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use domain::moment::Moment;

/// The latest moment that any system clock of this process has told.
static TOLD: AtomicI64 = AtomicI64::new(i64::MIN);

/// Tells the time; cheap to clone, and all clones agree.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that stands at `moment` until it is set or advanced.
    pub fn fixed(moment: Moment) -> Clock {
        Clock(Source::Set(Arc::new(AtomicI64::new(moment.0))))
    }

    /// The time now.
    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::System => latest(&TOLD, wall()),
            Source::Set(moment) => Moment(moment.load(Ordering::Acquire)),
        }
    }

    /// Sets a fixed clock for all its clones; an earlier moment than now changes nothing.
    /// The machine's clock cannot be set from here.
    pub fn set(&self, moment: Moment) {
        if let Source::Set(now) = &self.0 {
            latest(now, moment.0);
        }
    }

    /// Moves a fixed clock on for all its clones.
    pub fn advance(&self, span: Duration) {
        self.set(self.now() + span);
    }
}

fn latest(told: &AtomicI64, candidate: i64) -> Moment {
    Moment(told.fetch_max(candidate, Ordering::AcqRel).max(candidate))
}

/// The machine's time; a clock before 1970 counts as 1970.
fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_for_all_its_clones_and_never_back() {
        let clock = Clock::fixed(Moment(1_000));
        let clone = clock.clone();
        clock.advance(Duration::from_secs(1));
        assert_eq!(clone.now(), Moment(2_000));
        clone.set(Moment(500));
        assert_eq!(clock.now(), Moment(2_000));
    }

    #[test]
    fn a_clock_set_back_stands_still() {
        let told = AtomicI64::new(i64::MIN);
        assert_eq!(latest(&told, 10), Moment(10));
        assert_eq!(latest(&told, 7), Moment(10));
        assert_eq!(latest(&told, 11), Moment(11));
    }

    #[test]
    fn the_system_clock_is_of_this_century() {
        let clock = Clock::system();
        let first = clock.now();
        assert!(first > Moment(1_577_836_800_000));
        assert!(clock.now() >= first);
    }
}
