//! What the system itself gives as a reason, in Chinese.

use domain::{case::Phrase, id::UnitId, routing::unnamed};

use super::{super::Speech, words};

/// The reason in Chinese; none where somebody wrote it.
pub(super) fn read(say: Speech<'_>, text: &str) -> Option<String> {
    let (text, absent) = unnamed(text);
    let said = of(say, Phrase::read(text)?);
    if absent.is_empty() {
        return Some(said);
    }
    let absent: Vec<String> = absent.iter().map(|id| unit(say, id)).collect();
    Some(format!("{said}；已列明但无法通知：{}", say.list(&absent)))
}

/// The reason in Chinese, or as somebody wrote it, after a colon.
pub(super) fn after(say: Speech<'_>, text: &str) -> String {
    say.after(&read(say, text).unwrap_or_else(|| text.to_owned()))
}

fn unit(say: Speech<'_>, id: &str) -> String {
    UnitId::parse(id).map_or_else(|_| id.to_owned(), |id| say.unit(&id))
}

fn of(say: Speech<'_>, phrase: Phrase<'_>) -> String {
    let unit = |id| unit(say, id);
    match phrase {
        Phrase::OtherKind(lead) => format!("{}认为属其他事项类型，此前已移送", unit(lead)),
        Phrase::RefusesAssigned(lead) => format!("{}不接受指定", unit(lead)),
        Phrase::NamesRefuser(lead, named) => {
            format!("{}不接受并认为属{}职责，而后者已不接受", unit(lead), unit(named))
        }
        Phrase::HandedOn(lead, Some(named), times) => {
            format!("{}不接受并认为属{}职责；已移送 {times} 次", unit(lead), unit(named))
        }
        Phrase::HandedOn(lead, None, times) => {
            format!("{}不接受且未指明责任单位；已移送 {times} 次", unit(lead))
        }
        Phrase::Contests(kind, name, body) => {
            format!("{kind}由谁牵头：{name}对{}的裁定有异议", words::body(body))
        }
        Phrase::NoRoute(why) => format!("按权责清单无法确定流转（{why}）"),
        Phrase::RefusedToLead(lead) => format!("{}不接受牵头", unit(lead)),
        Phrase::Complaint(about, is_again) => {
            let again = if is_again { "；此前的结论未被接受" } else { "" };
            format!("对{}的投诉须以调查结论办结{again}", unit(about))
        }
        Phrase::SentBack(round) => format!("第 {round} 轮被退回"),
        Phrase::SentBackAgain(round, times) => {
            format!("第 {round} 轮被退回，累计 {times} 次，各单位会商")
        }
        Phrase::NotSatisfied(times) => format!("社区已 {times} 次不满意"),
        Phrase::Row(task, source, from) => {
            format!("依据权责清单 {task}（{source}），自 {from} 起施行")
        }
        Phrase::Amended(id, basis, from, place) => {
            let place = if place == "the whole city" { "全市".to_owned() } else { unit(place) };
            format!("依据权责调整 {id}（{basis}），自 {from} 起在{place}施行")
        }
    }
}
