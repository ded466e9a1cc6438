//! Who is in S3: a community, the departments' systems, the office, the city government.

use std::path::{Path, PathBuf};

use kit::{client::Channel as Line, status};
use proto::{
    case::{Rating, Severity},
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, ContestRulingRequest, DeclareCaseRequest,
        DisposeTaskRequest, Dispute, GiveOpinionRequest, ListDisputesRequest, ListTasksRequest,
        RefuseTaskRequest, RetypeTaskRequest, Task, TaskState,
        unit_service_client::UnitServiceClient,
    },
    whistle::{
        AgendaItem, AssignCaseRequest, Case, CaseStage, ConfirmCaseRequest, GetCaseRequest,
        HistoryEntry, ListAgendaRequest, ListHistoryRequest, ListPrecedentsRequest, Precedent,
        RaiseSeverityRequest, RaiseWhistleRequest, RuleDisputeRequest, WatchCasesRequest,
        whistle_service_client::WhistleServiceClient,
    },
};
use tonic::Status;

use crate::{
    people::{another, line, photograph},
    s1::stage::until,
};

/// The community that whistles.
pub const COMMUNITY: &str = "community/kaihua_dongfeng";
/// The leading group's office; its department is enforcement.
pub const OFFICE: &str = "office/leading_group_office";
/// The city government.
pub const GOVERNMENT: &str = "office/gov_city";

/// A shed over a gas pipe.
pub const PIPELINE: &str = "pipeline_occupied";

fn texts(units: &[&str]) -> Vec<String> {
    units.iter().map(|unit| (*unit).to_owned()).collect()
}

/// Why something was refused, for programs.
pub fn reason(refused: &Status) -> String {
    status::rejection(refused).reason
}

/// Everybody, by their certificates.
pub struct Scene {
    data: PathBuf,
}

impl Scene {
    /// As they come in.
    pub fn of(data: &Path) -> Scene {
        Scene { data: data.to_owned() }
    }

    fn door(&self, party: &str) -> WhistleServiceClient<Line> {
        WhistleServiceClient::new(line(&self.data, party, &["gateway"]))
    }

    /// A department's own system.
    pub fn unit(&self, id: &str) -> Desk {
        let line = line(&self.data, &format!("unit/{id}"), &["units", id]);
        Desk { id: id.to_owned(), desk: UnitServiceClient::new(line.clone()), line }
    }

    /// The community whistles and calls these units.
    pub async fn whistle(&self, issue_type: &str, called: &[&str]) -> String {
        let line = line(&self.data, COMMUNITY, &["gateway"]);
        let request = RaiseWhistleRequest {
            command: another("li.na"),
            issue_type: issue_type.to_owned(),
            grid: "WS-KH-001".to_owned(),
            description: "a brick shed stands over a gas pipe in a compound".to_owned(),
            evidence: vec![photograph(&line, "the shed").await],
            called_units: texts(called),
            ..RaiseWhistleRequest::default()
        };
        let answer = self.door(COMMUNITY).raise_whistle(request).await.unwrap();
        answer.into_inner().case_id
    }

    /// A case as it stands.
    pub async fn case(&self, case_id: &str) -> Case {
        let request = GetCaseRequest { case_id: case_id.to_owned() };
        self.door(COMMUNITY).get_case(request).await.unwrap().into_inner().case.unwrap()
    }

    /// Waits for a case to be as it shall be.
    pub async fn until(&self, what: &str, case_id: &str, is_so: impl Fn(&Case) -> bool) -> Case {
        until(what, async || self.case(case_id).await, is_so).await
    }

    /// Waits until this party owns the case, in this stage.
    pub async fn owned(&self, case_id: &str, owner: &str, stage: CaseStage) -> Case {
        let is_so = |case: &Case| case.owner == owner && case.stage() == stage;
        self.until(&format!("{stage:?} and of {owner}"), case_id, is_so).await
    }

    /// Every step of a case.
    pub async fn history(&self, case_id: &str) -> Vec<HistoryEntry> {
        let request = ListHistoryRequest { case_id: case_id.to_owned(), page: None };
        self.door(COMMUNITY).list_history(request).await.unwrap().into_inner().entries
    }

    /// The case after every step of its history, from the first on.
    pub async fn states(&self, case_id: &str) -> Vec<Case> {
        let count = self.history(case_id).await.len();
        let request =
            WatchCasesRequest { after_place: 0, case_id: case_id.to_owned(), only_new: false };
        let mut steps = self.door(COMMUNITY).watch_cases(request).await.unwrap().into_inner();
        let mut states = Vec::new();
        while states.len() < count {
            states.push(steps.message().await.unwrap().unwrap().case.unwrap());
        }
        states
    }

    /// An office names the lead.
    pub async fn assign(&self, office: &str, case_id: &str, lead: &str) {
        let request = AssignCaseRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            lead: lead.to_owned(),
            cooperating: Vec::new(),
            note: "by turns".to_owned(),
        };
        self.door(office).assign_case(request).await.unwrap();
    }

    /// An office rules whose matter it is.
    pub async fn rule(&self, office: &str, case_id: &str, lead: &str) -> Result<u32, Status> {
        let request = RuleDisputeRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            lead: lead.to_owned(),
            cooperating: Vec::new(),
            reason: "the shed is a building of the compound".to_owned(),
        };
        Ok(self.door(office).rule_dispute(request).await?.into_inner().round)
    }

    /// What waits for the joint conference, as the government sees it.
    pub async fn agenda(&self) -> Vec<AgendaItem> {
        let request = ListAgendaRequest::default();
        self.door(GOVERNMENT).list_agenda(request).await.unwrap().into_inner().items
    }

    /// The rulings about a kind of matter, as a unit sees them.
    pub async fn precedents(&self, issue_type: &str) -> Vec<Precedent> {
        let request = ListPrecedentsRequest { issue_type: issue_type.to_owned(), page: None };
        let answer = self.door("unit/housing").list_precedents(request).await;
        answer.unwrap().into_inner().precedents
    }

    /// Somebody says that it is worse than it was.
    pub async fn worsen(&self, party: &str, case_id: &str, how: Severity) -> Result<(), Status> {
        let request = RaiseSeverityRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            severity: how.into(),
            reason: "it smells of gas".to_owned(),
            evidence: Vec::new(),
        };
        self.door(party).raise_severity(request).await.map(drop)
    }

    /// The community is content with these units.
    pub async fn confirm(&self, case_id: &str, units: &[&str]) {
        let rating =
            |unit: &&str| Rating { unit: (*unit).to_owned(), stars: 4, ..Rating::default() };
        let request = ConfirmCaseRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            ratings: units.iter().map(rating).collect(),
        };
        self.door(COMMUNITY).confirm_case(request).await.unwrap();
    }
}

/// A department's own system.
pub struct Desk {
    id: String,
    line: Line,
    desk: UnitServiceClient<Line>,
}

impl Desk {
    async fn tasks(&self) -> Vec<Task> {
        let answer = self.desk.clone().list_tasks(ListTasksRequest::default()).await;
        answer.unwrap().into_inner().tasks
    }

    /// Its task of a case, when it is in this state and of this round.
    pub async fn task(&self, case_id: &str, state: TaskState, round: u32) -> Task {
        let is_it = |task: &Task| {
            let of = task.call.as_ref().map_or(0, |call| call.round);
            task.case_id == case_id && task.state() == state && of == round
        };
        let what = format!("{state:?} in round {round} at {}", self.id);
        let tasks = async || self.tasks().await;
        let found = until(&what, tasks, |tasks| tasks.iter().any(is_it)).await;
        found.into_iter().find(is_it).unwrap()
    }

    /// Whether it was ever called to a case.
    pub async fn is_called(&self, case_id: &str) -> bool {
        self.tasks().await.iter().any(|task| task.case_id == case_id)
    }

    /// Refuses.
    pub async fn refuse(&self, case_id: &str, reason: &str, named: &str) -> Result<(), Status> {
        let request = RefuseTaskRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            reason: reason.to_owned(),
            named_unit: named.to_owned(),
            ..Default::default()
        };
        self.desk.clone().refuse_task(request).await.map(drop)
    }

    /// Contests the ruling.
    pub async fn contest(&self, case_id: &str) -> Result<(), Status> {
        let request = ContestRulingRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            reason: "the pipe was there first".to_owned(),
        };
        self.desk.clone().contest_ruling(request).await.map(drop)
    }

    /// Says that it is another kind of matter.
    pub async fn retype(&self, case_id: &str, issue_type: &str) -> Result<(), Status> {
        let request = RetypeTaskRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            issue_type: issue_type.to_owned(),
            reason: "there is a gas pipe under it".to_owned(),
            grid: String::new(),
        };
        self.desk.clone().retype_task(request).await.map(drop)
    }

    /// Says that it lies in another cell.
    pub async fn relocate(&self, case_id: &str, grid: &str) -> Result<(), Status> {
        let request = RetypeTaskRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            issue_type: String::new(),
            reason: "it is beyond the bridge".to_owned(),
            grid: grid.to_owned(),
        };
        self.desk.clone().retype_task(request).await.map(drop)
    }

    /// The dispute about a case in which it is asked, when it has heard of it.
    pub async fn dispute(&self, case_id: &str) -> Dispute {
        let asked = async || {
            let answer = self.desk.clone().list_disputes(ListDisputesRequest::default()).await;
            answer.unwrap().into_inner().disputes
        };
        let is_it = |dispute: &Dispute| dispute.case_id == case_id;
        let found = until("asked", asked, |all| all.iter().any(is_it)).await;
        found.into_iter().find(is_it).unwrap()
    }

    /// Says whose matter it is.
    pub async fn opine(&self, case_id: &str, text: &str, named: &str) -> Result<Dispute, Status> {
        self.dispute(case_id).await;
        let request = GiveOpinionRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            text: text.to_owned(),
            named_unit: named.to_owned(),
        };
        Ok(self.desk.clone().give_opinion(request).await?.into_inner().dispute.unwrap())
    }

    /// Reports for duty.
    pub async fn accept(&self, case_id: &str) -> Result<(), Status> {
        let request = AcceptTaskRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            ..Default::default()
        };
        self.desk.clone().accept_task(request).await.map(drop)
    }

    /// From the call to its disposal.
    pub async fn work(&self, case_id: &str) {
        self.accept(case_id).await.unwrap();
        self.rest(case_id).await;
    }

    /// From its acceptance to its disposal.
    pub async fn rest(&self, case_id: &str) {
        let request = ArriveTaskRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            ..Default::default()
        };
        self.desk.clone().arrive_task(request).await.unwrap();
        let text = format!("{case_id} as {} left it", self.id);
        let request = DisposeTaskRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            summary: "done".to_owned(),
            evidence: vec![photograph(&self.line, &text).await],
            ..Default::default()
        };
        self.desk.clone().dispose_task(request).await.unwrap();
    }

    /// Declares the whole matter disposed.
    pub async fn declare(&self, case_id: &str) {
        let request = DeclareCaseRequest {
            command: another("li.na"),
            case_id: case_id.to_owned(),
            summary: "the shed is gone".to_owned(),
        };
        self.desk.clone().declare_case(request).await.unwrap();
    }
}
