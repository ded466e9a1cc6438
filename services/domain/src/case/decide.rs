//! What is to be done now about a case, and when to look again. Pure.
//!
//! The flow asks with the course, the limits and the time; the answer is data. Each step has a
//! name that is the same every time the same thing is decided, so that doing it twice is once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    clocks,
    course::{Course, Part, Stage},
    direct,
    fact::{Duty, Outcome, Rung},
    ground, jurisdiction,
};
use crate::{
    id::UnitId,
    moment::Moment,
    pack::{Limit, Limits},
    party::Party,
};

/// What somebody owes, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Who.
    pub party: Party,
    /// What.
    pub duty: Duty,
    /// Since when.
    pub from: Moment,
    /// By when.
    pub due: Moment,
    /// The limit that says so.
    pub limit: Limit,
    /// When a reminder goes out.
    pub remind_at: Moment,
    /// When it is urged.
    pub urge_at: Moment,
    /// When silence is an answer, where it may be one.
    pub end_at: Moment,
    /// The end of a hold that nobody has ended; none where the clock is not held.
    pub held_to: Option<Moment>,
    /// By when it was due before each outage of ours that has moved it: what was said of that
    /// moment was said of this one.
    pub before: Vec<Moment>,
}

impl Owed {
    /// What is owed from a moment on; its moments are derived by [`super::clocks`].
    pub fn new(party: Party, duty: Duty, from: Moment, limit: Limit) -> Owed {
        let due = from + limit.within();
        let (held_to, before) = (None, Vec::new());
        let (remind_at, urge_at, end_at) = (due, due, due);
        Owed { party, duty, from, due, limit, remind_at, urge_at, end_at, held_to, before }
    }

    /// Whether this was said already, of this moment or of the one that it was before an outage.
    fn is_said(&self, said: &BTreeSet<Rung>, rung: &Rung) -> bool {
        let before = self.before.iter().map(|due| Rung { due: *due, ..rung.clone() });
        said.contains(rung) || before.into_iter().any(|rung| said.contains(&rung))
    }
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Decide the route of the first round.
    Route,
    /// The lead refused: whoever it names leads, or it is in dispute, or somebody must assign. The
    /// round that this begins, or that the ruling will begin.
    Reassign(u32),
    /// The lead says that it is another kind of matter: route it anew. Likewise.
    Reroute(u32),
    /// Record that a unit has given no opinion in time.
    NoteSilence(u32, UnitId),
    /// The ruling is contested: bring it before the joint conference.
    Convene(u32),
    /// Call those who help when people are in danger; once in a case.
    Alert,
    /// The community sent it back: call the same units again. The round that this begins.
    Rework(u32),
    /// It was sent back too often: call all units to consult. The round that ends.
    Consult(u32),
    /// Open the sheet of a unit that has to answer for the case.
    Account(u32, UnitId),
    /// Call one unit.
    Call(u32, UnitId),
    /// Remind before the limit.
    Remind(Rung),
    /// Urge after the limit.
    Urge(Rung),
    /// Tell the first responsible person of a unit that is late (M036).
    Notice(Rung),
    /// Tell the community that it may report directly: the round, the unit that has not settled
    /// the matter, by when it should have.
    OpenRight(u32, UnitId, Moment),
    /// Close.
    Close(u32, Outcome),
}

impl Step {
    /// The step's name within its case: `<round>/<step>[/<recipient>]`.
    pub fn name(&self) -> String {
        let rung = |rung: &Rung, word: &str| {
            format!("{}/{word}-{}/{}", rung.round, rung.duty.word(), rung.party)
        };
        match self {
            Step::Route => "1/route".to_owned(),
            Step::Reassign(round) => format!("{round}/reassign"),
            Step::Reroute(round) => format!("{round}/reroute"),
            Step::NoteSilence(round, unit) => format!("{round}/silent/{unit}"),
            Step::Convene(round) => format!("{round}/convene"),
            Step::Alert => "0/alert".to_owned(),
            Step::Rework(round) => format!("{round}/rework"),
            Step::Consult(round) => format!("{round}/consult"),
            Step::Account(round, unit) => format!("{round}/account/{unit}"),
            Step::Call(round, unit) => format!("{round}/call/{unit}"),
            Step::Remind(r) => rung(r, "remind"),
            Step::Urge(r) => rung(r, "urge"),
            Step::Notice(r) => rung(r, "notice"),
            Step::OpenRight(round, unit, _) => format!("{round}/open-right/{unit}"),
            Step::Close(round, _) => format!("{round}/close"),
        }
    }
}

/// What to do now, and when to look again if nothing happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// To be done now, in this order.
    pub steps: Vec<Step>,
    /// The next moment at which something is to be done; none while only a fact can move the case.
    pub wake: Option<Moment>,
}

impl Plan {
    /// A step that is to be done at a moment: now, or what to wake for.
    fn add(&mut self, at: Moment, step: Step, now: Moment) {
        if at <= now {
            self.steps.push(step);
        } else {
            self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
        }
    }
}

/// Who owes what until when, the earliest first.
pub fn owes(course: &Course, limits: &Limits) -> Vec<Owed> {
    if course.is_ending() {
        return Vec::new();
    }
    // While the city government owes its answer, offices and the community are not asked.
    let waits = course.direct.is_frozen();
    let mut owed = match course.stage {
        Stage::Raised | Stage::Closed => Vec::new(),
        Stage::Assigning | Stage::Confirming if waits => Vec::new(),
        Stage::Assigning => {
            vec![owe(course.owner.clone(), Duty::Assign, course.routed_at, limits.assign)]
        }
        Stage::Finding => {
            vec![owe(course.owner.clone(), Duty::Find, course.routed_at, limits.find)]
        }
        Stage::Disputed => jurisdiction::owes(course, limits),
        Stage::Called | Stage::Working => Vec::new(),
        Stage::Confirming => confirmation(course, limits).into_iter().collect(),
    };
    owed.extend(direct::answer(course, limits));
    if !matches!(course.stage, Stage::Raised | Stage::Closed) {
        owed.extend(parts_owe(course, limits));
    }
    owed.iter_mut().for_each(|owed| clocks::settle(course, limits, owed));
    owed.sort_by_key(|owed| owed.due);
    owed
}

/// Decides.
pub fn decide(course: &Course, limits: &Limits, now: Moment) -> Plan {
    if course.stage == Stage::Closed {
        return Plan::default();
    }
    if let Some(step) = turn(course, limits) {
        return Plan { steps: accounted(course, limits, vec![step]), wake: None };
    }
    let mut plan = Plan { steps: calls(course), wake: None };
    if jurisdiction::must_alert(course) {
        plan.steps.push(Step::Alert);
    }
    for owed in owes(course, limits) {
        climb(course, limits, &owed, now, &mut plan);
    }
    if let Some(late) = direct::to_open(course, limits) {
        let step = Step::OpenRight(course.round, late.unit, late.due);
        plan.add(late.opens, step, now);
    }
    plan.steps = accounted(course, limits, plan.steps);
    plan
}

/// Before a case ends, however it does, and when it was sent back too often, who has to answer for it
/// is known.
fn accounted(course: &Course, limits: &Limits, steps: Vec<Step>) -> Vec<Step> {
    if !steps.iter().any(|step| matches!(step, Step::Consult(_) | Step::Close(..))) {
        return steps;
    }
    let units = ground::unaccounted(course, limits).into_iter();
    units.map(|unit| Step::Account(course.round, unit)).chain(steps).collect()
}

/// The step that changes the round or ends the case, if it is time for one.
fn turn(course: &Course, limits: &Limits) -> Option<Step> {
    // Nothing is begun and nothing is closed over the head of who was reported to.
    if course.direct.is_frozen() {
        return None;
    }
    if course.withdrawn_at.is_some() {
        return Some(Step::Close(course.round, Outcome::Withdrawn));
    }
    if course.merged_into.is_some() {
        return Some(Step::Close(course.round, Outcome::Merged));
    }
    if course.stage == Stage::Raised {
        return Some(Step::Route);
    }
    if course.confirmed_at.is_some() {
        return Some(Step::Close(course.round, Outcome::Confirmed));
    }
    if course.sent_back == course.round && course.stage == Stage::Confirming {
        if ground::is_reworked(course, limits) && course.consulted < course.round {
            return Some(Step::Consult(course.round));
        }
        return Some(Step::Rework(course.round.saturating_add(1)));
    }
    if course.stage == Stage::Disputed {
        return None;
    }
    if course.is_contested() {
        return Some(Step::Convene(course.round));
    }
    let next = course.round.saturating_add(1);
    if course.jurisdiction.retyped_at.is_some() {
        return Some(Step::Reroute(next));
    }
    course.lead_refused().then_some(Step::Reassign(next))
}

fn calls(course: &Course) -> Vec<Step> {
    if course.lead.is_none() || course.stage == Stage::Disputed {
        return Vec::new();
    }
    let waiting = course.parts.iter().filter(|(_, part)| part.called_at.is_none());
    waiting.map(|(unit, _)| Step::Call(course.round, unit.clone())).collect()
}

/// Adds the rungs of one duty that are due, or the moment of the next one.
fn climb(course: &Course, limits: &Limits, owed: &Owed, now: Moment, plan: &mut Plan) {
    let (party, duty, due) = (owed.party.clone(), owed.duty, owed.due);
    let rung = Rung { round: course.round, party, duty, due };
    let mut ladder = Vec::new();
    // A reminder after the limit would be a reminder of nothing: the urging takes its place.
    if now < due && !owed.is_said(&course.reminded, &rung) {
        ladder.push((owed.remind_at, Step::Remind(rung.clone())));
    }
    if let (Duty::Opine, Some(unit)) = (owed.duty, owed.party.as_unit()) {
        // Silence is recorded instead of being urged: the ruling does not wait for it.
        ladder.push((due, Step::NoteSilence(course.round, unit)));
    } else if !owed.is_said(&course.urged, &rung) {
        ladder.push((owed.urge_at, Step::Urge(rung.clone())));
    }
    if direct::has_first_person(&rung, limits) && !owed.is_said(&course.noticed, &rung) {
        let at = clocks::after_due(course, limits, owed, limits.notice);
        ladder.push((at, Step::Notice(rung.clone())));
    }
    if duty == Duty::Confirm {
        ladder.push((owed.end_at, Step::Close(course.round, Outcome::Unconfirmed)));
    }
    for (at, step) in ladder {
        plan.add(at, step, now);
    }
}

pub(super) fn owe(party: Party, duty: Duty, from: Moment, limit: Limit) -> Owed {
    Owed::new(party, duty, from, limit)
}

fn parts_owe(course: &Course, limits: &Limits) -> Vec<Owed> {
    let work = clocks::work_limit(course, limits);
    let part_owes = |(unit, part): (&UnitId, &Part)| {
        let called = part.called_at.filter(|_| !part.is_done())?;
        if course.is_contested() && course.lead.as_ref() == Some(unit) {
            return None;
        }
        let party = Party::unit(unit);
        let owed = match (part.accepted_at, part.arrived_at) {
            (None, _) => owe(party, Duty::Accept, called, limits.accept),
            (Some(accepted), None) => owe(party, Duty::Arrive, accepted, limits.arrive),
            (_, Some(arrived)) => owe(party, Duty::Dispose, arrived, work),
        };
        Some(direct::instructed(course, limits, unit, called, owed))
    };
    let mut owed: Vec<Owed> = course.parts.iter().filter_map(part_owes).collect();
    owed.extend(declaration(course, work));
    owed
}

/// The lead owes its declaration once every part is done.
pub(super) fn declaration(course: &Course, limit: Limit) -> Option<Owed> {
    let lead = course.lead.as_ref()?;
    let ready = course.parts.values().all(Part::is_done) && !course.lead_refused();
    let last = course.parts.values().filter_map(|part| part.disposed_at).max()?;
    let open = ready && course.declared_at.is_none();
    open.then(|| owe(Party::unit(lead), Duty::Declare, last, limit))
}

fn confirmation(course: &Course, limits: &Limits) -> Option<Owed> {
    let from = course.confirming_at?;
    let silent = course.confirmed_at.is_none() && course.sent_back != course.round;
    silent.then(|| owe(course.community_party(), Duty::Confirm, from, limits.confirm))
}
