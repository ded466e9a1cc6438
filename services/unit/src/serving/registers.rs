//! `RegisterService`: units ask each other, and the office asks them.

use kit::{
    server::peer,
    status::{internal, status},
};
use prost::Message as _;
use proto::register::{
    ListRegistersRequest, ListRegistersResponse, LookUpRequest, LookUpResponse,
    register_service_server::RegisterService,
};
use tonic::{Request, Response, Status};

use crate::{
    asking,
    desk::{Command, lookup},
    host::{Hosted, Hosts},
    rights, wire,
};

/// The registers of all hosted units.
pub(crate) struct Registers {
    pub(crate) hosts: Hosts,
}

#[tonic::async_trait]
impl RegisterService for Registers {
    async fn list_registers(
        &self,
        request: Request<ListRegistersRequest>,
    ) -> Result<Response<ListRegistersResponse>, Status> {
        peer(&request)?;
        let hosted = named(&self.hosts, &request.get_ref().unit)?;
        let registers = hosted.store.machine().module.registers();
        let registers = registers.iter().map(wire::register_out).collect();
        Ok(Response::new(ListRegistersResponse { registers }))
    }

    async fn look_up(
        &self,
        request: Request<LookUpRequest>,
    ) -> Result<Response<LookUpResponse>, Status> {
        let peer = peer(&request)?;
        let asked = request.into_inner();
        let hosted = named(&self.hosts, &asked.unit)?;
        let word = asking::word(peer.party.clone(), "LookUp", asked.command.clone(), &asked);
        let word = word.map_err(status)?;
        asking::look_up(&asked).map_err(status)?;
        let (access, unit) = (&self.hosts.access, &hosted.store.machine().unit);
        let ask = rights::ask_register(access, unit, &peer.party, &word.person, &asked);
        access.check(&peer.party, &ask).map_err(status)?;
        let command = Command::LookUp(Box::new(asked.clone()));
        let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
        let found = LookUpResponse::decode(&answer.bytes[..]).map_err(internal)?;
        if found.rows.is_empty() {
            return Err(status(lookup::unknown_key(&asked)));
        }
        Ok(Response::new(found))
    }
}

/// The unit that is asked.
fn named<'a>(hosts: &'a Hosts, unit: &str) -> Result<&'a Hosted, Status> {
    hosts.named(unit).map_err(|no| status(no.at("unit")))
}
