//! A case that is late: the office finds it on its first page, sees who is waited for, and urges.

use crate::{
    browser::{DESK, PHONE},
    city::{City, ENFORCEMENT, GRID, HOUSING, OFFICE},
};

#[tokio::test]
async fn the_office_finds_a_late_case_sees_why_and_urges() {
    // Accepting is due after three seconds; the clock's own urging is a long way off.
    let city = City::open(&[("accept", "3s,1s,30m")]);
    city.accounts(&[&GRID, &OFFICE, &HOUSING, &ENFORCEMENT]);
    let (office, _line) = city.signed_in(&OFFICE, DESK).await;
    let (grid, _line) = city.signed_in(&GRID, DESK).await;
    city.whistle(&grid, "stalled_project", "停工工地无人看管").await;

    office.come("[aria-labelledby=late-title] a[href^='/cases/']").await;
    office.is_accessible().await;
    office.picture("city-late-zh").await;
    office.click("[aria-labelledby=late-title] a[href^='/cases/']").await;
    office.until("#owed", "住").await;
    office.is_accessible().await;
    office.picture("case-late-zh").await;
    office.click("[data-act=open-urge]").await;
    office.write("#urge-note", "请今日到场").await;
    office.click("[data-act=urge]").await;
    office.until("#notice", "已督办").await;
    office.until("#story", "请今日到场").await;

    // The unit that was urged is told on its desk; others see nothing of the case.
    let (housing, _line) = city.signed_in(&HOUSING, PHONE).await;
    housing.click("[data-act=go-desk]").await;
    housing.come("[data-act=open-task]").await;
    housing.is_accessible().await;
    housing.picture("desk-zh-phone").await;
    let path = office.path().await;
    let (other, _line) = city.signed_in(&ENFORCEMENT, DESK).await;
    other.go_to(&path).await;
    other.until("h1", "不允许").await;
    other.is_accessible().await;
    for page in ["/units", "/bus", "/intake", "/incidents", "/cases?state=late"] {
        office.go_to(page).await;
        office.is_accessible().await;
    }
    office.go_to("/units").await;
    office.picture("units-zh").await;
    office.go_to("/bus").await;
    office.picture("bus-zh").await;
    for window in [office, grid, housing, other] {
        window.close().await;
    }
}
