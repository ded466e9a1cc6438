//! `muster bus subscribers` and `muster bus replay`: how far durable readers are, and setting one back.

use anyhow::Context;
use kit::clock::Clock;
use proto::{
    bus::{ListSubscribersRequest, SeekSubscriberRequest, Selection, Start, Subscriber, start},
    page::Page,
};
use serde_json::{Value, json};

use super::{
    moment::{Spot, ago},
    record,
    table::Table,
    way::{Bus, System},
};
use crate::{
    cli::{Look, Replay},
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

/// `muster bus subscribers`
pub async fn subscribers(asked: &Look) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let mut bus = System::find(&asked.way)?.bus()?;
    let (found, now) = (all(&mut bus).await?, Clock::system().now());
    let mut table =
        Table::of(&["PARTY", "NAME", ">PLACE", ">BEHIND", ">MOVED", "TYPES", "SUBJECTS"]);
    for one in &found {
        let Selection { types, subjects } = one.selection.clone().unwrap_or_default();
        let all = |patterns: Vec<String>| match patterns.is_empty() {
            true => "all".to_owned(),
            false => patterns.join(" "),
        };
        table.row(vec![
            one.party.clone(),
            one.name.clone(),
            one.place.to_string(),
            behind(one).to_string(),
            ago(one.moved_at_ms, now),
            all(types),
            all(subjects),
        ]);
    }
    match found.is_empty() {
        true => output.tell("there are no subscribers"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    found.iter().for_each(|one| output.object("subscriber", row(one)));
    Ok(())
}

fn behind(one: &Subscriber) -> u64 {
    one.last_place.saturating_sub(one.place)
}

fn row(one: &Subscriber) -> Value {
    let Selection { types, subjects } = one.selection.clone().unwrap_or_default();
    json!({
        "party": one.party, "name": one.name, "place": one.place, "last_place": one.last_place,
        "behind": behind(one), "moved_at_ms": one.moved_at_ms, "types": types,
        "subjects": subjects,
    })
}

async fn all(bus: &mut Bus) -> anyhow::Result<Vec<Subscriber>> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListSubscribersRequest { page: Some(Page { size: PAGE, token }) };
        let page = bus.client.list_subscribers(request).await;
        let page = page.map_err(|status| bus.refused(&status))?.into_inner();
        all.extend(page.subscribers);
        token = page.next_token;
        if token.is_empty() {
            return Ok(all);
        }
    }
}

/// `muster bus replay`
pub async fn run(asked: &Replay) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let system = System::find(&asked.way)?;
    let mut bus = system.bus()?;
    let party = asked.party.as_ref().unwrap_or(system.party()).to_string();
    let found = all(&mut bus).await?;
    let is_it = |one: &&Subscriber| one.party == party && one.name == asked.name;
    let one = found.iter().find(is_it).with_context(|| {
        format!("{party} has no subscriber {}; `muster bus subscribers` lists them", asked.name)
    })?;
    let to = record::before(&mut bus, asked.from).await?;
    anyhow::ensure!(
        to <= one.last_place,
        "the record ends at place {}: nothing can come from {} on",
        one.last_place,
        to + 1
    );
    let (from, again) = (one.place, one.place.saturating_sub(to));
    let over = to.saturating_sub(one.place);
    if asked.yes {
        // By place, so that what is done is what was shown.
        let start = Some(start::Start::AfterPlace(to));
        let name = asked.name.clone();
        let request =
            SeekSubscriberRequest { name, party: party.clone(), start: Some(Start { start }) };
        let sought = bus.client.seek_subscriber(request).await;
        sought.map_err(|status| bus.refused(&status))?;
    }
    let what = match (again, over) {
        (0, 0) => "it is there already".to_owned(),
        (0, over) => format!("it passes over {over} places"),
        (again, _) => format!("up to {again} places come again"),
    };
    let done = match asked.yes {
        true => "is set",
        false => "would be set (--yes does it; nothing was changed)",
    };
    let text = format!("{party} {}: from place {from} it {done} to {to}; {what}", asked.name);
    let object = json!({
        "party": party, "name": asked.name, "from_place": from, "place": to, "again": again,
        "passed_over": over, "is_preview": !asked.yes,
        "is_at": matches!(asked.from, Spot::At(_)),
    });
    output.say(text, "replayed", object);
    Ok(())
}
