//! `muster cases rates`: the two rates, each with the arguments that list its cases.

use proto::ledger::{CaseFilter, Figure, GetRatesRequest};
use serde_json::{Value, json};

use super::which::arguments;
use crate::{
    cli::Rates,
    coverage::percent,
    operate::{
        Table,
        moment::shown,
        way::{System, gateway_refused},
    },
    output::Output,
};

/// Shows them.
pub async fn show(asked: &Rates) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let mut ledger = System::find(&asked.way)?.ledger()?;
    let request = GetRatesRequest {
        filter: Some(asked.which.filter()),
        from_ms: asked.from,
        to_ms: asked.to.unwrap_or(0),
        group_by: asked.by.unwrap_or_default().into(),
    };
    let said = ledger.get_rates(request).await.map_err(|no| gateway_refused(&no))?.into_inner();
    let heads = [
        "OF",
        ">ON TIME",
        ">OF DUE",
        ">RATE",
        ">SATISFIED FIRST",
        ">OF ANSWERED",
        ">RATE",
        ">LAST",
        ">OF ANSWERED",
        ">RATE",
        ">UNANSWERED",
        "ALARM",
    ];
    let (mut table, mut hints) = (Table::of(&heads), Vec::new());
    for rates in said.rates {
        let named = [
            ("on_time", rates.on_time.unwrap_or_default()),
            ("satisfied_first", rates.satisfied_first.unwrap_or_default()),
            ("satisfied_final", rates.satisfied_final.unwrap_or_default()),
        ];
        let value =
            if rates.value.is_empty() { "all 全部".to_owned() } else { rates.value.clone() };
        let alarms: Vec<&str> =
            named.iter().filter(|(_, figure)| figure.is_alarm).map(|(name, _)| *name).collect();
        hints.extend(named.iter().filter(|(_, figure)| figure.is_alarm).map(|(name, figure)| {
            let missed = missed(figure).map(|filter| arguments(&filter).join(" "));
            format!("  {value} {name}: muster cases search {}", missed.unwrap_or_default())
        }));
        let cells = named.iter().flat_map(|(_, figure)| {
            let rate =
                figure.basis_points.map_or_else(|| "-".to_owned(), |rate| percent(rate as usize));
            [figure.reached.to_string(), figure.counted.to_string(), rate]
        });
        let unanswered = rates.unanswered.to_string();
        let row = std::iter::once(value).chain(cells).chain([unanswered, alarms.join(" ")]);
        table.row(row.collect());
        let object = json!({
            "value": rates.value, "unanswered": rates.unanswered,
            "on_time": object(&named[0].1), "satisfied_first": object(&named[1].1),
            "satisfied_final": object(&named[2].1),
        });
        output.object("rates", object);
    }
    table.lines().iter().for_each(|line| output.tell(line));
    output.tell(format!("counted from {} to {}", shown(asked.from), shown(said.to_ms)));
    if !hints.is_empty() {
        output.tell("ALARM: the cases that missed it 未达标案件:");
        hints.iter().for_each(|hint| output.tell(hint));
    }
    Ok(())
}

/// The filter of those that missed it.
pub(super) fn missed(figure: &Figure) -> Option<CaseFilter> {
    let mut filter = figure.counted_cases.clone()?;
    filter.counted.as_mut()?.set_side(proto::ledger::Side::Missed);
    Some(filter)
}

fn object(figure: &Figure) -> Value {
    let list = |filter: &Option<CaseFilter>| filter.as_ref().map(arguments).unwrap_or_default();
    json!({
        "counted": figure.counted, "reached": figure.reached, "basis_points": figure.basis_points,
        "alarm_below": figure.alarm_below, "is_alarm": figure.is_alarm,
        "counted_cases": list(&figure.counted_cases), "reached_cases": list(&figure.reached_cases),
    })
}
