//! Letters as a role sends them and a unit takes them, with certificates and over the wire.

use std::{collections::BTreeMap, path::Path};

use domain::{
    envelope::{Envelope, Terms},
    id::EnvelopeId,
    moment::Moment,
};
use kit::{
    client::Channel,
    clock::Clock,
    proof::{self, Held},
};
use proto::{
    bus::{
        AcknowledgeRequest, Delivery, FetchRequest, FetchResponse, PublishBatchRequest,
        RefuseRequest, bus_service_client::BusServiceClient,
    },
    envelope::to_wire,
};

use crate::people::{identity, line};

/// Who sends.
pub const SENDER: &str = "service/worker";

/// A sender, with the numbers that it has given.
pub struct Letters {
    bus: BusServiceClient<Channel>,
    numbers: BTreeMap<String, u64>,
}

impl Letters {
    /// A sender at a bus that may still be starting.
    pub async fn new(data: &Path) -> Letters {
        up(data).await;
        let bus = BusServiceClient::new(line(data, SENDER, &["bus"]));
        Letters { bus, numbers: BTreeMap::new() }
    }

    /// Sends so many of this subject; says where they are.
    pub async fn send(&mut self, to: &str, subject: &str, count: u64) -> Vec<u64> {
        let number = self.numbers.entry(to.to_owned()).or_default();
        let mut envelopes = Vec::new();
        for _ in 0..count {
            *number += 1;
            envelopes.push(to_wire(&envelope(to, *number, subject)));
        }
        let placed = self.bus.publish_batch(PublishBatchRequest { envelopes }).await;
        let placed = placed.unwrap().into_inner().placements;
        placed.into_iter().map(|placed| placed.place).collect()
    }
}

/// Waits until a bus answers that may still be starting.
pub async fn up(data: &Path) {
    let mut bus = BusServiceClient::new(line(data, SENDER, &["bus"]));
    for _ in 0..300 {
        let empty = PublishBatchRequest { envelopes: Vec::new() };
        let refused = bus.publish_batch(empty).await;
        if refused.is_err_and(|status| status.code() == tonic::Code::InvalidArgument) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the bus never answers");
}

fn envelope(to: &str, number: u64, subject: &str) -> Envelope {
    Envelope {
        id: EnvelopeId::parse(format!("letter/{to}/{number}")).unwrap(),
        source: SENDER.parse().unwrap(),
        kind: "test.Letter".to_owned(),
        subject: subject.to_owned(),
        time: Moment(1),
        recipient: Some(to.parse().unwrap()),
        number,
        actor: None,
        on_behalf_of: None,
        traceparent: None,
        priority: 0,
        terms: Terms::default(),
        body: Vec::new(),
    }
}

async fn fetched(bus: &mut BusServiceClient<Channel>, max: u32) -> FetchResponse {
    let request = FetchRequest { max_envelopes: max, wait_ms: 5_000, lease_ms: 60_000 };
    bus.fetch(request).await.unwrap().into_inner()
}

/// Takes what there is for a unit.
pub async fn fetch(data: &Path, unit: &str, max: u32) -> Vec<Delivery> {
    let mut bus = BusServiceClient::new(line(data, unit, &["bus"]));
    fetched(&mut bus, max).await.deliveries
}

/// Says that a unit has them, and signs for it.
pub async fn acknowledge(data: &Path, unit: &str, deliveries: &[Delivery]) {
    let mut bus = BusServiceClient::new(line(data, unit, &["bus"]));
    let log_id = bus.fetch(FetchRequest::default()).await.unwrap().into_inner().log_id;
    let places = deliveries.iter().map(|one| one.place).collect();
    let held = deliveries.iter().filter_map(|one| Held::of(one.envelope.as_ref()?));
    let signed = proof::sign(&identity(data, unit), &log_id, Clock::system().now(), held);
    let request = AcknowledgeRequest { places, log_id, proof: Some(signed.unwrap()) };
    bus.acknowledge(request).await.unwrap();
}

/// Refuses all that a unit is given until nothing more comes; says what is parked by that.
pub async fn park(data: &Path, unit: &str, reason: &str) -> Vec<u64> {
    let mut bus = BusServiceClient::new(line(data, unit, &["bus"]));
    let FetchResponse { deliveries, log_id } = fetched(&mut bus, 100).await;
    // One of each subject is refused: what is behind it then waits with it.
    let mut subjects = std::collections::BTreeSet::new();
    let subject = |one: &Delivery| {
        let envelope = one.envelope.clone().unwrap();
        format!("{:?}", envelope.attributes["subject"])
    };
    let firsts = deliveries.iter().filter(|one| subjects.insert(subject(one)));
    let places: Vec<u64> = firsts.map(|one| one.place).collect();
    let request = RefuseRequest { places, log_id, reason: reason.to_owned(), delay_ms: 0 };
    bus.refuse(request).await.unwrap().into_inner().parked
}

/// A moment as the verbs read it, to the second before.
pub fn utc(ms: i64) -> String {
    let day = domain::pack::Day::of(Moment(ms), 0);
    let seconds = (ms - day.start(0).0) / 1_000;
    format!("{day}T{:02}:{:02}:{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
