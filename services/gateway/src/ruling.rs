//! Ruling whose matter a case is, and saying that it is worse than it was.
//!
//! Nobody rules about its own house: where the office's department is a party to the case, or would
//! lead by the ruling, the city government rules. What the joint conference has decided, the city
//! government enters. Whoever is asked is heard before it is ruled, or its silence is on record.

use domain::{
    case::{Body, Course, Dispute, Fact, Severity, Stage},
    envelope::URGENT,
    id::UnitId,
    pack::City,
    party::Party,
    rejection::Rejection,
    routing, task,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
};

use crate::{
    access, again, answer,
    command::{By, Worse},
    door::Door,
    index,
    matter::Matter,
    raise,
};

/// The ruling, if it is one that may be made.
pub(crate) fn rule(
    door: &Door,
    matter: &Matter,
    by: &By,
    lead: UnitId,
    cooperating: &[UnitId],
    reason: String,
) -> Result<Fact, Rejection> {
    let (city, course) = (&*door.city, &matter.course);
    access::check_ruler(&door.access, matter, by)?;
    task::text("REASON_MISSING", "reason", &reason)?;
    answer::check_stage(matter, Stage::Disputed)?;
    let body = body(city, course, &by.party, &lead)?;
    if !course.is_heard() && course.jurisdiction.convened_at.is_none() {
        return Err(outstanding(matter));
    }
    routing::check_lead(city, "lead", &lead)?;
    cooperating.iter().try_for_each(|unit| routing::check_callable(city, "cooperating", unit))?;
    let cooperating = beside(course, &lead, cooperating);
    let (round, ruled_by) = (course.round.saturating_add(1), by.party.clone());
    Ok(Fact::Dispute(Dispute::Ruled { round, lead, cooperating, reason, body, ruled_by }))
}

/// As what the party rules; the lead that it names is a party too.
fn body(city: &City, course: &Course, party: &Party, lead: &UnitId) -> Result<Body, Rejection> {
    let mut with_lead = course.clone();
    with_lead.involved.insert(lead.clone());
    if course.jurisdiction.convened_at.is_some() {
        if routing::power::is_government(city, party) {
            return Ok(Body::Conference);
        }
        let right = &course.owner;
        let message = format!("{party} does not enter what the joint conference has decided");
        let message = format!("{message}; right would be: {right}");
        return Err(Rejection::forbidden("NOT_THE_RULER", message).at("case_id"));
    }
    routing::power::check_ruler(city, &with_lead, party)?;
    Ok(match routing::power::is_government(city, party) {
        true => Body::Government,
        false => Body::Office,
    })
}

fn outstanding(matter: &Matter) -> Rejection {
    let asked = matter.course.jurisdiction.asked.iter();
    let silent = asked.filter(|(_, hearing)| !hearing.is_settled());
    let names: Vec<&str> = silent.map(|(unit, _)| unit.as_str()).collect();
    let message = format!(
        "{} may still say whose matter {} is; right would be: after that, or after its limit",
        names.join(", "),
        matter.id
    );
    Rejection::conflict("OPINIONS_OUTSTANDING", message).at("case_id")
}

/// Who is called beside the lead; where nobody is named, who was called and has not refused.
fn beside(course: &Course, lead: &UnitId, named: &[UnitId]) -> Vec<UnitId> {
    let parts = course.parts.iter();
    let present = parts.filter(|(unit, part)| {
        part.refused_at.is_none() && part.alerted_at.is_none() && course.lead.as_ref() != Some(unit)
    });
    let present: Vec<UnitId> = present.map(|(unit, _)| unit.clone()).collect();
    let mut beside = Vec::new();
    for unit in if named.is_empty() { &present } else { named } {
        if unit != lead && !beside.contains(unit) {
            beside.push(unit.clone());
        }
    }
    beside
}

/// A ruling goes to the record and to whoever was asked; everything else to the record alone.
pub(crate) fn to_all_asked(
    matter: &Matter,
    fact: &Fact,
    outgoing: Outgoing,
) -> Result<Vec<Outgoing>, Rejection> {
    let mut all = vec![outgoing.clone()];
    if let Fact::Dispute(Dispute::Ruled { .. }) = fact {
        for unit in matter.course.jurisdiction.asked.keys() {
            let to = Party::unit(unit);
            let id = raise::envelope_id(format!("{}/{to}", outgoing.id))?;
            all.push(Outgoing { id, recipient: Some(to), ..outgoing.clone() });
        }
    }
    Ok(all)
}

/// Decides that a case is worse than it was; the answer is empty.
pub(crate) fn worsen(door: &Door, tx: &Tx<'_>, by: By, worse: Worse) -> Result<Decision, Refusal> {
    let Worse { case_id, severity, reason, shown } = worse;
    let matter = index::matter(tx, &case_id)?.ok_or_else(|| answer::unknown(&case_id))?;
    access::check_raiser(&door.access, &matter, &by)?;
    task::text("REASON_MISSING", "reason", &reason)?;
    task::check_severity(severity)?;
    if matter.course.stage == Stage::Closed {
        let message = format!("{case_id} is closed: a danger now is a matter of its own");
        return Err(Rejection::conflict("CASE_CLOSED", message).at("case_id").into());
    }
    if severity <= matter.course.severity || index::is_raised(tx, &case_id, severity)? {
        let known = matter.course.severity.max(severity);
        let message = format!("{case_id} is {} already", known.word());
        return Err(Rejection::conflict("SEVERITY_NOT_RAISED", message).at("severity").into());
    }
    let evidence = raise::check_shown(shown, Vec::new())?;
    let raised_by = by.party.clone();
    let fact = Fact::Dispute(Dispute::Raised { severity, reason, evidence, raised_by });
    let name = format!("{}/raised-{}", matter.course.round, severity.word());
    let outgoing = again::say(&door.city, &by, &matter, &name, &fact)?;
    let priority = if severity == Severity::Emergency { URGENT } else { outgoing.priority };
    let outgoing = Outgoing { priority, ..outgoing };
    let data = case_id.as_str().as_bytes().to_vec();
    Ok(Decision::change("raise-severity", data, vec![outgoing], Vec::new()))
}
