//! A window alone, on a view without an engine.

use kit::{
    tx::Tx,
    view::{Origin, View},
};

use super::*;
use crate::{
    local::{block, entry::Taken, fold, keys},
    tests::random::Dice,
};

/// A view into which envelopes are folded, and the window on one mailbox of it.
struct Scene {
    view: View,
    window: Window,
    // Last, so that it outlives the view.
    _dir: tempfile::TempDir,
}

const FAR: Moment = Moment(1 << 40);

impl Scene {
    fn new() -> Scene {
        let dir = tempfile::tempdir().unwrap();
        let view = View::open(dir.path(), &Origin::now([1; 16], 1), 0).unwrap();
        let window = Window::of(&"unit/housing".parse().unwrap());
        Scene { _dir: dir, view, window }
    }

    /// Envelopes at the places from `first` on, each with its subject and priority.
    fn fill<'s>(&self, first: u64, all: impl IntoIterator<Item = (&'s str, u8)>) -> u64 {
        self.fill_apart((first..).zip(all))
    }

    /// The same, at these places.
    fn fill_apart<'s>(&self, all: impl IntoIterator<Item = (u64, (&'s str, u8))>) -> u64 {
        let mut tx = Tx::new(&self.view);
        let mut last = 0;
        for (place, (subject, priority)) in all {
            let taken = Taken {
                number: place,
                opens: if place == 1 { "unit/a\0unit/housing".into() } else { String::new() },
                subject: subject.into(),
                mailbox: "unit/housing".into(),
                priority: priority.into(),
                wire: vec![0; 10].into(),
                ..Taken::default()
            };
            let fact = kit::store::Draft::from(taken).fact;
            let written = kit::store::Written { record: Default::default(), fact };
            fold::all(&mut tx, place, &[written]).unwrap();
            last = place;
        }
        self.view.commit(tx.into_changes(), last).unwrap();
        last
    }

    /// What was acknowledged is not in the view any more.
    fn end(&self, places: &[u64]) {
        let mut tx = Tx::new(&self.view);
        for place in places {
            let key = keys::waiting("unit/housing", block::of(*place));
            tx.edit(&key, |value| block::Waiting::end(value, *place)).unwrap();
        }
        self.view.commit(tx.into_changes(), self.view.upto()).unwrap();
    }

    fn park(&self, place: u64) {
        let mut tx = Tx::new(&self.view);
        let key = keys::waiting("unit/housing", block::of(place));
        tx.edit(&key, |value| block::Waiting::park(value, place, true)).unwrap();
        self.view.commit(tx.into_changes(), self.view.upto()).unwrap();
    }

    fn choose(&mut self, max: usize, upto: u64) -> Vec<u64> {
        let tx = Tx::new(&self.view);
        let wish = Wish { max, bytes: 1 << 30, upto, now: Moment(0), until: FAR };
        let chosen = self.window.choose(&tx, wish).unwrap();
        chosen.into_iter().map(|(place, _)| place).collect()
    }
}

#[test]
fn what_the_view_may_not_have_wholly_is_left_for_later() {
    let mut scene = Scene::new();
    scene.fill(1, [("a", 0), ("a", 0), ("b", 0)]);
    assert!(scene.choose(9, 0).is_empty());
    assert_eq!(scene.choose(9, 2), [1, 2]);
    assert_eq!(scene.choose(9, 3), [3]);
}

#[test]
fn an_answer_has_its_bytes_and_always_one_envelope() {
    let mut scene = Scene::new();
    let last = scene.fill(1, [("a", 0), ("a", 0), ("b", 0)]);
    let tx = Tx::new(&scene.view);
    let wish = |bytes| Wish { max: 9, bytes, upto: last, now: Moment(0), until: FAR };
    assert_eq!(scene.window.choose(&tx, wish(1)).unwrap(), [(1, 1)]);
    assert_eq!(scene.window.choose(&tx, wish(25)).unwrap(), [(3, 1)]);
}

#[test]
fn an_urgent_one_overtakes_a_hundred_thousand_but_not_its_own_subject() {
    let mut scene = Scene::new();
    let subjects: Vec<String> = (0..100_000).map(|n| format!("case/{}", n % 3_000)).collect();
    let last = scene.fill(1, subjects.iter().map(|subject| (subject.as_str(), 0)));
    // A few are in sight, far fewer than there are.
    assert_eq!(scene.choose(1, last), [1]);
    let end = scene.fill(last + 1, [("assist/1", 9), ("late", 0), ("late", 5)]);
    assert_eq!(scene.choose(1, end), [last + 1]);
    assert_eq!(scene.choose(2, end), [last + 2, last + 3], "it takes its subject along");
    assert_eq!(scene.choose(1, end), [2], "and then the oldest has its turn again");
}

#[test]
fn a_long_line_in_hand_hides_no_other_and_is_read_on_in_order() {
    let mut scene = Scene::new();
    let long = scene.fill(1, (0..20_000).map(|_| ("long", 0)));
    let last = scene.fill(long + 1, [("other", 0)]);
    assert_eq!(scene.choose(1, last), [1]);
    assert_eq!(scene.choose(100, last), [last]);
    assert!(
        scene.window.slots <= line::LENGTH + 1,
        "{} are held of a line that stands still",
        scene.window.slots
    );
    scene.window.acknowledged(&[1]);
    // The view does not know of it here, so that place is met once more, at another turn.
    assert_eq!(scene.choose(500, last), (2..=501).collect::<Vec<_>>());
}

#[test]
fn whatever_is_refused_released_or_ends_all_of_it_comes_again_in_order() {
    let mut scene = Scene::new();
    let last = scene.fill(1, [("a", 0), ("a", 0), ("b", 0), ("a", 0)]);
    assert_eq!(scene.choose(2, last), [1, 2]);
    scene.window.release(&[Held { place: 2, attempt: 1 }], Moment(0), u32::MAX);
    assert_eq!(scene.choose(9, last), [1, 2, 4, 3]);
    let (count, failed) = scene.window.refuse(&[1, 3], "no", (Moment(0), Moment(0)), 9);
    assert_eq!((count, failed), (2, Vec::new()));
    assert_eq!(scene.choose(9, last), [1, 2, 4, 3]);
    assert!(scene.window.expire(FAR, 9).is_empty());
    assert_eq!(scene.choose(9, last), [1, 2, 4, 3]);
    assert_eq!(scene.window.redelivered(), 2 + 4 + 4);
    let place = scene.window.expire(FAR, 4).into_iter().map(|failed| failed.place);
    assert_eq!(place.collect::<Vec<_>>(), [1]);
    assert_eq!(scene.choose(9, last), [3], "what has failed stands still until it is parked");
}

#[test]
fn what_is_kept_longer_comes_again_when_that_time_is_over_and_not_before() {
    let mut scene = Scene::new();
    let last = scene.fill(1, [("a", 0)]);
    assert_eq!(scene.choose(9, last), [1]);
    let later = Moment(FAR.0 + 1_000);
    assert_eq!(scene.window.extend(&[1, 2], later), 1);
    assert!(scene.window.expire(FAR, 9).is_empty());
    assert!(scene.choose(9, last).is_empty());
    assert!(scene.window.expire(later, 9).is_empty());
    assert_eq!(scene.choose(9, last), [1]);
}

#[test]
fn a_backlog_comes_into_sight_as_it_is_worked_off() {
    let mut scene = Scene::new();
    let subjects: Vec<String> = (0..300).map(|subject| format!("s{subject}")).collect();
    let last = scene.fill(1, (0..30_000).map(|at| (subjects[at % 300].as_str(), 0)));
    let mut seen = vec![Vec::new(); 300];
    loop {
        let chosen = scene.choose(1_000, last);
        assert!(scene.window.slots <= 16_384, "{} are held", scene.window.slots);
        if chosen.is_empty() {
            break;
        }
        chosen.iter().for_each(|place| seen[(*place as usize - 1) % 300].push(*place));
        scene.window.acknowledged(&chosen);
    }
    let right = |first: u64| (first..=last).step_by(300).collect::<Vec<_>>();
    assert!((1..).zip(seen).all(|(first, seen)| seen == right(first)), "each once, in order");
}

#[test]
fn a_long_backlog_is_read_in_order_and_not_subject_after_subject() {
    let mut scene = Scene::new();
    let subjects: Vec<String> = (0..400).map(|subject| format!("s{subject}")).collect();
    let all = (0..24_000).map(|at| (subjects[at % 400].as_str(), 0));
    let last = scene.fill(1, all);
    let chosen = scene.choose(1_000, last);
    assert_eq!(chosen.len(), 1_000);
    let farthest = chosen.iter().max().unwrap();
    assert!(*farthest <= 400 + lease::NEAR, "up to {farthest} is what a few blocks hold");
}

#[test]
fn near_is_what_few_others_are_in_between_and_not_few_places() {
    let mut scene = Scene::new();
    let subject = |at: u64| (if at.is_multiple_of(2) { "a" } else { "b" }, 0);
    let last = scene.fill_apart((0..40).map(|at| (1 + at * 1_000, subject(at))));
    assert_eq!(scene.choose(10, last), (0..10).map(|at| 1 + at * 2_000).collect::<Vec<_>>());
}

#[test]
fn a_subject_whose_others_are_in_hand_does_not_run_ahead() {
    let mut scene = Scene::new();
    let last = scene.fill(1, (0..24_000).map(|at| (if at % 600 == 0 { "a" } else { "b" }, 0)));
    assert_eq!(scene.choose(1, last), [1]);
    let of_b = scene.choose(10_000, last);
    assert!(of_b.contains(&2) && of_b.len() > 1_000 && of_b.len() < 2_000, "{}", of_b.len());
}

#[test]
fn a_subject_that_waits_alone_or_beside_what_stands_still_gives_all() {
    let mut scene = Scene::new();
    let last = scene.fill(1, (0..24_000).map(|at| (if at % 600 == 0 { "a" } else { "b" }, 0)));
    // Nothing of the other is left but one that is parked.
    let others: Vec<u64> = (3..=last).filter(|place| place % 600 != 1).collect();
    scene.end(&others);
    scene.park(2);
    assert_eq!(scene.choose(30, last), (1..=last).step_by(600).take(30).collect::<Vec<_>>());
}

#[test]
fn subjects_that_run_empty_together_are_read_on_together() {
    let mut scene = Scene::new();
    let subjects: Vec<String> = (0..20).map(|subject| format!("s{subject}")).collect();
    let last = scene.fill(1, (0..8_000).map(|at| (subjects[at % 20].as_str(), 0)));
    // All are in hand, so that the window looks as far as it may: more than they hold.
    let first: Vec<u64> = (0..20).flat_map(|_| scene.choose(1, last)).collect();
    assert_eq!(first, (1..=20).collect::<Vec<_>>());
    assert!(scene.choose(1, last).is_empty());
    scene.window.acknowledged(&first);
    let held = |scene: &Scene| scene.window.lines.values().map(Line::held).collect::<Vec<_>>();
    // Each held as many as a line may when its first was taken.
    assert_eq!(held(&scene), [line::LENGTH - 1; 20]);
    // Until the first of them is empty: then it is read on, and the others with it.
    for place in (21..).take(20 * (line::LENGTH - 2) + 1) {
        assert_eq!(scene.choose(1, last), [place]);
        scene.window.acknowledged(&[place]);
    }
    assert!(held(&scene).iter().all(|count| *count >= line::LENGTH - 1), "{:?}", held(&scene));
}

#[test]
fn who_has_fallen_behind_does_not_make_others_look_through_it_again() {
    let mut scene = Scene::new();
    let subjects = ["slow", "a", "b"];
    let last = scene.fill(1, (0..30_000).map(|at| (subjects[at % 3], 0)));
    let slow = scene.choose(1, last);
    let mut more = Vec::new();
    while scene.window.lines.values().filter(|line| line.more > Some(20_000)).count() < 2 {
        let chosen = scene.choose(100, last);
        scene.end(&chosen);
        scene.window.acknowledged(&chosen);
        more.push(chosen.len());
        assert!(more.len() < 1_000, "{more:?}");
    }
    // It gives one more, and could hold one more, from far behind.
    scene.end(&slow);
    scene.window.acknowledged(&slow);
    assert_eq!(scene.choose(1, last), [4]);
    let line = scene.window.in_hand[&4].line;
    assert!(scene.window.lines[&line].held() < line::LENGTH);
    let far = scene.window.lines[&line].more;
    assert!(far < Some(1_000), "{far:?}");
    let other = scene.window.lines.iter().find(|(key, _)| **key != line);
    let other = *other.unwrap().0;
    let takers = scene.window.takers(other);
    assert!(takers.contains_key(&other) && !takers.contains_key(&line));
    assert!(scene.window.takers(line).contains_key(&line));
}

#[test]
fn whatever_is_read_on_comes_once_and_in_order() {
    for seed in 0..6 {
        Story::new(seed).play();
    }
}

/// Twelve subjects, of which some have much and one is urgent, far apart in the record.
struct Story {
    scene: Scene,
    dice: Dice,
    /// The subject of each place.
    of: BTreeMap<u64, usize>,
    hands: Vec<Vec<u64>>,
    seen: Vec<Vec<u64>>,
}

const SUBJECTS: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "urgent"];
const APART: u64 = 90;

impl Story {
    fn new(seed: u64) -> Story {
        let (scene, mut dice) = (Scene::new(), Dice(seed));
        let of = (0..6_000).map(|at| (1 + at * APART, dice.below(12).min(dice.below(12))));
        let of = of.collect();
        Story { scene, dice, of, hands: Vec::new(), seen: vec![Vec::new(); 12] }
    }

    fn fill(&self, places: std::ops::Range<u64>) -> u64 {
        let one = |(at, of): (&u64, &usize)| (*at, (SUBJECTS[*of], u8::from(*of == 11)));
        self.scene.fill_apart(self.of.range(places).map(one))
    }

    fn play(mut self) {
        let half = 3_000 * APART;
        let mut upto = self.fill(1..half);
        for turn in 0..5_000 {
            if turn == 40 {
                upto = self.fill(half..u64::MAX);
            }
            let chosen = self.scene.choose(1 + self.dice.below(300), upto);
            if chosen.is_empty() && self.hands.is_empty() && turn > 40 {
                break;
            }
            self.hands.push(chosen);
            while self.hands.len() > self.dice.below(6) {
                self.end_one();
            }
            self.check();
        }
        for (line, seen) in self.seen.into_iter().enumerate() {
            let all = self.of.iter().filter(|(_, of)| **of == line).map(|(place, _)| *place);
            assert!(seen.iter().copied().eq(all), "{} is {seen:?}", SUBJECTS[line]);
        }
    }

    /// Somebody acknowledges, refuses or goes, or the window is looked at anew before.
    fn end_one(&mut self) {
        let places = self.hands.swap_remove(self.dice.below(self.hands.len()));
        let window = &mut self.scene.window;
        match self.dice.below(12) {
            0 | 1 => return window.withdraw(&places),
            2 => drop(window.refuse(&places, "no", (Moment(0), Moment(0)), u32::MAX)),
            3 => window.look_anew(),
            _ => {}
        }
        let still = |place: &u64| window.in_hand.contains_key(place);
        let done: Vec<u64> = places.into_iter().filter(still).collect();
        self.scene.end(&done);
        self.scene.window.acknowledged(&done);
        done.iter().for_each(|place| self.seen[self.of[place]].push(*place));
    }

    /// Who is ready has its turn and nobody else, and what is held is counted.
    fn check(&self) {
        let window = &self.scene.window;
        let ready = |(key, line): (&u64, &Line)| {
            let (behind, place) = line.turn().filter(|_| line.state == State::Ready)?;
            Some(Turn { behind, place, line: *key })
        };
        let turns: BTreeSet<Turn> = window.lines.iter().filter_map(ready).collect();
        assert_eq!(window.turns, turns);
        assert_eq!(window.slots, window.lines.values().map(Line::held).sum::<usize>());
    }
}
