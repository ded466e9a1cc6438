//! A matter that has a case already: which one it is, and the report that goes to it.
//!
//! The pack's window proposes, its rule confirms, or the caller says so; see
//! [`domain::case::duplicate`]. Candidates come from an index and are few: of the open cases of a
//! matter in a cell, the last reported [`LOOKED_AT`] are judged by place, and all by number.
//! A report is never lost over this: where no case takes it, the whistle is a case of its own.

use domain::{
    case::{
        Fact, Ground, Report, Stage, Whistle,
        duplicate::{Coming, Known, Likeness, judge},
    },
    id::CaseId,
    moment::Moment,
    pack::City,
    rejection::Rejection,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};

use crate::{
    access, answer, command::By, complaint, door::Door, index, matter::Matter, number, raise, told,
};

/// How many open cases of a matter in a cell are judged.
const LOOKED_AT: usize = 100;

/// How many are proposed at most.
const PROPOSED_MAX: usize = 10;

/// How many reports a case takes.
pub(crate) const REPORTS_MAX: usize = 100;

/// How often a case that was merged leads to another such one.
const CHAIN_MAX: usize = 100;

/// What is known of a matter that comes in.
pub(crate) enum Found {
    /// It has this case.
    Same(Box<Matter>, Ground),
    /// It has none; these may be about it.
    New(Vec<CaseId>),
}

/// What the caller knows of it.
pub(crate) struct Hint {
    /// The case whose matter it is.
    pub(crate) same_as: Option<CaseId>,
    /// Cases whose matter it is not.
    pub(crate) different_from: Vec<CaseId>,
}

/// Finds the case of a matter.
pub(crate) fn find(
    door: &Door,
    tx: &Tx<'_>,
    by: &By,
    whistle: &Whistle,
    hint: &Hint,
    now: Moment,
) -> Result<Found, Refusal> {
    let Some(same_as) = &hint.same_as else { return Ok(look(&door.city, tx, whistle, hint, now)?) };
    if hint.different_from.contains(same_as) {
        let message = format!("{same_as} can't be the same matter and another one");
        return Err(Rejection::invalid("SAME_AND_DIFFERENT", "different_from", message).into());
    }
    let named = named(door, tx, by, same_as)?;
    check_type(&named, &whistle.issue_type)?;
    complaint::check_same(&named, whistle.complaint.as_ref())?;
    check_room(&named, 1)?;
    Ok(Found::Same(Box::new(named), Ground::Person))
}

/// By the pack's rule.
fn look(
    city: &City,
    tx: &Tx<'_>,
    whistle: &Whistle,
    hint: &Hint,
    now: Moment,
) -> Result<Found, view::Error> {
    let Whistle { issue_type, grid, intake, .. } = whistle;
    let rule = city.duplicates(issue_type);
    let since = now - rule.window();
    let mut ids = index::candidates(tx, issue_type, grid, since, LOOKED_AT)?;
    if let Some(number) = &intake.external_id {
        ids.extend(index::of_number(tx, intake.channel, number, LOOKED_AT)?);
    }
    // Without a number and a place nothing can be confirmed, and only so many are proposed.
    let is_plain = intake.external_id.is_none() && intake.place.point.is_none();
    let coming = Coming { issue_type, grid, intake, at: now };
    let (mut best, mut proposed): (Option<(Ground, Matter)>, Vec<CaseId>) = (None, Vec::new());
    for id in ids {
        if is_plain && proposed.len() >= PROPOSED_MAX {
            break;
        }
        if hint.different_from.contains(&id) || proposed.contains(&id) {
            continue;
        }
        let Some(matter) = index::matter(tx, &id)? else { continue };
        let is_same = complaint::is_same(&matter, whistle.complaint.as_ref());
        if !is_same || index::merged_into(tx, &matter)?.is_some() {
            continue;
        }
        match likeness(&rule, &matter, &coming) {
            Likeness::Other => {}
            Likeness::Confirmed(ground) if matter.reports.len() < REPORTS_MAX => {
                if best.as_ref().is_none_or(|(known, _)| ground < *known) {
                    best = Some((ground, matter));
                }
            }
            Likeness::Proposed | Likeness::Confirmed(_) => proposed.push(id),
        }
    }
    proposed.truncate(PROPOSED_MAX);
    Ok(match best {
        Some((ground, matter)) => Found::Same(Box::new(matter), ground),
        None => Found::New(proposed),
    })
}

fn likeness(rule: &domain::pack::DuplicateRule, matter: &Matter, coming: &Coming<'_>) -> Likeness {
    let intakes: Vec<_> = matter.reports.iter().map(|report| &report.intake).collect();
    let known = Known {
        issue_type: &matter.issue_type,
        grid: &matter.grid,
        is_open: matter.takes_reports(),
        reported_at: matter.reported_at(),
        intakes: &intakes,
    };
    judge(rule, &known, coming)
}

/// The open case that a person has named, or the one into which it was merged.
pub(crate) fn named(
    door: &Door,
    tx: &Tx<'_>,
    by: &By,
    same_as: &CaseId,
) -> Result<Matter, Refusal> {
    let at = |no: Rejection| no.at("same_as");
    let sight = access::sight(door, &by.party);
    let mut id = same_as.clone();
    for _ in 0..CHAIN_MAX {
        let matter = index::matter(tx, &id)?.ok_or_else(|| at(answer::unknown(&id)))?;
        sight.check(&matter).map_err(at)?;
        if let Some(next) = index::merged_into(tx, &matter)? {
            id = next;
            continue;
        }
        if !matter.takes_reports() {
            return Err(at(gone(&matter)).into());
        }
        return Ok(matter);
    }
    let message = format!("{same_as} was merged more than {CHAIN_MAX} times; name the last case");
    Err(Rejection::conflict("CHAIN_TOO_LONG", message).at("same_as").into())
}

/// Why a case takes no report any more.
fn gone(matter: &Matter) -> Rejection {
    let id = &matter.id;
    if matter.course.stage == Stage::Closed {
        let message = format!("{id} is closed: what comes after it is a matter of its own");
        return Rejection::conflict("CASE_CLOSED", message);
    }
    let message = format!("{id} is confirmed as settled: what comes after it is another matter");
    Rejection::conflict("CASE_DECIDED", message)
}

/// Two matters of different kinds go to different units.
pub(crate) fn check_type(
    named: &Matter,
    issue_type: &domain::id::IssueTypeId,
) -> Result<(), Rejection> {
    if named.issue_type == *issue_type {
        return Ok(());
    }
    let (id, other) = (&named.id, &named.issue_type);
    let message =
        format!("{id} is a case of {other}, not of {issue_type}; right would be: {other}");
    Err(Rejection::conflict("OTHER_ISSUE_TYPE", message).at("same_as"))
}

/// A case takes so many reports and no more.
pub(crate) fn check_room(named: &Matter, more: usize) -> Result<(), Rejection> {
    if named.reports.len() + more <= REPORTS_MAX {
        return Ok(());
    }
    let message =
        format!("{} has {} reports, at most {REPORTS_MAX}", named.id, named.reports.len());
    Err(Rejection::conflict("TOO_MANY_REPORTS", message).at("same_as"))
}

/// The report goes to the case; nobody is called.
pub(crate) fn link(
    city: &City,
    by: By,
    named: &Matter,
    report: Report,
) -> Result<Decision, Rejection> {
    let mark = number::mark(&by.party, &by.request_id);
    let outgoing = say(city, &by, named, &format!("again/{mark}"), &Fact::ReportedAgain(report))?;
    let data = named.id.as_str().as_bytes().to_vec();
    let answer = Answer { case_id: named.id.to_string(), is_again: true, proposed: Vec::new() };
    Ok(Decision::change("report", data, vec![outgoing], answer.write()))
}

/// An envelope about a case that is there.
pub(crate) fn say(
    city: &City,
    by: &By,
    matter: &Matter,
    name: &str,
    fact: &Fact,
) -> Result<Outgoing, Rejection> {
    let id = raise::envelope_id(format!("{}/{name}", matter.id))?;
    let subject = told::subject(&city.id, &matter.id);
    Ok(Outgoing {
        actor: Some(by.person.clone()),
        on_behalf_of: Some(by.party.clone()),
        // One case is one trace, whoever speaks and however much later.
        traceparent: matter.trace.clone().or_else(|| Some(by.trace.clone())),
        ..Outgoing::new(id, &subject, proto::fact::write(fact))
    })
}

/// The answer to a whistle, as it is kept for whoever repeats it: words with a space between.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The number of the case.
    pub(crate) case_id: String,
    /// Whether the matter had it already.
    pub(crate) is_again: bool,
    /// What may be about the same matter.
    pub(crate) proposed: Vec<String>,
}

/// The word of a report that has gone to a case.
const AGAIN: &str = "again";

impl Answer {
    /// As it is kept.
    pub(crate) fn write(&self) -> Vec<u8> {
        let again = self.is_again.then(|| AGAIN.to_owned());
        let words = std::iter::once(self.case_id.clone()).chain(again);
        words.chain(self.proposed.iter().cloned()).collect::<Vec<_>>().join(" ").into_bytes()
    }

    /// Reads it; no case is named as the word is, for a number begins with its day.
    pub(crate) fn read(bytes: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(bytes);
        let mut words = text.split(' ').map(str::to_owned).peekable();
        let case_id = words.next().unwrap_or_default();
        let is_again = words.next_if(|word| word == AGAIN).is_some();
        Answer { case_id, is_again, proposed: words.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_it_was_written_also_one_of_before() {
        for (is_again, proposed) in [(false, vec![]), (true, vec![]), (false, vec!["2", "3"])] {
            let proposed = proposed.into_iter().map(str::to_owned).collect();
            let answer = Answer { case_id: "1".into(), is_again, proposed };
            assert_eq!(Answer::read(&answer.write()), answer);
        }
        let before = Answer::read(b"20261122-7QK3M9ZT");
        assert_eq!((before.case_id.as_str(), before.is_again), ("20261122-7QK3M9ZT", false));
    }
}
