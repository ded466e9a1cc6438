//! A case as the ledger keeps it: its course, its reports, and what decisions about it need.
//!
//! Small on purpose: the words and the evidence of the whistle stay in the journal, at a known place.
//! It is a fold over what was told, and over nothing else, so that a state of the past can be made
//! again for whoever watches from there.

use std::collections::BTreeSet;

use domain::{
    case::{
        Channel, Course, Dispute, Fact, Ground, Intake, Level, Local, Place, Report, Score,
        Severity, Stage, TeamMember, Whistle,
    },
    id::{CaseId, CommunityId, EnvelopeId, GridId, IssueTypeId, UnitId},
    moment::Moment,
    party::{Kind, Party},
};
use serde::{Deserialize, Serialize};

use crate::told::{Spot, Told};

/// A case without its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// Its number.
    pub id: CaseId,
    /// The course it takes, as the bus's record has it.
    pub course: Course,
    /// What it counts as.
    pub score: Score,
    /// How bad it is, as was said last and worst.
    pub severity: Severity,
    /// What sort of matter.
    pub issue_type: IssueTypeId,
    /// What sort of matter it was said to be first, where that was another one.
    #[serde(default)]
    pub first_issue_type: Option<IssueTypeId>,
    /// Where.
    pub grid: GridId,
    /// Whom the whistle called; empty: all of the route.
    pub called_units: Vec<UnitId>,
    /// When it was seen: the date by which it is routed.
    pub seen_at: Moment,
    /// When the whistle was blown: the public clock, whatever the bus did then.
    pub blown_at: Moment,
    /// Whether the whistle has come back from the bus.
    pub is_on_bus: bool,
    /// The trace of the case.
    pub trace: Option<String>,
    /// The units that were called or that owned it in any round: who may see it.
    pub units: BTreeSet<UnitId>,
    /// Each report of the matter, the whistle first, without its words.
    pub(crate) reports: Vec<Reported>,
    /// The cases that may be about the same matter; nobody has said yet.
    pub proposed: Vec<CaseId>,
    /// Who raised it where that was not the community itself: through whom a chief of a road speaks.
    #[serde(default)]
    pub raised_by: Option<Party>,
    /// Through whom the chiefs of its road speak, by the pack.
    #[serde(default)]
    pub road_party: Option<Party>,
    /// How far it was lifted.
    #[serde(default)]
    pub level: Level,
    /// The units to which it was lifted.
    #[serde(default)]
    pub uppers: BTreeSet<UnitId>,
    /// Its special team.
    #[serde(default)]
    pub team: Vec<TeamMember>,
    /// Where the whistle is.
    pub(crate) whistle: Spot,
}

/// One report of a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reported {
    /// The envelope that says so.
    pub(crate) id: EnvelopeId,
    /// Who reported it.
    pub(crate) reporter: CommunityId,
    /// How it came in.
    pub(crate) intake: Intake,
    /// When.
    pub(crate) at: Moment,
    /// Why it is the same matter; none for the whistle.
    pub(crate) ground: Option<Ground>,
    /// The case that it had until that was merged.
    pub(crate) merged_from: Option<CaseId>,
    /// Where its words are.
    pub(crate) spot: Spot,
}

impl Matter {
    /// Folds what was told into what was there; none while no whistle has begun the case.
    pub(crate) fn fold(before: Option<Matter>, told: &Told, spot: Spot) -> Option<Matter> {
        let Some(mut matter) = before else { return Matter::begin(told, spot) };
        match &told.fact {
            Fact::Whistled(_) if matter.is_provisional() && told.accepted_at.is_some() => {
                return matter.come_back(told, spot);
            }
            Fact::Whistled(_) => matter.is_on_bus |= told.accepted_at.is_some(),
            Fact::ReportedAgain(report) => matter.report(report, told, spot),
            Fact::ToldApart { other, .. } => matter.proposed.retain(|case| case != other),
            Fact::Local(local) => matter.local(local),
            fact => {
                let Matter { course, score, .. } = &mut matter;
                course.apply_noting(fact, told.at(), &mut |course, at| score.note(course, at));
            }
        }
        matter.note(&told.fact);
        Some(matter)
    }

    fn begin(told: &Told, spot: Spot) -> Option<Matter> {
        let Fact::Whistled(whistle) = &told.fact else { return None };
        Some(Matter {
            id: told.case_id.clone(),
            course: Course::of(whistle, told.at()),
            score: Score::begin(told.envelope.time),
            severity: whistle.severity,
            issue_type: whistle.issue_type.clone(),
            first_issue_type: None,
            grid: whistle.grid.clone(),
            called_units: whistle.called_units.clone(),
            seen_at: whistle.seen_at,
            blown_at: told.envelope.time,
            is_on_bus: told.accepted_at.is_some(),
            trace: told.envelope.traceparent.clone(),
            units: BTreeSet::new(),
            reports: vec![Reported::first(whistle, told, spot)],
            proposed: whistle.proposed.clone(),
            raised_by: told.envelope.on_behalf_of.clone().filter(|by| by.kind == Kind::Unit),
            road_party: None,
            level: Level::default(),
            uppers: BTreeSet::new(),
            team: Vec::new(),
            whistle: spot,
        })
    }

    /// Begins again with the whistle as the bus has it; what was said here since then stays.
    fn come_back(mut self, told: &Told, spot: Spot) -> Option<Matter> {
        let mut begun = Matter::begin(told, spot)?;
        if self.reports.first().is_some_and(|first| first.id == told.envelope.id) {
            begun.reports.extend(self.reports.drain(1..));
            begun.proposed = self.proposed;
            begun.level = self.level;
            begun.uppers = self.uppers;
        }
        Some(begun)
    }

    /// Adds a report, also to a case that was closed while it was on its way: it is answered too.
    fn report(&mut self, report: &Report, told: &Told, spot: Spot) {
        let Report { reporter, intake, reported_at, ground, merged_from, .. } = report.clone();
        let id = told.envelope.id.clone();
        if let Some(known) = self.reports.iter_mut().find(|known| known.id == id) {
            // Our own, back from the bus.
            known.spot = spot;
            return;
        }
        let (at, ground) = (reported_at, Some(ground));
        self.reports.push(Reported { id, reporter, intake, at, ground, merged_from, spot });
    }

    /// Takes what was said on the ground: a lift goes up and never down, a team takes the place of the
    /// one before. Whoever has the case by that sees it.
    fn local(&mut self, local: &Local) {
        match local {
            Local::Lifted { to, upper, .. } => {
                self.level = self.level.max(*to);
                self.uppers.extend(upper.as_unit());
            }
            Local::Teamed { members, .. } => self.team.clone_from(members),
        }
    }

    /// Where it is, as the whistle says.
    pub(crate) fn place(&self) -> Option<&Place> {
        self.reports.first().map(|first| &first.intake.place)
    }

    /// Whether who answers for the place found it itself.
    pub(crate) fn is_self_found(&self) -> bool {
        let channel = self.reports.first().map(|first| first.intake.channel);
        self.raised_by.is_some() || channel.is_some_and(Channel::is_self_found)
    }

    /// When the matter was reported last.
    pub(crate) fn reported_at(&self) -> Moment {
        self.reports.iter().map(|report| report.at).max().unwrap_or(self.blown_at)
    }

    /// Whether another report can still be linked to it.
    pub(crate) fn takes_reports(&self) -> bool {
        let Course { stage, confirmed_at, .. } = &self.course;
        *stage != Stage::Closed && confirmed_at.is_none() && !self.course.is_ending()
    }

    /// Only the gateway knows of it, and nothing was said but the whistle.
    fn is_provisional(&self) -> bool {
        !self.is_on_bus && self.course.stage == Stage::Raised
    }

    fn note(&mut self, fact: &Fact) {
        match fact {
            Fact::Called(called) => drop(self.units.insert(called.unit.clone())),
            // Who is asked whose matter it is sees what it is about.
            Fact::Dispute(Dispute::Opened { units, .. }) => {
                self.units.extend(units.iter().cloned());
            }
            Fact::Dispute(Dispute::Retyped { .. }) => self.retype(),
            _ => {}
        }
        self.severity = self.course.severity;
        self.units.extend(self.course.owner.as_unit());
    }

    /// The kind of matter and its cell are what its lead has said last; the first kind is kept, and
    /// the first cell is that of the whistle.
    fn retype(&mut self) {
        if let Some(grid) = self.course.jurisdiction.grid.clone() {
            self.grid = grid;
        }
        let Some(now) = self.course.jurisdiction.issue_type.clone() else { return };
        if now != self.issue_type {
            let before = std::mem::replace(&mut self.issue_type, now);
            self.first_issue_type.get_or_insert(before);
        }
    }

    /// The communities that reported it, the one that whistled first.
    pub(crate) fn reporters(&self) -> impl Iterator<Item = &CommunityId> {
        self.reports.iter().map(|report| &report.reporter)
    }

    /// Those whom it concerns.
    pub(crate) fn parties(&self) -> impl Iterator<Item = Party> {
        let units = self.units.iter().map(Party::unit);
        let community = |report: &Reported| {
            let id = report.reporter.to_string();
            Party { kind: Kind::Community, id }
        };
        let reporters = self.reports.iter().map(community);
        let beside = self.uppers.iter().chain(self.team.iter().map(|member| &member.unit));
        let units = units.chain(beside.map(Party::unit));
        let others = units.chain(self.raised_by.clone()).chain(self.road_party.clone());
        std::iter::once(self.course.community_party()).chain(reporters).chain(others)
    }
}

impl Reported {
    fn first(whistle: &Whistle, told: &Told, spot: Spot) -> Reported {
        Reported {
            id: told.envelope.id.clone(),
            reporter: whistle.community.clone(),
            intake: whistle.intake.clone(),
            at: told.envelope.time,
            ground: None,
            merged_from: None,
            spot,
        }
    }
}
