//! The people of S1: the community at the gate, and the departments' own systems.

use std::path::{Path, PathBuf};

use kit::client::Channel as Line;
use proto::{
    case::{Channel, Evidence, Intake, Point, Rating},
    evidence::{UploadRequest, evidence_service_client::EvidenceServiceClient},
    page::Command,
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, DeclareCaseRequest, DisposeTaskRequest,
        ListTasksRequest, Task, TaskState, WatchTasksRequest,
        unit_service_client::UnitServiceClient,
    },
    whistle::{
        Case, ConfirmCaseRequest, GetCaseRequest, HistoryEntry, ListHistoryRequest,
        MergeCaseRequest, RaiseWhistleRequest, RaiseWhistleResponse,
        whistle_service_client::WhistleServiceClient,
    },
};
use sha2::{Digest, Sha256};
use tonic::Status;

use super::stage::until;
use crate::people::{command, line};

/// The community that whistles.
pub const COMMUNITY: &str = "community/kaihua_dongfeng";

/// The units that S1 calls: the lead, and one of the four cooperating units.
pub const CALLED: [&str; 2] = ["enforcement", "market_regulation"];

/// The other three.
pub const OTHERS: [&str; 3] = ["environment", "transport", "public_security"];

/// The steps of the plain whistle; its closing goes to the record and to each of the two units.
pub const ONCE: [(&str, usize); 9] = [
    ("CaseClosed", 3),
    ("CaseConfirmed", 1),
    ("CaseDeclared", 1),
    ("CaseRouted", 1),
    ("TaskAccepted", 2),
    ("TaskArrived", 2),
    ("TaskDisposed", 2),
    ("UnitCalled", 2),
    ("WhistleRaised", 1),
];

/// A command: the same act has the same id, so that saying it twice is once.
/// Brings a photograph to the store behind the line.
async fn photograph(line: Line, text: &str) -> Evidence {
    let hash: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    let digest = format!("sha256:{hash}");
    let size = text.len() as u64;
    let piece = text.as_bytes().to_vec();
    let request = UploadRequest { digest: digest.clone(), size, piece, ..UploadRequest::default() };
    let mut store = EvidenceServiceClient::new(line);
    store.upload(tokio_stream::once(request)).await.unwrap();
    Evidence { digest, size, kind: "photo".to_owned(), media_type: "image/jpeg".to_owned() }
}

/// A point so many metres north of the market gate, as reported through a channel.
pub fn at_the_gate(channel: Channel, metres: i32) -> Option<Intake> {
    let point = Point { lon_e7: 1_042_440_000, lat_e7: 233_690_000 + 90 * metres, datum: 0 };
    Some(Intake { channel: channel.into(), point: Some(point), ..Intake::default() })
}

/// The community at its desk.
pub struct Community {
    line: Line,
    gateway: WhistleServiceClient<Line>,
}

impl Community {
    /// Comes in through the gateway.
    pub fn of(data: &Path) -> Community {
        let line = line(data, COMMUNITY, &["gateway"]);
        Community { gateway: WhistleServiceClient::new(line.clone()), line }
    }

    /// Raises street vending, with so many photographs.
    pub async fn raise(
        &self,
        act: &str,
        photos: usize,
        change: impl FnOnce(&mut RaiseWhistleRequest),
    ) -> Result<RaiseWhistleResponse, Status> {
        let mut evidence = Vec::new();
        for number in 0..photos {
            evidence.push(photograph(self.line.clone(), &format!("stall {number}")).await);
        }
        let mut request = RaiseWhistleRequest {
            command: command("li.na", act),
            issue_type: "street_vending".into(),
            grid: "WS-KH-001".into(),
            description: "stalls before the market gate".into(),
            evidence,
            called_units: CALLED.map(str::to_owned).to_vec(),
            intake: at_the_gate(Channel::Grid, 0),
            ..RaiseWhistleRequest::default()
        };
        change(&mut request);
        Ok(self.gateway.clone().raise_whistle(request).await?.into_inner())
    }

    /// The plain whistle of S1; the number of its case.
    pub async fn whistle(&self) -> String {
        let answer = self.raise("whistle", 2, |_| ()).await.unwrap();
        assert!(!answer.is_again, "{answer:?}");
        answer.case_id
    }

    /// A case as it stands.
    pub async fn case(&self, case_id: &str) -> Case {
        let request = GetCaseRequest { case_id: case_id.to_owned() };
        self.gateway.clone().get_case(request).await.unwrap().into_inner().case.unwrap()
    }

    /// Waits for a case to be as it shall be.
    pub async fn until(&self, what: &str, case_id: &str, is_so: impl Fn(&Case) -> bool) -> Case {
        until(what, async || self.case(case_id).await, is_so).await
    }

    /// Every step of a case.
    pub async fn history(&self, case_id: &str) -> Vec<HistoryEntry> {
        let request = ListHistoryRequest { case_id: case_id.to_owned(), page: None };
        self.gateway.clone().list_history(request).await.unwrap().into_inner().entries
    }

    /// Confirms, with stars for units.
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

    /// Says that a case is about the matter of another one.
    pub async fn merge(&self, ends: &str, same_as: &str) -> Result<String, Status> {
        let request = MergeCaseRequest {
            command: command("li.na", &format!("merge/{ends}")),
            case_id: ends.to_owned(),
            same_as: same_as.to_owned(),
            note: "seen on site".to_owned(),
        };
        Ok(self.gateway.clone().merge_case(request).await?.into_inner().case_id)
    }
}

/// A department's own system.
pub struct Department {
    unit: String,
    line: Line,
    desk: UnitServiceClient<Line>,
}

impl Department {
    /// Talks to its unit's service and to nothing else.
    pub fn of(data: &Path, unit: &str) -> Department {
        let line = line(data, &format!("unit/{unit}"), &["units", unit]);
        let desk = UnitServiceClient::new(line.clone());
        Department { unit: unit.to_owned(), line, desk }
    }

    /// Waits until its unit's service can be called.
    pub async fn back(&self) {
        let asked =
            async || self.desk.clone().list_tasks(ListTasksRequest::default()).await.is_ok();
        until(&format!("{} is back", self.unit), asked, |is_back| *is_back).await;
    }

    /// All its tasks.
    pub async fn tasks(&self) -> Vec<Task> {
        let answer = self.desk.clone().list_tasks(ListTasksRequest::default()).await;
        answer.unwrap().into_inner().tasks
    }

    /// Waits until its task of a case is in a state.
    pub async fn until(&self, case_id: &str, state: TaskState) -> Task {
        let what = format!("{state:?} at {}", self.unit);
        let is_it = |task: &Task| task.case_id == case_id && task.state() == state;
        let tasks = async || self.tasks().await;
        let found = until(&what, tasks, |tasks| tasks.iter().any(is_it)).await;
        found.into_iter().find(is_it).unwrap()
    }

    /// The case of the first thing that ever reached it.
    pub async fn first_case(&self) -> String {
        let request = WatchTasksRequest { after_place: 0, only_new: false };
        let mut changes = self.desk.clone().watch_tasks(request).await.unwrap().into_inner();
        changes.message().await.unwrap().unwrap().task.unwrap().case_id
    }

    /// How often something was said or heard about a case before the first word of a later one:
    /// whatever came for it had come by then.
    pub async fn changes(&self, case_id: &str, later: &str) -> usize {
        let request = WatchTasksRequest { after_place: 0, only_new: false };
        let mut changes = self.desk.clone().watch_tasks(request).await.unwrap().into_inner();
        let mut count = 0;
        while let Some(change) = changes.message().await.unwrap() {
            let task = change.task.unwrap();
            count += usize::from(task.case_id == case_id);
            if task.case_id == later {
                return count;
            }
        }
        panic!("the stream of {} has ended", self.unit);
    }

    /// Reports for duty.
    pub async fn accept(&self, case_id: &str) {
        self.until(case_id, TaskState::Called).await;
        let (command, case_id) = (self.command("accept", case_id), case_id.to_owned());
        self.desk
            .clone()
            .accept_task(AcceptTaskRequest { command, case_id, on_behalf_of: String::new() })
            .await
            .unwrap();
    }

    /// Reports on site.
    pub async fn arrive(&self, case_id: &str) {
        let (command, case_id) = (self.command("arrive", case_id), case_id.to_owned());
        self.desk
            .clone()
            .arrive_task(ArriveTaskRequest { command, case_id, on_behalf_of: String::new() })
            .await
            .unwrap();
    }

    /// Files its own disposal.
    pub async fn dispose(&self, case_id: &str, summary: &str) {
        let text = format!("{case_id} as {} left it", self.unit);
        let request = DisposeTaskRequest {
            command: self.command("dispose", case_id),
            case_id: case_id.to_owned(),
            summary: summary.to_owned(),
            evidence: vec![photograph(self.line.clone(), &text).await],
            on_behalf_of: String::new(),
        };
        self.desk.clone().dispose_task(request).await.unwrap();
    }

    /// Declares the whole matter disposed.
    pub async fn declare(&self, case_id: &str) -> Result<(), Status> {
        let request = DeclareCaseRequest {
            command: self.command("declare", case_id),
            case_id: case_id.to_owned(),
            summary: "the gate is clear".to_owned(),
        };
        self.desk.clone().declare_case(request).await.map(drop)
    }

    fn command(&self, act: &str, case_id: &str) -> Option<Command> {
        command(&format!("officer.{}", self.unit), &format!("{act}/{case_id}"))
    }
}

/// Everybody who is in the plain whistle.
pub struct People {
    /// Who whistles.
    pub community: Community,
    /// Enforcement.
    pub lead: Department,
    /// Market regulation.
    pub cooperating: Department,
    data: PathBuf,
}

impl People {
    /// As they come in.
    pub fn of(data: &Path) -> People {
        let [lead, cooperating] = CALLED.map(|unit| Department::of(data, unit));
        People { community: Community::of(data), lead, cooperating, data: data.to_owned() }
    }

    /// Another department.
    pub fn department(&self, unit: &str) -> Department {
        Department::of(&self.data, unit)
    }

    /// From the call to the lead's declaration, each unit its own part.
    pub async fn work(&self, case_id: &str) {
        for unit in [&self.lead, &self.cooperating] {
            unit.accept(case_id).await;
            unit.arrive(case_id).await;
        }
        self.lead.dispose(case_id, "stalls moved to the diversion point").await;
        self.cooperating.dispose(case_id, "licences checked").await;
        self.lead.declare(case_id).await.unwrap();
    }

    /// Nothing that happened in a case that is closed happened twice: to each unit, neither a call
    /// nor a closing, and in the record no step.
    pub async fn nothing_came_twice(&self, case_id: &str) {
        let change = |request: &mut RaiseWhistleRequest| {
            request.grid = "WS-KH-002".into();
            request.intake = None;
        };
        let later = self.community.raise("later", 2, change).await.unwrap().case_id;
        // Called, accepted, arrived, disposed, closed; the lead has declared besides.
        assert_eq!(self.lead.changes(case_id, &later).await, 6);
        assert_eq!(self.cooperating.changes(case_id, &later).await, 5);
        let history = self.community.history(case_id).await;
        let steps: Vec<_> =
            counts(&history).into_iter().filter(|(step, _)| *step != "ReportedAgain").collect();
        assert_eq!(steps, ONCE, "{history:#?}");
    }

    /// The community is content with both.
    pub async fn confirm(&self, case_id: &str) {
        let is_asked = |case: &Case| case.confirming();
        self.community.until("asked to confirm", case_id, is_asked).await;
        self.community.confirm(case_id, &[(CALLED[0], 5), (CALLED[1], 4)]).await.unwrap();
    }
}

/// What tests ask of a case.
pub trait Asked {
    /// Whether the community has the word.
    fn confirming(&self) -> bool;
    /// Whether it is closed.
    fn closed(&self) -> bool;
    /// The units of the round.
    fn units(&self) -> Vec<&str>;
}

impl Asked for Case {
    fn confirming(&self) -> bool {
        self.stage() == proto::whistle::CaseStage::Confirming
    }

    fn closed(&self) -> bool {
        self.stage() == proto::whistle::CaseStage::Closed
    }

    fn units(&self) -> Vec<&str> {
        self.parts.iter().map(|part| part.unit.as_str()).collect()
    }
}

/// How often each type of step is in a history, by the last part of its name.
pub fn counts(history: &[HistoryEntry]) -> Vec<(&str, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for entry in history {
        *counts.entry(entry.r#type.rsplit('.').next().unwrap_or_default()).or_default() += 1;
    }
    counts.into_iter().collect()
}
