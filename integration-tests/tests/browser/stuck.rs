//! The system stands still: letters are parked, and a flow is stuck; who operates it settles both on the
//! pages, on a city of processes.

use std::{net::SocketAddr, path::Path};

use crate::{
    apart::{self, Part},
    browser::{DESK, Window},
    city::{City, GRID, OFFICE, OPERATOR},
    parked,
    people::{endpoint, identity, reachable},
};

/// The part of the gateway's file that serves the console.
fn served(data: &Path, port: u16) -> String {
    identity(data, "service/console");
    let papers = data.join("identity").display().to_string();
    let door = |role: &str| {
        let address = endpoint(data, &[role]).address;
        format!("{{ address = \"{address}\", server = \"service/{role}\" }}")
    };
    format!(
        "[console]\nlisten = \"127.0.0.1:{port}\"\ndata = \"{}\"\ngateway = {}\nworker = {}\n\
         [console.identity]\nauthority = \"{papers}/ca.pem\"\n\
         certificate = \"{papers}/service-console.pem\"\nkey = \"{papers}/service-console.key\"\n",
        data.join("console").display(),
        door("gateway"),
        door("worker"),
    )
}

/// A bus that parks at the first refusal, a worker that soon calls a flow stuck, and no unit at its desk.
async fn begun() -> (apart::City, City) {
    let mut roles = apart::City::new("standard", &[]);
    let (data, port) = (roles.data().to_owned(), apart::City::port());
    roles.set(Part::Bus, "", "[rules]\nattempts_max = 1\n");
    roles.set(Part::Worker, "", "[incidents]\nfailures = 2\nafter = \"4s\"\n");
    roles.set(Part::Gateway, "", &served(&data, port));
    roles.start_all().await;
    reachable(&data, &["gateway"]).await;
    let city = City::at(&data, SocketAddr::from(([127, 0, 0, 1], port)));
    (roles, city)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_and_what_is_stuck_is_settled_by_who_operates_the_system() {
    let (mut roles, city) = begun().await;
    city.accounts(&[&GRID, &OFFICE, &OPERATOR]);
    let (grid, _line) = city.signed_in(&GRID, DESK).await;
    let (operator, _line) = city.signed_in(&OPERATOR, DESK).await;
    let id = city.whistle(&grid, "illegal_roadway_parking", "人行道停满货车").await;
    parked::walk(&city, &operator).await;

    // Somebody has put another program in the flow's place, which hears nothing: while no worker is
    // there to start the flow again.
    roles.kill(Part::Worker);
    roles.displace(&id).await;
    roles.start(Part::Worker);
    resumed(&city, &operator, &id).await;
    assert!(roles.terminate(), "SIGTERM drains a role");
    for window in [grid, operator] {
        window.close().await;
    }
}

/// The office sees what is stuck; who operates the system decides, and it is stuck no more.
async fn resumed(city: &City, operator: &Window, id: &str) {
    let incident = "[data-incident]";
    operator.go_to("/incidents").await;
    operator.come(incident).await;
    operator.until(incident, id).await;
    operator.until(incident, "流程没有响应").await;
    operator.until(incident, "管理员").await;
    operator.is_accessible().await;
    operator.picture("incidents-zh").await;
    let (office, _line) = city.signed_in(&OFFICE, DESK).await;
    office.go_to("/incidents").await;
    office.until(incident, "流程没有响应").await;
    assert!(!office.has("[data-act=resolve-incident]").await, "it decides nothing here");
    office.close().await;

    operator.click("[data-incident] input[name=remedy][value='4']").await;
    operator.until("[data-incident] form", "结束该流程，并从记录恢复").await;
    operator.write("[data-incident] textarea", "原流程被误替换").await;
    operator.click("[data-act=resolve-incident]").await;
    operator.until("#notice", "已记录决定").await;
    operator.until("#no-incident", "没有受阻的流程").await;
}
