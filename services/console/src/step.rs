//! A step of a case, as pages tell it: what was said, by whom, when; and the sentence of the ledger in
//! the language of the visit.

use maud::{Markup, html};
use proto::whistle::HistoryEntry;

use crate::{
    matter, names,
    visit::Visit,
    words::{Word, steps as words},
};

/// The word for what is said by messages of a type.
pub(crate) fn word(kind: &str) -> Word {
    match kind.rsplit('.').next().unwrap_or_default() {
        "WhistleRaised" => words::WHISTLE_RAISED,
        "CaseRouted" => words::CASE_ROUTED,
        "CaseAssigned" => words::CASE_ASSIGNED,
        "UnitCalled" => words::UNIT_CALLED,
        "TaskAccepted" => words::TASK_ACCEPTED,
        "TaskRefused" => words::TASK_REFUSED,
        "TaskArrived" => words::TASK_ARRIVED,
        "TaskDisposed" => words::TASK_DISPOSED,
        "CaseDeclared" => words::CASE_DECLARED,
        "CaseConfirmed" => words::CASE_CONFIRMED,
        "CaseSentBack" => words::CASE_SENT_BACK,
        "Reminded" => words::REMINDED,
        "Urged" => words::URGED,
        "ReportedAgain" => words::REPORTED_AGAIN,
        "CaseMerged" => words::CASE_MERGED,
        "CaseToldApart" => words::CASE_TOLD_APART,
        "CaseClosed" => words::CASE_CLOSED,
        other => later(other),
    }
}

/// The same for what is said on the way to an end that is not the usual one.
fn later(kind: &str) -> Word {
    match kind {
        "CaseTransferred" => words::CASE_TRANSFERRED,
        "DisputeOpened" => words::DISPUTE_OPENED,
        "OpinionGiven" => words::OPINION_GIVEN,
        "OpinionMissing" => words::OPINION_MISSING,
        "DisputeRuled" => words::DISPUTE_RULED,
        "RulingContested" => words::RULING_CONTESTED,
        "ConferenceConvened" => words::CONFERENCE_CONVENED,
        "CaseRetyped" => words::CASE_RETYPED,
        "SeverityRaised" => words::SEVERITY_RAISED,
        "UnitsConsulted" => words::UNITS_CONSULTED,
        "ComplaintFound" => words::COMPLAINT_FOUND,
        "AccountOpened" => words::ACCOUNT_OPENED,
        "ActedByProxy" => words::ACTED_BY_PROXY,
        "PartyPressed" => words::PARTY_PRESSED,
        "FirstPersonNoticed" => words::FIRST_PERSON_NOTICED,
        "DirectReportOpened" => words::DIRECT_REPORT_OPENED,
        "ReportedToGovernment" => words::REPORTED_TO_GOVERNMENT,
        "GovernmentInstructed" => words::GOVERNMENT_INSTRUCTED,
        "CaseWithdrawn" => words::CASE_WITHDRAWN,
        "CaseLifted" => words::CASE_LIFTED,
        "TeamFormed" => words::TEAM_FORMED,
        "ClockHeld" => words::CLOCK_HELD,
        "ClockResumed" => words::CLOCK_RESUMED,
        "LimitExtended" => words::LIMIT_EXTENDED,
        "CaseHandedOver" => words::CASE_HANDED_OVER,
        _ => words::OTHER,
    }
}

/// When the bus had it, or when it was decided where it is not there yet.
pub(crate) fn at(step: &HistoryEntry) -> i64 {
    if step.accepted_at_ms > 0 { step.accepted_at_ms } else { step.at_ms }
}

/// Who said it, and which person; what a role of ours says is told by whom it is for.
pub(crate) fn said_by(visit: &Visit, step: &HistoryEntry) -> Markup {
    let party = |text: &str| names::party(visit.console.city(), text, visit.lang);
    let is_ours = step.source.starts_with("service/");
    let (who, whom) = match (step.on_behalf_of.as_str(), step.recipient.as_str()) {
        ("", recipient) if is_ours && !recipient.is_empty() => ("", recipient),
        ("", _) => (step.source.as_str(), ""),
        (who, _) => (who, ""),
    };
    html! {
        @if whom.is_empty() { (party(who)) } @else { "→ " (party(whom)) }
        @if !step.actor.is_empty() { " " span.quiet { (step.actor) } }
    }
}

/// The sentence of the ledger, in the language of the visit.
pub(crate) fn sentence<'a>(visit: &Visit, step: &'a HistoryEntry) -> &'a str {
    visit.lang.pick(&step.text_zh, &step.text)
}

/// One line in a list of steps of several cases.
pub(crate) fn line(visit: &Visit, step: &HistoryEntry) -> Markup {
    html! {
        li {
            (matter::time(visit, at(step))) " "
            a href=(format!("/cases/{}", step.case_id)) { (step.case_id) } " "
            b { (visit.say(word(&step.r#type))) } " "
            span.quiet { (said_by(visit, step)) }
            p.quiet { (sentence(visit, step)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_a_case_has_its_word() {
        let known = |name: &str| word(&format!("muster.case.v1.{name}"));
        for name in names_of_messages() {
            assert_ne!(known(&name), words::OTHER, "{name} has no word");
        }
        assert_eq!(known("SomethingNew"), words::OTHER);
    }

    /// What may be said about a case: all messages of its protos but the parts of others.
    fn names_of_messages() -> Vec<String> {
        macro_rules! protos {
            ($($name:literal),*) => {
                [$(include_str!(concat!("../../../proto/muster/case/v1/", $name, ".proto"))),*]
            };
        }
        const PARTS: [&str; 7] =
            ["Evidence", "Point", "Intake", "Rating", "Complaint", "Instruction", "TeamMember"];
        let texts = protos!("dispute", "fact", "finding", "ladder", "local", "timing");
        let named = |line: &str| {
            let name = line.strip_prefix("message ")?.trim_end_matches(" {").to_owned();
            let is_part = PARTS.contains(&name.as_str()) || name.ends_with("Ground");
            (!is_part).then_some(name)
        };
        let names: Vec<_> = texts.iter().flat_map(|text| text.lines()).filter_map(named).collect();
        assert!(names.len() > 35, "{names:?}");
        names
    }
}
