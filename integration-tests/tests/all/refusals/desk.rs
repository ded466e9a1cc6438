//! Rows of the units: what a desk does about its task, and what others ask of its registers.

use proto::{
    page::Page,
    register::{
        ListRegistersRequest, LookUpRequest, register_service_client::RegisterServiceClient,
    },
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, ClaimTaskRequest, DeclareCaseRequest,
        DisposeTaskRequest, GetTaskRequest, ListTasksRequest, RefuseTaskRequest,
    },
};
use tonic::Status;

use super::{
    Row, rows,
    world::{BESIDE, COMMUNITY, LEAD, World, command, no, piece},
};

impl World {
    async fn accept(self, unit: &str, change: impl FnOnce(&mut AcceptTaskRequest)) -> Status {
        let mut request = AcceptTaskRequest {
            command: command("accept"),
            case_id: self.case_id.clone(),
            on_behalf_of: String::new(),
        };
        change(&mut request);
        no(self.desk(unit).accept_task(request).await)
    }

    async fn claim(self, unit: &str, change: impl FnOnce(&mut ClaimTaskRequest)) -> Status {
        let mut request = ClaimTaskRequest {
            command: command("claim"),
            case_id: self.case_id.clone(),
            ..ClaimTaskRequest::default()
        };
        change(&mut request);
        no(self.desk(unit).claim_task(request).await)
    }

    async fn refuse(self, unit: &str, change: impl FnOnce(&mut RefuseTaskRequest)) -> Status {
        let mut request = RefuseTaskRequest {
            command: command("accept"),
            case_id: self.case_id.clone(),
            reason: "not ours".into(),
            named_unit: String::new(),
            on_behalf_of: String::new(),
        };
        change(&mut request);
        no(self.desk(unit).refuse_task(request).await)
    }

    async fn on_site(self, unit: &str) -> Status {
        let (command, case_id) = (command("arrive"), self.case_id.clone());
        no(self
            .desk(unit)
            .arrive_task(ArriveTaskRequest { command, case_id, on_behalf_of: String::new() })
            .await)
    }

    async fn dispose_as(self, unit: &str, change: impl FnOnce(&mut DisposeTaskRequest)) -> Status {
        let mut request = self.disposal(unit);
        change(&mut request);
        no(self.desk(unit).dispose_task(request).await)
    }

    async fn declare_as(self, unit: &str, change: impl FnOnce(&mut DeclareCaseRequest)) -> Status {
        let mut request = self.declaration();
        change(&mut request);
        no(self.desk(unit).declare_case(request).await)
    }

    async fn look_up(self, party: &str, change: impl FnOnce(&mut LookUpRequest)) -> Status {
        let mut request = LookUpRequest {
            command: command("look-up"),
            unit: "housing".into(),
            register: "permits".into(),
            key: "WS-GD-001".into(),
            purpose: "a case of construction".into(),
        };
        change(&mut request);
        let line = self.unit_line(party, "housing");
        no(RegisterServiceClient::new(line).look_up(request).await)
    }
}

/// While the units are called.
pub fn called() -> Vec<Row> {
    rows! {
        "a claim from somebody who does not have it": |w| w.claim(LEAD, |r| r.holder = "p-9".into())
            => FailedPrecondition "CLAIMED_MEANWHILE" "holder" "nobody has it now";
        "a claim that nobody made is given back": |w| w.claim(LEAD, |r| r.is_given_back = true)
            => FailedPrecondition "NOT_CLAIMED" "case_id" "has not claimed";
        "a claim of no task": |w| w.claim(LEAD, |r| r.case_id = "20260101-AAAAAAAA".into())
            => NotFound "UNKNOWN_TASK" "case_id" "no task";
        "a claim from a malformed person": |w| w.claim(LEAD, |r| r.holder = "a b".into())
            => InvalidArgument "MALFORMED_ID" "holder" "letters, digits";
        "a unit that was not called accepts": |w| w.accept("housing", |_| ())
            => NotFound "UNKNOWN_TASK" "case_id" "has no task";
        "a unit that was not called refuses": |w| w.refuse("housing", |_| ())
            => NotFound "UNKNOWN_TASK" "case_id" "has no task";
        "an unknown case": |w| w.accept(LEAD, |r| r.case_id = "20260101-AAAAAAAA".into())
            => NotFound "UNKNOWN_TASK" "case_id" "20260101-AAAAAAAA";
        "a malformed case": |w| w.accept(LEAD, |r| r.case_id = "a b".into())
            => InvalidArgument "MALFORMED_ID" "case_id" "not ' '";
        "no command": |w| w.accept(LEAD, |r| r.command = None)
            => InvalidArgument "COMMAND_MISSING" "command" "who asks";
        "no request id": |w| w.accept(LEAD, |r| r.command = command(""))
            => InvalidArgument "MALFORMED_ID" "command.request_id" "must not be empty";
        "malformed person": |w| w.accept(LEAD, |r| r.command.as_mut().unwrap().person = "王".into())
            => InvalidArgument "MALFORMED_ID" "command.person" "letters, digits";
        "on site before it reported": |w| w.on_site(LEAD)
            => FailedPrecondition "WRONG_STATE" "case_id" "it must be accepted";
        "disposed before it reported": |w| w.dispose_as(BESIDE, |_| ())
            => FailedPrecondition "WRONG_STATE" "case_id" "it must be arrived";
        "declared before it reported": |w| w.declare_as(LEAD, |_| ())
            => FailedPrecondition "WRONG_STATE" "case_id" "it must be disposed";
        "refused without a reason": |w| w.refuse(BESIDE, |r| r.reason = " ".into())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "refused at length": |w| w.refuse(BESIDE, |r| r.reason = "长".repeat(2_001))
            => InvalidArgument "TEXT_TOO_LONG" "reason" "at most 2000";
        "refused for a unit that is not": |w| w.refuse(BESIDE, |r| r.named_unit = "nobody".into())
            => InvalidArgument "UNKNOWN_UNIT" "named_unit" "no other unit";
        "refused for a malformed unit": |w| w.refuse(BESIDE, |r| r.named_unit = "a b".into())
            => InvalidArgument "MALFORMED_ID" "named_unit" "letters, digits";
        "an unknown task is read": |w| async move {
            let request = GetTaskRequest { case_id: "20260101-AAAAAAAA".into(), on_behalf_of: String::new() };
            no(w.desk(LEAD).get_task(request).await)
        } => NotFound "UNKNOWN_TASK" "case_id" "has no task";
        "tasks in no state": |w| async move {
            no(w.desk(LEAD).list_tasks(ListTasksRequest { state: 99, page: None }).await)
        } => InvalidArgument "UNKNOWN_STATE" "state" "no state 99";
        "malformed token": |w| async move {
            let page = Some(Page { size: 1, token: "zz".into() });
            no(w.desk(LEAD).list_tasks(ListTasksRequest { state: 0, page }).await)
        } => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
    }
}

/// While the units are on site.
pub fn arrived() -> Vec<Row> {
    rows! {
        "accepted twice": |w| w.accept(LEAD, |r| r.command = command("accept-again"))
            => FailedPrecondition "WRONG_STATE" "case_id" "is arrived";
        "same id, refused instead of accepted": |w| w.refuse(LEAD, |_| ())
            => AlreadyExists "REQUEST_ID_REUSED" "command.request_id" "was another request";
        "refused on site": |w| w.refuse(LEAD, |r| r.command = command("late"))
            => FailedPrecondition "WRONG_STATE" "case_id" "it must be called";
        "disposed without a word": |w| w.dispose_as(LEAD, |r| r.summary.clear())
            => InvalidArgument "SUMMARY_MISSING" "summary" "must not be empty";
        "disposed without evidence": |w| w.dispose_as(LEAD, |r| r.evidence.clear())
            => InvalidArgument "EVIDENCE_MISSING" "evidence" "1 different of kind photo";
        "disposed with evidence that was never brought": |w| w.dispose_as(LEAD, |_| ())
            => InvalidArgument "EVIDENCE_MISSING" "evidence" "upload it first";
        "disposed with another's evidence": |w| w.dispose_as(LEAD, |r| r.evidence[0] = piece("one"))
            => InvalidArgument "EVIDENCE_MISSING" "evidence" "upload it first";
        "disposed with a malformed address": |w|
            w.dispose_as(LEAD, |r| r.evidence[0].digest = "sha256:AB".into())
            => InvalidArgument "MALFORMED_DIGEST" "evidence" "64 lower-case";
    }
}

/// When both parts are done.
pub fn disposed() -> Vec<Row> {
    rows! {
        "declared by who does not lead": |w| w.declare_as(BESIDE, |_| ())
            => PermissionDenied "NOT_THE_LEAD" "case_id" "only the lead, enforcement";
        "declared without a word": |w| w.declare_as(LEAD, |r| r.summary.clear())
            => InvalidArgument "SUMMARY_MISSING" "summary" "must not be empty";
        "disposed twice": |w| w.dispose_as(LEAD, |r| r.command = command("dispose-again"))
            => FailedPrecondition "WRONG_STATE" "case_id" "is disposed";
    }
}

/// When the case is closed.
pub fn closed() -> Vec<Row> {
    rows! {
        "a closed case is accepted": |w| w.accept(LEAD, |r| r.command = command("late"))
            => FailedPrecondition "WRONG_STATE" "case_id" "is closed";
        "a closed case is disposed": |w| w.dispose_as(LEAD, |r| r.command = command("later"))
            => FailedPrecondition "WRONG_STATE" "case_id" "is closed";
        "a closed case is declared": |w| w.declare_as(LEAD, |r| r.command = command("latest"))
            => FailedPrecondition "WRONG_STATE" "case_id" "is closed";
    }
}

/// What others ask of a unit's registers.
pub fn registers() -> Vec<Row> {
    rows! {
        "a community asks": |w| w.look_up(COMMUNITY, |_| ())
            => PermissionDenied "NOT_A_UNIT" "" "units and offices";
        "no purpose": |w| w.look_up("unit/enforcement", |r| r.purpose = " ".into())
            => InvalidArgument "PURPOSE_MISSING" "purpose" "says why";
        "a long purpose": |w| w.look_up("unit/enforcement", |r| r.purpose = "x".repeat(501))
            => InvalidArgument "PURPOSE_MISSING" "purpose" "1 to 500";
        "no key": |w| w.look_up("unit/enforcement", |r| r.key.clear())
            => InvalidArgument "KEY_MISSING" "key" "1 to 200";
        "unknown key": |w| w.look_up("unit/enforcement", |r| {
            r.command = command("look-up-unknown");
            r.key = "WS-GD-999".into();
        }) => NotFound "UNKNOWN_KEY" "key" "WS-GD-999";
        "unknown register": |w| w.look_up("unit/enforcement", |r| r.register = "plates".into())
            => NotFound "UNKNOWN_REGISTER" "register" "keeps no register";
        "a unit that is not here": |w| w.look_up("unit/enforcement", |r| r.unit = "nobody".into())
            => PermissionDenied "NOT_HOSTED_HERE" "unit" "nobody";
        "malformed request id": |w| w.look_up("unit/enforcement", |r| r.command = command("?"))
            => InvalidArgument "MALFORMED_ID" "command.request_id" "not '?'";
        "registers of a unit that is not here": |w| async move {
            let request = ListRegistersRequest { unit: "nobody".into() };
            let line = w.unit_line("unit/enforcement", "housing");
            no(RegisterServiceClient::new(line).list_registers(request).await)
        } => PermissionDenied "NOT_HOSTED_HERE" "unit" "nobody";
    }
}
