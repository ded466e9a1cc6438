//! Notices to people (通知): who is told by SMS or webhook of what the record has, and how that goes.
//!
//! The pack says who is told of which envelopes, by which way and with which text; the configuration
//! says which ways there are. Each is written down once for each envelope, receiver and way, before
//! the cursor of the bus goes on; it is sent at least once under a key that never changes, tried with
//! growing waits until it is worth nothing any more, and then failed, with the reason. What the
//! gateway has taken is `taken`; it is `delivered` only when the gateway says so. Many at once for one
//! receiver go as one summary.
//!
//! A telephone number or a robot's URL is read from a file of its own at the moment of sending, and
//! is in no record, log, trace or answer. It is used for nothing but telling; who is taken out of the
//! file is told no more. What is kept of a notification has no personal data, and goes from the view
//! after `keep`.

mod address;
mod asking;
mod book;
mod bring;
mod config;
mod kept;
mod lane;
mod make;
mod plan;
mod read;
mod report;
mod send;
mod service;

use std::{fmt, path::Path, sync::Arc, time::Duration};

use domain::{
    id::{CaseId, CommunityId},
    pack::City,
};
use kit::{
    access::{Access, Thing},
    client::Channel,
    clock::Clock,
    identity::Identity,
    metrics::{self, Metric, PARTY, Say, Source},
    stats::Stats,
    store::{self, House, Store},
};
use proto::notification::notification_service_server::NotificationServiceServer;
use tokio_util::sync::CancellationToken;

pub use self::{
    asking::{Listing, Resend, listing, resend},
    config::{Config, Format, Kind, Language, Way},
};
use self::{
    book::{Book, Command},
    send::Teller,
    service::Door,
};
use crate::{cursor, waits::Waits};

/// No row of the file of addresses names the receiver and the way.
pub const NO_ADDRESS: &str = "NO_ADDRESS";
/// The address is no number, or no URL.
pub const BAD_ADDRESS: &str = "BAD_ADDRESS";
/// A URL with `https`, and a way without the file of authorities, `trust`.
pub const NO_TRUST: &str = "NO_TRUST";
/// The pack names a way that the configuration has not.
pub const NOT_CONFIGURED: &str = "NOT_CONFIGURED";
/// It was worth nothing any more; why it was not taken before stands behind it.
pub const TOO_LATE: &str = "TOO_LATE";
/// The gateway says that it was not delivered; its word stands behind it.
pub const UNDELIVERED: &str = "UNDELIVERED";
/// Nobody has said in time whether it was delivered.
pub const NO_REPORT: &str = "NO_REPORT";
/// The file of addresses can't be read; it is tried on.
pub const NO_FILE: &str = "NO_ADDRESS_FILE";

/// How often it is looked for what is over.
const LOOK: Duration = Duration::from_secs(60);

/// What is asked about cases.
pub trait Cases: fmt::Debug + Send + Sync + 'static {
    /// Whether the record is known as far as this place.
    fn knows(&self, log_id: &str, place: u64) -> bool;

    /// Who whistled for a case.
    fn community(&self, case_id: &CaseId) -> Option<CommunityId>;

    /// A case with the facts by which policies judge who sees it.
    fn case(&self, case_id: &CaseId) -> Option<Thing>;
}

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration makes no sense.
    #[error("notices: {name}: {why}")]
    Faulty {
        /// Which part of it.
        name: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// The book does not open.
    #[error("who was told can't be read")]
    Book(#[from] store::Error),
}

/// What tells people, and the service by which that is looked after.
#[derive(Clone, Debug)]
pub struct Notifications {
    teller: Option<Arc<Teller>>,
    cases: Arc<dyn Cases>,
    _measured: Option<Arc<Measured>>,
}

/// What it is given.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The city.
    pub city: &'a Arc<City>,
    /// The clock.
    pub clock: &'a Clock,
    /// As whom it signs.
    pub identity: &'a Identity,
    /// How long is waited between tries.
    pub waits: Waits,
    /// What it asks about cases.
    pub cases: Arc<dyn Cases>,
    /// How much room its journal may take.
    pub house: House,
}

impl Notifications {
    /// Checks what is configured, and opens the book under `data`, where anybody is told anything.
    /// Blocks while it reads.
    pub fn open(config: &Config, parts: Parts<'_>, data: &Path) -> Result<Notifications, Error> {
        let Parts { city, clock, identity, waits, cases, house } = parts;
        let faulty = |(name, why)| Error::Faulty { name, why };
        let ways = config.ready(identity).map_err(faulty)?;
        if !config.is_used(city) {
            if !city.notifications.is_empty() {
                tracing::info!("the pack says who is told, and no way is configured: nobody is");
            }
            return Ok(Notifications { teller: None, cases, _measured: None });
        }
        address::look(&config.addresses);
        let owner = (&house.of("notices"), format!("office/{}", city.coordinator));
        let book = Book { keep: config.keep };
        let store = Store::open_kept(data, book, clock.clone(), Stats::default(), owner)?;
        let told = (config.clone(), ways, waits);
        let teller =
            Teller::new(Arc::clone(city), told, store, Arc::clone(&cases), identity.clone());
        let teller = Arc::new(teller);
        let measured = Arc::new(Measured(Arc::clone(&teller)));
        metrics::watch(&measured);
        Ok(Notifications { teller: Some(teller), cases, _measured: Some(measured) })
    }

    /// Reads, sends and asks until the token is cancelled.
    pub async fn run(&self, bus: Channel, shutdown: &CancellationToken) {
        let Some(teller) = &self.teller else { return };
        tokio::select! {
            () = shutdown.cancelled() => {}
            _never = cursor::run(teller.as_ref(), bus) => {}
            _never = teller.send() => {}
            _never = teller.ask() => {}
            () = forgetting(teller) => {}
        }
    }

    /// The service by which people look after it.
    pub fn service(&self, access: Access, message_bytes: usize) -> NotificationServiceServer<Door> {
        let door = Door::new(self.teller.clone(), Arc::clone(&self.cases), access);
        NotificationServiceServer::new(door).max_decoding_message_size(message_bytes)
    }
}

async fn forgetting(teller: &Teller) {
    loop {
        match teller.store.tell(Command::Forget).await {
            Ok(said) if said.count > 0 => {}
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}

/// How it goes, for who measures.
#[derive(Debug)]
struct Measured(Arc<Teller>);

impl Source for Measured {
    fn tell(&self, metric: Metric, say: Say<'_>) {
        match metric {
            Metric::NotificationWaiting => {
                if let Ok(waiting) = self.0.store.read(book::waiting) {
                    say(waiting as f64, &[]);
                }
            }
            Metric::NotificationFailed => {
                for (way, count) in self.0.failures() {
                    say(count as f64, &[(PARTY, way)]);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
