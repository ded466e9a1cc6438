//! A unit without a client: its task is at the lead's desk, beside the lead's own, and what the lead
//! does in its place is marked so.

use domain::case::{Finding, Timing};
use proto::unit::{
    AcceptTaskRequest, ArriveTaskRequest, DeclareCaseRequest, DisposeTaskRequest, GetTaskRequest,
    ListTasksRequest, RefuseTaskRequest, Task, TaskState, WatchTasksRequest,
};

use super::{desk::Desk, evidence::photo, *};

const COMPANY: &str = "power_company";

/// The call of the company, which goes to the lead.
fn by_proxy(lead: &str) -> Fact {
    let Fact::Called(called) = call(COMPANY, lead, 1) else { panic!() };
    Fact::Called(Called { by_proxy: true, ..called })
}

async fn accept(desk: &mut Desk, id: &str, whose: &str) -> Result<Task, Status> {
    let (command, on_behalf_of) = (asks(id), whose.to_owned());
    let request = AcceptTaskRequest { command, case_id: "c1".into(), on_behalf_of };
    Ok(desk.accept_task(request).await?.into_inner().task.unwrap())
}

async fn arrive(desk: &mut Desk, id: &str, whose: &str) -> Result<Task, Status> {
    let (command, on_behalf_of) = (asks(id), whose.to_owned());
    let request = ArriveTaskRequest { command, case_id: "c1".into(), on_behalf_of };
    Ok(desk.arrive_task(request).await?.into_inner().task.unwrap())
}

async fn tasks(desk: &mut Desk) -> Vec<(String, TaskState)> {
    let found = desk.list_tasks(ListTasksRequest::default()).await.unwrap().into_inner().tasks;
    found.into_iter().map(|task| (task.call.clone().unwrap().unit, task.state())).collect()
}

#[tokio::test]
async fn the_lead_has_the_task_beside_its_own_and_acts_for_the_unit_marked_so() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &call("housing", "housing", 1)).await;
    host.hears("housing", 2, "c1", &by_proxy("housing")).await;
    let mut desk = host.desk(&town, "housing");
    let both = [("housing".to_owned(), TaskState::Called), (COMPANY.to_owned(), TaskState::Called)];
    assert_eq!(tasks(&mut desk).await, both);

    assert_eq!(accept(&mut desk, "r1", COMPANY).await.unwrap().state(), TaskState::Accepted);
    assert_eq!(arrive(&mut desk, "r2", COMPANY).await.unwrap().state(), TaskState::Arrived);
    let piece = photo(&host, &town, "housing", b"the new wires").await;
    let request = DisposeTaskRequest {
        command: asks("r3"),
        case_id: "c1".into(),
        summary: "rewired".into(),
        evidence: vec![piece],
        on_behalf_of: COMPANY.into(),
    };
    desk.dispose_task(request).await.unwrap();
    let half =
        [("housing".to_owned(), TaskState::Called), (COMPANY.to_owned(), TaskState::Disposed)];
    assert_eq!(tasks(&mut desk).await, half, "its own task is another");

    let waiting = host.waiting("housing");
    let ids: Vec<&str> = waiting.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(
        ids,
        ["accepted", "arrived", "disposed"].map(|word| format!("c1/1/{word}/{COMPANY}"))
    );
    for one in waiting {
        assert_eq!(one.kind, "muster.case.v1.ActedByProxy");
        assert_eq!(one.source.to_string(), "unit/housing");
        assert_eq!(one.on_behalf_of.unwrap().to_string(), "unit/power_company");
        assert_eq!(one.actor.unwrap().as_str(), "li.na");
    }
    host.end().await;
}

#[tokio::test]
async fn nobody_acts_for_who_has_a_client_or_was_not_called_so() {
    let town = Town::new();
    let host = town.start(&["housing", "enforcement"]).await;
    host.hears("housing", 1, "c1", &call("housing", "housing", 1)).await;
    host.hears("enforcement", 2, "c1", &call("enforcement", "housing", 1)).await;
    // A call by proxy that is not for this lead is none of its own.
    host.hears("enforcement", 3, "c1", &by_proxy("housing")).await;
    let mut lead = host.desk(&town, "housing");
    for whose in ["enforcement", COMPANY] {
        let refused = accept(&mut lead, "r", whose).await.unwrap_err();
        assert_eq!((reason(&refused), refused.message().contains(whose)), {
            ("UNKNOWN_TASK".to_owned(), true)
        });
    }
    let mut other = host.desk(&town, "enforcement");
    assert_eq!(reason(&accept(&mut other, "r", COMPANY).await.unwrap_err()), "UNKNOWN_TASK");
    let malformed = accept(&mut lead, "r", "电力").await.unwrap_err();
    assert_eq!(status::rejection(&malformed).field, "on_behalf_of");
    host.end().await;
}

#[tokio::test]
async fn a_proxy_keeps_every_rule_of_a_task_and_declares_nothing() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &by_proxy("housing")).await;
    let mut desk = host.desk(&town, "housing");
    assert_eq!(reason(&arrive(&mut desk, "r", COMPANY).await.unwrap_err()), "WRONG_STATE");
    let request = RefuseTaskRequest {
        command: asks("r"),
        case_id: "c1".into(),
        on_behalf_of: COMPANY.into(),
        ..RefuseTaskRequest::default()
    };
    assert_eq!(reason(&desk.refuse_task(request).await.unwrap_err()), "REASON_MISSING");
    accept(&mut desk, "r1", COMPANY).await.unwrap();
    arrive(&mut desk, "r2", COMPANY).await.unwrap();
    let request = DisposeTaskRequest {
        command: asks("r"),
        case_id: "c1".into(),
        summary: "rewired".into(),
        evidence: vec![],
        on_behalf_of: COMPANY.into(),
    };
    assert_eq!(reason(&desk.dispose_task(request).await.unwrap_err()), "EVIDENCE_MISSING");
    let request =
        DeclareCaseRequest { command: asks("r"), case_id: "c1".into(), summary: "x".into() };
    assert_eq!(reason(&desk.declare_case(request).await.unwrap_err()), "UNKNOWN_TASK");
    host.end().await;
}

#[tokio::test]
async fn what_comes_for_the_unit_is_at_the_leads_desk_and_a_watcher_sees_it() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &call("housing", "housing", 1)).await;
    host.hears("housing", 2, "c1", &by_proxy("housing")).await;
    host.hears("housing", 3, "c1", &Fact::Urged(rung("unit/power_company", 1))).await;
    let consulted = Finding::Consulted {
        round: 1,
        units: vec![COMPANY.parse().unwrap()],
        reason: "the community was not satisfied 3 times".into(),
    };
    host.hears("housing", 4, "c1", &Fact::Finding(consulted)).await;
    let held = Timing::Held {
        round: 1,
        unit: COMPANY.parse().unwrap(),
        reason: "the line is under voltage".into(),
        decided_by: "office/leading_group_office".parse().unwrap(),
    };
    host.hears_from("service/gateway", "housing", 5, "c1", &Fact::Timing(held)).await;
    let closed = Fact::Closed { round: 1, outcome: domain::case::Outcome::Confirmed };
    let mut desk = host.desk(&town, "housing");
    let get = async |desk: &mut Desk, whose: &str| {
        let request = GetTaskRequest { case_id: "c1".into(), on_behalf_of: whose.into() };
        desk.get_task(request).await.unwrap().into_inner().task.unwrap()
    };
    let (own, theirs) = (get(&mut desk, "").await, get(&mut desk, COMPANY).await);
    assert_eq!((own.urgings, theirs.urgings), (0, 1), "who owes is urged");
    assert_eq!((own.due_at_ms > 0, theirs.due_at_ms), (true, 0), "whose clock is held is held");
    for task in [own, theirs] {
        assert!(task.consultation.contains("3 times"), "{task:?}");
    }
    host.hears("housing", 6, "c1", &closed).await;
    assert!(tasks(&mut desk).await.iter().all(|(_, state)| *state == TaskState::Closed));

    let request = WatchTasksRequest { after_place: 0, only_new: false };
    let mut changes = desk.watch_tasks(request).await.unwrap().into_inner();
    let mut seen = Vec::new();
    for _ in 0..8 {
        let task = changes.message().await.unwrap().unwrap().task.unwrap();
        seen.push(task.call.unwrap().unit);
    }
    assert_eq!(
        seen,
        ["housing", COMPANY, COMPANY, "housing", COMPANY, COMPANY, "housing", COMPANY],
        "called, called, urged, both consulted, held, both closed"
    );
    host.end().await;
}
