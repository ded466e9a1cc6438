//! The door of the bus: who may call what, and the wire on both sides of an engine.
//!
//! The caller is the party of its certificate and nothing else: it sends as itself and opens its own
//! mailbox; what else it may, the city's policies say. Streams end when the bus stops.

mod stream;
mod wire;

use std::{sync::Arc, time::Duration};

use domain::{party::Party, rejection::Rejection};
use kit::{
    access::{Access, Ask as Right},
    page,
    server::peer,
    status,
};
use proto::bus::{
    AcknowledgeRequest, AcknowledgeResponse, CommitRequest, CommitResponse, FetchRequest,
    FetchResponse, FollowRequest, FollowResponse, ListEnvelopesRequest, ListEnvelopesResponse,
    ListMailboxesRequest, ListMailboxesResponse, PublishRequest, PublishResponse,
    WatchReceiptsRequest, WatchReceiptsResponse, bus_service_server::BusService,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{
    Config,
    asking::{self, CALL_MAX},
    engine::{Ask, Engine},
    rights,
};

/// How many envelopes a fetch gets that names no number.
const FETCH_DEFAULT: usize = 100;

/// The handlers.
pub struct Door {
    engine: Arc<dyn Engine>,
    config: Config,
    access: Access,
    shutdown: CancellationToken,
}

impl Door {
    /// Handlers over an engine; streams and waits end with `shutdown`.
    pub fn new(
        engine: Arc<dyn Engine>,
        config: Config,
        access: Access,
        shutdown: CancellationToken,
    ) -> Door {
        Door { engine, config, access, shutdown }
    }

    fn may(&self, caller: &Party, right: &Right) -> Result<(), Status> {
        self.access.check(caller, right).map_err(status::status)
    }

    fn may_read(&self, party: &Party) -> Result<(), Status> {
        self.may(party, &rights::read_record(&self.config.followers))
    }

    /// A place that this log never had, or a name that is not this log's.
    fn check_log(&self, log_id: Option<&str>, place: u64, field: &str) -> Result<(), Status> {
        let ours = self.engine.log_id();
        let last = *self.engine.growth().borrow();
        let field = match log_id.is_none_or(|named| named == ours) {
            true if place <= last => return Ok(()),
            true => field,
            false => "log_id",
        };
        let message = format!("this is the log {ours}, up to place {last}; begin again from 0");
        let rejection = Rejection::conflict("LOG_CHANGED", message).at(field);
        Err(status::status_with(rejection, wire::log(ours)))
    }

    /// What a fetch asks for, within the limits.
    pub fn ask(&self, request: FetchRequest) -> Ask {
        let FetchRequest { max_envelopes, wait_ms, lease_ms } = request;
        let millis = |ms: u32| Duration::from_millis(ms.into());
        let max = if max_envelopes == 0 { FETCH_DEFAULT } else { max_envelopes as usize };
        let lease = if lease_ms == 0 { self.config.lease } else { millis(lease_ms) };
        Ask {
            max: max.min(CALL_MAX),
            wait: millis(wait_ms).min(self.config.wait_max),
            lease: lease.min(self.config.lease_max),
        }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl BusService for Door {
    type FollowStream = ReceiverStream<Result<FollowResponse, Status>>;
    type WatchReceiptsStream = ReceiverStream<Result<WatchReceiptsResponse, Status>>;

    async fn publish(&self, request: Request<PublishRequest>) -> Answer<PublishResponse> {
        let caller = peer(&request)?.party;
        let wires = request.into_inner().envelopes;
        let envelopes = asking::envelopes(wires, &caller, self.config.envelope_bytes)
            .map_err(status::status)?;
        envelopes.iter().try_for_each(|one| self.may(&caller, &rights::publish(one)))?;
        let placed = self.engine.publish(&caller, envelopes).await;
        let placed = placed.map_err(|error| wire::refused(error, self.engine.log_id()))?;
        let placements = placed.into_iter().map(wire::placement).collect();
        Ok(Response::new(PublishResponse { placements, log_id: self.engine.log_id() }))
    }

    async fn fetch(&self, request: Request<FetchRequest>) -> Answer<FetchResponse> {
        let caller = peer(&request)?.party;
        self.may(&caller, &rights::open_mailbox(&caller))?;
        let ask = self.ask(request.into_inner());
        let fetched = tokio::select! {
            // What is leased already is delivered, also at the end.
            biased;
            fetched = self.engine.fetch(&caller, ask) => fetched.map_err(wire::status)?,
            () = self.shutdown.cancelled() => Vec::new(),
        };
        let deliveries = fetched.into_iter().map(wire::delivery).collect();
        Ok(Response::new(FetchResponse { deliveries, log_id: self.engine.log_id() }))
    }

    async fn acknowledge(
        &self,
        request: Request<AcknowledgeRequest>,
    ) -> Answer<AcknowledgeResponse> {
        let caller = peer(&request)?.party;
        self.may(&caller, &rights::open_mailbox(&caller))?;
        let AcknowledgeRequest { places, log_id } = request.into_inner();
        asking::counted(places.len(), "places").map_err(status::status)?;
        self.check_log(Some(&log_id), 0, "log_id")?;
        let newly_acknowledged =
            self.engine.acknowledge(&caller, places).await.map_err(wire::status)?;
        Ok(Response::new(AcknowledgeResponse { newly_acknowledged }))
    }

    async fn follow(&self, request: Request<FollowRequest>) -> Answer<Self::FollowStream> {
        self.may_read(&peer(&request)?.party)?;
        let FollowRequest { after_place, log_id } = request.into_inner();
        let named = (!log_id.is_empty()).then_some(log_id.as_str());
        self.check_log(named, after_place, "after_place")?;
        let source = stream::Record { engine: self.engine.clone(), after: after_place };
        Ok(Response::new(stream::spawn(source, self.shutdown.clone())))
    }

    async fn commit(&self, request: Request<CommitRequest>) -> Answer<CommitResponse> {
        let caller = peer(&request)?.party;
        self.may(&caller, &rights::commit_record(&self.config.followers))?;
        let CommitRequest { place, log_id } = request.into_inner();
        self.check_log(Some(&log_id), place, "place")?;
        let place = self.engine.commit(&caller, place).await.map_err(wire::status)?;
        Ok(Response::new(CommitResponse { place }))
    }

    async fn watch_receipts(
        &self,
        request: Request<WatchReceiptsRequest>,
    ) -> Answer<Self::WatchReceiptsStream> {
        let party = peer(&request)?.party;
        let WatchReceiptsRequest { after_place: after, log_id } = request.into_inner();
        let named = (!log_id.is_empty()).then_some(log_id.as_str());
        self.check_log(named, after, "after_place")?;
        let source = stream::Receipts { engine: self.engine.clone(), source: party, after };
        Ok(Response::new(stream::spawn(source, self.shutdown.clone())))
    }

    async fn list_envelopes(
        &self,
        request: Request<ListEnvelopesRequest>,
    ) -> Answer<ListEnvelopesResponse> {
        self.may_read(&peer(&request)?.party)?;
        let ListEnvelopesRequest { subject, page } = request.into_inner();
        asking::subject(&subject).map_err(status::status)?;
        let wanted = page::wanted(page).map_err(status::status)?;
        let after = asking::place_of(&wanted.from).map_err(status::status)?;
        let listed = self.engine.list(&subject, after, wanted.size).await.map_err(wire::status)?;
        Ok(Response::new(wire::listed(listed)))
    }

    async fn list_mailboxes(
        &self,
        request: Request<ListMailboxesRequest>,
    ) -> Answer<ListMailboxesResponse> {
        peer(&request)?;
        let wanted = page::wanted(request.into_inner().page).map_err(status::status)?;
        let after = asking::party_of(&wanted.from).map_err(status::status)?;
        // One more than wanted says whether there is another page.
        let found = self.engine.mailboxes(after.as_ref(), wanted.size + 1).await;
        Ok(Response::new(wire::mailboxes(found.map_err(wire::status)?, wanted.size)))
    }
}
