//! `muster outside …`: who outside is told of the record, and what of it was not taken.

use std::process::ExitCode;

use proto::{
    outside::{
        ListSubscriptionsRequest, ListUndeliveredRequest, ResolveUndeliveredRequest, Settlement,
        Subscription, Undelivered as Found,
    },
    page::Page,
};
use serde_json::json;

use super::{
    moment::shown,
    table::Table,
    way::{System, command, worker_refused},
};
use crate::{
    cli::outside::{List, Outside, Settle, Undelivered},
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

/// `muster outside`
pub async fn run(asked: Outside) -> anyhow::Result<ExitCode> {
    match asked {
        Outside::List(asked) => list(&asked).await,
        Outside::Undelivered(asked) => undelivered(&asked).await,
        Outside::PutBack(asked) => settle(&asked, Settlement::PutBack).await,
        Outside::Skip(asked) => settle(&asked, Settlement::Skip).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

async fn list(asked: &List) -> anyhow::Result<()> {
    let (system, output) = (System::find(&asked.way)?, Output::new(asked.way.output));
    let answer = system.outside()?.list_subscriptions(ListSubscriptionsRequest {}).await;
    let found = answer.map_err(|no| worker_refused(&no))?.into_inner().subscriptions;
    if found.is_empty() {
        output.tell("nobody outside is told anything: [outside.subscriptions] is empty");
    }
    let mut table =
        Table::of(&["NAME", "HOST", ">TAKEN", ">WAITING", ">PARKED", "TYPES", "TROUBLE"]);
    for one in found {
        let Subscription { name, host, types, taken, undelivered, parked, trouble, .. } = &one;
        table.row(vec![
            name.clone(),
            host.clone(),
            taken.to_string(),
            undelivered.to_string(),
            parked.to_string(),
            types.join(" "),
            trouble.clone(),
        ]);
        output.object(
            "subscription",
            json!({
                "name": name, "host": host, "types": types, "subjects": one.subjects,
                "taken": taken, "undelivered": undelivered, "parked": parked, "trouble": trouble,
            }),
        );
    }
    table.lines().iter().for_each(|line| output.tell(line));
    Ok(())
}

async fn undelivered(asked: &Undelivered) -> anyhow::Result<()> {
    let (system, output) = (System::find(&asked.way)?, Output::new(asked.way.output));
    let (mut door, mut found, mut token) = (system.outside()?, Vec::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListUndeliveredRequest { subscription: asked.subscription.clone(), page };
        let answer = door.list_undelivered(request).await.map_err(|no| worker_refused(&no))?;
        let answer = answer.into_inner();
        found.extend(answer.undelivered);
        token = answer.next_token;
        if token.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        output.tell("all is taken");
    }
    let mut table = Table::of(&[">NUMBER", "SINCE", "TYPE", "SUBJECT", "WAITS FOR A PERSON"]);
    for Found { number, key, r#type, subject, since_ms, parked_reason } in found {
        let since = shown(since_ms);
        let row = [number.to_string(), since, r#type.clone(), subject.clone()];
        table.row(row.into_iter().chain([parked_reason.clone()]).collect());
        output.object(
            "undelivered",
            json!({
                "number": number, "key": key, "type": r#type, "subject": subject,
                "since_ms": since_ms, "parked_reason": parked_reason,
            }),
        );
    }
    table.lines().iter().for_each(|line| output.tell(line));
    Ok(())
}

async fn settle(asked: &Settle, settlement: Settlement) -> anyhow::Result<()> {
    let system = System::find(&asked.way)?;
    let request = ResolveUndeliveredRequest {
        command: command(&asked.word),
        subscription: asked.subscription.clone(),
        numbers: asked.numbers.clone(),
        settlement: settlement.into(),
        reason: asked.reason.clone(),
    };
    let answer = system.outside()?.resolve_undelivered(request).await;
    let settled = answer.map_err(|no| worker_refused(&no))?.into_inner().settled;
    let text = format!("{settled} settled");
    Output::new(asked.way.output).say(text, "settled", json!({ "settled": settled }));
    Ok(())
}
