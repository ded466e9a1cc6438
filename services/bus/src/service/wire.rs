//! From the engine to the wire; what comes from there is read in [`crate::asking`].

use std::{collections::HashMap, time::Duration};

use domain::{moment::Moment, rejection::Rejection};
use kit::{page, proof, status};
use prost::Message as _;
use proto::envelope::Wire;
use proto::sealed as bus;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::alarm::overdue;
use crate::engine::{
    Behind, Cause, Delivery, Error, Fate, Hold, Listed, Located, Mailbox, Parked, Piece, Placement,
    Reader, Receipt, Receipts, Recorded, Room, Standing, Status as State, Subscriber,
};

/// The log, as a fact for programs.
pub fn log(log_id: String) -> HashMap<String, String> {
    HashMap::from([("log_id".to_owned(), log_id)])
}

/// The status for an engine's refusal.
pub fn status(error: Error) -> Status {
    refused(error, String::new())
}

/// The same for what was published; a gap carries the number that is expected, and by which log.
pub fn refused(error: Error, log_id: String) -> Status {
    match error {
        Error::Rejected(rejection) => status::status(rejection),
        Error::Gap { recipient, number, expected } => {
            let whom = if recipient.is_empty() { "the record" } else { &recipient };
            let message = format!("number {number} to {whom} leaves a gap: {expected} comes next");
            let facts = [("expected", expected.to_string()), ("recipient", recipient)];
            let facts = facts.map(|(name, fact)| (name.to_owned(), fact));
            let facts = facts.into_iter().chain(log(log_id)).collect();
            let rejection = Rejection::conflict("NUMBER_GAP", message).at("number");
            status::status_with(rejection, facts)
        }
    }
}

/// Writes a placement.
pub fn placement(placed: Placement) -> bus::Placement {
    bus::Placement {
        place: placed.place,
        accepted_at_ms: placed.accepted_at.0,
        is_duplicate: placed.is_duplicate,
    }
}

/// Writes a delivery.
pub fn delivery(delivery: Delivery) -> bus::Delivery {
    let Recorded { place, accepted_at, wire } = delivery.recorded;
    bus::Delivery {
        place,
        accepted_at_ms: accepted_at.0,
        attempt: delivery.attempt,
        envelope: wire,
    }
}

fn recorded(recorded: Recorded) -> bus::Recorded {
    let Recorded { place, accepted_at, wire } = recorded;
    bus::Recorded { place, accepted_at_ms: accepted_at.0, envelope: wire }
}

/// The same without the body: what an operator sees of an envelope.
fn bare(one: Recorded) -> bus::Recorded {
    let wire = Wire::decode(one.wire.clone()).ok().map(|wire| Wire { data: None, ..wire });
    let wire = wire.map(|wire| wire.encode_to_vec().into()).unwrap_or_default();
    recorded(Recorded { wire, ..one })
}

/// Writes a refusal within a stream.
pub fn refusal(status: &Status) -> bus::Refusal {
    let Rejection { reason, field, message, .. } = status::rejection(status);
    let details = status.get_error_details();
    let metadata = details.error_info().map(|info| info.metadata.clone()).unwrap_or_default();
    let retry = details.retry_info().and_then(|info| info.retry_delay);
    // Rounded up: whoever comes back then is not too early, and 0 says that waiting does not help.
    let millis = |delay: Duration| delay.as_nanos().div_ceil(1_000_000).max(1);
    let retry = retry.map_or(0, |delay| u32::try_from(millis(delay)).unwrap_or(u32::MAX));
    let code = status.code().into();
    let metadata = metadata.into_iter().collect();
    bus::Refusal { code, reason, field, message, metadata, retry_ms: retry }
}

/// Writes parked envelopes, with who must act.
pub fn parked(found: Vec<Parked>, owner: &str) -> Vec<bus::Parked> {
    let write = |parked: Parked| {
        let bus::Recorded { place, accepted_at_ms, envelope } = bare(parked.recorded);
        let cause = match parked.cause {
            Cause::Attempts => bus::ParkedCause::Attempts,
            Cause::Expired => bus::ParkedCause::Expired,
        };
        bus::Parked {
            mailbox: parked.mailbox.to_string(),
            place,
            accepted_at_ms,
            parked_at_ms: parked.at.0,
            cause: cause.into(),
            reason: parked.reason,
            attempts: parked.attempts,
            owner: owner.to_owned(),
            envelope,
        }
    };
    found.into_iter().map(write).collect()
}

/// Writes a page of parked envelopes, of which one more than `size` were asked for.
pub fn parked_page(mut found: Vec<Parked>, size: usize, owner: &str) -> bus::ListParkedResponse {
    let next_token = page::cut(&mut found, size, |last| {
        let mailbox = last.mailbox.to_string();
        [mailbox.as_bytes(), &last.recorded.place.to_be_bytes()].concat()
    });
    bus::ListParkedResponse { parked: parked(found, owner), next_token }
}

/// Writes a subscriber; the record has come so far.
pub fn subscriber(found: Subscriber, last_place: u64) -> bus::Subscriber {
    let Subscriber { party, name, selection, place, moved } = found;
    let selection = Some(bus::Selection { types: selection.types, subjects: selection.subjects });
    let (party, moved_at_ms) = (party.to_string(), moved.0);
    bus::Subscriber { party, name, selection, place, last_place, moved_at_ms }
}

/// Writes a page of subscribers, of which one more than `size` were asked for.
pub fn subscribers(
    mut found: Vec<Subscriber>,
    size: usize,
    last_place: u64,
) -> bus::ListSubscribersResponse {
    let key = |last: &Subscriber| format!("{}\0{}", last.party, last.name).into_bytes();
    let next_token = page::cut(&mut found, size, key);
    let subscribers = found.into_iter().map(|one| subscriber(one, last_place)).collect();
    bus::ListSubscribersResponse { subscribers, next_token }
}

/// Writes where an envelope is.
pub fn located(found: Located, recipient: &str, owner: &str) -> bus::LocateEnvelopeResponse {
    use bus::EnvelopeState as Is;
    let accepted = found.recorded.accepted_at.0;
    let missing: Vec<String> = found.missing.iter().map(ToString::to_string).collect();
    let (state, since_ms, owed, next) = match found.standing {
        Standing::Early(until) => {
            let next = format!("it may be delivered from {} on", until.0);
            (Is::Early, accepted, vec![recipient.to_owned()], next)
        }
        Standing::Waiting => {
            let next = format!("{recipient} fetches it");
            (Is::Waiting, accepted, vec![recipient.to_owned()], next)
        }
        Standing::Behind(place) => {
            let next = format!("{recipient} acknowledges place {place} of the same subject first");
            (Is::Behind, accepted, vec![recipient.to_owned()], next)
        }
        Standing::InHand(until) => {
            let next = format!("{recipient} acknowledges it, or it comes again after {}", until.0);
            (Is::InHand, accepted, vec![recipient.to_owned()], next)
        }
        Standing::Parked(since) => {
            let next = format!("{owner} puts it back or skips it");
            (Is::Parked, since.0, vec![owner.to_owned()], next)
        }
        Standing::Acknowledged => {
            let next = format!("{} have it in their journals", missing.join(" and "));
            (Is::Acknowledged, 0, missing, next)
        }
        Standing::Settled => (Is::Settled, 0, Vec::new(), "nothing".to_owned()),
    };
    let until_ms = match found.standing {
        Standing::Early(until) | Standing::InHand(until) => until.0,
        _ => 0,
    };
    let behind_place = if let Standing::Behind(place) = found.standing { place } else { 0 };
    bus::LocateEnvelopeResponse {
        recorded: Some(bare(found.recorded)),
        state: state.into(),
        since_ms,
        owed_by: owed,
        next,
        behind_place,
        until_ms,
    }
}

/// Writes the state of the bus.
pub fn state(
    state: State,
    (log_id, last_place): (String, u64),
    owner: &str,
    (turned, lags): (Vec<bus::Turned>, Vec<u64>),
) -> bus::GetStatusResponse {
    let follower = |((party, place), lag): ((domain::party::Party, u64), u64)| bus::Follower {
        party: party.to_string(),
        place,
        lag,
    };
    bus::GetStatusResponse {
        log_id,
        last_place,
        followers: state.followers.into_iter().zip(lags).map(follower).collect(),
        waiting: state.waiting,
        parked: state.parked,
        taken: state.taken,
        started_at_ms: state.started.map_or(0, |started| started.0),
        record_bytes: state.record_bytes,
        free_bytes: state.free_bytes,
        room: Some(room(state.room, owner)),
        syncs: state.syncs,
        turned,
    }
}

fn room(room: Room, owner: &str) -> bus::Room {
    let hold = |Hold { by, why, since }: Hold| bus::Hold {
        by,
        why,
        since_ms: since.0,
        owner: owner.to_owned(),
    };
    bus::Room {
        bound_bytes: room.bound_bytes,
        journal_bytes: room.journal_bytes,
        archive_bytes: room.archive_bytes,
        view_bytes: room.view_bytes,
        archive_free_bytes: room.archive_free_bytes,
        first_place: room.first,
        archived_place: room.archived,
        looked_at_ms: room.looked.map_or(0, |looked| looked.0),
        freed_bytes: room.freed_bytes,
        hold: room.hold.map(hold),
        behind: room.behind.into_iter().map(behind).collect(),
    }
}

fn behind(Behind { reader, place }: Behind) -> bus::Behind {
    let (kind, party, subscriber) = match reader {
        Reader::Mailbox(party) => (bus::ReaderKind::Mailbox, party, String::new()),
        Reader::Follower(party) => (bus::ReaderKind::Follower, party, String::new()),
        Reader::Subscriber(party, name) => (bus::ReaderKind::Subscriber, party, name),
    };
    bus::Behind { kind: kind.into(), party: party.to_string(), subscriber, place }
}

/// Writes a piece of the record.
pub fn piece(piece: Piece, log_id: String) -> bus::FollowResponse {
    let Piece { recorded: found, upto } = piece;
    bus::FollowResponse { log_id, recorded: found.into_iter().map(recorded).collect(), upto }
}

/// Writes receipts.
pub fn receipts(found: Receipts, log_id: String) -> bus::WatchReceiptsResponse {
    let Receipts { receipts, proofs, .. } = found;
    let write = |receipt: Receipt| {
        let kind = match receipt.fate {
            Fate::Settled => bus::ReceiptKind::Settled,
            Fate::Skipped => bus::ReceiptKind::Skipped,
            Fate::Parked => bus::ReceiptKind::Parked,
            Fate::Expired => bus::ReceiptKind::Expired,
        };
        bus::Receipt {
            receipt_place: receipt.receipt_place,
            place: receipt.place,
            recipient: receipt.recipient.map(|party| party.to_string()).unwrap_or_default(),
            number: receipt.number,
            kind: kind.into(),
            followers: receipt.followers.iter().map(ToString::to_string).collect(),
        }
    };
    let receipts = receipts.into_iter().map(write).collect();
    let proofs = (!proofs.is_empty()).then(|| proof::write(proofs));
    bus::WatchReceiptsResponse { receipts, log_id, proofs }
}

/// Writes a page of a subject.
pub fn listed(listed: Listed) -> bus::ListEnvelopesResponse {
    let last = listed.recorded.last().filter(|_| listed.more);
    let next_token = last.map(|last| page::token(&last.place.to_be_bytes())).unwrap_or_default();
    let recorded = listed.recorded.into_iter().map(recorded).collect();
    bus::ListEnvelopesResponse { recorded, next_token }
}

/// What is said of mailboxes besides their state.
pub struct Limit<'l> {
    /// How long the oldest may wait.
    pub waiting: Duration,
    /// Who must act when it waits longer, or when one is parked.
    pub owner: &'l str,
    /// What time it is.
    pub now: Moment,
}

/// Writes a page of mailboxes, of which one more than `size` were asked for.
pub fn mailboxes(
    mut found: Vec<Mailbox>,
    size: usize,
    limit: &Limit<'_>,
) -> bus::ListMailboxesResponse {
    let next_token = page::cut(&mut found, size, |last| last.party.to_string().into_bytes());
    let write = |mailbox: Mailbox| bus::Mailbox {
        party: mailbox.party.to_string(),
        depth: mailbox.depth,
        oldest_accepted_at_ms: mailbox.oldest.map_or(0, |oldest| oldest.0),
        parked: mailbox.parked,
        in_hand: mailbox.in_hand,
        redelivered: mailbox.redelivered,
        is_overdue: overdue(mailbox.oldest, limit.waiting, limit.now).is_some(),
        limit_ms: u64::try_from(limit.waiting.as_millis()).unwrap_or(u64::MAX),
        owner: limit.owner.to_owned(),
        taken: mailbox.taken,
        delivered: mailbox.delivered,
        acknowledged: mailbox.acknowledged,
    };
    bus::ListMailboxesResponse { mailboxes: found.into_iter().map(write).collect(), next_token }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_back_at_the_time_that_it_was_told_is_not_too_early() {
        for (micros, wanted) in [(1, 1), (1_000, 1), (1_001, 2), (250_000, 250)] {
            let rejection = Rejection::exhausted("OVER_QUOTA", "too much");
            let after = Duration::from_micros(micros);
            let told = refusal(&status::status_after(rejection, HashMap::new(), after));
            assert_eq!(told.retry_ms, wanted, "{micros}");
        }
        let never = refusal(&status::status(Rejection::invalid("NO", "field", "no")));
        assert_eq!(never.retry_ms, 0);
    }
}
