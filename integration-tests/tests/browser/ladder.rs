//! A department is late: the community reports directly to the city government, which binds it by its
//! instruction; and in the same city a complaint that ends with a finding.

use crate::{
    acts::{called, does, opens, stands},
    browser::{DESK, PHONE, Window},
    city::{City, GOVERNMENT, GRID, OFFICE, POLICE},
    found,
    stage::LONG,
};

/// Once it is on site a unit has four seconds; then it is urged, and may be reported.
const LATE: [(&str, &str); 4] =
    [("dispose", "4s,2s,1s"), ("notice", "2s,0s,0s"), ("direct", "4s,0s,0s"), ("answer", LONG)];

#[tokio::test]
async fn a_late_department_is_reported_and_instructed_and_a_complaint_is_found_about() {
    let city = City::open(&LATE);
    city.accounts(&[&GRID, &OFFICE, &POLICE, &GOVERNMENT]);
    let (grid, _line) = city.signed_in(&GRID, PHONE).await;
    let (police, _line) = city.signed_in(&POLICE, DESK).await;
    let (government, _line) = city.signed_in(&GOVERNMENT, DESK).await;
    let id = reported(&city, &grid, &police).await;
    instructed(&government, &id).await;
    stands(&grid, "GovernmentInstructed", "今日恢复信号灯").await;

    called(&police, &id).await;
    police.until("main", "政府批示: 今日恢复信号灯").await;
    assert!(!police.has("[data-act=open-refuse]").await, "an instruction binds");
    police.is_accessible().await;
    police.picture("desk-instructed-zh").await;
    let (office, _line) = city.signed_in(&OFFICE, DESK).await;
    // Whom it is about sees the case, and nothing of the complaint.
    found::walk(&city, &grid, &office, &id).await;
    police.go_to(&format!("/cases/{id}")).await;
    police.find("#facts").await;
    assert!(!police.has("#complaints").await, "it need not know");
    for window in [grid, police, government, office] {
        window.close().await;
    }
}

/// The unit arrives and does nothing more; the right is there by itself, and the report stands.
async fn reported(city: &City, grid: &Window, police: &Window) -> String {
    let id = city.whistle(grid, "signal_fault", "红绿灯不亮").await;
    called(police, &id).await;
    police.click("[data-act=accept]").await;
    police.click("[data-act=arrive]").await;
    opens(grid, "report", "报告直达市政府，无需他人同意").await;
    grid.write("#report-reason", "三天无人处置").await;
    grid.attach("#report-photos", &city.photograph("dark")).await;
    grid.is_accessible().await;
    grid.picture("report-zh-phone").await;
    does(grid, "report", "已报告").await;
    stands(grid, "ReportedToGovernment", "三天无人处置").await;
    grid.until("[data-live=case]", "等待批示").await;
    grid.gone("[data-act=open-withdraw]").await;
    id
}

async fn instructed(government: &Window, id: &str) {
    government.go_to(&format!("/cases/{id}")).await;
    opens(government, "instruct", "批示对单位有约束力").await;
    government.choose("#instruct-lead", "public_security").await;
    government.write("#instruct-hours", "6").await;
    government.write("#instruct-text", "今日恢复信号灯").await;
    government.is_accessible().await;
    government.picture("case-reported-zh").await;
    does(government, "instruct", "已批示").await;
}
