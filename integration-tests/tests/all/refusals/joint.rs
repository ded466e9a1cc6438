//! What is refused about joint approvals in a city whose documents name none, and by whoever it is;
//! what is wrong with an item or an opinion is in the tables of `domain::approval::tests`.

use proto::{
    approval::{
        ApplyForApprovalRequest, Condition, GetApprovalRequest, GiveReviewRequest,
        ListApprovalsRequest, ListReviewsRequest, Proposal, Verdict, WithdrawApprovalRequest,
        approval_service_client::ApprovalServiceClient, review_service_client::ReviewServiceClient,
    },
    case::{Channel, Intake},
    page::Page,
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, LEAD, World, command, no, whistle},
};
use crate::people::line;

const OFFICE: &str = "office/leading_group_office";

impl World {
    fn approvals(&self, party: &str) -> ApprovalServiceClient<kit::client::Channel> {
        ApprovalServiceClient::new(line(&self.data, party, &["gateway"]))
    }

    fn reviews(&self, party: &str) -> ReviewServiceClient<kit::client::Channel> {
        ReviewServiceClient::new(self.unit_line(party, LEAD))
    }

    async fn apply(self, party: &str, change: impl FnOnce(&mut ApplyForApprovalRequest)) -> Status {
        let item = Proposal {
            id: "1".into(),
            grid: "WS-KH-001".into(),
            text: "a bollard".into(),
            outcome: "keep".into(),
        };
        let mut request = ApplyForApprovalRequest {
            command: command("apply"),
            kind: "bollards".into(),
            title: "survey".into(),
            items: vec![item],
        };
        change(&mut request);
        no(self.approvals(party).apply_for_approval(request).await)
    }

    async fn review(self, party: &str, change: impl FnOnce(&mut GiveReviewRequest)) -> Status {
        let mut request = GiveReviewRequest {
            command: command("review"),
            approval_id: "P20260101-A".into(),
            items: vec!["1".into()],
            verdict: Verdict::Approve.into(),
            reason: String::new(),
            conditions: vec![],
        };
        change(&mut request);
        no(self.reviews(party).give_review(request).await)
    }

    async fn take_back(self, party: &str, id: &str) -> Status {
        let (command, approval_id) = (command("back"), id.into());
        let request = WithdrawApprovalRequest { command, approval_id, reason: "x".into() };
        no(self.approvals(party).withdraw_approval(request).await)
    }

    async fn approval(self, party: &str, id: &str) -> Status {
        let request = GetApprovalRequest { approval_id: id.into() };
        no(self.approvals(party).get_approval(request).await)
    }
}

/// Whatever the state of the case.
pub fn rows() -> Vec<Row> {
    let mut rows = doors();
    rows.extend(desks());
    rows
}

fn doors() -> Vec<Row> {
    rows! {
        "an approval that the city does not have": |w| w.apply(OFFICE, |_| ())
            => NotFound "UNKNOWN_APPROVAL_KIND" "kind" "no joint approval bollards";
        "a malformed kind of approval": |w| w.apply(OFFICE, |r| r.kind = "a b".into())
            => InvalidArgument "MALFORMED_ID" "kind" "letters, digits";
        "a malformed item": |w| w.apply(OFFICE, |r| r.items[0].id = "a b".into())
            => InvalidArgument "MALFORMED_ID" "items.id" "letters, digits";
        "more items than fit": |w| w.apply(OFFICE, |r| r.items = vec![r.items[0].clone(); 101])
            => InvalidArgument "TOO_MANY" "items" "at most 100";
        "a community applies": |w| w.apply(COMMUNITY, |_| ())
            => PermissionDenied "NOT_AN_APPLICANT" "" "a unit or an office";
        "an approval that is not there": |w| w.approval(OFFICE, "P20260101-A")
            => NotFound "UNKNOWN_APPROVAL" "approval_id" "there is no approval";
        "an approval of a malformed number": |w| w.approval(OFFICE, "a b")
            => InvalidArgument "MALFORMED_ID" "approval_id" "letters, digits";
        "a community asks for an approval": |w| w.approval(COMMUNITY, "P20260101-A")
            => PermissionDenied "NOT_YOUR_APPROVAL" "" "sees no approvals";
        "a community asks for approvals": |w| async move {
            let request = ListApprovalsRequest::default();
            no(w.approvals(COMMUNITY).list_approvals(request).await)
        } => PermissionDenied "NOT_YOUR_APPROVAL" "" "sees no approvals";
        "a token of another list of approvals": |w| async move {
            let page = Some(Page { size: 1, token: "00".into() });
            no(w.approvals(OFFICE).list_approvals(ListApprovalsRequest { page }).await)
        } => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "what is not there is taken back": |w| w.take_back(OFFICE, "P20260101-A")
            => NotFound "UNKNOWN_APPROVAL" "approval_id" "there is no approval";
        "a community takes back": |w| w.take_back(COMMUNITY, "P20260101-A")
            => PermissionDenied "NOT_THE_APPLICANT" "" "takes none back";
        "somebody whistles for the work of an approval": |w| async move {
            let channel = Channel::Approval.into();
            let mut request = whistle("by-approval");
            request.intake = Some(Intake { channel, ..Intake::default() });
            no(w.gateway(COMMUNITY).raise_whistle(request).await)
        } => InvalidArgument "MALFORMED_CHANNEL" "intake.channel" "nobody whistles";
    }
}

fn desks() -> Vec<Row> {
    rows! {
        "an opinion where nobody asked": |w| w.review("unit/enforcement", |_| ())
            => NotFound "UNKNOWN_APPROVAL" "approval_id" "is not asked";
        "an opinion that is neither yes nor no": |w|
            w.review("unit/enforcement", |r| r.verdict = 0)
            => InvalidArgument "UNKNOWN_VERDICT" "verdict" "approve or refuse";
        "a condition of no kind": |w| w.review("unit/enforcement", |r| {
            r.conditions = vec![Condition { kind: 0, text: "x".into() }];
        }) => InvalidArgument "UNKNOWN_CONDITION" "conditions.kind" "commitment";
        "an opinion about more items than there can be": |w|
            w.review("unit/enforcement", |r| r.items = vec!["1".into(); 101])
            => InvalidArgument "TOO_MANY" "items" "at most 100";
        "an opinion by nobody": |w| w.review("unit/enforcement", |r| r.command = None)
            => InvalidArgument "COMMAND_MISSING" "command" "who asks";
        "an office gives an opinion": |w| w.review(OFFICE, |_| ())
            => PermissionDenied "NOT_A_UNIT" "" "only a unit";
        "an office asks what waits for a unit": |w| async move {
            no(w.reviews(OFFICE).list_reviews(ListReviewsRequest::default()).await)
        } => PermissionDenied "NOT_A_UNIT" "" "only a unit";
    }
}
