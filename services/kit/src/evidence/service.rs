//! `EvidenceService` over the stores of a role.

use std::{collections::HashMap, io::Read as _, pin::Pin, sync::Arc};

use domain::{evidence::Digest, rejection::Rejection};
use futures::Stream;
use proto::{
    convert,
    evidence::{
        DownloadRequest, DownloadResponse, GetUploadRequest, GetUploadResponse, UploadRequest,
        UploadResponse,
        evidence_service_server::{EvidenceService, EvidenceServiceServer},
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{Error, EvidenceStore, Upload, onward::Elsewhere};
use crate::{
    identity::Peer,
    server::{self, peer},
    status::{internal, status, status_with},
};

/// The size of what a download sends at once.
const DOWNLOAD_BYTES: u64 = 256 << 10;

/// What a caller wants of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read a piece.
    Read,
    /// To bring one, and to ask how much of it is there.
    Write,
}

/// The stores of a role: which one is meant, and whether the caller may.
pub trait Stores: Send + Sync + 'static {
    /// The store of `unit` (empty: the caller's own) for this piece and this use, or why not.
    /// For an upload by another party: [`EvidenceStore::on_account`].
    fn open(
        &self,
        peer: &Peer,
        unit: &str,
        digest: &Digest,
        access: Access,
    ) -> Result<EvidenceStore, Rejection>;

    /// The store of another role in which the caller may read this piece through us; none where
    /// [`Stores::open`] decides, as it does everywhere if this is not said.
    fn elsewhere(
        &self,
        _peer: &Peer,
        _unit: &str,
        _digest: &Digest,
    ) -> Result<Option<Elsewhere>, Rejection> {
        Ok(None)
    }
}

/// What a download sends.
pub(super) type Pieces = Pin<Box<dyn Stream<Item = Result<DownloadResponse, Status>> + Send>>;

/// The service over these stores; `shutdown` ends its streams.
pub fn service<S: Stores>(
    stores: S,
    limits: &server::Limits,
    shutdown: CancellationToken,
) -> EvidenceServiceServer<Service<S>> {
    let service = Service { stores: Arc::new(stores), shutdown };
    EvidenceServiceServer::new(service).max_decoding_message_size(limits.message_bytes)
}

/// See [`service`].
#[derive(Debug)]
pub struct Service<S> {
    stores: Arc<S>,
    shutdown: CancellationToken,
}

#[tonic::async_trait]
impl<S: Stores> EvidenceService for Service<S> {
    async fn get_upload(
        &self,
        request: Request<GetUploadRequest>,
    ) -> Result<Response<GetUploadResponse>, Status> {
        let peer = peer(&request)?;
        let GetUploadRequest { digest, unit } = request.into_inner();
        let digest = convert::digest("digest", &digest).map_err(status)?;
        let store = self.stores.open(&peer, &unit, &digest, Access::Write).map_err(status)?;
        let state = move || Ok((store.received(&digest), store.has(&digest)));
        let (received, is_complete) = blocking(state).await?;
        Ok(Response::new(GetUploadResponse { received, is_complete }))
    }

    async fn upload(
        &self,
        request: Request<Streaming<UploadRequest>>,
    ) -> Result<Response<UploadResponse>, Status> {
        let peer = peer(&request)?;
        let mut stream = request.into_inner();
        let Some(first) = self.next(&mut stream).await? else {
            let rejection = Rejection::invalid("EMPTY_UPLOAD", "digest", "nothing was sent");
            return Err(status(rejection));
        };
        let UploadRequest { digest, size, offset, piece, unit } = first;
        let digest = convert::digest("digest", &digest).map_err(status)?;
        let store = self.stores.open(&peer, &unit, &digest, Access::Write).map_err(status)?;
        let mut upload = blocking(move || store.upload(&digest, size, offset)).await?;
        let mut piece = Some(piece);
        while let Some(bytes) = piece {
            upload = write(upload, bytes).await?;
            piece = self.next(&mut stream).await?.map(|next| next.piece);
        }
        let received = upload.received();
        let is_complete = blocking(move || upload.finish()).await?;
        Ok(Response::new(UploadResponse { received, is_complete }))
    }

    type DownloadStream = Pieces;

    async fn download(
        &self,
        request: Request<DownloadRequest>,
    ) -> Result<Response<Self::DownloadStream>, Status> {
        let peer = peer(&request)?;
        let deadline = server::timeout_of(request.metadata().as_ref());
        let DownloadRequest { digest, offset, unit } = request.into_inner();
        let digest = convert::digest("digest", &digest).map_err(status)?;
        if let Some(there) = self.stores.elsewhere(&peer, &unit, &digest).map_err(status)? {
            let (digest, shutdown) = (digest.to_string(), self.shutdown.clone());
            let pieces = there.download(digest, offset, deadline, shutdown).await?;
            return Ok(Response::new(pieces));
        }
        let store = self.stores.open(&peer, &unit, &digest, Access::Read).map_err(status)?;
        let file = blocking(move || store.read(&digest, offset)).await?;
        let (sender, pieces) = mpsc::channel(2);
        tokio::spawn(send(file, sender, self.shutdown.clone()));
        Ok(Response::new(Box::pin(ReceiverStream::new(pieces))))
    }
}

impl<S> Service<S> {
    async fn next(
        &self,
        stream: &mut Streaming<UploadRequest>,
    ) -> Result<Option<UploadRequest>, Status> {
        tokio::select! {
            next = stream.message() => next,
            () = self.shutdown.cancelled() => Err(stopping()),
        }
    }
}

async fn write(
    mut upload: Upload,
    bytes: impl AsRef<[u8]> + Send + 'static,
) -> Result<Upload, Status> {
    if bytes.as_ref().is_empty() {
        return Ok(upload);
    }
    blocking(move || upload.write(bytes.as_ref()).map(|()| upload)).await
}

/// Sends the rest of the file; ends when the caller has gone or the service stops.
async fn send(
    mut file: std::fs::File,
    pieces: mpsc::Sender<Result<DownloadResponse, Status>>,
    shutdown: CancellationToken,
) {
    loop {
        let read = blocking(move || {
            let mut piece = Vec::new();
            let taken = (&file).take(DOWNLOAD_BYTES).read_to_end(&mut piece);
            let path = std::path::PathBuf::new();
            taken.map_err(|source| Error::Disk { path, source })?;
            Ok((file, piece))
        });
        let sending = match read.await {
            Ok((_, piece)) if piece.is_empty() => return,
            Ok((rest, piece)) => {
                file = rest;
                Ok(DownloadResponse { piece })
            }
            Err(fault) => return drop(pieces.send(Err(fault)).await),
        };
        tokio::select! {
            sent = pieces.send(sending) => if sent.is_err() { return },
            () = shutdown.cancelled() => return drop(pieces.try_send(Err(stopping()))),
        }
    }
}

/// The service ends.
pub(super) fn stopping() -> Status {
    status(Rejection::unavailable("STOPPING", "the service is stopping; try again"))
}

async fn blocking<T, W>(work: W) -> Result<T, Status>
where
    T: Send + 'static,
    W: FnOnce() -> Result<T, Error> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await.map_err(internal)?;
    done.map_err(|error| match error {
        Error::Rejected(rejection) => status(rejection),
        Error::Offset { received } => {
            let message = format!("{received} bytes are there: go on from there");
            let rejection = Rejection::conflict("OFFSET_MISMATCH", message).at("offset");
            let expected = ("expected".to_owned(), received.to_string());
            status_with(rejection, HashMap::from([expected]))
        }
        Error::Disk { path, source } => internal(format!("{}: {source}", path.display())),
    })
}
