//! What is refused about joint operations, and by whoever it is; what depends on how far one is, is in
//! the tables of `domain::operation::tests` and in the stories of `operation`.

use domain::moment::Moment;
use proto::{
    operation::{
        AnswerOrderRequest, AskTeamRequest, CheckInRequest, ConfirmPartRequest, Crew,
        DeclinePartRequest, EndKind, EndOperationRequest, FollowUpRequest, GetOperationRequest,
        GiveOrderRequest, InviteUnitRequest, ListLogRequest, ListOperationsRequest,
        ListPartsRequest, Need, PlanOperationRequest, ReadBriefingRequest, ReportFindingRequest,
        SettleReleaseRequest, Work, operation_service_client::OperationServiceClient,
        team_service_client::TeamServiceClient,
    },
    page::Page,
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, LEAD, World, command, no},
};
use crate::people::line;

const OFFICE: &str = "office/leading_group_office";
const UNIT: &str = "unit/enforcement";
const NONE: &str = "O20260101-A";

fn hours(count: i64) -> i64 {
    let now: Moment = kit::clock::Clock::system().now();
    now.0 + count * 3_600_000
}

fn need(unit: &str) -> Need {
    Need { unit: unit.into(), people: 1, ..Need::default() }
}

impl World {
    fn operations(&self, party: &str) -> OperationServiceClient<kit::client::Channel> {
        OperationServiceClient::new(line(&self.data, party, &["gateway"]))
    }

    fn teams(&self, party: &str) -> TeamServiceClient<kit::client::Channel> {
        TeamServiceClient::new(self.unit_line(party, LEAD))
    }

    async fn plan(self, party: &str, change: impl FnOnce(&mut PlanOperationRequest)) -> Status {
        let mut request = PlanOperationRequest {
            command: command("plan-operation"),
            kind: "muck_trucks".into(),
            goal: "the river road".into(),
            grids: vec!["WS-KH-001".into()],
            from_ms: hours(24),
            to_ms: hours(30),
            ..PlanOperationRequest::default()
        };
        change(&mut request);
        no(self.operations(party).plan_operation(request).await)
    }

    async fn end(self, party: &str, how: EndKind) -> Status {
        let request = EndOperationRequest {
            command: command("end-operation"),
            operation_id: NONE.into(),
            how: how.into(),
            reason: "rain".into(),
            is_series: false,
        };
        no(self.operations(party).end_operation(request).await)
    }

    async fn order(self, party: &str) -> Status {
        let request = GiveOrderRequest {
            command: command("order"),
            operation_id: NONE.into(),
            unit: "enforcement".into(),
            text: "close the road".into(),
            ..GiveOrderRequest::default()
        };
        no(self.operations(party).give_order(request).await)
    }

    async fn comes(self, party: &str, people: usize) -> Status {
        let people = (0..people).map(|number| format!("p-{number}")).collect();
        let request = ConfirmPartRequest {
            command: command("comes"),
            operation_id: NONE.into(),
            crew: Some(Crew { people, ..Crew::default() }),
        };
        no(self.teams(party).confirm_part(request).await)
    }

    async fn settles(self, party: &str) -> Status {
        let request = SettleReleaseRequest {
            command: command("settle"),
            operation_id: NONE.into(),
            unit: "enforcement".into(),
            reason: "told".into(),
        };
        no(self.operations(party).settle_release(request).await)
    }

    async fn follows(self, party: &str, count: usize) -> Status {
        let work =
            Work { id: "1".into(), grid: "g".into(), issue_type: "i".into(), ..Work::default() };
        let request = FollowUpRequest {
            command: command("follow"),
            operation_id: NONE.into(),
            works: vec![work; count],
        };
        no(self.operations(party).follow_up(request).await)
    }
}

/// Whatever the state of the case.
pub fn rows() -> Vec<Row> {
    let mut rows = plans();
    rows.extend(doors());
    rows.extend(desks());
    rows
}

fn plans() -> Vec<Row> {
    rows! {
        "an operation that the city does not have": |w| w.plan(OFFICE, |r| r.kind = "muck_truck".into())
            => NotFound "UNKNOWN_OPERATION_KIND" "kind" "muck_trucks";
        "an operation for nothing": |w| w.plan(OFFICE, |r| r.goal = " ".into())
            => InvalidArgument "GOAL_MISSING" "goal" "must not be empty";
        "an operation nowhere": |w| w.plan(OFFICE, |r| r.grids.clear())
            => InvalidArgument "AREA" "grids" "1 to 50";
        "an operation in a cell that is not there": |w| w.plan(OFFICE, |r| r.grids = vec!["WS-KH-999".into()])
            => NotFound "UNKNOWN_GRID" "grids" "WS-KH-999";
        "an operation in a subdistrict that is not there": |w|
            w.plan(OFFICE, |r| r.subdistricts = vec!["housing".into()])
            => NotFound "UNKNOWN_SUBDISTRICT" "subdistricts" "housing";
        "an operation in the past": |w| w.plan(OFFICE, |r| r.from_ms = hours(-1))
            => InvalidArgument "WINDOW" "from_ms" "later than now";
        "an operation that ends before it begins": |w| w.plan(OFFICE, |r| r.to_ms = r.from_ms)
            => InvalidArgument "WINDOW" "to_ms" "after it begins";
        "a unit without a desk is called": |w| w.plan(OFFICE, |r| r.needs = vec![need("grid_member")])
            => NotFound "UNKNOWN_UNIT" "needs.unit" "with a desk";
        "a unit is called twice": |w|
            w.plan(OFFICE, |r| r.needs = vec![need("water"), need("water")])
            => InvalidArgument "UNIT_TWICE" "needs.unit" "twice";
        "more units than fit": |w| w.plan(OFFICE, |r| r.needs = vec![need("water"); 21])
            => InvalidArgument "TOO_MANY" "needs" "at most 20";
        "a quorum of more than are called": |w| w.plan(OFFICE, |r| r.quorum = 5)
            => InvalidArgument "QUORUM" "quorum" "from 1 to the 4";
        "a free operation without a limit": |w| w.plan(OFFICE, |r| {
            r.kind.clear();
            r.needs = vec![need("water")];
        }) => InvalidArgument "LIMIT_MISSING" "answer_within_ms" "how long";
        "a free operation of nobody": |w| w.plan(OFFICE, |r| r.kind.clear())
            => InvalidArgument "UNITS_MISSING" "needs" "one unit at least";
        "a series whose operations overlap": |w| w.plan(OFFICE, |r| {
            r.to_ms = hours(24 * 9);
        }) => InvalidArgument "EVERY_DAYS" "repeat.every_days" "over before the next";
        "a unit plans an operation": |w| w.plan(UNIT, |_| ())
            => PermissionDenied "NOT_A_COORDINATOR" "" "an office";
    }
}

fn doors() -> Vec<Row> {
    rows! {
        "an operation that is not there is ended": |w| w.end(OFFICE, EndKind::Aborted)
            => NotFound "UNKNOWN_OPERATION" "operation_id" "there is no operation";
        "a person says that an operation is over": |w| w.end(OFFICE, EndKind::Over)
            => InvalidArgument "MALFORMED_KIND" "how" "stops";
        "a unit ends an operation": |w| w.end(UNIT, EndKind::Aborted)
            => PermissionDenied "NOT_A_COORDINATOR" "" "an office";
        "an order where nothing is": |w| w.order(OFFICE)
            => NotFound "UNKNOWN_OPERATION" "operation_id" "there is no operation";
        "a unit orders": |w| w.order(UNIT)
            => PermissionDenied "NOT_A_COORDINATOR" "" "an office";
        "somebody is called where nothing is": |w| async move {
            let (command, operation_id) = (command("invite"), NONE.into());
            let request = InviteUnitRequest { command, operation_id, need: Some(need("water")) };
            no(w.operations(OFFICE).invite_unit(request).await)
        } => NotFound "UNKNOWN_OPERATION" "operation_id" "there is no operation";
        "nobody is called": |w| async move {
            let (command, operation_id) = (command("invite"), NONE.into());
            let request = InviteUnitRequest { command, operation_id, need: None };
            no(w.operations(OFFICE).invite_unit(request).await)
        } => InvalidArgument "FIELD_MISSING" "need" "is missing";
        "a release is settled where nothing is": |w| w.settles("admin/li")
            => NotFound "UNKNOWN_OPERATION" "operation_id" "there is no operation";
        "a unit settles": |w| w.settles(UNIT)
            => PermissionDenied "NOT_AN_OPERATOR" "" "an administrator";
        "more cases than fit": |w| w.follows(OFFICE, 21)
            => InvalidArgument "TOO_MANY" "works" "at most 20";
        "cases of what is not there": |w| w.follows(OFFICE, 1)
            => NotFound "UNKNOWN_OPERATION" "operation_id" "there is no operation";
        "an operation that is not there": |w| async move {
            let request = GetOperationRequest { operation_id: NONE.into() };
            no(w.operations(OFFICE).get_operation(request).await)
        } => NotFound "UNKNOWN_OPERATION" "operation_id" "there is no operation";
        "the log of an operation that is not there": |w| async move {
            let request = ListLogRequest { operation_id: NONE.into(), page: None };
            no(w.operations(OFFICE).list_log(request).await)
        } => NotFound "UNKNOWN_OPERATION" "operation_id" "there is no operation";
        "a community asks for operations": |w| async move {
            let request = ListOperationsRequest::default();
            no(w.operations(COMMUNITY).list_operations(request).await)
        } => PermissionDenied "NOT_YOUR_OPERATION" "" "sees no operations";
        "a token of another list of operations": |w| async move {
            let page = Some(Page { size: 1, token: "00".into() });
            let request = ListOperationsRequest { page, is_waiting: false };
            no(w.operations(OFFICE).list_operations(request).await)
        } => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
    }
}

fn desks() -> Vec<Row> {
    rows! {
        "a unit comes where nobody called": |w| w.comes(UNIT, 1)
            => NotFound "UNKNOWN_OPERATION" "operation_id" "is not called";
        "more people than fit": |w| w.comes(UNIT, 51)
            => InvalidArgument "TOO_MANY" "people" "at most 50";
        "an office comes": |w| w.comes(OFFICE, 1)
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "a unit declines where nobody called": |w| async move {
            let request = DeclinePartRequest {
                command: command("declines"),
                operation_id: NONE.into(),
                reason: "no people".into(),
                substitute: String::new(),
            };
            no(w.teams(UNIT).decline_part(request).await)
        } => NotFound "UNKNOWN_OPERATION" "operation_id" "is not called";
        "a briefing that nobody gave": |w| async move {
            let (command, operation_id) = (command("reads"), NONE.into());
            no(w.teams(UNIT).read_briefing(ReadBriefingRequest { command, operation_id }).await)
        } => NotFound "UNKNOWN_OPERATION" "operation_id" "is not called";
        "a team is where nobody called it": |w| async move {
            let (command, operation_id) = (command("is-there"), NONE.into());
            no(w.teams(UNIT).check_in(CheckInRequest { command, operation_id, at_ms: 0 }).await)
        } => NotFound "UNKNOWN_OPERATION" "operation_id" "is not called";
        "a team was there before there were any": |w| async move {
            let (command, operation_id) = (command("was-there"), NONE.into());
            no(w.teams(UNIT).check_in(CheckInRequest { command, operation_id, at_ms: -1 }).await)
        } => InvalidArgument "TOO_EARLY" "at_ms" "0 for now";
        "an order of a malformed number": |w| async move {
            let request = AnswerOrderRequest {
                command: command("answers"),
                operation_id: NONE.into(),
                order_id: "a b".into(),
                is_taken: true,
                ..AnswerOrderRequest::default()
            };
            no(w.teams(UNIT).answer_order(request).await)
        } => InvalidArgument "MALFORMED_ID" "order_id" "letters, digits";
        "an order is answered before 1970": |w| async move {
            let request = AnswerOrderRequest {
                command: command("answers"),
                operation_id: NONE.into(),
                order_id: "c-1".into(),
                at_ms: -1,
                ..AnswerOrderRequest::default()
            };
            no(w.teams(UNIT).answer_order(request).await)
        } => InvalidArgument "TOO_EARLY" "at_ms" "0 for now";
        "a team that is not there asks another": |w| async move {
            let request = AskTeamRequest {
                command: command("asks"),
                operation_id: NONE.into(),
                unit: "water".into(),
                text: "help".into(),
                ..AskTeamRequest::default()
            };
            no(w.teams(UNIT).ask_team(request).await)
        } => NotFound "UNKNOWN_OPERATION" "operation_id" "is not called";
        "a finding of a malformed number": |w| async move {
            let request = ReportFindingRequest {
                command: command("finds"),
                operation_id: NONE.into(),
                inspection_id: "a b".into(),
            };
            no(w.teams(UNIT).report_finding(request).await)
        } => InvalidArgument "MALFORMED_ID" "inspection_id" "letters, digits";
        "an office asks to what a unit is called": |w| async move {
            no(w.teams(OFFICE).list_parts(ListPartsRequest::default()).await)
        } => PermissionDenied "NOT_A_UNIT" "" "only a unit";
    }
}
