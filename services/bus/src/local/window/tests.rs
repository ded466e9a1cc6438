//! A window alone, on a view without an engine.

use kit::view::{Origin, View};

use super::*;
use crate::local::{entry::Taken, fold};

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
    assert!(*farthest <= 400 + NEAR, "up to {farthest} is what a few blocks hold");
    // One that waits alone gives all that is asked for, however far apart it is.
    let mut scene = Scene::new();
    let last = scene.fill(1, (0..24_000).map(|at| (if at % 600 == 0 { "a" } else { "b" }, 0)));
    let of_both = scene.choose(10_000, last);
    assert!(of_both.contains(&1) && of_both.len() > 5_000);
}
