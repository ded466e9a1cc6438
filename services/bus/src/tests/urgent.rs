//! A request for police assistance while a hundred thousand ordinary envelopes wait (M075): it comes
//! first; and where it can't come, its sender is told at once.

use domain::{
    envelope::{Envelope, Terms},
    moment::Moment,
};
use proto::{
    bus::{
        FetchRequest, ListParkedRequest, PublishBatchRequest, ReceiptKind, RefuseRequest,
        WatchReceiptsRequest, WatchReceiptsResponse,
    },
    envelope::to_wire,
};
use tonic::Streaming;

use super::{
    door::{City, Client},
    *,
};
use crate::conformance::envelope;

const START: Moment = Moment(1_700_000_000_000);
const UNIT: &str = "unit/housing";
const ORDINARY: u64 = 100_000;

fn assist(number: u64, to: &str, expires: Option<Moment>) -> Envelope {
    Envelope {
        kind: "muster.assist.v1.PoliceAssistRequested".into(),
        priority: 9,
        terms: Terms { expires, ..Terms::default() },
        ..envelope(to, number, &format!("assist/w/{number}"))
    }
}

async fn publish(client: &mut Client, envelopes: &[Envelope]) -> Result<Vec<u64>, String> {
    let envelopes = envelopes.iter().map(to_wire).collect();
    let published = client.publish_batch(PublishBatchRequest { envelopes }).await;
    let placed = published.map_err(|refused| kit::status::rejection(&refused).reason)?;
    Ok(placed.into_inner().placements.iter().map(|placed| placed.place).collect())
}

async fn fetch(client: &mut Client, max_envelopes: u32) -> (Vec<u64>, String) {
    let request = FetchRequest { max_envelopes, wait_ms: 0, lease_ms: 600_000 };
    let found = client.fetch(request).await.unwrap().into_inner();
    (found.deliveries.iter().map(|one| one.place).collect(), found.log_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_assistance_is_delivered_before_a_hundred_thousand_that_wait() {
    let mut city = City::at(Clock::fixed(START), |config| {
        (config.quota, config.mailbox_depth) = (10_000_000, 2 * ORDINARY);
    })
    .await;
    let mut sender = city.client("unit/enforcement");
    let plain = |number| envelope(UNIT, number, &format!("case/w/{}", number % 5_000));
    for first in (1..=ORDINARY).step_by(1_000) {
        let calls: Vec<Envelope> = (first..first + 1_000).map(plain).collect();
        publish(&mut sender, &calls).await.unwrap();
    }
    // The reader is in the middle of its backlog already.
    let mut reader = city.client(UNIT);
    assert_eq!(fetch(&mut reader, 100).await.0.len(), 100);
    let place = publish(&mut sender, &[assist(ORDINARY + 1, UNIT, None)]).await.unwrap();
    assert_eq!(fetch(&mut reader, 1).await.0, place);
    let (next, _) = fetch(&mut reader, 1).await;
    assert!(next[0] < place[0], "and then the oldest again");
    city.stop().await;
}

async fn told(receipts: &mut Streaming<WatchReceiptsResponse>) -> Vec<(u64, ReceiptKind)> {
    let said = tokio::time::timeout(PATIENCE, receipts.message()).await.expect("it is told");
    let said = said.unwrap().unwrap().receipts;
    said.iter().map(|one| (one.place, one.kind())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_assistance_is_told_at_once_when_it_cannot_come() {
    let clock = Clock::fixed(START);
    let mut city = City::at(clock.clone(), |config| {
        (config.attempts_max, config.mailbox_depth) = (1, 2);
    })
    .await;
    let mut sender = city.client("unit/enforcement");
    let stranger = publish(&mut sender, &[assist(1, "unit/ghost", None)]).await;
    assert_eq!(stranger, Err("UNKNOWN_RECIPIENT".to_owned()), "in the answer itself");

    let request = WatchReceiptsRequest { after_place: 0, log_id: String::new() };
    let mut receipts = sender.watch_receipts(request).await.unwrap().into_inner();
    let soon = START + Duration::from_secs(60);
    let late = publish(&mut sender, &[assist(1, UNIT, Some(soon))]).await.unwrap();
    let broken = publish(&mut sender, &[assist(2, UNIT, None)]).await.unwrap();
    let full = publish(&mut sender, &[assist(3, UNIT, None)]).await;
    assert_eq!(full, Err("MAILBOX_FULL".to_owned()), "in the answer itself");

    clock.advance(Duration::from_secs(61));
    assert_eq!(told(&mut receipts).await, [(late[0], ReceiptKind::Expired)]);
    let mut reader = city.client(UNIT);
    let (places, log_id) = fetch(&mut reader, 1).await;
    assert_eq!(places, broken);
    let reason = "no car is free".to_owned();
    reader.refuse(RefuseRequest { places, log_id, reason, delay_ms: 0 }).await.unwrap();
    assert_eq!(told(&mut receipts).await, [(broken[0], ReceiptKind::Parked)]);

    // The office that has to decide sees both, and why.
    let mut office = city.client("office/leading_group_office");
    let listed = office.list_parked(ListParkedRequest::default()).await.unwrap().into_inner();
    let shown = listed.parked.iter().map(|one| (one.place, one.reason.as_str()));
    assert_eq!(shown.collect::<Vec<_>>(), [(late[0], ""), (broken[0], "no car is free")]);
    assert!(listed.parked.iter().all(|one| !one.owner.is_empty()), "and who must act");
    city.stop().await;
}
