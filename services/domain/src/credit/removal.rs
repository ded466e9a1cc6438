//! Taking an object off the list, by the procedure of the pack. Pure.
//!
//! The documents do not say how one leaves the list (M064): how many different people must say so
//! is the pack's.

use super::{Ledger, Listing, Removal};
use crate::{id::PersonId, pack::Credit, party::Party, rejection::Rejection};

/// What a person's word about the listing that stands comes to.
pub fn remove(
    ledger: &Ledger,
    rules: &Credit,
    person: &PersonId,
    party: &Party,
    reason: String,
) -> Result<Removal, Rejection> {
    let object = &ledger.object;
    let Some(Listing { number, removals, .. }) = ledger.listed() else {
        let message = format!("{object} is not on the list; right would be: one of ListListed");
        return Err(Rejection::conflict("NOT_LISTED", message).at("object"));
    };
    // The same person under another party's name is still one person.
    if removals.iter().any(|said| said.person == *person) {
        let message = format!("{person} has said so already; right would be: another person");
        return Err(Rejection::conflict("SAME_PERSON", message).at("command.person"));
    }
    let said = u32::try_from(removals.len()).unwrap_or(u32::MAX).saturating_add(1);
    let (person, party) = (person.clone(), party.clone());
    let is_final = said >= rules.removal_people;
    Ok(Removal { number: *number, person, party, reason, is_final })
}
