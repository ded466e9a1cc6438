//! Who may bring and see the evidence of whistles: one store, the gateway's own.
//!
//! Communities bring it. It is seen by whoever sees a case that refers to it, and by nobody while
//! none does.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::{
    evidence::Digest,
    id::CaseId,
    party::{Party, Role},
    rejection::Rejection,
};
use kit::{
    evidence::{Access, Account, EvidenceStore, Stores},
    identity::Peer,
    store::Store,
};

use crate::{access, door::Door, index};

/// How many cases that refer to a piece are looked at: more than one is rare already.
const CASES: usize = 100;

/// The one store, and what each community has brought.
pub(crate) struct Whistles {
    store: Store<Door>,
    evidence: EvidenceStore,
    accounts: Mutex<HashMap<Party, Account>>,
}

impl Whistles {
    /// The evidence of the cases of this ledger.
    pub(crate) fn new(store: Store<Door>, evidence: EvidenceStore) -> Whistles {
        Whistles { store, evidence, accounts: Mutex::default() }
    }

    /// There are as many accounts as communities: others have none.
    fn account(&self, party: &Party) -> Account {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.entry(party.clone()).or_default().clone()
    }

    fn check_seen(&self, party: &Party, digest: &Digest) -> Result<(), Rejection> {
        let sight = access::sight(self.store.machine(), party);
        if sight.sees_all() {
            return Ok(());
        }
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

impl Stores for Whistles {
    fn open(
        &self,
        peer: &Peer,
        unit: &str,
        digest: &Digest,
        access: Access,
    ) -> Result<EvidenceStore, Rejection> {
        let own = Party::service(Role::Gateway).to_string();
        if !unit.is_empty() && unit != own {
            let message = format!("the store of {unit} is not here, only that of whistles");
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
}
