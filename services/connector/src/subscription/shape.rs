//! What of an envelope goes to one subscriber.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use domain::pack::City;
use proto::envelope::Wire;
use tonic::Status;

use super::event;
use crate::Message;

/// What is posted for an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shaped {
    /// What is posted.
    pub(crate) message: Message,
    /// Why it can't be posted at all.
    pub(crate) fault: Option<String>,
}

/// Says what is posted for an envelope: the same whenever it is asked.
#[async_trait]
pub(crate) trait Shape: fmt::Debug + Send + Sync {
    /// Messages, in order; none where nothing of it is for this subscriber. Where it can't be said
    /// now, the envelope comes again.
    async fn shape(&self, place: u64, envelope: Wire) -> Result<Vec<Shaped>, Status>;
}

/// The envelope itself, where a row of the pack lets it leave.
#[derive(Debug)]
pub(super) struct Events {
    pub(super) name: String,
    pub(super) city: Arc<City>,
}

#[async_trait]
impl Shape for Events {
    async fn shape(&self, _: u64, envelope: Wire) -> Result<Vec<Shaped>, Status> {
        if !self.city.leaving.may(&self.name, &envelope.r#type) {
            return Ok(Vec::new());
        }
        let (message, fault) = event::message(&self.city.id, envelope);
        Ok(vec![Shaped { message, fault }])
    }
}
