//! The same stalls again: linked by the pack's rule, or merged by a person; nobody is called twice.

use proto::{
    case::{Channel, Ground, Outcome},
    unit::TaskState,
    whistle::{RaiseWhistleRequest, Report},
};

use super::{
    people::{Asked, People, at_the_gate, counts},
    stage::Stage,
};

#[tokio::test(flavor = "multi_thread")]
async fn reported_again_by_the_hotline_has_the_same_number_and_calls_nobody() {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let id = community.whistle().await;
    for unit in [&people.lead, &people.cooperating] {
        unit.accept(&id).await;
    }

    // Eight metres from there, by phone and so without a photograph, for all units of the route.
    let phoned = |request: &mut RaiseWhistleRequest| {
        request.intake = at_the_gate(Channel::Hotline, 8);
        request.intake.as_mut().unwrap().external_id = "12319-2026-77".into();
        request.called_units.clear();
    };
    let answer = community.raise("phoned", 0, phoned).await.unwrap();
    assert_eq!((&answer.case_id, answer.is_again), (&id, true));
    let repeated = community.raise("phoned", 0, phoned).await.unwrap();
    assert_eq!(repeated, answer, "the same request once more");

    for unit in [&people.lead, &people.cooperating] {
        unit.arrive(&id).await;
        unit.dispose(&id, "done").await;
    }
    people.lead.declare(&id).await.unwrap();
    people.confirm(&id).await;
    let case = community.until("closed", &id, Asked::closed).await;

    for unit in [&people.lead, &people.cooperating] {
        assert_eq!(unit.tasks().await.len(), 1);
    }
    people.nothing_came_twice(&id).await;
    let again = counts(&community.history(&id).await).contains(&("ReportedAgain", 1));
    assert!(again, "the second report is in the record, once");

    // Both reporters are answered.
    let channel = |one: &Report| one.intake.as_ref().unwrap().channel();
    let channels: Vec<Channel> = case.reports.iter().map(channel).collect();
    assert_eq!(channels, [Channel::Grid, Channel::Hotline]);
    assert_eq!(case.reports[1].ground(), Ground::SamePlace);
    for report in &case.reports {
        assert_eq!(
            (report.answered_at_ms, report.answer()),
            (case.closed_at_ms, Outcome::Confirmed)
        );
    }
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn type_and_grid_only_propose_and_a_person_merges() {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let first = community.whistle().await;
    // The other end of the cell: perhaps the same stalls, perhaps not.
    let far = |request: &mut RaiseWhistleRequest| request.intake = at_the_gate(Channel::Grid, 200);
    let answer = community.raise("far", 2, far).await.unwrap();
    assert_eq!((answer.is_again, &answer.proposed), (false, &vec![first.clone()]));
    let second = answer.case_id;
    // It waits for nobody: its units are called as for any other.
    people.lead.until(&second, TaskState::Called).await;
    assert_eq!(community.case(&second).await.proposed, std::slice::from_ref(&first));

    assert_eq!(community.merge(&second, &first).await.unwrap(), first);
    let ended = community.until("closed", &second, Asked::closed).await;
    assert_eq!((ended.outcome(), ended.merged_into.as_str()), (Outcome::Merged, first.as_str()));
    for unit in [&people.lead, &people.cooperating] {
        unit.until(&second, TaskState::Closed).await;
    }

    people.work(&first).await;
    people.confirm(&first).await;
    let case = community.until("closed", &first, Asked::closed).await;
    let from: Vec<&str> = case.reports.iter().map(|one| one.merged_from.as_str()).collect();
    assert_eq!(from, ["", &second]);
    assert!(case.reports.iter().all(|one| one.answer() == Outcome::Confirmed), "{case:#?}");
    stage.close();
}
