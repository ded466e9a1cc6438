//! `muster ledger …`: the ledger as a whole, from the record and to a file.
//!
//! A dump has one line for each key of the gateway's view, in order, key and value as ASCII with
//! whatever else escaped; its SHA-256 is that of the file. A rebuild takes the journal and the
//! archive as a backup does, verifies every link, and folds them into a new view: nothing of the old
//! one is used, so that the two dumps show that the view is the record's and nothing else's.

mod export;
mod names;
mod sheet;

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use domain::pack::City;
use gateway::Gateway;
use kit::{clock::Clock, identity::Authority, stats::Stats};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    backup::hex,
    cli::{Dump, Ledger, Packs, Rebuild},
    output::Output,
    pack,
};

/// Where a rebuilt folder says of which city it is.
const CITY: &str = "CITY";

/// Does what is asked.
pub async fn run(asked: Ledger) -> anyhow::Result<ExitCode> {
    match asked {
        Ledger::Dump(asked) => dump(&asked)?,
        Ledger::Rebuild(asked) => rebuild(&asked)?,
        Ledger::Export(asked) => export::run(&asked).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The gateway's folder in a data folder.
fn folder(data: &Path) -> anyhow::Result<PathBuf> {
    let dir = data.join("gateway");
    let is_there = dir.join("journal").is_dir();
    anyhow::ensure!(is_there, "there is no journal of a gateway in {}", dir.display());
    Ok(dir)
}

fn city(packs: &Packs, data: &Path) -> anyhow::Result<Arc<City>> {
    let named = packs.city.clone().or_else(|| named(data));
    let named = named
        .with_context(|| format!("{} does not say of which city it is: --city", data.display()))?;
    pack::load(&packs.cities.join(named))
}

/// The city of a data folder: its authority's, or what a rebuild has noted.
fn named(data: &Path) -> Option<String> {
    let authority = Authority::open(&data.join("identity")).ok();
    let noted = || fs::read_to_string(data.join(CITY)).ok();
    authority.map(|authority| authority.city().to_string()).or_else(noted)
}

/// What a view holds.
struct Dumped {
    place: u64,
    keys: usize,
    text: String,
    sha256: String,
}

/// Opens the gateway of a folder and writes down what its view holds. It sends and serves nothing.
fn dumped(dir: &Path, city: Arc<City>) -> anyhow::Result<Dumped> {
    let (config, clock) = (gateway::Config::default(), Clock::system());
    let gateway = Gateway::open(dir, city, config, clock, Stats::default());
    let gateway = gateway.with_context(|| {
        format!(
            "the ledger in {} can't be opened; while its gateway runs, `muster ledger rebuild` reads \
             the same record",
            dir.display()
        )
    })?;
    let (place, pairs) = gateway.dump()?;
    let mut text = format!("muster ledger 1, {} keys up to record {place}\n", pairs.len());
    for (key, value) in &pairs {
        writeln!(text, "{}\t{}", key.escape_ascii(), value.escape_ascii())?;
    }
    let sha256 = hex(&Sha256::digest(&text));
    Ok(Dumped { place, keys: pairs.len(), text, sha256 })
}

fn dump(asked: &Dump) -> anyhow::Result<()> {
    let dumped = dumped(&folder(&asked.data)?, city(&asked.packs, &asked.data)?)?;
    if let Some(out) = &asked.out {
        let mut file = new_file(out)?;
        file.write_all(dumped.text.as_bytes())?;
        file.sync_all()?;
    }
    say("dumped", &dumped, &asked.data, Output::new(asked.output));
    Ok(())
}

fn rebuild(asked: &Rebuild) -> anyhow::Result<()> {
    let from = folder(&asked.from)?;
    let city = city(&asked.packs, &asked.from)?;
    let is_free = !asked.to.exists() || fs::read_dir(&asked.to)?.next().is_none();
    anyhow::ensure!(is_free, "{} is not empty; name a new folder", asked.to.display());
    let to = asked.to.join("gateway");
    // All that is there: a record that is whole is the role's, also of this very millisecond.
    let taken = journal::beginning(from.join("journal"), i64::MAX)?;
    for part in &taken.parts {
        let path = to.join(&part.name);
        fs::create_dir_all(path.parent().context("a part has no folder")?)?;
        let copied =
            io::copy(&mut io::Read::take(part.open()?, part.bytes), &mut new_file(&path)?)?;
        anyhow::ensure!(copied == part.bytes, "{} became shorter while it was read", part.name);
    }
    if let Some(manifest) = &taken.manifest {
        new_file(&to.join("archive/MANIFEST"))?.write_all(manifest)?;
    }
    let verified = journal::verify(to.join("journal"))?;
    anyhow::ensure!(
        verified.torn_bytes == 0,
        "{} bytes at the end of {} are no record",
        verified.torn_bytes,
        from.join("journal").display()
    );
    fs::write(asked.to.join(CITY), city.id.as_str())?;
    let dumped = dumped(&to, city)?;
    say("rebuilt", &dumped, &asked.to, Output::new(asked.output));
    Ok(())
}

fn new_file(path: &Path) -> anyhow::Result<File> {
    let file = File::options().create_new(true).write(true).open(path);
    file.with_context(|| format!("{} can't be written anew", path.display()))
}

fn say(event: &str, dumped: &Dumped, data: &Path, output: Output) {
    let Dumped { place, keys, sha256, .. } = dumped;
    let text = format!("{keys} keys up to record {place}\nsha256 {sha256}");
    let object = json!({
        "data": data, "place": place, "keys": keys, "sha256": sha256, "bytes": dumped.text.len(),
    });
    output.say(text, event, object);
}
