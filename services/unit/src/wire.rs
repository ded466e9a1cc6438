//! Tasks and registers as they go to the wire; what comes from there is read in [`crate::asking`].

use domain::{
    accountability::{Sheet, Stage},
    calendar::Calendar,
    task::{State, Task},
};
use proto::{accountability, convert, credit_wire, fact, register as wire, unit::TaskState};

use crate::{
    desk::{self, dispute::Asked},
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
    let claim = task.claim.as_ref();
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
        consultation: task.consultation.clone().unwrap_or_default(),
        claimed_by: claim.map(|claim| claim.person.to_string()).unwrap_or_default(),
        claimed_at_ms: convert::millis(claim.map(|claim| claim.at)),
    }
}

/// Writes a sheet as its unit has it: the facts of the case are in the ledger.
pub(crate) fn sheet_out(calendar: &Calendar, sheet: &Sheet) -> accountability::Sheet {
    let due = desk::sheet::due(calendar, sheet);
    let statement = sheet.statement.as_ref();
    let decision = sheet.decision.as_ref();
    let form = decision.and_then(|decision| decision.form.as_ref());
    accountability::Sheet {
        case_id: sheet.id.case_id.to_string(),
        unit: sheet.id.unit.to_string(),
        stage: sheet_stage_out(sheet.stage).into(),
        opened_at_ms: sheet.opened_at.0,
        judge: sheet.opened.judge.to_string(),
        owed_by: due.map(|_| sheet.party().to_string()).unwrap_or_default(),
        due_at_ms: convert::millis(due),
        statement: statement.map(|said| said.text.clone()).unwrap_or_default(),
        statement_evidence: statement
            .map(|said| convert::evidence_out(&said.evidence))
            .unwrap_or_default(),
        is_silent: sheet.is_silent,
        is_decided: decision.is_some(),
        form: form.map(ToString::to_string).unwrap_or_default(),
        reason: decision.map(|decision| decision.reason.clone()).unwrap_or_default(),
        decided_by: decision.map(|one| one.decided_by.to_string()).unwrap_or_default(),
        bulletin: sheet.bulletin.clone().unwrap_or_default(),
        ..accountability::Sheet::default()
    }
}

/// Writes a violation as its unit has it: doubles are known from the record.
pub(crate) fn violation_out(held: &desk::violation::Held) -> credit_wire::Violation {
    let violation = &held.violation;
    let state = match held.revoked {
        None => credit_wire::ViolationState::Charged,
        Some(_) => credit_wire::ViolationState::Revoked,
    };
    credit_wire::Violation {
        unit: violation.id.unit.to_string(),
        decision: violation.id.decision.to_string(),
        object: held.object.to_string(),
        code: violation.code.to_string(),
        fact: violation.fact.to_string(),
        person: violation.person.to_string(),
        at_ms: violation.at.0,
        points: violation.points,
        state: state.into(),
        revoked_reason: held.revoked.clone().unwrap_or_default(),
    }
}

fn sheet_stage_out(stage: Stage) -> accountability::SheetStage {
    match stage {
        Stage::Stating => accountability::SheetStage::Stating,
        Stage::Deciding => accountability::SheetStage::Deciding,
        Stage::Publishing => accountability::SheetStage::Publishing,
        Stage::Closed => accountability::SheetStage::Closed,
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
