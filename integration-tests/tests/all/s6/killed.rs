//! The worker and a unit are killed in the middle: no word is lost, no gate opens by itself.
//!
//! Each role is a process of its own, on the pack as it ships.

use proto::decision::{
    Decision, DecisionStage, Issue, ReviewVerdict, proceed_with_decision_request::Word,
};

use super::people::{
    HANDLER, OWNER, REVIEWER, act, demolition, drafts, eventually, is_at, knows, refused, review,
    says,
};
use crate::city::{City, Part};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_and_a_unit_are_killed_and_every_word_and_gate_stands() {
    let hosts: &[&[&'static str]] = &[&[OWNER, "housing"], &[REVIEWER]];
    let mut city = City::new("standard", hosts);
    city.start_all().await;
    let who = (OWNER, HANDLER);
    let taken = async || drafts(&city, who, "a", demolition()).await;
    let id = crate::s1::stage::until("taken", taken, Result::is_ok).await.unwrap();
    knows(&city, REVIEWER, &id, is_at(DecisionStage::InReview)).await;

    // SIGKILL: they have no chance to say or write anything more.
    city.kill(Part::Worker);
    let yes = review(ReviewVerdict::Approve, "");
    says(&city, (REVIEWER, "wu.jun"), (&id, "yes"), yes).await.unwrap();
    // What the desk has taken is in its own journal, whether the bus has it yet or not.
    city.kill(Part::Units(1));
    city.start(Part::Units(1));
    knows(&city, OWNER, &id, is_at(DecisionStage::Cleared)).await;
    says(&city, who, (&id, "issue"), Word::Issue(Issue {})).await.unwrap();
    let reason = refused(&city, who, (&id, "early"), act("demolish", "v")).await;
    assert_eq!(reason, "NOT_PUBLISHED_YET", "nobody publishes while the worker is away");
    city.kill(Part::Units(0));
    city.start(Part::Units(0));
    city.start(Part::Worker);
    knows(&city, OWNER, &id, |one| one.publications.len() == 1).await;
    says(&city, who, (&id, "act"), act("demolish", "video-1")).await.unwrap();
    let during = |one: &Decision| one.publications.len() == 2;
    let kept = eventually(&city, "published during", &id, during).await;
    assert_eq!((kept.reviews.len(), kept.actions.len(), kept.versions.len()), (1, 1, 1));
    assert!(city.terminate(), "SIGTERM drains a role");
}
