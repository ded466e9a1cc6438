//! How a case stands: its owner, both clocks, who owes what, what each unit has done.

use maud::{Markup, html};
use proto::whistle::{Case, DirectReportState, Owed, Part};

use super::Known;
use crate::{
    matter, names,
    visit::Visit,
    when,
    words::{case as words, facts as said, matter as cases},
};

/// Shows it.
pub(super) fn show(visit: &Visit, known: &Known) -> Markup {
    let case = &known.case;
    html! {
        section aria-labelledby="standing-title" {
            h2 #standing-title { (visit.say(words::STANDING)) }
            (facts(visit, case))
            (direct(visit, case))
            h3 { (visit.say(words::OWN_CLOCKS)) }
            (owed(visit, &case.owed))
            @if !case.parts.is_empty() {
                h3 { (visit.say(words::PARTS)) }
                (parts(visit, case))
            }
        }
    }
}

/// The systems that have given it, each with the number that it has there.
fn given_by(visit: &Visit, case: &Case) -> Markup {
    let intakes = case.reports.iter().filter_map(|report| report.intake.as_ref());
    let given: Vec<_> = intakes.filter(|intake| !intake.system.is_empty()).collect();
    html! {
        @if !given.is_empty() {
            dt { (visit.say(crate::words::intake::GIVEN_BY)) }
            dd #given-by {
                @for intake in given {
                    span data-system=(intake.system) {
                        (names::unit(visit.console.city(), &intake.system, visit.lang)) " "
                        code { (intake.external_id) } " "
                    }
                }
            }
        }
    }
}

fn facts(visit: &Visit, case: &Case) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let end = if case.closed_at_ms > 0 { case.closed_at_ms } else { visit.console.now().0 };
    html! {
        dl.facts #facts data-stage=(case.stage) {
            dt { (visit.say(cases::STAGE)) }
            dd { (matter::stage(visit, case)) " " span.quiet { (lang.fill(cases::ROUND, &[&case.round])) } }
            dt { (visit.say(cases::OWNER)) }
            dd #owner data-owner=(case.owner) { b { (names::party(city, &case.owner, lang)) } }
            dt { (visit.say(words::PUBLIC_CLOCK)) }
            dd #public-clock { (when::span(end - case.raised_at_ms, lang)) " " span.quiet { (matter::time(visit, case.raised_at_ms)) } }
            dt { (visit.say(words::WHOLE_CLOCK)) }
            dd #whole-clock {
                (matter::time(visit, case.due_at_ms)) " "
                @if case.closed_at_ms == 0 { (matter::left(visit, case.due_at_ms)) }
            }
            dt { (visit.say(cases::GRID)) }
            dd {
                (case.grid) " " (names::community(city, &case.community, lang))
                " · " (names::party(city, &case.territorial_owner, lang))
            }
            dt { (visit.say(cases::DESCRIPTION)) }
            dd { (case.description) }
            (given_by(visit, case))
            @if !case.merged_into.is_empty() {
                dt { (visit.say(cases::MERGED)) }
                dd { a href=(format!("/cases/{}", case.merged_into)) { (case.merged_into) } }
            }
            @if !case.proposed.is_empty() {
                dt { (visit.say(words::MAY_BE_SAME)) }
                dd #proposed {
                    @for other in &case.proposed { a href=(format!("/cases/{other}")) { (other) } " " }
                }
            }
        }
    }
}

fn direct(visit: &Visit, case: &Case) -> Markup {
    let state = case.direct_report.as_ref().map(proto::whistle::DirectReport::state);
    html! {
        @match state {
            Some(DirectReportState::Open) => p.notice { (visit.say(words::DIRECT_OPEN)) },
            Some(DirectReportState::Reported) => p.notice.bad { (visit.say(words::DIRECT_REPORTED)) },
            _ => {}
        }
    }
}

fn owed(visit: &Visit, owed: &[Owed]) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    html! {
        @if owed.is_empty() { p.quiet { (visit.say(words::NOTHING_OWED)) } }
        @else {
            div.wide tabindex="0" { table #owed {
                thead { tr {
                    th scope="col" { (visit.say(words::WHO)) }
                    th scope="col" { (visit.say(words::WHAT)) }
                    th scope="col" { (visit.say(words::BY_WHEN)) }
                    th scope="col" { (visit.say(words::LIMIT)) }
                } }
                tbody {
                    @for one in owed {
                        tr data-party=(one.party) {
                            th scope="row" { (names::party(city, &one.party, lang)) }
                            td { (said::owed(visit.lang, one.duty())) }
                            td {
                                (matter::time(visit, one.due_at_ms)) br;
                                @if one.held_to_ms > 0 {
                                    (lang.fill(words::HELD, &[&when::stamp(one.held_to_ms, city.utc_offset_minutes)]))
                                } @else { (matter::left(visit, one.due_at_ms)) }
                            }
                            td.quiet { (lang.pick(&one.limit_zh, &one.limit_en)) }
                        }
                    }
                }
            } }
        }
    }
}

fn parts(visit: &Visit, case: &Case) -> Markup {
    html! {
        div.wide tabindex="0" { table #parts {
            thead { tr {
                th scope="col" { (visit.say(cases::UNIT)) }
                th scope="col" { (visit.say(words::CALLED_AT)) }
                th scope="col" { (visit.say(words::ACCEPTED_AT)) }
                th scope="col" { (visit.say(words::ARRIVED_AT)) }
                th scope="col" { (visit.say(words::DISPOSED_AT)) }
            } }
            tbody { @for part in &case.parts { (row(visit, part)) } }
        } }
    }
}

fn row(visit: &Visit, part: &Part) -> Markup {
    let lang = visit.lang;
    html! {
        tr data-unit=(part.unit) {
            th scope="row" {
                (names::unit(visit.console.city(), &part.unit, lang)) br;
                span.quiet {
                    (visit.say(if part.is_lead { words::LEAD } else { words::COOPERATES }))
                    @if part.reminders + part.urgings > 0 {
                        " · " (lang.fill(words::URGINGS, &[&part.reminders, &part.urgings]))
                    }
                    @if part.stars > 0 { " · " (lang.fill(words::STARS, &[&part.stars])) }
                }
            }
            td data-label=(visit.say(words::CALLED_AT)) { (matter::time(visit, part.called_at_ms)) }
            td data-label=(visit.say(words::ACCEPTED_AT)) {
                @if part.refused_at_ms > 0 {
                    (matter::time(visit, part.refused_at_ms)) " " strong.late { (visit.say(words::REFUSED_AT)) }
                } @else { (matter::time(visit, part.accepted_at_ms)) }
            }
            td data-label=(visit.say(words::ARRIVED_AT)) { (matter::time(visit, part.arrived_at_ms)) }
            td data-label=(visit.say(words::DISPOSED_AT)) { (matter::time(visit, part.disposed_at_ms)) }
        }
    }
}
