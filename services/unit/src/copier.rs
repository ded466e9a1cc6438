//! Evidence of a cooperating unit goes to its lead's store, and is tried until it is there.
//!
//! What is still to be copied is in the view since the disposal was journalled; a record takes it
//! out when the lead's store has said that the whole is there. Runs beside the desk and never in
//! its way; a piece that fails holds up no other. It speaks as the unit itself.

use std::{collections::BTreeMap, io::Read as _, time::Duration};

use domain::id::UnitId;
use kit::{
    client::{self, Channel, Endpoint},
    evidence::EvidenceStore,
    identity::Identity,
    outbox::Backoff,
    status,
    store::Store,
};
use proto::evidence::{
    GetUploadRequest, UploadRequest, evidence_service_client::EvidenceServiceClient,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use crate::desk::{Command, Desk, ToCopy, to_copy};

const BATCH: usize = 100;
const PIECE_BYTES: u64 = 256 << 10;
const PATIENCE: Duration = Duration::from_secs(600);

/// One unit's copier.
pub(crate) struct Copier {
    pub(crate) store: Store<Desk>,
    pub(crate) evidence: EvidenceStore,
    pub(crate) identity: Identity,
    pub(crate) peers: BTreeMap<UnitId, Endpoint>,
    pub(crate) limits: client::Limits,
}

impl Copier {
    /// Runs until the token is cancelled.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.copying() => {}
        }
    }

    async fn copying(&self) {
        let mut applied = self.store.applied();
        let mut backoff = Backoff::default();
        let mut ways = BTreeMap::new();
        loop {
            applied.borrow_and_update();
            if self.copy_all(&mut ways).await {
                backoff = Backoff::default();
                if applied.changed().await.is_err() {
                    return;
                }
            } else {
                backoff.wait().await;
            }
        }
    }

    /// Tries everything once; says whether nothing is left.
    async fn copy_all(&self, ways: &mut BTreeMap<UnitId, Channel>) -> bool {
        let (mut from, mut all) = (Vec::new(), true);
        loop {
            let Ok(batch) = self.store.read(|tx| to_copy(tx, &from, BATCH)) else { return false };
            let Some(last) = batch.last() else { return all };
            from = [&last.key[..], &[0]].concat();
            for one in batch {
                if let Err(status) = self.copy(&one, ways).await {
                    let (lead, digest) = (&one.lead, &one.digest);
                    tracing::debug!(%lead, %digest, %status, "evidence is not at its lead yet");
                    all = false;
                }
            }
        }
    }

    async fn copy(&self, one: &ToCopy, ways: &mut BTreeMap<UnitId, Channel>) -> Result<(), Status> {
        let way = self.way(&one.lead, ways)?;
        let mut client = EvidenceServiceClient::new(way);
        let (digest, unit) = (one.digest.to_string(), one.lead.to_string());
        let request = GetUploadRequest { digest, unit };
        let there = client.get_upload(request).await?.into_inner();
        if !there.is_complete {
            let request = Request::new(self.pieces(one, there.received));
            let uploaded = client.upload(client::deadline(request, PATIENCE)).await?.into_inner();
            if !uploaded.is_complete {
                return Err(Status::unavailable("the lead's store has not got all of it"));
            }
        }
        self.store.tell(Command::Copied(one.key.clone())).await.map_err(status::status)?;
        Ok(())
    }

    fn way(&self, lead: &UnitId, ways: &mut BTreeMap<UnitId, Channel>) -> Result<Channel, Status> {
        if let Some(way) = ways.get(lead) {
            return Ok(way.clone());
        }
        let endpoint = self.peers.get(lead);
        let endpoint = endpoint.ok_or_else(|| Status::unavailable("no way to the lead is set"))?;
        let way = client::connect_lazy(&self.identity, endpoint, &self.limits);
        let way = way.map_err(|error| Status::unavailable(error.to_string()))?;
        ways.insert(lead.clone(), way.clone());
        Ok(way)
    }

    /// The pieces from an offset on; a file that can't be read ends them early, and the lead's
    /// store says that it has not got all.
    fn pieces(&self, one: &ToCopy, offset: u64) -> ReceiverStream<UploadRequest> {
        let (sender, pieces) = mpsc::channel(2);
        let (evidence, one) = (self.evidence.clone(), one.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = send(&evidence, &one, offset, &sender) {
                tracing::error!(digest = %one.digest, %error, "evidence can't be read");
            }
        });
        ReceiverStream::new(pieces)
    }
}

fn send(
    evidence: &EvidenceStore,
    one: &ToCopy,
    offset: u64,
    sender: &mpsc::Sender<UploadRequest>,
) -> Result<(), kit::evidence::Error> {
    let size = evidence.size(&one.digest).unwrap_or_default();
    let file = evidence.read(&one.digest, offset)?;
    let first = UploadRequest {
        digest: one.digest.to_string(),
        size,
        offset,
        unit: one.lead.to_string(),
        ..UploadRequest::default()
    };
    let mut next = Some(first);
    loop {
        let mut piece = Vec::new();
        let read = (&file).take(PIECE_BYTES).read_to_end(&mut piece);
        if read.is_err() || (piece.is_empty() && next.is_none()) {
            return Ok(());
        }
        let message = UploadRequest { piece, ..next.take().unwrap_or_default() };
        if sender.blocking_send(message).is_err() {
            return Ok(());
        }
    }
}
