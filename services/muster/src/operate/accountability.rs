//! `muster accountability …`: who has to answer for what, what it says, and what follows.
//!
//! Sheets and the bulletin are the gateway's; what a unit has to answer for, and what it states, are its
//! own service's, which works while everything else is down. A sheet is shown as it is: facts, and
//! nobody's guilt.

mod sheet;

use std::process::ExitCode;

use anyhow::{Context, bail};
use domain::accountability::SheetId;
use kit::client::Channel;
use proto::{
    accountability::{
        DecideOutcomeRequest, GetSheetRequest, GiveStatementRequest, ListBulletinRequest,
        ListDemandsRequest, ListSheetsRequest, Sheet, SheetStage,
        accountability_service_client::AccountabilityServiceClient,
    },
    page::Page,
};
use serde_json::json;

use super::{
    moment::shown,
    table::Table,
    way::{System, command, gateway_refused, office_refused},
};
use crate::{
    cli::{
        Way,
        accountability::{
            Accountability, Decide, Demands, ListSheets, Published, Show, Stage, State,
        },
    },
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

type Client = AccountabilityServiceClient<Channel>;

/// `muster accountability`
pub async fn run(asked: Accountability) -> anyhow::Result<ExitCode> {
    match asked {
        Accountability::List(asked) => list(&asked).await,
        Accountability::Show(asked) => show(&asked).await,
        Accountability::Decide(asked) => decide(&asked).await,
        Accountability::Bulletin(asked) => bulletin(&asked).await,
        Accountability::Demands(asked) => demands(&asked).await,
        Accountability::State(asked) => state(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

fn door(way: &Way) -> anyhow::Result<(Client, Output)> {
    Ok((System::find(way)?.accounts()?, Output::new(way.output)))
}

fn stage(stage: Stage) -> SheetStage {
    match stage {
        Stage::Stating => SheetStage::Stating,
        Stage::Deciding => SheetStage::Deciding,
        Stage::Publishing => SheetStage::Publishing,
        Stage::Closed => SheetStage::Closed,
    }
}

async fn list(asked: &ListSheets) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListSheetsRequest { page: Some(Page { size: PAGE, token }) };
        let page = door.list_sheets(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.sheets.into_iter().filter(|sheet| is_asked_for(asked, sheet)));
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    sheet::list(&found, output);
    Ok(())
}

fn is_asked_for(asked: &ListSheets, sheet: &Sheet) -> bool {
    let stands_so = asked.stage.is_none_or(|wanted| stage(wanted) == sheet.stage());
    stands_so && asked.unit.as_ref().is_none_or(|unit| unit.as_str() == sheet.unit)
}

async fn show(asked: &Show) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let found = get(&mut door, &asked.sheet).await?;
    sheet::say(&found, output);
    Ok(())
}

async fn get(door: &mut Client, id: &SheetId) -> anyhow::Result<Sheet> {
    let request = GetSheetRequest { case_id: id.case_id.to_string(), unit: id.unit.to_string() };
    let found = door.get_sheet(request).await.map_err(|no| gateway_refused(&no))?;
    found.into_inner().sheet.context("the gateway has sent no sheet")
}

async fn decide(asked: &Decide) -> anyhow::Result<()> {
    let system = System::find(&asked.act.way)?;
    let (mut door, output) = (system.accounts()?, Output::new(asked.act.way.output));
    let form = asked.form.clone().unwrap_or_default();
    let follows = if form.is_empty() { "nothing" } else { form.as_str() };
    let (id, person) = (&asked.sheet, &asked.act.word.person);
    let object = json!({
        "case_id": id.case_id.as_str(), "unit": id.unit.as_str(), "form": form,
        "reason": asked.reason, "person": person, "is_preview": !asked.act.yes,
    });
    if !asked.act.yes {
        let found = get(&mut door, id).await?;
        if let Some(why) = hindrance(&found, &system.party().to_string()) {
            bail!("{why}; nothing was changed");
        }
        sheet::say(&found, output);
        let text = format!("{id}: {follows} would follow; nothing was changed: --yes does it");
        output.say(text, "decided", object);
        return Ok(());
    }
    let request = DecideOutcomeRequest {
        command: command(&asked.act.word),
        case_id: id.case_id.to_string(),
        unit: id.unit.to_string(),
        form: form.clone(),
        reason: asked.reason.clone(),
    };
    door.decide_outcome(request).await.map_err(|no| office_refused(&no))?;
    let text = format!("{id}: {follows} follows, on the word of {person}: {}", asked.reason);
    output.say(text, "decided", object);
    Ok(())
}

/// Why nothing can be decided about it now, or not by this caller.
fn hindrance(sheet: &Sheet, caller: &str) -> Option<String> {
    let Sheet { unit, judge, .. } = sheet;
    match sheet.stage() {
        _ if judge != caller => Some(format!("{judge} decides about {unit}, and not {caller}")),
        SheetStage::Deciding => None,
        SheetStage::Stating => {
            let until = shown(sheet.due_at_ms);
            Some(format!("{unit} was not heard yet; it has until {until}"))
        }
        _ => Some(format!("what follows for {unit} is decided already")),
    }
}

async fn bulletin(asked: &Published) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let mut table = Table::of(&[">NO.", "PUBLISHED", "CASE", "UNIT", "FORM", "TEXT"]);
    let (mut count, mut token) = (0, String::new());
    loop {
        let request = ListBulletinRequest { page: Some(Page { size: PAGE, token }) };
        let page = door.list_bulletin(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        count += page.entries.len();
        for one in page.entries {
            output.object(
                "published",
                json!({
                    "number": one.number, "at_ms": one.at_ms, "case_id": one.case_id,
                    "unit": one.unit, "form": one.form, "text": one.text,
                }),
            );
            let form = if one.form.is_empty() { "-".to_owned() } else { one.form };
            let (number, at) = (one.number.to_string(), shown(one.at_ms));
            table.row(vec![number, at, one.case_id, one.unit, form, one.text]);
        }
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    match count {
        0 => output.tell("nothing was published 无通报"),
        _ => table.lines().iter().for_each(|line| output.tell(line)),
    }
    Ok(())
}

/// What the caller's unit has to answer for.
async fn demanded(system: &System) -> anyhow::Result<Vec<Sheet>> {
    let mut desk = system.statements()?;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListDemandsRequest { page: Some(Page { size: PAGE, token }) };
        let page = desk.list_demands(request).await.map_err(|no| system.desk_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.sheets);
        token = page.next_token;
        if token.is_empty() {
            return Ok(found);
        }
    }
}

async fn demands(asked: &Demands) -> anyhow::Result<()> {
    let found = demanded(&System::find(&asked.way)?).await?;
    sheet::list(&found, Output::new(asked.way.output));
    Ok(())
}

async fn state(asked: &State) -> anyhow::Result<()> {
    let (system, output) = (System::find(&asked.act.way)?, Output::new(asked.act.way.output));
    let (case_id, person, text) = (&asked.case_id, &asked.act.word.person, &asked.text);
    let object = json!({
        "case_id": case_id, "text": text, "person": person, "is_preview": !asked.act.yes,
    });
    if !asked.act.yes {
        let found = demanded(&system).await?;
        let Some(found) = found.iter().find(|sheet| sheet.case_id == *case_id) else {
            bail!("{} has nothing to answer for in {case_id}; nothing was changed", system.party());
        };
        if !found.statement.is_empty() || found.is_decided {
            bail!("there is nothing more to state about {case_id}; nothing was changed");
        }
        sheet::say(found, output);
        let text =
            format!("{case_id}: would be stated: {text}; nothing was changed: --yes does it");
        output.say(text, "stated", object);
        return Ok(());
    }
    let request = GiveStatementRequest {
        command: command(&asked.act.word),
        case_id: case_id.clone(),
        text: text.clone(),
        evidence: Vec::new(),
    };
    let mut desk = system.statements()?;
    desk.give_statement(request).await.map_err(|no| system.desk_refused(&no))?;
    output.say(format!("{case_id}: stated, on the word of {person}"), "stated", object);
    Ok(())
}
