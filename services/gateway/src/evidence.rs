//! Who may bring and see evidence here: that of whistles in the gateway's own store, that of units
//! through it.
//!
//! Communities bring that of whistles; units bring theirs to their own services, and nothing is kept
//! of it here. A piece is seen by whoever sees a case whose record refers to it, whoever keeps it, and
//! by nobody while none does: also not by who sees every case. Who may not see it is not told whether
//! there is such a piece.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use domain::{
    evidence::Digest,
    id::{CaseId, UnitId},
    pack::Unit,
    party::{Party, Role},
    rejection::Rejection,
};
use kit::{
    client::Channel,
    evidence::{Access, Account, Elsewhere, EvidenceStore, Stores},
    identity::Peer,
    store::Store,
};

use crate::{access, door::Door, index};

/// How many cases that refer to a piece are looked at: more than one is rare already.
const CASES: usize = 100;

/// The one store, the ways to those of units, and what each community has brought.
pub(crate) struct Whistles {
    store: Store<Door>,
    evidence: EvidenceStore,
    units: BTreeMap<UnitId, Channel>,
    accounts: Mutex<HashMap<Party, Account>>,
}

impl Whistles {
    /// The evidence of the cases of this ledger.
    pub(crate) fn new(
        store: Store<Door>,
        evidence: EvidenceStore,
        units: BTreeMap<UnitId, Channel>,
    ) -> Whistles {
        Whistles { store, evidence, units, accounts: Mutex::default() }
    }

    /// There are as many accounts as communities: others have none.
    fn account(&self, party: &Party) -> Account {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.entry(party.clone()).or_default().clone()
    }

    fn check_seen(&self, party: &Party, digest: &Digest) -> Result<(), Rejection> {
        let sight = access::sight(self.store.machine(), party);
        let prefix = index::evidence(digest);
        let seen = self.store.read(|tx| {
            for (key, _) in tx.scan(&prefix, b"", CASES)? {
                let id = key.strip_prefix(&prefix[..]).map(|id| String::from_utf8_lossy(id));
                let Some(id) = id.and_then(|id| CaseId::parse(id).ok()) else { continue };
                if index::matter(tx, &id)?.is_some_and(|matter| sight.sees(&matter)) {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        if seen {
            return Ok(());
        }
        // Whether the store has it is nobody else's business.
        let message = format!("{digest} is in no case of yours");
        Err(Rejection::unknown("UNKNOWN_EVIDENCE", "digest", message))
    }
}

/// Whether the gateway's own store is meant.
fn is_own(unit: &str) -> bool {
    unit.is_empty() || unit == Party::service(Role::Gateway).to_string()
}

/// The unit that is meant, as the record names it (`unit/housing`) or as units do (`housing`).
fn named(unit: &str) -> Option<UnitId> {
    let bare = || UnitId::parse(unit).ok();
    unit.parse::<Party>().map_or_else(|_| bare(), |party| party.as_unit())
}

impl Stores for Whistles {
    fn open(
        &self,
        peer: &Peer,
        unit: &str,
        digest: &Digest,
        access: Access,
    ) -> Result<EvidenceStore, Rejection> {
        if !is_own(unit) {
            let message = format!(
                "what goes to the store of {unit} is not brought here but to its own service; here \
                 is only that of whistles"
            );
            return Err(Rejection::unknown("UNKNOWN_STORE", "unit", message));
        }
        match access {
            Access::Write => {
                let Door { city, access, .. } = self.store.machine();
                access::check_bringer(access, &city.people, &peer.party)?;
                Ok(self.evidence.on_account(self.account(&peer.party)))
            }
            Access::Read => {
                self.check_seen(&peer.party, digest)?;
                Ok(self.evidence.clone())
            }
        }
    }

    fn elsewhere(
        &self,
        peer: &Peer,
        unit: &str,
        digest: &Digest,
    ) -> Result<Option<Elsewhere>, Rejection> {
        if is_own(unit) {
            return Ok(None);
        }
        let city = &self.store.machine().city;
        let Some(id) = named(unit).filter(|id| city.unit(id).is_some_and(Unit::can_lead)) else {
            let message = format!(
                "there is no store of {unit:?}; right would be: none, service/gateway, or a unit of \
                 {} with a service of its own",
                city.id
            );
            return Err(Rejection::unknown("UNKNOWN_STORE", "unit", message));
        };
        self.check_seen(&peer.party, digest)?;
        let way = self.units.get(&id).cloned().ok_or_else(|| {
            let message = format!(
                "the gateway does not know where the service of unit/{id} is: its configuration \
                 lacks [peers.{id}]"
            );
            Rejection::conflict("STORE_NOT_CONFIGURED", message).at("unit")
        })?;
        Ok(Some(Elsewhere { of: Party::unit(&id), way }))
    }
}
