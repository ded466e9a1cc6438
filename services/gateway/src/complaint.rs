//! Complaints (投诉, 四个一律): what may be complained about, and who finds.
//!
//! A complaint is a whistle of the kind that the city pack names for it. It names a unit of the city
//! and, if it happened in one, a case that the community may see. It calls nobody.

use domain::{
    case::{Complaint, Whistle},
    rejection::Rejection,
};
use kit::{store::Refusal, tx::Tx};

use crate::{access, answer, command::By, door::Door, index, matter::Matter};

/// Checks that a whistle says what it complains about exactly where it is a complaint.
pub(crate) fn check_whistle(
    door: &Door,
    tx: &Tx<'_>,
    by: &By,
    whistle: &Whistle,
) -> Result<(), Refusal> {
    let city = &*door.city;
    let is_kind = whistle.issue_type == city.complaint;
    let Some(complaint) = &whistle.complaint else {
        if !is_kind {
            return Ok(());
        }
        let message = format!("a case of {} says which unit it complains about", city.complaint);
        return Err(Rejection::invalid("COMPLAINT_MISSING", "complaint", message).into());
    };
    if !is_kind {
        let message = format!("a complaint is of the kind {}", city.complaint);
        return Err(Rejection::invalid("NOT_A_COMPLAINT", "issue_type", message).into());
    }
    let Complaint { about, case_id } = complaint;
    if city.unit(about).is_none() {
        let message = format!("there is no unit {about} in {}", city.id);
        return Err(Rejection::unknown("UNKNOWN_UNIT", "complaint.about", message).into());
    }
    let Some(case_id) = case_id else { return Ok(()) };
    let at = |no: Rejection| no.at("complaint.case_id");
    let matter = index::matter(tx, case_id)?.ok_or_else(|| at(answer::unknown(case_id)))?;
    access::sight(door, &by.party).check(&matter).map_err(at)?;
    Ok(())
}

/// Checks that it is a complaint, and that who speaks is the one that finds.
pub(crate) fn check(door: &Door, matter: &Matter, by: &By) -> Result<(), Rejection> {
    if matter.course.complaint.is_none() {
        let message = format!("{} is no complaint: there is nothing to find", matter.id);
        return Err(Rejection::conflict("NOT_A_COMPLAINT", message).at("case_id"));
    }
    access::check_finder(&door.access, matter, by)
}

/// Refuses to withdraw a complaint: nothing but a finding ends it.
pub(crate) fn check_withdrawn(matter: &Matter) -> Result<(), Rejection> {
    if matter.course.complaint.is_none() {
        return Ok(());
    }
    let message = format!("{} is a complaint: it ends with a finding and not before", matter.id);
    Err(Rejection::conflict("FINDING_MISSING", message).at("case_id"))
}

/// Whether two are about the same: complaints about two units are two matters.
pub(crate) fn is_same(matter: &Matter, other: Option<&Complaint>) -> bool {
    matter.course.complaint.as_ref() == other
}

/// Refuses to take two complaints for one that are about different conduct.
pub(crate) fn check_same(matter: &Matter, other: Option<&Complaint>) -> Result<(), Rejection> {
    if is_same(matter, other) {
        return Ok(());
    }
    let message = format!("{} complains about another unit or another case", matter.id);
    Err(Rejection::conflict("OTHER_COMPLAINT", message).at("same_as"))
}
