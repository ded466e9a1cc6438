//! The people of S7: who surveys the lane and applies, and the approvers at their desks.

use kit::{client::Channel, status};
use proto::{
    approval::{
        ApplyForApprovalRequest, Approval, ApprovalItem, Condition, ConditionKind,
        GetApprovalRequest, GiveReviewRequest, ListApprovalsRequest, ListReviewsRequest, Proposal,
        Verdict, WithdrawApprovalRequest, approval_service_client::ApprovalServiceClient,
        review_service_client::ReviewServiceClient,
    },
    page::Page,
};
use tonic::Status;

use crate::{city::City, people::command, s1::stage::until, s13::stage::Stage};

/// The unit that has surveyed the lane.
pub const APPLICANT: &str = "unit/transport";
/// 市交警, a part of 市公安局, which has the desk.
pub const POLICE: &str = "public_security";
/// 城管.
pub const ENFORCEMENT: &str = "enforcement";

/// A system whose doors are open.
pub trait Doors {
    /// A line to the gateway, as a party.
    fn gate(&self, party: &str) -> Channel;
    /// A line to the desk of a unit.
    fn desk(&self, unit: &str) -> Channel;
}

impl Doors for Stage {
    fn gate(&self, party: &str) -> Channel {
        self.door(party)
    }

    fn desk(&self, unit: &str) -> Channel {
        self.line(&format!("unit/{unit}"))
    }
}

impl Doors for City {
    fn gate(&self, party: &str) -> Channel {
        self.line(party, &["gateway"])
    }

    fn desk(&self, unit: &str) -> Channel {
        self.line(&format!("unit/{unit}"), &["units", unit])
    }
}

/// A running Dengfeng, with a limit of its own for opinions.
pub async fn dengfeng(opinion: &str) -> Stage {
    Stage::open("dengfeng", |pack| {
        let file = pack.join("limits.csv");
        let rows = std::fs::read_to_string(&file).unwrap();
        let was = rows.lines().find(|row| row.starts_with("standard,*,opinion,")).unwrap();
        let now = format!("standard,*,opinion,{opinion},of a story,example");
        std::fs::write(&file, rows.replace(was, &now)).unwrap();
    })
    .await
}

/// One item at the first cell.
pub fn item(id: &str, outcome: &str) -> Proposal {
    Proposal {
        id: id.into(),
        grid: "DF-SY-001".into(),
        text: format!("bollard {id} on the lane"),
        outcome: outcome.into(),
    }
}

/// What somebody applies for.
pub fn application(act: &str, kind: &str, items: Vec<Proposal>) -> ApplyForApprovalRequest {
    let (command, kind) = (command("surveyor", act), kind.into());
    ApplyForApprovalRequest { command, kind, title: "survey of the lane".into(), items }
}

fn door(stage: &impl Doors, party: &str) -> ApprovalServiceClient<Channel> {
    ApprovalServiceClient::new(stage.gate(party))
}

/// Applies; the number.
pub async fn apply(stage: &impl Doors, request: ApplyForApprovalRequest) -> Result<String, Status> {
    let answer = door(stage, APPLICANT).apply_for_approval(request).await?;
    Ok(answer.into_inner().approval_id)
}

/// An approval as a party sees it.
pub async fn seen(stage: &impl Doors, party: &str, id: &str) -> Result<Approval, Status> {
    let request = GetApprovalRequest { approval_id: id.into() };
    Ok(door(stage, party).get_approval(request).await?.into_inner().approval.unwrap())
}

/// Waits until who applied sees it as it shall be.
pub async fn eventually(
    stage: &impl Doors,
    what: &str,
    id: &str,
    is_so: impl Fn(&Approval) -> bool,
) -> Approval {
    until(what, async || seen(stage, APPLICANT, id).await.unwrap(), is_so).await
}

/// A page of what a party sees, and the token of the next.
pub async fn listed(
    stage: &impl Doors,
    party: &str,
    size: u32,
    token: &str,
) -> (Vec<String>, String) {
    let page = Some(Page { size, token: token.into() });
    let answer = door(stage, party).list_approvals(ListApprovalsRequest { page }).await.unwrap();
    let answer = answer.into_inner();
    (answer.approvals.into_iter().map(|one| one.approval_id).collect(), answer.next_token)
}

/// Takes back what is not complete.
pub async fn withdraw(stage: &impl Doors, party: &str, id: &str, act: &str) -> Result<(), Status> {
    let (command, reason) = (command("surveyor", act), "another survey".into());
    let request = WithdrawApprovalRequest { command, approval_id: id.into(), reason };
    door(stage, party).withdraw_approval(request).await.map(drop)
}

/// What is at the desk of a unit.
pub async fn desk(stage: &impl Doors, unit: &str, is_waiting: bool) -> Vec<Approval> {
    found(stage, unit, is_waiting).await.unwrap()
}

async fn found(stage: &impl Doors, unit: &str, is_waiting: bool) -> Result<Vec<Approval>, Status> {
    let mut desk = ReviewServiceClient::new(stage.desk(unit));
    let request = ListReviewsRequest { page: None, is_waiting };
    Ok(desk.list_reviews(request).await?.into_inner().approvals)
}

/// A yes with these conditions, or a no with its reason.
pub enum Says<'a> {
    /// Yes.
    Yes(&'a [&'a str]),
    /// No.
    No(&'a str),
}

/// A unit speaks about some items, once it is asked.
pub async fn says(
    stage: &impl Doors,
    unit: &str,
    (id, act): (&str, &str),
    items: &[&str],
    word: Says<'_>,
) -> Result<Approval, String> {
    let is_asked = |found: &Vec<Approval>| found.iter().any(|one| one.approval_id == id);
    until("asked", async || found(stage, unit, false).await.unwrap_or_default(), is_asked).await;
    let condition =
        |text: &&str| Condition { kind: ConditionKind::Work.into(), text: (*text).into() };
    let (verdict, reason, conditions) = match word {
        Says::Yes(conditions) => (Verdict::Approve, "", conditions.iter().map(condition).collect()),
        Says::No(reason) => (Verdict::Refuse, reason, vec![]),
    };
    let request = GiveReviewRequest {
        command: command(&format!("officer.{unit}"), act),
        approval_id: id.into(),
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        verdict: verdict.into(),
        reason: reason.into(),
        conditions,
    };
    let mut desk = ReviewServiceClient::new(stage.desk(unit));
    match desk.give_review(request).await {
        Ok(answer) => Ok(answer.into_inner().approval.unwrap()),
        Err(no) => Err(status::rejection(&no).reason),
    }
}

/// An item of an approval.
pub fn item_of<'a>(approval: &'a Approval, id: &str) -> &'a ApprovalItem {
    let is_it = |item: &&ApprovalItem| item.proposal.as_ref().is_some_and(|one| one.id == id);
    approval.items.iter().find(is_it).unwrap()
}

/// Whether every approved item has the case of its work in the ledger.
pub fn at_work(approval: &Approval) -> bool {
    let approved = approval.items.iter().filter(|item| item.state() == APPROVED);
    approved.clone().count() > 0 && approved.clone().all(|item| !item.case_stage.is_empty())
}

/// The state of what all have approved.
pub const APPROVED: proto::approval::ItemState = proto::approval::ItemState::Approved;
/// The state of what one has refused.
pub const REFUSED: proto::approval::ItemState = proto::approval::ItemState::Refused;
/// The state of what somebody has still to speak about.
pub const OPEN: proto::approval::ItemState = proto::approval::ItemState::Open;
