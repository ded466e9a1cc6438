//! Rows of the registry: who answers, amendments, and cases that are to be handed over.

use kit::client::Channel;
use proto::{
    page::{Command, Page},
    registry::{
        Amendment, ApproveAmendmentRequest, HandOverCasesRequest, ListAmendmentsRequest,
        ListTouchedCasesRequest, ProposeAmendmentRequest, RejectAmendmentRequest,
        WhoAnswersRequest, WithdrawAmendmentRequest,
        registry_service_client::RegistryServiceClient,
    },
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, World, no},
};
use crate::people::line;

const LI: &str = "admin/li";
const WANG: &str = "admin/wang";

/// Long after any day on which this runs.
const FROM: &str = "2099-07-01";

fn word(request: &str) -> Option<Command> {
    Some(Command { request_id: request.into(), person: "li.na".into() })
}

fn amendment() -> Amendment {
    Amendment {
        issue_types: vec!["open_air_bbq".into()],
        leads: vec!["environment".into()],
        basis: "NT-1.2".into(),
        from: FROM.into(),
        ..Amendment::default()
    }
}

impl World {
    fn registry(&self, party: &str) -> RegistryServiceClient<Channel> {
        RegistryServiceClient::new(line(&self.data, party, &["gateway"]))
    }

    async fn who(self, party: &str, change: impl FnOnce(&mut WhoAnswersRequest)) -> Status {
        let mut request = WhoAnswersRequest {
            issue_type: "open_air_bbq".into(),
            grid: "WS-KH-001".into(),
            day: FROM.into(),
        };
        change(&mut request);
        no(self.registry(party).who_answers(request).await)
    }

    async fn propose(self, change: impl FnOnce(&mut Amendment)) -> Status {
        let mut wrong = amendment();
        change(&mut wrong);
        let request = ProposeAmendmentRequest { command: word("wrong"), amendment: Some(wrong) };
        no(self.registry(LI).propose_amendment(request).await)
    }

    async fn propose_as(self, party: &str) -> Status {
        let request =
            ProposeAmendmentRequest { command: word("wrong"), amendment: Some(amendment()) };
        no(self.registry(party).propose_amendment(request).await)
    }

    /// One that waits; the same whenever it is asked for.
    async fn waiting(&self) -> String {
        let issue_types = vec!["noise".into()];
        let amendment = Some(Amendment { issue_types, ..amendment() });
        let request = ProposeAmendmentRequest { command: word("waits"), amendment };
        let done = self.registry(LI).propose_amendment(request).await.unwrap();
        done.into_inner().amendment_id
    }

    async fn approve(self, party: &str, person: &str, id: Option<&str>) -> Status {
        let waiting = self.waiting().await;
        let request = ApproveAmendmentRequest {
            command: Some(Command { request_id: "approve".into(), person: person.into() }),
            amendment_id: id.unwrap_or(&waiting).into(),
            note: String::new(),
        };
        no(self.registry(party).approve_amendment(request).await)
    }

    async fn reject(self, party: &str, reason: &str) -> Status {
        let request = RejectAmendmentRequest {
            command: word("reject"),
            amendment_id: self.waiting().await,
            reason: reason.into(),
        };
        no(self.registry(party).reject_amendment(request).await)
    }

    async fn withdraw(self, party: &str, person: &str) -> Status {
        let request = WithdrawAmendmentRequest {
            command: Some(Command { request_id: "withdraw".into(), person: person.into() }),
            amendment_id: self.waiting().await,
            reason: "an error".into(),
        };
        no(self.registry(party).withdraw_amendment(request).await)
    }

    async fn amendments(self, party: &str, state: i32, token: &str) -> Status {
        let page = Some(Page { size: 5, token: token.into() });
        let request = ListAmendmentsRequest { state, issue_type: String::new(), page };
        no(self.registry(party).list_amendments(request).await)
    }

    async fn touched(self, party: &str, id: &str) -> Status {
        let request = ListTouchedCasesRequest { amendment_id: id.into(), page: None };
        no(self.registry(party).list_touched_cases(request).await)
    }

    async fn hand_over(
        self,
        party: &str,
        change: impl FnOnce(&mut HandOverCasesRequest),
    ) -> Status {
        let mut request = HandOverCasesRequest {
            command: word("hand-over"),
            amendment_id: self.waiting().await,
            case_ids: vec![self.case_id.clone()],
            lead: String::new(),
            is_preview: true,
            digest: String::new(),
        };
        change(&mut request);
        no(self.registry(party).hand_over_cases(request).await)
    }
}

/// Questions, amendments and hand-overs that are wrong in one thing.
pub fn rows() -> Vec<Row> {
    [asking(), amending(), deciding(), handing_over()].into_iter().flatten().collect()
}

fn asking() -> Vec<Row> {
    rows! {
        "who answers for a matter that is none": |w| w.who(COMMUNITY, |r| r.issue_type = "open_air_bqb".into())
            => NotFound "UNKNOWN_ISSUE_TYPE" "issue_type" "did you mean open_air_bbq";
        "who answers in a cell that is none": |w| w.who(COMMUNITY, |r| r.grid = "WS-KH-009".into())
            => NotFound "UNKNOWN_GRID" "grid" "did you mean";
        "who answered before there was a route": |w| w.who(COMMUNITY, |r| r.day = "2020-01-01".into())
            => InvalidArgument "NO_ROUTE_ON_DATE" "day" "in force from 2021-03-02";
        "a day that is none": |w| w.who(COMMUNITY, |r| r.day = "1 July".into())
            => InvalidArgument "MALFORMED_DAY" "day" "a day like 2026-07-01";
        "a role asks who answers": |w| w.who("service/worker", |_| ())
            => PermissionDenied "NOT_A_READER" "" "service/worker";
        "a role lists amendments": |w| w.amendments("service/worker", 0, "")
            => PermissionDenied "NOT_A_READER" "" "service/worker";
        "amendments in a state that is none": |w| w.amendments(LI, 9, "")
            => InvalidArgument "MALFORMED_STATE" "state" "no state 9";
        "amendments from a token that is none": |w| w.amendments(LI, 0, "no")
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
    }
}

fn amending() -> Vec<Row> {
    rows! {
        "nobody would lead": |w| w.propose(|a| a.leads.clear())
            => InvalidArgument "NO_LEAD" "leads" "nobody would lead";
        "a lead that can't": |w| w.propose(|a| a.leads = vec!["power_company".into()])
            => InvalidArgument "UNIT_CANNOT_LEAD" "leads" "service of its own";
        "a lead that is none": |w| w.propose(|a| a.leads = vec!["enviroment".into()])
            => NotFound "UNKNOWN_UNIT" "leads" "did you mean environment";
        "a day of the past": |w| w.propose(|a| a.from = "2026-01-01".into())
            => InvalidArgument "NOT_AFTER_APPROVAL" "from" "is not rewritten";
        "an end with nothing behind it": |w| w.propose(|a| a.until = "2099-08-01".into())
            => InvalidArgument "LEAVES_A_GAP" "until" "2099-08-02";
        "an end before the beginning": |w| w.propose(|a| a.until = "2099-06-01".into())
            => InvalidArgument "ENDS_BEFORE_IT_BEGINS" "until" "last day in force";
        "beside another one": |w| async move {
            w.waiting().await;
            w.propose(|a| a.issue_types = vec!["noise".into()]).await
        } => InvalidArgument "OVERLAPS" "from" "supersedes";
        "a place that is none": |w| w.propose(|a| a.territory = "subdistrict_kaihau".into())
            => NotFound "UNKNOWN_TERRITORY" "territory" "did you mean subdistrict_kaihua";
        "no basis": |w| w.propose(|a| a.basis.clear())
            => InvalidArgument "BASIS_MISSING" "basis" "must not be empty";
        "no matter": |w| w.propose(|a| a.issue_types.clear())
            => InvalidArgument "ISSUE_TYPE_MISSING" "issue_types" "one or several";
        "too many matters": |w| w.propose(|a| a.issue_types = vec!["noise".into(); 101])
            => InvalidArgument "TOO_MANY" "issue_types" "at most 100";
        "no first day": |w| w.propose(|a| a.from.clear())
            => InvalidArgument "MALFORMED_DAY" "from" "2026-07-01";
        "a precedent that is none": |w| w.propose(|a| a.precedent_case = "20260101-AAAAAAAA".into())
            => NotFound "UNKNOWN_CASE" "precedent_case" "there is no case";
        "a unit proposes": |w| w.propose_as("unit/enforcement")
            => PermissionDenied "NOT_AN_AMENDER" "" "unit/enforcement";
        "a community proposes": |w| w.propose_as(COMMUNITY)
            => PermissionDenied "NOT_AN_AMENDER" "" "administrator or an office";
    }
}

fn deciding() -> Vec<Row> {
    rows! {
        "who proposed approves": |w| w.approve(LI, "li.na", None)
            => PermissionDenied "SAME_PERSON" "command.person" "another person";
        "who proposed approves under another name": |w| w.approve(LI, "somebody", None)
            => PermissionDenied "SAME_PERSON" "command.person" "another person";
        "who proposed approves for another party": |w| w.approve(WANG, "li.na", None)
            => PermissionDenied "SAME_PERSON" "command.person" "another person";
        "a trainee approves": |w| w.approve("office/leading_group_office", "trainee-1", None)
            => PermissionDenied "NOT_AN_AMENDER" "" "by a person who may";
        "a unit approves": |w| w.approve("unit/housing", "wang", None)
            => PermissionDenied "NOT_AN_AMENDER" "" "unit/housing";
        "an amendment that is none is approved": |w| w.approve(WANG, "wang.wei", Some("A1"))
            => NotFound "UNKNOWN_AMENDMENT" "amendment_id" "no amendment A1";
        "an amendment with no id": |w| w.approve(WANG, "wang.wei", Some("十"))
            => InvalidArgument "MALFORMED_ID" "amendment_id" "letters, digits";
        "rejected without a reason": |w| w.reject(WANG, " ")
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "a unit rejects": |w| w.reject("unit/housing", "no")
            => PermissionDenied "NOT_AN_AMENDER" "" "unit/housing";
        "somebody else takes it back": |w| w.withdraw(WANG, "wang.wei")
            => PermissionDenied "NOT_THE_PROPOSER" "command.person" "rejects it";
        "a unit takes it back": |w| w.withdraw("unit/housing", "li.na")
            => PermissionDenied "NOT_AN_AMENDER" "" "unit/housing";
    }
}

fn handing_over() -> Vec<Row> {
    rows! {
        "what is only proposed moves nothing": |w| w.hand_over(LI, |_| ())
            => FailedPrecondition "NOT_IN_FORCE" "amendment_id" "proposed";
        "no case": |w| w.hand_over(LI, |r| r.case_ids.clear())
            => InvalidArgument "CASES_MISSING" "case_ids" "1 to 100";
        "too many cases": |w| w.hand_over(LI, |r| r.case_ids = vec!["1".into(); 101])
            => InvalidArgument "TOO_MANY" "case_ids" "at most 100";
        "by an amendment that is none": |w| w.hand_over(LI, |r| r.amendment_id = "A1".into())
            => NotFound "UNKNOWN_AMENDMENT" "amendment_id" "no amendment A1";
        "a unit hands its case on": |w| w.hand_over("unit/enforcement", |_| ())
            => PermissionDenied "NOT_AN_AMENDER" "" "unit/enforcement";
        "what an amendment touches that is none": |w| w.touched(LI, "A1")
            => NotFound "UNKNOWN_AMENDMENT" "amendment_id" "no amendment A1";
        "a community looks through the open cases": |w| w.touched(COMMUNITY, "A1")
            => PermissionDenied "NOT_AN_AMENDER" "" "community/";
    }
}
