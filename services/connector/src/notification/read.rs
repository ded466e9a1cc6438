//! What the bus delivers becomes notifications in the book, and then the cursor goes on.

use std::time::Duration;

use domain::pack::notification::Event;
use kit::status::status;
use proto::{
    bus::{Delivery, PutSubscriberRequest, Selection},
    envelope::from_wire,
};
use tonic::Status;

use super::{
    book::{self, Command},
    make,
    send::Teller,
};
use crate::cursor::Reads;

/// Under which name the bus knows it.
pub(super) const SUBSCRIBER: &str = "notifications";
/// How many may wait to be sent; then nothing more is read until some are gone.
const WAITING_MAX: u64 = 10_000;
/// How often it is looked whether there is room again, or the worker knows what came.
const PAUSE: Duration = Duration::from_millis(200);
/// How long it is waited for the worker to know what came, before it is read again.
const PATIENCE: u32 = 100;

impl Reads for Teller {
    fn subscriber(&self) -> PutSubscriberRequest {
        let events = self.city.notifications.events();
        let types = events.into_iter().map(|event| event.word().to_owned()).collect();
        let selection = Some(Selection { types, subjects: Vec::new() });
        PutSubscriberRequest { name: SUBSCRIBER.to_owned(), selection, start: None }
    }

    async fn log(&self) -> Result<String, Status> {
        self.store.read(book::log).map_err(status)
    }

    async fn note_log(&self, log_id: &str) -> Result<(), Status> {
        self.store.tell(Command::Log(log_id.to_owned())).await.map(drop).map_err(status)
    }

    async fn batch(&self, found: Vec<Delivery>, log_id: &str) -> Result<(), Status> {
        let begun = self.store.read(book::begun).map_err(status)?;
        let mut all = Vec::new();
        let mut last = 0;
        for Delivery { place, envelope, .. } in found {
            last = last.max(place);
            let Some(wire) = envelope.filter(|one| Event::of(&one.r#type).is_some()) else {
                continue;
            };
            let Ok(envelope) = from_wire(wire) else { continue };
            // What happened before anybody was to be told is told nobody, nor what is forgotten.
            let age = self.store.clock().now().since(envelope.time);
            if begun.is_some_and(|begun| envelope.time < begun) || age >= self.config.keep {
                continue;
            }
            self.known(log_id, place).await?;
            all.extend(make::made(&self.city, &self.ways, &*self.cases, &envelope));
        }
        if all.is_empty() {
            return Ok(());
        }
        while self.store.read(book::waiting).map_err(status)? >= WAITING_MAX {
            tokio::time::sleep(PAUSE).await;
        }
        self.store.tell(Command::Make(all.clone())).await.map_err(status)?;
        self.hurry(&all);
        Ok(())
    }
}

impl Teller {
    /// Waits until the worker knows the record as far as this: then it knows the case.
    async fn known(&self, log_id: &str, place: u64) -> Result<(), Status> {
        for _ in 0..PATIENCE {
            if self.cases.knows(log_id, place) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Status::unavailable("the worker does not know the record so far"))
    }
}
