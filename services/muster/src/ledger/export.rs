//! `muster ledger export`: cases and their rates, as people keep them.

use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::{moment::Moment, pack::Day};
use kit::client::Channel;
use proto::{
    ledger::{
        CaseFilter, Figure, GetRatesRequest, GroupBy, ledger_service_client::LedgerServiceClient,
    },
    whistle::{Case, Part},
};
use serde_json::json;

use super::{
    names::Names,
    sheet::{self, Cell, Sheet},
};
use crate::{
    cases,
    cli::{self, Export},
    operate::way::{System, gateway_refused},
    output::Output,
    pack,
};

/// How many cases one export has at most: it is held in memory, and opened by people.
const CASES_MAX: u64 = 100_000;

/// By what the rates are, in this order.
const RATED_BY: [GroupBy; 5] =
    [GroupBy::Unspecified, GroupBy::Unit, GroupBy::Grid, GroupBy::IssueType, GroupBy::Month];

/// Writes it.
pub(super) async fn run(asked: &Export) -> anyhow::Result<()> {
    let beside = beside(&asked.out);
    for path in [&asked.out, &beside] {
        anyhow::ensure!(!path.exists(), "{} is there already", path.display());
    }
    let system = System::find(&asked.way)?;
    let city = pack::load(&asked.cities.join(system.city()))?;
    let names = Names { city: &city, language: asked.lang };
    let (mut ledger, filter) = (system.ledger()?, asked.which.filter());
    let mut rows = Vec::new();
    let is_more = cases::each(&mut ledger, &filter, CASES_MAX, |case| {
        rows.push(row(&names, &case));
        Ok(())
    })
    .await?;
    anyhow::ensure!(
        !is_more,
        "these are more than {CASES_MAX} cases; right would be: a shorter period, or a filter"
    );
    let name = names.of("案件", "Cases");
    let listed = Sheet { name, heads: heads(&names, &CASE_HEADS), rows };
    let rated = rated(&names, &mut ledger, asked, &filter).await?;
    let (cases, rates) = (listed.rows.len(), rated.rows.len());
    let files = match asked.format {
        cli::Sheet::Csv => {
            sheet::write_csv(&listed, &asked.out)?;
            sheet::write_csv(&rated, &beside)?;
            vec![asked.out.clone(), beside]
        }
        cli::Sheet::Xlsx => {
            let out = asked.out.clone();
            tokio::task::spawn_blocking(move || sheet::write_xlsx(&[listed, rated], &out))
                .await??;
            vec![asked.out.clone()]
        }
    };
    let shown: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let text = format!("{cases} cases and {rates} rates in {}", shown.join(" and "));
    let object = json!({ "files": files, "cases": cases, "rates": rates });
    Output::new(asked.way.output).say(text, "exported", object);
    Ok(())
}

/// The second file of a CSV.
fn beside(out: &Path) -> PathBuf {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let end = out.extension().map(|end| format!(".{}", end.to_string_lossy()));
    out.with_file_name(format!("{stem}-rates{}", end.unwrap_or_default()))
}

/// The headings of the cases, in Chinese and English.
const CASE_HEADS: [(&str, &str); 25] = [
    ("案件编号", "Case"),
    ("状态", "Stage"),
    ("问题类型", "Issue type"),
    ("网格", "Grid"),
    ("街道", "Subdistrict"),
    ("社区", "Community"),
    ("来源渠道", "Channels"),
    ("外部编号", "External numbers"),
    ("描述", "Description"),
    ("责任主体", "Owner"),
    ("轮次", "Round"),
    ("牵头单位", "Lead"),
    ("配合单位", "Cooperating"),
    ("吹哨时间", "Raised"),
    ("办理时限", "Due"),
    ("办结时间", "Closed"),
    ("结果", "Outcome"),
    ("是否按期", "On time"),
    ("首次评价是否满意", "Satisfied at first"),
    ("是否满意", "Satisfied"),
    ("待办单位及事项", "Owed by"),
    ("提醒次数", "Reminders"),
    ("督办次数", "Urgings"),
    ("评分", "Stars"),
    ("并入案件", "Merged into"),
];

fn heads(names: &Names<'_>, heads: &[(&str, &str)]) -> Vec<String> {
    heads.iter().map(|(zh, en)| names.of(zh, en)).collect()
}

fn row(names: &Names<'_>, case: &Case) -> Vec<Cell> {
    let text = |text: String| if text.is_empty() { Cell::Empty } else { Cell::Text(text) };
    let join = |mut texts: Vec<String>| {
        let mut seen = std::collections::BTreeSet::new();
        texts.retain(|one| seen.insert(one.clone()));
        text(texts.join("; "))
    };
    let parts = |is_lead: bool| -> Vec<String> {
        let parts = case.parts.iter().filter(|part| part.is_lead == is_lead);
        parts.map(|part| names.unit(&part.unit)).collect()
    };
    let intakes = || case.reports.iter().filter_map(|report| report.intake.as_ref());
    let owed = case.owed.iter().map(|owed| {
        let due = time(names, owed.due_at_ms);
        format!("{}: {} ({due})", names.party(&owed.party), names.duty(owed.duty()))
    });
    let sum = |count: fn(&Part) -> u32| {
        Cell::Number(case.parts.iter().map(|p| u64::from(count(p))).sum())
    };
    let rated = case.parts.iter().filter(|part| part.stars > 0);
    let stars = rated.map(|part| format!("{} {}", names.unit(&part.unit), part.stars));
    let is_closed = case.closed_at_ms > 0;
    vec![
        text(case.case_id.clone()),
        text(names.stage(case.stage())),
        text(names.issue(&case.issue_type)),
        text(case.grid.clone()),
        text(names.subdistrict(&case.grid)),
        text(names.community(&case.community)),
        join(intakes().map(|intake| names.channel(intake.channel())).collect()),
        join(intakes().map(|i| i.external_id.clone()).filter(|id| !id.is_empty()).collect()),
        text(case.description.clone()),
        text(names.party(&case.owner)),
        Cell::Number(case.round.into()),
        join(parts(true)),
        join(parts(false)),
        text(time(names, case.raised_at_ms)),
        text(time(names, case.due_at_ms)),
        text(time(names, case.closed_at_ms)),
        text(names.outcome(case.outcome())),
        text(names.timeliness(case.timeliness())),
        text(case.first_answer.map(|answer| names.yes(answer.is_satisfied)).unwrap_or_default()),
        if is_closed { text(names.yes(case.is_satisfied)) } else { Cell::Empty },
        join(owed.collect()),
        sum(|part| part.reminders),
        sum(|part| part.urgings),
        join(stars.collect()),
        text(case.merged_into.clone()),
    ]
}

/// A moment by the city's clock; nothing for none.
fn time(names: &Names<'_>, ms: i64) -> String {
    if ms <= 0 {
        return String::new();
    }
    let offset = names.city.utc_offset_minutes;
    let day = Day::of(Moment(ms), offset);
    let seconds = (ms - day.start(offset).0) / 1_000;
    format!("{day} {:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// The headings of the rates.
const RATE_HEADS: [(&str, &str); 16] = [
    ("统计维度", "By"),
    ("编号", "Id"),
    ("名称", "Name"),
    ("应办结", "Due"),
    ("按期办结", "On time"),
    ("限时整改率%", "On-time rate %"),
    ("限时整改率预警(低于95%)", "On-time alarm (below 95 %)"),
    ("首次评价", "First answers"),
    ("首次满意", "First satisfied"),
    ("首次满意率%", "First satisfaction %"),
    ("首次满意率预警(低于85%)", "First satisfaction alarm (below 85 %)"),
    ("最终评价", "Last answers"),
    ("最终满意", "Last satisfied"),
    ("最终满意率%", "Last satisfaction %"),
    ("最终满意率预警(低于85%)", "Last satisfaction alarm (below 85 %)"),
    ("未评价", "Unanswered"),
];

async fn rated(
    names: &Names<'_>,
    ledger: &mut LedgerServiceClient<Channel>,
    asked: &Export,
    filter: &CaseFilter,
) -> anyhow::Result<Sheet> {
    let filter = CaseFilter { counted: None, ..filter.clone() };
    let mut rows = Vec::new();
    for by in RATED_BY {
        let request = GetRatesRequest {
            filter: Some(filter.clone()),
            from_ms: asked.rates_from.unwrap_or(1),
            to_ms: asked.rates_to.unwrap_or(0),
            group_by: by.into(),
        };
        let said = ledger.get_rates(request).await.map_err(|no| gateway_refused(&no))?;
        for rates in said.into_inner().rates {
            let (kind, name) = named(names, by, &rates.value);
            let mut row = vec![Cell::Text(kind), Cell::Text(rates.value.clone()), Cell::Text(name)];
            for figure in [rates.on_time, rates.satisfied_first, rates.satisfied_final] {
                row.extend(cells(names, &figure.context("a rate has three figures")?));
            }
            row.push(Cell::Number(rates.unanswered));
            rows.push(row);
        }
    }
    let name = names.of("指标", "Rates");
    Ok(Sheet { name, heads: heads(names, &RATE_HEADS), rows })
}

fn named(names: &Names<'_>, by: GroupBy, value: &str) -> (String, String) {
    match by {
        GroupBy::Unit => (names.of("单位", "unit"), names.unit(value)),
        GroupBy::Grid => (names.of("网格", "grid"), names.subdistrict(value)),
        GroupBy::IssueType => (names.of("问题类型", "issue type"), names.issue(value)),
        GroupBy::Month => (names.of("月份", "month"), value.to_owned()),
        _ => (names.of("全部", "all"), names.of("全部", "all")),
    }
}

fn cells(names: &Names<'_>, figure: &Figure) -> [Cell; 4] {
    // Where nothing is counted there is neither a rate nor an alarm.
    let (rate, alarm) = match figure.basis_points {
        Some(rate) => (Cell::Rate(rate), Cell::Text(names.yes(figure.is_alarm))),
        None => (Cell::Empty, Cell::Empty),
    };
    [Cell::Number(figure.counted), Cell::Number(figure.reached), rate, alarm]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rates_of_a_csv_are_beside_its_cases() {
        for (out, expected) in [
            ("a/台账.csv", "a/台账-rates.csv"),
            ("cases", "cases-rates"),
            ("a.b.csv", "a.b-rates.csv"),
        ] {
            assert_eq!(beside(Path::new(out)), Path::new(expected));
        }
    }
}
