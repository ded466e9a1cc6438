//! Rows of the gateway: whistles, and what the community and the offices say about a case.

use proto::{
    bus::AcknowledgeRequest,
    case::Evidence,
    page::Page,
    whistle::{
        AssignCaseRequest, ConfirmCaseRequest, ExtendLimitRequest, GetCaseRequest,
        HoldClockRequest, ListCasesRequest, ListHistoryRequest, RaiseWhistleRequest,
        ResumeClockRequest, SendBackCaseRequest, WatchCasesRequest,
    },
};
use tonic::{Request, Status, client::Grpc, codegen::http::uri::PathAndQuery};
use tonic_prost::ProstCodec;

use super::{
    Row, rows,
    world::{COMMUNITY, World, command, no, now, piece, whistle},
};
use crate::people::line;

/// The city government decides where the department in which the office sits is a party.
const GOVERNMENT: &str = "office/gov_city";
const OFFICE: &str = "office/leading_group_office";

impl World {
    async fn raise(self, change: impl FnOnce(&mut RaiseWhistleRequest)) -> Status {
        self.raise_as(COMMUNITY, change).await
    }

    async fn raise_as(self, party: &str, change: impl FnOnce(&mut RaiseWhistleRequest)) -> Status {
        let mut request = whistle("wrong");
        change(&mut request);
        no(self.gateway(party).raise_whistle(request).await)
    }

    async fn confirm(self, party: &str, change: impl FnOnce(&mut ConfirmCaseRequest)) -> Status {
        let mut request = self.confirmation();
        change(&mut request);
        no(self.gateway(party).confirm_case(request).await)
    }

    async fn send_back(self, party: &str, change: impl FnOnce(&mut SendBackCaseRequest)) -> Status {
        let mut request = SendBackCaseRequest {
            command: command("confirm"),
            case_id: self.case_id.clone(),
            reason: "still there".into(),
            evidence: vec![],
        };
        change(&mut request);
        no(self.gateway(party).send_back_case(request).await)
    }

    async fn assign(self, party: &str, change: impl FnOnce(&mut AssignCaseRequest)) -> Status {
        let mut request = AssignCaseRequest {
            command: command("assign"),
            case_id: self.case_id.clone(),
            lead: "housing".into(),
            cooperating: vec![],
            note: "so".into(),
        };
        change(&mut request);
        no(self.gateway(party).assign_case(request).await)
    }

    async fn hold(self, party: &str, change: impl FnOnce(&mut HoldClockRequest)) -> Status {
        let mut request = HoldClockRequest {
            command: command("hold"),
            case_id: self.case_id.clone(),
            unit: "enforcement".into(),
            reason: "rain".into(),
        };
        change(&mut request);
        no(self.gateway(party).hold_clock(request).await)
    }

    async fn resume(self, party: &str) -> Status {
        let (case_id, unit) = (self.case_id.clone(), "enforcement".into());
        let request = ResumeClockRequest { command: command("resume"), case_id, unit };
        no(self.gateway(party).resume_clock(request).await)
    }

    async fn extend(self, party: &str, change: impl FnOnce(&mut ExtendLimitRequest)) -> Status {
        let mut request = ExtendLimitRequest {
            command: command("extend"),
            case_id: self.case_id.clone(),
            unit: "enforcement".into(),
            duty: proto::case::Duty::Accept.into(),
            by: "1wh".into(),
            reason: "rain".into(),
        };
        change(&mut request);
        no(self.gateway(party).extend_limit(request).await)
    }

    async fn get(self, party: &str, case_id: &str) -> Status {
        no(self.gateway(party).get_case(GetCaseRequest { case_id: case_id.into() }).await)
    }

    async fn list(self, party: &str, stage: i32, token: &str) -> Status {
        let page = Some(Page { size: 5, token: token.into() });
        let request = ListCasesRequest { stage, only_open: false, page };
        no(self.gateway(party).list_cases(request).await)
    }

    /// Another message than the one that the method takes.
    async fn garbled(self) -> Status {
        let mut grpc = Grpc::new(line(&self.data, COMMUNITY, &["gateway"]));
        grpc.ready().await.unwrap();
        let path = PathAndQuery::from_static("/muster.whistle.v1.WhistleService/GetCase");
        let codec = ProstCodec::<AcknowledgeRequest, proto::whistle::GetCaseResponse>::default();
        // Where the method has a text, this has numbers that are no text.
        let message = AcknowledgeRequest { places: vec![u64::MAX], ..Default::default() };
        no(grpc.unary(Request::new(message), path, codec).await)
    }
}

/// Whistles that are wrong in one thing.
pub fn rows() -> Vec<Row> {
    let mut rows = matter();
    rows.extend(words());
    rows.extend(reading());
    rows
}

fn matter() -> Vec<Row> {
    rows! {
        "unknown issue type": |w| w.raise(|r| r.issue_type = "street_vendng".into())
            => NotFound "UNKNOWN_ISSUE_TYPE" "issue_type" "did you mean street_vending";
        "malformed issue type": |w| w.raise(|r| r.issue_type = "占道".into())
            => InvalidArgument "MALFORMED_ID" "issue_type" "letters, digits";
        "unknown grid": |w| w.raise(|r| r.grid = "WS-KH-009".into())
            => NotFound "UNKNOWN_GRID" "grid" "did you mean";
        "malformed grid": |w| w.raise(|r| r.grid = "WS KH".into())
            => InvalidArgument "MALFORMED_ID" "grid" "not ' '";
        "grid of another community": |w| w.raise(|r| r.grid = "WS-WL-001".into())
            => PermissionDenied "GRID_OF_ANOTHER_COMMUNITY" "grid" "WS-KH-001";
        "unit not of the route": |w| w.raise(|r| r.called_units.push("fire_rescue".into()))
            => InvalidArgument "UNIT_NOT_IN_ROUTE" "called_units" "fire_rescue is not called";
        "route without its lead": |w| w.raise(|r| drop(r.called_units.remove(0)))
            => InvalidArgument "UNIT_NOT_IN_ROUTE" "called_units" "enforcement leads";
        "malformed unit": |w| w.raise(|r| r.called_units[1] = "a b".into())
            => InvalidArgument "MALFORMED_ID" "called_units" "letters, digits";
        "too many units": |w| w.raise(|r| r.called_units = vec!["enforcement".into(); 101])
            => InvalidArgument "TOO_MANY" "called_units" "at most 100";
        "no evidence": |w| w.raise(|r| r.evidence.clear())
            => InvalidArgument "EVIDENCE_MISSING" "evidence" "2 different of kind photo";
        "one photograph twice": |w| w.raise(|r| r.evidence = vec![piece("one"), piece("one")])
            => InvalidArgument "EVIDENCE_MISSING" "evidence" "1 given";
        "evidence that was never brought": |w| w.raise(|r| r.evidence[0] = piece("three"))
            => InvalidArgument "EVIDENCE_MISSING" "evidence" "upload it first";
        "evidence of another size": |w| w.raise(|r| r.evidence[0].size += 1)
            => InvalidArgument "EVIDENCE_MALFORMED" "evidence" "has 3 bytes";
        "evidence of another kind": |w| w.raise(|r| r.evidence[0].kind = "document".into())
            => InvalidArgument "EVIDENCE_MISSING" "evidence" "kind photo";
        "no content address": |w| w.raise(|r| r.evidence[0].digest = "md5:00".into())
            => InvalidArgument "MALFORMED_DIGEST" "evidence" "64 lower-case hexadecimal";
        "too much evidence": |w| w.raise(|r| r.evidence = vec![Evidence::default(); 101])
            => InvalidArgument "TOO_MANY" "evidence" "at most 100";
        "seen in the future": |w| w.raise(|r| r.seen_at_ms = now() + 20 * 60_000)
            => InvalidArgument "SEEN_IN_THE_FUTURE" "seen_at_ms" "clock";
        "seen in seconds, not milliseconds": |w| w.raise(|r| r.seen_at_ms = now() / 1_000)
            => InvalidArgument "NO_ROUTE_ON_DATE" "seen_at_ms" "1970";
        "seen before there was a clock": |w| w.raise(|r| r.seen_at_ms = i64::MIN)
            => InvalidArgument "NO_ROUTE_ON_DATE" "seen_at_ms" "in force from";
    }
}

fn words() -> Vec<Row> {
    rows! {
        "no description": |w| w.raise(|r| r.description = "  ".into())
            => InvalidArgument "DESCRIPTION_MISSING" "description" "must not be empty";
        "long description": |w| w.raise(|r| r.description = "长".repeat(2_001))
            => InvalidArgument "TEXT_TOO_LONG" "description" "at most 2000";
        "oversized message": |w| w.raise(|r| r.description = "x".repeat(5 << 20))
            => InvalidArgument "TOO_LARGE" "request" "the limit is";
        "another message": |w| w.garbled()
            => InvalidArgument "MALFORMED_MESSAGE" "request" "not what the method takes";
        "no command": |w| w.raise(|r| r.command = None)
            => InvalidArgument "MALFORMED_ID" "command.request_id" "must not be empty";
        "malformed request id": |w| w.raise(|r| r.command = command("wrong!"))
            => InvalidArgument "MALFORMED_ID" "command.request_id" "not '!'";
        "long request id": |w| w.raise(|r| r.command = command(&"x".repeat(129)))
            => InvalidArgument "MALFORMED_ID" "command.request_id" "at most 128";
        "no person": |w| w.raise(|r| r.command.as_mut().unwrap().person.clear())
            => InvalidArgument "MALFORMED_ID" "command.person" "must not be empty";
        "same id, another description": |w| w.raise(|r| {
            r.command = command("open");
            r.description = "more stalls".into();
        }) => AlreadyExists "REQUEST_ID_REUSED" "command.request_id" "was another request";
        "a unit whistles": |w| w.raise_as("unit/enforcement", |_| ())
            => PermissionDenied "NOT_A_COMMUNITY" "" "unit/enforcement is no community";
        "an office whistles": |w| w.raise_as(OFFICE, |_| ())
            => PermissionDenied "NOT_A_COMMUNITY" "" "is no community";
        "a community that is not of the pack": |w| w.raise_as("community/nowhere", |_| ())
            => PermissionDenied "NOT_A_COMMUNITY" "" "community/nowhere";
    }
}

fn reading() -> Vec<Row> {
    rows! {
        "unknown case": |w| w.get(COMMUNITY, "20260101-AAAAAAAA")
            => NotFound "UNKNOWN_CASE" "case_id" "there is no case";
        "malformed case": |w| w.get(COMMUNITY, "案")
            => InvalidArgument "MALFORMED_ID" "case_id" "letters, digits";
        "another community's case": |w| {
            let case_id = w.case_id.clone();
            async move { w.get("community/kaihua_xishan", &case_id).await }
        } => PermissionDenied "NOT_YOUR_CASE" "case_id" "is not a case of yours";
        "a service reads the ledger": |w| w.list("service/bus", 0, "")
            => PermissionDenied "NOT_A_READER" "" "service/bus";
        "unknown stage": |w| w.list(OFFICE, 99, "")
            => InvalidArgument "MALFORMED_STAGE" "stage" "no stage 99";
        "malformed token": |w| w.list(OFFICE, 0, "not hex")
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "history of an unknown case": |w| async move {
            let request = ListHistoryRequest { case_id: "20260101-AAAAAAAA".into(), page: None };
            no(w.gateway(COMMUNITY).list_history(request).await)
        } => NotFound "UNKNOWN_CASE" "case_id" "there is no case";
        "watching a malformed case": |w| async move {
            let request = WatchCasesRequest { after_place: 0, case_id: "a b".into(), only_new: false };
            no(w.gateway(COMMUNITY).watch_cases(request).await)
        } => InvalidArgument "MALFORMED_ID" "case_id" "letters, digits";
    }
}

/// While the units are called.
pub fn called() -> Vec<Row> {
    rows! {
        "confirmed too early": |w| w.confirm(COMMUNITY, |_| ())
            => FailedPrecondition "WRONG_STAGE" "case_id" "must be confirming";
        "sent back too early": |w| w.send_back(COMMUNITY, |_| ())
            => FailedPrecondition "WRONG_STAGE" "case_id" "must be confirming";
        "assigned though it has a lead": |w| w.assign(OFFICE, |_| ())
            => FailedPrecondition "WRONG_STAGE" "case_id" "must be assigning";
        "assigned by a community": |w| w.assign(COMMUNITY, |_| ())
            => PermissionDenied "NOT_THE_ASSIGNER" "" "an office's";
        "an assigned lead that is malformed": |w| w.assign(OFFICE, |r| r.lead = "a b".into())
            => InvalidArgument "MALFORMED_ID" "lead" "letters, digits";
        "an unknown case is assigned": |w| w.assign(OFFICE, |r| r.case_id = "20260101-A".into())
            => NotFound "UNKNOWN_CASE" "case_id" "there is no case";
        "a unit holds its own clock": |w| w.hold("unit/enforcement", |_| ())
            => PermissionDenied "NOT_THE_TIMER" "" "an office's";
        "a community gives more time": |w| w.extend(COMMUNITY, |_| ())
            => PermissionDenied "NOT_THE_TIMER" "" "an office's";
        "a community lets a clock run": |w| w.resume(COMMUNITY)
            => PermissionDenied "NOT_THE_TIMER" "" "an office's";
        "the office holds the clock of the department in which it sits": |w| w.hold(OFFICE, |_| ())
            => PermissionDenied "NOT_THE_RULER" "case_id" "office/gov_city";
        "the office gives that department more time": |w| w.extend(OFFICE, |_| ())
            => PermissionDenied "NOT_THE_RULER" "case_id" "office/gov_city";
        "a clock that is not held is resumed": |w| w.resume(GOVERNMENT)
            => FailedPrecondition "NOT_HELD" "unit" "is not held";
        "held without a reason": |w| w.hold(GOVERNMENT, |r| r.reason.clear())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "the clock of a unit that is not called is held": |w|
            w.hold(GOVERNMENT, |r| r.unit = "housing".into())
            => InvalidArgument "UNIT_NOT_CALLED" "unit" "housing is not called";
        "the clock of a malformed unit is held": |w| w.hold(GOVERNMENT, |r| r.unit = "!".into())
            => InvalidArgument "MALFORMED_ID" "unit" "letters, digits";
        "more time that is no time": |w| w.extend(GOVERNMENT, |r| r.by = "soon".into())
            => InvalidArgument "MALFORMED_LENGTH" "by" "4wh or 1wd";
        "no more time": |w| w.extend(GOVERNMENT, |r| r.by = "0h".into())
            => InvalidArgument "NOTHING_MORE" "by" "by nothing";
        "more time in another time": |w| w.extend(GOVERNMENT, |r| r.by = "1d".into())
            => InvalidArgument "OTHER_TIME" "by" "this limit is working time";
        "more time for what no unit owes": |w|
            w.extend(GOVERNMENT, |r| r.duty = proto::case::Duty::Confirm.into())
            => InvalidArgument "DUTY_OF_NO_UNIT" "duty" "confirm";
        "more time for no duty": |w| w.extend(GOVERNMENT, |r| r.duty = 99)
            => InvalidArgument "MALFORMED_BODY" "duty" "no duty 99";
        "more time without a reason": |w| w.extend(GOVERNMENT, |r| r.reason.clear())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "too many beside the lead": |w| w.assign(OFFICE, |r| r.cooperating = vec!["a".into(); 101])
            => InvalidArgument "TOO_MANY" "cooperating" "at most 100";
    }
}

/// While the community has the word.
pub fn confirming() -> Vec<Row> {
    rows! {
        "another community confirms": |w| w.confirm("community/kaihua_xishan", |_| ())
            => PermissionDenied "NOT_YOUR_CASE" "case_id" "community/kaihua_dongfeng";
        "a unit sends back": |w| w.send_back("unit/enforcement", |_| ())
            => PermissionDenied "NOT_YOUR_CASE" "case_id" "has no word";
        "a rating is missing": |w| w.confirm(COMMUNITY, |r| drop(r.ratings.pop()))
            => InvalidArgument "RATING_MISSING" "ratings" "market_regulation";
        "a unit that was not called is rated": |w|
            w.confirm(COMMUNITY, |r| r.ratings[1].unit = "housing".into())
            => InvalidArgument "RATING_OF_UNCALLED_UNIT" "ratings" "housing was not called";
        "rated twice": |w| w.confirm(COMMUNITY, |r| r.ratings[1].unit = "enforcement".into())
            => InvalidArgument "RATED_TWICE" "ratings" "enforcement is rated twice";
        "six stars": |w| w.confirm(COMMUNITY, |r| r.ratings[0].stars = 6)
            => InvalidArgument "STARS_OUT_OF_RANGE" "ratings" "1 to 5";
        "a malformed unit is rated": |w| w.confirm(COMMUNITY, |r| r.ratings[0].unit = "!".into())
            => InvalidArgument "MALFORMED_ID" "ratings.unit" "letters, digits";
        "a long comment": |w|
            w.confirm(COMMUNITY, |r| r.ratings[0].comment = "长".repeat(2_001))
            => InvalidArgument "TEXT_TOO_LONG" "ratings" "at most 2000";
        "sent back without a reason": |w| w.send_back(COMMUNITY, |r| r.reason.clear())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "sent back with evidence that is not there": |w|
            w.send_back(COMMUNITY, |r| r.evidence = vec![piece("three")])
            => InvalidArgument "EVIDENCE_MISSING" "evidence" "upload it first";
    }
}

/// When the case is closed.
pub fn closed() -> Vec<Row> {
    rows! {
        "a closed case is confirmed anew": |w| w.confirm(COMMUNITY, |r| r.command = command("late"))
            => FailedPrecondition "WRONG_STAGE" "case_id" "is closed";
        "a closed case is sent back": |w| w.send_back(COMMUNITY, |r| r.command = command("late"))
            => FailedPrecondition "WRONG_STAGE" "case_id" "is closed";
        "the clock of a closed case is held": |w| w.hold(GOVERNMENT, |_| ())
            => FailedPrecondition "WRONG_STAGE" "case_id" "no unit's clock runs";
        "a closed case is assigned": |w| w.assign(OFFICE, |_| ())
            => FailedPrecondition "WRONG_STAGE" "case_id" "is closed";
        "the word that was given, turned": |w| w.send_back(COMMUNITY, |_| ())
            => AlreadyExists "REQUEST_ID_REUSED" "command.request_id" "was another request";
    }
}
