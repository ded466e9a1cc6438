//! `muster notices …`: who was told by SMS or webhook, and sending again what failed.

use std::process::ExitCode;

use anyhow::Context as _;
use proto::{
    notification::{ListNotificationsRequest, Notification, NotificationState, SendAgainRequest},
    page::Page,
};
use serde_json::{Value, json};

use super::{
    moment::shown,
    table::Table,
    way::{System, command, worker_refused},
};
use crate::{
    cli::notices::{Again, List, Notices, State},
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

/// `muster notices`
pub async fn run(asked: Notices) -> anyhow::Result<ExitCode> {
    match asked {
        Notices::List(asked) => list(&asked).await,
        Notices::Again(asked) => again(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

async fn list(asked: &List) -> anyhow::Result<()> {
    let (system, output) = (System::find(&asked.way)?, Output::new(asked.way.output));
    let state = match asked.state {
        None => NotificationState::Unspecified,
        Some(State::Waiting) => NotificationState::Waiting,
        Some(State::Taken) => NotificationState::Taken,
        Some(State::Delivered) => NotificationState::Delivered,
        Some(State::Failed) => NotificationState::Failed,
    };
    let (mut door, mut found, mut token) = (system.notices()?, Vec::new(), String::new());
    loop {
        let request = ListNotificationsRequest {
            case_id: asked.case_id.clone().unwrap_or_default(),
            receiver: asked.receiver.clone().unwrap_or_default(),
            state: state.into(),
            page: Some(Page { size: PAGE, token }),
        };
        let answer = door.list_notifications(request).await.map_err(|no| worker_refused(&no))?;
        let answer = answer.into_inner();
        found.extend(answer.notifications);
        token = answer.next_token;
        if token.is_empty() {
            break;
        }
    }
    let columns = [">NUMBER", "AT", "CASE", "EVENT", "WHO", "WAY", "TO", "STATE", "WHY"];
    let mut table = Table::of(&columns);
    found.iter().for_each(|one| table.row(row(one)));
    match found.is_empty() {
        true => output.tell("nobody was told 没有通知"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    found.iter().for_each(|one| output.object("notification", object(one)));
    Ok(())
}

fn row(one: &Notification) -> Vec<String> {
    let event = one.event.rsplit('.').next().unwrap_or_default().to_owned();
    vec![
        one.number.to_string(),
        shown(one.at_ms),
        one.case_id.clone(),
        event,
        one.receiver.clone(),
        one.way.clone(),
        one.masked_address.clone(),
        word(one).to_owned(),
        match one.summary {
            0 => one.reason.clone(),
            summary => format!("in {summary} {}", one.reason).trim().to_owned(),
        },
    ]
}

/// How it stands: what nobody reports is not called delivered.
fn word(one: &Notification) -> &'static str {
    match one.state() {
        NotificationState::Unspecified | NotificationState::Waiting => "waiting",
        NotificationState::Taken => "taken",
        NotificationState::Delivered => "delivered",
        NotificationState::Failed => "failed",
    }
}

fn object(one: &Notification) -> Value {
    let again = one.again.iter().map(|said| {
        json!({
            "person": said.person, "party": said.party, "reason": said.reason, "at_ms": said.at_ms,
        })
    });
    json!({
        "number": one.number, "key": one.key, "event": one.event, "receiver": one.receiver,
        "way": one.way, "case_id": one.case_id, "text": one.text, "state": word(one),
        "reason": one.reason, "is_final": one.is_final, "at_ms": one.at_ms,
        "state_at_ms": one.state_at_ms, "summary": one.summary,
        "masked_address": one.masked_address, "again": again.collect::<Vec<_>>(),
    })
}

async fn again(asked: &Again) -> anyhow::Result<()> {
    let system = System::find(&asked.way)?;
    let request = SendAgainRequest {
        command: command(&asked.word),
        number: asked.number,
        reason: asked.reason.clone(),
    };
    let answer = system.notices()?.send_again(request).await;
    let answer = answer.map_err(|no| worker_refused(&no))?.into_inner();
    let one = answer.notification.context("the worker has answered without a notification")?;
    let text = format!("{} is sent again to {}", one.number, one.receiver);
    Output::new(asked.way.output).say(text, "again", object(&one));
    Ok(())
}
