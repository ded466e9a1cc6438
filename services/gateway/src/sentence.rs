//! What was said, in a sentence: English, with the Chinese name of whoever is named.

mod ground;
mod life;
mod own;
#[cfg(test)]
mod tests;

use domain::{
    case::{
        Channel, Fact, Ground, Intake, Outcome, Proxied, Rating, Report, Whistle,
        fact::{Called, Routed, Rung},
    },
    id::UnitId,
    moment::Moment,
    pack::{City, Day},
    party::{Kind, Party},
};

pub(crate) use self::{life::ground, own::own_words};
use crate::told::Told;

/// How much of a long text is in the sentence, in characters.
const QUOTED_MAX: usize = 300;

/// The sentence for what was told: a chief of a road confirms in the community's place.
pub(crate) fn told(city: &City, told: &Told) -> String {
    match (&told.fact, &told.envelope.on_behalf_of) {
        (Fact::Confirmed { ratings, .. }, Some(by)) if by.kind == Kind::Unit => {
            let (who, stars) = (party(city, by), stars(city, ratings));
            format!("A chief of the road, of {who}, confirmed that it is settled{stars}")
        }
        (Fact::Whistled(_), Some(by)) if by.kind == Kind::Unit => {
            format!("{} (by a chief of the road, of {})", of(city, &told.fact), party(city, by))
        }
        (fact, _) => of(city, fact),
    }
}

/// The sentence for a whistle; what follows from an approval, nobody has whistled for.
fn whistled(city: &City, whistle: &Whistle) -> String {
    let issue = city.issues.get(&whistle.issue_type);
    let issue = issue.map(|issue| format!("{} ({})", issue.en, issue.zh));
    let issue = issue.unwrap_or_else(|| whistle.issue_type.to_string());
    let seen = quoted(&whistle.description);
    let does = match whistle.intake.channel {
        Channel::Approval => "A joint approval (联审联批) gave the work".to_owned(),
        Channel::Operation => "A joint operation (联合执法) left the work".to_owned(),
        _ => format!("{} blew the whistle", community(city, whistle.community.as_str())),
    };
    format!("{does}: {issue} in {}: {seen}", whistle.grid)
}

/// The sentence for a fact.
pub(crate) fn of(city: &City, fact: &Fact) -> String {
    let unit = |id| unit(city, id);
    let party = |id| party(city, id);
    match fact {
        Fact::Whistled(Whistle { community: who, complaint: Some(about), description, .. }) => {
            let (who, about) = (community(city, who.as_str()), unit(&about.about));
            format!("{who} complained about {about}{}", after(description))
        }
        Fact::Whistled(whistle) => whistled(city, whistle),
        Fact::Routed(routed) => route(city, routed),
        Fact::Assigned { round, lead, assigned_by, note, .. } => {
            let (who, lead) = (party(assigned_by), unit(lead));
            format!("{who} named {lead} as the lead of round {round}{}", after(note))
        }
        Fact::Called(Called { unit: id, by_proxy: true, lead, .. }) => {
            let (id, lead) = (unit(id), unit(lead));
            format!("{id} has no client: {lead} was called to act in its place")
        }
        Fact::Called(Called { unit: id, is_lead, lead, .. }) if !is_lead => {
            format!("{} was called to cooperate with {}", unit(id), unit(lead))
        }
        Fact::Called(called) => format!("{} was called to lead", unit(&called.unit)),
        Fact::Accepted { unit: id, .. } => format!("{} reported for duty", unit(id)),
        Fact::Refused { unit: id, reason, named_unit, .. } => {
            let other = named_unit.as_ref().map(|other| format!("; it names {}", unit(other)));
            format!("{} refused{}{}", unit(id), after(reason), other.unwrap_or_default())
        }
        Fact::Arrived { unit: id, .. } => format!("{} is on site", unit(id)),
        Fact::Disposed { unit: id, summary, .. } => {
            format!("{} has done its part{}", unit(id), after(summary))
        }
        Fact::Declared { unit: id, summary, .. } => {
            format!("{} declared the matter disposed{}", unit(id), after(summary))
        }
        Fact::Confirmed { ratings, .. } => {
            format!("The community confirmed that it is settled{}", stars(city, ratings))
        }
        Fact::SentBack { round, reason, .. } => {
            format!("The community sent round {round} back{}", after(reason))
        }
        Fact::Reminded(rung) => rung_sentence(city, rung, "was reminded"),
        Fact::Urged(rung) => rung_sentence(city, rung, "was urged"),
        Fact::ReportedAgain(report) => again(city, report),
        Fact::Merged { into, confirmed_by, note } => {
            let who = party(confirmed_by);
            format!("{who} said that it is the matter of {into}, which goes on{}", after(note))
        }
        Fact::ToldApart { other, said_by, note } => {
            format!("{} said that it is not the matter of {other}{}", party(said_by), after(note))
        }
        Fact::HandedOver { lead, basis, decided_by, .. } => {
            format!("{} handed it over to {}{}", party(decided_by), unit(lead), after(basis))
        }
        Fact::Ladder(said) => life::ladder(city, said),
        Fact::Dispute(said) => life::dispute(city, said),
        Fact::Timing(said) => life::timing(city, said),
        Fact::Finding(said) => life::finding(city, said),
        Fact::Local(said) => ground::said(city, said),
        Fact::Proxied(Proxied { by, act }) => {
            format!("{}, in whose place {} acts", of(city, act), unit(by))
        }
        Fact::Closed { outcome, .. } => closed(*outcome).to_owned(),
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

fn again(city: &City, report: &Report) -> String {
    let who = community(city, report.reporter.as_str());
    let Intake { channel, external_id, .. } = &report.intake;
    let number = external_id.as_ref().map(|number| format!(" as {number}")).unwrap_or_default();
    let why = match (report.ground, &report.merged_from) {
        (_, Some(case)) => format!("it was {case} before"),
        (Ground::Person, None) => "said to be the same".to_owned(),
        (Ground::SameNumber, None) => "the same number".to_owned(),
        (Ground::SamePlace(metres), None) => format!("the same place within {metres} m"),
    };
    let seen = after(&report.description);
    format!("{who} reported it again through {}{number} ({why}){seen}", channel.name())
}

fn route(city: &City, routed: &Routed) -> String {
    let units = |ids: &[UnitId]| -> String {
        let names: Vec<String> = ids.iter().map(|id| unit(city, id)).collect();
        names.join(", ")
    };
    let round = routed.round;
    let basis = after(&routed.basis);
    let Some(lead) = &routed.lead else {
        let owner = party(city, &routed.owner);
        if routed.responsible.is_empty() && routed.candidates.is_empty() {
            return format!("{owner} has round {round}{basis}");
        }
        let among = match routed.candidates.as_slice() {
            [] => String::new(),
            candidates => format!(" among {}", units(candidates)),
        };
        return format!(
            "{owner} has to name the lead of round {}{among}{basis}",
            round.saturating_add(1)
        );
    };
    let beside = match routed.cooperating.as_slice() {
        [] => String::new(),
        cooperating => format!(" with {}", units(cooperating)),
    };
    format!("Round {round}: {} leads{beside}{basis}", unit(city, lead))
}

fn rung_sentence(city: &City, rung: &Rung, told: &str) -> String {
    let (who, duty, due) = (party(city, &rung.party), rung.duty.word(), time(city, rung.due));
    format!("{who} {told} to {duty}; the limit is {due}")
}

fn stars(city: &City, ratings: &[Rating]) -> String {
    let one = |rating: &Rating| {
        let stars = if rating.stars == 1 { "star" } else { "stars" };
        format!("{} {} {stars}", unit(city, &rating.unit), rating.stars)
    };
    after(&ratings.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn after(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!(": {}", quoted(text)) }
}

fn quoted(text: &str) -> String {
    let mut characters = text.trim().chars();
    let start: String = characters.by_ref().take(QUOTED_MAX).collect();
    if characters.next().is_some() { format!("{start}…") } else { start }
}

fn unit(city: &City, id: &UnitId) -> String {
    match city.unit(id) {
        Some(unit) => format!("{} ({})", unit.en, unit.zh),
        None => id.to_string(),
    }
}

fn community(city: &City, id: &str) -> String {
    let known = city.communities.values().find(|community| community.id.as_str() == id);
    known.map_or_else(|| id.to_owned(), |known| format!("{} ({})", known.en, known.zh))
}

/// An office is named as the unit of the registry that it is.
fn party(city: &City, party: &Party) -> String {
    let id = UnitId::parse(party.id.clone()).ok();
    match (party.kind, id) {
        (Kind::Unit | Kind::Office, Some(id)) if city.unit(&id).is_some() => unit(city, &id),
        (Kind::Community, _) => community(city, &party.id),
        _ => party.to_string(),
    }
}

/// A moment by the city's clocks.
pub(crate) fn time(city: &City, at: Moment) -> String {
    let day = Day::of(at, city.utc_offset_minutes);
    let minutes = (at.0 - day.start(city.utc_offset_minutes).0) / 60_000;
    format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
}

/// What the bulletin says where a complaint was upheld.
pub(crate) fn upheld(city: &City, sheet: &domain::accountability::SheetId) -> String {
    format!("A complaint about {} was upheld, {}", unit(city, &sheet.unit), sheet.case_id)
}
