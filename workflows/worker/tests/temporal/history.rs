//! What a history has, and recorded histories: a flow that has changed must still replay them.
//!
//! One per released version, as protobuf. To record anew after a deliberate, versioned change:
//! `cargo test -p worker --test temporal -- --ignored record`.

use std::path::{Path, PathBuf};

use flows::{
    Accountability, BlackList, EnforcementDecision, JointApproval, JointOperation, WhistleCase,
};
use prost::Message as _;
use temporalio_client::{Client, WorkflowHandle};
use temporalio_common::{
    HasWorkflowDefinition,
    protos::temporal::api::{
        enums::v1::EventType,
        history::v1::{History, HistoryEvent},
    },
};
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};

use super::flow::Story;

/// A handle of a case's flow.
pub type Flow = WorkflowHandle<Client, WhistleCase>;

/// All events.
pub async fn events(flow: &Flow) -> Vec<HistoryEvent> {
    flow.fetch_history(Default::default()).into_events().await.unwrap()
}

/// How many events of a type there are.
pub fn count(events: &[HistoryEvent], kind: EventType) -> usize {
    events.iter().filter(|event| event.event_type == kind as i32).count()
}

/// How many events the flow and who speaks to it have written. Workflow tasks are left out: a busy
/// machine needs more of them, for a query that comes between or one that was not taken in time.
pub fn own(events: &[HistoryEvent]) -> usize {
    let tasks = [
        EventType::WorkflowTaskScheduled,
        EventType::WorkflowTaskStarted,
        EventType::WorkflowTaskCompleted,
        EventType::WorkflowTaskTimedOut,
        EventType::WorkflowTaskFailed,
    ];
    events.len() - tasks.into_iter().map(|kind| count(events, kind)).sum::<usize>()
}

/// The names of the events, for people.
pub fn names(events: &[HistoryEvent]) -> String {
    let name = |event: &HistoryEvent| format!("{:?}", EventType::try_from(event.event_type));
    events.iter().map(name).collect::<Vec<_>>().join("\n")
}

/// Replays a history against the flows as they are now.
pub async fn replay(events: Vec<HistoryEvent>) -> Result<(), String> {
    let options = WorkflowReplayerOptions::new().register_workflow::<WhistleCase>().unwrap();
    let options = options.register_workflow::<BlackList>().unwrap();
    let options = options.register_workflow::<JointApproval>().unwrap();
    let options = options.register_workflow::<Accountability>().unwrap();
    let options = options.register_workflow::<EnforcementDecision>().unwrap();
    let options = options.register_workflow::<JointOperation>().unwrap();
    let replayer = WorkflowReplayer::new(options.build()).unwrap();
    let replayed = replayer.replay_workflow(History { events }.into()).await;
    replayed.map(drop).map_err(|error| error.to_string())
}

/// Where recorded histories are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories")
}

/// Keeps the history of a flow under a name, for all versions that come.
pub async fn keep<F: HasWorkflowDefinition>(flow: &WorkflowHandle<Client, F>, name: &str) {
    let events = flow.fetch_history(Default::default()).into_events().await.unwrap();
    std::fs::write(folder().join(name), History { events }.encode_to_vec()).unwrap();
}

#[tokio::test]
async fn recorded_histories_replay() {
    let mut replayed = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let history = History::decode(&std::fs::read(&path).unwrap()[..]).unwrap();
        let outcome = replay(history.events).await;
        assert_eq!(outcome, Ok(()), "{}", path.display());
        replayed += 1;
    }
    assert!(replayed > 0, "there are no recorded histories");
}

#[tokio::test]
async fn a_history_that_another_flow_has_written_does_not_replay() {
    let bytes = std::fs::read(folder().join("whistle_plain.pb")).unwrap();
    let mut events = History::decode(&bytes[..]).unwrap().events;
    let place =
        |kind: EventType| events.iter().position(|event| event.event_type == kind as i32).unwrap();
    // As if the flow had started a timer where it shows its attributes.
    let (timer, shown) =
        (place(EventType::TimerStarted), place(EventType::UpsertWorkflowSearchAttributes));
    let event_id = events[shown].event_id;
    events[shown] = HistoryEvent { event_id, ..events[timer].clone() };
    assert!(replay(events).await.is_err());
}

#[tokio::test]
#[ignore = "writes the recorded history anew"]
async fn record() {
    let story = Story::begin("record").await;
    story.plain().await;
    keep(&story.flow, "whistle_plain.pb").await;
}
