//! `muster operations …`: joint operations, who comes, what was ordered, who has not let go.

mod act;
mod shown;

use std::process::ExitCode;

use kit::client::Channel;
use proto::{
    operation::{
        GetOperationRequest, ListLogRequest, ListOperationsRequest, LogEntry, Operation,
        operation_service_client::OperationServiceClient,
    },
    page::Page,
};
use serde_json::json;

use super::{
    moment::shown as time,
    table::Table,
    way::{System, gateway_refused},
};
use crate::{
    cli::{
        Way,
        operations::{Operations, Show, Whole},
    },
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

type Client = OperationServiceClient<Channel>;

/// `muster operations`
pub async fn run(asked: Operations) -> anyhow::Result<ExitCode> {
    match asked {
        Operations::Plan(asked) => act::plan(&asked).await,
        Operations::Invite(asked) => act::invite(&asked).await,
        Operations::List(asked) => list(&asked, false).await,
        Operations::Show(asked) => show(&asked).await,
        Operations::Order(asked) => act::order(&asked).await,
        Operations::Reassign(asked) => act::reassign(&asked).await,
        Operations::Stop(asked) => act::end(&asked, true).await,
        Operations::Abort(asked) => act::end(&asked, false).await,
        Operations::Waiting(asked) => list(&asked, true).await,
        Operations::Settle(asked) => act::settle(&asked).await,
        Operations::FollowUp(asked) => act::follow_up(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

fn door(way: &Way) -> anyhow::Result<(Client, Output)> {
    Ok((System::find(way)?.operations()?, Output::new(way.output)))
}

async fn list(asked: &Whole, is_waiting: bool) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::<Operation>::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListOperationsRequest { page, is_waiting };
        let page = door.list_operations(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.operations);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    let mut table = Table::of(&shown::HEADS);
    found.iter().for_each(|one| table.row(shown::head(one)));
    match (found.is_empty(), is_waiting) {
        (true, true) => output.tell("nothing waits: every crew has let go"),
        (true, false) => output.tell("there is no operation"),
        (false, _) => table.lines().iter().for_each(|line| output.tell(line)),
    }
    found.iter().for_each(|one| output.object("operation", shown::object(one)));
    Ok(())
}

async fn get(door: &mut Client, operation_id: &str) -> anyhow::Result<Operation> {
    let request = GetOperationRequest { operation_id: operation_id.to_owned() };
    let found = door.get_operation(request).await.map_err(|no| gateway_refused(&no))?;
    Ok(found.into_inner().operation.unwrap_or_default())
}

async fn show(asked: &Show) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let one = get(&mut door, &asked.operation).await?;
    output.tell(shown::headline(&one));
    output.object("operation", shown::object(&one));
    let mut table = Table::of(&shown::MEMBER_HEADS);
    for member in &one.members {
        table.row(shown::member(member));
        output.object("member", shown::member_object(member));
    }
    table.lines().iter().for_each(|line| output.tell(line));
    if !one.orders.is_empty() {
        let mut table = Table::of(&shown::ORDER_HEADS);
        for given in &one.orders {
            table.row(shown::order(given));
            output.object("order", shown::order_object(given));
        }
        table.lines().iter().for_each(|line| output.tell(line));
    }
    for entry in log(&mut door, &asked.operation).await? {
        output.tell(format!("{} {}: {}", time(entry.at_ms), entry.source, entry.sentence));
        output.object(
            "entry",
            json!({
                "at_ms": entry.at_ms, "source": entry.source, "sentence": entry.sentence,
                "order_id": entry.order_id, "inspection_id": entry.inspection_id,
            }),
        );
    }
    Ok(())
}

async fn log(door: &mut Client, operation_id: &str) -> anyhow::Result<Vec<LogEntry>> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListLogRequest { operation_id: operation_id.to_owned(), page };
        let page = door.list_log(request).await.map_err(|no| gateway_refused(&no))?.into_inner();
        found.extend(page.entries);
        token = page.next_token;
        if token.is_empty() {
            return Ok(found);
        }
    }
}
