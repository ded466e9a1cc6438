//! Everybody else: the person who decides about what is parked, senders who hear what became of
//! their envelopes, and a subscriber who goes on and back.

use std::{sync::Arc, time::Duration};

use proto::bus::{
    AcknowledgeRequest, FollowRequest, ListMailboxesRequest, ListParkedRequest, Open,
    PutSubscriberRequest, ResolveParkedRequest, SeekSubscriberRequest, Start, SubscribeRequest,
    WatchReceiptsRequest, start, subscribe_request::Request as Asked,
    subscribe_response::Response as Said,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    line::Client,
    notes::{Name, Note, Notes},
    stage::Stage,
};

/// The subscriber's name.
const NAME: &str = "chaos";

/// Looks for what is parked, and puts it back or lets it go.
pub async fn decide(
    mut bus: Client,
    seed: u64,
    notes: Notes,
    stage: Arc<Stage>,
) -> anyhow::Result<()> {
    let mut rng = StdRng::seed_from_u64(seed);
    while stage.is_read() {
        tokio::time::sleep(Duration::from_millis(rng.random_range(100..1_500))).await;
        let Ok(found) = bus.list_parked(ListParkedRequest::default()).await else { continue };
        for one in found.into_inner().parked {
            let skips = rng.random_bool(0.5);
            if skips {
                notes.add(&[Note::Skipping { places: vec![one.place] }])?;
            }
            let request = ResolveParkedRequest {
                mailbox: one.mailbox,
                places: vec![one.place],
                resolution: if skips { 2 } else { 1 },
                reason: "looked at it".to_owned(),
                actor: "li.na".to_owned(),
                log_id: log(&mut bus).await,
                ..ResolveParkedRequest::default()
            };
            drop(bus.resolve_parked(request).await);
        }
    }
    Ok(())
}

async fn log(bus: &mut Client) -> String {
    let status = bus.get_status(proto::bus::GetStatusRequest {}).await;
    status.map(|status| status.into_inner().log_id).unwrap_or_default()
}

/// Hears what became of a sender's envelopes, from where it was when the line broke.
pub async fn hear(
    source: &str,
    mut bus: Client,
    notes: Notes,
    stage: Arc<Stage>,
) -> anyhow::Result<()> {
    let (mut after_place, mut log_id) = (0, String::new());
    while stage.is_read() {
        let request = WatchReceiptsRequest { after_place, log_id: log_id.clone() };
        let Ok(receipts) = bus.watch_receipts(request).await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let mut receipts = receipts.into_inner();
        while stage.is_read() {
            let next = tokio::time::timeout(Duration::from_millis(300), receipts.message()).await;
            let Ok(next) = next else { continue };
            let Ok(Some(piece)) = next else { break };
            log_id = piece.log_id;
            let mut told = Vec::new();
            for one in piece.receipts {
                after_place = one.receipt_place;
                let fate = one.kind().as_str_name().trim_start_matches("RECEIPT_KIND_").to_owned();
                let (receipt_place, place) = (one.receipt_place, one.place);
                told.push(Note::Told { source: source.to_owned(), receipt_place, place, fate });
            }
            notes.add(&told)?;
        }
    }
    Ok(())
}

/// Reads on from a cursor, acknowledges, and goes back at random. Its stretches must be in order.
pub async fn subscribe(
    mut bus: Client,
    seed: u64,
    notes: Notes,
    stage: Arc<Stage>,
) -> anyhow::Result<()> {
    let mut rng = StdRng::seed_from_u64(seed);
    let begin = Some(Start { start: Some(start::Start::AfterPlace(0)) });
    while stage.is_open() {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let (name, start) = (NAME.to_owned(), begin);
        let wanted = PutSubscriberRequest { name, start, ..PutSubscriberRequest::default() };
        let Ok(made) = bus.put_subscriber(wanted).await else { continue };
        let subscriber = made.into_inner().subscriber.unwrap_or_default();
        if rng.random_bool(0.2) {
            let place = rng.random_range(0..=subscriber.place);
            let start = Some(Start { start: Some(start::Start::AfterPlace(place)) });
            let request =
                SeekSubscriberRequest { name: NAME.to_owned(), start, ..Default::default() };
            drop(bus.seek_subscriber(request).await);
        }
        stretch(&mut bus, &notes).await?;
    }
    Ok(())
}

async fn stretch(bus: &mut Client, notes: &Notes) -> anyhow::Result<()> {
    let (to, requests) = mpsc::channel(100);
    let open = Open { subscriber: NAME.to_owned(), credit: 200, lease_ms: 0 };
    to.send(SubscribeRequest { request: Some(Asked::Open(open)) }).await?;
    let Ok(from) = bus.subscribe(ReceiverStream::new(requests)).await else { return Ok(()) };
    let (mut from, mut last) = (from.into_inner(), 0);
    let pause = Duration::from_millis(400);
    while let Ok(Ok(Some(said))) = tokio::time::timeout(pause, from.message()).await {
        let Some(Said::Deliveries(found)) = said.response else { continue };
        let places: Vec<u64> = found.deliveries.iter().map(|one| one.place).collect();
        let Some(highest) = places.last().copied() else { continue };
        if !places.is_sorted_by(|one, next| one < next) || places[0] <= last {
            let what = format!("the subscriber had {places:?} behind {last}");
            notes.add(&[Note::Strange { what }])?;
        }
        last = highest;
        let seen = places.iter().map(|place| Note::Subscribed { place: *place });
        notes.add(&seen.collect::<Vec<_>>())?;
        let log_id = found.log_id;
        let done = AcknowledgeRequest { places: vec![highest], log_id, proof: None };
        let _gone = to.send(SubscribeRequest { request: Some(Asked::Acknowledge(done)) }).await;
    }
    Ok(())
}

/// How many wait in all mailboxes; none when the bus does not answer.
pub async fn waiting(bus: &mut Client) -> Option<u64> {
    let found = bus.list_mailboxes(ListMailboxesRequest::default()).await.ok()?.into_inner();
    Some(found.mailboxes.iter().map(|mailbox| mailbox.depth).sum())
}

/// Reads the whole record, as it is at the end.
pub async fn record(bus: &mut Client, notes: &Notes) -> anyhow::Result<()> {
    let request = FollowRequest { is_end_told: true, ..FollowRequest::default() };
    let mut pieces = bus.follow(request).await?.into_inner();
    while let Some(piece) = pieces.message().await? {
        // A piece without envelopes says that all was sent.
        if piece.recorded.is_empty() {
            return Ok(());
        }
        let mut recorded = Vec::new();
        for one in piece.recorded {
            let envelope = proto::envelope::from_wire(one.envelope.unwrap_or_default())?;
            let recipient = envelope.recipient.map(|party| party.to_string()).unwrap_or_default();
            let (source, number) = (envelope.source.to_string(), envelope.number);
            let name = Name { source, recipient, number };
            recorded.push(Note::Recorded { name, place: one.place });
        }
        notes.add(&recorded)?;
    }
    anyhow::bail!("the record broke off before its end")
}
