//! `muster run`: one machine, killed and started again on the same folder.

use std::path::Path;

use proto::whistle::CaseStage;

use crate::{
    people::{eventually, report_for_duty, whistle},
    program::{Running, processes},
};

fn start(data: &Path) -> Running {
    let data = data.to_str().unwrap();
    let arguments = ["run", "--data", data, "--city", "wenshan", "--port", "0", "--output", "json"];
    let mut running = Running::start(&arguments);
    running.until("ready");
    running
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_on_where_it_was_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let running = start(&data);
    let case_id = whistle(&data).await;
    eventually(&data, &case_id, CaseStage::Called).await;
    running.kill();

    let running = start(&data);
    assert_eq!(whistle(&data).await, case_id, "a repeat gets the first answer");
    assert_eq!(report_for_duty(&data, &case_id).await, 1, "called once, killed or not");
    let case = eventually(&data, &case_id, CaseStage::Working).await;
    assert_eq!(case.owner, "unit/enforcement");
    assert!(running.terminate(), "SIGTERM ends it in order");
    assert_eq!(processes(data.to_str().unwrap()), [""; 0]);
}
