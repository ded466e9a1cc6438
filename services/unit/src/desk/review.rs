//! What a unit is asked about in joint approvals (联审联批), and its opinion.
//!
//! An opinion is one record with the envelope that carries it; it is given while everything else is
//! down. A desk knows its own words; of the others it learns what items came to. So an opinion may be
//! taken here that comes too late in the record: there it is kept, and counts for nothing.

use domain::{
    approval::{Approval, Fact, Opinion, Owed, check_opinion, may_say, of_subject, owes, subject},
    calendar::Calendar,
    id::{ApprovalId, PersonId},
    moment::Moment,
    pack::Limits,
    party::Party,
    rejection::Rejection,
};
use kit::{
    inbox::accepted_at,
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{envelope::Wire, record::Record};
use serde::{Deserialize, Serialize};

use super::{Desk, traced};

/// What the change of an opinion is called.
const REVIEWED: &str = "muster.approval.v1.ReviewGiven";

/// What the unit says about some items.
pub(crate) struct Review {
    /// About which approval.
    pub(crate) id: ApprovalId,
    /// What it says.
    pub(crate) opinion: Opinion,
    /// Who says it.
    pub(crate) person: PersonId,
    /// The caller's trace context.
    pub(crate) traceparent: String,
}

/// An approval as this desk knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The approval.
    pub(crate) approval: Approval,
    /// How many opinions this unit has given.
    said: u32,
}

impl Desk {
    pub(super) fn review(
        &self,
        tx: &Tx<'_>,
        review: Review,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let Review { id, opinion, person, traceparent } = review;
        let Kept { mut approval, said } = kept(tx, &id)?.ok_or_else(|| {
            let message = format!("this unit is not asked about an approval {id}");
            Rejection::unknown("UNKNOWN_APPROVAL", "approval_id", message)
        })?;
        check_opinion(&approval, &opinion)?;
        let fact = Fact::Opined(opinion);
        approval.apply(&fact, now);
        let subject = subject(&self.city.id, &id);
        let traceparent = traced(tx, &subject, traceparent)?;
        let (kind, body) = proto::joint::write(&fact);
        let name = format!("approval/{id}/review/{}", said.saturating_add(1));
        let outgoing = Outgoing {
            actor: Some(person),
            traceparent: Some(traceparent),
            ..Outgoing::new(
                proto::convert::id("approval_id", name)?,
                &subject,
                (kind, body.clone()),
            )
        };
        let answer = self.shown(&approval).encode_to_vec();
        Ok(Decision::change(REVIEWED, body, vec![outgoing], answer))
    }

    /// An approval for the wire, with what this unit owes.
    pub(crate) fn shown(&self, approval: &Approval) -> proto::approval::Approval {
        let mut owed = owed(&self.city.calendar, approval);
        owed.retain(|owed| owed.unit == self.unit);
        proto::joint::approval_out(approval, &owed, &std::collections::BTreeMap::new())
    }

    pub(super) fn fold_reviews(&self, tx: &mut Tx<'_>, record: &Record) -> Result<(), view::Error> {
        for wire in &record.outgoing {
            self.fold_review(tx, wire, Moment(record.at_ms))?;
        }
        for received in &record.received {
            if let Some(wire) = &received.envelope {
                self.fold_review(tx, wire, accepted_at(received))?;
            }
        }
        Ok(())
    }

    /// What this unit said, and what came for it, from the party whose word it is.
    fn fold_review(&self, tx: &mut Tx<'_>, wire: &Wire, at: Moment) -> Result<(), view::Error> {
        let Some((id, fact)) = self.read_review(wire) else { return Ok(()) };
        let is_said = matches!(&fact, Fact::Opined(_));
        let now = match kept(tx, &id)? {
            None => Approval::begin(id, &fact, at).map(|approval| Kept { approval, said: 0 }),
            Some(Kept { mut approval, said }) => {
                let said = said.saturating_add(u32::from(is_said));
                approval.apply(&fact, at).then_some(Kept { approval, said })
            }
        };
        if let Some(kept) = now {
            let id = &kept.approval.id;
            match kept.approval.awaits(&self.unit).next() {
                Some(_) => tx.put(key(WAITING, id), []),
                None => tx.remove(key(WAITING, id)),
            }
            tx.put(key(REVIEWS, id), serde_json::to_vec(&kept).unwrap_or_default());
        }
        Ok(())
    }

    fn read_review(&self, wire: &Wire) -> Option<(ApprovalId, Fact)> {
        if !wire.r#type.starts_with("muster.approval.v1.") {
            return None;
        }
        let envelope = proto::envelope::from_wire(wire.clone()).ok()?;
        let id = of_subject(&self.city.id, &envelope.subject)?;
        let own = Party::unit(&self.unit);
        let is_ours = envelope.source == own || envelope.recipient == Some(own);
        let fact = proto::joint::read(&envelope.kind, &envelope.body).ok()??;
        (is_ours && may_say(&envelope.source, &fact)).then_some((id, fact))
    }
}

/// The keys of all approvals.
const REVIEWS: &[u8] = b"v";
/// The keys of those about which the unit has still to speak.
const WAITING: &[u8] = b"x";

fn key(kind: &[u8], id: &ApprovalId) -> Vec<u8> {
    [kind, id.as_str().as_bytes()].concat()
}

fn kept(tx: &Tx<'_>, id: &ApprovalId) -> Result<Option<Kept>, view::Error> {
    Ok(tx.get(&key(REVIEWS, id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// A page of approvals by number, with their keys; only what waits for the unit, where that is asked.
pub(crate) fn reviews(
    tx: &Tx<'_>,
    is_waiting: bool,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, Approval)>, view::Error> {
    let prefix = if is_waiting { WAITING } else { REVIEWS };
    let mut found = Vec::new();
    for (at, _) in tx.scan(prefix, from, limit)? {
        let id = at.get(1..).and_then(|id| std::str::from_utf8(id).ok());
        let Some(id) = id.and_then(|id| ApprovalId::parse(id).ok()) else { continue };
        found.extend(kept(tx, &id)?.map(|kept| (at, kept.approval)));
    }
    Ok(found)
}

/// Who owes an opinion, and until when. Our own outages are not known here: the moment may be later,
/// and never earlier.
fn owed(calendar: &Calendar, approval: &Approval) -> Vec<Owed> {
    owes(approval, &Limits { calendar: calendar.clone(), ..Limits::default() })
}
