//! `muster cases history`: every step of a case with its clocks.

use std::time::Duration;

use proto::{
    page::Page,
    whistle::{HistoryEntry, ListHistoryRequest, Waited},
};
use serde_json::{Value, json};

use super::{PAGE, which};
use crate::{
    cli::History,
    operate::{
        moment::{age, shown},
        way::{System, gateway_refused},
        words,
    },
    output::Output,
};

/// Shows it.
pub async fn show(asked: &History) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let gateway = System::find(&asked.way)?.gateway()?;
    let Some(mut gateway) = gateway else {
        anyhow::bail!("it is not said where the gateway is: --gateway URL")
    };
    let mut token = String::new();
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListHistoryRequest { case_id: asked.case_id.clone(), page };
        let page = gateway.list_history(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        page.entries.iter().for_each(|entry| say(entry, output));
        if page.next_token.is_empty() {
            for waited in &page.waits_for {
                let text = format!("now waits for 正在等待 {}", clock(waited));
                output.say(text, "waits_for", object(waited));
            }
            return Ok(());
        }
        token = page.next_token;
    }
}

fn say(entry: &HistoryEntry, output: Output) {
    let who = match (entry.actor.as_str(), entry.on_behalf_of.as_str()) {
        ("", "") => String::new(),
        (person, "") => format!(" ({person})"),
        (person, party) => format!(" ({person} for {party})"),
    };
    let mut text = format!(
        "{}  +{}  {}{who}: {}",
        shown(entry.accepted_at_ms.max(entry.at_ms)),
        span(entry.public_ms),
        entry.source,
        entry.text
    );
    for waited in &entry.waited_for {
        let end = if waited.has_ended { "waited for" } else { "waits for" };
        text += &format!("\n    {end} {}", clock(waited));
    }
    let object = json!({
        "place": entry.place, "case_id": entry.case_id, "at_ms": entry.at_ms,
        "accepted_at_ms": entry.accepted_at_ms, "public_ms": entry.public_ms,
        "source": entry.source, "actor": entry.actor, "on_behalf_of": entry.on_behalf_of,
        "recipient": entry.recipient, "type": entry.r#type, "text": entry.text,
        "text_zh": entry.text_zh,
        "stage": which::word(entry.stage().as_str_name(), "CASE_STAGE_"), "round": entry.round,
        "owner": entry.owner, "waited_for": entry.waited_for.iter().map(object).collect::<Vec<_>>(),
    });
    output.say(text, "step", object);
}

/// A clock in words.
fn clock(waited: &Waited) -> String {
    let duty = words::duty(waited.duty()).both();
    let over = if waited.is_over { " !" } else { "" };
    let (used, left, due) = (span(waited.used_ms), span(waited.left_ms), shown(waited.due_at_ms));
    let pace = if waited.is_working_time { " of working time 工作时间" } else { "" };
    let held = if waited.is_held { ", held 计时中止" } else { "" };
    format!("{} to {duty}: {used}{pace}, {left} left{held}, until {due}{over}", waited.party)
}

fn object(waited: &Waited) -> Value {
    json!({
        "party": waited.party, "duty": which::word(waited.duty().as_str_name(), "DUTY_"),
        "since_ms": waited.since_ms, "due_at_ms": waited.due_at_ms, "used_ms": waited.used_ms,
        "is_over": waited.is_over, "has_ended": waited.has_ended, "left_ms": waited.left_ms,
        "is_working_time": waited.is_working_time, "is_held": waited.is_held,
    })
}

fn span(ms: i64) -> String {
    age(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}
