//! The desk: the way of a task, what is refused, what a repeat gets.

use proto::unit::{
    AcceptTaskRequest, ArriveTaskRequest, DeclareCaseRequest, DisposeTaskRequest, GetTaskRequest,
    ListTasksRequest, RefuseTaskRequest, Task, TaskState,
};
use tonic::Code;

use super::{evidence::photo, *};

pub(super) type Desk = UnitServiceClient<Channel>;

pub(super) async fn accept(desk: &mut Desk, id: &str, case: &str) -> Result<Task, Status> {
    let request =
        AcceptTaskRequest { command: asks(id), case_id: case.into(), on_behalf_of: String::new() };
    Ok(desk.accept_task(request).await?.into_inner().task.unwrap())
}

pub(super) async fn arrive(desk: &mut Desk, id: &str, case: &str) -> Result<Task, Status> {
    let request =
        ArriveTaskRequest { command: asks(id), case_id: case.into(), on_behalf_of: String::new() };
    Ok(desk.arrive_task(request).await?.into_inner().task.unwrap())
}

pub(super) async fn refuse(desk: &mut Desk, why: &str, named: &str) -> Result<Task, Status> {
    let request = RefuseTaskRequest {
        command: asks("refuse"),
        case_id: "c1".into(),
        reason: why.into(),
        named_unit: named.into(),
        on_behalf_of: String::new(),
    };
    Ok(desk.refuse_task(request).await?.into_inner().task.unwrap())
}

pub(super) async fn dispose(
    desk: &mut Desk,
    id: &str,
    case: &str,
    evidence: Vec<proto::case::Evidence>,
) -> Result<Task, Status> {
    let summary = "moved to the diversion point".into();
    let request = DisposeTaskRequest {
        command: asks(id),
        case_id: case.into(),
        summary,
        evidence,
        on_behalf_of: String::new(),
    };
    Ok(desk.dispose_task(request).await?.into_inner().task.unwrap())
}

async fn declare(desk: &mut Desk, id: &str, summary: &str) -> Result<Task, Status> {
    let summary = summary.into();
    let request = DeclareCaseRequest { command: asks(id), case_id: "c1".into(), summary };
    Ok(desk.declare_case(request).await?.into_inner().task.unwrap())
}

async fn get(desk: &mut Desk, case: &str) -> Result<Task, Status> {
    let answer =
        desk.get_task(GetTaskRequest { case_id: case.into(), on_behalf_of: String::new() }).await?;
    Ok(answer.into_inner().task.unwrap())
}

#[tokio::test]
async fn a_lead_accepts_arrives_disposes_and_declares_while_there_is_no_bus() {
    let town = Town::new();
    let host = town.start(&["enforcement"]).await;
    host.hears("enforcement", 1, "c1", &call("enforcement", "enforcement", 1)).await;
    let mut desk = host.desk(&town, "enforcement");
    let task = get(&mut desk, "c1").await.unwrap();
    assert_eq!(
        (task.state(), task.called_at_ms, task.due_at_ms),
        (TaskState::Called, NOW.0, NOW.0 + 1_000)
    );
    town.clock.advance(Duration::from_millis(10));
    let task = accept(&mut desk, "r1", "c1").await.unwrap();
    assert_eq!((task.state(), task.due_at_ms), (TaskState::Accepted, NOW.0 + 10 + 2_000));
    assert_eq!(arrive(&mut desk, "r2", "c1").await.unwrap().state(), TaskState::Arrived);
    let piece = photo(&host, &town, "enforcement", b"before and after").await;
    let task = dispose(&mut desk, "r3", "c1", vec![piece]).await.unwrap();
    assert_eq!((task.state(), task.due_at_ms), (TaskState::Disposed, 0));
    let refused = declare(&mut desk, "r4", "forbidden word").await.unwrap_err();
    assert_eq!(reason(&refused), "OWN_CHECK");
    assert_eq!(declare(&mut desk, "r4", "all done").await.unwrap().state(), TaskState::Declared);

    let waiting = host.waiting("enforcement");
    let ids: Vec<&str> = waiting.iter().map(|one| one.id.as_str()).collect();
    let unit = "enforcement";
    let words = ["accepted", "arrived", "disposed", "declared"];
    assert_eq!(ids, words.map(|word| format!("c1/1/{word}/{unit}")));
    for one in &waiting {
        assert_eq!(one.subject, "case/wenshan/c1");
        assert_eq!(one.source.to_string(), "unit/enforcement");
        assert_eq!(one.recipient, None);
        assert_eq!(one.actor.as_ref().unwrap().as_str(), "li.na");
        assert_eq!(one.traceparent.as_deref(), Some(TRACE), "one case is one trace");
    }
    host.end().await;
}

#[tokio::test]
async fn what_the_state_does_not_allow_is_refused_and_changes_nothing() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut desk = host.desk(&town, "housing");
    assert_eq!(reason(&accept(&mut desk, "r", "c1").await.unwrap_err()), "UNKNOWN_TASK");
    assert_eq!(reason(&get(&mut desk, "c1").await.unwrap_err()), "UNKNOWN_TASK");
    host.hears("housing", 1, "c1", &call("housing", "enforcement", 1)).await;
    assert_eq!(reason(&arrive(&mut desk, "r", "c1").await.unwrap_err()), "WRONG_STATE");
    assert_eq!(reason(&dispose(&mut desk, "r", "c1", vec![]).await.unwrap_err()), "WRONG_STATE");
    assert_eq!(reason(&declare(&mut desk, "r", "x").await.unwrap_err()), "WRONG_STATE");
    assert_eq!(reason(&refuse(&mut desk, " ", "").await.unwrap_err()), "REASON_MISSING");
    assert_eq!(reason(&refuse(&mut desk, "not ours", "nobody").await.unwrap_err()), "UNKNOWN_UNIT");
    assert_eq!(
        reason(&refuse(&mut desk, "not ours", "housing").await.unwrap_err()),
        "UNKNOWN_UNIT"
    );
    accept(&mut desk, "r1", "c1").await.unwrap();
    let twice = accept(&mut desk, "r2", "c1").await.unwrap_err();
    assert_eq!((twice.code(), reason(&twice)), (Code::FailedPrecondition, "WRONG_STATE".into()));
    arrive(&mut desk, "r3", "c1").await.unwrap();
    assert_eq!(
        reason(&dispose(&mut desk, "r", "c1", vec![]).await.unwrap_err()),
        "EVIDENCE_MISSING"
    );
    let piece = photo(&host, &town, "housing", b"site").await;
    dispose(&mut desk, "r4", "c1", vec![piece]).await.unwrap();
    assert_eq!(reason(&declare(&mut desk, "r", "x").await.unwrap_err()), "NOT_THE_LEAD");
    assert_eq!(host.waiting("housing").len(), 3);
    host.end().await;
}

#[tokio::test]
async fn a_refusal_names_who_is_responsible() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &call("housing", "enforcement", 1)).await;
    let mut desk = host.desk(&town, "housing");
    let task = refuse(&mut desk, "not ours", "water").await.unwrap();
    assert_eq!(task.state(), TaskState::Refused);
    let sent = &host.waiting("housing")[0];
    let fact = proto::fact::read(&sent.kind, &sent.body).unwrap().unwrap();
    let Fact::Refused { named_unit, reason, .. } = fact else { panic!("{fact:?}") };
    assert_eq!((named_unit.unwrap().as_str(), reason.as_str()), ("water", "not ours"));
    host.end().await;
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_is_one_record() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &call("housing", "enforcement", 1)).await;
    let mut desk = host.desk(&town, "housing");
    let first = accept(&mut desk, "r1", "c1").await.unwrap();
    arrive(&mut desk, "r2", "c1").await.unwrap();
    let records = host.records("housing").len();
    town.clock.advance(Duration::from_secs(9));
    assert_eq!(accept(&mut desk, "r1", "c1").await.unwrap(), first);
    assert_eq!(host.records("housing").len(), records);
    assert_eq!(host.waiting("housing").len(), 2);
    // The same id, and even the same fields, under another method: another request.
    let other = arrive(&mut desk, "r1", "c1").await.unwrap_err();
    assert_eq!((other.code(), reason(&other)), (Code::AlreadyExists, "REQUEST_ID_REUSED".into()));
    let other = accept(&mut desk, "r1", "c2").await.unwrap_err();
    assert_eq!(reason(&other), "REQUEST_ID_REUSED");
    host.end().await;
}

#[tokio::test]
async fn nobody_sees_or_moves_the_tasks_of_another() {
    let town = Town::new();
    let host = town.start(&["housing", "enforcement"]).await;
    host.hears("housing", 1, "c1", &call("housing", "enforcement", 1)).await;
    let mut other = host.desk(&town, "enforcement");
    assert_eq!(reason(&get(&mut other, "c1").await.unwrap_err()), "UNKNOWN_TASK");
    assert_eq!(reason(&accept(&mut other, "r", "c1").await.unwrap_err()), "UNKNOWN_TASK");
    assert!(list(&mut other, TaskState::Unspecified).await.is_empty());
    let mut elsewhere = host.desk(&town, "water");
    let refused = get(&mut elsewhere, "c1").await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::PermissionDenied, "NOT_HOSTED_HERE".into())
    );
    assert!(refused.message().contains("water"), "{refused}");
    for party in ["community/kaihua_dongfeng", "admin/housing", "service/worker"] {
        let mut stranger = Desk::new(host.channel(&town, party));
        let refused = accept(&mut stranger, "r", "c1").await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::PermissionDenied, "NOT_A_UNIT".into())
        );
    }
    host.end().await;
}

async fn list(desk: &mut Desk, state: TaskState) -> Vec<String> {
    let (mut cases, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(proto::page::Page { size: 2, token });
        let request = ListTasksRequest { state: state.into(), page };
        let answer = desk.list_tasks(request).await.unwrap().into_inner();
        assert!(answer.tasks.len() <= 2);
        cases.extend(answer.tasks.into_iter().map(|task| task.case_id));
        token = answer.next_token;
        if token.is_empty() {
            return cases;
        }
    }
}

#[tokio::test]
async fn tasks_are_listed_by_case_and_by_state_in_pages() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    for number in (1..=5).rev() {
        let case = format!("c{number}");
        host.hears("housing", number, &case, &call("housing", "enforcement", 1)).await;
    }
    let mut desk = host.desk(&town, "housing");
    accept(&mut desk, "r1", "c2").await.unwrap();
    accept(&mut desk, "r2", "c4").await.unwrap();
    assert_eq!(list(&mut desk, TaskState::Unspecified).await, ["c1", "c2", "c3", "c4", "c5"]);
    assert_eq!(list(&mut desk, TaskState::Called).await, ["c1", "c3", "c5"]);
    assert_eq!(list(&mut desk, TaskState::Accepted).await, ["c2", "c4"]);
    host.end().await;
}

#[tokio::test]
async fn only_the_workers_word_counts_and_only_for_this_unit() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut desk = host.desk(&town, "housing");
    let ours = call("housing", "enforcement", 1);
    host.hears_from("unit/enforcement", "housing", 1, "c1", &ours).await;
    host.hears("housing", 1, "c1", &call("water", "enforcement", 1)).await;
    assert_eq!(reason(&get(&mut desk, "c1").await.unwrap_err()), "UNKNOWN_TASK");
    assert!(list(&mut desk, TaskState::Called).await.is_empty(), "nor in place of water");
    host.hears("housing", 2, "c1", &ours).await;
    let accepted = Fact::Accepted { round: 1, unit: "housing".parse().unwrap() };
    host.hears("housing", 3, "c1", &accepted).await;
    host.hears("housing", 4, "c1", &Fact::Reminded(rung("unit/housing", 1))).await;
    host.hears("housing", 5, "c1", &Fact::Urged(rung("unit/housing", 1))).await;
    host.hears("housing", 6, "c1", &Fact::Urged(rung("unit/water", 1))).await;
    host.hears("housing", 6, "c1", &Fact::Urged(rung("unit/housing", 1))).await;
    let task = get(&mut desk, "c1").await.unwrap();
    assert_eq!((task.state(), task.reminders, task.urgings), (TaskState::Called, 1, 1));

    accept(&mut desk, "r1", "c1").await.unwrap();
    host.hears("housing", 7, "c1", &call("housing", "enforcement", 2)).await;
    let task = get(&mut desk, "c1").await.unwrap();
    assert_eq!((task.state(), task.call.unwrap().round, task.urgings), (TaskState::Called, 2, 0));
    let closed = Fact::Closed { round: 2, outcome: domain::case::Outcome::Confirmed };
    host.hears("housing", 8, "c1", &closed).await;
    assert_eq!(get(&mut desk, "c1").await.unwrap().state(), TaskState::Closed);
    assert_eq!(reason(&accept(&mut desk, "r2", "c1").await.unwrap_err()), "WRONG_STATE");
    host.end().await;
}

#[tokio::test]
async fn a_call_that_comes_again_takes_nothing_back() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    host.hears("housing", 1, "c1", &call("housing", "enforcement", 1)).await;
    let mut desk = host.desk(&town, "housing");
    let accepted = accept(&mut desk, "r1", "c1").await.unwrap();
    // The same number is passed over by the store; another number is another envelope.
    for number in [1, 2] {
        host.hears("housing", number, "c1", &call("housing", "enforcement", 1)).await;
        assert_eq!(get(&mut desk, "c1").await.unwrap(), accepted);
    }
    host.end().await;
}
