//! What is refused about complaints, findings, sheets and statements.

use proto::{
    accountability::{
        DecideOutcomeRequest, GetSheetRequest, GiveStatementRequest, ListBulletinRequest,
        ListDemandsRequest, ListSheetsRequest,
        accountability_service_client::AccountabilityServiceClient,
        statement_service_client::StatementServiceClient,
    },
    case::Complaint,
    page::Page,
    unit::{AcceptTaskRequest, GetTaskRequest},
    whistle::{RaiseWhistleRequest, RecordFindingRequest},
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, LEAD, World, command, no, piece, whistle},
};
use crate::people::line;

const OFFICE: &str = "office/leading_group_office";

impl World {
    async fn complain(self, change: impl FnOnce(&mut RaiseWhistleRequest)) -> Status {
        let mut request = whistle("complain");
        request.issue_type = "conduct".into();
        request.called_units.clear();
        request.complaint = Some(Complaint { about: LEAD.into(), case_id: self.case_id.clone() });
        change(&mut request);
        no(self.gateway(COMMUNITY).raise_whistle(request).await)
    }

    async fn find(self, party: &str, change: impl FnOnce(&mut RecordFindingRequest)) -> Status {
        let mut request = RecordFindingRequest {
            command: command("find"),
            case_id: self.case_id.clone(),
            is_upheld: true,
            text: "looked into".into(),
            evidence: vec![],
        };
        change(&mut request);
        no(self.gateway(party).record_finding(request).await)
    }

    fn accounts(&self, party: &str) -> AccountabilityServiceClient<kit::client::Channel> {
        AccountabilityServiceClient::new(line(&self.data, party, &["gateway"]))
    }

    async fn decide(self, party: &str, change: impl FnOnce(&mut DecideOutcomeRequest)) -> Status {
        let mut request = DecideOutcomeRequest {
            command: command("decide"),
            case_id: self.case_id.clone(),
            unit: LEAD.into(),
            form: "public_criticism".into(),
            reason: "late".into(),
        };
        change(&mut request);
        no(self.accounts(party).decide_outcome(request).await)
    }

    async fn sheet(self, party: &str, case_id: &str, unit: &str) -> Status {
        let request = GetSheetRequest { case_id: case_id.into(), unit: unit.into() };
        no(self.accounts(party).get_sheet(request).await)
    }

    async fn state(self, party: &str, change: impl FnOnce(&mut GiveStatementRequest)) -> Status {
        let mut request = GiveStatementRequest {
            command: command("state"),
            case_id: self.case_id.clone(),
            text: "it was night".into(),
            evidence: vec![],
        };
        change(&mut request);
        let desk = StatementServiceClient::new(self.unit_line(party, LEAD));
        no(desk.clone().give_statement(request).await)
    }
}

/// While the units of a matter of the street are called, and nobody has to answer.
pub fn called() -> Vec<Row> {
    let mut rows = complaints();
    rows.extend(sheets());
    rows.extend(desks());
    rows
}

fn complaints() -> Vec<Row> {
    rows! {
        "a complaint about nobody": |w| w.complain(|r| r.complaint = None)
            => InvalidArgument "COMPLAINT_MISSING" "complaint" "which unit";
        "a complaint of another kind": |w| w.complain(|r| r.issue_type = "street_vending".into())
            => InvalidArgument "NOT_A_COMPLAINT" "issue_type" "conduct";
        "a complaint about no unit": |w|
            w.complain(|r| r.complaint.as_mut().unwrap().about = "nobody".into())
            => NotFound "UNKNOWN_UNIT" "complaint.about" "no unit nobody";
        "a complaint about a malformed unit": |w|
            w.complain(|r| r.complaint.as_mut().unwrap().about = "a b".into())
            => InvalidArgument "MALFORMED_ID" "complaint.about" "letters, digits";
        "a complaint about no case": |w|
            w.complain(|r| r.complaint.as_mut().unwrap().case_id = "20260101-A".into())
            => NotFound "UNKNOWN_CASE" "complaint.case_id" "there is no case";
        "a complaint calls units": |w| w.complain(|r| r.called_units = vec![LEAD.into()])
            => InvalidArgument "UNIT_NOT_IN_ROUTE" "called_units" "not called";
        "a finding about a matter of the street": |w| w.find(OFFICE, |_| ())
            => FailedPrecondition "NOT_A_COMPLAINT" "case_id" "is no complaint";
        "a finding about no case": |w| w.find(OFFICE, |r| r.case_id = "20260101-A".into())
            => NotFound "UNKNOWN_CASE" "case_id" "there is no case";
        "a finding with a malformed address": |w| w.find(OFFICE, |r| {
            r.evidence = vec![piece("x")];
            r.evidence[0].digest = "md5:0".into();
        }) => InvalidArgument "MALFORMED_DIGEST" "evidence" "64 lower-case hexadecimal";
        "a finding by a community": |w| w.find(COMMUNITY, |_| ())
            => PermissionDenied "NOT_THE_JUDGE" "" "an office";
    }
}

fn sheets() -> Vec<Row> {
    rows! {
        "a sheet that is not there": |w| {
            let id = w.case_id.clone();
            async move { w.sheet(OFFICE, &id, LEAD).await }
        } => NotFound "UNKNOWN_SHEET" "case_id" "has no sheet";
        "a sheet of a malformed unit": |w| w.sheet(OFFICE, "20260101-A", "a b")
            => InvalidArgument "MALFORMED_ID" "unit" "letters, digits";
        "a community asks for sheets": |w| async move {
            no(w.accounts(COMMUNITY).list_sheets(ListSheetsRequest::default()).await)
        } => PermissionDenied "NOT_YOUR_SHEET" "" "an office";
        "a token of another list": |w| async move {
            let page = Some(Page { size: 1, token: "00".into() });
            no(w.accounts(OFFICE).list_bulletin(ListBulletinRequest { page }).await)
        } => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "a role of Muster reads the bulletin": |w| async move {
            no(w.accounts("service/bus").list_bulletin(ListBulletinRequest::default()).await)
        } => PermissionDenied "NO_POLICY" "" "service/bus";
        "what follows for who has no sheet": |w| w.decide(OFFICE, |_| ())
            => NotFound "UNKNOWN_SHEET" "case_id" "has no sheet";
        "a malformed form": |w| w.decide(OFFICE, |r| r.form = "a b".into())
            => InvalidArgument "MALFORMED_ID" "form" "letters, digits";
        "a unit decides what follows": |w| w.decide("unit/housing", |_| ())
            => PermissionDenied "NOT_THE_JUDGE" "" "an office";
    }
}

fn desks() -> Vec<Row> {
    rows! {
        "a statement where nothing has to be answered": |w| w.state("unit/enforcement", |_| ())
            => NotFound "UNKNOWN_SHEET" "case_id" "nothing to answer for";
        "a statement about a malformed case": |w|
            w.state("unit/enforcement", |r| r.case_id = "a b".into())
            => InvalidArgument "MALFORMED_ID" "case_id" "letters, digits";
        "a statement by nobody": |w| w.state("unit/enforcement", |r| r.command = None)
            => InvalidArgument "COMMAND_MISSING" "command" "who asks";
        "an office states its case": |w| w.state(OFFICE, |_| ())
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "an office asks what a unit has to answer for": |w| async move {
            let desk = StatementServiceClient::new(w.unit_line(OFFICE, LEAD));
            no(desk.clone().list_demands(ListDemandsRequest::default()).await)
        } => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "a unit acts for one that was not called so": |w| async move {
            let request = AcceptTaskRequest {
                command: command("accept"),
                case_id: w.case_id.clone(),
                on_behalf_of: "power_company".into(),
            };
            no(w.desk(LEAD).accept_task(request).await)
        } => NotFound "UNKNOWN_TASK" "case_id" "acts for no power_company";
        "a unit acts for a malformed one": |w| async move {
            let (case_id, on_behalf_of) = (w.case_id.clone(), "a b".into());
            no(w.desk(LEAD).get_task(GetTaskRequest { case_id, on_behalf_of }).await)
        } => InvalidArgument "MALFORMED_ID" "on_behalf_of" "letters, digits";
    }
}
