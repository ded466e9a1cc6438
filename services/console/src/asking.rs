//! What the console asks of the roles: their gRPC clients, in the name of who is signed in.
//!
//! There is one line to each role, with the certificate of the console; each call on it names the
//! party that is spoken for, and its answer is what that party may see. Nothing is asked otherwise.

use std::{collections::BTreeMap, sync::Arc};

use domain::{id::UnitId, party::Party};
use kit::{
    client::{self, Channel, Endpoint, Spoken, connect_all, connect_lazy, speak_for},
    identity::Identity,
};
use proto::{
    bus::bus_service_client::BusServiceClient,
    evidence::evidence_service_client::EvidenceServiceClient,
    ledger::ledger_service_client::LedgerServiceClient,
    whistle::whistle_service_client::WhistleServiceClient,
};
use serde::{Deserialize, Serialize};

use crate::{Error, trouble::Trouble};

/// The largest answer that is taken.
const ANSWER_BYTES: usize = 16 << 20;

/// Where the roles are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doors {
    /// The gateway.
    pub gateway: Endpoint,
    /// The bus.
    pub bus: Endpoint,
    /// The worker, for flows that are stuck; without it there is no page of them.
    #[serde(default)]
    pub worker: Option<Endpoint>,
    /// The services of units, by their ids.
    #[serde(default)]
    pub units: BTreeMap<UnitId, Endpoint>,
}

/// The lines to all roles; nothing is connected before it is used.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    gateway: Channel,
    bus: Channel,
    worker: Option<Channel>,
    units: Arc<BTreeMap<UnitId, Channel>>,
}

impl Lines {
    /// Lines with this certificate; units that one process hosts share one.
    pub(crate) fn open(identity: &Identity, doors: &Doors) -> Result<Lines, Error> {
        let limits = client::Limits::default();
        let units = connect_all(identity, &doors.units, &limits)?;
        let worker = doors.worker.as_ref().map(|door| connect_lazy(identity, door, &limits));
        Ok(Lines {
            gateway: connect_lazy(identity, &doors.gateway, &limits)?,
            bus: connect_lazy(identity, &doors.bus, &limits)?,
            worker: worker.transpose()?,
            units: Arc::new(units),
        })
    }

    /// Whether there is a line to the worker.
    pub(crate) fn knows_worker(&self) -> bool {
        self.worker.is_some()
    }

    /// The roles as this party asks them.
    pub(crate) fn asked_by(&self, party: &Party) -> Result<Asking, Trouble> {
        let gateway = speak_for(self.gateway.clone(), party).map_err(Trouble::fault)?;
        Ok(Asking { gateway, party: party.clone(), lines: self.clone() })
    }
}

/// The roles, as somebody asks them.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    /// The line to the gateway, for the clients that are not here.
    pub(crate) gateway: Spoken,
    party: Party,
    lines: Lines,
}

impl Asking {
    /// Whistles and cases.
    pub(crate) fn whistles(&self) -> WhistleServiceClient<Spoken> {
        WhistleServiceClient::new(self.gateway.clone()).max_decoding_message_size(ANSWER_BYTES)
    }

    /// The ledger.
    pub(crate) fn ledger(&self) -> LedgerServiceClient<Spoken> {
        LedgerServiceClient::new(self.gateway.clone()).max_decoding_message_size(ANSWER_BYTES)
    }

    /// The bus.
    pub(crate) fn bus(&self) -> Result<BusServiceClient<Spoken>, Trouble> {
        let line = speak_for(self.lines.bus.clone(), &self.party).map_err(Trouble::fault)?;
        Ok(BusServiceClient::new(line).max_decoding_message_size(ANSWER_BYTES))
    }

    /// The worker; none where the console knows of none.
    pub(crate) fn worker(&self) -> Result<Option<Spoken>, Trouble> {
        let line = self.lines.worker.clone();
        line.map(|line| speak_for(line, &self.party).map_err(Trouble::fault)).transpose()
    }

    /// The service of a unit; none where nobody hosts it.
    pub(crate) fn unit(&self, unit: &UnitId) -> Result<Option<Spoken>, Trouble> {
        let line = self.lines.units.get(unit).cloned();
        line.map(|line| speak_for(line, &self.party).map_err(Trouble::fault)).transpose()
    }

    /// The evidence of whistles (none), or of a unit.
    pub(crate) fn evidence(
        &self,
        unit: Option<&UnitId>,
    ) -> Result<EvidenceServiceClient<Spoken>, Trouble> {
        let line = match unit {
            None => self.gateway.clone(),
            Some(unit) => self.unit(unit)?.ok_or_else(Trouble::not_found)?,
        };
        Ok(EvidenceServiceClient::new(line).max_decoding_message_size(ANSWER_BYTES))
    }
}
