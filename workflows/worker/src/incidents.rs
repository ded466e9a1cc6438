//! Incidents: what administrators are shown of flows that are stuck, what they decide, and ending a
//! flow where they decide so.
//!
//! `watch` notices, `fold::incidents` keeps. Whatever somebody decides is in the journal before it is
//! done; ending a flow is tried until it is done, also after a kill. A flow that is begun again looks at
//! the record for itself, so nothing is lost with the one that was ended.

mod service;

use std::time::Duration;

use kit::outbox::Backoff;
use temporalio_client::{WorkflowTerminateOptions, errors::WorkflowInteractionError};

pub(crate) use self::service::Incidents;
use crate::{
    fold::{self, Command, KeptIncident, Mark},
    teller::{self, Teller, chain},
};

/// How many flows are ended at once.
const BATCH: usize = 100;

/// Ends what is to be ended, asks who is silent once more, and looks round; until it is dropped.
pub(crate) async fn run(teller: &Teller, every: Duration) {
    tokio::join!(ending(teller), looking_round(teller, every));
}

async fn ending(teller: &Teller) {
    let mut applied = teller.store.applied();
    let mut backoff = Backoff::default();
    loop {
        applied.borrow_and_update();
        match pass(teller).await {
            Ok(()) => {
                backoff = Backoff::default();
                if applied.changed().await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::debug!(error = chain(&error), "a flow is not ended now");
                backoff.wait().await;
            }
        }
    }
}

async fn pass(teller: &Teller) -> Result<(), teller::Error> {
    for KeptIncident { flow, incident } in teller.store.read(|tx| fold::to_be_ended(tx, BATCH))? {
        let workflow = teller.workflow(&flow);
        let reason = format!("incident {}", incident.opened.id);
        let options = WorkflowTerminateOptions::builder().reason(reason).build();
        match teller.handle(&workflow).terminate(options).await {
            // It has ended already.
            Ok(()) | Err(WorkflowInteractionError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
        teller.watch.forget(&flow);
        teller.store.tell(Command::Carried(incident.opened.id)).await?;
        tracing::info!(workflow, "a stuck flow was ended; another goes on from the record");
    }
    Ok(())
}

async fn looking_round(teller: &Teller, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        for flow in teller.watch.silent() {
            // Its id is new, so that the flow looks whatever it has heard before.
            let id = format!("asked/{}", teller.store.clock().now().0);
            let mark = Mark { name: "Asked".to_owned(), id, is_start: false };
            if let Err(error) = teller.tell(&flow, &mark).await {
                tracing::debug!(error = chain(&error), "a silent flow can't be asked now");
            }
        }
        teller.watch.look_round().await;
    }
}
