//! The two rates of the documents, each figure with the cases that it is made of.
//!
//! On time: 「限时整改率达到95%以上」; satisfied: 「群众满意率达到85%以上」 (M013, M014). The two
//! marks are the documents'; what is due when is the pack's. What counts and when it is counted is in
//! `domain::case::score`. Where nothing is counted there is no rate: neither 100 % nor 0.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    id::UnitId,
    moment::Moment,
    pack::{City, Day},
    rejection::Rejection,
};
use kit::{tx::Tx, view};
use proto::ledger::{self as wire, GroupBy, Measure, Side};

use crate::{
    dues::Dues,
    filter::Period,
    matter::Matter,
    search::{self, Query},
    walk,
    yardstick::Yardstick,
};

/// How many cases one question may look at.
const EXAMINED_MAX: usize = 100_000;

/// How many values one question may have.
const VALUES_MAX: usize = 10_000;

/// Below this it is an alarm, in hundredths of a percent: M013.
const ON_TIME_MARK: u32 = 9_500;

/// The same: M014.
const SATISFIED_MARK: u32 = 8_500;

/// So many were counted, and so many of them reached it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figure {
    /// Counted.
    pub(crate) counted: u64,
    /// Reached.
    pub(crate) reached: u64,
}

impl Figure {
    fn add(&mut self, is_reached: bool) {
        self.counted += 1;
        self.reached += u64::from(is_reached);
    }

    /// In hundredths of a percent, rounded down, so that what is below a mark never looks as if it
    /// had reached it; none where nothing is counted.
    pub(crate) fn basis_points(self) -> Option<u32> {
        let rate = (self.reached * 10_000).checked_div(self.counted)?;
        u32::try_from(rate).ok()
    }
}

/// The figures of one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates {
    /// By measure: on time, satisfied first, satisfied last.
    pub(crate) figures: [Figure; 3],
    /// Closed without any answer.
    pub(crate) unanswered: u64,
}

/// Rates by value, and how many cases were looked at for them.
pub(crate) type Rated = (BTreeMap<String, Rates>, usize);

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// In this figure, and whether it reached it.
    Counted(usize, bool),
    /// Closed without any answer.
    Unanswered,
}

impl Rates {
    fn add(&mut self, event: Event) {
        match event {
            Event::Counted(index, is_reached) => self.figures[index].add(is_reached),
            Event::Unanswered => self.unanswered += 1,
        }
    }
}

/// The measures, in the order of the figures.
pub(crate) const MEASURES: [Measure; 3] =
    [Measure::OnTime, Measure::SatisfiedFirst, Measure::SatisfiedFinal];

/// What is rated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// Counted when.
    pub(crate) period: Period,
    /// By what.
    pub(crate) group_by: GroupBy,
}

impl Rating {
    /// By what rates are; what is only of the present is refused.
    pub(crate) fn new(period: Period, group_by: GroupBy) -> Result<Rating, Rejection> {
        if group_by as i32 > GroupBy::Month as i32 {
            let message = format!(
                "no rate is by {}; right would be: ISSUE_TYPE, GRID, SUBDISTRICT, UNIT, COMMUNITY, \
                 CHANNEL, DAY, MONTH or nothing",
                group_by.as_str_name().trim_start_matches("GROUP_BY_")
            );
            return Err(Rejection::invalid("NOT_A_RATE", "group_by", message));
        }
        Ok(Rating { period, group_by })
    }

    /// The units with a row also where nothing of them is counted: the one that is asked for, or each
    /// that owes something in an open case.
    pub(crate) fn units(&self, query: &Query, dues: &Dues) -> Result<BTreeSet<UnitId>, Rejection> {
        if self.group_by != GroupBy::Unit {
            return Ok(BTreeSet::new());
        }
        if !walk::asks_nothing(&query.filter) {
            return Ok(query.filter.unit.iter().cloned().collect());
        }
        let owing = dues.read(|board| board.owing(query.sight.scope()))?;
        Ok(owing.iter().filter_map(|party| party.as_unit()).collect())
    }

    /// The rates by value, these units among them, and how many cases were looked at.
    pub(crate) fn rates(
        &self,
        tx: &Tx<'_>,
        query: &Query,
        yardstick: &Yardstick,
        units: &BTreeSet<UnitId>,
    ) -> Result<Result<Rated, Rejection>, view::Error> {
        let mut rates = BTreeMap::new();
        let (examined, last) = query.each(tx, yardstick, &[], EXAMINED_MAX, |matter| {
            self.add(&mut rates, query, yardstick, &matter);
            rates.len() < VALUES_MAX
        })?;
        if last.is_some() {
            let message = format!(
                "these are more than {EXAMINED_MAX} cases or {VALUES_MAX} values; right would be: a \
                 shorter period, or a filter"
            );
            return Ok(Err(Rejection::exhausted("TOO_MANY_CASES", message)));
        }
        for unit in units {
            rates.entry(unit.to_string()).or_default();
        }
        if self.group_by == GroupBy::Unspecified {
            rates.entry(String::new()).or_default();
        }
        Ok(Ok((rates, examined)))
    }

    fn add(
        &self,
        rates: &mut BTreeMap<String, Rates>,
        query: &Query,
        yardstick: &Yardstick,
        matter: &Matter,
    ) {
        let asked = query.filter.unit.as_ref();
        if self.group_by == GroupBy::Unit {
            let is_asked = |unit: &&UnitId| asked.is_none_or(|asked| asked == *unit);
            for unit in matter.score.tasks.keys().filter(is_asked) {
                for (_, event) in self.events(yardstick, matter, Some(unit)) {
                    rates.entry(unit.to_string()).or_default().add(event);
                }
            }
            return;
        }
        let values = search::values(yardstick, matter, self.group_by);
        for (at, event) in self.events(yardstick, matter, asked) {
            for value in &values {
                let value = self.value(&yardstick.city, at).unwrap_or_else(|| value.clone());
                rates.entry(value).or_default().add(event);
            }
        }
    }

    /// Days and months are those of the counting.
    fn value(&self, city: &City, at: Moment) -> Option<String> {
        match self.group_by {
            GroupBy::Day => Some(search::day(city, at)),
            GroupBy::Month => Some(search::month(city, at)),
            _ => None,
        }
    }

    /// What is counted of a case in the period, and when.
    fn events(
        &self,
        yardstick: &Yardstick,
        matter: &Matter,
        unit: Option<&UnitId>,
    ) -> Vec<(Moment, Event)> {
        let figures = MEASURES.into_iter().enumerate().filter_map(|(index, measure)| {
            let (at, is_reached) = yardstick.counted(matter, measure, unit)?;
            Some((at, Event::Counted(index, is_reached)))
        });
        let silent = yardstick.unanswered(matter, unit).map(|at| (at, Event::Unanswered));
        let is_within = |(at, _): &(Moment, Event)| self.period.has(*at) && *at < yardstick.now;
        figures.chain(silent).filter(is_within).collect()
    }

    /// A value's rates with the filters of their cases: what was asked, and what makes the figure.
    pub(crate) fn write(
        &self,
        city: &City,
        asked: &wire::CaseFilter,
        (value, rates): (String, Rates),
        to: Moment,
    ) -> wire::Rates {
        let figure = |index: usize, mark: u32| {
            let figure = rates.figures[index];
            let rate = figure.basis_points();
            let cases = |side| self.cases(city, asked, &value, (MEASURES[index], side), to);
            wire::Figure {
                counted: figure.counted,
                reached: figure.reached,
                basis_points: rate,
                alarm_below: mark,
                is_alarm: rate.is_some_and(|rate| rate < mark),
                counted_cases: Some(cases(Side::Unspecified)),
                reached_cases: Some(cases(Side::Reached)),
            }
        };
        wire::Rates {
            on_time: Some(figure(0, ON_TIME_MARK)),
            satisfied_first: Some(figure(1, SATISFIED_MARK)),
            satisfied_final: Some(figure(2, SATISFIED_MARK)),
            unanswered: rates.unanswered,
            value,
        }
    }

    fn cases(
        &self,
        city: &City,
        asked: &wire::CaseFilter,
        value: &str,
        (measure, side): (Measure, Side),
        to: Moment,
    ) -> wire::CaseFilter {
        let mut filter = asked.clone();
        let mut period = Period { to: Some(to), ..self.period };
        let mut unit = asked.unit.clone();
        let own = || value.to_owned();
        match self.group_by {
            GroupBy::IssueType => filter.issue_type = own(),
            GroupBy::Grid => filter.grid = own(),
            GroupBy::Subdistrict => filter.subdistrict = own(),
            GroupBy::Community => filter.community = own(),
            GroupBy::Unit => unit = own(),
            GroupBy::Channel => {
                let known = domain::case::Channel::ALL.into_iter();
                let channel =
                    known.filter(|one| one.word() == value).map(proto::report::channel_out);
                filter.channel = channel.map(i32::from).next().unwrap_or_default();
            }
            GroupBy::Day | GroupBy::Month => period = within(city, value, period),
            _ => {}
        }
        let millis = |at: Option<Moment>| at.map_or(0, |at| at.0);
        let (from_ms, to_ms) = (millis(period.from), millis(period.to));
        let (measure, side) = (measure.into(), side.into());
        filter.counted = Some(wire::Counted { measure, side, unit, from_ms, to_ms });
        filter
    }
}

/// The part of a period that is in a day, or in a month.
fn within(city: &City, value: &str, period: Period) -> Period {
    let is_month = value.len() == 7;
    let first = if is_month { format!("{value}-01") } else { value.to_owned() };
    let Ok(first) = first.parse::<Day>() else { return period };
    let mut after = first.next();
    while is_month && after.to_string().starts_with(value) {
        after = after.next();
    }
    let (from, to) = (first.start(city.utc_offset_minutes), after.start(city.utc_offset_minutes));
    Period {
        from: Some(period.from.map_or(from, |begin| begin.max(from))),
        to: Some(period.to.map_or(to, |end| end.min(to))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_rounded_down_and_there_is_none_of_nothing() {
        for (counted, reached, expected) in [
            (0, 0, None),
            (3, 3, Some(10_000)),
            (3, 2, Some(6_666)),
            (20, 19, Some(9_500)),
            (100_000, 94_999, Some(9_499)),
        ] {
            assert_eq!(Figure { counted, reached }.basis_points(), expected);
        }
    }

    #[test]
    fn a_day_and_a_month_are_the_citys() {
        let city = crate::tests::city();
        let period = Period { from: Some(Moment(1)), to: Some(Moment(i64::MAX)) };
        let day = within(&city, "2026-02-28", period);
        assert_eq!(day.from, Some(Moment(1_772_208_000_000))); // 2026-02-27T16:00:00Z
        assert_eq!(day.to.unwrap().0 - day.from.unwrap().0, 86_400_000);
        let month = within(&city, "2026-02", period);
        assert_eq!(month.to, day.to);
        assert_eq!(month.to.unwrap().0 - month.from.unwrap().0, 28 * 86_400_000);
        assert_eq!(within(&city, "2026-02", Period { to: day.from, ..period }).to, day.from);
    }
}
