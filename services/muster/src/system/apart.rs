//! The worker as a process of its own: this very program with the verb `worker`.
//!
//! It is started with a configuration file like any worker's, and never outlives us. What it says
//! is appended to `worker.log` in the data folder.

use std::{ffi::OsString, fs, path::Path};

use anyhow::Context;
use domain::party::Party;
use serde_json::json;
use worker::devserver::Guardian;

use super::{outside, parts::Roles};

/// Starts it; it serves a moment later, and nobody has to wait for that.
pub async fn worker(roles: &Roles<'_>) -> anyhow::Result<Guardian> {
    let file = roles.data.join("worker.toml");
    fs::write(&file, configuration(roles)?)
        .with_context(|| format!("can't write {}", file.display()))?;
    let program = std::env::current_exe().context("this program can't find itself")?;
    let arguments: Vec<OsString> = vec!["worker".into(), "--config".into(), file.into()];
    let log = roles.data.join("worker.log");
    let log = fs::OpenOptions::new().create(true).append(true).open(&log)?;
    Guardian::start(&program, arguments, log).await.context("the worker does not start")
}

/// Completes when a worker that is a process of its own has ended; never when there is none.
pub async fn ended(worker: Option<&Guardian>) {
    match worker {
        Some(worker) => drop(worker.ended().await),
        None => std::future::pending().await,
    }
}

fn configuration(roles: &Roles<'_>) -> anyhow::Result<String> {
    let party = &roles.doors.worker.server;
    // Makes the certificate if there is none yet.
    roles.identity(party)?;
    let papers = papers(&fs::canonicalize(roles.data.join("identity"))?, party);
    let (_, listen) =
        roles.doors.worker.address.split_once("//").context("a door has no address")?;
    let (bus, gateway) = (&roles.doors.bus, &roles.doors.gateway);
    let lines = [
        format!("data = {}", text(&roles.data.join("worker"))),
        format!("listen = {}", json!(listen)),
        format!("pack = {}", text(&roles.pack)),
        format!("profile = {}", json!(roles.profile)),
        format!("temporal = {}", json!(roles.temporal)),
        format!("[identity]\n{papers}"),
        format!("[bus]\naddress = {}", json!(bus.address)),
        format!("server = {}", json!(bus.server.to_string())),
        format!("[gateway]\naddress = {}", json!(gateway.address)),
        format!("server = {}", json!(gateway.server.to_string())),
        outside::text(&outside::read(&roles.data)?)?,
    ];
    Ok(lines.join("\n"))
}

/// A party's certificate, its key and the authority, as a configuration file names them.
pub fn papers(folder: &Path, party: &Party) -> String {
    let stem = party.to_string().replace('/', "-");
    let line = |name, file: &str| format!("{name} = {}", text(&folder.join(file)));
    [
        line("authority", "ca.pem"),
        line("certificate", &format!("{stem}.pem")),
        line("key", &format!("{stem}.key")),
        line("revocations", "revoked.pem"),
    ]
    .join("\n")
}

/// A path as TOML has it, whose strings are written as those of JSON.
pub fn text(path: &Path) -> String {
    json!(path.to_string_lossy()).to_string()
}
