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
        let mut tx = Tx::new(&self.view);
        let mut last = first - 1;
        for (place, (subject, priority)) in (first..).zip(all) {
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
    // Near is what few others are in between, and not what few places are.
    let mut scene = Scene::new();
    let places = (0..40).map(|at| 1 + at * 1_000);
    let last =
        places.map(|at| scene.fill(at, [(if at % 2_000 == 1 { "a" } else { "b" }, 0)])).max();
    let of_a: Vec<u64> = (0..10).map(|at| 1 + at * 2_000).collect();
    assert_eq!(scene.choose(10, last.unwrap()), of_a);
    // One that gives alone since others are in hand is near all the same, or it would run ahead.
    let mut scene = Scene::new();
    let last = scene.fill(1, (0..24_000).map(|at| (if at % 600 == 0 { "a" } else { "b" }, 0)));
    assert_eq!(scene.choose(1, last), [1]);
    let of_b = scene.choose(10_000, last);
    assert!(of_b.contains(&2) && of_b.len() > 1_000 && of_b.len() < 2_000, "{}", of_b.len());
    // One that waits alone gives all that is asked for, however far apart it is.
    let mut scene = Scene::new();
    let last = scene.fill(1, (0..24_000).map(|at| (if at % 600 == 0 { "a" } else { "b" }, 0)));
    let others: Vec<u64> = (1..=last).filter(|place| place % 600 != 1).collect();
    scene.end(&others);
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
fn whatever_is_read_on_comes_once_and_in_order() {
    for seed in 0..8 {
        let mut dice = Dice(seed);
        let mut scene = Scene::new();
        let subjects: Vec<String> = (0..12).map(|subject| format!("s{subject}")).collect();
        let of: Vec<usize> = (0..6_000).map(|_| dice.below(12).min(dice.below(12))).collect();
        let half = scene.fill(1, of[..3_000].iter().map(|of| (subjects[*of].as_str(), 0)));
        let rest = |of: &usize| (subjects[*of].as_str(), u8::from(*of == 11));
        let (mut upto, mut hands, mut seen) = (half, Vec::<Vec<u64>>::new(), vec![Vec::new(); 12]);
        for turn in 0.. {
            if turn == 40 {
                upto = scene.fill(half + 1, of[3_000..].iter().map(rest));
            }
            let chosen = scene.choose(1 + dice.below(300), upto);
            if chosen.is_empty() && hands.is_empty() && turn > 40 {
                break;
            }
            hands.push(chosen);
            while hands.len() > dice.below(6) {
                let places = hands.swap_remove(dice.below(hands.len()));
                if dice.below(4) == 0 {
                    scene.window.withdraw(&places);
                    continue;
                }
                let still = |place: &&u64| scene.window.in_hand.contains_key(place);
                let done: Vec<u64> = places.iter().filter(still).copied().collect();
                scene.end(&done);
                scene.window.acknowledged(&done);
                done.iter().for_each(|place| seen[of[*place as usize - 1]].push(*place));
            }
        }
        for (line, seen) in seen.into_iter().enumerate() {
            let all: Vec<u64> = (1..=upto).filter(|at| of[*at as usize - 1] == line).collect();
            assert_eq!(seen, all, "subject {line}, seed {seed}");
        }
    }
}
