//! `muster bus parked`: what waits for a person, and what a person decides.

use anyhow::Context;
use domain::{moment::Moment, party::Party};
use kit::clock::Clock;
use proto::{
    bus::{ListParkedRequest, Parked as Found, ParkedCause, Resolution, ResolveParkedRequest},
    page::Page,
};
use serde_json::{Value, json};

use super::{
    moment::{ago, shown},
    record,
    table::Table,
    way::{Bus, System},
};
use crate::{
    cli::{Parked, ParkedVerb, Resolve},
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

/// `muster bus parked`
pub async fn run(asked: Parked) -> anyhow::Result<()> {
    match asked.verb {
        None => {
            let way = asked.way.context("--data DIR or --bus URL says which bus is asked")?;
            let mut bus = System::find(&way)?.bus()?;
            list(&mut bus, asked.mailbox.as_ref(), Output::new(way.output)).await
        }
        Some(ParkedVerb::Show { mailbox, place, way }) => {
            let mut bus = System::find(&way)?.bus()?;
            show(&mut bus, &mailbox, place, Output::new(way.output)).await
        }
        Some(ParkedVerb::PutBack(asked)) => resolve(&asked, Resolution::PutBack).await,
        Some(ParkedVerb::Skip(asked)) => resolve(&asked, Resolution::Skip).await,
    }
}

async fn list(bus: &mut Bus, mailbox: Option<&Party>, output: Output) -> anyhow::Result<()> {
    let found = all(bus, mailbox).await?;
    let (now, mut table) = (Clock::system().now(), heads());
    found.iter().for_each(|one| table.row(cells(one, now)));
    match found.is_empty() {
        true => output.tell("nothing is parked"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    found.iter().for_each(|one| output.object("parked", row(one)));
    Ok(())
}

fn heads() -> Table {
    Table::of(&["MAILBOX", ">PLACE", "WHY", ">SINCE", ">TRIES", "TYPE", "SUBJECT", "MUST ACT"])
}

fn cells(one: &Found, now: Moment) -> Vec<String> {
    let envelope = one.envelope.clone().unwrap_or_default();
    vec![
        one.mailbox.clone(),
        one.place.to_string(),
        cause(one).to_owned(),
        ago(one.parked_at_ms, now),
        one.attempts.to_string(),
        envelope.r#type.clone(),
        record::attribute(&envelope, "subject"),
        one.owner.clone(),
    ]
}

fn cause(one: &Found) -> &'static str {
    match one.cause() {
        ParkedCause::Attempts => "ATTEMPTS",
        ParkedCause::Expired => "EXPIRED",
        ParkedCause::Unspecified => "?",
    }
}

fn row(one: &Found) -> Value {
    let envelope = one.envelope.clone().unwrap_or_default();
    let mut object = json!({
        "mailbox": one.mailbox, "place": one.place, "cause": cause(one), "reason": one.reason,
        "attempts": one.attempts, "parked_at_ms": one.parked_at_ms, "owed_by": [one.owner],
    });
    if let (Value::Object(object), Value::Object(more)) =
        (&mut object, record::row(one.place, one.accepted_at_ms, &envelope))
    {
        object.extend(more);
    }
    object
}

async fn show(bus: &mut Bus, mailbox: &Party, place: u64, output: Output) -> anyhow::Result<()> {
    let found = all(bus, Some(mailbox)).await?.into_iter().find(|one| one.place == place);
    let one = found.with_context(|| {
        format!(
            "place {place} is not parked in the mailbox of {mailbox}; `muster bus parked` lists"
        )
    })?;
    let envelope = one.envelope.clone().unwrap_or_default();
    let mut text = format!(
        "{} at place {}, accepted {}\nparked     {} since {}, after {} deliveries\n\
         said       {}\nmust act   {}: put it back, or skip it\n\
         envelope   {} {} from {}",
        one.mailbox,
        one.place,
        shown(one.accepted_at_ms),
        cause(&one),
        shown(one.parked_at_ms),
        one.attempts,
        if one.reason.is_empty() { "nothing" } else { &one.reason },
        one.owner,
        envelope.r#type,
        envelope.id,
        envelope.source
    );
    for name in ["subject", "number", "priority", "notbefore", "expires", "actor", "onbehalfof"] {
        let value = record::attribute(&envelope, name);
        if !value.is_empty() {
            text += &format!("\n{name:<10} {value}");
        }
    }
    output.say(text, "parked", row(&one));
    Ok(())
}

/// All that is parked, page after page.
async fn all(bus: &mut Bus, mailbox: Option<&Party>) -> anyhow::Result<Vec<Found>> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let mailbox = mailbox.map(ToString::to_string).unwrap_or_default();
        let found = bus.client.list_parked(ListParkedRequest { mailbox, page }).await;
        let found = found.map_err(|status| bus.refused(&status))?.into_inner();
        all.extend(found.parked);
        token = found.next_token;
        if token.is_empty() {
            return Ok(all);
        }
    }
}

async fn resolve(asked: &Resolve, resolution: Resolution) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let mut bus = System::find(&asked.way)?.bus()?;
    let log_id = bus.status().await?.log_id;
    let request = ResolveParkedRequest {
        mailbox: asked.mailbox.to_string(),
        places: asked.places.clone(),
        log_id,
        resolution: resolution.into(),
        reason: asked.reason.clone(),
        actor: asked.person.clone(),
        is_preview: !asked.yes,
    };
    let (mut count, mut is_more, now) = (0, true, Clock::system().now());
    let mut table = heads();
    let mut rows = Vec::new();
    while is_more {
        let done = bus.client.resolve_parked(request.clone()).await;
        let done = done.map_err(|status| bus.refused(&status))?.into_inner();
        count += done.resolved.len();
        // A preview of all is a preview of the first thousand.
        is_more = done.is_more && asked.yes && !done.resolved.is_empty();
        done.resolved.iter().for_each(|one| table.row(cells(one, now)));
        rows.extend(done.resolved.iter().map(row));
        if done.is_more && !asked.yes {
            output.tell("there are more behind these");
        }
    }
    let event = match resolution {
        Resolution::PutBack => "put_back",
        _ => "skipped",
    };
    table.lines().iter().for_each(|line| output.tell(line));
    for mut row in rows {
        row["is_preview"] = (!asked.yes).into();
        output.object(event, row);
    }
    let word = event.replace('_', " ");
    output.tell(match asked.yes {
        true => format!("{count} {word}, on the word of {}: {}", asked.person, asked.reason),
        false => format!("{count} would be {word}; nothing was changed: --yes does it"),
    });
    Ok(())
}
