//! Reading the fold's keys.

use std::collections::BTreeMap;

use domain::{
    accountability::SheetId,
    case::Whistle,
    id::{ApprovalId, CaseId, DecisionId, IssueTypeId, ObjectId, OperationId, UnitId},
    moment::Moment,
    outage::{OUTAGES_MAX, Outage},
};
use kit::{tx::Tx, view};
use serde::de::DeserializeOwned;

use super::{Flow, Kept, KeptApproval, KeptCredit, KeptDecision, KeptOperation, KeptSheet, Mark};

pub(super) fn key(kind: u8, flow: &Flow) -> Vec<u8> {
    [&[kind], flow.to_string().as_bytes()].concat()
}

pub(super) fn case_key(kind: u8, case_id: &CaseId) -> Vec<u8> {
    [&[kind], case_id.as_str().as_bytes()].concat()
}

/// The key of an envelope that is under way; with an empty id, the prefix of all of a flow. Those of
/// a case's sheets are under the case's as well.
pub(super) fn under_way(flow: &Flow, envelope: &str) -> Vec<u8> {
    [&key(b'p', flow)[..], &[0], envelope.as_bytes()].concat()
}

fn json<T: DeserializeOwned>(value: Option<Vec<u8>>) -> Option<T> {
    value.and_then(|value| serde_json::from_slice(&value).ok())
}

/// What is kept of a case.
pub fn kept(tx: &Tx<'_>, case_id: &CaseId) -> Result<Option<Kept>, view::Error> {
    Ok(json(tx.get(&case_key(b'c', case_id))?))
}

/// What is kept of a sheet.
pub fn sheet(tx: &Tx<'_>, id: &SheetId) -> Result<Option<KeptSheet>, view::Error> {
    Ok(json(tx.get(&key(b's', &Flow::Sheet(id.clone())))?))
}

/// What is kept of an object's credit.
pub fn credit(tx: &Tx<'_>, object: &ObjectId) -> Result<Option<KeptCredit>, view::Error> {
    Ok(json(tx.get(&key(b's', &Flow::Credit(object.clone())))?))
}

/// What is kept of an approval.
pub fn approval(tx: &Tx<'_>, id: &ApprovalId) -> Result<Option<KeptApproval>, view::Error> {
    Ok(json(tx.get(&key(b'j', &Flow::Approval(id.clone())))?))
}

/// What is kept of a decision.
pub fn decision(tx: &Tx<'_>, id: &DecisionId) -> Result<Option<KeptDecision>, view::Error> {
    Ok(json(tx.get(&key(b'j', &Flow::Decision(id.clone())))?))
}

/// The trace to which what a flow is about belongs, by its first envelope.
pub fn traceparent(tx: &Tx<'_>, flow: &Flow) -> Result<Option<String>, view::Error> {
    Ok(match flow {
        Flow::Case(id) => kept(tx, id)?.and_then(|kept| kept.traceparent),
        Flow::Sheet(id) => sheet(tx, id)?.and_then(|kept| kept.traceparent),
        Flow::Credit(object) => credit(tx, object)?.and_then(|kept| kept.traceparent),
        Flow::Approval(id) => approval(tx, id)?.and_then(|kept| kept.traceparent),
        Flow::Decision(id) => decision(tx, id)?.and_then(|kept| kept.traceparent),
        Flow::Operation(id) => operation(tx, id)?.and_then(|kept| kept.traceparent),
    })
}

/// What is kept of an operation.
pub fn operation(tx: &Tx<'_>, id: &OperationId) -> Result<Option<KeptOperation>, view::Error> {
    Ok(json(tx.get(&key(b'j', &Flow::Operation(id.clone())))?))
}

/// The key of what was sent to a unit and has not arrived.
pub(super) fn sent_key(recipient: &str, number: u64) -> Vec<u8> {
    [b"n", recipient.as_bytes(), &[0], &number.to_be_bytes()].concat()
}

/// What was whistled; none when the case is closed.
pub fn whistle(tx: &Tx<'_>, case_id: &CaseId) -> Result<Option<Whistle>, view::Error> {
    Ok(json(tx.get(&case_key(b'w', case_id))?))
}

/// What a flow has not been told.
pub fn mark(tx: &Tx<'_>, flow: &Flow) -> Result<Option<Mark>, view::Error> {
    Ok(json(tx.get(&key(b't', flow))?))
}

/// Whether anything that we have sent for a flow is not in the record yet.
pub fn is_under_way(tx: &Tx<'_>, flow: &Flow) -> Result<bool, view::Error> {
    Ok(!tx.scan(&under_way(flow, ""), b"", 1)?.is_empty())
}

/// The first flows that have something to be told.
pub fn marks(tx: &Tx<'_>, limit: usize) -> Result<Vec<(Flow, Mark)>, view::Error> {
    let found = tx.scan(b"t", b"", limit)?.into_iter();
    Ok(found.filter_map(|(key, value)| Some((flow_of(&key)?, json(Some(value))?))).collect())
}

/// What is open, in order, after one of them.
pub fn open(tx: &Tx<'_>, after: Option<&Flow>, limit: usize) -> Result<Vec<Flow>, view::Error> {
    // What follows directly: a case's own sheets come after it.
    let from = after.map_or_else(Vec::new, |flow| [&key(b'o', flow)[..], &[0]].concat());
    let found = tx.scan(b"o", &from, limit)?.into_iter();
    Ok(found.filter_map(|(key, _)| flow_of(&key)).collect())
}

fn flow_of(key: &[u8]) -> Option<Flow> {
    Flow::try_from(String::from_utf8(key.get(1..)?.to_vec()).ok()?).ok()
}

/// The keys of the refusals of a unit against rulings about a kind of matter.
fn refusals(unit: &UnitId, issue_type: &IssueTypeId) -> Vec<u8> {
    [b"e", unit.as_str().as_bytes(), &[0], issue_type.as_str().as_bytes(), &[0]].concat()
}

/// The key of one of them.
pub(super) fn refusal(
    unit: &UnitId,
    issue_type: &IssueTypeId,
    case_id: &CaseId,
    round: u32,
) -> Vec<u8> {
    let of = refusals(unit, issue_type);
    [&of[..], case_id.as_str().as_bytes(), &[0], &round.to_be_bytes()].concat()
}

/// How often those who have refused against a ruling in a case did so in all cases of the kind;
/// nobody counts on beyond what is asked for.
pub(super) fn evasions(
    tx: &Tx<'_>,
    kept: &Kept,
    most: u32,
) -> Result<BTreeMap<UnitId, u32>, view::Error> {
    let mut found = BTreeMap::new();
    for (unit, _) in &kept.course.jurisdiction.evaded {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let times = tx.scan(&refusals(unit, &kept.issue_type), b"", most)?.len();
        found.insert(unit.clone(), u32::try_from(times).unwrap_or(u32::MAX));
    }
    Ok(found)
}

/// The key of an outage: by its beginning.
pub(super) fn outage_key(from: Moment) -> Vec<u8> {
    [&b"a"[..], &from.0.max(0).to_be_bytes()].concat()
}

/// The key of the moment at which all was well last.
pub(super) const WELL: &[u8] = b"h";
/// The key of the outage of which the units are still to be told.
pub(super) const UNTOLD: &[u8] = b"u";

/// Our own outages that were not over by then, the last ones, by their beginning.
pub fn outages(tx: &Tx<'_>, since: Moment) -> Result<Vec<Outage>, view::Error> {
    let found = tx.scan(b"a", b"", usize::MAX)?.into_iter();
    let after = |outage: &Outage| outage.to > since;
    let all: Vec<Outage> = found.filter_map(|(_, value)| json(Some(value))).filter(after).collect();
    Ok(all[all.len().saturating_sub(OUTAGES_MAX)..].to_vec())
}

/// When all was well last.
pub fn well_at(tx: &Tx<'_>) -> Result<Option<Moment>, view::Error> {
    Ok(json(tx.get(WELL)?))
}

/// The outage of which the units are still to be told.
pub fn untold(tx: &Tx<'_>) -> Result<Option<Outage>, view::Error> {
    Ok(json(tx.get(UNTOLD)?))
}
