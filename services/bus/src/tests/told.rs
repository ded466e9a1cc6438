//! Who is told of what can't be delivered: its sender at once, and whoever looks at the bus.

use kit::{
    metrics::{self, MAILBOX, Metric, REASON, SENDER},
    outbox,
    store::Store,
};
use proto::bus::{
    AcknowledgeRequest, CommitRequest, FetchRequest, FollowRequest, FollowResponse,
    GetStatusRequest, RefuseRequest, Resolution, ResolveParkedRequest,
};
use tokio_util::sync::CancellationToken;

use super::{aside::Sender, door::City, *};

/// The value of a metric that has these attributes; none when nobody says it.
fn value(metric: Metric, wanted: &[(&str, &str)]) -> Option<f64> {
    let mut found = None;
    metrics::ask(metric, &mut |value, of| {
        if wanted.iter().all(|one| of.contains(one)) {
            found = Some(value);
        }
    });
    found
}

async fn until(metric: Metric, wanted: &[(&str, &str)], expected: f64) {
    let so = async {
        while value(metric, wanted) != Some(expected) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, so).await;
    assert!(waited.is_ok(), "{metric:?} {wanted:?} is {:?}", value(metric, wanted));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_knows_what_is_refused_and_what_is_parked_until_it_is_over() {
    const OWN: &str = "unit/water";
    let mut city = City::with(|config| config.attempts_max = 1).await;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Sender(OWN), Clock::system(), Stats::default()).unwrap();
    for told in [("unit/ghost", "case/w/1"), ("unit/housing", "case/w/2")] {
        store.tell(told).await.unwrap();
    }
    let run = |end: &CancellationToken| {
        tokio::spawn(outbox::run(store.clone(), city.identity(OWN), city.channel(OWN), end.clone()))
    };
    let end = CancellationToken::new();
    let sending = run(&end);
    let undelivered = async |reason, count| {
        until(Metric::RoleUndelivered, &[(SENDER, OWN), (REASON, reason)], count).await;
    };
    undelivered("UNKNOWN_RECIPIENT", 1.0).await;
    let status = city.client("admin/root").get_status(GetStatusRequest {}).await.unwrap();
    let turned = status.into_inner().turned;
    let seen = |at: usize| (turned[at].source.as_str(), turned[at].recipient.as_str());
    assert_eq!((turned.len(), seen(0)), (1, (OWN, "unit/ghost")));
    assert_eq!((turned[0].number, &*turned[0].reason), (1, "UNKNOWN_RECIPIENT"));

    let mut housing = city.client("unit/housing");
    let ask = FetchRequest { max_envelopes: 1, wait_ms: 20_000, lease_ms: 0 };
    let fetched = housing.fetch(ask).await.unwrap().into_inner();
    let (places, log_id) = (vec![fetched.deliveries[0].place], fetched.log_id);
    let reason = "the desk is broken".to_owned();
    let refuse = RefuseRequest { places, log_id: log_id.clone(), reason, delay_ms: 0 };
    housing.refuse(refuse).await.unwrap();
    undelivered("PARKED", 1.0).await;
    // That it was told is in its journal: the receipt does not come a second time.
    let noted = async {
        while store.receipt_place().unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, noted).await.unwrap();
    end.cancel();
    sending.await.unwrap();

    // Started again it asks what had become of what it has sent.
    let end = CancellationToken::new();
    let sending = run(&end);
    undelivered("PARKED", 1.0).await;
    let skip = ResolveParkedRequest {
        mailbox: "unit/housing".into(),
        log_id,
        resolution: Resolution::Skip.into(),
        reason: "told by telephone".into(),
        actor: "li.na".into(),
        ..ResolveParkedRequest::default()
    };
    city.client("admin/root").resolve_parked(skip).await.unwrap();
    undelivered("PARKED", 0.0).await;
    end.cancel();
    sending.await.unwrap();
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_waits_too_long_is_measured_as_overdue() {
    // A mailbox that no other test has: all buses of this process are asked.
    let mailbox = [(MAILBOX, "unit/overdue")];
    let mut city = City::with(|config| {
        config.waiting_max = Duration::from_millis(1);
        config.recipients = vec!["unit/overdue".parse().unwrap()];
    })
    .await;
    let one = crate::conformance::envelope("unit/overdue", 1, "case/w/1");
    let envelopes = vec![proto::envelope::to_wire(&one)];
    let call = proto::bus::PublishBatchRequest { envelopes };
    city.client("unit/enforcement").publish_batch(call).await.unwrap();
    until(Metric::MailboxDepth, &mailbox, 1.0).await;
    until(Metric::MailboxOverdue, &mailbox, 1.0).await;
    until(Metric::MailboxTaken, &mailbox, 1.0).await;
    city.stop().await;
    // A question that came before its end holds it for a moment.
    let silent = async {
        while value(Metric::MailboxDepth, &mailbox).is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let silent = tokio::time::timeout(PATIENCE, silent).await;
    silent.expect("a bus that has ended says nothing");
}

async fn next_of(stream: &mut tonic::Streaming<FollowResponse>) -> FollowResponse {
    let next = tokio::time::timeout(PATIENCE, stream.message()).await;
    next.unwrap().unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_looks_is_told_where_the_record_ends() {
    let mut city = City::start().await;
    let mut admin = city.client("admin/root");
    let follow =
        |after_place| FollowRequest { after_place, is_end_told: true, ..FollowRequest::default() };
    let mut stream = admin.follow(follow(0)).await.unwrap().into_inner();
    let first = next_of(&mut stream).await;
    assert_eq!((first.recorded.len(), first.upto), (0, 0), "there is nothing");
    let sent = city.client("unit/enforcement").publish_batch(super::door::call(1..=2)).await;
    let last = sent.unwrap().into_inner().placements[1].place;
    let next = next_of(&mut stream).await;
    assert!(!next.recorded.is_empty(), "the end is told once");
    let mut stream = admin.follow(follow(last)).await.unwrap().into_inner();
    let end = next_of(&mut stream).await;
    assert!(end.recorded.is_empty() && end.upto >= last, "{end:?}");
    drop(stream);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_has_every_envelope_lacks_nothing_whatever_comes_behind() {
    let mut city = City::start().await;
    let sent = city.client("unit/enforcement").publish_batch(super::door::call(1..=2)).await;
    let sent = sent.unwrap().into_inner();
    let (place, log_id) = (sent.placements[1].place, sent.log_id);
    let commit = CommitRequest {
        place,
        log_id: log_id.clone(),
        proof: Some(city.sign("service/worker", &log_id, &super::door::call(1..=2).envelopes)),
    };
    city.client("service/worker").commit(commit).await.unwrap();
    let mut housing = city.client("unit/housing");
    let ask = FetchRequest { max_envelopes: 1, wait_ms: 20_000, lease_ms: 0 };
    let places = vec![housing.fetch(ask).await.unwrap().into_inner().deliveries[0].place];
    let proof = Some(city.sign("unit/housing", &log_id, &super::door::call([1]).envelopes));
    housing.acknowledge(AcknowledgeRequest { places, log_id, proof }).await.unwrap();
    let status = city.client("admin/root").get_status(GetStatusRequest {}).await.unwrap();
    let status = status.into_inner();
    let lag = |party: &str| {
        let is_it = |one: &&proto::bus::Follower| one.party == party;
        status.followers.iter().find(is_it).unwrap().lag
    };
    assert!(status.last_place > place, "there are other records behind");
    assert_eq!((lag("service/worker"), lag("service/gateway") >= 2), (0, true), "{status:?}");
    city.stop().await;
}
