//! The two streams over real sockets: many in flight, credit, and what becomes of deliveries.

use proto::{
    bus::{
        AcknowledgeRequest, ExtendRequest, FetchResponse, Open, Proof, PublishRequest,
        PublishResponse, PutSubscriberRequest, RefuseRequest, Selection, Start, SubscribeRequest,
        SubscribeResponse, start, subscribe_request::Request as Asked,
        subscribe_response::Response as Said,
    },
    envelope::to_wire,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::{
    door::{City, Client, call},
    *,
};
use crate::conformance::envelope;

fn request(numbers: impl IntoIterator<Item = u64>) -> PublishRequest {
    PublishRequest { envelopes: call(numbers).envelopes }
}

async fn next<T>(stream: &mut Streaming<T>) -> T {
    let message = tokio::time::timeout(PATIENCE, stream.message()).await;
    message.expect("an answer in time").unwrap().expect("the stream goes on")
}

/// A stream of a reader.
struct Reader {
    to: mpsc::Sender<SubscribeRequest>,
    from: Streaming<SubscribeResponse>,
}

impl Reader {
    async fn open(client: &mut Client, open: Open) -> Reader {
        let (to, requests) = mpsc::channel(100);
        to.send(SubscribeRequest { request: Some(Asked::Open(open)) }).await.unwrap();
        let from = client.subscribe(ReceiverStream::new(requests)).await.unwrap().into_inner();
        Reader { to, from }
    }

    async fn mailbox(client: &mut Client, credit: u32) -> Reader {
        let open = Open { credit, lease_ms: 600_000, ..Open::default() };
        Reader::open(client, open).await
    }

    async fn ask(&self, asked: Asked) {
        self.to.send(SubscribeRequest { request: Some(asked) }).await.unwrap();
    }

    async fn said(&mut self) -> Said {
        next(&mut self.from).await.response.unwrap()
    }

    /// Deliveries until there are so many: place and attempt.
    async fn deliveries(&mut self, count: usize) -> Vec<(u64, u32)> {
        let mut found = Vec::new();
        while found.len() < count {
            match self.said().await {
                Said::Deliveries(FetchResponse { deliveries, .. }) => {
                    found.extend(deliveries.iter().map(|one| (one.place, one.attempt)));
                }
                other => panic!("{other:?}"),
            }
        }
        found
    }
}

fn acknowledge(places: &[u64], log_id: &str, proof: Option<Proof>) -> Asked {
    let (places, log_id) = (places.to_vec(), log_id.to_owned());
    Asked::Acknowledge(AcknowledgeRequest { places, log_id, proof })
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_are_in_flight_and_a_refused_one_ends_nothing() {
    let mut city = City::start().await;
    let mut sender = city.client("unit/enforcement");
    let (to, requests) = mpsc::channel(100);
    // All are on their way before the first answer is read.
    for numbers in [1..=10, 11..=11, 13..=13, 12..=12, 1..=2] {
        to.send(request(numbers)).await.unwrap();
    }
    to.send(PublishRequest::default()).await.unwrap();
    let mut answers = sender.publish(ReceiverStream::new(requests)).await.unwrap().into_inner();
    let mut places = Vec::new();
    let mut answer = async || -> PublishResponse { next(&mut answers).await };
    for count in [10, 1] {
        let placed = answer().await;
        assert_eq!((placed.placements.len(), placed.refusal), (count, None));
        places.extend(placed.placements.iter().map(|placed| placed.place));
    }
    assert!(places.is_sorted());
    let gap = answer().await.refusal.unwrap();
    assert_eq!((gap.reason.as_str(), gap.metadata["expected"].as_str()), ("NUMBER_GAP", "12"));
    assert!(!answer().await.placements[0].is_duplicate);
    let repeat = answer().await.placements;
    assert_eq!(repeat.iter().map(|one| one.place).collect::<Vec<_>>(), places[..2]);
    assert!(repeat.iter().all(|one| one.is_duplicate));
    let nothing = answer().await.refusal.unwrap();
    assert_eq!((nothing.reason.as_str(), nothing.code), ("WRONG_COUNT", 3));
    drop(to);
    assert!(answers.message().await.unwrap().is_none());
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_follow_the_credit_and_come_back_when_the_reader_goes() {
    let mut city = City::start().await;
    let mut sender = city.client("unit/enforcement");
    let make = |n: u64| to_wire(&envelope("unit/housing", n, &format!("case/w/{n}")));
    let envelopes = (1..=6).map(make).collect();
    let published = sender.publish_batch(proto::bus::PublishBatchRequest { envelopes }).await;
    let published = published.unwrap().into_inner();
    let (log_id, placements) = (published.log_id, published.placements);
    let places: Vec<u64> = placements.iter().map(|placed| placed.place).collect();

    let mut client = city.client("unit/housing");
    let mut one = Reader::mailbox(&mut client, 2).await;
    assert_eq!(one.deliveries(2).await, [(places[0], 1), (places[1], 1)]);
    // Its credit is spent; another reader of the same mailbox gets the rest.
    let mut other = Reader::mailbox(&mut client, 3).await;
    assert_eq!(other.deliveries(3).await.len(), 3);

    one.ask(acknowledge(&places[..1], &log_id, None)).await;
    let Said::Refusal(refusal) = one.said().await else { panic!("a refusal") };
    assert_eq!(refusal.reason, "PROOF_MISSING");
    let proof = Some(city.sign("unit/housing", &log_id, [&make(1)]));
    one.ask(acknowledge(&places[..1], &log_id, proof)).await;
    let Said::Acknowledged(done) = one.said().await else { panic!("an acknowledgement") };
    assert_eq!(done.newly_acknowledged, 1);
    one.ask(acknowledge(&places[..1], "another", None)).await;
    let Said::Refusal(refusal) = one.said().await else { panic!("a refusal") };
    assert_eq!(refusal.reason, "LOG_CHANGED");
    let extend = ExtendRequest { places: vec![places[1]], log_id: log_id.clone(), lease_ms: 0 };
    one.ask(Asked::Extend(extend)).await;
    let Said::Extended(extended) = one.said().await else { panic!("an extension") };
    assert_eq!(extended.extended, 1);
    one.ask(Asked::Credit(1)).await;
    assert_eq!(one.deliveries(1).await, [(places[5], 1)]);

    // The other goes: what it had is delivered again at once, although its leases are long.
    drop(other);
    one.ask(Asked::Credit(10)).await;
    let mut again = one.deliveries(3).await;
    again.sort_unstable();
    assert_eq!(again, [(places[2], 2), (places[3], 2), (places[4], 2)]);

    // Refused with a delay of nothing it comes again.
    let places_two = vec![places[2]];
    let refuse = RefuseRequest { places: places_two, log_id, reason: "no".into(), delay_ms: 0 };
    one.ask(Asked::Refuse(refuse)).await;
    let (mut is_refused, mut is_again) = (false, false);
    while !(is_refused && is_again) {
        match one.said().await {
            Said::Refused(refused) => is_refused = refused.refused == 1,
            Said::Deliveries(more) => {
                is_again = (more.deliveries[0].place, more.deliveries[0].attempt) == (places[2], 3);
            }
            other => panic!("{other:?}"),
        }
    }
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_gets_its_part_of_the_record_and_resumes_where_it_was() {
    let mut city = City::start().await;
    let mut sender = city.client("unit/enforcement");
    let subject =
        |n: u64| format!("{}/w/{n}", if n.is_multiple_of(2) { "case" } else { "operation" });
    let make = |n: u64| to_wire(&envelope("", n, &subject(n)));
    let publish = |numbers: std::ops::RangeInclusive<u64>| proto::bus::PublishBatchRequest {
        envelopes: numbers.map(make).collect(),
    };
    let published = sender.publish_batch(publish(1..=6)).await.unwrap().into_inner();
    let log_id = published.log_id;
    let places: Vec<u64> = published.placements.iter().map(|placed| placed.place).collect();

    let mut admin = city.client("admin/root");
    let selection = Selection { types: vec![], subjects: vec!["case/w/*".into()] };
    let start = Some(Start { start: Some(start::Start::AfterPlace(0)) });
    let put = PutSubscriberRequest { name: "cases".into(), selection: Some(selection), start };
    admin.put_subscriber(put).await.unwrap();
    let open = || Open { subscriber: "cases".into(), credit: 2, ..Open::default() };
    let mut reader = Reader::open(&mut admin, open()).await;
    assert_eq!(reader.deliveries(2).await, [(places[1], 1), (places[3], 1)]);
    reader.ask(acknowledge(&places[1..2], &log_id, None)).await;
    assert!(matches!(reader.said().await, Said::Acknowledged(_)));
    drop(reader);

    // It goes on behind what it has acknowledged, and then as the record grows.
    let mut reader = Reader::open(&mut admin, Open { credit: 100, ..open() }).await;
    assert_eq!(reader.deliveries(2).await, [(places[3], 1), (places[5], 1)]);
    let more = sender.publish_batch(publish(7..=8)).await.unwrap().into_inner();
    assert_eq!(reader.deliveries(1).await, [(more.placements[1].place, 1)]);

    let unknown = Open { subscriber: "nobody".into(), ..Open::default() };
    let (to, requests) = mpsc::channel(1);
    to.send(SubscribeRequest { request: Some(Asked::Open(unknown)) }).await.unwrap();
    let mut stream = admin.subscribe(ReceiverStream::new(requests)).await.unwrap().into_inner();
    let refused = stream.message().await.unwrap_err();
    assert_eq!(kit::status::rejection(&refused).reason, "UNKNOWN_SUBSCRIBER");
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_more_than_its_quota_is_told_when_to_come_back() {
    let clock = Clock::fixed(domain::moment::Moment(1_700_000_000_000));
    let change = |config: &mut Config| (config.quota, config.mailbox_depth) = (100, 1_000);
    let mut city = City::at(clock.clone(), change).await;
    let (mut one, mut other) = (city.client("unit/enforcement"), city.client("unit/fire"));
    one.publish_batch(call(1..=100)).await.unwrap();
    let over = one.publish_batch(call(101..=150)).await.unwrap_err();
    assert_eq!(kit::status::rejection(&over).reason, "OVER_QUOTA");
    let mine = envelope("unit/housing", 1, "case/w/1");
    let mine = domain::envelope::Envelope { source: "unit/fire".parse().unwrap(), ..mine };
    let envelopes = vec![to_wire(&mine)];
    other.publish_batch(proto::bus::PublishBatchRequest { envelopes }).await.unwrap();
    let mut taken = async || loop {
        // What was refused is taken when its time has come, and nothing was lost of it.
        if one.publish_batch(call(101..=150)).await.is_ok() {
            return;
        }
        clock.advance(Duration::from_millis(50));
    };
    tokio::time::timeout(PATIENCE, taken()).await.unwrap();
    city.stop().await;
}
