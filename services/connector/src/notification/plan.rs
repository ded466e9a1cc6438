//! What goes next to one receiver by one way. Pure.
//!
//! One after the other: while one is tried, nobody else's comes before it but what is urgent. So what
//! piles up behind a gateway that is away was never tried, and is summed up when it is back: one
//! message for a unit, and not a flood.

use std::time::Duration;

use domain::moment::Moment;

/// How many are summed up in one at most.
pub(super) const SUMMED_MAX: usize = 500;
/// The time in which `per_hour` counts.
pub(super) const HOUR: Duration = Duration::from_secs(3_600);

/// One that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) number: u64,
    /// When that happened of which it tells, or since it is sent again.
    pub(super) since: Moment,
    pub(super) is_urgent: bool,
    /// Whether it goes under its own key, or not at all: it may have been taken already, or it sums
    /// up others.
    pub(super) is_alone: bool,
}

/// What is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) give_up_after: Duration,
    pub(super) at_once: usize,
    pub(super) per_hour: usize,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// These are worth nothing any more.
    GiveUp(Vec<u64>),
    /// This one is tried.
    Send(u64),
    /// These go as one.
    Sum(Vec<u64>),
    /// Nothing before this moment.
    Wait(Moment),
    /// Nothing waits.
    Nothing,
}

/// What is done with those that wait, in their order; `gone` is when others went in the last hour,
/// the earliest first.
pub(super) fn plan(items: &[Item], gone: &[Moment], limits: Limits, now: Moment) -> Next {
    let is_over = |item: &&Item| now.since(item.since) >= limits.give_up_after;
    let over: Vec<u64> = items.iter().filter(is_over).map(|item| item.number).collect();
    if !over.is_empty() {
        return Next::GiveUp(over);
    }
    let first = |is: fn(&&Item) -> bool| items.iter().find(is).map(|item| item.number);
    let at_once = first(|item| item.is_urgent).or_else(|| first(|item| item.is_alone));
    if let Some(number) = at_once {
        return Next::Send(number);
    }
    let Some(head) = items.first() else { return Next::Nothing };
    if gone.len() >= limits.per_hour {
        // The one by which there is room again.
        let frees = gone[gone.len() - limits.per_hour];
        return Next::Wait(frees + HOUR);
    }
    if items.len() <= limits.at_once {
        return Next::Send(head.number);
    }
    Next::Sum(items.iter().take(SUMMED_MAX).map(|item| item.number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { give_up_after: Duration::from_secs(100), at_once: 2, per_hour: 3 };

    fn item(number: u64) -> Item {
        Item { number, since: Moment(0), is_urgent: false, is_alone: false }
    }

    #[test]
    fn a_few_go_one_by_one_and_many_as_one() {
        let now = Moment(1_000);
        assert_eq!(plan(&[], &[], LIMITS, now), Next::Nothing);
        assert_eq!(plan(&[item(1), item(2)], &[], LIMITS, now), Next::Send(1));
        let many = [item(1), item(2), item(3)];
        assert_eq!(plan(&many, &[], LIMITS, now), Next::Sum(vec![1, 2, 3]));
        let thousand: Vec<Item> = (0..1_000).map(item).collect();
        let Next::Sum(summed) = plan(&thousand, &[], LIMITS, now) else { panic!() };
        assert_eq!(summed.len(), SUMMED_MAX);
    }

    #[test]
    fn over_the_limit_of_an_hour_they_wait_for_room() {
        let now = Moment(10_000);
        let gone = [Moment(1), Moment(2), Moment(3)];
        assert_eq!(plan(&[item(1)], &gone, LIMITS, now), Next::Wait(Moment(3_600_001)));
        let more = [Moment(0), Moment(1), Moment(2), Moment(3)];
        assert_eq!(plan(&[item(1)], &more, LIMITS, now), Next::Wait(Moment(3_600_001)));
        assert_eq!(plan(&[item(1)], &gone[..2], LIMITS, now), Next::Send(1));
    }

    #[test]
    fn what_is_urgent_goes_at_once_and_what_was_tried_goes_alone() {
        let now = Moment(10_000);
        let urgent = Item { is_urgent: true, ..item(4) };
        let tried = Item { is_alone: true, ..item(2) };
        let gone = [Moment(1), Moment(2), Moment(3)];
        let all = [item(1), tried, item(3), urgent];
        assert_eq!(plan(&all, &gone, LIMITS, now), Next::Send(4));
        assert_eq!(plan(&all[..3], &gone, LIMITS, now), Next::Send(2), "never summed up");
    }

    #[test]
    fn what_is_late_is_given_up_whatever_else_there_is() {
        let late = Item { since: Moment(0), is_urgent: true, is_alone: true, ..item(1) };
        let fresh = Item { since: Moment(50_000), ..item(2) };
        let at = Moment(100_000);
        assert_eq!(plan(&[late, fresh], &[], LIMITS, at), Next::GiveUp(vec![1]));
        assert_eq!(plan(&[late, fresh], &[], LIMITS, Moment(99_999)), Next::Send(1));
    }
}
