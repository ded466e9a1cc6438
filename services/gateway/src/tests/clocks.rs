//! The history of a case with its clocks, page by page the same as at once.

use domain::case::Fact;
use proto::{
    case::Duty,
    page::Page,
    whistle::{CaseStage, ListHistoryResponse},
};

use super::{
    searching::OFFICE,
    world::{self, World},
    *,
};

async fn page(running: &Running, case_id: &str, size: u32, token: String) -> ListHistoryResponse {
    let page = Some(Page { size, token });
    let request = ListHistoryRequest { case_id: case_id.into(), page };
    running.client(OFFICE).list_history(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn each_step_says_both_clocks_and_whom_the_case_waited_for() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    let worker = "service/worker";
    world.tell(&running, &id, &[(worker, world::routed(1, true))]).await;
    world.tell(&running, &id, &[(worker, world::called(1, "enforcement"))]).await;
    world.tell(&running, &id, &[(worker, world::called(1, "environment"))]).await;
    world.tell(&running, &id, &[("unit/environment", world::accepted(1, "environment"))]).await;
    world.tell(&running, &id, &[("unit/enforcement", world::accepted(1, "enforcement"))]).await;
    running.clock.set(Moment(NOW.0 + 10_000));

    // The bus has one thing a second: the whistle after one, the route after two.
    let answer = page(&running, &id, 50, String::new()).await;
    let steps = &answer.entries;
    let public: Vec<i64> = steps.iter().map(|step| step.public_ms).collect();
    assert_eq!(public, [1_000, 2_000, 3_000, 4_000, 5_000, 6_000]);
    let waited = |step: usize| -> Vec<(&str, Duty, i64, bool)> {
        let waited = steps[step].waited_for.iter();
        let since = |ms: i64| ms - NOW.0;
        waited
            .map(|one| (one.party.as_str(), one.duty(), since(one.since_ms), one.has_ended))
            .collect()
    };
    let (lead, beside) = ("unit/enforcement", "unit/environment");
    assert!((0..3).all(|step| waited(step).is_empty()), "nobody was called yet: {steps:#?}");
    assert_eq!(waited(3), [(lead, Duty::Accept, 3_000, false)]);
    let both = [(lead, Duty::Accept, 3_000, false), (beside, Duty::Accept, 4_000, true)];
    assert_eq!(waited(4), both);
    let last = waited(5);
    assert!(last.contains(&(lead, Duty::Accept, 3_000, true)), "{last:?}");
    assert!(last.contains(&(beside, Duty::Arrive, 5_000, false)), "{last:?}");
    let limits = city().limits("standard", &"mobile_stall".parse().unwrap());
    let due =
        limits.accept.pace.after(&limits.calendar, Moment(NOW.0 + 3_000), limits.accept.within_ms);
    let first = &steps[3].waited_for[0];
    assert_eq!((first.since_ms, first.due_at_ms), (NOW.0 + 3_000, due.0));
    let all = i64::try_from(limits.accept.within_ms).unwrap();
    assert_eq!(first.used_ms + first.left_ms, all);
    assert_eq!(first.is_working_time, !limits.accept.pace.is_around());
    assert!(!first.is_over);
    let stages: Vec<CaseStage> = steps.iter().map(HistoryEntry::stage).collect();
    let called = [CaseStage::Called; 4];
    assert_eq!(stages[..], [&[CaseStage::Raised], &called[..], &[CaseStage::Working]].concat());
    assert_eq!((steps[0].owner.as_str(), steps[1].owner.as_str()), ("service/worker", lead));
    assert_eq!((steps[0].round, steps[5].round), (0, 1));
    assert_eq!(steps[4].source, "unit/environment");

    // Whom it waits for now, with clocks that run on.
    let now: Vec<(&str, Duty, i64)> =
        answer.waits_for.iter().map(|w| (w.party.as_str(), w.duty(), w.since_ms - NOW.0)).collect();
    assert!(now.contains(&(lead, Duty::Arrive, 6_000)), "{now:?}");
    assert!(now.contains(&(beside, Duty::Arrive, 5_000)), "{now:?}");

    // Page by page it is the same, and only the last one says whom it waits for.
    let (mut entries, mut token) = (Vec::new(), String::new());
    loop {
        let one = page(&running, &id, 2, token).await;
        entries.extend(one.entries);
        token = one.next_token;
        if token.is_empty() {
            assert_eq!(one.waits_for, answer.waits_for);
            break;
        }
        assert!(one.waits_for.is_empty());
    }
    assert_eq!(entries, answer.entries);
}

#[tokio::test]
async fn a_wait_that_goes_on_past_its_due_moment_is_over_in_every_step_after() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    let worker = "service/worker";
    world.tell(&running, &id, &[(worker, world::routed(1, true))]).await;
    world.tell(&running, &id, &[(worker, world::called(1, "enforcement"))]).await;
    let due = page(&running, &id, 50, String::new()).await.waits_for[0].due_at_ms;
    let mut late = world.said(worker, &id, &world::urged(1, "enforcement"));
    late.accepted_at_ms = due + 60_000;
    running.gateway.store().receive(vec![late]).await.unwrap();
    let (round, unit) = (1, "enforcement".parse().unwrap());
    let refused = Fact::Refused { round, unit, reason: "no".into(), named_unit: None };
    let mut later = world.said("unit/enforcement", &id, &refused);
    later.accepted_at_ms = due + 120_000;
    running.gateway.store().receive(vec![later]).await.unwrap();
    let steps = page(&running, &id, 50, String::new()).await.entries;
    let (urged, refused) = (&steps[3].waited_for[0], &steps[4].waited_for[0]);
    assert!(urged.is_over && !urged.has_ended && refused.is_over && refused.has_ended);
    assert_eq!((urged.since_ms, refused.since_ms), (NOW.0 + 3_000, NOW.0 + 3_000));
    // Its own time is working time: the rest that lay between took nothing of it.
    let limits = city().limits("standard", &"mobile_stall".parse().unwrap());
    let all = i64::try_from(limits.accept.within_ms).unwrap();
    assert_eq!((urged.left_ms, urged.is_working_time), (0, true));
    assert!((all..urged.due_at_ms - urged.since_ms).contains(&urged.used_ms), "{urged:?}");
}

#[tokio::test]
async fn a_whistle_that_is_not_on_the_bus_is_all_its_history() {
    let running = Running::start().await;
    let id = running.raise(running.stall("r1")).await;
    let answer = page(&running, &id, 1, String::new()).await;
    let [step] = &answer.entries[..] else { panic!("{answer:?}") };
    assert_eq!((step.place, step.public_ms, step.stage()), (0, 0, CaseStage::Raised));
    assert!(answer.waits_for.is_empty() && answer.next_token.is_empty());
}
