//! The names of what Muster says of itself to other tools: attributes of spans and of metrics.
//!
//! All of them are here. Each is a party of the city, a word of the domain, a number or a moment;
//! none names a person, and none carries what a person wrote. What OpenTelemetry has a name for has
//! that one, in `rpc.*` and `messaging.*`.

/// The matter: `case/<city>/<case id>`.
pub const SUBJECT: &str = "muster.subject";
/// What a span of a picture is: `whole`, `round`, `step`, `message`, `wait`, `system`, `rest`.
pub const KIND: &str = "muster.kind";
/// Who says, owes, or has the next step.
pub const PARTY: &str = "muster.party";
/// Through whom a call came, where another party than the caller's brought it.
pub const THROUGH: &str = "muster.through";
/// What is owed.
pub const DUTY: &str = "muster.duty";
/// The round of a case.
pub const ROUND: &str = "muster.round";
/// By when, Unix milliseconds.
pub const DUE: &str = "muster.due";
/// Whether it was later than that.
pub const LATE: &str = "muster.late";
/// The time in which a clock runs: `around` or `working`.
pub const PACE: &str = "muster.pace";
/// What a clock has taken, milliseconds.
pub const USED: &str = "muster.used";
/// Whether a clock stands still.
pub const HELD: &str = "muster.held";
/// When the bus had a message on disk, Unix milliseconds.
pub const STORED: &str = "muster.stored";
/// When the ledger had it, Unix milliseconds.
pub const READ: &str = "muster.read";
/// When its recipient spoke next, Unix milliseconds.
pub const ANSWERED: &str = "muster.answered";
/// What was said: the type of the envelope.
pub const FACT: &str = "muster.fact";
/// The step of a flow.
pub const STEP: &str = "muster.step";
/// The flow that does it, as Temporal names it.
pub const FLOW: &str = "muster.flow";
/// Where a case stands.
pub const STAGE: &str = "muster.stage";
/// The mailbox of a metric.
pub const MAILBOX: &str = "muster.mailbox";
/// The follower of the record.
pub const FOLLOWER: &str = "muster.follower";
/// The party whose outbox it is.
pub const SENDER: &str = "muster.sender";
/// Why.
pub const REASON: &str = "muster.reason";

/// All of them.
pub const ALL: [&str; 22] = [
    SUBJECT, KIND, PARTY, DUTY, ROUND, DUE, LATE, PACE, USED, HELD, STORED, READ, ANSWERED, FACT,
    STEP, FLOW, STAGE, MAILBOX, FOLLOWER, SENDER, REASON, THROUGH,
];
