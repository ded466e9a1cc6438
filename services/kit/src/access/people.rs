//! Which roles a party's people have (`access/people.csv`): `party,person,role,note,source`.
//!
//! Who the person is, the calling party asserts; what that person may do in its name, the pack
//! says. A person without a row has no role. A pack without the file has nobody with a role.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    id::PersonId,
    pack::{Faults, access::Texts},
    party::Party,
};
use serde::Deserialize;

use super::table::rows;

const FILE: &str = "access/people.csv";

/// The roles of people.
#[derive(Clone, Debug, Default)]
pub(super) struct People(BTreeMap<(Party, String), BTreeSet<String>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    party: String,
    person: String,
    role: String,
    #[serde(rename = "note")]
    _note: String,
    source: String,
}

/// Reads the roles.
pub(super) fn read(texts: &Texts, faults: &mut Faults) -> People {
    let mut people = People::default();
    for (line, row) in rows::<Row>(texts, FILE, faults) {
        let party: Result<Party, _> = row.party.parse();
        if let Err(error) = &party {
            faults.push(FILE, line, format!("party: {error}"), "unit/enforcement");
        }
        if let Err(error) = PersonId::parse(row.person.clone()) {
            faults.push(FILE, line, format!("person: {error}"), "as the party names the person");
        }
        if row.role.is_empty() || row.source.is_empty() {
            faults.push(FILE, line, "role or source is empty", "both are given");
        }
        if let Ok(party) = party {
            people.0.entry((party, row.person)).or_default().insert(row.role);
        }
    }
    people
}

impl People {
    /// The roles of one person.
    pub(super) fn roles(&self, party: &Party, person: &str) -> BTreeSet<String> {
        self.0.get(&(party.clone(), person.to_owned())).cloned().unwrap_or_default()
    }
}
