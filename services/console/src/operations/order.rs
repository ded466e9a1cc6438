//! The order of operations, how a team stands, and moments as people type them.

use domain::{moment::Moment, pack::Day};
use proto::operation::{Member, MemberState, MissedKind, Operation, OperationStage};

/// Puts operations in order: what runs and what is to come first, by its beginning; then what is
/// over, the last first. Says how many of them are not over.
pub(crate) fn by_time(operations: &mut [Operation]) -> usize {
    let from = |one: &Operation| one.plan.as_ref().map_or(0, |plan| plan.from_ms);
    operations.sort_by(|one, other| {
        let order = match is_over(one) {
            true => from(other).cmp(&from(one)),
            false => from(one).cmp(&from(other)),
        };
        is_over(one).cmp(&is_over(other)).then(order)
    });
    operations.iter().filter(|one| !is_over(one)).count()
}

/// Whether it has ended; what still has to be let go is of those that run.
pub(crate) fn is_over(operation: &Operation) -> bool {
    match operation.stage() {
        OperationStage::Closed => true,
        OperationStage::Ended => operation.unreleased.is_empty(),
        _ => false,
    }
}

/// How a team stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It is there since a moment, so many milliseconds after the beginning.
    There(i64, i64),
    /// It confirmed, and is late by so much.
    Late(i64),
    /// It is not there, and nobody waits for it yet, or any more.
    Away,
}

/// How the team of a unit stands `now`. A unit that was not reached is never late.
pub(crate) fn presence(operation: &Operation, member: &Member, now: i64) -> Presence {
    let from = operation.plan.as_ref().map_or(0, |plan| plan.from_ms);
    if member.checked_in_at_ms > 0 {
        let late = member.checked_in_at_ms - from;
        let counts = member.missed() != MissedKind::NotReached;
        return Presence::There(member.checked_in_at_ms, if counts { late.max(0) } else { 0 });
    }
    let is_expected = member.state() == MemberState::Confirmed
        && member.missed() != MissedKind::NotReached
        && operation.stage() == OperationStage::Started;
    if is_expected && now > from { Presence::Late(now - from) } else { Presence::Away }
}

/// Reads `2026-11-27T20:00` as a moment of the city; none where it is another text.
pub(crate) fn moment(text: &str, utc_offset_minutes: i32) -> Option<i64> {
    let (day, clock) = text.split_once('T')?;
    let day: Day = day.parse().ok()?;
    let mut parts = clock.split(':');
    let mut number = |most: i64| {
        let part = parts.next()?;
        let is_two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i64>().ok().filter(|number| is_two && *number <= most)
    };
    let (hour, minute) = (number(23)?, number(59)?);
    let Moment(start) = day.start(utc_offset_minutes);
    Some(start + (hour * 60 + minute) * 60_000)
}

/// The lines of a text that are not empty.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use proto::operation::OperationPlanned;

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn operation(id: &str, stage: OperationStage, from_ms: i64) -> Operation {
        let plan = Some(OperationPlanned { from_ms, ..OperationPlanned::default() });
        Operation { operation_id: id.into(), plan, stage: stage.into(), ..Operation::default() }
    }

    #[test]
    fn what_runs_is_first_and_what_is_over_is_last_the_newest_first() {
        let waits = Operation {
            unreleased: vec!["transport".into()],
            ..operation("waits", OperationStage::Ended, 10)
        };
        let mut all = vec![
            operation("old", OperationStage::Closed, 1),
            operation("new", OperationStage::Closed, 50),
            operation("to come", OperationStage::Calling, 90),
            operation("runs", OperationStage::Started, 20),
            waits,
        ];
        assert_eq!(by_time(&mut all), 3);
        let order: Vec<_> = all.iter().map(|one| one.operation_id.as_str()).collect();
        assert_eq!(order, ["waits", "runs", "to come", "new", "old"]);
    }

    #[test]
    fn who_confirmed_and_is_not_there_is_late_and_who_was_not_reached_never_is() {
        let runs = operation("runs", OperationStage::Started, 10 * HOUR);
        let now = 12 * HOUR;
        let confirmed = Member { state: MemberState::Confirmed.into(), ..Member::default() };
        let of = |member: &Member| presence(&runs, member, now);
        assert_eq!(of(&confirmed), Presence::Late(2 * HOUR));
        assert_eq!(presence(&runs, &confirmed, 9 * HOUR), Presence::Away);
        let away = Member { missed: MissedKind::NotReached.into(), ..confirmed.clone() };
        assert_eq!(of(&away), Presence::Away);
        assert_eq!(of(&Member::default()), Presence::Away, "it never said that it comes");
        let there = |at| Member { checked_in_at_ms: at, ..confirmed.clone() };
        assert_eq!(of(&there(11 * HOUR)), Presence::There(11 * HOUR, HOUR));
        assert_eq!(of(&there(9 * HOUR)), Presence::There(9 * HOUR, 0));
        let unreached = Member { checked_in_at_ms: 11 * HOUR, ..away };
        assert_eq!(of(&unreached), Presence::There(11 * HOUR, 0));
        let over = operation("over", OperationStage::Closed, 10 * HOUR);
        assert_eq!(presence(&over, &confirmed, now), Presence::Away, "the summary says who was");
    }

    #[test]
    fn a_time_is_typed_in_the_citys_time() {
        assert_eq!(moment("1970-01-01T08:00", 480), Some(0));
        assert_eq!(moment("1970-01-02T00:30", 0), Some(24 * HOUR + HOUR / 2));
        assert_eq!(moment("1970-01-01T00:00:59", 0), Some(0), "browsers may add seconds");
        for wrong in
            ["", "x", "1970-01-01", "1970-01-01T24:00", "1970-02-30T10:00", "1970-01-01T9:5"]
        {
            assert_eq!(moment(wrong, 0), None, "{wrong}");
        }
    }

    #[test]
    fn lines_are_what_is_on_them() {
        assert_eq!(lines(" a \r\n\n b\n"), ["a", "b"]);
        assert!(lines(" \n").is_empty());
    }
}
