//! Found on day one, stopped, reviewed, published, demolished by two units with their recordings, and
//! closed in the ledger: fast, and every step is in the history.

use proto::decision::proceed_with_decision_request::Word;
use proto::{
    decision::{Decision, DecisionStage, Phase, PublishedOutcome},
    whistle::{AssignCaseRequest, Case, CaseStage, whistle_service_client::WhistleServiceClient},
};

use super::people::{
    HANDLER, OWNER, act, approved, demolition, drafts, eventually, is_at, knows, published, says,
    seen, small, waits, wenshan,
};
use crate::{operate, people::another, s7::people::Doors as _, s13::stage::Stage};

/// The co-leads agree that it is about land: the government names the lead.
async fn found(stage: &Stage) -> String {
    let seen_at = kit::clock::Clock::system().now();
    let case_id =
        stage.whistle("kaihua_dongfeng", "new_illegal_construction", "WS-KH-001", seen_at).await;
    let assigning = |case: &Case| case.stage() == CaseStage::Assigning;
    stage.until("to be assigned", &case_id, assigning).await;
    let request = AssignCaseRequest {
        command: another("zhao"),
        case_id: case_id.clone(),
        lead: OWNER.into(),
        cooperating: vec![],
        note: "the co-leads agree: it stands on land without a permit".into(),
    };
    let mut government = WhistleServiceClient::new(stage.door("office/gov_city"));
    let round = government.assign_case(request).await.unwrap().into_inner().round;
    assert_eq!(stage.called(&case_id, round).await, OWNER);
    case_id
}

#[tokio::test(flavor = "multi_thread")]
async fn new_illegal_construction_goes_through_every_gate_to_the_ledger() {
    let stage = wenshan().await;
    let case_id = found(&stage).await;
    let who = (OWNER, HANDLER);
    let about = format!("case/{case_id}");

    // The order to stop is not major: it needs no review, and is served at once.
    let stop = proto::decision::Draft { about: about.clone(), ..small("stop_order") };
    let stop = drafts(&stage, who, "stop", stop).await.unwrap();
    knows(&stage, OWNER, &stop, is_at(DecisionStage::Cleared)).await;
    says(&stage, who, (&stop, "stop/issue"), Word::Issue(Default::default())).await.unwrap();
    knows(&stage, OWNER, &stop, |one| one.publications.len() == 1).await;
    says(&stage, who, (&stop, "stop/serve"), act("serve", "")).await.unwrap();

    // The demolition is: by the pack, and not by who drafts it.
    let draft = proto::decision::Draft { about, ..demolition() };
    let id = drafts(&stage, who, "demolish", draft.clone()).await.unwrap();
    assert_eq!(drafts(&stage, who, "demolish", draft).await.unwrap(), id, "a repeat");
    let major = |one: &Decision| one.terms.as_ref().is_some_and(|terms| terms.is_major);
    let classed = knows(&stage, OWNER, &id, major).await;
    let terms = classed.terms.unwrap();
    assert_eq!(terms.reviewer, "justice");
    approved(&stage, &id).await;
    says(&stage, who, (&id, "issue"), Word::Issue(Default::default())).await.unwrap();

    // Published before anything is carried out.
    knows(&stage, OWNER, &id, |one| one.publications.len() == 1).await;
    knows(&stage, "housing", &id, |one| one.publications.len() == 1).await;
    assert!(waits(&stage, "housing", &id).await, "it carries it out too");
    for (unit, video) in [(OWNER, "video-1"), ("housing", "video-2")] {
        let person = format!("officer.{unit}");
        let word = act("demolish", video);
        says(&stage, (unit, &person), (&id, "demolish/done"), word).await.unwrap();
    }
    let during = |one: &Decision| one.publications.len() == 2 && one.actions.len() == 2;
    knows(&stage, OWNER, &id, during).await;
    says(&stage, who, (&id, "close"), Word::Close(Default::default())).await.unwrap();
    let closed =
        eventually(&stage, "published after", &id, |one| one.publications.len() == 3).await;

    is_whole(&stage, &closed, &case_id).await;
    let of = format!("decision/{}", closed.decision_id);
    let drawn = crate::traced::pictured(stage.gate("admin/li"), &of).await;
    let waits = crate::traced::waits(&drawn);
    for wait in ["unit/justice review".to_owned(), format!("unit/{OWNER} act")] {
        assert!(waits.contains(&wait), "{wait} in {waits:?}");
    }
    stage.close().await;
}

/// Every mandatory step is in the history, the ledger's entry is whole, and the extract names nobody.
async fn is_whole(stage: &Stage, closed: &Decision, case_id: &str) {
    assert_eq!((closed.stage(), closed.missing.len()), (DecisionStage::Closed, 0));
    let draft = closed.draft.clone().unwrap();
    let ledger = (&*draft.grid, draft.area_m2, &*draft.nature, &*draft.object);
    assert_eq!(ledger, ("WS-KH-001", 40, "a shed without a permit", "Zhang San"));
    assert_eq!(draft.about, format!("case/{case_id}"));
    let of_case: Case = stage.case(case_id).await;
    assert_eq!(of_case.issue_type, draft.issue_type);
    let reviewed = &closed.reviews[0];
    assert_eq!(reviewed.by.as_ref().unwrap().person, "wu.jun");
    let mut videos: Vec<String> =
        closed.actions.iter().map(|one| one.recording.clone().unwrap().reference).collect();
    // Whose word came first is nobody's promise: each unit has its own outbox.
    videos.sort_unstable();
    assert_eq!(videos, ["video-1", "video-2"], "whose hash is in the record");
    assert!(closed.actions[0].recording.as_ref().unwrap().evidence.is_some());

    // The fast track is shorter, and no gate less.
    let review = closed.terms.clone().unwrap().review.unwrap();
    let slow = drafts(
        stage,
        (OWNER, HANDLER),
        "legacy",
        proto::decision::Draft { issue_type: "legacy_illegal_construction".into(), ..demolition() },
    );
    let slow = slow.await.unwrap();
    let slow = knows(stage, OWNER, &slow, |one| one.terms.is_some()).await.terms.unwrap();
    assert!(review.within_ms < slow.review.unwrap().within_ms);
    let fast = closed.terms.clone().unwrap();
    assert_eq!(proto::decision::Terms { review: slow.review, ..fast }, slow);

    let all = published(stage, "community/kaihua_dongfeng").await;
    let of: Vec<_> = all.iter().filter(|one| one.decision_id == closed.decision_id).collect();
    let phases: Vec<Phase> = of.iter().map(|one| one.extract.as_ref().unwrap().phase()).collect();
    assert_eq!(phases, [Phase::Before, Phase::During, Phase::After]);
    let last = of[2].extract.as_ref().unwrap();
    assert_eq!(last.outcome(), PublishedOutcome::CarriedOut);
    assert!(last.is_reviewed);
    for secret in ["Zhang", "shed", "WS-KH-001", HANDLER, "wu.jun"] {
        assert!(!format!("{of:?}").contains(secret), "{secret}");
    }
    let no = seen(stage, "unit/transport", &closed.decision_id).await.unwrap_err();
    assert_eq!(kit::status::rejection(&no).reason, "NOT_YOUR_DECISION");

    let as_office = ["--as", super::people::OFFICE];
    let said = operate::said(&stage.data(), &[&["decisions", "list"][..], &as_office].concat());
    assert!(said.iter().any(|one| one["stage"] == "closed"), "{said:?}");
    let id = closed.decision_id.as_str();
    let shown =
        operate::shown(&stage.data(), &[&["decisions", "show", id][..], &as_office].concat());
    for part in ["review: approve", "done: demolish", "video-2", "published after", "issued"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let lines =
        operate::shown(&stage.data(), &[&["decisions", "publications"][..], &as_office].concat());
    assert!(lines.contains("强制拆除违法建设"), "{lines}");
}
