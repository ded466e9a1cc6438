//! Says when other disputes wait for a unit's word than before: a desk has a stream of its tasks only.
//!
//! They are asked for again and again while somebody looks; no answer is no change.

use std::future::ready;

use futures::{StreamExt as _, stream};
use proto::unit::Dispute;

use crate::live::Changes;

/// What waits, and whether there is more.
type Waiting = (Vec<Dispute>, bool);

/// Looks each time that a part may have changed; it has when `look` finds something else.
pub(super) fn changes<F>(times: Changes, look: impl Fn() -> F + Send + 'static) -> Changes
where
    F: Future<Output = Option<Waiting>> + Send + 'static,
{
    let found = times.then(move |part| {
        let look = look();
        async move { (part, look.await) }
    });
    let news = found.scan(None, |known, (part, found): (_, Option<Waiting>)| {
        let is_other = known.is_some() && found.is_some() && *known != found;
        *known = found.or_else(|| known.take());
        ready(Some(is_other.then_some(part)))
    });
    Box::pin(news.filter_map(ready))
}

/// Both; they end with the first, so that whoever looks asks anew.
pub(super) fn beside(first: Changes, second: Changes) -> Changes {
    let ends = first.map(Some).chain(stream::once(ready(None)));
    let both = stream::select(ends, second.map(Some));
    Box::pin(both.take_while(|one| ready(one.is_some())).filter_map(ready))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    use super::*;

    #[tokio::test]
    async fn what_waits_anew_or_no_more_is_a_change_and_no_answer_is_none() {
        let dispute = |case: &str| Dispute { case_id: case.to_owned(), ..Dispute::default() };
        let (one, two) = (vec![dispute("a")], vec![dispute("a"), dispute("b")]);
        let answers = [Some(vec![]), Some(vec![]), Some(one.clone()), None, Some(one), Some(two)];
        let rest = answers.into_iter().chain([None, Some(vec![])]).collect::<Vec<_>>();
        let (rest, looks) = (Arc::new(Mutex::new(rest.into_iter())), Arc::new(Mutex::new(0)));
        let counted = Arc::clone(&looks);
        let look = move || {
            *counted.lock().unwrap() += 1;
            let next = rest.lock().unwrap().next().flatten();
            ready(next.map(|found| (found, false)))
        };
        let mut changes = changes(Box::pin(stream::repeat("list")), look);
        let mut at = Vec::new();
        for _ in 0..3 {
            assert_eq!(changes.next().await, Some("list"));
            at.push(*looks.lock().unwrap());
        }
        assert_eq!(at, [3, 6, 8], "it was asked so often until then");
    }

    #[tokio::test]
    async fn two_streams_end_with_the_first() {
        let (first, second) = (stream::iter(["task"]), stream::iter(["asked"]));
        let both = beside(Box::pin(first), Box::pin(second.chain(stream::pending())));
        let both = tokio::time::timeout(Duration::from_secs(9), both.collect::<Vec<_>>()).await;
        let mut both = both.expect("both end");
        both.sort_unstable();
        assert_eq!(both, ["asked", "task"]);
    }
}
