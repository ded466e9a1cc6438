//! Letters that a desk can't take are parked: one is put back and one is skipped, each with a reason and
//! after a look at what would be done.

use std::path::Path;

use serde_json::json;

use crate::{browser::Window, city::City, letters, stage::until};

const PUT_BACK: &str = "#resolve-unit-public_security";
const SKIPPED: &str = "#resolve-unit-enforcement";

/// The system of a unit refuses what it is given, until that is parked.
async fn refuses(data: &Path, unit: &str, why: &str) {
    let parked = async || letters::park(data, unit, why).await;
    until("parked", parked, |places| !places.is_empty()).await;
}

pub async fn walk(city: &City, operator: &Window) {
    let data = Path::new(city.data());
    operator.click("[data-act=go-bus]").await;
    operator.find("#nothing-parked").await;
    refuses(data, "unit/public_security", "附件无法读取").await;
    refuses(data, "unit/enforcement", "该件已线下办理").await;
    // Nobody loads the page again.
    operator.until(PUT_BACK, "附件无法读取").await;
    operator.until(SKIPPED, "该件已线下办理").await;
    operator.until(SKIPPED, "呼叫单位").await;
    operator.is_accessible().await;
    operator.picture("bus-parked-zh").await;
    put_back(operator).await;
    let again = letters::fetch(data, "unit/public_security", 10).await;
    assert_eq!(again.len(), 1, "it is delivered again");

    operator.click(&format!("{SKIPPED} input[name=place]")).await;
    operator.write(&format!("{SKIPPED} [name=reason]"), "该件已线下办理").await;
    operator.click(&format!("{SKIPPED} [data-act=preview-skip]")).await;
    operator.until("main", "确认跳过（不再投递）").await;
    operator.until("main", "尚未改变任何内容").await;
    operator.click("[data-act=resolve]").await;
    operator.until("#notice", "已跳过 1 封").await;
    operator.find("#nothing-parked").await;
}

/// First without a choice, which is refused in words; what was typed is there then.
async fn put_back(operator: &Window) {
    operator.write(&format!("{PUT_BACK} [name=reason]"), "附件已恢复").await;
    operator.click(&format!("{PUT_BACK} [data-act=preview-put-back]")).await;
    operator.until("#notice", "请至少选择一封").await;
    let typed = "return document.querySelector(arguments[0]).value";
    let reason = vec![json!(format!("{PUT_BACK} [name=reason]"))];
    assert_eq!(operator.run(typed, reason).await, json!("附件已恢复"), "it is typed once");
    operator.click(&format!("{PUT_BACK} input[name=place]")).await;
    operator.click(&format!("{PUT_BACK} [data-act=preview-put-back]")).await;
    operator.until("h1", "将要做的").await;
    operator.until("main", "附件已恢复").await;
    operator.is_accessible().await;
    operator.picture("bus-preview-zh").await;
    operator.go_to("/bus").await;
    operator.find(&format!("{PUT_BACK} [data-place]")).await;
    operator.click(&format!("{PUT_BACK} input[name=place]")).await;
    operator.write(&format!("{PUT_BACK} [name=reason]"), "附件已恢复").await;
    operator.click(&format!("{PUT_BACK} [data-act=preview-put-back]")).await;
    operator.click("[data-act=resolve]").await;
    operator.until("#notice", "已放回 1 封").await;
    operator.gone(PUT_BACK).await;
}
