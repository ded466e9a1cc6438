//! The picture of an operation and of a stop that its team makes, through the interface: each thing
//! that was said, who was waited for, and what belongs together.

use domain::{
    id::{InspectionId, UnitId},
    inspection::{Fact as Finding, Found, Opened, Outcome},
    operation::{Crew, Ending, Fact as Said, Summary, Work},
};
use kit::trace::{TRACEPARENT, TraceContext};
use proto::{
    ledger::{
        GetTraceRequest, GetTraceResponse, Span, SpanKind,
        ledger_service_client::LedgerServiceClient,
    },
    operation::{
        GiveOrderRequest, Need, PlanOperationRequest,
        operation_service_client::OperationServiceClient,
    },
};
use tonic::Request;

use super::{traced::check, world::World, *};

const OFFICE: &str = "office/leading_group_office";
const POLICE: &str = "unit/public_security";
const CITY: &str = "unit/enforcement";

async fn drawn(running: &Running, party: &str, of: &str) -> Result<GetTraceResponse, Rejection> {
    let request = GetTraceRequest { subject: of.to_owned() };
    let mut ledger = LedgerServiceClient::new(running.channel(party));
    ledger.get_trace(request).await.map(tonic::Response::into_inner).map_err(refused)
}

/// A night with two units, from tomorrow on.
async fn planned(running: &Running, context: &TraceContext) -> String {
    let need = |unit: &str| Need { unit: unit.into(), people: 1, ..Need::default() };
    let mut request = Request::new(PlanOperationRequest {
        command: command("night"),
        goal: "the river road".into(),
        subdistricts: vec!["subdistrict_kaihua".into()],
        from_ms: NOW.0 + 3_600_000,
        to_ms: NOW.0 + 7_200_000,
        needs: vec![need("public_security"), need("enforcement")],
        answer_within_ms: 600_000,
        is_single: true,
        ..PlanOperationRequest::default()
    });
    request.metadata_mut().insert(TRACEPARENT, context.to_string().parse().unwrap());
    let mut door = OperationServiceClient::new(running.channel(OFFICE));
    door.plan_operation(request).await.unwrap().into_inner().operation_id
}

impl World {
    async fn says(&mut self, running: &Running, id: &str, said: &[(&str, Said)]) {
        let write = |(source, said): &(&str, Said)| {
            let (kind, body) = proto::operate::write(said);
            self.wrote(source, &format!("operation/wenshan/{id}"), kind, body)
        };
        let received = said.iter().map(write).collect();
        running.gateway.store().receive(received).await.unwrap();
    }

    async fn stops(&mut self, running: &Running, said: &[(&str, Finding)]) {
        let write = |(source, said): &(&str, Finding)| {
            let (kind, body) = proto::inspection::write(said);
            self.wrote(source, "inspection/wenshan/hauler-1", kind, body)
        };
        let received = said.iter().map(write).collect();
        running.gateway.store().receive(received).await.unwrap();
    }
}

fn unit(party: &str) -> UnitId {
    party.strip_prefix("unit/").unwrap().parse().unwrap()
}

fn begun(plan: &domain::operation::Plan) -> Vec<(&'static str, Said)> {
    const WORKER: &str = "service/worker";
    let units = vec![unit(POLICE), unit(CITY)];
    let mut said = vec![(WORKER, Said::Registered { units: units.clone() })];
    for need in &plan.needs {
        let (plan, need) = (plan.clone(), need.clone());
        said.push((WORKER, Said::Invited { plan, need, due: Moment(NOW.0 + 600_000) }));
    }
    for party in [POLICE, CITY] {
        let crew = Crew { people: vec!["p-1".parse().unwrap()], ..Crew::default() };
        said.push((party, Said::Confirmed { unit: unit(party), crew }));
    }
    said.push((WORKER, Said::Started { members: units.clone() }));
    for party in [POLICE, CITY] {
        let (unit, members, goal) = (unit(party), units.clone(), plan.goal.clone());
        said.push((WORKER, Said::Briefed { unit, members, goal }));
    }
    said.push((POLICE, Said::BriefingRead { unit: unit(POLICE) }));
    said.push((POLICE, Said::CheckedIn { unit: unit(POLICE), at: NOW }));
    said
}

fn stop(id: &InspectionId, operation: &str) -> Vec<(&'static str, Finding)> {
    let found = Found {
        code: "speeding".parse().unwrap(),
        fact: "f-1".parse().unwrap(),
        at: NOW,
        text: "li.na saw it".into(),
        evidence: vec![],
    };
    let opened = Opened {
        id: id.clone(),
        unit: unit(POLICE),
        person: "li.na".parse().unwrap(),
        vehicle: None,
        place: "the gate".into(),
        at: NOW,
        operation: Some(operation.parse().unwrap()),
        findings: vec![found],
    };
    let settled = Finding::Settled {
        id: id.clone(),
        finding: 1,
        unit: unit(POLICE),
        person: "li.na".parse().unwrap(),
        outcome: Outcome::NotProven { reason: "no picture".into() },
    };
    vec![(POLICE, Finding::Opened(opened)), (POLICE, settled)]
}

fn ended(plan: &domain::operation::Plan) -> Vec<(&'static str, Said)> {
    let by = plan.coordinator.clone();
    let (how, reason) = (Ending::Stopped, "li.na is done".to_owned());
    let mut said = vec![("service/gateway", Said::Ended { how, by, reason, is_series: false })];
    for party in [POLICE, CITY] {
        said.push(("service/worker", Said::ReleaseAsked { unit: unit(party) }));
        said.push(("service/worker", Said::Released { units: vec![unit(party)] }));
    }
    said.push(("service/worker", Said::Summarised(Summary::default())));
    said
}

fn work(id: &str) -> Vec<(&'static str, Said)> {
    let work = Work {
        id: "1".parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        issue_type: "street_vending".parse().unwrap(),
        units: vec![],
        text: "mud".into(),
    };
    let by = OFFICE.parse().unwrap();
    let cases = vec![format!("{id}-1").parse().unwrap()];
    vec![
        ("service/gateway", Said::FollowUp { works: vec![work], by }),
        ("service/worker", Said::WorkBegun { batch: 1, cases }),
    ]
}

fn waits(spans: &[Span]) -> Vec<String> {
    let of = spans.iter().filter(|span| span.kind() == SpanKind::Wait);
    let mut all: Vec<String> = of.map(|span| format!("{} {}", span.party, span.name)).collect();
    all.sort();
    all
}

#[tokio::test]
async fn an_operation_is_one_trace_with_its_orders_its_stops_and_its_cases() {
    let running = super::credit::start().await;
    let (mut world, context) = (World::default(), TraceContext::root());
    let id = planned(&running, &context).await;
    let of = format!("operation/{id}");
    let before = drawn(&running, OFFICE, &of).await.unwrap();
    check(&before.spans);
    assert!(before.spans[1].is_open, "the bus does not have the plan: {:?}", before.spans[1]);

    world.echo(&running).await;
    let store = running.gateway.store();
    let kept = store.read(|tx| crate::operations::plan_of(tx, &id.parse().unwrap())).unwrap();
    let plan = kept.unwrap();
    world.says(&running, &id, &begun(&plan)).await;
    let order = GiveOrderRequest {
        command: command("order"),
        operation_id: id.clone(),
        unit: "public_security".into(),
        text: "close the slip road".into(),
        ..GiveOrderRequest::default()
    };
    let mut door = OperationServiceClient::new(running.channel(OFFICE));
    let order = door.give_order(order).await.unwrap().into_inner().order_id;
    world.echo(&running).await;
    let (unit, order) = (unit(POLICE), order.parse().unwrap());
    let text = "li.na goes".to_owned();
    let answered =
        Said::Answered { unit: unit.clone(), order, is_taken: true, text, at: Some(NOW) };
    let inspection: InspectionId = "I-1".parse().unwrap();
    let found = Said::Found { unit, inspection: inspection.clone() };
    world.says(&running, &id, &[(POLICE, answered), (POLICE, found)]).await;
    world.stops(&running, &stop(&inspection, &id)).await;
    world.says(&running, &id, &ended(&plan)).await;
    // Nobody but a desk says such a thing: it is no step.
    let forged = Said::CheckedIn { unit: self::unit(CITY), at: NOW };
    world.says(&running, &id, &[(POLICE, forged)]).await;

    running.clock.set(Moment(NOW.0 + 86_400_000));
    let GetTraceResponse { trace_id, spans, .. } = drawn(&running, OFFICE, &of).await.unwrap();
    check(&spans);
    assert_eq!((&trace_id, &spans[0].span_id), (&context.trace_id(), &context.span_id()));
    assert!(!spans[0].is_open, "{:?}", spans[0]);
    let steps = spans.iter().filter(|span| span.kind() == SpanKind::Step);
    assert_eq!(steps.count(), 1 + begun(&plan).len() + 3 + ended(&plan).len());
    let (police, city) = (format!("{POLICE} "), format!("{CITY} "));
    let mut right: Vec<String> = ["join", "read", "check_in", "let_go"]
        .iter()
        .flat_map(|duty| [format!("{police}{duty}"), format!("{city}{duty}")])
        .chain([format!("{police}answer_order"), format!("{OFFICE} lead")])
        .collect();
    right.sort();
    assert_eq!(waits(&spans), right);
    let text = format!("{spans:?}");
    assert!(!text.contains("li.na") && !text.contains("river road"), "{text}");

    world.says(&running, &id, &work(&id)).await;
    let linked = drawn(&running, OFFICE, &of).await.unwrap().spans;
    let names: Vec<String> =
        linked.iter().flat_map(|span| &span.links).map(|link| link.subject.clone()).collect();
    assert_eq!(names, ["inspection/wenshan/I-1".to_owned(), format!("case/wenshan/{id}-1")]);
    let no = drawn(&running, "unit/housing", &of).await.unwrap_err();
    assert_eq!((no.reason.as_str(), no.field.as_str()), ("NOT_YOUR_OPERATION", "subject"));

    let running = running.restart_in().await;
    running.clock.set(Moment(NOW.0 + 86_400_000));
    let again = drawn(&running, OFFICE, &of).await.unwrap();
    assert_eq!(again.spans, linked, "the same after a restart");
    let stop = drawn(&running, POLICE, "inspection/I-1").await.unwrap();
    check(&stop.spans);
    assert_eq!(waits(&stop.spans), [format!("{POLICE} settle")]);
    assert_eq!(stop.spans[0].links[0].subject, format!("operation/wenshan/{id}"));
    assert_eq!(stop.spans[0].links[0].trace_id, context.trace_id());
    let none = drawn(&running, OFFICE, "inspection/I-2").await.unwrap_err();
    assert_eq!(none.field, "subject");
}
