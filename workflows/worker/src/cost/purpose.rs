//! What each write and each event of a flow was for, read from its history. Pure.
//!
//! A history does not count writes, but each write leaves its event: the start, a signal, a timer
//! or an activity that ended, and a task that was taken up or completed. Everything is put to the
//! account of what woke the flow. What the server writes beside that is not in the history: whoever
//! reads this compares the sum with the server's own counter.

use std::collections::BTreeMap;

use serde_json::Value;
use temporalio_common::protos::temporal::api::{
    enums::v1::EventType,
    history::v1::{HistoryEvent, history_event::Attributes},
};

/// What something has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Writes to Temporal's store.
    pub writes: u64,
    /// Events in the history.
    pub events: u64,
}

/// The purposes by name: `start`, `milestone <name>`, `timer`, `remote activity`.
pub type Purposes = BTreeMap<String, Cost>;

const START: &str = "start";

/// Whether the history has come to its end.
pub(super) fn is_closed(events: &[HistoryEvent]) -> bool {
    events.last().is_some_and(|last| last.event_type() == EventType::WorkflowExecutionCompleted)
}

/// Reads a history.
pub(super) fn purposes(events: &[HistoryEvent]) -> Purposes {
    let mut found = Purposes::new();
    let mut awake = START.to_owned();
    // What comes while a task runs is for the next one.
    let mut next: Option<String> = None;
    let mut is_eager = false;
    for event in events {
        let kind = event.event_type();
        if let Some(cause) = cause(event) {
            is_eager |= matches!(&event.attributes,
                Some(Attributes::WorkflowExecutionStartedEventAttributes(started))
                if started.eager_execution_accepted);
            add(&mut found, &cause, 1);
            next.get_or_insert(cause);
            continue;
        }
        match kind {
            EventType::WorkflowTaskScheduled => {
                awake = next.take().unwrap_or(awake);
                add(&mut found, &awake, 0);
            }
            // A task that came back with the answer to the start was not written once more.
            EventType::WorkflowTaskStarted if is_eager => {
                is_eager = false;
                add(&mut found, &awake, 0);
            }
            EventType::WorkflowTaskStarted
            | EventType::WorkflowTaskCompleted
            | EventType::WorkflowTaskFailed
            | EventType::WorkflowTaskTimedOut
            | EventType::ActivityTaskStarted => add(&mut found, &awake, 1),
            _ => add(&mut found, &awake, 0),
        }
    }
    found
}

fn add(purposes: &mut Purposes, name: &str, writes: u64) {
    let cost = purposes.entry(name.to_owned()).or_default();
    cost.writes += writes;
    cost.events += 1;
}

/// What an event from outside wakes the flow for; none when it is a step of the flow itself.
fn cause(event: &HistoryEvent) -> Option<String> {
    match (event.event_type(), &event.attributes) {
        (EventType::WorkflowExecutionStarted, _) => Some(START.to_owned()),
        (_, Some(Attributes::WorkflowExecutionSignaledEventAttributes(signal))) => {
            let told = signal.input.as_ref().and_then(|input| input.payloads.first());
            let told = told.and_then(|told| serde_json::from_slice::<Value>(&told.data).ok());
            let name = told.as_ref().and_then(|told| told.get("name")?.as_str());
            Some(format!("milestone {}", name.unwrap_or("?")))
        }
        (EventType::TimerFired, _) => Some("timer".to_owned()),
        (
            EventType::ActivityTaskCompleted
            | EventType::ActivityTaskFailed
            | EventType::ActivityTaskTimedOut,
            _,
        ) => Some("remote activity".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use temporalio_common::protos::temporal::api::{
        common::v1::{Payload, Payloads},
        history::v1::{
            WorkflowExecutionSignaledEventAttributes, WorkflowExecutionStartedEventAttributes,
        },
    };

    use super::*;

    fn plain(kind: EventType) -> HistoryEvent {
        HistoryEvent { event_type: kind.into(), ..HistoryEvent::default() }
    }

    fn started(is_eager: bool) -> HistoryEvent {
        let started = WorkflowExecutionStartedEventAttributes {
            eager_execution_accepted: is_eager,
            ..WorkflowExecutionStartedEventAttributes::default()
        };
        let attributes = Attributes::WorkflowExecutionStartedEventAttributes(started);
        let event = plain(EventType::WorkflowExecutionStarted);
        HistoryEvent { attributes: Some(attributes), ..event }
    }

    fn signal(name: &str) -> HistoryEvent {
        let data = format!(r#"{{"id":"1","name":"{name}"}}"#).into_bytes();
        let input = Some(Payloads { payloads: vec![Payload { data, ..Payload::default() }] });
        let signal = WorkflowExecutionSignaledEventAttributes { input, ..Default::default() };
        let attributes = Attributes::WorkflowExecutionSignaledEventAttributes(signal);
        let event = plain(EventType::WorkflowExecutionSignaled);
        HistoryEvent { attributes: Some(attributes), ..event }
    }

    fn task() -> [HistoryEvent; 3] {
        use EventType::{WorkflowTaskCompleted, WorkflowTaskScheduled, WorkflowTaskStarted};
        [WorkflowTaskScheduled, WorkflowTaskStarted, WorkflowTaskCompleted].map(plain)
    }

    #[test]
    fn a_start_and_a_milestone_are_three_writes_each() {
        let mut events = vec![started(false)];
        events.extend(task());
        events.push(plain(EventType::TimerStarted));
        events.push(signal("case_confirmed"));
        events.extend(task());
        events.push(plain(EventType::WorkflowExecutionCompleted));
        let found = purposes(&events);
        assert_eq!(found["start"], Cost { writes: 3, events: 5 });
        assert_eq!(found["milestone case_confirmed"], Cost { writes: 3, events: 5 });
        assert!(is_closed(&events) && !is_closed(&events[..5]));
    }

    #[test]
    fn a_task_that_came_with_the_start_is_a_write_less() {
        let mut events = vec![started(true)];
        events.extend(task());
        assert_eq!(purposes(&events)["start"], Cost { writes: 2, events: 4 });
    }

    #[test]
    fn what_comes_while_a_task_runs_is_for_the_next_task() {
        let [scheduled, began, completed] = task();
        let mut events = vec![started(false), scheduled, began, signal("a"), completed];
        events.extend(task());
        let found = purposes(&events);
        assert_eq!(found["start"], Cost { writes: 3, events: 4 });
        assert_eq!(found["milestone a"], Cost { writes: 3, events: 4 });
    }
}
