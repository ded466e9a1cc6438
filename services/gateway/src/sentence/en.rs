//! The sentences in English.

pub(super) mod life;
mod local;

use domain::{
    case::{
        Fact, Outcome, Proxied, Report, Whistle,
        fact::{Called, Routed, Rung},
    },
    party::Party,
};

use super::{
    Speech,
    shape::{Call, Raised, Same, Way},
    speech::quoted,
};

/// What a chief of a road says, of the unit that has the road.
pub(super) fn by_chief(say: Speech<'_>, by: &Party, fact: &Fact) -> String {
    let who = say.party(by);
    match fact {
        Fact::Confirmed { ratings, .. } => {
            let stars = say.stars(ratings);
            format!("A chief of the road, of {who}, confirmed that it is settled{stars}")
        }
        fact => format!("{} (by a chief of the road, of {who})", of(say, fact)),
    }
}

/// The sentence for a fact.
pub(super) fn of(say: Speech<'_>, fact: &Fact) -> String {
    match fact {
        Fact::Whistled(whistle) => whistled(say, whistle),
        Fact::Routed(routed) => route(say, routed),
        Fact::Assigned { round, lead, assigned_by, note, .. } => {
            let (who, lead, note) = (say.party(assigned_by), say.unit(lead), say.after(note));
            format!("{who} named {lead} as the lead of round {round}{note}")
        }
        Fact::Called(called) => call(say, called),
        Fact::Accepted { unit, .. } => format!("{} reported for duty", say.unit(unit)),
        Fact::Refused { unit, reason, named_unit, .. } => {
            let other = named_unit.as_ref().map(|other| format!("; it names {}", say.unit(other)));
            format!("{} refused{}{}", say.unit(unit), say.after(reason), other.unwrap_or_default())
        }
        Fact::Arrived { unit, .. } => format!("{} is on site", say.unit(unit)),
        Fact::Disposed { unit, summary, .. } => {
            format!("{} has done its part{}", say.unit(unit), say.after(summary))
        }
        Fact::Declared { unit, summary, .. } => {
            format!("{} declared the matter disposed{}", say.unit(unit), say.after(summary))
        }
        Fact::Confirmed { ratings, .. } => {
            format!("The community confirmed that it is settled{}", say.stars(ratings))
        }
        Fact::SentBack { round, reason, .. } => {
            format!("The community sent round {round} back{}", say.after(reason))
        }
        Fact::Reminded(one) => limit(say, one, "was reminded"),
        Fact::Urged(one) => limit(say, one, "was urged"),
        Fact::ReportedAgain(report) => again(say, report),
        Fact::Merged { into, confirmed_by, note } => {
            let (who, note) = (say.party(confirmed_by), say.after(note));
            format!("{who} said that it is the matter of {into}, which goes on{note}")
        }
        Fact::ToldApart { other, said_by, note } => {
            let (who, note) = (say.party(said_by), say.after(note));
            format!("{who} said that it is not the matter of {other}{note}")
        }
        Fact::HandedOver { lead, basis, decided_by, .. } => {
            let (who, lead) = (say.party(decided_by), say.unit(lead));
            format!("{who} handed it over to {lead}{}", say.after(basis))
        }
        Fact::Ladder(said) => life::ladder(say, said),
        Fact::Dispute(said) => life::dispute(say, said),
        Fact::Timing(said) => life::timing(say, said),
        Fact::Finding(said) => life::finding(say, said),
        Fact::Local(said) => local::said(say, said),
        Fact::Proxied(Proxied { by, act }) => {
            format!("{}, in whose place {} acts", of(say, act), say.unit(by))
        }
        Fact::Closed { outcome, .. } => closed(*outcome).to_owned(),
    }
}

fn whistled(say: Speech<'_>, whistle: &Whistle) -> String {
    let who = say.community(whistle.community.as_str());
    let does = match Raised::of(whistle) {
        Raised::Complained(about) => {
            let (about, why) = (say.unit(about), say.after(&whistle.description));
            return format!("{who} complained about {about}{why}");
        }
        Raised::Approved => "A joint approval (联审联批) gave the work".to_owned(),
        Raised::Left => "A joint operation (联合执法) left the work".to_owned(),
        Raised::Blown => format!("{who} blew the whistle"),
    };
    let (issue, seen) = (say.issue(&whistle.issue_type), quoted(&whistle.description));
    format!("{does}: {issue} in {}: {seen}", whistle.grid)
}

fn call(say: Speech<'_>, called: &Called) -> String {
    let (unit, lead) = (say.unit(&called.unit), say.unit(&called.lead));
    match Call::of(called) {
        Call::Proxy => format!("{unit} has no client: {lead} was called to act in its place"),
        Call::Cooperate => format!("{unit} was called to cooperate with {lead}"),
        Call::Lead => format!("{unit} was called to lead"),
    }
}

fn closed(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Confirmed => "Closed as confirmed",
        Outcome::Merged => "Closed: its matter goes on in the other case",
        Outcome::Withdrawn => "Closed as withdrawn, which counts as nothing",
        Outcome::Unconfirmed => "Closed without the community's word, which is no satisfaction",
    }
}

fn again(say: Speech<'_>, report: &Report) -> String {
    let (who, intake) = (say.community(report.reporter.as_str()), &report.intake);
    let number = intake.external_id.as_ref().map(|number| format!(" as {number}"));
    let why = match Same::of(report) {
        Same::Before(case) => format!("it was {case} before"),
        Same::Said => "said to be the same".to_owned(),
        Same::Number => "the same number".to_owned(),
        Same::Place(metres) => format!("the same place within {metres} m"),
    };
    let (channel, number) = (intake.channel.name(), number.unwrap_or_default());
    let seen = say.after(&report.description);
    format!("{who} reported it again through {channel}{number} ({why}){seen}")
}

fn route(say: Speech<'_>, routed: &Routed) -> String {
    let (round, owner, basis) = (routed.round, say.party(&routed.owner), say.after(&routed.basis));
    match Way::of(routed) {
        Way::Led(lead) => {
            let beside = match routed.cooperating.as_slice() {
                [] => String::new(),
                cooperating => format!(" with {}", say.units(cooperating)),
            };
            format!("Round {round}: {} leads{beside}{basis}", say.unit(lead))
        }
        Way::Owned => format!("{owner} has round {round}{basis}"),
        Way::ToName(next) => {
            let among = match routed.candidates.as_slice() {
                [] => String::new(),
                candidates => format!(" among {}", say.units(candidates)),
            };
            format!("{owner} has to name the lead of round {next}{among}{basis}")
        }
    }
}

fn limit(say: Speech<'_>, rung: &Rung, told: &str) -> String {
    let (who, duty, due) = (say.party(&rung.party), rung.duty.word(), say.time(rung.due));
    format!("{who} {told} to {duty}; the limit is {due}")
}
