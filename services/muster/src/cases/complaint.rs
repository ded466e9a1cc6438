//! `muster cases complaint`: the complaints about units with their findings, and a finding entered
//! (四个一律, M035).

use anyhow::{Context, bail};
use kit::client::Channel;
use proto::{
    ledger::CaseFilter,
    whistle::{
        Case, CaseStage, GetCaseRequest, RecordFindingRequest, Verdict,
        whistle_service_client::WhistleServiceClient,
    },
};
use serde_json::{Value, json};

use super::{each, which};
use crate::{
    cli::complaint::{Complaint, Complaints, Find},
    operate::{
        Table,
        moment::shown,
        way::{System, command, gateway_refused, office_refused},
        words,
    },
    output::Output,
    pack,
};

/// How many complaints are looked at; more are narrowed by `--open`.
const COMPLAINTS_MAX: u64 = 100_000;

/// Does what is asked.
pub async fn run(asked: &Complaint) -> anyhow::Result<()> {
    match asked {
        Complaint::List(asked) => list(asked).await,
        Complaint::Find(asked) => find(asked).await,
    }
}

async fn list(asked: &Complaints) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let system = System::find(&asked.way)?;
    let city = pack::load(&asked.cities.join(system.city()))?;
    let filter = CaseFilter {
        issue_type: city.complaint.to_string(),
        only_open: asked.open,
        ..CaseFilter::default()
    };
    let heads = ["COMPLAINT", "ABOUT", "IN CASE", "RAISED", "FINDING", "STAGE", "OWED BY", "DUE"];
    let (mut table, mut count) = (Table::of(&heads), 0_u64);
    let mut ledger = system.ledger()?;
    let is_more = each(&mut ledger, &filter, COMPLAINTS_MAX, |case| {
        if is_asked_for(asked, &case) {
            count += 1;
            table.row(cells(&case));
            output.object("complaint", row(&case));
        }
        Ok(())
    });
    if is_more.await? {
        bail!("there are more than {COMPLAINTS_MAX} complaints; --open has those that are open");
    }
    table.lines().iter().for_each(|line| output.tell(line));
    output.tell(format!("{count} complaints 共 {count} 件投诉"));
    Ok(())
}

fn is_asked_for(asked: &Complaints, case: &Case) -> bool {
    let is_found = case.finding() != Verdict::Unspecified;
    let about = &case.complaint.as_ref().map(|it| it.about.as_str()).unwrap_or_default();
    let is_about = asked.about.as_ref().is_none_or(|unit| unit.as_str() == *about);
    is_about && !(asked.without_finding && is_found)
}

/// What was found last.
fn verdict(case: &Case) -> &'static str {
    match case.finding() {
        Verdict::Upheld => "upheld",
        Verdict::NotUpheld => "not_upheld",
        Verdict::Unspecified => "none",
    }
}

fn cells(case: &Case) -> Vec<String> {
    let complaint = case.complaint.clone().unwrap_or_default();
    let of = if complaint.case_id.is_empty() { "-".to_owned() } else { complaint.case_id };
    let owed = case.owed.first();
    vec![
        case.case_id.clone(),
        complaint.about,
        of,
        shown(case.raised_at_ms),
        verdict(case).replace('_', " "),
        which::word(case.stage().as_str_name(), "CASE_STAGE_"),
        owed.map_or_else(|| "-".to_owned(), |owed| owed.party.clone()),
        owed.map_or_else(|| "-".to_owned(), |owed| shown(owed.due_at_ms)),
    ]
}

fn row(case: &Case) -> Value {
    let complaint = case.complaint.clone().unwrap_or_default();
    let owed = case.owed.iter().map(|owed| {
        let duty = which::word(owed.duty().as_str_name(), "DUTY_");
        json!({ "party": owed.party, "duty": duty, "due_at_ms": owed.due_at_ms })
    });
    json!({
        "case_id": case.case_id, "about": complaint.about, "in_case": complaint.case_id,
        "raised_at_ms": case.raised_at_ms, "finding": verdict(case), "owner": case.owner,
        "stage": which::word(case.stage().as_str_name(), "CASE_STAGE_"), "round": case.round,
        "owed": owed.collect::<Vec<_>>(),
    })
}

async fn find(asked: &Find) -> anyhow::Result<()> {
    let (system, output) = (System::find(&asked.act.way)?, Output::new(asked.act.way.output));
    let mut gateway = system.gateway()?.context("it is not said where the gateway is")?;
    let (case_id, person, text) = (&asked.case_id, &asked.act.word.person, &asked.text);
    let finding = if asked.upheld { "upheld" } else { "not_upheld" };
    let object = json!({
        "case_id": case_id, "finding": finding, "text": text, "person": person,
        "is_preview": !asked.act.yes,
    });
    let shown = finding.replace('_', " ");
    if !asked.act.yes {
        let case = get(&mut gateway, case_id).await?;
        if let Some(why) = hindrance(&case, &system.party().to_string()) {
            bail!("{why}; nothing was changed");
        }
        output.object("complaint", row(&case));
        let about = case.complaint.map(|it| it.about).unwrap_or_default();
        output.tell(format!("{case_id}, about {about}: {}", case.description));
        let would = format!("it would be {shown}: {text}; nothing was changed: --yes does it");
        output.say(would, "found", object);
        return Ok(());
    }
    let request = RecordFindingRequest {
        command: command(&asked.act.word),
        case_id: case_id.clone(),
        is_upheld: asked.upheld,
        text: text.clone(),
        evidence: Vec::new(),
    };
    gateway.record_finding(request).await.map_err(|no| office_refused(&no))?;
    output.say(format!("{case_id} is {shown}, on the word of {person}"), "found", object);
    Ok(())
}

async fn get(gateway: &mut WhistleServiceClient<Channel>, case_id: &str) -> anyhow::Result<Case> {
    let request = GetCaseRequest { case_id: case_id.to_owned() };
    let found = gateway.get_case(request).await.map_err(|no| gateway_refused(&no))?;
    found.into_inner().case.context("the gateway has sent no case")
}

/// Why nothing can be found about it now, or not by this caller.
fn hindrance(case: &Case, caller: &str) -> Option<String> {
    let Case { case_id, owner, .. } = case;
    match case.stage() {
        _ if case.complaint.is_none() => Some(format!("{case_id} is no complaint")),
        CaseStage::Finding if owner == caller => None,
        CaseStage::Finding => Some(format!("{owner} finds about {case_id}, and not {caller}")),
        stage => Some(format!("there is nothing to find now: {}", words::stage(stage).both())),
    }
}
