//! What a role has sent and knows not to be with its receiver: refused by the bus, parked there, or
//! expired. The role is told at once, in its log with who must act, and in its metrics.
//!
//! Each envelope is one line in the log when it becomes so, and each recipient one more when it is
//! over. Of a recipient with very many only the first are told one by one; the metric counts all.
//! Nothing of it is kept on disk: what waits at the bus is asked for once at the start, see
//! [`Undelivered::recall`], and what is refused is tried again and refused again.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{
    party::Party,
    rejection::{Kind, Rejection},
};
use proto::bus::{
    EnvelopeState, LocateEnvelopeRequest, LocateEnvelopeResponse, Number, Receipt, ReceiptKind,
    bus_service_client::BusServiceClient, locate_envelope_request::Name,
};
use tonic::Status;

use crate::{
    client::Channel,
    metrics::{Metric, REASON, SENDER, Say, Source},
    status,
    store::{Machine, Store},
};

/// How many envelopes of one recipient are told one by one.
const TOLD_MAX: usize = 20;
/// How many are known at most; what is beyond is at the bus all the same.
const KNOWN_MAX: usize = 10_000;
/// How many that wait at the bus are asked for at the start.
const RECALLED_MAX: usize = 500;

/// Whether trying the same again changes nothing, so that a person has to.
pub fn is_for_good(rejection: &Rejection) -> bool {
    match rejection.kind {
        Kind::Invalid | Kind::Forbidden | Kind::Unknown => true,
        Kind::Exhausted => rejection.reason == "MAILBOX_FULL",
        Kind::Conflict => ["NUMBER_REUSED", "ENVELOPE_ID_REUSED"].contains(&&*rejection.reason),
        Kind::Unavailable => false,
    }
}

/// Who must act on a refusal: whoever does not empty a mailbox, whoever keeps the city's pack, or
/// else whoever runs the sender.
pub fn who_must_act(reason: &str, source: &Party, recipient: &str, owner: &str) -> String {
    match reason {
        "MAILBOX_FULL" => recipient.to_owned(),
        "UNKNOWN_RECIPIENT" => owner.to_owned(),
        _ => format!("the administrator of {source}"),
    }
}

/// What one role knows of it.
#[derive(Debug)]
pub struct Undelivered {
    sender: Party,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Why the bus refuses what is for this recipient.
    refused: BTreeMap<String, String>,
    /// What waits for a person: for whom, which, why.
    parked: BTreeMap<(String, u64), &'static str>,
}

impl Undelivered {
    /// Of this role; nothing yet.
    pub fn of(sender: Party) -> Undelivered {
        Undelivered { sender, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bus refuses this recipient's next for good.
    pub fn refused(&self, recipient: &str, refused: &Status) {
        let Rejection { reason, message, .. } = status::rejection(refused);
        let before = self.known().refused.insert(recipient.to_owned(), reason.clone());
        if before.as_ref() != Some(&reason) {
            let who = who_must_act(&reason, &self.sender, recipient, "who keeps the city's pack");
            tracing::error!(
                source = %self.sender, recipient, reason,
                "ALARM: the bus refuses what {} sends to {recipient:?} ({message}): {who} must act",
                self.sender
            );
        }
    }

    /// The bus has taken some for these recipients.
    pub fn taken(&self, recipients: &[String]) {
        let mut known = self.known();
        if known.refused.is_empty() {
            return;
        }
        for recipient in recipients {
            if known.refused.remove(recipient).is_some() {
                self.say_over(recipient);
            }
        }
    }

    fn say_over(&self, recipient: &str) {
        tracing::warn!(source = %self.sender, recipient, "ALARM over: it goes on to {recipient:?}");
    }

    /// One waits for a person; says whether that is to be told.
    fn note(&self, recipient: &str, number: u64, why: &'static str) -> bool {
        let mut known = self.known();
        let of = (recipient.to_owned(), 0)..=(recipient.to_owned(), u64::MAX);
        let others = known.parked.range(of).take(TOLD_MAX).count();
        if known.parked.len() >= KNOWN_MAX {
            return false;
        }
        known.parked.insert((recipient.to_owned(), number), why).is_none() && others < TOLD_MAX
    }

    /// Hears a receipt that is not the last word; who must act, the bus says.
    pub async fn parked(&self, client: &mut BusServiceClient<Channel>, receipt: &Receipt) {
        let Receipt { recipient, number, .. } = receipt;
        let why = if receipt.kind() == ReceiptKind::Expired { "EXPIRED" } else { "PARKED" };
        if !self.note(recipient, *number, why) {
            return;
        }
        let found = self.locate(client, recipient, *number).await.unwrap_or_default();
        // Without a word of the bus it is known all the same.
        let who = match &found.owed_by[..] {
            [] => "the coordinating office".to_owned(),
            owed => owed.join(" and "),
        };
        self.say_parked(recipient, *number, why, &who);
    }

    fn say_parked(&self, recipient: &str, number: u64, reason: &str, who: &str) {
        let source = &self.sender;
        tracing::error!(
            %source, recipient, number, reason,
            "ALARM: {source}/{recipient}/{number} is not delivered ({reason}) and waits for a \
             person: {who} must put it back or skip it"
        );
    }

    /// Hears that one has its last word.
    pub fn settled(&self, recipient: &str, number: u64) {
        let mut known = self.known();
        if known.parked.remove(&(recipient.to_owned(), number)).is_none() {
            return;
        }
        let of = (recipient.to_owned(), 0)..=(recipient.to_owned(), u64::MAX);
        if known.parked.range(of).next().is_none() {
            self.say_over(recipient);
        }
    }

    /// Asks the bus for what this role has sent before its start and nobody has: is it parked?
    pub async fn recall<M: Machine>(
        &self,
        store: &Store<M>,
        client: &mut BusServiceClient<Channel>,
    ) -> Result<(), Status> {
        for one in store.at_the_bus(RECALLED_MAX).map_err(status::internal)? {
            let found = match self.locate(client, &one.recipient, one.number).await {
                Ok(found) => found,
                Err(status) if status.code() == tonic::Code::NotFound => continue,
                Err(status) => return Err(status),
            };
            let is_parked = found.state() == EnvelopeState::Parked;
            if is_parked && self.note(&one.recipient, one.number, "PARKED") {
                self.say_parked(&one.recipient, one.number, "PARKED", &found.owed_by.join(" and "));
            }
        }
        Ok(())
    }

    async fn locate(
        &self,
        client: &mut BusServiceClient<Channel>,
        recipient: &str,
        number: u64,
    ) -> Result<LocateEnvelopeResponse, Status> {
        let (source, recipient) = (self.sender.to_string(), recipient.to_owned());
        let name = Some(Name::Number(Number { source, recipient, number }));
        Ok(client.locate_envelope(LocateEnvelopeRequest { name }).await?.into_inner())
    }
}

impl Source for Undelivered {
    fn tell(&self, metric: Metric, say: Say<'_>) {
        if metric != Metric::RoleUndelivered {
            return;
        }
        let (known, sender) = (self.known(), self.sender.to_string());
        // Zeros as well: a value that goes away is not one that has become good.
        let mut counts = BTreeMap::from([("PARKED", 0_u32), ("EXPIRED", 0), ("MAILBOX_FULL", 0)]);
        let reasons = known.parked.values().copied();
        for reason in reasons.chain(known.refused.values().map(String::as_str)) {
            *counts.entry(reason).or_default() += 1;
        }
        for (reason, count) in counts {
            say(count.into(), &[(SENDER, &sender), (REASON, reason)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(undelivered: &Undelivered) -> Vec<String> {
        let mut said = Vec::new();
        undelivered.tell(Metric::RoleUndelivered, &mut |value, of| {
            if value > 0.0 {
                said.push(format!("{} {} {value}", of[0].1, of[1].1));
            }
        });
        said
    }

    #[test]
    fn what_is_refused_or_parked_is_counted_by_reason_until_it_is_over() {
        let undelivered = Undelivered::of("unit/fire".parse().unwrap());
        let full = status::status(Rejection::exhausted("MAILBOX_FULL", "full"));
        undelivered.refused("unit/a", &full);
        undelivered.refused("unit/a", &full);
        assert!(undelivered.note("unit/b", 3, "PARKED"));
        assert!(!undelivered.note("unit/b", 3, "PARKED"), "each is told once");
        assert!(undelivered.note("unit/b", 4, "EXPIRED"));
        assert_eq!(
            counts(&undelivered),
            ["unit/fire EXPIRED 1", "unit/fire MAILBOX_FULL 1", "unit/fire PARKED 1"]
        );
        undelivered.taken(&["unit/c".to_owned()]);
        undelivered.taken(&["unit/a".to_owned()]);
        undelivered.settled("unit/b", 3);
        assert_eq!(counts(&undelivered), ["unit/fire EXPIRED 1"]);
        undelivered.settled("unit/b", 4);
        assert_eq!(counts(&undelivered), [""; 0]);
    }

    #[test]
    fn of_very_many_only_the_first_are_told_one_by_one() {
        let undelivered = Undelivered::of("unit/fire".parse().unwrap());
        let told = (1..=100).filter(|number| undelivered.note("unit/b", *number, "PARKED"));
        assert_eq!(told.count(), TOLD_MAX);
        assert_eq!(counts(&undelivered), ["unit/fire PARKED 100"]);
        assert!(undelivered.note("unit/c", 1, "PARKED"), "another recipient is told");
    }

    #[test]
    fn who_must_act_is_who_can() {
        let source = "unit/fire".parse().unwrap();
        let who = |reason| who_must_act(reason, &source, "unit/b", "office/o");
        assert_eq!(who("MAILBOX_FULL"), "unit/b");
        assert_eq!(who("UNKNOWN_RECIPIENT"), "office/o");
        assert_eq!(who("MALFORMED_ENVELOPE"), "the administrator of unit/fire");
    }
}
