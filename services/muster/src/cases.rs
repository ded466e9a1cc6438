//! `muster cases …`: what the ledger is asked through the gateway's door.
//!
//! Each verb says the same as a table and as one JSON object a row. Looking changes nothing; a finding is
//! entered with `--yes`.

mod agenda;
pub mod bulletin;
mod complaint;
mod history;
mod rates;
pub mod which;

use std::process::ExitCode;

use kit::client::Channel;
use proto::{
    ledger::{
        CaseFilter, CountCasesRequest, Order, SearchCasesRequest,
        ledger_service_client::LedgerServiceClient,
    },
    page::Page,
    whistle::Case,
};
use serde_json::json;

use crate::{
    cli::{Cases, CountBy, Search},
    operate::{
        Table,
        moment::shown,
        way::{System, gateway_refused},
        words,
    },
    output::Output,
};

/// How many are asked for at once.
const PAGE: u32 = 500;

/// Does what is asked.
pub async fn run(asked: Cases) -> anyhow::Result<ExitCode> {
    match asked {
        Cases::Search(asked) => search(&asked).await?,
        Cases::Count(asked) => count(&asked).await?,
        Cases::History(asked) => history::show(&asked).await?,
        Cases::Rates(asked) => rates::show(&asked).await?,
        Cases::Agenda(asked) => agenda::show(&asked).await?,
        Cases::Bulletin(asked) => bulletin::show(&asked).await?,
        Cases::Complaint(asked) => complaint::run(&asked).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// All cases that a filter lets through, page by page, until `most` or until `take` fails.
pub(crate) async fn each(
    ledger: &mut LedgerServiceClient<Channel>,
    filter: &CaseFilter,
    most: u64,
    take: impl FnMut(Case) -> anyhow::Result<()>,
) -> anyhow::Result<bool> {
    each_by(ledger, filter, (Order::Unspecified, most), take).await
}

/// The same, in an order.
async fn each_by(
    ledger: &mut LedgerServiceClient<Channel>,
    filter: &CaseFilter,
    (order, most): (Order, u64),
    mut take: impl FnMut(Case) -> anyhow::Result<()>,
) -> anyhow::Result<bool> {
    let (mut left, mut token) = (most, String::new());
    loop {
        let size = u32::try_from(left.min(u64::from(PAGE))).unwrap_or(PAGE);
        let page = Some(Page { size, token });
        let request =
            SearchCasesRequest { filter: Some(filter.clone()), page, order: order.into() };
        let found = ledger.search_cases(request).await.map_err(|no| gateway_refused(&no))?;
        let found = found.into_inner();
        left = left.saturating_sub(found.cases.len() as u64);
        found.cases.into_iter().try_for_each(&mut take)?;
        token = found.next_token;
        if token.is_empty() || left == 0 {
            return Ok(!token.is_empty());
        }
    }
}

async fn search(asked: &Search) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let mut ledger = System::find(&asked.way)?.ledger()?;
    let heads = ["CASE", "STAGE", "ISSUE", "GRID", "OWNER", ">ROUND", "RAISED", "DUE", "OWED BY"];
    let (mut table, mut count) = (Table::of(&heads), 0_u64);
    let order = if asked.due_first { Order::DueFirst } else { Order::Unspecified };
    let is_more = each_by(&mut ledger, &asked.which.filter(), (order, asked.limit), |case| {
        count += 1;
        say(&case, &mut table, output);
        Ok(())
    })
    .await?;
    table.lines().iter().for_each(|line| output.tell(line));
    output.tell(match is_more {
        true => format!("the first {count}; --limit shows more 仅显示前 {count} 件"),
        false => format!("{count} cases 共 {count} 件"),
    });
    Ok(())
}

fn say(case: &Case, table: &mut Table, output: Output) {
    let stage = words::stage(case.stage());
    let owed: Vec<&str> = case.owed.iter().map(|owed| owed.party.as_str()).collect();
    table.row(vec![
        case.case_id.clone(),
        which::word(case.stage().as_str_name(), "CASE_STAGE_"),
        case.issue_type.clone(),
        case.grid.clone(),
        case.owner.clone(),
        case.round.to_string(),
        shown(case.raised_at_ms),
        shown(case.due_at_ms),
        owed.join(" "),
    ]);
    let owed: Vec<_> = case
        .owed
        .iter()
        .map(|one| {
            let duty = which::word(one.duty().as_str_name(), "DUTY_");
            json!({ "party": one.party, "duty": duty, "due_at_ms": one.due_at_ms })
        })
        .collect();
    let object = json!({
        "case_id": case.case_id, "stage": which::word(case.stage().as_str_name(), "CASE_STAGE_"),
        "where": stage.en, "where_zh": stage.zh, "issue_type": case.issue_type, "grid": case.grid,
        "community": case.community, "description": case.description, "owner": case.owner,
        "round": case.round, "raised_at_ms": case.raised_at_ms, "due_at_ms": case.due_at_ms,
        "closed_at_ms": case.closed_at_ms, "owed": owed,
        "outcome": which::word(case.outcome().as_str_name(), "OUTCOME_"),
        "timeliness": which::word(case.timeliness().as_str_name(), "TIMELINESS_"),
    });
    output.object("case", object);
}

async fn count(asked: &CountBy) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let mut ledger = System::find(&asked.way)?.ledger()?;
    let by = asked.by.unwrap_or_default();
    let (mut counts, mut total, mut token) =
        (std::collections::BTreeMap::new(), 0_u64, String::new());
    loop {
        let (filter, group_by) = (Some(asked.which.filter()), by.into());
        let request = CountCasesRequest { filter, group_by, token };
        let part = ledger.count_cases(request).await.map_err(|no| gateway_refused(&no))?;
        let part = part.into_inner();
        total += part.total;
        for count in part.counts {
            *counts.entry(count.value).or_insert(0) += count.cases;
        }
        token = part.next_token;
        if token.is_empty() {
            break;
        }
    }
    let mut table = Table::of(&["OF", ">CASES"]);
    // The most first: what happens most often is what is asked for.
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(value, cases)| (u64::MAX - cases, value.clone()));
    for (value, cases) in counts.into_iter().filter(|(value, _)| !value.is_empty()) {
        output.object("count", json!({ "value": value, "cases": cases }));
        table.row(vec![value, cases.to_string()]);
    }
    if asked.by.is_some() {
        table.lines().iter().for_each(|line| output.tell(line));
    }
    output.say(format!("{total} cases 共 {total} 件"), "total", json!({ "cases": total }));
    Ok(())
}
