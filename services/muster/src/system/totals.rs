//! What the whole system has done: every counter added up, and what it cost Temporal.

use kit::stats::{Counter, Stats};
use worker::devserver::DevServer;

/// Temporal's namespace of a trial.
const NAMESPACE: &str = "default";

/// The sums.
#[derive(Clone, Copy, Debug)]
pub struct Totals {
    /// Whistles in the ledger.
    pub raised: u64,
    /// Cases that are closed.
    pub closed: u64,
    /// Envelopes that the bus took for the first time.
    pub sent: u64,
    /// Envelopes that took effect at a receiver.
    pub applied: u64,
    /// Envelopes and commands that came again and changed nothing.
    pub duplicates: u64,
    /// Writes to Temporal's store for each closed case.
    pub writes_per_case: f64,
    /// Events in the history of each closed case, on average.
    pub events_per_case: f64,
}

impl Totals {
    /// Adds up.
    pub async fn of(
        stats: &[Stats],
        gateway: &gateway::Gateway,
        temporal: &DevServer,
    ) -> anyhow::Result<Totals> {
        let sum = |counter| stats.iter().map(|stats| stats.get(counter)).sum();
        let counts = gateway.counts()?;
        let writes = worker::cost::writes(temporal.metrics_address(), NAMESPACE).await?;
        let address = temporal.address().to_string();
        let config = worker::Config { temporal_address: address, ..worker::Config::default() };
        let flows = worker::cost::closed(&config).await?;
        Ok(Totals {
            raised: counts.raised,
            closed: counts.closed,
            sent: sum(Counter::Sent),
            applied: sum(Counter::Applied),
            duplicates: sum(Counter::Duplicates),
            writes_per_case: per(writes, counts.closed),
            events_per_case: per(flows.events, flows.cases),
        })
    }
}

/// A ratio to two digits; 0 of nothing.
#[allow(clippy::cast_precision_loss, reason = "counts of a demo are far below 2^52")]
fn per(total: u64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { (total as f64 / count as f64 * 100.0).round() / 100.0 }
}
