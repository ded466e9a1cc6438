//! The people of S11: residents and their community, housing with fire and the power company, the
//! office and the city government.

use std::path::{Path, PathBuf};

use kit::client::Channel as Line;
use proto::{
    accountability::{
        BulletinEntry, DecideOutcomeRequest, GetSheetRequest, GiveStatementRequest,
        ListBulletinRequest, ListDemandsRequest, Sheet,
        accountability_service_client::AccountabilityServiceClient,
        statement_service_client::StatementServiceClient,
    },
    case::{Complaint, Rating},
    page::{Command, Page},
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, DeclareCaseRequest, DisposeTaskRequest,
        ListTasksRequest, RefuseTaskRequest, Task, TaskState,
        unit_service_client::UnitServiceClient,
    },
    whistle::{
        AssignCaseRequest, Case, ConfirmCaseRequest, GetCaseRequest, HistoryEntry,
        ListHistoryRequest, RaiseWhistleRequest, RecordFindingRequest, SendBackCaseRequest,
        whistle_service_client::WhistleServiceClient,
    },
};
use tonic::Status;

use crate::{
    people::{command, line, photograph},
    s1::stage::until,
};

/// The community whose residents are not satisfied.
pub const COMMUNITY: &str = "community/kaihua_dongfeng";
/// The leading group's office.
pub const OFFICE: &str = "office/leading_group_office";
/// The city government.
pub const GOVERNMENT: &str = "office/gov_city";
/// The units that the whistle calls, by the registry's row of WS-C08.
pub const CALLED: [&str; 3] = ["fire_rescue", "housing", "power_company"];

/// Whoever comes in through the gateway: the community, an office, the government.
pub struct Person {
    line: Line,
    gateway: WhistleServiceClient<Line>,
    accounts: AccountabilityServiceClient<Line>,
}

impl Person {
    /// Comes in.
    pub fn of(data: &Path, party: &str) -> Person {
        let line = line(data, party, &["gateway"]);
        let gateway = WhistleServiceClient::new(line.clone());
        Person { gateway, accounts: AccountabilityServiceClient::new(line.clone()), line }
    }

    /// Raises charging wires, with a photograph.
    pub async fn raise(
        &self,
        act: &str,
        change: impl FnOnce(&mut RaiseWhistleRequest),
    ) -> Result<String, Status> {
        let mut request = RaiseWhistleRequest {
            command: command("li.na", act),
            issue_type: "ebike_parking".into(),
            grid: "WS-KH-001".into(),
            description: "charging wires out of the windows of building 3".into(),
            evidence: vec![photograph(&self.line, act).await],
            called_units: CALLED.map(str::to_owned).to_vec(),
            ..RaiseWhistleRequest::default()
        };
        change(&mut request);
        let answer = self.gateway.clone().raise_whistle(request).await?.into_inner();
        assert!(!answer.is_again, "{answer:?}");
        Ok(answer.case_id)
    }

    /// Complains about a unit, and about what happened in a case.
    pub async fn complain(&self, about: &str, case_id: &str) -> Result<String, Status> {
        let complaint = Complaint { about: about.to_owned(), case_id: case_id.to_owned() };
        let change = |request: &mut RaiseWhistleRequest| {
            request.issue_type = "conduct".into();
            request.description = "an officer sent the residents away".into();
            request.called_units.clear();
            request.complaint = Some(complaint);
        };
        self.raise(&format!("complain/{about}"), change).await
    }

    /// A case as it stands.
    pub async fn case(&self, case_id: &str) -> Case {
        let request = GetCaseRequest { case_id: case_id.to_owned() };
        self.gateway.clone().get_case(request).await.unwrap().into_inner().case.unwrap()
    }

    /// Whether a case is in sight.
    pub async fn sees(&self, case_id: &str) -> bool {
        let request = GetCaseRequest { case_id: case_id.to_owned() };
        self.gateway.clone().get_case(request).await.is_ok()
    }

    /// Waits for a case to be as it shall be.
    pub async fn until(&self, what: &str, case_id: &str, is_so: impl Fn(&Case) -> bool) -> Case {
        until(what, async || self.case(case_id).await, is_so).await
    }

    /// Every step of a case.
    pub async fn history(&self, case_id: &str) -> Vec<HistoryEntry> {
        // Four rounds of three units are more than a usual page.
        let page = Some(Page { size: 500, token: String::new() });
        let request = ListHistoryRequest { case_id: case_id.to_owned(), page };
        self.gateway.clone().list_history(request).await.unwrap().into_inner().entries
    }

    /// Is not satisfied with a round, and shows it.
    pub async fn send_back(&self, case_id: &str, round: u32) {
        let photo = photograph(&self.line, &format!("{case_id} is back after {round}")).await;
        let request = SendBackCaseRequest {
            command: command("li.na", &format!("back/{case_id}/{round}")),
            case_id: case_id.to_owned(),
            reason: "the wires are back".to_owned(),
            evidence: vec![photo],
        };
        self.gateway.clone().send_back_case(request).await.unwrap();
    }

    /// Confirms and rates.
    pub async fn confirm(&self, case_id: &str, stars: &[(&str, u32)]) -> Result<(), Status> {
        let rating = |(unit, stars): &(&str, u32)| Rating {
            unit: (*unit).to_owned(),
            stars: *stars,
            ..Rating::default()
        };
        let request = ConfirmCaseRequest {
            command: command("li.na", &format!("confirm/{case_id}/{}", stars.len())),
            case_id: case_id.to_owned(),
            ratings: stars.iter().map(rating).collect(),
        };
        self.gateway.clone().confirm_case(request).await.map(drop)
    }

    /// Names the lead of a case that has none.
    pub async fn assign(&self, case_id: &str, lead: &str) {
        let request = AssignCaseRequest {
            command: command("wang.wei", &format!("assign/{case_id}")),
            case_id: case_id.to_owned(),
            lead: lead.to_owned(),
            cooperating: vec![],
            note: "a compound is housing's".to_owned(),
        };
        self.gateway.clone().assign_case(request).await.unwrap();
    }

    /// Finds whether a complaint is right.
    pub async fn find(&self, case_id: &str, is_upheld: bool) -> Result<(), Status> {
        let request = RecordFindingRequest {
            command: command("wang.wei", &format!("find/{case_id}")),
            case_id: case_id.to_owned(),
            is_upheld,
            text: "three residents and the recording agree".to_owned(),
            evidence: vec![],
        };
        self.gateway.clone().record_finding(request).await.map(drop)
    }

    /// The sheet of a unit, once there is one.
    pub async fn sheet(&self, case_id: &str, unit: &str, is_so: impl Fn(&Sheet) -> bool) -> Sheet {
        let request = GetSheetRequest { case_id: case_id.to_owned(), unit: unit.to_owned() };
        let look = async || {
            let answer = self.accounts.clone().get_sheet(request.clone()).await;
            answer.ok().and_then(|answer| answer.into_inner().sheet)
        };
        until("as it shall be", look, |sheet| sheet.as_ref().is_some_and(&is_so)).await.unwrap()
    }

    /// Decides what follows for a unit.
    pub async fn decide(&self, case_id: &str, unit: &str, form: &str) -> Result<(), Status> {
        let request = DecideOutcomeRequest {
            command: command("wang.wei", &format!("decide/{case_id}/{unit}/{form}")),
            case_id: case_id.to_owned(),
            unit: unit.to_owned(),
            form: form.to_owned(),
            reason: "heard; the same compound for the third time".to_owned(),
        };
        self.accounts.clone().decide_outcome(request).await.map(drop)
    }

    /// What is published, once there is so much.
    pub async fn bulletin(&self, count: usize) -> Vec<BulletinEntry> {
        let look = async || {
            let answer = self.accounts.clone().list_bulletin(ListBulletinRequest::default()).await;
            answer.unwrap().into_inner().entries
        };
        until("published", look, |entries| entries.len() >= count).await
    }
}

/// A unit's own system; also where it acts for one that has none.
pub struct Unit {
    name: String,
    line: Line,
    desk: UnitServiceClient<Line>,
    statements: StatementServiceClient<Line>,
}

impl Unit {
    /// Talks to its unit's service and to nothing else.
    pub fn of(data: &Path, name: &str) -> Unit {
        let line = line(data, &format!("unit/{name}"), &["units", name]);
        let desk = UnitServiceClient::new(line.clone());
        let statements = StatementServiceClient::new(line.clone());
        Unit { name: name.to_owned(), line, desk, statements }
    }

    /// All tasks at its desk.
    pub async fn tasks(&self) -> Vec<Task> {
        let answer = self.desk.clone().list_tasks(ListTasksRequest::default()).await;
        answer.unwrap().into_inner().tasks
    }

    /// Waits for a task of this round to be there: of its own, or of one for which it acts.
    pub async fn called(&self, case_id: &str, round: u32, whose: &str) -> Task {
        let unit = if whose.is_empty() { &self.name } else { whose };
        let is_it = |task: &Task| {
            let call = task.call.clone().unwrap_or_default();
            task.case_id == case_id
                && (call.round, call.unit.as_str()) == (round, unit)
                && task.state() == TaskState::Called
        };
        let tasks = async || self.tasks().await;
        let found = until("called", tasks, |tasks| tasks.iter().any(is_it)).await;
        found.into_iter().find(is_it).unwrap()
    }

    fn command(&self, act: &str, case_id: &str, round: u32, whose: &str) -> Option<Command> {
        command(&format!("officer.{}", self.name), &format!("{act}/{case_id}/{round}/{whose}"))
    }

    /// Reports for duty.
    pub async fn accept(&self, case_id: &str, round: u32, whose: &str) {
        self.called(case_id, round, whose).await;
        let request = AcceptTaskRequest {
            command: self.command("accept", case_id, round, whose),
            case_id: case_id.to_owned(),
            on_behalf_of: whose.to_owned(),
        };
        self.desk.clone().accept_task(request).await.unwrap();
    }

    /// Refuses, and names another unit.
    pub async fn refuse(&self, case_id: &str, reason: &str, named: &str) {
        self.called(case_id, 1, "").await;
        let request = RefuseTaskRequest {
            command: self.command("refuse", case_id, 1, ""),
            case_id: case_id.to_owned(),
            reason: reason.to_owned(),
            named_unit: named.to_owned(),
            on_behalf_of: String::new(),
        };
        self.desk.clone().refuse_task(request).await.unwrap();
    }

    /// Reports on site.
    pub async fn arrive(&self, case_id: &str, round: u32, whose: &str) {
        let request = ArriveTaskRequest {
            command: self.command("arrive", case_id, round, whose),
            case_id: case_id.to_owned(),
            on_behalf_of: whose.to_owned(),
        };
        self.desk.clone().arrive_task(request).await.unwrap();
    }

    /// Files a disposal, with so many photographs.
    pub async fn dispose(
        &self,
        (case_id, round): (&str, u32),
        whose: &str,
        photos: usize,
    ) -> Result<(), Status> {
        let mut evidence = Vec::new();
        for number in 0..photos {
            let text = format!("{case_id} {round} {whose} {number} by {}", self.name);
            evidence.push(photograph(&self.line, &text).await);
        }
        let request = DisposeTaskRequest {
            command: self.command("dispose", case_id, round, whose),
            case_id: case_id.to_owned(),
            summary: "rewired along the wall".to_owned(),
            evidence,
            on_behalf_of: whose.to_owned(),
        };
        self.desk.clone().dispose_task(request).await.map(drop)
    }

    /// Declares the whole matter disposed.
    pub async fn declare(&self, case_id: &str, round: u32) -> Result<(), Status> {
        let request = DeclareCaseRequest {
            command: self.command("declare", case_id, round, ""),
            case_id: case_id.to_owned(),
            summary: "no wire hangs".to_owned(),
        };
        self.desk.clone().declare_case(request).await.map(drop)
    }

    /// One whole part: accepted, arrived, disposed.
    pub async fn work(&self, case_id: &str, round: u32, whose: &str) {
        self.accept(case_id, round, whose).await;
        self.arrive(case_id, round, whose).await;
        self.dispose((case_id, round), whose, 1).await.unwrap();
    }

    /// What the unit has to answer for, once it is asked.
    pub async fn demand(&self, case_id: &str) -> Sheet {
        self.told("asked to answer", case_id, |_| true).await
    }

    /// The same, once its desk has it so.
    pub async fn told(&self, what: &str, case_id: &str, is_so: impl Fn(&Sheet) -> bool) -> Sheet {
        let look = async || {
            let answer = self.statements.clone().list_demands(ListDemandsRequest::default()).await;
            answer.unwrap().into_inner().sheets
        };
        let is_it = |sheet: &Sheet| sheet.case_id == case_id && is_so(sheet);
        let found = until(what, look, |sheets| sheets.iter().any(is_it)).await;
        found.into_iter().find(is_it).unwrap()
    }

    /// States its case.
    pub async fn state(&self, case_id: &str, text: &str) -> Result<(), Status> {
        let request = GiveStatementRequest {
            command: self.command("state", case_id, 0, ""),
            case_id: case_id.to_owned(),
            text: text.to_owned(),
            evidence: vec![photograph(&self.line, "the compound at night").await],
        };
        self.statements.clone().give_statement(request).await.map(drop)
    }
}

/// Everybody.
pub struct People {
    /// The community of the compound.
    pub community: Person,
    /// The leading group's office.
    pub office: Person,
    /// The city government.
    pub government: Person,
    /// The lead.
    pub housing: Unit,
    /// Fire.
    pub fire: Unit,
    data: PathBuf,
}

impl People {
    /// As they come in.
    pub fn of(data: &Path) -> People {
        let [community, office, government] =
            [COMMUNITY, OFFICE, GOVERNMENT].map(|party| Person::of(data, party));
        let [housing, fire] = ["housing", "fire_rescue"].map(|unit| Unit::of(data, unit));
        People { community, office, government, housing, fire, data: data.to_owned() }
    }

    /// Another unit.
    pub fn unit(&self, name: &str) -> Unit {
        Unit::of(&self.data, name)
    }

    /// One whole round: fire checks, housing acts for the power company and for itself, and declares.
    pub async fn round(&self, case_id: &str, round: u32) {
        self.fire.work(case_id, round, "").await;
        self.housing.work(case_id, round, "power_company").await;
        self.housing.work(case_id, round, "").await;
        self.housing.declare(case_id, round).await.unwrap();
        let is_asked = |case: &Case| {
            case.round == round && case.stage() == proto::whistle::CaseStage::Confirming
        };
        self.community.until("asked to confirm", case_id, is_asked).await;
    }

    /// Rounds that are all sent back.
    pub async fn rounds_in_vain(&self, case_id: &str, rounds: u32) {
        for round in 1..=rounds {
            self.round(case_id, round).await;
            self.community.send_back(case_id, round).await;
        }
    }
}

/// Whether it is closed.
pub fn closed(case: &Case) -> bool {
    case.stage() == proto::whistle::CaseStage::Closed
}
