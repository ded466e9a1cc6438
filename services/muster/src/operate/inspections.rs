//! `muster inspections …`: stops, whose each finding is, how it stands, and what the office decides.

mod seizures;

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, bail};
use domain::plate;
use kit::{client::Channel, clock::Clock};
use proto::{
    inspection_wire::{
        AssignFindingRequest, ChoosePenaltyRequest, DecisionRef, Finding, FindingState, Found,
        GetInspectionRequest, Inspection, ListFindingsRequest, ListFlagsRequest,
        ListInspectionsRequest, NotProven, OpenInspectionRequest, Outcome, Penalty,
        RevokeFindingRequest, SettleFindingRequest, Warning,
        inspection_service_client::InspectionServiceClient, outcome::Outcome as How,
    },
    page::Page,
};
use serde_json::{Value, json};

pub use self::seizures::run as seizures;
use super::{
    moment::shown,
    table::Table,
    way::{System, command, gateway_refused, office_refused},
};
use crate::{
    cli::{
        Act, Way,
        inspections::{
            Assign, Choose, Flags, Inspections, List, Open, Pending, Revoke, Settle, Show,
        },
    },
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;
/// The columns of a table of findings.
const COLUMNS: [&str; 3] = ["code", "fact", "text"];

type Client = InspectionServiceClient<Channel>;

/// `muster inspections`
pub async fn run(asked: Inspections) -> anyhow::Result<ExitCode> {
    match asked {
        Inspections::List(asked) => list(&asked).await,
        Inspections::Show(asked) => show(&asked).await,
        Inspections::Open(asked) => open(&asked).await,
        Inspections::Pending(asked) => pending(&asked).await,
        Inspections::Settle(asked) => settle(&asked).await,
        Inspections::Revoke(asked) => revoke(&asked).await,
        Inspections::Flags(asked) => flags(&asked).await,
        Inspections::Assign(asked) => assign(&asked).await,
        Inspections::Choose(asked) => choose(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

fn door(way: &Way) -> anyhow::Result<(Client, Output)> {
    Ok((System::find(way)?.inspections()?, Output::new(way.output)))
}

/// Whether it is done; otherwise what would be is said.
fn is_done(act: &Act, what: &str, object: Value) -> bool {
    if !act.yes {
        Output::new(act.way.output).say(format!("would {what}; --yes does it"), "preview", object);
    }
    act.yes
}

async fn list(asked: &List) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListInspectionsRequest { page, is_open: asked.open };
        let page = door.list_inspections(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.inspections);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    let mut table = Table::of(&["INSPECTION", "OBJECT", "BY", "WHEN", ">FINDINGS", ">OPEN"]);
    for one in &found {
        let (count, open) = (one.findings.len().to_string(), one.open.to_string());
        let (id, object, unit) = (&one.inspection_id, named(&one.object), &one.unit);
        table.row(vec![id.clone(), object, unit.clone(), shown(one.at_ms), count, open]);
        output.object("inspection", object_of(one));
    }
    match found.is_empty() {
        true => output.tell("there is no inspection"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    Ok(())
}

/// An id as people write it: a vehicle by its plate.
fn named(id: &str) -> String {
    plate::shown(id).into_owned()
}

fn object_of(one: &Inspection) -> Value {
    json!({
        "inspection_id": one.inspection_id, "object": one.object, "vehicle": one.vehicle,
        "object_shown": named(&one.object), "vehicle_shown": named(&one.vehicle),
        "unit": one.unit, "place": one.place, "at_ms": one.at_ms,
        "operation_id": one.operation_id, "findings": one.findings.len(), "open": one.open,
        "closed_at_ms": one.closed_at_ms,
    })
}

async fn show(asked: &Show) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let request = GetInspectionRequest { inspection_id: asked.inspection.clone() };
    let found = door.get_inspection(request).await.map_err(|no| gateway_refused(&no))?;
    say(&found.into_inner().inspection.unwrap_or_default(), output);
    Ok(())
}

fn say(one: &Inspection, output: Output) {
    let head = format!("{} of {}: {} open", one.inspection_id, named(&one.object), one.open);
    output.say(head, "inspection", object_of(one));
    print(&one.findings, output);
}

fn print(findings: &[Finding], output: Output) {
    let mut table = Table::of(&["INSPECTION", ">NO", "KIND", "FACT", "OWNER", "STATE", "NOTE"]);
    for one in findings {
        let found = one.found.clone().unwrap_or_default();
        let owner = if one.owner.is_empty() { "the office" } else { &one.owner };
        let (id, number) = (one.inspection_id.clone(), one.number.to_string());
        let (state, note) = (word(one).to_owned(), one.note.clone());
        table.row(vec![id, number, found.code, named(&found.fact), owner.to_owned(), state, note]);
        output.object("finding", finding(one));
    }
    table.lines().iter().for_each(|line| output.tell(line));
}

fn finding(one: &Finding) -> Value {
    let found = one.found.clone().unwrap_or_default();
    let how = one.outcome.clone().and_then(|outcome| outcome.outcome);
    let (decision, fen) = match how {
        Some(How::Penalty(Penalty { decision, fen, .. })) => (decision, fen),
        Some(How::Warning(Warning { decision })) => (decision, 0),
        _ => (String::new(), 0),
    };
    json!({
        "inspection_id": one.inspection_id, "number": one.number, "object": one.object,
        "code": found.code, "fact": found.fact, "text": found.text, "owner": one.owner,
        "state": word(one), "decision": decision, "fen": fen, "note": one.note,
    })
}

fn word(finding: &Finding) -> &'static str {
    match finding.state() {
        FindingState::Office => "nobody's",
        FindingState::Pending => "pending",
        FindingState::Double => "double",
        FindingState::Penalized => "penalized",
        FindingState::Warned => "warned",
        FindingState::NotProven => "not proven",
        FindingState::Revoked => "revoked",
        FindingState::SetAside => "set aside",
        FindingState::Unspecified => "-",
    }
}

async fn open(asked: &Open) -> anyhow::Result<()> {
    let at_ms = Clock::system().now().0;
    let findings = read(&asked.findings, at_ms)?;
    let what = format!("say {} findings of {}", findings.len(), asked.object);
    if !is_done(&asked.act, &what, json!({ "object": asked.object, "findings": findings.len() })) {
        return Ok(());
    }
    let system = System::find(&asked.act.way)?;
    let request = OpenInspectionRequest {
        command: command(&asked.act.word),
        object: asked.object.clone(),
        vehicle: asked.vehicle.clone(),
        place: asked.place.clone(),
        at_ms,
        operation_id: asked.operation.clone(),
        findings,
    };
    let answer = system.findings()?.open_inspection(request).await;
    let answer = answer.map_err(|no| system.desk_refused(&no))?.into_inner();
    say(&answer.inspection.unwrap_or_default(), Output::new(asked.act.way.output));
    Ok(())
}

fn read(path: &Path, at_ms: i64) -> anyhow::Result<Vec<Found>> {
    let bytes = std::fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
    let mut rows = csv::Reader::from_reader(&bytes[..]);
    if rows.headers()?.iter().ne(COLUMNS) {
        bail!("{} must have the columns {}", path.display(), COLUMNS.join(","));
    }
    let read = |row: csv::StringRecord| Found {
        code: row.get(0).unwrap_or_default().to_owned(),
        fact: row.get(1).unwrap_or_default().to_owned(),
        text: row.get(2).unwrap_or_default().to_owned(),
        at_ms,
        evidence: Vec::new(),
    };
    let rows: Result<Vec<_>, _> = rows.into_records().map(|row| row.map(read)).collect();
    rows.with_context(|| format!("{} is no table of findings", path.display()))
}

async fn pending(asked: &Pending) -> anyhow::Result<()> {
    let (system, output) = (System::find(&asked.way)?, Output::new(asked.way.output));
    let (mut door, mut found, mut token) = (system.findings()?, Vec::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let page = door.list_findings(ListFindingsRequest { page, is_pending: true }).await;
        let page = page.map_err(|no| system.desk_refused(&no))?.into_inner();
        found.extend(page.findings);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        output.tell("nothing is pending");
    }
    print(&found, output);
    Ok(())
}

async fn settle(asked: &Settle) -> anyhow::Result<()> {
    let Settle { inspection, finding, penalty, fen, not_proven, decision, act, .. } = asked;
    let decision = decision.clone().unwrap_or_default();
    let how = match (penalty.clone(), not_proven.clone()) {
        (Some(kind), _) => How::Penalty(Penalty { decision, kind, fen: *fen }),
        (None, Some(reason)) => How::NotProven(NotProven { reason }),
        (None, None) => How::Warning(Warning { decision }),
    };
    let named = json!({ "inspection_id": inspection, "finding": finding });
    if !is_done(act, &format!("settle finding {finding} of {inspection}"), named) {
        return Ok(());
    }
    let (system, output) = (System::find(&act.way)?, Output::new(act.way.output));
    let request = SettleFindingRequest {
        command: command(&act.word),
        inspection_id: inspection.clone(),
        finding: *finding,
        outcome: Some(Outcome { outcome: Some(how) }),
    };
    let answer = system.findings()?.settle_finding(request).await;
    let answer = answer.map_err(|no| system.desk_refused(&no))?.into_inner();
    print(&answer.finding.into_iter().collect::<Vec<_>>(), output);
    Ok(())
}

async fn revoke(asked: &Revoke) -> anyhow::Result<()> {
    let Revoke { inspection, finding, reason, act } = asked;
    let named = json!({ "inspection_id": inspection, "finding": finding });
    if !is_done(act, &format!("take back finding {finding} of {inspection}"), named) {
        return Ok(());
    }
    let (system, output) = (System::find(&act.way)?, Output::new(act.way.output));
    let (command, reason) = (command(&act.word), reason.clone());
    let (inspection_id, finding) = (inspection.clone(), *finding);
    let request = RevokeFindingRequest { command, inspection_id, finding, reason };
    let answer = system.findings()?.revoke_finding(request).await;
    let answer = answer.map_err(|no| system.desk_refused(&no))?.into_inner();
    print(&answer.finding.into_iter().collect::<Vec<_>>(), output);
    Ok(())
}

async fn flags(asked: &Flags) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListFlagsRequest { page: Some(Page { size: PAGE, token }) };
        let page = door.list_flags(request).await.map_err(|no| office_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.flags.into_iter().flat_map(|flag| flag.findings));
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        output.tell("nothing waits for the office");
    }
    print(&found, output);
    Ok(())
}

async fn assign(asked: &Assign) -> anyhow::Result<()> {
    let Assign { inspection, finding, unit, reason, act } = asked;
    let named = json!({ "inspection_id": inspection, "finding": finding, "unit": unit });
    if !is_done(act, &format!("give finding {finding} of {inspection} to {unit}"), named.clone()) {
        return Ok(());
    }
    let (mut door, output) = door(&act.way)?;
    let request = AssignFindingRequest {
        command: command(&act.word),
        inspection_id: inspection.clone(),
        finding: *finding,
        unit: unit.clone(),
        reason: reason.clone(),
    };
    door.assign_finding(request).await.map_err(|no| office_refused(&no))?;
    output.say(format!("finding {finding} of {inspection} is {unit}'s"), "assigned", named);
    Ok(())
}

async fn choose(asked: &Choose) -> anyhow::Result<()> {
    let Choose { object, fact, stands, reason, act } = asked;
    let named = json!({ "object": object, "fact": fact, "stands": stands });
    let Some((unit, decision)) = stands.split_once('/') else {
        bail!("{stands:?} is no decision; right would be: <unit>/<number>")
    };
    if !is_done(act, &format!("have {stands} stand for {fact} of {object}"), named.clone()) {
        return Ok(());
    }
    let (mut door, output) = door(&act.way)?;
    let request = ChoosePenaltyRequest {
        command: command(&act.word),
        object: object.clone(),
        fact: fact.clone(),
        stands: Some(DecisionRef { unit: unit.to_owned(), decision: decision.to_owned() }),
        reason: reason.clone(),
    };
    door.choose_penalty(request).await.map_err(|no| office_refused(&no))?;
    output.say(format!("{stands} stands for {fact} of {object}"), "chosen", named);
    Ok(())
}
