//! The door of the bus: who may call what, and the wire on both sides of an engine.
//!
//! The caller is the party of its certificate and nothing else: it sends as itself and opens its own
//! mailbox; what else it may, the city's policies say. Streams end when the bus stops.

mod publishing;
mod quota;
mod stream;
mod subscribing;
pub(crate) mod turned;
mod wire;

use std::{sync::Arc, time::Duration};

use domain::{party::Party, rejection::Rejection};
use kit::{
    access::{Access, Ask as Right, Refused},
    clock::Clock,
    identity::Credential,
    page,
    proof::{self, Signed},
    server::{credential, peer},
    status,
};
use proto::bus::Proof;
use proto::sealed::{
    AcknowledgeRequest, AcknowledgeResponse, CommitRequest, CommitResponse, ExtendRequest,
    ExtendResponse, FetchRequest, FetchResponse, FollowRequest, FollowResponse, GetStatusRequest,
    GetStatusResponse, ListEnvelopesRequest, ListEnvelopesResponse, ListMailboxesRequest,
    ListMailboxesResponse, ListParkedRequest, ListParkedResponse, ListSubscribersRequest,
    ListSubscribersResponse, LocateEnvelopeRequest, LocateEnvelopeResponse, PublishBatchRequest,
    PublishBatchResponse, PublishRequest, PutSubscriberRequest, PutSubscriberResponse,
    RefuseRequest, RefuseResponse, RemoveSubscriberRequest, RemoveSubscriberResponse,
    ResolveParkedRequest, ResolveParkedResponse, SeekSubscriberRequest, SeekSubscriberResponse,
    SubscribeRequest, SubscribeResponse, WatchReceiptsRequest, WatchReceiptsResponse,
    bus_service_server::BusService,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::{
    Config,
    asking::{self, CALL_MAX},
    engine::{self, Ask, Engine, Start},
    measured, rights,
};
use quota::Quotas;
use turned::Turned;

/// How many envelopes a fetch gets that names no number.
const FETCH_DEFAULT: usize = 100;

/// The handlers.
pub struct Door(Arc<Hall>);

/// What handlers and their streams share.
pub struct Hall {
    engine: Arc<dyn Engine>,
    config: Config,
    clock: Clock,
    quotas: Quotas,
    turned: Arc<Turned>,
    access: Access,
    shutdown: CancellationToken,
}

impl Door {
    /// Handlers over an engine; streams and waits end with `shutdown`.
    pub fn new(
        engine: Arc<dyn Engine>,
        config: Config,
        access: Access,
        clock: Clock,
        shutdown: CancellationToken,
    ) -> Door {
        let quotas = Quotas::default();
        let turned = Arc::default();
        Door(Arc::new(Hall { engine, config, clock, quotas, turned, access, shutdown }))
    }

    /// Whom the bus turns away, as it is noted here.
    pub fn turned(&self) -> Arc<Turned> {
        Arc::clone(&self.0.turned)
    }

    /// What a fetch asks for, within the limits.
    #[cfg(test)]
    pub fn ask(&self, request: FetchRequest) -> Ask {
        self.0.ask(request)
    }
}

impl Hall {
    fn may(&self, caller: &Party, right: &Right) -> Result<(), Status> {
        self.access.check(caller, right).map_err(status::status)
    }

    /// Records a refusal that is one among the answers of a stream.
    async fn note_refused(&self, caller: &Party, method: &str, refused: &Status) {
        if refused.code() == Code::PermissionDenied {
            let Rejection { reason, message, .. } = status::rejection(refused);
            let (caller, method) = (caller.to_string(), method.to_owned());
            let refused = Refused { caller, through: None, method, reason, message };
            self.access.record(refused).await;
        }
    }

    /// Who may take from its own mailbox, and say what becomes of it.
    fn may_open(&self, caller: &Party) -> Result<(), Status> {
        self.may(caller, &rights::open_mailbox(caller))
    }

    fn may_read(&self, party: &Party) -> Result<(), Status> {
        self.may(party, &rights::read_record(&self.config.followers))
    }

    /// Who may look into mailboxes that are not their own.
    fn may_oversee(&self, party: &Party) -> Result<(), Status> {
        self.may(party, &rights::oversee_mailboxes())
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

    /// Places that are named in a call, of this log.
    fn places(&self, places: Vec<u64>, log_id: &str) -> Result<Vec<u64>, Status> {
        asking::counted(places.len(), "places").map_err(status::status)?;
        self.check_log(Some(log_id), 0, "log_id")?;
        Ok(places)
    }

    /// A receiver's signature, by the certificate of its connection.
    fn proof(
        &self,
        proof: Option<Proof>,
        credential: &Arc<Credential>,
        log_id: &str,
    ) -> Result<Signed, Status> {
        proof::check(proof, credential, log_id, self.clock.now()).map_err(status::status)
    }

    async fn refuse(
        &self,
        caller: &Party,
        request: RefuseRequest,
    ) -> Result<engine::Refused, Status> {
        self.may_open(caller)?;
        let RefuseRequest { places, log_id, reason, delay_ms } = request;
        let places = self.places(places, &log_id)?;
        asking::reason(&reason, false).map_err(status::status)?;
        let delay = millis(delay_ms).min(self.config.lease_max);
        self.engine.refuse(caller, places, reason, delay).await.map_err(wire::status)
    }

    async fn extend(&self, caller: &Party, request: ExtendRequest) -> Result<u32, Status> {
        self.may_open(caller)?;
        let ExtendRequest { places, log_id, lease_ms } = request;
        let places = self.places(places, &log_id)?;
        Ok(self.engine.extend(caller, places, self.lease(lease_ms)).await)
    }

    fn lease(&self, lease_ms: u32) -> Duration {
        let lease = if lease_ms == 0 { self.config.lease } else { millis(lease_ms) };
        lease.min(self.config.lease_max)
    }

    fn ask(&self, request: FetchRequest) -> Ask {
        let FetchRequest { max_envelopes, wait_ms, lease_ms } = request;
        let max = if max_envelopes == 0 { FETCH_DEFAULT } else { max_envelopes as usize };
        Ask {
            max: max.min(CALL_MAX),
            wait: millis(wait_ms).min(self.config.wait_max),
            lease: self.lease(lease_ms),
        }
    }

    fn last_place(&self) -> u64 {
        *self.engine.growth().borrow()
    }

    fn owner(&self) -> String {
        self.config.owner.to_string()
    }

    /// Whose parked envelopes or subscribers are listed: all, or the caller's own.
    fn scope(&self, caller: &Party, named: Option<Party>) -> Result<Option<Party>, Status> {
        if named.as_ref() == Some(caller) {
            return Ok(named);
        }
        match self.may_oversee(caller) {
            Ok(()) => Ok(named),
            Err(_) if named.is_none() => Ok(Some(caller.clone())),
            Err(refused) => Err(refused),
        }
    }
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl BusService for Door {
    type PublishStream = publishing::Answers;
    type SubscribeStream = ReceiverStream<Result<SubscribeResponse, Status>>;
    type FollowStream = ReceiverStream<Result<FollowResponse, Status>>;
    type WatchReceiptsStream = ReceiverStream<Result<WatchReceiptsResponse, Status>>;

    async fn publish(
        &self,
        request: Request<Streaming<PublishRequest>>,
    ) -> Answer<Self::PublishStream> {
        let caller = peer(&request)?.party;
        let stream = publishing::spawn(Arc::clone(&self.0), caller, request.into_inner());
        Ok(Response::new(stream))
    }

    async fn publish_batch(
        &self,
        request: Request<PublishBatchRequest>,
    ) -> Answer<PublishBatchResponse> {
        let caller = peer(&request)?.party;
        let envelopes = request.into_inner().envelopes;
        let heard_of = self.0.turned.of(&envelopes);
        let outcome = self.0.take(&caller, envelopes).await;
        self.0.turned.hear(&caller, &heard_of, outcome.as_ref().err(), self.0.clock.now());
        outcome.map(Response::new)
    }

    async fn subscribe(
        &self,
        request: Request<Streaming<SubscribeRequest>>,
    ) -> Answer<Self::SubscribeStream> {
        let caller = (peer(&request)?.party, credential(&request)?);
        let stream = subscribing::spawn(Arc::clone(&self.0), caller, request.into_inner());
        Ok(Response::new(stream))
    }

    async fn fetch(&self, request: Request<FetchRequest>) -> Answer<FetchResponse> {
        let caller = peer(&request)?.party;
        self.0.may_open(&caller)?;
        let ask = self.0.ask(request.into_inner());
        let fetched = tokio::select! {
            // What is leased already is delivered, also at the end.
            biased;
            fetched = self.0.engine.fetch(&caller, ask) => fetched.map_err(wire::status)?,
            () = self.0.shutdown.cancelled() => Vec::new(),
        };
        let deliveries = fetched.into_iter().map(wire::delivery).collect();
        Ok(Response::new(FetchResponse { deliveries, log_id: self.0.engine.log_id() }))
    }

    async fn acknowledge(
        &self,
        request: Request<AcknowledgeRequest>,
    ) -> Answer<AcknowledgeResponse> {
        let caller = peer(&request)?.party;
        self.0.may_open(&caller)?;
        let credential = credential(&request)?;
        let AcknowledgeRequest { places, log_id, proof } = request.into_inner();
        let places = self.0.places(places, &log_id)?;
        let proof = self.0.proof(proof, &credential, &log_id)?;
        let ended = self.0.engine.acknowledge(&caller, places, proof).await;
        let newly_acknowledged = ended.map_err(wire::status)?;
        Ok(Response::new(AcknowledgeResponse { newly_acknowledged }))
    }

    async fn follow(&self, request: Request<FollowRequest>) -> Answer<Self::FollowStream> {
        self.0.may_read(&peer(&request)?.party)?;
        let FollowRequest { after_place, log_id, is_end_told } = request.into_inner();
        let named = (!log_id.is_empty()).then_some(log_id.as_str());
        self.0.check_log(named, after_place, "after_place")?;
        let engine = self.0.engine.clone();
        let source = stream::Record { engine, after: after_place, is_end_told };
        Ok(Response::new(stream::spawn(source, self.0.shutdown.clone())))
    }

    async fn commit(&self, request: Request<CommitRequest>) -> Answer<CommitResponse> {
        let caller = peer(&request)?.party;
        self.0.may(&caller, &rights::commit_record(&self.0.config.followers))?;
        let credential = credential(&request)?;
        let CommitRequest { place, log_id, proof } = request.into_inner();
        self.0.check_log(Some(&log_id), place, "place")?;
        let proof = proof.map(|proof| self.0.proof(Some(proof), &credential, &log_id));
        let proof = proof.transpose()?;
        let place = self.0.engine.commit(&caller, place, proof).await.map_err(wire::status)?;
        Ok(Response::new(CommitResponse { place }))
    }

    async fn watch_receipts(
        &self,
        request: Request<WatchReceiptsRequest>,
    ) -> Answer<Self::WatchReceiptsStream> {
        let party = peer(&request)?.party;
        let WatchReceiptsRequest { after_place: after, log_id } = request.into_inner();
        let named = (!log_id.is_empty()).then_some(log_id.as_str());
        self.0.check_log(named, after, "after_place")?;
        let source = stream::Settled { engine: self.0.engine.clone(), source: party, after };
        Ok(Response::new(stream::spawn(source, self.0.shutdown.clone())))
    }

    async fn list_envelopes(
        &self,
        request: Request<ListEnvelopesRequest>,
    ) -> Answer<ListEnvelopesResponse> {
        self.0.may_read(&peer(&request)?.party)?;
        let ListEnvelopesRequest { subject, page } = request.into_inner();
        asking::subject(&subject).map_err(status::status)?;
        let wanted = page::wanted(page).map_err(status::status)?;
        let after = asking::place_of(&wanted.from).map_err(status::status)?;
        let listed =
            self.0.engine.list(&subject, after, wanted.size).await.map_err(wire::status)?;
        Ok(Response::new(wire::listed(listed)))
    }

    async fn list_mailboxes(
        &self,
        request: Request<ListMailboxesRequest>,
    ) -> Answer<ListMailboxesResponse> {
        self.0.may_oversee(&peer(&request)?.party)?;
        let wanted = page::wanted(request.into_inner().page).map_err(status::status)?;
        let after = asking::party_of(&wanted.from).map_err(status::status)?;
        // One more than wanted says whether there is another page.
        let found = self.0.engine.mailboxes(after.as_ref(), wanted.size + 1).await;
        let owner = self.0.owner();
        let (waiting, now) = (self.0.config.waiting_max, self.0.clock.now());
        let limit = wire::Limit { waiting, owner: &owner, now };
        Ok(Response::new(wire::mailboxes(found.map_err(wire::status)?, wanted.size, &limit)))
    }

    async fn refuse(&self, request: Request<RefuseRequest>) -> Answer<RefuseResponse> {
        let caller = peer(&request)?.party;
        let engine::Refused { count, parked } =
            self.0.refuse(&caller, request.into_inner()).await?;
        Ok(Response::new(RefuseResponse { refused: count, parked }))
    }

    async fn extend(&self, request: Request<ExtendRequest>) -> Answer<ExtendResponse> {
        let caller = peer(&request)?.party;
        let extended = self.0.extend(&caller, request.into_inner()).await?;
        Ok(Response::new(ExtendResponse { extended }))
    }

    async fn list_parked(&self, request: Request<ListParkedRequest>) -> Answer<ListParkedResponse> {
        let caller = peer(&request)?.party;
        let ListParkedRequest { mailbox, page } = request.into_inner();
        let named = asking::named(&mailbox, "mailbox").map_err(status::status)?;
        let of = self.0.scope(&caller, named)?;
        let wanted = page::wanted(page).map_err(status::status)?;
        let after = asking::parked_of(&wanted.from).map_err(status::status)?;
        let found = self.0.engine.parked(of.as_ref(), after, wanted.size + 1).await;
        let found = found.map_err(wire::status)?;
        Ok(Response::new(wire::parked_page(found, wanted.size, &self.0.owner())))
    }

    async fn resolve_parked(
        &self,
        request: Request<ResolveParkedRequest>,
    ) -> Answer<ResolveParkedResponse> {
        let caller = peer(&request)?.party;
        self.0.may_oversee(&caller)?;
        let request = request.into_inner();
        self.0.check_log(Some(&request.log_id), 0, "log_id")?;
        let is_all = request.places.is_empty();
        let resolve = asking::resolve(request, &caller).map_err(status::status)?;
        let (mailbox, is_preview) = (resolve.mailbox.clone(), resolve.is_preview);
        let found = self.0.engine.resolve(resolve).await.map_err(wire::status)?;
        let rest = if is_preview { found.len() + 1 } else { 1 };
        let is_more = is_all && {
            let left = self.0.engine.parked(Some(&mailbox), None, rest).await;
            left.map_err(wire::status)?.len() == rest
        };
        let resolved = wire::parked(found, &self.0.owner());
        Ok(Response::new(ResolveParkedResponse { resolved, is_more }))
    }

    async fn put_subscriber(
        &self,
        request: Request<PutSubscriberRequest>,
    ) -> Answer<PutSubscriberResponse> {
        let caller = peer(&request)?.party;
        self.0.may_read(&caller)?;
        let PutSubscriberRequest { name, selection, start } = request.into_inner();
        asking::subscriber(&name).map_err(status::status)?;
        let selection = asking::selection(selection).map_err(status::status)?;
        let start = asking::start(start);
        if let Start::After(place) = start {
            self.0.check_log(None, place, "start.after_place")?;
        }
        let put = self.0.engine.put_subscriber(&caller, &name, selection, start).await;
        let subscriber = wire::subscriber(put.map_err(wire::status)?, self.0.last_place());
        let log_id = self.0.engine.log_id();
        Ok(Response::new(PutSubscriberResponse { subscriber: Some(subscriber), log_id }))
    }

    async fn seek_subscriber(
        &self,
        request: Request<SeekSubscriberRequest>,
    ) -> Answer<SeekSubscriberResponse> {
        let caller = peer(&request)?.party;
        let SeekSubscriberRequest { name, party, start } = request.into_inner();
        let party = asking::named(&party, "party").map_err(status::status)?;
        let party = self.0.scope(&caller, party.or_else(|| Some(caller.clone())))?;
        let party = party.unwrap_or(caller);
        let place = match asking::start(start) {
            Start::After(place) => place,
            Start::At(time) => self.0.engine.before(time).await.map_err(wire::status)?,
            Start::End => self.0.last_place(),
        };
        self.0.check_log(None, place, "start.after_place")?;
        let sought = self.0.engine.seek(&party, &name, place, false).await;
        let subscriber = wire::subscriber(sought.map_err(wire::status)?, self.0.last_place());
        Ok(Response::new(SeekSubscriberResponse { subscriber: Some(subscriber) }))
    }

    async fn remove_subscriber(
        &self,
        request: Request<RemoveSubscriberRequest>,
    ) -> Answer<RemoveSubscriberResponse> {
        let caller = peer(&request)?.party;
        let name = request.into_inner().name;
        self.0.engine.remove_subscriber(&caller, &name).await.map_err(wire::status)?;
        Ok(Response::new(RemoveSubscriberResponse {}))
    }

    async fn list_subscribers(
        &self,
        request: Request<ListSubscribersRequest>,
    ) -> Answer<ListSubscribersResponse> {
        let caller = peer(&request)?.party;
        let of = self.0.scope(&caller, None)?;
        let wanted = page::wanted(request.into_inner().page).map_err(status::status)?;
        let after = asking::subscriber_of(&wanted.from).map_err(status::status)?;
        let found = self.0.engine.subscribers(of.as_ref(), after, wanted.size + 1).await;
        let found = found.map_err(wire::status)?;
        Ok(Response::new(wire::subscribers(found, wanted.size, self.0.last_place())))
    }

    async fn locate_envelope(
        &self,
        request: Request<LocateEnvelopeRequest>,
    ) -> Answer<LocateEnvelopeResponse> {
        let caller = peer(&request)?.party;
        let name = asking::name(request.into_inner()).map_err(status::status)?;
        let found = self.0.engine.locate(name).await.map_err(wire::status)?;
        let envelope = found.recorded.envelope().map_err(status::status)?;
        let is_party = envelope.source == caller || envelope.recipient.as_ref() == Some(&caller);
        if !is_party {
            self.0.may_read(&caller).or_else(|_| self.0.may_oversee(&caller))?;
        }
        let recipient = envelope.recipient.map(|party| party.to_string()).unwrap_or_default();
        Ok(Response::new(wire::located(found, &recipient, &self.0.owner())))
    }

    async fn get_status(&self, request: Request<GetStatusRequest>) -> Answer<GetStatusResponse> {
        self.0.may_oversee(&peer(&request)?.party)?;
        let state = self.0.engine.status().await.map_err(wire::status)?;
        let log = (self.0.engine.log_id(), self.0.last_place());
        let turned = self.0.turned.list(&self.0.owner());
        let lags = measured::lags(&*self.0.engine, &state).await.map_err(wire::status)?;
        Ok(Response::new(wire::state(state, log, &self.0.owner(), (turned, lags))))
    }
}
