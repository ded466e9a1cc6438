//! The direct report of a case, as everybody sees it who sees the case.

use domain::case::{Course, Right};
use proto::{convert, whistle as wire};
use wire::{DirectReportCondition as Unmet, DirectReportState as State};

/// Writes it.
pub(super) fn direct(course: &Course, right: &Right) -> wire::DirectReport {
    let filed = course.direct.filed.as_ref();
    let instruction = course.direct.instruction.as_ref();
    let mut out = wire::DirectReport {
        against: filed.map(|filed| convert::texts(&filed.against)).unwrap_or_default(),
        is_answered_before: filed.is_some_and(|filed| filed.is_answered_before),
        instruction: instruction.map(|answer| answer.text.clone()).unwrap_or_default(),
        ..wire::DirectReport::default()
    };
    let state = match right {
        Right::Reported => {
            out.since_ms = convert::millis(filed.map(|filed| filed.at));
            State::Reported
        }
        Right::Open { unit, since } => {
            (out.unit, out.since_ms) = (unit.to_string(), since.0);
            State::Open
        }
        _ if instruction.is_some() => {
            out.since_ms = convert::millis(instruction.map(|answer| answer.at));
            State::Answered
        }
        _ => State::Closed,
    };
    if let Right::TooEarly { unit, opens } = right {
        (out.unit, out.opens_at_ms) = (unit.to_string(), opens.0);
    }
    if state == State::Closed {
        out.set_unmet(unmet(right));
    }
    out.set_state(state);
    out
}

fn unmet(right: &Right) -> Unmet {
    match right {
        Right::Nowhere => Unmet::NoSuchRight,
        Right::NotCalled => Unmet::NotCalled,
        Right::Settled => Unmet::Settled,
        Right::TooEarly { .. } => Unmet::StillInTime,
        Right::Over => Unmet::Over,
        Right::Open { .. } | Right::Reported => Unmet::Unspecified,
    }
}
