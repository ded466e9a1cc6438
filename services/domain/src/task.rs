//! One unit's part in one round of one case, and what the unit may do about it.
//!
//! [`decide`] is pure: the task, the command and what the desk has in, facts or a refusal out.
//! [`Task::apply`] folds the unit's own facts and what came for it. Dates are the unit's concern
//! only as due moments; the clocks of a case are judged elsewhere, from the bus's record.

mod claim;
mod disputed;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    calendar::Calendar,
    case::{
        Clocks, Dispute, Duty, Finding, Ladder, Proxied, Severity, Timing,
        fact::{Called, Fact, Instruction},
    },
    clock::{Ledger, Pace},
    evidence::{Digest, Evidence},
    id::{CaseId, GridId, IssueTypeId, UnitId},
    moment::Moment,
    outage::{OUTAGES_MAX, Outage},
    pack::EvidenceRule,
    party::Party,
    rejection::Rejection,
};

pub use claim::Claim;
pub use disputed::{bound, check_severity};
use disputed::{check_contest, retyped};

/// The longest free text, in characters.
pub const TEXT_MAX: usize = 2_000;

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Called, not yet answered.
    Called,
    /// Reported for duty.
    Accepted,
    /// Refused with a reason.
    Refused,
    /// On site.
    Arrived,
    /// Its part is done.
    Disposed,
    /// The lead has declared the matter disposed.
    Declared,
    /// The case is closed.
    Closed,
    /// The case was handed over, or the city government has instructed others: it goes on without
    /// this unit.
    Superseded,
    /// It contests the ruling that names it.
    Contested,
    /// It has said that it is another kind of matter.
    Retyped,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The case.
    pub case_id: CaseId,
    /// Where it stands.
    pub state: State,
    /// The call as it came.
    pub call: Called,
    /// When the bus had the call.
    pub called_at: Moment,
    /// When it last changed, by the unit's clock.
    pub changed_at: Moment,
    /// How often it was reminded in this round.
    pub reminders: u32,
    /// How often it was urged in this round.
    pub urgings: u32,
    /// How often its first responsible person was told in this round.
    #[serde(default)]
    pub notices: u32,
    /// Who that is: the position that the last notice named; may be empty.
    #[serde(default)]
    pub contact: String,
    /// Whether it has refused against the ruling that binds it.
    #[serde(default)]
    pub has_evaded: bool,
    /// How bad it has said that it is, in this round.
    #[serde(default)]
    pub raised: Severity,
    /// What was decided about the unit's clock in this round.
    #[serde(default, skip_serializing_if = "Clocks::is_empty")]
    pub clocks: Clocks,
    /// Our own outages since the call, the last ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outages: Vec<Outage>,
    /// Why all units of the case were called to consult, when they were.
    #[serde(default)]
    pub consultation: Option<String>,
    /// Which person of the unit works on it, in this round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
}

/// Which task of a desk: the unit's own in a case, or one of a unit in whose place it acts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId {
    /// The case.
    pub case_id: CaseId,
    /// The unit that has no client; none: the desk's own task.
    pub in_place_of: Option<UnitId>,
}

/// What a department may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Report for duty.
    Accept,
    /// Refuse, with a reason.
    Refuse {
        /// Why.
        reason: String,
        /// The unit that it holds responsible.
        named_unit: Option<UnitId>,
    },
    /// Report on site.
    Arrive,
    /// Report its part done.
    Dispose {
        /// What was done.
        summary: String,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
    /// Declare the whole matter disposed.
    Declare {
        /// What was done in all.
        summary: String,
    },
    /// Contest the ruling by which the unit leads.
    Contest {
        /// Why.
        reason: String,
    },
    /// Say that it is another kind of matter, or lies in another cell.
    Retype {
        /// Which kind; none: that of the call.
        issue_type: Option<IssueTypeId>,
        /// Which cell; none: that of the call.
        grid: Option<GridId>,
        /// Why.
        reason: String,
    },
    /// Say that it is worse than it was.
    Raise {
        /// How bad it is.
        severity: Severity,
        /// What has happened.
        reason: String,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
}

/// What the desk has at hand when it decides.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// The evidence of the command that is in the unit's store.
    pub held: BTreeSet<Digest>,
    /// What the city pack asks for at disposal.
    pub rules: Vec<EvidenceRule>,
}

impl Task {
    /// A task begins with a call.
    pub fn begin(case_id: CaseId, call: Called, called_at: Moment) -> Task {
        Task {
            case_id,
            state: State::Called,
            call,
            called_at,
            changed_at: called_at,
            reminders: 0,
            urgings: 0,
            notices: 0,
            contact: String::new(),
            has_evaded: false,
            raised: Severity::default(),
            clocks: Clocks::default(),
            outages: Vec::new(),
            consultation: None,
            claim: None,
        }
    }

    /// When what is owed next is due, by the city's calendar, what was decided about the unit's clock
    /// and our own outages; none while it is held.
    pub fn due_at(&self, calendar: &Calendar) -> Option<Moment> {
        let (duty, within) = match self.state {
            State::Called => (Duty::Accept, self.call.accept_within_ms),
            State::Accepted => (Duty::Arrive, self.call.arrive_within_ms),
            State::Arrived => (Duty::Dispose, self.call.dispose_within_ms),
            _ => return None,
        };
        let is_working = self.call.working.contains(&duty);
        let pace = if is_working { Pace::Working } else { Pace::Around };
        let within = within.saturating_add(self.extended_ms(duty));
        let due = self.runs_out(pace, within, self.changed_at, calendar)?;
        // An instruction says by when all of it is done, around the clock.
        let all = self.call.instruction.as_ref().map_or(0, |instruction| instruction.within_ms);
        if all == 0 {
            return Some(due);
        }
        let steps = [Duty::Accept, Duty::Arrive, Duty::Dispose];
        let so_far = steps.into_iter().filter(|step| *step <= duty);
        let all = so_far.map(|step| self.extended_ms(step)).fold(all, u64::saturating_add);
        let end = self.runs_out(Pace::Around, all, self.called_at, calendar)?;
        Some(if duty == Duty::Dispose { end } else { due.min(end) })
    }

    fn extended_ms(&self, duty: Duty) -> u64 {
        self.clocks.extended_ms(&self.call.unit, duty)
    }

    /// When a clock of the unit has run out that began then; none while it is held.
    fn runs_out(
        &self,
        pace: Pace,
        within: u64,
        from: Moment,
        calendar: &Calendar,
    ) -> Option<Moment> {
        let holds = &self.clocks.holds;
        let held = holds.iter().find(|hold| hold.to.is_none()).map(|hold| hold.from);
        let resumed = holds.iter().filter_map(|hold| Some((hold.from, hold.to?)));
        let away = self.outages.iter().map(|outage| (outage.from, outage.to));
        let is_taken =
            |(begin, end): &(Moment, Moment)| *end > from && held.is_none_or(|held| *begin < held);
        let mut pauses: Vec<_> = resumed.chain(away).filter(is_taken).collect();
        pauses.sort_unstable();
        let mut ledger = Ledger::start(pace, within, from, calendar);
        for (begin, end) in pauses {
            ledger.hold(begin, calendar);
            ledger.resume(end);
        }
        if let Some(held) = held {
            ledger.hold(held, calendar);
        }
        ledger.due(calendar)
    }

    /// Takes an outage of ours, while the unit owes something; says whether that is new.
    pub fn away(&mut self, outage: &Outage) -> bool {
        let owes = matches!(self.state, State::Called | State::Accepted | State::Arrived);
        let is_new = owes && outage.to > self.called_at && !self.outages.contains(outage);
        if is_new {
            let too_many = (self.outages.len() + 1).saturating_sub(OUTAGES_MAX);
            self.outages.drain(..too_many);
            self.outages.push(outage.clone());
        }
        is_new
    }

    /// A later round begins it anew, and so does a danger where the unit had nothing to do any more.
    fn is_begun_by(&self, call: &Called) -> bool {
        let is_over = matches!(self.state, State::Refused | State::Disposed | State::Superseded);
        let is_danger = call.is_emergency && !self.call.is_emergency && is_over;
        call.round > self.call.round || (call.round == self.call.round && is_danger)
    }

    /// Whether a ruling says that the unit leads.
    pub fn is_bound(&self) -> bool {
        self.call.is_lead && self.call.bound_by.is_some()
    }

    /// Folds one fact of this task's case; says whether anything changed.
    pub fn apply(&mut self, fact: &Fact, at: Moment) -> bool {
        let fact = if let Fact::Proxied(Proxied { act, .. }) = fact { act } else { fact };
        let state = match fact {
            Fact::Finding(Finding::Consulted { reason, .. }) => {
                let before = self.consultation.replace(reason.clone());
                return before != self.consultation;
            }
            Fact::Called(call) if self.is_begun_by(call) => {
                *self = Task::begin(self.case_id.clone(), call.clone(), at);
                return true;
            }
            Fact::Called(call) if call.is_emergency && !self.call.is_emergency => {
                self.call.is_emergency = true;
                return true;
            }
            Fact::Refused { .. } if self.is_bound() => {
                self.has_evaded = true;
                return true;
            }
            Fact::Dispute(Dispute::Raised { severity, .. }) => {
                self.raised = self.raised.max(*severity);
                return true;
            }
            Fact::Dispute(Dispute::Contested { .. }) => State::Contested,
            Fact::Dispute(Dispute::Retyped { .. }) => State::Retyped,
            Fact::Reminded(rung) if rung.round == self.call.round => {
                self.reminders += 1;
                return true;
            }
            Fact::Urged(rung) if rung.round == self.call.round => {
                self.urgings += 1;
                return true;
            }
            Fact::HandedOver { round, .. } if *round > self.call.round => State::Superseded,
            // It comes to who is not named in it, also where another round was begun meanwhile.
            Fact::Ladder(Ladder::Instructed { round, .. }) if *round >= self.call.round => {
                State::Superseded
            }
            Fact::Ladder(Ladder::Pressed { round, .. }) if *round == self.call.round => {
                self.urgings += 1;
                return true;
            }
            Fact::Ladder(Ladder::Noticed { rung, contact }) if rung.round == self.call.round => {
                self.notices += 1;
                self.contact.clone_from(contact);
                return true;
            }
            Fact::Timing(timing) => return self.time(timing, at),
            Fact::Accepted { .. } => State::Accepted,
            Fact::Refused { .. } => State::Refused,
            Fact::Arrived { .. } => State::Arrived,
            Fact::Disposed { .. } => State::Disposed,
            Fact::Declared { .. } => State::Declared,
            Fact::Closed { .. } => State::Closed,
            _ => return false,
        };
        self.state = state;
        self.changed_at = at;
        true
    }
}

impl Task {
    /// What was decided about the unit's clock; says whether anything changed.
    fn time(&mut self, timing: &Timing, at: Moment) -> bool {
        let is_ours = timing.round() == self.call.round && timing.unit() == &self.call.unit;
        is_ours && self.clocks.take(timing, at)
    }
}

/// Decides a command: the fact that it makes true, or why not.
pub fn decide(task: &Task, command: Command, desk: &Desk) -> Result<Fact, Rejection> {
    let (round, unit) = (task.call.round, task.call.unit.clone());
    match (task.state, command) {
        (State::Called, Command::Accept) => Ok(Fact::Accepted { round, unit }),
        (State::Called, Command::Refuse { reason, named_unit }) => {
            check_free(task.call.instruction.as_ref())?;
            text("REASON_MISSING", "reason", &reason)?;
            if task.has_evaded {
                return Err(bound(task));
            }
            Ok(Fact::Refused { round, unit, reason, named_unit })
        }
        (State::Accepted, Command::Arrive) => Ok(Fact::Arrived { round, unit }),
        (State::Arrived, Command::Dispose { summary, evidence }) => {
            text("SUMMARY_MISSING", "summary", &summary)?;
            check_evidence(&evidence, desk)?;
            Ok(Fact::Disposed { round, unit, summary, evidence })
        }
        (State::Disposed, Command::Declare { summary }) => {
            text("SUMMARY_MISSING", "summary", &summary)?;
            declare(task, summary)
        }
        (State::Called, Command::Contest { reason }) => {
            check_free(task.call.instruction.as_ref())?;
            text("REASON_MISSING", "reason", &reason)?;
            check_contest(task)?;
            Ok(Fact::Dispute(Dispute::Contested { round, unit, reason }))
        }
        (
            State::Called | State::Accepted | State::Arrived,
            Command::Retype { issue_type, grid, reason },
        ) => {
            check_free(task.call.instruction.as_ref())?;
            text("REASON_MISSING", "reason", &reason)?;
            let (issue_type, grid) = retyped(task, issue_type, grid)?;
            Ok(Fact::Dispute(Dispute::Retyped { round, unit, issue_type, grid, reason }))
        }
        (state, Command::Raise { severity, reason, evidence }) if state != State::Closed => {
            text("REASON_MISSING", "reason", &reason)?;
            check_severity(severity)?;
            if severity <= task.raised {
                let message = format!("this unit has said that it is {}", task.raised.word());
                let no = Rejection::conflict("SEVERITY_NOT_RAISED", message);
                return Err(no.at("severity"));
            }
            check_evidence(&evidence, &Desk { rules: Vec::new(), ..desk.clone() })?;
            let raised_by = Party::unit(&unit);
            Ok(Fact::Dispute(Dispute::Raised { severity, reason, evidence, raised_by }))
        }
        (state, command) => Err(wrong_state(state, &command)),
    }
}

/// What the city government has instructed is not refused.
fn check_free(instruction: Option<&Instruction>) -> Result<(), Rejection> {
    let Some(Instruction { text, .. }) = instruction else { return Ok(()) };
    let message = format!(
        "the city government has instructed this and it can't be refused: {text}; right would be: \
         to accept it"
    );
    Err(Rejection::conflict("INSTRUCTION_BINDS", message).at("case_id"))
}

fn not_the_lead(task: &Task, what: &str) -> Rejection {
    let message = format!("only the lead, {}, may {what}", task.call.lead);
    Rejection::forbidden("NOT_THE_LEAD", message).at("case_id")
}

fn declare(task: &Task, summary: String) -> Result<Fact, Rejection> {
    if !task.call.is_lead {
        return Err(not_the_lead(task, "declare the matter disposed"));
    }
    Ok(Fact::Declared { round: task.call.round, unit: task.call.unit.clone(), summary })
}

/// Checks a free text: there, and not too long.
pub fn text(reason: &str, field: &str, text: &str) -> Result<(), Rejection> {
    let length = text.trim().chars().count();
    if length == 0 {
        return Err(Rejection::invalid(reason, field, format!("{field} must not be empty")));
    }
    if length > TEXT_MAX {
        let message = format!("{field} has at most {TEXT_MAX} characters, this one has {length}");
        return Err(Rejection::invalid("TEXT_TOO_LONG", field, message));
    }
    Ok(())
}

/// Checks that the evidence is held, and that it is what the pack asks for.
pub fn check_evidence(evidence: &[Evidence], desk: &Desk) -> Result<(), Rejection> {
    let missing = |message| Err(Rejection::invalid("EVIDENCE_MISSING", "evidence", message));
    if let Some(absent) = evidence.iter().find(|piece| !desk.held.contains(&piece.digest)) {
        let digest = &absent.digest;
        return missing(format!("{digest} is not in the evidence store: upload it first"));
    }
    for rule in &desk.rules {
        let kind = rule.kind.word();
        let pieces: BTreeSet<_> =
            evidence.iter().filter(|piece| piece.kind == kind).map(|piece| &piece.digest).collect();
        if pieces.len() < rule.count as usize {
            let (want, have) = (rule.count, pieces.len());
            return missing(format!("{want} different of kind {kind} are needed, {have} given"));
        }
    }
    Ok(())
}

fn wrong_state(state: State, command: &Command) -> Rejection {
    let (verb, right) = match command {
        Command::Accept => ("accepted", "called"),
        Command::Refuse { .. } => ("refused", "called"),
        Command::Arrive => ("arrived at", "accepted"),
        Command::Dispose { .. } => ("disposed", "arrived"),
        Command::Declare { .. } => ("declared", "disposed"),
        Command::Contest { .. } => ("contested", "called"),
        Command::Retype { .. } => ("typed anew", "called, accepted or arrived"),
        Command::Raise { .. } => ("raised", "open"),
    };
    let state = format!("{state:?}").to_lowercase();
    let message = format!("a task that is {state} can't be {verb}: it must be {right}");
    Rejection::conflict("WRONG_STATE", message).at("case_id")
}

#[cfg(test)]
mod tests;
