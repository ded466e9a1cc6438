//! One case is one trace, whatever is killed while it goes on: on real processes, each of which is
//! killed in the middle of one case. Then every envelope of the case in the bus's record names one
//! trace, and so does the picture that the gateway draws; and `muster trace` shows it.

use std::collections::{BTreeMap, BTreeSet};

use kit::trace::{TRACEPARENT, TraceContext};
use proto::{
    bus::{ListEnvelopesRequest, bus_service_client::BusServiceClient},
    ledger::{
        GetTraceRequest, GetTraceResponse, SpanKind, ledger_service_client::LedgerServiceClient,
    },
    muster::envelope::v1::attribute_value::Attr,
    page::Page,
    whistle::{CaseStage, RaiseWhistleRequest, whistle_service_client::WhistleServiceClient},
};
use serde_json::Value;
use tonic::Request;

use crate::{
    city::{City, Part},
    operate::{refused, said, shown},
    people::{command, eventually, line, photograph, reachable},
    s1::people::{Asked, CALLED, COMMUNITY, People},
};

/// Blows the whistle in a trace of the caller's; answers the case.
async fn whistle(city: &City, context: &TraceContext) -> String {
    let line = line(city.data(), COMMUNITY, &["gateway"]);
    let evidence = vec![photograph(&line, "one").await, photograph(&line, "two").await];
    let mut request = Request::new(RaiseWhistleRequest {
        command: command("li.na", "traced"),
        issue_type: "street_vending".into(),
        grid: "WS-KH-001".into(),
        description: "stalls".into(),
        evidence,
        called_units: CALLED.map(str::to_owned).to_vec(),
        ..RaiseWhistleRequest::default()
    });
    request.metadata_mut().insert(TRACEPARENT, context.to_string().parse().unwrap());
    let mut gateway = WhistleServiceClient::new(line);
    gateway.raise_whistle(request).await.unwrap().into_inner().case_id
}

/// The trace of every envelope of a case, by its id, as the record of the bus has them.
async fn recorded(city: &City, case_id: &str) -> BTreeMap<String, String> {
    let mut bus = BusServiceClient::new(line(city.data(), "admin/root", &["bus"]));
    let page = Some(Page { size: 500, token: String::new() });
    let request = ListEnvelopesRequest { subject: format!("case/wenshan/{case_id}"), page };
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

async fn picture(city: &City, case_id: &str) -> GetTraceResponse {
    let mut ledger = LedgerServiceClient::new(line(city.data(), "admin/root", &["gateway"]));
    let request = GetTraceRequest { subject: format!("case/wenshan/{case_id}") };
    ledger.get_trace(request).await.unwrap().into_inner()
}

/// The picture of a matter, which is a tree without a hole, once it is over.
pub async fn pictured(gate: kit::client::Channel, subject: &str) -> GetTraceResponse {
    let mut ledger = LedgerServiceClient::new(gate);
    let request = GetTraceRequest { subject: subject.to_owned() };
    let look = async || ledger.get_trace(request.clone()).await.map(tonic::Response::into_inner);
    let is_over = |drawn: &Result<GetTraceResponse, tonic::Status>| {
        drawn.as_ref().is_ok_and(|drawn| !drawn.spans[0].is_open)
    };
    let drawn = crate::s1::stage::until("it is over", look, is_over).await.unwrap();
    tree(&drawn);
    drawn
}

/// Who was waited for, for what.
pub fn waits(drawn: &GetTraceResponse) -> BTreeSet<String> {
    let waits = drawn.spans.iter().filter(|span| span.kind() == SpanKind::Wait);
    waits.map(|span| format!("{} {}", span.party, span.name)).collect()
}

/// The same, with each envelope of the record once.
pub fn whole(drawn: &GetTraceResponse, envelopes: usize) {
    tree(drawn);
    for kind in [SpanKind::Step, SpanKind::Message] {
        let count = drawn.spans.iter().filter(|span| span.kind() == kind).count();
        assert_eq!(count, envelopes, "{kind:?}: one for each envelope of the record");
    }
}

/// One root, the parent of every span, and no moment without a part that has a name.
fn tree(drawn: &GetTraceResponse) {
    let ids: BTreeSet<&String> = drawn.spans.iter().map(|span| &span.span_id).collect();
    let roots = drawn.spans.iter().filter(|span| span.parent_span_id.is_empty());
    assert_eq!(roots.count(), 1);
    for span in drawn.spans.iter().skip(1) {
        assert!(ids.contains(&span.parent_span_id), "no parent: {span:?}");
    }
    let is_part = |kind| !matches!(kind, SpanKind::Whole | SpanKind::Round);
    let mut parts: Vec<_> = drawn
        .spans
        .iter()
        .filter(|span| is_part(span.kind()))
        .map(|span| (span.from_ms, span.to_ms))
        .collect();
    parts.sort_unstable();
    let mut reached = parts[0].0;
    for (from, to) in parts {
        assert!(from <= reached, "a hole from {reached} to {from}: {drawn:#?}");
        reached = reached.max(to);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_is_killed_in_the_middle_of_a_case_and_it_is_one_trace_with_every_parent() {
    let mut city = City::new("standard", &[&CALLED]);
    let data = city.data().to_owned();
    city.start_all().await;
    reachable(&data, &["gateway"]).await;
    let context = TraceContext::root();
    let id = whistle(&city, &context).await;
    // SIGKILL, each at another step: none has a chance to say or write anything more.
    city.kill(Part::Gateway);
    city.start(Part::Gateway);
    let people = People::of(&data);
    reachable(&data, &["gateway"]).await;
    eventually(&data, &id, CaseStage::Called).await;
    for unit in [&people.lead, &people.cooperating] {
        unit.accept(&id).await;
    }
    city.kill(Part::Units(0));
    city.kill(Part::Bus);
    city.start(Part::Bus);
    city.start(Part::Units(0));
    city.kill_temporal().await;
    city.forget_temporal();
    city.start_temporal().await;
    let accepted =
        |case: &proto::whistle::Case| case.parts.iter().all(|part| part.accepted_at_ms > 0);
    people.community.until("accepted", &id, accepted).await;
    city.kill(Part::Worker);
    for unit in [&people.lead, &people.cooperating] {
        unit.back().await;
        unit.arrive(&id).await;
        unit.dispose(&id, "done").await;
    }
    people.lead.declare(&id).await.unwrap();
    people.community.until("asked to confirm", &id, Asked::confirming).await;
    let half = picture(&city, &id).await;
    assert!(half.spans[0].is_open, "{:?}", half.spans[0]);
    people.community.confirm(&id, &[(CALLED[0], 5), (CALLED[1], 5)]).await.unwrap();
    city.start(Part::Worker);
    people.community.until("closed", &id, Asked::closed).await;

    let all = crate::s1::stage::until(
        "the ledger has all that the record has",
        async || (recorded(&city, &id).await, picture(&city, &id).await),
        |(recorded, drawn)| {
            let steps = drawn.spans.iter().filter(|span| span.kind() == SpanKind::Step);
            !drawn.spans[0].is_open && steps.count() == recorded.len()
        },
    )
    .await;
    let (recorded, drawn) = all;
    let others: Vec<_> =
        recorded.iter().filter(|(_, trace)| **trace != context.trace_id()).collect();
    assert!(recorded.len() >= 15 && others.is_empty(), "of another trace: {others:?}");
    assert_eq!(drawn.trace_id, context.trace_id());
    assert_eq!(drawn.spans[0].span_id, context.span_id(), "the root is what envelopes name");
    whole(&drawn, recorded.len());
    drawn_in_a_terminal(&city, &id, &drawn);
    assert!(city.terminate(), "SIGTERM drains a role");
}

fn drawn_in_a_terminal(city: &City, id: &str, drawn: &GetTraceResponse) {
    let subject = format!("case/{id}");
    let text = shown(city.data(), &["trace", &subject, "--width", "120"]);
    println!("{text}");
    for words in
        [&drawn.trace_id[..], "吹哨", "报到", "unit/enforcement", "accept 报到或说明理由", "░"]
    {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    let wide = |one: char| if u32::from(one) > 0x2e7f { 2 } else { 1 };
    let fits = |line: &str| line.chars().map(wide).sum::<usize>() <= 120;
    assert!(text.lines().skip(1).all(fits), "{text}");
    let spans = said(city.data(), &["trace", id]);
    assert_eq!(spans.len(), drawn.spans.len());
    let wait = spans.iter().find(|span| span["kind"] == "wait").unwrap();
    for name in ["muster.subject", "muster.party", "muster.duty", "muster.due", "muster.pace"] {
        assert_ne!(wait["attributes"][name], Value::Null, "{name} in {wait}");
    }
    let known = |name: &String| {
        let ours = domain::picture::attribute::ALL.contains(&name.as_str());
        ours || name.starts_with("messaging.")
    };
    for span in &spans {
        let names = span["attributes"].as_object().unwrap().keys();
        assert!(names.clone().all(known), "{span}");
    }
    assert!(refused(city.data(), &["trace", "credit/P1"]).contains("stops are drawn"));
}
