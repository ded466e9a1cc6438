//! What a unit that is called says in an operation, at its own desk.

use kit::client::Spoken;
use maud::{Markup, html};
use proto::operation::{
    AnswerOrderRequest, AskTeamRequest, CheckInRequest, ConfirmPartRequest, Crew,
    DeclinePartRequest, GivenOrder, MemberState, OrderState, Part, ReadBriefingRequest,
    team_service_client::TeamServiceClient,
};

use super::{Known, forms, order::lines, teams};
use crate::{form::Posted, names, trouble::Trouble, visit::Visit, words::operations as w};

/// Does it; none where this is no act of a unit.
pub(super) async fn does(posted: &Posted, id: &str, word: &str) -> Option<Result<(), Trouble>> {
    let is_known = ["confirm", "decline", "read", "check-in", "answer", "ask"].contains(&word);
    if !is_known {
        return None;
    }
    Some(match teams(&posted.visit) {
        Ok(Some(client)) => say(posted, client, id.to_owned(), word).await,
        Ok(None) => Err(Trouble::invalid("NO_DESK", posted.visit.say(crate::words::desk::NO_DESK))),
        Err(no) => Err(no),
    })
}

async fn say(
    posted: &Posted,
    mut client: TeamServiceClient<Spoken>,
    operation_id: String,
    word: &str,
) -> Result<(), Trouble> {
    let (form, command) = (&posted.form, Some(posted.command()));
    match word {
        "confirm" => {
            let crew = Crew {
                people: lines(&form.text("people")),
                vehicles: lines(&form.text("vehicles")),
                powers: lines(&form.text("powers")),
            };
            let request = ConfirmPartRequest { command, operation_id, crew: Some(crew) };
            client.confirm_part(request).await?;
        }
        "decline" => {
            let (reason, substitute) = (form.text("reason"), form.text("substitute"));
            let request = DeclinePartRequest { command, operation_id, reason, substitute };
            client.decline_part(request).await?;
        }
        "read" => drop(client.read_briefing(ReadBriefingRequest { command, operation_id }).await?),
        "check-in" => {
            client.check_in(CheckInRequest { command, operation_id, at_ms: 0 }).await?;
        }
        "answer" => {
            let request = AnswerOrderRequest {
                command,
                operation_id,
                order_id: form.text("order"),
                is_taken: form.text("does") == "yes",
                text: form.text("text"),
                ..AnswerOrderRequest::default()
            };
            client.answer_order(request).await?;
        }
        _ => {
            let request = AskTeamRequest {
                command,
                operation_id,
                unit: form.text("unit"),
                text: form.text("text"),
                grid: form.text("grid"),
                is_handover: form.text("sort") == "over",
            };
            client.ask_team(request).await?;
        }
    }
    Ok(())
}

/// The forms of the own unit.
pub(super) fn acts(visit: &Visit, known: &Known) -> Markup {
    let Some(part) = known.part.as_ref().filter(|part| !part.is_released && part.plan.is_some())
    else {
        return html! {};
    };
    let is_in = part.state() == MemberState::Confirmed;
    let (is_briefed, is_there) = (!part.members.is_empty(), part.checked_in_at_ms > 0);
    html! {
        section aria-labelledby="team" {
            h2 #team { (visit.say(w::TEAM_ACTS)) }
            @if let Some(crew) = &part.reserved {
                p { (visit.lang.fill(w::RESERVED, &[&names_of(crew)])) }
            }
            @if is_briefed { (briefing(visit, part)) }
            @for given in asked(part) { (answer(visit, part, given)) }
            @if is_in && is_briefed && !part.has_read { (plain(visit, part, "read")) }
            @if is_in && is_briefed && !is_there { (plain(visit, part, "check-in")) }
            @if is_in && is_briefed { (ask(visit, part)) }
            (confirm(visit, part))
            @if part.state() != MemberState::Declined { (decline(visit, part)) }
            p { a data-act="field" href="/field" { (visit.say(w::ON_THE_PHONE)) } }
        }
    }
}

fn names_of(crew: &Crew) -> String {
    crew.people.iter().chain(&crew.vehicles).cloned().collect::<Vec<_>>().join(", ")
}

/// What this unit was asked and has not answered.
pub(crate) fn asked(part: &Part) -> impl Iterator<Item = &GivenOrder> {
    let own = part.need.as_ref().map(|need| need.unit.clone()).unwrap_or_default();
    part.orders.iter().filter(move |given| {
        let is_to_us = given.order.as_ref().is_some_and(|order| order.to == own);
        is_to_us && given.state() == OrderState::Open
    })
}

fn briefing(visit: &Visit, part: &Part) -> Markup {
    let name = |unit: &String| names::unit(visit.console.city(), unit, visit.lang);
    let with: Vec<String> = part.members.iter().map(name).collect();
    let goal = part.plan.as_ref().map_or("", |plan| plan.goal.as_str());
    html! {
        p { b { (goal) } " · " (visit.lang.fill(w::BRIEFED_WITH, &[&with.join(visit.lang.pick("、", ", "))])) }
    }
}

/// What is one click.
fn plain(visit: &Visit, part: &Part, word: &str) -> Markup {
    let title = if word == "read" { w::READ_BRIEFING } else { w::CHECK_IN };
    html! {
        form id=(format!("form-{word}")) method="post"
            action=(format!("/operations/{}/{word}", part.operation_id)) {
            (visit.fields())
            button type="submit" data-act=(word) { (visit.say(title)) }
        }
    }
}

fn answer(visit: &Visit, part: &Part, given: &GivenOrder) -> Markup {
    let order = given.order.clone().unwrap_or_default();
    let fields = html! {
        input type="hidden" name="order" value=(order.id);
        fieldset {
            legend { (order.text) }
            @for (value, word) in [("yes", w::DOES), ("no", w::CANNOT)] {
                @let id = format!("answer-{}-{value}", order.id);
                label for=(id) {
                    input id=(id) type="radio" name="does" value=(value) required; " " (visit.say(word))
                }
            }
        }
        (forms::line(visit.say(w::ADDS), &format!("answer-{}-text", order.id), "text", false))
    };
    let title = visit.lang.fill(w::ANSWER_ORDER, &[&order.id, &order.text]);
    let word = format!("answer/{}", order.id);
    forms::act(visit, &part.operation_id, (&word, &title, ""), true, &fields)
}

fn ask(visit: &Visit, part: &Part) -> Markup {
    let fields = html! {
        (forms::choice(visit, w::TO, ("ask-unit", "unit"), None, &forms::units(visit)))
        fieldset {
            legend { (visit.say(w::SORT)) }
            @for (value, word) in [("help", w::HELP), ("over", w::OVER_TO)] {
                @let id = format!("ask-{value}");
                label for=(id) {
                    input id=(id) type="radio" name="sort" value=(value) required; " " (visit.say(word))
                }
            }
        }
        (forms::line(visit.say(w::WHAT), "ask-text", "text", true))
        (forms::line(visit.say(w::GRID), "ask-grid", "grid", false))
    };
    let words = ("ask", visit.say(w::ASK), visit.say(w::ASK_SAYS));
    forms::act(visit, &part.operation_id, words, false, &fields)
}

fn confirm(visit: &Visit, part: &Part) -> Markup {
    let need = part.need.clone().unwrap_or_default();
    let fields = html! {
        p { (visit.say(w::ASKED)) ": " (visit.lang.fill(w::PEOPLE_VEHICLES, &[&need.people, &need.vehicles])) }
        (forms::long(visit.say(w::PEOPLE_NAMES), "confirm-people", "people", true))
        (forms::long(visit.say(w::VEHICLE_NAMES), "confirm-vehicles", "vehicles", need.vehicles > 0))
        (forms::long(visit.say(w::POWERS), "confirm-powers", "powers", false))
    };
    let is_next = part.state() == MemberState::Called;
    let words = ("confirm", visit.say(w::CONFIRM), visit.say(w::CONFIRM_SAYS));
    forms::act(visit, &part.operation_id, words, is_next, &fields)
}

fn decline(visit: &Visit, part: &Part) -> Markup {
    let fields = html! {
        (forms::line(visit.say(w::REASON), "decline-reason", "reason", true))
        (forms::choice(visit, w::SUBSTITUTE, ("decline-substitute", "substitute"), Some(w::NOBODY), &forms::units(visit)))
    };
    let words = ("decline", visit.say(w::DECLINE), visit.say(w::DECLINE_SAYS));
    forms::act(visit, &part.operation_id, words, false, &fields)
}
