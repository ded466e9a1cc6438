//! Who may come in, in which language, and that a phone shows it all.

use crate::{
    browser::{DESK, PHONE, Window},
    city::{City, GRID, OFFICE},
};

#[tokio::test]
async fn one_signs_in_in_either_language_and_the_city_is_there_on_a_desk_and_on_a_phone() {
    let city = City::open(&[]);
    city.accounts(&[&GRID, &OFFICE]);
    let link = city.link().await;
    let window = Window::open(&city.driver, PHONE).await;
    window.go(&link.url("/")).await;
    window.until("h1", "登录").await;
    window.is_accessible().await;
    window.picture("door-zh-phone").await;
    window.write("#name", GRID.name).await;
    window.write("#password", "wrong").await;
    window.click("[data-act=sign-in]").await;
    window.until("[role=alert]", "用户名或密码不正确").await;
    window.click("[data-act=language]").await;
    window.until("h1", "Sign in").await;
    window.is_accessible().await;
    window.close().await;

    let (phone, _link) = city.signed_in(&GRID, PHONE).await;
    phone.is_accessible().await;
    phone.picture("city-zh-phone").await;
    let (desk, _link) = city.signed_in(&OFFICE, DESK).await;
    desk.is_accessible().await;
    desk.picture("city-zh").await;
    desk.click("[data-act=language]").await;
    desk.until("[data-act=sign-out]", "Sign out").await;
    desk.is_accessible().await;
    desk.picture("city-en").await;
    desk.click("[data-act=sign-out]").await;
    desk.until("h1", "Sign in").await;
    phone.close().await;
    desk.close().await;
}
