//! The community: blows whistles, each twice, sees what becomes of them, and has the last word.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use kit::client::Channel;
use proto::{
    case::Rating,
    page::Command,
    whistle::{
        Case, CaseStage, ConfirmCaseRequest, RaiseWhistleRequest, SendBackCaseRequest,
        WatchCasesRequest, WatchCasesResponse, whistle_service_client::WhistleServiceClient,
    },
};

use crate::{
    line::{answered, photograph},
    notes::{Note, Notes},
    plan::{self, Plan},
};

fn command(act: String) -> Option<Command> {
    Some(Command { request_id: act, person: "li.na".to_owned() })
}

/// Blows one whistle, and after a while again in the same words: it must be the same case.
pub async fn raise(index: u64, line: Channel, plan: Arc<Plan>, notes: Notes) {
    tokio::time::sleep(plan.blown(index)).await;
    for time in ["first", "again"] {
        let note = match blow(index, &line, &plan).await {
            Ok(case_id) => Note::Raised { index, case_id },
            Err(error) => Note::Refused { what: format!("whistle {index}: {error:#}") },
        };
        notes.write(&note).expect("a note is kept");
        tokio::time::sleep(plan.pause(&format!("raise/{index}/{time}"))).await;
    }
}

async fn blow(index: u64, line: &Channel, plan: &Plan) -> anyhow::Result<String> {
    let gate = photograph(line, &format!("gate/{index}")).await?;
    let stalls = photograph(line, &format!("stalls/{index}")).await?;
    let request = RaiseWhistleRequest {
        command: command(format!("whistle/{index}")),
        issue_type: plan::ISSUE_TYPE.to_owned(),
        grid: plan::GRID.to_owned(),
        description: plan::description(index),
        evidence: vec![gate, stalls],
        called_units: plan.called(index).into_iter().map(str::to_owned).collect(),
        ..RaiseWhistleRequest::default()
    };
    let raised = answered(async || {
        WhistleServiceClient::new(line.clone()).raise_whistle(request.clone()).await
    });
    Ok(raised.await?.into_inner().case_id)
}

/// Watches all of its cases, and judges each round that waits for it.
pub async fn judge(line: Channel, plan: Arc<Plan>, notes: Notes) {
    let (mut place, mut turns) = (0, BTreeSet::new());
    loop {
        let request =
            WatchCasesRequest { after_place: place, case_id: String::new(), only_new: false };
        let watched = WhistleServiceClient::new(line.clone()).watch_cases(request).await;
        if let Ok(changes) = watched {
            let mut changes = changes.into_inner();
            while let Ok(Some(change)) = changes.message().await {
                place = change.place;
                see(&change, &notes);
                let Some(case) = change.case else { continue };
                let is_turn = case.stage() == CaseStage::Confirming;
                if is_turn && turns.insert((case.case_id.clone(), case.round)) {
                    let (line, plan, notes) = (line.clone(), Arc::clone(&plan), notes.clone());
                    tokio::task::spawn_local(answer(line, plan, notes, case));
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn see(change: &WatchCasesResponse, notes: &Notes) {
    let entry = change.entry.clone().unwrap_or_default();
    let note = Note::Entry {
        place: change.place,
        case_id: entry.case_id,
        kind: entry.r#type.rsplit('.').next().unwrap_or_default().to_owned(),
        source: entry.source,
        recipient: entry.recipient,
    };
    notes.write(&note).expect("a note is kept");
}

async fn answer(line: Channel, plan: Arc<Plan>, notes: Notes, case: Case) {
    let index = plan::index(&case.description).unwrap_or_default();
    let (case_id, round) = (case.case_id.clone(), case.round);
    tokio::time::sleep(plan.pause(&format!("{index}/judge/{round}"))).await;
    let is_settled = round >= plan.rounds(index);
    let said = if is_settled { confirm(&line, &case).await } else { send_back(&line, &case).await };
    let note = match said {
        Ok(()) => Note::Judged { case_id, round, is_settled },
        Err(error) => Note::Refused { what: format!("judging {case_id}/{round}: {error:#}") },
    };
    notes.write(&note).expect("a note is kept");
}

async fn confirm(line: &Channel, case: &Case) -> anyhow::Result<()> {
    let worked = case.parts.iter().filter(|part| part.refused_at_ms == 0);
    let rate = |part: &proto::whistle::Part| Rating {
        unit: part.unit.clone(),
        stars: 5,
        comment: String::new(),
    };
    let request = ConfirmCaseRequest {
        command: command(format!("confirm/{}/{}", case.case_id, case.round)),
        case_id: case.case_id.clone(),
        ratings: worked.map(rate).collect(),
    };
    answered(async || {
        WhistleServiceClient::new(line.clone()).confirm_case(request.clone()).await.map(drop)
    })
    .await
}

async fn send_back(line: &Channel, case: &Case) -> anyhow::Result<()> {
    let request = SendBackCaseRequest {
        command: command(format!("back/{}/{}", case.case_id, case.round)),
        case_id: case.case_id.clone(),
        reason: "the stalls are back".to_owned(),
        evidence: Vec::new(),
    };
    answered(async || {
        WhistleServiceClient::new(line.clone()).send_back_case(request.clone()).await.map(drop)
    })
    .await
}
