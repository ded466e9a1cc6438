//! Which services stand at which door, for who wants the document of a door that does not run.
//!
//! A test holds them against the doors of a running system.

use domain::party::Role;

const BUS: &[&str] = &["muster.bus.v1.BusService"];

const GATEWAY: &[&str] = &[
    "muster.accountability.v1.AccountabilityService",
    "muster.approval.v1.ApprovalService",
    "muster.credit.v1.CreditService",
    "muster.decision.v1.DecisionService",
    "muster.evidence.v1.EvidenceService",
    "muster.grid.v1.GridService",
    "muster.inspection.v1.InspectionService",
    "muster.ledger.v1.LedgerService",
    "muster.operation.v1.OperationService",
    "muster.registry.v1.RegistryService",
    "muster.whistle.v1.WhistleService",
];

const UNITS: &[&str] = &[
    "muster.accountability.v1.StatementService",
    "muster.approval.v1.ReviewService",
    "muster.ask.v1.AskService",
    "muster.contact.v1.ContactService",
    "muster.credit.v1.ViolationService",
    "muster.decision.v1.ProcedureService",
    "muster.evidence.v1.EvidenceService",
    "muster.inspection.v1.FindingService",
    "muster.notice.v1.NoticeService",
    "muster.operation.v1.TeamService",
    "muster.register.v1.RegisterService",
    "muster.unit.v1.UnitService",
];

const WORKER: &[&str] = &[
    "muster.incident.v1.IncidentService",
    "muster.notification.v1.NotificationService",
    "muster.outside.v1.OutsideService",
];

/// The services of a role; a role that takes no calls of ours has none.
pub fn services(door: Role) -> &'static [&'static str] {
    match door {
        Role::Bus => BUS,
        Role::Gateway => GATEWAY,
        Role::Units => UNITS,
        Role::Worker => WORKER,
        Role::Console => &[],
    }
}
