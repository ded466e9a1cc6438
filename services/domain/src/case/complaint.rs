//! A complaint about a unit (投诉): a case of its own kind, which ends with a finding (四个一律, M035).
//!
//! It is never led by a unit: an office finds, and never one whose own house it is about. Without a
//! finding there is nothing that the community could confirm, and no way to close it. What the
//! community does not accept goes to the city government.

use serde::{Deserialize, Serialize};

use crate::{
    id::{CaseId, UnitId},
    pack::City,
    party::{Kind, Party},
    routing,
};

/// What a complaint is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// The unit whose conduct it is about.
    pub about: UnitId,
    /// The case in which it happened, if it was in one.
    #[serde(default)]
    pub case_id: Option<CaseId>,
}

/// Who finds: the office, but the government where the office's own house is complained about, and
/// where a finding was not accepted.
pub fn judge(city: &City, about: &UnitId, is_again: bool) -> Party {
    let first = routing::assigner(city, std::slice::from_ref(about));
    let second = [&city.government, &city.coordinator].into_iter().find(|unit| *unit != about);
    let judge = if is_again || first == *about { second.cloned() } else { None };
    Party { kind: Kind::Office, id: judge.unwrap_or(first).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::tests::mini;

    #[test]
    fn nobody_finds_about_its_own_house() {
        let city = mini();
        let rows = [
            ("housing", false, "office/office"),
            ("housing", true, "office/gov"),
            // The office sits in enforcement.
            ("enforcement", false, "office/gov"),
            ("office", false, "office/gov"),
            ("office", true, "office/gov"),
            ("gov", false, "office/office"),
            ("gov", true, "office/office"),
        ];
        for (about, is_again, right) in rows {
            let judge = judge(&city, &about.parse().unwrap(), is_again);
            assert_eq!(judge.to_string(), right, "{about} {is_again}");
        }
        // Where the office sits in the government itself, that one does not find about itself.
        let mut city = city;
        city.coordinator_host = city.government.clone();
        assert_eq!(judge(&city, &city.government, false).to_string(), "office/office");
    }
}
