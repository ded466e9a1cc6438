//! What is asked after a cut: is everything there that was acknowledged, the same, and in order?
//!
//! It reads the notes, and asks the reopened roles through their public interfaces only.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::Context as _;
use prost::Message as _;
use proto::bus::{FollowRequest, Recorded, bus_service_client::BusServiceClient};
use tokio::time::timeout;

use crate::{
    content,
    desk::{Line, Step},
    notes::{Note, Published},
    roles::{Office, UNIT},
};

/// How long the bus may take to say the next piece of its record.
const PIECE: Duration = Duration::from_secs(30);
/// How long the unit may take to fetch what waits for it.
const DELIVERY: Duration = Duration::from_secs(60);

/// What was looked for, and what is lost.
#[derive(Debug, Default)]
pub struct Found {
    /// How many.
    pub checked: u64,
    /// Those that are not there as they were acknowledged.
    pub lost: Vec<String>,
}

impl Found {
    fn look(&mut self, is_there: bool, what: impl FnOnce() -> String) {
        self.checked += 1;
        if !is_there {
            self.lost.push(what());
        }
    }
}

/// The envelopes among the notes.
pub fn published(notes: &[Note]) -> impl Iterator<Item = &Published> {
    notes.iter().filter_map(|note| match note {
        Note::Published(published) => Some(published),
        _ => None,
    })
}

/// The whole record of the bus: every noted envelope is at its place with its content, every
/// source's numbers follow each other, nothing is there twice.
pub async fn record(office: &Office, notes: &[Note]) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let last = published(notes).map(|one| one.place).max().unwrap_or(0);
    let mut places = BTreeMap::new();
    let mut numbers = BTreeMap::<(String, String), u64>::new();
    let mut ids = BTreeSet::new();
    for Recorded { place, envelope, .. } in read(office, last).await? {
        let wire = envelope.context("the bus records an envelope")?;
        let hash = content::hash(&wire.encode_to_vec());
        let one = proto::envelope::from_wire(wire)?;
        let recipient = one.recipient.map(|party| party.to_string()).unwrap_or_default();
        let source = one.source.to_string();
        let before = numbers.insert((source.clone(), recipient), one.number).unwrap_or(0);
        let is_next = one.number == before + 1 && ids.insert((source, one.id.to_string()));
        found.look(is_next, || format!("{} at {place} follows number {before}", one.id));
        places.insert(place, hash);
    }
    for one in published(notes) {
        let is_there = places.get(&one.place) == Some(&one.hash);
        found.look(is_there, || format!("{} at {}", one.id, one.place));
    }
    Ok(found)
}

async fn read(office: &Office, last: u64) -> anyhow::Result<Vec<Recorded>> {
    let bus = BusServiceClient::new(office.bus("service/worker")?);
    let mut bus = bus.max_decoding_message_size(16 << 20);
    let (mut recorded, mut place) = (Vec::<Recorded>::new(), 0);
    if last == 0 {
        return Ok(recorded);
    }
    let request = FollowRequest::default();
    let mut stream = bus.follow(request).await?.into_inner();
    while place < last {
        // A record that ends before what was acknowledged is one that has lost it.
        let Ok(piece) = timeout(PIECE, stream.message()).await else { break };
        let Some(piece) = piece? else { break };
        recorded.extend(piece.recorded);
        place = recorded.last().map_or(place, |one| one.place);
    }
    Ok(recorded)
}

/// The desk and the evidence: every noted act is known again, with the answer that it got then.
/// Answers what is lost of the acts and of the evidence. Evidence is read from `from` on; what was
/// noted before that was read before.
pub async fn desk(office: &Office, notes: &[Note], from: usize) -> anyhow::Result<[Found; 2]> {
    let mut line = Line::new(office.unit()?);
    let [mut acts, mut evidence] = [Found::default(), Found::default()];
    for (index, note) in notes.iter().enumerate() {
        let Note::Acted { act, answer } = note else { continue };
        let is_evidence = matches!(act.step, Step::Keep(_));
        if is_evidence {
            let read = if index < from { Ok(answer.clone()) } else { line.download(answer).await };
            let read = read.unwrap_or_else(|status| status.message().to_owned());
            evidence.look(read == *answer, || format!("{answer} of {act:?}: {read}"));
        } else {
            let again = line.act(act).await;
            let again = again.unwrap_or_else(|status| status.message().to_owned());
            acts.look(again == *answer, || format!("{act:?}: {again}"));
        }
    }
    Ok([acts, evidence])
}

/// The tasks: every call that the bus has acknowledged comes to the unit.
pub async fn tasks(office: &Office, notes: &[Note]) -> anyhow::Result<Found> {
    let mut line = Line::new(office.unit()?);
    let calls = published(notes).filter(|one| one.recipient == UNIT && !one.case_id.is_empty());
    let calls: BTreeSet<String> = calls.map(|one| one.case_id.clone()).collect();
    let end = tokio::time::Instant::now() + DELIVERY;
    loop {
        let there: BTreeSet<String> = line.cases(None).await?.into_iter().collect();
        if calls.is_subset(&there) || tokio::time::Instant::now() > end {
            let lost = calls.difference(&there).map(|case_id| format!("the call to {case_id}"));
            return Ok(Found { checked: calls.len() as u64, lost: lost.collect() });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
