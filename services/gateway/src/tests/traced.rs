//! The picture of a case, through the interface: all of its record, and nothing that is not there.

use std::collections::{BTreeMap, BTreeSet};

use kit::trace::{TRACEPARENT, TraceContext};
use proto::ledger::{
    GetTraceRequest, GetTraceResponse, Span, SpanKind, ledger_service_client::LedgerServiceClient,
};
use tonic::Request;

use super::{
    searching::OFFICE,
    town::Town,
    world::{self, World},
    *,
};

async fn trace(
    running: &Running,
    party: &str,
    case_id: &str,
) -> Result<GetTraceResponse, Rejection> {
    let request = GetTraceRequest { subject: format!("case/{case_id}") };
    let mut ledger = LedgerServiceClient::new(running.channel(party));
    ledger.get_trace(request).await.map(tonic::Response::into_inner).map_err(refused)
}

fn of(spans: &[Span], kind: SpanKind) -> impl Iterator<Item = &Span> {
    spans.iter().filter(move |span| span.kind() == kind)
}

/// One root, every parent there, and no moment of the whole without a part that has a name.
pub(super) fn check(spans: &[Span]) {
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    assert_eq!(ids.len(), spans.len(), "an id is there twice");
    let roots: Vec<_> = spans.iter().filter(|span| span.parent_span_id.is_empty()).collect();
    assert_eq!(roots.len(), 1, "{roots:?}");
    for span in spans.iter().filter(|span| !span.parent_span_id.is_empty()) {
        assert!(ids.contains(span.parent_span_id.as_str()), "{span:?}");
    }
    let is_part = |span: &&Span| !matches!(span.kind(), SpanKind::Whole | SpanKind::Round);
    let mut parts: Vec<_> =
        spans.iter().filter(is_part).map(|span| (span.from_ms, span.to_ms)).collect();
    parts.sort_unstable();
    let mut reached = roots[0].from_ms;
    for (from, to) in parts {
        assert!(from <= reached, "a hole from {reached} to {from} in {spans:#?}");
        reached = reached.max(to);
    }
    assert!(reached >= roots[0].to_ms, "a hole at the end");
}

#[tokio::test]
async fn one_case_is_one_trace_with_each_step_each_message_and_each_wait() {
    let running = Running::start().await;
    let mut world = World::default();
    let context = TraceContext::root();
    let mut request = Request::new(running.stall("r1"));
    request.metadata_mut().insert(TRACEPARENT, context.to_string().parse().unwrap());
    let id = running.client(DONGFENG).raise_whistle(request).await.unwrap().into_inner().case_id;
    let before = trace(&running, DONGFENG, &id).await.unwrap();
    let take = of(&before.spans, SpanKind::Step).next().unwrap();
    assert!(take.is_open, "the bus does not have the whistle: {take:?}");
    check(&before.spans);

    world.echo(&running).await;
    world.settle(&running, &id).await;
    world.tell(&running, &id, &[("service/worker", world::closed(1))]).await;
    running.clock.set(Moment(NOW.0 + 86_400_000));
    let GetTraceResponse { trace_id, spans, .. } = trace(&running, OFFICE, &id).await.unwrap();
    check(&spans);
    assert_eq!(trace_id, context.trace_id());
    assert_eq!(spans[0].span_id, context.span_id(), "what others were sent hangs below the root");
    assert!(!spans[0].is_open);

    let steps: Vec<_> = of(&spans, SpanKind::Step).map(|span| span.name.clone()).collect();
    let history = running.history(OFFICE, &id).await.unwrap();
    let said: Vec<_> = history.iter().map(|entry| entry.r#type.clone()).collect();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(steps), sorted(said), "every step of the history, once");
    assert_eq!(of(&spans, SpanKind::Message).count(), history.len());
    let accept = of(&spans, SpanKind::Wait)
        .find(|span| (span.name.as_str(), span.party.as_str()) == ("accept", "unit/enforcement"));
    let wait = accept.unwrap().wait.clone().unwrap();
    let ended = spans.iter().find(|span| span.span_id == wait.ended_by).unwrap();
    assert_eq!(
        (ended.name.as_str(), ended.party.as_str()),
        ("muster.case.v1.TaskAccepted", "unit/enforcement")
    );
    assert!(!wait.is_late && wait.due_at_ms > ended.from_ms);
    let text = format!("{spans:?}");
    for words in ["li.na", "三个流动摊点", "cleared"] {
        assert!(!text.contains(words), "{words} is a person's");
    }

    let picture = |spans: &[Span]| {
        let closed = spans.iter().map(|span| (span.span_id.clone(), span.clone()));
        closed.collect::<BTreeMap<_, _>>()
    };
    let running = running.restart().await;
    running.clock.set(Moment(NOW.0 + 86_400_000));
    let again = trace(&running, OFFICE, &id).await.unwrap();
    assert_eq!(picture(&again.spans), picture(&spans), "the same after a restart");
    let no = trace(&running, XISHAN, &id).await.unwrap_err();
    assert_eq!(no.reason, "NOT_YOUR_CASE");
}

#[tokio::test]
async fn the_picture_of_every_case_of_a_town_is_one_tree_without_a_hole() {
    let running = Running::start().await;
    let mut town = Town::of(7);
    town.live(&running, 60, 2).await;
    let mut waits = 0;
    for case_id in town.cases.keys() {
        let answer = trace(&running, OFFICE, case_id.as_str()).await.unwrap();
        check(&answer.spans);
        waits += of(&answer.spans, SpanKind::Wait).filter(|span| span.is_open).count();
    }
    assert!(town.cases.len() > 20 && waits > 5, "{} cases, {waits} waits", town.cases.len());
}
