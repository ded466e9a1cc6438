//! What is refused about stops, findings and seizures. Wenshan has no table of powers: what is
//! refused within one is in the tables of `domain::inspection::tests`, with the desks and in `s4::`.

use proto::{
    case::Evidence,
    inspection_wire::{
        AssignFindingRequest, ChoosePenaltyRequest, DecisionRef, EndSeizureRequest, Found,
        GetInspectionRequest, GetSeizureRequest, ListFindingsRequest, ListFlagsRequest,
        ListInspectionsRequest, ListSeizuresRequest, NotProven, OpenInspectionRequest, Outcome,
        RevokeFindingRequest, SeizeVehicleRequest, SeizureEnd, SettleFindingRequest, Warning,
        finding_service_client::FindingServiceClient,
        inspection_service_client::InspectionServiceClient, outcome::Outcome as How,
        seize_vehicle_request::About,
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
const UNIT: &str = "unit/enforcement";
const AT: i64 = 1_580_000_000_000;

impl World {
    fn stops(&self, party: &str) -> InspectionServiceClient<kit::client::Channel> {
        InspectionServiceClient::new(line(&self.data, party, &["gateway"]))
    }

    fn findings(&self, party: &str) -> FindingServiceClient<kit::client::Channel> {
        FindingServiceClient::new(self.unit_line(party, LEAD))
    }

    async fn stop(self, party: &str, change: impl FnOnce(&mut OpenInspectionRequest)) -> Status {
        let found = Found {
            code: "mud_on_road".into(),
            fact: "truck-7-mud".into(),
            at_ms: AT,
            text: "mud".into(),
            evidence: vec![],
        };
        let mut request = OpenInspectionRequest {
            command: command("stop"),
            object: "hauler-1".into(),
            vehicle: String::new(),
            place: "the gate".into(),
            at_ms: AT,
            operation_id: String::new(),
            findings: vec![found],
        };
        change(&mut request);
        no(self.findings(party).open_inspection(request).await)
    }

    async fn settle(self, party: &str, how: Option<How>) -> Status {
        let request = SettleFindingRequest {
            command: command("settle"),
            inspection_id: "I-none-1".into(),
            finding: 1,
            outcome: Some(Outcome { outcome: how }),
        };
        no(self.findings(party).settle_finding(request).await)
    }

    async fn seize(self, party: &str, change: impl FnOnce(&mut SeizeVehicleRequest)) -> Status {
        let mut request = SeizeVehicleRequest {
            command: command("seize"),
            object: String::new(),
            vehicle: "YA-1".into(),
            kind: "tricycle".into(),
            place: "yard".into(),
            at_ms: AT,
            reason: "no plate".into(),
            about: Some(About::InspectionId("I-none-1".into())),
        };
        change(&mut request);
        no(self.findings(party).seize_vehicle(request).await)
    }

    async fn end_seizure(self, party: &str, seizure: &str, end: SeizureEnd) -> Status {
        let (command, reason) = (command("end"), "paid".into());
        let request =
            EndSeizureRequest { command, seizure: seizure.into(), end: end.into(), reason };
        no(self.findings(party).end_seizure(request).await)
    }

    async fn choose(self, party: &str, stands: Option<DecisionRef>) -> Status {
        let (command, reason) = (command("choose"), "seen first".into());
        let (object, fact) = ("hauler-1".into(), "truck-7-mud".into());
        let request = ChoosePenaltyRequest { command, object, fact, stands, reason };
        no(self.stops(party).choose_penalty(request).await)
    }

    async fn assign_finding(self, party: &str) -> Status {
        let request = AssignFindingRequest {
            command: command("assign-finding"),
            inspection_id: "I-none-1".into(),
            finding: 1,
            unit: "housing".into(),
            reason: "nearest".into(),
        };
        no(self.stops(party).assign_finding(request).await)
    }
}

fn warned() -> Option<How> {
    Some(How::Warning(Warning { decision: "2026-1".into() }))
}

/// Before anything was found of anybody.
pub fn rows() -> Vec<Row> {
    let mut rows = stops();
    rows.extend(settlements());
    rows.extend(doors());
    rows
}

fn stops() -> Vec<Row> {
    rows! {
        "a stop of nobody": |w| w.stop(UNIT, |r| r.object.clear())
            => InvalidArgument "MALFORMED_ID" "object" "must not be empty";
        "a stop of a vehicle whose plate is too short": |w| w.stop(UNIT, |r| r.vehicle = "云H·A12".into())
            => InvalidArgument "MALFORMED_PLATE" "vehicle" "right would be: 云H·A1234";
        "a stop nowhere": |w| w.stop(UNIT, |r| r.place.clear())
            => InvalidArgument "PLACE_MISSING" "place" "characters";
        "a stop that never happened": |w| w.stop(UNIT, |r| r.at_ms = 0)
            => InvalidArgument "MOMENT_MISSING" "at_ms" "Unix milliseconds";
        "a stop that is to come": |w| w.stop(UNIT, |r| r.at_ms = i64::MAX)
            => InvalidArgument "HAPPENS_LATER" "at_ms" "not before";
        "a stop in which nothing was found": |w| w.stop(UNIT, |r| r.findings.clear())
            => InvalidArgument "FINDINGS_MISSING" "findings" "what was found";
        "a stop in which too much was found": |w|
            w.stop(UNIT, |r| r.findings = vec![r.findings[0].clone(); 31])
            => InvalidArgument "FINDINGS_MISSING" "findings" "at most 30";
        "a finding of a malformed kind": |w| w.stop(UNIT, |r| r.findings[0].code = "a b".into())
            => InvalidArgument "MALFORMED_ID" "findings.code" "letters, digits";
        "a finding of which nothing is said": |w| w.stop(UNIT, |r| r.findings[0].text.clear())
            => InvalidArgument "TEXT_MISSING" "findings.text" "characters";
        "a finding whose evidence was never brought": |w| w.stop(UNIT, |r| {
            let digest = format!("sha256:{}", "a".repeat(64));
            let piece = Evidence { digest, size: 1, ..Evidence::default() };
            r.findings[0].evidence = vec![piece];
        }) => InvalidArgument "EVIDENCE_MISSING" "findings" "upload it first";
        "a stop by nobody": |w| w.stop(UNIT, |r| r.command = None)
            => InvalidArgument "COMMAND_MISSING" "command" "who asks";
        "an office stops somebody": |w| w.stop(OFFICE, |_| ())
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
    }
}

fn settlements() -> Vec<Row> {
    rows! {
        "a finding of an unknown stop is settled": |w| w.settle(UNIT, warned())
            => NotFound "UNKNOWN_INSPECTION" "inspection_id" "no part";
        "a finding is settled in no way": |w| w.settle(UNIT, None)
            => InvalidArgument "MALFORMED_BODY" "outcome" "missing";
        "a decision with a slash settles a finding": |w|
            w.settle(UNIT, Some(How::Warning(Warning { decision: "a/b".into() })))
            => InvalidArgument "MALFORMED_ID" "outcome.decision" "no slash";
        "an office settles a finding": |w|
            w.settle(OFFICE, Some(How::NotProven(NotProven { reason: "x".into() })))
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "a finding of an unknown stop is taken back": |w| async move {
            let (command, reason) = (command("take-back"), "wrong".into());
            let inspection_id = "I-none-1".into();
            let request = RevokeFindingRequest { command, inspection_id, finding: 1, reason };
            no(w.findings(UNIT).revoke_finding(request).await)
        } => NotFound "UNKNOWN_INSPECTION" "inspection_id" "no part";
        "a seizure of an unknown stop": |w| w.seize(UNIT, |_| ())
            => NotFound "UNKNOWN_INSPECTION" "inspection_id" "no part";
        "a seizure of nothing": |w| w.seize(UNIT, |r| r.about = None)
            => InvalidArgument "ABOUT_MISSING" "about" "belongs";
        "a seizure of a case of others": |w| w.seize(UNIT, |r| {
            r.object = "shop-1".into();
            r.about = Some(About::CaseId("20200101-AAAA".into()));
        }) => NotFound "UNKNOWN_TASK" "case_id" "no task";
        "a seizure of a case, of nobody": |w|
            w.seize(UNIT, |r| r.about = Some(About::CaseId("20200101-AAAA".into())))
            => InvalidArgument "OBJECT_MISSING" "object" "answers for";
        "a community seizes": |w| w.seize(COMMUNITY, |_| ())
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "an unknown seizure ends": |w| w.end_seizure(UNIT, "enforcement/1", SeizureEnd::Released)
            => NotFound "UNKNOWN_SEIZURE" "seizure" "no seizure";
        "a malformed seizure ends": |w| w.end_seizure(UNIT, "one", SeizureEnd::Released)
            => InvalidArgument "MALFORMED_ID" "seizure" "<unit>/<number>";
        "a seizure ends in no way": |w| w.end_seizure(UNIT, "enforcement/1", SeizureEnd::Unspecified)
            => InvalidArgument "END_MISSING" "end" "RELEASED";
        "an office lists a unit's findings": |w| async move {
            no(w.findings(OFFICE).list_findings(ListFindingsRequest::default()).await)
        } => PermissionDenied "NOT_A_UNIT" "" "only a unit";
    }
}

fn doors() -> Vec<Row> {
    rows! {
        "an unknown stop is read": |w| async move {
            let request = GetInspectionRequest { inspection_id: "I-none-1".into() };
            no(w.stops(OFFICE).get_inspection(request).await)
        } => NotFound "UNKNOWN_INSPECTION" "inspection_id" "no inspection";
        "a malformed stop is read": |w| async move {
            let request = GetInspectionRequest { inspection_id: "a b".into() };
            no(w.stops(OFFICE).get_inspection(request).await)
        } => InvalidArgument "MALFORMED_ID" "inspection_id" "letters, digits";
        "an unknown seizure is read": |w| async move {
            let request = GetSeizureRequest { seizure: "enforcement/1".into() };
            no(w.stops(OFFICE).get_seizure(request).await)
        } => NotFound "UNKNOWN_SEIZURE" "seizure" "no seizure";
        "a community lists stops": |w| async move {
            no(w.stops(COMMUNITY).list_inspections(ListInspectionsRequest::default()).await)
        } => PermissionDenied "NOT_A_READER" "" "an office";
        "a token of another list of stops": |w| async move {
            let page = Some(Page { size: 1, token: "00".into() });
            let request = ListInspectionsRequest { page, is_open: false };
            no(w.stops(OFFICE).list_inspections(request).await)
        } => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "a token of another list of seizures": |w| async move {
            let page = Some(Page { size: 1, token: "00".into() });
            no(w.stops(OFFICE).list_seizures(ListSeizuresRequest { page }).await)
        } => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "a unit asks what waits for the office": |w| async move {
            no(w.stops(UNIT).list_flags(ListFlagsRequest::default()).await)
        } => PermissionDenied "NOT_THE_OFFICE" "" "an office";
        "a finding of an unknown stop is given away": |w| w.assign_finding(OFFICE)
            => NotFound "UNKNOWN_INSPECTION" "inspection_id" "no inspection";
        "a unit gives a finding away": |w| w.assign_finding(UNIT)
            => PermissionDenied "NOT_THE_OFFICE" "" "an office";
        "one of no two penalties is chosen": |w| w.choose(OFFICE, Some(DecisionRef {
            unit: "enforcement".into(),
            decision: "d-1".into(),
        })) => FailedPrecondition "NOT_A_DOUBLE" "fact" "no two penalties";
        "no penalty is chosen": |w| w.choose(OFFICE, None)
            => InvalidArgument "MALFORMED_BODY" "stands" "missing";
        "a unit chooses a penalty": |w| w.choose(UNIT, None)
            => PermissionDenied "NOT_THE_OFFICE" "" "an office";
    }
}
