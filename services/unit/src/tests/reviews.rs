//! The desk of a unit that is asked in a joint approval: what waits for it, and what it says.

use domain::{
    approval::{Applied, Fact as Said, Proposal, Settled, Verdict as Says},
    clock::Pace,
};
use proto::approval::{
    Approval, GiveReviewRequest, ItemState, ListReviewsRequest, Verdict,
    review_service_client::ReviewServiceClient,
};

use super::*;

type Client = ReviewServiceClient<Channel>;

impl Running {
    fn reviews(&self, town: &Town, unit: &str) -> Client {
        ReviewServiceClient::new(self.channel(town, &format!("unit/{unit}")))
    }

    /// Something about an approval comes to the mailbox of a unit.
    async fn is_asked(&self, source: &str, unit: &str, number: u64, said: &Said) {
        let (kind, body) = proto::joint::write(said);
        let envelope = Envelope {
            id: format!("approval/{number}").parse().unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject: "approval/wenshan/P1".into(),
            time: NOW,
            recipient: Some(format!("unit/{unit}").parse().unwrap()),
            number,
            actor: None,
            on_behalf_of: None,
            traceparent: Some(TRACE.into()),
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        };
        let received = Received {
            accepted_at_ms: NOW.0,
            envelope: Some(proto::envelope::to_wire(&envelope)),
            ..Received::default()
        };
        self.stores[unit].receive(vec![received]).await.unwrap();
    }
}

fn applied() -> Said {
    let proposal = |id: &str| Proposal {
        id: id.parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        text: "a bollard".into(),
        outcome: "keep".parse().unwrap(),
    };
    Said::Applied(Applied {
        kind: "bollards".parse().unwrap(),
        applicant: "unit/transport".parse().unwrap(),
        title: "survey".into(),
        items: ["1", "2"].map(proposal).to_vec(),
        approvers: ["housing", "enforcement"].map(|unit| unit.parse().unwrap()).to_vec(),
        asked: vec![],
        office: "office/leading_group_office".parse().unwrap(),
        within_ms: 5_000,
        pace: Pace::Around,
    })
}

async fn listed(client: &mut Client, is_waiting: bool) -> Vec<Approval> {
    let request = ListReviewsRequest { page: None, is_waiting };
    client.list_reviews(request).await.unwrap().into_inner().approvals
}

async fn say(
    client: &mut Client,
    id: &str,
    items: &[&str],
    reason: &str,
) -> Result<Approval, Status> {
    let verdict = if reason.is_empty() { Verdict::Approve } else { Verdict::Refuse };
    let request = GiveReviewRequest {
        command: asks(id),
        approval_id: "P1".into(),
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        verdict: verdict.into(),
        reason: reason.into(),
        conditions: vec![],
    };
    Ok(client.give_review(request).await?.into_inner().approval.unwrap())
}

#[tokio::test]
async fn a_unit_speaks_about_many_items_and_changes_its_mind_while_there_is_no_bus() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut desk = host.reviews(&town, "housing");
    assert_eq!(reason(&say(&mut desk, "r", &["1"], "").await.unwrap_err()), "UNKNOWN_APPROVAL");
    host.is_asked("service/gateway", "housing", 1, &applied()).await;
    let waiting = listed(&mut desk, true).await;
    let owed = &waiting[0].owed[0];
    assert_eq!((owed.unit.as_str(), owed.due_at_ms, owed.items), ("housing", NOW.0 + 5_000, 2));

    say(&mut desk, "r", &["1", "2"], "").await.unwrap();
    assert!(listed(&mut desk, true).await.is_empty(), "nothing waits for it any more");
    let other = say(&mut desk, "change", &["1"], "too near").await.unwrap();
    assert_eq!(other.items[0].state(), ItemState::Refused);
    assert_eq!(other.items[0].words.len(), 2, "both are kept");
    let again = say(&mut desk, "r", &["1", "2"], "").await.unwrap();
    assert_eq!(again.items[0].words.len(), 1, "a repeat gets the first answer");
    let late = say(&mut desk, "late", &["1"], "").await.unwrap_err();
    assert_eq!(reason(&late), "ITEM_COMPLETE");

    let sent = host.waiting("housing");
    let ids: Vec<&str> = sent.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["approval/P1/review/1", "approval/P1/review/2"]);
    assert!(sent.iter().all(|one| one.subject == "approval/wenshan/P1"));
    assert_eq!(sent[0].actor.as_ref().unwrap().as_str(), "li.na");
    let is_same = |one: &Envelope| one.traceparent.as_deref() == Some(TRACE);
    assert!(sent.iter().all(is_same), "one approval is one trace: {sent:?}");
    host.end().await;
}

#[tokio::test]
async fn a_desk_believes_the_gateway_and_the_worker_and_nobody_else() {
    let town = Town::new();
    let host = town.start(&["housing", "enforcement"]).await;
    let mut housing = host.reviews(&town, "housing");
    host.is_asked("unit/enforcement", "housing", 1, &applied()).await;
    assert!(listed(&mut housing, false).await.is_empty(), "nobody else asks");
    host.is_asked("service/gateway", "housing", 2, &applied()).await;
    let settled = Settled {
        item: "1".parse().unwrap(),
        verdict: Says::Approve,
        refused_by: None,
        reason: String::new(),
        conditions: vec![],
        case_id: Some("P1-1".parse().unwrap()),
    };
    let decided = Said::Decided { batch: 1, items: vec![settled] };
    host.is_asked("unit/enforcement", "housing", 3, &decided).await;
    assert_eq!(listed(&mut housing, false).await[0].approved, 0);
    host.is_asked("service/worker", "housing", 4, &decided).await;
    assert_eq!(listed(&mut housing, false).await[0].approved, 1);
    assert!(listed(&mut host.reviews(&town, "enforcement"), false).await.is_empty());
    host.end().await;
}
