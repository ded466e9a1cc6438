//! What was said in an operation, in Chinese.

use domain::{
    id::UnitId,
    operation::{Ending, Fact, Order, Summary},
};

use crate::sentence::{Speech, zh_words as words};

/// One fact in words.
pub(super) fn of(say: Speech<'_>, fact: &Fact) -> String {
    let names = |units: &[UnitId]| say.units_or_nobody(units);
    match fact {
        Fact::Planned(plan) => format!("行动立项{}", say.after(&plan.goal)),
        Fact::Added { need, .. } => format!("增邀{}", say.unit(&need.unit)),
        Fact::Registered { units } => format!("登记解除占用的对象：{}", names(units)),
        Fact::Invited { need, .. } => format!("邀请{}参加", say.unit(&need.unit)),
        Fact::Confirmed { unit, crew } => {
            let (people, vehicles) = (crew.people.len(), crew.vehicles.len());
            format!("{}确认参加，安排 {people} 人、{vehicles} 车", say.unit(unit))
        }
        Fact::Declined { unit, reason, .. } => {
            format!("{}不参加{}", say.unit(unit), say.after(reason))
        }
        Fact::Assessed { not_reached, late } => {
            format!("答复时限已到；未能送达：{}；逾期未答复：{}", names(not_reached), names(late))
        }
        Fact::Started { members } => format!("行动开始，参加单位：{}", names(members)),
        Fact::Briefed { unit, .. } => format!("向{}任务交底", say.unit(unit)),
        Fact::BriefingRead { unit } => format!("{}已阅任务交底", say.unit(unit)),
        Fact::CheckedIn { unit, at } => format!("{}于 {} 到场", say.unit(unit), say.time(*at)),
        Fact::Ordered(order) => ordered(say, order),
        Fact::Answered { unit, order, is_taken, text, at } => {
            let does = if *is_taken { "接受" } else { "不能执行" };
            let at = at.map(|at| format!("于 {} ", say.time(at))).unwrap_or_default();
            format!("{}{at}答复{does}指令 {order}{}", say.unit(unit), say.after(text))
        }
        Fact::Found { unit, inspection } => format!("{}上报发现 {inspection}", say.unit(unit)),
        Fact::Ended { how, reason, .. } => ended(say, *how, reason),
        Fact::ReleaseAsked { unit } => format!("通知{}解除占用", say.unit(unit)),
        Fact::Released { units } => format!("已解除占用：{}", names(units)),
        Fact::Settled { unit, reason, .. } => {
            format!("人工确认{}解除占用{}", say.unit(unit), say.after(reason))
        }
        Fact::Summarised(summary) => summarised(say, summary),
        Fact::Repeated { next: Some(next) } => format!("下一次行动为 {next}"),
        Fact::Repeated { next: None } => "不再安排下一次".to_owned(),
        Fact::FollowUp { works, .. } => format!("移交后续事项 {} 件", works.len()),
        Fact::WorkBegun { cases, .. } => {
            let cases: Vec<String> = cases.iter().map(ToString::to_string).collect();
            format!("后续事项已立案：{}", say.list(&cases))
        }
    }
}

/// What the worker gives as a reason is how it ended, and that is said already.
fn ended(say: Speech<'_>, how: Ending, reason: &str) -> String {
    let reason = if reason == how.word() { "" } else { reason };
    format!("{}{}", words::ending(how), say.after(reason))
}

fn summarised(say: Speech<'_>, summary: &Summary) -> String {
    let names = |units: &[UnitId]| say.units_or_nobody(units);
    format!(
        "行动小结：到场 {}；迟到 {}；确认而未到 {}；未能送达 {}；未答复指令 {} 条；发现 {} 项",
        names(&summary.came),
        names(&summary.late),
        names(&summary.absent),
        names(&summary.not_reached),
        summary.orders_open.len(),
        summary.findings.len()
    )
}

fn ordered(say: Speech<'_>, order: &Order) -> String {
    let Order { id, sort, to, text, grid, .. } = order;
    let place = grid.as_ref().map(|grid| format!("，网格 {grid}")).unwrap_or_default();
    format!("向{}下达{} {id}{place}{}", say.unit(to), words::sort(*sort), say.after(text))
}
