//! The waits of a picture: who was waited for, from which step to which, by which clock.

use super::{Kind, ROOT, Span, Step, Waited};
use crate::moment::Moment;

/// Every wait, in the order in which they began. A wait is seen at each step while it goes on; it
/// ended at the step that says so, or with the last that saw it.
pub(super) fn of(steps: &[Step], keys: &[String], now: &[Waited], at: Moment) -> Vec<Span> {
    let mut row = Row::default();
    for (index, step) in steps.iter().enumerate() {
        row.see(&step.waited, step.at(), index, steps, keys);
    }
    row.see(now, at, steps.len(), steps, keys);
    row.done.into_iter().chain(row.open.into_iter().map(|(_, span)| span)).collect()
}

/// Waits that have ended, and those that go on.
#[derive(Default)]
struct Row {
    begun: usize,
    done: Vec<Span>,
    open: Vec<(Waited, Span)>,
}

impl Row {
    /// What is waited for before a step; behind the last one, what is waited for now.
    fn see(
        &mut self,
        waited: &[Waited],
        at: Moment,
        index: usize,
        steps: &[Step],
        keys: &[String],
    ) {
        let (seen, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|(open, _)| waited.iter().any(|one| is_same(one, open)));
        self.open = seen;
        for (_, mut span) in gone {
            span.is_open = false;
            self.done.push(span);
        }
        for one in waited {
            self.note(one, at, index, steps, keys);
        }
    }

    fn note(&mut self, one: &Waited, at: Moment, index: usize, steps: &[Step], keys: &[String]) {
        let known = self.open.iter().position(|(open, _)| is_same(one, open));
        let mut span = match known {
            Some(known) => self.open.swap_remove(known).1,
            None => {
                self.begun += 1;
                begun(one, self.begun, index, steps, keys)
            }
        };
        span.to = at.max(span.to);
        span.clock = one.clock;
        span.is_late = one.clock.is_some_and(|clock| span.to > clock.due);
        if one.has_ended {
            span.is_open = false;
            span.ended_by = keys.get(index).cloned();
            self.done.push(span);
        } else {
            self.open.push((one.clone(), span));
        }
    }
}

/// A wait that is seen for the first time before the step at `index`; the number of the waits so far
/// makes its key its own.
fn begun(one: &Waited, number: usize, index: usize, steps: &[Step], keys: &[String]) -> Span {
    let before = index.checked_sub(1);
    let key = format!("wait/{}/{}/{number}", one.party, one.duty);
    Span {
        what: one.duty.to_owned(),
        who: Some(one.party.clone()),
        is_open: true,
        round: before.and_then(|at| steps.get(at)).map_or(0, |step| step.round),
        opened_by: before.and_then(|at| keys.get(at).cloned()),
        ..Span::new(Kind::Wait, key, ROOT, one.from, one.from)
    }
}

/// Whether it is the same wait, also where its due moment was moved.
fn is_same(one: &Waited, other: &Waited) -> bool {
    (&one.party, one.duty, &one.about, one.from)
        == (&other.party, other.duty, &other.about, other.from)
}
