//! What people say on the ladder: urging by hand, the direct report, its answer, the withdrawal.
//!
//! The community's right is judged here by the limits and the ledger alone: it is there also when
//! the worker is down and has told nobody. From the moment at which a report is taken, before it is
//! back from the bus, nothing else is decided about the case but its answer.

use std::collections::BTreeSet;

use domain::{
    case::{Fact, Ladder, Right, Stage, direct, owes},
    id::{CaseId, UnitId},
    moment::Moment,
    pack::Limits,
    party::{Kind, Party},
    rejection::Rejection,
    routing::{self, power},
    task,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};

use crate::{
    access, again, answer,
    command::{By, Climb, Shown},
    complaint,
    door::Door,
    index::{self, Slot},
    matter::Matter,
    raise, sentence,
};

/// How often somebody is urged by hand in one round of a case.
const URGINGS_MAX: u32 = 50;

/// The longest time that an instruction gives: 366 days.
const WITHIN_MS_MAX: u64 = 366 * 24 * 3_600_000;

/// What is decided: the fact, the name of its envelope, for whom it is, and the number to answer.
type Said = (Ladder, String, Option<Party>, u32);

/// Decides; the answer is the round, or the number of the urging, as four bytes.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    case_id: &CaseId,
    climb: Climb,
    now: Moment,
) -> Result<Decision, Refusal> {
    let matter = index::matter(tx, case_id)?.ok_or_else(|| answer::unknown(case_id))?;
    let at = At { door, tx, matter: &matter, now };
    let (ladder, name, recipient, number) = match climb {
        Climb::Urge { party, note } => at.urge(&by, party, note)?,
        Climb::Report { reason, shown } => at.report(&by, reason, shown)?,
        Climb::Withdraw { reason } => at.withdraw(&by, reason)?,
        Climb::Instruct { lead, cooperating, within_ms, text } => {
            at.instruct(&by, lead, &cooperating, within_ms, text)?
        }
    };
    let relieved = relieved(&matter, &ladder);
    let fact = Fact::Ladder(ladder);
    let said = again::say(&door.city, &by, &matter, &name, &fact)?;
    let mut outgoing = vec![Outgoing { recipient, ..said }];
    for party in relieved {
        let said = again::say(&door.city, &by, &matter, &format!("{name}/{party}"), &fact)?;
        outgoing.push(Outgoing { recipient: Some(party), ..said });
    }
    let data = case_id.as_str().as_bytes().to_vec();
    Ok(Decision::change("ladder", data, outgoing, number.to_be_bytes().to_vec()))
}

/// Who has a part in a case or is asked whose matter it is, and is not named by the instruction with
/// which it goes on: they are told that this is over. Who is named is called.
fn relieved(matter: &Matter, ladder: &Ladder) -> Vec<Party> {
    let Ladder::Instructed { lead, cooperating, .. } = ladder else { return Vec::new() };
    let had = matter.course.parts.iter();
    let had = had.filter(|(_, part)| part.called_at.is_some() && !part.outlives_its_round());
    let asked = matter.course.jurisdiction.asked.keys();
    let all: BTreeSet<&UnitId> = had.map(|(unit, _)| unit).chain(asked).collect();
    let is_named = |unit: &UnitId| unit == lead || cooperating.contains(unit);
    all.into_iter().filter(|unit| !is_named(unit)).map(Party::unit).collect()
}

/// Refuses what would close a case, or begin something in it, before a direct report is answered,
/// and everything about a case that is withdrawn.
pub(crate) fn check_free(tx: &Tx<'_>, matter: &Matter) -> Result<(), Refusal> {
    let id = &matter.id;
    if is_withdrawn(tx, matter)? {
        let message = format!("{id} is withdrawn");
        return Err(Rejection::conflict("CASE_WITHDRAWN", message).at("case_id").into());
    }
    if is_reported(tx, matter)? {
        return Err(frozen(matter, "waits for the answer of the city government").into());
    }
    Ok(())
}

/// Refuses to end a case that was ever reported directly otherwise than by the community's word.
pub(crate) fn check_never_reported(tx: &Tx<'_>, matter: &Matter) -> Result<(), Refusal> {
    check_free(tx, matter)?;
    if matter.course.direct.filed.is_some() {
        return Err(frozen(matter, "was reported directly to the city government").into());
    }
    Ok(())
}

fn frozen(matter: &Matter, why: &str) -> Rejection {
    let message = format!("{} {why}; nobody else ends it or decides about it", matter.id);
    Rejection::conflict("UNDER_DIRECT_REPORT", message).at("case_id")
}

fn is_withdrawn(tx: &Tx<'_>, matter: &Matter) -> Result<bool, Refusal> {
    Ok(matter.course.withdrawn_at.is_some()
        || index::is_decided(tx, &matter.id, Slot::Withdraw, 0)?)
}

/// Whether a report waits for its answer, also one that is on its way to the bus.
fn is_reported(tx: &Tx<'_>, matter: &Matter) -> Result<bool, Refusal> {
    let direct = &matter.course.direct;
    Ok(direct.is_frozen() || index::is_reported(tx, &matter.id, direct.answered())?)
}

/// One case, looked at now.
struct At<'a, 't> {
    door: &'a Door,
    tx: &'a Tx<'t>,
    matter: &'a Matter,
    now: Moment,
}

impl At<'_, '_> {
    /// As the ledger has them: our own outages are nobody's time.
    fn limits(&self) -> Result<Limits, view::Error> {
        index::limits(self.tx, &self.door.city, &self.door.profile, self.matter)
    }

    fn urge(&self, by: &By, party: Party, note: String) -> Result<Said, Refusal> {
        let Matter { course, grid, .. } = self.matter;
        access::check_urger(self.door, self.matter, by)?;
        power::check_urger(&self.door.city, grid, &by.party)?;
        answer::check_length("note", &note)?;
        self.check_open()?;
        self.check_late(&party)?;
        let number = self.next_urging()?;
        let (round, pressed_by) = (course.round, by.party.clone());
        let recipient = Some(course.told(&party));
        let pressed = Ladder::Pressed { round, party, number, note, pressed_by };
        Ok((pressed, format!("{round}/press/{number}"), recipient, number))
    }

    fn check_late(&self, party: &Party) -> Result<(), Refusal> {
        let owed = owes(&self.matter.course, &self.limits()?).into_iter();
        let mut dues = owed.filter(|owed| owed.party == *party);
        let Some(first) = dues.next() else {
            let message = format!("{party} owes nothing in {}", self.matter.id);
            return Err(Rejection::conflict("NOTHING_OWED", message).at("party").into());
        };
        if first.due > self.now {
            let until = sentence::time(&self.door.city, first.due);
            let message = format!("{party} has time to {} until {until}", first.duty.word());
            return Err(Rejection::conflict("NOT_LATE", message).at("party").into());
        }
        Ok(())
    }

    /// The first number that is free in this round, also of those on their way to the bus.
    fn next_urging(&self) -> Result<u32, Refusal> {
        let Matter { id, course, .. } = self.matter;
        for number in 1..=URGINGS_MAX {
            let is_there = course.pressed.contains_key(&number);
            if !is_there && !index::is_decided(self.tx, id, Slot::Press(number), course.round)? {
                return Ok(number);
            }
        }
        let message = format!("round {} of {id} has {URGINGS_MAX} urgings by hand", course.round);
        Err(Rejection::conflict("TOO_MANY_URGINGS", message).at("case_id").into())
    }

    fn report(&self, by: &By, reason: String, shown: Shown) -> Result<Said, Refusal> {
        let Matter { course, .. } = self.matter;
        access::check_reporter(self.door, self.matter, by)?;
        task::text("REASON_MISSING", "reason", &reason)?;
        let evidence = raise::check_shown(shown, Vec::new())?;
        self.check_undecided()?;
        check_free(self.tx, self.matter)?;
        self.check_right()?;
        let (against, is_answered_before) = direct::against(course, &self.limits()?, self.now);
        let to = Party { kind: Kind::Office, id: self.door.city.government.to_string() };
        let (round, reported_by, recipient) = (course.round, by.party.clone(), Some(to.clone()));
        let reported = Ladder::Reported {
            round,
            against,
            reason,
            evidence,
            reported_by,
            to,
            is_answered_before,
        };
        Ok((reported, format!("{round}/report"), recipient, round))
    }

    /// Refuses a report while a condition is not met, and names it.
    fn check_right(&self) -> Result<(), Refusal> {
        let Matter { id, course, .. } = self.matter;
        let (reason, message) = match direct::right(course, &self.limits()?, self.now) {
            Right::Open { .. } => return Ok(()),
            Right::Nowhere => ("NO_SUCH_RIGHT", "this city has no direct report".to_owned()),
            Right::NotCalled => (
                "NOT_REPORTED_TO_A_DEPARTMENT",
                format!("no department is called to {id}; right would be: after one was"),
            ),
            Right::TooEarly { unit, opens } => {
                let opens = sentence::time(&self.door.city, opens);
                let message = format!(
                    "{unit} still has time in {id}; right would be: from {opens} on, if it has \
                     not settled the matter"
                );
                ("TOO_EARLY", message)
            }
            Right::Settled => (
                "NOTHING_UNRESOLVED",
                format!("the units have done their parts in {id}; right would be: to send it back"),
            ),
            Right::Reported => return Err(frozen(self.matter, "was reported already").into()),
            Right::Over => ("CASE_DECIDED", format!("{id} is at its end")),
        };
        Err(Rejection::conflict(reason, message).at("case_id").into())
    }

    fn withdraw(&self, by: &By, reason: String) -> Result<Said, Refusal> {
        access::check_withdrawer(self.door, self.matter, by)?;
        task::text("REASON_MISSING", "reason", &reason)?;
        complaint::check_withdrawn(self.matter)?;
        self.check_undecided()?;
        check_never_reported(self.tx, self.matter)?;
        let (round, withdrawn_by) = (self.matter.course.round, by.party.clone());
        let withdrawn = Ladder::Withdrawn { round, reason, withdrawn_by };
        Ok((withdrawn, "withdraw".to_owned(), None, round))
    }

    fn instruct(
        &self,
        by: &By,
        lead: UnitId,
        cooperating: &[UnitId],
        within_ms: u64,
        text: String,
    ) -> Result<Said, Refusal> {
        let Matter { id, course, .. } = self.matter;
        access::check_instructor(self.door, self.matter, by)?;
        self.check_government(by)?;
        task::text("TEXT_MISSING", "text", &text)?;
        check_within(within_ms)?;
        let cooperating = routing::check_called(&self.door.city, &lead, cooperating)
            .map_err(|no| if no.field == "called_units" { no.at("cooperating") } else { no })?;
        self.check_open()?;
        self.check_waits()?;
        let round = course.round.saturating_add(1);
        if index::is_decided(self.tx, id, Slot::Lead, round)? {
            let message = format!("round {round} of {id} is decided already; read the case again");
            return Err(Rejection::conflict("ALREADY_ANSWERED", message).at("case_id").into());
        }
        let instructed_by = by.party.clone();
        let instructed =
            Ladder::Instructed { round, lead, cooperating, within_ms, text, instructed_by };
        Ok((instructed, format!("{round}/instruct"), None, round))
    }

    fn check_government(&self, by: &By) -> Result<(), Rejection> {
        let city = &self.door.city;
        if power::is_government(city, &by.party) {
            return Ok(());
        }
        let (who, right) = (&by.party, &city.government);
        let message = format!("{who} answers no direct report; right would be: office/{right}");
        Err(Rejection::forbidden("NOT_THE_GOVERNMENT", message))
    }

    /// Only a report that is in the record is answered: what was begun before it is there too.
    fn check_waits(&self) -> Result<(), Refusal> {
        let Matter { id, course, .. } = self.matter;
        if course.direct.is_frozen() {
            return Ok(());
        }
        if is_reported(self.tx, self.matter)? {
            let message = format!("the report about {id} is on its way to the bus; try again");
            return Err(Rejection::unavailable("REPORT_ON_ITS_WAY", message).into());
        }
        let message = format!("there is no direct report about {id} that waits for an answer");
        Err(Rejection::conflict("NOT_REPORTED", message).at("case_id").into())
    }

    fn check_open(&self) -> Result<(), Refusal> {
        let Matter { id, course, .. } = self.matter;
        if let Some(into) = index::merged_into(self.tx, self.matter)? {
            let message = format!("{id} is merged into {into}; right would be: that case");
            return Err(Rejection::conflict("CASE_MERGED", message).at("case_id").into());
        }
        if course.stage == Stage::Closed {
            let message = format!("{id} is closed");
            return Err(Rejection::conflict("CASE_CLOSED", message).at("case_id").into());
        }
        Ok(())
    }

    /// The community has not said yet that the matter is settled, or that it is not.
    fn check_undecided(&self) -> Result<(), Refusal> {
        self.check_open()?;
        let Matter { id, course, .. } = self.matter;
        let is_said = index::is_decided(self.tx, id, Slot::Verdict, course.round)?;
        // What was sent back is not settled.
        let is_back = course.sent_back == course.round && course.round > 0;
        if course.confirmed_at.is_some() || (is_said && !is_back) {
            let round = course.round;
            let message = format!("the community has said what it thinks of round {round} of {id}");
            return Err(Rejection::conflict("CASE_DECIDED", message).at("case_id").into());
        }
        Ok(())
    }
}

fn check_within(within_ms: u64) -> Result<(), Rejection> {
    if within_ms == 0 {
        let message = "an instruction says by when; right would be: a time in which it can be done";
        return Err(Rejection::invalid("LIMIT_MISSING", "within_ms", message));
    }
    if within_ms > WITHIN_MS_MAX {
        let message = format!("{within_ms} ms are more than 366 days");
        return Err(Rejection::invalid("LIMIT_TOO_LONG", "within_ms", message));
    }
    Ok(())
}
