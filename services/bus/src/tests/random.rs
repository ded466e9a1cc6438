//! Random interleavings against a model that is too simple to be wrong: nothing is lost, the order
//! of a subject is kept, everything is settled when it may be and once. The clock is the test's.

use std::collections::{BTreeMap, BTreeSet};

use domain::{envelope::Envelope, moment::Moment, party::Party};

use super::*;
use crate::{
    conformance::{self, all_receipts, party, take},
    engine::{Ask, Delivery},
};

const LEASE: Duration = Duration::from_secs(10);
const UNITS: [&str; 2] = ["unit/housing", "unit/fire"];
const SOURCES: [&str; 2] = ["unit/enforcement", "unit/water"];
const FOLLOWERS: [&str; 2] = ["service/worker", "service/gateway"];

/// A generator of numbers: the same seed, the same story.
struct Dice(u64);

impl Dice {
    /// Splitmix64.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }

    fn of<T: Clone>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())].clone()
    }
}

/// What should be.
#[derive(Default)]
struct Model {
    sent: BTreeMap<u64, Envelope>,
    /// Places that wait, by mailbox.
    waiting: BTreeMap<String, BTreeSet<u64>>,
    /// When each place in hand comes free.
    leased: BTreeMap<u64, Moment>,
    attempts: BTreeMap<u64, u32>,
    committed: BTreeMap<String, u64>,
}

impl Model {
    /// All places of a mailbox that may be delivered now: free subjects, whole.
    fn free(&self, unit: &str, now: Moment) -> BTreeSet<u64> {
        let Some(waiting) = self.waiting.get(unit) else { return BTreeSet::new() };
        let subject = |place: &u64| &self.sent[place].subject;
        let in_hand = |place: &u64| self.leased.get(place).is_some_and(|until| *until > now);
        let held: BTreeSet<&String> = waiting.iter().filter(|p| in_hand(p)).map(subject).collect();
        waiting.iter().filter(|place| !held.contains(subject(place))).copied().collect()
    }

    fn check(&mut self, unit: &str, max: usize, now: Moment, deliveries: &[Delivery]) {
        let free = self.free(unit, now);
        assert_eq!(deliveries.len(), max.min(free.len()), "nothing is held back");
        let got: BTreeSet<u64> = deliveries.iter().map(|one| one.recorded.place).collect();
        assert!(got.is_subset(&free), "{got:?} of {free:?}");
        for place in &free {
            let subject = &self.sent[place].subject;
            let behind = got.iter().any(|p| p > place && self.sent[p].subject == *subject);
            assert!(got.contains(place) || !behind, "{place} was passed over");
        }
        for one in deliveries {
            let place = one.recorded.place;
            assert_eq!(conformance::opened(&one.recorded), self.sent[&place]);
            let attempt = self.attempts.entry(place).or_default();
            *attempt += 1;
            assert_eq!(one.attempt, *attempt);
            self.leased.insert(place, now + LEASE);
        }
    }

    fn settled(&self, source: &str) -> BTreeSet<u64> {
        let followed = FOLLOWERS.map(|one| self.committed.get(one).copied().unwrap_or(0));
        let followed = followed.into_iter().min().unwrap();
        let waits = |place: &u64| self.waiting.values().any(|waiting| waiting.contains(place));
        let own = self.sent.iter().filter(|(_, envelope)| envelope.source == party(source));
        let places = own.map(|(place, _)| *place);
        places.filter(|place| *place <= followed && !waits(place)).collect()
    }
}

struct Story {
    folder: Folder,
    clock: Clock,
    engine: Option<Local>,
    model: Model,
    dice: Dice,
    numbers: BTreeMap<(String, String), u64>,
}

impl Story {
    async fn begin(seed: u64) -> Story {
        let (folder, clock) = (Folder::new(), Clock::fixed(Moment(1_000_000)));
        let engine = Some(opened(folder.0.path(), &config(), clock.clone()).await);
        let (model, dice, numbers) = (Model::default(), Dice(seed), BTreeMap::new());
        Story { folder, clock, engine, model, dice, numbers }
    }

    fn engine(&self) -> &Local {
        self.engine.as_ref().unwrap()
    }

    async fn step(&mut self) {
        match self.dice.below(20) {
            0..7 => self.publish().await,
            7..12 => self.fetch(1 + self.dice.0 as usize % 5).await,
            12..16 => self.acknowledge().await,
            16..18 => self.commit().await,
            18 => self.clock.advance(LEASE / 2),
            _ if self.dice.below(10) == 0 => self.restart().await,
            _ => self.repeat().await,
        }
    }

    async fn publish(&mut self) {
        let source = self.dice.of(&SOURCES);
        let mut envelopes = Vec::new();
        for _ in 0..=self.dice.below(3) {
            let recipient = self.dice.of(&["", UNITS[0], UNITS[0], UNITS[1]]);
            let number = self.numbers.entry((source.into(), recipient.into())).or_default();
            *number += 1;
            let subject = ["case/w/1", "case/w/2", "case/w/3"];
            let mut envelope = conformance::envelope(recipient, *number, self.dice.of(&subject));
            envelope.source = party(source);
            envelope.priority = self.dice.of(&[0, 0, 0, 3]);
            envelopes.push(envelope);
        }
        let placed = take(self.engine(), &party(source), envelopes.clone()).await.unwrap();
        for (placed, envelope) in placed.into_iter().zip(envelopes) {
            assert!(!placed.is_duplicate);
            if let Some(recipient) = &envelope.recipient {
                let waiting = self.model.waiting.entry(recipient.to_string());
                waiting.or_default().insert(placed.place);
            }
            self.model.sent.insert(placed.place, envelope);
        }
    }

    /// A sender that did not hear the answer.
    async fn repeat(&mut self) {
        let sent: Vec<u64> = self.model.sent.keys().copied().collect();
        if sent.is_empty() {
            return;
        }
        let place = self.dice.of(&sent);
        let envelope = self.model.sent[&place].clone();
        let source = envelope.source.clone();
        let placed = take(self.engine(), &source, vec![envelope]).await.unwrap();
        assert_eq!((placed[0].place, placed[0].is_duplicate), (place, true));
    }

    async fn fetch(&mut self, max: usize) {
        let unit = self.dice.of(&UNITS);
        self.fetch_for(unit, max).await;
    }

    async fn fetch_for(&mut self, unit: &str, max: usize) {
        let ask = Ask { max, wait: Duration::ZERO, lease: LEASE };
        let deliveries = self.engine().fetch(&party(unit), ask).await.unwrap();
        self.model.check(unit, max, self.clock.now(), &deliveries);
    }

    /// Some of what was ever in hand, in time or too late.
    async fn acknowledge(&mut self) {
        let unit = self.dice.of(&UNITS);
        let waiting = self.model.waiting.get(unit).cloned().unwrap_or_default();
        let in_hand = waiting.into_iter().filter(|place| self.model.leased.contains_key(place));
        let places: Vec<u64> = in_hand.filter(|_| self.dice.below(2) == 0).collect();
        self.acknowledge_for(unit, places).await;
    }

    async fn acknowledge_for(&mut self, unit: &str, places: Vec<u64>) {
        let count = self.engine().acknowledge(&party(unit), places.clone()).await.unwrap();
        assert_eq!(count as usize, places.len());
        for place in places {
            self.model.waiting.get_mut(unit).unwrap().remove(&place);
            self.model.leased.remove(&place);
        }
    }

    async fn commit(&mut self) {
        let follower = self.dice.of(&FOLLOWERS);
        let sent: Vec<u64> = self.model.sent.keys().copied().collect();
        if !sent.is_empty() {
            let place = self.dice.of(&sent);
            let reached = self.engine().commit(&party(follower), place).await.unwrap();
            let before = self.model.committed.entry(follower.into()).or_default();
            *before = place.max(*before);
            assert_eq!(reached, *before);
        }
    }

    async fn restart(&mut self) {
        self.engine = None;
        self.engine = Some(opened(self.folder.0.path(), &config(), self.clock.clone()).await);
        self.model.leased.clear();
        self.model.attempts.clear();
    }

    async fn check_settled(&self) {
        for source in SOURCES {
            let receipts = all_receipts(self.engine(), &party(source), 0).await;
            let places: BTreeSet<u64> = receipts.iter().map(|receipt| receipt.place).collect();
            assert_eq!(places.len(), receipts.len(), "settled twice");
            assert_eq!(places, self.model.settled(source));
        }
    }

    /// Everything is fetched, acknowledged, committed: then nothing waits and all is settled.
    async fn end(mut self) {
        self.clock.advance(LEASE);
        for unit in UNITS {
            self.fetch_for(unit, 10_000).await;
            let waiting = self.model.waiting.get(unit).cloned().unwrap_or_default();
            self.acknowledge_for(unit, waiting.into_iter().collect()).await;
        }
        for follower in FOLLOWERS {
            let last = *self.model.sent.keys().last().unwrap();
            self.engine().commit(&party(follower), last).await.unwrap();
            self.model.committed.insert(follower.into(), last);
        }
        self.check_settled().await;
        let settled = SOURCES.map(|source| self.model.settled(source).len());
        assert_eq!(settled.iter().sum::<usize>(), self.model.sent.len());
        let dump = self.engine().dump();
        let transient = |(key, _): &(Vec<u8>, Vec<u8>)| b"bumxkw".contains(&key[0]);
        assert!(!dump.1.iter().any(transient), "nothing is left of what is done");
        self.engine = None;
        let again = Folder::new();
        copy(self.folder.0.path(), again.0.path());
        let again = opened(again.0.path(), &config(), self.clock.clone()).await;
        assert!(again.dump() == dump, "a view that is made anew is the same");
    }
}

/// Copies the journal alone: the view has to be made anew.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to.join("journal")).unwrap();
    for file in std::fs::read_dir(from.join("journal")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join("journal").join(file.file_name())).unwrap();
    }
}

fn config() -> Config {
    let recipients: Vec<Party> = UNITS.map(party).to_vec();
    Config { recipients, attempts_max: u32::MAX, ..Config::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_order_nothing_is_lost_and_all_is_settled_once() {
    for seed in 0..12 {
        let mut story = Story::begin(seed).await;
        for step in 0..150 {
            story.step().await;
            if step % 5 == 0 {
                story.check_settled().await;
            }
        }
        story.end().await;
    }
}
