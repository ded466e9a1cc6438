//! `muster cases bulletin`: a month as it is gone through and made public (讲评通报, M031).
//!
//! The units in the order of their on-time rate, the alarms, and the cases that each was late in, all
//! as the ledger counts them (M013, M014). A unit without a due task has no rank. It says figures and
//! decides nothing: what is praised or exposed (奖惩曝光) is for people.

use std::cmp::Reverse;

use domain::pack::Day;
use proto::ledger::{Figure, GetRatesRequest, GroupBy, Rates};
use serde_json::json;

use super::{each, rates::missed, which::arguments};
use crate::{
    cli,
    coverage::percent,
    operate::{
        Table,
        moment::shown,
        way::{System, gateway_refused},
    },
    output::Output,
    pack,
};

/// A month of the city's calendar, by its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month(Day);

impl Month {
    /// Reads `2026-11`.
    pub fn parse(text: &str) -> Result<Month, String> {
        let first = Some(text).filter(|text| text.len() == 7);
        let first = first.and_then(|text| format!("{text}-01").parse().ok());
        first.map(Month).ok_or_else(|| "right would be a month: 2026-11".to_owned())
    }

    /// The first day of the next month.
    fn end(self) -> Day {
        let is_in = |day: &Day| day.to_string()[..7] == self.0.to_string()[..7];
        let mut day = self.0;
        while is_in(&day) {
            day = day.next();
        }
        day
    }
}

/// Makes the bulletin.
pub async fn show(asked: &cli::Bulletin) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let system = System::find(&asked.way)?;
    let city = pack::load(&asked.cities.join(system.city()))?;
    let (from, to) = (asked.month.0, asked.month.end());
    let request = GetRatesRequest {
        filter: None,
        from_ms: from.start(city.utc_offset_minutes).0,
        to_ms: to.start(city.utc_offset_minutes).0,
        group_by: GroupBy::Unit.into(),
    };
    let mut ledger = system.ledger()?;
    let said = ledger.get_rates(request).await.map_err(|no| gateway_refused(&no))?.into_inner();
    let ranked = ranked(said.rates);
    output.tell(format!("bulletin 通报 {from} .. {to}, counted until {}", shown(said.to_ms)));
    standings(&ranked, output);
    for (_, rates) in &ranked {
        let Some(filter) = rates.on_time.as_ref().filter(|one| is_missed(one)).and_then(missed)
        else {
            continue;
        };
        let (unit, most) = (&rates.value, u64::from(asked.late));
        let is_more = each(&mut ledger, &filter, most, |case| {
            output.tell(format!("late 逾期 {unit}: {} {}", case.case_id, case.issue_type));
            output.object("late", json!({ "unit": unit, "case_id": case.case_id }));
            Ok(())
        });
        if is_more.await? {
            output
                .tell(format!("  and more: muster cases search {}", arguments(&filter).join(" ")));
        }
    }
    Ok(())
}

fn is_missed(figure: &Figure) -> bool {
    figure.reached < figure.counted
}

/// The units, the best first, with the rank of each; equal rates share one, and no rate has none.
fn ranked(mut rates: Vec<Rates>) -> Vec<(Option<usize>, Rates)> {
    let of = |rates: &Rates| rates.on_time.as_ref().and_then(|figure| figure.basis_points);
    rates.sort_by(|one, other| {
        (Reverse(of(one)), &one.value).cmp(&(Reverse(of(other)), &other.value))
    });
    let all: Vec<Option<u32>> = rates.iter().map(of).collect();
    let rank = |rate: u32| 1 + all.iter().flatten().filter(|other| **other > rate).count();
    rates.into_iter().map(|one| (of(&one).map(rank), one)).collect()
}

fn standings(ranked: &[(Option<usize>, Rates)], output: Output) {
    let heads = [
        ">RANK",
        "UNIT",
        ">ON TIME",
        ">OF DUE",
        ">RATE",
        ">SATISFIED",
        ">OF ANSWERED",
        ">RATE",
        "ALARM",
    ];
    let mut table = Table::of(&heads);
    for (rank, rates) in ranked {
        let named = [
            ("on_time", rates.on_time.clone().unwrap_or_default()),
            ("satisfied", rates.satisfied_final.clone().unwrap_or_default()),
        ];
        let shown_rank = rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string());
        let cells = named.iter().flat_map(|(_, one)| {
            let rate = one.basis_points.map(|rate| percent(rate as usize));
            let rate = rate.unwrap_or_else(|| "-".to_owned());
            [one.reached.to_string(), one.counted.to_string(), rate]
        });
        let alarms = named.iter().filter(|(_, one)| one.is_alarm).map(|(name, _)| *name);
        let alarms: Vec<&str> = alarms.collect();
        let row = [shown_rank, rates.value.clone()].into_iter().chain(cells);
        table.row(row.chain([alarms.join(" ")]).collect());
        let object = json!({
            "unit": rates.value, "rank": rank, "alarms": alarms,
            "on_time": named[0].1.basis_points, "satisfied": named[1].1.basis_points,
        });
        output.object("standing", object);
    }
    table.lines().iter().for_each(|line| output.tell(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_its_days_and_nothing_else_is_one() {
        let month = |text: &str| {
            let month = Month::parse(text).unwrap();
            (month.0.to_string(), month.end().to_string())
        };
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        assert_eq!(month("2026-12"), pair("2026-12-01", "2027-01-01"));
        assert_eq!(month("2028-02"), pair("2028-02-01", "2028-03-01"));
        for wrong in ["", "2026", "2026-13", "2026-1", "2026-11-01", "二〇二六"] {
            assert!(Month::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_best_is_first_equals_share_a_rank_and_who_has_no_due_task_has_none() {
        let of = |unit: &str, rate: Option<u32>| Rates {
            value: unit.into(),
            on_time: Some(Figure { basis_points: rate, ..Figure::default() }),
            ..Rates::default()
        };
        let rates = [
            ("a", None),
            ("b", Some(9_000)),
            ("c", Some(10_000)),
            ("d", Some(9_000)),
            ("e", Some(0)),
        ];
        let ranked = ranked(rates.map(|(unit, rate)| of(unit, rate)).into());
        let seen: Vec<_> = ranked.iter().map(|(rank, one)| (one.value.as_str(), *rank)).collect();
        let wanted = [("c", Some(1)), ("b", Some(2)), ("d", Some(2)), ("e", Some(4)), ("a", None)];
        assert_eq!(seen, wanted);
    }
}
