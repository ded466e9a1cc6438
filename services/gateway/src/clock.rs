//! What an office decides about a unit's clock: it stands still, it runs again, it has more time.
//!
//! The office never does that for its own house: where its department is a party, only the city
//! government may, and so it is in a round whose limit its instruction has set. While a direct report
//! waits for its answer nothing is decided here. The public clock is touched by nothing here. One
//! decision about the clocks of a case is on its way to the bus at a time, so that each is judged by
//! what the one before made of it; a hold is over by itself when the pack's limit for holds has run
//! out.

use domain::{
    case::{Course, Duty, Fact, Stage, Timing, clocks},
    clock::Pace,
    id::{CaseId, UnitId},
    pack::{Length, Limit, Limits},
    party::Party,
    rejection::Rejection,
    routing::power,
    task,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
};

use crate::{
    access, again, answer,
    command::By,
    door::Door,
    index::{self, Slot},
    ladder,
    matter::Matter,
    number,
};

/// The kind of the change, and the middle of the envelope's id.
const CLOCK: &str = "clock";

/// What is to become of a unit's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It stands still.
    Hold {
        /// Why.
        reason: String,
    },
    /// It runs again.
    Resume,
    /// It has more time for a duty.
    Extend {
        /// For what.
        duty: Duty,
        /// How much more.
        by: Length,
        /// Why.
        reason: String,
    },
}

/// A decision about a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The case.
    pub case_id: CaseId,
    /// The unit.
    pub unit: UnitId,
    /// What.
    pub deed: Deed,
}

/// Decides; the answer is the round, as four bytes.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    profile: &str,
    Order { case_id, unit, deed }: Order,
) -> Result<Decision, Refusal> {
    let matter = index::matter(tx, &case_id)?.ok_or_else(|| answer::unknown(&case_id))?;
    access::check_timer(&door.access, &matter, &by)?;
    power::check_ruler(&door.city, &matter.course, &by.party)?;
    ladder::check_free(tx, &matter)?;
    check_instructed(door, &matter.course, &by)?;
    check_works(&matter, &unit)?;
    let limits = index::limits(tx, &door.city, profile, &matter)?;
    let course = &matter.course;
    let round = course.round;
    let timing = timing(course, &limits, &by, unit, deed)?;
    if index::is_decided(tx, &case_id, Slot::Clock, round)? {
        let message = format!(
            "the decision before about the clocks of {case_id} is not on the record yet; try again"
        );
        return Err(Rejection::unavailable("CLOCK_DECIDED_MEANWHILE", message).into());
    }
    let mark = number::mark(&by.party, &by.request_id);
    let name = format!("{round}/{CLOCK}/{mark}");
    let unit = timing.unit().clone();
    let said = again::say(&door.city, &by, &matter, &name, &Fact::Timing(timing))?;
    // The unit is told, or who acts in its place: what its desk shows follows.
    let recipient = Some(matter.course.told(&Party::unit(&unit)));
    let outgoing = Outgoing { recipient, ..said };
    let data = case_id.as_str().as_bytes().to_vec();
    Ok(Decision::change(CLOCK, data, vec![outgoing], round.to_be_bytes().to_vec()))
}

/// By when an instruction is done was said by the city government: nobody else gives more.
fn check_instructed(door: &Door, course: &Course, by: &By) -> Result<(), Rejection> {
    if !course.direct.is_limited(course.round) || power::is_government(&door.city, &by.party) {
        return Ok(());
    }
    let message = format!(
        "the city government has set the limit of this round; right would be: office/{}",
        door.city.government
    );
    Err(Rejection::forbidden("INSTRUCTION_BINDS", message).at("case_id"))
}

/// Whether the unit is called and still owes something.
fn check_works(matter: &Matter, unit: &UnitId) -> Result<(), Rejection> {
    let Course { stage, parts, lead, .. } = &matter.course;
    let id = &matter.id;
    if !matches!(stage, Stage::Called | Stage::Working) {
        let message = format!("{id} is {}: no unit's clock runs", stage.word());
        return Err(Rejection::conflict("WRONG_STAGE", message).at("case_id"));
    }
    let Some(part) = parts.get(unit).filter(|part| part.called_at.is_some()) else {
        let message = format!("{unit} is not called in this round of {id}");
        return Err(Rejection::invalid("UNIT_NOT_CALLED", "unit", message));
    };
    if part.is_done() && lead.as_ref() != Some(unit) {
        let message = format!("{unit} has done its part of {id}: its clock has ended");
        return Err(Rejection::conflict("CLOCK_ENDED", message).at("unit"));
    }
    Ok(())
}

/// What the decision makes true, if it is one that may be made.
fn timing(
    course: &Course,
    limits: &Limits,
    by: &By,
    unit: UnitId,
    deed: Deed,
) -> Result<Timing, Rejection> {
    let (round, decided_by) = (course.round, by.party.clone());
    let is_held = course.clocks.is_held(&unit);
    let timing = match deed {
        Deed::Hold { reason } => {
            task::text("REASON_MISSING", "reason", &reason)?;
            if limits.hold.is_none() {
                let message = "the pack has no limit for hold: it would be held for ever";
                return Err(Rejection::conflict("HOLD_WITHOUT_LIMIT", message));
            }
            if is_held {
                let message = format!("the clock of {unit} is held already");
                return Err(Rejection::conflict("ALREADY_HELD", message).at("unit"));
            }
            Timing::Held { round, unit, reason, decided_by }
        }
        Deed::Resume if !is_held => {
            let message = format!("the clock of {unit} is not held");
            return Err(Rejection::conflict("NOT_HELD", message).at("unit"));
        }
        Deed::Resume => Timing::Resumed { round, unit, decided_by },
        Deed::Extend { duty, by, reason } => {
            task::text("REASON_MISSING", "reason", &reason)?;
            let by_ms = more(limits, course, duty, by)?;
            Timing::Extended { round, unit, duty, by_ms, reason, decided_by }
        }
    };
    let count = course.clocks.holds.len() + course.clocks.extensions.len();
    if !matches!(timing, Timing::Resumed { .. }) && count >= clocks::DECISIONS_MAX {
        let message = format!("at most {} decisions about clocks a round", clocks::DECISIONS_MAX);
        return Err(Rejection::conflict("TOO_MANY_DECISIONS", message).at("case_id"));
    }
    if course.clocks.has(&timing) {
        let message = "the same extension for the same reason is there; say what is new";
        return Err(Rejection::conflict("ALREADY_EXTENDED", message).at("reason"));
    }
    Ok(timing)
}

/// How much more time it is, which must be in the time of the limit.
fn more(limits: &Limits, course: &Course, duty: Duty, by: Length) -> Result<u64, Rejection> {
    let work = clocks::work_limit(course, limits);
    let Limit { pace, .. } = match duty {
        Duty::Accept => limits.accept,
        Duty::Arrive => limits.arrive,
        Duty::Dispose | Duty::Declare => work,
        _ => {
            let message =
                format!("no unit owes to {}; only its own duties have more time", duty.word());
            return Err(Rejection::invalid("DUTY_OF_NO_UNIT", "duty", message));
        }
    };
    match by.pace() {
        None => {
            let message = "an extension by nothing; right would be: like 4h or 1wd";
            Err(Rejection::invalid("NOTHING_MORE", "by", message))
        }
        Some(other) if other != pace => {
            let (is, right) = match pace {
                Pace::Working => ("working time", "4wh or 1wd"),
                Pace::Around => ("around the clock", "4h or 1d"),
            };
            let message = format!("this limit is {is}; right would be: like {right}");
            Err(Rejection::invalid("OTHER_TIME", "by", message))
        }
        Some(_) => Ok(by.ms(limits.calendar.day_ms())),
    }
}
