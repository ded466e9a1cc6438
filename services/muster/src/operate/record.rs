//! `muster bus tail`: the record as it grows; and where in it a time is.
//!
//! It is followed from a place on, which leaves nothing at the bus. A connection that breaks is laid
//! again and goes on behind the last place that was shown.

use std::time::Duration;

use anyhow::Context;
use bus::engine::Selection;
use domain::moment::Moment;
use proto::{
    bus::{FollowRequest, FollowResponse, Recorded},
    envelope::Wire,
    muster::envelope::v1::attribute_value::Attr,
    sealed,
};
use serde_json::{Value, json};
use tonic::{Code, Status, Streaming};

use super::{
    moment::{Spot, shown},
    way::{Bus, System},
};
use crate::{cli::Tail, output::Output};

/// How long to wait before a connection that has broken is laid again.
const AGAIN: Duration = Duration::from_millis(500);

/// `muster bus tail`
pub async fn tail(asked: &Tail) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let (types, subjects) = (asked.types.clone(), asked.subjects.clone());
    let shown = bus::asking::selection(Some(sealed::Selection { types, subjects }))?;
    let mut bus = System::find(&asked.way)?.bus()?;
    let status = bus.status().await?;
    let mut tailing = Tailing {
        after: before(&mut bus, asked.from).await?,
        log_id: status.log_id,
        end: asked.end.then_some(status.last_place),
        left: asked.count.unwrap_or(u64::MAX),
        shown,
        output,
    };
    // A first refusal is said; later ones are a bus that is being started again.
    let mut stream = follow(&mut bus, &tailing).await.map_err(|status| bus.refused(&status))?;
    loop {
        match tailing.show(&mut stream).await {
            Ok(()) => return Ok(()),
            Err(status) if status.code() == Code::Unavailable => {
                tracing::debug!(%status, "the record is away");
            }
            Err(status) => return Err(bus.refused(&status)),
        }
        stream = loop {
            tokio::time::sleep(AGAIN).await;
            match follow(&mut bus, &tailing).await {
                Ok(stream) => break stream,
                Err(status) if status.code() == Code::Unavailable => {}
                Err(status) => return Err(bus.refused(&status)),
            }
        };
    }
}

struct Tailing {
    after: u64,
    log_id: String,
    end: Option<u64>,
    left: u64,
    shown: Selection,
    output: Output,
}

async fn follow(bus: &mut Bus, tailing: &Tailing) -> Result<Streaming<FollowResponse>, Status> {
    let (after_place, log_id) = (tailing.after, tailing.log_id.clone());
    let request = FollowRequest { after_place, log_id, is_end_told: tailing.end.is_some() };
    Ok(bus.client.follow(request).await?.into_inner())
}

impl Tailing {
    /// Shows what comes; returns when all was shown that was asked for.
    async fn show(&mut self, stream: &mut Streaming<FollowResponse>) -> Result<(), Status> {
        loop {
            if self.left == 0 || self.end.is_some_and(|end| self.after >= end) {
                return Ok(());
            }
            let Some(piece) = stream.message().await? else {
                return Err(Status::unavailable("the bus has ended the stream"));
            };
            for recorded in piece.recorded {
                if self.left == 0 || self.end.is_some_and(|end| recorded.place > end) {
                    return Ok(());
                }
                self.after = recorded.place;
                self.say(&recorded);
            }
            self.after = self.after.max(piece.upto);
        }
    }

    fn say(&mut self, recorded: &Recorded) {
        let envelope = recorded.envelope.clone().unwrap_or_default();
        if !self.shown.takes(&envelope.r#type, &attribute(&envelope, "subject")) {
            return;
        }
        self.left -= 1;
        let Recorded { place, accepted_at_ms, .. } = *recorded;
        let recipient = attribute(&envelope, "recipient");
        let to = if recipient.is_empty() { "the record" } else { &recipient };
        let text = format!(
            "{place:>8}  {}  {} -> {to} {}  {}  {}",
            shown(accepted_at_ms),
            envelope.source,
            attribute(&envelope, "number"),
            envelope.r#type,
            attribute(&envelope, "subject")
        );
        self.output.say(text, "envelope", row(place, accepted_at_ms, &envelope));
    }
}

/// What is shown of an envelope: everything but its body.
pub fn row(place: u64, accepted_at_ms: i64, envelope: &Wire) -> Value {
    let text = |name| attribute(envelope, name);
    json!({
        "place": place, "accepted_at_ms": accepted_at_ms, "id": envelope.id,
        "source": envelope.source, "recipient": text("recipient"),
        "number": text("number").parse::<u64>().unwrap_or(0), "type": envelope.r#type,
        "subject": text("subject"), "priority": text("priority").parse::<u64>().unwrap_or(0),
        "actor": text("actor"), "corrects": text("corrects"), "group": text("group"),
    })
}

/// An attribute as text; empty when there is none.
pub fn attribute(envelope: &Wire, name: &str) -> String {
    let value = envelope.attributes.get(name).and_then(|value| value.attr.as_ref());
    value.map_or(String::new(), |value| match value {
        Attr::CeString(text) | Attr::CeUri(text) | Attr::CeUriRef(text) => text.clone(),
        Attr::CeInteger(number) => number.to_string(),
        Attr::CeBoolean(is_so) => is_so.to_string(),
        Attr::CeTimestamp(at) => shown(at.seconds.saturating_mul(1_000)),
        Attr::CeBytes(bytes) => format!("{} bytes", bytes.len()),
    })
}

/// The place before a spot, so that what is there comes first.
pub async fn before(bus: &mut Bus, spot: Spot) -> anyhow::Result<u64> {
    match spot {
        Spot::Beginning => Ok(0),
        Spot::Place(place) => Ok(place.saturating_sub(1)),
        Spot::Now => Ok(bus.status().await?.last_place),
        Spot::At(time) => before_time(bus, time).await,
    }
}

/// The last place before the first envelope that was accepted at that time or later, by halves: each
/// look follows the record for one piece and leaves nothing.
async fn before_time(bus: &mut Bus, time: Moment) -> anyhow::Result<u64> {
    let last = bus.status().await?.last_place;
    let (mut low, mut high) = (0, last);
    while low < high {
        let middle = low + (high - low) / 2;
        match first_after(bus, middle).await? {
            // All up to it is earlier.
            Some((place, at)) if at < time.0 => low = place,
            Some(_) | None => high = middle,
        }
    }
    Ok(low)
}

/// The first envelope behind a place, and when it was accepted; none where there is none.
async fn first_after(bus: &mut Bus, place: u64) -> anyhow::Result<Option<(u64, i64)>> {
    let mut stream = from(bus, place).await?;
    let piece = stream.message().await.map_err(|status| bus.refused(&status))?;
    let first = piece.and_then(|piece| piece.recorded.into_iter().next());
    Ok(first.map(|first| (first.place, first.accepted_at_ms)))
}

/// The record from a place on, with a word where it ends.
async fn from(bus: &mut Bus, after_place: u64) -> anyhow::Result<Streaming<FollowResponse>> {
    let request = FollowRequest { after_place, log_id: String::new(), is_end_told: true };
    let stream = bus.client.follow(request).await;
    Ok(stream.map_err(|status| bus.refused(&status))?.into_inner())
}

/// The newest envelope of this id, searched from the end back; and of this source, where it is named.
pub async fn by_id(bus: &mut Bus, id: &str, source: Option<&str>) -> anyhow::Result<Option<u64>> {
    const STRETCH: u64 = 10_000;
    let status = bus.status().await?;
    let mut end = status.last_place;
    while end > 0 {
        let begin = end.saturating_sub(STRETCH);
        let mut found = None;
        each(bus, begin, end, |recorded| {
            let envelope = recorded.envelope.as_ref();
            let is_it = envelope.is_some_and(|envelope| {
                envelope.id == id && source.is_none_or(|source| source == envelope.source)
            });
            if is_it {
                found = Some(recorded.place);
            }
        })
        .await?;
        if found.is_some() {
            return Ok(found);
        }
        end = begin;
    }
    Ok(None)
}

/// Every envelope between two places.
async fn each(
    bus: &mut Bus,
    after: u64,
    upto: u64,
    mut see: impl FnMut(&Recorded),
) -> anyhow::Result<()> {
    let mut stream = from(bus, after).await?;
    loop {
        let piece = stream.message().await.map_err(|status| bus.refused(&status))?;
        let piece = piece.context("the bus has ended the stream")?;
        piece.recorded.iter().filter(|recorded| recorded.place <= upto).for_each(&mut see);
        if piece.upto >= upto || piece.recorded.is_empty() {
            return Ok(());
        }
    }
}
