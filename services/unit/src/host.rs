//! A process that hosts units: opens their stores, serves them on one port, talks to the bus.
//!
//! Nothing of the desk waits for the bus: it is connected to lazily and tried without end. When the
//! server has ended, the exchange of every unit has ended too.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    evidence::Digest,
    id::UnitId,
    pack::{City, Faults, Unit},
    party::{Party, Role},
    rejection::Rejection,
};
use futures::future::join_all;
use kit::{
    access::Access,
    client::{self, Channel, Endpoint},
    clock::Clock,
    evidence::{self, Account, EvidenceStore, Stores},
    identity::{Identity, Peer, ServerTls},
    inbox, outbox,
    server::{self, Services},
    stats::Stats,
    store::{self, Store},
};
use proto::{
    accountability::statement_service_server::StatementServiceServer,
    approval::review_service_server::ReviewServiceServer,
    ask::ask_service_server::AskServiceServer,
    contact_wire::contact_service_server::ContactServiceServer,
    credit_wire::violation_service_server::ViolationServiceServer,
    decision::procedure_service_server::ProcedureServiceServer,
    inspection_wire::finding_service_server::FindingServiceServer,
    notice::notice_service_server::NoticeServiceServer,
    operation::team_service_server::TeamServiceServer,
    register::register_service_server::RegisterServiceServer,
    unit::unit_service_server::UnitServiceServer,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Config, clerk,
    copier::Copier,
    desk::{Desk, contact::by_slot, shares},
    module::Module,
    rights,
    serving::{
        Contacts, Findings, Notices, Procedures, Questions, Registers, Reviews, Statements, Teams,
        Units, Violations,
    },
    vault::Vault,
};

/// Why a host does not open or does not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unit that the city does not have, or has not under this certificate.
    #[error("{unit} can't be hosted: {why}")]
    Unit {
        /// The unit.
        unit: UnitId,
        /// Why.
        why: String,
    },
    /// A unit's store does not open.
    #[error("the store of {unit} in {} does not open", path.display())]
    Store {
        /// The unit.
        unit: UnitId,
        /// The store.
        path: PathBuf,
        /// Why.
        source: store::Error,
    },
    /// A unit's evidence store does not open.
    #[error("the evidence of {unit} can't be used")]
    Evidence {
        /// The unit.
        unit: UnitId,
        /// Why.
        source: kit::evidence::Error,
    },
    /// The folder of telephone numbers can't be used.
    #[error("the telephone numbers of {unit} can't be kept")]
    Vault {
        /// The unit.
        unit: UnitId,
        /// Why.
        source: std::io::Error,
    },
    /// The pack's rules of access have faults.
    #[error("the rules of access of the city's pack are faulty")]
    Access(#[from] Faults),
    /// There is no way to the bus.
    #[error("there is no way to the bus")]
    Client(#[from] client::Error),
    /// The server failed.
    #[error(transparent)]
    Server(#[from] server::Error),
}

/// A unit that is to be hosted: who it is, how it shows itself to others, what it adds.
pub type Hosting = (UnitId, Identity, Box<dyn Module>);

/// A unit that is hosted.
pub(crate) struct Hosted {
    identity: Identity,
    pub(crate) store: Store<Desk>,
    pub(crate) evidence: EvidenceStore,
    pub(crate) vault: Vault,
}

/// The hosted units by id; clones share them.
#[derive(Clone)]
pub(crate) struct Hosts {
    units: Arc<BTreeMap<UnitId, Hosted>>,
    pub(crate) access: Access,
    accounts: Arc<Mutex<HashMap<(UnitId, Party), Account>>>,
}

/// Units with their stores open, ready to serve.
pub struct Host {
    hosts: Hosts,
    config: Config,
    stats: Stats,
}

impl Host {
    /// Opens the stores of `units` in `<data>/<unit>/` (`journal/`, `view/`, `evidence/`).
    /// Whom the host refuses is recorded in `access/` of its first unit. Blocks while it reads, and
    /// must be called inside the runtime.
    pub fn open(
        data: &Path,
        city: &Arc<City>,
        config: Config,
        units: Vec<Hosting>,
        clock: &Clock,
    ) -> Result<Host, Error> {
        let stats = Stats::default();
        let access = Access::of(city)?;
        let mut hosted = BTreeMap::new();
        for (unit, identity, module) in units {
            check(&unit, city, &identity)?;
            let dir = data.join(unit.as_str());
            let city = Arc::clone(city);
            let desk = Desk { unit: unit.clone(), city, access: access.clone(), module };
            let kept = (&config.house.of(unit.as_str()), format!("the administrator of {unit}"));
            let store = Store::open_kept(&dir, desk, clock.clone(), stats.clone(), kept)
                .map_err(|source| Error::Store { unit: unit.clone(), path: dir.clone(), source })?;
            let evidence = EvidenceStore::open(&dir.join("evidence"), config.evidence.clone())
                .map_err(|source| Error::Evidence { unit: unit.clone(), source })?;
            let vault = vault(&dir, &store)
                .map_err(|source| Error::Vault { unit: unit.clone(), source })?;
            hosted.insert(unit, Hosted { identity, store, evidence, vault });
        }
        let access = match hosted.keys().next() {
            Some(first) => {
                access.recorded(&data.join(first.as_str()).join("access"), clock.clone())
            }
            None => access,
        };
        let hosts = Hosts { units: Arc::new(hosted), access, accounts: Arc::default() };
        Ok(Host { hosts, config, stats })
    }

    /// The counters of all hosted units together.
    pub fn stats(&self) -> Stats {
        self.stats.clone()
    }

    /// Whether every envelope of every hosted unit has reached all its receivers.
    pub fn is_settled(&self) -> Result<bool, store::Error> {
        let mut units = self.hosts.units.values();
        units.try_fold(true, |all, unit| Ok(all && !unit.store.outstanding()?.is_unsettled))
    }

    /// Serves all hosted units until `shutdown` is cancelled. `peers` says where the evidence store
    /// of a lead is, hosted here or elsewhere.
    pub async fn serve(
        self,
        listener: TcpListener,
        tls: &ServerTls,
        limits: &server::Limits,
        bus: &Endpoint,
        peers: BTreeMap<UnitId, Endpoint>,
        shutdown: CancellationToken,
    ) -> Result<(), Error> {
        let beside = shutdown.child_token();
        let mut exchanges = Vec::new();
        for unit in self.hosts.units.values() {
            let bus = client::connect_lazy(&unit.identity, bus, &self.config.client)?;
            let copier = Copier {
                store: unit.store.clone(),
                evidence: unit.evidence.clone(),
                identity: unit.identity.clone(),
                peers: peers.clone(),
                limits: self.config.client.clone(),
            };
            let vault = unit.vault.clone();
            exchanges.push(exchange(unit.store.clone(), bus, (copier, vault), beside.clone()));
        }
        let services = services(&self.hosts, limits, &shutdown);
        let serving = async {
            let served = server::serve(listener, tls, services, limits, shutdown).await;
            beside.cancel();
            served
        };
        let (served, _) = tokio::join!(serving, join_all(exchanges));
        Ok(served?)
    }

    #[cfg(test)]
    pub(crate) fn store(&self, unit: &UnitId) -> Store<Desk> {
        self.hosts.units[unit].store.clone()
    }
}

/// A unit must be one that can be called, and show itself by its own certificate.
fn check(unit: &UnitId, city: &City, identity: &Identity) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::Unit { unit: unit.clone(), why });
    if !city.unit(unit).is_some_and(Unit::can_lead) {
        return refuse(format!(
            "the pack of {} has no unit of this id with a service of its own",
            city.id
        ));
    }
    // The id is the name of a folder.
    if *identity.party() != Party::unit(unit) || *identity.city() != city.id {
        return refuse(format!("its certificate is of {}", identity.party()));
    }
    Ok(())
}

/// Opens the folder of telephone numbers, and deletes what the journal knows nothing of or says to
/// be deleted: what was under way when the process ended.
fn vault(dir: &Path, store: &Store<Desk>) -> std::io::Result<Vault> {
    let vault = Vault::open(&dir.join("contacts"))?;
    vault.sweep(|slot| {
        let known = store.read(|tx| by_slot(tx, slot));
        // What can't be read is kept: the clerk deletes it in time.
        known.map_or(true, |found| found.is_some_and(|contact| contact.erased_at.is_none()))
    })?;
    Ok(vault)
}

/// What goes on beside the desk of one unit.
async fn exchange(
    store: Store<Desk>,
    bus: Channel,
    (copier, vault): (Copier, Vault),
    shutdown: CancellationToken,
) {
    let identity = copier.identity.clone();
    tokio::join!(
        inbox::run(store.clone(), identity.clone(), bus.clone(), shutdown.clone()),
        outbox::run(store.clone(), identity, bus, shutdown.clone()),
        clerk::run(store, vault, shutdown.clone()),
        copier.run(shutdown),
    );
}

fn services(hosts: &Hosts, limits: &server::Limits, shutdown: &CancellationToken) -> Services {
    let units = Units { hosts: hosts.clone(), shutdown: shutdown.clone() };
    let units = UnitServiceServer::new(units).max_decoding_message_size(limits.message_bytes);
    let registers = RegisterServiceServer::new(Registers { hosts: hosts.clone() })
        .max_decoding_message_size(limits.message_bytes);
    let questions = Questions { hosts: hosts.clone(), shutdown: shutdown.clone() };
    let questions =
        AskServiceServer::new(questions).max_decoding_message_size(limits.message_bytes);
    let notices = NoticeServiceServer::new(Notices { hosts: hosts.clone() })
        .max_decoding_message_size(limits.message_bytes);
    let statements = StatementServiceServer::new(Statements { hosts: hosts.clone() })
        .max_decoding_message_size(limits.message_bytes);
    let violations = ViolationServiceServer::new(Violations { hosts: hosts.clone() })
        .max_decoding_message_size(limits.message_bytes);
    let reviews = ReviewServiceServer::new(Reviews { hosts: hosts.clone() })
        .max_decoding_message_size(limits.message_bytes);
    let procedures = ProcedureServiceServer::new(Procedures { hosts: hosts.clone() })
        .max_decoding_message_size(limits.message_bytes);
    let findings = FindingServiceServer::new(Findings { hosts: hosts.clone() })
        .max_decoding_message_size(limits.message_bytes);
    let contacts = ContactServiceServer::new(Contacts { hosts: hosts.clone() })
        .max_decoding_message_size(limits.message_bytes);
    let teams = TeamServiceServer::new(Teams { hosts: hosts.clone() })
        .max_decoding_message_size(limits.message_bytes);
    let evidence = kit::evidence::service(hosts.clone(), limits, shutdown.clone());
    let services = Services::new(&hosts.access, Role::Units).with(units).with(registers);
    let services = services.with(questions).with(notices).with(statements).with(reviews);
    let services = services.with(violations).with(procedures).with(findings).with(contacts);
    let services = services.with(teams).with(evidence);
    services.described_by(proto::DESCRIPTORS)
}

impl Hosts {
    /// A unit by its id.
    pub(crate) fn named(&self, unit: &str) -> Result<&Hosted, Rejection> {
        let found = UnitId::parse(unit).ok().and_then(|unit| self.units.get(&unit));
        found.ok_or_else(|| {
            let message = format!("the unit {unit:?} is not hosted here");
            Rejection::forbidden("NOT_HOSTED_HERE", message)
        })
    }

    /// The unit of a caller: nobody is at the desk of another.
    pub(crate) fn of(&self, peer: &Peer) -> Result<&Hosted, Rejection> {
        let hosted = self.named(caller(peer)?.as_str())?;
        self.access.check(&peer.party, &rights::see_desk(&hosted.store.machine().unit))?;
        Ok(hosted)
    }

    fn account(&self, of: &UnitId, party: &Party) -> Account {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.entry((of.clone(), party.clone())).or_default().clone()
    }
}

fn caller(peer: &Peer) -> Result<UnitId, Rejection> {
    peer.party.as_unit().ok_or_else(|| {
        let message = format!("only a unit has a desk and evidence here, and not {}", peer.party);
        Rejection::forbidden("NOT_A_UNIT", message)
    })
}

/// Who brings evidence to another does it on account. What a policy goes by: whose store it is,
/// and whether a case is shared in which the piece is needed.
impl Stores for Hosts {
    fn open(
        &self,
        peer: &Peer,
        unit: &str,
        digest: &Digest,
        access: evidence::Access,
    ) -> Result<EvidenceStore, Rejection> {
        let unit = if unit.is_empty() { caller(peer)?.to_string() } else { unit.to_owned() };
        let hosted = self.named(&unit).map_err(|no| no.at("unit"))?;
        let target = &hosted.store.machine().unit;
        let is_own = peer.party == Party::unit(target);
        match access {
            evidence::Access::Write => {
                self.access.check(&peer.party, &rights::bring_evidence(target, digest))?;
                let account = (!is_own).then(|| self.account(target, &peer.party));
                let store = &hosted.evidence;
                Ok(account.map_or_else(|| store.clone(), |account| store.on_account(account)))
            }
            evidence::Access::Read => {
                let is_shared =
                    !is_own && hosted.store.read(|tx| shares(tx, &peer.party, digest))?;
                let ask = rights::read_evidence(target, digest, is_shared);
                self.access.check(&peer.party, &ask)?;
                Ok(hosted.evidence.clone())
            }
        }
    }
}
