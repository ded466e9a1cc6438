//! What the system itself gives as a reason: a closed list of phrases, written and read in one place.
//!
//! A fact carries its reason as a text, because most reasons are what people wrote. Those that the
//! worker and the registry give are English. Whoever shows a case in another language reads the
//! phrase back here; a text that is none of these is somebody's own and stays as it is.

use std::fmt;

use super::Body;

/// Between the versions of a row and the units of it that nobody can call.
pub const ABSENT: &str = "; named and not callable: ";
/// Before the day from which a row is in force.
const FORCE: &str = "), in force from ";

/// One reason. Units are named by their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phrase<'a> {
    /// In dispute: the lead says that it is another kind of matter, and it was handed on already.
    OtherKind(&'a str),
    /// In dispute: the lead refuses what was assigned to it.
    RefusesAssigned(&'a str),
    /// In dispute: the lead refuses and names one that has refused.
    NamesRefuser(&'a str, &'a str),
    /// In dispute: the lead refuses and names this one or nobody; it was handed on so often.
    HandedOn(&'a str, Option<&'a str>, u32),
    /// On the agenda: the kind of matter, who contests, and what was ruled by whom.
    Contests(&'a str, &'a str, Body),
    /// No route was found, and why.
    NoRoute(&'a str),
    /// The lead refused, and another has to be named.
    RefusedToLead(&'a str),
    /// A complaint about this unit ends with a finding; whether one was not accepted.
    Complaint(&'a str, bool),
    /// This round was sent back.
    SentBack(u32),
    /// This round was sent back, for which time; all consult.
    SentBackAgain(u32, u32),
    /// The community was not satisfied so often.
    NotSatisfied(u32),
    /// A row of the registry: its task, its source, and since when it is in force.
    Row(&'a str, &'a str, &'a str),
    /// An amendment: its number, its document, since when it is in force, and where.
    Amended(&'a str, &'a str, &'a str, &'a str),
}

impl fmt::Display for Phrase<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Phrase::OtherKind(lead) => {
                write!(f, "{lead} says that it is another kind of matter, and it was handed on")
            }
            Phrase::RefusesAssigned(lead) => write!(f, "{lead} refuses what was assigned to it"),
            Phrase::NamesRefuser(lead, named) => {
                write!(f, "{lead} refuses and names {named}, which has refused")
            }
            Phrase::HandedOn(lead, named, times) => {
                let named = named.unwrap_or("nobody");
                write!(f, "{lead} refuses and names {named}; it was handed on {times} times")
            }
            Phrase::Contests(kind, name, body) => {
                let ruler = body.word();
                write!(f, "Who leads this case of {kind}: {name} contests what {ruler} ruled")
            }
            Phrase::NoRoute(why) => write!(f, "no route: {why}"),
            Phrase::RefusedToLead(lead) => write!(f, "{lead} refused to lead"),
            Phrase::Complaint(about, is_again) => {
                let again = if *is_again { NOT_ACCEPTED } else { "" };
                write!(f, "a complaint about {about} ends with a finding (M035){again}")
            }
            Phrase::SentBack(round) => write!(f, "round {round} was sent back"),
            Phrase::SentBackAgain(round, times) => {
                write!(f, "round {round} was sent back, the {times}. time; all consult")
            }
            Phrase::NotSatisfied(times) => {
                write!(f, "the community was not satisfied {times} times")
            }
            Phrase::Row(task, source, from) => write!(f, "{task} ({source}{FORCE}{from}"),
            Phrase::Amended(id, basis, from, place) => {
                write!(f, "amendment {id} ({basis}{FORCE}{from} in {place}")
            }
        }
    }
}

const NOT_ACCEPTED: &str = "; the finding was not accepted";

/// What stands between the two.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.strip_suffix(after)
}

impl<'a> Phrase<'a> {
    /// The phrase that a text is; none: it is what somebody wrote.
    pub fn read(text: &'a str) -> Option<Phrase<'a>> {
        let found = quarrel(text).or_else(|| word(text)).or_else(|| force(text))?;
        // What reads like one and would not be written so is not one.
        (found.to_string() == text).then_some(found)
    }
}

fn quarrel(text: &str) -> Option<Phrase<'_>> {
    if let Some(asked) = text.strip_prefix("Who leads this case of ") {
        let (kind, asked) = asked.split_once(": ")?;
        let (name, body) = asked.split_once(" contests what ")?;
        let bodies = [Body::Office, Body::Government, Body::Conference];
        let body =
            bodies.into_iter().find(|one| body.strip_suffix(" ruled") == Some(one.word()))?;
        return Some(Phrase::Contests(kind, name, body));
    }
    let (lead, rest) = text.split_once(' ')?;
    match rest {
        "says that it is another kind of matter, and it was handed on" => {
            return Some(Phrase::OtherKind(lead));
        }
        "refuses what was assigned to it" => return Some(Phrase::RefusesAssigned(lead)),
        "refused to lead" => return Some(Phrase::RefusedToLead(lead)),
        _ => {}
    }
    let named = rest.strip_prefix("refuses and names ")?;
    if let Some(named) = named.strip_suffix(", which has refused") {
        return Some(Phrase::NamesRefuser(lead, named));
    }
    let (named, times) = named.strip_suffix(" times")?.split_once("; it was handed on ")?;
    let named = Some(named).filter(|named| *named != "nobody");
    Some(Phrase::HandedOn(lead, named, times.parse().ok()?))
}

fn word(text: &str) -> Option<Phrase<'_>> {
    if let Some(why) = text.strip_prefix("no route: ") {
        return Some(Phrase::NoRoute(why));
    }
    if let Some(times) = between(text, "the community was not satisfied ", " times") {
        return Some(Phrase::NotSatisfied(times.parse().ok()?));
    }
    if let Some(about) = text.strip_prefix("a complaint about ") {
        let is_again = about.ends_with(NOT_ACCEPTED);
        let about = about.strip_suffix(NOT_ACCEPTED).unwrap_or(about);
        let about = about.strip_suffix(" ends with a finding (M035)")?;
        return Some(Phrase::Complaint(about, is_again));
    }
    let (round, rest) = text.strip_prefix("round ")?.split_once(" was sent back")?;
    let round = round.parse().ok()?;
    match rest {
        "" => Some(Phrase::SentBack(round)),
        rest => {
            let times = between(rest, ", the ", ". time; all consult")?;
            Some(Phrase::SentBackAgain(round, times.parse().ok()?))
        }
    }
}

fn force(text: &str) -> Option<Phrase<'_>> {
    let (row, from) = text.rsplit_once(FORCE)?;
    let (task, source) = row.split_once(" (")?;
    match (task.strip_prefix("amendment "), from.split_once(" in ")) {
        (Some(id), Some((from, place))) => Some(Phrase::Amended(id, source, from, place)),
        (None, None) => Some(Phrase::Row(task, source, from)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_as_the_same_phrase() {
        let all = [
            Phrase::OtherKind("housing"),
            Phrase::RefusesAssigned("housing"),
            Phrase::NamesRefuser("housing", "water"),
            Phrase::HandedOn("housing", Some("water"), 2),
            Phrase::HandedOn("housing", None, 1),
            Phrase::Contests("占道经营", "市住建局", Body::Office),
            Phrase::Contests("占道经营", "市住建局", Body::Government),
            Phrase::NoRoute("there is no row: none"),
            Phrase::RefusedToLead("housing"),
            Phrase::Complaint("housing", false),
            Phrase::Complaint("housing", true),
            Phrase::SentBack(2),
            Phrase::SentBackAgain(3, 2),
            Phrase::NotSatisfied(3),
            Phrase::Row("WS-C02", "清单（一） 2", "2024-01-01"),
            Phrase::Amended("A-1", "文政办 (2026) 7", "2026-01-01", "the whole city"),
        ];
        for one in all {
            assert_eq!(Phrase::read(&one.to_string()), Some(one));
        }
    }

    #[test]
    fn what_somebody_wrote_is_no_phrase() {
        for text in [
            "",
            "不属本单位职责",
            "round two was sent back",
            "round 02 was sent back",
            "housing refuses and names water",
            "the community was not satisfied",
            "Who leads this case of x: y contests what somebody ruled",
            "amendment A-1 (x), in force from 2026-01-01",
        ] {
            assert_eq!(Phrase::read(text), None, "{text}");
        }
    }
}
