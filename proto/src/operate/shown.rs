//! An operation as it is shown: to who leads it and whom it concerns, and at the desk of a unit.

use domain::{
    id::CaseId,
    moment::Moment,
    operation::{
        Answer, Given, Member, Missed, Operation, OrderState, Release, Stage, part::Part, work_case,
    },
};

use super::{crew_out, end_out, need_out, order_out, plan_out, summary_out};
use crate::{convert, operation as wire};

/// Writes an operation without its orders, its findings and its cases.
pub fn head_out(operation: &Operation, due: Moment) -> wire::Operation {
    let stage = match operation.stage() {
        Stage::Calling => wire::OperationStage::Calling,
        Stage::Started => wire::OperationStage::Started,
        Stage::Ended => wire::OperationStage::Ended,
        Stage::Closed => wire::OperationStage::Closed,
    };
    let ended = operation.ended.as_ref();
    let unreleased = ended.map(|_| operation.unreleased().map(ToString::to_string).collect());
    wire::Operation {
        operation_id: operation.id.to_string(),
        plan: Some(plan_out(&operation.plan)),
        planned_at_ms: operation.planned_at.0,
        stage: stage.into(),
        members: operation.members.values().map(member_out).collect(),
        has_quorum: operation.has_quorum(),
        due_at_ms: due.0,
        started_at_ms: convert::millis(operation.started_at),
        how: ended.map(|end| end_out(end.how)).unwrap_or_default().into(),
        ended_by: ended.map(|end| end.by.to_string()).unwrap_or_default(),
        reason: ended.map(|end| end.reason.clone()).unwrap_or_default(),
        ended_at_ms: convert::millis(ended.map(|end| end.at)),
        unreleased: unreleased.unwrap_or_default(),
        summary: operation.summary.as_ref().map(summary_out),
        ..wire::Operation::default()
    }
}

/// Writes an operation.
pub fn operation_out(operation: &Operation, due: Moment) -> wire::Operation {
    let begun = operation.works.values().filter(|(batch, _)| operation.begun.contains(batch));
    let cases: Vec<CaseId> =
        begun.filter_map(|(_, work)| work_case(&operation.id, &work.id)).collect();
    wire::Operation {
        cases: convert::texts(&cases),
        orders: operation.orders.values().map(given_out).collect(),
        findings: operation.findings.iter().map(ToString::to_string).collect(),
        ..head_out(operation, due)
    }
}

fn member_out(member: &Member) -> wire::Member {
    let (crew, reason) = match &member.answer {
        Answer::Confirmed { crew } => (Some(crew_out(crew)), String::new()),
        Answer::Declined { reason, .. } => (None, reason.clone()),
        Answer::None => (None, String::new()),
    };
    let missed = match member.missed {
        None => wire::MissedKind::Unspecified,
        Some(Missed::NotReached) => wire::MissedKind::NotReached,
        Some(Missed::Late) => wire::MissedKind::Late,
    };
    let (release, settled) = match &member.release {
        Release::None => (wire::ReleaseState::Unspecified, String::new()),
        Release::Asked => (wire::ReleaseState::Asked, String::new()),
        Release::Done => (wire::ReleaseState::Done, String::new()),
        Release::Settled { reason, .. } => (wire::ReleaseState::Settled, reason.clone()),
    };
    wire::Member {
        need: Some(need_out(&member.need)),
        in_place_of: member.in_place_of.as_ref().map(ToString::to_string).unwrap_or_default(),
        state: answer_out(&member.answer).into(),
        crew,
        reason,
        missed: missed.into(),
        is_briefed: member.is_briefed,
        has_read: member.has_read,
        checked_in_at_ms: convert::millis(member.checked_in),
        release: release.into(),
        settled_reason: settled,
    }
}

fn answer_out(answer: &Answer) -> wire::MemberState {
    match answer {
        Answer::None => wire::MemberState::Called,
        Answer::Confirmed { .. } => wire::MemberState::Confirmed,
        Answer::Declined { .. } => wire::MemberState::Declined,
    }
}

fn given_out(given: &Given) -> wire::GivenOrder {
    let (state, text) = match &given.state {
        OrderState::Open => (wire::OrderState::Open, String::new()),
        OrderState::Taken { text } => (wire::OrderState::Taken, text.clone()),
        OrderState::Refused { text } => (wire::OrderState::Refused, text.clone()),
    };
    let order = Some(order_out(&given.order));
    wire::GivenOrder { order, at_ms: given.at.0, state: state.into(), text }
}

/// Writes the part of a unit, as its desk has it.
pub fn part_out(part: &Part) -> wire::Part {
    let (plan, need, due) = match &part.call {
        None => (None, None, None),
        Some((plan, need, due)) => (Some(plan_out(plan)), Some(need_out(need)), Some(*due)),
    };
    wire::Part {
        operation_id: part.id.to_string(),
        plan,
        need,
        due_at_ms: convert::millis(due),
        state: answer_out(&part.answer).into(),
        reserved: part.hold.as_ref().map(|hold| crew_out(&hold.crew)),
        is_released: part.is_released,
        members: part.briefing.as_deref().map(convert::texts).unwrap_or_default(),
        has_read: part.has_read,
        checked_in_at_ms: convert::millis(part.checked_in),
        orders: part.orders.values().map(given_out).collect(),
        findings: part.findings.iter().map(ToString::to_string).collect(),
    }
}
