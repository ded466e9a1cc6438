//! The ledger folds the bus's record: stages, history, whom it believes, and again from nothing.

use domain::{case::Fact, clock::Pace};
use proto::{
    case::Rating,
    whistle::{CaseStage as Stage, ConfirmCaseRequest, Timeliness},
};

use super::{world::World, *};

const OFFICE: &str = "office/leading_group_office";

const ENFORCEMENT: &str = "Urban management & comprehensive enforcement (市城乡综合执法局)";
const ENVIRONMENT: &str = "Ecology & environment (生态环境分局)";

/// Of the plain case, with E and N for the two units.
const SENTENCES: [&str; 8] = [
    "Round 1: E leads with N: WS-C02",
    "N was called to cooperate with E",
    "E was urged to accept; the limit is 2026-11-22 10:01",
    "N reported for duty",
    "N is on site",
    "E declared the matter disposed: cleared",
    "The community confirmed that it is settled: E 5 stars, N 1 star",
    "Closed as confirmed",
];

async fn confirm(running: &Running, case_id: &str) {
    let rating =
        |(unit, stars): (&str, u32)| Rating { unit: unit.into(), stars, ..Rating::default() };
    let ratings = [("enforcement", 5), ("environment", 1)].map(rating).into();
    let request =
        ConfirmCaseRequest { command: command(case_id), case_id: case_id.into(), ratings };
    running.client(DONGFENG).confirm_case(request).await.unwrap();
}

#[tokio::test]
async fn a_case_goes_from_the_whistle_to_the_closing() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    let case = async || running.get(OFFICE, &id).await.unwrap();
    running.clock.advance(Duration::from_secs(3_600));
    world.echo(&running).await;
    assert_eq!((case().await.is_on_bus, case().await.raised_at_ms), (true, NOW.0));
    // The public clock runs from the whistle; the course is the one that the worker has.
    let number = id.parse().unwrap();
    let matter = running.gateway.store().read(|tx| index::matter(tx, &number)).unwrap().unwrap();
    assert_eq!(matter.course.raised_at, Moment(NOW.0 + 1_000));

    world.tell(&running, &id, &[("service/worker", world::routed(1, true))]).await;
    world.tell(&running, &id, &[("service/worker", world::called(1, "enforcement"))]).await;
    let seen = case().await;
    assert_eq!(
        (seen.stage(), seen.round, seen.owner.as_str()),
        (Stage::Called, 1, "unit/enforcement")
    );
    let limits = city().limits("standard", &"mobile_stall".parse().unwrap());
    let owed = &seen.owed[0];
    let called_at = seen.parts[0].called_at_ms;
    assert_eq!(owed.party, "unit/enforcement");
    let due = limits.calendar.after(Moment(called_at), limits.accept.within_ms);
    assert_eq!((limits.accept.pace, owed.due_at_ms), (Pace::Working, due.0));

    world.tell(&running, &id, &[("service/worker", world::urged(1, "enforcement"))]).await;
    world.work_through(&running, &id, 1).await;
    let seen = case().await;
    assert_eq!(
        (seen.stage(), seen.parts[0].urgings, seen.parts[0].is_lead),
        (Stage::Confirming, 1, true)
    );
    assert_eq!(seen.owed[0].party, DONGFENG);
    let forged = Fact::Confirmed { round: 1, ratings: Vec::new() };
    world.tell(&running, &id, &[("unit/enforcement", forged)]).await;
    confirm(&running, &id).await;
    world.echo(&running).await;
    world.tell(&running, &id, &[("service/worker", world::closed(1))]).await;

    let seen = case().await;
    let stars: Vec<u32> = seen.parts.iter().map(|part| part.stars).collect();
    assert_eq!(
        (seen.stage(), seen.outcome(), stars),
        (Stage::Closed, proto::case::Outcome::Confirmed, vec![5, 1])
    );
    assert!(seen.closed_at_ms > seen.raised_at_ms && seen.owed.is_empty());
    assert_eq!(seen.due_at_ms, domain::case::standing::due_at(NOW, &limits).0);
    assert_eq!((seen.timeliness(), seen.is_satisfied), (Timeliness::OnTime, true));
    let counts = running.gateway.counts().unwrap();
    assert_eq!((counts.raised, counts.closed, counts.open, counts.passed_over), (1, 1, 0, 1));

    let history = running.history(DONGFENG, &id).await.unwrap();
    let places: Vec<u64> = history.iter().map(|entry| entry.place).collect();
    assert_eq!(places, (1..=places.len() as u64).collect::<Vec<_>>());
    for sentence in SENTENCES {
        let sentence = sentence.replace('E', ENFORCEMENT).replace('N', ENVIRONMENT);
        assert!(history.iter().any(|entry| entry.text == sentence), "{sentence}: {history:#?}");
    }
    let word = history.iter().find(|entry| entry.r#type == "muster.case.v1.CaseConfirmed").unwrap();
    assert_eq!((word.source.as_str(), word.on_behalf_of.as_str()), ("service/gateway", DONGFENG));
    assert_eq!(word.actor, "li.na");
}

#[tokio::test]
async fn what_is_no_fact_or_not_from_who_may_say_it_changes_nothing_and_is_counted() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    world.tell(&running, &id, &[("service/worker", world::routed(1, true))]).await;
    let before = running.get(OFFICE, &id).await.unwrap();
    let subject = format!("case/wenshan/{id}");
    let strange = vec![
        world.said("unit/housing", &id, &world::accepted(1, "enforcement")),
        world.said("unit/enforcement", &id, &world::closed(1)),
        world.said("service/gateway", &id, &world::closed(1)),
        world.said("service/worker", "20260101-AAAAAAAA", &world::closed(1)),
        world.wrote("service/worker", &subject, "muster.case.v1.CaseClosed".into(), vec![0xff]),
        world.wrote("service/worker", &subject, "muster.register.v1.Asked".into(), vec![]),
        world.wrote("service/worker", "case/other/x", "muster.case.v1.CaseClosed".into(), vec![]),
    ];
    running.gateway.store().receive(strange).await.unwrap();
    assert_eq!(running.get(OFFICE, &id).await.unwrap(), before);
    assert_eq!(running.history(OFFICE, &id).await.unwrap().len(), 2);
    let counts = running.gateway.counts().unwrap();
    assert_eq!((counts.passed_over, counts.is_whole()), (7, true));
}

#[tokio::test]
async fn a_view_that_is_gone_is_made_again_the_same() {
    let running = Running::start().await;
    let mut world = World::default();
    for request in ["r1", "r2"] {
        let id = running.raise(running.stall(request)).await;
        world.echo(&running).await;
        world.work_through(&running, &id, 1).await;
        confirm(&running, &id).await;
        world.echo(&running).await;
        world.tell(&running, &id, &[("service/worker", world::closed(1))]).await;
    }
    running.raise(running.cables("r3")).await;
    let before = running.gateway.dump().unwrap();
    // Of what is closed no decision is remembered.
    assert!(before.1.iter().all(|(key, _)| key[0] != b'd'), "{:?}", before.1);

    let (dir, authority) = running.stop().await;
    let view = dir.path().join("gateway/view");
    eventually("the view is free", async || std::fs::remove_dir_all(&view).ok()).await;
    let running = Running::open(dir, authority, "https://127.0.0.1:1").await;
    assert_eq!(running.gateway.dump().unwrap(), before);
    assert_eq!(running.gateway.counts().unwrap().raised, 3);
}

#[tokio::test]
async fn a_profile_that_is_not_in_the_pack_is_refused_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { profile: "demmo".into(), ..Config::default() };
    let clock = Clock::fixed(NOW);
    let opened = Gateway::open(dir.path(), city(), config, clock, Stats::default());
    let Err(Error::Profile { profile, right }) = opened else { panic!("it opened") };
    assert_eq!((profile.as_str(), right.as_str()), ("demmo", "demo, standard"));
}
