//! `muster where`: of any envelope or case, where it is, since when, who owes, what happens next.
//!
//! An envelope is asked of the bus, by its number, its place or its id; what the bus has not, it may
//! know that it turns away. Cases are in `case`.

use anyhow::Context;
use domain::party::Party;
use kit::clock::Clock;
use proto::bus::{
    EnvelopeState, LocateEnvelopeRequest, LocateEnvelopeResponse, Number,
    locate_envelope_request::Name,
};
use tonic::Code;

use super::{
    case,
    moment::{ago, shown},
    record, state,
    way::{Bus, System},
    words,
};
use crate::{cli::Where, output::Output};

/// What a text names.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    Case(String),
    Place(u64),
    Number(String, String, u64),
    Id,
}

/// Reads what is named. A case's number is a day and eight letters, as the gateway gives it.
fn named(text: &str) -> Named {
    if let Ok(place) = text.parse() {
        return Named::Place(place);
    }
    let parts: Vec<&str> = text.split('/').collect();
    let party = |kind: &str, id: &str| format!("{kind}/{id}").parse::<Party>().ok();
    let number = parts.last().and_then(|last| last.parse().ok());
    match (&parts[..], number) {
        (["case", .., case], _) => Named::Case((*case).to_owned()),
        ([kind, id, _], Some(number)) if party(kind, id).is_some() => {
            Named::Number(format!("{kind}/{id}"), String::new(), number)
        }
        ([from, source, to, recipient, _], Some(number))
            if party(from, source).is_some() && party(to, recipient).is_some() =>
        {
            Named::Number(format!("{from}/{source}"), format!("{to}/{recipient}"), number)
        }
        _ if is_case(text) => Named::Case(text.to_owned()),
        _ => Named::Id,
    }
}

fn is_case(text: &str) -> bool {
    let Some((day, rest)) = text.split_once('-') else { return false };
    let is_day = day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit());
    is_day && rest.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `muster where`
pub async fn run(asked: &Where, output: Output) -> anyhow::Result<()> {
    let system = System::find(&asked.way)?;
    let name = match named(&asked.id) {
        Named::Case(case_id) => return case::tell(&system, &case_id, &output).await,
        Named::Place(place) => Name::Place(place),
        Named::Number(source, recipient, number) => {
            Name::Number(Number { source, recipient, number })
        }
        Named::Id => {
            let source = asked.source.as_ref().map(ToString::to_string);
            let place = record::by_id(&mut system.bus()?, &asked.id, source.as_deref()).await?;
            Name::Place(place.with_context(|| {
                format!(
                    "{} is no case, and no envelope of this id is in the record of the bus: its \
                     sender has it still, or never sent it",
                    asked.id
                )
            })?)
        }
    };
    let mut bus = system.bus()?;
    match bus.client.locate_envelope(LocateEnvelopeRequest { name: Some(name.clone()) }).await {
        Ok(found) => say(&found.into_inner(), &output),
        Err(status) if status.code() == Code::NotFound => {
            return not_there(&mut bus, &name, &output).await;
        }
        Err(status) => return Err(bus.refused(&status)),
    }
    Ok(())
}

/// The bus has no such envelope; it may know that it turns its sender away.
async fn not_there(bus: &mut Bus, name: &Name, output: &Output) -> anyhow::Result<()> {
    let Name::Number(Number { source, recipient, number }) = name else {
        anyhow::bail!("there is no envelope at this place of the record")
    };
    let status = bus.status().await?;
    let turned = status.turned.iter().find(|turned| {
        turned.source == *source && turned.recipient == *recipient && turned.number <= *number
    });
    let turned = turned.with_context(|| {
        format!(
            "{source}/{recipient}/{number} is not at the bus: {source} has it still and owes it, or \
             has not sent it yet"
        )
    })?;
    output.tell(format!(
        "{source}/{recipient}/{number} is not at the bus, which refuses it or one before it: {source} \
         keeps it and tries again 总线拒收，发送方保留并重试"
    ));
    state::say_turned(output, turned);
    Ok(())
}

/// Says where an envelope is.
pub fn say(found: &LocateEnvelopeResponse, output: &Output) {
    let now = Clock::system().now();
    let recorded = found.recorded.clone().unwrap_or_default();
    let envelope = recorded.envelope.clone().unwrap_or_default();
    let text = |name| record::attribute(&envelope, name);
    let (recipient, owed) = (text("recipient"), found.owed_by.join(" and "));
    let until = shown(found.until_ms);
    let is = words::state(found.state(), &recipient, found.behind_place, &until);
    let next = words::onward(found.state(), &recipient, &owed, found.behind_place);
    let since = match found.since_ms {
        0 => format!("it was accepted {}", shown(recorded.accepted_at_ms)),
        since => format!("{} ({})", shown(since), ago(since, now)),
    };
    let shown = format!(
        "{} -> {} {} at place {}: {} about {}\n  where  {}\n  since  {since}\n  owes   {}\n  next   {}",
        envelope.source,
        if recipient.is_empty() { "the record" } else { &recipient },
        text("number"),
        recorded.place,
        envelope.r#type,
        text("subject"),
        is.both(),
        if owed.is_empty() { "nobody 无" } else { &owed },
        next.both()
    );
    let mut object = record::row(recorded.place, recorded.accepted_at_ms, &envelope);
    object["state"] = word(found.state()).into();
    object["where"] = is.en.into();
    object["where_zh"] = is.zh.into();
    object["since_ms"] = found.since_ms.into();
    object["until_ms"] = found.until_ms.into();
    object["owed_by"] = found.owed_by.clone().into();
    object["next"] = next.en.into();
    object["next_zh"] = next.zh.into();
    object["behind_place"] = found.behind_place.into();
    output.say(shown, "envelope", object);
}

fn word(state: EnvelopeState) -> &'static str {
    state.as_str_name().trim_start_matches("ENVELOPE_STATE_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_known_by_its_form() {
        let number = |source: &str, recipient: &str, number| {
            Named::Number(source.to_owned(), recipient.to_owned(), number)
        };
        for (text, expected) in [
            ("4711", Named::Place(4_711)),
            ("20261122-7QK3M9ZT", Named::Case("20261122-7QK3M9ZT".to_owned())),
            ("case/wenshan/20261122-7QK3M9ZT", Named::Case("20261122-7QK3M9ZT".to_owned())),
            ("unit/fire/unit/housing/12", number("unit/fire", "unit/housing", 12)),
            ("service/gateway/7", number("service/gateway", "", 7)),
            ("whistle/w1", Named::Id),
            ("report/20261122-7QK3M9ZT/12", Named::Id),
            ("", Named::Id),
        ] {
            assert_eq!(named(text), expected, "{text}");
        }
    }
}
