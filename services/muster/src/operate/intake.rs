//! `muster intake …`: what other systems report, what waits for a person, and what that person says.

use std::{path::Path, process::ExitCode};

use anyhow::Context;
use proto::{
    intake::{
        GetReportRequest, ListReportsRequest, ListSourcesRequest, Report, ReportState,
        ResolveReportRequest, Said, Shown, TurnDownReportRequest,
    },
    page::Page,
};
use serde_json::{Value, json};

use super::{
    moment::shown,
    table::Table,
    way::{System, command, office_refused, worker_refused},
};
use crate::{
    cli::intake::{Intake, List, Resolve, Show, Sources, State, TurnDown},
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

/// `muster intake`
pub async fn run(asked: Intake) -> anyhow::Result<ExitCode> {
    match asked {
        Intake::Sources(asked) => sources(&asked).await,
        Intake::List(asked) => list(&asked).await,
        Intake::Show(asked) => show(&asked).await,
        Intake::Resolve(asked) => resolve(&asked).await,
        Intake::TurnDown(asked) => turn_down(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

async fn sources(asked: &Sources) -> anyhow::Result<()> {
    let (system, output) = (System::find(&asked.way)?, Output::new(asked.way.output));
    let answer = system.intake()?.list_sources(ListSourcesRequest {}).await;
    let found = answer.map_err(|no| worker_refused(&no))?.into_inner().sources;
    if found.is_empty() {
        output.tell("nobody gives us cases: [outside.intake] is empty");
    }
    let mut table = Table::of(&[
        "SYSTEM", "FEED", "CURSOR", "PUSH", ">OPEN", ">WAITING", "TOLD AT", ">UNTOLD", "TROUBLE",
    ]);
    for one in found {
        table.row(vec![
            one.system.clone(),
            one.feed_host.clone(),
            one.cursor.clone(),
            if one.may_push { "yes" } else { "no" }.to_owned(),
            one.open.to_string(),
            one.waiting.to_string(),
            one.state_host.clone(),
            one.untold.to_string(),
            one.trouble.clone(),
        ]);
        output.object(
            "source",
            json!({
                "system": one.system, "feed_host": one.feed_host, "cursor": one.cursor,
                "may_push": one.may_push, "open": one.open, "waiting": one.waiting,
                "state_host": one.state_host, "untold": one.untold,
                "state_subscription": one.state_subscription, "trouble": one.trouble,
            }),
        );
    }
    table.lines().iter().for_each(|line| output.tell(line));
    Ok(())
}

async fn list(asked: &List) -> anyhow::Result<()> {
    let (system, output) = (System::find(&asked.way)?, Output::new(asked.way.output));
    let state = match asked.state {
        None => ReportState::Unspecified,
        Some(State::Open) => ReportState::Open,
        Some(State::Waiting) => ReportState::Waiting,
        Some(State::Raised) => ReportState::Raised,
        Some(State::TurnedDown) => ReportState::TurnedDown,
    };
    let (mut door, mut found, mut token) = (system.intake()?, Vec::new(), String::new());
    loop {
        let request = ListReportsRequest {
            system: asked.system.clone().unwrap_or_default(),
            state: state.into(),
            page: Some(Page { size: PAGE, token }),
        };
        let answer = door.list_reports(request).await.map_err(|no| worker_refused(&no))?;
        let answer = answer.into_inner();
        found.extend(answer.reports);
        token = answer.next_token;
        if token.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        output.tell("there is none");
    }
    let mut table = Table::of(&[
        "SYSTEM", "NUMBER", "CAME", "STANDS", "CASE", ">CHANGES", "CODE", "PLACE", "WHY",
    ]);
    for one in found {
        let said = one.said.clone().unwrap_or_default();
        table.row(vec![
            one.system.clone(),
            one.number.clone(),
            shown(one.came_at_ms),
            word(&one),
            one.case_id.clone(),
            one.changes.to_string(),
            said.code,
            said.place,
            one.reason.clone(),
        ]);
        output.object("report", object(&one));
    }
    table.lines().iter().for_each(|line| output.tell(line));
    Ok(())
}

async fn show(asked: &Show) -> anyhow::Result<()> {
    let (system, output) = (System::find(&asked.way)?, Output::new(asked.way.output));
    let (whose, number) = (asked.named.system.clone(), asked.named.number.clone());
    let answer = system.intake()?.get_report(GetReportRequest { system: whose, number }).await;
    let one = answer.map_err(|no| worker_refused(&no))?.into_inner().report;
    let one = one.context("the worker has answered without a report")?;
    output.say(text(&one), "report", object(&one));
    Ok(())
}

async fn resolve(asked: &Resolve) -> anyhow::Result<()> {
    let system = System::find(&asked.way)?;
    let photographs = asked.photo.iter().map(|file| photograph(file));
    let evidence = photographs.collect::<anyhow::Result<_>>()?;
    let request = ResolveReportRequest {
        command: command(&asked.word),
        system: asked.named.system.clone(),
        number: asked.named.number.clone(),
        issue_type: asked.issue.clone().unwrap_or_default(),
        grid: asked.grid.clone().unwrap_or_default(),
        description: asked.description.clone().unwrap_or_default(),
        evidence,
        same_as: asked.same_as.clone().unwrap_or_default(),
    };
    let answer = system.intake()?.resolve_report(request).await;
    let one = answer.map_err(|no| office_refused(&no))?.into_inner().report;
    settled(one, asked.way.output)
}

async fn turn_down(asked: &TurnDown) -> anyhow::Result<()> {
    let system = System::find(&asked.way)?;
    let request = TurnDownReportRequest {
        command: command(&asked.word),
        system: asked.named.system.clone(),
        number: asked.named.number.clone(),
        reason: asked.reason.clone(),
    };
    let answer = system.intake()?.turn_down_report(request).await;
    let one = answer.map_err(|no| office_refused(&no))?.into_inner().report;
    settled(one, asked.way.output)
}

fn settled(one: Option<Report>, format: crate::cli::Format) -> anyhow::Result<()> {
    let one = one.context("the worker has answered without a report")?;
    Output::new(format).say(text(&one), "report", object(&one));
    Ok(())
}

fn photograph(file: &Path) -> anyhow::Result<Shown> {
    let content = std::fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
    let media_type = match file.extension().and_then(|name| name.to_str()) {
        Some("png") => "image/png",
        _ => "image/jpeg",
    };
    Ok(Shown { kind: "photo".to_owned(), media_type: media_type.to_owned(), content })
}

fn word(one: &Report) -> String {
    one.state().as_str_name().trim_start_matches("REPORT_STATE_").to_lowercase()
}

fn text(one: &Report) -> String {
    let said = one.said.clone().unwrap_or_default();
    let mut lines = vec![
        format!("{} {}: {}", one.system, one.number, word(one)),
        format!("  came      {}", shown(one.came_at_ms)),
        format!("  code      {} -> {}", said.code, or_unknown(&one.issue_type)),
        format!("  place     {} -> {}", said.place, or_unknown(&one.grid)),
        format!("  seen      {} ({} pieces)", said.description, one.pieces),
    ];
    let mut more = |name: &str, text: &str| {
        if !text.is_empty() {
            lines.push(format!("  {name:<9} {text}"));
        }
    };
    more("address", &said.address);
    more("why", &one.reason);
    more("case", &one.case_id);
    more("settled", &one.settled_by);
    if let Some(changed) = &one.changed {
        let at = shown(one.changed_at_ms);
        let Said { code, place, description, .. } = changed;
        more("now says", &format!("{code} {place} {description} (since {at})"));
    }
    lines.join("\n")
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "nobody knows" } else { text }
}

fn object(one: &Report) -> Value {
    let said = |said: &Said| {
        json!({
            "code": said.code, "place": said.place, "description": said.description,
            "address": said.address, "seen_at_ms": said.seen_at_ms,
        })
    };
    json!({
        "system": one.system, "number": one.number, "state": word(one), "reason": one.reason,
        "reason_code": one.reason_code, "reason_zh": one.reason_zh,
        "case_id": one.case_id, "is_again": one.is_again, "came_at_ms": one.came_at_ms,
        "said": one.said.as_ref().map(said), "pieces": one.pieces,
        "changed": one.changed.as_ref().map(said), "changed_at_ms": one.changed_at_ms,
        "changes": one.changes, "issue_type": one.issue_type, "grid": one.grid,
        "settled_by": one.settled_by,
    })
}
