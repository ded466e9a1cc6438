//! A party that publishes without pause: calls to the unit, and bodies of every size.
//!
//! It keeps what is not acknowledged and sends it again, the same, as every sender on the bus does.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::Context as _;
use domain::{
    case::fact::{Called, Fact},
    envelope::Envelope,
    moment::Moment,
    rejection::Kind,
};
use kit::{client::Channel, status};
use prost::Message as _;
use proto::{
    bus::{PublishBatchRequest, bus_service_client::BusServiceClient},
    envelope::Wire,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::{
    content,
    notes::{Note, Notes, Published},
    roles::UNIT,
};

/// Who sends. The worker alone may call a unit; the others are there so that many wait for one sync.
pub const SENDERS: [&str; 3] = ["service/worker", "service/gateway", "unit/housing"];
const WORKER: &str = SENDERS[0];
/// Up to which size an envelope is kept to be sent once more.
const SMALL: usize = 16 << 10;

/// A sender.
#[derive(Debug)]
pub struct Sender {
    party: &'static str,
    bus: BusServiceClient<Channel>,
    rng: StdRng,
    life: u64,
    numbers: HashMap<&'static str, u64>,
    cases: u64,
    pending: Vec<(Wire, String)>,
    small: Vec<(Wire, u64)>,
}

impl Sender {
    /// One that has sent nothing yet.
    pub fn new(party: &'static str, line: Channel, life: u64, seed: u64) -> Sender {
        Sender {
            party,
            bus: BusServiceClient::new(line),
            rng: StdRng::seed_from_u64(seed),
            life,
            numbers: HashMap::new(),
            cases: 0,
            pending: Vec::new(),
            small: Vec::new(),
        }
    }

    /// Sends until it is told to end. A refusal that is not for now is an error: what was
    /// acknowledged is then not what the bus has.
    pub async fn run(&mut self, notes: &Notes, ended: &Arc<AtomicBool>) -> anyhow::Result<()> {
        while !ended.load(Relaxed) {
            self.send(notes).await?;
            let pause = self.rng.random_range(0..60);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Ok(())
    }

    async fn send(&mut self, notes: &Notes) -> anyhow::Result<()> {
        if self.pending.is_empty() {
            let count = self.rng.random_range(1..=4);
            self.pending = (0..count).map(|_| self.draw()).collect::<Result<_, _>>()?;
        }
        let envelopes = self.pending.iter().map(|(wire, _)| wire.clone()).collect();
        let placements = match self.bus.publish_batch(PublishBatchRequest { envelopes }).await {
            Ok(response) => response.into_inner().placements,
            Err(refused) if status::rejection(&refused).kind == Kind::Unavailable => return Ok(()),
            Err(refused) => anyhow::bail!("the bus refuses {}: {}", self.party, refused.message()),
        };
        let sent = self.pending.drain(..).zip(placements);
        let sent: Vec<(Wire, String, u64)> =
            sent.map(|((wire, case_id), placed)| (wire, case_id, placed.place)).collect();
        let noted = sent.iter().map(|(wire, case_id, place)| note(wire, case_id, *place));
        notes.add(&noted.collect::<Result<Vec<Note>, _>>()?)?;
        let small = sent.into_iter().filter(|(wire, ..)| wire.encoded_len() <= SMALL);
        self.small.extend(small.map(|(wire, _, place)| (wire, place)));
        Ok(())
    }

    /// Sends small envelopes once more: says how many, and which the bus has not known again.
    pub async fn repeat(&mut self) -> anyhow::Result<(u64, Vec<String>)> {
        let mut strange = Vec::new();
        for some in self.small.chunks(100) {
            let envelopes = some.iter().map(|(wire, _)| wire.clone()).collect();
            let answer = self.bus.publish_batch(PublishBatchRequest { envelopes }).await;
            let answer = answer.with_context(|| format!("{} repeats itself", self.party));
            for ((wire, place), placed) in some.iter().zip(answer?.into_inner().placements) {
                if !placed.is_duplicate || placed.place != *place {
                    strange.push(format!("{} at {place} is taken for new", wire.id));
                }
            }
        }
        Ok((self.small.len() as u64, strange))
    }

    /// The next envelope, and the case that it calls the unit to.
    fn draw(&mut self) -> anyhow::Result<(Wire, String)> {
        let is_worker = self.party == WORKER;
        let to_unit = self.rng.random_bool(if is_worker { 0.8 } else { 0.4 });
        let recipient = if to_unit { UNIT } else { "" };
        let number = self.numbers.entry(recipient).or_default();
        *number += 1;
        let (number, source) = (*number, self.party);
        if is_worker && to_unit && self.rng.random_bool(0.7) {
            self.cases += 1;
            let case_id = format!("{}-{}", self.life, self.cases);
            return Ok((call(number, &case_id)?, case_id));
        }
        let size = content::size(&mut self.rng);
        Ok((body(source, recipient, number, size)?, String::new()))
    }
}

/// An envelope with a body of this size, which follows from the rest.
pub fn body(source: &str, recipient: &str, number: u64, size: usize) -> anyhow::Result<Wire> {
    let name = format!("{source}/{}/{number}", recipient.replace('/', "-"));
    let body = ("muster.cut.v1.Body".to_owned(), content::bytes(&name, size));
    let subject = format!("cut/{source}/{}", number % 8);
    wire((source, recipient, number), &name, subject, body)
}

/// The worker's call of the unit to a case.
pub fn call(number: u64, case_id: &str) -> anyhow::Result<Wire> {
    let called = Called {
        round: 1,
        unit: "enforcement".parse()?,
        is_lead: true,
        lead: "enforcement".parse()?,
        issue_type: "street_vending".parse()?,
        grid: "WS-KH-001".parse()?,
        description: "Stalls stand on the pavement.".to_owned(),
        evidence: Vec::new(),
        accept_within_ms: 3_600_000,
        arrive_within_ms: 3_600_000,
        dispose_within_ms: 3_600_000,
        working: vec![],
        by_proxy: false,
        community: "kaihua_dongfeng".parse()?,
        liaison: None,
        instruction: None,
        bound_by: None,
        is_emergency: false,
    };
    let body = proto::fact::write(&Fact::Called(called));
    let subject = format!("case/wenshan/{case_id}");
    wire((WORKER, UNIT, number), &format!("call/{case_id}"), subject, body)
}

fn wire(
    (source, recipient, number): (&str, &str, u64),
    id: &str,
    subject: String,
    (kind, body): (String, Vec<u8>),
) -> anyhow::Result<Wire> {
    let recipient = (!recipient.is_empty()).then(|| recipient.parse()).transpose()?;
    Ok(proto::envelope::to_wire(&Envelope {
        id: id.parse()?,
        source: source.parse()?,
        kind,
        subject,
        time: Moment(number.cast_signed()),
        recipient,
        number,
        actor: None,
        on_behalf_of: None,
        traceparent: None,
        priority: 0,
        terms: domain::envelope::Terms::default(),
        body,
    }))
}

/// What is noted of an envelope that the bus has.
pub fn note(wire: &Wire, case_id: &str, place: u64) -> anyhow::Result<Note> {
    let envelope = proto::envelope::from_wire(wire.clone())?;
    Ok(Note::Published(Published {
        source: envelope.source.to_string(),
        recipient: envelope.recipient.map(|party| party.to_string()).unwrap_or_default(),
        number: envelope.number,
        id: wire.id.clone(),
        case_id: case_id.to_owned(),
        place,
        hash: content::hash(&wire.encode_to_vec()),
    }))
}
