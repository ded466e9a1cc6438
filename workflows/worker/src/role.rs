//! The worker as a role: its store, its way to the bus, its thread for Temporal, its health.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use connector::{
    Connectors,
    intake::{self, Intakes},
    notification::{self, Notifications},
    subscription::{self, Subscriptions},
};
use domain::{
    pack::{City, Faults},
    party::{Party, Role},
};
use kit::{
    access::Access,
    client::{self, Channel, Endpoint},
    clock::Clock,
    follow,
    identity::{self, Identity, ServerTls},
    outbox, server,
    stats::Stats,
    store::{self, Store},
};
use proto::incident::incident_service_server::IncidentServiceServer;
use tokio::{net::TcpListener, sync::oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    Config, fold::Fold, incidents::Incidents, measured::Measured, outage::Presence, temporal,
    told::Known, watch::Watch,
};

/// Why a worker does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The identity is another party's.
    #[error("the identity is of {0}, not of service/worker")]
    Identity(Party),
    /// Its store does not open.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The pack's rules of access have faults.
    #[error("the rules of access of the city's pack are faulty")]
    Access(#[from] Faults),
    /// TLS does not work.
    #[error(transparent)]
    Tls(#[from] identity::Error),
    /// There is no way to the bus.
    #[error(transparent)]
    Bus(#[from] client::Error),
    /// A way to an outside system can't be.
    #[error(transparent)]
    Outside(#[from] connector::Error),
    /// Somebody outside can't be told what it asks for.
    #[error(transparent)]
    Subscription(#[from] subscription::Error),
    /// People can't be told as it asks for.
    #[error(transparent)]
    Notices(#[from] notification::Error),
    /// Another system can't give us its cases.
    #[error(transparent)]
    Intake(#[from] intake::Error),
    /// Another system gives its cases, and nobody is there to whistle to.
    #[error("[outside.intake] needs to know where the gateway is; right would be: [gateway]")]
    NoGateway,
    /// The server failed.
    #[error(transparent)]
    Server(#[from] server::Error),
    /// The thread for Temporal can't be started or has ended by itself.
    #[error("the thread for Temporal: {0}")]
    Thread(String),
}

/// A worker with its store open.
pub struct Worker {
    store: Store<Fold>,
    access: Access,
    config: Config,
    city: Arc<City>,
    outside: PathBuf,
    intake: PathBuf,
    notices: PathBuf,
}

impl Worker {
    /// Opens the store under `data`; blocks while it catches up. Inside a runtime.
    pub fn open(
        data: &Path,
        city: Arc<City>,
        config: Config,
        clock: Clock,
        stats: Stats,
    ) -> Result<Worker, Error> {
        let access = Access::of(&city)?.recorded(&data.join("access"), clock.clone());
        let kept = (&config.house, format!("office/{}", city.coordinator));
        let fold = Fold::new(Arc::clone(&city), &config.profile);
        let store = Store::open_kept(data, fold, clock, stats, kept)?;
        let [outside, intake, notices] =
            ["outside", "intake", "notices"].map(|name| data.join(name));
        Ok(Worker { store, access, config, city, outside, intake, notices })
    }

    /// The store, for those who look in.
    pub fn store(&self) -> &Store<Fold> {
        &self.store
    }

    /// Follows, tells, and carries out, until the token is cancelled. What goes outside is looked
    /// after on the listener. The bus and Temporal may be away.
    pub async fn serve(
        self,
        listener: TcpListener,
        identity: &Identity,
        bus: &Endpoint,
        shutdown: CancellationToken,
    ) -> Result<(), Error> {
        if !identity.party().is(Role::Worker) {
            return Err(Error::Identity(identity.party().clone()));
        }
        let Worker { store, access, config, city, outside, intake, notices } = self;
        let tls = ServerTls::new(identity)?;
        // What goes in and what goes out do not share a connection.
        let channel = || client::connect_lazy(identity, bus, &config.client);
        let (following, sending, asking) = (channel()?, channel()?, channel()?);
        let telling = channel()?;
        // Whatever ends by itself ends the rest with it.
        let stop = shutdown.child_token();
        let _stop_at_last = stop.clone().drop_guard();
        let _measured = Measured::watch(&store);
        let presence = Presence::new(config.mark_every);
        let connectors = Connectors::of(&config.outside.systems, identity)?;
        let waits = (config.outside.between_tries(), &config.house);
        let lines = lines(&config, identity, channel()?)?;
        let intakes = Intakes::open(
            &config.outside.intake,
            waits,
            (&city, store.clock()),
            (identity, &lines),
            &intake,
        )?;
        let subscriptions = Subscriptions::open(
            &config.outside.subscriptions,
            waits,
            (&city, store.clock()),
            identity,
            (&outside, &intakes),
        )?;
        let reading = (0..subscriptions.count()).map(|_| channel());
        let reading = reading.collect::<Result<Vec<_>, _>>()?;
        let notices = told(&config, (&store, &city), identity, &notices)?;
        let watch = Watch::new(store.clone(), presence.clone(), config.incidents.patience());
        let with = (watch.clone(), connectors);
        let flows = thread(store.clone(), config.clone(), with, stop.clone())?;
        let exchange = async {
            tokio::join!(
                follow::run(store.clone(), identity.clone(), following, stop.clone()),
                outbox::run(store.clone(), identity.clone(), sending, stop.clone()),
                presence.run(&store, asking, config.outage_after, &stop),
                subscriptions.run(reading, &stop),
                notices.run(telling, &stop),
                intakes.run(&stop),
            );
        };
        let incidents = Incidents::new(store.clone(), watch, access.clone());
        let incidents = IncidentServiceServer::new(incidents)
            .max_decoding_message_size(config.server.message_bytes);
        let services = server::Services::new(&access, Role::Worker)
            .with(subscriptions.service(config.server.message_bytes))
            .with(notices.service(access.clone(), config.server.message_bytes))
            .with(intakes.service(&city, &access, config.server.message_bytes))
            .with(incidents)
            .described_by(proto::DESCRIPTORS);
        let serving = server::serve(listener, &tls, services, &config.server, stop.clone());
        let serving = ending(&stop, async { Ok(serving.await?) });
        let flows = ending(&stop, async {
            let ended = flows.await.map_err(|_| Error::Thread("it is gone".to_owned()))?;
            ended.map_err(|error| Error::Thread(error.to_string()))
        });
        let (served, flowed, ()) = tokio::join!(serving, flows, exchange);
        served.and(flowed)
    }
}

/// How people are told by SMS or webhook, with what is known in this folder.
fn told(
    config: &Config,
    (store, city): (&Store<Fold>, &Arc<City>),
    identity: &Identity,
    folder: &Path,
) -> Result<Notifications, Error> {
    let parts = notification::Parts {
        city,
        clock: store.clock(),
        identity,
        waits: config.outside.between_tries(),
        cases: Arc::new(Known::new(store.clone())),
        house: config.house.clone(),
    };
    Ok(Notifications::open(&config.outside.notices, parts, folder)?)
}

/// By which ways the cases of other systems become ours; where none gives any, nobody is asked.
fn lines(config: &Config, identity: &Identity, bus: Channel) -> Result<intake::Lines, Error> {
    let gateway = match &config.gateway {
        Some(gateway) => client::connect_lazy(identity, gateway, &config.client)?,
        None if config.outside.intake.is_empty() => bus.clone(),
        None => return Err(Error::NoGateway),
    };
    Ok(intake::Lines { gateway, bus })
}

async fn ending<T>(stop: &CancellationToken, work: impl Future<Output = T>) -> T {
    let outcome = work.await;
    stop.cancel();
    outcome
}

type Ended = oneshot::Receiver<Result<(), temporal::Error>>;

/// Runs the flows on a thread of their own; the answer comes when they have ended.
fn thread(
    store: Store<Fold>,
    config: Config,
    with: (Watch, Connectors),
    stop: CancellationToken,
) -> Result<Ended, Error> {
    let failed = |error: std::io::Error| Error::Thread(error.to_string());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (told, ended) = oneshot::channel();
    let work = move || {
        let outcome = runtime.block_on(temporal::run(store, config, with, stop));
        // What the SDK has left behind must not outlive the thread's answer.
        runtime.shutdown_background();
        let _nobody_waits = told.send(outcome);
    };
    std::thread::Builder::new().name("flows".to_owned()).spawn(work).map_err(failed)?;
    Ok(ended)
}
