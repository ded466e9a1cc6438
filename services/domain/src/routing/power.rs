//! Whose word decides about a case, so that nobody decides about its own house.
//!
//! The coordinator sits in a department that may itself be late (M028). Where that department is a
//! party to a case, the coordinator may urge it, and may never close the case, extend a limit in it
//! or rule in it: the city government does, or the joint conference. Who was a party in an earlier
//! round still is one.

use super::assigner;
use crate::{
    case::Course,
    id::{GridId, UnitId},
    pack::City,
    party::{Kind, Party},
    rejection::Rejection,
};

/// Who rules in a case: the coordinator, or the government where the coordinator's own department
/// is a party.
pub fn ruler(city: &City, course: &Course) -> UnitId {
    let parties: Vec<UnitId> = course.involved.iter().cloned().collect();
    assigner(city, &parties)
}

/// Whether `party` may close, extend or rule in a case: who rules in it, and the government always.
pub fn may_rule(city: &City, course: &Course, party: &Party) -> bool {
    is_office(party, &city.government) || is_office(party, &ruler(city, course))
}

/// Refuses whoever may not, and names who may.
pub fn check_ruler(city: &City, course: &Course, party: &Party) -> Result<(), Rejection> {
    if may_rule(city, course, party) {
        return Ok(());
    }
    let ruler = ruler(city, course);
    let why = match is_office(party, &city.coordinator) {
        true => format!(": {} is a party to it, and {party} sits there", city.coordinator_host),
        false => String::new(),
    };
    let message = format!("{party} decides nothing here{why}; right would be: office/{ruler}");
    Err(Rejection::forbidden("NOT_THE_RULER", message).at("case_id"))
}

/// Refuses whoever may not urge in a case of a cell: the coordinator may, also where its own
/// department is late, the government, and the subdistrict of the cell (M010).
pub fn check_urger(city: &City, grid: &GridId, party: &Party) -> Result<(), Rejection> {
    let subdistrict = city.grid.get(grid).map(|cell| Party::unit(&cell.subdistrict));
    let offices = [&city.coordinator, &city.government];
    if offices.iter().any(|unit| is_office(party, unit)) || subdistrict.as_ref() == Some(party) {
        return Ok(());
    }
    let here = subdistrict.map(|party| format!(", {party}")).unwrap_or_default();
    let right = format!("office/{}, office/{}{here}", city.coordinator, city.government);
    let message = format!("{party} does not urge here; right would be: {right}");
    Err(Rejection::forbidden("NOT_THE_OFFICE", message))
}

/// Whether it is the city government as it decides.
pub fn is_government(city: &City, party: &Party) -> bool {
    is_office(party, &city.government)
}

fn is_office(party: &Party, unit: &UnitId) -> bool {
    party.kind == Kind::Office && party.id == unit.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        moment::Moment,
        pack::{load, tests::shipped},
    };

    fn course(involved: &[&str]) -> Course {
        let mut course = Course::begin("c".parse().unwrap(), Moment(0));
        course.involved = involved.iter().map(|unit| unit.parse().unwrap()).collect();
        course
    }

    #[test]
    fn nobody_decides_about_its_own_house() {
        let city = load(&shipped("wenshan")).unwrap();
        let (host, coordinator) = (city.coordinator_host.clone(), city.coordinator.clone());
        let government = city.government.clone();
        let office = |unit: &UnitId| Party { kind: Kind::Office, id: unit.to_string() };
        let rows = [
            (course(&[]), [true, true]),
            (course(&["another"]), [true, true]),
            (course(&["another", host.as_str()]), [false, true]),
            (course(&[coordinator.as_str()]), [false, true]),
        ];
        for (course, wanted) in rows {
            let may =
                [&coordinator, &government].map(|unit| may_rule(&city, &course, &office(unit)));
            assert_eq!(may, wanted, "{:?}", course.involved);
            let named = ruler(&city, &course);
            assert!(may_rule(&city, &course, &office(&named)), "who rules may");
            for other in [Party::unit(&host), Party::unit(&government), office(&host)] {
                assert!(!may_rule(&city, &course, &other), "{other}");
            }
        }
        let grid = "WS-KH-001".parse().unwrap();
        let rows = [
            (office(&coordinator), true),
            (office(&government), true),
            ("unit/subdistrict_kaihua".parse().unwrap(), true),
            ("unit/subdistrict_wolong".parse().unwrap(), false),
            (Party::unit(&host), false),
            (office(&host), false),
        ];
        for (party, wanted) in rows {
            assert_eq!(check_urger(&city, &grid, &party).is_ok(), wanted, "{party}");
        }
        let no = check_ruler(&city, &course(&[host.as_str()]), &office(&coordinator)).unwrap_err();
        assert_eq!((no.reason.as_str(), no.field.as_str()), ("NOT_THE_RULER", "case_id"));
        assert!(no.message.contains(host.as_str()), "{no}");
    }
}
