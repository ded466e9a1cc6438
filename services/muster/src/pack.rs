//! City packs on disk: read whole, checked whole; nothing starts on a faulty one.

use std::{collections::BTreeMap, fs, path::Path, process::ExitCode, sync::Arc};

use anyhow::Context;
use domain::pack::{self, City, Faults};
use serde_json::json;

use crate::output::Output;

/// The largest file of a pack.
const FILE_MAX: u64 = 16 << 20;

/// Loads a pack; a faulty one is an error that names every fault.
pub fn load(dir: &Path) -> anyhow::Result<Arc<City>> {
    let city = pack::load(&files(dir)?);
    let city = city.with_context(|| format!("the city pack {} is faulty", dir.display()))?;
    Ok(Arc::new(city))
}

fn files(dir: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let what = || format!("there is no city pack to read in {}", dir.display());
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).with_context(what)? {
        let entry = entry.with_context(what)?;
        let meta = entry.metadata().with_context(what)?;
        if !meta.is_file() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        anyhow::ensure!(meta.len() <= FILE_MAX, "{name} is larger than {FILE_MAX} bytes");
        files.insert(name, fs::read(entry.path()).with_context(what)?);
    }
    Ok(files)
}

/// `muster city check`
pub fn check(dir: &Path, output: Output) -> anyhow::Result<ExitCode> {
    match pack::load(&files(dir)?) {
        Ok(city) => {
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

fn report(faults: &Faults, output: Output) {
    for fault in faults.iter() {
        let object = json!({
            "file": fault.file, "line": fault.line, "what": fault.what, "right": fault.right,
        });
        output.say(fault.to_string(), "fault", object);
    }
    let count = faults.len();
    output.say(format!("{count} faults"), "city_checked", json!({ "faults": count }));
}
