//! The latest envelopes in short: a repeat of them, and the reuse of an id, are known without reading.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

/// How many are known.
const KNOWN: usize = 100_000;

/// By id, and by number.
#[derive(Debug, Default)]
pub struct Recent {
    named: VecDeque<u64>,
    /// The series and the number under which an id was taken.
    names: FxHashMap<u64, (u32, u64)>,
    runs: FxHashMap<u32, Run>,
    /// Which series has how many of those that are known, the oldest first.
    order: VecDeque<(u32, usize)>,
    numbered: usize,
}

/// Numbers of a series that follow each other.
#[derive(Debug, Default)]
struct Run {
    first: u64,
    prints: VecDeque<u64>,
}

impl Recent {
    /// Those of a series from `first` on are taken, if they can be written: each by its name and its
    /// content. Where they can't, the same come again under the same numbers.
    pub fn decided(&mut self, series: u32, first: u64, taken: &[(u64, u64)]) {
        for (number, (name, _)) in (first..).zip(taken) {
            self.note(*name, (series, number));
        }
        self.number(series, first, taken);
    }

    fn number(&mut self, series: u32, first: u64, taken: &[(u64, u64)]) {
        let run = self.runs.entry(series).or_default();
        // What could not be written is decided again, and its content may be another.
        let known = usize::try_from(first.saturating_sub(run.first)).unwrap_or(usize::MAX);
        if run.prints.is_empty() || first < run.first || known > run.prints.len() {
            self.numbered -= run.prints.len();
            *run = Run { first, prints: VecDeque::new() };
        } else {
            self.numbered -= run.prints.len() - known;
            run.prints.truncate(known);
        }
        run.prints.extend(taken.iter().map(|(_, print)| print));
        self.numbered += taken.len();
        self.order.push_back((series, taken.len()));
        while self.numbered > KNOWN
            && let Some((series, count)) = self.order.pop_front()
        {
            self.forget(series, count);
        }
    }

    fn forget(&mut self, series: u32, count: usize) {
        let Some(run) = self.runs.get_mut(&series) else { return };
        let count = count.min(run.prints.len());
        run.prints.drain(..count);
        run.first += count as u64;
        self.numbered -= count;
        if run.prints.is_empty() {
            self.runs.remove(&series);
        }
    }

    fn note(&mut self, name: u64, at: (u32, u64)) {
        if self.names.insert(name, at).is_none() {
            self.named.push_back(name);
        }
        if self.named.len() > KNOWN
            && let Some(oldest) = self.named.pop_front()
        {
            self.names.remove(&oldest);
        }
    }

    /// Whether a name was taken, and for another than this number of this series.
    pub fn is_reused(&self, name: u64, at: (u32, u64)) -> bool {
        self.names.get(&name).is_some_and(|taken| *taken != at)
    }

    pub fn print(&self, series: u32, number: u64) -> Option<u64> {
        let run = self.runs.get(&series)?;
        let at = usize::try_from(number.checked_sub(run.first)?).ok()?;
        run.prints.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named<const N: usize>(prints: [u64; N]) -> [(u64, u64); N] {
        prints.map(|print| (print * 7, print))
    }

    #[test]
    fn the_latest_numbers_are_known_and_what_is_decided_again_replaces_them() {
        let mut recent = Recent::default();
        recent.decided(7, 1, &named([10, 20, 30]));
        recent.decided(8, 5, &named([50]));
        let known = |recent: &Recent| [1, 2, 3, 4].map(|number| recent.print(7, number));
        assert_eq!(known(&recent), [Some(10), Some(20), Some(30), None]);
        recent.decided(7, 3, &named([31, 40]));
        assert_eq!(known(&recent), [Some(10), Some(20), Some(31), Some(40)]);
        recent.decided(7, 9, &named([90]));
        assert_eq!((recent.print(7, 3), recent.print(7, 9)), (None, Some(90)));
        assert_eq!(recent.numbered, 2);
    }

    #[test]
    fn an_id_is_reused_only_under_another_number() {
        let mut recent = Recent::default();
        recent.decided(7, 1, &[(1, 10)]);
        assert!(!recent.is_reused(1, (7, 1)), "it could not be written, and comes again");
        assert!(recent.is_reused(1, (7, 2)) && recent.is_reused(1, (8, 1)));
        assert!(!recent.is_reused(2, (7, 2)));
    }

    #[test]
    fn memory_is_bounded() {
        let mut recent = Recent::default();
        for call in 0..300_u64 {
            let taken: Vec<(u64, u64)> = (0..1_000).map(|at| (call * 1_000 + at, call)).collect();
            recent.decided(u32::try_from(call % 3).unwrap(), call / 3 * 1_000 + 1, &taken);
        }
        assert!(recent.numbered <= KNOWN && recent.names.len() <= KNOWN);
        assert!(recent.order.len() <= 101);
        assert_eq!(recent.print(0, 1), None);
        assert_eq!(recent.print(2, 100_000), Some(299));
    }
}
