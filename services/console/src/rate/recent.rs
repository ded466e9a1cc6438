//! Rates as they were asked for last.
//!
//! For a rate the ledger looks at each case that counts. Everybody who speaks for one party sees the same, which
//! is asked for once a minute at most, however many look; what is shown says until when it counts. What
//! is older than that is forgotten.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use domain::party::Party;
use proto::ledger::{GetRatesRequest, GetRatesResponse, GroupBy};
use tokio::sync::Mutex;

use crate::{trouble::Trouble, visit::Visit};

/// How old what is shown may be.
const AGE: Duration = Duration::from_secs(60);

/// Whose, from when, until when (0: now), by what.
type Question = (Party, i64, i64, i32);

/// What was answered last, and when it was asked; who comes while somebody asks waits for that answer.
type Asked = Arc<Mutex<Option<(Instant, Arc<GetRatesResponse>)>>>;

/// What was asked for in the last minute, by everybody.
#[derive(Debug, Default)]
pub(crate) struct Recent(std::sync::Mutex<HashMap<Question, Asked>>);

impl Recent {
    /// The rates of a period by what is said, not older than a minute.
    pub(crate) async fn ask(
        &self,
        visit: &Visit,
        (from_ms, to_ms): (i64, i64),
        group_by: GroupBy,
    ) -> Result<Arc<GetRatesResponse>, Trouble> {
        let group_by = group_by.into();
        let asked = self.of((visit.party().clone(), from_ms, to_ms, group_by));
        let mut asked = asked.lock().await;
        if let Some(known) = asked.as_ref().filter(|(at, _)| is_young(at)) {
            return Ok(Arc::clone(&known.1));
        }
        let at = Instant::now();
        let request = GetRatesRequest { from_ms, to_ms, group_by, ..GetRatesRequest::default() };
        let found = visit.asking()?.ledger().get_rates(request).await?.into_inner();
        let found = Arc::new(found);
        *asked = Some((at, Arc::clone(&found)));
        Ok(found)
    }

    fn of(&self, question: Question) -> Asked {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, asked| is_wanted(asked));
        Arc::clone(all.entry(question).or_default())
    }
}

fn is_young(at: &Instant) -> bool {
    at.elapsed() < AGE
}

/// Whether somebody asks, or it can still be shown.
fn is_wanted(asked: &Asked) -> bool {
    Arc::strong_count(asked) > 1
        || asked.try_lock().is_ok_and(|asked| asked.as_ref().is_some_and(|(at, _)| is_young(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_old_or_was_never_answered_is_forgotten_and_what_is_asked_is_not() {
        let recent = Recent::default();
        let question = |from| ("unit/housing".parse().unwrap(), from, 0, 0);
        let count = || recent.0.lock().unwrap().len();
        let set =
            async |from, at| *recent.of(question(from)).lock().await = Some((at, Arc::default()));
        set(1, Instant::now()).await;
        set(2, Instant::now().checked_sub(AGE).unwrap()).await;
        drop(recent.of(question(3)));
        assert_eq!(count(), 2, "the second was old");
        let asking = recent.of(question(4));
        assert_eq!(count(), 2, "nobody has asked the third");
        assert!(recent.of(question(1)).lock().await.is_some(), "the first is young");
        assert_eq!(count(), 2, "the fourth is being asked");
        drop(asking);
    }
}
