//! The people and systems of the story, each with its own certificate, through the public
//! interfaces only: a community, a coordinator, a department's own system.

use std::collections::BTreeMap;

use anyhow::Context;
use kit::client::Channel;
use proto::{
    case::{Evidence, Rating},
    evidence::{UploadRequest, evidence_service_client::EvidenceServiceClient},
    page::Command,
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, DeclareCaseRequest, DisposeTaskRequest, Task,
        TaskState, WatchTasksRequest, WatchTasksResponse, unit_service_client::UnitServiceClient,
    },
    whistle::{
        AssignCaseRequest, Case, ConfirmCaseRequest, InstructUnitRequest, RaiseWhistleRequest,
        ReportToGovernmentRequest, SendBackCaseRequest, WatchCasesRequest, WatchCasesResponse,
        whistle_service_client::WhistleServiceClient,
    },
};
use tonic::{Request, Streaming};

use super::photo::{Piece, picture};

/// On whose word: the same act on the same case has the same id, so that saying it twice is once.
fn command(person: &str, act: &str) -> Option<Command> {
    Some(Command { request_id: act.to_owned(), person: person.to_owned() })
}

async fn upload(client: &mut EvidenceServiceClient<Channel>, piece: &Piece) -> anyhow::Result<()> {
    let request = UploadRequest {
        digest: piece.evidence.digest.clone(),
        size: piece.evidence.size,
        piece: piece.bytes.clone(),
        ..UploadRequest::default()
    };
    client.upload(tokio_stream::once(request)).await.context("the evidence is not taken")?;
    Ok(())
}

/// Somebody who comes in through the gateway: a community, the office, the city government.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person who acts.
    pub person: &'static str,
    gateway: WhistleServiceClient<Channel>,
    evidence: EvidenceServiceClient<Channel>,
}

impl Caller {
    /// A caller on this line.
    pub fn new(person: &'static str, channel: Channel) -> Caller {
        let gateway = WhistleServiceClient::new(channel.clone());
        Caller { person, gateway, evidence: EvidenceServiceClient::new(channel) }
    }

    /// Blows the whistle, with its pictures; answers the number of the case.
    pub async fn raise(
        &mut self,
        whistle: RaiseWhistleRequest,
        pieces: &[Piece],
    ) -> anyhow::Result<String> {
        let act = format!("raise/{}/{}", whistle.grid, whistle.issue_type);
        let evidence = self.bring(pieces).await?;
        self.blow(&act, RaiseWhistleRequest { evidence, ..whistle }).await
    }

    /// Uploads pictures, so that a whistle can refer to them.
    pub async fn bring(&mut self, pieces: &[Piece]) -> anyhow::Result<Vec<Evidence>> {
        for piece in pieces {
            upload(&mut self.evidence, piece).await?;
        }
        Ok(pieces.iter().map(|piece| piece.evidence.clone()).collect())
    }

    /// Blows a whistle whose evidence is there already: one call, under the name of the act.
    pub async fn blow(
        &mut self,
        act: &str,
        whistle: RaiseWhistleRequest,
    ) -> anyhow::Result<String> {
        let request = RaiseWhistleRequest { command: command(self.person, act), ..whistle };
        Ok(self.gateway.raise_whistle(request).await?.into_inner().case_id)
    }

    /// What happens after a place of the ledger, to one case or, where none is named, to all.
    pub async fn watch(
        &mut self,
        case_id: &str,
        after_place: u64,
    ) -> anyhow::Result<Streaming<WatchCasesResponse>> {
        let request =
            WatchCasesRequest { after_place, case_id: case_id.to_owned(), only_new: false };
        Ok(self.gateway.watch_cases(Request::new(request)).await?.into_inner())
    }

    /// Names the lead: the first that the registry names, else the first unit of the route.
    pub async fn assign(&mut self, case: &Case) -> anyhow::Result<()> {
        let parts = case.parts.iter().map(|part| &part.unit);
        let lead = case.candidates.iter().chain(parts).next().context("nobody can lead")?.clone();
        let request = AssignCaseRequest {
            command: command(self.person, &format!("assign/{}/{}", case.case_id, case.round)),
            case_id: case.case_id.clone(),
            lead,
            cooperating: Vec::new(),
            note: "the first that the registry names".to_owned(),
        };
        self.gateway.assign_case(request).await?;
        Ok(())
    }

    /// Sends the case back.
    pub async fn send_back(&mut self, case: &Case, reason: &str) -> anyhow::Result<()> {
        let request = SendBackCaseRequest {
            command: command(self.person, &format!("send_back/{}/{}", case.case_id, case.round)),
            case_id: case.case_id.clone(),
            reason: reason.to_owned(),
            evidence: Vec::new(),
        };
        self.gateway.send_back_case(request).await?;
        Ok(())
    }

    /// Reports directly to the city government.
    pub async fn report(&mut self, case_id: &str, reason: &str) -> anyhow::Result<()> {
        let request = ReportToGovernmentRequest {
            command: command(self.person, &format!("report/{case_id}")),
            case_id: case_id.to_owned(),
            reason: reason.to_owned(),
            evidence: Vec::new(),
        };
        self.gateway.report_to_government(request).await?;
        Ok(())
    }

    /// Answers a direct report: the first of these leads, and all have an hour.
    pub async fn instruct(&mut self, case_id: &str, units: &[&str]) -> anyhow::Result<()> {
        let mut units = units.iter().map(|unit| (*unit).to_owned());
        let request = InstructUnitRequest {
            command: command(self.person, &format!("instruct/{case_id}")),
            case_id: case_id.to_owned(),
            lead: units.next().unwrap_or_default(),
            cooperating: units.collect(),
            within_ms: 3_600_000,
            text: "Clear it today.".to_owned(),
        };
        self.gateway.instruct_unit(request).await?;
        Ok(())
    }

    /// Confirms and rates every unit that took part.
    pub async fn confirm(&mut self, case: &Case) -> anyhow::Result<()> {
        let took_part = case.parts.iter().filter(|part| part.refused_at_ms == 0);
        let rate = |part: &proto::whistle::Part| Rating {
            unit: part.unit.clone(),
            stars: 5,
            comment: "quick and thorough".to_owned(),
        };
        let request = ConfirmCaseRequest {
            command: command(self.person, &format!("confirm/{}/{}", case.case_id, case.round)),
            case_id: case.case_id.clone(),
            ratings: took_part.map(rate).collect(),
        };
        self.gateway.confirm_case(request).await?;
        Ok(())
    }
}

/// A department's own system, which talks to nothing but its unit's service.
#[derive(Clone, Debug)]
pub struct Department {
    /// Its unit.
    pub unit: String,
    desk: UnitServiceClient<Channel>,
    evidence: EvidenceServiceClient<Channel>,
}

impl Department {
    /// A system of this unit on this line.
    pub fn new(unit: &str, channel: Channel) -> Department {
        let desk = UnitServiceClient::new(channel.clone());
        Department { unit: unit.to_owned(), desk, evidence: EvidenceServiceClient::new(channel) }
    }

    /// Every change of the unit's tasks, from the first one on.
    pub async fn watch(&mut self) -> anyhow::Result<Streaming<WatchTasksResponse>> {
        let request = Request::new(WatchTasksRequest { after_place: 0, only_new: false });
        Ok(self.desk.watch_tasks(request).await?.into_inner())
    }

    /// Does what comes next for each task, as it is watched, until the line ends.
    pub async fn work(mut self) -> anyhow::Result<()> {
        let mut changes = self.watch().await?;
        let mut done = BTreeMap::new();
        while let Some(change) = changes.message().await? {
            let Some(task) = change.task else { continue };
            let turn = (task.call.as_ref().map_or(0, |call| call.round), task.state);
            let which = (task.case_id.clone(), self.in_place_of(&task));
            if done.insert(which, turn) != Some(turn) {
                self.act(&task).await?;
            }
        }
        Ok(())
    }

    /// Waits for the unit's task of this case to be in the state, and takes the step that follows.
    pub async fn step(&mut self, case_id: &str, from: TaskState) -> anyhow::Result<()> {
        let mut changes = self.watch().await?;
        while let Some(change) = changes.message().await? {
            let is_it = |task: &Task| task.case_id == case_id && task.state() == from;
            let task = change.task.filter(|task| is_it(task) && self.in_place_of(task).is_empty());
            if let Some(task) = task {
                return self.act(&task).await;
            }
        }
        anyhow::bail!("{} was never called to {case_id}", self.unit)
    }

    /// The same in one round of the case.
    pub async fn step_of(
        &mut self,
        case_id: &str,
        round: u32,
        from: TaskState,
    ) -> anyhow::Result<()> {
        let task = self.task(case_id, round, from).await?;
        self.act(&task).await
    }

    /// Waits for the unit's task of a round of this case to be in the state.
    pub async fn task(
        &mut self,
        case_id: &str,
        round: u32,
        state: TaskState,
    ) -> anyhow::Result<Task> {
        let mut changes = self.watch().await?;
        let is_it = |task: &Task| {
            let of = task.call.as_ref().map_or(0, |call| call.round);
            task.case_id == case_id && of == round && task.state() == state
        };
        while let Some(change) = changes.message().await? {
            let task = change.task.filter(is_it);
            if let Some(task) = task.filter(|task| self.in_place_of(task).is_empty()) {
                return Ok(task);
            }
        }
        anyhow::bail!("{} was never called to {case_id}", self.unit)
    }

    /// The unit without a client in whose place it acts; empty for its own task.
    fn in_place_of(&self, task: &Task) -> String {
        let called = task.call.as_ref().map(|call| call.unit.as_str()).unwrap_or_default();
        if called == self.unit { String::new() } else { called.to_owned() }
    }

    /// Takes the step that follows from the state of a task.
    pub async fn act(&mut self, task: &Task) -> anyhow::Result<()> {
        let case_id = task.case_id.clone();
        let round = task.call.as_ref().map_or(0, |call| call.round);
        let on_behalf_of = self.in_place_of(task);
        let id = |act| format!("{act}/{case_id}/{round}/{on_behalf_of}");
        let command = |act| command("officer", &id(act));
        match task.state() {
            TaskState::Called => {
                let request = AcceptTaskRequest {
                    command: command("accept"),
                    case_id: case_id.clone(),
                    on_behalf_of: on_behalf_of.clone(),
                };
                self.desk.accept_task(request).await?;
            }
            TaskState::Accepted => {
                let request = ArriveTaskRequest {
                    command: command("arrive"),
                    case_id: case_id.clone(),
                    on_behalf_of: on_behalf_of.clone(),
                };
                self.desk.arrive_task(request).await?;
            }
            TaskState::Arrived => {
                let evidence = self.photograph(&case_id, round).await?;
                let request = DisposeTaskRequest {
                    command: command("dispose"),
                    case_id: case_id.clone(),
                    summary: "done on site".to_owned(),
                    evidence,
                    on_behalf_of: on_behalf_of.clone(),
                };
                self.desk.dispose_task(request).await?;
            }
            TaskState::Disposed if task.call.as_ref().is_some_and(|call| call.is_lead) => {
                let request = DeclareCaseRequest {
                    command: command("declare"),
                    case_id: case_id.clone(),
                    summary: "the matter is settled".to_owned(),
                };
                self.desk.declare_case(request).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn photograph(&mut self, case_id: &str, round: u32) -> anyhow::Result<Vec<Evidence>> {
        let piece = picture("photo", &format!("{case_id}/{round}/{}", self.unit));
        upload(&mut self.evidence, &piece).await?;
        Ok(vec![piece.evidence])
    }
}
