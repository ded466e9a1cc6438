//! `muster credit …`: scores, the list, what goes outside, and what people decide about them.

use std::process::ExitCode;

use kit::client::Channel;
use proto::{
    credit_wire::{
        Delivery, DeliveryState, GetScoreRequest, ListDeliveriesRequest, ListListedRequest, Listed,
        PutBackDeliveryRequest, RemoveListedRequest, Score, SkipDeliveryRequest, Violation,
        ViolationState, credit_service_client::CreditServiceClient,
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
        credit::{Credit, Remove, Settle, Show, Whole},
    },
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

type Client = CreditServiceClient<Channel>;

/// `muster credit`
pub async fn run(asked: Credit) -> anyhow::Result<ExitCode> {
    match asked {
        Credit::Show(asked) => show(&asked).await,
        Credit::Listed(asked) => listed(&asked).await,
        Credit::Waiting(asked) => waiting(&asked).await,
        Credit::PutBack(asked) => put_back(&asked).await,
        Credit::Skip(asked) => skip(&asked).await,
        Credit::Remove(asked) => remove(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

fn door(way: &Way) -> anyhow::Result<(Client, Output)> {
    Ok((System::find(way)?.credit()?, Output::new(way.output)))
}

async fn show(asked: &Show) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let request = GetScoreRequest { object: asked.object.clone() };
    let found = door.get_score(request).await.map_err(|no| gateway_refused(&no))?;
    let score = found.into_inner().score.unwrap_or_default();
    output.say(headline(&score), "score", object(&score));
    let mut table = Table::of(&["UNIT", "DECISION", "KIND", ">POINTS", "STATE", "HAPPENED"]);
    for one in &score.violations {
        let (points, state) = (one.points.to_string(), violation_word(one));
        let (unit, decision, code) = (one.unit.clone(), one.decision.clone(), one.code.clone());
        table.row(vec![unit, decision, code, points, state.to_owned(), shown(one.at_ms)]);
        output.object(
            "violation",
            json!({
                "unit": one.unit, "decision": one.decision, "code": one.code, "fact": one.fact,
                "points": one.points, "state": state, "at_ms": one.at_ms,
            }),
        );
    }
    table.lines().iter().for_each(|line| output.tell(line));
    print(&score.deliveries, output);
    Ok(())
}

fn headline(score: &Score) -> String {
    let list = if score.is_listed { "on the list 黑榜" } else { "not on the list" };
    let Score { object, score, start, threshold, .. } = score;
    format!("{object}: {score} of {start}, listed below {threshold}; {list}")
}

fn object(score: &Score) -> Value {
    json!({
        "object": score.object, "score": score.score, "start": score.start,
        "threshold": score.threshold, "is_listed": score.is_listed, "noticed": score.noticed,
    })
}

fn violation_word(violation: &Violation) -> &'static str {
    match violation.state() {
        ViolationState::Charged => "charged",
        ViolationState::Double => "double",
        ViolationState::Revoked => "revoked",
        ViolationState::Unspecified => "-",
    }
}

async fn listed(asked: &Whole) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::<Listed>::new(), String::new());
    loop {
        let request = ListListedRequest { page: Some(Page { size: PAGE, token }) };
        let page = door.list_listed(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.listed);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    let mut table = Table::of(&["OBJECT", ">SCORE", ">NUMBER", "SINCE"]);
    for one in &found {
        let listing = one.listing.clone().unwrap_or_default();
        let (score, number) = (one.score.to_string(), listing.number.to_string());
        table.row(vec![one.object.clone(), score, number, shown(listing.at_ms)]);
        output.object(
            "listed",
            json!({
                "object": one.object, "score": one.score, "number": listing.number,
                "at_ms": listing.at_ms,
            }),
        );
    }
    match found.is_empty() {
        true => output.tell("nobody is on the list"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    Ok(())
}

async fn waiting(asked: &Whole) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListDeliveriesRequest { page: Some(Page { size: PAGE, token }) };
        let page = door.list_deliveries(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.deliveries);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        output.tell("the outside systems have all that they must have");
    }
    print(&found, output);
    Ok(())
}

fn print(deliveries: &[Delivery], output: Output) {
    if deliveries.is_empty() {
        return;
    }
    let mut table = Table::of(&["OBJECT", "DELIVERY", "STATE", "SINCE", "OWED BY", "WHY"]);
    for one in deliveries {
        let (object, delivery, state) = (one.object.clone(), one.delivery.clone(), word(one));
        let (since, owner) = (shown(one.since_ms), one.owner.clone());
        table.row(vec![object, delivery, state.to_owned(), since, owner, one.text.clone()]);
        output.object(
            "delivery",
            json!({
                "object": one.object, "delivery": one.delivery, "receiver": one.receiver,
                "state": state, "since_ms": one.since_ms, "owner": one.owner, "text": one.text,
            }),
        );
    }
    table.lines().iter().for_each(|line| output.tell(line));
}

fn word(delivery: &Delivery) -> &'static str {
    match delivery.state() {
        DeliveryState::Started => "tried",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Parked => "parked",
        DeliveryState::Skipped => "skipped",
        DeliveryState::Unspecified => "-",
    }
}

async fn put_back(asked: &Settle) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (object, delivery) = (asked.object.clone(), asked.delivery.clone());
    let (command, reason) = (command(&asked.word), asked.reason.clone());
    let request = PutBackDeliveryRequest { command, object, delivery, reason };
    door.put_back_delivery(request).await.map_err(|no| gateway_refused(&no))?;
    settled(asked, "put_back", output);
    Ok(())
}

async fn skip(asked: &Settle) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (object, delivery) = (asked.object.clone(), asked.delivery.clone());
    let (command, reason) = (command(&asked.word), asked.reason.clone());
    let request = SkipDeliveryRequest { command, object, delivery, reason };
    door.skip_delivery(request).await.map_err(|no| gateway_refused(&no))?;
    settled(asked, "skipped", output);
    Ok(())
}

fn settled(asked: &Settle, what: &str, output: Output) {
    let text = format!("{} about {}: {}", asked.delivery, asked.object, what.replace('_', " "));
    output.say(text, what, json!({ "object": asked.object, "delivery": asked.delivery }));
}

async fn remove(asked: &Remove) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (command, reason) = (command(&asked.word), asked.reason.clone());
    let request = RemoveListedRequest { command, object: asked.object.clone(), reason };
    let answer = door.remove_listed(request).await.map_err(|no| gateway_refused(&no))?;
    let is_removed = answer.into_inner().is_removed;
    let text = match is_removed {
        true => format!("{} is taken off the list", asked.object),
        false => format!("said; another person must say so too before {} is off", asked.object),
    };
    output.say(text, "removal", json!({ "object": asked.object, "is_removed": is_removed }));
    Ok(())
}
