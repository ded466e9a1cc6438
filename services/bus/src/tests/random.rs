//! Random interleavings against a model that is too simple to be wrong: nothing is lost, the order
//! of a subject is kept, what fails or expires is parked and lets nothing of its subject through,
//! everything is settled when it may be and once. The clock is the test's.

mod model;

use std::collections::{BTreeMap, BTreeSet};

use domain::{envelope::Envelope, moment::Moment, party::Party};
use model::Model;

use super::*;
use crate::{
    conformance::{
        self, all_receipts, party,
        signing::{committed, ended},
        take,
    },
    engine::{Ask, Held, Resolve},
};

/// How often an envelope is delivered before it is parked.
const ATTEMPTS: u32 = 3;
/// Longer than a subject stands still that is about to be parked.
const BLINK: Duration = Duration::from_millis(600);
const LEASE: Duration = Duration::from_secs(10);
const UNITS: [&str; 2] = ["unit/housing", "unit/fire"];
const SOURCES: [&str; 2] = ["unit/enforcement", "unit/water"];
const FOLLOWERS: [&str; 2] = ["service/worker", "service/gateway"];

/// A generator of numbers: the same seed, the same story.
pub struct Dice(pub u64);

impl Dice {
    /// Splitmix64.
    pub fn below(&mut self, end: usize) -> usize {
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
        match self.dice.below(32) {
            0..7 => {
                let count = 1 + self.dice.below(4);
                self.publish(count).await;
            }
            7 if self.dice.below(8) == 0 => self.publish(200).await,
            7..13 => self.fetch().await,
            13..17 => self.acknowledge().await,
            17..20 => self.refuse().await,
            20..22 => self.extend().await,
            22..24 => self.release().await,
            24..26 => self.resolve().await,
            26..28 => self.commit().await,
            28..30 => self.pass(LEASE / 2).await,
            30 => self.repeat().await,
            _ if self.dice.below(4) == 0 => self.restart().await,
            _ => self.look().await,
        }
    }

    async fn publish(&mut self, count: usize) {
        let source = self.dice.of(&SOURCES);
        let envelopes: Vec<Envelope> = (0..count).map(|_| self.draw(source)).collect();
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

    fn draw(&mut self, source: &str) -> Envelope {
        let recipient = self.dice.of(&["", UNITS[0], UNITS[0], UNITS[1]]);
        let number = self.numbers.entry((source.into(), recipient.into())).or_default();
        *number += 1;
        let subject = ["case/w/1", "case/w/2", "case/w/3", "case/w/4"];
        let mut envelope = conformance::envelope(recipient, *number, self.dice.of(&subject));
        envelope.source = party(source);
        envelope.priority = self.dice.of(&[0, 0, 0, 0, 3]);
        if !recipient.is_empty() && self.dice.below(8) == 0 {
            let now = self.clock.now();
            let [early, late] = [0, 1].map(|_| LEASE / 4 * u32::from(self.dice.below(8) as u8));
            envelope.terms.not_before = (self.dice.below(2) == 0).then(|| now + early);
            envelope.terms.expires = (self.dice.below(2) == 0).then(|| now + early + late + BLINK);
        }
        envelope
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

    /// Lets time pass, until the engine has done what was due by then.
    async fn pass(&mut self, span: Duration) {
        self.clock.advance(span);
        self.model.tick(self.clock.now());
        for unit in UNITS {
            let ask = Ask { max: 0, wait: Duration::ZERO, lease: LEASE };
            assert!(self.engine().fetch(&party(unit), ask).await.unwrap().is_empty());
        }
        let wanted: BTreeSet<u64> = self.model.parked.keys().copied().collect();
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let found = self.engine().parked(None, None, 100_000).await.unwrap();
            let places: BTreeSet<u64> = found.iter().map(|one| one.recorded.place).collect();
            if places == wanted {
                return self.model.check_parked(&found);
            }
            let is_late = tokio::time::Instant::now() > end;
            assert!(!is_late, "parked is {places:?} and should be {wanted:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn fetch(&mut self) {
        let (unit, max) = (self.dice.of(&UNITS), 1 + self.dice.below(6));
        let max = if self.dice.below(6) == 0 { 150 } else { max };
        self.pass(BLINK).await;
        self.fetch_for(unit, max).await;
    }

    async fn fetch_for(&mut self, unit: &str, max: usize) {
        let ask = Ask { max, wait: Duration::ZERO, lease: LEASE };
        let deliveries = self.engine().fetch(&party(unit), ask).await.unwrap();
        self.model.check(unit, max, self.clock.now(), &deliveries);
    }

    /// Some of what waits in a mailbox and was ever in hand, with its mailbox.
    fn some(&mut self) -> (&'static str, Vec<u64>) {
        let unit = self.dice.of(&UNITS);
        let waiting = self.model.waiting.get(unit).cloned().unwrap_or_default();
        let seen = waiting.into_iter().filter(|place| self.model.seen.contains(place));
        let one_of = 1 + self.dice.below(3);
        let places: Vec<u64> = seen.filter(|_| self.dice.below(one_of) == 0).collect();
        (unit, places)
    }

    /// In time or too late, parked or not.
    async fn acknowledge(&mut self) {
        let (unit, places) = self.some();
        self.acknowledge_for(unit, places).await;
    }

    async fn acknowledge_for(&mut self, unit: &str, places: Vec<u64>) {
        let count = ended(self.engine(), &party(unit), places.clone()).await.unwrap();
        assert_eq!(count as usize, places.len());
        self.model.acknowledge(unit, &places);
    }

    async fn refuse(&mut self) {
        let (unit, mut places) = self.some();
        places.truncate(1 + self.dice.below(3));
        let delay = LEASE / 4 * u32::from(self.dice.below(4) as u8);
        let reason = format!("it broke {}", self.dice.below(100));
        let engine = self.engine();
        let refused = engine.refuse(&party(unit), places.clone(), reason.clone(), delay).await;
        let mut refused = refused.unwrap();
        refused.parked.sort_unstable();
        let until = (!delay.is_zero()).then(|| self.clock.now() + delay);
        let wanted = self.model.refuse(&places, &reason, until);
        assert_eq!((refused.count, refused.parked), wanted);
    }

    async fn extend(&mut self) {
        let (unit, places) = self.some();
        let until = self.clock.now() + LEASE;
        let count = self.engine().extend(&party(unit), places.clone(), LEASE).await;
        assert_eq!(count, self.model.extend(&places, until));
    }

    async fn release(&mut self) {
        let (unit, places) = self.some();
        // A reader goes that has them, or had them once and has nothing of them any more.
        let is_late = self.dice.below(4) == 0;
        let held: Vec<Held> = places.iter().map(|place| self.model.held(*place, is_late)).collect();
        self.engine().release(&party(unit), held).await;
        self.model.release(if is_late { &[] } else { &places });
        self.pass(Duration::ZERO).await;
    }

    /// A person decides about some of what is parked.
    async fn resolve(&mut self) {
        let unit = self.dice.of(&UNITS);
        let mut places = self.model.parked_in(unit);
        places.retain(|_| self.dice.below(2) == 0);
        if !places.is_empty() {
            let is_skipped = self.dice.below(2) == 0;
            self.resolve_for(unit, places, is_skipped).await;
        }
    }

    async fn resolve_for(&mut self, unit: &str, places: Vec<u64>, is_skipped: bool) {
        let resolve = Resolve {
            mailbox: party(unit),
            places: places.clone(),
            is_skipped,
            reason: "looked at it".into(),
            caller: party("office/coordination"),
            actor: "li.na".parse().unwrap(),
            is_preview: false,
        };
        let resolved = self.engine().resolve(resolve).await.unwrap();
        assert_eq!(resolved.len(), places.len());
        self.model.resolve(unit, &places, is_skipped);
    }

    /// What operators see is what is.
    async fn look(&self) {
        for found in self.engine().mailboxes(None, 100).await.unwrap() {
            let unit = found.party.to_string();
            let waiting = self.model.waiting.get(&unit).cloned().unwrap_or_default();
            let in_hand = waiting.intersection(&self.model.in_hand).count();
            let wanted = (waiting.len(), self.model.parked_in(&unit).len(), in_hand);
            let [depth, parked, in_hand] = [found.depth, found.parked, found.in_hand];
            assert_eq!((depth as usize, parked as usize, in_hand as usize), wanted, "{unit}");
        }
    }

    async fn commit(&mut self) {
        let follower = self.dice.of(&FOLLOWERS);
        let sent: Vec<u64> = self.model.sent.keys().copied().collect();
        if !sent.is_empty() {
            let place = self.dice.of(&sent);
            let reached = committed(self.engine(), &party(follower), place).await.unwrap();
            let before = self.model.committed.entry(follower.into()).or_default();
            *before = place.max(*before);
            assert_eq!(reached, *before);
        }
    }

    async fn restart(&mut self) {
        self.engine = None;
        self.engine = Some(opened(self.folder.0.path(), &config(), self.clock.clone()).await);
        self.model.restart();
    }

    async fn check_settled(&self) {
        for source in SOURCES {
            let receipts = all_receipts(self.engine(), &party(source), 0).await;
            let mut told: Vec<_> = receipts.iter().map(|one| (one.place, one.fate)).collect();
            told.sort_by_key(|(place, _)| *place);
            assert_eq!(told, self.model.receipts(source));
        }
    }

    /// Everything is decided, fetched, acknowledged, committed: then nothing waits and all is settled.
    async fn end(mut self) {
        while self.model.waiting.values().any(|waiting| !waiting.is_empty()) {
            self.pass(LEASE * 2).await;
            for unit in UNITS {
                let parked = self.model.parked_in(unit);
                if !parked.is_empty() {
                    self.resolve_for(unit, parked, self.dice.0.is_multiple_of(2)).await;
                }
                self.fetch_for(unit, 10_000).await;
                let waiting = self.model.waiting.get(unit).into_iter().flatten().copied();
                let held = waiting.filter(|place| self.model.in_hand.contains(place)).collect();
                self.acknowledge_for(unit, held).await;
            }
        }
        for follower in FOLLOWERS {
            let last = *self.model.sent.keys().last().unwrap();
            committed(self.engine(), &party(follower), last).await.unwrap();
            self.model.committed.insert(follower.into(), last);
        }
        self.look().await;
        self.check_settled().await;
        self.check_views().await;
    }

    async fn check_views(mut self) {
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
    Config { recipients, attempts_max: ATTEMPTS, ..Config::default() }
}

/// What broke is told by its seed: `MUSTER_SEED=7 cargo test -p bus random` plays that story alone.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the story of seed {} broke", self.0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_order_nothing_is_lost_and_all_is_settled_once() {
    let asked = kit::config::environment("SEED").and_then(|seed| seed.parse().ok());
    let seeds = asked.map_or(0..12, |seed: u64| seed..seed + 1);
    for seed in seeds {
        let _told = Told(seed);
        let mut story = Story::begin(seed).await;
        for step in 0..150 {
            story.step().await;
            if step % 5 == 0 {
                story.check_settled().await;
                story.look().await;
            }
        }
        story.end().await;
    }
}
