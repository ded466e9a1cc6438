//! Rows of flows that are stuck.

use proto::incident::{
    GetIncidentRequest, ListIncidentsRequest, Remedy, ResolveIncidentRequest,
    incident_service_client::IncidentServiceClient,
};
use proto::page::Page;
use tonic::Status;

use super::{
    Row, rows,
    world::{World, command, no},
};
use crate::people::line;

const ROOT: &str = "admin/root";

impl World {
    fn incidents(&self, party: &str) -> IncidentServiceClient<kit::client::Channel> {
        IncidentServiceClient::new(line(&self.data, party, &["worker"]))
    }

    async fn incident(self, party: &str, id: &str) -> Status {
        let request = GetIncidentRequest { incident_id: id.into() };
        no(self.incidents(party).get_incident(request).await)
    }

    async fn lists(self, state: i32, token: &str) -> Status {
        let page = Some(Page { size: 5, token: token.into() });
        no(self.incidents(ROOT).list_incidents(ListIncidentsRequest { state, page }).await)
    }

    async fn resolves(
        self,
        party: &str,
        change: impl FnOnce(&mut ResolveIncidentRequest),
    ) -> Status {
        let mut request = ResolveIncidentRequest {
            command: command("resolve"),
            incident_id: "i-4711".into(),
            remedy: Remedy::Retry.into(),
            reason: "seen to".into(),
        };
        change(&mut request);
        no(self.incidents(party).resolve_incident(request).await)
    }
}

/// What is wrong about incidents.
pub fn rows() -> Vec<Row> {
    rows! {
        "a unit asks for an incident": |w| w.incident("unit/housing", "i-1")
            => PermissionDenied "NOT_AN_OPERATOR" "" "unit/housing";
        "an incident of a malformed number": |w| w.incident(ROOT, "4711")
            => InvalidArgument "MALFORMED_ID" "incident_id" "i-4711";
        "no such incident": |w| w.incident(ROOT, "i-4711")
            => NotFound "UNKNOWN_INCIDENT" "incident_id" "i-4711";
        "incidents in no state": |w| w.lists(99, "")
            => InvalidArgument "UNKNOWN_WORD" "state" "99";
        "incidents from a token of another list": |w| w.lists(0, "78")
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "token";
        "an office resolves an incident": |w| w.resolves("office/leading_group_office", |_| ())
            => PermissionDenied "NOT_AN_OPERATOR" "" "administrator";
        "an incident is resolved by nothing": |w| w.resolves(ROOT, |r| r.remedy = 0)
            => InvalidArgument "UNKNOWN_WORD" "remedy" "put back";
        "an incident is resolved without a reason": |w| w.resolves(ROOT, |r| r.reason.clear())
            => InvalidArgument "REASON_MISSING" "reason" "empty";
        "no incident is resolved": |w| w.resolves(ROOT, |_| ())
            => NotFound "UNKNOWN_INCIDENT" "incident_id" "i-4711";
        "an incident is resolved by nobody": |w| w.resolves(ROOT, |r| r.command = None)
            => InvalidArgument "MALFORMED_ID" "command.request_id" "must not be empty";
    }
}
