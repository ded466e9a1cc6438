//! How a case is told on every page: its stage, who owes what and how late, how it ended.

use maud::{Markup, html};
use proto::{
    case::{Outcome, Severity},
    whistle::{Case, CaseStage, Owed},
};

use crate::{
    names,
    visit::Visit,
    when,
    words::{Word, facts, matter as words},
};

/// The word of a stage.
pub(crate) fn stage_word(stage: CaseStage) -> Word {
    match stage {
        CaseStage::Unspecified | CaseStage::Raised => words::RAISED,
        CaseStage::Assigning => words::ASSIGNING,
        CaseStage::Called => words::CALLED,
        CaseStage::Working => words::WORKING,
        CaseStage::Confirming => words::CONFIRMING,
        CaseStage::Closed => words::CLOSED,
        CaseStage::Disputed => words::DISPUTED,
        CaseStage::Finding => words::FINDING,
    }
}

/// The stages in which a case is open, in their order, each with its word in the ledger.
pub(crate) const OPEN: [(CaseStage, &str); 7] = [
    (CaseStage::Raised, "raised"),
    (CaseStage::Assigning, "assigning"),
    (CaseStage::Called, "called"),
    (CaseStage::Working, "working"),
    (CaseStage::Confirming, "confirming"),
    (CaseStage::Disputed, "disputed"),
    (CaseStage::Finding, "finding"),
];

/// The word of an end.
pub(crate) fn outcome_word(outcome: Outcome) -> Option<Word> {
    match outcome {
        Outcome::Unspecified => None,
        Outcome::Confirmed => Some(words::CONFIRMED),
        Outcome::Unconfirmed => Some(words::UNCONFIRMED),
        Outcome::Merged => Some(words::MERGED),
        Outcome::Withdrawn => Some(words::WITHDRAWN),
    }
}

/// Where a case stands, as a mark; with how it ended, once it has.
pub(crate) fn stage(visit: &Visit, case: &Case) -> Markup {
    let stage = case.stage();
    let ended = outcome_word(case.outcome()).filter(|_| stage == CaseStage::Closed);
    html! {
        span class=(format!("mark stage-{}", stage as i32)) {
            (visit.say(stage_word(stage)))
            @if let Some(ended) = ended { " · " (visit.say(ended)) }
        }
        @match case.severity() {
            Severity::Serious => { " " span.mark.serious { (visit.say(words::SERIOUS)) } }
            Severity::Emergency => { " " span.mark.emergency { (visit.say(words::EMERGENCY)) } }
            _ => {}
        }
    }
}

/// A moment by the city's clock; nothing where there is none.
pub(crate) fn time(visit: &Visit, at_ms: i64) -> Markup {
    let offset = visit.console.city().utc_offset_minutes;
    html! {
        @if at_ms > 0 {
            time datetime=(when::machine(at_ms, offset)) { (when::stamp(at_ms, offset)) }
        } @else { "–" }
    }
}

/// How much is left until a moment, or how late it is.
pub(crate) fn left(visit: &Visit, due_at_ms: i64) -> Markup {
    let left = due_at_ms - visit.console.now().0;
    let span = when::span(left.abs(), visit.lang);
    html! {
        @if due_at_ms == 0 { "–" }
        @else if left < 0 { strong.late { (visit.lang.fill(words::LATE_BY, &[&span])) } }
        @else { span { (visit.lang.fill(words::LEFT, &[&span])) } }
    }
}

/// The first thing that is owed in a case; who owes, what, and how late it is.
pub(crate) fn first_owed(case: &Case) -> Option<&Owed> {
    case.owed.iter().min_by_key(|owed| owed.due_at_ms)
}

/// Rows of cases, as a table: all pages that list cases use it.
pub(crate) fn table(visit: &Visit, caption: &str, cases: &[Case]) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    html! {
        div.wide {
            table.cases {
                caption { (caption) }
                thead {
                    tr {
                        th scope="col" { (visit.say(words::NUMBER)) }
                        th scope="col" { (visit.say(words::ISSUE)) }
                        th scope="col" { (visit.say(words::GRID)) }
                        th scope="col" { (visit.say(words::STAGE)) }
                        th scope="col" { (visit.say(words::OWNER)) }
                        th scope="col" { (visit.say(words::DUE_AT)) }
                        th scope="col" { (visit.say(words::RAISED_AT)) }
                    }
                }
                tbody {
                    @for case in cases {
                        tr data-case=(case.case_id) {
                            th scope="row" { a href=(format!("/cases/{}", case.case_id)) { (case.case_id) } }
                            td { (names::issue(city, &case.issue_type, lang)) }
                            td { (case.grid) " " span.quiet { (names::community(city, &case.community, lang)) } }
                            td { (stage(visit, case)) }
                            td { (names::party(city, &case.owner, lang)) }
                            td { (due(visit, case)) }
                            td { (time(visit, case.raised_at_ms)) }
                        }
                    }
                }
            }
        }
    }
}

/// What is owed first, by whom and how late; or that nothing is.
fn due(visit: &Visit, case: &Case) -> Markup {
    html! {
        @match first_owed(case) {
            Some(owed) => {
                (left(visit, owed.due_at_ms)) " "
                span.quiet {
                    (names::party(visit.console.city(), &owed.party, visit.lang)) " "
                    (facts::owed(visit.lang, owed.duty()))
                }
            }
            None => "–"
        }
    }
}
