//! The worker's process is killed between accept and arrive: nothing is lost, nothing said twice.
//!
//! Each role is a process of its own, on the pack as it ships.

use std::{collections::BTreeMap, fs};

use proto::case::Outcome;
use serde_json::json;

use super::people::{Asked, CALLED, People};
use crate::roles::{papers, ports, start, temporal};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_accept_and_arrive_resumes_with_nothing_lost_or_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let [to_bus, to_gateway, to_worker, to_units] = ports();
    let door = |port: u16, server: &str| json!({ "address": format!("https://127.0.0.1:{port}"), "server": server });
    let desks = CALLED.map(|unit| (unit, door(to_units, "service/units")));
    let doors = BTreeMap::from([
        ("gateway", door(to_gateway, "service/gateway")),
        ("units", json!(BTreeMap::from(desks))),
    ]);
    fs::write(data.join("endpoints.json"), serde_json::to_vec(&doors).unwrap()).unwrap();
    let bus_is =
        format!("[bus]\naddress = \"https://127.0.0.1:{to_bus}\"\nserver = \"service/bus\"\n");
    let hosted =
        CALLED.map(|unit| format!("[units.{unit}]\n{}", papers(data, &format!("unit/{unit}"))));
    let hosted = format!("{bus_is}{}", hosted.concat());

    let temporal = temporal(data).await;
    let address = format!("temporal = \"{}\"", temporal.address());
    let worker = || start(data, &["worker"], "service/worker", to_worker, &address, &bus_is);
    let bus = start(data, &["bus"], "service/bus", to_bus, "", "");
    let gateway = start(data, &["gateway"], "service/gateway", to_gateway, "", &bus_is);
    let verb = ["unit", CALLED[0], CALLED[1]];
    let units = start(data, &verb, "service/units", to_units, "", &hosted);
    let first = worker();
    crate::people::reachable(data, &["gateway"]).await;

    let people = People::of(data);
    let id = people.community.whistle().await;
    crate::people::eventually(data, &id, proto::whistle::CaseStage::Called).await;
    for unit in [&people.lead, &people.cooperating] {
        unit.accept(&id).await;
    }
    let accepted =
        |case: &proto::whistle::Case| case.parts.iter().all(|part| part.accepted_at_ms > 0);
    people.community.until("accepted", &id, accepted).await;
    // SIGKILL: it has no chance to say or write anything more.
    first.kill();

    for unit in [&people.lead, &people.cooperating] {
        unit.arrive(&id).await;
        unit.dispose(&id, "done").await;
    }
    people.lead.declare(&id).await.unwrap();
    people.community.until("asked to confirm", &id, Asked::confirming).await;
    people.community.confirm(&id, &[(CALLED[0], 5), (CALLED[1], 5)]).await.unwrap();
    let second = worker();
    let case = people.community.until("closed", &id, Asked::closed).await;
    assert_eq!(case.outcome(), Outcome::Confirmed);

    people.nothing_came_twice(&id).await;
    for role in [second, units, gateway, bus] {
        assert!(role.terminate(), "SIGTERM drains a role");
    }
    temporal.stop().await;
}
