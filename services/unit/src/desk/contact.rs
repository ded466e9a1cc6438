//! Telephone numbers that were handed to this unit (M067), and those that it has handed to others.
//!
//! The record has who handed over what for, who has read it, and what came of it; the number is in
//! the unit's vault, under a slot that the record names. The same number, known by its mark, is one
//! call-back as long as nobody has said how it went.

use std::collections::BTreeSet;

use domain::{
    contact::{
        Contact, Fact, Handed, check_hand_over, check_reading, check_report, may_say, of_subject,
        subject, text, without_digits,
    },
    id::{ContactId, EnvelopeId, PersonId, UnitId},
    moment::Moment,
    party::Party,
    rejection::Rejection,
};
use kit::{
    inbox::accepted_at,
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::{Message as _, Name as _};
use proto::{
    contact::{contact_out, write},
    contact_wire as wire,
    envelope::Wire,
    record::Record,
};
use serde::{Deserialize, Serialize};

use super::Desk;

/// What the change of a reading is called: its content is the request, without the number.
const READ: &str = "muster.contact.v1.ReadContactRequest";

/// A number that another unit hands over; without it.
pub(crate) struct Taking {
    /// Who hands it over.
    pub(crate) from: UnitId,
    /// Which person there.
    pub(crate) person: PersonId,
    /// What for.
    pub(crate) purpose: String,
    /// What else is to be known.
    pub(crate) note: String,
    /// By what the number is known again.
    pub(crate) mark: String,
    /// Where it is kept.
    pub(crate) slot: String,
    /// The caller's trace context.
    pub(crate) traceparent: String,
}

/// What came of a call-back.
pub(crate) struct Reporting {
    /// Which contact.
    pub(crate) id: ContactId,
    /// What.
    pub(crate) result: String,
    /// Who says so.
    pub(crate) person: PersonId,
    /// The caller's trace context.
    pub(crate) traceparent: String,
}

/// Where a number is kept, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The slot in the vault.
    pub(crate) slot: String,
    /// The mark.
    mark: String,
    /// When it is deleted.
    pub(crate) until: Moment,
}

impl Desk {
    pub(super) fn take_contact(
        &self,
        tx: &Tx<'_>,
        taking: Taking,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let Taking { from, person, purpose, note, mark, slot, traceparent } = taking;
        let rule = check_hand_over(&self.city, &from, &self.unit)?;
        text("PURPOSE_MISSING", "purpose", &purpose)?;
        text("NOTE_MISSING", "note", &note)?;
        without_digits("purpose", &purpose)?;
        without_digits("note", &note)?;
        let known = by_mark(tx, &mark)?.map(|id| contact(tx, &id)).transpose()?.flatten();
        let joined = known.filter(|one| one.takes_more() && one.purpose == purpose);
        let handed = Handed { unit: from.clone(), person: person.clone(), note };
        let fact = Fact::HandedOver { to: self.unit.clone(), purpose, handed };
        let (after, taken) = match joined {
            Some(mut contact) => {
                contact.apply(&fact, now);
                let contact_id = contact.id.to_string();
                (contact, wire::ContactTaken { mark, contact_id, ..Default::default() })
            }
            None => {
                let id = format!("C-{}-{}", self.unit, tx.next());
                let id = proto::contact::contact_id(id)?;
                let contact_id = id.to_string();
                let begun = Contact::begin(id, &fact, now).ok_or_else(|| unknown(&contact_id))?;
                let kept_until_ms = begun.kept_until(rule).0;
                (begun, wire::ContactTaken { mark, slot, contact_id, kept_until_ms })
            }
        };
        let name = format!("handed/{}", after.handed.len());
        let outgoing =
            self.tell_contact(&after, (&name, &fact), [&from].into(), |one| Outgoing {
                actor: Some(person.clone()),
                on_behalf_of: Some(Party::unit(&from)),
                traceparent: Some(traceparent.clone()),
                ..one
            })?;
        let until = Moment(taken.kept_until_ms);
        let answer = contact_out(&after, Some(until).filter(|until| until.0 > 0)).encode_to_vec();
        let kind = wire::ContactTaken::full_name();
        Ok(Decision::change(&kind, taken.encode_to_vec(), outgoing, answer))
    }

    /// Somebody reads a number: who, and what for, is on record before it is answered.
    pub(super) fn read_contact(
        &self,
        tx: &Tx<'_>,
        asked: &wire::ReadContactRequest,
    ) -> Result<Decision, Refusal> {
        let received = self.received(tx, &asked.contact_id)?;
        check_reading(&received.ok_or_else(|| unknown(&asked.contact_id))?)?;
        Ok(Decision::change(READ, asked.encode_to_vec(), Vec::new(), Vec::new()))
    }

    pub(super) fn report_contact(
        &self,
        tx: &Tx<'_>,
        reporting: Reporting,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let Reporting { id, result, person, traceparent } = reporting;
        let mut contact = self.received(tx, id.as_str())?.ok_or_else(|| unknown(id.as_str()))?;
        check_report(&contact, &result)?;
        let fact = Fact::Reported { result, person: person.clone() };
        contact.apply(&fact, now);
        let units = contact.handed.iter().map(|handed| &handed.unit).collect();
        let outgoing = self.tell_contact(&contact, ("reported", &fact), units, |one| Outgoing {
            actor: Some(person.clone()),
            traceparent: Some(traceparent.clone()),
            ..one
        })?;
        let (kind, body) = write(&fact);
        let until = kept(tx, &id)?.map(|kept| kept.until);
        let answer = contact_out(&contact, until).encode_to_vec();
        Ok(Decision::change(&kind, body, outgoing, answer))
    }

    /// The number was deleted; recorded once.
    pub(super) fn erase_contact(&self, tx: &Tx<'_>, id: &ContactId) -> Result<Decision, Refusal> {
        let Some(contact) = contact(tx, id)?.filter(|one| one.erased_at.is_none()) else {
            return Ok(Decision::default());
        };
        let units = contact.handed.iter().map(|handed| &handed.unit).collect();
        let outgoing = self.tell_contact(&contact, ("erased", &Fact::Erased), units, |one| one)?;
        let (kind, body) = write(&Fact::Erased);
        Ok(Decision::change(&kind, body, outgoing, Vec::new()))
    }

    /// A contact that this unit has received.
    pub(crate) fn received(&self, tx: &Tx<'_>, id: &str) -> Result<Option<Contact>, view::Error> {
        let found = ContactId::parse(id).ok().map(|id| contact(tx, &id)).transpose()?.flatten();
        Ok(found.filter(|contact| contact.to == self.unit))
    }

    fn tell_contact(
        &self,
        contact: &Contact,
        (name, fact): (&str, &Fact),
        units: BTreeSet<&UnitId>,
        sign: impl Fn(Outgoing) -> Outgoing,
    ) -> Result<Vec<Outgoing>, Rejection> {
        let to = units.into_iter().filter_map(|unit| self.city.reached(unit)).map(Some);
        let write = |recipient: Option<Party>| {
            let to = recipient.as_ref().map(|party| format!("/{party}")).unwrap_or_default();
            let id = format!("contact/{}/{name}{to}", contact.id);
            let id: EnvelopeId = super::violation::short("contact_id", id)?;
            let outgoing = Outgoing::new(id, &subject(&self.city.id, &contact.id), write(fact));
            Ok(sign(Outgoing { recipient, ..outgoing }))
        };
        [None].into_iter().chain(to).map(write).collect()
    }

    // What is written is true: from here on nothing refuses.

    pub(super) fn fold_contacts(
        &self,
        tx: &mut Tx<'_>,
        record: &Record,
    ) -> Result<(), view::Error> {
        for wire in &record.outgoing {
            self.fold_contact(tx, wire, Moment(record.at_ms))?;
        }
        for received in &record.received {
            if let Some(wire) = &received.envelope {
                self.fold_contact(tx, wire, accepted_at(received))?;
            }
        }
        let taken = record
            .change
            .as_ref()
            .and_then(|change| proto::body::read::<wire::ContactTaken>(&change.kind, &change.data));
        if let Some(taken) = taken.filter(|taken| !taken.slot.is_empty()) {
            keep(tx, &taken);
        }
        Ok(())
    }

    fn fold_contact(&self, tx: &mut Tx<'_>, wire: &Wire, at: Moment) -> Result<(), view::Error> {
        let Some((id, source, fact)) = self.about_contact(wire) else { return Ok(()) };
        let known = contact(tx, &id)?;
        if !may_say(&source, known.as_ref(), &fact) {
            return Ok(());
        }
        let now = match known {
            None => Contact::begin(id, &fact, at),
            Some(mut contact) => contact.apply(&fact, at).then_some(contact),
        };
        let Some(now) = now else { return Ok(()) };
        if now.erased_at.is_some() {
            forget(tx, &now.id)?;
        }
        tx.put(key(CONTACTS, now.id.as_str()), serde_json::to_vec(&now).unwrap_or_default());
        Ok(())
    }

    fn about_contact(&self, wire: &Wire) -> Option<(ContactId, Party, Fact)> {
        if !wire.r#type.starts_with("muster.contact.v1.") {
            return None;
        }
        let envelope = proto::envelope::from_wire(wire.clone()).ok()?;
        let id = of_subject(&self.city.id, &envelope.subject)?;
        let own = Party::unit(&self.unit);
        // Of the envelopes of what this unit says itself, only the one for the record is folded.
        let is_said = envelope.source == own && envelope.recipient.is_none();
        let is_ours = is_said || envelope.recipient == Some(own);
        let fact = proto::contact::read(&envelope.kind, &envelope.body).ok()??;
        is_ours.then_some((id, envelope.source, fact))
    }
}

/// There is no such contact here.
pub(crate) fn unknown(id: &str) -> Rejection {
    let shown: String = id.chars().take(200).collect();
    let message = format!("this unit has received no contact {shown:?}");
    Rejection::unknown("UNKNOWN_CONTACT", "contact_id", message)
}

const CONTACTS: &[u8] = b"Kc";
const MARKS: &[u8] = b"Km";
const SLOTS: &[u8] = b"Ks";
const KEPT: &[u8] = b"Kt";
const DEADLINES: &[u8] = b"Kd";

fn key(kind: &[u8], id: &str) -> Vec<u8> {
    [kind, id.as_bytes()].concat()
}

fn deadline(until: Moment, id: &str) -> Vec<u8> {
    [DEADLINES, &until.0.max(0).to_be_bytes(), id.as_bytes()].concat()
}

fn keep(tx: &mut Tx<'_>, taken: &wire::ContactTaken) {
    let wire::ContactTaken { mark, slot, contact_id: id, kept_until_ms } = taken;
    let until = Moment(*kept_until_ms);
    let kept = Kept { slot: slot.clone(), mark: mark.clone(), until };
    tx.put(key(MARKS, mark), id.as_bytes());
    tx.put(key(SLOTS, slot), id.as_bytes());
    tx.put(key(KEPT, id), serde_json::to_vec(&kept).unwrap_or_default());
    tx.put(deadline(until, id), b"");
}

fn forget(tx: &mut Tx<'_>, id: &ContactId) -> Result<(), view::Error> {
    let Some(kept) = kept(tx, id)? else { return Ok(()) };
    if by_mark(tx, &kept.mark)?.as_ref() == Some(id) {
        tx.remove(key(MARKS, &kept.mark));
    }
    tx.remove(deadline(kept.until, id.as_str()));
    Ok(())
}

/// A contact as it stands.
pub(crate) fn contact(tx: &Tx<'_>, id: &ContactId) -> Result<Option<Contact>, view::Error> {
    let json = tx.get(&key(CONTACTS, id.as_str()))?;
    Ok(json.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// Where its number is kept.
pub(crate) fn kept(tx: &Tx<'_>, id: &ContactId) -> Result<Option<Kept>, view::Error> {
    let json = tx.get(&key(KEPT, id.as_str()))?;
    Ok(json.and_then(|json| serde_json::from_slice(&json).ok()))
}

fn by_mark(tx: &Tx<'_>, mark: &str) -> Result<Option<ContactId>, view::Error> {
    Ok(id_of(tx.get(&key(MARKS, mark))?))
}

/// The contact whose number is in a slot.
pub(crate) fn by_slot(tx: &Tx<'_>, slot: &str) -> Result<Option<Contact>, view::Error> {
    let id = id_of(tx.get(&key(SLOTS, slot))?);
    Ok(id.map(|id| contact(tx, &id)).transpose()?.flatten())
}

fn id_of(value: Option<Vec<u8>>) -> Option<ContactId> {
    ContactId::parse(String::from_utf8(value?).ok()?).ok()
}

/// The numbers that are kept, by when they are deleted: when, which, and where.
pub(crate) fn by_deadline(
    tx: &Tx<'_>,
    limit: usize,
) -> Result<Vec<(Moment, ContactId, String)>, view::Error> {
    let mut found = Vec::new();
    for (at, _) in tx.scan(DEADLINES, b"", limit)? {
        let rest = at.get(DEADLINES.len()..).unwrap_or_default();
        let Some((until, id)) = rest.split_at_checked(8) else { continue };
        let Some(id) = id_of(Some(id.to_vec())) else { continue };
        let until = until.try_into().map(i64::from_be_bytes).unwrap_or_default();
        let slot = kept(tx, &id)?.map(|kept| kept.slot).unwrap_or_default();
        found.push((Moment(until), id, slot));
    }
    Ok(found)
}

/// A page of contacts by their number in the books, with their keys.
pub(crate) fn contacts(
    tx: &Tx<'_>,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, wire::Contact)>, view::Error> {
    let mut found = Vec::new();
    for (at, json) in tx.scan(CONTACTS, from, limit)? {
        let Ok(contact) = serde_json::from_slice::<Contact>(&json) else { continue };
        let until = kept(tx, &contact.id)?.map(|kept| kept.until);
        found.push((at, contact_out(&contact, until)));
    }
    Ok(found)
}
