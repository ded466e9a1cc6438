//! `ContactService`: telephone numbers that are handed from unit to unit, read for their purpose, and
//! deleted in time. The number goes into the unit's vault before anything is said of it, and into no
//! fingerprint, record or log.

use domain::{contact as rules, rejection::Rejection};
use kit::{
    identity::Peer,
    page,
    server::peer,
    status::{internal, status},
    trace,
};
use prost::Message;
use proto::{
    contact::contact_id,
    contact_wire::{
        Contact, HandOverRequest, HandOverResponse, ListContactsRequest, ListContactsResponse,
        ReadContactRequest, ReadContactResponse, ReportContactRequest, ReportContactResponse,
        contact_service_server::ContactService,
    },
};
use tonic::{Request, Response, Status};

use crate::{
    asking,
    desk::{Command, contact},
    host::{Hosted, Hosts},
    rights,
};

/// The contacts of all hosted units.
pub(crate) struct Contacts {
    pub(crate) hosts: Hosts,
}

impl Contacts {
    /// Keeps a number, and says that it was handed over. One that joins another is kept once.
    async fn take(
        &self,
        hosted: &Hosted,
        peer: &Peer,
        content: HandOverRequest,
    ) -> Result<Contact, Status> {
        let from = peer.party.as_unit().ok_or_else(|| status(not_a_unit()))?;
        let number = rules::number(&content.number).map_err(status)?;
        let desk = hosted.store.machine();
        rules::check_hand_over(&desk.city, &from, &desk.unit).map_err(status)?;
        let mark = hosted.vault.mark(&number);
        // What the record has of the request is its fingerprint: made without the number.
        let content = HandOverRequest { number: mark.clone(), ..content };
        let asked = content.command.clone();
        let word = asking::word(peer.party.clone(), "HandOver", asked, &content).map_err(status)?;
        let slot = hosted.vault.slot(&format!("{}/{}", from, word.asked.request_id), &number);
        let known = hosted.store.read(|tx| contact::by_slot(tx, &slot)).map_err(status)?;
        if known.is_none_or(|contact| contact.erased_at.is_none()) {
            hosted.vault.keep(&slot, &number).map_err(internal)?;
        }
        let HandOverRequest { purpose, note, .. } = content;
        let (person, traceparent) = (word.person, trace::current().to_string());
        let taking =
            contact::Taking { from, person, purpose, note, mark, slot: slot.clone(), traceparent };
        let command = Command::TakeContact(Box::new(taking));
        let answer = hosted.store.execute(word.asked, command).await;
        let known = hosted.store.read(|tx| contact::by_slot(tx, &slot)).map_err(status)?;
        if known.is_none() {
            hosted.vault.delete(&slot).map_err(internal)?;
        }
        Contact::decode(&answer.map_err(status)?.bytes[..]).map_err(internal)
    }
}

fn not_a_unit() -> Rejection {
    Rejection::forbidden("NOT_A_UNIT", "only a unit hands telephone numbers over")
}

#[tonic::async_trait]
impl ContactService for Contacts {
    async fn hand_over(
        &self,
        request: Request<HandOverRequest>,
    ) -> Result<Response<HandOverResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.named(&content.unit).map_err(|no| status(no.at("unit")))?;
        let contact = self.take(hosted, &peer, content).await?;
        Ok(Response::new(HandOverResponse { contact: Some(contact) }))
    }

    async fn list_contacts(
        &self,
        request: Request<ListContactsRequest>,
    ) -> Result<Response<ListContactsResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let page::Wanted { size, from } =
            page::wanted(request.into_inner().page).map_err(status)?;
        let found = hosted.store.read(|tx| contact::contacts(tx, &from, size + 1));
        let mut found = found.map_err(status)?;
        let next_token = page::cut(&mut found, size, |(key, _)| [&key[..], &[0]].concat());
        let contacts = found.into_iter().map(|(_, contact)| contact).collect();
        Ok(Response::new(ListContactsResponse { contacts, next_token }))
    }

    async fn read_contact(
        &self,
        request: Request<ReadContactRequest>,
    ) -> Result<Response<ReadContactResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let asked = content.command.clone();
        let word = asking::word(peer.party.clone(), "ReadContact", asked, &content);
        let word = word.map_err(status)?;
        let (desk, access) = (hosted.store.machine(), &self.hosts.access);
        let id = contact_id(content.contact_id.clone()).map_err(status)?;
        let received = hosted.store.read(|tx| desk.received(tx, id.as_str())).map_err(status)?;
        let received = received.ok_or_else(|| status(contact::unknown(id.as_str())))?;
        let ask = rights::read_contact(access, &received, (&peer.party, &word.person), &content);
        access.check(&peer.party, &ask).map_err(status)?;
        let command = Command::ReadContact(Box::new(content));
        hosted.store.execute(word.asked, command).await.map_err(status)?;
        let kept = hosted.store.read(|tx| contact::kept(tx, &id)).map_err(status)?;
        let slot = kept.map(|kept| kept.slot).unwrap_or_default();
        let number = hosted.vault.read(&slot).map_err(internal)?;
        let number = number.ok_or_else(|| status(rules::gone(&id)))?;
        Ok(Response::new(ReadContactResponse { number }))
    }

    async fn report_contact(
        &self,
        request: Request<ReportContactRequest>,
    ) -> Result<Response<ReportContactResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let asked = content.command.clone();
        let word = asking::word(peer.party.clone(), "ReportContact", asked, &content);
        let word = word.map_err(status)?;
        let (access, unit) = (&self.hosts.access, &hosted.store.machine().unit);
        let work = rights::work_at_desk(access, unit, &peer.party, &word.person);
        access.check(&peer.party, &work).map_err(status)?;
        let id = contact_id(content.contact_id).map_err(status)?;
        let (person, traceparent) = (word.person, trace::current().to_string());
        let reporting = contact::Reporting { id, result: content.result, person, traceparent };
        let command = Command::ReportContact(Box::new(reporting));
        let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
        let contact = Contact::decode(&answer.bytes[..]).map_err(internal)?;
        Ok(Response::new(ReportContactResponse { contact: Some(contact) }))
    }
}
