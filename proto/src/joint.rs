//! The facts of an approval between the domain and the bodies of envelopes, and an approval as it is
//! shown. See [`crate::fact`].

use std::collections::BTreeMap;

use domain::{
    approval::{
        Applied, Approval, Condition, ConditionKind, Fact, Item, Opinion, Owed, Proposal, Settled,
        State, Verdict, Word, is_said,
    },
    clock::Pace,
    id::CaseId,
    moment::Moment,
    rejection::Rejection,
};
use prost::{Message, Name};

use crate::{approval as wire, convert};

macro_rules! named {
    ($($name:ident),* $(,)?) => {$(
        impl Name for wire::$name {
            const PACKAGE: &'static str = "muster.approval.v1";
            const NAME: &'static str = stringify!($name);
            fn full_name() -> String {
                format!("{}.{}", Self::PACKAGE, Self::NAME)
            }
        }
    )*};
}

named!(
    ApprovalRequested,
    ReviewGiven,
    ReviewReminded,
    SilenceReported,
    ItemsDecided,
    ApprovalWithdrawn,
);

fn pack<M: Message + Name>(message: &M) -> (String, Vec<u8>) {
    (M::full_name(), message.encode_to_vec())
}

/// Writes a fact: the name of the body and the body.
pub fn write(fact: &Fact) -> (String, Vec<u8>) {
    match fact {
        Fact::Applied(applied) => pack(&applied_out(applied)),
        Fact::Opined(opinion) => pack(&wire::ReviewGiven {
            unit: opinion.unit.to_string(),
            items: convert::texts(&opinion.items),
            verdict: verdict_out(opinion.verdict).into(),
            reason: opinion.reason.clone(),
            conditions: conditions_out(&opinion.conditions),
        }),
        Fact::Reminded { unit, due, is_late } => pack(&wire::ReviewReminded {
            unit: unit.to_string(),
            due_at_ms: due.0,
            is_late: *is_late,
        }),
        Fact::Escalated { units, due } => {
            pack(&wire::SilenceReported { units: convert::texts(units), due_at_ms: due.0 })
        }
        Fact::Decided { batch, items } => pack(&wire::ItemsDecided {
            batch: *batch,
            items: items.iter().map(settled_out).collect(),
        }),
        Fact::Withdrawn { by, reason } => {
            pack(&wire::ApprovalWithdrawn { withdrawn_by: by.to_string(), reason: reason.clone() })
        }
    }
}

fn applied_out(applied: &Applied) -> wire::ApprovalRequested {
    wire::ApprovalRequested {
        kind: applied.kind.to_string(),
        applicant: applied.applicant.to_string(),
        title: applied.title.clone(),
        items: applied.items.iter().map(proposal_out).collect(),
        approvers: convert::texts(&applied.approvers),
        asked: convert::texts(&applied.asked),
        office: applied.office.to_string(),
        within_ms: applied.within_ms,
        working: !applied.pace.is_around(),
    }
}

/// Reads a body by its name; none when it is no fact of an approval.
pub fn read(kind: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    let Some(name) = kind.strip_prefix("muster.approval.v1.") else { return Ok(None) };
    Ok(Some(match name {
        "ApprovalRequested" => Fact::Applied(applied_in(decode(body)?)?),
        "ReviewGiven" => {
            let m: wire::ReviewGiven = decode(body)?;
            Fact::Opined(Opinion {
                unit: convert::id("unit", m.unit)?,
                items: convert::ids("items", m.items)?,
                verdict: verdict_in(m.verdict)?,
                reason: m.reason,
                conditions: conditions_in(m.conditions)?,
            })
        }
        "ReviewReminded" => {
            let m: wire::ReviewReminded = decode(body)?;
            let (unit, due) = (convert::id("unit", m.unit)?, Moment(m.due_at_ms));
            Fact::Reminded { unit, due, is_late: m.is_late }
        }
        "SilenceReported" => {
            let m: wire::SilenceReported = decode(body)?;
            Fact::Escalated { units: convert::ids("units", m.units)?, due: Moment(m.due_at_ms) }
        }
        "ItemsDecided" => {
            let m: wire::ItemsDecided = decode(body)?;
            let items = m.items.into_iter().map(settled_in).collect::<Result<_, _>>()?;
            Fact::Decided { batch: m.batch, items }
        }
        "ApprovalWithdrawn" => {
            let m: wire::ApprovalWithdrawn = decode(body)?;
            let by = convert::party("withdrawn_by", &m.withdrawn_by)?;
            Fact::Withdrawn { by, reason: m.reason }
        }
        _ => return Ok(None),
    }))
}

fn applied_in(m: wire::ApprovalRequested) -> Result<Applied, Rejection> {
    Ok(Applied {
        kind: convert::id("kind", m.kind)?,
        applicant: convert::party("applicant", &m.applicant)?,
        title: m.title,
        items: proposals(m.items)?,
        approvers: convert::ids("approvers", m.approvers)?,
        asked: convert::ids("asked", m.asked)?,
        office: convert::party("office", &m.office)?,
        within_ms: m.within_ms,
        pace: if m.working { Pace::Working } else { Pace::Around },
    })
}

/// Reads what is applied for.
pub fn proposals(items: Vec<wire::Proposal>) -> Result<Vec<Proposal>, Rejection> {
    let read = |m: wire::Proposal| {
        Ok(Proposal {
            id: convert::id("items.id", m.id)?,
            grid: convert::id("items.grid", m.grid)?,
            text: m.text,
            outcome: convert::id("items.outcome", m.outcome)?,
        })
    };
    items.into_iter().map(read).collect()
}

fn proposal_out(proposal: &Proposal) -> wire::Proposal {
    wire::Proposal {
        id: proposal.id.to_string(),
        grid: proposal.grid.to_string(),
        text: proposal.text.clone(),
        outcome: proposal.outcome.to_string(),
    }
}

fn settled_out(settled: &Settled) -> wire::SettledItem {
    wire::SettledItem {
        item: settled.item.to_string(),
        verdict: verdict_out(settled.verdict).into(),
        refused_by: settled.refused_by.as_ref().map(ToString::to_string).unwrap_or_default(),
        reason: settled.reason.clone(),
        conditions: conditions_out(&settled.conditions),
        case_id: settled.case_id.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn settled_in(m: wire::SettledItem) -> Result<Settled, Rejection> {
    Ok(Settled {
        item: convert::id("items.item", m.item)?,
        verdict: verdict_in(m.verdict)?,
        refused_by: convert::optional("items.refused_by", m.refused_by)?,
        reason: m.reason,
        conditions: conditions_in(m.conditions)?,
        case_id: convert::optional("items.case_id", m.case_id)?,
    })
}

/// Reads on what a yes stands.
pub fn conditions_in(conditions: Vec<wire::Condition>) -> Result<Vec<Condition>, Rejection> {
    let kind = |kind: i32| match wire::ConditionKind::try_from(kind) {
        Ok(wire::ConditionKind::Work) => Ok(ConditionKind::Work),
        Ok(wire::ConditionKind::Commitment) => Ok(ConditionKind::Commitment),
        Ok(wire::ConditionKind::Document) => Ok(ConditionKind::Document),
        _ => {
            let message =
                format!("there is no kind {kind}; right would be: work, commitment, document");
            Err(Rejection::invalid("UNKNOWN_CONDITION", "conditions.kind", message))
        }
    };
    let read = |m: wire::Condition| Ok(Condition { kind: kind(m.kind)?, text: m.text });
    conditions.into_iter().map(read).collect()
}

fn conditions_out(conditions: &[Condition]) -> Vec<wire::Condition> {
    let kind = |kind| match kind {
        ConditionKind::Work => wire::ConditionKind::Work,
        ConditionKind::Commitment => wire::ConditionKind::Commitment,
        ConditionKind::Document => wire::ConditionKind::Document,
    };
    let write = |condition: &Condition| wire::Condition {
        kind: kind(condition.kind).into(),
        text: condition.text.clone(),
    };
    conditions.iter().map(write).collect()
}

/// Reads a yes or a no.
pub fn verdict_in(verdict: i32) -> Result<Verdict, Rejection> {
    match wire::Verdict::try_from(verdict) {
        Ok(wire::Verdict::Approve) => Ok(Verdict::Approve),
        Ok(wire::Verdict::Refuse) => Ok(Verdict::Refuse),
        _ => {
            let message =
                format!("there is no verdict {verdict}; right would be: approve or refuse");
            Err(Rejection::invalid("UNKNOWN_VERDICT", "verdict", message))
        }
    }
}

fn verdict_out(verdict: Verdict) -> wire::Verdict {
    match verdict {
        Verdict::Approve => wire::Verdict::Approve,
        Verdict::Refuse => wire::Verdict::Refuse,
    }
}

fn state_out(state: State) -> wire::ItemState {
    match state {
        State::Open => wire::ItemState::Open,
        State::Approved => wire::ItemState::Approved,
        State::Refused => wire::ItemState::Refused,
        State::Withdrawn => wire::ItemState::Withdrawn,
    }
}

/// Shows an approval without its items: who owes an opinion is known where the limits are.
pub fn head_out(approval: &Approval, owed: &[Owed]) -> wire::Approval {
    let count = |state| {
        let of = approval.items.values().filter(|item| item.state == state);
        u32::try_from(of.count()).unwrap_or(u32::MAX)
    };
    let owes = |owed: &Owed| wire::OwedReview {
        unit: owed.unit.to_string(),
        due_at_ms: owed.due.0,
        items: u32::try_from(owed.items).unwrap_or(u32::MAX),
        is_urged: is_said(approval, &owed.unit, true),
    };
    let applied = &approval.applied;
    wire::Approval {
        approval_id: approval.id.to_string(),
        kind: applied.kind.to_string(),
        applicant: applied.applicant.to_string(),
        title: applied.title.clone(),
        applied_at_ms: approval.applied_at.0,
        approvers: convert::texts(&applied.approvers),
        asked: convert::texts(&applied.asked),
        open: count(State::Open),
        approved: count(State::Approved),
        refused: count(State::Refused),
        withdrawn: count(State::Withdrawn),
        owed: owed.iter().map(owes).collect(),
        is_escalated: approval.escalated.is_some(),
        withdrawal: approval.withdrawn.clone().unwrap_or_default(),
        items: Vec::new(),
    }
}

/// Shows an approval with its items, and how the cases of their work stand, where that is known.
pub fn approval_out(
    approval: &Approval,
    owed: &[Owed],
    stages: &BTreeMap<CaseId, &'static str>,
) -> wire::Approval {
    let items = approval.items.values().map(|item| item_out(approval, item, stages)).collect();
    wire::Approval { items, ..head_out(approval, owed) }
}

fn item_out(
    approval: &Approval,
    item: &Item,
    stages: &BTreeMap<CaseId, &'static str>,
) -> wire::ApprovalItem {
    let told = item.told.as_ref();
    let awaits = approval.applied.approvers.iter();
    let awaits = awaits.filter(|unit| item.state == State::Open && item.word_of(unit).is_none());
    let stage = item.case_id().and_then(|case_id| stages.get(case_id));
    wire::ApprovalItem {
        proposal: Some(proposal_out(&item.proposal)),
        state: state_out(item.state).into(),
        words: item.words.iter().map(word_out).collect(),
        settled_at_ms: convert::millis(item.settled_at),
        conditions: told.map(|told| conditions_out(&told.conditions)).unwrap_or_default(),
        refused_by: told
            .and_then(|told| told.refused_by.as_ref())
            .map(ToString::to_string)
            .unwrap_or_default(),
        reason: told.map(|told| told.reason.clone()).unwrap_or_default(),
        case_id: item.case_id().map(ToString::to_string).unwrap_or_default(),
        case_stage: stage.map(|stage| (*stage).to_owned()).unwrap_or_default(),
        awaits: awaits.map(ToString::to_string).collect(),
    }
}

fn word_out(word: &Word) -> wire::ItemWord {
    wire::ItemWord {
        unit: word.unit.to_string(),
        verdict: verdict_out(word.verdict).into(),
        reason: word.reason.clone(),
        conditions: conditions_out(&word.conditions),
        at_ms: word.at.0,
        is_late: word.is_late,
    }
}

fn decode<M: Message + Default + Name>(body: &[u8]) -> Result<M, Rejection> {
    M::decode(body).map_err(|e| {
        let message = format!("the body is no {}: {e}", M::full_name());
        Rejection::invalid("MALFORMED_BODY", "proto_data", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Vec<Fact> {
        let unit = |id: &str| id.parse().unwrap();
        let condition = |kind| Condition { kind, text: "reflecting".into() };
        let conditions = vec![
            condition(ConditionKind::Work),
            condition(ConditionKind::Commitment),
            condition(ConditionKind::Document),
        ];
        let proposal = Proposal {
            id: "1".parse().unwrap(),
            grid: "G-1".parse().unwrap(),
            text: "a bollard".into(),
            outcome: "keep".parse().unwrap(),
        };
        let settled = |verdict, case: Option<&str>| Settled {
            item: "1".parse().unwrap(),
            verdict,
            refused_by: case.is_none().then(|| unit("b")),
            reason: "r".into(),
            conditions: conditions.clone(),
            case_id: case.map(|case| case.parse().unwrap()),
        };
        vec![
            Fact::Applied(Applied {
                kind: "bollards".parse().unwrap(),
                applicant: "unit/a".parse().unwrap(),
                title: "t".into(),
                items: vec![proposal],
                approvers: vec![unit("a"), unit("b")],
                asked: vec![unit("c")],
                office: "office/o".parse().unwrap(),
                within_ms: 7,
                pace: Pace::Working,
            }),
            Fact::Opined(Opinion {
                unit: unit("a"),
                items: vec!["1".parse().unwrap()],
                verdict: Verdict::Approve,
                reason: String::new(),
                conditions: conditions.clone(),
            }),
            Fact::Reminded { unit: unit("a"), due: Moment(1), is_late: true },
            Fact::Escalated { units: vec![unit("a")], due: Moment(1) },
            Fact::Decided {
                batch: 3,
                items: vec![settled(Verdict::Approve, Some("P-1")), settled(Verdict::Refuse, None)],
            },
            Fact::Withdrawn { by: "unit/a".parse().unwrap(), reason: "r".into() },
        ]
    }

    #[test]
    fn every_fact_of_an_approval_goes_there_and_back() {
        for fact in facts() {
            let (kind, body) = write(&fact);
            assert_eq!(read(&kind, &body).unwrap(), Some(fact), "{kind}");
        }
    }

    #[test]
    fn what_is_no_fact_of_an_approval_is_passed_over_or_refused_by_name() {
        assert_eq!(read("muster.case.v1.Urged", b"").unwrap(), None);
        assert_eq!(read("muster.approval.v1.Nothing", b"").unwrap(), None);
        for kind in ["ApprovalRequested", "ReviewGiven", "ReviewReminded", "ApprovalWithdrawn"] {
            let kind = format!("muster.approval.v1.{kind}");
            assert!(read(&kind, b"").is_err(), "{kind}: an empty one says nothing");
            assert_eq!(read(&kind, b"\xff").unwrap_err().reason, "MALFORMED_BODY");
        }
    }
}
