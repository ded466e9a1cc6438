//! The fold over a decision: what its flow is told, and that nothing but a draft begins one.

use domain::decision::{Classed, Decision as Course, Draft, Fact as Said, Step as Does, Verdict};

use super::*;
use crate::decisions::tests::{by, drafted, wenshan};

fn of_decision() -> Flow {
    Flow::Decision("natural_resources-7".parse().unwrap())
}

impl Desk {
    async fn is_said(&mut self, source: &str, said: &Said, at: i64) {
        self.is_said_to(None, source, said, at).await;
    }

    async fn is_said_to(&mut self, recipient: Option<&str>, source: &str, said: &Said, at: i64) {
        let (kind, body) = proto::decree::write(said);
        self.numbers += 1;
        let envelope = Envelope {
            id: format!("e{}", self.numbers).parse().unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject: "decision/wenshan/natural_resources-7".into(),
            time: Moment(at),
            recipient: recipient.map(|party| party.parse().unwrap()),
            // Beyond what the worker itself numbers.
            number: self.numbers + 1_000,
            actor: said.by().map(|by| by.person.clone()),
            on_behalf_of: None,
            traceparent: Some("00-1-2-01".into()),
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        };
        self.take(proto::envelope::to_wire(&envelope), at).await;
    }

    async fn performs(&self, step: Does, request_id: &str) -> u64 {
        let asked = Asked {
            caller: Party::service(Role::Worker),
            request_id: RequestId::parse(request_id).unwrap(),
            fingerprint: [7; 32],
        };
        let id = "natural_resources-7".parse().unwrap();
        self.store.execute(asked, Command::SendDecision(id, step)).await.unwrap().count
    }

    async fn is_woken(&self) -> Option<String> {
        let mark = self.store.read(|tx| mark(tx, &of_decision())).unwrap()?;
        self.store.tell(Command::Told(of_decision(), mark.clone())).await.unwrap();
        Some(mark.name)
    }

    fn course(&self) -> Option<Course> {
        let id = "natural_resources-7".parse().unwrap();
        self.store.read(|tx| decision(tx, &id)).unwrap().map(|kept| kept.decision)
    }
}

#[tokio::test]
async fn a_decision_begins_with_its_draft_and_only_what_changes_what_is_due_wakes_its_flow() {
    let dir = TempDir::new().unwrap();
    let store = open_in(&dir, wenshan());
    let mut desk = Desk::over(dir, store);
    let owner = "unit/natural_resources";
    let terms = domain::decision::terms(&wenshan(), "", &drafted()).unwrap();
    let classed = Box::new(Classed { draft: drafted(), terms });
    desk.is_said("service/worker", &Said::Classed(classed), 1).await;
    assert_eq!(desk.course(), None, "the record begins with the draft");
    desk.is_said("unit/housing", &Said::Drafted(drafted()), 1).await;
    assert_eq!(desk.course(), None, "nobody drafts in another's name");
    let other = Draft { by: by("housing:li"), ..drafted() };
    desk.is_said("unit/housing", &Said::Drafted(other), 1).await;
    assert_eq!(desk.course(), None, "nor under another's number");
    desk.is_said_to(Some("unit/justice"), owner, &Said::Drafted(drafted()), 1).await;
    assert_eq!(desk.course(), None, "a copy for somebody is not the record");
    desk.is_said(owner, &Said::Drafted(drafted()), 2).await;
    assert_eq!(desk.is_woken().await.as_deref(), Some("DecisionDrafted"));

    assert_eq!(desk.performs(Does::Class, "one").await, 1);
    assert_eq!(desk.performs(Does::Class, "one").await, 1, "the same answer again");
    assert!(desk.store.read(|tx| is_under_way(tx, &of_decision())).unwrap());
    assert_eq!(desk.bring_back(3).await, 4, "to four: once");
    assert_eq!(desk.performs(Does::Class, "two").await, 0, "nothing is left to be said");
    assert_eq!(desk.is_woken().await, None, "its own word");

    let issue = Said::Issued { by: by("natural_resources:li") };
    desk.is_said(owner, &issue, 4).await;
    assert_eq!(desk.is_woken().await, None, "an early word changes nothing");
    assert!(desk.course().unwrap().issued.is_none());
    let review =
        Said::Reviewed { by: by("justice:wu"), verdict: Verdict::Approve, reason: String::new() };
    desk.is_said(owner, &review, 5).await;
    assert!(desk.course().unwrap().reviews.is_empty(), "nobody consents for another");
    desk.is_said("unit/justice", &review, 6).await;
    assert_eq!(desk.is_woken().await.as_deref(), Some("DecisionReviewed"));
    desk.is_said(owner, &issue, 7).await;
    assert_eq!(desk.is_woken().await.as_deref(), Some("DecisionIssued"));
    assert!(desk.course().unwrap().issued.is_some());
}

#[test]
fn a_flow_of_a_decision_is_read_as_it_was_written() {
    let city = "wenshan".parse().unwrap();
    assert_eq!(of_decision().workflow(&city), "decision/wenshan/natural_resources-7");
    for flow in [of_decision(), Flow::Credit("decision".parse().unwrap())] {
        assert_eq!(Flow::try_from(flow.to_string()).unwrap(), flow);
    }
}
