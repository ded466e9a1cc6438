//! `muster incidents …`: flows that are stuck, the reason in words, and what is done about them.

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use kit::{client::Channel, clock::Clock};
use proto::{
    incident::{
        GetIncidentRequest, Incident, IncidentState, ListIncidentsRequest, Remedy,
        ResolveIncidentRequest, Trouble, incident_service_client::IncidentServiceClient,
    },
    page::Page,
};
use serde_json::{Value, json};

use super::{
    moment::{age, shown},
    table::Table,
    way::{System, command, worker_refused},
    words::Words,
};
use crate::{
    cli::{
        Way,
        incidents::{Incidents, List, Remedy as Asked, Resolve, Show},
    },
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

type Client = IncidentServiceClient<Channel>;

/// `muster incidents`
pub async fn run(asked: Incidents) -> anyhow::Result<ExitCode> {
    match asked {
        Incidents::List(asked) => list(&asked).await,
        Incidents::Show(asked) => show(&asked).await,
        Incidents::Resolve(asked) => resolve(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

fn door(way: &Way) -> anyhow::Result<(Client, Output)> {
    Ok((System::find(way)?.incidents()?, Output::new(way.output)))
}

async fn list(asked: &List) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::new(), String::new());
    let state = if asked.all { IncidentState::Unspecified } else { IncidentState::Open };
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListIncidentsRequest { state: state.into(), page };
        let page = door.list_incidents(request).await.map_err(|no| worker_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.incidents);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    let mut table =
        Table::of(&["INCIDENT", "MATTER", "STEP", "WHAT", ">OFTEN", "SINCE", "REASON", "WHO"]);
    found.iter().for_each(|one| table.row(row(one)));
    match found.is_empty() {
        true => output.tell("no flow is stuck 没有受阻的流程"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    found.iter().for_each(|one| output.object("incident", object(one)));
    Ok(())
}

fn row(one: &Incident) -> Vec<String> {
    vec![
        one.incident_id.clone(),
        one.subject.clone(),
        one.step.clone(),
        trouble(one.trouble()).both(),
        one.failures.to_string(),
        shown(one.since_ms),
        one.reason.clone(),
        one.responsible.clone(),
    ]
}

fn trouble(trouble: Trouble) -> Words {
    let words = |en: &str, zh: &str| Words { en: en.to_owned(), zh: zh.to_owned() };
    match trouble {
        Trouble::Fails => words("fails again and again", "反复失败"),
        Trouble::Refused => words("is refused", "被拒绝"),
        Trouble::MovesNothing => words("moves nothing", "没有进展"),
        Trouble::NotTold => words("does not hear", "没有响应"),
        Trouble::Unspecified => words("?", "?"),
    }
}

fn remedy(remedy: Remedy) -> Words {
    let words = |en: &str, zh: &str| Words { en: en.to_owned(), zh: zh.to_owned() };
    match remedy {
        Remedy::Retry => words("retry: look again now", "立即重试"),
        Remedy::PutBack => words("put-back: let it go on by itself", "放回重试"),
        Remedy::Skip => words("skip: leave the step out", "跳过此步"),
        Remedy::Resume => words("resume: end the flow, go on from the record", "重启流程"),
        Remedy::Unspecified => words("?", "?"),
    }
}

async fn show(asked: &Show) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let one = get(&mut door, &asked.incident).await?;
    tell(output, &one);
    output.object("incident", object(&one));
    Ok(())
}

async fn get(door: &mut Client, id: &str) -> anyhow::Result<Incident> {
    let request = GetIncidentRequest { incident_id: id.to_owned() };
    let found = door.get_incident(request).await.map_err(|no| worker_refused(&no))?;
    found.into_inner().incident.context("the worker has answered without an incident")
}

fn tell(output: Output, one: &Incident) {
    let now = Clock::system().now().0;
    let until = if one.closed_at_ms > 0 { one.closed_at_ms } else { now };
    let took = age(Duration::from_millis(u64::try_from(until - one.since_ms).unwrap_or(0)));
    output.tell(format!("{}  {}", one.incident_id, one.subject));
    output.tell(format!("  step 步骤    {}: {}", one.step, trouble(one.trouble()).both()));
    output.tell(format!("  since 始于   {}, {took}, {} times", shown(one.since_ms), one.failures));
    output.tell(format!("  reason 原因  {}: {}", one.reason, one.message));
    output.tell(format!("  who 责任方   {}", one.responsible));
    for kind in one.remedies() {
        output.tell(format!("  may 可以     {}", remedy(kind).both()));
    }
    for said in &one.resolutions {
        let done = if said.is_done { "done 已办" } else { "under way 办理中" };
        output.tell(format!(
            "  decided 决定 {} {} {}: {} ({}), {done}",
            shown(said.at_ms),
            said.party,
            said.person,
            remedy(said.remedy()).both(),
            said.reason
        ));
    }
    match one.state() {
        IncidentState::Closed => output.tell(format!("  over 已了结  {}", shown(one.closed_at_ms))),
        _ => output.tell("  open 未了结"),
    }
}

fn word(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_lowercase()
}

fn object(one: &Incident) -> Value {
    let said = one.resolutions.iter().map(|said| {
        json!({
            "remedy": word(said.remedy().as_str_name(), "REMEDY_"), "person": said.person,
            "party": said.party, "reason": said.reason, "at_ms": said.at_ms,
            "is_done": said.is_done,
        })
    });
    let remedies = one.remedies().map(|one| word(one.as_str_name(), "REMEDY_"));
    json!({
        "incident_id": one.incident_id, "subject": one.subject, "flow": one.flow,
        "step": one.step, "trouble": word(one.trouble().as_str_name(), "TROUBLE_"),
        "since_ms": one.since_ms, "failures": one.failures, "reason": one.reason,
        "message": one.message, "responsible": one.responsible,
        "remedies": remedies.collect::<Vec<_>>(), "closed_at_ms": one.closed_at_ms,
        "state": word(one.state().as_str_name(), "INCIDENT_STATE_"),
        "resolutions": said.collect::<Vec<_>>(),
    })
}

async fn resolve(asked: &Resolve) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.act.way)?;
    let kind = match asked.remedy {
        Asked::Retry => Remedy::Retry,
        Asked::PutBack => Remedy::PutBack,
        Asked::Skip => Remedy::Skip,
        Asked::Resume => Remedy::Resume,
    };
    if !asked.act.yes {
        let one = get(&mut door, &asked.incident).await?;
        let text = format!("{} {}: {}", one.incident_id, one.subject, remedy(kind).both());
        let mut object = object(&one);
        object["is_preview"] = true.into();
        output.say(format!("{text}; nothing was changed: --yes does it"), "resolved", object);
        return Ok(());
    }
    let request = ResolveIncidentRequest {
        command: command(&asked.act.word),
        incident_id: asked.incident.clone(),
        remedy: kind.into(),
        reason: asked.reason.clone(),
    };
    let done = door.resolve_incident(request).await.map_err(|no| worker_refused(&no))?;
    let one = done.into_inner().incident.context("the worker has answered without an incident")?;
    let mut object = object(&one);
    object["is_preview"] = false.into();
    output.say(format!("{}: {}", one.incident_id, remedy(kind).both()), "resolved", object);
    Ok(())
}
