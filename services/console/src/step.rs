//! A step of a case, as pages tell it: what was said, by whom, when; and the sentence of the ledger in
//! the language of the visit.

use maud::{Markup, html};
use proto::whistle::HistoryEntry;

use crate::{
    matter, names,
    visit::Visit,
    words::{Lang, facts},
};

/// What is said by messages of a type, as the head of a line.
pub(crate) fn word(lang: Lang, kind: &str) -> String {
    let word = facts::fact(lang, kind);
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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
            b { (word(visit.lang, &step.r#type)) } " "
            span.quiet { (said_by(visit, step)) }
            p.quiet { (sentence(visit, step)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_a_capital_where_there_are_any() {
        assert_eq!(word(Lang::En, "muster.case.v1.ReportedAgain"), "Reported again");
        assert_eq!(word(Lang::Zh, "muster.case.v1.ReportedAgain"), "再次上报");
    }
}
