//! `muster contacts …`: telephone numbers that are handed from unit to unit.

use std::process::ExitCode;

use proto::{
    contact_wire::{
        Contact, HandOverRequest, ListContactsRequest, ReadContactRequest, ReportContactRequest,
    },
    page::Page,
};
use serde_json::json;

use super::{
    moment::shown,
    table::Table,
    way::{System, command},
};
use crate::{
    cli::contacts::{Contacts, HandOver, List, Read, Report},
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

/// `muster contacts`
pub async fn run(asked: Contacts) -> anyhow::Result<ExitCode> {
    match asked {
        Contacts::HandOver(asked) => hand_over(&asked).await,
        Contacts::List(asked) => list(&asked).await,
        Contacts::Read(asked) => read(&asked).await,
        Contacts::Report(asked) => report(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

async fn hand_over(asked: &HandOver) -> anyhow::Result<()> {
    let system = System::find(&asked.way)?;
    let request = HandOverRequest {
        command: command(&asked.word),
        unit: asked.unit.clone(),
        number: asked.number.clone(),
        purpose: asked.purpose.clone(),
        note: asked.note.clone(),
    };
    // It goes to the service of who receives it, and over no bus.
    let answer = system.contacts(Some(&asked.unit))?.hand_over(request).await;
    let answer = answer.map_err(|no| system.desk_refused(&no))?.into_inner();
    print(&answer.contact.into_iter().collect::<Vec<_>>(), Output::new(asked.way.output));
    Ok(())
}

async fn list(asked: &List) -> anyhow::Result<()> {
    let (system, output) = (System::find(&asked.way)?, Output::new(asked.way.output));
    let (mut door, mut found, mut token) = (system.contacts(None)?, Vec::new(), String::new());
    loop {
        let request = ListContactsRequest { page: Some(Page { size: PAGE, token }) };
        let page = door.list_contacts(request).await.map_err(|no| system.desk_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.contacts);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        output.tell("no number was handed over");
    }
    print(&found, output);
    Ok(())
}

async fn read(asked: &Read) -> anyhow::Result<()> {
    let system = System::find(&asked.way)?;
    let (command, purpose) = (command(&asked.word), asked.purpose.clone());
    let request = ReadContactRequest { command, contact_id: asked.contact.clone(), purpose };
    let answer = system.contacts(None)?.read_contact(request).await;
    let number = answer.map_err(|no| system.desk_refused(&no))?.into_inner().number;
    let object = json!({ "contact_id": asked.contact, "number": number });
    Output::new(asked.way.output).say(number, "number", object);
    Ok(())
}

async fn report(asked: &Report) -> anyhow::Result<()> {
    let system = System::find(&asked.way)?;
    let (command, result) = (command(&asked.word), asked.result.clone());
    let request = ReportContactRequest { command, contact_id: asked.contact.clone(), result };
    let answer = system.contacts(None)?.report_contact(request).await;
    let answer = answer.map_err(|no| system.desk_refused(&no))?.into_inner();
    print(&answer.contact.into_iter().collect::<Vec<_>>(), Output::new(asked.way.output));
    Ok(())
}

fn print(contacts: &[Contact], output: Output) {
    let mut table = Table::of(&["CONTACT", "TO", "PURPOSE", ">TIMES", "SINCE", "STATE", "RESULT"]);
    for one in contacts {
        let state = match (one.erased_at_ms > 0, one.result.is_empty()) {
            (true, _) => "deleted",
            (false, true) => "to call",
            (false, false) => "called",
        };
        let (times, since) = (one.handed.len().to_string(), shown(one.at_ms));
        let (id, to, purpose) = (one.contact_id.clone(), one.to.clone(), one.purpose.clone());
        table.row(vec![id, to, purpose, times, since, state.to_owned(), one.result.clone()]);
        output.object(
            "contact",
            json!({
                "contact_id": one.contact_id, "to": one.to, "purpose": one.purpose,
                "times": one.handed.len(), "at_ms": one.at_ms, "state": state,
                "result": one.result, "kept_until_ms": one.kept_until_ms,
                "erased_at_ms": one.erased_at_ms,
            }),
        );
    }
    table.lines().iter().for_each(|line| output.tell(line));
}
