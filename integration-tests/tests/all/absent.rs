//! A unit that is down all the time: its calls wait for it, and only its own limits are affected.

use std::path::Path;

use proto::{
    page::Command,
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, DeclareCaseRequest, DisposeTaskRequest,
        ListTasksRequest, Task, TaskState, unit_service_client::UnitServiceClient,
    },
    whistle::{Case, CaseStage, Part as UnitPart},
};

use crate::{
    city::{City, Part},
    people::{self, case, eventually, line},
};

/// The task of a unit, as soon as it is in this state.
async fn task(data: &Path, unit: &str, state: TaskState) -> Task {
    let line = line(data, &format!("unit/{unit}"), &["units", unit]);
    let mut last = Vec::new();
    for _ in 0..600 {
        let mut desk = UnitServiceClient::new(line.clone());
        let listed = desk.list_tasks(ListTasksRequest::default()).await;
        last = listed.map_or(Vec::new(), |listed| listed.into_inner().tasks);
        assert!(last.len() <= 1, "{unit} was called once: {last:?}");
        if let Some(task) = last.first().filter(|task| task.state() == state) {
            return task.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{unit} never had a task in {state:?}: {last:?}");
}

/// All that a unit has to do, from the call to its disposal.
async fn work(data: &Path, unit: &str) {
    let case_id = task(data, unit, TaskState::Called).await.case_id;
    let line = line(data, &format!("unit/{unit}"), &["units", unit]);
    let command =
        |act: &str| Some(Command { request_id: format!("{act}/{case_id}"), person: "wang".into() });
    let mut desk = UnitServiceClient::new(line.clone());
    let request = AcceptTaskRequest {
        command: command("accept"),
        case_id: case_id.clone(),
        on_behalf_of: String::new(),
    };
    desk.accept_task(request).await.unwrap();
    let request = ArriveTaskRequest {
        command: command("arrive"),
        case_id: case_id.clone(),
        on_behalf_of: String::new(),
    };
    desk.arrive_task(request).await.unwrap();
    let evidence = vec![people::photograph(&line, &format!("{unit} was here")).await];
    let (summary, command) = ("cleared".to_owned(), command("dispose"));
    let request = DisposeTaskRequest {
        command,
        case_id: case_id.clone(),
        summary,
        evidence,
        on_behalf_of: String::new(),
    };
    desk.dispose_task(request).await.unwrap();
}

async fn declare(data: &Path, unit: &str, case_id: &str) {
    let line = line(data, &format!("unit/{unit}"), &["units", unit]);
    let command = Some(Command { request_id: "declare".into(), person: "wang".into() });
    let (case_id, summary) = (case_id.to_owned(), "all is clear".to_owned());
    let request = DeclareCaseRequest { command, case_id, summary };
    UnitServiceClient::new(line).declare_case(request).await.unwrap();
}

fn part<'c>(case: &'c Case, unit: &str) -> &'c UnitPart {
    case.parts.iter().find(|part| part.unit == unit).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_is_down_gets_its_call_when_it_returns_and_only_its_own_limits_run_out() {
    // Limits of seconds: `demo` of the pack.
    let mut city = City::new("demo", &[&["enforcement"], &["market_regulation"]]);
    let data = city.data().to_owned();
    city.start_temporal().await;
    for part in [Part::Bus, Part::Gateway, Part::Worker, Part::Units(0)] {
        city.start(part);
    }
    people::reachable(&data, &["gateway"]).await;
    let case_id = people::whistle_to(&data, &["enforcement", "market_regulation"]).await;
    work(&data, "enforcement").await;
    declare(&data, "enforcement", &case_id).await;

    let mut seen = case(&data, &case_id).await;
    for _ in 0..900 {
        if part(&seen, "market_regulation").urgings > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        seen = case(&data, &case_id).await;
    }
    let (late, other) = (part(&seen, "market_regulation"), part(&seen, "enforcement"));
    assert_eq!((late.urgings, other.urgings), (1, 0), "{seen:?}");
    assert!(late.reminders <= 1, "once at most, before the limit is over: {seen:?}");
    assert!(other.disposed_at_ms > 0, "the others work on: {seen:?}");
    assert_eq!(seen.owner, "unit/enforcement");

    city.start(Part::Units(1));
    work(&data, "market_regulation").await;
    let seen = eventually(&data, &case_id, CaseStage::Confirming).await;
    assert_eq!(part(&seen, "enforcement").urgings, 0, "{seen:?}");
}
