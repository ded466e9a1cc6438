//! The service of a unit, as far as the gateway asks it: what it keeps behind the door of `units`, for
//! the gateway alone. And one that never comes to an end, and notes the deadline of its call.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex},
};

use domain::id::UnitId;
use kit::{
    access::Access,
    evidence::{self, EvidenceStore, Stores},
    identity::Peer,
    server::{self, Services},
};
use proto::evidence::{
    DownloadRequest, DownloadResponse, GetUploadRequest, GetUploadResponse, UploadRequest,
    UploadResponse,
    evidence_service_server::{EvidenceService, EvidenceServiceServer},
};
use tokio_util::sync::DropGuard;
use tonic::{Request, Response, Streaming};

use super::*;

/// Which unit's store is behind the door.
pub(super) const UNIT: &str = "environment";

/// One that runs until it is dropped.
pub(super) struct Keeper {
    door: Endpoint,
    _stop: DropGuard,
}

impl Keeper {
    /// One with a store.
    pub(super) async fn of(authority: &Authority, store: EvidenceStore) -> Keeper {
        let stop = CancellationToken::new();
        let kept = evidence::service(Kept(store), &Limits::default(), stop.clone());
        Keeper::serving(authority, |services| services.with(kept), stop).await
    }

    /// One without end.
    pub(super) async fn endless(authority: &Authority, endless: Endless) -> Keeper {
        let service = EvidenceServiceServer::new(endless);
        let stop = CancellationToken::new();
        Keeper::serving(authority, |services| services.with(service), stop).await
    }

    async fn serving(
        authority: &Authority,
        with: impl FnOnce(Services) -> Services,
        stop: CancellationToken,
    ) -> Keeper {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let server: domain::party::Party = "service/units".parse().unwrap();
        let tls = ServerTls::new(&authority.issue(&server).unwrap()).unwrap();
        let access = Access::of(&city()).unwrap();
        let services = with(Services::new(&access, domain::party::Role::Units));
        let ours = stop.clone();
        tokio::spawn(async move {
            server::serve(listener, &tls, services, &Limits::default(), ours).await
        });
        Keeper { door: Endpoint { address, server }, _stop: stop.drop_guard() }
    }

    /// Where the gateway finds the unit.
    pub(super) fn known(&self) -> BTreeMap<UnitId, Endpoint> {
        BTreeMap::from([(UNIT.parse().unwrap(), self.door.clone())])
    }
}

/// A store that the gateway may read.
struct Kept(EvidenceStore);

impl Stores for Kept {
    fn open(
        &self,
        peer: &Peer,
        unit: &str,
        _: &Digest,
        access: evidence::Access,
    ) -> Result<EvidenceStore, Rejection> {
        let who = peer.party.to_string();
        assert_eq!((who.as_str(), unit, access), ("service/gateway", UNIT, evidence::Access::Read));
        Ok(self.0.clone())
    }
}

/// What it was given as deadline.
#[derive(Clone, Default)]
pub(super) struct Endless(Arc<Mutex<Option<String>>>);

impl Endless {
    /// The deadline of the last call.
    pub(super) fn deadline(&self) -> Option<String> {
        self.0.lock().unwrap().clone()
    }
}

#[tonic::async_trait]
impl EvidenceService for Endless {
    async fn get_upload(
        &self,
        _: Request<GetUploadRequest>,
    ) -> Result<Response<GetUploadResponse>, Status> {
        Err(Status::unimplemented("nothing is brought here"))
    }

    async fn upload(
        &self,
        _: Request<Streaming<UploadRequest>>,
    ) -> Result<Response<UploadResponse>, Status> {
        Err(Status::unimplemented("nothing is brought here"))
    }

    type DownloadStream =
        Pin<Box<dyn tokio_stream::Stream<Item = Result<DownloadResponse, Status>> + Send>>;

    async fn download(
        &self,
        request: Request<DownloadRequest>,
    ) -> Result<Response<Self::DownloadStream>, Status> {
        let deadline = request.metadata().get("grpc-timeout");
        *self.0.lock().unwrap() = deadline.map(|text| text.to_str().unwrap().to_owned());
        let piece = || Ok(DownloadResponse { piece: vec![7; 256 << 10] });
        Ok(Response::new(Box::pin(tokio_stream::iter(std::iter::repeat_with(piece)))))
    }
}
