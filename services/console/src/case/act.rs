//! Doing what a person has sent for a case: one request to the gateway, in the person's name.
//!
//! The id of the request was made with the form: whoever sends it twice, by a double click or by going
//! back, does it once and gets the same answer.

use axum::{extract::Path, response::Response};
use proto::{
    case::Rating,
    whistle::{
        AssignCaseRequest, ConfirmCaseRequest, HoldClockRequest, InstructUnitRequest,
        MergeCaseRequest, RecordFindingRequest, ReportToGovernmentRequest, ResumeClockRequest,
        RuleDisputeRequest, SendBackCaseRequest, TellCaseApartRequest, UrgeCaseRequest,
        WithdrawCaseRequest,
    },
};

use crate::{
    evidence,
    form::Posted,
    trouble::Trouble,
    whistle,
    words::{Word, case as words},
};

/// An hour in milliseconds.
const HOUR_MS: u64 = 3_600_000;

/// Does it, and goes back to the case with word of it.
pub(crate) async fn perform(
    Path((id, act)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Trouble> {
    if act == "complain" {
        return whistle::complain(&posted, id).await;
    }
    let done = by_name(&posted, &id, &act).await;
    let done = done.map(|word| posted.visit.say(word).to_owned());
    posted.visit.answer(&format!("/cases/{id}"), done)
}

async fn by_name(posted: &Posted, id: &str, act: &str) -> Result<Word, Trouble> {
    let case_id = id.to_owned();
    match act {
        "confirm" => confirm(posted, case_id).await,
        "send-back" => send_back(posted, case_id).await,
        "assign" => assign(posted, case_id).await,
        "rule" => rule(posted, case_id).await,
        "find" => find(posted, case_id).await,
        "instruct" => instruct(posted, case_id).await,
        "urge" => urge(posted, case_id).await,
        "hold" => hold(posted, case_id).await,
        "resume" => resume(posted, case_id).await,
        "report" => report(posted, case_id).await,
        "merge" => merge(posted, case_id).await,
        "apart" => apart(posted, case_id).await,
        "withdraw" => withdraw(posted, case_id).await,
        _ => Err(Trouble::not_found()),
    }
}

async fn confirm(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let asking = posted.visit.asking()?;
    let case = super::found(&asking, &case_id).await?;
    let rating = |part: &proto::whistle::Part| {
        let stars = posted.form.number(&format!("stars-{}", part.unit))?;
        Some(Rating { unit: part.unit.clone(), stars, comment: String::new() })
    };
    let ratings = case.parts.iter().filter_map(rating).collect();
    let request = ConfirmCaseRequest { command: Some(posted.command()), case_id, ratings };
    asking.whistles().confirm_case(request).await?;
    Ok(words::CONFIRMED)
}

async fn send_back(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let evidence = evidence::bring(&posted.visit, None, posted.form.files("photo")).await?;
    let (command, reason) = (Some(posted.command()), posted.form.text("reason"));
    let request = SendBackCaseRequest { command, case_id, reason, evidence };
    posted.visit.asking()?.whistles().send_back_case(request).await?;
    Ok(words::SENT_BACK)
}

async fn assign(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let request = AssignCaseRequest {
        command: Some(posted.command()),
        case_id,
        lead: posted.form.text("lead"),
        cooperating: posted.form.texts("cooperating"),
        note: posted.form.text("note"),
    };
    posted.visit.asking()?.whistles().assign_case(request).await?;
    Ok(words::ASSIGNED)
}

async fn rule(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let request = RuleDisputeRequest {
        command: Some(posted.command()),
        case_id,
        lead: posted.form.text("lead"),
        cooperating: posted.form.texts("cooperating"),
        reason: posted.form.text("reason"),
    };
    posted.visit.asking()?.whistles().rule_dispute(request).await?;
    Ok(words::RULED)
}

async fn find(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let evidence = evidence::bring(&posted.visit, None, posted.form.files("photo")).await?;
    let request = RecordFindingRequest {
        command: Some(posted.command()),
        case_id,
        is_upheld: posted.form.text("upheld") == "yes",
        text: posted.form.text("reason"),
        evidence,
    };
    posted.visit.asking()?.whistles().record_finding(request).await?;
    Ok(words::FOUND)
}

async fn instruct(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let hours = posted.form.number("hours").unwrap_or(0);
    let request = InstructUnitRequest {
        command: Some(posted.command()),
        case_id,
        lead: posted.form.text("lead"),
        cooperating: posted.form.texts("cooperating"),
        within_ms: u64::from(hours) * HOUR_MS,
        text: posted.form.text("reason"),
    };
    posted.visit.asking()?.whistles().instruct_unit(request).await?;
    Ok(words::INSTRUCTED)
}

async fn urge(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let request = UrgeCaseRequest {
        command: Some(posted.command()),
        case_id,
        party: posted.form.text("party"),
        note: posted.form.text("note"),
    };
    posted.visit.asking()?.whistles().urge_case(request).await?;
    Ok(words::URGED)
}

async fn hold(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let request = HoldClockRequest {
        command: Some(posted.command()),
        case_id,
        unit: posted.form.text("unit"),
        reason: posted.form.text("reason"),
    };
    posted.visit.asking()?.whistles().hold_clock(request).await?;
    Ok(words::WAS_HELD)
}

async fn resume(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let (command, unit) = (Some(posted.command()), posted.form.text("unit"));
    let request = ResumeClockRequest { command, case_id, unit };
    posted.visit.asking()?.whistles().resume_clock(request).await?;
    Ok(words::RESUMED)
}

async fn report(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let evidence = evidence::bring(&posted.visit, None, posted.form.files("photo")).await?;
    let (command, reason) = (Some(posted.command()), posted.form.text("reason"));
    let request = ReportToGovernmentRequest { command, case_id, reason, evidence };
    posted.visit.asking()?.whistles().report_to_government(request).await?;
    Ok(words::REPORTED)
}

async fn merge(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let (same_as, note) = (posted.form.text("other"), posted.form.text("note"));
    let request = MergeCaseRequest { command: Some(posted.command()), case_id, same_as, note };
    posted.visit.asking()?.whistles().merge_case(request).await?;
    Ok(words::MERGED)
}

async fn apart(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let (other, note) = (posted.form.text("other"), posted.form.text("note"));
    let request = TellCaseApartRequest { command: Some(posted.command()), case_id, other, note };
    posted.visit.asking()?.whistles().tell_case_apart(request).await?;
    Ok(words::TOLD_APART)
}

async fn withdraw(posted: &Posted, case_id: String) -> Result<Word, Trouble> {
    let (command, reason) = (Some(posted.command()), posted.form.text("reason"));
    let request = WithdrawCaseRequest { command, case_id, reason };
    posted.visit.asking()?.whistles().withdraw_case(request).await?;
    Ok(words::WITHDRAWN)
}
