//! A joint operation: the office leads and looks on, a team says what it does from a phone that goes
//! off-line, is reloaded, and comes back.

use domain::{moment::Moment, pack::Day};

use crate::{
    browser::{DESK, PHONE, Window},
    city::{City, ENFORCEMENT, ENVIRONMENT, OFFICE, PLANNING, Person},
};

/// As it is typed, in the city's time.
fn typed(hours: i64) -> String {
    let at = Moment(kit::clock::Clock::system().now().0 + hours * 3_600_000);
    let day = Day::of(at, 480);
    let minutes = (at.0 - day.start(480).0) / 60_000;
    format!("{day}T{:02}:{:02}", minutes / 60, minutes % 60)
}

async fn plans(office: &Window) -> String {
    office.click("[data-act=go-operations]").await;
    office.is_accessible().await;
    office.click("[data-act=plan]").await;
    office.is_accessible().await;
    office.choose("#plan-kind", "waste").await;
    office.write("#plan-goal", "夜间渣土车联合检查").await;
    office.choose("#plan-subdistricts", "subdistrict_kaihua").await;
    office.set("#plan-from", &typed(1)).await;
    office.set("#plan-to", &typed(4)).await;
    office.picture("plan-zh").await;
    office.click("[data-act=plan]").await;
    office.find("#operation-stage").await;
    office.path().await
}

/// A unit says that it comes, with one person.
async fn comes(city: &City, person: &Person, page: &str) -> Window {
    let (window, _line) = city.signed_in(person, DESK).await;
    window.go_to(page).await;
    window.come("#form-confirm").await;
    window.open_up("#form-confirm").await;
    window.write("#form-confirm textarea[name=people]", person.name).await;
    window.click("#form-confirm [type=submit]").await;
    window.until("#notice", "已").await;
    window
}

#[tokio::test]
async fn an_operation_is_watched_live_while_a_phone_goes_off_line_and_comes_back() {
    let city = City::open(&[]);
    city.accounts(&[&OFFICE, &ENFORCEMENT, &ENVIRONMENT, &PLANNING]);
    let (office, _line) = city.signed_in(&OFFICE, DESK).await;
    let page = plans(&office).await;
    let mut others = Vec::new();
    for person in [&ENFORCEMENT, &ENVIRONMENT, &PLANNING] {
        others.push(comes(&city, person, &page).await);
    }
    office.until("#operation-stage", "行动中").await;
    office.choose("#order-unit", "enforcement").await;
    office.write("#order-text", "封闭东门匝道").await;
    office.click("[data-act=order]").await;
    office.until("#orders", "封闭东门匝道").await;
    office.is_accessible().await;

    let (phone, line) = city.signed_in(&ENFORCEMENT, PHONE).await;
    phone.go_to("/field").await;
    phone.come("[data-act=order-take]").await;
    phone.is_accessible().await;
    phone.picture("field-zh-phone").await;
    // The second time the page comes from the device: once all that it needs is kept there.
    phone.find("html[data-kept=yes]").await;
    phone.run("return navigator.serviceWorker.ready.then(() => null)", vec![]).await;
    phone.reload().await;
    phone.find("[data-act=order-take]").await;
    line.cut();
    phone.click("[data-act=check-in]").await;
    phone.click("[data-act=order-take]").await;
    phone.until("#field-count", "2 项").await;
    phone.reload().await;
    phone.until("#field-count", "2 项").await;
    phone.picture("field-offline-zh-phone").await;
    line.mend();
    phone.click("#field-look").await;
    phone.until("#field-count", "0 项").await;
    // The office has not touched its page.
    office.until("#teams", " 到场").await;
    office.until("#orders", "已接受").await;
    // It is on record when the phone said so, by its own clock.
    office.until("#log", "答复接受指令").await;
    office.is_accessible().await;
    office.picture("operation-zh").await;
    others.extend([office, phone]);
    for window in others {
        window.close().await;
    }
}
