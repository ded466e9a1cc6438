//! A bus in memory behind the real interface and real TLS: one record, in order, each id once.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{case::Fact, envelope::Envelope, moment::Moment, party::Party};
use futures::{Stream, StreamExt as _, stream};
use kit::{
    client::Endpoint,
    clock::Clock,
    identity::{Authority, Identity, ServerTls},
    server::{self, Limits, Services},
};
use proto::bus::{
    bus_service_server::{BusService, BusServiceServer},
    *,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

/// The trace of all that is said.
pub const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What was published, and who listens.
#[derive(Clone)]
pub struct Record(Arc<Mutex<Vec<Recorded>>>, watch::Sender<usize>, Arc<AtomicBool>);

/// A bus that can be switched off and on; its record stays.
pub struct Bus {
    pub record: Record,
    pub endpoint: Endpoint,
    pub worker: Identity,
    identity: Identity,
    running: Option<(CancellationToken, JoinHandle<()>)>,
    _dir: TempDir,
}

impl Record {
    /// Takes an envelope; the same id of the same source once.
    fn take(&self, envelope: proto::envelope::Wire) -> Placement {
        let mut all = self.0.lock().unwrap();
        let same = |recorded: &&Recorded| {
            let known = recorded.envelope.as_ref().unwrap();
            (&known.source, &known.id) == (&envelope.source, &envelope.id)
        };
        if let Some(known) = all.iter().find(same) {
            let (place, accepted_at_ms) = (known.place, known.accepted_at_ms);
            return Placement { place, accepted_at_ms, is_duplicate: true };
        }
        let place = all.len() as u64 + 1;
        let accepted_at_ms = Clock::system().now().0;
        all.push(Recorded { place, accepted_at_ms, envelope: Some(envelope) });
        self.1.send_replace(all.len());
        Placement { place, accepted_at_ms, is_duplicate: false }
    }

    /// Says something about a case as a party.
    pub fn say(&self, source: &str, case_id: &str, fact: &Fact) {
        let (kind, body) = proto::fact::write(fact);
        let source: Party = source.parse().unwrap();
        let text = source.to_string();
        let count = |recorded: &&Recorded| recorded.envelope.as_ref().unwrap().source == text;
        let number = self.0.lock().unwrap().iter().filter(count).count() as u64 + 1;
        let envelope = Envelope {
            id: format!("said-{number}").parse().unwrap(),
            source,
            kind,
            subject: format!("case/wenshan/{case_id}"),
            time: Moment(0),
            recipient: None,
            number,
            actor: None,
            on_behalf_of: None,
            traceparent: Some(TRACE.to_owned()),
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        };
        self.take(proto::envelope::to_wire(&envelope));
    }

    /// The ids of what the worker has said, in order.
    pub fn worker(&self) -> Vec<String> {
        let all = self.0.lock().unwrap();
        let envelopes = all.iter().map(|recorded| recorded.envelope.as_ref().unwrap());
        let own = envelopes.filter(|envelope| envelope.source == "service/worker");
        own.map(|envelope| envelope.id.clone()).collect()
    }

    /// From now on nothing is taken, or everything again.
    pub fn refuse(&self, is_refusing: bool) {
        self.2.store(is_refusing, Ordering::Relaxed);
    }

    fn after(&self, place: u64) -> Vec<Recorded> {
        let all = self.0.lock().unwrap();
        all.iter().skip(usize::try_from(place).unwrap()).cloned().collect()
    }
}

type Streaming<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl BusService for Record {
    async fn publish_batch(
        &self,
        request: Request<PublishBatchRequest>,
    ) -> Result<Response<PublishBatchResponse>, Status> {
        if self.2.load(Ordering::Relaxed) {
            return Err(Status::unavailable("not now"));
        }
        let envelopes = request.into_inner().envelopes;
        let placements = envelopes.into_iter().map(|envelope| self.take(envelope)).collect();
        Ok(Response::new(PublishBatchResponse { placements, log_id: "log".into() }))
    }

    async fn follow(
        &self,
        request: Request<FollowRequest>,
    ) -> Result<Response<Streaming<FollowResponse>>, Status> {
        let state = (self.clone(), self.1.subscribe(), request.into_inner().after_place);
        let pieces = stream::unfold(state, |(record, mut grown, after)| async move {
            loop {
                grown.borrow_and_update();
                let recorded = record.after(after);
                if let Some(last) = recorded.last().map(|last| last.place) {
                    let piece = FollowResponse { log_id: "log".into(), recorded, upto: 0 };
                    return Some((Ok(piece), (record, grown, last)));
                }
                grown.changed().await.ok()?;
            }
        });
        Ok(Response::new(pieces.boxed()))
    }

    async fn commit(
        &self,
        request: Request<CommitRequest>,
    ) -> Result<Response<CommitResponse>, Status> {
        Ok(Response::new(CommitResponse { place: request.into_inner().place }))
    }

    async fn watch_receipts(
        &self,
        _: Request<WatchReceiptsRequest>,
    ) -> Result<Response<Streaming<WatchReceiptsResponse>>, Status> {
        Ok(Response::new(stream::pending().boxed()))
    }
}

impl Bus {
    /// A bus that is on.
    pub async fn on() -> Bus {
        let dir = TempDir::new().unwrap();
        let authority = Authority::open_or_create(dir.path(), &"wenshan".parse().unwrap()).unwrap();
        let identity = authority.issue(&"service/bus".parse().unwrap()).unwrap();
        let worker = authority.issue(&"service/worker".parse().unwrap()).unwrap();
        let record = Record(Arc::default(), watch::Sender::new(0), Arc::default());
        let server = "service/bus".parse().unwrap();
        let endpoint = Endpoint { address: "https://127.0.0.1:0".into(), server };
        let mut bus = Bus { record, endpoint, worker, identity, running: None, _dir: dir };
        bus.switch_on().await;
        bus
    }

    /// Serves where it served before.
    pub async fn switch_on(&mut self) {
        let address = self.endpoint.address.trim_start_matches("https://").to_owned();
        let listener = TcpListener::bind(address).await.unwrap();
        self.endpoint.address = format!("https://{}", listener.local_addr().unwrap());
        let tls = ServerTls::new(&self.identity).unwrap();
        let stop = CancellationToken::new();
        let (record, stopped) = (self.record.clone(), stop.clone());
        let serving = tokio::spawn(async move {
            let access = kit::access::Access::of(&crate::pack::wenshan()).unwrap();
            let services = Services::new(&access, domain::party::Role::Bus);
            let services = services.with(BusServiceServer::new(record));
            let limits = Limits { drain: std::time::Duration::ZERO, ..Limits::default() };
            server::serve(listener, &tls, services, &limits, stopped).await.unwrap();
        });
        self.running = Some((stop, serving));
    }

    /// An identity that is not the worker's.
    pub fn other(&self) -> Identity {
        self.identity.clone()
    }

    /// Serves nobody.
    pub async fn switch_off(&mut self) {
        if let Some((stop, serving)) = self.running.take() {
            stop.cancel();
            serving.await.unwrap();
        }
    }
}
