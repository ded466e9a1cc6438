//! `muster where`: of any envelope or case, where it is, since when, who owes, what happens next.
//!
//! A case is asked of the gateway's ledger, and each of its envelopes that is not settled of the bus;
//! where one of the two does not answer, the other is said all the same, and which one is missing.

use anyhow::Context;
use domain::party::Party;
use kit::{client::Channel, clock::Clock};
use proto::{
    bus::{
        EnvelopeState, ListEnvelopesRequest, LocateEnvelopeRequest, LocateEnvelopeResponse, Number,
        locate_envelope_request::Name,
    },
    page::Page,
    whistle::{
        Case, CaseStage, GetCaseRequest, HistoryEntry, ListHistoryRequest,
        whistle_service_client::WhistleServiceClient,
    },
};
use serde_json::json;
use tonic::Code;

use super::{
    moment::{ago, shown},
    record, state,
    way::{Bus, System, gateway_refused},
    words,
};
use crate::{cli::Where, output::Output};

/// How many are asked for at once.
const PAGE: u32 = 500;
/// How many of a case's envelopes are looked at.
const ENVELOPES_MAX: usize = 10_000;

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
        Named::Case(case_id) => return of_case(&system, &case_id, &output).await,
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

fn say(found: &LocateEnvelopeResponse, output: &Output) {
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

async fn of_case(system: &System, case_id: &str, output: &Output) -> anyhow::Result<()> {
    let mut is_known = false;
    match system.gateway()? {
        Some(mut gateway) => match case(&mut gateway, case_id).await {
            Ok((case, last)) => {
                say_case(&case, last.as_ref(), output);
                is_known = true;
            }
            Err(status) if status.code() == Code::NotFound => {}
            Err(status) => away(output, "gateway", &gateway_refused(&status)),
        },
        None => output.tell("the ledger is not asked: it is not said where the gateway is"),
    }
    let mut bus = system.bus()?;
    let open = match open(&mut bus, &format!("case/{}/{case_id}", system.city())).await {
        Ok(open) => open,
        Err(error) if is_known => {
            away(output, "bus", &error);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let (all, open) = open;
    anyhow::ensure!(
        is_known || all > 0,
        "there is no case {case_id}, neither in the ledger nor in the record of the bus"
    );
    output.tell(match open.len() {
        0 => format!("all its {all} envelopes are settled 全部信封均已送达"),
        some => format!("{some} of its {all} envelopes are under way 在途信封:"),
    });
    open.iter().for_each(|found| say(found, output));
    Ok(())
}

fn away(output: &Output, who: &str, error: &anyhow::Error) {
    let object = json!({ "who": who, "why": error.to_string() });
    output.say(format!("the {who} does not answer: {error}"), "away", object);
}

/// A case as the ledger has it, with its last step.
async fn case(
    gateway: &mut WhistleServiceClient<Channel>,
    case_id: &str,
) -> Result<(Case, Option<HistoryEntry>), tonic::Status> {
    let case_id = case_id.to_owned();
    let found = gateway.get_case(GetCaseRequest { case_id: case_id.clone() }).await?.into_inner();
    let found = found.case.ok_or_else(|| tonic::Status::not_found("there is no such case"))?;
    let (mut last, mut token) = (None, String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListHistoryRequest { case_id: case_id.clone(), page };
        let page = gateway.list_history(request).await?.into_inner();
        last = page.entries.into_iter().next_back().or(last);
        token = page.next_token;
        if token.is_empty() {
            return Ok((found, last));
        }
    }
}

fn say_case(case: &Case, last: Option<&HistoryEntry>, output: &Output) {
    let now = Clock::system().now();
    let (stage, next) = (words::stage(case.stage()), words::next(case.stage(), &case.owner));
    let since = last.map_or(case.raised_at_ms, |last| last.at_ms);
    let mut text = format!(
        "case 案件 {} in round {}, whistled by {}\n  where  {}; {} owns it\n  since  {} ({})",
        case.case_id,
        case.round,
        case.community,
        stage.both(),
        case.owner,
        shown(since),
        ago(since, now)
    );
    if let Some(last) = last {
        text += &format!(": {}", last.text);
    }
    let mut owed = Vec::new();
    for one in &case.owed {
        let (duty, is_late) = (words::duty(one.duty()), one.due_at_ms < now.0);
        let late = if is_late { ", which is over 已逾期" } else { "" };
        let due = shown(one.due_at_ms);
        text += &format!("\n  owes   {} must {} until {due}{late}", one.party, duty.both());
        owed.push(json!({
            "party": one.party, "duty": duty.en, "duty_zh": duty.zh,
            "due_at_ms": one.due_at_ms, "is_late": is_late,
        }));
    }
    text += &format!("\n  next   {}", next.both());
    if !case.is_on_bus && case.stage() != CaseStage::Closed {
        text +=
            "\n  note   the bus does not have the whistle yet: the gateway owes it 总线尚未收到";
    }
    let object = json!({
        "case_id": case.case_id, "stage": case.stage().as_str_name().replace("CASE_STAGE_", ""),
        "where": stage.en, "where_zh": stage.zh, "since_ms": since, "owner": case.owner,
        "round": case.round, "owed": owed, "next": next.en, "next_zh": next.zh,
        "is_on_bus": case.is_on_bus, "raised_at_ms": case.raised_at_ms,
        "due_at_ms": case.due_at_ms, "last_step": last.map(|last| last.text.clone()),
    });
    output.say(text, "case", object);
}

/// How many envelopes a subject has, and those that are not settled.
async fn open(
    bus: &mut Bus,
    subject: &str,
) -> anyhow::Result<(usize, Vec<LocateEnvelopeResponse>)> {
    let (mut places, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListEnvelopesRequest { subject: subject.to_owned(), page };
        let page = bus.client.list_envelopes(request).await;
        let page = page.map_err(|status| bus.refused(&status))?.into_inner();
        places.extend(page.recorded.iter().map(|recorded| recorded.place));
        token = page.next_token;
        if token.is_empty() || places.len() >= ENVELOPES_MAX {
            break;
        }
    }
    let mut open = Vec::new();
    for place in &places {
        let name = Some(Name::Place(*place));
        let found = bus.client.locate_envelope(LocateEnvelopeRequest { name }).await;
        let found = found.map_err(|status| bus.refused(&status))?.into_inner();
        if found.state() != EnvelopeState::Settled {
            open.push(found);
        }
    }
    Ok((places.len(), open))
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
