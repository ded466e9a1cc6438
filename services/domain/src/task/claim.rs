//! Which person of a unit works on a task (认领): the unit's own affair, which hinders nobody.

use serde::{Deserialize, Serialize};

use super::{State, Task};
use crate::{id::PersonId, moment::Moment, rejection::Rejection};

/// Who works on it, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who.
    pub person: PersonId,
    /// Since when, by the unit's clock.
    pub at: Moment,
}

impl Task {
    /// Whether this person may take it, or give it back, that knows of this one who has it.
    pub fn check_claim(
        &self,
        person: &PersonId,
        holder: Option<&PersonId>,
        is_given_back: bool,
    ) -> Result<(), Rejection> {
        let is_over = matches!(
            self.state,
            State::Closed | State::Refused | State::Superseded | State::Retyped
        );
        if is_over {
            let message = format!("the unit's part in {} is over: nobody claims it", self.case_id);
            return Err(Rejection::conflict("NOTHING_TO_DO", message).at("case_id"));
        }
        let has = self.claim.as_ref().map(|claim| &claim.person);
        if has != holder {
            let who = has.map_or("nobody".to_owned(), ToString::to_string);
            let message = format!("{who} has it now; right would be: that as the holder");
            return Err(Rejection::conflict("CLAIMED_MEANWHILE", message).at("holder"));
        }
        match (is_given_back, has) {
            (true, has) if has != Some(person) => {
                let message = format!("{person} has not claimed {}", self.case_id);
                Err(Rejection::conflict("NOT_CLAIMED", message).at("case_id"))
            }
            _ => Ok(()),
        }
    }

    /// Writes who works on it.
    pub fn claim(&mut self, person: PersonId, is_given_back: bool, at: Moment) {
        self.claim = (!is_given_back).then_some(Claim { person, at });
    }
}
