//! Whistles while everything else is down.

use kit::page;
use proto::{
    page::Page,
    whistle::{AssignCaseRequest, CaseStage as Stage, ListCasesRequest, ListHistoryRequest},
};

use super::{world::World, *};

#[tokio::test]
async fn a_whistle_is_taken_and_seen_while_everything_is_down() {
    let running = Running::start().await;
    let id = running.raise(running.stall("r1")).await;
    assert!(id.starts_with("20261122-") && id.len() == 17, "{id}");

    let case = running.get(DONGFENG, &id).await.unwrap();
    assert_eq!((case.stage(), case.is_on_bus, case.round), (Stage::Raised, false, 0));
    assert_eq!((case.raised_at_ms, case.owner.as_str()), (NOW.0, "service/worker"));
    assert_eq!((case.description.as_str(), case.grid.as_str()), ("三个流动摊点占道", "WS-KH-001"));
    let history = running.history(DONGFENG, &id).await.unwrap();
    assert_eq!((history.len(), history[0].place, history[0].accepted_at_ms), (1, 0, 0));
    assert_eq!(
        history[0].text,
        "Dongfeng community (东风社区) blew the whistle: Mobile stalls (流动摊点 / 违法设摊) in \
         WS-KH-001: 三个流动摊点占道"
    );
    let counts = running.gateway.counts().unwrap();
    assert_eq!((counts.raised, counts.open, counts.is_whole()), (1, 1, true));
}

#[tokio::test]
async fn the_envelope_says_who_and_for_whom_and_a_case_is_one_trace() {
    let running = Running::start().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut request = tonic::Request::new(running.cables("r1"));
    request.metadata_mut().insert(kit::trace::TRACEPARENT, trace.parse().unwrap());
    let id = running.client(DONGFENG).raise_whistle(request).await.unwrap().into_inner().case_id;

    let sending = running
        .gateway
        .store()
        .unpublished(kit::store::Load::count(9), &Default::default())
        .unwrap()
        .remove(0);
    let envelope = proto::envelope::from_wire(sending.wire).unwrap();
    assert_eq!(envelope.id.as_str(), format!("{id}/0/raise"));
    assert_eq!(envelope.subject, format!("case/wenshan/{id}"));
    assert_eq!((envelope.recipient, envelope.number), (None, 1));
    assert_eq!(envelope.actor.unwrap().as_str(), "li.na");
    assert_eq!(envelope.on_behalf_of.unwrap().to_string(), DONGFENG);
    let of_call = "00-4bf92f3577b34da6a3ce929d0e0e4736-";
    assert!(envelope.traceparent.unwrap().starts_with(of_call));

    // The office's own call is of another trace; what it says about the case is of the case's.
    let mut world = World::default();
    world.echo(&running).await;
    world.tell(&running, &id, &[("service/worker", world::routed(1, false))]).await;
    let (command, lead) = (command("a1"), "housing".into());
    let request = AssignCaseRequest { command, case_id: id, lead, ..AssignCaseRequest::default() };
    running.client("office/leading_group_office").assign_case(request).await.unwrap();
    let sending = running
        .gateway
        .store()
        .unpublished(kit::store::Load::count(9), &Default::default())
        .unwrap()
        .remove(0);
    let envelope = proto::envelope::from_wire(sending.wire).unwrap();
    assert!(envelope.traceparent.unwrap().starts_with(of_call));
    assert_eq!(envelope.on_behalf_of.unwrap().to_string(), "office/leading_group_office");
}

#[tokio::test]
async fn a_repeat_is_the_same_case_also_after_a_restart_and_other_content_is_refused() {
    let running = Running::start().await;
    let request = running.stall("r1");
    let id = running.raise(request.clone()).await;
    assert_eq!(running.raise(request.clone()).await, id);

    let running = running.restart().await;
    running.clock.advance(std::time::Duration::from_secs(86_400));
    assert_eq!(running.raise(request.clone()).await, id);
    let other = RaiseWhistleRequest { description: "other".into(), ..request };
    let refused = running.client(DONGFENG).raise_whistle(other).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::AlreadyExists);
    assert_eq!(status::rejection(&refused).reason, "REQUEST_ID_REUSED");
    assert_ne!(running.raise(running.stall("r2")).await, id);
    assert_eq!(running.gateway.counts().unwrap().raised, 2);
}

#[tokio::test]
async fn a_number_that_is_taken_is_made_longer() {
    let running = Running::start().await;
    let by = (DONGFENG.parse().unwrap(), "r1".parse().unwrap());
    let mut numbers = number::candidates(&city(), &by.0, &by.1, NOW);
    let (first, second) = (numbers.next().unwrap(), numbers.next().unwrap());
    // Another case of the bus's record has the number already.
    let (kind, body) = proto::fact::write(&domain::case::Fact::Whistled(domain::case::Whistle {
        community: "kaihua_xishan".parse().unwrap(),
        issue_type: "mobile_stall".parse().unwrap(),
        grid: "WS-KH-003".parse().unwrap(),
        description: "x".into(),
        evidence: vec![],
        called_units: vec![],
        seen_at: NOW,
        intake: domain::case::Intake::default(),
        proposed: vec![],
        severity: Default::default(),
        complaint: None,
    }));
    let subject = format!("case/wenshan/{first}");
    let received = World::default().wrote("service/gateway", &subject, kind, body);
    running.gateway.store().receive(vec![received]).await.unwrap();

    assert_eq!(running.raise(running.stall("r1")).await, second.as_str());
}

#[tokio::test]
async fn lists_have_pages_and_the_closed_are_not_among_the_open() {
    let running = Running::start().await;
    let mut world = World::default();
    let mut ids = Vec::new();
    for request in ["a", "b", "c", "d", "e"] {
        ids.push(running.raise(running.stall(request)).await);
    }
    world.echo(&running).await;
    ids.sort();
    let gone = ids[1].clone();
    world.work_through(&running, &gone, 1).await;
    world.tell(&running, &gone, &[("service/worker", world::unconfirmed(1))]).await;

    let list = async |stage: Stage, only_open, size, token: &str| {
        let page = Some(Page { size, token: token.into() });
        let request = ListCasesRequest { stage: stage.into(), only_open, page };
        let answer = running.client("office/leading_group_office").list_cases(request).await;
        let answer = answer.unwrap().into_inner();
        let ids: Vec<String> = answer.cases.into_iter().map(|case| case.case_id).collect();
        (ids, answer.next_token)
    };
    let (first, next) = list(Stage::Unspecified, true, 3, "").await;
    let (rest, end) = list(Stage::Unspecified, true, 3, &next).await;
    let open: Vec<String> = ids.iter().filter(|id| **id != gone).cloned().collect();
    assert_eq!(([first, rest].concat(), end.as_str()), (open.clone(), ""));
    assert_eq!(list(Stage::Unspecified, false, 9, "").await.0, ids);
    assert_eq!(list(Stage::Closed, false, 9, "").await.0, std::slice::from_ref(&gone));
    assert_eq!(list(Stage::Closed, true, 9, "").await.0, [""; 0]);
    assert_eq!(list(Stage::Raised, true, 9, "").await.0, open);

    let counts = running.gateway.counts().unwrap();
    assert_eq!((counts.raised, counts.closed, counts.open), (5, 1, 4));
    let token = page::token(b"xother");
    let request = ListHistoryRequest { case_id: gone, page: Some(Page { size: 1, token }) };
    let refused = running.client(DONGFENG).list_history(request).await.unwrap_err();
    assert_eq!(status::rejection(&refused).reason, "MALFORMED_TOKEN");
}
