//! What a coordinator says of an operation: shown first, and said with `--yes`.

use std::path::Path;

use anyhow::Context as _;
use proto::operation::{
    EndKind, EndOperationRequest, FollowUpRequest, GiveOrderRequest, InviteUnitRequest,
    PlanOperationRequest, SettleReleaseRequest, Work,
};
use serde_json::{Value, json};

use super::{
    super::{
        moment::shown,
        table::Table,
        way::{command, office_refused},
    },
    door, get,
};
use crate::{
    cli::{
        Act,
        operations::{End, FollowUp, Invite, Order, Plan, Reassign, Settle},
    },
    output::Output,
};

/// The columns of a table of what is left.
const COLUMNS: [&str; 5] = ["id", "grid", "issue_type", "text", "units"];

/// Whether it was only shown.
fn preview(output: Output, act: &Act, event: &str, text: &str, mut object: Value) -> bool {
    if !act.yes {
        object["is_preview"] = true.into();
        output.say(format!("{text}; nothing was changed: --yes does it"), event, object);
    }
    !act.yes
}

/// Says that it was done.
fn done(output: Output, event: &str, text: &str, mut object: Value) {
    object["is_preview"] = false.into();
    output.say(text, event, object);
}

pub(super) async fn plan(asked: &Plan) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.act.way)?;
    let what = asked.kind.as_deref().unwrap_or("a free operation");
    let units: Vec<&str> = asked.units.iter().map(|need| need.unit.as_str()).collect();
    let window = format!("{} to {}", shown(asked.from.0), shown(asked.to.0));
    let text = format!("{what}, {window}: {}; units named here: {}", asked.goal, units.join(", "));
    let object = json!({ "kind": asked.kind, "from_ms": asked.from.0, "to_ms": asked.to.0 });
    if preview(output, &asked.act, "planned", &text, object) {
        return Ok(());
    }
    let within = asked.answer_within.unwrap_or_default().as_millis();
    let request = PlanOperationRequest {
        command: command(&asked.act.word),
        kind: asked.kind.clone().unwrap_or_default(),
        goal: asked.goal.clone(),
        grids: asked.grids.clone(),
        subdistricts: asked.subdistricts.clone(),
        from_ms: asked.from.0,
        to_ms: asked.to.0,
        needs: asked.units.clone(),
        quorum: asked.quorum,
        answer_within_ms: u64::try_from(within).unwrap_or(u64::MAX),
        repeat: None,
        is_single: asked.single,
    };
    let answer = door.plan_operation(request).await.map_err(|no| office_refused(&no))?;
    let operation_id = answer.into_inner().operation_id;
    let text = format!("{operation_id} is planned, on the word of {}", asked.act.word.person);
    done(output, "planned", &text, json!({ "operation_id": operation_id }));
    Ok(())
}

pub(super) async fn invite(asked: &Invite) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.act.way)?;
    let (id, unit) = (&asked.operation, &asked.unit.unit);
    let object = json!({ "operation_id": id, "unit": unit });
    let text = format!("{unit} would be called to {id}");
    if preview(output, &asked.act, "invited", &text, object.clone()) {
        return Ok(());
    }
    let (command, need) = (command(&asked.act.word), Some(asked.unit.clone()));
    let request = InviteUnitRequest { command, operation_id: id.clone(), need };
    door.invite_unit(request).await.map_err(|no| office_refused(&no))?;
    done(output, "invited", &format!("{unit} is called to {id}"), object);
    Ok(())
}

pub(super) async fn order(asked: &Order) -> anyhow::Result<()> {
    let request = GiveOrderRequest {
        command: None,
        operation_id: asked.operation.clone(),
        unit: asked.unit.clone(),
        text: asked.text.clone(),
        grid: asked.grid.clone(),
        is_reassignment: false,
    };
    give(&asked.act, request).await
}

pub(super) async fn reassign(asked: &Reassign) -> anyhow::Result<()> {
    let request = GiveOrderRequest {
        command: None,
        operation_id: asked.operation.clone(),
        unit: asked.unit.clone(),
        text: asked.reason.clone(),
        grid: asked.grid.clone(),
        is_reassignment: true,
    };
    give(&asked.act, request).await
}

async fn give(act: &Act, request: GiveOrderRequest) -> anyhow::Result<()> {
    let (mut door, output) = door(&act.way)?;
    let GiveOrderRequest { operation_id, unit, text, grid, .. } = request.clone();
    let place = if grid.is_empty() { String::new() } else { format!(" in {grid}") };
    let words = format!("{unit}{place}: {text}");
    let object = json!({ "operation_id": operation_id, "unit": unit, "grid": grid });
    if preview(output, act, "ordered", &words, object.clone()) {
        return Ok(());
    }
    let request = GiveOrderRequest { command: command(&act.word), ..request };
    let answer = door.give_order(request).await.map_err(|no| office_refused(&no))?;
    let order_id = answer.into_inner().order_id;
    let mut object = object;
    object["order_id"] = order_id.clone().into();
    done(output, "ordered", &format!("{order_id} to {words}"), object);
    Ok(())
}

pub(super) async fn end(asked: &End, is_stop: bool) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.act.way)?;
    let how = if is_stop { EndKind::Stopped } else { EndKind::Aborted };
    let id = &asked.operation;
    let object = json!({ "operation_id": id, "is_series": asked.series });
    let word = if is_stop { "stopped" } else { "called off" };
    if !asked.act.yes {
        let one = get(&mut door, id).await?;
        let text = format!("{id} would be {word}, and {} units let go", one.members.len());
        preview(output, &asked.act, "ended", &text, object);
        return Ok(());
    }
    let request = EndOperationRequest {
        command: command(&asked.act.word),
        operation_id: id.clone(),
        how: how.into(),
        reason: asked.reason.clone(),
        is_series: asked.series,
    };
    door.end_operation(request).await.map_err(|no| office_refused(&no))?;
    done(output, "ended", &format!("{id} is {word}"), object);
    Ok(())
}

pub(super) async fn settle(asked: &Settle) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.act.way)?;
    let (id, unit) = (&asked.operation, &asked.unit);
    let object = json!({ "operation_id": id, "unit": unit });
    let text = format!("what {unit} holds for {id} would be settled");
    if preview(output, &asked.act, "settled", &text, object.clone()) {
        return Ok(());
    }
    let request = SettleReleaseRequest {
        command: command(&asked.act.word),
        operation_id: id.clone(),
        unit: unit.clone(),
        reason: asked.reason.clone(),
    };
    door.settle_release(request).await.map_err(|no| office_refused(&no))?;
    done(output, "settled", &format!("what {unit} holds for {id} is settled"), object);
    Ok(())
}

pub(super) async fn follow_up(asked: &FollowUp) -> anyhow::Result<()> {
    let works = works(&asked.works)?;
    let (mut door, output) = door(&asked.act.way)?;
    let (id, count) = (&asked.operation, works.len());
    let mut table = Table::of(&["ITEM", "GRID", "MATTER", "TEXT"]);
    for one in &works {
        let Work { id, grid, issue_type, text, .. } = one.clone();
        table.row(vec![id, grid, issue_type, text]);
    }
    table.lines().iter().for_each(|line| output.tell(line));
    let text = format!("{id}: {count} cases would begin");
    let object = json!({ "operation_id": id, "items": count });
    if preview(output, &asked.act, "followed_up", &text, object) {
        return Ok(());
    }
    let command = command(&asked.act.word);
    let request = FollowUpRequest { command, operation_id: id.clone(), works };
    let answer = door.follow_up(request).await.map_err(|no| office_refused(&no))?;
    let cases = answer.into_inner().cases;
    let text = format!("{id}: the cases {}", cases.join(", "));
    done(output, "followed_up", &text, json!({ "operation_id": id, "cases": cases }));
    Ok(())
}

/// Reads a table of what is left, whose columns stand in any order; units stand with ; between them.
fn works(file: &Path) -> anyhow::Result<Vec<Work>> {
    let path = file.display();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .with_context(|| format!("{path} can't be read"))?;
    let heads = reader.headers().with_context(|| format!("{path} has no header"))?.clone();
    let place = |column: &str| {
        let place = heads.iter().position(|head| head == column);
        let right = COLUMNS.join(", ");
        place.with_context(|| format!("{path} has no column {column}; right would be: {right}"))
    };
    let [id, grid, issue_type, text, units] =
        [place("id")?, place("grid")?, place("issue_type")?, place("text")?, place("units")?];
    let read = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.with_context(|| format!("{path} is no table"))?;
        let field = |at: usize| row.get(at).unwrap_or_default().to_owned();
        let named = field(units);
        let units = named.split(';').map(str::trim).filter(|unit| !unit.is_empty());
        Ok(Work {
            id: field(id),
            grid: field(grid),
            issue_type: field(issue_type),
            units: units.map(str::to_owned).collect(),
            text: field(text),
        })
    };
    reader.records().map(read).collect()
}
