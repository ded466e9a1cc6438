//! The page of one task: what it is about, and a form for each thing that can be done now.

use domain::{id::IssueTypeId, pack::EvidenceKind};
use maud::{Markup, html};
use proto::unit::Task;

use super::{
    Known, dispute,
    list::{due, state},
    order::{self, Act},
    photo,
};
use crate::{
    names,
    visit::Visit,
    when,
    words::{Word, desk as w},
};

/// What it is about: the task, and whether it is in dispute whose matter the case is.
pub(super) fn body(visit: &Visit, known: &Known, in_place_of: &str) -> Markup {
    html! {
        @if let Some(task) = &known.task { (about(visit, task, in_place_of)) }
        @if let Some(dispute) = &known.dispute { (dispute::body(visit, dispute)) }
        p { a data-act="open-case" href=(format!("/cases/{}", known.case_id())) { (visit.say(w::OPEN_CASE)) } }
    }
}

fn about(visit: &Visit, task: &Task, in_place_of: &str) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let (call, offset) = (task.call.clone().unwrap_or_default(), city.utc_offset_minutes);
    html! {
        @if call.is_emergency { p.alarm { strong { (visit.say(w::EMERGENCY)) } } }
        @if !in_place_of.is_empty() {
            p { (lang.fill(w::IN_PLACE_OF, &[&names::unit(city, in_place_of, lang)])) }
        }
        @if let Some(instruction) = &call.instruction {
            p { strong { (visit.say(w::INSTRUCTION)) } ": " (instruction.text) }
        }
        @if call.is_lead && call.bound_by != 0 { p { (visit.say(w::BOUND)) } }
        @if !task.consultation.is_empty() {
            p { strong { (visit.say(w::CONSULTATION)) } ": " (task.consultation) }
        }
        dl.facts {
            (fact(visit.say(w::STATE), &html! { span #task-state { (visit.say(state(task.state()))) } }))
            (fact(visit.say(w::CLAIMED_BY), &html! { span #claimed-by { (claimant(visit, task)) } }))
            (fact(visit.say(w::DUE), &due(visit, task.due_at_ms, visit.console.now().0)))
            (fact(visit.say(w::MATTER), &html! { (names::issue(city, &call.issue_type, lang)) }))
            (fact(visit.say(w::WHERE), &html! { (call.grid) }))
            (fact(visit.say(w::DESCRIPTION), &html! { (call.description) }))
            (fact(visit.say(w::PART), &html! {
                (visit.say(if call.is_lead { w::LEAD } else { w::COOPERATING }))
            }))
            @if !call.lead.is_empty() && !call.is_lead {
                (fact(visit.say(w::LED_BY), &html! { (names::unit(city, &call.lead, lang)) }))
            }
            (fact(visit.say(w::COMMUNITY), &html! { (names::community(city, &call.community, lang)) }))
            @if !call.liaison.is_empty() {
                (fact(visit.say(w::LIAISON), &html! { (call.liaison) }))
            }
            (fact(visit.say(w::CALLED_AT), &html! { (when::stamp(task.called_at_ms, offset)) }))
            (fact(visit.say(w::ROUND), &html! { (call.round) }))
            @if task.reminders > 0 || task.urgings > 0 {
                (fact(visit.say(w::PRESSED), &html! {
                    (lang.fill(w::REMINDED, &[&task.reminders, &task.urgings]))
                }))
            }
            @if task.notices > 0 {
                (fact(visit.say(w::PRESSED), &html! {
                    (lang.fill(w::FIRST_PERSON, &[&task.contact]))
                }))
            }
            @if !call.evidence.is_empty() {
                (fact(visit.say(w::EVIDENCE), &html! {
                    (lang.fill(w::PIECES, &[&call.evidence.len()]))
                }))
            }
        }
    }
}

/// Who of the unit works on it.
pub(super) fn claimant(visit: &Visit, task: &Task) -> Markup {
    html! {
        @if task.claimed_by.is_empty() { span.quiet { (visit.say(w::NOBODY_YET)) } }
        @else { (task.claimed_by) }
    }
}

pub(super) fn fact(name: &str, said: &Markup) -> Markup {
    html! { dt { (name) } dd { (said) } }
}

/// A form for each thing that can be done now.
pub(super) fn acts(visit: &Visit, known: &Known, in_place_of: &str) -> Markup {
    let none = Task::default();
    let task = known.task.as_ref().unwrap_or(&none);
    let asked = known.dispute.iter().filter(|dispute| order::is_asked(dispute));
    let of_task = known.task.iter().flat_map(|task| order::acts(task, visit.person().as_str()));
    let acts: Vec<Act> = asked.map(|_| Act::Opine).chain(of_task).collect();
    let to = (known.case_id(), in_place_of);
    html! {
        section aria-labelledby="next" {
            h2 #next { (visit.say(w::NEXT)) }
            @if acts.is_empty() { p { (visit.say(w::NOTHING_NEXT)) } }
            @for act in acts { (form(visit, task, to, act)) }
        }
    }
}

/// What an act of a task is called, and what it will do.
fn title(task: &Task, act: Act) -> (Word, Word) {
    match act {
        Act::Claim if task.claimed_by.is_empty() => (w::CLAIM, w::CLAIM_SAYS),
        Act::Claim => (w::TAKE_OVER, w::TAKE_OVER_SAYS),
        Act::Release => (w::RELEASE, w::RELEASE_SAYS),
        Act::Accept => (w::ACCEPT, w::ACCEPT_SAYS),
        Act::Refuse => (w::REFUSE, w::REFUSE_SAYS),
        Act::Arrive => (w::ARRIVE, w::ARRIVE_SAYS),
        Act::Dispose => (w::DISPOSE, w::DISPOSE_SAYS),
        Act::Declare => (w::DECLARE, w::DECLARE_SAYS),
        Act::Raise => (w::WORSE, w::WORSE_SAYS),
        Act::Police => (w::POLICE, w::POLICE_SAYS),
        Act::Opine => (w::OPINE, w::OPINE_SAYS),
    }
}

fn form(visit: &Visit, task: &Task, (case_id, in_place_of): (&str, &str), act: Act) -> Markup {
    let (title, says) = title(task, act);
    let word = act.word();
    let is_main =
        matches!(act, Act::Accept | Act::Arrive | Act::Dispose | Act::Declare | Act::Opine);
    let has_files = act == Act::Dispose;
    let inner = html! {
        form id=(format!("form-{word}")) method="post"
            action=(format!("/desk/{case_id}/{word}"))
            enctype=[has_files.then_some("multipart/form-data")] {
            (visit.fields())
            input type="hidden" name="for" value=(in_place_of);
            p.quiet { (visit.say(says)) }
            (fields(visit, task, act))
            button type="submit" data-act=(word) { (visit.say(title)) }
        }
    };
    html! {
        @if is_main {
            section.act aria-labelledby=(format!("title-{word}")) {
                h3 id=(format!("title-{word}")) { (visit.say(title)) }
                (inner)
            }
        } @else {
            details.act id=(format!("more-{word}")) {
                summary data-act=(format!("open-{word}")) { (visit.say(title)) }
                (inner)
            }
        }
    }
}

fn fields(visit: &Visit, task: &Task, act: Act) -> Markup {
    match act {
        Act::Claim | Act::Release => html! {
            input type="hidden" name="holder" value=(task.claimed_by);
        },
        Act::Accept | Act::Arrive => html! {},
        Act::Refuse => html! {
            (long(visit.say(w::REASON), "refuse-reason", "reason"))
            (units(visit, "named-unit", false))
        },
        Act::Dispose => dispose(visit, task),
        Act::Declare => long(visit.say(w::SUMMARY), "declare-summary", "summary"),
        Act::Raise => html! {
            fieldset {
                legend { (visit.say(w::SEVERITY)) }
                @for (value, word) in [("serious", w::SERIOUS), ("emergency", w::DANGER)] {
                    @let id = format!("severity-{value}");
                    label for=(id) {
                        input id=(id) type="radio" name="severity" value=(value) required;
                        " " (visit.say(word))
                    }
                }
            }
            (long(visit.say(w::REASON), "raise-reason", "reason"))
        },
        Act::Police => long(visit.say(w::WHAT_HAPPENS), "police-text", "text"),
        Act::Opine => opinion(visit),
    }
}

fn opinion(visit: &Visit) -> Markup {
    html! {
        (long(visit.say(w::WHOSE_AND_WHY), "opine-text", "text"))
        (units(visit, "opine-unit", true))
    }
}

fn long(label: &str, id: &str, name: &str) -> Markup {
    html! {
        label for=(id) { (label) }
        textarea id=(id) name=(name) rows="3" maxlength="2000" required {}
    }
}

/// A choice of a unit that can lead; who refuses names not itself.
fn units(visit: &Visit, id: &str, with_own: bool) -> Markup {
    let city = visit.console.city();
    let own = visit.party().as_unit().filter(|_| !with_own);
    let can = city.units.values().filter(|unit| unit.can_lead() && Some(&unit.id) != own.as_ref());
    html! {
        label for=(id) { (visit.say(w::NAMED_UNIT)) }
        select #(id) name="named_unit" {
            option value="" { (visit.say(w::NOBODY)) }
            @for unit in can {
                option value=(unit.id) { (visit.lang.pick(&unit.zh, &unit.en)) }
            }
        }
    }
}

fn dispose(visit: &Visit, task: &Task) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let issue = task.call.as_ref().map(|call| call.issue_type.clone()).unwrap_or_default();
    let rules = IssueTypeId::parse(issue)
        .map(|issue| city.evidence(&issue, domain::pack::Step::Dispose))
        .unwrap_or_default();
    let rules: Vec<String> = rules
        .iter()
        .map(|rule| format!("{} × {}", rule.count, visit.say(kind(rule.kind))))
        .collect();
    let most = photo::PHOTO_BYTES >> 20;
    html! {
        (long(visit.say(w::SUMMARY), "dispose-summary", "summary"))
        label for="dispose-photo" { (lang.fill(w::PHOTOS, &[&most])) }
        input #dispose-photo type="file" name="photo" accept="image/*,video/*,audio/*,application/pdf" multiple;
        @if !rules.is_empty() {
            p.quiet { (lang.fill(w::ASKED_FOR, &[&rules.join(", ")])) }
        }
    }
}

fn kind(kind: EvidenceKind) -> Word {
    match kind {
        EvidenceKind::Photo => w::PHOTO,
        EvidenceKind::Recording => w::RECORDING,
        EvidenceKind::Document => w::DOCUMENT,
        EvidenceKind::OffSite => w::OFF_SITE,
    }
}
