//! The flow of S11: wrong dispatch, three units, wires back, a shorter second round; and what rework
//! does not change.

use kit::status;
use proto::{
    case::Outcome,
    whistle::{Answer, CaseStage, Timeliness},
};

use super::people::{CALLED, People, closed};
use crate::s1::stage::{LONG, Stage};

/// In which round the community has said something, and whether it was satisfied.
fn word(answer: Option<Answer>) -> Option<(u32, bool)> {
    answer.map(|answer| (answer.round, answer.is_satisfied))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wires_come_back_and_the_second_round_is_shorter_and_settles_it() {
    let stage = Stage::open(&[("dispose", LONG), ("rework", "10m,1m,1m")]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let id = community.raise("whistle", |_| ()).await.unwrap();

    // Housing leads by WS-C08; fire and the power company are called beside it, nobody else.
    let case = community.until("called", &id, |case| case.parts.len() == 3).await;
    let units: Vec<&str> = case.parts.iter().map(|part| part.unit.as_str()).collect();
    assert_eq!((units, case.owner.as_str()), (CALLED.to_vec(), "unit/housing"));
    let due = case.due_at_ms;
    let first = people.housing.called(&id, 1, "").await.call.unwrap();
    assert_eq!(first.dispose_within_ms, 30 * 60_000);
    people.round(&id, 1).await;

    // Not satisfied, and it is shown; that is the first answer, whatever comes.
    community.send_back(&id, 1).await;
    let again = people.housing.called(&id, 2, "").await;
    assert_eq!(again.call.unwrap().dispose_within_ms, 10 * 60_000, "the shorter limit");
    let case = community.until("in round 2", &id, |case| case.round == 2).await;
    assert_eq!((case.dissatisfied, word(case.first_answer)), (1, Some((1, false))));
    let history = community.history(&id).await;
    let back = history.iter().find(|step| step.r#type.ends_with(".CaseSentBack")).unwrap();
    assert!(back.text.contains("the wires are back"), "{}", back.text);
    people.round(&id, 2).await;

    let missing = community.confirm(&id, &[("housing", 4), ("fire_rescue", 5)]).await.unwrap_err();
    assert_eq!(status::rejection(&missing).reason, "RATING_MISSING", "each unit is rated");
    let stars = [("housing", 4), ("fire_rescue", 5), ("power_company", 3)];
    community.confirm(&id, &stars).await.unwrap();
    let case = community.until("closed", &id, closed).await;
    let rated: Vec<u32> = case.parts.iter().map(|part| part.stars).collect();
    assert_eq!((case.outcome(), rated), (Outcome::Confirmed, vec![5, 4, 3]));

    // The due moment is the one of the whistle; first and last satisfaction stand side by side.
    assert_eq!(case.due_at_ms, due, "rework does not move it");
    assert_eq!(case.timeliness(), Timeliness::OnTime);
    let (first, last) = (word(case.first_answer), word(case.last_answer));
    assert_eq!((first, last), (Some((1, false)), Some((2, true))));
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn rework_after_the_first_due_moment_is_late_although_each_round_was_in_time() {
    let stage = Stage::open(&[
        ("accept", "3s,1s,30m"),
        ("arrive", "3s,1s,30m"),
        ("dispose", "4s,1s,30m"),
        ("rework", "20m,1m,30m"),
    ]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let id = community.raise("whistle", |_| ()).await.unwrap();
    people.round(&id, 1).await;
    let case = community.case(&id).await;
    let due = case.due_at_ms;
    community.send_back(&id, 1).await;
    let over = async || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        i64::try_from(since.as_millis()).unwrap()
    };
    crate::s1::stage::until("after the first due moment", over, |now| *now > due).await;
    people.round(&id, 2).await;
    let stars = [("housing", 4), ("fire_rescue", 5), ("power_company", 3)];
    community.confirm(&id, &stars).await.unwrap();
    let case = community.until("closed", &id, closed).await;
    assert_eq!((case.due_at_ms, case.timeliness()), (due, Timeliness::Late));
    assert!(case.is_satisfied, "satisfied in the end, and late all the same");
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_dispatch_is_refused_with_reason_and_comes_to_the_unit_that_was_named() {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let wrong = |request: &mut proto::whistle::RaiseWhistleRequest| {
        request.issue_type = "messy_placement".into();
        request.called_units = vec!["enforcement".into()];
    };
    let id = community.raise("wrong", wrong).await.unwrap();
    let enforcement = people.unit("enforcement");
    enforcement.refuse(&id, "wires inside a compound are housing's", "housing").await;
    // Somebody owns it at every moment: who assigns, or already the unit that was named.
    let moved = |case: &proto::whistle::Case| case.round >= 2;
    let case = community.until("moved on", &id, moved).await;
    if case.stage() == CaseStage::Assigning {
        assert_eq!(case.owner, "office/gov_city", "the office sits in enforcement");
        people.government.assign(&id, "housing").await;
    }
    let is_housings = |case: &proto::whistle::Case| case.owner == "unit/housing";
    let case = community.until("housing's", &id, is_housings).await;
    assert_eq!(case.closed_at_ms, 0);
    let history = community.history(&id).await;
    let refused = history.iter().find(|step| step.r#type.ends_with(".TaskRefused")).unwrap();
    assert!(refused.text.contains("it names Housing"), "{}", refused.text);
    stage.close();
}
