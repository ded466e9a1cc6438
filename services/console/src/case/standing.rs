//! How a case stands: its owner, both clocks, who owes what, what each unit has done.

use maud::{Markup, html};
use proto::whistle::{Case, DirectReportState, Owed, Part, Verdict};

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
            (complaint(visit, case))
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

/// What it complains about and what was found; and the complaints about what happened in it, as far
/// as the person may see them.
fn complaint(visit: &Visit, case: &Case) -> Markup {
    let found = match case.finding() {
        Verdict::Upheld => words::UPHELD,
        Verdict::NotUpheld => words::NOT_UPHELD,
        Verdict::Unspecified => words::NOTHING_FOUND,
    };
    html! {
        @if let Some(complaint) = &case.complaint {
            dt { (visit.say(words::ABOUT)) }
            dd #about { (names::unit(visit.console.city(), &complaint.about, visit.lang)) }
            @if !complaint.case_id.is_empty() {
                dt { (visit.say(words::ABOUT_CASE)) }
                dd #about-case {
                    a href=(format!("/cases/{}", complaint.case_id)) { (complaint.case_id) }
                }
            }
            dt { (visit.say(words::FINDING)) }
            dd #finding { (visit.say(found)) }
        }
        @if !case.complaints.is_empty() {
            dt { (visit.say(words::COMPLAINTS)) }
            dd #complaints {
                @for id in &case.complaints { a href=(format!("/cases/{id}")) { (id) } " " }
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

#[cfg(test)]
mod tests {
    use proto::case::Complaint;

    use super::*;
    use crate::{Lang, visit::tested};

    #[tokio::test]
    async fn a_complaint_leads_to_its_case_and_back_and_says_what_was_found() {
        let visit = tested::visit("community/kaihua_dongfeng", Lang::Zh);
        let (case_id, id) = ("20261128-AAAAAAAA", "20261128-BBBBBBBB");
        let about = Complaint { about: "housing".into(), case_id: case_id.into() };
        let mut case = Case { complaint: Some(about), ..Case::default() };
        for (verdict, said) in [
            (Verdict::Unspecified, "尚未作出结论"),
            (Verdict::Upheld, "投诉属实"),
            (Verdict::NotUpheld, "投诉不属实"),
        ] {
            case.finding = verdict.into();
            let page = facts(&visit, &case).into_string();
            assert!(page.contains("市住房城乡建设局") && page.contains(said), "{page}");
            assert!(page.contains(&format!("<a href=\"/cases/{case_id}\">")), "{page}");
        }
        let of = Case { complaints: vec![id.into()], ..Case::default() };
        let page = facts(&visit, &of).into_string();
        assert!(page.contains(&format!("<a href=\"/cases/{id}\">{id}</a>")), "{page}");
        let none = facts(&visit, &Case::default()).into_string();
        assert!(!none.contains("投诉"), "{none}");
    }
}
