//! `muster city coverage`: which cell of the grid has nobody for a role, which road has no chief.
//!
//! From the pack alone: nothing has to run. A rate is rounded down, so that only all is 100 %, and
//! where there is nothing to cover there is none.

use std::{fmt::Display, path::Path, process::ExitCode};

use domain::pack::{Coverage, GridRole};
use serde_json::json;

use crate::{operate::Table, output::Output, pack};

/// Says it, for one role or for all and for the roads.
pub fn run(dir: &Path, role: Option<GridRole>, output: Output) -> anyhow::Result<ExitCode> {
    let city = pack::load(dir)?;
    let mut table = Table::of(&["OF", ">COVERED", ">OF ALL", ">RATE", "NOBODY THERE"]);
    for one in GridRole::all().filter(|one| role.is_none_or(|role| role == *one)) {
        let name = format!("{} {}", one.word(), one.zh());
        say(&name, one.word(), &city.staffing(one), &mut table, output);
    }
    if role.is_none() {
        say("chiefs of roads 路长", "road_chiefs", &city.chiefs(), &mut table, output);
    }
    table.lines().iter().for_each(|line| output.tell(line));
    Ok(ExitCode::SUCCESS)
}

fn say<T: Display>(
    name: &str,
    of: &str,
    coverage: &Coverage<T>,
    table: &mut Table,
    output: Output,
) {
    let lacking: Vec<String> = coverage.lacking.iter().map(ToString::to_string).collect();
    let rate = coverage.basis_points();
    let shown = rate.map_or_else(|| "-".to_owned(), percent);
    table.row(vec![
        name.to_owned(),
        coverage.covered().to_string(),
        coverage.all.to_string(),
        shown,
        lacking.join(" "),
    ]);
    let object = json!({
        "of": of, "covered": coverage.covered(), "all": coverage.all,
        "basis_points": rate, "lacking": lacking,
    });
    output.object("coverage", object);
}

/// Hundredths of a percent as people read them.
pub fn percent(basis_points: usize) -> String {
    format!("{}.{:02} %", basis_points / 100, basis_points % 100)
}
