//! Nobody's matter: the office names a lead, which refuses with its reason; it is in dispute, who is
//! asked gives its opinion at its desk, the office rules, and whoever it names is bound. What has no
//! reason is refused, in plain words.

use serde_json::json;

use crate::{
    acts::{called, does, opens, stands},
    browser::Window,
    city::City,
};

pub async fn walk(city: &City, grid: &Window, office: &Window, [police, transport]: [&Window; 2]) {
    let id = city.whistle(grid, "traffic_sign", "路口标志牌倒伏").await;
    office.go_to(&format!("/cases/{id}")).await;
    office.come("[data-act=open-assign]").await;
    opens(office, "assign", "被指定单位将收到通知").await;
    office.choose("#assign-lead", "public_security").await;
    office.write("#assign-note", "标志由交警设置").await;
    does(office, "assign", "已指定").await;
    stands(office, "CaseAssigned", "市公安局").await;

    called(police, &id).await;
    police.click("[data-act=open-refuse]").await;
    police.until("#more-refuse", "理由记录在案").await;
    police.write("#refuse-reason", "立柱属公路设施，非交警管养").await;
    police.choose("#named-unit", "transport").await;
    police.is_accessible().await;
    does(police, "refuse", "已拒绝").await;
    stands(grid, "TaskRefused", "立柱属公路设施").await;

    opines(transport, &id).await;
    stands(grid, "OpinionGiven", "标志由交警设置并管养").await;
    rules(office).await;
    stands(grid, "DisputeRuled", "立柱与标志同属公路附属设施").await;
    grid.is_accessible().await;
    grid.picture("case-ruled-zh").await;
    called(transport, &id).await;
    transport.until("main", "裁定由贵单位牵头，不能拒绝").await;
    assert!(!transport.has("[data-act=open-refuse]").await, "a ruling binds");
    transport.is_accessible().await;
    transport.picture("desk-bound-zh").await;
}

/// Who never was called to the case has no task in it, and is asked all the same; once.
async fn opines(transport: &Window, id: &str) {
    transport.go_to("/desk").await;
    transport.come("#asked [data-act=open-dispute]").await;
    transport.until("#asked", "市公安局不接受指定").await;
    transport.is_accessible().await;
    transport.picture("desk-asked-zh").await;
    transport.click("#asked [data-act=open-dispute]").await;
    transport.until("#form-opine", "只能提出一次，不能更改").await;
    assert_eq!(transport.path().await, format!("/desk/{id}"));
    transport.choose("#opine-unit", "public_security").await;
    transport.write("#opine-text", " ").await;
    does(transport, "opine", "没有填写意见").await;
    transport.is_accessible().await;
    transport.picture("opine-zh").await;
    transport.write("#opine-text", "标志由交警设置并管养").await;
    transport.click_twice("[data-act=opine]").await;
    transport.until("#notice", "已提出意见").await;
    transport.until("#dispute", "认为应由市公安局负责").await;
    assert!(!transport.has("#form-opine").await, "it has the word once");
    transport.is_accessible().await;
    transport.click("[data-act=open-case]").await;
    transport.until("#facts", "管辖争议").await;
    transport.go_to("/desk").await;
    transport.find("#desk-open").await;
    assert!(!transport.has("#asked").await, "nothing waits for its word");
}

/// What may be done next is there without a reload, and what was typed is there after a refusal.
async fn rules(office: &Window) {
    opens(office, "rule", "裁定对牵头单位有约束力").await;
    office.choose("#rule-lead", "transport").await;
    office.write("#rule-reason", " ").await;
    does(office, "rule", "没有填写理由，请写明理由").await;
    office.is_accessible().await;
    office.picture("case-refused-zh").await;
    let lead = "return document.querySelector('#rule-lead').value";
    assert_eq!(office.run(lead, vec![]).await, json!("transport"), "it is typed once");
    // Who has refused says nothing more, and that is on record.
    office.until("#story", "市公安局逾期未提出意见").await;
    office.write("#rule-reason", "立柱与标志同属公路附属设施").await;
    does(office, "rule", "已裁定").await;
}
