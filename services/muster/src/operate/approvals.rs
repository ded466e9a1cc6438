//! `muster approvals …`: joint approvals, who owes an opinion, and what becomes of each item.

use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use kit::client::Channel;
use proto::{
    approval::{
        ApplyForApprovalRequest, Approval, ApprovalItem, GetApprovalRequest, ItemWord,
        ListApprovalsRequest, Proposal, Verdict, WithdrawApprovalRequest,
        approval_service_client::ApprovalServiceClient,
    },
    page::Page,
};
use serde_json::{Value, json};

use super::{
    moment::shown,
    table::Table,
    way::{System, command, gateway_refused},
};
use crate::{
    cli::{
        Way,
        approvals::{Apply, Approvals, List, Show, Withdraw},
    },
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;
/// The columns of a table of items.
const COLUMNS: [&str; 4] = ["id", "grid", "outcome", "text"];

type Client = ApprovalServiceClient<Channel>;

/// `muster approvals`
pub async fn run(asked: Approvals) -> anyhow::Result<ExitCode> {
    match asked {
        Approvals::List(asked) => list(&asked).await,
        Approvals::Show(asked) => show(&asked).await,
        Approvals::Apply(asked) => apply(&asked).await,
        Approvals::Withdraw(asked) => withdraw(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

fn door(way: &Way) -> anyhow::Result<(Client, Output)> {
    Ok((System::find(way)?.approvals()?, Output::new(way.output)))
}

async fn list(asked: &List) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListApprovalsRequest { page: Some(Page { size: PAGE, token }) };
        let page = door.list_approvals(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.approvals);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    let mut table = Table::of(&[
        "APPROVAL", "KIND", "BY", "APPLIED", ">OPEN", ">YES", ">NO", ">BACK", "OWED BY", "DUE",
    ]);
    found.iter().for_each(|one| table.row(head(one)));
    match found.is_empty() {
        true => output.tell("there is no approval"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    found.iter().for_each(|one| output.object("approval", object(one)));
    Ok(())
}

fn head(one: &Approval) -> Vec<String> {
    let owed: Vec<&str> = one.owed.iter().map(|owed| owed.unit.as_str()).collect();
    let due = one.owed.first().map(|owed| shown(owed.due_at_ms)).unwrap_or_default();
    vec![
        one.approval_id.clone(),
        one.kind.clone(),
        one.applicant.clone(),
        shown(one.applied_at_ms),
        one.open.to_string(),
        one.approved.to_string(),
        one.refused.to_string(),
        one.withdrawn.to_string(),
        owed.join(", "),
        due,
    ]
}

fn object(one: &Approval) -> Value {
    let owed = |owed: &proto::approval::OwedReview| {
        json!({ "unit": owed.unit, "due_at_ms": owed.due_at_ms, "items": owed.items,
                "is_urged": owed.is_urged })
    };
    json!({
        "approval_id": one.approval_id, "kind": one.kind, "applicant": one.applicant,
        "title": one.title, "applied_at_ms": one.applied_at_ms, "approvers": one.approvers,
        "asked": one.asked, "open": one.open, "approved": one.approved, "refused": one.refused,
        "withdrawn": one.withdrawn, "is_escalated": one.is_escalated,
        "withdrawal": one.withdrawal, "owed": one.owed.iter().map(owed).collect::<Vec<_>>(),
    })
}

async fn show(asked: &Show) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let request = GetApprovalRequest { approval_id: asked.approval.clone() };
    let found = door.get_approval(request).await.map_err(|no| gateway_refused(&no))?;
    let one = found.into_inner().approval.unwrap_or_default();
    output.tell(format!("{} {}: {}, by {}", one.approval_id, one.kind, one.title, one.applicant));
    output.object("approval", object(&one));
    let mut table = Table::of(&["ITEM", "GRID", "OUTCOME", "STATE", "CASE", "WORK", "SAID"]);
    for item in &one.items {
        table.row(cells(item));
        output.object("item", item_object(item));
    }
    table.lines().iter().for_each(|line| output.tell(line));
    Ok(())
}

fn word(one: &ItemWord) -> String {
    let verdict = if one.verdict() == Verdict::Approve { "yes" } else { "no" };
    let late = if one.is_late { " (late)" } else { "" };
    let reason = if one.reason.is_empty() { String::new() } else { format!(": {}", one.reason) };
    format!("{} {verdict}{late}{reason}", one.unit)
}

fn state(item: &ApprovalItem) -> String {
    item.state().as_str_name().replace("ITEM_STATE_", "").to_lowercase()
}

fn cells(item: &ApprovalItem) -> Vec<String> {
    let proposal = item.proposal.clone().unwrap_or_default();
    let said: Vec<String> = item.words.iter().map(word).collect();
    vec![
        proposal.id,
        proposal.grid,
        proposal.outcome,
        state(item),
        item.case_id.clone(),
        item.case_stage.clone(),
        said.join("; "),
    ]
}

fn item_object(item: &ApprovalItem) -> Value {
    let proposal = item.proposal.clone().unwrap_or_default();
    json!({
        "id": proposal.id, "grid": proposal.grid, "outcome": proposal.outcome,
        "text": proposal.text, "state": state(item), "case_id": item.case_id,
        "case_stage": item.case_stage, "refused_by": item.refused_by, "reason": item.reason,
        "conditions": item.conditions.iter().map(|one| &one.text).collect::<Vec<_>>(),
        "awaits": item.awaits, "words": item.words.iter().map(word).collect::<Vec<_>>(),
    })
}

async fn apply(asked: &Apply) -> anyhow::Result<()> {
    let items = items(&asked.items)?;
    let (mut door, output) = door(&asked.act.way)?;
    if !asked.act.yes {
        let mut table = Table::of(&["ITEM", "GRID", "OUTCOME", "TEXT"]);
        for one in &items {
            let Proposal { id, grid, outcome, text } = one.clone();
            table.row(vec![id, grid, outcome, text]);
        }
        table.lines().iter().for_each(|line| output.tell(line));
        let (count, kind) = (items.len(), &asked.kind);
        let text = format!("{kind}: {count} items; nothing was changed: --yes does it");
        output.say(text, "applied", json!({ "items": count, "is_preview": true }));
        return Ok(());
    }
    let request = ApplyForApprovalRequest {
        command: command(&asked.act.word),
        kind: asked.kind.clone(),
        title: asked.title.clone(),
        items,
    };
    let answer = door.apply_for_approval(request).await.map_err(|no| gateway_refused(&no))?;
    let approval_id = answer.into_inner().approval_id;
    let text = format!("{approval_id} is applied for, on the word of {}", asked.act.word.person);
    output.say(text, "applied", json!({ "approval_id": approval_id, "is_preview": false }));
    Ok(())
}

/// Reads a table of items, whose columns stand in any order.
fn items(file: &Path) -> anyhow::Result<Vec<Proposal>> {
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
    let [id, grid, outcome, text] =
        [place("id")?, place("grid")?, place("outcome")?, place("text")?];
    let read = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.with_context(|| format!("{path} is no table"))?;
        let field = |at: usize| row.get(at).unwrap_or_default().to_owned();
        let (id, grid) = (field(id), field(grid));
        Ok(Proposal { id, grid, outcome: field(outcome), text: field(text) })
    };
    reader.records().map(read).collect()
}

async fn withdraw(asked: &Withdraw) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.act.way)?;
    let approval_id = asked.approval.clone();
    if !asked.act.yes {
        let request = GetApprovalRequest { approval_id };
        let found = door.get_approval(request).await.map_err(|no| gateway_refused(&no))?;
        let open = found.into_inner().approval.unwrap_or_default().open;
        let text = format!(
            "{}: {open} items would be taken back; nothing was changed: --yes does it",
            asked.approval
        );
        let object = json!({ "approval_id": asked.approval, "items": open, "is_preview": true });
        output.say(text, "withdrawn", object);
        return Ok(());
    }
    let (command, reason) = (command(&asked.act.word), asked.reason.clone());
    let request = WithdrawApprovalRequest { command, approval_id, reason };
    door.withdraw_approval(request).await.map_err(|no| gateway_refused(&no))?;
    let text = format!("what is not complete of {} is taken back", asked.approval);
    let object = json!({ "approval_id": asked.approval, "is_preview": false });
    output.say(text, "withdrawn", object);
    Ok(())
}
