//! The steps of a sheet: from what is known of it and the city pack to envelopes. Pure.
//!
//! The same step has the same id every time, so that doing it twice is once. What the bulletin says
//! is made here, of the form, the unit and the case, and of nobody's opinion.

use std::collections::BTreeSet;

use domain::{
    accountability::{Fact, Sheet, SheetId, Stage, Step, is_said, owes},
    id::{CaseId, CityId, EnvelopeId, UnitId},
    pack::{City, Limits},
    party::Party,
};
use kit::store::Outgoing;

use crate::steps;

/// The subject of a sheet's envelopes.
pub fn subject(city: &CityId, sheet: &SheetId) -> String {
    format!("accountability/{city}/{sheet}")
}

/// The sheet that a subject is about, when it is one of this city.
pub fn sheet_of(city: &CityId, subject: &str) -> Option<SheetId> {
    let rest = subject.strip_prefix("accountability/")?.strip_prefix(city.as_str())?;
    let (case_id, unit) = rest.strip_prefix('/')?.rsplit_once('/')?;
    Some(SheetId { case_id: CaseId::parse(case_id).ok()?, unit: UnitId::parse(unit).ok()? })
}

/// The name of a step of a sheet.
pub fn name(sheet: &SheetId, step: &str) -> String {
    format!("sheet/{sheet}/{step}")
}

/// The id of what a step sends.
pub fn step_id(sheet: &SheetId, step: &Step) -> EnvelopeId {
    steps::id(name(sheet, &step.name()))
}

/// Whether a step is still to be done: a flow may have decided it from an older picture.
pub fn is_wanted(sheet: &Sheet, limits: &Limits, step: &Step) -> bool {
    match step {
        Step::Remind { party, duty, due, is_late } => {
            let owed = owes(sheet, limits);
            let still = owed.is_some_and(|o| (&o.party, o.duty, o.due) == (party, *duty, *due));
            still && !is_said(sheet, *duty, *is_late)
        }
        Step::Silence { .. } => sheet.stage == Stage::Stating,
        Step::Publish => sheet.stage == Stage::Publishing,
    }
}

/// The envelopes of a step.
pub fn envelopes(
    city: &City,
    sheet: &Sheet,
    traceparent: Option<&str>,
    step: &Step,
) -> Vec<Outgoing> {
    let unit = || city.reached(&sheet.id.unit);
    let (fact, recipients) = match step.clone() {
        Step::Remind { party, duty, due, is_late } => {
            let to = match party.as_unit() {
                Some(unit) => city.reached(&unit),
                None => Some(party.clone()),
            };
            (Fact::Reminded { party, duty, due, is_late }, vec![to])
        }
        Step::Silence { due } => (Fact::Silent { due }, vec![unit()]),
        Step::Publish => match publication(city, sheet) {
            Some(published) => (
                published,
                [None, unit()].into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
            ),
            None => return Vec::new(),
        },
    };
    let name = step_id(&sheet.id, step);
    let send = |recipient: Option<Party>| {
        let full = recipient.as_ref().map_or(name.to_string(), |party| format!("{name}/{party}"));
        let mut outgoing = Outgoing::new(
            steps::id(full),
            &subject(&city.id, &sheet.id),
            proto::account::write(&fact),
        );
        outgoing.recipient = recipient;
        outgoing.traceparent = traceparent.map(str::to_owned);
        outgoing
    };
    recipients.into_iter().map(send).collect()
}

/// What the bulletin says: who, about which case, which form, by whom.
fn publication(city: &City, sheet: &Sheet) -> Option<Fact> {
    let decision = sheet.decision.as_ref()?;
    let id = decision.form.as_ref()?;
    let form =
        city.form(id).map_or_else(|| id.to_string(), |form| format!("{} ({})", form.en, form.zh));
    let unit = city.unit(&sheet.id.unit);
    let unit =
        unit.map_or_else(|| sheet.id.unit.to_string(), |unit| format!("{} ({})", unit.en, unit.zh));
    let text = format!("{form}: {unit}, for the case {}", sheet.id.case_id);
    Some(Fact::Published { form: id.clone(), text })
}

#[cfg(test)]
mod tests;
