//! Not satisfied: it is worse than it was, done, and sent back with what shows it; in the second round a
//! clock is held and runs again, and in the end nobody needs it any more.

use crate::{
    acts::{called, does, opens, stands},
    browser::Window,
    city::City,
    whistle::works,
};

pub async fn walk(city: &City, grid: &Window, office: &Window, police: &Window) {
    let id = city.whistle(grid, "signal_fault", "红绿灯不亮").await;
    called(police, &id).await;
    police.click("[data-act=open-raise]").await;
    police.until("#more-raise", "提高紧急程度").await;
    police.click("#severity-serious").await;
    police.write("#raise-reason", "晚高峰车流已相互冲突").await;
    does(police, "raise", "已提高紧急程度").await;
    stands(grid, "SeverityRaised", "晚高峰").await;
    works(city, police, "已更换灯组").await;
    police.write("#declare-summary", "信号恢复").await;
    police.click("[data-act=declare]").await;

    opens(grid, "send-back", "进入新一轮").await;
    grid.write("#send-back-reason", "东向仍不亮").await;
    grid.attach("#send-back-photos", &city.photograph("east")).await;
    does(grid, "send-back", "已退回").await;
    stands(grid, "CaseSentBack", "东向仍不亮").await;
    grid.find("#story li[data-type$='.CaseSentBack'] img").await;

    // The unit has not touched its page, and can report for duty again.
    police.find("[data-act=accept]").await;
    police.picture("desk-again-zh").await;
    timed(office, &id).await;
    opens(grid, "withdraw", "不计入任何统计").await;
    grid.write("#withdraw-reason", "路口改造，信号灯已拆除").await;
    does(grid, "withdraw", "已撤回").await;
    stands(grid, "CaseWithdrawn", "信号灯已拆除").await;
    grid.until("#facts", "已撤回").await;
    grid.gone("[data-act=open-withdraw]").await;
    grid.is_accessible().await;
    grid.picture("case-withdrawn-zh").await;
}

/// The office holds the clock of the unit, and lets it run again.
async fn timed(office: &Window, id: &str) {
    office.go_to(&format!("/cases/{id}")).await;
    office.come("[data-act=open-hold]").await;
    opens(office, "hold", "对外计时不停").await;
    office.choose("#hold-unit", "public_security").await;
    office.write("#hold-reason", "等待供电公司停电作业").await;
    does(office, "hold", "已暂停计时").await;
    stands(office, "ClockHeld", "等待供电公司").await;
    office.until("#owed", "已暂停计时，至").await;
    office.is_accessible().await;
    office.picture("case-held-zh").await;
    opens(office, "resume", "从暂停处继续").await;
    does(office, "resume", "已恢复计时").await;
    stands(office, "ClockResumed", "").await;
    office.find("[data-act=open-hold]").await;
}
