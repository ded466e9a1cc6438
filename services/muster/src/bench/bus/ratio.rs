//! Ratios of two cells, each from turns of the same round.
//!
//! What is to be reached is stated of ratios only: the rate of ours for one of another's, the delay
//! of ours for one of another's, and ours with envelopes waiting for ours without.

use serde_json::{Value, json};

use super::{
    super::figures::{Interval, interval, median},
    table::{Cell, Row, Table, bounds, name, thousandth},
    turn::Turn,
};
use crate::{cli::System, output::Output};

/// How one compares with another.
pub struct Ratio {
    name: String,
    window: usize,
    waiting: u64,
    of: &'static str,
    values: Vec<f64>,
}

/// All that there are: ours for each of the others', and with others waiting for without.
pub fn all(table: &Table) -> Vec<Ratio> {
    let rows = table.rows();
    let ours = rows.iter().filter(|row| row.cell.system == System::Muster);
    let pairs = ours.flat_map(|ours| {
        let others = rows.iter().filter(|other| is_pair(ours.cell, other.cell));
        others.map(move |other| (*ours, *other))
    });
    pairs.flat_map(|(ours, other)| both(ours, other)).collect()
}

fn is_pair(ours: Cell, other: Cell) -> bool {
    let is_itself = other.system == System::Muster;
    ours.window == other.window && other.waiting == 0 && is_itself == (ours.waiting > 0)
}

fn both(ours: &Row, other: &Row) -> [Ratio; 2] {
    let ratio = |of, values| Ratio {
        name: format!("{}/{}", name(ours.cell.system), name(other.cell.system)),
        window: ours.cell.window,
        waiting: ours.cell.waiting,
        of,
        values,
    };
    let rates = ours.over(other, Turn::per_second);
    let delays = ours.over(other, |turn| turn.p99_ms);
    [ratio("messages_per_second", rates), ratio("p99_ms", delays)]
}

impl Ratio {
    /// For scripts.
    pub fn object(&self) -> Value {
        json!({
            "ratio": self.name, "window": self.window, "waiting": self.waiting, "of": self.of,
            "median": thousandth(median(&self.values)),
            "interval": bounds(interval(&self.values)), "pairs": self.values.len(),
        })
    }

    /// Says it.
    pub fn say(&self, output: &Output) {
        let Interval { low, high, coverage } = interval(&self.values);
        let text = format!(
            "  {:<26} {:<20} window {:>4}  {:>8.3}   {low:.3} to {high:.3} ({:.1} %){}",
            self.name,
            self.of,
            self.window,
            median(&self.values),
            coverage * 100.0,
            if self.waiting > 0 { format!("  {} waiting", self.waiting) } else { String::new() },
        );
        output.say(text, "ratio", self.object());
    }
}
