//! What a role measures: every name that leaves it, and who is asked for the values.
//!
//! A role says what it knows as a [`Source`]; it is asked when somebody wants to know, and what it
//! says costs nothing before. The same values go to a collector by OTLP and to whoever scrapes, see
//! [`prometheus`]. Names follow the semantic conventions of OpenTelemetry: a unit of its own, no unit
//! in the name, `{…}` for what is counted. Every attribute is a party of the city, a role or a reason:
//! their number is bounded by the city pack, and none of them names a person, a case or a subject.
//! A role is never held up by what is measured: a source answers from memory.

pub mod prometheus;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use domain::picture::attribute;
use opentelemetry::{KeyValue, metrics::Meter};

/// The attribute that names the mailbox.
pub const MAILBOX: &str = attribute::MAILBOX;
/// The attribute that names a follower of the record.
pub const FOLLOWER: &str = attribute::FOLLOWER;
/// The attribute that names the party whose outbox it is.
pub const SENDER: &str = attribute::SENDER;
/// The attribute that names a party that owes something.
pub const PARTY: &str = attribute::PARTY;
/// The attribute that says where a case stands.
pub const STAGE: &str = attribute::STAGE;
/// The attribute that says why.
pub const REASON: &str = attribute::REASON;

/// How a value behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It goes up and down.
    Gauge,
    /// It only grows while the process runs.
    Counter,
}

/// Everything that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Envelopes that wait in a mailbox, or are in hand.
    MailboxDepth,
    /// The age of the oldest of them.
    MailboxOldestAge,
    /// Whether that is more than the mailbox's limit: 1, or 0.
    MailboxOverdue,
    /// Envelopes in readers' hands.
    MailboxInHand,
    /// Envelopes that wait for a person.
    MailboxParked,
    /// Envelopes that were taken for it.
    MailboxTaken,
    /// Deliveries from it.
    MailboxDelivered,
    /// Deliveries that were not the first.
    MailboxRedelivered,
    /// Envelopes that its reader has acknowledged.
    MailboxAcknowledged,
    /// Envelopes of a sender that the bus refuses for it.
    BusRefused,
    /// Syncs of the record.
    BusSyncs,
    /// Bytes of the record.
    BusRecordSize,
    /// Bytes that are free on its disk.
    BusDiskFree,
    /// Places of the record that a follower does not have yet.
    FollowerLag,
    /// Envelopes of a role that are refused, parked or expired: it is known that they are not there.
    RoleUndelivered,
    /// Cases that are not closed.
    CaseOpen,
    /// What is owed in cases and whose due moment has passed.
    CaseOverdue,
    /// Flows that have not been told what has happened.
    FlowUntold,
    /// What a subscriber outside has not taken yet.
    OutsideUndelivered,
    /// What of it waits for a person.
    OutsideParked,
    /// Who is still to be told by SMS or webhook.
    NotificationWaiting,
    /// Who could not be told.
    NotificationFailed,
    /// Flows that are stuck, and for which somebody has to act.
    IncidentsOpen,
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 23] = [
        Metric::MailboxDepth,
        Metric::MailboxOldestAge,
        Metric::MailboxOverdue,
        Metric::MailboxInHand,
        Metric::MailboxParked,
        Metric::MailboxTaken,
        Metric::MailboxDelivered,
        Metric::MailboxRedelivered,
        Metric::MailboxAcknowledged,
        Metric::BusRefused,
        Metric::BusSyncs,
        Metric::BusRecordSize,
        Metric::BusDiskFree,
        Metric::FollowerLag,
        Metric::RoleUndelivered,
        Metric::CaseOpen,
        Metric::CaseOverdue,
        Metric::FlowUntold,
        Metric::OutsideUndelivered,
        Metric::OutsideParked,
        Metric::NotificationWaiting,
        Metric::NotificationFailed,
        Metric::IncidentsOpen,
    ];

    /// Its name, unit and kind, and what it says.
    pub fn described(self) -> (&'static str, &'static str, Kind, &'static str) {
        use Kind::{Counter, Gauge};
        let waiting = "Envelopes that wait in a mailbox or are in hand";
        match self {
            Metric::MailboxDepth => ("muster.bus.mailbox.depth", "{envelope}", Gauge, waiting),
            Metric::MailboxOldestAge => {
                ("muster.bus.mailbox.oldest_age", "s", Gauge, "Age of the oldest that waits")
            }
            Metric::MailboxOverdue => (
                "muster.bus.mailbox.overdue",
                "{alarm}",
                Gauge,
                "Whether the oldest is over the limit",
            ),
            Metric::MailboxInHand => {
                ("muster.bus.mailbox.in_hand", "{envelope}", Gauge, "Envelopes in readers' hands")
            }
            Metric::MailboxParked => (
                "muster.bus.mailbox.parked",
                "{envelope}",
                Gauge,
                "Envelopes that wait for a person",
            ),
            Metric::MailboxTaken => {
                ("muster.bus.mailbox.taken", "{envelope}", Counter, "Envelopes taken for a mailbox")
            }
            Metric::MailboxDelivered => {
                ("muster.bus.mailbox.delivered", "{delivery}", Counter, "Deliveries")
            }
            Metric::MailboxRedelivered => (
                "muster.bus.mailbox.redelivered",
                "{delivery}",
                Counter,
                "Deliveries that were not the first",
            ),
            Metric::MailboxAcknowledged => (
                "muster.bus.mailbox.acknowledged",
                "{envelope}",
                Counter,
                "Envelopes that their reader has acknowledged",
            ),
            Metric::BusRefused => {
                ("muster.bus.refused", "{series}", Gauge, "Senders that the bus refuses now")
            }
            Metric::BusSyncs => ("muster.bus.syncs", "{sync}", Counter, "Syncs of the record"),
            Metric::BusRecordSize => {
                ("muster.bus.record.size", "By", Gauge, "Bytes of the record on disk")
            }
            Metric::BusDiskFree => ("muster.bus.disk.free", "By", Gauge, "Bytes free on its disk"),
            Metric::FollowerLag => {
                ("muster.bus.follower.lag", "{place}", Gauge, "Places that a follower lacks")
            }
            Metric::RoleUndelivered => (
                "muster.role.undelivered",
                "{envelope}",
                Gauge,
                "Envelopes of a role that are refused, parked or expired",
            ),
            Metric::CaseOpen => ("muster.case.open", "{case}", Gauge, "Cases that are not closed"),
            Metric::CaseOverdue => {
                ("muster.case.overdue", "{duty}", Gauge, "Duties whose due moment has passed")
            }
            Metric::FlowUntold => {
                ("muster.flow.untold", "{flow}", Gauge, "Flows that lack what has happened")
            }
            Metric::OutsideUndelivered | Metric::OutsideParked => self.outside(),
            Metric::NotificationWaiting | Metric::NotificationFailed => self.told(),
            Metric::IncidentsOpen => {
                ("muster.incidents.open", "{incident}", Gauge, "Flows that are stuck")
            }
        }
    }

    /// The same of what people are told.
    fn told(self) -> (&'static str, &'static str, Kind, &'static str) {
        let (name, kind, about) = match self {
            Metric::NotificationFailed => (
                "muster.notification.failed",
                Kind::Counter,
                "Notifications that could not be told",
            ),
            _ => {
                let about = "Notifications that nobody has taken yet";
                ("muster.notification.waiting", Kind::Gauge, about)
            }
        };
        (name, "{notification}", kind, about)
    }

    /// The same of what goes to systems outside.
    fn outside(self) -> (&'static str, &'static str, Kind, &'static str) {
        let (name, about) = match self {
            Metric::OutsideParked => {
                ("muster.outside.parked", "Events that are not taken and wait for a person")
            }
            _ => ("muster.outside.undelivered", "Events that a subscriber outside has not taken"),
        };
        (name, "{event}", Kind::Gauge, about)
    }
}

/// What is said of one value: the value, and what it is of.
pub type Say<'s> = &'s mut dyn FnMut(f64, &[(&'static str, &str)]);

/// Who knows values. It is asked from any thread, and answers from memory.
pub trait Source: Send + Sync + 'static {
    /// Says all values of this metric; nothing where it knows none.
    fn tell(&self, metric: Metric, say: Say<'_>);
}

static SOURCES: Mutex<Vec<Weak<dyn Source>>> = Mutex::new(Vec::new());

fn sources() -> MutexGuard<'static, Vec<Weak<dyn Source>>> {
    SOURCES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks this source from now on, as long as somebody else holds it.
pub fn watch<S: Source>(source: &Arc<S>) {
    let source: Weak<dyn Source> = Arc::downgrade(source) as Weak<dyn Source>;
    let mut all = sources();
    all.retain(|one| one.strong_count() > 0);
    all.push(source);
}

/// Asks every source of this process for one metric.
pub fn ask(metric: Metric, say: Say<'_>) {
    // Not under the lock: a source may be dropped while it is asked.
    let all: Vec<_> = sources().iter().filter_map(Weak::upgrade).collect();
    for source in all {
        source.tell(metric, &mut *say);
    }
}

/// Makes the instruments of all metrics on this meter.
pub(crate) fn observe(meter: &Meter) {
    for metric in Metric::ALL {
        let (name, unit, kind, about) = metric.described();
        let observed = move |to: &dyn opentelemetry::metrics::AsyncInstrument<f64>| {
            ask(metric, &mut |value, of| {
                let of = of.iter().map(|(key, text)| KeyValue::new(*key, (*text).to_owned()));
                to.observe(value, &of.collect::<Vec<_>>());
            });
        };
        match kind {
            Kind::Gauge => {
                let gauge = meter.f64_observable_gauge(name).with_unit(unit);
                gauge.with_description(about).with_callback(observed).build();
            }
            Kind::Counter => {
                let counter = meter.f64_observable_counter(name).with_unit(unit);
                counter.with_description(about).with_callback(observed).build();
            }
        }
    }
}

#[cfg(test)]
mod tests;
