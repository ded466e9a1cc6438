//! Disputes about whose matter a case is (管辖争议), as the unit sees them that is asked for its opinion:
//! those that wait for its word above its tasks, and one on the page of its case.
//!
//! A unit is asked also where it has no task in the case. What it says is judged by its own service.

use domain::case::Phrase;
use maud::{Markup, html};
use proto::unit::Dispute;

use super::{
    list::{address, due},
    order,
    task::fact,
};
use crate::{names, visit::Visit, when, words::desk as w};

/// Those that wait for the word of the unit; nothing where none does.
pub(super) fn list(visit: &Visit, asked: &[Dispute], is_cut: bool) -> Markup {
    html! {
        @if !asked.is_empty() {
            div #asked {
                h2 { (visit.say(w::ASKED)) }
                p.quiet { (visit.say(w::ASKED_TEXT)) }
                div.wide tabindex="0" role="region" aria-label=(visit.say(w::ASKED)) {
                    table.rows role="table" {
                        thead role="rowgroup" { tr role="row" {
                            @for word in [w::DUE, w::CASE, w::WHY, w::RULED_BY] {
                                th scope="col" role="columnheader" { (visit.say(word)) }
                            }
                        } }
                        tbody role="rowgroup" { @for dispute in asked { (row(visit, dispute)) } }
                    }
                }
                @if is_cut { p.quiet { (visit.say(w::ASKED_MORE)) } }
            }
        }
    }
}

fn row(visit: &Visit, dispute: &Dispute) -> Markup {
    let (city, lang, now) = (visit.console.city(), visit.lang, visit.console.now().0);
    html! {
        tr role="row" data-case=(dispute.case_id) {
            td role="cell" data-label=(visit.say(w::DUE)) { (due(visit, dispute.due_at_ms, now)) }
            th scope="row" role="rowheader" data-label=(visit.say(w::CASE)) {
                a data-act="open-dispute" href=(address(&dispute.case_id, "")) { (dispute.case_id) }
            }
            td role="cell" data-label=(visit.say(w::WHY)) { (why(visit, &dispute.reason)) }
            td role="cell" data-label=(visit.say(w::RULED_BY)) {
                (names::party(city, &dispute.owner, lang))
            }
        }
    }
}

/// What a case's dispute is about, and what the unit has said in it.
pub(super) fn body(visit: &Visit, dispute: &Dispute) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let offset = city.utc_offset_minutes;
    html! {
        h2 { (visit.say(w::DISPUTE)) }
        @if dispute.is_over { p { (visit.say(w::IS_OVER)) } }
        dl.facts #dispute {
            (fact(visit.say(w::WHY), &html! { (why(visit, &dispute.reason)) }))
            (fact(visit.say(w::RULED_BY), &html! { (names::party(city, &dispute.owner, lang)) }))
            (fact(visit.say(w::ASKED_AT), &html! { (when::stamp(dispute.asked_at_ms, offset)) }))
            @if order::is_asked(dispute) {
                (fact(visit.say(w::DUE), &due(visit, dispute.due_at_ms, visit.console.now().0)))
            }
            @if !dispute.text.is_empty() {
                (fact(visit.say(w::OPINION), &html! {
                    (dispute.text)
                    @if !dispute.named_unit.is_empty() {
                        " " span.quiet {
                            (lang.fill(w::HOLDS, &[&names::unit(city, &dispute.named_unit, lang)]))
                        }
                    }
                }))
            }
        }
    }
}

/// Why it is in dispute, in the language of the page.
fn why(visit: &Visit, reason: &str) -> String {
    let lang = visit.lang;
    let unit = |id: &str| names::unit(visit.console.city(), id, lang);
    match Phrase::read(reason) {
        Some(Phrase::OtherKind(lead)) => lang.fill(w::OTHER_KIND, &[&unit(lead)]),
        Some(Phrase::RefusesAssigned(lead)) => lang.fill(w::REFUSES_ASSIGNED, &[&unit(lead)]),
        Some(Phrase::NamesRefuser(lead, named)) => {
            lang.fill(w::NAMES_REFUSER, &[&unit(lead), &unit(named)])
        }
        Some(Phrase::HandedOn(lead, Some(named), times)) => {
            lang.fill(w::HANDED_ON, &[&unit(lead), &unit(named), &times])
        }
        Some(Phrase::HandedOn(lead, None, times)) => {
            lang.fill(w::NAMES_NOBODY, &[&unit(lead), &times])
        }
        _ => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proto::unit::{Task, TaskState};

    use super::*;
    use crate::{
        Lang,
        desk::{Known, task},
        visit::tested::{ids, visit},
    };

    const CASE: &str = "20261128-AAAAAAAA";

    fn dispute() -> Dispute {
        Dispute {
            case_id: CASE.into(),
            reason: Phrase::RefusesAssigned("public_security").to_string(),
            owner: "office/leading_group_office".into(),
            due_at_ms: 1,
            ..Dispute::default()
        }
    }

    #[tokio::test]
    async fn who_is_asked_is_shown_why_until_when_and_the_form_also_without_a_task() {
        let transport = visit("unit/transport", Lang::Zh);
        let listed = list(&transport, &[dispute()], false).into_string();
        assert!(listed.contains(&format!("href=\"/desk/{CASE}\"")), "{listed}");
        assert!(listed.contains("市公安局不接受指定") && listed.contains("已逾期"), "{listed}");
        let known = Known { task: None, dispute: Some(dispute()) };
        let page = task::body(&transport, &known, "").into_string();
        assert!(page.contains(&format!("href=\"/cases/{CASE}\"")), "{page}");
        let acts = task::acts(&transport, &known, "").into_string();
        assert!(acts.contains(&format!("action=\"/desk/{CASE}/opine\"")), "{acts}");
        assert!(acts.contains("只能提出一次，不能更改"), "it says what it will do: {acts}");
        assert!(acts.contains("value=\"transport\""), "it may be its own matter: {acts}");
        assert!(list(&transport, &[], false).into_string().is_empty());
    }

    #[tokio::test]
    async fn who_has_spoken_sees_its_word_and_no_form_and_neither_does_who_is_not_asked_any_more() {
        let transport = visit("unit/transport", Lang::En);
        let said = Dispute {
            text: "the post is ours".into(),
            named_unit: "transport".into(),
            ..dispute()
        };
        for dispute in [said, Dispute { is_over: true, ..dispute() }] {
            let known = Known { task: None, dispute: Some(dispute.clone()) };
            assert!(!task::acts(&transport, &known, "").into_string().contains("opine"));
            let page = task::body(&transport, &known, "").into_string();
            assert!(page.contains(&dispute.text) && !page.contains("late by"), "{page}");
            assert_eq!(page.contains("It is over."), dispute.is_over, "{page}");
            let names = page.contains("responsible");
            assert_eq!(names, !dispute.text.is_empty(), "{page}");
        }
    }

    #[tokio::test]
    async fn beside_a_task_no_two_fields_share_an_id() {
        let task =
            Task { case_id: CASE.into(), state: TaskState::Called.into(), ..Task::default() };
        let known = Known { task: Some(task), dispute: Some(dispute()) };
        let page = task::acts(&visit("unit/transport", Lang::Zh), &known, "").into_string();
        let all = ids(&page);
        let once: BTreeSet<_> = all.iter().collect();
        assert_eq!(once.len(), all.len(), "an id is there twice: {all:?}");
        assert!(all.contains(&"form-opine") && all.contains(&"form-refuse"), "{all:?}");
    }
}
