//! What a draft has to be by the pack, and the gates that the pack gives it.
//!
//! The same rule at the desk, with a sentence, and at the worker, whose word alone gives a decision
//! its gates: a unit that writes itself an easier gate writes it for nobody.

use std::collections::BTreeSet;

use super::{
    Decision, Draft, Rule, TEXT_MAX, Terms,
    word::{at_most, check_file, some},
};
use crate::{
    id::DecisionKindId,
    pack::{City, DecisionKind, Reviewer, suggest},
    party::{Kind, Party},
    rejection::Rejection,
    routing,
};

/// Checks a draft; `before` is the decision that it names as its warning, where that is known.
pub fn check_draft<'a>(
    city: &'a City,
    draft: &Draft,
    before: Option<&Decision>,
) -> Result<&'a DecisionKind, Rejection> {
    let kind = kind(city, draft)?;
    check_place(city, kind, draft)?;
    check_file(&draft.file)?;
    check_money(kind, draft)?;
    check_joint(kind, draft)?;
    check_warning(kind, draft, before)?;
    Ok(kind)
}

fn kind<'a>(city: &'a City, draft: &Draft) -> Result<&'a DecisionKind, Rejection> {
    let kinds = city.procedure.as_ref().map(|procedure| &procedure.kinds);
    let kind = kinds.and_then(|kinds| kinds.get(&draft.kind));
    let kind = kind.ok_or_else(|| {
        let known = kinds.into_iter().flat_map(|kinds| kinds.keys()).map(DecisionKindId::as_str);
        let right = suggest(draft.kind.as_str(), known, "a kind of the city's decisions.csv");
        let message = format!("there is no decision {}; right would be: {right}", draft.kind);
        Rejection::unknown("UNKNOWN_DECISION_KIND", "kind", message)
    })?;
    if !kind.units.contains(&draft.by.unit) {
        let right: Vec<&str> = kind.units.iter().map(|unit| unit.as_str()).collect();
        let (unit, right) = (&draft.by.unit, right.join(", "));
        let message = format!("{unit} does not decide {}; right would be: {right}", kind.id);
        return Err(Rejection::forbidden("NOT_ITS_POWER", message).at("kind"));
    }
    Ok(kind)
}

fn check_place(city: &City, kind: &DecisionKind, draft: &Draft) -> Result<(), Rejection> {
    if !kind.issue_types.contains(&draft.issue_type) {
        let known: Vec<&str> = kind.issue_types.iter().map(|issue| issue.as_str()).collect();
        let message = format!(
            "{} is not decided about {}; right would be: {}",
            kind.id,
            draft.issue_type,
            known.join(", ")
        );
        return Err(Rejection::invalid("OTHER_ISSUE_TYPE", "issue_type", message));
    }
    routing::check_grid(city, &draft.grid)?;
    at_most("about", draft.about.as_deref().unwrap_or_default(), TEXT_MAX)?;
    some("OBJECT_MISSING", "object", &draft.object, TEXT_MAX)?;
    match kind.is_ledger {
        true => {
            some("NATURE_MISSING", "nature", &draft.nature, TEXT_MAX)?;
            if draft.area_m2 == 0 {
                let message = format!("{} names the area in square metres", kind.id);
                return Err(Rejection::invalid("AREA_MISSING", "area_m2", message));
            }
            Ok(())
        }
        false => at_most("nature", &draft.nature, TEXT_MAX),
    }
}

fn check_money(kind: &DecisionKind, draft: &Draft) -> Result<(), Rejection> {
    let (least, most) = if kind.amount_max == 0 { (0, 0) } else { (1, kind.amount_max) };
    if (least..=most).contains(&draft.amount) {
        return Ok(());
    }
    let message = format!("{} has a fine of {least} to {most} yuan, not {}", kind.id, draft.amount);
    Err(Rejection::invalid("AMOUNT_OUT_OF_BOUNDS", "amount", message))
}

fn check_joint(kind: &DecisionKind, draft: &Draft) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    for unit in &draft.joint {
        if !kind.joint.contains(unit) || *unit == draft.by.unit || !seen.insert(unit) {
            let known: Vec<&str> = kind.joint.iter().map(|unit| unit.as_str()).collect();
            let right = known.join(", ");
            let message = format!("{unit} does not join in {}; right would be: {right}", kind.id);
            return Err(Rejection::invalid("NOT_A_JOINT_UNIT", "joint", message));
        }
    }
    Ok(())
}

/// First a warning, then a penalty (审慎包容): the same unit's, against the same object, and issued.
fn check_warning(
    kind: &DecisionKind,
    draft: &Draft,
    before: Option<&Decision>,
) -> Result<(), Rejection> {
    let Some(warning) = &kind.warn_first else { return Ok(()) };
    let Some(id) = &draft.follows else {
        let message = format!("{} comes after a {warning}: follows names it", kind.id);
        return Err(Rejection::invalid("WARNING_MISSING", "follows", message));
    };
    let fits = before.is_some_and(|before| {
        let of = &before.draft;
        before.id == *id
            && of.kind == *warning
            && (&of.by.unit, &of.object) == (&draft.by.unit, &draft.object)
            && before.issued.is_some()
    });
    if fits {
        return Ok(());
    }
    let message = format!("{id} is no issued {warning} of this unit against the same object");
    Err(Rejection::conflict("WARNING_MISSING", message).at("follows"))
}

/// The gates of a draft that fits.
pub fn terms(city: &City, profile: &str, draft: &Draft) -> Option<Terms> {
    let procedure = city.procedure.as_ref()?;
    let kind = procedure.kinds.get(&draft.kind)?;
    let limits = city.limits(profile, &draft.issue_type);
    let is_major = kind.major.is_major(draft.amount);
    let reviewer = match &kind.reviewer {
        Reviewer::Unit(unit) => unit.clone(),
        Reviewer::Own => draft.by.unit.clone(),
    };
    let rule = |action: &crate::pack::DecisionAction| Rule {
        action: action.id.clone(),
        is_recorded: action.is_recorded,
    };
    Some(Terms {
        is_major,
        reviewer: is_major.then_some(reviewer),
        review: limits.review,
        criminal: limits.criminal,
        supervision: limits.supervision,
        actions: kind.actions.iter().map(rule).collect(),
        joint: draft.joint.clone(),
        finance: (draft.amount > 0).then(|| procedure.finance.clone()),
        justice: procedure.justice.clone(),
        police: city.police.clone(),
        office: Party { kind: Kind::Office, id: city.coordinator.to_string() },
        zh: kind.zh.clone(),
        en: kind.en.clone(),
        basis: kind.basis.clone(),
    })
}
