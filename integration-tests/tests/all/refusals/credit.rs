//! What is refused about violations, lists and what goes outside. Wenshan has no rules of credit:
//! what is refused within such rules is in `credit::` and with the desks and the gateway.

use proto::{
    credit_wire::{
        ConfirmViolationRequest, GetScoreRequest, ListDeliveriesRequest, ListListedRequest,
        ListViolationsRequest, PutBackDeliveryRequest, RemoveListedRequest, RevokeViolationRequest,
        SkipDeliveryRequest, credit_service_client::CreditServiceClient,
        violation_service_client::ViolationServiceClient,
    },
    page::Page,
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, LEAD, World, command, no},
};
use crate::people::line;

const OFFICE: &str = "office/leading_group_office";
const PUSH: &str = "ext_zhengzhou_credit/listed/1";

impl World {
    fn credits(&self, party: &str) -> CreditServiceClient<kit::client::Channel> {
        CreditServiceClient::new(line(&self.data, party, &["gateway"]))
    }

    fn violations(&self, party: &str) -> ViolationServiceClient<kit::client::Channel> {
        ViolationServiceClient::new(self.unit_line(party, LEAD))
    }

    async fn confirm_violation(
        self,
        party: &str,
        change: impl FnOnce(&mut ConfirmViolationRequest),
    ) -> Status {
        let mut request = ConfirmViolationRequest {
            command: command("confirm-violation"),
            object: "hauler-1".into(),
            code: "mud_on_road".into(),
            fact: "truck-7-mud".into(),
            decision: "2020-17".into(),
            at_ms: 1_580_000_000_000,
        };
        change(&mut request);
        no(self.violations(party).confirm_violation(request).await)
    }

    async fn revoke_violation(self, change: impl FnOnce(&mut RevokeViolationRequest)) -> Status {
        let mut request = RevokeViolationRequest {
            command: command("revoke-violation"),
            object: "hauler-1".into(),
            decision: "2020-17".into(),
            reason: "the wrong truck".into(),
        };
        change(&mut request);
        no(self.violations("unit/enforcement").revoke_violation(request).await)
    }

    async fn put_back(
        self,
        party: &str,
        change: impl FnOnce(&mut PutBackDeliveryRequest),
    ) -> Status {
        let (object, delivery) = ("hauler-1".into(), PUSH.into());
        let (command, reason) = (command("put-back"), "known now".into());
        let mut request = PutBackDeliveryRequest { command, object, delivery, reason };
        change(&mut request);
        no(self.credits(party).put_back_delivery(request).await)
    }
}

/// Before anything was confirmed about anybody.
pub fn rows() -> Vec<Row> {
    let mut rows = desks();
    rows.extend(doors());
    rows
}

fn desks() -> Vec<Row> {
    rows! {
        "a violation where the city has no rules of credit": |w|
            w.confirm_violation("unit/enforcement", |_| ())
            => FailedPrecondition "NO_CREDIT_RULES" "code" "no rules of credit";
        "a violation of nobody": |w| w.confirm_violation("unit/enforcement", |r| r.object.clear())
            => InvalidArgument "MALFORMED_ID" "object" "must not be empty";
        "a violation of a malformed kind": |w|
            w.confirm_violation("unit/enforcement", |r| r.code = "a b".into())
            => InvalidArgument "MALFORMED_ID" "code" "letters, digits";
        "a violation without a fact": |w|
            w.confirm_violation("unit/enforcement", |r| r.fact.clear())
            => InvalidArgument "MALFORMED_ID" "fact" "must not be empty";
        "a decision whose number has a slash": |w|
            w.confirm_violation("unit/enforcement", |r| r.decision = "a/b".into())
            => InvalidArgument "MALFORMED_ID" "decision" "no slash";
        "a violation that never happened": |w|
            w.confirm_violation("unit/enforcement", |r| r.at_ms = 0)
            => InvalidArgument "MOMENT_MISSING" "at_ms" "Unix milliseconds";
        "a violation by nobody": |w| w.confirm_violation("unit/enforcement", |r| r.command = None)
            => InvalidArgument "COMMAND_MISSING" "command" "who asks";
        "an office confirms a violation": |w| w.confirm_violation(OFFICE, |_| ())
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "a decision that nobody took is revoked": |w| w.revoke_violation(|_| ())
            => NotFound "UNKNOWN_DECISION" "decision" "no decision";
        "a decision is revoked without a reason": |w| w.revoke_violation(|r| r.reason.clear())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "an office lists a unit's violations": |w| async move {
            no(w.violations(OFFICE).list_violations(ListViolationsRequest::default()).await)
        } => PermissionDenied "NOT_A_UNIT" "" "only a unit";
    }
}

fn doors() -> Vec<Row> {
    rows! {
        "the score of who never did anything": |w| async move {
            let request = GetScoreRequest { object: "hauler-1".into() };
            no(w.credits(OFFICE).get_score(request).await)
        } => NotFound "UNKNOWN_OBJECT" "object" "nothing was ever confirmed";
        "the score of a malformed object": |w| async move {
            let request = GetScoreRequest { object: "a b".into() };
            no(w.credits(OFFICE).get_score(request).await)
        } => InvalidArgument "MALFORMED_ID" "object" "letters, digits";
        "a community asks who is on the list": |w| async move {
            no(w.credits(COMMUNITY).list_listed(ListListedRequest::default()).await)
        } => PermissionDenied "NOT_A_READER" "" "an office";
        "a token of another list of credit": |w| async move {
            let page = Some(Page { size: 1, token: "00".into() });
            no(w.credits(OFFICE).list_listed(ListListedRequest { page }).await)
        } => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "a unit asks what goes outside": |w| async move {
            let asked = ListDeliveriesRequest::default();
            no(w.credits("unit/housing").list_deliveries(asked).await)
        } => PermissionDenied "NOT_A_READER" "" "an office";
        "a delivery about nobody is put back": |w| w.put_back(OFFICE, |_| ())
            => NotFound "UNKNOWN_OBJECT" "object" "nothing was ever confirmed";
        "a malformed delivery is put back": |w| w.put_back(OFFICE, |r| r.delivery = "x".into())
            => InvalidArgument "MALFORMED_ID" "delivery" "as it is listed";
        "a unit puts a delivery back": |w| w.put_back("unit/housing", |_| ())
            => PermissionDenied "NOT_THE_OFFICE" "" "an office";
        "a malformed delivery is skipped": |w| async move {
            let (command, object) = (command("skip"), "hauler-1".into());
            let (delivery, reason) = ("ext_x/gone/1".into(), "known".into());
            let request = SkipDeliveryRequest { command, object, delivery, reason };
            no(w.credits(OFFICE).skip_delivery(request).await)
        } => InvalidArgument "MALFORMED_ID" "delivery" "as it is listed";
        "who was never listed is taken off the list": |w| async move {
            let (command, object) = (command("remove"), "hauler-1".into());
            let request = RemoveListedRequest { command, object, reason: "mended".into() };
            no(w.credits(OFFICE).remove_listed(request).await)
        } => NotFound "UNKNOWN_OBJECT" "object" "nothing was ever confirmed";
    }
}
