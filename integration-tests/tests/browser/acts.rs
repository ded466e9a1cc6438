//! What people do in a case beyond the plain way: one city, and in it one story after the other.
//!
//! Each act is opened first, for it says what it will do; then it is done, and it stands in the story.

use crate::{
    again,
    browser::{DESK, Window},
    city::{City, GRID, OFFICE, POLICE, TRANSPORT},
    ruled, same,
};

/// Opens an act of a case, which says what it will do.
pub async fn opens(window: &Window, act: &str, says: &str) {
    window.click(&format!("[data-act=open-{act}]")).await;
    window.until(&format!("#act-{act}"), says).await;
}

/// Does what was opened and filled in; word of it is on the next page.
pub async fn does(window: &Window, act: &str, done: &str) {
    window.click(&format!("[data-act={act}]")).await;
    window.until("#notice", done).await;
}

/// Waits until a step of this type is in the story, with these words.
pub async fn stands(window: &Window, step: &str, words: &str) {
    window.until(&format!("#story li[data-type$='.{step}']"), words).await;
}

/// A unit opens its task of a case, as soon as it is called to it.
pub async fn called(unit: &Window, id: &str) {
    unit.go_to(&format!("/desk/{id}")).await;
    unit.come("#form-accept").await;
}

#[tokio::test]
async fn a_case_is_ruled_about_sent_back_held_withdrawn_told_apart_and_merged() {
    // Whoever is asked whose matter it is, and says nothing, is recorded as silent soon.
    let city = City::open(&[("opinion", "2s,1s,0s")]);
    city.accounts(&[&GRID, &OFFICE, &POLICE, &TRANSPORT]);
    let (grid, _line) = city.signed_in(&GRID, DESK).await;
    let (office, _line) = city.signed_in(&OFFICE, DESK).await;
    let (police, _line) = city.signed_in(&POLICE, DESK).await;
    let (transport, _line) = city.signed_in(&TRANSPORT, DESK).await;
    ruled::walk(&city, &grid, &office, [&police, &transport]).await;
    again::walk(&city, &grid, &office, &police).await;
    same::walk(&city, &grid).await;
    for window in [grid, office, police, transport] {
        window.close().await;
    }
}
