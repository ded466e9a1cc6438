//! The people of a joint operation: who leads it, and the teams at the desks of their units.

use kit::{client::Channel, clock::Clock, status};
use proto::inspection_wire::{
    Found, Inspection, NotProven, OpenInspectionRequest, Outcome, SettleFindingRequest,
    finding_service_client::FindingServiceClient, outcome::Outcome as How,
};
use proto::operation::{
    AnswerOrderRequest, AskTeamRequest, CheckInRequest, ConfirmPartRequest, Crew,
    DeclinePartRequest, EndKind, EndOperationRequest, GetOperationRequest, GiveOrderRequest,
    ListLogRequest, ListOperationsRequest, ListPartsRequest, LogEntry, Member, Need, Operation,
    OperationStage, Part, PlanOperationRequest, ReadBriefingRequest, ReportFindingRequest,
    operation_service_client::OperationServiceClient, team_service_client::TeamServiceClient,
};
use tonic::Status;

use crate::{
    people::{another, command},
    s1::stage::until,
    s7::people::Doors,
};

/// Who leads it.
pub const OFFICE: &str = "office/command_hq_office";
/// 公安交警, a part of 市公安局, which has the desk.
pub const POLICE: &str = "public_security";
/// 城管.
pub const ENFORCEMENT: &str = "enforcement";
/// Not in the template: invited besides.
pub const TRANSPORT: &str = "transport";

/// What a team may decide there.
const POWER: &str = "stops and checks";

/// Now, and so many seconds.
pub fn after(seconds: i64) -> i64 {
    Clock::system().now().0 + seconds * 1_000
}

/// What a unit is asked to bring.
pub fn need(unit: &str) -> Need {
    Need { unit: unit.into(), people: 2, vehicles: 1, ..Need::default() }
}

/// The night operation of the template, from in an hour on, with the roads' people besides.
pub fn night(act: &str) -> PlanOperationRequest {
    PlanOperationRequest {
        command: command("li.na", act),
        kind: "muck_trucks".into(),
        goal: "muck trucks on the river road".into(),
        subdistricts: vec!["subdistrict_songyang".into()],
        from_ms: after(3_600),
        to_ms: after(4 * 3_600),
        needs: vec![need(TRANSPORT)],
        is_single: true,
        ..PlanOperationRequest::default()
    }
}

pub fn door(city: &impl Doors, party: &str) -> OperationServiceClient<Channel> {
    OperationServiceClient::new(city.gate(party))
}

fn team(city: &impl Doors, unit: &str) -> TeamServiceClient<Channel> {
    TeamServiceClient::new(city.desk(unit))
}

/// Plans; the number.
pub async fn plan(city: &impl Doors, request: PlanOperationRequest) -> Result<String, Status> {
    plan_as(city, OFFICE, request).await
}

/// The same of another office.
pub async fn plan_as(
    city: &impl Doors,
    party: &str,
    request: PlanOperationRequest,
) -> Result<String, Status> {
    let answer = door(city, party).plan_operation(request).await?;
    Ok(answer.into_inner().operation_id)
}

/// An operation as a party sees it.
pub async fn seen(city: &impl Doors, party: &str, id: &str) -> Result<Operation, Status> {
    let request = GetOperationRequest { operation_id: id.into() };
    Ok(door(city, party).get_operation(request).await?.into_inner().operation.unwrap())
}

/// Waits until an administrator sees it as it shall be.
pub async fn eventually(
    city: &impl Doors,
    what: &str,
    id: &str,
    is_so: impl Fn(&Operation) -> bool,
) -> Operation {
    let is_so = |seen: &Result<Operation, Status>| seen.as_ref().is_ok_and(&is_so);
    until(what, async || seen(city, "admin/li", id).await, is_so).await.unwrap()
}

/// Whether it is that far.
pub fn is_at(stage: OperationStage) -> impl Fn(&Operation) -> bool {
    move |one| one.stage() == stage
}

/// A unit of it.
pub fn member<'a>(one: &'a Operation, unit: &str) -> &'a Member {
    let is_it = |member: &&Member| member.need.as_ref().is_some_and(|need| need.unit == unit);
    one.members.iter().find(is_it).unwrap()
}

/// What was said in it, as a party reads it.
pub async fn log(city: &impl Doors, party: &str, id: &str) -> Result<Vec<LogEntry>, Status> {
    let request = ListLogRequest { operation_id: id.into(), page: None };
    Ok(door(city, party).list_log(request).await?.into_inner().entries)
}

/// What waits for an operator.
pub async fn waiting(city: &impl Doors) -> Vec<String> {
    let request = ListOperationsRequest { page: None, is_waiting: true };
    let found = door(city, OFFICE).list_operations(request).await.unwrap().into_inner();
    found.operations.into_iter().map(|one| one.operation_id).collect()
}

/// Orders; the number.
pub async fn order(city: &impl Doors, id: &str, unit: &str, text: &str) -> Result<String, Status> {
    let request = GiveOrderRequest {
        command: another("li.na"),
        operation_id: id.into(),
        unit: unit.into(),
        text: text.into(),
        ..GiveOrderRequest::default()
    };
    Ok(door(city, OFFICE).give_order(request).await?.into_inner().order_id)
}

/// Ends it.
pub async fn end(city: &impl Doors, id: &str, how: EndKind) -> Result<(), Status> {
    let request = EndOperationRequest {
        command: command("li.na", &format!("end/{id}")),
        operation_id: id.into(),
        how: how.into(),
        reason: "rain".into(),
        is_series: false,
    };
    door(city, OFFICE).end_operation(request).await.map(drop)
}

async fn found(city: &impl Doors, unit: &str) -> Vec<Part> {
    let answer = team(city, unit).list_parts(ListPartsRequest::default()).await;
    answer.map(|answer| answer.into_inner().parts).unwrap_or_default()
}

/// The part of a unit, once its desk has it as it shall be.
pub async fn part(
    city: &impl Doors,
    what: &str,
    (unit, id): (&str, &str),
    is_so: impl Fn(&Part) -> bool,
) -> Part {
    let is_it = |part: &&Part| part.operation_id == id && is_so(part);
    let has = |parts: &Vec<Part>| parts.iter().any(|part| is_it(&part));
    let parts = until(what, async || found(city, unit).await, has).await;
    parts.into_iter().find(|part| is_it(&part)).unwrap()
}

fn refused<T>(answer: Result<tonic::Response<T>, Status>) -> Result<T, String> {
    answer.map(tonic::Response::into_inner).map_err(|no| status::rejection(&no).reason)
}

/// A unit comes, once it is called: two people and one vehicle of these names.
pub async fn comes(
    city: &impl Doors,
    (unit, id): (&str, &str),
    crew: &str,
) -> Result<Part, String> {
    part(city, "called", (unit, id), |part| part.plan.is_some()).await;
    let people = vec![format!("{unit}-{crew}-1"), format!("{unit}-{crew}-2")];
    let crew =
        Crew { people, vehicles: vec![format!("{unit}-{crew}")], powers: vec![POWER.into()] };
    let request = ConfirmPartRequest {
        command: another("officer"),
        operation_id: id.into(),
        crew: Some(crew),
    };
    refused(team(city, unit).confirm_part(request).await).map(|answer| answer.part.unwrap())
}

/// A unit does not come, and names another.
pub async fn declines(
    city: &impl Doors,
    (unit, id): (&str, &str),
    substitute: &str,
) -> Result<(), String> {
    part(city, "called", (unit, id), |part| part.plan.is_some()).await;
    let request = DeclinePartRequest {
        command: another("officer"),
        operation_id: id.into(),
        reason: "nobody is free".into(),
        substitute: substitute.into(),
    };
    refused(team(city, unit).decline_part(request).await).map(drop)
}

/// A team reads its briefing, once it is there, and checks in.
pub async fn arrives(city: &impl Doors, (unit, id): (&str, &str)) {
    part(city, "briefed", (unit, id), |part| !part.members.is_empty()).await;
    let request = ReadBriefingRequest { command: another("officer"), operation_id: id.to_owned() };
    refused(team(city, unit).read_briefing(request).await).unwrap();
    let request =
        CheckInRequest { command: another("officer"), operation_id: id.to_owned(), at_ms: 0 };
    refused(team(city, unit).check_in(request).await).unwrap();
}

/// A team says whether it does what it was asked, once it is there.
pub async fn answers(city: &impl Doors, (unit, id): (&str, &str), order: &str, is_taken: bool) {
    let has = |part: &Part| {
        let mut orders = part.orders.iter().filter_map(|given| given.order.as_ref());
        orders.any(|one| one.id == order)
    };
    part(city, "ordered", (unit, id), has).await;
    let request = AnswerOrderRequest {
        command: another("officer"),
        operation_id: id.into(),
        order_id: order.into(),
        is_taken,
        text: if is_taken { String::new() } else { "we are too few".into() },
        ..AnswerOrderRequest::default()
    };
    refused(team(city, unit).answer_order(request).await).unwrap();
}

/// A team asks another for help, or hands over to it; the number.
pub async fn asks(
    city: &impl Doors,
    (unit, id): (&str, &str),
    to: &str,
    is_handover: bool,
) -> Result<String, String> {
    let request = AskTeamRequest {
        command: another("officer"),
        operation_id: id.into(),
        unit: to.into(),
        text: "the truck flees into the next subdistrict".into(),
        grid: if is_handover { "DF-SL-001".into() } else { String::new() },
        is_handover,
    };
    refused(team(city, unit).ask_team(request).await).map(|answer| answer.order_id)
}

/// A team stops a truck: one finding of the police's, one of enforcement's.
pub async fn stops(city: &impl Doors, (unit, id): (&str, &str)) -> Inspection {
    let found = |code: &str| Found {
        code: code.into(),
        fact: format!("{code}-1"),
        at_ms: after(-60),
        text: "seen at the checkpoint".into(),
        evidence: vec![],
    };
    let request = OpenInspectionRequest {
        command: another("officer"),
        object: "hauler-9".into(),
        vehicle: "YA-12345".into(),
        place: "the river road".into(),
        at_ms: after(-60),
        operation_id: id.into(),
        findings: vec![found("speeding"), found("mud_on_road")],
    };
    let answer = FindingServiceClient::new(city.desk(unit)).open_inspection(request).await;
    answer.unwrap().into_inner().inspection.unwrap()
}

/// Whoever has the power settles a finding of a stop: it is not proven.
pub async fn settles(city: &impl Doors, unit: &str, (id, finding): (&str, u32)) {
    let request = SettleFindingRequest {
        command: another("officer"),
        inspection_id: id.into(),
        finding,
        outcome: Some(Outcome {
            outcome: Some(How::NotProven(NotProven { reason: "no picture".into() })),
        }),
    };
    let mut desk = FindingServiceClient::new(city.desk(unit));
    let settled = async || desk.settle_finding(request.clone()).await.is_ok();
    until("the finding is settled", settled, |is_settled| *is_settled).await;
}

/// A team has made a stop.
pub async fn finds(city: &impl Doors, (unit, id): (&str, &str), stop: &str) -> Result<(), String> {
    let request = ReportFindingRequest {
        command: another("officer"),
        operation_id: id.into(),
        inspection_id: stop.into(),
    };
    refused(team(city, unit).report_finding(request).await).map(drop)
}
