//! What was measured: a row for each system and window, and the ratios to ours.
//!
//! A row's figures are the medians of its turns, memory is the most that was seen. A ratio is the
//! median of those of the rounds, each of two turns a few seconds apart.

use std::{collections::BTreeMap, time::Duration};

use clap::ValueEnum as _;
use serde_json::{Value, json};

use super::{
    super::figures::{Interval, interval, median, round},
    envelope::{BYTES, MAILBOXES},
    ground::QUOTA,
    nats::VERSION,
    ratio::{self, Ratio},
    turn::{Load, Turn},
};
use crate::{
    cli::{BenchBus, System},
    output::Output,
};

/// Which turns belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Of which system.
    pub system: System,
    /// With how many under way.
    pub window: usize,
    /// With how many waiting in the mailboxes.
    pub waiting: u64,
}

impl Cell {
    /// For people.
    pub fn title(self) -> String {
        match self.waiting {
            0 => name(self.system),
            waiting => format!("{} +{waiting}", name(self.system)),
        }
    }
}

/// All turns, in the order in which their cells came first.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
    starts: Vec<Value>,
}

/// All turns of one cell.
pub struct Row {
    /// Which.
    pub cell: Cell,
    turns: BTreeMap<u32, Turn>,
}

/// The word for a system.
pub fn name(system: System) -> String {
    system.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Says how it is measured.
pub fn settings(asked: &BenchBus, output: &Output) {
    let batches = asked.windows.iter().map(|window| {
        Load { window: *window, span: Duration::ZERO, per_second: 0 }.batch().to_string()
    });
    let batches = batches.collect::<Vec<_>>().join(", ");
    let windows = asked.windows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let text = format!(
        "Envelopes of {BYTES} bytes to {} mailboxes by mutual TLS, windows {windows}, at most {batches} \
         in a request of ours, whose settings are those that ship but for a sender's quota of {QUOTA} a second; \
         {} rounds of {} ms; NATS {VERSION}",
        MAILBOXES.len(),
        asked.pairs,
        asked.turn_ms,
    );
    let object = json!({
        "envelope_bytes": BYTES, "mailboxes": MAILBOXES.len(), "windows": asked.windows,
        "pairs": asked.pairs, "turn_ms": asked.turn_ms, "nats": VERSION, "quota": QUOTA,
        "systems": asked.systems.iter().map(|system| name(*system)).collect::<Vec<_>>(),
    });
    output.say(text, "settings", object);
}

impl Table {
    /// Keeps how long a bus with envelopes waiting took from its start to the first delivery, and
    /// what memory it had then.
    pub fn started(&mut self, waiting: u64, starts: &[Duration], memory_mib: f64, output: &Output) {
        let all_ms: Vec<f64> = starts.iter().map(|took| took.as_secs_f64() * 1_000.0).collect();
        let (middle, most) = (median(&all_ms), all_ms.iter().copied().fold(0.0, f64::max));
        let text = format!(
            "  with {waiting} waiting, from the start to the first delivery: {middle:.0} ms, at \
             most {most:.0} ms in {} starts; {memory_mib:.0} MiB then",
            all_ms.len()
        );
        let object = json!({
            "system": name(System::Muster), "waiting": waiting, "starts": all_ms.len(),
            "start_ms": round(middle), "start_ms_max": round(most), "memory_mib": round(memory_mib),
        });
        output.say(text, "start", object.clone());
        self.starts.push(object);
    }

    /// Keeps a turn and says it.
    pub fn add(&mut self, number: u32, cell: Cell, turn: Turn, output: &Output) {
        let text = format!(
            "  round {number:>2}  {:<17} window {:>4}  {:>8.0} a second  p50 {:>7.2} ms  p99 {:>7.2} ms",
            cell.title(),
            cell.window,
            turn.per_second(),
            turn.p50_ms,
            turn.p99_ms
        );
        let object = json!({
            "round": number, "system": name(cell.system), "window": cell.window,
            "waiting": cell.waiting,
            "messages": turn.count, "messages_per_second": round(turn.per_second()),
            "p50_ms": thousandth(turn.p50_ms), "p99_ms": thousandth(turn.p99_ms),
            "server_cpu_s": round(turn.server_cpu), "client_cpu_s": round(turn.client_cpu),
            "memory_mib": round(turn.memory_mib),
        });
        output.say(text, "turn", object);
        let at = self.rows.iter().position(|row| row.cell == cell).unwrap_or_else(|| {
            self.rows.push(Row { cell, turns: BTreeMap::new() });
            self.rows.len() - 1
        });
        self.rows[at].turns.insert(number, turn);
    }

    /// All rows: by window, and as the systems are named.
    pub fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        let order = |system| System::value_variants().iter().position(|one| *one == system);
        rows.sort_by_key(|row| (row.cell.window, order(row.cell.system), row.cell.waiting));
        rows
    }

    /// Says all rows; the last object has them all.
    pub fn say(&self, output: &Output) {
        output.tell(HEAD);
        let rows = self.rows();
        for row in &rows {
            output.say(row.line(), "row", row.object());
        }
        output.tell("\n  medians of ratios, and where they lie");
        let ratios = ratio::all(self);
        ratios.iter().for_each(|ratio| ratio.say(output));
        let rows: Vec<Value> = rows.iter().map(|row| row.object()).collect();
        let ratios: Vec<Value> = ratios.iter().map(Ratio::object).collect();
        let object = json!({ "rows": rows, "ratios": ratios, "starts": self.starts });
        output.say("", "bench", object);
    }
}

const HEAD: &str = "\n  system            window  a second  interval            p50 ms    p99 ms  \
     CPU s a million (server + client)  cores  memory MiB";

impl Row {
    fn all(&self, figure: impl Fn(&Turn) -> f64) -> Vec<f64> {
        self.turns.values().map(figure).collect()
    }

    fn median(&self, figure: impl Fn(&Turn) -> f64) -> f64 {
        median(&self.all(figure))
    }

    /// The ratio of two cells in every round that both have.
    pub fn over(&self, other: &Row, figure: impl Fn(&Turn) -> f64) -> Vec<f64> {
        let both =
            self.turns.iter().filter_map(|(round, turn)| Some((turn, other.turns.get(round)?)));
        both.map(|(ours, theirs)| figure(ours) / figure(theirs)).collect()
    }

    /// How many in a second.
    pub fn per_second(&self) -> f64 {
        self.median(Turn::per_second)
    }

    fn server_per_million(&self) -> f64 {
        self.median(|turn| turn.per_million(turn.server_cpu))
    }

    fn client_per_million(&self) -> f64 {
        self.median(|turn| turn.per_million(turn.client_cpu))
    }

    /// How many cores the server and its clients have kept busy.
    fn cores(&self) -> [f64; 2] {
        [
            self.median(|turn| turn.server_cpu / turn.seconds),
            self.median(|turn| turn.client_cpu / turn.seconds),
        ]
    }

    fn memory_mib(&self) -> f64 {
        self.turns.values().map(|turn| turn.memory_mib).fold(0.0, f64::max)
    }

    fn line(&self) -> String {
        let Interval { low, high, .. } = interval(&self.all(Turn::per_second));
        let [server, client] = self.cores();
        let (server_cpu, client_cpu) = (self.server_per_million(), self.client_per_million());
        format!(
            "  {:<17} {:>6}  {:>8.0}  {:<18}  {:>7.2}  {:>8.2}  {:>7.1} ({server_cpu:.1} + {client_cpu:.1})  \
             {server:.2} + {client:.2}  {:>6.0}",
            self.cell.title(),
            self.cell.window,
            self.per_second(),
            format!("{low:.0} to {high:.0}"),
            self.median(|turn| turn.p50_ms),
            self.median(|turn| turn.p99_ms),
            server_cpu + client_cpu,
            self.memory_mib(),
        )
    }

    fn object(&self) -> Value {
        let [server, client] = self.cores();
        let (server_cpu, client_cpu) = (self.server_per_million(), self.client_per_million());
        json!({
            "system": name(self.cell.system),
            "window": self.cell.window,
            "waiting": self.cell.waiting,
            "turns": self.turns.len(),
            "messages_per_second": round(self.per_second()),
            "messages_per_second_interval": bounds(interval(&self.all(Turn::per_second))),
            "p50_ms": thousandth(self.median(|turn| turn.p50_ms)),
            "p99_ms": thousandth(self.median(|turn| turn.p99_ms)),
            "cpu_s_per_million": round(server_cpu + client_cpu),
            "server_cpu_s_per_million": round(server_cpu),
            "client_cpu_s_per_million": round(client_cpu),
            "server_cores": round(server),
            "client_cores": round(client),
            "memory_mib": round(self.memory_mib()),
        })
    }
}

/// A figure to three digits.
pub fn thousandth(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// An interval, for scripts.
pub fn bounds(interval: Interval) -> Value {
    let Interval { low, high, coverage } = interval;
    json!({ "low": thousandth(low), "high": thousandth(high), "coverage": thousandth(coverage) })
}
