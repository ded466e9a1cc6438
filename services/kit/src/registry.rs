//! The registry of rights and duties in a view: what the gateway and the worker both fold.
//!
//! Amendments are said by the gateway on one subject, `registry/<city>`, and reach the worker by the
//! bus's record; both fold them by the same rules into the same keys. The gateway folds its own when
//! it says them, and passes over them when they come back; should its journal be lost, the record
//! has them. A moment of an amendment is the one at which it was said, for whoever folds it.
//!
//! | key | value |
//! |---|---|
//! | `reg/e<amendment>` | the amendment (`domain::registry::Entry`, JSON) |
//! | `reg/i<issue type> 0 <amendment>` | nothing: the amendment was approved, and is about it |
//! | `reg/n` | how many were approved |

use domain::{
    envelope::Envelope,
    id::{AmendmentId, CityId, IssueTypeId},
    registry::{Entry, Fact, Registry, State, may_say},
};

use crate::{tx::Tx, view};

const ENTRY: &[u8] = b"reg/e";
const ISSUE: &[u8] = b"reg/i";
const APPROVED: &[u8] = b"reg/n";

/// The subject of what is said about a city's registry.
pub fn subject(city: &CityId) -> String {
    format!("registry/{city}")
}

/// What an envelope says about the registry of a city; none when it says nothing about it, or when
/// its source is not the one that says such things.
pub fn told(city: &CityId, envelope: &Envelope) -> Option<Fact> {
    let is_ours = envelope.subject == subject(city) && may_say(&envelope.source);
    let read = || proto::amendment::read(&envelope.kind, &envelope.body).ok().flatten();
    is_ours.then(read).flatten()
}

/// Folds an envelope of the registry.
pub fn fold(tx: &mut Tx<'_>, envelope: &Envelope, fact: &Fact) -> Result<(), view::Error> {
    let before = entry(tx, fact.id())?;
    let approved = tx.number(APPROVED)?;
    let count = u32::try_from(approved).unwrap_or(u32::MAX);
    let after = Entry::after(before.as_ref(), fact, envelope.time, count);
    let Some(after) = after else { return Ok(()) };
    if after.state == State::Approved {
        tx.put(APPROVED, (approved + 1).to_be_bytes());
        for issue in &after.amendment.issue_types {
            tx.put([&about(issue)[..], after.id.as_str().as_bytes()].concat(), []);
        }
    }
    tx.put(key(&after.id), serde_json::to_vec(&after).unwrap_or_default());
    Ok(())
}

fn key(id: &AmendmentId) -> Vec<u8> {
    [ENTRY, id.as_str().as_bytes()].concat()
}

fn about(issue: &IssueTypeId) -> Vec<u8> {
    [ISSUE, issue.as_str().as_bytes(), &[0]].concat()
}

/// One amendment.
pub fn entry(tx: &Tx<'_>, id: &AmendmentId) -> Result<Option<Entry>, view::Error> {
    let found = tx.get(&key(id))?;
    Ok(found.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// The approved amendments about an issue type: all that routing needs.
pub fn about_issue(tx: &Tx<'_>, issue: &IssueTypeId) -> Result<Registry, view::Error> {
    let prefix = about(issue);
    let mut entries = Vec::new();
    for (key, _) in tx.scan(&prefix, b"", usize::MAX)? {
        let id = key.get(prefix.len()..).and_then(|id| std::str::from_utf8(id).ok());
        let Some(id) = id.and_then(|id| AmendmentId::parse(id).ok()) else { continue };
        entries.extend(entry(tx, &id)?);
    }
    Ok(Registry::of(entries))
}

/// All amendments: what a decision about another one needs.
pub fn all(tx: &Tx<'_>) -> Result<Registry, view::Error> {
    Ok(Registry::of(listed(tx, b"", usize::MAX)?))
}

/// Amendments by id, from the one whose id follows `after` on.
pub fn listed(tx: &Tx<'_>, after: &[u8], limit: usize) -> Result<Vec<Entry>, view::Error> {
    let from = match after {
        b"" => Vec::new(),
        after => [ENTRY, after, &[0]].concat(),
    };
    let found = tx.scan(ENTRY, &from, limit)?.into_iter();
    Ok(found.filter_map(|(_, json)| serde_json::from_slice(&json).ok()).collect())
}
