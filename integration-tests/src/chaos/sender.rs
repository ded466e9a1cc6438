//! A party that publishes: by single calls and by streams, early, late and urgent ones among them;
//! it says again what was not answered, and says again what was, whole and shuffled.
//!
//! Shuffled within the rules of order: what the bus has may come again in any order.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{
    envelope::{Envelope, Terms},
    moment::Moment,
    rejection::Kind,
};
use kit::{clock::Clock, status};
use proto::{
    bus::{Placement, PublishBatchRequest, PublishRequest},
    envelope::Wire,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

use crate::{
    host::UNITS,
    line::Client,
    notes::{Name, Note, Notes},
    stage::Stage,
};

/// Who sends.
pub const SENDERS: [&str; 3] = ["unit/enforcement", "unit/environment", "unit/housing"];
/// How many of what the bus has are kept to be said again.
const KEPT: usize = 200;

/// A sender.
pub struct Sender {
    party: &'static str,
    bus: Client,
    rng: StdRng,
    numbers: HashMap<&'static str, u64>,
    pending: Vec<Envelope>,
    known: Vec<(Envelope, u64)>,
    notes: Notes,
}

impl Sender {
    pub fn new(party: &'static str, bus: Client, seed: u64, notes: Notes) -> Sender {
        let rng = StdRng::seed_from_u64(seed);
        let (numbers, pending, known) = (HashMap::new(), Vec::new(), Vec::new());
        Sender { party, bus, rng, numbers, pending, known, notes }
    }

    /// Publishes until the stage closes, and then until all is answered.
    pub async fn run(mut self, stage: Arc<Stage>) -> anyhow::Result<()> {
        while stage.is_open() || !self.pending.is_empty() {
            if self.pending.is_empty() {
                let count = self.rng.random_range(1..=12);
                self.pending = (0..count).map(|_| self.draw()).collect::<anyhow::Result<_>>()?;
            }
            let is_stream = self.rng.random_bool(0.5);
            let answered = if is_stream { self.stream().await? } else { self.batch().await? };
            if answered && self.rng.random_bool(0.3) {
                self.repeat().await?;
            }
            let pause = if answered { self.rng.random_range(5..40) } else { 100 };
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Ok(())
    }

    fn draw(&mut self) -> anyhow::Result<Envelope> {
        let recipient = UNITS[self.rng.random_range(0..UNITS.len())];
        let number = self.numbers.entry(recipient).or_default();
        *number += 1;
        let now = Clock::system().now();
        let (early, late) = (self.rng.random_range(0..3_000), self.rng.random_range(1_000..9_000));
        let is_timed = self.rng.random_bool(0.05);
        let not_before = is_timed.then_some(now + Duration::from_millis(early));
        let expires = is_timed.then_some(now + Duration::from_millis(early + late));
        let size = self.rng.random_range(0..1_500);
        Ok(Envelope {
            id: format!("{}/{number}", recipient.replace('/', "-")).parse()?,
            source: self.party.parse()?,
            kind: "muster.chaos.v1.Body".to_owned(),
            subject: format!("case/wenshan/{}", self.rng.random_range(0..24)),
            time: Moment(now.0),
            recipient: Some(recipient.parse()?),
            number: *number,
            actor: None,
            on_behalf_of: None,
            traceparent: None,
            priority: if self.rng.random_bool(0.05) { 5 } else { 0 },
            terms: Terms { not_before, expires, ..Terms::default() },
            body: vec![7; size],
        })
    }

    async fn batch(&mut self) -> anyhow::Result<bool> {
        let envelopes = wires(&self.pending);
        match self.bus.publish_batch(PublishBatchRequest { envelopes }).await {
            Ok(answer) => self.taken(&answer.into_inner().placements),
            Err(refused) => {
                let rejection = status::rejection(&refused);
                self.refused(&rejection.reason, rejection.kind == Kind::Unavailable)
            }
        }
    }

    /// Each envelope is a request of its own, all on their way before the first is answered.
    async fn stream(&mut self) -> anyhow::Result<bool> {
        let requests = wires(&self.pending).into_iter();
        let requests = requests.map(|wire| PublishRequest { envelopes: vec![wire] });
        let requests: Vec<PublishRequest> = requests.collect();
        let Ok(answers) = self.bus.publish(tokio_stream::iter(requests)).await else {
            return Ok(false);
        };
        let (mut answers, mut placements) = (answers.into_inner(), Vec::new());
        while let Ok(Some(answer)) = answers.message().await {
            if let Some(refusal) = answer.refusal {
                let is_gap =
                    refusal.reason == "NUMBER_GAP" && placements.len() < self.pending.len();
                self.refused(&refusal.reason, refusal.code == 14 || is_gap)?;
                break;
            }
            placements.extend(answer.placements);
        }
        self.taken(&placements)
    }

    /// Notes what was acknowledged; the rest comes again.
    fn taken(&mut self, placements: &[Placement]) -> anyhow::Result<bool> {
        let count = placements.len().min(self.pending.len());
        let taken: Vec<Envelope> = self.pending.drain(..count).collect();
        let mut notes = Vec::new();
        for (envelope, placed) in taken.into_iter().zip(placements) {
            let (subject, place) = (envelope.subject.clone(), placed.place);
            notes.push(Note::Published { name: self.name(&envelope), subject, place });
            self.known.push((envelope, placed.place));
        }
        self.notes.add(&notes)?;
        let surplus = self.known.len().saturating_sub(KEPT);
        self.known.drain(..surplus);
        Ok(self.pending.is_empty())
    }

    fn refused(&self, reason: &str, is_for_now: bool) -> anyhow::Result<bool> {
        if reason == "DISK_FULL" {
            self.notes.add(&[Note::Full])?;
        } else if !is_for_now {
            let what = format!("{} was refused: {reason}", self.party);
            self.notes.add(&[Note::Strange { what }])?;
        }
        Ok(false)
    }

    /// Says some again, in any order: each must be known at its place.
    async fn repeat(&mut self) -> anyhow::Result<()> {
        let mut some = self.known.clone();
        some.shuffle(&mut self.rng);
        some.truncate(20);
        let envelopes: Vec<Envelope> = some.iter().map(|(envelope, _)| envelope.clone()).collect();
        let request = PublishBatchRequest { envelopes: wires(&envelopes) };
        let Ok(answer) = self.bus.publish_batch(request).await else { return Ok(()) };
        for ((envelope, place), placed) in some.iter().zip(answer.into_inner().placements) {
            if !placed.is_duplicate || placed.place != *place {
                let name = self.name(envelope);
                let what = format!("{name:?} of {place} was taken for new at {}", placed.place);
                self.notes.add(&[Note::Strange { what }])?;
            }
        }
        Ok(())
    }

    fn name(&self, envelope: &Envelope) -> Name {
        let recipient = envelope.recipient.as_ref().map(ToString::to_string).unwrap_or_default();
        Name { source: self.party.to_owned(), recipient, number: envelope.number }
    }
}

fn wires(envelopes: &[Envelope]) -> Vec<Wire> {
    envelopes.iter().map(proto::envelope::to_wire).collect()
}
