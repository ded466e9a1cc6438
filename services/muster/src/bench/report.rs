//! What was measured, as a table and as the last object.
//!
//! The mailbox is the bus's: the moment is that at which the bus has taken the call for the unit.
//! The desk is the unit's: its service has the call in its own journal, and its system has seen it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use worker::cost::Cost;

use super::{
    figures::{Interval, interval, median, per, percentile, rate, round},
    open::Level,
    pair::{Pair, Turn},
    usage::Cpu,
};
use crate::{cli, output::Output};

/// Everything that was measured.
#[derive(Default)]
pub struct Report {
    /// The pairs.
    pub pairs: Vec<Pair>,
    /// With cases left open.
    pub levels: Vec<Level>,
}

/// Says how it is measured.
pub fn settings(asked: &cli::Case, output: &Output) {
    let text = format!(
        "Standard cases and empty workflows in turns of {} with {} in flight, {} pairs; a step \
         follows after {} ms, give or take a half (seed {})",
        asked.cases, asked.in_flight, asked.pairs, asked.pause_ms, asked.seed
    );
    let object = json!({
        "pairs": asked.pairs, "cases_per_turn": asked.cases, "in_flight": asked.in_flight,
        "pause_ms": asked.pause_ms, "seed": asked.seed, "open": asked.open,
    });
    output.say(text, "settings", object);
}

/// Says what a pair took.
pub fn pair(number: u32, pair: &Pair, output: &Output) {
    let [cases, empties] = [&pair.cases, &pair.empties].map(Turn::per_second);
    let (writes, events) = (pair.writes(), pair.events());
    let [ours, theirs] = [&pair.cases, &pair.empties].map(Turn::cpu_ms);
    let ratio = pair.ratio();
    let text = format!(
        "  pair {number:>2}  {cases:>6.2} cases/s {empties:>6.2} empty/s  ratio {ratio:.3}  \
         {writes:>5.2} writes {events:>5.2} events a case  CPU {ours:.0} ms a case, {theirs:.0} ms an empty one"
    );
    let object = json!({
        "pair": number, "cases_per_second": round(cases),
        "empty_workflows_per_second": round(empties), "ratio": thousandth(ratio),
        "temporal_writes_per_case": round(writes), "history_events_per_case": round(events),
        "cpu_ms_per_case": round(ours), "cpu_ms_per_empty_workflow": round(theirs),
    });
    output.say(text, "pair", object);
}

impl Turn {
    /// How many in a second.
    pub fn per_second(&self) -> f64 {
        rate(self.count, self.seconds)
    }

    fn cpu_ms(&self) -> f64 {
        self.cpu.sum() * 1_000.0 / rate(self.count, 1.0)
    }
}

impl Pair {
    fn ratio(&self) -> f64 {
        self.cases.per_second() / self.empties.per_second()
    }

    fn writes(&self) -> f64 {
        per(self.cases.writes, self.cases.count)
    }

    fn events(&self) -> f64 {
        let events = self.flows.iter().flat_map(BTreeMap::values).map(|cost| cost.events);
        per(events.sum(), self.flows.len() as u64)
    }
}

impl Report {
    /// Says all of it; the object with the figures is the last.
    pub fn say(&self, output: &Output) -> anyhow::Result<()> {
        anyhow::ensure!(!self.pairs.is_empty(), "nothing was measured");
        self.say_purposes(output);
        let object = self.object();
        output.say(self.table(), "bench", object);
        Ok(())
    }

    fn all(&self, figure: impl Fn(&Pair) -> f64) -> Vec<f64> {
        self.pairs.iter().map(figure).collect()
    }

    fn delays(&self, of: impl Fn(&Pair) -> &Vec<f64>) -> [f64; 2] {
        let all: Vec<f64> = self.pairs.iter().flat_map(|pair| of(pair).clone()).collect();
        [0.5, 0.99].map(|part| round(percentile(&all, part)))
    }

    /// Over all cases together, as are the percentiles; rates are the medians of the pairs.
    fn costs(&self) -> [f64; 3] {
        let sum = |count: &dyn Fn(&Pair) -> u64| self.pairs.iter().map(count).sum::<u64>();
        let cases = sum(&|pair| pair.cases.count);
        let writes = sum(&|pair| pair.cases.writes);
        let events: u64 = self.purposes().values().map(|cost| cost.events).sum();
        let empties = sum(&|pair| pair.empties.count);
        let empty_writes = sum(&|pair| pair.empties.writes);
        [per(writes, cases), per(events, cases), per(empty_writes, empties)].map(round)
    }

    fn purposes(&self) -> BTreeMap<String, Cost> {
        let mut all = BTreeMap::<String, Cost>::new();
        let each = self.pairs.iter().flat_map(|pair| &pair.flows).flatten();
        for (name, cost) in each {
            let sum = all.entry(name.clone()).or_default();
            sum.writes += cost.writes;
            sum.events += cost.events;
        }
        all
    }

    /// What writes and events were for, and which writes no history tells of.
    fn say_purposes(&self, output: &Output) {
        let cases = self.pairs.iter().map(|pair| pair.cases.count).sum::<u64>();
        output.tell("\n  what woke the flow           writes  events a case");
        let mut told = 0.0;
        for (name, cost) in self.purposes() {
            let [writes, events] = [cost.writes, cost.events].map(|sum| round(per(sum, cases)));
            told += writes;
            output.say(
                format!("  {name:<28} {writes:>6.2}  {events:>6.2}"),
                "purpose",
                json!({ "purpose": name, "writes_per_case": writes, "events_per_case": events }),
            );
        }
        let [writes, ..] = self.costs();
        let rest = round(writes - told);
        output.say(
            format!("  {:<28} {rest:>6.2}", "in no history"),
            "purpose",
            json!({ "purpose": "in no history", "writes_per_case": rest, "events_per_case": 0 }),
        );
    }

    fn cpu(&self, turn: impl Fn(&Pair) -> &Turn) -> Value {
        let part = |part: fn(&Cpu) -> f64| {
            let per_one = |pair: &Pair| {
                let turn = turn(pair);
                part(&turn.cpu) * 1_000.0 / rate(turn.count, 1.0)
            };
            round(median(&self.all(per_one)))
        };
        json!({
            "worker": part(|cpu| cpu.worker), "temporal": part(|cpu| cpu.temporal),
            "others": part(|cpu| cpu.ours), "all": part(Cpu::sum),
        })
    }

    fn object(&self) -> Value {
        let cases = self.all(|pair| pair.cases.per_second());
        let empties = self.all(|pair| pair.empties.per_second());
        let ratios = self.all(Pair::ratio);
        let [mailbox_p50, mailbox_p99] = self.delays(|pair| &pair.delays.mailbox);
        let [desk_p50, desk_p99] = self.delays(|pair| &pair.delays.desk);
        let [writes, events, empty_writes] = self.costs();
        json!({
            "pairs": self.pairs.len(),
            "cases": self.pairs.iter().map(|pair| pair.cases.count).sum::<u64>(),
            "cases_per_second": round(median(&cases)),
            "cases_per_second_interval": bounds(interval(&cases)),
            "empty_workflows_per_second": round(median(&empties)),
            "empty_workflows_per_second_interval": bounds(interval(&empties)),
            "cases_per_empty_workflow": thousandth(median(&ratios)),
            "cases_per_empty_workflow_interval": bounds(interval(&ratios)),
            "whistle_to_mailbox_ms_p50": mailbox_p50,
            "whistle_to_mailbox_ms_p99": mailbox_p99,
            "whistle_to_desk_ms_p50": desk_p50,
            "whistle_to_desk_ms_p99": desk_p99,
            "temporal_writes_per_case": writes,
            "history_events_per_case": events,
            "temporal_writes_per_empty_workflow": empty_writes,
            "cpu_ms_per_case": self.cpu(|pair| &pair.cases),
            "cpu_ms_per_empty_workflow": self.cpu(|pair| &pair.empties),
            "open": self.levels.iter().map(Level::object).collect::<Vec<_>>(),
        })
    }

    fn table(&self) -> String {
        let [mailbox_p50, mailbox_p99] = self.delays(|pair| &pair.delays.mailbox);
        let [desk_p50, desk_p99] = self.delays(|pair| &pair.delays.desk);
        let [writes, events, empty_writes] = self.costs();
        let spread = |name: &str, values: Vec<f64>| {
            let Interval { low, high, coverage } = interval(&values);
            let (median, percent) = (median(&values), coverage * 100.0);
            format!("  {name:<34} {median:>8.3}   {low:.3} to {high:.3} ({percent:.1} %)\n")
        };
        let two =
            |name: &str, p50: f64, p99: f64| format!("  {name:<34} {p50:>8.0}   p99 {p99:.0}\n");
        let cpu = |name: &str, cpu: Value| {
            let part = |name: &str| cpu[name].as_f64().unwrap_or_default();
            let [all, worker, temporal] = ["all", "worker", "temporal"].map(part);
            format!("  {name:<34} {all:>8.0}   worker {worker:.0}, Temporal {temporal:.0}\n")
        };
        [
            format!("\n  {} pairs, medians and where they lie\n", self.pairs.len()),
            spread("cases a second", self.all(|pair| pair.cases.per_second())),
            spread("empty workflows a second", self.all(|pair| pair.empties.per_second())),
            spread("cases for one empty workflow", self.all(Pair::ratio)),
            two("whistle to mailbox, ms, p50", mailbox_p50, mailbox_p99),
            two("whistle to desk, ms, p50", desk_p50, desk_p99),
            format!("  {:<34} {writes:>8.2}   an empty one {empty_writes:.2}\n", "writes a case"),
            format!("  {:<34} {events:>8.2}\n", "events a case"),
            cpu("CPU of a case, ms", self.cpu(|pair| &pair.cases)),
            cpu("CPU of an empty workflow, ms", self.cpu(|pair| &pair.empties)),
        ]
        .concat()
    }
}

/// A ratio to three digits.
pub(super) fn thousandth(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

pub(super) fn bounds(interval: Interval) -> Value {
    let Interval { low, high, coverage } = interval;
    json!({ "low": thousandth(low), "high": thousandth(high), "coverage": thousandth(coverage) })
}
