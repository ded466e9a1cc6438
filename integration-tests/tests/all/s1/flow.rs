//! The flow of S1, and that its history shows every step with actor and time.

use kit::status;
use proto::{
    case::Outcome,
    unit::TaskState,
    whistle::{CaseStage, HistoryEntry, Part, Timeliness},
};

use super::{
    people::{Asked, CALLED, COMMUNITY, ONCE, People, counts},
    stage::Stage,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_plain_whistle_goes_from_the_gate_to_closed_on_time() {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let community = &people.community;

    // Grid and two photographs: one is not enough.
    let refused = community.raise("one-photo", 1, |_| ()).await.unwrap_err();
    assert_eq!(status::rejection(&refused).reason, "EVIDENCE_MISSING");
    let id = community.whistle().await;

    // By the registry: enforcement leads; of the four cooperating units only the one is called.
    let case = community.until("called", &id, |case| case.parts.len() == 2).await;
    assert_eq!(case.units(), CALLED);
    let leads: Vec<bool> = case.parts.iter().map(|part| part.is_lead).collect();
    assert_eq!((leads, case.owner.as_str()), (vec![true, false], "unit/enforcement"));
    let history = community.history(&id).await;
    let routed = history.iter().find(|entry| entry.r#type.ends_with("CaseRouted")).unwrap();
    assert!(routed.text.contains("WS-C02"), "the row of the registry: {}", routed.text);

    // Each reports for duty, arrives, files its own disposal; nobody had to be reminded.
    for unit in [&people.lead, &people.cooperating] {
        unit.accept(&id).await;
        unit.arrive(&id).await;
    }
    people.cooperating.dispose(&id, "licences checked").await;
    let early = people.cooperating.declare(&id).await.unwrap_err();
    assert_eq!(status::rejection(&early).reason, "NOT_THE_LEAD");
    people.lead.dispose(&id, "stalls moved to the diversion point").await;
    let worked =
        |part: &Part| part.accepted_at_ms > 0 && part.arrived_at_ms > 0 && part.disposed_at_ms > 0;
    let is_worked = |case: &proto::whistle::Case| case.parts.iter().all(worked);
    let case = community.until("worked", &id, is_worked).await;
    assert_eq!(case.stage(), CaseStage::Working, "only the lead ends the work");
    assert!(case.parts.iter().all(|part| part.reminders + part.urgings == 0), "{case:?}");

    people.lead.declare(&id).await.unwrap();
    community.until("asked to confirm", &id, Asked::confirming).await;
    let one_of_two = community.confirm(&id, &[(CALLED[0], 5)]).await.unwrap_err();
    assert_eq!(status::rejection(&one_of_two).reason, "RATING_MISSING");
    community.confirm(&id, &[(CALLED[0], 5), (CALLED[1], 4)]).await.unwrap();

    let case = community.until("closed", &id, Asked::closed).await;
    let stars: Vec<u32> = case.parts.iter().map(|part| part.stars).collect();
    assert_eq!((case.outcome(), stars), (Outcome::Confirmed, vec![5, 4]));
    assert_eq!((case.timeliness(), case.is_satisfied), (Timeliness::OnTime, true));
    for unit in [&people.lead, &people.cooperating] {
        unit.until(&id, TaskState::Closed).await;
    }
    stage.close();
}

/// Who has to have acted in a step of this type, and as which person.
fn actor(entry: &HistoryEntry) -> (&str, &str, &str) {
    match entry.r#type.rsplit('.').next().unwrap_or_default() {
        "WhistleRaised" | "CaseConfirmed" => ("service/gateway", "li.na", COMMUNITY),
        "CaseRouted" | "UnitCalled" | "CaseClosed" => ("service/worker", "", ""),
        _ if entry.source == "unit/enforcement" => ("unit/enforcement", "officer.enforcement", ""),
        _ => ("unit/market_regulation", "officer.market_regulation", ""),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_shows_every_step_with_actor_and_time() {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let id = people.community.whistle().await;
    people.work(&id).await;
    people.confirm(&id).await;
    let case = people.community.until("closed", &id, Asked::closed).await;
    let history = people.community.history(&id).await;
    assert_eq!(counts(&history), ONCE, "{history:#?}");
    for entry in &history {
        let said = (entry.source.as_str(), entry.actor.as_str(), entry.on_behalf_of.as_str());
        assert_eq!(said, actor(entry), "{entry:?}");
        assert!(entry.at_ms >= case.raised_at_ms && !entry.text.is_empty(), "{entry:?}");
    }
    // In the order in which the bus had them, each with its place.
    let places: Vec<u64> = history.iter().map(|entry| entry.place).collect();
    assert!(places.is_sorted() && places[0] > 0, "{places:?}");
    assert!(history.is_sorted_by_key(|entry| entry.accepted_at_ms), "{history:#?}");
    stage.close();
}
