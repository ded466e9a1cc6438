//! A flow that is stuck: an incident, from when it is written down until it is over.
//!
//! A step that fails is tried again, and most of the time that helps. When it has failed so often, or
//! for so long, somebody has to look: then it is an incident, once for each flow, however often it
//! fails on. A step that is refused for good is one at once. It is over when the step goes through,
//! when the matter is over, or when somebody puts it back. What an administrator decides is kept with
//! the reason, before anything is done.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{id::PersonId, moment::Moment, party::Party, rejection::Rejection, task};

/// The most decisions about one incident.
pub const RESOLUTIONS_MAX: usize = 50;
/// The longest text of a failure that is kept, in characters.
pub const MESSAGE_MAX: usize = 500;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// A step fails, and is tried again and again.
    Fails,
    /// A step is refused, and trying again changes nothing.
    Refused,
    /// A step is sent, and the record is the same after it.
    MovesNothing,
    /// The flow can't be started, or does not look when it is told.
    NotTold,
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// The flow looks again now.
    Retry,
    /// It is left to go on by itself, and counted anew.
    PutBack,
    /// The step is left out.
    Skip,
    /// The flow is ended, and another one goes on from the record.
    Resume,
}

/// When a failing step is an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// So many failures.
    pub failures: u32,
    /// Or so long.
    pub after_ms: u64,
}

/// How often a step has failed without going through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// Since when.
    pub since: Moment,
    /// How often.
    pub failures: u32,
}

impl Patience {
    /// Whether this is an incident.
    pub fn is_over(&self, trouble: Trouble, tries: &Tries, now: Moment) -> bool {
        let after = std::time::Duration::from_millis(self.after_ms);
        let is_long = tries.failures > 1 && now.since(tries.since) >= after;
        match trouble {
            // Trying again changes nothing.
            Trouble::Refused => true,
            Trouble::Fails | Trouble::MovesNothing => tries.failures >= self.failures || is_long,
            // That is not seen more than once: how long counts.
            Trouble::NotTold => now.since(tries.since) >= after,
        }
    }
}

/// The number of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IncidentId(pub u64);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "i-{}", self.0)
    }
}

impl FromStr for IncidentId {
    type Err = Rejection;
    fn from_str(text: &str) -> Result<IncidentId, Rejection> {
        let digits = text.strip_prefix("i-").filter(|digits| {
            !digits.starts_with('+') && (*digits == "0" || !digits.starts_with('0'))
        });
        let number = digits.and_then(|digits| digits.parse().ok()).map(IncidentId);
        number.ok_or_else(|| {
            let message = format!("{text:?} is no number of an incident; right would be: i-4711");
            Rejection::invalid("MALFORMED_ID", "incident_id", message)
        })
    }
}

/// What is known when an incident is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Its number.
    pub id: IncidentId,
    /// What the flow is about.
    pub subject: String,
    /// The flow, as Temporal names it.
    pub flow: String,
    /// The step.
    pub step: String,
    /// The names of what the step sends, by which it is left out.
    #[serde(default)]
    pub sends: Vec<String>,
    /// What is wrong.
    pub trouble: Trouble,
    /// Since when.
    pub since: Moment,
    /// How often it had failed.
    pub failures: u32,
    /// The code of the reason.
    pub reason: String,
    /// The reason in words.
    pub message: String,
    /// Who must act.
    pub responsible: String,
    /// Whether it was sent, and only the record lacked it: then it is over when the record has it.
    #[serde(default)]
    pub is_sent: bool,
}

/// What somebody decides about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// What.
    pub remedy: Remedy,
    /// Of which party.
    pub party: Party,
    /// Who.
    pub person: PersonId,
    /// Why.
    pub reason: String,
}

/// One thing that happens to incidents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// One is written down.
    Opened(Box<Opened>),
    /// Somebody has decided about it.
    Resolved(IncidentId, Resolved),
    /// What was decided last is done.
    Done(IncidentId),
    /// The step went through, or the matter is over.
    Passed(IncidentId),
}

impl Event {
    /// Of which incident.
    pub fn id(&self) -> IncidentId {
        match self {
            Event::Opened(opened) => opened.id,
            Event::Resolved(id, _) | Event::Done(id) | Event::Passed(id) => *id,
        }
    }
}

/// A decision as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// What was decided.
    pub resolved: Resolved,
    /// When.
    pub at: Moment,
    /// Whether it is done.
    pub is_done: bool,
}

/// An incident as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// As it was written down.
    pub opened: Opened,
    /// When.
    pub at: Moment,
    /// What was decided about it, in order.
    #[serde(default)]
    pub resolutions: Vec<Resolution>,
    /// When it was over.
    #[serde(default)]
    pub closed_at: Option<Moment>,
}

impl Incident {
    /// It begins when it is written down.
    pub fn begin(event: &Event, at: Moment) -> Option<Incident> {
        let Event::Opened(opened) = event else { return None };
        let opened = Opened::clone(opened);
        Some(Incident { opened, at, resolutions: Vec::new(), closed_at: None })
    }

    /// Whether the flow is stuck.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// What was decided last and is not done.
    pub fn pending(&self) -> Option<&Resolution> {
        self.resolutions.last().filter(|last| !last.is_done)
    }

    /// What may be done about it. A step that only looks can't be left out.
    pub fn remedies(&self) -> Vec<Remedy> {
        if !self.is_open() {
            return Vec::new();
        }
        let all = [Remedy::Retry, Remedy::PutBack, Remedy::Skip, Remedy::Resume];
        let can_skip = !self.opened.sends.is_empty();
        all.into_iter().filter(|remedy| *remedy != Remedy::Skip || can_skip).collect()
    }

    /// Folds what happens to it; says whether anything changed.
    pub fn apply(&mut self, event: &Event, at: Moment) -> bool {
        if event.id() != self.opened.id || !self.is_open() {
            return false;
        }
        match event {
            Event::Opened(_) => false,
            Event::Resolved(_, resolved) => {
                // Only ending a flow is done elsewhere than in the record.
                let is_done = resolved.remedy != Remedy::Resume;
                if resolved.remedy == Remedy::PutBack {
                    self.closed_at = Some(at);
                }
                let resolved = resolved.clone();
                self.resolutions.push(Resolution { resolved, at, is_done });
                true
            }
            Event::Done(_) => match self.resolutions.last_mut().filter(|last| !last.is_done) {
                Some(last) => {
                    last.is_done = true;
                    true
                }
                None => false,
            },
            Event::Passed(_) => self.closed_at.replace(at).is_none(),
        }
    }

    /// Whether that may be decided about it now.
    pub fn check(&self, resolved: &Resolved) -> Result<(), Rejection> {
        let id = self.opened.id;
        if !self.is_open() {
            let message = format!("{id} is over");
            return Err(Rejection::conflict("NOT_OPEN", message).at("incident_id"));
        }
        if self.pending().is_some() {
            let message = format!("what was decided about {id} last is not done yet");
            return Err(Rejection::unavailable("UNDER_WAY", message).at("incident_id"));
        }
        if !self.remedies().contains(&resolved.remedy) {
            let message =
                format!("{} of {id} can't be left out: it sends nothing", self.opened.step);
            return Err(Rejection::conflict("OTHER_REMEDY", message).at("remedy"));
        }
        if self.resolutions.len() >= RESOLUTIONS_MAX {
            let message = format!("{RESOLUTIONS_MAX} decisions about {id} have not helped");
            return Err(Rejection::exhausted("TOO_MANY", message).at("incident_id"));
        }
        task::text("REASON_MISSING", "reason", &resolved.reason)
    }
}

#[cfg(test)]
mod tests;
