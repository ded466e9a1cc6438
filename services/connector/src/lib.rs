//! The ways to systems outside: the credit platform, the integrity system, the civility system.
//!
//! A [`Connector`] brings one message and says how it went: taken, with a receipt; not now, so that
//! it is tried on; or refused for good, so that a person decides. A message has a key that never
//! changes, so that bringing it twice is once; [`http`] is the way over HTTP, signed.
//! Nothing is kept of that: what is to go, and how it stands, is in the record. Who outside is told
//! a part of the record as it grows is a [`subscription`], which keeps what was not taken yet; which
//! people are told by SMS or webhook is a [`notification`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cursor;
pub mod http;
mod message;
pub mod notification;
pub mod signature;
pub mod subscription;
mod waits;

use std::{collections::BTreeMap, fmt, sync::Arc};

use async_trait::async_trait;
use domain::id::UnitId;
use kit::identity::Identity;

pub use self::{http::Config, message::Message};

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is there.
    Taken {
        /// What was answered.
        receipt: String,
    },
    /// Not now, or nobody knows: the same again later, under the same key.
    Later {
        /// Why.
        reason: String,
    },
    /// The same will never be taken.
    Refused {
        /// Why.
        reason: String,
    },
}

/// A way to one outside system.
#[async_trait]
pub trait Connector: fmt::Debug + Send + Sync {
    /// Brings a message once; ends within a bounded time, whatever the other side does.
    async fn deliver(&self, message: &Message) -> Answer;
}

/// Why there is no way.
#[derive(Debug, thiserror::Error)]
#[error("the way to {name}: {why}")]
pub struct Error {
    /// To which system.
    pub name: UnitId,
    /// What is wrong with it.
    pub why: String,
}

/// All ways, by the outside system's row in the pack.
#[derive(Clone, Debug, Default)]
pub struct Connectors(BTreeMap<UnitId, Arc<dyn Connector>>);

impl Connectors {
    /// The ways over HTTP of a configuration, signed by this identity.
    pub fn of(
        configured: &BTreeMap<UnitId, Config>,
        identity: &Identity,
    ) -> Result<Connectors, Error> {
        let mut ways = Connectors::default();
        for (name, config) in configured {
            let made = http::Http::new(config, identity.clone());
            let why = |why| Error { name: name.clone(), why };
            ways.insert(name.clone(), Arc::new(made.map_err(why)?));
        }
        Ok(ways)
    }

    /// Adds a way.
    pub fn insert(&mut self, name: UnitId, way: Arc<dyn Connector>) {
        self.0.insert(name, way);
    }

    /// Brings a message to a system; one to which there is no way refuses it, so that a person sees.
    pub async fn deliver(&self, name: &UnitId, message: &Message) -> Answer {
        match self.0.get(name) {
            Some(way) => way.deliver(message).await,
            None => {
                let reason = format!("NOT_CONFIGURED: the worker has no connector for {name}");
                Answer::Refused { reason }
            }
        }
    }
}
