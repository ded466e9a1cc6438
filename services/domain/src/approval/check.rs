//! What is refused: an application that the city does not know or can't be carried, and an opinion
//! of somebody who is not asked, or about what is complete.

use std::collections::BTreeSet;

use super::{
    Approval, CONDITIONS_MAX, ITEM_ID_MAX, Opinion, Proposal, State, TEXT_MAX, Verdict, WORDS_MAX,
};
use crate::{
    id::{ApprovalKindId, ItemId},
    pack::{ApprovalKind, City, suggest},
    rejection::Rejection,
    routing,
};

/// Checks what somebody applies for; gives the kind.
pub fn check_application<'a>(
    city: &'a City,
    kind: &ApprovalKindId,
    title: &str,
    items: &[Proposal],
) -> Result<&'a ApprovalKind, Rejection> {
    let kind = city.approvals.get(kind).ok_or_else(|| {
        let known = city.approvals.keys().map(ApprovalKindId::as_str);
        let right = suggest(kind.as_str(), known, "a kind of the city's approvals.csv");
        let message = format!("there is no joint approval {kind}; right would be: {right}");
        Rejection::unknown("UNKNOWN_APPROVAL_KIND", "kind", message)
    })?;
    short("TITLE_MISSING", "title", title)?;
    if items.is_empty() {
        let message = "items names what is applied for, one at least";
        return Err(Rejection::invalid("ITEMS_MISSING", "items", message));
    }
    if items.len() > kind.items_max {
        let (most, count) = (kind.items_max, items.len());
        let message = format!("a request for {} has at most {most} items, not {count}", kind.id);
        return Err(Rejection::invalid("TOO_MANY", "items", message));
    }
    let mut seen = BTreeSet::new();
    items.iter().try_for_each(|item| check_item(city, kind, item, &mut seen))?;
    Ok(kind)
}

fn check_item<'a>(
    city: &City,
    kind: &ApprovalKind,
    item: &'a Proposal,
    seen: &mut BTreeSet<&'a ItemId>,
) -> Result<(), Rejection> {
    let id = &item.id;
    if id.as_str().len() > ITEM_ID_MAX || id.as_str().contains('/') {
        let message = format!("item {id}: its id has at most {ITEM_ID_MAX} bytes and no slash");
        return Err(Rejection::invalid("MALFORMED_ID", "items.id", message));
    }
    if !seen.insert(id) {
        return Err(Rejection::invalid(
            "ITEM_TWICE",
            "items.id",
            format!("item {id} is there twice"),
        ));
    }
    short("DESCRIPTION_MISSING", "items.text", &item.text)?;
    routing::check_grid(city, &item.grid).map_err(|no| no.at("items.grid"))?;
    if kind.outcome(&item.outcome).is_none() {
        let known: Vec<&str> = kind.outcomes.iter().map(|outcome| outcome.id.as_str()).collect();
        let message = format!(
            "item {id}: there is no outcome {} of {}; right would be: one of {}",
            item.outcome,
            kind.id,
            known.join(", ")
        );
        return Err(Rejection::unknown("UNKNOWN_OUTCOME", "items.outcome", message));
    }
    Ok(())
}

/// Checks what a unit says about some items.
pub fn check_opinion(approval: &Approval, opinion: &Opinion) -> Result<(), Rejection> {
    let Opinion { unit, items, verdict, reason, conditions } = opinion;
    if !approval.is_asked(unit) {
        let message = format!("{unit} is not asked about {}", approval.id);
        return Err(Rejection::forbidden("NOT_AN_APPROVER", message).at("approval_id"));
    }
    if items.is_empty() {
        let message = "items names what the opinion is about, one at least";
        return Err(Rejection::invalid("ITEMS_MISSING", "items", message));
    }
    match verdict {
        Verdict::Refuse => short("REASON_MISSING", "reason", reason)?,
        Verdict::Approve => at_most("reason", reason)?,
    }
    if conditions.len() > CONDITIONS_MAX || (*verdict == Verdict::Refuse && !conditions.is_empty())
    {
        let message = format!("a yes has at most {CONDITIONS_MAX} conditions, and a no has none");
        return Err(Rejection::invalid("TOO_MANY", "conditions", message));
    }
    for condition in conditions {
        short("CONDITION_MISSING", "conditions.text", &condition.text)?;
    }
    let mut seen = BTreeSet::new();
    for id in items {
        if !seen.insert(id) {
            let message = format!("item {id} is there twice");
            return Err(Rejection::invalid("ITEM_TWICE", "items", message));
        }
        check_open(approval, opinion, id)?;
    }
    Ok(())
}

fn check_open(approval: &Approval, opinion: &Opinion, id: &ItemId) -> Result<(), Rejection> {
    let Some(item) = approval.items.get(id) else {
        let message = format!("{} has no item {id}", approval.id);
        return Err(Rejection::unknown("UNKNOWN_ITEM", "items", message));
    };
    if item.state != State::Open {
        let message =
            format!("item {id} is {} already: no word counts any more", item.state.word());
        return Err(Rejection::conflict("ITEM_COMPLETE", message).at("items"));
    }
    let own = item.words.iter().filter(|word| word.unit == opinion.unit).count();
    if own >= WORDS_MAX {
        let message = format!("{} has spoken {own} times about item {id}", opinion.unit);
        return Err(Rejection::conflict("TOO_MANY_WORDS", message).at("items"));
    }
    Ok(())
}

/// Checks that something is left to be taken back. Whose word it is, the policies say.
pub fn check_withdrawal(approval: &Approval, reason: &str) -> Result<(), Rejection> {
    short("REASON_MISSING", "reason", reason)?;
    if approval.items.values().all(|item| item.state != State::Open) {
        let message = format!("every item of {} is complete already", approval.id);
        return Err(Rejection::conflict("ALREADY_COMPLETE", message).at("approval_id"));
    }
    Ok(())
}

fn short(reason: &str, field: &str, text: &str) -> Result<(), Rejection> {
    if text.trim().is_empty() {
        return Err(Rejection::invalid(reason, field, format!("{field} must not be empty")));
    }
    at_most(field, text)
}

fn at_most(field: &str, text: &str) -> Result<(), Rejection> {
    let length = text.chars().count();
    if length > TEXT_MAX {
        let message = format!("{field} has at most {TEXT_MAX} characters, this one has {length}");
        return Err(Rejection::invalid("TEXT_TOO_LONG", field, message));
    }
    Ok(())
}
