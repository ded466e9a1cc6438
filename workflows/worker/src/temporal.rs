//! The side of the worker that faces Temporal, on a thread of its own.
//!
//! The SDK's worker can't move between threads, and a slow flow must not hold up the rest of the
//! role. Here it is connected, and connected again when Temporal was away; on the way out what
//! runs may finish, for a while.

use std::time::Duration;

use connector::Connectors;
use flows::{
    Accountability, BlackList, EnforcementDecision, JointApproval, JointOperation, WhistleCase,
};
use kit::{outbox::Backoff, store::Store};
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, Url,
    errors::{ClientConnectError, ClientNewError},
    grpc::WorkflowService,
    tonic::IntoRequest as _,
};
use temporalio_common::protos::temporal::api::workflowservice::v1::DescribeNamespaceRequest;
use temporalio_sdk::{
    Runtime, Worker, WorkerOptions,
    runtime::{
        RuntimeOptions,
        worker_tuner::{FixedSizeSlotSupplier, TunerHolder},
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    Config,
    activities::{Outside, Work},
    fold::Fold,
    incidents,
    outage::Presence,
    reconcile,
    teller::{Teller, chain},
    watch::Watch,
};

const CONNECT: Duration = Duration::from_secs(5);
/// How soon it is asked again whether Temporal answers, when it did not.
const AGAIN: Duration = Duration::from_millis(200);
/// How long an activity may finish when the worker ends.
const GRACE: Duration = Duration::from_secs(5);
/// How long all may take to end; then it is dropped.
const DRAIN: Duration = Duration::from_secs(10);

/// Why there is no session with Temporal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0:?} is no address of Temporal")]
    Address(String),
    #[error("Temporal can't be reached")]
    Connect(#[from] ClientConnectError),
    #[error("no client")]
    Client(#[from] ClientNewError),
    #[error("the flows can't be registered")]
    Flows(#[from] temporalio_sdk::WorkflowRegistrationError),
    #[error("no worker")]
    Worker(#[from] temporalio_sdk::WorkerCreateError),
    #[error("the worker ended")]
    Ended(#[from] temporalio_sdk::WorkerRunError),
    #[error("no runtime for flows")]
    Runtime(#[from] temporalio_sdk::RuntimeError),
}

/// Runs until the token is cancelled; what fails is tried again.
pub(crate) async fn run(
    store: Store<Fold>,
    config: Config,
    (watch, connectors): (Watch, Connectors),
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let runtime = Runtime::from_current_tokio(RuntimeOptions::default())?;
    let mut backoff = Backoff::default();
    while !shutdown.is_cancelled() {
        let outside = Outside { connectors: connectors.clone(), waits: config.outside.waits() };
        let with = (&watch, outside, &shutdown);
        let session = session(&runtime, &store, &config, with, &mut backoff);
        let ending = async {
            shutdown.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            ended = session => if let Err(error) = ended {
                tracing::debug!(error = chain(&error), "no session with Temporal");
            },
            () = ending => tracing::warn!("Temporal did not let go in time"),
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = backoff.wait() => {}
        }
    }
    Ok(())
}

async fn session(
    runtime: &Runtime,
    store: &Store<Fold>,
    config: &Config,
    (watch, outside, shutdown): (&Watch, Outside, &CancellationToken),
    backoff: &mut Backoff,
) -> Result<(), Error> {
    let presence = watch.presence();
    let client = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        client = connect(config) => client?,
    };
    let options = WorkerOptions::new(config.task_queue.clone())
        .register_workflow::<WhistleCase>()?
        .register_workflow::<Accountability>()?
        .register_workflow::<JointApproval>()?
        .register_workflow::<BlackList>()?
        .register_workflow::<EnforcementDecision>()?
        .register_workflow::<JointOperation>()?
        .register_activities(Work::new(store.clone(), presence.clone(), outside, watch.clone()))
        .max_cached_workflows(config.cached_flows)
        .tuner(slots(config.flows_at_once))
        .graceful_shutdown_period(GRACE)
        .build();
    let mut worker = Worker::new(runtime, client.clone(), options)?;
    *backoff = Backoff::default();
    tracing::info!(address = config.temporal_address, "flows run");
    let stop = worker.shutdown_handle();
    let ended = CancellationToken::new();
    let (store, task_queue) = (store.clone(), config.task_queue.clone());
    let answering = answering(client.clone(), config, store.clone(), presence);
    let teller = Teller { store, client, task_queue, watch: watch.clone() };
    let running = async {
        let ran = worker.run().await;
        ended.cancel();
        ran
    };
    let beside = async {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = ended.cancelled() => {}
            () = teller.run() => {}
            () = answering => {}
            () = incidents::run(&teller, config.mark_every) => {}
            () = reconcile::run(&teller, config.reconcile_every, config.starts_per_second) => {}
        }
        stop();
    };
    let (ran, ()) = tokio::join!(running, beside);
    Ok(ran?)
}

/// Notes each time that Temporal answers; runs until it is dropped.
async fn answering(client: Client, config: &Config, store: Store<Fold>, presence: &Presence) {
    let mut client = client;
    loop {
        let request = DescribeNamespaceRequest {
            namespace: config.namespace.clone(),
            ..DescribeNamespaceRequest::default()
        };
        let asked = WorkflowService::describe_namespace(&mut client, request.into_request());
        match tokio::time::timeout(CONNECT, asked).await {
            Ok(Ok(_)) => {
                presence.temporal(store.clock().now());
                tokio::time::sleep(config.mark_every / 2).await;
            }
            _ => tokio::time::sleep(AGAIN).await,
        }
    }
}

/// The least that the SDK takes.
const FLOWS_MIN: usize = 2;
/// How many activities, local and remote ones, are at work at the same time: more than flows.
const ACTIVITIES: usize = 100;

fn slots(flows: usize) -> TunerHolder {
    TunerHolder::builder()
        .workflow_task_slot_supplier(FixedSizeSlotSupplier::new(flows.max(FLOWS_MIN)))
        .activity_task_slot_supplier(FixedSizeSlotSupplier::new(ACTIVITIES))
        .local_activity_task_slot_supplier(FixedSizeSlotSupplier::new(ACTIVITIES))
        .nexus_task_slot_supplier(FixedSizeSlotSupplier::new(ACTIVITIES))
        .build()
}

/// A client of the configured namespace.
pub(crate) async fn connect(config: &Config) -> Result<Client, Error> {
    let address = || Error::Address(config.temporal_address.clone());
    let url: Url = format!("http://{}", config.temporal_address).parse().map_err(|_| address())?;
    let options = ConnectionOptions::new(url).identity("muster-worker").connect_timeout(CONNECT);
    let connection = Connection::connect(options.build()).await?;
    Ok(Client::new(connection, ClientOptions::new(config.namespace.clone()).build())?)
}
