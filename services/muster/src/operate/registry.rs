//! `muster registry …`: who answers for what, and how that is changed.

use std::process::ExitCode;

use kit::client::Channel;
use proto::{
    page::Page,
    registry::{
        Amendment, AmendmentEntry, AmendmentState, ApproveAmendmentRequest, HandOverCasesRequest,
        ListAmendmentsRequest, ListTouchedCasesRequest, ProposeAmendmentRequest,
        RejectAmendmentRequest, Signatory, TouchedCase, WhoAnswersRequest,
        WithdrawAmendmentRequest, registry_service_client::RegistryServiceClient,
    },
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
        registry::{Decide, HandOver, ListAmendments, Propose, Registry, State, Touched, Who},
    },
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

type Client = RegistryServiceClient<Channel>;

/// `muster registry`
pub async fn run(asked: Registry) -> anyhow::Result<ExitCode> {
    match asked {
        Registry::Who(asked) => who(&asked).await,
        Registry::List(asked) => list(&asked).await,
        Registry::Propose(asked) => propose(&asked).await,
        Registry::Approve(asked) => approve(&asked).await,
        Registry::Reject(asked) => reject(&asked).await,
        Registry::Withdraw(asked) => withdraw(&asked).await,
        Registry::Touched(asked) => touched(&asked).await,
        Registry::HandOver(asked) => hand_over(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

fn door(way: &Way) -> anyhow::Result<(Client, Output)> {
    Ok((System::find(way)?.registry()?, Output::new(way.output)))
}

fn joined(names: &[String]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

async fn who(asked: &Who) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let day = asked.on.map(|day| day.to_string()).unwrap_or_default();
    let (issue_type, grid) = (asked.issue.clone(), asked.grid.clone());
    let found = door.who_answers(WhoAnswersRequest { issue_type, grid, day }).await;
    let found = found.map_err(|no| gateway_refused(&no))?.into_inner();
    let lead = match found.lead.as_str() {
        "" => format!("one is assigned by {}, of {}", found.owner, joined(&found.candidates)),
        lead => lead.to_owned(),
    };
    let until = if found.until.is_empty() { "no end".to_owned() } else { found.until.clone() };
    let text = format!(
        "{} at {} on {}\n  lead         牵头单位 {lead}\n  called       一并呼叫 {}\n  \
         responsible  责任单位 {}\n  basis        依据 {}\n  in force     {} until {until}",
        asked.issue,
        asked.grid,
        found.day,
        joined(&found.called),
        joined(&found.responsible),
        found.basis,
        found.from
    );
    let object = json!({
        "issue_type": asked.issue, "grid": asked.grid, "day": found.day, "lead": found.lead,
        "candidates": found.candidates, "called": found.called,
        "responsible": found.responsible, "owner": found.owner, "basis": found.basis,
        "amendment_id": found.amendment_id, "from": found.from, "until": found.until,
    });
    output.say(text, "answers", object);
    Ok(())
}

fn state(state: Option<State>) -> AmendmentState {
    match state {
        None => AmendmentState::Unspecified,
        Some(State::Proposed) => AmendmentState::Proposed,
        Some(State::Approved) => AmendmentState::Approved,
        Some(State::Rejected) => AmendmentState::Rejected,
        Some(State::Withdrawn) => AmendmentState::Withdrawn,
    }
}

async fn list(asked: &ListAmendments) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListAmendmentsRequest {
            state: state(asked.state).into(),
            issue_type: asked.issue.clone().unwrap_or_default(),
            page: Some(Page { size: PAGE, token }),
        };
        let page = door.list_amendments(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.amendments);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    let mut table = Table::of(&[
        "AMENDMENT",
        "STATE",
        "FROM",
        "UNTIL",
        "WHERE",
        "MATTER",
        "LEAD",
        "BY",
        "DECIDED",
    ]);
    found.iter().for_each(|one| table.row(cells(one)));
    match found.is_empty() {
        true => output.tell("there is no such amendment"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    found.iter().for_each(|one| output.object("amendment", row(one)));
    Ok(())
}

fn word(entry: &AmendmentEntry) -> String {
    let name = entry.state().as_str_name();
    name.replace("AMENDMENT_STATE_", "").to_lowercase()
}

fn signed(by: Option<&Signatory>) -> String {
    by.map_or_else(|| "-".to_owned(), |by| format!("{} of {}", by.person, by.party))
}

fn cells(entry: &AmendmentEntry) -> Vec<String> {
    let said = entry.amendment.clone().unwrap_or_default();
    let or = |text: &str, otherwise: &str| {
        if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
    };
    let lead = if said.is_assigned { "assigned".to_owned() } else { joined(&said.leads) };
    vec![
        entry.amendment_id.clone(),
        word(entry),
        said.from.clone(),
        or(&said.until, "-"),
        or(&said.territory, "the city"),
        joined(&said.issue_types),
        lead,
        signed(entry.proposed_by.as_ref()),
        signed(entry.decided_by.as_ref()),
    ]
}

fn row(entry: &AmendmentEntry) -> Value {
    let said = entry.amendment.clone().unwrap_or_default();
    let by =
        |by: Option<&Signatory>| by.map(|by| json!({ "party": by.party, "person": by.person }));
    json!({
        "amendment_id": entry.amendment_id, "state": word(entry), "issue_types": said.issue_types,
        "territory": said.territory, "leads": said.leads, "is_assigned": said.is_assigned,
        "cooperating": said.cooperating, "responsible": said.responsible, "basis": said.basis,
        "from": said.from, "until": said.until, "supersedes": said.supersedes,
        "precedent_case": said.precedent_case, "proposed_by": by(entry.proposed_by.as_ref()),
        "proposed_at_ms": entry.proposed_at_ms, "decided_by": by(entry.decided_by.as_ref()),
        "decided_at_ms": entry.decided_at_ms, "note": entry.note,
    })
}

async fn propose(asked: &Propose) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let amendment = Amendment {
        issue_types: asked.issues.clone(),
        territory: asked.territory.clone().unwrap_or_default(),
        leads: asked.leads.clone(),
        is_assigned: asked.assigned,
        cooperating: asked.cooperating.clone(),
        responsible: asked.responsible.clone(),
        basis: asked.basis.clone(),
        from: asked.from.to_string(),
        until: asked.until.map(|day| day.to_string()).unwrap_or_default(),
        supersedes: asked.supersedes.clone(),
        precedent_case: asked.precedent.clone().unwrap_or_default(),
    };
    let request =
        ProposeAmendmentRequest { command: command(&asked.word), amendment: Some(amendment) };
    let done = door.propose_amendment(request).await.map_err(|no| gateway_refused(&no))?;
    let id = done.into_inner().amendment_id;
    let text = format!(
        "{id} is proposed; from {} on it is in force, when another person has approved it before \
         that day",
        asked.from
    );
    output.say(text, "proposed", json!({ "amendment_id": id }));
    Ok(())
}

async fn approve(asked: &Decide) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let request = ApproveAmendmentRequest {
        command: command(&asked.word),
        amendment_id: asked.amendment.clone(),
        note: asked.reason.clone(),
    };
    door.approve_amendment(request).await.map_err(|no| gateway_refused(&no))?;
    decided(&output, asked, "approved");
    Ok(())
}

async fn reject(asked: &Decide) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let request = RejectAmendmentRequest {
        command: command(&asked.word),
        amendment_id: asked.amendment.clone(),
        reason: asked.reason.clone(),
    };
    door.reject_amendment(request).await.map_err(|no| gateway_refused(&no))?;
    decided(&output, asked, "rejected");
    Ok(())
}

async fn withdraw(asked: &Decide) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let request = WithdrawAmendmentRequest {
        command: command(&asked.word),
        amendment_id: asked.amendment.clone(),
        reason: asked.reason.clone(),
    };
    door.withdraw_amendment(request).await.map_err(|no| gateway_refused(&no))?;
    decided(&output, asked, "withdrawn");
    Ok(())
}

fn decided(output: &Output, asked: &Decide, word: &str) {
    let (id, person) = (&asked.amendment, &asked.word.person);
    let text = format!("{id} is {word}, on the word of {person}");
    output.say(text, word, json!({ "amendment_id": id, "person": person }));
}

async fn touched(asked: &Touched) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::<TouchedCase>::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListTouchedCasesRequest { amendment_id: asked.amendment.clone(), page };
        let page = door.list_touched_cases(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.cases);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    let mut table =
        Table::of(&["CASE", "MATTER", "GRID", "SEEN", ">ROUND", "OWNER", "STAGE", "CAN"]);
    for one in &found {
        let can = if one.can_be_handed_over { "yes" } else { "no" };
        table.row(vec![
            one.case_id.clone(),
            one.issue_type.clone(),
            one.grid.clone(),
            shown(one.seen_at_ms),
            one.round.to_string(),
            one.owner.clone(),
            one.stage.clone(),
            can.to_owned(),
        ]);
        let object = json!({
            "case_id": one.case_id, "issue_type": one.issue_type, "grid": one.grid,
            "seen_at_ms": one.seen_at_ms, "round": one.round, "owner": one.owner,
            "lead": one.lead, "stage": one.stage, "can_be_handed_over": one.can_be_handed_over,
        });
        output.object("touched", object);
    }
    match found.is_empty() {
        true => output.tell("it touches no open case"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    Ok(())
}

async fn hand_over(asked: &HandOver) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let request = HandOverCasesRequest {
        command: command(&asked.word),
        amendment_id: asked.amendment.clone(),
        case_ids: asked.cases.clone(),
        lead: asked.lead.clone().unwrap_or_default(),
        is_preview: asked.digest.is_none(),
        digest: asked.digest.clone().unwrap_or_default(),
    };
    let done = door.hand_over_cases(request).await.map_err(|no| gateway_refused(&no))?;
    let done = done.into_inner();
    let mut table = Table::of(&["CASE", ">ROUND", "FROM", "LEAD", "CALLED", "RELEASED"]);
    for one in &done.cases {
        table.row(vec![
            one.case_id.clone(),
            one.round.to_string(),
            one.from.clone(),
            one.lead.clone(),
            joined(&one.cooperating),
            joined(&one.released),
        ]);
        let object = json!({
            "case_id": one.case_id, "round": one.round, "from": one.from, "lead": one.lead,
            "cooperating": one.cooperating, "released": one.released,
            "is_preview": asked.digest.is_none(), "digest": done.digest,
        });
        output.object("handed_over", object);
    }
    table.lines().iter().for_each(|line| output.tell(line));
    output.tell(match asked.digest {
        Some(_) => format!("{} handed over", done.cases.len()),
        None => format!(
            "{} would be handed over; nothing was changed: --digest {} does it",
            done.cases.len(),
            done.digest
        ),
    });
    Ok(())
}
