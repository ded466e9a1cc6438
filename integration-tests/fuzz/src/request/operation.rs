//! Joint operations and the parts of units in them, through the code by which their handlers read
//! them.

use domain::rejection::Rejection;
use kit::page;
use proto::operation::{
    AnswerOrderRequest, AskTeamRequest, ConfirmPartRequest, Crew, DeclinePartRequest,
    EndOperationRequest, FollowUpRequest, GetOperationRequest, GiveOrderRequest, InviteUnitRequest,
    ListLogRequest, ListOperationsRequest, Need, PlanOperationRequest, Repeat,
    ReportFindingRequest, SettleReleaseRequest, Work,
};

use super::{Read, command, decoded, party, reason, seed};

pub(super) const METHODS: [(&str, Read); 14] = [
    ("PlanOperation", plan),
    ("InviteUnit", invite),
    ("GiveOrder", order),
    ("EndOperation", end),
    ("SettleRelease", settle),
    ("FollowUp", follow_up),
    ("GetOperation", get_operation),
    ("ListOperations", list_operations),
    ("ListLog", list_log),
    ("ConfirmPart", confirm),
    ("DeclinePart", decline),
    ("AnswerOrder", answer),
    ("AskTeam", ask_team),
    ("ReportFinding", finding),
];

fn plan(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<PlanOperationRequest>(bytes, |request| {
        gateway::asking::by(party("office/o"), request.command.clone())?;
        gateway::asking::draft(request).map(drop)
    })
}

fn invite(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<InviteUnitRequest>(bytes, |request| gateway::asking::invitation(request).map(drop))
}

fn order(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GiveOrderRequest>(bytes, |request| gateway::asking::order(request).map(drop))
}

fn end(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<EndOperationRequest>(bytes, |request| gateway::asking::ending(request).map(drop))
}

fn settle(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<SettleReleaseRequest>(bytes, |request| gateway::asking::settlement(request).map(drop))
}

fn follow_up(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<FollowUpRequest>(bytes, |request| gateway::asking::follow_up(request).map(drop))
}

/// What names an operation and nothing else is asked for alike.
fn get_operation(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetOperationRequest>(bytes, |request| {
        unit::asking::part_id(request.operation_id.clone())?;
        gateway::asking::operation_id(request.operation_id).map(drop)
    })
}

/// The lists of operations and of what waits for a unit are asked for alike.
fn list_operations(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListOperationsRequest>(bytes, |request| page::wanted(request.page).map(drop))
}

fn list_log(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListLogRequest>(bytes, |request| {
        gateway::asking::operation_id(request.operation_id)?;
        page::wanted(request.page).map(drop)
    })
}

fn confirm(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ConfirmPartRequest>(bytes, |request| {
        let command = request.command.clone();
        unit::asking::word(party("unit/housing"), "ConfirmPart", command, &request)?;
        unit::asking::coming(request).map(drop)
    })
}

fn decline(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<DeclinePartRequest>(bytes, |request| unit::asking::refusal(request).map(drop))
}

fn answer(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<AnswerOrderRequest>(bytes, |request| unit::asking::answer(request).map(drop))
}

fn ask_team(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<AskTeamRequest>(bytes, |request| unit::asking::asking(request).map(drop))
}

fn finding(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ReportFindingRequest>(bytes, |request| unit::asking::finding(request).map(drop))
}

fn operation_id() -> String {
    "O20261122-7QK3M9ZT".to_owned()
}

/// A good plan.
fn draft() -> PlanOperationRequest {
    let (unit, powers) = ("transport".to_owned(), vec![reason()]);
    PlanOperationRequest {
        command: command(),
        kind: "muck_trucks".to_owned(),
        goal: reason(),
        grids: vec!["DF-SY-001".to_owned()],
        subdistricts: vec!["subdistrict_songyang".to_owned()],
        from_ms: 1_795_400_000_000,
        to_ms: 1_795_420_000_000,
        needs: vec![Need { unit, people: 2, vehicles: 1, powers, is_must: true }],
        quorum: 2,
        answer_within_ms: 3_600_000,
        repeat: Some(Repeat { every_days: 7, free_days: 3, until_ms: 0, regular_ms: 0 }),
        is_single: false,
    }
}

/// A good confirmation.
fn confirmation() -> ConfirmPartRequest {
    let (people, vehicles) = (vec!["p-1".to_owned()], vec!["v-1".to_owned()]);
    let crew = Some(Crew { people, vehicles, powers: vec![reason()] });
    ConfirmPartRequest { command: command(), operation_id: operation_id(), crew }
}

/// What is left to one case.
fn left() -> FollowUpRequest {
    let work = Work {
        id: "1".to_owned(),
        grid: "DF-SY-001".to_owned(),
        issue_type: "muck_mud".to_owned(),
        units: vec!["enforcement".to_owned()],
        text: reason(),
    };
    FollowUpRequest { command: command(), operation_id: operation_id(), works: vec![work] }
}

/// A good request of each that people use.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    vec![
        seed("PlanOperation", &draft()),
        seed("ConfirmPart", &confirmation()),
        seed("FollowUp", &left()),
    ]
}
