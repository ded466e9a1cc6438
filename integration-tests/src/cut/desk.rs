//! A department's own system at the desk of the unit: does for each task what comes next, with a
//! photograph of 512 B to 1 MiB, and never lets go of an act that is not acknowledged.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use domain::rejection::Kind;
use kit::{client::Channel, status};
use prost::Message as _;
use proto::{
    case::Evidence,
    evidence::{DownloadRequest, UploadRequest, evidence_service_client::EvidenceServiceClient},
    page::{Command, Page},
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, DisposeTaskRequest, ListTasksRequest,
        RefuseTaskRequest, TaskState, unit_service_client::UnitServiceClient,
    },
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde::{Deserialize, Serialize};
use tonic::Status;

use crate::{
    content,
    notes::{Note, Notes},
};

/// The size of a piece that is uploaded at once.
const PIECE: usize = 256 << 10;

/// What the desk does in a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// The case.
    pub case_id: String,
    /// What is done.
    pub step: Step,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Report for duty.
    Accept,
    /// Refuse, with a reason of so many characters.
    Refuse(usize),
    /// Report on site.
    Arrive,
    /// Bring the photograph, which has so many bytes.
    Keep(usize),
    /// Dispose, with the photograph.
    Dispose(usize),
}

/// The department's system.
#[derive(Debug)]
pub struct Desk {
    line: Line,
    rng: StdRng,
    waiting: VecDeque<Act>,
    known: BTreeSet<String>,
}

/// Its line to the unit.
#[derive(Clone, Debug)]
pub struct Line {
    desk: UnitServiceClient<Channel>,
    evidence: EvidenceServiceClient<Channel>,
}

impl Desk {
    /// One that has done nothing yet.
    pub fn new(line: Channel, seed: u64) -> Desk {
        let rng = StdRng::seed_from_u64(seed);
        Desk { line: Line::new(line), rng, waiting: VecDeque::new(), known: BTreeSet::new() }
    }

    /// Works until it is told to end.
    pub async fn run(&mut self, notes: &Notes, ended: &Arc<AtomicBool>) -> anyhow::Result<()> {
        while !ended.load(Relaxed) {
            match self.work(notes).await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(Duration::from_millis(5)).await,
                Err(error) => match error.downcast::<Status>() {
                    Ok(refused) if status::rejection(&refused).kind == Kind::Unavailable => {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    Ok(refused) => anyhow::bail!("the desk is refused: {}", refused.message()),
                    Err(error) => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// Does one thing; says whether there was one.
    async fn work(&mut self, notes: &Notes) -> anyhow::Result<bool> {
        if self.waiting.is_empty() {
            for case_id in self.line.cases(Some(TaskState::Called)).await? {
                self.plan(case_id);
            }
        }
        let Some(act) = self.waiting.front() else { return Ok(false) };
        let answer = self.line.act(act).await?;
        notes.add(&[Note::Acted { act: act.clone(), answer }])?;
        self.waiting.pop_front();
        Ok(true)
    }

    fn plan(&mut self, case_id: String) {
        if !self.known.insert(case_id.clone()) {
            return;
        }
        let size = content::size(&mut self.rng);
        let steps = if self.rng.random_bool(0.2) {
            vec![Step::Refuse(self.rng.random_range(1..=2_000))]
        } else {
            vec![Step::Accept, Step::Arrive, Step::Keep(size), Step::Dispose(size)]
        };
        let act = |step| Act { case_id: case_id.clone(), step };
        self.waiting.extend(steps.into_iter().map(act));
    }
}

impl Line {
    /// On a channel.
    pub fn new(line: Channel) -> Line {
        let desk = UnitServiceClient::new(line.clone());
        Line { desk, evidence: EvidenceServiceClient::new(line) }
    }

    /// The cases of the unit, in a state or all.
    pub async fn cases(&mut self, state: Option<TaskState>) -> Result<Vec<String>, Status> {
        let (mut cases, mut token) = (Vec::new(), String::new());
        loop {
            let page = Some(Page { size: 500, token });
            let state = state.unwrap_or_default().into();
            let listed = self.desk.list_tasks(ListTasksRequest { state, page }).await?.into_inner();
            cases.extend(listed.tasks.into_iter().map(|task| task.case_id));
            token = listed.next_token;
            if token.is_empty() {
                return Ok(cases);
            }
        }
    }

    /// Asks for an act; the same act is the same request. Answers the hash of the answer.
    pub async fn act(&mut self, act: &Act) -> Result<String, Status> {
        let case_id = act.case_id.clone();
        let request_id = format!("{:?}/{case_id}", act.step).replace(['(', ')'], ".");
        let command = Some(Command { request_id, person: "officer".to_owned() });
        let desk = &mut self.desk;
        let task = match act.step {
            Step::Accept => {
                let request = AcceptTaskRequest { command, case_id, on_behalf_of: String::new() };
                desk.accept_task(request).await?.into_inner().task
            }
            Step::Arrive => {
                let request = ArriveTaskRequest { command, case_id, on_behalf_of: String::new() };
                desk.arrive_task(request).await?.into_inner().task
            }
            Step::Refuse(length) => {
                let (reason, named_unit) = ("r".repeat(length), String::new());
                let request = RefuseTaskRequest {
                    command,
                    case_id,
                    reason,
                    named_unit,
                    on_behalf_of: String::new(),
                };
                desk.refuse_task(request).await?.into_inner().task
            }
            Step::Keep(size) => return self.keep(&case_id, size).await,
            Step::Dispose(size) => {
                let (evidence, _) = photograph(&case_id, size);
                let (summary, evidence) = ("the pavement is free".to_owned(), vec![evidence]);
                let request = DisposeTaskRequest {
                    command,
                    case_id,
                    summary,
                    evidence,
                    on_behalf_of: String::new(),
                };
                desk.dispose_task(request).await?.into_inner().task
            }
        };
        Ok(content::hash(&task.unwrap_or_default().encode_to_vec()))
    }

    /// Uploads the photograph of a case, from where the store is.
    async fn keep(&mut self, case_id: &str, size: usize) -> Result<String, Status> {
        let (evidence, bytes) = photograph(case_id, size);
        let digest = evidence.digest.clone();
        self.upload(&digest, &bytes).await?;
        Ok(digest)
    }

    /// Uploads a piece of evidence, from where the store is.
    pub async fn upload(&mut self, digest: &str, bytes: &[u8]) -> Result<(), Status> {
        let asked =
            proto::evidence::GetUploadRequest { digest: digest.to_owned(), unit: String::new() };
        let there = self.evidence.get_upload(asked).await?.into_inner();
        if there.is_complete {
            return Ok(());
        }
        let offset = usize::try_from(there.received).unwrap_or(0).min(bytes.len());
        // All bytes may be there and not yet named: then a piece of none ends the upload.
        let rest = bytes[offset..].chunks(PIECE);
        let rest: Vec<&[u8]> = if offset == bytes.len() { vec![&[]] } else { rest.collect() };
        let request = |piece: &[u8]| UploadRequest {
            digest: digest.to_owned(),
            size: bytes.len() as u64,
            offset: offset as u64,
            piece: piece.to_vec(),
            unit: String::new(),
        };
        let pieces: Vec<UploadRequest> = rest.into_iter().map(request).collect();
        let kept = self.evidence.upload(tokio_stream::iter(pieces)).await?.into_inner();
        if kept.is_complete {
            return Ok(());
        }
        Err(Status::unavailable("the upload is not whole yet"))
    }

    /// Reads a piece of evidence; answers the content address of what came.
    pub async fn download(&mut self, digest: &str) -> Result<String, Status> {
        let digest = digest.to_owned();
        let request = DownloadRequest { digest, offset: 0, unit: String::new() };
        let mut stream = self.evidence.download(request).await?.into_inner();
        let mut bytes = Vec::new();
        while let Some(response) = stream.message().await? {
            bytes.extend(response.piece);
        }
        Ok(format!("sha256:{}", content::hash(&bytes)))
    }
}

fn photograph(case_id: &str, size: usize) -> (Evidence, Vec<u8>) {
    let bytes = content::bytes(&format!("photograph/{case_id}"), size);
    let evidence = Evidence {
        digest: format!("sha256:{}", content::hash(&bytes)),
        size: bytes.len() as u64,
        kind: "photo".to_owned(),
        media_type: "image/jpeg".to_owned(),
    };
    (evidence, bytes)
}
