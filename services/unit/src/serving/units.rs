//! `UnitService`: the desk of the caller's own unit.

use std::{collections::BTreeSet, pin::Pin};

use domain::{
    evidence::{Digest, Evidence},
    pack::Step,
    rejection::Rejection,
    task::{self, Desk as AtHand, TaskId},
};
use futures::Stream;
use kit::{
    identity::Peer,
    page,
    server::peer,
    status::{internal, status},
    trace,
};
use prost::Message;
use proto::page::Command as Asks;
use proto::unit::{
    AcceptTaskRequest, AcceptTaskResponse, ArriveTaskRequest, ArriveTaskResponse, ClaimTaskRequest,
    ClaimTaskResponse, ContestRulingRequest, ContestRulingResponse, DeclareCaseRequest,
    DeclareCaseResponse, DisposeTaskRequest, DisposeTaskResponse, Dispute, GetTaskRequest,
    GetTaskResponse, GiveOpinionRequest, GiveOpinionResponse, ListDisputesRequest,
    ListDisputesResponse, ListTasksRequest, ListTasksResponse, RaiseSeverityRequest,
    RaiseSeverityResponse, RefuseTaskRequest, RefuseTaskResponse, RequestPoliceAssistRequest,
    RequestPoliceAssistResponse, RetypeTaskRequest, RetypeTaskResponse, Task, TaskState,
    WatchTasksRequest, WatchTasksResponse, unit_service_server::UnitService,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::{assist, watch};
use crate::{
    asking,
    desk::{self, Act, Command, dispute::disputes},
    host::{Hosted, Hosts},
    rights, wire,
};

/// The desks of all hosted units.
pub(crate) struct Units {
    pub(crate) hosts: Hosts,
    pub(crate) shutdown: CancellationToken,
}

impl Units {
    /// The desk of the caller's unit, and on whose word a command there stands: somebody who may work
    /// at it.
    fn at_desk(
        &self,
        peer: &Peer,
        method: &str,
        command: Option<Asks>,
        content: &impl Message,
    ) -> Result<(&Hosted, asking::Word), Status> {
        let hosted = self.hosts.of(peer).map_err(status)?;
        let word = asking::word(peer.party.clone(), method, command, content).map_err(status)?;
        let (access, unit) = (&self.hosts.access, &hosted.store.machine().unit);
        let work = rights::work_at_desk(access, unit, &peer.party, &word.person);
        access.check(&peer.party, &work).map_err(status)?;
        Ok((hosted, word))
    }

    /// Carries a command out; the answer is the task after it.
    async fn act<A: asking::Act>(&self, request: Request<A>) -> Result<Option<Task>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let (hosted, word) = self.at_desk(&peer, A::METHOD, content.command(), &content)?;
        let (task, command) = content.read().map_err(status)?;
        let at_hand = at_hand(hosted, &task, &command).map_err(status)?;
        let traceparent = trace::current().to_string();
        let is_refusal = matches!(command, task::Command::Refuse { .. });
        let id = task.clone();
        let act = Act { task, person: word.person, command, at_hand, traceparent };
        let act = Command::Act(Box::new(act));
        let answer = hosted.store.execute(word.asked, act).await.map_err(status)?;
        let after = Task::decode(&answer.bytes[..]).map_err(internal)?;
        if is_refusal && after.state() == TaskState::Called {
            // It is on record, and so is that it changes nothing: the caller is told so each time.
            let task = hosted.store.read(|tx| desk::task(tx, &id)).map_err(status)?;
            return Err(status(task.map_or_else(|| desk::unknown(&id), |task| task::bound(&task))));
        }
        Ok(Some(after))
    }
}

/// What a disposal is judged by: the evidence that is in the store, and the rules of the pack.
fn at_hand(hosted: &Hosted, id: &TaskId, command: &task::Command) -> Result<AtHand, Rejection> {
    let (evidence, step) = match command {
        task::Command::Dispose { evidence, .. } => (evidence, Some(Step::Dispose)),
        task::Command::Raise { evidence, .. } => (evidence, None),
        _ => return Ok(AtHand::default()),
    };
    let city = &hosted.store.machine().city;
    // An unknown task is the decision's to refuse: a repeat is answered before it.
    let task = hosted.store.read(|tx| desk::task(tx, id))?;
    let rules = task.zip(step).map(|(task, step)| city.evidence(&task.call.issue_type, step));
    Ok(AtHand { held: held(hosted, evidence), rules: rules.unwrap_or_default() })
}

/// Which of the pieces are in the unit's store.
pub(super) fn held(hosted: &Hosted, evidence: &[Evidence]) -> BTreeSet<Digest> {
    let held = evidence.iter().filter(|piece| holds(hosted, piece));
    held.map(|piece| piece.digest.clone()).collect()
}

/// A piece of another size than the store has is not the piece that the store has.
fn holds(hosted: &Hosted, piece: &Evidence) -> bool {
    hosted.evidence.size(&piece.digest) == Some(piece.size)
}

#[tonic::async_trait]
impl UnitService for Units {
    async fn list_tasks(
        &self,
        request: Request<ListTasksRequest>,
    ) -> Result<Response<ListTasksResponse>, Status> {
        let peer = peer(&request)?;
        let ListTasksRequest { state, page } = request.into_inner();
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let state = asking::state(state).map_err(status)?;
        let page::Wanted { size, from } = page::wanted(page).map_err(status)?;
        let tasks = hosted.store.read(|tx| desk::tasks(tx, state, &from, size + 1));
        let tasks = tasks.map_err(status)?;
        let unit = &hosted.store.machine().unit;
        let token = |task| page::token(&desk::id_bytes(&desk::id_of(unit, task)));
        let next = tasks.get(size).map(token);
        let calendar = &hosted.store.machine().city.calendar;
        let tasks = tasks.iter().take(size).map(|task| wire::task_out(calendar, task)).collect();
        Ok(Response::new(ListTasksResponse { tasks, next_token: next.unwrap_or_default() }))
    }

    async fn get_task(
        &self,
        request: Request<GetTaskRequest>,
    ) -> Result<Response<GetTaskResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let GetTaskRequest { case_id, on_behalf_of } = request.into_inner();
        let id = asking::task_id(case_id, on_behalf_of).map_err(status)?;
        let task = hosted.store.read(|tx| desk::task(tx, &id)).map_err(status)?;
        let task = task.ok_or_else(|| status(desk::unknown(&id)))?;
        let task = wire::task_out(&hosted.store.machine().city.calendar, &task);
        Ok(Response::new(GetTaskResponse { task: Some(task) }))
    }

    type WatchTasksStream =
        Pin<Box<dyn Stream<Item = Result<WatchTasksResponse, Status>> + Send + 'static>>;

    async fn watch_tasks(
        &self,
        request: Request<WatchTasksRequest>,
    ) -> Result<Response<Self::WatchTasksStream>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let WatchTasksRequest { after_place, only_new } = request.into_inner();
        let now = *hosted.store.applied().borrow();
        let after_place = if only_new { now } else { after_place };
        let (sender, changes) = mpsc::channel(64);
        let shutdown = self.shutdown.clone();
        tokio::spawn(watch::run(hosted.store.clone(), after_place, sender, shutdown));
        Ok(Response::new(Box::pin(ReceiverStream::new(changes))))
    }

    async fn claim_task(
        &self,
        request: Request<ClaimTaskRequest>,
    ) -> Result<Response<ClaimTaskResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let command = content.command.clone();
        let (hosted, word) = self.at_desk(&peer, "ClaimTask", command, &content)?;
        let claiming = asking::claim(content).map_err(status)?;
        let claim = Command::Claim(Box::new(claiming));
        let answer = hosted.store.execute(word.asked, claim).await.map_err(status)?;
        let task = Some(Task::decode(&answer.bytes[..]).map_err(internal)?);
        Ok(Response::new(ClaimTaskResponse { task }))
    }

    async fn accept_task(
        &self,
        request: Request<AcceptTaskRequest>,
    ) -> Result<Response<AcceptTaskResponse>, Status> {
        Ok(Response::new(AcceptTaskResponse { task: self.act(request).await? }))
    }

    async fn refuse_task(
        &self,
        request: Request<RefuseTaskRequest>,
    ) -> Result<Response<RefuseTaskResponse>, Status> {
        Ok(Response::new(RefuseTaskResponse { task: self.act(request).await? }))
    }

    async fn arrive_task(
        &self,
        request: Request<ArriveTaskRequest>,
    ) -> Result<Response<ArriveTaskResponse>, Status> {
        Ok(Response::new(ArriveTaskResponse { task: self.act(request).await? }))
    }

    async fn dispose_task(
        &self,
        request: Request<DisposeTaskRequest>,
    ) -> Result<Response<DisposeTaskResponse>, Status> {
        Ok(Response::new(DisposeTaskResponse { task: self.act(request).await? }))
    }

    async fn declare_case(
        &self,
        request: Request<DeclareCaseRequest>,
    ) -> Result<Response<DeclareCaseResponse>, Status> {
        Ok(Response::new(DeclareCaseResponse { task: self.act(request).await? }))
    }

    async fn retype_task(
        &self,
        request: Request<RetypeTaskRequest>,
    ) -> Result<Response<RetypeTaskResponse>, Status> {
        Ok(Response::new(RetypeTaskResponse { task: self.act(request).await? }))
    }

    async fn contest_ruling(
        &self,
        request: Request<ContestRulingRequest>,
    ) -> Result<Response<ContestRulingResponse>, Status> {
        Ok(Response::new(ContestRulingResponse { task: self.act(request).await? }))
    }

    async fn raise_severity(
        &self,
        request: Request<RaiseSeverityRequest>,
    ) -> Result<Response<RaiseSeverityResponse>, Status> {
        Ok(Response::new(RaiseSeverityResponse { task: self.act(request).await? }))
    }

    async fn list_disputes(
        &self,
        request: Request<ListDisputesRequest>,
    ) -> Result<Response<ListDisputesResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let wanted = asking::disputes(request.into_inner()).map_err(status)?;
        let size = wanted.page.size;
        let found = hosted.store.read(|tx| disputes(tx, &wanted)).map_err(status)?;
        let next = found.get(size).map(|asked| page::token(asked.case_id.as_str().as_bytes()));
        let disputes = found.iter().take(size).map(wire::dispute_out).collect();
        Ok(Response::new(ListDisputesResponse { disputes, next_token: next.unwrap_or_default() }))
    }

    async fn give_opinion(
        &self,
        request: Request<GiveOpinionRequest>,
    ) -> Result<Response<GiveOpinionResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let command = content.command.clone();
        let (hosted, word) = self.at_desk(&peer, "GiveOpinion", command, &content)?;
        let opinion = asking::opinion(content, word.person, trace::current().to_string());
        let command = Command::Opine(Box::new(opinion.map_err(status)?));
        let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
        let dispute = Dispute::decode(&answer.bytes[..]).map_err(internal)?;
        Ok(Response::new(GiveOpinionResponse { dispute: Some(dispute) }))
    }

    async fn request_police_assist(
        &self,
        request: Request<RequestPoliceAssistRequest>,
    ) -> Result<Response<RequestPoliceAssistResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        assist::request(hosted, &self.hosts.access, peer.party, content).await.map(Response::new)
    }
}
