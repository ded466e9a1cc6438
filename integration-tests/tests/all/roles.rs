//! Each role as a process of its own, from its configuration file.

use std::{collections::BTreeMap, fs, net::TcpListener, path::Path};

use domain::party::Party;
use kit::identity::Authority;
use proto::whistle::CaseStage;
use serde_json::json;
use worker::devserver::{self, DevServer};

use crate::{
    people::{case, eventually, report_for_duty, whistle},
    program::Running,
};

/// Ports that were free a moment ago.
pub fn ports<const N: usize>() -> [u16; N] {
    let sockets = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    sockets.map(|socket| socket.local_addr().unwrap().port())
}

/// The papers of a party, as the configuration names them.
pub fn papers(data: &Path, party: &str) -> String {
    let identity = data.join("identity");
    let authority = Authority::open_or_create(&identity, &"wenshan".parse().unwrap()).unwrap();
    let party: Party = party.parse().unwrap();
    authority.issue_to(&identity, &party).unwrap();
    let stem = party.to_string().replace('/', "-");
    let identity = identity.display();
    format!(
        "authority = \"{identity}/ca.pem\"\ncertificate = \"{identity}/{stem}.pem\"\n\
         key = \"{identity}/{stem}.key\"\n"
    )
}

/// Writes the configuration of a role and starts it.
pub fn start(
    data: &Path,
    verb: &[&str],
    party: &str,
    port: u16,
    more: &str,
    tables: &str,
) -> Running {
    let name = verb[0];
    let own = data.join(name);
    let text = format!(
        "data = \"{}\"\nlisten = \"127.0.0.1:{port}\"\npack = \"deploy/cities/wenshan\"\n\
         {more}\n[identity]\n{}\n{tables}\n",
        own.display(),
        papers(data, party)
    );
    let file = data.join(format!("{name}.toml"));
    fs::write(&file, text).unwrap();
    let arguments: Vec<&str> =
        verb.iter().copied().chain(["--config", file.to_str().unwrap()]).collect();
    Running::start(&arguments)
}

pub async fn temporal(data: &Path) -> DevServer {
    let cache = devserver::default_cache().unwrap();
    let binary = tokio::task::spawn_blocking(move || devserver::locate(&cache, |_| ()));
    let binary = binary.await.unwrap().unwrap();
    let mut options = devserver::Options::new(binary, data.join("temporal.db"), data.join("log"));
    options.search_attributes = worker::SEARCH_ATTRIBUTES
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()))
        .collect();
    DevServer::start(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whistle_is_taken_while_everything_else_is_down_and_goes_on_when_it_is_up() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let [bus, gateway, worker, units] = ports();
    let door = |port: u16, server: &str| json!({ "address": format!("https://127.0.0.1:{port}"), "server": server });
    let doors = BTreeMap::from([
        ("gateway", door(gateway, "service/gateway")),
        ("units", json!({ "enforcement": door(units, "service/units") })),
    ]);
    fs::write(data.join("endpoints.json"), serde_json::to_vec(&doors).unwrap()).unwrap();
    let to_bus =
        format!("[bus]\naddress = \"https://127.0.0.1:{bus}\"\nserver = \"service/bus\"\n");

    let gateway = start(data, &["gateway"], "service/gateway", gateway, "", &to_bus);
    crate::people::reachable(data, &["gateway"]).await;
    let case_id = whistle(data).await;
    let taken = case(data, &case_id).await;
    assert_eq!((taken.stage(), taken.is_on_bus), (CaseStage::Raised, false));

    let temporal = temporal(data).await;
    let address = format!("temporal = \"{}\"", temporal.address());
    let bus = start(data, &["bus"], "service/bus", bus, "", "");
    let worker = start(data, &["worker"], "service/worker", worker, &address, &to_bus);
    let hosted = format!("{to_bus}[units.enforcement]\n{}", papers(data, "unit/enforcement"));
    let units = start(data, &["unit", "enforcement"], "service/units", units, "", &hosted);
    eventually(data, &case_id, CaseStage::Called).await;
    assert_eq!(report_for_duty(data, &case_id).await, 1);
    let case = eventually(data, &case_id, CaseStage::Working).await;
    assert!(case.is_on_bus);
    for role in [units, worker, bus, gateway] {
        assert!(role.terminate(), "SIGTERM drains a role");
    }
    temporal.stop().await;
}
