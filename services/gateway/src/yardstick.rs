//! What the limits in force say about a case at a moment: what is owed, what is due, what counts.
//!
//! Nothing of this is kept in the view: limits are the pack's and the profile's. That a case is let
//! through by a filter is said here for everything but its words, which are in lists of their own.

use std::{cell::RefCell, collections::BTreeMap, iter, sync::Arc};

use domain::{
    case::{
        Outcome, Owed, Severity, Stage,
        clocks::{self, TwoClocks},
        owes,
        standing::{self, Decided},
    },
    id::{IssueTypeId, UnitId},
    moment::Moment,
    outage::Outage,
    pack::{City, Limits},
};
use proto::ledger::Measure;

use crate::{
    filter::{Counted, Filter},
    matter::Matter,
    rates::MEASURES,
};

/// The limits of a profile of a city, at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Yardstick {
    /// The city.
    pub(crate) city: Arc<City>,
    /// Our own outages.
    outages: Arc<[Outage]>,
    /// When.
    pub(crate) now: Moment,
    profile: Arc<str>,
    /// Those that were asked for: each has a calendar, which is not copied for each case.
    known: RefCell<BTreeMap<(IssueTypeId, Severity), Arc<Limits>>>,
}

impl Yardstick {
    /// That of a profile, now.
    pub(crate) fn new(
        city: Arc<City>,
        profile: Arc<str>,
        outages: Arc<[Outage]>,
        now: Moment,
    ) -> Yardstick {
        Yardstick { city, now, profile, outages, known: RefCell::default() }
    }

    /// The profile by which it judges.
    pub(crate) fn profile(&self) -> &str {
        &self.profile
    }

    /// Our own outages that were not over by then.
    pub(crate) fn outages_since(&self, since: Moment) -> Vec<Outage> {
        self.outages.iter().filter(|outage| outage.to > since).cloned().collect()
    }

    /// The limits of a kind of matter, with our own outages since then.
    pub(crate) fn limits_of(&self, issue_type: &IssueTypeId, since: Moment) -> Limits {
        let limits = self.city.limits(&self.profile, issue_type);
        Limits { outages: self.outages_since(since), ..limits }
    }

    /// The limits of a case, with our own outages.
    pub(crate) fn limits(&self, matter: &Matter) -> Arc<Limits> {
        let key = (matter.issue_type.clone(), matter.severity);
        let mut known = self.known.borrow_mut();
        let limits = known.entry(key).or_insert_with(|| {
            let (issue_type, course) = (&matter.issue_type, &matter.course);
            Arc::new(clocks::limits(&self.city, &self.profile, issue_type, course, &self.outages))
        });
        Arc::clone(limits)
    }

    /// Who owes what until when.
    pub(crate) fn owed(&self, matter: &Matter) -> Vec<Owed> {
        owes(&matter.course, &self.limits(matter))
    }

    /// Both clocks of something that is owed, at a moment.
    pub(crate) fn two_clocks(&self, matter: &Matter, owed: &Owed, at: Moment) -> TwoClocks {
        clocks::two_clocks(&matter.course, &self.limits(matter), owed, at)
    }

    /// What the case counts as.
    pub(crate) fn decided(&self, matter: &Matter) -> Option<Decided> {
        let due = standing::whole_due_at(&matter.course, matter.blown_at, &self.limits(matter));
        standing::decided(&matter.course, &matter.score, due, self.now)
    }

    /// What a unit's task in it counts as.
    pub(crate) fn task(&self, matter: &Matter, unit: &UnitId) -> Option<Decided> {
        standing::task_decided(&matter.course, &matter.score, unit, &self.limits(matter), self.now)
    }

    /// When it is counted in a figure, and whether it reached it; for the task of a unit, or whole.
    pub(crate) fn counted(
        &self,
        matter: &Matter,
        measure: Measure,
        unit: Option<&UnitId>,
    ) -> Option<(Moment, bool)> {
        if measure == Measure::OnTime {
            let decided = unit.map_or_else(|| self.decided(matter), |unit| self.task(matter, unit));
            return decided.map(|decided| match decided {
                Decided::OnTime(at) => (at, true),
                Decided::Late(at) => (at, false),
            });
        }
        if matter.course.merged_into.is_some() {
            return None;
        }
        let closed_at = matter.course.closed_at;
        let (word, at) = match measure {
            Measure::SatisfiedFirst => matter.score.first.map(|word| (word, word.at))?,
            Measure::SatisfiedFinal => matter.score.last.zip(closed_at)?,
            Measure::OnTime | Measure::Unspecified => return None,
        };
        let task = |unit: &UnitId| matter.score.tasks.get(unit);
        let is_about = unit.is_none_or(|unit| task(unit).is_some_and(|t| t.was_done_by(word.at)));
        is_about.then_some((at, word.is_satisfied))
    }

    /// The first moment of which something in it is counted, whole or in the task of a unit.
    pub(crate) fn first_counted(&self, matter: &Matter) -> Option<Moment> {
        let subjects = iter::once(None).chain(matter.score.tasks.keys().map(Some));
        let counted =
            subjects.flat_map(|unit| MEASURES.map(|measure| self.counted(matter, measure, unit)));
        counted.flatten().map(|(at, _)| at).min()
    }

    /// When it was closed without any answer of the community; for a unit, of what it has done.
    pub(crate) fn unanswered(&self, matter: &Matter, unit: Option<&UnitId>) -> Option<Moment> {
        let closed_at = matter.course.closed_at?;
        let task = |unit: &UnitId| matter.score.tasks.get(unit);
        let is_about = unit.is_none_or(|unit| task(unit).is_some_and(|t| t.was_done_by(closed_at)));
        let is_void = matter.course.outcome.is_some_and(Outcome::is_void);
        let is_silent = matter.score.last.is_none() && !is_void;
        (is_about && is_silent).then_some(closed_at)
    }

    /// Whether the filter lets the case through, but for its words.
    pub(crate) fn fits(&self, filter: &Filter, matter: &Matter) -> bool {
        let course = &matter.course;
        let is = |wanted: bool, is_so: &dyn Fn() -> bool| !wanted || is_so();
        fits(&filter.issue_type, &matter.issue_type)
            && (filter.stages.is_empty() || filter.stages.contains(&course.stage))
            && is(filter.only_open, &|| course.stage != Stage::Closed)
            && fits(&filter.owner, &course.owner)
            && fits(&filter.community, &course.community)
            && fits(&filter.grid, &matter.grid)
            && filter.severity <= matter.severity
            && filter.raised.has(matter.blown_at)
            && filter.closed.is_none_or(|period| course.closed_at.is_some_and(|at| period.has(at)))
            && (filter.outcome.is_none() || filter.outcome == course.outcome)
            && self.fits_place(filter, matter)
            && fits_reports(filter, matter)
            && self.fits_unit(filter, matter)
            && self.fits_time(filter, matter)
            && filter.counted.as_ref().is_none_or(|counted| self.fits_figure(counted, matter))
    }

    fn fits_place(&self, filter: &Filter, matter: &Matter) -> bool {
        filter.subdistrict.as_ref().is_none_or(|wanted| {
            self.city.grid.get(&matter.grid).is_some_and(|cell| cell.subdistrict == *wanted)
        })
    }

    fn fits_unit(&self, filter: &Filter, matter: &Matter) -> bool {
        filter.unit.as_ref().is_none_or(|unit| {
            let is_late = || matches!(self.task(matter, unit), Some(Decided::Late(_)));
            matter.units.contains(unit)
                && (!filter.is_lead || matter.course.lead.as_ref() == Some(unit))
                && (!filter.is_late || is_late())
        })
    }

    fn fits_time(&self, filter: &Filter, matter: &Matter) -> bool {
        let is_on_time = |wanted: bool| {
            let decided = self.decided(matter);
            decided.is_some_and(|decided| matches!(decided, Decided::OnTime(_)) == wanted)
        };
        let owes = |owed: &Owed| {
            filter.owed_by.as_ref().is_none_or(|party| owed.party == *party)
                && (!filter.is_overdue || owed.due < self.now)
        };
        let asks = filter.is_overdue || filter.owed_by.is_some();
        filter.on_time.is_none_or(is_on_time) && (!asks || self.owed(matter).iter().any(owes))
    }

    fn fits_figure(&self, counted: &Counted, matter: &Matter) -> bool {
        let Counted { measure, reached, unit, period } = counted;
        let found = self.counted(matter, *measure, unit.as_ref());
        found.is_some_and(|(at, is_reached)| {
            period.has(at) && at < self.now && reached.is_none_or(|wanted| wanted == is_reached)
        })
    }
}

fn fits<T: PartialEq>(wanted: &Option<T>, is: &T) -> bool {
    wanted.as_ref().is_none_or(|wanted| wanted == is)
}

fn fits_reports(filter: &Filter, matter: &Matter) -> bool {
    let Filter { reporter, channel, external_id, .. } = filter;
    let mut reports = matter.reports.iter();
    let any = |fits: &dyn Fn(&crate::matter::Reported) -> bool| matter.reports.iter().any(fits);
    reporter.as_ref().is_none_or(|wanted| reports.any(|report| report.reporter == *wanted))
        && channel.is_none_or(|wanted| any(&|report| report.intake.channel == wanted))
        && (external_id.is_none() || any(&|report| report.intake.external_id == *external_id))
}
