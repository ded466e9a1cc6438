//! The truck operation of S4 is one trace, whatever is killed while it goes on: on real processes, each
//! of which is killed in the middle. Then every envelope of the operation, of the stop that its team
//! makes and of the case that it leaves names one trace in the bus's record; the pictures that the
//! gateway draws have no hole and the parent of every span; and together they are one tree.

use std::collections::{BTreeMap, BTreeSet};

use kit::trace::{TRACEPARENT, TraceContext};
use proto::{
    bus::{ListEnvelopesRequest, bus_service_client::BusServiceClient},
    ledger::{
        GetTraceRequest, GetTraceResponse, Span, SpanKind,
        ledger_service_client::LedgerServiceClient,
    },
    muster::envelope::v1::attribute_value::Attr,
    operation::{EndKind, FollowUpRequest, Operation, OperationStage, Work},
    page::Page,
};
use tonic::Request;

use crate::{
    city::{City, Part},
    operate::shown,
    operation::people::{
        ENFORCEMENT, OFFICE, POLICE, TRANSPORT, answers, arrives, asks, comes, declines, door, end,
        eventually, is_at, night, order, settles, stops,
    },
    people::{another, line},
    s1::stage::until,
    traced::whole,
};

/// Plans it in a trace of the caller's.
async fn planned(city: &City, context: &TraceContext) -> String {
    let plan = async || {
        let mut request = Request::new(night("traced"));
        request.metadata_mut().insert(TRACEPARENT, context.to_string().parse().unwrap());
        door(city, OFFICE).plan_operation(request).await
    };
    until("it is planned", plan, Result::is_ok).await.unwrap().into_inner().operation_id
}

/// The trace of every envelope about these subjects, as the record of the bus has them.
async fn recorded(city: &City, subject: &str) -> BTreeMap<String, String> {
    let mut bus = BusServiceClient::new(line(city.data(), "admin/root", &["bus"]));
    let page = Some(Page { size: 500, token: String::new() });
    let request = ListEnvelopesRequest { subject: subject.to_owned(), page };
    let found = bus.list_envelopes(request).await.unwrap().into_inner();
    let read = |one: proto::bus::Recorded| {
        let envelope = one.envelope.unwrap();
        let attribute = envelope.attributes.get(TRACEPARENT).and_then(|one| one.attr.clone());
        let Some(Attr::CeString(text)) = attribute else { panic!("no trace in {envelope:?}") };
        let context: TraceContext = text.parse().unwrap();
        (format!("{}/{}", envelope.source, envelope.id), context.trace_id())
    };
    found.recorded.into_iter().map(read).collect()
}

async fn picture(city: &City, subject: &str) -> Option<GetTraceResponse> {
    let mut ledger = LedgerServiceClient::new(line(city.data(), "admin/root", &["gateway"]));
    let request = GetTraceRequest { subject: subject.to_owned() };
    ledger.get_trace(request).await.ok().map(tonic::Response::into_inner)
}

/// The picture of a matter, when it has every envelope that the record has of it, and is over.
async fn drawn(city: &City, subject: &str, of: &str, context: &TraceContext) -> GetTraceResponse {
    let look = async || (recorded(city, of).await, picture(city, subject).await);
    let is_whole = |(recorded, drawn): &(BTreeMap<String, String>, Option<GetTraceResponse>)| {
        let steps = |one: &GetTraceResponse| {
            one.spans.iter().filter(|span| span.kind() == SpanKind::Step).count()
        };
        drawn.as_ref().is_some_and(|one| steps(one) == recorded.len())
    };
    let (recorded, drawn) = until("its picture is whole", look, is_whole).await;
    let drawn = drawn.unwrap();
    let others: Vec<_> =
        recorded.iter().filter(|(_, trace)| **trace != context.trace_id()).collect();
    assert!(others.is_empty(), "{subject}: of another trace: {others:?}");
    assert_eq!(drawn.trace_id, context.trace_id(), "{subject}");
    whole(&drawn, recorded.len());
    drawn
}

/// What is left is given to a case.
async fn left(city: &City, id: &str) {
    let work = Work {
        id: "1".into(),
        grid: "DF-SY-001".into(),
        issue_type: "muck_mud".into(),
        units: vec![ENFORCEMENT.into()],
        text: "mud on the road".into(),
    };
    let command = another("li.na");
    let request = FollowUpRequest { command, operation_id: id.to_owned(), works: vec![work] };
    door(city, OFFICE).follow_up(request).await.unwrap();
}

/// Everything that is killed while the operation goes on: none has a chance to say anything more.
async fn acts(city: &mut City, id: &str) -> String {
    city.kill(Part::Gateway);
    city.start(Part::Gateway);
    comes(city, (POLICE, id), "a").await.unwrap();
    declines(city, (TRANSPORT, id), "housing").await.unwrap();
    city.kill(Part::Worker);
    city.start(Part::Worker);
    comes(city, (ENFORCEMENT, id), "a").await.unwrap();
    comes(city, ("housing", id), "a").await.unwrap();
    eventually(city, "begun", id, is_at(OperationStage::Started)).await;
    for unit in [POLICE, ENFORCEMENT] {
        arrives(city, (unit, id)).await;
    }
    city.kill(Part::Bus);
    let stop = stops(city, (POLICE, id)).await.inspection_id;
    city.start(Part::Bus);
    let asked = async || order(city, id, ENFORCEMENT, "close the slip road").await;
    let first = until("the gateway is there", asked, Result::is_ok).await.unwrap();
    answers(city, (ENFORCEMENT, id), &first, true).await;
    city.kill_temporal().await;
    city.forget_temporal();
    city.kill(Part::Units(0));
    city.start_temporal().await;
    city.start(Part::Units(0));
    let ask = async || asks(city, (ENFORCEMENT, id), POLICE, true).await;
    let over = until("it hands over", ask, Result::is_ok).await.unwrap();
    answers(city, (POLICE, id), &over, true).await;
    settles(city, POLICE, (&stop, 1)).await;
    settles(city, ENFORCEMENT, (&stop, 2)).await;
    stop
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_is_killed_in_the_truck_operation_and_it_is_one_trace_with_all_that_it_leaves() {
    let mut city = City::new("standard", &[&[POLICE, TRANSPORT, "housing"], &[ENFORCEMENT]]);
    city.becomes("dengfeng");
    city.start_all().await;
    let context = TraceContext::root();
    let id = planned(&city, &context).await;
    let stop = acts(&mut city, &id).await;
    end(&city, &id, EndKind::Stopped).await.unwrap();
    city.kill(Part::Worker);
    city.kill(Part::Units(1));
    city.start(Part::Worker);
    city.start(Part::Units(1));
    left(&city, &id).await;
    let is_left = |one: &Operation| !one.cases.is_empty();
    eventually(&city, "its work has begun", &id, is_left).await;
    eventually(&city, "closed", &id, is_at(OperationStage::Closed)).await;

    let (subject, case) = (format!("operation/dengfeng/{id}"), format!("case/dengfeng/{id}-1"));
    let operation = drawn(&city, &subject, &subject, &context).await;
    assert_eq!(operation.spans[0].span_id, context.span_id(), "the root is what envelopes name");
    assert!(!operation.spans[0].is_open);
    let called = |drawn: &GetTraceResponse| {
        drawn.spans.iter().any(|span| span.name == "muster.case.v1.UnitCalled")
    };
    let look = async || picture(&city, &case).await;
    until("its case is called", look, |one| one.as_ref().is_some_and(called)).await;
    let case_drawn = drawn(&city, &case, &case, &context).await;
    let stop_drawn = picture(&city, &format!("inspection/{stop}")).await.unwrap();
    let traces = recorded(&city, "inspection/dengfeng/hauler-9").await;
    assert!(traces.len() >= 4 && traces.values().all(|trace| *trace == context.trace_id()));
    assert_eq!(stop_drawn.trace_id, context.trace_id());
    whole(&stop_drawn, traces.len());
    together(&operation, &[(&case, &case_drawn), (&stop, &stop_drawn)], &subject);
    in_a_terminal(&city, &id, &case);
    assert!(city.terminate(), "SIGTERM drains a role");
}

/// Three pictures of one trace: no id is there twice, and each of the parts is linked to the whole
/// and from it, with both ids.
fn together(whole: &GetTraceResponse, parts: &[(&str, &GetTraceResponse)], subject: &str) {
    let all = parts.iter().flat_map(|(_, part)| &part.spans).chain(&whole.spans);
    let ids: Vec<&String> = all.map(|span| &span.span_id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a span is there twice");
    let links: Vec<_> = whole.spans.iter().flat_map(|span: &Span| &span.links).collect();
    for (of, part) in parts {
        let root = &part.spans[0];
        let link = links.iter().find(|link| link.subject.ends_with(*of)).unwrap();
        assert_eq!((&link.trace_id, &link.span_id), (&part.trace_id, &root.span_id), "{of}");
        let back = &root.links[0];
        assert_eq!((&*back.subject, &back.span_id), (subject, &whole.spans[0].span_id), "{of}");
    }
}

fn in_a_terminal(city: &City, id: &str, case: &str) {
    let text = shown(city.data(), &["trace", &format!("operation/{id}"), "--width", "140"]);
    println!("{text}");
    for words in ["邀请单位", "下达指令", "队伍到场", "解除占用", "join 回复是否参加"]
    {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    assert!(text.lines().any(|line| line.contains("cases begun")), "{case} in\n{text}");
}
