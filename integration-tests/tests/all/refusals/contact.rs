//! What is refused about telephone numbers that are handed over. In Wenshan nobody hands any; what is
//! refused where somebody does is with the unit's service (`unit::tests::contacts`) and in `s9::`.

use proto::contact_wire::{
    HandOverRequest, ListContactsRequest, ReadContactRequest, ReportContactRequest,
    contact_service_client::ContactServiceClient,
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, LEAD, World, command, no},
};

const UNIT: &str = "unit/enforcement";

impl World {
    fn contacts(&self, party: &str) -> ContactServiceClient<kit::client::Channel> {
        ContactServiceClient::new(self.unit_line(party, LEAD))
    }

    async fn hand_number(self, party: &str, change: impl FnOnce(&mut HandOverRequest)) -> Status {
        let mut request = HandOverRequest {
            command: command("hand-over"),
            unit: LEAD.into(),
            number: "13800138000".into(),
            purpose: "call-back".into(),
            note: "a leaflet".into(),
        };
        change(&mut request);
        no(self.contacts(party).hand_over(request).await)
    }
}

/// Before anything was handed over.
pub fn rows() -> Vec<Row> {
    rows! {
        "a number where the pack has nobody who hands any": |w|
            w.hand_number("unit/public_security", |_| ())
            => PermissionDenied "NOT_HANDED_OVER" "unit" "contacts.csv";
        "no number is handed over": |w|
            w.hand_number("unit/public_security", |r| r.number = "none".into())
            => InvalidArgument "MALFORMED_NUMBER" "number" "digits";
        "a number for a unit that is elsewhere": |w|
            w.hand_number("unit/public_security", |r| r.unit = "media".into())
            => PermissionDenied "NOT_HOSTED_HERE" "unit" "not hosted";
        "a community hands a number over": |w| w.hand_number(COMMUNITY, |_| ())
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "an unknown contact is read": |w| async move {
            let (command, contact_id) = (command("read-contact"), "C-none-1".into());
            let request = ReadContactRequest { command, contact_id, purpose: "x".into() };
            no(w.contacts(UNIT).read_contact(request).await)
        } => NotFound "UNKNOWN_CONTACT" "contact_id" "no contact";
        "a malformed contact is read": |w| async move {
            let (command, contact_id) = (command("read-contact"), "a b".into());
            let request = ReadContactRequest { command, contact_id, purpose: "x".into() };
            no(w.contacts(UNIT).read_contact(request).await)
        } => InvalidArgument "MALFORMED_ID" "contact_id" "letters, digits";
        "what came of an unknown contact": |w| async move {
            let (command, contact_id) = (command("report-contact"), "C-none-1".into());
            let request = ReportContactRequest { command, contact_id, result: "x".into() };
            no(w.contacts(UNIT).report_contact(request).await)
        } => NotFound "UNKNOWN_CONTACT" "contact_id" "no contact";
        "a community lists contacts": |w| async move {
            no(w.contacts(COMMUNITY).list_contacts(ListContactsRequest::default()).await)
        } => PermissionDenied "NOT_A_UNIT" "" "only a unit";
    }
}
