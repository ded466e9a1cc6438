//! What is shown of a sheet: how it stands, its grounds in sentences, and the steps of the case that
//! concern the unit, each with its place in the history, up to the opening of the sheet.

use domain::{
    accountability::{Sheet, SheetId, Stage, owes},
    case::{Fact, Finding, Proxied},
    id::UnitId,
    pack::{City, Limits},
    rejection::Rejection,
};
use proto::{accountability as wire, convert};

use crate::{
    history,
    read::{Entry, Reader},
    sentence::{self, Lang},
};

/// Writes a sheet without its facts.
pub(super) fn sheet_out(city: &City, limits: &Limits, sheet: &Sheet) -> wire::Sheet {
    let owed = owes(sheet, limits);
    let decision = sheet.decision.as_ref();
    let statement = sheet.statement.as_ref();
    wire::Sheet {
        case_id: sheet.id.case_id.to_string(),
        unit: sheet.id.unit.to_string(),
        stage: stage_out(sheet.stage).into(),
        opened_at_ms: sheet.opened_at.0,
        grounds: sheet.opened.grounds.iter().map(|one| sentence::ground(city, one)).collect(),
        facts: Vec::new(),
        judge: sheet.opened.judge.to_string(),
        owed_by: owed.as_ref().map(|owed| owed.party.to_string()).unwrap_or_default(),
        due_at_ms: convert::millis(owed.map(|owed| owed.due)),
        statement: statement.map(|said| said.text.clone()).unwrap_or_default(),
        statement_evidence: statement
            .map(|said| convert::evidence_out(&said.evidence))
            .unwrap_or_default(),
        is_silent: sheet.is_silent,
        is_decided: decision.is_some(),
        form: decision
            .and_then(|decision| decision.form.as_ref())
            .map(ToString::to_string)
            .unwrap_or_default(),
        reason: decision.map(|decision| decision.reason.clone()).unwrap_or_default(),
        decided_by: decision.map(|one| one.decided_by.to_string()).unwrap_or_default(),
        bulletin: sheet.bulletin.clone().unwrap_or_default(),
    }
}

fn stage_out(stage: Stage) -> wire::SheetStage {
    match stage {
        Stage::Stating => wire::SheetStage::Stating,
        Stage::Deciding => wire::SheetStage::Deciding,
        Stage::Publishing => wire::SheetStage::Publishing,
        Stage::Closed => wire::SheetStage::Closed,
    }
}

/// The steps of the case that concern the unit, up to the opening of its sheet.
pub(super) fn facts(reader: &mut Reader, id: &SheetId) -> Result<Vec<wire::SheetFact>, Rejection> {
    let Some(matter) = reader.known(&id.case_id)? else { return Ok(Vec::new()) };
    let entries = history::entries(reader, &matter)?.into_iter();
    let before = entries.take_while(|entry| !is_opening(entry, &id.unit));
    let concerning = before.filter(|entry| concerns(entry, &id.unit));
    Ok(concerning.map(|entry| fact_out(reader.city(), &entry)).collect())
}

fn fact_out(city: &City, entry: &Entry) -> wire::SheetFact {
    wire::SheetFact {
        place: entry.place,
        at_ms: entry.told.at().0,
        r#type: entry.told.envelope.kind.clone(),
        text: sentence::of(Lang::En, city, &entry.told.fact),
    }
}

fn is_opening(entry: &Entry, unit: &UnitId) -> bool {
    matches!(&entry.told.fact, Fact::Finding(Finding::Accounted { unit: id, .. }) if id == unit)
}

/// What the unit has said, what was said to it, and what the case is about and came to.
fn concerns(entry: &Entry, unit: &UnitId) -> bool {
    let envelope = &entry.told.envelope;
    let is_unit = |party: &domain::party::Party| party.as_unit().as_ref() == Some(unit);
    match &entry.told.fact {
        Fact::Whistled(_)
        | Fact::Routed(_)
        | Fact::SentBack { .. }
        | Fact::Confirmed { .. }
        | Fact::Finding(Finding::Found { .. }) => true,
        Fact::Finding(Finding::Consulted { .. }) => envelope.recipient.is_none(),
        Fact::Proxied(Proxied { by, .. }) => by == unit,
        _ => is_unit(&envelope.source) || envelope.recipient.as_ref().is_some_and(is_unit),
    }
}
