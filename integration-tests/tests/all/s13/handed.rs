//! Open cases are listed for a reviewed batch, and keep their decision unless they are handed over.

use proto::{
    bus::{ListEnvelopesRequest, bus_service_client::BusServiceClient},
    unit::TaskState,
};

use super::stage::{Stage, noon};
use crate::{people::line, s1::stage::until};

const COMMUNITY: &str = "kaihua_dongfeng";

#[tokio::test(flavor = "multi_thread")]
async fn open_cases_are_listed_handed_over_in_a_reviewed_batch_and_the_others_keep_their_lead() {
    let stage = Stage::with_environment().await;
    let july = stage.first();
    // Seen two days before: whatever the hour is now, that is past.
    let seen = noon(july.previous().previous().previous());
    let first = stage.whistle(COMMUNITY, "open_air_bbq", "WS-KH-001", seen).await;
    let second = stage.whistle(COMMUNITY, "open_air_bbq", "WS-KH-002", seen).await;
    let stays = stage.whistle("kaihua_xishan", "open_air_bbq", "WS-KH-003", seen).await;
    let environment = stage.desk("environment");
    for case in [&first, &stays] {
        assert_eq!(stage.called(case, 1).await, "environment");
        environment.arrive(case).await;
    }
    stage.called(&second, 1).await;
    let raised_at = stage.case(&first).await.raised_at_ms;

    let id = stage.propose("enforcement", july);
    stage.approve(&id);
    let early = stage.refused(&["hand-over", &id, &first, "--person", "li.na", "--as", "admin/li"]);
    assert!(early.contains("NOT_IN_FORCE"), "{early}");
    stage.pass_to(july);
    is_back(&stage).await;
    let touched = stage.said(&["touched", &id]);
    let mut cases: Vec<&str> = touched.iter().map(|one| one["case_id"].as_str().unwrap()).collect();
    cases.sort_unstable();
    let mut all = [first.as_str(), &second, &stays];
    all.sort_unstable();
    assert_eq!(cases, all);
    assert!(stage.shown(&["touched", &id]).contains("unit/environment"));

    // A preview of two of them; then with its digest, and only with it.
    let hand_over = ["hand-over", &id, &first, &second, "--person", "li.na", "--as", "admin/li"];
    assert!(stage.shown(&hand_over).contains("nothing was changed"));
    let preview = stage.said(&hand_over);
    assert_eq!((preview.len(), &preview[0]["lead"]), (2, &"enforcement".into()));
    assert_eq!(preview[0]["released"][0], "environment");
    let digest = preview[0]["digest"].as_str().unwrap();
    let wrong = stage.refused(&[&hand_over[..], &["--digest", "00"]].concat());
    assert!(wrong.contains("PREVIEW_STALE"), "{wrong}");
    assert_eq!(stage.case(&first).await.round, 1);
    let done = stage.said(&[&hand_over[..], &["--digest", digest]].concat());
    assert_eq!(done[0]["is_preview"], false);

    for case in [&first, &second] {
        assert_eq!(stage.called(case, 2).await, "enforcement");
        assert_eq!(stage.case(case).await.owner, "unit/enforcement");
        environment.until(case, TaskState::Superseded).await;
    }
    // The one that nobody handed over keeps its decision.
    let kept = stage.case(&stays).await;
    assert_eq!((kept.owner.as_str(), kept.round), ("unit/environment", 1));
    environment.until(&stays, TaskState::Arrived).await;
    let left = stage.said(&["touched", &id]);
    assert_eq!((left.len(), &left[0]["case_id"]), (1, &stays.as_str().into()));

    settle(&stage, &first, &stays).await;
    assert_eq!(stage.case(&first).await.raised_at_ms, raised_at, "the public clock went on");
    let over: Vec<String> = stage
        .history(&first)
        .await
        .into_iter()
        .filter(|entry| entry.r#type.ends_with("CaseHandedOver"))
        .map(|entry| entry.recipient)
        .collect();
    assert_eq!(over, ["", "unit/environment"], "the record, and who had it");
    // To hand a case over wakes its flow for the new round, and for its earlier deadline.
    let [handed, plain] = stage.costs(&[&first, &stays]).await[..] else { panic!("two cases") };
    println!("handed over {handed:?}, plain {plain:?}: writes and events");
    let is_cheap = handed.0 <= plain.0 + 8 && handed.1 <= plain.1 + 16;
    assert!(is_cheap, "handed over {handed:?}, plain {plain:?}");
    stage.close().await;
}

/// Time has passed at once, which is an outage for the worker: until it has said so, no flow looks.
async fn is_back(stage: &Stage) {
    let bus = BusServiceClient::new(line(&stage.data(), "admin/li", &["bus"]));
    let said = async || {
        let request = ListEnvelopesRequest { subject: "outage/wenshan".into(), page: None };
        let listed = bus.clone().list_envelopes(request).await.unwrap();
        listed.into_inner().recorded.len()
    };
    until("the outage is on record", said, |said| *said > 0).await;
}

/// Both come to their end, each with its own lead.
async fn settle(stage: &Stage, first: &str, stays: &str) {
    let (environment, enforcement) = (stage.desk("environment"), stage.desk("enforcement"));
    let market = stage.desk("market_regulation");
    for (case, lead, community) in
        [(first, &enforcement, COMMUNITY), (stays, &environment, "kaihua_xishan")]
    {
        if case == first {
            lead.arrive(case).await;
        }
        market.arrive(case).await;
        market.dispose(case).await;
        lead.dispose(case).await;
        lead.declare(case).await;
        let units = match case == first {
            true => ["enforcement", "market_regulation"],
            false => ["environment", "market_regulation"],
        };
        stage.confirm(community, case, &units).await;
    }
}
