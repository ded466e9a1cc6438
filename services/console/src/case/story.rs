//! The story of a case as a time line: each step with its evidence, and who was waited for before it.

use maud::{Markup, html};
use proto::{
    case::Evidence,
    whistle::{HistoryEntry, Waited},
};

use super::{Known, picture};
use crate::{
    evidence, matter, names, step,
    visit::Visit,
    when,
    words::{case as words, facts},
};

/// Shows it, and the picture of the waits above it.
pub(super) fn show(visit: &Visit, known: &Known) -> Markup {
    html! {
        (picture::show(visit, &known.spans))
        section aria-labelledby="story-title" {
            h2 #story-title { (visit.say(words::STORY)) }
            p.quiet { (visit.say(words::STORY_TEXT)) }
            ol.story #story {
                @for one in &known.steps { (entry(visit, one)) }
                @if !known.waits.is_empty() {
                    li.now { @for wait in &known.waits { (waited(visit, wait)) } }
                }
            }
        }
    }
}

fn entry(visit: &Visit, one: &HistoryEntry) -> Markup {
    let sentence = step::sentence(visit, one);
    html! {
        li data-type=(one.r#type) {
            @for wait in one.waited_for.iter().filter(|wait| wait.has_ended) {
                (waited(visit, wait))
            }
            div.step {
                span.at { (matter::time(visit, step::at(one))) }
                div {
                    b { (step::word(visit.lang, &one.r#type)) } " · " (step::said_by(visit, one))
                    p.quiet { (sentence) }
                    // The sentence has the beginning of what was said; what is longer is here.
                    @if !sentence.contains(one.words.trim()) { p { (one.words) } }
                    (pieces(visit, &one.evidence, &one.evidence_of))
                }
            }
        }
    }
}

/// A wait before a step, with its own clock.
fn waited(visit: &Visit, wait: &Waited) -> Markup {
    let lang = visit.lang;
    let who = names::party(visit.console.city(), &wait.party, lang);
    let what = facts::owed(visit.lang, wait.duty());
    let text = lang.fill(words::WAITED, &[&who, &what, &when::span(wait.used_ms, lang)]);
    html! {
        p.wait {
            (text)
            @if wait.is_working_time { " (" (visit.say(words::WORKING_TIME)) ")" }
            @if wait.is_over { " " strong.late { (visit.say(words::OVERDUE_MARK)) } }
        }
    }
}

/// What shows a step, through this console and with the rights of this person.
fn pieces(visit: &Visit, pieces: &[Evidence], of: &str) -> Markup {
    html! {
        @if !pieces.is_empty() {
            ul.evidence {
                @for (at, piece) in pieces.iter().enumerate() {
                    li {
                        a href=(evidence::link(piece, of)) {
                            @if evidence::is_picture(&piece.media_type) {
                                img src=(evidence::link(piece, of)) loading="lazy"
                                    alt=(format!("{} {}", visit.say(words::PHOTO), at + 1));
                            } @else { (visit.say(words::FILE)) " " (at + 1) }
                        }
                    }
                }
            }
        }
    }
}
