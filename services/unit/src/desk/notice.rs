//! Notices: what this unit tells several others, and what it is told.
//!
//! A notice is one record with an envelope for each receiver, in one group. A correction goes to
//! whoever got what it corrects, on the same subject, so that it comes after it. What this unit
//! never sent can't be corrected by it: the link would point nowhere, and a receiver would be
//! asked to forget what another has said. What is corrected already is corrected by correcting the
//! correction: so there is always one last word.

use std::collections::BTreeSet;

use domain::{
    envelope::{Envelope, Terms},
    id::{EnvelopeId, UnitId},
    moment::Moment,
    party::{Kind, Party, Role},
    rejection::Rejection,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{
    body,
    notice::{Notice, NoticeGiven},
    record::Record,
};

use super::{Desk, traced};
use crate::asking::Telling;

/// There is no such notice here.
pub(crate) fn unknown(field: &str, notice_id: &str) -> Rejection {
    let message = format!("this unit has sent no notice {notice_id:?}");
    Rejection::unknown("UNKNOWN_NOTICE", field, message)
}

/// The group of a notice, which is also what the ids of its envelopes begin with.
pub(crate) fn group(notice_id: &str) -> String {
    format!("notice/{notice_id}")
}

impl Desk {
    pub(super) fn send_notice(
        &self,
        tx: &Tx<'_>,
        mut telling: Telling,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let notice_id = format!("{}/{}", self.unit, tx.next());
        let line = match telling.corrects.as_str() {
            "" => notice_id.clone(),
            earlier => self.correct(tx, earlier, &mut telling.units)?,
        };
        for unit in &telling.units {
            self.check_other(unit, "TELLS_ITSELF", "units")?;
        }
        let Telling { units, person, text, purpose, case_id, corrects, traceparent, is_urgent } =
            telling;
        let traceparent = match &case_id {
            Some(case_id) => traced(tx, case_id.as_str(), traceparent)?,
            None => traceparent,
        };
        let case_id = case_id.map(String::from).unwrap_or_default();
        let content = NoticeGiven { notice_id: notice_id.clone(), text, case_id, corrects };
        let is_correction = !content.corrects.is_empty();
        let earlier = is_correction.then(|| envelope_id(&content.corrects)).transpose()?;
        let outgoing = Outgoing {
            actor: Some(person),
            traceparent: Some(traceparent),
            priority: if is_urgent { u8::MAX } else { 0 },
            terms: Terms {
                purpose: Some(purpose).filter(|purpose| !purpose.is_empty()),
                corrects: earlier,
                ..Terms::default()
            },
            ..Outgoing::new(
                envelope_id(&notice_id)?,
                &format!("{}{line}", self.notice_prefix()),
                body::write(&content),
            )
        };
        let receivers: BTreeSet<Party> = units.iter().map(Party::unit).collect();
        let envelope = outgoing.clone().numbered(Party::unit(&self.unit), 1, now);
        let mut notice = given(&envelope, content.clone());
        notice.receivers = units.iter().map(ToString::to_string).collect();
        let outgoing = outgoing.to_all(&receivers).map_err(|no| no.at("units"))?;
        let (kind, data) = body::write(&content);
        Ok(Decision::change(&kind, data, outgoing, notice.encode_to_vec()))
    }

    /// The line of what is corrected; its receivers are who gets the correction.
    fn correct(
        &self,
        tx: &Tx<'_>,
        earlier: &str,
        units: &mut BTreeSet<UnitId>,
    ) -> Result<String, Refusal> {
        let ours = notice(tx, earlier)?.filter(|one| one.unit == self.unit.as_str());
        let Some(before) = ours else { return Err(unknown("corrects", earlier).into()) };
        if !before.corrected_by.is_empty() {
            let by = &before.corrected_by;
            let message = format!("{earlier} is corrected already: correct {by} instead");
            return Err(Rejection::conflict("ALREADY_CORRECTED", message).at("corrects").into());
        }
        let receivers = before.receivers.iter().map(|unit| UnitId::parse(unit.as_str()));
        let receivers: BTreeSet<UnitId> = receivers.filter_map(Result::ok).collect();
        if !units.is_empty() && *units != receivers {
            let message = format!("a correction goes to whoever got {earlier}, and to nobody else");
            return Err(Rejection::invalid("OTHER_RECEIVERS", "units", message).into());
        }
        *units = receivers;
        let line = tx.get(&line_key(earlier))?.and_then(|line| String::from_utf8(line).ok());
        Ok(line.unwrap_or_else(|| earlier.to_owned()))
    }

    fn notice_prefix(&self) -> String {
        format!("notice/{}/", self.city.id)
    }

    // What is written is true: from here on nothing refuses.

    pub(super) fn fold_notices(&self, tx: &mut Tx<'_>, record: &Record) -> Result<(), view::Error> {
        let at = Moment(record.at_ms);
        for wire in &record.outgoing {
            if let Some((line, envelope)) = self.about_notice(wire) {
                self.fold_given(tx, &line, &envelope, at)?;
            }
        }
        for received in &record.received {
            let about = received.envelope.as_ref().and_then(|wire| self.about_notice(wire));
            let Some((line, envelope)) = about else { continue };
            if envelope.recipient == Some(Party::unit(&self.unit)) {
                self.fold_given(tx, &line, &envelope, at)?;
            }
        }
        Ok(())
    }

    fn about_notice(&self, wire: &proto::envelope::Wire) -> Option<(String, Envelope)> {
        if !wire.r#type.starts_with("muster.notice.v1.") {
            return None;
        }
        let envelope = proto::envelope::from_wire(wire.clone()).ok()?;
        let line = envelope.subject.strip_prefix(&self.notice_prefix())?.to_owned();
        Some((line, envelope))
    }

    /// A unit speaks of its own notices only; one envelope of several adds its receiver.
    fn fold_given(
        &self,
        tx: &mut Tx<'_>,
        line: &str,
        envelope: &Envelope,
        at: Moment,
    ) -> Result<(), view::Error> {
        let content = body::read::<NoticeGiven>(&envelope.kind, &envelope.body);
        let Some(content) = content.filter(|content| is_theirs(&envelope.source, content)) else {
            return Ok(());
        };
        let id = content.notice_id.clone();
        let known = notice(tx, &id)?;
        if known.is_none() && !content.corrects.is_empty() {
            self.fold_correction(tx, &content)?;
        }
        if known.is_none() {
            tx.put([b"m", &at.0.to_be_bytes()[..], id.as_bytes()].concat(), id.as_bytes());
            tx.put(line_key(&id), line.as_bytes());
        }
        let mut notice = known.unwrap_or_else(|| given(envelope, content));
        notice.receivers.extend(envelope.recipient.as_ref().map(|to| to.id.clone()));
        notice.receivers.sort();
        notice.receivers.dedup();
        tx.put(notice_key(&id), notice.encode_to_vec());
        Ok(())
    }

    fn fold_correction(&self, tx: &mut Tx<'_>, by: &NoticeGiven) -> Result<(), view::Error> {
        if let Some(mut before) = notice(tx, &by.corrects)? {
            before.corrected_by.clone_from(&by.notice_id);
            tx.put(notice_key(&by.corrects), before.encode_to_vec());
        }
        Ok(())
    }
}

fn is_theirs(source: &Party, content: &NoticeGiven) -> bool {
    let of = |id: &str| id.split_once('/').is_some_and(|(unit, _)| unit == source.id);
    // The worker tells of outages; a unit of that name would be another party.
    (source.kind == Kind::Unit || source.is(Role::Worker))
        && of(&content.notice_id)
        && (content.corrects.is_empty() || of(&content.corrects))
}

fn envelope_id(notice_id: &str) -> Result<EnvelopeId, Rejection> {
    proto::convert::id("notice_id", group(notice_id))
}

fn given(envelope: &Envelope, content: NoticeGiven) -> Notice {
    let NoticeGiven { notice_id, text, case_id, corrects } = content;
    Notice {
        notice_id,
        unit: envelope.source.id.clone(),
        person: envelope.actor.as_ref().map(ToString::to_string).unwrap_or_default(),
        receivers: Vec::new(),
        text,
        purpose: envelope.terms.purpose.clone().unwrap_or_default(),
        case_id,
        corrects,
        corrected_by: String::new(),
        sent_at_ms: envelope.time.0,
    }
}

fn notice_key(id: &str) -> Vec<u8> {
    [b"n", id.as_bytes()].concat()
}

fn line_key(id: &str) -> Vec<u8> {
    [b"r", id.as_bytes()].concat()
}

/// A notice that this unit sent or received.
pub(crate) fn notice(tx: &Tx<'_>, id: &str) -> Result<Option<Notice>, view::Error> {
    Ok(tx.get(&notice_key(id))?.and_then(|bytes| Notice::decode(&bytes[..]).ok()))
}

/// Up to `limit` notices in the order of the journal, with the key of each, from a key on.
pub(crate) fn notices(
    tx: &Tx<'_>,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, Notice)>, view::Error> {
    let mut found = Vec::new();
    for (key, id) in tx.scan(b"m", from, limit)? {
        let id = String::from_utf8(id).unwrap_or_default();
        found.extend(notice(tx, &id)?.map(|notice| (key, notice)));
    }
    Ok(found)
}
