//! What is refused about the reports of other systems. In Wenshan nobody gives any as it ships; what is
//! refused where somebody does stands in `intake` and with the connector.

use proto::intake::{
    BringReportRequest, GetReportRequest, ListReportsRequest, ListSourcesRequest,
    ResolveReportRequest, TurnDownReportRequest, intake_service_client::IntakeServiceClient,
};
use proto::page::Command;
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, World, command, no},
};

const ADMIN: &str = "admin/root";
const OFFICE: &str = "office/leading_group_office";

impl World {
    fn intake(&self, party: &str) -> IntakeServiceClient<kit::client::Channel> {
        IntakeServiceClient::new(crate::people::line(&self.data, party, &["worker"]))
    }

    async fn resolve_report(
        self,
        party: &str,
        change: impl FnOnce(&mut ResolveReportRequest),
    ) -> Status {
        let mut request = ResolveReportRequest {
            command: command("resolve-report"),
            system: "ext_digital_cm".into(),
            number: "12319-77".into(),
            ..ResolveReportRequest::default()
        };
        change(&mut request);
        no(self.intake(party).resolve_report(request).await)
    }

    async fn turn_down_report(self, party: &str, reason: &str) -> Status {
        let request = TurnDownReportRequest {
            command: command("turn-down-report"),
            system: "ext_digital_cm".into(),
            number: "12319-77".into(),
            reason: reason.into(),
        };
        no(self.intake(party).turn_down_report(request).await)
    }

    async fn bring_report(self, party: &str) -> Status {
        let request = BringReportRequest { number: "12319-77".into(), ..Default::default() };
        no(self.intake(party).bring_report(request).await)
    }

    async fn lists_reports(
        self,
        party: &str,
        change: impl FnOnce(&mut ListReportsRequest),
    ) -> Status {
        let mut request = ListReportsRequest::default();
        change(&mut request);
        no(self.intake(party).list_reports(request).await)
    }
}

/// At any time.
pub fn rows() -> Vec<Row> {
    rows! {
        "a unit looks at who gives us cases": |w| async move {
            no(w.intake("unit/enforcement").list_sources(ListSourcesRequest {}).await)
        } => PermissionDenied "NO_OVERSEER" "" "an office or an administrator";
        "a community looks at what others report": |w| w.lists_reports(COMMUNITY, |_| ())
            => PermissionDenied "NO_OVERSEER" "" "an office or an administrator";
        "reports of a system that gives none": |w| w.lists_reports(ADMIN, |r| r.system = "x".into())
            => NotFound "UNKNOWN_SOURCE" "system" "none is configured";
        "reports in no state": |w| w.lists_reports(ADMIN, |r| r.state = 99)
            => InvalidArgument "MALFORMED_STATE" "state" "99";
        "a report of a system that gives none": |w| async move {
            let (system, number) = ("ext_digital_cm".into(), "1".into());
            no(w.intake(ADMIN).get_report(GetReportRequest { system, number }).await)
        } => NotFound "UNKNOWN_SOURCE" "system" "ext_digital_cm";
        "an administrator says what a report is": |w| w.resolve_report(ADMIN, |_| ())
            => PermissionDenied "NOT_YOURS" "" "an office";
        "a trainee says what a report is": |w| w.resolve_report(OFFICE, |r| {
            r.command = r.command.take().map(|one| Command { person: "trainee-1".into(), ..one });
        }) => PermissionDenied "NOT_YOURS" "" "trainee-1";
        "a report of nobody is settled": |w| w.resolve_report(OFFICE, |r| r.system.clear())
            => InvalidArgument "MALFORMED_ID" "system" "system";
        "it is said at too great a length": |w| {
            w.resolve_report(OFFICE, |r| r.description = "x".repeat(2_001))
        } => InvalidArgument "TEXT_TOO_LONG" "description" "2000";
        "what nobody gave is settled": |w| w.resolve_report(OFFICE, |_| ())
            => NotFound "UNKNOWN_SOURCE" "system" "none is configured";
        "a unit turns a report down": |w| w.turn_down_report("unit/enforcement", "no")
            => PermissionDenied "NOT_YOURS" "" "an office";
        "a report is turned down without a reason": |w| w.turn_down_report(OFFICE, " ")
            => InvalidArgument "REASON_MISSING" "reason" "why";
        "a system that is not configured brings a report": |w| w.bring_report("unit/ext_digital_cm")
            => PermissionDenied "NOT_A_SOURCE" "" "with push";
        "a community brings a report": |w| w.bring_report(COMMUNITY)
            => PermissionDenied "NOT_A_SOURCE" "" "a system outside";
    }
}
