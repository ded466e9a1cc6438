//! The sentences for what is said when a case does not go as it should.

use domain::{
    case::{Body, Dispute, Finding, Ladder, Timing, ground::Ground},
    id::UnitId,
    pack::City,
};

use super::{after, party, rung_sentence, time, unit};

pub(super) fn ladder(city: &City, ladder: &Ladder) -> String {
    match ladder {
        Ladder::Pressed { party: who, note, pressed_by, .. } => {
            format!("{} urged {}{}", party(city, pressed_by), party(city, who), after(note))
        }
        Ladder::Noticed { rung, contact } => {
            let who = if contact.is_empty() { "" } else { &format!(", {contact}") };
            let told = format!("(first responsible person{who}) was told that it is late");
            rung_sentence(city, rung, &told)
        }
        Ladder::RightOpened { unit: id, due, .. } => {
            let (who, due) = (unit(city, id), time(city, *due));
            format!("The community may report directly: {who} should have settled it by {due}")
        }
        Ladder::Reported { against, reason, reported_by, is_answered_before, .. } => {
            let (who, against) = (party(city, reported_by), units(city, against));
            let before = if *is_answered_before { " (answered before receipt)" } else { "" };
            let reason = after(reason);
            format!("{who} reported {against} directly to the city government{before}{reason}")
        }
        Ladder::Instructed { lead, text, instructed_by, .. } => {
            format!("{} instructed {}{}", party(city, instructed_by), unit(city, lead), after(text))
        }
        Ladder::Withdrawn { reason, withdrawn_by, .. } => {
            format!("{} withdrew the case{}", party(city, withdrawn_by), after(reason))
        }
    }
}

pub(super) fn dispute(city: &City, dispute: &Dispute) -> String {
    let unit = |id| unit(city, id);
    match dispute {
        Dispute::Transferred { from, to, reason, .. } => {
            format!("{} handed it to {}{}", unit(from), unit(to), after(reason))
        }
        Dispute::Opened { units: asked, reason, owner, .. } => {
            let (owner, asked) = (party(city, owner), units(city, asked));
            format!("In dispute: {owner} rules; asked are {asked}{}", after(reason))
        }
        Dispute::Opinion { unit: id, text, named_unit, .. } => {
            let named = named_unit.as_ref().map(|other| format!("; it names {}", unit(other)));
            format!("{} gave its opinion{}{}", unit(id), after(text), named.unwrap_or_default())
        }
        Dispute::Silent { unit: id, .. } => format!("{} gave no opinion in time", unit(id)),
        Dispute::Ruled { lead, reason, body, ruled_by, .. } => {
            let (who, lead) = (party(city, ruled_by), unit(lead));
            let of = match body {
                Body::Office | Body::Government => "",
                Body::Conference => " for the joint conference",
            };
            format!("{who} ruled{of}: {lead} leads{}", after(reason))
        }
        Dispute::Contested { unit: id, reason, .. } => {
            format!("{} contested the ruling{}", unit(id), after(reason))
        }
        Dispute::Convened { agenda, .. } => {
            format!("On the agenda of the joint conference{}", after(agenda))
        }
        Dispute::Retyped { unit: id, issue_type, grid, reason, .. } => {
            let place = grid.as_ref().map(|grid| format!(" in {grid}")).unwrap_or_default();
            format!("{} says that it is {issue_type}{place}{}", unit(id), after(reason))
        }
        Dispute::Raised { severity, reason, raised_by, .. } => {
            let (who, word) = (party(city, raised_by), severity.word());
            format!("{who} raised the severity to {word}{}", after(reason))
        }
    }
}

pub(super) fn timing(city: &City, timing: &Timing) -> String {
    let unit = |id| unit(city, id);
    match timing {
        Timing::Held { unit: id, reason, decided_by, .. } => {
            format!("{} held the clock of {}{}", party(city, decided_by), unit(id), after(reason))
        }
        Timing::Resumed { unit: id, decided_by, .. } => {
            format!("{} let the clock of {} run again", party(city, decided_by), unit(id))
        }
        Timing::Extended { unit: id, duty, by_ms, reason, decided_by, .. } => {
            let (who, minutes) = (party(city, decided_by), by_ms / 60_000);
            let more = format!("{minutes} min more to {}", duty.word());
            format!("{who} gave {} {more}{}", unit(id), after(reason))
        }
    }
}

pub(super) fn finding(city: &City, finding: &Finding) -> String {
    match finding {
        Finding::Consulted { units: called, reason, .. } => {
            format!("All units are called to consult: {}{}", units(city, called), after(reason))
        }
        Finding::Found { is_upheld, text, found_by, .. } => {
            let word = if *is_upheld { "upheld" } else { "not upheld" };
            format!("{} found: the complaint is {word}{}", party(city, found_by), after(text))
        }
        Finding::Accounted { unit: id, grounds, .. } => {
            let grounds: Vec<String> = grounds.iter().map(|one| ground(city, one)).collect();
            format!("The sheet of {} was opened: {}", unit(city, id), grounds.join("; "))
        }
    }
}

/// What is so, and nothing about whose doing it is.
pub(crate) fn ground(city: &City, ground: &Ground) -> String {
    match ground {
        Ground::Late { round, duty, due, urged_at } => {
            let (duty, due, urged) = (duty.word(), time(city, *due), time(city, *urged_at));
            format!("in round {round} the limit to {duty} was {due}; it was urged at {urged}")
        }
        Ground::Reworked { times } => {
            format!("the community sent it back {times} times after it was declared disposed")
        }
        Ground::Reported { reported_at } => {
            let at = time(city, *reported_at);
            format!("the community reported it to the city government at {at}")
        }
        Ground::Evaded { times } => {
            format!("it refused this kind of matter against rulings, {times} times in all cases")
        }
        Ground::Upheld { found_at } => {
            format!("a complaint was upheld at {}", time(city, *found_at))
        }
    }
}

fn units(city: &City, ids: &[UnitId]) -> String {
    ids.iter().map(|id| unit(city, id)).collect::<Vec<_>>().join(", ")
}
