//! Tasks and registers as they go to the wire; what comes from there is read in [`crate::asking`].

use domain::{
    calendar::Calendar,
    task::{State, Task},
};
use proto::{convert, fact, register as wire, unit::TaskState};

use crate::{
    desk::dispute::Asked,
    register::{Register, Row},
};

/// All states, with their number on the wire.
const STATES: [(State, TaskState); 10] = [
    (State::Called, TaskState::Called),
    (State::Accepted, TaskState::Accepted),
    (State::Refused, TaskState::Refused),
    (State::Arrived, TaskState::Arrived),
    (State::Disposed, TaskState::Disposed),
    (State::Declared, TaskState::Declared),
    (State::Closed, TaskState::Closed),
    (State::Superseded, TaskState::Superseded),
    (State::Contested, TaskState::Contested),
    (State::Retyped, TaskState::Retyped),
];

/// Writes a state.
pub(crate) fn state_out(state: State) -> TaskState {
    let found = STATES.iter().find(|(known, _)| *known == state);
    found.map_or(TaskState::Unspecified, |(_, wire)| *wire)
}

/// Writes a task.
pub(crate) fn task_out(calendar: &Calendar, task: &Task) -> proto::unit::Task {
    proto::unit::Task {
        case_id: task.case_id.to_string(),
        state: state_out(task.state).into(),
        call: Some(fact::called_out(&task.call)),
        called_at_ms: task.called_at.0,
        due_at_ms: convert::millis(task.due_at(calendar)),
        reminders: task.reminders,
        urgings: task.urgings,
        changed_at_ms: task.changed_at.0,
        notices: task.notices,
        contact: task.contact.clone(),
    }
}

/// Writes a dispute.
pub(crate) fn dispute_out(asked: &Asked) -> proto::unit::Dispute {
    let due_at = asked.asked_at + std::time::Duration::from_millis(asked.within_ms);
    proto::unit::Dispute {
        case_id: asked.case_id.to_string(),
        round: asked.round,
        reason: asked.reason.clone(),
        owner: asked.owner.to_string(),
        asked_at_ms: asked.asked_at.0,
        due_at_ms: due_at.0,
        text: asked.text.clone(),
        named_unit: asked.named_unit.as_ref().map(ToString::to_string).unwrap_or_default(),
        is_over: asked.is_over,
    }
}

/// Writes what a register is.
pub(crate) fn register_out(register: &Register) -> wire::Register {
    wire::Register {
        name: register.name().to_owned(),
        title_zh: register.title_zh().to_owned(),
        columns: register.columns().map(str::to_owned).collect(),
        rows: register.len() as u64,
    }
}

/// Writes a row.
pub(crate) fn row_out(row: &Row) -> wire::Row {
    let cell = |(column, value): (&str, &str)| wire::Cell {
        column: column.to_owned(),
        value: value.to_owned(),
    };
    wire::Row { cells: row.cells().map(cell).collect() }
}
