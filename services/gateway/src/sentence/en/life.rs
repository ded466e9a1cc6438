//! The sentences for what is said when a case does not go as it should.

use domain::{
    case::{Body, Dispute, Finding, Ladder, Timing, ground::Ground},
    id::UnitId,
};

use super::{Speech, limit};

pub(super) fn ladder(say: Speech<'_>, ladder: &Ladder) -> String {
    match ladder {
        Ladder::Pressed { party: who, note, pressed_by, .. } => {
            format!("{} urged {}{}", say.party(pressed_by), say.party(who), say.after(note))
        }
        Ladder::Noticed { rung, contact } => {
            let who = if contact.is_empty() { "" } else { &format!(", {contact}") };
            let told = format!("(first responsible person{who}) was told that it is late");
            limit(say, rung, &told)
        }
        Ladder::RightOpened { unit: id, due, .. } => {
            let (who, due) = (say.unit(id), say.time(*due));
            format!("The community may report directly: {who} should have settled it by {due}")
        }
        Ladder::Reported { against, reason, reported_by, is_answered_before, .. } => {
            let (who, against) = (say.party(reported_by), say.units(against));
            let before = if *is_answered_before { " (answered before receipt)" } else { "" };
            let reason = say.after(reason);
            format!("{who} reported {against} directly to the city government{before}{reason}")
        }
        Ladder::Instructed { lead, text, instructed_by, .. } => {
            format!("{} instructed {}{}", say.party(instructed_by), say.unit(lead), say.after(text))
        }
        Ladder::Withdrawn { reason, withdrawn_by, .. } => {
            format!("{} withdrew the case{}", say.party(withdrawn_by), say.after(reason))
        }
    }
}

pub(super) fn dispute(say: Speech<'_>, dispute: &Dispute) -> String {
    let unit = |id: &UnitId| say.unit(id);
    match dispute {
        Dispute::Transferred { from, to, reason, .. } => {
            format!("{} handed it to {}{}", unit(from), unit(to), say.after(reason))
        }
        Dispute::Opened { units: asked, reason, owner, .. } => {
            let (owner, asked) = (say.party(owner), say.units(asked));
            format!("In dispute: {owner} rules; asked are {asked}{}", say.after(reason))
        }
        Dispute::Opinion { unit: id, text, named_unit, .. } => {
            let named = named_unit.as_ref().map(|other| format!("; it names {}", unit(other)));
            format!("{} gave its opinion{}{}", unit(id), say.after(text), named.unwrap_or_default())
        }
        Dispute::Silent { unit: id, .. } => format!("{} gave no opinion in time", unit(id)),
        Dispute::Ruled { lead, reason, body, ruled_by, .. } => {
            let (who, lead) = (say.party(ruled_by), unit(lead));
            let of = match body {
                Body::Office | Body::Government => "",
                Body::Conference => " for the joint conference",
            };
            format!("{who} ruled{of}: {lead} leads{}", say.after(reason))
        }
        Dispute::Contested { unit: id, reason, .. } => {
            format!("{} contested the ruling{}", unit(id), say.after(reason))
        }
        Dispute::Convened { agenda, .. } => {
            format!("On the agenda of the joint conference{}", say.after(agenda))
        }
        Dispute::Retyped { unit: id, issue_type, grid, reason, .. } => {
            let place = grid.as_ref().map(|grid| format!(" in {grid}")).unwrap_or_default();
            format!("{} says that it is {issue_type}{place}{}", unit(id), say.after(reason))
        }
        Dispute::Raised { severity, reason, raised_by, .. } => {
            let (who, word) = (say.party(raised_by), severity.word());
            format!("{who} raised the severity to {word}{}", say.after(reason))
        }
    }
}

pub(super) fn timing(say: Speech<'_>, timing: &Timing) -> String {
    let unit = |id: &UnitId| say.unit(id);
    match timing {
        Timing::Held { unit: id, reason, decided_by, .. } => {
            format!("{} held the clock of {}{}", say.party(decided_by), unit(id), say.after(reason))
        }
        Timing::Resumed { unit: id, decided_by, .. } => {
            format!("{} let the clock of {} run again", say.party(decided_by), unit(id))
        }
        Timing::Extended { unit: id, duty, by_ms, reason, decided_by, .. } => {
            let (who, minutes) = (say.party(decided_by), by_ms / 60_000);
            let more = format!("{minutes} min more to {}", duty.word());
            format!("{who} gave {} {more}{}", unit(id), say.after(reason))
        }
    }
}

pub(super) fn finding(say: Speech<'_>, finding: &Finding) -> String {
    match finding {
        Finding::Consulted { units: called, reason, .. } => {
            format!("All units are called to consult: {}{}", say.units(called), say.after(reason))
        }
        Finding::Found { is_upheld, text, found_by, .. } => {
            let word = if *is_upheld { "upheld" } else { "not upheld" };
            format!("{} found: the complaint is {word}{}", say.party(found_by), say.after(text))
        }
        Finding::Accounted { unit: id, grounds, .. } => {
            let grounds: Vec<String> = grounds.iter().map(|one| ground(say, one)).collect();
            format!("The sheet of {} was opened: {}", say.unit(id), grounds.join("; "))
        }
    }
}

/// What is so, and nothing about whose doing it is.
pub(in super::super) fn ground(say: Speech<'_>, ground: &Ground) -> String {
    match ground {
        Ground::Late { round, duty, due, urged_at } => {
            let (duty, due, urged) = (duty.word(), say.time(*due), say.time(*urged_at));
            format!("in round {round} the limit to {duty} was {due}; it was urged at {urged}")
        }
        Ground::Reworked { times } => {
            format!("the community sent it back {times} times after it was declared disposed")
        }
        Ground::Reported { reported_at } => {
            let at = say.time(*reported_at);
            format!("the community reported it to the city government at {at}")
        }
        Ground::Evaded { times } => {
            format!("it refused this kind of matter against rulings, {times} times in all cases")
        }
        Ground::Upheld { found_at } => {
            format!("a complaint was upheld at {}", say.time(*found_at))
        }
    }
}
