//! The gateway as a whole: its store, its evidence, its server, and its exchange with the bus.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use domain::{
    id::UnitId,
    pack::{City, Faults},
    party::Role,
    rejection::Rejection,
};
use kit::{
    access::Access,
    client::{self, Channel, Endpoint},
    clock::Clock,
    evidence::{self, EvidenceStore},
    follow,
    identity::{Identity, ServerTls},
    outbox, server,
    stats::Stats,
    store::{self, Store},
};
use proto::{
    accountability::accountability_service_server::AccountabilityServiceServer,
    approval::approval_service_server::ApprovalServiceServer,
    credit_wire::credit_service_server::CreditServiceServer,
    decision::decision_service_server::DecisionServiceServer,
    grid::grid_service_server::GridServiceServer,
    inspection_wire::inspection_service_server::InspectionServiceServer,
    ledger::ledger_service_server::LedgerServiceServer,
    operation::operation_service_server::OperationServiceServer,
    registry::registry_service_server::RegistryServiceServer,
    whistle::whistle_service_server::WhistleServiceServer,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{
    approvals::Approvals,
    config::Config,
    credit::Credits,
    decisions::Decisions,
    door::Door,
    dues::Dues,
    evidence::Whistles,
    inspections::Inspections,
    measured::Measured,
    operations::Operations,
    read::{Counts, Reader},
    registry,
    service::Service,
    sheets::Accounts,
};

/// Why there is no gateway.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The profile is not one of the pack.
    #[error("there is no profile {profile:?} in the pack; right would be: {right}")]
    Profile {
        /// The one of the configuration.
        profile: String,
        /// Those that there are.
        right: String,
    },
    /// Its store does not open.
    #[error("the gateway's store does not open")]
    Store(#[from] store::Error),
    /// The pack's rules of access have faults.
    #[error("the rules of access of the city's pack are faulty")]
    Access(#[from] Faults),
    /// Its evidence store does not open.
    #[error("the gateway's evidence store does not open")]
    Evidence(#[from] evidence::Error),
    /// There is no way to the bus.
    #[error("there is no way to the bus")]
    Client(#[from] client::Error),
    /// There is no way to the services of units.
    #[error("there is no way to the services of units")]
    Units(#[source] client::Error),
    /// Its server does not run.
    #[error("the gateway's server does not run")]
    Server(#[from] server::Error),
}

/// The gateway of a city. Clones share it.
#[derive(Clone)]
pub struct Gateway {
    store: Store<Door>,
    evidence: EvidenceStore,
    units: BTreeMap<UnitId, Endpoint>,
    profile: Arc<str>,
    watches: Arc<Semaphore>,
}

impl Gateway {
    /// Opens it in `data` (`journal/`, `view/`, `evidence/`, and
    /// `access/` for whom it refuses), inside the runtime. Blocks while it
    /// reads its journal; needs neither bus nor network.
    pub fn open(
        data: &Path,
        city: Arc<City>,
        config: Config,
        clock: Clock,
        stats: Stats,
    ) -> Result<Gateway, Error> {
        let Config { profile, watches, evidence, units, house } = config;
        let profile = known_profile(&city, profile)?;
        let evidence = EvidenceStore::open(&data.join("evidence"), evidence)?;
        let access = Access::of(&city)?.recorded(&data.join("access"), clock.clone());
        let kept = (&house, format!("office/{}", city.coordinator));
        let store = Store::open_kept(
            data,
            Door { city, access, profile: Arc::clone(&profile) },
            clock,
            stats,
            kept,
        )?;
        let watches = Arc::new(Semaphore::new(watches.min(Semaphore::MAX_PERMITS)));
        Ok(Gateway { store, evidence, units, profile, watches })
    }

    /// Serves until `shutdown` is cancelled; beside it, sends to the bus what was taken and follows
    /// the bus's record, as `identity`.
    pub async fn serve(
        &self,
        listener: TcpListener,
        tls: &ServerTls,
        limits: &server::Limits,
        identity: &Identity,
        bus: Endpoint,
        shutdown: CancellationToken,
    ) -> Result<(), Error> {
        let patience = client::Limits::default();
        let bus = client::connect_lazy(identity, &bus, &patience)?;
        let units = client::connect_all(identity, &self.units, &patience).map_err(Error::Units)?;
        // A server that fails ends its companions, but not the caller's other parts.
        let stop = shutdown.child_token();
        let dues = Dues::new(self.store.clone(), Arc::clone(&self.profile));
        let services = self.services(limits, &dues, units, &stop);
        let serving = async {
            let served = server::serve(listener, tls, services, limits, stop.clone()).await;
            stop.cancel();
            served
        };
        let measured = Arc::new(Measured::new(self.store.clone(), dues));
        kit::metrics::watch(&measured);
        let looking = async {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = measured.look_on() => {}
            }
        };
        let (served, (), (), ()) = tokio::join!(
            serving,
            looking,
            outbox::run(self.store.clone(), identity.clone(), bus.clone(), stop.clone()),
            follow::run(self.store.clone(), identity.clone(), bus, stop.clone()),
        );
        Ok(served?)
    }

    /// The standing proof of no loss, from the view. It looks at every open case: call it off the
    /// runtime's own threads where there are many.
    pub fn counts(&self) -> Result<Counts, Rejection> {
        Reader::new(self.store.clone(), Arc::clone(&self.profile)).counts()
    }

    /// How much waits to reach the bus, and all who must have it.
    pub fn outstanding(&self) -> Result<store::Outstanding, store::Error> {
        self.store.outstanding()
    }

    /// The canonical dump of the view, see [`Store::dump`].
    pub fn dump(&self) -> Result<store::Dump, store::Error> {
        self.store.dump()
    }

    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store<Door> {
        &self.store
    }

    #[cfg(test)]
    pub(crate) fn evidence_store(&self) -> &EvidenceStore {
        &self.evidence
    }

    fn services(
        &self,
        limits: &server::Limits,
        dues: &Dues,
        units: BTreeMap<UnitId, Channel>,
        stop: &CancellationToken,
    ) -> server::Services {
        let service = Service {
            store: self.store.clone(),
            evidence: self.evidence.clone(),
            profile: Arc::clone(&self.profile),
            dues: dues.clone(),
            watches: Arc::clone(&self.watches),
            shutdown: stop.clone(),
        };
        let grid = GridServiceServer::new(service.clone());
        let ledger = LedgerServiceServer::new(service.clone());
        let accounts = AccountabilityServiceServer::new(Accounts::new(service.clone()));
        let credits = CreditServiceServer::new(Credits::new(service.clone()));
        let approvals = ApprovalServiceServer::new(Approvals::new(service.clone()));
        let decisions = DecisionServiceServer::new(Decisions::new(service.clone()));
        let inspections = InspectionServiceServer::new(Inspections::new(service.clone()));
        let operations = OperationServiceServer::new(Operations::new(service.clone()));
        let whistles = WhistleServiceServer::new(service);
        let registry = RegistryServiceServer::new(registry::Service { store: self.store.clone() });
        let stores = Whistles::new(self.store.clone(), self.evidence.clone(), units);
        server::Services::new(&self.store.machine().access, Role::Gateway)
            .with(whistles.max_decoding_message_size(limits.message_bytes))
            .with(grid.max_decoding_message_size(limits.message_bytes))
            .with(ledger.max_decoding_message_size(limits.message_bytes))
            .with(registry.max_decoding_message_size(limits.message_bytes))
            .with(accounts.max_decoding_message_size(limits.message_bytes))
            .with(credits.max_decoding_message_size(limits.message_bytes))
            .with(approvals.max_decoding_message_size(limits.message_bytes))
            .with(decisions.max_decoding_message_size(limits.message_bytes))
            .with(inspections.max_decoding_message_size(limits.message_bytes))
            .with(operations.max_decoding_message_size(limits.message_bytes))
            .with(evidence::service(stores, limits, stop.clone()))
            .described_by(proto::DESCRIPTORS)
    }
}

fn known_profile(city: &City, profile: String) -> Result<Arc<str>, Error> {
    let profile = if profile.is_empty() { city.default_profile.clone() } else { profile };
    if city.profiles().any(|known| known == profile) {
        return Ok(profile.into());
    }
    let right = city.profiles().collect::<Vec<_>>().join(", ");
    Err(Error::Profile { profile, right })
}
