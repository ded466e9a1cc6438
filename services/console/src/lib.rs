//! The console: what people see of a city in a browser, and where they do their part.
//!
//! It is served by the gateway's process and holds nothing of its own but who may sign in. Everything
//! it shows it asks of the roles by their gRPC services, in the name of the person who is signed in,
//! so that the policies of the pack decide what that person sees and does, here as everywhere.
//! It refuses to act for who is not signed in, and asks no other host for anything.
//!
//! A page is made here (`city`, `cases`, `case`, …), with the words of `words` and the frame of
//! `frame`; its parts that change are shown anew by a little script (`live`). Whatever a person does
//! is a form with a request id, so that sending it twice is one act (`form`).

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod accounts;
mod asking;
mod asset;
mod attempts;
mod bus;
mod case;
mod cases;
mod city;
mod config;
mod desk;
mod door;
mod elsewhere;
mod evidence;
mod field;
mod form;
mod frame;
mod incidents;
mod intake;
mod live;
mod matter;
mod multipart;
mod names;
pub mod openid;
mod operations;
pub mod password;
mod query;
mod rate;
mod secret;
mod server;
mod session;
mod step;
mod trace;
mod trouble;
mod units;
mod visit;
pub mod waterfall;
mod when;
mod whistle;
mod words;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{
    Router, middleware,
    routing::{get, post},
};
use domain::{moment::Moment, pack::City};
use kit::{access::Access, client, clock::Clock, identity::Identity};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;

use self::{
    accounts::{Account, Accounts},
    asking::{Asking, Lines},
    attempts::Attempts,
    openid::Provider,
    session::{Key, Session, Sessions},
    trouble::Trouble,
    visit::Visit,
};
pub use self::{
    asking::Doors,
    config::Config,
    words::{Lang, facts},
};

/// Why a console does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It would be reached by others without TLS.
    #[error(
        "the console can't listen on {0} without a certificate and a key; right would be: both, or an address of loopback"
    )]
    Open(SocketAddr),
    /// Only one of certificate and key is said.
    #[error("the console needs both, a certificate and a key, or none of them")]
    Halved,
    /// The certificate or the key can't be used.
    #[error("{}: {why}", path.display())]
    Papers {
        /// Which file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The policies of the pack have faults.
    #[error("the policies of the pack have faults: {0}")]
    Access(#[from] domain::pack::Faults),
    /// A role can't be reached by what is said of it.
    #[error(transparent)]
    Line(#[from] client::Error),
    /// The sign-in service can't be used as it is said.
    #[error("openid: {0}")]
    OpenId(String),
    /// The socket does not work.
    #[error("the socket of the console does not work")]
    Socket(#[from] std::io::Error),
}

/// A console. Clones share it.
#[derive(Clone)]
pub struct Console {
    inner: Arc<Inner>,
}

struct Inner {
    city: Arc<City>,
    access: Access,
    accounts: Accounts,
    sessions: Sessions,
    attempts: Attempts,
    lines: Lines,
    provider: Option<Arc<Provider>>,
    clock: Clock,
    config: Config,
    is_secure: bool,
    streams: Arc<Semaphore>,
    rates: rate::Recent,
    shutdown: CancellationToken,
}

/// What a console is made of.
pub struct Parts {
    /// The city.
    pub city: Arc<City>,
    /// Whose accounts there are.
    pub accounts: Accounts,
    /// Its certificate, `service/console`.
    pub identity: Identity,
    /// Where the roles are.
    pub doors: Doors,
    /// Its settings.
    pub config: Config,
    /// The clock.
    pub clock: Clock,
}

/// Serves a console on this socket until the token is cancelled.
pub async fn serve(
    listener: TcpListener,
    parts: Parts,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let address = listener.local_addr()?;
    let is_secure = parts.config.is_secure(address)?;
    let config = parts.config.clone();
    let console = Console::new(parts, is_secure, shutdown.clone())?;
    tracing::info!(%address, "the console is up");
    server::serve(listener, routes(console), &config, shutdown).await
}

/// All pages.
fn routes(console: Console) -> Router {
    Router::new()
        .route("/", get(city::show))
        .route("/cases", get(cases::show))
        .route("/cases/new", get(whistle::show).post(whistle::raise))
        .route("/cases/{id}", get(case::show))
        .route("/cases/{id}/{act}", post(case::act::perform))
        .route("/evidence/{digest}", get(evidence::show))
        .route("/units", get(units::show))
        .route("/units/cases", get(units::behind))
        .route("/bus", get(bus::show))
        .route("/bus/resolve", post(bus::resolve))
        .route("/incidents", get(incidents::show))
        .route("/incidents/{id}/resolve", post(incidents::resolve))
        .route("/intake", get(intake::show))
        .route("/intake/{system}/resolve", post(intake::resolve))
        .route("/intake/{system}/turn-down", post(intake::turn_down))
        .route("/desk", get(desk::show))
        .route("/desk/{case_id}", get(desk::one))
        .route("/desk/{case_id}/{act}", post(desk::act))
        .route("/operations", get(operations::show).post(operations::plan))
        .route("/operations/plan", get(operations::planning))
        .route("/operations/{id}", get(operations::one))
        .route("/operations/{id}/{act}", post(operations::act))
        .route("/traces/{kind}/{id}", get(trace::show))
        .route("/field", get(field::show))
        .route("/field/parts", get(field::parts))
        .route("/field/acts", post(field::acts))
        .route(field::WORKER, get(field::worker))
        .route(live::PATH, get(live::show))
        .route("/sign-in", get(door::show).post(door::sign_in))
        .route("/sign-out", post(door::sign_out))
        .route(elsewhere::BEGIN, get(elsewhere::begin))
        .route(elsewhere::BACK, get(elsewhere::back))
        .route("/assets/{name}", get(asset::show))
        .layer(middleware::from_fn_with_state(console.clone(), visit::enter))
        .with_state(console)
}

impl Console {
    fn new(parts: Parts, is_secure: bool, shutdown: CancellationToken) -> Result<Console, Error> {
        let Parts { city, accounts, identity, doors, config, clock } = parts;
        let provider = config.openid.clone().map(Provider::new).transpose();
        let provider = provider.map_err(Error::OpenId)?;
        let inner = Inner {
            access: Access::of(&city)?,
            city,
            accounts,
            sessions: Sessions::new(&config, clock.clone()),
            attempts: Attempts::new(clock.clone()),
            lines: Lines::open(&identity, &doors)?,
            provider: provider.map(Arc::new),
            clock,
            streams: Arc::new(Semaphore::new(config.streams)),
            rates: rate::Recent::default(),
            config,
            is_secure,
            shutdown,
        };
        Ok(Console { inner: Arc::new(inner) })
    }

    pub(crate) fn city(&self) -> &City {
        &self.inner.city
    }

    pub(crate) fn access(&self) -> &Access {
        &self.inner.access
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.inner.sessions
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.inner.attempts
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn streams(&self) -> &Arc<Semaphore> {
        &self.inner.streams
    }

    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.inner.shutdown
    }

    pub(crate) fn rates(&self) -> &rate::Recent {
        &self.inner.rates
    }

    pub(crate) fn now(&self) -> Moment {
        self.inner.clock.now()
    }

    /// Whether browsers speak TLS to it.
    pub(crate) fn is_secure(&self) -> bool {
        self.inner.is_secure
    }

    /// The name of the session's cookie.
    pub(crate) fn cookie(&self) -> &'static str {
        if self.is_secure() { "__Host-muster" } else { "muster" }
    }

    /// Whether there is a line to the worker.
    pub(crate) fn knows_worker(&self) -> bool {
        self.inner.lines.knows_worker()
    }

    /// Where people may sign in beside this.
    pub(crate) fn provider(&self) -> Option<Arc<Provider>> {
        self.inner.provider.clone()
    }

    /// All accounts as they are now.
    pub(crate) async fn accounts(&self) -> Result<Arc<BTreeMap<String, Arc<Account>>>, Trouble> {
        let accounts = self.inner.accounts.clone();
        let found = tokio::task::spawn_blocking(move || accounts.all()).await;
        found.map_err(Trouble::fault)?.map_err(Trouble::fault)
    }

    /// An account as it is now.
    pub(crate) async fn account(&self, name: &str) -> Result<Option<Arc<Account>>, Trouble> {
        let (accounts, name) = (self.inner.accounts.clone(), name.to_owned());
        let found = tokio::task::spawn_blocking(move || accounts.get(&name)).await;
        found.map_err(Trouble::fault)?.map_err(Trouble::fault)
    }

    /// Whose session this is, if it goes on and its account is as it was.
    pub(crate) async fn recognise(
        &self,
        key: &Key,
        is_use: bool,
    ) -> Option<(Arc<Account>, Session)> {
        let session = self.sessions().find(key, is_use)?;
        // While accounts can't be read nobody is let in, and nobody is signed out.
        let account = self.account(&session.name).await.ok()?;
        let is_same = |one: &Arc<Account>| one.is_enabled && one.version == session.version;
        match account.filter(is_same) {
            Some(account) => Some((account, session)),
            None => {
                self.sessions().end(key);
                None
            }
        }
    }
}

impl Visit {
    /// The roles, as this person's party asks them.
    pub(crate) fn asking(&self) -> Result<Asking, Trouble> {
        self.console.inner.lines.asked_by(self.party())
    }
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("city", &self.inner.city.id).finish_non_exhaustive()
    }
}
