//! The sheets of units that have to answer (追责问责), and the bulletin: their folding from the bus's
//! record, and the decision about what follows.
//!
//! A sheet shows what is in the record, with the place of each fact in the history of its case; it
//! has no field for anybody's guilt. What follows is decided by the office that the sheet names,
//! once, and not before the unit was heard or was silent.

mod keys;
mod read;
mod service;

use domain::{
    accountability::{Fact, Sheet, SheetId, Stage, may_say},
    case,
    id::{CaseId, CityId, UnitId},
    moment::Moment,
    pack::City,
    rejection::Rejection,
    task,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use proto::{
    envelope::{Wire, from_wire},
    record::Received,
};

pub(crate) use self::{keys::Entry, service::Accounts};
use crate::{
    access,
    command::{By, Judgement},
    door::Door,
    raise, sentence,
    told::Told,
};

/// The subject of a sheet.
fn subject(city: &CityId, sheet: &SheetId) -> String {
    format!("accountability/{city}/{sheet}")
}

fn sheet_of(city: &CityId, subject: &str) -> Option<SheetId> {
    let rest = subject.strip_prefix("accountability/")?.strip_prefix(city.as_str())?;
    let (case_id, unit) = rest.strip_prefix('/')?.rsplit_once('/')?;
    Some(SheetId { case_id: CaseId::parse(case_id).ok()?, unit: UnitId::parse(unit).ok()? })
}

fn read_fact(city: &CityId, wire: &Wire) -> Option<(SheetId, Fact)> {
    let envelope = from_wire(wire.clone()).ok()?;
    let id = sheet_of(city, &envelope.subject)?;
    let fact = proto::account::read(&envelope.kind, &envelope.body).ok()??;
    may_say(&envelope.source, &id.unit, &fact).then_some((id, fact))
}

/// A decision of our own is on its way.
pub(crate) fn leaves(city: &City, tx: &mut Tx<'_>, wire: &Wire) {
    if let Some((id, Fact::Decided { .. })) = read_fact(&city.id, wire) {
        keys::decide(tx, &id);
    }
}

/// Folds what the bus's record has; says whether it was about a sheet.
pub(crate) fn comes(
    city: &City,
    tx: &mut Tx<'_>,
    received: &Received,
) -> Result<bool, view::Error> {
    let wire = received.envelope.as_ref();
    let Some((id, fact)) = wire.and_then(|wire| read_fact(&city.id, wire)) else {
        return Ok(false);
    };
    let at = Moment(received.accepted_at_ms);
    let before = keys::sheet(tx, &id)?;
    let sheet = match before {
        None => Sheet::begin(id.clone(), &fact, at),
        Some(mut sheet) => sheet.apply(&fact, at).then_some(sheet),
    };
    let Some(sheet) = sheet else { return Ok(true) };
    if let Fact::Published { form, text } = &fact {
        let (form, text) = (Some(form.clone()), text.clone());
        keys::publish(tx, &Entry { at, sheet: id.clone(), form, text })?;
    }
    keys::put(tx, &sheet);
    Ok(true)
}

/// A complaint that is upheld is published, whatever else follows (一律通报).
pub(crate) fn upheld(city: &City, tx: &mut Tx<'_>, told: &Told) -> Result<(), view::Error> {
    let case::Fact::Closed { .. } = &told.fact else { return Ok(()) };
    let Some(matter) = crate::index::matter(tx, &told.case_id)? else { return Ok(()) };
    let course = &matter.course;
    let Some(about) = course.complaint.as_ref().filter(|_| course.upheld_at.is_some()) else {
        return Ok(());
    };
    let sheet = SheetId { case_id: told.case_id.clone(), unit: about.about.clone() };
    let text = sentence::upheld(city, &sheet);
    keys::publish(tx, &Entry { at: told.at(), sheet, form: None, text })
}

/// Decides what follows for a unit; the answer is empty.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    judgement: Judgement,
) -> Result<Decision, Refusal> {
    let Judgement { sheet: id, form, reason } = judgement;
    let sheet = keys::sheet(tx, &id)?.ok_or_else(|| unknown(&id))?;
    access::check_decider(&door.access, &sheet, &by)?;
    task::text("REASON_MISSING", "reason", &reason)?;
    if let Some(wrong) = form.as_ref().filter(|form| door.city.form(form).is_none()) {
        let known: Vec<&str> = door.city.forms.iter().map(|form| form.id.as_str()).collect();
        let message =
            format!("there is no form {wrong}; right would be: one of {}", known.join(", "));
        return Err(Rejection::unknown("UNKNOWN_FORM", "form", message).into());
    }
    if sheet.stage == Stage::Stating {
        let message = format!("{} was not heard yet, and its time is not over", id.unit);
        return Err(Rejection::conflict("NOT_HEARD_YET", message).at("unit").into());
    }
    if sheet.stage != Stage::Deciding || keys::is_decided(tx, &id)? {
        let message = format!("what follows for {} in {} is decided already", id.unit, id.case_id);
        return Err(Rejection::conflict("ALREADY_DECIDED", message).at("unit").into());
    }
    let case = crate::index::matter(tx, &id.case_id)?;
    let decided_by = by.party.clone();
    let fact = Fact::Decided { form, reason, decided_by };
    let outgoing = Outgoing {
        recipient: door.city.reached(&id.unit),
        actor: Some(by.person),
        on_behalf_of: Some(by.party),
        // The sheet belongs to its case, and so to the trace of that.
        traceparent: case.and_then(|case| case.trace).or(Some(by.trace)),
        ..Outgoing::new(
            raise::envelope_id(format!("sheet/{id}/decide"))?,
            &subject(&door.city.id, &id),
            proto::account::write(&fact),
        )
    };
    let data = id.to_string().into_bytes();
    Ok(Decision::change("outcome", data, vec![outgoing], Vec::new()))
}

/// No such sheet.
fn unknown(id: &SheetId) -> Rejection {
    let message = format!("{} has no sheet in the case {}", id.unit, id.case_id);
    Rejection::unknown("UNKNOWN_SHEET", "case_id", message)
}
