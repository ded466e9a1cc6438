//! An operation in two browsers: the office leads it, a unit comes, and what one does the other sees.

use proto::operation::{Operation, OperationStage};

use super::{browser::Browser, person};
use crate::{
    operation::people::{ENFORCEMENT, POLICE, TRANSPORT, after, comes, eventually, is_at, member},
    s1::stage::until,
    s13::stage::Stage,
};

/// As it is typed, in Dengfeng's time.
fn typed(seconds: i64) -> String {
    let at = domain::moment::Moment(after(seconds));
    let day = domain::pack::Day::of(at, 480);
    let minutes = (at.0 - day.start(480).0) / 60_000;
    format!("{day}T{:02}:{:02}", minutes / 60, minutes % 60)
}

async fn planned(office: &mut Browser) -> String {
    let (from, to) = (typed(3_600), typed(4 * 3_600));
    let fields = [
        ("kind", "muck_trucks"),
        ("goal", "muck trucks on the river road"),
        ("subdistricts", "subdistrict_songyang"),
        ("from", &*from),
        ("to", &*to),
        ("unit-1", TRANSPORT),
        ("people-1", "2"),
        ("vehicles-1", "1"),
        ("single", "yes"),
    ];
    let page = office.submit("/operations/plan", "form-plan", &fields).await;
    assert!(page.body.contains("the units are called"), "{}", page.body);
    let list = office.get("/operations").await.body;
    let at = list.find("data-operation=\"").unwrap() + "data-operation=\"".len();
    list[at..].split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_leads_an_operation_and_a_unit_takes_part_each_in_its_browser() {
    let stage = Stage::open("dengfeng", |_| ()).await;
    let mut office = person(&stage, "li", "office/command_hq_office").await;
    let mut unit = person(&stage, "zhao", "unit/transport").await;
    let id = planned(&mut office).await;
    let page = format!("/operations/{id}");

    let look = async || unit.get(&page).await.body;
    until("the unit is called", look, |body| body.contains("form-confirm")).await;
    let crew = [("people", "zhao\r\nqian\r\n"), ("vehicles", "v-7"), ("powers", "")];
    unit.submit(&page, "form-confirm", &crew).await;
    let one =
        eventually(&stage, "it comes", &id, |one| member(one, TRANSPORT).crew.is_some()).await;
    assert_eq!(member(&one, TRANSPORT).crew.as_ref().unwrap().people, ["zhao", "qian"]);
    for other in [POLICE, ENFORCEMENT] {
        comes(&stage, (other, &id), "a").await.unwrap();
    }
    eventually(&stage, "begun", &id, is_at(OperationStage::Started)).await;
    let look = async || unit.get(&page).await.body;
    until("briefed", look, |body| body.contains("form-check-in")).await;
    unit.submit(&page, "form-read", &[]).await;
    unit.submit(&page, "form-check-in", &[]).await;
    let there = |one: &Operation| member(one, TRANSPORT).checked_in_at_ms > 0;
    eventually(&stage, "there", &id, there).await;

    let order = [("unit", TRANSPORT), ("text", "close the slip road"), ("grid", "")];
    office.submit(&page, "form-order", &order).await;
    let look = async || unit.get(&page).await.body;
    let shown = until("the order is there", look, |body| body.contains("form-answer-")).await;
    let at = shown.find("form-answer-").unwrap();
    let form = shown[at..].split('"').next().unwrap().to_owned();
    let order = form.trim_start_matches("form-answer-").to_owned();
    let answer = [("order", &*order), ("does", "no"), ("text", "the bridge is shut")];
    unit.submit(&page, &form, &answer).await;
    let look = async || office.get(&format!("{page}?part=operation")).await.body;
    let shown = until("refused", look, |body| body.contains("the bridge is shut")).await;
    assert!(shown.contains("refused: the bridge is shut"), "{shown}");

    let shown = office.get(&page).await.body;
    assert!(shown.contains("<muster-waterfall") && shown.contains("team is there"), "{shown}");
    let part = office.get(&format!("{page}?part=waterfall")).await.body;
    assert!(part.starts_with("<muster-waterfall"), "{part}");
    let end = [("how", "stop"), ("reason", "rain"), ("series", "")];
    office.submit(&page, "form-end", &end).await;
    eventually(&stage, "closed", &id, is_at(OperationStage::Closed)).await;
    for (lang, said, other) in [
        ("zh", "行动提前结束：rain", "ended, stopped: rain"),
        ("en", "ended, stopped: rain", "行动提前结束：rain"),
    ] {
        let log = office.get(&format!("{page}?lang={lang}")).await.body;
        assert!(log.contains(said) && !log.contains(other), "{log}");
    }
    others(&stage, &id).await;
    stage.close().await;
}

/// Who has no part in it sees nothing of it, and only who may plan is shown the way.
async fn others(stage: &Stage, id: &str) {
    let mut stranger = person(stage, "sun", "unit/water").await;
    let page = stranger.get(&format!("/operations/{id}")).await;
    assert_eq!(page.status, 403, "{}", page.body);
    let live = stranger.get(&format!("/live?of=operation&id={id}")).await;
    assert_eq!(live.status, 403, "nor is it told when it changes: {}", live.body);
    let list = stranger.get("/operations").await;
    assert!(!list.body.contains(id) && !list.body.contains("/operations/plan"), "{}", list.body);
    assert_eq!(stranger.get("/operations/plan").await.status, 403);
}
