//! Where a case is: asked of the gateway's ledger, and each of its envelopes that is not settled of
//! the bus. Where one of the two does not answer, the other is said all the same, and which is away.

use kit::{client::Channel, clock::Clock};
use proto::{
    bus::{
        EnvelopeState, ListEnvelopesRequest, LocateEnvelopeRequest, LocateEnvelopeResponse,
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
    way::{Bus, System, gateway_refused},
    whereabouts, words,
};
use crate::output::Output;

/// How many are asked for at once.
const PAGE: u32 = 500;
/// How many of a case's envelopes are looked at.
const ENVELOPES_MAX: usize = 10_000;

/// Says where a case is, and which of its envelopes are under way.
pub async fn tell(system: &System, case_id: &str, output: &Output) -> anyhow::Result<()> {
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
    open.iter().for_each(|found| whereabouts::say(found, output));
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
