//! Incidents in the worker's own journal: written down once for each flow that is stuck, with what an
//! administrator decides before anything is done about it. None of it goes to the bus.
//!
//! To look again and to leave a step out are done in the same record: the flow has a mark, which the
//! teller tells it. To end a flow is done at Temporal, and noted when it is; until then it is on a
//! list, so that it is done also after a kill.

use domain::{
    id::EnvelopeId,
    incident::{Event, Incident, IncidentId, Opened, Remedy, Resolved},
    moment::Moment,
    rejection::Rejection,
};
use kit::{
    store::{Decision, Refusal},
    tx::Tx,
    view,
};
use proto::record::Change;
use serde::{Deserialize, Serialize};

use super::{
    Flow, Mark,
    rules::json,
    state::{key, under_way},
};

/// The change that says so.
const INCIDENT: &str = "incident";
/// How many incidents are kept, the open ones among them; the oldest that are over go first.
const KEPT_MAX: usize = 1_000;

/// An incident, and whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptIncident {
    /// The flow.
    pub flow: Flow,
    /// As it stands.
    pub incident: Incident,
}

fn numbered(kind: u8, id: IncidentId) -> Vec<u8> {
    [&[kind], &id.0.to_be_bytes()[..]].concat()
}

fn left_out_key(flow: &Flow, name: &str) -> Vec<u8> {
    [&key(b'l', flow)[..], &[0], name.as_bytes()].concat()
}

fn unknown(id: IncidentId) -> Rejection {
    Rejection::unknown("UNKNOWN_INCIDENT", "incident_id", format!("there is no incident {id}"))
}

/// An incident; none when there is no such one.
pub fn incident(tx: &Tx<'_>, id: IncidentId) -> Result<Option<KeptIncident>, view::Error> {
    Ok(tx.get(&numbered(b'i', id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// The open incident of a flow.
pub fn incident_of(tx: &Tx<'_>, flow: &Flow) -> Result<Option<KeptIncident>, view::Error> {
    let Some(number) = tx.get(&key(b'k', flow))? else { return Ok(None) };
    let number = number.try_into().map(u64::from_be_bytes).map(IncidentId);
    number.map_or(Ok(None), |id| incident(tx, id))
}

/// How many flows are stuck, as far as that.
pub fn stuck(tx: &Tx<'_>, limit: usize) -> Result<usize, view::Error> {
    Ok(tx.scan(b"k", b"", limit)?.len())
}

/// Incidents in the order in which they were written down, from a key on; each with its key.
pub fn incidents(
    tx: &Tx<'_>,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, KeptIncident)>, view::Error> {
    let found = tx.scan(b"i", from, limit)?.into_iter();
    let read = |(key, json): (Vec<u8>, Vec<u8>)| Some((key, serde_json::from_slice(&json).ok()?));
    Ok(found.filter_map(read).collect())
}

/// The flows that are to be ended, with the incidents of which that was decided.
pub fn to_be_ended(tx: &Tx<'_>, limit: usize) -> Result<Vec<KeptIncident>, view::Error> {
    let mut found = Vec::new();
    for (key, _) in tx.scan(b"q", b"", limit)? {
        let number = key.get(1..).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
        if let Some(number) = number {
            found.extend(incident(tx, IncidentId(number))?);
        }
    }
    Ok(found)
}

/// Whether what would be sent under this name is left out.
pub fn is_left_out(tx: &Tx<'_>, flow: &Flow, name: &EnvelopeId) -> Result<bool, view::Error> {
    Ok(tx.get(&left_out_key(flow, name.as_str()))?.is_some())
}

/// Whether what the flow is about is open.
pub fn is_wanted(tx: &Tx<'_>, flow: &Flow) -> Result<bool, view::Error> {
    Ok(tx.get(&key(b'o', flow))?.is_some())
}

fn change(flow: &Flow, event: &Event, answer: Vec<u8>) -> Decision {
    Decision::change(INCIDENT, json(&(flow, event)), Vec::new(), answer)
}

/// A flow is stuck: written down, once.
pub(super) fn stuck_now(tx: &Tx<'_>, flow: &Flow, opened: Opened) -> Result<Decision, Refusal> {
    if incident_of(tx, flow)?.is_some() || !is_wanted(tx, flow)? {
        return Ok(Decision::unchanged(Vec::new()));
    }
    let opened = Opened { id: IncidentId(tx.next()), ..opened };
    Ok(change(flow, &Event::Opened(Box::new(opened)), Vec::new()))
}

/// The flow goes on, or is not wanted any more.
pub(super) fn passed(tx: &Tx<'_>, flow: &Flow) -> Result<Decision, Refusal> {
    match incident_of(tx, flow)? {
        Some(kept) => Ok(change(flow, &Event::Passed(kept.incident.opened.id), Vec::new())),
        None => Ok(Decision::unchanged(Vec::new())),
    }
}

/// What was decided is done.
pub(super) fn carried(tx: &Tx<'_>, id: IncidentId) -> Result<Decision, Refusal> {
    match incident(tx, id)?.filter(|kept| kept.incident.pending().is_some()) {
        Some(kept) => Ok(change(&kept.flow, &Event::Done(id), Vec::new())),
        None => Ok(Decision::unchanged(Vec::new())),
    }
}

/// Somebody decides about an incident.
pub(super) fn resolve(
    tx: &Tx<'_>,
    id: IncidentId,
    resolved: Resolved,
) -> Result<Decision, Refusal> {
    let kept = incident(tx, id)?.ok_or_else(|| unknown(id))?;
    kept.incident.check(&resolved)?;
    Ok(change(&kept.flow, &Event::Resolved(id, resolved), id.0.to_be_bytes().to_vec()))
}

/// Folds what is said of incidents.
pub(super) fn fold(tx: &mut Tx<'_>, change: &Change, at: Moment) -> Result<(), view::Error> {
    if change.kind != INCIDENT {
        return Ok(());
    }
    let Ok((flow, event)) = serde_json::from_slice::<(Flow, Event)>(&change.data) else {
        return Ok(());
    };
    let id = event.id();
    let now = match (incident(tx, id)?, &event) {
        (None, _) => Incident::begin(&event, at),
        (Some(mut kept), _) => kept.incident.apply(&event, at).then_some(kept.incident),
    };
    let Some(incident) = now else { return Ok(()) };
    match incident.is_open() {
        true => tx.put(key(b'k', &flow), id.0.to_be_bytes()),
        false => {
            tx.remove(key(b'k', &flow));
            tx.remove(numbered(b'q', id));
        }
    }
    match &event {
        Event::Opened(_) => make_room(tx)?,
        Event::Resolved(_, resolved) => act(tx, &flow, &incident, resolved)?,
        Event::Done(_) => {
            tx.remove(numbered(b'q', id));
            tell(tx, &flow, &incident, true);
        }
        Event::Passed(_) => forget(tx, &flow)?,
    }
    tx.put(numbered(b'i', id), json(&KeptIncident { flow, incident }));
    Ok(())
}

/// What is done with the record of a decision.
fn act(
    tx: &mut Tx<'_>,
    flow: &Flow,
    incident: &Incident,
    resolved: &Resolved,
) -> Result<(), view::Error> {
    match resolved.remedy {
        Remedy::PutBack => {}
        Remedy::Retry => tell(tx, flow, incident, false),
        Remedy::Skip => {
            for name in &incident.opened.sends {
                tx.put(left_out_key(flow, name), []);
            }
            // What was sent for it may come back at any time; nobody waits for that any more.
            for (key, _) in tx.scan(&under_way(flow, ""), b"", usize::MAX)? {
                tx.remove(key);
            }
            tell(tx, flow, incident, false);
        }
        Remedy::Resume => tx.put(numbered(b'q', incident.opened.id), []),
    }
    Ok(())
}

/// The flow is told to look, or is begun.
fn tell(tx: &mut Tx<'_>, flow: &Flow, incident: &Incident, is_start: bool) {
    let id = format!("incident/{}/{}", incident.opened.id, incident.resolutions.len());
    let mark = Mark { name: "Resolved".to_owned(), id, is_start };
    tx.put(key(b't', flow), json(&mark));
}

/// What is over leaves out nothing.
fn forget(tx: &mut Tx<'_>, flow: &Flow) -> Result<(), view::Error> {
    if !is_wanted(tx, flow)? {
        for (key, _) in tx.scan(&left_out_key(flow, ""), b"", usize::MAX)? {
            tx.remove(key);
        }
    }
    Ok(())
}

fn make_room(tx: &mut Tx<'_>) -> Result<(), view::Error> {
    let all = incidents(tx, b"", KEPT_MAX)?;
    if all.len() < KEPT_MAX {
        return Ok(());
    }
    if let Some((key, _)) = all.into_iter().find(|(_, kept)| !kept.incident.is_open()) {
        tx.remove(key);
    }
    Ok(())
}
