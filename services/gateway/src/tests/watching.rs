//! Watching: everything once, in order, from wherever one stopped, and an end when it ends.

use proto::ledger::{ListStepsRequest, ListStepsResponse};
use proto::page::Page;
use proto::whistle::{CaseStage as Stage, WatchCasesRequest, WatchCasesResponse};
use tonic::Streaming;

use super::{world::World, *};

async fn watch(running: &Running, party: &str, after_place: u64, case_id: &str) -> Steps {
    let request = WatchCasesRequest { after_place, case_id: case_id.into(), only_new: false };
    let answer = running.client(party).watch_cases(request).await.unwrap();
    Steps(answer.into_inner())
}

impl Running {
    async fn lately(
        &self,
        party: &str,
        since_ms: i64,
        size: u32,
        token: &str,
    ) -> ListStepsResponse {
        let page = Some(Page { size, token: token.to_owned() });
        let request = ListStepsRequest { since_ms, page };
        self.ledger(party).list_steps(request).await.unwrap().into_inner()
    }
}

struct Steps(Streaming<WatchCasesResponse>);

impl Steps {
    async fn next(&mut self) -> Result<WatchCasesResponse, Status> {
        let next = tokio::time::timeout(PATIENCE, self.0.message()).await.expect("nothing comes");
        next.map(|step| step.expect("the stream has ended"))
    }

    /// The next so many, as place, stage and what was said.
    async fn take(&mut self, count: usize) -> Vec<(u64, Stage, String)> {
        let mut taken = Vec::new();
        for _ in 0..count {
            let step = self.next().await.unwrap();
            let (entry, case) = (step.entry.unwrap(), step.case.unwrap());
            assert_eq!((entry.place, &entry.case_id), (step.place, &case.case_id));
            taken.push((step.place, case.stage(), entry.r#type));
        }
        taken
    }
}

/// One record with four facts: a case is routed, two units are called, one accepts.
fn four_facts() -> [(&'static str, domain::case::Fact); 4] {
    [
        ("service/worker", world::routed(1, true)),
        ("service/worker", world::called(1, "enforcement")),
        ("service/worker", world::called(1, "environment")),
        ("unit/environment", world::accepted(1, "environment")),
    ]
}

#[tokio::test]
async fn several_steps_of_one_record_have_places_of_their_own_and_a_resume_misses_none() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    world.tell(&running, &id, &four_facts()).await;

    let all = watch(&running, DONGFENG, 0, "").await.take(5).await;
    let places: Vec<u64> = all.iter().map(|(place, ..)| *place).collect();
    assert_eq!(places, [1, 2, 3, 4, 5]);
    assert_eq!((all[0].1, all[1].1), (Stage::Raised, Stage::Called));
    for after in 0..5 {
        let rest = watch(&running, DONGFENG, after, "").await.take(5 - after as usize).await;
        assert_eq!(rest, all[after as usize..]);
        let rest = watch(&running, DONGFENG, after, &id).await.take(5 - after as usize).await;
        assert_eq!(rest, all[after as usize..]);
    }
}

#[tokio::test]
async fn what_comes_later_is_seen_by_whom_it_concerns_with_the_case_as_it_was() {
    let running = Running::start().await;
    let mut world = World::default();
    let mut all = watch(&running, "office/leading_group_office", 0, "").await;
    let mut theirs = watch(&running, XISHAN, 0, "").await;
    let id = running.raise(running.stall("r1")).await;
    let mut one = watch(&running, DONGFENG, 0, &id).await;
    let other = RaiseWhistleRequest { grid: "WS-KH-003".into(), ..running.stall("r2") };
    let other = running.client(XISHAN).raise_whistle(other).await.unwrap().into_inner().case_id;
    world.echo(&running).await;
    world.work_through(&running, &id, 1).await;
    world.tell(&running, &other, &[("service/worker", world::routed(1, true))]).await;
    world.tell(&running, &id, &[("service/worker", world::unconfirmed(1))]).await;

    assert_eq!(all.take(14).await.len(), 14);
    let theirs: Vec<Stage> = theirs.take(2).await.into_iter().map(|(_, stage, _)| stage).collect();
    assert_eq!(theirs, [Stage::Raised, Stage::Called]);
    let stages: Vec<Stage> = one.take(12).await.into_iter().map(|(_, stage, _)| stage).collect();
    assert_eq!((stages[0], stages[1], stages[11]), (Stage::Raised, Stage::Called, Stage::Closed));
    assert_eq!(stages[10], Stage::Confirming);
    // Whoever begins late sees the same past.
    let late = watch(&running, "unit/environment", 0, &id).await.take(12).await;
    assert_eq!(late.into_iter().map(|(_, stage, _)| stage).collect::<Vec<_>>(), stages);
}

#[tokio::test]
async fn a_long_ledger_is_watched_to_its_end() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    world.tell(&running, &id, &[("service/worker", world::routed(1, true))]).await;
    let urged: Vec<_> =
        (0..300).map(|_| ("service/worker", world::urged(1, "enforcement"))).collect();
    world.tell(&running, &id, &urged).await;
    let seen = watch(&running, DONGFENG, 0, "").await.take(302).await;
    assert_eq!(seen.last().unwrap().0, 302);
}

#[tokio::test]
async fn watches_are_limited_and_end_with_the_gateway() {
    let running = Running::start().await;
    let mut first = watch(&running, DONGFENG, 0, "").await;
    let mut others = Vec::new();
    for _ in 1..Config::default().watches {
        others.push(watch(&running, DONGFENG, 0, "").await);
    }
    let refused = running.client(DONGFENG).watch_cases(WatchCasesRequest::default()).await;
    assert_eq!(status::rejection(&refused.unwrap_err()).reason, "TOO_MANY_WATCHES");
    drop(others.pop());
    eventually("a place is free again", async || {
        running.client(DONGFENG).watch_cases(WatchCasesRequest::default()).await.ok()
    })
    .await;
    drop(others);
    running.stop.cancel();
    assert_eq!(status::rejection(&first.next().await.unwrap_err()).reason, "STOPPING");
    tokio::time::timeout(PATIENCE, running.task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn what_was_said_lately_comes_the_last_first_page_by_page_and_only_in_sight() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    world.tell(&running, &id, &four_facts()).await;
    let (mut places, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = running.lately(DONGFENG, 0, 2, &token).await;
        assert!(page.steps.len() <= 2);
        places.extend(page.steps.iter().map(|step| step.place));
        (token, pages) = (page.next_token, pages + 1);
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((places, pages), (vec![5, 4, 3, 2, 1], 3));
    let last = running.lately(DONGFENG, 0, 1, "").await.steps.remove(0);
    assert_eq!(last.r#type, "muster.case.v1.TaskAccepted");
    let later = last.accepted_at_ms + 1;
    assert!(running.lately(DONGFENG, later, 9, "").await.steps.is_empty(), "nothing since then");
    assert!(running.lately("community/kaihua_xishan", 0, 9, "").await.steps.is_empty());
    assert_eq!(running.lately("office/leading_group_office", 0, 9, "").await.steps.len(), 5);
}

#[tokio::test]
async fn who_watches_only_what_is_new_sees_nothing_of_before() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    let facts = [("service/worker", world::routed(1, true))];
    world.tell(&running, &id, &facts).await;
    let request = WatchCasesRequest { after_place: 0, case_id: String::new(), only_new: true };
    let answer = running.client(DONGFENG).watch_cases(request).await.unwrap();
    let facts = [("service/worker", world::called(1, "enforcement"))];
    world.tell(&running, &id, &facts).await;
    let steps = Steps(answer.into_inner()).take(1).await;
    assert_eq!((steps[0].0, steps[0].2.as_str()), (3, "muster.case.v1.UnitCalled"));
}
