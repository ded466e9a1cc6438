//! `UnitService`: the desk of the caller's own unit.

use std::{collections::BTreeSet, pin::Pin};

use domain::{
    evidence::Evidence,
    id::CaseId,
    pack::Step,
    rejection::Rejection,
    task::{self, Desk as AtHand},
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
use proto::{
    convert,
    page::Command as Asks,
    unit::{
        AcceptTaskRequest, AcceptTaskResponse, ArriveTaskRequest, ArriveTaskResponse,
        DeclareCaseRequest, DeclareCaseResponse, DisposeTaskRequest, DisposeTaskResponse,
        GetTaskRequest, GetTaskResponse, ListTasksRequest, ListTasksResponse, RefuseTaskRequest,
        RefuseTaskResponse, Task, WatchTasksRequest, WatchTasksResponse,
        unit_service_server::UnitService,
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::{watch, word};
use crate::{
    desk::{self, Act, Command},
    host::{Hosted, Hosts},
    wire,
};

/// The desks of all hosted units.
pub(crate) struct Units {
    pub(crate) hosts: Hosts,
    pub(crate) shutdown: CancellationToken,
}

/// A desk command off the wire.
struct Said<'a, M> {
    method: &'a str,
    command: Option<Asks>,
    case_id: String,
    content: &'a M,
}

impl Units {
    /// Carries a command out; the answer is the task after it.
    async fn act<M: Message>(
        &self,
        peer: Peer,
        said: Said<'_, M>,
        command: Result<task::Command, Rejection>,
    ) -> Result<Option<Task>, Status> {
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let Said { method, command: asks, case_id, content } = said;
        let word = word(peer.party, method, asks, content).map_err(status)?;
        let case_id: CaseId = convert::id("case_id", case_id).map_err(status)?;
        let command = command.map_err(status)?;
        let at_hand = at_hand(hosted, &case_id, &command).map_err(status)?;
        let traceparent = trace::current().to_string();
        let act = Act { case_id, person: word.person, command, at_hand, traceparent };
        let act = Command::Act(Box::new(act));
        let answer = hosted.store.execute(word.asked, act).await.map_err(status)?;
        Task::decode(&answer.bytes[..]).map(Some).map_err(internal)
    }
}

/// What a disposal is judged by: the evidence that is in the store, and the rules of the pack.
fn at_hand(
    hosted: &Hosted,
    case_id: &CaseId,
    command: &task::Command,
) -> Result<AtHand, Rejection> {
    let task::Command::Dispose { evidence, .. } = command else { return Ok(AtHand::default()) };
    let city = &hosted.store.machine().city;
    // An unknown task is the decision's to refuse: a repeat is answered before it.
    let task = hosted.store.read(|tx| desk::task(tx, case_id))?;
    let rules = task.map(|task| city.evidence(&task.call.issue_type, Step::Dispose));
    let held = evidence.iter().filter(|piece| holds(hosted, piece));
    let held: BTreeSet<_> = held.map(|piece| piece.digest.clone()).collect();
    Ok(AtHand { held, rules: rules.unwrap_or_default() })
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
        let state = wire::state_in(state).map_err(status)?;
        let page::Wanted { size, from } = page::wanted(page).map_err(status)?;
        let tasks = hosted.store.read(|tx| desk::tasks(tx, state, &from, size + 1));
        let tasks = tasks.map_err(status)?;
        let next = tasks.get(size).map(|task| page::token(task.case_id.as_str().as_bytes()));
        let tasks = tasks.iter().take(size).map(wire::task_out).collect();
        Ok(Response::new(ListTasksResponse { tasks, next_token: next.unwrap_or_default() }))
    }

    async fn get_task(
        &self,
        request: Request<GetTaskRequest>,
    ) -> Result<Response<GetTaskResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let case_id: CaseId =
            convert::id("case_id", request.into_inner().case_id).map_err(status)?;
        let task = hosted.store.read(|tx| desk::task(tx, &case_id)).map_err(status)?;
        let task = task.ok_or_else(|| status(desk::unknown(&case_id)))?;
        Ok(Response::new(GetTaskResponse { task: Some(wire::task_out(&task)) }))
    }

    type WatchTasksStream =
        Pin<Box<dyn Stream<Item = Result<WatchTasksResponse, Status>> + Send + 'static>>;

    async fn watch_tasks(
        &self,
        request: Request<WatchTasksRequest>,
    ) -> Result<Response<Self::WatchTasksStream>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let after_place = request.into_inner().after_place;
        let (sender, changes) = mpsc::channel(64);
        let shutdown = self.shutdown.clone();
        tokio::spawn(watch::run(hosted.store.clone(), after_place, sender, shutdown));
        Ok(Response::new(Box::pin(ReceiverStream::new(changes))))
    }

    async fn accept_task(
        &self,
        request: Request<AcceptTaskRequest>,
    ) -> Result<Response<AcceptTaskResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let AcceptTaskRequest { command, case_id } = content.clone();
        let said = Said { method: "AcceptTaskRequest", command, case_id, content: &content };
        let task = self.act(peer, said, Ok(task::Command::Accept)).await?;
        Ok(Response::new(AcceptTaskResponse { task }))
    }

    async fn refuse_task(
        &self,
        request: Request<RefuseTaskRequest>,
    ) -> Result<Response<RefuseTaskResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let RefuseTaskRequest { command, case_id, reason, named_unit } = content.clone();
        let said = Said { method: "RefuseTaskRequest", command, case_id, content: &content };
        let named_unit = convert::optional("named_unit", named_unit);
        let command = named_unit.map(|named_unit| task::Command::Refuse { reason, named_unit });
        let task = self.act(peer, said, command).await?;
        Ok(Response::new(RefuseTaskResponse { task }))
    }

    async fn arrive_task(
        &self,
        request: Request<ArriveTaskRequest>,
    ) -> Result<Response<ArriveTaskResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let ArriveTaskRequest { command, case_id } = content.clone();
        let said = Said { method: "ArriveTaskRequest", command, case_id, content: &content };
        let task = self.act(peer, said, Ok(task::Command::Arrive)).await?;
        Ok(Response::new(ArriveTaskResponse { task }))
    }

    async fn dispose_task(
        &self,
        request: Request<DisposeTaskRequest>,
    ) -> Result<Response<DisposeTaskResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let DisposeTaskRequest { command, case_id, summary, evidence } = content.clone();
        let said = Said { method: "DisposeTaskRequest", command, case_id, content: &content };
        let evidence = convert::evidence("evidence", evidence);
        let command = evidence.map(|evidence| task::Command::Dispose { summary, evidence });
        let task = self.act(peer, said, command).await?;
        Ok(Response::new(DisposeTaskResponse { task }))
    }

    async fn declare_case(
        &self,
        request: Request<DeclareCaseRequest>,
    ) -> Result<Response<DeclareCaseResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let DeclareCaseRequest { command, case_id, summary } = content.clone();
        let said = Said { method: "DeclareCaseRequest", command, case_id, content: &content };
        let task = self.act(peer, said, Ok(task::Command::Declare { summary })).await?;
        Ok(Response::new(DeclareCaseResponse { task }))
    }
}
