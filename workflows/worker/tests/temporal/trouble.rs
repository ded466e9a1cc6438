//! Trouble that is made on purpose: attempts that fail, before their work or after it, and steps that
//! are done twice. And the time that the stories have.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::moment::Moment;
use temporalio_common::error::ApplicationFailure;
use temporalio_sdk::activities::ActivityError;

/// What is to go wrong with the activities of a story.
#[derive(Default)]
pub struct Trouble {
    /// How many activities have succeeded.
    done: usize,
    /// Once so many have succeeded, how many more attempts fail.
    pub faults: Option<(usize, usize)>,
    /// Whether an attempt that fails has done its work before.
    pub is_answer_lost: bool,
    /// Whether each step is done twice.
    pub is_twice: bool,
}

impl Trouble {
    /// Whether this attempt fails.
    pub fn comes(&mut self) -> bool {
        if let Some((after, times)) = &mut self.faults
            && *after == self.done
            && *times > 0
        {
            *times -= 1;
            return true;
        }
        self.done += 1;
        false
    }

    /// Each step, as often as it is done.
    pub fn steps<'s, S>(&self, steps: &'s [S]) -> impl Iterator<Item = &'s S> + use<'s, S> {
        let times = if self.is_twice { 2 } else { 1 };
        steps.iter().cycle().take(steps.len() * times)
    }
}

/// The failure of an attempt.
pub fn not_now() -> ActivityError {
    ActivityError::from(ApplicationFailure::new("not now"))
}

/// Now, by the clock of this machine.
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Moment(i64::try_from(since.as_millis()).unwrap())
}
