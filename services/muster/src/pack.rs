//! City packs on disk: read whole, checked whole; nothing starts on a faulty one.

use std::{collections::BTreeMap, fmt, path::Path, process::ExitCode, sync::Arc};

use anyhow::Context;
use domain::pack::{self, City, Fault};
use kit::clock::Clock;
use serde_json::json;
use unit::RegisterError;

use crate::{output::Output, role};

/// Everything that is wrong with a pack, the registers of its departments among it.
#[derive(Debug)]
struct Faulty(Vec<Fault>);

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Faulty {}

/// Loads a pack; a faulty one is an error that names every fault.
pub fn load(dir: &Path) -> anyhow::Result<Arc<City>> {
    let city = read(dir)?.map_err(Faulty);
    let city = city.with_context(|| format!("the city pack {} is faulty", dir.display()))?;
    Ok(Arc::new(city))
}

/// The city, or all that is wrong with its pack. Registers are judged when there is a city that
/// says which of them it needs.
fn read(dir: &Path) -> anyhow::Result<Result<City, Vec<Fault>>> {
    let files = files(dir)?;
    // The texts of the rules that can be read; domain names those that can't.
    let text = |(name, bytes): (&String, &Vec<u8>)| {
        let text =
            std::str::from_utf8(bytes).ok().filter(|_| name.starts_with(pack::access::FOLDER));
        text.map(|text| (name.clone(), text.trim_start_matches('\u{feff}').to_owned()))
    };
    let mut faults = kit::access::faults(&files.iter().filter_map(text).collect());
    let city = match pack::load(&files) {
        Ok(city) => city,
        Err(others) => {
            faults.extend(others.iter().cloned());
            faults.sort();
            return Ok(Err(faults));
        }
    };
    for unit in city.hosted_units() {
        let Err(error) = role::module(&city, &unit.id, dir) else { continue };
        let RegisterError(found) = error.downcast::<RegisterError>()?;
        faults.extend(found.into_iter().map(|fault| within(dir, fault)));
    }
    faults.sort();
    faults.dedup();
    Ok(if faults.is_empty() { Ok(city) } else { Err(faults) })
}

/// A file of a register as it is named within the pack.
fn within(dir: &Path, fault: Fault) -> Fault {
    let inside = Path::new(&fault.file).strip_prefix(dir).map(|file| file.display().to_string());
    Fault { file: inside.unwrap_or(fault.file.clone()), ..fault }
}

fn files(dir: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let what = || format!("there is no city pack to read in {}", dir.display());
    kit::pack::files(dir).with_context(what)
}

/// `muster city check`
pub fn check(dir: &Path, output: Output) -> anyhow::Result<ExitCode> {
    match read(dir)? {
        Ok(city) => {
            city.warnings(Clock::system().now()).iter().for_each(|fault| warn(fault, output));
            sound(&city, output);
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            report(&faults, output);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn sound(city: &City, output: Output) {
    let (units, issues) = (city.units.len(), city.issues.len());
    let cells = city.grid.len();
    let text = format!(
        "{} {}: no fault. {units} units, {issues} issue types, {cells} cells of the grid.",
        city.zh, city.en
    );
    let object = json!({
        "city": city.id.as_str(), "faults": 0,
        "units": units, "issue_types": issues, "cells": cells,
    });
    output.say(text, "city_checked", object);
}

/// What is no fault and must be known.
fn warn(fault: &Fault, output: Output) {
    let object = json!({ "file": fault.file, "what": fault.what, "right": fault.right });
    output.say(format!("warning: {fault}"), "warning", object);
}

fn report(faults: &[Fault], output: Output) {
    for fault in faults.iter() {
        let object = json!({
            "file": fault.file, "line": fault.line, "what": fault.what, "right": fault.right,
        });
        output.say(fault.to_string(), "fault", object);
    }
    let count = faults.len();
    output.say(format!("{count} faults"), "city_checked", json!({ "faults": count }));
}
