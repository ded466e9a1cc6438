//! The pieces of which the forms of operations are made.

use maud::{Markup, html};

use crate::{
    visit::Visit,
    words::{Word, operations as w},
};

/// A form for one act in an operation; it is open where it is what comes next.
pub(super) fn act(
    visit: &Visit,
    id: &str,
    (word, title, says): (&str, &str, &str),
    is_next: bool,
    fields: &Markup,
) -> Markup {
    // Several forms of one act stand on a page: each has a name of its own.
    let name = word.replace('/', "-");
    let post = word.split('/').next().unwrap_or(word);
    html! {
        details.act id=(format!("more-{name}")) open[is_next] data-open[is_next] {
            summary data-act=(format!("open-{name}")) { (title) }
            form id=(format!("form-{name}")) method="post" action=(format!("/operations/{id}/{post}")) {
                (visit.fields())
                @if !says.is_empty() { p.quiet { (says) } }
                (fields)
                button type="submit" data-act=(post) { (title) }
            }
        }
    }
}

/// A line of text.
pub(super) fn line(label: &str, id: &str, name: &str, is_needed: bool) -> Markup {
    html! {
        label for=(id) { (label) }
        input id=(id) name=(name) maxlength="300" required[is_needed];
    }
}

/// A text of several lines.
pub(super) fn long(label: &str, id: &str, name: &str, is_needed: bool) -> Markup {
    html! {
        label for=(id) { (label) }
        textarea id=(id) name=(name) rows="3" maxlength="4000" required[is_needed] {}
    }
}

/// A number.
pub(super) fn number(label: &str, id: &str, name: &str, value: &str, most: u32) -> Markup {
    html! {
        label for=(id) { (label) }
        input id=(id) name=(name) type="number" min="0" max=(most) value=(value) inputmode="numeric";
    }
}

/// One of several.
pub(super) fn choice(
    visit: &Visit,
    label: Word,
    (id, name): (&str, &str),
    empty: Option<Word>,
    options: &[(String, String)],
) -> Markup {
    html! {
        label for=(id) { (visit.say(label)) }
        select id=(id) name=(name) required[empty.is_none()] {
            option value="" { (visit.say(empty.unwrap_or(w::CHOOSE))) }
            @for (value, text) in options { option value=(value) { (text) } }
        }
    }
}

/// A box that is ticked or not.
pub(super) fn tick(label: &str, id: &str, name: &str) -> Markup {
    html! {
        label.tick for=(id) { input id=(id) type="checkbox" name=(name) value="yes"; " " (label) }
    }
}

/// The units of the city that can be called, by their names.
pub(super) fn units(visit: &Visit) -> Vec<(String, String)> {
    let city = visit.console.city();
    let own = visit.party().as_unit();
    let others =
        city.units.values().filter(|unit| unit.can_lead() && Some(&unit.id) != own.as_ref());
    let named =
        others.map(|unit| (unit.id.to_string(), visit.lang.pick(&unit.zh, &unit.en).to_owned()));
    named.collect()
}
