//! What the bus asks the city's policies about: an envelope to be sent, a mailbox, the record.
//!
//! Whether a party may call a method at all, the server has asked before. What is asked here is
//! remembered by what it says, so a thousand envelopes of one type to one unit are one question.

use std::collections::BTreeSet;

use domain::party::Party;
use kit::access::{Ask, Thing};

/// To send envelopes of this type to this party.
pub(crate) fn publish(source: &Party, kind: &str, to: Option<&Party>) -> Ask {
    let letter = Thing::new("Letter", kind.to_owned())
        .with("source", source.clone())
        .with("type", kind.to_owned());
    let letter = match to {
        Some(to) => letter.with("to", to.clone()),
        None => letter,
    };
    Ask::to("publish", letter)
}

/// To look into mailboxes that are not one's own, and to decide about what is parked there.
pub(crate) fn oversee_mailboxes() -> Ask {
    Ask::to("oversee_mailboxes", record(&[]))
}

/// To take from this party's mailbox, and to say what is done with.
pub(crate) fn open_mailbox(owner: &Party) -> Ask {
    let mailbox = Thing::new("Mailbox", owner.to_string()).with("owner", owner.clone());
    Ask::to("open_mailbox", mailbox)
}

/// To read the whole record, which these follow.
pub(crate) fn read_record(followers: &[Party]) -> Ask {
    Ask::to("read_record", record(followers))
}

/// To say for how far of the record a follower is done.
pub(crate) fn commit_record(followers: &[Party]) -> Ask {
    Ask::to("commit_record", record(followers))
}

fn record(followers: &[Party]) -> Thing {
    let followers: BTreeSet<Party> = followers.iter().cloned().collect();
    Thing::new("Record", "bus").with("followers", followers)
}
