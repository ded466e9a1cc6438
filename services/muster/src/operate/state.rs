//! `muster bus status` and `muster bus mailboxes`.

use std::time::Duration;

use domain::moment::Moment;
use kit::clock::Clock;
use proto::{
    bus::{GetStatusResponse, ListMailboxesRequest, Mailbox, Turned},
    page::Page,
};
use serde_json::{Value, json};

use super::{
    moment::{age, ago, shown},
    table::Table,
    way::{Bus, System},
};
use crate::{
    cli::{Look, Mailboxes},
    disk,
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

/// `muster bus status`
pub async fn status(asked: &Look) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let mut bus = System::find(&asked.way)?.bus()?;
    let status = bus.status().await?;
    let mailboxes = all(&mut bus).await?;
    let now = Clock::system().now();
    say_state(&output, &status, &mailboxes, now);
    for follower in &status.followers {
        let lag = follower.lag;
        let text =
            format!("follower     {}: place {}, {lag} behind", follower.party, follower.place);
        let object = json!({ "party": follower.party, "place": follower.place, "lag": lag });
        output.say(text, "follower", object);
    }
    for mailbox in mailboxes.iter().filter(|mailbox| mailbox.is_overdue) {
        output.say(alarm(mailbox, now), "alarm", row(mailbox, &seen(&status, now)));
    }
    status.turned.iter().for_each(|turned| say_turned(&output, turned));
    Ok(())
}

fn say_state(output: &Output, status: &GetStatusResponse, mailboxes: &[Mailbox], now: Moment) {
    let sum = |of: fn(&Mailbox) -> u64| mailboxes.iter().map(of).sum::<u64>();
    let (in_hand, redelivered) = (sum(|one| one.in_hand), sum(|one| one.redelivered));
    let overdue = mailboxes.iter().filter(|one| one.is_overdue).count();
    let rate = per_second(status.taken, now.since(Moment(status.started_at_ms)));
    let text = format!(
        "log          {}, up to place {}\n\
         running      since {} ({})\n\
         taken        {} since then, {rate} a second\n\
         waiting      {}, {in_hand} of them in hand, {} parked; {overdue} mailboxes overdue\n\
         redelivered  {redelivered}\n\
         record       {} on disk, {} syncs, {} free",
        status.log_id,
        status.last_place,
        shown(status.started_at_ms),
        ago(status.started_at_ms, now),
        status.taken,
        status.waiting,
        status.parked,
        disk::shown(status.record_bytes),
        status.syncs,
        disk::shown(status.free_bytes)
    );
    let object = json!({
        "log_id": status.log_id, "last_place": status.last_place, "waiting": status.waiting,
        "in_hand": in_hand, "parked": status.parked, "overdue": overdue, "taken": status.taken,
        "rate_per_second": rate, "redelivered": redelivered,
        "started_at_ms": status.started_at_ms, "record_bytes": status.record_bytes,
        "free_bytes": status.free_bytes, "syncs": status.syncs,
        "turned": status.turned.len(),
    });
    output.say(text, "status", object);
}

fn alarm(mailbox: &Mailbox, now: Moment) -> String {
    let Mailbox { party, owner, .. } = mailbox;
    let waited = ago(mailbox.oldest_accepted_at_ms, now);
    let limit = age(Duration::from_millis(mailbox.limit_ms));
    format!(
        "ALARM        {party}: the oldest of {} has waited {waited}, the limit is {limit}; \
         {party} must take it, {owner} must see to that",
        mailbox.depth
    )
}

/// Whom the bus turns away: its sender keeps it and tries again.
pub fn say_turned(output: &Output, turned: &Turned) {
    let Turned { source, recipient, number, reason, message, owner, .. } = turned;
    let text = format!(
        "TURNED AWAY  {source}/{recipient}/{number}: {reason}: {message}; since {}, {} times; \
         {owner} must act",
        shown(turned.since_ms),
        turned.count
    );
    let object = json!({
        "source": source, "recipient": recipient, "number": number, "reason": reason,
        "message": message, "since_ms": turned.since_ms, "last_ms": turned.last_ms,
        "count": turned.count, "owed_by": [owner],
    });
    output.say(text, "turned", object);
}

/// Two looks at the counters, or one since the start.
struct Span {
    /// What was taken before, by party; nothing when it is since the start.
    before: Vec<(String, u64)>,
    span: Duration,
    now: Moment,
}

fn seen(status: &GetStatusResponse, now: Moment) -> Span {
    let span = now.since(Moment(status.started_at_ms));
    Span { before: Vec::new(), span, now }
}

impl Span {
    fn rate(&self, mailbox: &Mailbox) -> f64 {
        let before = self.before.iter().find(|(party, _)| *party == mailbox.party);
        let before = before.map_or(0, |(_, taken)| *taken);
        per_second(mailbox.taken.saturating_sub(before), self.span)
    }
}

/// `muster bus mailboxes`
pub async fn mailboxes(asked: &Mailboxes) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let mut bus = System::find(&asked.way)?.bus()?;
    let span = match asked.over {
        None => seen(&bus.status().await?, Clock::system().now()),
        Some(over) => {
            let before = all(&mut bus).await?;
            let before = before.into_iter().map(|one| (one.party, one.taken)).collect();
            tokio::time::sleep(over).await;
            Span { before, span: over, now: Clock::system().now() }
        }
    };
    let mut found = all(&mut bus).await?;
    found.retain(|mailbox| mailbox.is_overdue || !asked.overdue);
    let mut table = Table::of(&[
        "MAILBOX",
        ">DEPTH",
        ">OLDEST",
        ">TAKEN/S",
        ">REDELIVERED",
        ">IN HAND",
        ">PARKED",
        "OWES",
    ]);
    for mailbox in &found {
        table.row(vec![
            mailbox.party.clone(),
            mailbox.depth.to_string(),
            ago(mailbox.oldest_accepted_at_ms, span.now),
            format!("{:.2}", span.rate(mailbox)),
            mailbox.redelivered.to_string(),
            mailbox.in_hand.to_string(),
            mailbox.parked.to_string(),
            owes(mailbox),
        ]);
    }
    table.lines().iter().for_each(|line| output.tell(line));
    found.iter().for_each(|mailbox| output.object("mailbox", row(mailbox, &span)));
    Ok(())
}

/// Who owes the next step, and whether it is overdue.
fn owes(mailbox: &Mailbox) -> String {
    let owed = owed_by(mailbox).join(", ");
    if mailbox.is_overdue { format!("ALARM: {owed}") } else { owed }
}

/// Its reader owes what waits; the owner owes a decision about what is parked, and whoever is
/// overdue.
fn owed_by(mailbox: &Mailbox) -> Vec<String> {
    let is_owed = mailbox.depth > mailbox.parked;
    let mut owed: Vec<String> = is_owed.then(|| mailbox.party.clone()).into_iter().collect();
    if mailbox.parked > 0 || mailbox.is_overdue {
        owed.push(mailbox.owner.clone());
    }
    owed
}

fn row(mailbox: &Mailbox, span: &Span) -> Value {
    let oldest = mailbox.oldest_accepted_at_ms;
    let oldest_age_ms = if oldest == 0 { 0 } else { span.now.since(Moment(oldest)).as_millis() };
    json!({
        "party": mailbox.party, "depth": mailbox.depth, "oldest_accepted_at_ms": oldest,
        "oldest_age_ms": u64::try_from(oldest_age_ms).unwrap_or(u64::MAX),
        "taken": mailbox.taken, "rate_per_second": span.rate(mailbox),
        "delivered": mailbox.delivered, "redelivered": mailbox.redelivered,
        "acknowledged": mailbox.acknowledged, "in_hand": mailbox.in_hand,
        "parked": mailbox.parked, "is_overdue": mailbox.is_overdue,
        "limit_ms": mailbox.limit_ms, "owed_by": owed_by(mailbox),
    })
}

/// All mailboxes, page after page.
async fn all(bus: &mut Bus) -> anyhow::Result<Vec<Mailbox>> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListMailboxesRequest { page: Some(Page { size: PAGE, token }) };
        let page = bus.client.list_mailboxes(request).await;
        let page = page.map_err(|status| bus.refused(&status))?.into_inner();
        all.extend(page.mailboxes);
        token = page.next_token;
        if token.is_empty() {
            return Ok(all);
        }
    }
}

/// How many a second, to two digits.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn per_second(count: u64, span: Duration) -> f64 {
    if span.is_zero() { 0.0 } else { (count as f64 / span.as_secs_f64() * 100.0).round() / 100.0 }
}
