//! How what is known of an object is shown: a stop, a finding, what waits for the office, a seizure.

use domain::{
    id::{InspectionId, ObjectId},
    inspection::{Docket, Seizure, Standing},
};

use super::{end_out, found_out, outcome_out, seized_out};
use crate::{convert, inspection_wire as wire};

/// A stop as it stands; none when there is no such one.
pub fn inspection_out(docket: &Docket, id: &InspectionId) -> Option<wire::Inspection> {
    let one = docket.inspections.get(id)?;
    let opened = &one.opened;
    let findings: Vec<wire::Finding> =
        one.findings.keys().filter_map(|number| finding_out(docket, id, *number)).collect();
    let open = one.findings.keys().filter(|number| {
        docket.standing(id, **number).is_some_and(|standing| !standing.is_closed())
    });
    Some(wire::Inspection {
        inspection_id: id.to_string(),
        object: docket.object.to_string(),
        vehicle: opened.vehicle.as_ref().map(ToString::to_string).unwrap_or_default(),
        unit: opened.unit.to_string(),
        person: opened.person.to_string(),
        place: opened.place.clone(),
        at_ms: opened.at.0,
        operation_id: opened.operation.as_ref().map(ToString::to_string).unwrap_or_default(),
        open: u32::try_from(open.count()).unwrap_or(u32::MAX),
        findings,
        closed_at_ms: convert::millis(one.closed_at),
    })
}

/// A finding as it stands; none when there is no such one.
pub fn finding_out(docket: &Docket, id: &InspectionId, number: u32) -> Option<wire::Finding> {
    let opened = &docket.inspections.get(id)?.opened;
    let finding = docket.finding(id, number)?;
    let settled = finding.settled.as_ref();
    let revoked = settled.and_then(|one| one.revoked.as_ref().map(|(_, why)| why));
    let aside = settled.and_then(|one| one.aside.as_ref());
    Some(wire::Finding {
        inspection_id: id.to_string(),
        number,
        object: docket.object.to_string(),
        found: Some(found_out(&finding.found)),
        owner: finding.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
        state: state_out(docket.standing(id, number)?).into(),
        outcome: settled.map(|one| outcome_out(&one.outcome)),
        person: settled.map(|one| one.person.to_string()).unwrap_or_default(),
        settled_at_ms: convert::millis(settled.map(|one| one.at)),
        note: revoked.or(aside).or(finding.assigned.as_ref()).cloned().unwrap_or_default(),
        vehicle: opened.vehicle.as_ref().map(ToString::to_string).unwrap_or_default(),
        place: opened.place.clone(),
        opened_by: opened.unit.to_string(),
    })
}

/// What waits for the office about an object.
pub fn flags_out(docket: &Docket) -> Vec<wire::Flag> {
    let flag = |findings| wire::Flag { object: docket.object.to_string(), findings };
    let is_nobodys =
        |id: &InspectionId, number| docket.standing(id, number) == Some(Standing::Office);
    let nobodys = docket.findings().filter(|(id, number, _)| is_nobodys(id, *number));
    let nobodys = nobodys.filter_map(|(id, number, _)| finding_out(docket, id, number));
    let doubles = docket.doubles().into_iter().map(|fact| {
        let penalties = docket.penalties(&fact).into_iter();
        penalties.filter_map(|(id, number, _)| finding_out(docket, id, number)).collect()
    });
    nobodys.map(|one| flag(vec![one])).chain(doubles.map(flag)).collect()
}

/// A seizure as it stands.
pub fn seizure_out(object: &ObjectId, seizure: &Seizure) -> wire::Seizure {
    let ended = seizure.ended.as_ref();
    wire::Seizure {
        seized: Some(seized_out(&seizure.seized)),
        object: object.to_string(),
        end: ended.map_or(wire::SeizureEnd::Unspecified, |(end, ..)| end_out(*end)).into(),
        ended_at_ms: convert::millis(ended.map(|(_, at, ..)| *at)),
        ended_by: ended.map(|(_, _, person, _)| person.to_string()).unwrap_or_default(),
        ended_reason: ended.map(|(.., reason)| reason.clone()).unwrap_or_default(),
    }
}

fn state_out(standing: Standing) -> wire::FindingState {
    match standing {
        Standing::Office => wire::FindingState::Office,
        Standing::Pending => wire::FindingState::Pending,
        Standing::Double => wire::FindingState::Double,
        Standing::Penalized => wire::FindingState::Penalized,
        Standing::Warned => wire::FindingState::Warned,
        Standing::NotProven => wire::FindingState::NotProven,
        Standing::Revoked => wire::FindingState::Revoked,
        Standing::SetAside => wire::FindingState::SetAside,
    }
}
