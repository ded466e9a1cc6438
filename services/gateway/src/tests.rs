//! The gateway through its interfaces, on real sockets, certificates, journals and views. There is
//! no bus but in [`bus`]: elsewhere what the bus's record would say is put into the store.

mod again;
mod bus;
mod clock;
mod clocks;
mod complaints;
mod credit;
mod drawn;
mod fetched;
mod ground;
mod inspections;
mod keeper;
mod ladder;
mod late;
mod ledger;
mod merging;
mod pictures;
mod rating;
mod refusals;
mod registry;
mod replay;
mod searching;
mod sheets;
mod town;
mod traced;
mod watching;
mod whistles;
mod world;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use domain::{
    evidence::Digest,
    moment::Moment,
    pack::{self, City},
    rejection::Rejection,
};
use kit::{
    client::{self, Channel, Endpoint},
    clock::Clock,
    identity::{Authority, Identity, ServerTls},
    server::Limits,
    stats::Stats,
    status,
};
use proto::{
    case::Evidence,
    page::Command,
    whistle::{
        Case, GetCaseRequest, HistoryEntry, ListHistoryRequest, RaiseWhistleRequest,
        whistle_service_client::WhistleServiceClient,
    },
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::*;

/// More than any wait here, less than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(20);

/// 22 November 2026, 10:00 in Wenshan.
const NOW: Moment = Moment(1_795_312_800_000);

/// Two communities of the pack.
const DONGFENG: &str = "community/kaihua_dongfeng";
const XISHAN: &str = "community/kaihua_xishan";

/// The city of Wenshan, as this repository ships it.
pub(crate) fn city() -> Arc<City> {
    static CITY: OnceLock<Arc<City>> = OnceLock::new();
    Arc::clone(CITY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
        Arc::new(pack::load(&kit::pack::files(&folder).unwrap()).unwrap())
    }))
}

type Client = WhistleServiceClient<Channel>;

/// A gateway that runs, and what it needs around it.
struct Running {
    dir: TempDir,
    authority: Authority,
    clock: Clock,
    gateway: Gateway,
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

impl Running {
    /// With no bus anywhere.
    async fn start() -> Running {
        Running::beside("https://127.0.0.1:1").await
    }

    async fn beside(bus: &str) -> Running {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::open_or_create(&dir.path().join("ca"), &city().id).unwrap();
        Running::open(dir, authority, bus).await
    }

    async fn open(dir: TempDir, authority: Authority, bus: &str) -> Running {
        Running::open_in(dir, authority, bus, city()).await
    }

    async fn open_in(dir: TempDir, authority: Authority, bus: &str, city: Arc<City>) -> Running {
        Running::open_with(dir, authority, bus, city, Config::default()).await
    }

    async fn open_with(
        dir: TempDir,
        authority: Authority,
        bus: &str,
        city: Arc<City>,
        config: Config,
    ) -> Running {
        let clock = Clock::fixed(NOW);
        let data = dir.path().join("gateway");
        let open = || {
            let stats = Stats::default();
            let city = Arc::clone(&city);
            Gateway::open(&data, city, config.clone(), clock.clone(), stats).ok()
        };
        let gateway = eventually("the gateway opens", async || open()).await;
        let identity = authority.issue(&"service/gateway".parse().unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = "service/bus".parse().unwrap();
        let bus = Endpoint { address: bus.to_owned(), server };
        let stop = CancellationToken::new();
        let task = serve(gateway.clone(), listener, identity, bus, stop.clone());
        Running { dir, authority, clock, gateway, address, stop, task: tokio::spawn(task) }
    }

    /// Ends it; everything of it is gone but its folder.
    async fn stop(self) -> (TempDir, Authority) {
        let Running { dir, authority, gateway, stop, task, .. } = self;
        stop.cancel();
        task.await.unwrap().unwrap();
        drop(gateway);
        (dir, authority)
    }

    async fn restart(self) -> Running {
        let (dir, authority) = self.stop().await;
        Running::open(dir, authority, "https://127.0.0.1:1").await
    }

    /// Again, in the same city.
    async fn restart_in(self) -> Running {
        let city = Arc::clone(&self.gateway.store().machine().city);
        let (dir, authority) = self.stop().await;
        Running::open_in(dir, authority, "https://127.0.0.1:1", city).await
    }

    fn channel(&self, party: &str) -> Channel {
        let identity = self.authority.issue(&party.parse().unwrap()).unwrap();
        let server = "service/gateway".parse().unwrap();
        let to = Endpoint { address: format!("https://{}", self.address), server };
        client::connect_lazy(&identity, &to, &client::Limits::default()).unwrap()
    }

    fn client(&self, party: &str) -> Client {
        WhistleServiceClient::new(self.channel(party))
    }

    /// A photograph in the store.
    fn photo(&self, text: &str) -> Evidence {
        let digest: Digest = self.gateway.evidence_store().put(text.as_bytes()).unwrap();
        Evidence {
            digest: digest.to_string(),
            size: text.len() as u64,
            kind: "photo".into(),
            media_type: "image/jpeg".into(),
        }
    }

    /// A whistle that is taken: its lead is enforcement, environment is called beside it.
    fn stall(&self, request: &str) -> RaiseWhistleRequest {
        RaiseWhistleRequest {
            command: command(request),
            issue_type: "mobile_stall".into(),
            grid: "WS-KH-001".into(),
            description: "三个流动摊点占道".into(),
            evidence: vec![self.photo("a stall")],
            called_units: vec!["enforcement".into(), "environment".into()],
            ..RaiseWhistleRequest::default()
        }
    }

    /// One whose lead must be assigned by the leading-group office.
    fn cables(&self, request: &str) -> RaiseWhistleRequest {
        let issue_type = "overhead_cables".into();
        RaiseWhistleRequest { issue_type, called_units: vec![], ..self.stall(request) }
    }

    async fn raise(&self, request: RaiseWhistleRequest) -> String {
        self.client(DONGFENG).raise_whistle(request).await.unwrap().into_inner().case_id
    }

    async fn get(&self, party: &str, case_id: &str) -> Result<Case, Rejection> {
        let request = GetCaseRequest { case_id: case_id.into() };
        let answer = self.client(party).get_case(request).await.map_err(refused)?;
        Ok(answer.into_inner().case.unwrap())
    }

    async fn history(&self, party: &str, case_id: &str) -> Result<Vec<HistoryEntry>, Rejection> {
        let request = ListHistoryRequest { case_id: case_id.into(), page: None };
        let answer = self.client(party).list_history(request).await.map_err(refused)?;
        Ok(answer.into_inner().entries)
    }
}

async fn serve(
    gateway: Gateway,
    listener: TcpListener,
    identity: Identity,
    bus: Endpoint,
    stop: CancellationToken,
) -> Result<(), Error> {
    let tls = ServerTls::new(&identity).unwrap();
    gateway.serve(listener, &tls, &Limits::default(), &identity, bus, stop).await
}

fn command(request: &str) -> Option<Command> {
    Some(Command { request_id: request.into(), person: "li.na".into() })
}

fn refused(status: Status) -> Rejection {
    status::rejection(&status)
}

/// Waits for something to be there.
async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("never: {what}"))
}
