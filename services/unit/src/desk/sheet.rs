//! The sheets of this unit: what it has to answer for, and what it states (追责问责, M034).
//!
//! A statement is one record with the envelope that carries it; it is taken while everything else is
//! down. Whether it came in time is judged from the bus's record, and not here.

use domain::{
    accountability::{Fact, Opened, Sheet, SheetId, Stage, may_say},
    calendar::Calendar,
    id::{CaseId, PersonId, UnitId},
    moment::Moment,
    party::Party,
    rejection::Rejection,
    task::{self, Desk as AtHand},
};
use kit::{
    inbox::accepted_at,
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{envelope::Wire, record::Record};

use super::{Desk, traced};
use crate::{asking::Stating, wire};

/// What the change of a statement is called.
const STATED: &str = "muster.accountability.v1.StatementGiven";

/// What the unit states.
pub(crate) struct Statement {
    /// What it says, about which case.
    pub(crate) stating: Stating,
    /// Who says it.
    pub(crate) person: PersonId,
    /// What is in the evidence store.
    pub(crate) at_hand: AtHand,
    /// The caller's trace context.
    pub(crate) traceparent: String,
}

/// This unit has no such sheet.
fn unknown(case_id: &CaseId) -> Rejection {
    let message = format!("this unit has nothing to answer for in the case {case_id}");
    Rejection::unknown("UNKNOWN_SHEET", "case_id", message)
}

impl Desk {
    pub(super) fn state(
        &self,
        tx: &Tx<'_>,
        statement: Statement,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let Statement { stating, person, at_hand, traceparent } = statement;
        let Stating { case_id, text, evidence } = stating;
        let mut sheet = sheet(tx, &case_id)?.ok_or_else(|| unknown(&case_id))?;
        task::text("TEXT_MISSING", "text", &text)?;
        task::check_evidence(&evidence, &at_hand)?;
        if sheet.statement.is_some() {
            let message = format!("this unit has stated its case about {case_id} already");
            return Err(Rejection::conflict("ALREADY_STATED", message).at("case_id").into());
        }
        let fact = Fact::Stated { text, evidence };
        if !sheet.apply(&fact, now) {
            let message = format!("what follows in {case_id} is decided already");
            return Err(Rejection::conflict("ALREADY_DECIDED", message).at("case_id").into());
        }
        let traceparent = traced(tx, &self.sheet_subject(&sheet.id), traceparent)?;
        let (kind, body) = proto::account::write(&fact);
        let id = proto::convert::id("case_id", format!("sheet/{}/state", sheet.id))?;
        let outgoing = Outgoing {
            actor: Some(person),
            traceparent: Some(traceparent),
            ..Outgoing::new(id, &self.sheet_subject(&sheet.id), (kind.clone(), body.clone()))
        };
        let answer = wire::sheet_out(&self.city.calendar, &sheet).encode_to_vec();
        Ok(Decision::change(STATED, body, vec![outgoing], answer))
    }

    fn sheet_subject(&self, id: &SheetId) -> String {
        format!("accountability/{}/{id}", self.city.id)
    }

    pub(super) fn fold_sheets(&self, tx: &mut Tx<'_>, record: &Record) -> Result<(), view::Error> {
        for wire in &record.outgoing {
            self.fold_sheet(tx, wire, Moment(record.at_ms))?;
        }
        for received in &record.received {
            if let Some(wire) = &received.envelope {
                self.fold_sheet(tx, wire, accepted_at(received))?;
            }
        }
        Ok(())
    }

    /// What this unit said, and what came for it, from the party whose word it is.
    fn fold_sheet(&self, tx: &mut Tx<'_>, wire: &Wire, at: Moment) -> Result<(), view::Error> {
        let Some((id, fact)) = self.read_sheet(wire) else { return Ok(()) };
        let now = match sheet(tx, &id.case_id)? {
            None => Sheet::begin(id, &fact, at),
            Some(mut sheet) => sheet.apply(&fact, at).then_some(sheet),
        };
        if let Some(sheet) = now {
            tx.put(key(&sheet.id.case_id), serde_json::to_vec(&sheet).unwrap_or_default());
        }
        Ok(())
    }

    fn read_sheet(&self, wire: &Wire) -> Option<(SheetId, Fact)> {
        let envelope = proto::envelope::from_wire(wire.clone()).ok()?;
        let prefix = format!("accountability/{}/", self.city.id);
        let (case_id, unit) = envelope.subject.strip_prefix(&prefix)?.rsplit_once('/')?;
        let unit = UnitId::parse(unit).ok().filter(|unit| *unit == self.unit)?;
        let is_ours = envelope.source == Party::unit(&self.unit)
            || envelope.recipient == Some(Party::unit(&self.unit));
        let fact = proto::account::read(&envelope.kind, &envelope.body).ok()??;
        let is_true = is_ours && may_say(&envelope.source, &unit, &fact);
        is_true.then_some((SheetId { case_id: CaseId::parse(case_id).ok()?, unit }, fact))
    }
}

/// The keys of all sheets.
pub(crate) const SHEETS: &[u8] = b"a";

fn key(case_id: &CaseId) -> Vec<u8> {
    [SHEETS, case_id.as_str().as_bytes()].concat()
}

fn sheet(tx: &Tx<'_>, case_id: &CaseId) -> Result<Option<Sheet>, view::Error> {
    Ok(tx.get(&key(case_id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// A page of sheets by case, with their keys.
pub(crate) fn sheets(
    tx: &Tx<'_>,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, Sheet)>, view::Error> {
    let found = tx.scan(SHEETS, from, limit)?.into_iter();
    let read = |(key, json): (Vec<u8>, Vec<u8>)| Some((key, serde_json::from_slice(&json).ok()?));
    Ok(found.filter_map(read).collect())
}

/// By when a sheet waits for the unit's word; none when it does not. Our own outages are not known
/// here: the moment may be later, and never earlier.
pub(crate) fn due(calendar: &Calendar, sheet: &Sheet) -> Option<Moment> {
    let Opened { statement_within_ms, statement_pace, .. } = sheet.opened;
    let due = || statement_pace.after(calendar, sheet.opened_at, statement_within_ms);
    (sheet.stage == Stage::Stating).then(due)
}
