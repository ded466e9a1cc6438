//! `muster policy`: a pack's table held against its policies, one question explained, and what was
//! refused, without any role running.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, bail};
use domain::pack::Faults;
use kit::access::{
    Access, Ask, Verdict, Written,
    table::{self, Differs},
};
use serde_json::json;

use crate::{
    cli::{Pack, Policy},
    output::Output,
    pack,
};

/// Does what is asked.
pub fn run(asked: Policy) -> anyhow::Result<ExitCode> {
    match asked {
        Policy::Test { pack, output } => test(&pack, Output::new(output)),
        Policy::Explain { caller, action, on, facts, context, pack, output } => {
            let wrong = |(what, right)| anyhow::anyhow!("{what}; right would be: {right}");
            let ask = table::ask(&action, &on, &facts, &context).map_err(wrong)?;
            explain(&pack, &caller, &ask, Output::new(output))
        }
        Policy::Refused { dir, output } => refused(&dir, Output::new(output)),
    }
}

fn test(asked: &Pack, output: Output) -> anyhow::Result<ExitCode> {
    let city = pack::load(&folder(asked))?;
    let (access, mut faults) = (Access::of(&city)?, Faults::default());
    let rows = table::read(&city.access, &mut faults);
    if !faults.is_empty() {
        bail!("{faults}");
    }
    let count = rows.len();
    let differs = table::run(&access, rows);
    differs.iter().for_each(|one| tell(one, output));
    let text = format!(
        "{}: {count} rows, {} come out otherwise; rules {}",
        city.id,
        differs.len(),
        access.hash()
    );
    let object = json!({
        "city": city.id.as_str(), "rows": count, "differ": differs.len(), "rules": access.hash(),
    });
    output.say(text, "policy_tested", object);
    Ok(if differs.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(Differs { row, verdict }: &Differs, output: Output) {
    let expected = word(row.is_allowed);
    let text = format!(
        "{}:{}: {} {} {}: {}; expected {expected}: {}",
        table::FILE,
        row.line,
        row.caller,
        row.ask.action(),
        row.ask.on().id(),
        reasons(verdict),
        row.why
    );
    let object = json!({
        "line": row.line, "caller": row.caller.to_string(), "action": row.ask.action(),
        "on": row.ask.on().id(), "expected": expected, "decided": word(verdict.is_allowed),
        "by": verdict.by, "errors": verdict.errors, "why": row.why,
    });
    output.say(text, "row_differs", object);
}

fn explain(asked: &Pack, caller: &str, ask: &Ask, output: Output) -> anyhow::Result<ExitCode> {
    let access = Access::of(&*pack::load(&folder(asked))?)?;
    let caller = caller.parse()?;
    let verdict = access.decide(&caller, ask);
    let told = access.check(&caller, ask).err().map(|no| no.to_string());
    let said = told.as_ref().map(|told| format!("\n{told}")).unwrap_or_default();
    let object = json!({
        "decided": word(verdict.is_allowed), "by": verdict.by, "errors": verdict.errors,
        "told": told, "rules": access.hash(),
    });
    output.say(format!("{}{said}", reasons(&verdict)), "explained", object);
    Ok(if verdict.is_allowed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The decision, and by what it came.
fn reasons(verdict: &Verdict) -> String {
    let by = match (&verdict.by[..], &verdict.errors[..]) {
        (_, [first, ..]) => format!("the evaluation failed: {first}"),
        ([], _) => "no policy permits it".to_owned(),
        (by, _) => format!("by {}", by.join(", ")),
    };
    format!("{} ({by})", word(verdict.is_allowed))
}

fn word(is_allowed: bool) -> &'static str {
    if is_allowed { "allow" } else { "deny" }
}

fn refused(dir: &Path, output: Output) -> anyhow::Result<ExitCode> {
    // Opening a journal makes it where there is none.
    anyhow::ensure!(dir.is_dir(), "there is no folder {}: nobody was refused", dir.display());
    let what = || format!("the record in {} can't be read", dir.display());
    for written in kit::access::read_refusals(dir).with_context(what)? {
        let Written { at_ms, refused, rules, not_written } = &written;
        let more = match not_written {
            0 => String::new(),
            more => format!(" (and {more} more before it)"),
        };
        let through = refused.through.as_ref();
        let through = through.map(|one| format!(" (through {one})")).unwrap_or_default();
        let text = format!(
            "{at_ms} {}{through} {}: {}: {}{more}; rules {rules}",
            refused.caller, refused.method, refused.reason, refused.message
        );
        output.say(text, "refused", serde_json::to_value(&written)?);
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder of the pack that is meant.
pub(crate) fn folder(asked: &Pack) -> std::path::PathBuf {
    asked.pack.clone().unwrap_or_else(|| asked.cities.join(&asked.city))
}
