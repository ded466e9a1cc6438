//! A department's own system: sees its tasks, and takes the step that follows, once.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use kit::client::Channel;
use proto::{
    page::Command,
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, DeclareCaseRequest, DisposeTaskRequest,
        RefuseTaskRequest, Task, TaskState, WatchTasksRequest,
        unit_service_client::UnitServiceClient,
    },
};

use crate::{
    line::{answered, photograph},
    notes::{Note, Notes},
    plan::{self, Plan},
};

/// Works until the witness ends; looks on where it was when the line breaks.
pub async fn work(unit: &'static str, line: Channel, plan: Arc<Plan>, notes: Notes) {
    let (mut place, mut turns) = (0, BTreeSet::new());
    loop {
        let request = WatchTasksRequest { after_place: place, only_new: false };
        let watched = UnitServiceClient::new(line.clone()).watch_tasks(request).await;
        if let Ok(changes) = watched {
            let mut changes = changes.into_inner();
            while let Ok(Some(change)) = changes.message().await {
                place = change.place;
                let Some(task) = change.task else { continue };
                see(unit, place, &task, &notes);
                let round = task.call.as_ref().map_or(0, |call| call.round);
                if turns.insert((task.case_id.clone(), round, task.state)) {
                    let (line, plan, notes) = (line.clone(), Arc::clone(&plan), notes.clone());
                    tokio::task::spawn_local(step(unit, line, plan, notes, task));
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn of(task: &Task) -> (Option<u64>, u32, bool) {
    let call = task.call.clone().unwrap_or_default();
    (plan::index(&call.description), call.round, call.is_lead)
}

fn see(unit: &str, place: u64, task: &Task, notes: &Notes) {
    let (index, round, _) = of(task);
    let state = task.state().as_str_name().to_owned();
    let case_id = task.case_id.clone();
    let unit = unit.to_owned();
    notes.write(&Note::Task { unit, place, case_id, index, round, state }).expect("a note is kept");
}

async fn step(unit: &'static str, line: Channel, plan: Arc<Plan>, notes: Notes, task: Task) {
    let (index, round, is_lead) = of(&task);
    let case_id = task.case_id.clone();
    let index = index.unwrap_or_default();
    let act = match task.state() {
        TaskState::Called if plan.refuses(index, unit, round) => "refused",
        TaskState::Called => "accepted",
        TaskState::Accepted => "arrived",
        TaskState::Arrived => "disposed",
        TaskState::Disposed if is_lead => "declared",
        _ => return,
    };
    tokio::time::sleep(plan.pause(&format!("{index}/{unit}/{round}/{act}"))).await;
    let done = perform(&line, unit, &case_id, round, act).await;
    let note = match done {
        Ok(()) => Note::Acted { unit: unit.to_owned(), case_id, round, act: act.to_owned() },
        Err(error) => Note::Refused { what: format!("{unit}: {act} {case_id}/{round}: {error:#}") },
    };
    notes.write(&note).expect("a note is kept");
}

async fn perform(
    line: &Channel,
    unit: &str,
    case_id: &str,
    round: u32,
    act: &str,
) -> anyhow::Result<()> {
    let request_id = format!("{act}/{case_id}/{round}");
    let command = || Some(Command { request_id: request_id.clone(), person: "officer".into() });
    let desk = || UnitServiceClient::new(line.clone());
    let case = || case_id.to_owned();
    let text = || "done on site".to_owned();
    let evidence = match act {
        "disposed" => vec![photograph(line, &format!("{unit}/{case_id}/{round}")).await?],
        _ => Vec::new(),
    };
    answered(async || match act {
        "accepted" => {
            let request = AcceptTaskRequest {
                command: command(),
                case_id: case(),
                on_behalf_of: String::new(),
            };
            desk().accept_task(request).await.map(drop)
        }
        "refused" => {
            let reason = "not our street".to_owned();
            let (command, named_unit) = (command(), String::new());
            let request = RefuseTaskRequest {
                command,
                case_id: case(),
                reason,
                named_unit,
                on_behalf_of: String::new(),
            };
            desk().refuse_task(request).await.map(drop)
        }
        "arrived" => {
            let request = ArriveTaskRequest {
                command: command(),
                case_id: case(),
                on_behalf_of: String::new(),
            };
            desk().arrive_task(request).await.map(drop)
        }
        "disposed" => {
            let (command, evidence) = (command(), evidence.clone());
            let request = DisposeTaskRequest {
                command,
                case_id: case(),
                summary: text(),
                evidence,
                on_behalf_of: String::new(),
            };
            desk().dispose_task(request).await.map(drop)
        }
        _ => {
            let (command, summary) = (command(), text());
            let request = DeclareCaseRequest { command, case_id: case(), summary };
            desk().declare_case(request).await.map(drop)
        }
    })
    .await
}
