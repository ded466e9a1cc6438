//! The way to a system that runs: whose certificate, which doors, and what is said when nobody
//! answers.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};
use domain::party::{Party, Role};
use kit::{
    client::{self, Channel, Endpoint},
    clock::Clock,
    identity::{Authority, Files, Identity},
    status,
};
use proto::{
    accountability::{
        accountability_service_client::AccountabilityServiceClient,
        statement_service_client::StatementServiceClient,
    },
    approval::approval_service_client::ApprovalServiceClient,
    bus::{GetStatusRequest, GetStatusResponse, bus_service_client::BusServiceClient},
    contact_wire::contact_service_client::ContactServiceClient,
    credit_wire::credit_service_client::CreditServiceClient,
    decision::decision_service_client::DecisionServiceClient,
    incident::incident_service_client::IncidentServiceClient,
    inspection_wire::{
        finding_service_client::FindingServiceClient,
        inspection_service_client::InspectionServiceClient,
    },
    ledger::ledger_service_client::LedgerServiceClient,
    notification::notification_service_client::NotificationServiceClient,
    operation::operation_service_client::OperationServiceClient,
    outside::outside_service_client::OutsideServiceClient,
    page::Command,
    registry::registry_service_client::RegistryServiceClient,
    whistle::whistle_service_client::WhistleServiceClient,
};
use serde::Deserialize;
use tonic::{Code, Status};

use crate::cli::{Way, Word};

/// The largest answer that is taken.
const ANSWER_BYTES: usize = 16 << 20;

/// The doors that are asked, as `endpoints.json` has them.
#[derive(Debug, Default, Deserialize)]
struct Doors {
    bus: Option<Endpoint>,
    gateway: Option<Endpoint>,
    worker: Option<Endpoint>,
    #[serde(default)]
    units: BTreeMap<String, Endpoint>,
    #[serde(skip)]
    desk: Option<Endpoint>,
}

/// A system, and as whom it is asked.
pub struct System {
    identity: Identity,
    doors: Doors,
}

impl System {
    /// Reads what is needed to ask it; nobody is asked yet.
    pub fn find(way: &Way) -> anyhow::Result<System> {
        let doors = doors(way)?;
        let folder = match (&way.identity, &way.data) {
            (Some(folder), _) => folder.clone(),
            (None, Some(data)) => data.join("identity"),
            (None, None) => bail!("--identity says where the certificate is"),
        };
        Ok(System { identity: identity(&folder, &way.caller)?, doors })
    }

    /// The city, as the certificate says.
    pub fn city(&self) -> &str {
        self.identity.city().as_str()
    }

    /// As whom it is asked.
    pub fn party(&self) -> &Party {
        self.identity.party()
    }

    /// The bus.
    pub fn bus(&self) -> anyhow::Result<Bus> {
        let door = self.doors.bus.clone().context("it is not said where the bus is: --bus URL")?;
        let client = BusServiceClient::new(self.line(&door)?);
        Ok(Bus { client: client.max_decoding_message_size(ANSWER_BYTES), door })
    }

    /// The gateway, where it is known.
    pub fn gateway(&self) -> anyhow::Result<Option<WhistleServiceClient<Channel>>> {
        let line = self.doors.gateway.as_ref().map(|door| self.line(door)).transpose()?;
        Ok(line.map(WhistleServiceClient::new))
    }

    /// Credit, which the gateway serves.
    pub fn credit(&self) -> anyhow::Result<CreditServiceClient<Channel>> {
        let door = self.doors.gateway.as_ref();
        let door = door.context("it is not said where the gateway is: --gateway URL")?;
        Ok(CreditServiceClient::new(self.line(door)?).max_decoding_message_size(ANSWER_BYTES))
    }

    /// The registry of rights and duties, which the gateway serves.
    pub fn registry(&self) -> anyhow::Result<RegistryServiceClient<Channel>> {
        let client = RegistryServiceClient::new(self.gateway_line()?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES))
    }

    /// Enforcement decisions, which the gateway shows.
    pub fn decisions(&self) -> anyhow::Result<DecisionServiceClient<Channel>> {
        let client = DecisionServiceClient::new(self.gateway_line()?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES))
    }

    /// Flows that are stuck, which the worker serves.
    pub fn incidents(&self) -> anyhow::Result<IncidentServiceClient<Channel>> {
        let door = self.doors.worker.as_ref();
        let door = door.context("it is not said where the worker is: --worker URL")?;
        Ok(IncidentServiceClient::new(self.line(door)?).max_decoding_message_size(ANSWER_BYTES))
    }

    /// Joint approvals, which the gateway serves.
    pub fn approvals(&self) -> anyhow::Result<ApprovalServiceClient<Channel>> {
        let client = ApprovalServiceClient::new(self.gateway_line()?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES))
    }

    /// Stops and seizures, which the gateway serves.
    pub fn inspections(&self) -> anyhow::Result<InspectionServiceClient<Channel>> {
        let client = InspectionServiceClient::new(self.gateway_line()?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES))
    }

    /// What the caller's own unit finds and settles, which the unit's service serves.
    pub fn findings(&self) -> anyhow::Result<FindingServiceClient<Channel>> {
        let client = FindingServiceClient::new(self.line(self.desk()?)?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES))
    }

    /// The telephone numbers of another unit, which its service serves; none: of the caller's own.
    pub fn contacts(&self, unit: Option<&str>) -> anyhow::Result<ContactServiceClient<Channel>> {
        let door = match unit {
            None => self.desk()?,
            Some(unit) => {
                self.doors.desk.as_ref().or_else(|| self.doors.units.get(unit)).with_context(
                    || format!("it is not said where {unit}'s service is: --desk URL"),
                )?
            }
        };
        Ok(ContactServiceClient::new(self.line(door)?).max_decoding_message_size(ANSWER_BYTES))
    }

    /// Joint operations, which the gateway serves.
    pub fn operations(&self) -> anyhow::Result<OperationServiceClient<Channel>> {
        let client = OperationServiceClient::new(self.gateway_line()?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES))
    }

    /// What goes outside, which the worker posts.
    pub fn outside(&self) -> anyhow::Result<OutsideServiceClient<Channel>> {
        let door = self.doors.worker.as_ref();
        let door =
            door.context("it is not said where the worker is: endpoints.json has no worker")?;
        Ok(OutsideServiceClient::new(self.line(door)?).max_decoding_message_size(ANSWER_BYTES))
    }

    /// Who is told by SMS or webhook, which the worker sends.
    pub fn notices(&self) -> anyhow::Result<NotificationServiceClient<Channel>> {
        let door = self.doors.worker.as_ref();
        let door = door.context("it is not said where the worker is: --worker URL")?;
        Ok(NotificationServiceClient::new(self.line(door)?).max_decoding_message_size(ANSWER_BYTES))
    }

    /// The gateway's ledger, of many cases.
    pub fn ledger(&self) -> anyhow::Result<LedgerServiceClient<Channel>> {
        let client = LedgerServiceClient::new(self.gateway_line()?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES))
    }

    /// The sheets of units that have to answer, which the gateway serves.
    pub fn accounts(&self) -> anyhow::Result<AccountabilityServiceClient<Channel>> {
        let client = AccountabilityServiceClient::new(self.gateway_line()?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES))
    }

    /// What the caller's own unit has to answer for, which the unit's service serves.
    pub fn statements(&self) -> anyhow::Result<StatementServiceClient<Channel>> {
        let client = StatementServiceClient::new(self.line(self.desk()?)?);
        Ok(client.max_decoding_message_size(ANSWER_BYTES))
    }

    /// A refusal of the caller's own unit's service as a person reads it.
    pub fn desk_refused(&self, status: &Status) -> anyhow::Error {
        match self.desk() {
            Ok(door) => refused(status, &door.address, &door.server, "the unit itself may"),
            Err(unknown) => unknown,
        }
    }

    fn desk(&self) -> anyhow::Result<&Endpoint> {
        let party = self.identity.party();
        let Some(unit) = party.as_unit() else {
            bail!("{party} is no unit; a unit speaks for itself: --as unit/NAME")
        };
        let door = self.doors.desk.as_ref().or_else(|| self.doors.units.get(unit.as_str()));
        door.with_context(|| format!("it is not said where {unit}'s service is: --desk URL"))
    }

    fn gateway_line(&self) -> anyhow::Result<Channel> {
        let door = self.doors.gateway.as_ref();
        self.line(door.context("it is not said where the gateway is: --gateway URL")?)
    }

    fn line(&self, to: &Endpoint) -> anyhow::Result<Channel> {
        Ok(client::connect_lazy(&self.identity, to, &client::Limits::default())?)
    }
}

/// The bus that is asked.
#[derive(Clone)]
pub struct Bus {
    /// The calls.
    pub client: BusServiceClient<Channel>,
    door: Endpoint,
}

impl Bus {
    /// Its state; the first thing that most verbs ask.
    pub async fn status(&mut self) -> anyhow::Result<GetStatusResponse> {
        let said = self.client.get_status(GetStatusRequest {}).await;
        said.map(tonic::Response::into_inner).map_err(|status| self.refused(&status))
    }

    /// A refusal as a person reads it.
    pub fn refused(&self, status: &Status) -> anyhow::Error {
        refused(status, &self.door.address, &self.door.server, ADMINISTRATOR)
    }
}

/// A request that nobody else has made, unless the caller repeats one.
pub fn command(word: &Word) -> Option<Command> {
    let (now, process) = (Clock::system().now().0, std::process::id());
    let request_id = word.request.clone().unwrap_or_else(|| format!("cli/{now}/{process}"));
    Some(Command { request_id, person: word.person.clone() })
}

/// Who may most.
const ADMINISTRATOR: &str =
    "an administrator may: --as admin/NAME, with a certificate of that name";

/// A refusal of the gateway as a person reads it.
pub fn gateway_refused(status: &Status) -> anyhow::Error {
    refused(status, "its address", &Party::service(Role::Gateway), ADMINISTRATOR)
}

/// A refusal of the worker as a person reads it.
pub fn worker_refused(status: &Status) -> anyhow::Error {
    refused(status, "its address", &Party::service(Role::Worker), ADMINISTRATOR)
}

/// The same of what only an office may.
pub fn office_refused(status: &Status) -> anyhow::Error {
    let may = "the office that it is given to may: --as office/NAME";
    refused(status, "its address", &Party::service(Role::Gateway), may)
}

fn refused(status: &Status, address: &str, server: &Party, may: &str) -> anyhow::Error {
    let rejection = status::rejection(status);
    match status.code() {
        Code::Unavailable if rejection.reason == "UNAVAILABLE" => anyhow::anyhow!(
            "nothing answers as {server} at {address}: does it run, and is it of this city? ({})",
            status.message()
        ),
        Code::PermissionDenied => anyhow::anyhow!("{rejection}; {may}"),
        _ => anyhow::anyhow!("{rejection}"),
    }
}

fn doors(way: &Way) -> anyhow::Result<Doors> {
    let mut doors = match &way.data {
        Some(data) => read(&data.join("endpoints.json"))?,
        None => Doors::default(),
    };
    let named = |address: &Option<String>, role| {
        let address = address.clone()?;
        Some(Endpoint { address, server: Party::service(role) })
    };
    doors.bus = named(&way.bus, Role::Bus).or(doors.bus);
    doors.gateway = named(&way.gateway, Role::Gateway).or(doors.gateway);
    doors.worker = named(&way.worker, Role::Worker).or(doors.worker);
    let server = || way.desk_server.clone().unwrap_or_else(|| way.caller.clone());
    doors.desk = way.desk.clone().map(|address| Endpoint { address, server: server() });
    Ok(doors)
}

fn read(path: &Path) -> anyhow::Result<Doors> {
    let bytes = std::fs::read(path).with_context(|| {
        let path = path.display();
        format!(
            "no system was ever started here: {path} can't be read; `muster run --data` writes it"
        )
    })?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))
}

/// The identity in the folder; issued by the authority of the folder when there is none.
fn identity(folder: &Path, party: &Party) -> anyhow::Result<Identity> {
    let files = Files::of(folder, party);
    if let Ok(authority) = Authority::open(folder) {
        return authority
            .issue_to(folder, party)
            .with_context(|| lacking(&files.certificate, party));
    }
    files.load().with_context(|| lacking(&files.certificate, party))
}

fn lacking(file: &Path, party: &Party) -> String {
    format!(
        "{} is no good certificate of {party}; `muster identity issue {party} --data DATA --out DIR` \
         writes one, and --identity DIR takes it",
        file.display()
    )
}
