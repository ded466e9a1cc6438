//! Empty workflows on the same server, as the yardstick beside cases.
//!
//! A worker of its own, on a task queue of its own, with the settings of the worker for cases. What
//! is started is waited for, and the same options are used as for the flow of a case, so that the
//! two differ in the work and in nothing else. It is for measuring only: no case depends on it.

use std::time::Duration;

use flows::empty::Empty;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use temporalio_client::{
    Client, WorkflowStartOptions,
    errors::{WorkflowGetResultError, WorkflowStartError},
};
use temporalio_sdk::{Runtime, Worker, WorkerOptions, runtime::RuntimeOptions};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::{Config, temporal};

/// The queue on which nobody but this worker takes tasks.
const TASK_QUEUE: &str = "muster-empty";
/// How long the thread may take to end.
const DRAIN: Duration = Duration::from_secs(10);

/// Why empty workflows do not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no worker for them.
    #[error("no worker for empty workflows: {0}")]
    Worker(String),
    /// One was not started.
    #[error("an empty workflow is not started")]
    Start(#[from] WorkflowStartError),
    /// One did not end.
    #[error("an empty workflow did not end")]
    End(#[from] WorkflowGetResultError),
}

/// A worker for empty workflows, and a client that starts them. Ends when it is dropped.
pub struct Empties {
    client: Client,
    stop: CancellationToken,
    ended: oneshot::Receiver<Result<(), temporal::Error>>,
}

impl Empties {
    /// Connects, and starts the worker on a thread of its own.
    pub async fn start(config: &Config) -> Result<Empties, Error> {
        let failed = |error: &dyn std::error::Error| Error::Worker(crate::teller::chain(error));
        let client = temporal::connect(config).await.map_err(|error| failed(&error))?;
        let stop = CancellationToken::new();
        let (told, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let (ours, token) = (client.clone(), stop.clone());
        let work = move || {
            let outcome = runtime.block_on(run(ours, token));
            runtime.shutdown_background();
            let _nobody_waits = told.send(outcome);
        };
        let thread = std::thread::Builder::new().name("empties".to_owned()).spawn(work);
        thread.map_err(|error| failed(&error))?;
        Ok(Empties { client, stop, ended })
    }

    /// Starts so many workflows, named by numbers from `first` on, never more than `in_flight` at
    /// the same time, and answers when all have ended.
    pub async fn batch(&self, first: u64, count: u64, in_flight: usize) -> Result<(), Error> {
        let all = stream::iter(first..first + count).map(|number| self.one(number));
        all.buffer_unordered(in_flight.max(1)).try_collect().await
    }

    async fn one(&self, number: u64) -> Result<(), Error> {
        let options = WorkflowStartOptions::new(TASK_QUEUE, format!("empty/{number}"))
            .enable_eager_workflow_start(true)
            .build();
        let handle = self.client.start_workflow(Empty::run, (), options).await?;
        Ok(handle.get_result(Default::default()).await?)
    }

    /// Lets the worker end in order.
    pub async fn stop(self) -> Result<(), Error> {
        self.stop.cancel();
        let gone = |_| Error::Worker("its thread does not end".to_owned());
        let ended = tokio::time::timeout(DRAIN, self.ended).await.map_err(gone)?;
        let ended = ended.map_err(|_| Error::Worker("its thread is gone".to_owned()))?;
        ended.map_err(|error| Error::Worker(crate::teller::chain(&error)))
    }
}

async fn run(client: Client, stop: CancellationToken) -> Result<(), temporal::Error> {
    let runtime = Runtime::from_current_tokio(RuntimeOptions::default())?;
    let options = WorkerOptions::new(TASK_QUEUE).register_workflow::<Empty>()?.build();
    let mut worker = Worker::new(&runtime, client, options)?;
    let shutdown = worker.shutdown_handle();
    let ending = async {
        stop.cancelled().await;
        shutdown();
    };
    let (ran, ()) = tokio::join!(worker.run(), ending);
    Ok(ran?)
}
