//! The shell of the page for the field: templates and words, which the script fills in.
//!
//! It is the same for everybody, so that a device may keep it.

use maud::{Markup, html};

use super::queue;
use crate::{
    asset,
    desk::photo::PHOTO_BYTES,
    words::{Lang, Word, field as w},
};

/// The words that the script says, by their names there.
const WORDS: &[(&str, Word)] = &[
    ("online", w::STATE_ONLINE),
    ("offline", w::STATE_OFFLINE),
    ("sign-in", w::STATE_SIGN_IN),
    ("trouble", w::STATE_TROUBLE),
    ("clock", w::STATE_CLOCK),
    ("full", w::STATE_FULL),
    ("large", w::STATE_LARGE),
    ("no-disk", w::STATE_NO_DISK),
    ("no-worker", w::STATE_NO_WORKER),
    ("there", w::THERE),
    ("there-waiting", w::THERE_WAITING),
    ("not-there", w::NOT_THERE),
    ("answer-waiting", w::ANSWER_WAITING),
    ("order-open", w::ORDER_OPEN),
    ("order-taken", w::ORDER_TAKEN),
    ("order-refused", w::ORDER_REFUSED),
    ("act-check_in", w::ACT_CHECK_IN),
    ("act-finding", w::ACT_FINDING),
    ("act-answer", w::ACT_ANSWER),
    ("state-waiting", w::WAITING),
    ("state-sent", w::SENT),
    ("state-refused", w::REFUSED),
    ("count", w::COUNT),
    ("others", w::OTHERS),
];

/// The page.
pub(super) fn body(lang: Lang) -> Markup {
    html! {
        div #field data-lang=(lang.code()) data-photo-bytes=(PHOTO_BYTES) data-queue=(queue()) {
            h1 { (lang.say(w::FIELD)) }
            noscript { p { (lang.say(w::NO_SCRIPT)) " " a href="/operations" { "/operations" } } }
            p.quiet { (lang.say(w::INTRO)) }
            p { strong #field-state role="status" {} }
            p #field-sign-in hidden {
                a.button data-act="sign-in" href="/sign-in?next=/field" { (lang.say(w::SIGN_IN)) }
            }
            section aria-labelledby="field-parts-title" {
                h2 #field-parts-title { (lang.say(w::PARTS)) }
                p #field-none hidden { (lang.say(w::NONE)) }
                div #field-parts {}
            }
            section aria-labelledby="field-queue-title" {
                h2 #field-queue-title { (lang.say(w::QUEUE)) }
                p { span #field-count role="status" {} " "
                    button type="button" #field-look data-act="field-look" { (lang.say(w::LOOK)) } }
                p #field-acts-none { (lang.say(w::NOTHING)) }
                ol #field-acts {}
                p #field-others hidden {}
            }
            (templates(lang))
        }
        link rel="stylesheet" href=(asset::link("field.css"));
        script type="module" src=(asset::link("field.js")) {}
    }
}

/// For who has no team.
pub(super) fn no_unit(lang: Lang) -> Markup {
    html! { h1 { (lang.say(w::FIELD)) } p { (lang.say(w::NO_UNIT)) } }
}

fn templates(lang: Lang) -> Markup {
    html! {
        template #field-words { @for (name, word) in WORDS { span data-word=(name) { (lang.say(*word)) } } }
        template #field-part { (part(lang)) }
        template #field-order { (order(lang)) }
        template #field-act { (act(lang)) }
    }
}

fn part(lang: Lang) -> Markup {
    html! {
        article.part {
            h3 tabindex="-1" data-fill="goal" {}
            p.quiet { span data-fill="when" {} " · " span data-fill="where" {} " · " code data-fill="operation" {} }
            p { strong data-fill="there" {} }
            p { button.main type="button" data-act="check-in" { (lang.say(w::CHECK_IN)) } }
            h4 { (lang.say(w::ORDERS)) }
            p.quiet data-none="orders" { (lang.say(w::NO_ORDERS)) }
            ul data-list="orders" {}
            details {
                summary data-act="open-finding" { (lang.say(w::FINDING)) }
                (finding(lang))
            }
        }
    }
}

fn finding(lang: Lang) -> Markup {
    let line = |word: Word, name: &str, is_needed: bool| {
        html! {
            label data-for=(name) { (lang.say(word)) }
            input name=(name) maxlength="128" required[is_needed] autocapitalize="characters";
        }
    };
    html! {
        form data-act="finding" {
            p.quiet { (lang.say(w::FINDING_SAYS)) }
            label data-for="code" { (lang.say(w::CODE)) }
            select name="code" required {}
            (line(w::VEHICLE, "vehicle", true))
            (line(w::OBJECT, "object", false))
            label data-for="place" { (lang.say(w::PLACE)) }
            input name="place" maxlength="2000" required;
            label data-for="text" { (lang.say(w::TEXT)) }
            textarea name="text" rows="3" maxlength="2000" required {}
            label data-for="photo" { (lang.say(w::PHOTO)) }
            input name="photo" type="file" accept="image/*" capture="environment";
            button.main type="submit" data-act="finding-save" { (lang.say(w::SAVE)) }
        }
    }
}

fn order(lang: Lang) -> Markup {
    html! {
        li {
            p { b data-fill="text" {} " " span data-fill="grid" {} }
            p.quiet { (lang.say(w::ORDER_FROM)) " " span data-fill="from" {} " · " span data-fill="at" {} }
            p { strong data-fill="state" {} }
            p data-open { button.main type="button" data-act="order-take" { (lang.say(w::TAKE)) } }
            form data-open data-act="order-refuse" {
                label { (lang.say(w::WHY)) }
                input name="text" maxlength="300" required;
                button type="submit" data-act="order-cannot" { (lang.say(w::CANNOT)) }
            }
        }
    }
}

fn act(lang: Lang) -> Markup {
    html! {
        li {
            p { b data-fill="what" {} " · " span data-fill="at" {} " · " code data-fill="operation" {} }
            p { strong data-fill="state" {} " " span data-fill="reason" {} " " code data-fill="code" {} }
            p data-refused {
                button type="button" data-act="act-again" { (lang.say(w::AGAIN)) } " "
                button type="button" data-act="act-seen" { (lang.say(w::SEEN)) }
            }
        }
    }
}

/// What asks before signing out takes with it what was not sent.
pub(crate) fn leave(lang: Lang) -> Markup {
    html! {
        dialog #leave aria-labelledby="leave-title" {
            form method="dialog" {
                h2 #leave-title { (lang.say(w::LEAVE_TITLE)) }
                p { (lang.say(w::LEAVE_TEXT)) " " strong data-count {} }
                button type="submit" value="stay" data-act="leave-stay" { (lang.say(w::STAY)) } " "
                button type="submit" value="leave" data-act="leave-go" { (lang.say(w::LEAVE)) }
            }
        }
        script type="module" src=(asset::link("field-leave.js")) {}
    }
}
