//! A decision as it is shown.

use domain::{
    decision::{
        Action, Answer, By, Decision, Ending, Obstruction, Opinion, Owed, Payment, Review, Stage,
        Transfer, Version, is_said, silent,
    },
    moment::Moment,
};

use super::{
    answer_out, by_out, draft_out, duty_out, extract_out, file_out, recording_out, terms_out,
    verdict_out,
};
use crate::decision as wire;

fn number(index: usize) -> u32 {
    u32::try_from(index.saturating_add(1)).unwrap_or(u32::MAX)
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn stage(stage: Stage) -> wire::DecisionStage {
    match stage {
        Stage::Drafted => wire::DecisionStage::Drafted,
        Stage::InReview => wire::DecisionStage::InReview,
        Stage::Returned => wire::DecisionStage::Returned,
        Stage::Cleared => wire::DecisionStage::Cleared,
        Stage::Issued => wire::DecisionStage::Issued,
        Stage::Executing => wire::DecisionStage::Executing,
        Stage::Ended(Ending::Closed) => wire::DecisionStage::Closed,
        Stage::Ended(Ending::Rejected) => wire::DecisionStage::Rejected,
        Stage::Ended(Ending::Withdrawn) => wire::DecisionStage::Withdrawn,
        Stage::Ended(Ending::Void) => wire::DecisionStage::Void,
        Stage::Ended(Ending::HandedOver) => wire::DecisionStage::HandedOver,
    }
}

/// Shows a decision without its files and words, as in a list.
pub fn head(decision: &Decision, owed: &[Owed]) -> wire::Decision {
    let owes = |owed: &Owed| wire::OwedWord {
        duty: Some(duty_out(owed.duty)),
        unit: owed.unit.to_string(),
        due_at_ms: owed.due.0,
        is_urged: is_said(decision, owed.duty, true),
        is_escalated: silent(decision, owed.duty),
    };
    let open = decision.opinions.iter().filter(|opinion| opinion.reply.is_none()).count();
    let end = decision.end.as_ref();
    wire::Decision {
        decision_id: decision.id.to_string(),
        stage: stage(decision.stage()).into(),
        draft: Some(wire::Draft { file: None, ..draft_out(&decision.draft) }),
        drafted_at_ms: decision.drafted_at.0,
        terms: decision.terms.as_ref().map(terms_out),
        issued_by: decision.issued.as_ref().map(|(by, _)| by_out(by)),
        issued_at_ms: decision.issued.as_ref().map_or(0, |(_, at)| at.0),
        paid: decision.paid(),
        open_opinions: count(open),
        end_reason: end.map(|end| end.reason.clone()).unwrap_or_default(),
        ended_at_ms: end.map_or(0, |end| end.at.0),
        paused_by: decision.paused_by().unwrap_or_default(),
        missing: if end.is_some() { Vec::new() } else { decision.missing() },
        owed: owed.iter().map(owes).collect(),
        ..wire::Decision::default()
    }
}

/// Shows a decision with everything that was said about it.
pub fn whole(decision: &Decision, owed: &[Owed]) -> wire::Decision {
    let id = decision.id.to_string();
    let published = decision.published.values().map(|(extract, at)| wire::Publication {
        decision_id: id.clone(),
        extract: Some(extract_out(extract)),
        at_ms: at.0,
    });
    wire::Decision {
        draft: Some(draft_out(&decision.draft)),
        versions: decision.versions.iter().map(version).collect(),
        reviews: decision.reviews.iter().map(review).collect(),
        publications: published.collect(),
        actions: decision.actions.iter().map(action).collect(),
        transfers: decision.transfers.iter().enumerate().map(transfer).collect(),
        calls: decision.obstructions.iter().enumerate().map(call).collect(),
        payments: decision.payments.iter().map(payment).collect(),
        opinions: decision.opinions.iter().enumerate().map(opinion).collect(),
        ..head(decision, owed)
    }
}

fn version(one: &Version) -> wire::FileVersion {
    let (by, file) = (Some(by_out(&one.by)), Some(file_out(&one.file)));
    wire::FileVersion { by, file, at_ms: one.at.0 }
}

fn review(one: &Review) -> wire::ReviewWord {
    wire::ReviewWord {
        by: Some(by_out(&one.by)),
        verdict: verdict_out(one.verdict).into(),
        reason: one.reason.clone(),
        at_ms: one.at.0,
    }
}

fn action(one: &Action) -> wire::DoneAction {
    wire::DoneAction {
        by: Some(by_out(&one.by)),
        action: one.action.to_string(),
        recording: one.recording.as_ref().map(recording_out),
        at_ms: one.at.0,
    }
}

fn transfer((index, one): (usize, &Transfer)) -> wire::Transfer {
    let word = |(by, answer, at): &(By, Answer, Moment)| {
        let (answer, text, goes_on) = answer_out(answer);
        let by = Some(by_out(by));
        wire::TransferWord { by, answer: answer.into(), text, goes_on, at_ms: at.0 }
    };
    wire::Transfer {
        version: number(index),
        by: Some(by_out(&one.by)),
        file: Some(file_out(&one.file)),
        reason: one.reason.clone(),
        at_ms: one.at.0,
        answers: one.answers.iter().map(word).collect(),
    }
}

fn call((index, one): (usize, &Obstruction)) -> wire::PoliceCall {
    let settled = one.settled.as_ref();
    wire::PoliceCall {
        number: number(index),
        by: Some(by_out(&one.by)),
        text: one.text.clone(),
        at_ms: one.at.0,
        acknowledged_at_ms: one.acknowledged.as_ref().map_or(0, |(_, at)| at.0),
        settled_at_ms: settled.map_or(0, |(_, _, at)| at.0),
        settlement: settled.map(|(_, text, _)| text.clone()).unwrap_or_default(),
    }
}

fn payment(one: &Payment) -> wire::Payment {
    wire::Payment {
        by: Some(by_out(&one.by)),
        amount: one.amount,
        reference: one.reference.clone(),
        at_ms: one.at.0,
    }
}

fn opinion((index, one): (usize, &Opinion)) -> wire::Opinion {
    let reply = one.reply.as_ref();
    wire::Opinion {
        number: number(index),
        by: one.by.to_string(),
        person: one.person.to_string(),
        text: one.text.clone(),
        at_ms: one.at.0,
        reply: reply.map(|(_, text, _)| text.clone()).unwrap_or_default(),
        replied_by: reply.map(|(by, _, _)| by_out(by)),
        replied_at_ms: reply.map_or(0, |(_, _, at)| at.0),
    }
}
