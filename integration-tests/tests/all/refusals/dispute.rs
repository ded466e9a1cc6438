//! Rows of disputes and of danger: ruling, severity, agenda and precedents at the gateway; contesting,
//! another kind of matter, opinions and the police at the desk.

use proto::{
    case::Severity,
    page::Page,
    unit::{
        ContestRulingRequest, GiveOpinionRequest, ListDisputesRequest,
        RaiseSeverityRequest as RaiseAtDesk, RequestPoliceAssistRequest, RetypeTaskRequest,
    },
    whistle::{ListAgendaRequest, ListPrecedentsRequest, RaiseSeverityRequest, RuleDisputeRequest},
};
use tonic::Status;

use super::{
    Row, rows,
    world::{BESIDE, COMMUNITY, LEAD, World, command, no, piece},
};

const OFFICE: &str = "office/leading_group_office";

fn spoilt() -> Option<Page> {
    Some(Page { size: 1, token: "zz".into() })
}

impl World {
    async fn rule(self, party: &str, change: impl FnOnce(&mut RuleDisputeRequest)) -> Status {
        let mut request = RuleDisputeRequest {
            command: command("rule"),
            case_id: self.case_id.clone(),
            lead: "housing".into(),
            cooperating: vec![],
            reason: "so".into(),
        };
        change(&mut request);
        no(self.gateway(party).rule_dispute(request).await)
    }

    async fn worsen(self, party: &str, change: impl FnOnce(&mut RaiseSeverityRequest)) -> Status {
        let mut request = RaiseSeverityRequest {
            command: command("worsen"),
            case_id: self.case_id.clone(),
            severity: Severity::Serious.into(),
            reason: "smoke".into(),
            evidence: vec![],
        };
        change(&mut request);
        no(self.gateway(party).raise_severity(request).await)
    }

    async fn precedents(self, party: &str, issue_type: &str, page: Option<Page>) -> Status {
        let request = ListPrecedentsRequest { issue_type: issue_type.into(), page };
        no(self.gateway(party).list_precedents(request).await)
    }

    async fn agenda(self, party: &str, page: Option<Page>) -> Status {
        no(self.gateway(party).list_agenda(ListAgendaRequest { page }).await)
    }

    async fn contest(self, unit: &str, reason: &str) -> Status {
        let (case_id, reason) = (self.case_id.clone(), reason.into());
        let request = ContestRulingRequest { command: command("contest"), case_id, reason };
        no(self.desk(unit).contest_ruling(request).await)
    }

    async fn retype(self, unit: &str, change: impl FnOnce(&mut RetypeTaskRequest)) -> Status {
        let mut request = RetypeTaskRequest {
            command: command("retype"),
            case_id: self.case_id.clone(),
            issue_type: "noise".into(),
            reason: "it is loud".into(),
            grid: String::new(),
        };
        change(&mut request);
        no(self.desk(unit).retype_task(request).await)
    }

    async fn raise_at(self, unit: &str, change: impl FnOnce(&mut RaiseAtDesk)) -> Status {
        let mut request = RaiseAtDesk {
            command: command("raise"),
            case_id: self.case_id.clone(),
            severity: Severity::Emergency.into(),
            reason: "smoke".into(),
            evidence: vec![],
        };
        change(&mut request);
        no(self.desk(unit).raise_severity(request).await)
    }

    async fn opine(self, unit: &str, text: &str, named: &str) -> Status {
        let request = GiveOpinionRequest {
            command: command("opine"),
            case_id: self.case_id.clone(),
            text: text.into(),
            named_unit: named.into(),
        };
        no(self.desk(unit).give_opinion(request).await)
    }

    async fn assist(self, unit: &str, text: &str) -> Status {
        let (case_id, text) = (self.case_id.clone(), text.into());
        let request = RequestPoliceAssistRequest { command: command("assist"), case_id, text };
        no(self.desk(unit).request_police_assist(request).await)
    }
}

/// While the units are called.
pub fn called() -> Vec<Row> {
    let mut rows = ruling();
    rows.extend(desks());
    rows
}

fn ruling() -> Vec<Row> {
    rows! {
        "ruled though nobody disputes": |w| w.rule(OFFICE, |_| ())
            => FailedPrecondition "WRONG_STAGE" "case_id" "must be disputed";
        "a community rules": |w| w.rule(COMMUNITY, |_| ())
            => PermissionDenied "NOT_THE_RULER" "" "that is for offices";
        "ruled without a reason": |w| w.rule(OFFICE, |r| r.reason.clear())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "an unknown case is ruled": |w| w.rule(OFFICE, |r| r.case_id = "20260101-A".into())
            => NotFound "UNKNOWN_CASE" "case_id" "there is no case";
        "a malformed lead is ruled": |w| w.rule(OFFICE, |r| r.lead = "a b".into())
            => InvalidArgument "MALFORMED_ID" "lead" "letters, digits";
        "too many beside a ruled lead": |w| w.rule(OFFICE, |r| r.cooperating = vec!["a".into(); 101])
            => InvalidArgument "TOO_MANY" "cooperating" "at most 100";
        "a trainee rules": |w| w.rule(OFFICE, |r| {
            r.command.as_mut().unwrap().person = "trainee-1".into();
        }) => PermissionDenied "NOT_THE_RULER" "case_id" "by a person who may";
        "no severity": |w| w.worsen(OFFICE, |r| r.severity = 0)
            => InvalidArgument "MALFORMED_SEVERITY" "severity" "serious or emergency";
        "a severity that is not": |w| w.worsen(OFFICE, |r| r.severity = 99)
            => InvalidArgument "MALFORMED_SEVERITY" "severity" "no severity 99";
        "no worse than usual": |w| w.worsen(OFFICE, |r| r.severity = Severity::Normal.into())
            => InvalidArgument "SEVERITY_NOT_RAISED" "severity" "serious or emergency";
        "worse without a reason": |w| w.worsen(OFFICE, |r| r.reason = " ".into())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "another community says that it is worse": |w| w.worsen("community/kaihua_xishan", |_| ())
            => PermissionDenied "NOT_YOUR_CASE" "case_id" "who reported it";
        "a unit says at the gateway that it is worse": |w| w.worsen("unit/enforcement", |_| ())
            => PermissionDenied "NOT_YOUR_CASE" "" "a community or an office";
        "worse with evidence that is not there": |w| {
            w.worsen(OFFICE, |r| r.evidence = vec![piece("three")])
        } => InvalidArgument "EVIDENCE_MISSING" "evidence" "upload it first";
        "a community reads the agenda": |w| w.agenda(COMMUNITY, None)
            => PermissionDenied "NOT_A_READER" "" "joint conference";
        "a spoilt token of the agenda": |w| w.agenda(OFFICE, spoilt())
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "a community reads precedents": |w| w.precedents(COMMUNITY, "noise", None)
            => PermissionDenied "NOT_A_READER" "" "precedent";
        "precedents of no kind of matter": |w| w.precedents(OFFICE, "nose", None)
            => NotFound "UNKNOWN_ISSUE_TYPE" "issue_type" "did you mean noise";
        "precedents of a malformed kind": |w| w.precedents(OFFICE, "噪", None)
            => InvalidArgument "MALFORMED_ID" "issue_type" "letters, digits";
        "a spoilt token of precedents": |w| w.precedents(OFFICE, "noise", spoilt())
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
    }
}

fn desks() -> Vec<Row> {
    rows! {
        "contested without a ruling": |w| w.contest(LEAD, "no")
            => FailedPrecondition "NO_RULING" "case_id" "no ruling says";
        "contested without a reason": |w| w.contest(LEAD, "")
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "typed anew by who does not lead": |w| w.retype(BESIDE, |_| ())
            => PermissionDenied "NOT_THE_LEAD" "case_id" "only the lead, enforcement";
        "typed anew without a reason": |w| w.retype(LEAD, |r| r.reason.clear())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "typed anew as what it is": |w| w.retype(LEAD, |r| r.issue_type = "street_vending".into())
            => InvalidArgument "SAME_ISSUE_TYPE" "issue_type" "already";
        "typed anew as nothing": |w| w.retype(LEAD, |r| r.issue_type = "nose".into())
            => NotFound "UNKNOWN_ISSUE_TYPE" "issue_type" "did you mean noise";
        "typed anew as something malformed": |w| w.retype(LEAD, |r| r.issue_type = "噪".into())
            => InvalidArgument "MALFORMED_ID" "issue_type" "letters, digits";
        "an unknown severity at the desk": |w| w.raise_at(LEAD, |r| r.severity = 7)
            => InvalidArgument "MALFORMED_SEVERITY" "severity" "no severity 7";
        "no worse at the desk": |w| w.raise_at(LEAD, |r| r.severity = Severity::Normal.into())
            => InvalidArgument "SEVERITY_NOT_RAISED" "severity" "serious or emergency";
        "worse at the desk without a reason": |w| w.raise_at(LEAD, |r| r.reason.clear())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "worse at the desk with evidence that was never brought": |w| {
            w.raise_at(LEAD, |r| r.evidence = vec![piece("three")])
        } => InvalidArgument "EVIDENCE_MISSING" "evidence" "upload it first";
        "worse at the desk of a unit that was not called": |w| w.raise_at("housing", |_| ())
            => NotFound "UNKNOWN_TASK" "case_id" "has no task";
        "an opinion that nobody has asked for": |w| w.opine(LEAD, "ours", "")
            => NotFound "UNKNOWN_DISPUTE" "case_id" "is not asked";
        "an opinion without a word": |w| w.opine(LEAD, " ", "")
            => InvalidArgument "OPINION_MISSING" "text" "must not be empty";
        "an opinion on a malformed unit": |w| w.opine(LEAD, "theirs", "a b")
            => InvalidArgument "MALFORMED_ID" "named_unit" "letters, digits";
        "a spoilt token of disputes": |w| async move {
            let request = ListDisputesRequest { page: spoilt(), ..Default::default() };
            no(w.desk(LEAD).list_disputes(request).await)
        } => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "disputes about a malformed case": |w| async move {
            let request = ListDisputesRequest { case_id: "噪".into(), ..Default::default() };
            no(w.desk(LEAD).list_disputes(request).await)
        } => InvalidArgument "MALFORMED_ID" "case_id" "letters, digits";
        "the police for a case of others": |w| w.assist("housing", "help")
            => NotFound "UNKNOWN_TASK" "case_id" "has no task";
        "the police without a word": |w| w.assist(LEAD, "")
            => InvalidArgument "TEXT_MISSING" "text" "must not be empty";
    }
}

/// When the case is closed.
pub fn closed() -> Vec<Row> {
    rows! {
        "a closed case is ruled": |w| w.rule(OFFICE, |_| ())
            => FailedPrecondition "WRONG_STAGE" "case_id" "is closed";
        "a closed case is worse": |w| w.worsen(OFFICE, |_| ())
            => FailedPrecondition "CASE_CLOSED" "case_id" "a matter of its own";
        "a closed case is worse at the desk": |w| w.raise_at(LEAD, |_| ())
            => FailedPrecondition "WRONG_STATE" "case_id" "must be open";
        "a closed case is contested": |w| w.contest(LEAD, "no")
            => FailedPrecondition "WRONG_STATE" "case_id" "must be called";
        "a closed case is typed anew": |w| w.retype(LEAD, |_| ())
            => FailedPrecondition "WRONG_STATE" "case_id" "is closed";
    }
}
