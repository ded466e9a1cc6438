//! `muster cases agenda`: the cases of the ledger that the caller sees, as the agenda of a meeting.
//!
//! The rules are those of [`domain::case::agenda`]; here cases come from the gateway, page by page,
//! and the agenda goes out as tables or as one JSON object a line.

use std::{collections::BTreeMap, ops::Range};

use anyhow::ensure;
use domain::{
    case::{
        Level,
        agenda::{self, Agenda, Item, Proposal},
    },
    id::CaseId,
    moment::Moment,
    pack::{City, Day},
    party::Party,
};
use kit::{client::Channel, clock::Clock};
use proto::{
    case::PatrolLevel,
    ledger::{CaseFilter, ledger_service_client::LedgerServiceClient},
    whistle::{Case, CaseStage},
};
use serde_json::json;

use super::each;
use crate::{
    cli,
    coverage::percent,
    operate::{Table, moment::shown, way::System},
    output::Output,
    pack,
};

/// How many cases an agenda is made of at most, open ones and those of the week.
const CASES_MAX: u64 = 200_000;

/// Makes the agenda.
pub async fn show(asked: &cli::Agenda) -> anyhow::Result<()> {
    let output = Output::new(asked.way.output);
    let system = System::find(&asked.way)?;
    let city = pack::load(&asked.cities.join(system.city()))?;
    let (now, offset) = (Clock::system().now(), city.utc_offset_minutes);
    let week = week(asked.week.unwrap_or_else(|| Day::of(now, offset)));
    let period = week.start.start(offset)..week.end.start(offset);
    let items = items(&mut system.ledger()?, &period).await?;
    let made = agenda::agenda(&items, &period, asked.top.into(), now);
    say(&city, &made, &week, &output);
    Ok(())
}

/// The Monday of a day's week, and the Monday after it.
fn week(day: Day) -> Range<Day> {
    let monday = (0..day.weekday()).fold(day, |day, _| day.previous());
    monday..(0..7).fold(monday, |day, _| day.next())
}

/// The cases that are open or were raised in the period, each once.
async fn items(
    ledger: &mut LedgerServiceClient<Channel>,
    period: &Range<Moment>,
) -> anyhow::Result<Vec<Item>> {
    let open = CaseFilter { only_open: true, ..CaseFilter::default() };
    let raised = CaseFilter {
        raised_from_ms: period.start.0,
        raised_to_ms: period.end.0,
        ..CaseFilter::default()
    };
    let mut items: BTreeMap<CaseId, Item> = BTreeMap::new();
    for filter in [open, raised] {
        let is_more = each(ledger, &filter, CASES_MAX, |case| {
            let item = item(case)?;
            items.insert(item.case_id.clone(), item);
            Ok(())
        })
        .await?;
        ensure!(!is_more, "more than {CASES_MAX} cases are open or were raised in the week");
    }
    Ok(items.into_values().collect())
}

/// A case of the wire as the agenda needs it.
fn item(case: Case) -> anyhow::Result<Item> {
    let stage = case.stage();
    let level = match case.level() {
        PatrolLevel::City => Level::City,
        PatrolLevel::Subdistrict => Level::Subdistrict,
        PatrolLevel::Community | PatrolLevel::Unspecified => Level::Community,
    };
    let territory = case.territorial_owner.rsplit('/').next().unwrap_or_default();
    let owed = case.owed.iter().map(|owed| {
        let party: Party = owed.party.parse()?;
        Ok((party, Moment(owed.due_at_ms)))
    });
    Ok(Item {
        case_id: case.case_id.parse()?,
        issue_type: case.issue_type.parse()?,
        // A cell that the pack has no more has no territory, and is a place of its own.
        area: if territory.is_empty() { case.grid.parse() } else { territory.parse() }?,
        raised_at: Moment(case.raised_at_ms),
        is_open: stage != CaseStage::Closed,
        is_undecided: matches!(stage, CaseStage::Assigning | CaseStage::Disputed),
        level,
        is_self_found: case.self_found,
        owed: owed.collect::<anyhow::Result<Vec<_>>>()?,
    })
}

fn say(city: &City, made: &Agenda, week: &Range<Day>, output: &Output) {
    let last = week.end.previous();
    output.tell(format!("Agenda 周例会议程 {} {}, {} to {last}", city.zh, city.en, week.start));
    overdue(made, output);
    waiting(made, output);
    let day = last;
    let proposals = agenda::proposals(city, made.frequent.clone(), day);
    frequent(city, &proposals, output);
    let share = made.self_found;
    let rate = share.basis_points();
    let shown = rate.map_or_else(|| "-".to_owned(), |rate| percent(rate as usize));
    output.tell(format!(
        "\nFound by who answers for the place 自查发现: {} of {} raised ({shown})",
        share.part, share.of
    ));
    let object = json!({
        "week": week.start.to_string(), "until": last.to_string(),
        "overdue": made.overdue.len(), "undecided": made.undecided.len(),
        "lifted": made.lifted.len(), "frequent": made.frequent.len(),
        "self_found": share.part, "raised": share.of, "self_found_basis_points": rate,
    });
    output.object("agenda", object);
}

fn overdue(made: &Agenda, output: &Output) {
    let mut table = Table::of(&["OVERDUE 逾期", "OWED BY", "DUE"]);
    for one in &made.overdue {
        let (case, party) = (one.case_id.to_string(), one.party.to_string());
        output
            .object("overdue", json!({ "case_id": case, "party": party, "due_at_ms": one.due.0 }));
        table.row(vec![case, party, shown(one.due.0)]);
    }
    print(&table, made.overdue.is_empty(), "nothing is overdue 无逾期", output);
}

fn waiting(made: &Agenda, output: &Output) {
    let mut table = Table::of(&["TO BE DECIDED 待议", "WHY"]);
    for case in &made.undecided {
        output.object("undecided", json!({ "case_id": case.as_str() }));
        table.row(vec![case.to_string(), "somebody has to say who leads 牵头单位未定".to_owned()]);
    }
    for (case, level) in &made.lifted {
        let level = level.word();
        output.object("lifted", json!({ "case_id": case.as_str(), "level": level }));
        table.row(vec![case.to_string(), format!("lifted to the {level} level 上报")]);
    }
    let is_empty = made.undecided.is_empty() && made.lifted.is_empty();
    print(&table, is_empty, "nothing waits for a decision 无待议案件", output);
}

fn frequent(city: &City, proposals: &[Proposal], output: &Output) {
    let mut table = Table::of(&["FREQUENT 高频问题", "WHERE", ">CASES", ">OF", "WOULD LEAD"]);
    for Proposal { frequent, leads } in proposals {
        let issue = city.issues.get(&frequent.issue_type);
        let zh = issue.map(|issue| issue.zh.as_str()).unwrap_or_default();
        let leads: Vec<&str> = leads.iter().map(|lead| lead.as_str()).collect();
        output.object(
            "proposed_task",
            json!({
                "issue_type": frequent.issue_type.as_str(), "zh": zh,
                "area": frequent.area.as_str(), "cases": frequent.cases, "of": frequent.of,
                "leads": leads,
            }),
        );
        table.row(vec![
            format!("{} {zh}", frequent.issue_type),
            frequent.area.to_string(),
            frequent.cases.to_string(),
            frequent.of.to_string(),
            leads.join(" "),
        ]);
    }
    print(&table, proposals.is_empty(), "no matter came twice 无高频问题", output);
}

fn print(table: &Table, is_empty: bool, nothing: &str, output: &Output) {
    output.tell("");
    if is_empty {
        output.tell(nothing);
        return;
    }
    table.lines().iter().for_each(|line| output.tell(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_from_monday_to_sunday() {
        for day in ["2026-11-23", "2026-11-25", "2026-11-29"] {
            let week = week(day.parse().unwrap());
            assert_eq!(
                (week.start.to_string(), week.end.to_string()),
                ("2026-11-23".into(), "2026-11-30".into())
            );
        }
        assert_eq!(week("2026-11-22".parse().unwrap()).start.to_string(), "2026-11-16");
    }
}
