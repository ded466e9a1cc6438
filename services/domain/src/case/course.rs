//! The course of a case: all that decisions need, and nothing else.
//!
//! Small on purpose: it travels into the flow at every look. A fact that was folded already, or
//! whose round is over, changes nothing; one that comes before what it rests on waits for it (see
//! [`super::order`]).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use super::stage::Stage;
use super::{
    clocks::Clocks,
    complaint::Complaint,
    direct::Direct,
    dispute::Severity,
    fact::{Called, Fact, Outcome, Rating, Routed, Rung, Whistle},
    jurisdiction::Jurisdiction,
    order::{Standing, standing},
};
use crate::{
    id::{CaseId, CommunityId, UnitId},
    moment::Moment,
    party::{Kind, Party, Role},
};

/// How many facts wait at most for what they rest on; there is one for each thing that can be said
/// in some rounds by some dozens of units. One more is not kept here: the record has it.
const EARLY_MAX: usize = 1_000;

/// One unit's part in the present round.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    /// When the bus had the call.
    pub called_at: Option<Moment>,
    /// When the unit reported for duty.
    pub accepted_at: Option<Moment>,
    /// When it refused.
    pub refused_at: Option<Moment>,
    /// When it arrived.
    pub arrived_at: Option<Moment>,
    /// When its part was done.
    pub disposed_at: Option<Moment>,
    /// The community's stars.
    pub stars: Option<u8>,
    /// When it was called because people are in danger: that call outlives its round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerted_at: Option<Moment>,
    /// The round of its call, where that is one of before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// Who acts in its place, where it has no client.
    pub proxy: Option<UnitId>,
}

impl Part {
    /// Whether nothing more is awaited from the unit for its own part.
    pub fn is_done(&self) -> bool {
        self.refused_at.is_some() || self.disposed_at.is_some()
    }

    /// Whether it goes on when the round ends: the unit helps people in danger.
    pub fn outlives_its_round(&self) -> bool {
        self.alerted_at.is_some() && !self.is_done()
    }
}

/// The course of a case. Every field has a default, so that an older state is read by newer code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// Where it stands.
    #[serde(default)]
    pub stage: Stage,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// When those were called who help when people are in danger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerted_at: Option<Moment>,
    /// Whose matter it is.
    #[serde(default, skip_serializing_if = "Jurisdiction::is_plain")]
    pub jurisdiction: Jurisdiction,
    /// The round, 0 before the first route.
    #[serde(default)]
    pub round: u32,
    /// Who owns it.
    pub owner: Party,
    /// Who whistled and has the last word.
    pub community: CommunityId,
    /// When the whistle was blown: the public clock.
    #[serde(default)]
    pub raised_at: Moment,
    /// When the present round was routed or assigned.
    #[serde(default)]
    pub routed_at: Moment,
    /// The lead.
    #[serde(default)]
    pub lead: Option<UnitId>,
    /// The leads that the registry names.
    #[serde(default)]
    pub candidates: Vec<UnitId>,
    /// The territory that is responsible.
    #[serde(default)]
    pub responsible: Vec<UnitId>,
    /// The units of this round.
    #[serde(default)]
    pub parts: BTreeMap<UnitId, Part>,
    /// The units that were to lead it, led it or were called, in any round.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub involved: BTreeSet<UnitId>,
    /// When the lead declared.
    #[serde(default)]
    pub declared_at: Option<Moment>,
    /// When the community's word was asked for: the lead has declared and every part is done.
    #[serde(default)]
    pub confirming_at: Option<Moment>,
    /// When the community confirmed.
    #[serde(default)]
    pub confirmed_at: Option<Moment>,
    /// The round that the community sent back last.
    #[serde(default)]
    pub sent_back: u32,
    /// How often the community was not satisfied, in all rounds.
    #[serde(default)]
    pub dissatisfied: u32,
    /// The last round at whose end all units were called to consult.
    #[serde(default)]
    pub consulted: u32,
    /// Every unit of a round with a lead: those that are called, in any round.
    #[serde(default)]
    pub called: BTreeSet<UnitId>,
    /// What units were urged for in any round, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<(Rung, Moment)>,
    /// The units whose sheet was opened.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accounted: BTreeSet<UnitId>,
    /// What it complains about, where it is a complaint.
    #[serde(default)]
    pub complaint: Option<Complaint>,
    /// When the complaint was found to be right or not, in this round.
    #[serde(default)]
    pub found_at: Option<Moment>,
    /// When it was upheld, if that is what was found last.
    #[serde(default)]
    pub upheld_at: Option<Moment>,
    /// The case whose matter it is about; it only remains to close this one.
    #[serde(default)]
    pub merged_into: Option<CaseId>,
    /// When it was withdrawn; it only remains to close it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Moment>,
    /// The direct report to the city government, and what came of it.
    #[serde(default, skip_serializing_if = "Direct::is_empty")]
    pub direct: Direct,
    /// When it was closed.
    #[serde(default)]
    pub closed_at: Option<Moment>,
    /// How it ended.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// Who was reminded of what in this round.
    #[serde(default)]
    pub reminded: BTreeSet<Rung>,
    /// Who was urged for what in this round.
    #[serde(default)]
    pub urged: BTreeSet<Rung>,
    /// What was decided about the clocks of this round.
    #[serde(default, skip_serializing_if = "Clocks::is_empty")]
    pub clocks: Clocks,
    /// Of what the first responsible persons were told in this round.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub noticed: BTreeSet<Rung>,
    /// Who was urged by hand in this round, by the number of the urging.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pressed: BTreeMap<u32, Party>,
    /// What was said before what it rests on, and when, in the order in which it came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub early: Vec<(Fact, Moment)>,
}

impl Course {
    /// The course of what was whistled.
    pub fn of(whistle: &Whistle, at: Moment) -> Course {
        let (severity, complaint) = (whistle.severity, whistle.complaint.clone());
        Course { severity, complaint, ..Course::begin(whistle.community.clone(), at) }
    }

    /// The course at the whistle. The worker owns it until it is routed.
    pub fn begin(community: CommunityId, at: Moment) -> Course {
        Course {
            stage: Stage::Raised,
            severity: Severity::default(),
            alerted_at: None,
            jurisdiction: Jurisdiction::default(),
            round: 0,
            owner: Party::service(Role::Worker),
            community,
            raised_at: at,
            routed_at: at,
            lead: None,
            candidates: Vec::new(),
            responsible: Vec::new(),
            parts: BTreeMap::new(),
            involved: BTreeSet::new(),
            declared_at: None,
            confirming_at: None,
            confirmed_at: None,
            sent_back: 0,
            dissatisfied: 0,
            consulted: 0,
            called: BTreeSet::new(),
            late: Vec::new(),
            accounted: BTreeSet::new(),
            complaint: None,
            found_at: None,
            upheld_at: None,
            merged_into: None,
            withdrawn_at: None,
            direct: Direct::default(),
            closed_at: None,
            outcome: None,
            reminded: BTreeSet::new(),
            urged: BTreeSet::new(),
            clocks: Clocks::default(),
            noticed: BTreeSet::new(),
            pressed: BTreeMap::new(),
            early: Vec::new(),
        }
    }

    /// The community as a party.
    pub fn community_party(&self) -> Party {
        Party { kind: Kind::Community, id: self.community.to_string() }
    }

    /// Whether somebody has said that it ends without being settled: it only remains to close it.
    pub fn is_ending(&self) -> bool {
        self.merged_into.is_some() || self.withdrawn_at.is_some()
    }

    /// Whether the lead refused, so that somebody has to assign anew.
    pub fn lead_refused(&self) -> bool {
        let part = self.lead.as_ref().and_then(|lead| self.parts.get(lead));
        // Who was called again since then because of a danger has refused to lead all the same.
        self.jurisdiction.refusal.is_some() || part.is_some_and(|part| part.refused_at.is_some())
    }

    /// Folds one fact, and what has waited for it.
    pub fn apply(&mut self, fact: &Fact, at: Moment) {
        self.apply_noting(fact, at, &mut |_, _| {});
    }

    /// The same; `note` sees the course after each fact that was folded, and of when that is.
    pub fn apply_noting(&mut self, fact: &Fact, at: Moment, note: &mut dyn FnMut(&Course, Moment)) {
        match standing(self, fact) {
            Standing::Late => {}
            Standing::Early => self.keep(fact, at),
            Standing::Ready => {
                self.fold(fact, at);
                note(self, at);
                self.catch_up(note);
            }
        }
    }

    /// Keeps a fact until what it rests on has come; once, however often it comes.
    fn keep(&mut self, fact: &Fact, at: Moment) {
        let is_kept = self.early.iter().any(|(kept, _)| kept == fact);
        if !is_kept && self.early.len() < EARLY_MAX {
            self.early.push((fact.clone(), at));
        }
    }

    /// Folds what is early no more, the longest waiting first, until nothing moves.
    fn catch_up(&mut self, note: &mut dyn FnMut(&Course, Moment)) {
        let is_due = |course: &Course| {
            let mut early = course.early.iter();
            early.position(|(fact, _)| standing(course, fact) != Standing::Early)
        };
        while let Some(due) = is_due(self) {
            let (fact, at) = self.early.remove(due);
            if standing(self, &fact) == Standing::Ready {
                self.fold(&fact, at);
                note(self, at);
            }
        }
    }

    /// Folds a fact that is ready.
    fn fold(&mut self, fact: &Fact, at: Moment) {
        match fact {
            Fact::Whistled(_) => {}
            Fact::Routed(routed) => self.route(routed, at),
            Fact::Assigned { round, lead, cooperating, .. } => {
                self.lead_by(*round, lead, cooperating, at);
                self.jurisdiction.is_assigned = true;
            }
            Fact::HandedOver { round, lead, cooperating, .. } => {
                self.lead_by(*round, lead, cooperating, at);
                // Who led before has no claim to it any more.
                self.candidates = vec![lead.clone()];
            }
            Fact::Dispute(said) => self.dispute(said, at),
            Fact::Called(called) => self.call(called, at),
            Fact::Confirmed { ratings, .. } => self.confirm(ratings, at),
            Fact::SentBack { .. } => self.send_back(at),
            Fact::Reminded(rung) => {
                self.reminded.insert(rung.clone());
            }
            Fact::Urged(rung) => self.urge(rung, at),
            Fact::Finding(finding) => self.find(finding, at),
            Fact::Timing(timing) => self.clocks.apply(timing, at),
            Fact::Merged { into, .. } => {
                self.merged_into.get_or_insert_with(|| into.clone());
            }
            Fact::Closed { outcome, .. } => {
                self.stage = Stage::Closed;
                self.closed_at = Some(at);
                self.outcome = Some(*outcome);
            }
            Fact::Ladder(ladder) => self.climb(ladder, at),
            step => self.work(step, at),
        }
    }

    fn begin_round(&mut self, round: u32, at: Moment) {
        self.keep_helpers();
        self.round = round;
        self.routed_at = at;
        self.clear_jurisdiction();
        self.reminded.clear();
        self.urged.clear();
        self.clocks = Clocks::default();
        self.noticed.clear();
        self.pressed.clear();
        self.declared_at = None;
        self.confirming_at = None;
        self.confirmed_at = None;
        self.found_at = None;
    }

    /// Whoever is helping people in danger goes on, whatever becomes of the round.
    fn keep_helpers(&mut self) {
        let round = self.round;
        self.parts.retain(|_, part| part.outlives_its_round());
        for part in self.parts.values_mut() {
            part.round.get_or_insert(round);
        }
    }

    fn call_upon(&mut self, lead: Option<&UnitId>, cooperating: &[UnitId]) {
        for unit in cooperating {
            self.parts.entry(unit.clone()).or_default();
        }
        if let Some(lead) = lead {
            self.parts.insert(lead.clone(), Part::default());
        }
    }

    fn route(&mut self, routed: &Routed, at: Moment) {
        self.answer_refusal();
        self.begin_round(routed.round, at);
        self.owner = routed.owner.clone();
        self.lead = routed.lead.clone();
        self.candidates = routed.candidates.clone();
        self.responsible = routed.responsible.clone();
        self.stage = match &routed.lead {
            Some(_) => Stage::Called,
            None if self.complaint.is_some() => Stage::Finding,
            None => Stage::Assigning,
        };
        // While nobody leads, the cooperating units are remembered but not called.
        self.call_upon(routed.lead.as_ref(), &routed.cooperating);
        self.involve();
    }

    /// A round begins with this lead.
    pub(super) fn lead_by(&mut self, round: u32, lead: &UnitId, beside: &[UnitId], at: Moment) {
        self.begin_round(round, at);
        self.owner = Party::unit(lead);
        self.lead = Some(lead.clone());
        self.stage = Stage::Called;
        self.call_upon(Some(lead), beside);
        self.involve();
    }

    /// Remembers the units of this round beyond it.
    fn involve(&mut self) {
        self.involved.extend(self.parts.keys().chain(&self.candidates).chain(&self.lead).cloned());
        if self.lead.is_some() {
            self.called.extend(self.parts.keys().cloned());
        }
    }

    fn call(&mut self, called: &Called, at: Moment) {
        let is_former = called.round < self.round;
        let part = self.parts.entry(called.unit.clone()).or_default();
        if called.is_emergency && part.alerted_at.is_none() {
            self.alerted_at.get_or_insert(at);
            // Who has refused, or is done, is called again.
            if part.is_done() {
                *part = Part::default();
            }
            part.alerted_at = Some(at);
            if is_former && part.called_at.is_none() {
                part.round = Some(called.round);
            }
        }
        part.called_at.get_or_insert(at);
        self.involved.insert(called.unit.clone());
        part.proxy = called.by_proxy.then(|| called.lead.clone());
    }

    fn work(&mut self, fact: &Fact, at: Moment) {
        let fact = if let Fact::Proxied(proxied) = fact { &proxied.act } else { fact };
        let (Fact::Accepted { unit, .. }
        | Fact::Refused { unit, .. }
        | Fact::Arrived { unit, .. }
        | Fact::Disposed { unit, .. }
        | Fact::Declared { unit, .. }) = fact
        else {
            return;
        };
        let is_lead = self.lead.as_ref() == Some(unit);
        if let Fact::Refused { reason, named_unit, .. } = fact
            && is_lead
            && self.parts.get(unit).is_some_and(|part| part.accepted_at.is_none())
            && !self.refuse_to_lead(unit, reason, named_unit.as_ref())
        {
            return;
        }
        let is_contested = is_lead && self.is_contested();
        let Some(part) = self.parts.get_mut(unit) else { return };
        match fact {
            Fact::Accepted { .. } if part.refused_at.is_none() && !is_contested => {
                part.accepted_at.get_or_insert(at);
            }
            Fact::Refused { .. } if part.accepted_at.is_none() => {
                part.refused_at.get_or_insert(at);
            }
            Fact::Arrived { .. } if part.accepted_at.is_some() => {
                part.arrived_at.get_or_insert(at);
            }
            Fact::Disposed { .. } if part.arrived_at.is_some() => {
                part.disposed_at.get_or_insert(at);
            }
            Fact::Declared { .. } if is_lead => {
                self.declared_at.get_or_insert(at);
            }
            _ => {}
        }
        self.settle(at);
    }

    /// Moves on when every part allows it: the lead's declaration takes effect when all is done.
    fn settle(&mut self, at: Moment) {
        let answered = |part: &Part| part.accepted_at.is_some() || part.refused_at.is_some();
        if self.stage == Stage::Called && self.parts.values().all(answered) {
            self.stage = Stage::Working;
        }
        let done = self.parts.values().all(Part::is_done);
        if self.stage == Stage::Working && done && self.declared_at.is_some() {
            self.stage = Stage::Confirming;
            self.confirming_at = Some(at);
        }
    }

    fn confirm(&mut self, ratings: &[Rating], at: Moment) {
        self.confirmed_at.get_or_insert(at);
        for rating in ratings {
            if let Some(part) = self.parts.get_mut(&rating.unit) {
                part.stars.get_or_insert(rating.stars);
            }
        }
    }

    fn send_back(&mut self, at: Moment) {
        self.sent_back = self.round;
        self.dissatisfied = self.dissatisfied.saturating_add(1);
        self.routed_at = at;
    }
}
