//! `muster decisions …`: enforcement decisions, how they stand, what was published, and supervision.

use std::process::ExitCode;

use kit::client::Channel;
use proto::{
    decision::{
        By, Decision, GetDecisionRequest, ListDecisionsRequest, ListPublicationsRequest,
        Publication, SuperviseDecisionRequest, decision_service_client::DecisionServiceClient,
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
        decisions::{Decisions, List, Publications, Show, Supervise},
    },
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

type Client = DecisionServiceClient<Channel>;

/// `muster decisions`
pub async fn run(asked: Decisions) -> anyhow::Result<ExitCode> {
    match asked {
        Decisions::List(asked) => list(&asked).await,
        Decisions::Show(asked) => show(&asked).await,
        Decisions::Publications(asked) => publications(&asked).await,
        Decisions::Supervise(asked) => supervise(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

fn door(way: &Way) -> anyhow::Result<(Client, Output)> {
    Ok((System::find(way)?.decisions()?, Output::new(way.output)))
}

/// The word of an enumeration's value.
fn word(name: &str, prefix: &str) -> String {
    name.replace(prefix, "").to_lowercase()
}

fn stage(one: &Decision) -> String {
    word(one.stage().as_str_name(), "DECISION_STAGE_")
}

async fn list(asked: &List) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListDecisionsRequest { page, is_unanswered: asked.unanswered };
        let page = door.list_decisions(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.decisions);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    let mut table = Table::of(&[
        "DECISION", "KIND", "STAGE", "DRAFTED", ">FINE", ">PAID", ">OPEN", "PAUSED", "OWED BY",
    ]);
    found.iter().for_each(|one| table.row(head(one)));
    match found.is_empty() {
        true => output.tell("there is no decision"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    found.iter().for_each(|one| output.object("decision", object(one)));
    Ok(())
}

fn head(one: &Decision) -> Vec<String> {
    let draft = one.draft.clone().unwrap_or_default();
    let owed: Vec<&str> = one.owed.iter().map(|owed| owed.unit.as_str()).collect();
    vec![
        one.decision_id.clone(),
        draft.kind,
        stage(one),
        shown(one.drafted_at_ms),
        draft.amount.to_string(),
        one.paid.to_string(),
        one.open_opinions.to_string(),
        one.paused_by.clone(),
        owed.join(", "),
    ]
}

fn object(one: &Decision) -> Value {
    let draft = one.draft.clone().unwrap_or_default();
    let terms = one.terms.clone().unwrap_or_default();
    let owed = |owed: &proto::decision::OwedWord| {
        json!({ "unit": owed.unit, "due_at_ms": owed.due_at_ms, "is_urged": owed.is_urged,
                "is_escalated": owed.is_escalated })
    };
    json!({
        "decision_id": one.decision_id, "stage": stage(one), "kind": draft.kind,
        "unit": draft.by.unwrap_or_default().unit, "issue_type": draft.issue_type,
        "about": draft.about, "amount": draft.amount, "paid": one.paid,
        "is_major": terms.is_major, "reviewer": terms.reviewer,
        "drafted_at_ms": one.drafted_at_ms, "issued_at_ms": one.issued_at_ms,
        "ended_at_ms": one.ended_at_ms, "end_reason": one.end_reason,
        "paused_by": one.paused_by, "missing": one.missing, "open_opinions": one.open_opinions,
        "owed": one.owed.iter().map(owed).collect::<Vec<_>>(),
    })
}

fn who(by: Option<&By>) -> String {
    by.map(|by| format!("{} of {}", by.person, by.unit)).unwrap_or_default()
}

async fn show(asked: &Show) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let request = GetDecisionRequest { decision_id: asked.decision.clone() };
    let found = door.get_decision(request).await.map_err(|no| gateway_refused(&no))?;
    let one = found.into_inner().decision.unwrap_or_default();
    let kind = one.draft.clone().unwrap_or_default().kind;
    output.tell(format!("{} {kind}: {}", one.decision_id, stage(&one)));
    output.object("decision", object(&one));
    let mut table = Table::of(&["AT", "WHAT", "BY", "SAID"]);
    for Word { at_ms, what, by, text } in words(&one) {
        output.object("word", json!({ "at_ms": at_ms, "what": what, "by": by, "text": text }));
        table.row(vec![shown(at_ms), what, by, text]);
    }
    table.lines().iter().for_each(|line| output.tell(line));
    if !one.missing.is_empty() {
        output.tell(format!("missing: {}", one.missing.join(", ")));
    }
    Ok(())
}

/// One thing that was said.
struct Word {
    at_ms: i64,
    what: String,
    by: String,
    text: String,
}

/// Everything that was said, in the order of its moments.
fn words(one: &Decision) -> Vec<Word> {
    let mut words = handled(one);
    words.extend(beside(one));
    words.sort_by_key(|word| word.at_ms);
    words
}

fn said(at_ms: i64, what: impl Into<String>, by: Option<&By>, text: &str) -> Word {
    Word { at_ms, what: what.into(), by: who(by), text: text.to_owned() }
}

/// What those say who decide, review and carry out.
fn handled(one: &Decision) -> Vec<Word> {
    let mut words = Vec::new();
    for (number, version) in (1..).zip(&one.versions) {
        let text = version.file.clone().unwrap_or_default().text;
        words.push(said(version.at_ms, format!("file {number}"), version.by.as_ref(), &text));
    }
    for review in &one.reviews {
        let verdict = word(review.verdict().as_str_name(), "REVIEW_VERDICT_");
        let what = format!("review: {verdict}");
        words.push(said(review.at_ms, what, review.by.as_ref(), &review.reason));
    }
    if one.issued_at_ms > 0 {
        words.push(said(one.issued_at_ms, "issued", one.issued_by.as_ref(), ""));
    }
    for action in &one.actions {
        let recording = action.recording.clone().unwrap_or_default().reference;
        let what = format!("done: {}", action.action);
        words.push(said(action.at_ms, what, action.by.as_ref(), &recording));
    }
    for published in &one.publications {
        let phase = published.extract.clone().unwrap_or_default();
        let what = format!("published {}", word(phase.phase().as_str_name(), "PHASE_"));
        words.push(said(published.at_ms, what, None, ""));
    }
    words
}

/// What others say: criminal justice, the police, finance, supervisors.
fn beside(one: &Decision) -> Vec<Word> {
    let mut words = Vec::new();
    for transfer in &one.transfers {
        let what = format!("transfer {}", transfer.version);
        words.push(said(transfer.at_ms, what, transfer.by.as_ref(), &transfer.reason));
        for answer in &transfer.answers {
            let word = word(answer.answer().as_str_name(), "TRANSFER_ANSWER_");
            let what = format!("transfer {}: {word}", transfer.version);
            words.push(said(answer.at_ms, what, answer.by.as_ref(), &answer.text));
        }
    }
    for call in &one.calls {
        let what = format!("call {} for the police", call.number);
        words.push(said(call.at_ms, what, call.by.as_ref(), &call.text));
        if call.settled_at_ms > 0 {
            let what = format!("call {} settled", call.number);
            words.push(said(call.settled_at_ms, what, None, &call.settlement));
        }
    }
    for payment in &one.payments {
        let what = format!("paid {} yuan", payment.amount);
        words.push(said(payment.at_ms, what, payment.by.as_ref(), &payment.reference));
    }
    for opinion in &one.opinions {
        let what = format!("opinion {} of {}", opinion.number, opinion.by);
        words.push(said(opinion.at_ms, what, None, &opinion.text));
        if opinion.replied_at_ms > 0 {
            let (by, what) = (opinion.replied_by.as_ref(), format!("answer {}", opinion.number));
            words.push(said(opinion.replied_at_ms, what, by, &opinion.reply));
        }
    }
    words
}

async fn publications(asked: &Publications) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListPublicationsRequest { page: Some(Page { size: PAGE, token }) };
        let page = door.list_publications(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.publications);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    let mut table =
        Table::of(&["AT", "DECISION", "PHASE", "UNIT", "WHAT", "REVIEWED", ">FINE", "OUTCOME"]);
    for one in &found {
        table.row(published(one));
        output.object("publication", published_object(one));
    }
    match found.is_empty() {
        true => output.tell("nothing was published"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
    Ok(())
}

fn published(one: &Publication) -> Vec<String> {
    let extract = one.extract.clone().unwrap_or_default();
    vec![
        shown(one.at_ms),
        one.decision_id.clone(),
        word(extract.phase().as_str_name(), "PHASE_"),
        extract.unit.clone(),
        format!("{} {}", extract.zh, extract.en),
        if extract.is_reviewed { "yes" } else { "" }.to_owned(),
        extract.amount.to_string(),
        word(extract.outcome().as_str_name(), "PUBLISHED_OUTCOME_"),
    ]
}

fn published_object(one: &Publication) -> Value {
    let extract = one.extract.clone().unwrap_or_default();
    json!({
        "decision_id": one.decision_id, "at_ms": one.at_ms,
        "phase": word(extract.phase().as_str_name(), "PHASE_"), "unit": extract.unit,
        "kind": extract.kind, "zh": extract.zh, "en": extract.en, "basis": extract.basis,
        "issue_type": extract.issue_type, "is_reviewed": extract.is_reviewed,
        "joint": extract.joint, "amount": extract.amount,
        "outcome": word(extract.outcome().as_str_name(), "PUBLISHED_OUTCOME_"),
    })
}

async fn supervise(asked: &Supervise) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.act.way)?;
    let decision_id = asked.decision.clone();
    if !asked.act.yes {
        let request = GetDecisionRequest { decision_id };
        let found = door.get_decision(request).await.map_err(|no| gateway_refused(&no))?;
        let one = found.into_inner().decision.unwrap_or_default();
        let unit = one.draft.unwrap_or_default().by.unwrap_or_default().unit;
        let text = format!(
            "{unit} would have to answer about {}: {}; nothing was changed: --yes does it",
            asked.decision, asked.text
        );
        let object = json!({ "decision_id": asked.decision, "is_preview": true });
        output.say(text, "supervised", object);
        return Ok(());
    }
    let (command, text) = (command(&asked.act.word), asked.text.clone());
    let request = SuperviseDecisionRequest { command, decision_id, text };
    let answer = door.supervise_decision(request).await.map_err(|no| gateway_refused(&no))?;
    let number = answer.into_inner().number;
    let text = format!("opinion {number} about {} waits for an answer", asked.decision);
    let object = json!({ "decision_id": asked.decision, "number": number, "is_preview": false });
    output.say(text, "supervised", object);
    Ok(())
}
