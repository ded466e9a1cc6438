//! Views whose pages were lost although the machine was not started again: a volume that went away
//! and came back, a copy that was put in place of the data.
//!
//! A role is opened on a copy of its data with the boot id of before, so that it trusts the view
//! that it finds; then once more without any view. Both must know the same.

use std::{fs, path::Path, process::Command};

use anyhow::Context as _;

use crate::{
    image::run,
    roles::{Closed, Office},
    tally::Part,
};

/// What came of it.
#[derive(Debug)]
pub struct Torn {
    /// Whether the view was taken as it was, and caught up.
    pub is_trusted: bool,
    /// What is not the same as in a view that is made anew.
    pub differs: Vec<String>,
}

/// Opens the role on a copy of its data, which is under `data`; `None` where there is none yet.
pub async fn open(
    office: &Office,
    part: Part,
    data: &Path,
    scratch: &Path,
) -> anyhow::Result<Option<Result<Torn, Closed>>> {
    let (folder, view) = match part {
        Part::BusTorn => ("bus", "bus/view"),
        _ => ("units", "units/enforcement/view"),
    };
    if !data.join(view).exists() {
        return Ok(None);
    }
    if scratch.exists() {
        fs::remove_dir_all(scratch)?;
    }
    fs::create_dir(scratch)?;
    run(Command::new("cp").arg("-a").arg(data.join(folder)).arg(scratch))?;
    let view = scratch.join(view);
    let log = office.log(if part == Part::BusTorn { "bus" } else { "unit" });
    let logged = fs::metadata(&log).map_or(0, |found| found.len());
    if let Err(closed) = visit(office, part, scratch).await? {
        return Ok(Some(Err(closed)));
    }
    let said = fs::read(&log)?;
    let said = said.get(usize::try_from(logged)?..).unwrap_or_default();
    let is_trusted = !String::from_utf8_lossy(said).contains("rebuilt");
    let found = dump(&view)?;
    fs::remove_dir_all(&view)?;
    if let Err(closed) = visit(office, part, scratch).await? {
        return Ok(Some(Err(closed)));
    }
    let differs = difference(&found, &dump(&view)?);
    Ok(Some(Ok(Torn { is_trusted, differs })))
}

/// Starts the role alone, waits until it has its view, and ends it.
async fn visit(office: &Office, part: Part, data: &Path) -> anyhow::Result<Result<(), Closed>> {
    let (mut process, ready) = if part == Part::BusTorn {
        let mut bus = office.start_bus(data)?;
        let ready = office.bus_ready(&mut bus).await;
        (bus, ready)
    } else {
        let mut unit = office.start_unit(data)?;
        let ready = office.unit_ready(&mut unit).await;
        (unit, ready)
    };
    if let Err(closed) = ready {
        return Ok(Err(closed));
    }
    process.check_running()?;
    process.terminate().await?;
    Ok(Ok(()))
}

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// All that a view holds but its origin.
fn dump(view: &Path) -> anyhow::Result<Pairs> {
    let database = sled::open(view).context("a view that a role has left does not open")?;
    let pair = |pair: sled::Result<(sled::IVec, sled::IVec)>| {
        pair.map(|(key, value)| (key.to_vec(), value.to_vec()))
    };
    let pairs: sled::Result<Pairs> = database.iter().map(pair).collect();
    Ok(pairs?.into_iter().filter(|(key, _)| key != b"\0origin").collect())
}

fn difference(found: &Pairs, right: &Pairs) -> Vec<String> {
    let lacks = right.iter().filter(|pair| found.binary_search(pair).is_err());
    let lacks = lacks.map(|(key, _)| format!("it lacks {}", key.escape_ascii()));
    let has = found.iter().filter(|pair| right.binary_search(pair).is_err());
    let has = has.map(|(key, _)| format!("it has {}", key.escape_ascii()));
    lacks.chain(has).collect()
}
