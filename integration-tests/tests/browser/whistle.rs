//! One matter from the whistle to its closing, by the people who have a part in it, each in a window
//! of their own; with a double click and a line that breaks.

use fantoccini::key::Key;

use crate::{
    browser::{DESK, PHONE, Window},
    city::{City, GRID, HOUSING, LAND},
};

/// An issue type that calls two units.
const ISSUE: &str = "stalled_project";

/// Blows the whistle, with a double click; the number of the case.
async fn whistles(city: &City, grid: &Window) -> String {
    grid.click("[data-act=go-cases]").await;
    grid.click("[data-act=new]").await;
    grid.is_accessible().await;
    grid.choose("#issue", ISSUE).await;
    grid.write("#description", "围挡内堆土外溢，占用人行道").await;
    grid.attach("#whistle-photos", &city.photograph("pit")).await;
    grid.picture("whistle-zh-phone").await;
    grid.click_twice("[data-act=whistle]").await;
    grid.find("#facts").await;
    let path = grid.path().await;
    path.trim_start_matches("/cases/").to_owned()
}

/// A unit goes to its desk and opens the only task that is there.
async fn opens_task(unit: &Window) {
    unit.click("[data-act=go-desk]").await;
    unit.come("[data-act=open-task]").await;
    unit.is_accessible().await;
    unit.click("[data-act=open-task]").await;
    unit.is_accessible().await;
}

/// A unit accepts the task that it looks at, arrives, and has done its part.
pub async fn works(city: &City, unit: &Window, what: &str) {
    unit.click("[data-act=accept]").await;
    unit.click("[data-act=arrive]").await;
    unit.write("#dispose-summary", what).await;
    unit.attach("#dispose-photo", &city.photograph(what)).await;
    unit.click("[data-act=dispose]").await;
    unit.gone("#form-dispose").await;
}

#[tokio::test]
async fn a_whistle_is_accepted_disposed_of_at_two_desks_confirmed_and_closed() {
    let city = City::open(&[]);
    city.accounts(&[&GRID, &HOUSING, &LAND]);
    let (grid, line) = city.signed_in(&GRID, PHONE).await;
    let (housing, _line) = city.signed_in(&HOUSING, DESK).await;
    let (land, _line) = city.signed_in(&LAND, DESK).await;
    let id = whistles(&city, &grid).await;
    grid.is_accessible().await;

    opens_task(&housing).await;
    housing.click("[data-act=open-claim]").await;
    housing.click("[data-act=claim]").await;
    housing.until("#claimed-by", HOUSING.name).await;
    housing.picture("desk-task-zh").await;
    // The community looks on while its line breaks: the page catches up by itself.
    line.cut();
    works(&city, &housing, "堆土已清运").await;
    line.mend();
    grid.until("#story", "堆土已清运").await;
    opens_task(&land).await;
    works(&city, &land, "已核查用地").await;
    housing.come("[data-act=declare]").await;
    housing.write("#declare-summary", "人行道已恢复通行").await;
    housing.click("[data-act=declare]").await;

    // What may be done next is there without a reload; who judges it sees what both have shown.
    grid.find("[data-act=open-confirm]").await;
    grid.shows("#story img").await;
    assert_eq!(grid.count("#story li[data-type$='.TaskDisposed'] img").await, 2);
    grid.click("[data-act=open-confirm]").await;
    grid.picture("confirm-zh-phone").await;
    grid.click_twice("[data-act=confirm]").await;
    grid.until("#notice", "已确认").await;
    grid.until("#facts", "已办结").await;
    grid.is_accessible().await;
    grid.picture("case-zh-phone").await;
    // The double clicks were one act each.
    grid.go(&line.url("/cases")).await;
    assert_eq!(grid.count("a[href^='/cases/W'], a[href^='/cases/2']").await, 1, "one case: {id}");
    housing.go_to(&format!("/cases/{id}")).await;
    housing.click("[data-act=language]").await;
    housing.until("#facts", "Closed").await;
    housing.is_accessible().await;
    housing.picture("case-en").await;
    for window in [grid, housing, land] {
        window.close().await;
    }
}

#[tokio::test]
async fn by_the_keyboard_alone_one_signs_in_blows_the_whistle_and_signs_out() {
    let city = City::open(&[]);
    city.accounts(&[&GRID]);
    let link = city.link().await;
    let window = Window::open(&city.driver, DESK).await;
    window.go(&link.url("/")).await;
    window.tab_to("#name").await;
    window.press(GRID.name).await;
    window.tab_to("#password").await;
    window.press(crate::city::PASSWORD).await;
    let (enter, down) = (Key::Enter.to_string(), Key::Down.to_string());
    window.press(&enter).await;
    window.find("[data-act=sign-out]").await;
    // The first stop is the way around the navigation.
    window.tab().await;
    assert_eq!(window.text(":focus").await, "跳到正文");
    window.tab_to("[data-act=go-cases]").await;
    window.press(&enter).await;
    window.tab_to("[data-act=new]").await;
    window.press(&enter).await;
    window.tab_to("#issue").await;
    window.press(&down).await;
    window.tab_to("#description").await;
    window.press("井盖缺失").await;
    window.attach("#whistle-photos", &city.photograph("one")).await;
    window.attach("#whistle-photos", &city.photograph("two")).await;
    window.tab_to("[data-act=whistle]").await;
    window.press(&enter).await;
    window.find("#facts").await;
    window.tab_to("[data-act=sign-out]").await;
    window.press(&enter).await;
    window.find("#password").await;
    window.close().await;
}
