//! Rows of the gateway: urging by hand, the direct report, its answer, the withdrawal.

use proto::{
    case::Evidence,
    whistle::{
        InstructUnitRequest, ReportToGovernmentRequest, UrgeCaseRequest, WithdrawCaseRequest,
    },
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, World, command, no, piece},
};

const OFFICE: &str = "office/leading_group_office";
const GOVERNMENT: &str = "office/gov_city";

impl World {
    async fn urge(self, party: &str, change: impl FnOnce(&mut UrgeCaseRequest)) -> Status {
        let mut request = UrgeCaseRequest {
            command: command("urge"),
            case_id: self.case_id.clone(),
            party: "unit/enforcement".into(),
            note: "hurry".into(),
        };
        change(&mut request);
        no(self.gateway(party).urge_case(request).await)
    }

    async fn report(
        self,
        party: &str,
        change: impl FnOnce(&mut ReportToGovernmentRequest),
    ) -> Status {
        let mut request = ReportToGovernmentRequest {
            command: command("report"),
            case_id: self.case_id.clone(),
            reason: "nobody comes".into(),
            evidence: vec![piece("one")],
        };
        change(&mut request);
        no(self.gateway(party).report_to_government(request).await)
    }

    async fn withdraw_case(
        self,
        party: &str,
        change: impl FnOnce(&mut WithdrawCaseRequest),
    ) -> Status {
        let (command, case_id) = (command("withdraw"), self.case_id.clone());
        let mut request = WithdrawCaseRequest { command, case_id, reason: "an error".into() };
        change(&mut request);
        no(self.gateway(party).withdraw_case(request).await)
    }

    async fn instruct(self, party: &str, change: impl FnOnce(&mut InstructUnitRequest)) -> Status {
        let mut request = InstructUnitRequest {
            command: command("instruct"),
            case_id: self.case_id.clone(),
            lead: "housing".into(),
            cooperating: vec![],
            within_ms: 60_000,
            text: "today".into(),
        };
        change(&mut request);
        no(self.gateway(party).instruct_unit(request).await)
    }
}

/// While the units are called and have time.
pub fn called() -> Vec<Row> {
    let mut rows = urging();
    rows.extend(reporting());
    rows.extend(instructing());
    rows
}

fn urging() -> Vec<Row> {
    rows! {
        "urged in time": |w| w.urge(OFFICE, |_| ())
            => FailedPrecondition "NOT_LATE" "party" "has time to accept until";
        "urged though it owes nothing": |w| w.urge(OFFICE, |r| r.party = "unit/housing".into())
            => FailedPrecondition "NOTHING_OWED" "party" "unit/housing owes nothing";
        "nobody is urged": |w| w.urge(OFFICE, |r| r.party.clear())
            => InvalidArgument "MALFORMED_PARTY" "party" "is not <kind>/<id>";
        "urged at length": |w| w.urge(OFFICE, |r| r.note = "长".repeat(2_001))
            => InvalidArgument "TEXT_TOO_LONG" "note" "at most 2000";
        "urged by a community": |w| w.urge(COMMUNITY, |_| ())
            => PermissionDenied "NOT_THE_OFFICE" "" "urges nobody";
        "urged by another office": |w| w.urge("office/housing", |_| ())
            => PermissionDenied "NOT_THE_OFFICE" "" "office/leading_group_office";
        "urged by a unit": |w| w.urge("unit/market_regulation", |_| ())
            => PermissionDenied "NOT_THE_OFFICE" "" "urges nobody";
        "urged by another subdistrict": |w| w.urge("unit/subdistrict_wolong", |_| ())
            => PermissionDenied "NOT_THE_OFFICE" "" "urges nobody";
        "urged in an unknown case": |w| w.urge(OFFICE, |r| r.case_id = "20260101-A".into())
            => NotFound "UNKNOWN_CASE" "case_id" "there is no case";
        "withdrawn by another community": |w| w.withdraw_case("community/kaihua_xishan", |_| ())
            => PermissionDenied "NOT_YOUR_CASE" "case_id" "community/kaihua_dongfeng";
        "withdrawn by an office": |w| w.withdraw_case(OFFICE, |_| ())
            => PermissionDenied "NOT_YOUR_CASE" "case_id" "withdraws no case";
        "withdrawn by who is called": |w| w.withdraw_case("unit/enforcement", |_| ())
            => PermissionDenied "NOT_YOUR_CASE" "case_id" "does not withdraw";
        "withdrawn without a reason": |w| w.withdraw_case(COMMUNITY, |r| r.reason = " ".into())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
    }
}

fn reporting() -> Vec<Row> {
    rows! {
        "reported directly in time": |w| w.report(COMMUNITY, |_| ())
            => FailedPrecondition "TOO_EARLY" "case_id" "still has time";
        "reported directly without a reason": |w| w.report(COMMUNITY, |r| r.reason.clear())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "reported directly with evidence that is not there": |w|
            w.report(COMMUNITY, |r| r.evidence = vec![piece("three")])
            => InvalidArgument "EVIDENCE_MISSING" "evidence" "upload it first";
        "reported directly with too much": |w|
            w.report(COMMUNITY, |r| r.evidence = vec![Evidence::default(); 101])
            => InvalidArgument "TOO_MANY" "evidence" "at most 100";
        "reported directly by another community": |w| w.report("community/kaihua_xishan", |_| ())
            => PermissionDenied "NOT_YOUR_CASE" "case_id" "community/kaihua_dongfeng";
        "reported directly by an office": |w| w.report(OFFICE, |_| ())
            => PermissionDenied "NOT_YOUR_CASE" "case_id" "reports nothing directly";
        "an unknown case is reported directly": |w|
            w.report(COMMUNITY, |r| r.case_id = "20260101-A".into())
            => NotFound "UNKNOWN_CASE" "case_id" "there is no case";
    }
}

fn instructing() -> Vec<Row> {
    rows! {
        "instructed though nobody has reported": |w| w.instruct(GOVERNMENT, |_| ())
            => FailedPrecondition "NOT_REPORTED" "case_id" "no direct report";
        "instructed by the office": |w| w.instruct(OFFICE, |_| ())
            => PermissionDenied "NOT_THE_GOVERNMENT" "" "office/gov_city";
        "instructed by a unit": |w| w.instruct("unit/gov_city", |_| ())
            => PermissionDenied "NOT_THE_GOVERNMENT" "" "answers no direct report";
        "instructed without a limit": |w| w.instruct(GOVERNMENT, |r| r.within_ms = 0)
            => InvalidArgument "LIMIT_MISSING" "within_ms" "by when";
        "instructed for years": |w| w.instruct(GOVERNMENT, |r| r.within_ms = u64::MAX)
            => InvalidArgument "LIMIT_TOO_LONG" "within_ms" "366 days";
        "instructed without a word": |w| w.instruct(GOVERNMENT, |r| r.text.clear())
            => InvalidArgument "TEXT_MISSING" "text" "must not be empty";
        "nobody is instructed": |w| w.instruct(GOVERNMENT, |r| r.lead.clear())
            => InvalidArgument "MALFORMED_ID" "lead" "must not be empty";
        "an unknown unit is instructed": |w| w.instruct(GOVERNMENT, |r| r.lead = "houzing".into())
            => NotFound "UNKNOWN_UNIT" "lead" "did you mean housing";
        "a unit that can't be called is instructed": |w|
            w.instruct(GOVERNMENT, |r| r.lead = "traffic_police".into())
            => InvalidArgument "UNIT_NOT_CALLABLE" "lead" "cannot be called";
        "an unknown unit is to help": |w|
            w.instruct(GOVERNMENT, |r| r.cooperating = vec!["nobody".into()])
            => NotFound "UNKNOWN_UNIT" "cooperating" "no unit nobody";
        "too many are instructed": |w|
            w.instruct(GOVERNMENT, |r| r.cooperating = vec!["a".into(); 101])
            => InvalidArgument "TOO_MANY" "cooperating" "at most 100";
    }
}

/// When the case is closed.
pub fn closed() -> Vec<Row> {
    rows! {
        "urged in a closed case": |w| w.urge(OFFICE, |_| ())
            => FailedPrecondition "CASE_CLOSED" "case_id" "is closed";
        "a closed case is reported directly": |w| w.report(COMMUNITY, |_| ())
            => FailedPrecondition "CASE_CLOSED" "case_id" "is closed";
        "a closed case is withdrawn": |w| w.withdraw_case(COMMUNITY, |_| ())
            => FailedPrecondition "CASE_CLOSED" "case_id" "is closed";
        "instructed in a closed case": |w| w.instruct(GOVERNMENT, |_| ())
            => FailedPrecondition "CASE_CLOSED" "case_id" "is closed";
    }
}
