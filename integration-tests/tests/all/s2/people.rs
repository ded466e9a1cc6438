//! The people of S2: who speaks at the gateway, and housing's own system.

use std::path::Path;

use kit::{client::Channel as Line, status};
use proto::{
    page::Command,
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, DeclareCaseRequest, DisposeTaskRequest,
        ListTasksRequest, RefuseTaskRequest, Task, TaskState,
        unit_service_client::UnitServiceClient,
    },
    whistle::{
        AssignCaseRequest, Case, DirectReport, DirectReportState, InstructUnitRequest,
        MergeCaseRequest, Part, ReportToGovernmentRequest, UrgeCaseRequest, WithdrawCaseRequest,
        whistle_service_client::WhistleServiceClient,
    },
};
use tonic::{Response, Status};

use crate::{
    people::{command, line, photograph},
    s1::{
        people::Community,
        stage::{LONG, Stage, until},
    },
};

/// The leading-group office, which sits in enforcement.
pub const OFFICE: &str = "office/leading_group_office";

/// The city government.
pub const GOVERNMENT: &str = "office/gov_city";

/// The subdistrict of the cell.
pub const SUBDISTRICT: &str = "unit/subdistrict_kaihua";

/// Once it is on site a unit has 4 s; then it is urged, noticed and may be reported. The answer
/// takes as long as nobody waits for.
pub const LATE: [(&str, &str); 4] =
    [("dispose", "4s,2s,1s"), ("notice", "2s,0s,0s"), ("direct", "4s,0s,0s"), ("answer", LONG)];

/// Raises a heap of building material, which is housing's, and calls housing alone.
pub async fn heap(community: &Community, act: &str) -> String {
    let raised = community.raise(act, 2, |request| {
        // Without a place: two heaps are two matters.
        request.intake = None;
        request.issue_type = "stacked_material_street".into();
        request.called_units = vec!["housing".into()];
    });
    raised.await.unwrap().case_id
}

/// A case in which housing is on site and does nothing more.
pub async fn stuck(stage: &Stage) -> (Community, Unit, String) {
    let (community, housing) = (Community::of(&stage.data), Unit::of(&stage.data, "housing"));
    let id = heap(&community, "heap").await;
    housing.accept(&id, 1).await;
    housing.arrive(&id, 1).await;
    (community, housing, id)
}

/// The direct report of a case.
pub fn direct(case: &Case) -> &DirectReport {
    case.direct_report.as_ref().expect("every case says how it stands")
}

/// Waits until the community may report.
pub async fn opened(community: &Community, id: &str) -> Case {
    let is_told = |case: &Case| direct(case).state() == DirectReportState::Open;
    community.until("open to a direct report", id, is_told).await;
    // And until the workflow has told it so.
    let told = async || community.history(id).await;
    until("told", told, |entries| {
        entries.iter().any(|entry| entry.r#type.ends_with(".DirectReportOpened"))
    })
    .await;
    community.case(id).await
}

/// Waits until a report is in the record.
pub async fn reported(community: &Community, id: &str) -> Case {
    let is_it = |case: &Case| direct(case).state() == DirectReportState::Reported;
    community.until("reported", id, is_it).await
}

/// The part of a unit.
pub fn part<'c>(case: &'c Case, unit: &str) -> &'c Part {
    case.parts.iter().find(|part| part.unit == unit).unwrap()
}

/// Why something was refused.
pub fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    status::rejection(&answer.unwrap_err()).reason
}

/// Somebody who speaks at the gateway.
pub struct Voice(WhistleServiceClient<Line>);

fn inner<T>(answer: Result<Response<T>, Status>) -> Result<T, Status> {
    answer.map(Response::into_inner)
}

impl Voice {
    /// Comes in through the gateway.
    pub fn of(data: &Path, party: &str) -> Voice {
        Voice(WhistleServiceClient::new(line(data, party, &["gateway"])))
    }

    /// Urges a unit; says which urging it is.
    pub async fn urge(&self, act: &str, case_id: &str, unit: &str) -> Result<u32, Status> {
        let request = UrgeCaseRequest {
            command: command("zhao", act),
            case_id: case_id.to_owned(),
            party: format!("unit/{unit}"),
            note: "today, please".to_owned(),
        };
        Ok(inner(self.0.clone().urge_case(request).await)?.number)
    }

    /// Reports directly.
    pub async fn report(&self, act: &str, case_id: &str) -> Result<u32, Status> {
        let request = ReportToGovernmentRequest {
            command: command("zhao", act),
            case_id: case_id.to_owned(),
            reason: "the heap is still there".to_owned(),
            evidence: vec![],
        };
        Ok(inner(self.0.clone().report_to_government(request).await)?.round)
    }

    /// Withdraws.
    pub async fn withdraw(&self, act: &str, case_id: &str) -> Result<(), Status> {
        let (command, case_id) = (command("zhao", act), case_id.to_owned());
        let request = WithdrawCaseRequest { command, case_id, reason: "a mistake".to_owned() };
        inner(self.0.clone().withdraw_case(request).await).map(drop)
    }

    /// Answers a report: this unit, ten minutes.
    pub async fn instruct(&self, act: &str, case_id: &str, unit: &str) -> Result<u32, Status> {
        let request = InstructUnitRequest {
            command: command("zhao", act),
            case_id: case_id.to_owned(),
            lead: unit.to_owned(),
            cooperating: vec![],
            within_ms: 600_000,
            text: "remove it today".to_owned(),
        };
        Ok(inner(self.0.clone().instruct_unit(request).await)?.round)
    }

    /// Names another lead.
    pub async fn assign(&self, act: &str, case_id: &str, unit: &str) -> Result<u32, Status> {
        let request = AssignCaseRequest {
            command: command("zhao", act),
            case_id: case_id.to_owned(),
            lead: unit.to_owned(),
            cooperating: vec![],
            note: String::new(),
        };
        Ok(inner(self.0.clone().assign_case(request).await)?.round)
    }

    /// Says that a case is the matter of another one.
    pub async fn merge(&self, act: &str, ends: &str, same_as: &str) -> Result<String, Status> {
        let request = MergeCaseRequest {
            command: command("zhao", act),
            case_id: ends.to_owned(),
            same_as: same_as.to_owned(),
            note: String::new(),
        };
        Ok(inner(self.0.clone().merge_case(request).await)?.case_id)
    }
}

/// A department's own system, which knows in which round it acts.
pub struct Unit {
    name: String,
    line: Line,
    desk: UnitServiceClient<Line>,
}

impl Unit {
    /// Talks to its unit's service and to nothing else.
    pub fn of(data: &Path, name: &str) -> Unit {
        let line = line(data, &format!("unit/{name}"), &["units", name]);
        Unit { name: name.to_owned(), desk: UnitServiceClient::new(line.clone()), line }
    }

    /// Waits for its task of a case to be as it shall be.
    pub async fn until(&self, what: &str, id: &str, is_so: impl Fn(&Task) -> bool) -> Task {
        let is_it = |task: &Task| task.case_id == id && is_so(task);
        let tasks = async || {
            let listed = self.desk.clone().list_tasks(ListTasksRequest::default()).await;
            listed.map_or(Vec::new(), |answer| answer.into_inner().tasks)
        };
        let found = until(what, tasks, |tasks| tasks.iter().any(is_it)).await;
        found.into_iter().find(is_it).unwrap()
    }

    /// Waits until it is called in a round.
    pub async fn called(&self, id: &str, round: u32) -> Task {
        let is_it = |task: &Task| {
            task.state() == TaskState::Called && task.call.as_ref().unwrap().round == round
        };
        self.until("called", id, is_it).await
    }

    /// Reports for duty.
    pub async fn accept(&self, id: &str, round: u32) {
        self.called(id, round).await;
        let (command, case_id) = (self.command("accept", id, round), id.to_owned());
        let request = AcceptTaskRequest { command, case_id, ..Default::default() };
        self.desk.clone().accept_task(request).await.unwrap();
    }

    /// Refuses.
    pub async fn refuse(&self, id: &str, round: u32) -> Result<(), Status> {
        self.called(id, round).await;
        let (command, case_id) = (self.command("refuse", id, round), id.to_owned());
        let (reason, named_unit) = ("not ours".to_owned(), String::new());
        let request =
            RefuseTaskRequest { command, case_id, reason, named_unit, ..Default::default() };
        inner(self.desk.clone().refuse_task(request).await).map(drop)
    }

    /// Reports on site.
    pub async fn arrive(&self, id: &str, round: u32) {
        let (command, case_id) = (self.command("arrive", id, round), id.to_owned());
        let request = ArriveTaskRequest { command, case_id, ..Default::default() };
        self.desk.clone().arrive_task(request).await.unwrap();
    }

    /// Files its disposal and declares the matter disposed.
    pub async fn finish(&self, id: &str, round: u32) {
        let text = format!("{id}/{round} as {} left it", self.name);
        let request = DisposeTaskRequest {
            command: self.command("dispose", id, round),
            case_id: id.to_owned(),
            summary: "taken away".to_owned(),
            evidence: vec![photograph(&self.line, &text).await],
            ..Default::default()
        };
        self.desk.clone().dispose_task(request).await.unwrap();
        let request = DeclareCaseRequest {
            command: self.command("declare", id, round),
            case_id: id.to_owned(),
            summary: "the road is free".to_owned(),
        };
        self.desk.clone().declare_case(request).await.unwrap();
    }

    fn command(&self, act: &str, id: &str, round: u32) -> Option<Command> {
        let (request_id, person) =
            (format!("{act}/{id}/{round}"), format!("officer.{}", self.name));
        command(&person, &request_id)
    }
}
